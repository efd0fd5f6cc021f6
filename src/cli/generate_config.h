/* The pipeline config that goes with a simulated log. */
#ifndef RK_GENERATE_CONFIG_H
#define RK_GENERATE_CONFIG_H

#include "simulator.h"

/* Append the text of a pipeline.config whose files lie in folder. n_rows is the number of training rows. */
void rk_generate_config(rk_buf *out, const rk_simulator *simulator, const char *folder, uint64_t n_rows);

#endif
