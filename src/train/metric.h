/* The metric seam: one file per metric in metric/ and one line in metrics.def.
 *
 * A metric sees the scores of one net over a whole evaluation, in order. Each entry of eval_config.metrics_set makes
 * one accumulator for every net of the model; metrics marked as always reported need no entry. Results are named as
 * upstream names them, "<name>_light" and "<name>_booster".
 */
#ifndef RK_METRIC_H
#define RK_METRIC_H

#include <stdbool.h>

#include "batch.h"
#include "config.h"
#include "model.h"

/* What a metric may look at, for one batch of one net. */
typedef struct rk_metric_batch {
    int64_t n_rows, n_classes; /* B, C (num_class) */
    const float *labels;       /* [B] f32: class index, or 0/1 */
    const float *logits;       /* [B, C] f32, row step ld_logits */
    const float *probs;        /* [B, C] f32, row step ld_probs; C >= 2: softmax, C = 1: sigmoid */
    int64_t ld_logits, ld_probs;
    const rk_column *group; /* BYTES column of the field that group_field names; NULL: none */
    const uint32_t *units;  /* [B] number of the unit (a user) with which a row is drawn again; NULL: none is */
} rk_metric_batch;

/* P(click) and its logit, as upstream feeds them: column 1 of two classes, the only one of one. */
float rk_metric_score(const rk_metric_batch *batch, int64_t row);
float rk_metric_logit(const rk_metric_batch *batch, int64_t row);
bool rk_metric_positive(const rk_metric_batch *batch, int64_t row); /* the label's integer part is not 0 */

/* An accumulator. Every metric's file (or the one that it shares with others) has its own layout under this name. */
typedef struct rk_metric rk_metric;

typedef enum rk_metric_better { RK_LARGER_IS_BETTER, RK_SMALLER_IS_BETTER, RK_NEITHER_IS_BETTER } rk_metric_better;

typedef struct rk_metric_def rk_metric_def;
struct rk_metric_def {
    const char *field; /* field of message EvalMetrics that selects it, and its name: "gauc" */
    const char *doc;
    rk_metric_better better;
    bool always;                  /* reported without an entry in metrics_set; options are NULL then */
    int min_classes, max_classes; /* num_class for which it is defined; max 0: any */
    /* More checks of the options (optional). */
    void (*check)(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults);
    /* The field whose values group the rows (optional). */
    const char *(*group_field)(const ProtobufCMessage *options);
    /* Tells several entries of one metric apart: "mean_by_sample_num", "10000" (optional). */
    void (*variant)(char out[32], const ProtobufCMessage *options);
    const struct rk_sums_def *sums; /* of metrics whose functions are those of sums.h */
    rk_metric *(*open)(const rk_metric_def *def, const ProtobufCMessage *options); /* NULL without memory */
    rocket_status (*add)(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err);
    /* All rows were added: once, before the first result (optional). */
    rocket_status (*finish)(rk_metric *metric, rocket_error *err);
    /* NaN where the metric is not defined for what it saw (AUC of one class). counts: how often each unit counts, in a
     * resample; NULL: every row once. Several threads may ask at a time. */
    rocket_status (*result)(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err);
    void (*close)(rk_metric *metric);
};

extern const rk_metric_def *const rk_metrics[];         /* ends with NULL */
const rk_metric_def *rk_metric_find(const char *field); /* NULL: none */

/* Faults of eval_config.metrics_set. */
void rk_metric_set_check(const rk_config *config, rk_faults *faults);

/* All accumulators of one evaluation. Names: the first entry of a metric has the plain one ("gauc_light"), later ones
 * the variant behind it ("gauc_mean_by_sample_num_light") and, if that is taken, the grouping field; an entry that says
 * the same as one before is not reported twice. */
typedef struct rk_metric_set rk_metric_set;
enum { RK_METRIC_NAME_BYTES = 96, RK_MAX_METRICS = 64 }; /* the most entries of metrics_set */

ROCKET_NODISCARD rocket_status rk_metric_set_new(rk_metric_set **out, const rk_config *config, bool light, bool booster,
                                                 rocket_error *err);
void rk_metric_set_free(rk_metric_set *set); /* NULL is fine */

/* Add a batch of net (RK_LIGHT, RK_BOOSTER); its group is filled in here: groups(ctx, field) gives the BYTES column of
 * a field. ROCKET_FAILED: a score is not a finite number, or memory ran out; ROCKET_DATA: a label that is no class. */
ROCKET_NODISCARD rocket_status rk_metric_set_add(rk_metric_set *set, int net, const rk_metric_batch *batch,
                                                 const rk_column *(*groups)(void *ctx, const char *field), void *ctx,
                                                 rocket_error *err);

/* The results there will be, in a fixed order: by metric, the light net first. */
typedef struct rk_metric_result {
    char name[RK_METRIC_NAME_BYTES]; /* "gauc_light" */
    const rk_metric_def *def;
    int net; /* RK_LIGHT, RK_BOOSTER */
} rk_metric_result;
size_t rk_metric_set_size(const rk_metric_set *set);
const rk_metric_result *rk_metric_set_result(const rk_metric_set *set, size_t i);

/* All rows were added: once, before the first values. ROCKET_DATA when there was none. */
ROCKET_NODISCARD rocket_status rk_metric_set_finish(rk_metric_set *set, rocket_error *err);

/* values [size]; counts: see rk_metric_def. Several threads may ask at a time. */
ROCKET_NODISCARD rocket_status rk_metric_set_values(double *values, const rk_metric_set *set, const uint32_t *counts,
                                                    rocket_error *err);

/* Grouping fields of the metrics, each once. The number is returned, fields gets at most `most` of them. */
size_t rk_metric_set_groups(const rk_metric_set *set, const char **fields, size_t most);

#endif
