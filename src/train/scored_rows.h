/* The rows of an evaluation, kept: labels, scores of every net, and the texts of some fields. What slices, resampling,
 * comparisons and the file of rows look at; an evaluation without them keeps nothing.
 */
#ifndef RK_SCORED_ROWS_H
#define RK_SCORED_ROWS_H

#include "map.h"
#include "metric.h"

/* A field of the rows: every text has a number, in the order of appearance. */
typedef struct rk_scored_field {
    char *name;
    uint32_t *numbers; /* [n] of the rows */
    size_t capacity;
    rk_map *map;      /* text -> number */
    char *texts;      /* one behind another */
    int64_t *offsets; /* [n_texts + 1] */
    size_t n_texts, text_capacity, offset_capacity;
} rk_scored_field;

typedef struct rk_scored_rows {
    size_t n;
    int64_t n_classes;
    bool nets[RK_N_NETS];
    float *labels;                               /* [n] */
    float *logits[RK_N_NETS], *probs[RK_N_NETS]; /* [n, C] */
    rk_scored_field *fields;
    size_t n_fields;
    size_t label_capacity, logit_capacity[RK_N_NETS], prob_capacity[RK_N_NETS];
} rk_scored_rows;

/* Fields that stand twice in names are kept once. */
ROCKET_NODISCARD rocket_status rk_scored_rows_init(rk_scored_rows *rows, int64_t n_classes, const bool nets[RK_N_NETS],
                                                   const char *const *names, size_t n_names, rocket_error *err);
void rk_scored_rows_clear(rk_scored_rows *rows);

/* A batch is added by its scores, one call for each net, and then by its labels and fields, which completes it.
 * column(ctx, field) gives the BYTES column of a field. */
ROCKET_NODISCARD rocket_status rk_scored_rows_put(rk_scored_rows *rows, int net, const rk_metric_batch *batch,
                                                  rocket_error *err);
ROCKET_NODISCARD rocket_status rk_scored_rows_add(rk_scored_rows *rows, const rk_metric_batch *batch,
                                                  const rk_column *(*column)(void *ctx, const char *field), void *ctx,
                                                  rocket_error *err);

const rk_scored_field *rk_scored_rows_field(const rk_scored_rows *rows, const char *name); /* NULL: not kept */

/* Text of number i of a field, and its length. */
static inline const char *rk_scored_text(const rk_scored_field *field, size_t i, size_t *n)
{
    *n = (size_t)(field->offsets[i + 1] - field->offsets[i]);
    return field->texts + field->offsets[i];
}

/* Which rows are fed to a metric set, and what they are drawn again with. */
typedef struct rk_row_choice {
    const uint32_t *picked; /* [n] numbers of rows; NULL: all rows */
    size_t n;
    bool units;                /* rows can be drawn again, */
    const rk_scored_field *by; /* by this field; NULL: each alone */
} rk_row_choice;
ROCKET_NODISCARD rocket_status rk_scored_rows_feed(const rk_scored_rows *rows, rk_metric_set *set,
                                                   const rk_row_choice *choice, rocket_error *err);

/* A set of the config's metrics that all chosen rows were fed to, finished. */
ROCKET_NODISCARD rocket_status rk_scored_rows_measure(rk_metric_set **out, const rk_scored_rows *rows,
                                                      const rk_config *config, const rk_row_choice *choice,
                                                      rocket_error *err);

#endif
