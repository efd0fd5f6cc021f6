/* Average precision at topk, with the one right class that a row has: 1 / rank of the label's logit if it is among the
 * topk largest, else 0 (tf.metrics.average_precision_at_k). Upstream's ranking models accept the entry and report
 * nothing.
 */
#include <stdio.h>

#include "sums.h"
#include "topk.h"

static int64_t topk_of(const ProtobufCMessage *options)
{
    return ((const Rocket__AvgPrecisionAtTopK *)options)->topk;
}

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    rk_topk_check(config, options, topk_of(options), faults);
}

static void variant(char out[32], const ProtobufCMessage *options)
{
    snprintf(out, 32, "%lld", (long long)topk_of(options));
}

static void row_sums(double s[RK_N_SUMS], const rk_metric_batch *batch, int64_t row, const ProtobufCMessage *options)
{
    int64_t before = rk_label_rank(batch, row);

    s[0] = before < topk_of(options) ? 1 / (double)(before + 1) : 0;
    s[1] = 1;
}

static rk_metric *open(const ProtobufCMessage *options)
{
    static const rk_sums_def sums = { row_sums, rk_sums_ratio };

    return rk_sums_open(&sums, options);
}

const rk_metric_def rk_metric_precision_at_topk = {
    .field = "precision_at_topk",
    .doc = "mean of 1 / rank of the label's logit, 0 beyond the topk largest",
    .min_classes = 2,
    .check = check,
    .variant = variant,
    .open = open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
