/* The text of a scored row: outputs of the light net under upstream's names, and fields of the input as they were. */
#ifndef RK_PREDICTION_TEXT_H
#define RK_PREDICTION_TEXT_H

#include "buf.h"
#include "scorer.h"

/* What an output column holds; `one class` columns exist for num_class >= 2 only. */
typedef enum rk_prediction_column {
    RK_PREDICTED_CLASS,
    RK_PREDICTED_PROBS,
    RK_PREDICTED_LOGITS,
    RK_PREDICTED_PROB_OF_CLASS,
    RK_PREDICTED_LOGIT_OF_CLASS,
    RK_PREDICTED_PROB_1,
    RK_PREDICTED_LOGIT_1,
    RK_N_PREDICTED
} rk_prediction_column;

extern const char *const rk_prediction_names[RK_N_PREDICTED];

typedef struct rk_prediction_layout {
    rk_prediction_column columns[RK_N_PREDICTED];
    size_t n_columns;
    const int *reserved; /* [n_reserved] columns of the batch, BYTES */
    size_t n_reserved;
    int n_classes;
    char separator;
} rk_prediction_layout;

/* A field, in quotes where it must be. */
void rk_prediction_put_field(rk_buf *out, const rk_prediction_layout *layout, const char *text, size_t n);

/* A batch, a line each row. */
void rk_prediction_put_rows(rk_buf *out, const rk_prediction_layout *layout, const rk_scores *scores,
                            const rk_batch *batch);

#endif
