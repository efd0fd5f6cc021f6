/* Share of rows whose label is among the topk largest logits; of equal logits the lower class comes first, as in
 * tf.nn.top_k.
 */
#include <math.h>
#include <stdio.h>

#include "mem.h"
#include "metric.h"
#include "resolve.h"

struct rk_metric {
    int64_t topk, hits, n;
};

static int64_t topk_of(const ProtobufCMessage *options)
{
    return ((const Rocket__RecallAtTopK *)options)->topk;
}

/* TensorFlow fails at run time where there are fewer classes than topk. */
static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    int64_t topk = topk_of(options), n_classes = rk_config_view(config)->model->num_class;

    if (topk < 1 || topk > n_classes)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, options, "topk", 0),
                      "topk must be from 1 to model_config.num_class (%lld), got %lld", (long long)n_classes,
                      (long long)topk);
}

static void variant(char out[32], const ProtobufCMessage *options)
{
    snprintf(out, 32, "%lld", (long long)topk_of(options));
}

static rk_metric *open(const ProtobufCMessage *options)
{
    rk_metric *metric = rk_alloc(1, sizeof *metric);

    if (metric)
        metric->topk = topk_of(options);
    return metric;
}

static rocket_status add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err)
{
    (void)err;
    for (int64_t row = 0; row < batch->n_rows; row++) {
        const float *logits = batch->logits + row * batch->ld_logits; /* [C] f32 */
        int64_t label = (int64_t)batch->labels[row], before = 0;

        for (int64_t c = 0; c < batch->n_classes; c++)
            before += logits[c] > logits[label] || (logits[c] == logits[label] && c < label);
        metric->hits += before < metric->topk;
    }
    metric->n += batch->n_rows;
    return ROCKET_OK;
}

static rocket_status result(double *out, rk_metric *metric, rocket_error *err)
{
    (void)err;
    *out = metric->n > 0 ? (double)metric->hits / (double)metric->n : NAN;
    return ROCKET_OK;
}

static void close(rk_metric *metric)
{
    rk_free(metric);
}

const rk_metric_def rk_metric_recall_at_topk = {
    .field = "recall_at_topk",
    .doc = "share of rows whose label is among the topk largest logits",
    .min_classes = 2,
    .check = check,
    .variant = variant,
    .open = open,
    .add = add,
    .result = result,
    .close = close,
};
