/* All rows of a stream on their way to text: scored by threads, written in the order in which they were read. */
#ifndef RK_PREDICTION_ROWS_H
#define RK_PREDICTION_ROWS_H

#include "prediction_text.h"
#include "stream.h"
#include "text_output.h"

typedef struct rk_prediction_rows {
    const rk_light *light;
    const rk_prediction_layout *layout;
    rk_stream *stream;
    rk_text_output *out;
    int n_threads; /* that score */
} rk_prediction_rows;

/* Batches in flight that so many threads need to stay at work; see rk_stream_options. */
size_t rk_prediction_batches(int n_threads);

/* Until the stream ends; how many rows there were. ROCKET_STOPPED: a signal came. Else the first error in the order of
 * rows, at any number of threads. */
ROCKET_NODISCARD rocket_status rk_prediction_run(uint64_t *n_rows, const rk_prediction_rows *rows, rocket_error *err);

#endif
