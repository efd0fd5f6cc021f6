/* An evaluation with slices: its figures again for the values of some input fields. The rows are kept for it. */
#ifndef RK_SLICED_H
#define RK_SLICED_H

#include "evaluate.h"
#include "slices.h"

typedef struct rk_slice_options {
    const char *const *fields; /* [n] input fields, columns of the run (rk_run_options.kept); 0: no slices */
    size_t n, top;             /* values of each that are told, those with the most rows; all others are one */
} rk_slice_options;

typedef struct rk_sliced {
    rk_scored_rows rows;
    rk_slices *item; /* [n] */
    size_t n;
} rk_sliced;

/* Figures as rk_evaluate has them, and slices, if any are wanted. Free both. */
ROCKET_NODISCARD rocket_status rk_evaluate_sliced(rk_figures *figures, rk_sliced *sliced,
                                                  const rk_slice_options *options, rk_run *run, uint64_t step,
                                                  rocket_error *err);

/* Slices of the rows that sliced has. */
ROCKET_NODISCARD rocket_status rk_sliced_measure(rk_sliced *sliced, const rk_slice_options *options,
                                                 const rk_config *config, rocket_error *err);
void rk_sliced_clear(rk_sliced *sliced);

/* "city=oslo", or "city: 12 others"; what is no text is '?'. Returns out. */
enum { RK_SLICE_NAME_BYTES = 160 };
const char *rk_slice_name(char out[RK_SLICE_NAME_BYTES], const rk_slices *slices, const rk_slice *slice);

#endif
