/* Share of rows whose label is among the topk largest logits; of equal logits the lower class comes first, as in
 * tf.nn.top_k.
 */
#include <stdio.h>

#include "sums.h"
#include "topk.h"

static int64_t topk_of(const ProtobufCMessage *options)
{
    return ((const Rocket__RecallAtTopK *)options)->topk;
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
    s[0] = rk_label_rank(batch, row) < topk_of(options);
    s[1] = 1;
}

static rk_metric *open(const ProtobufCMessage *options)
{
    static const rk_sums_def sums = { row_sums, rk_sums_ratio };

    return rk_sums_open(&sums, options);
}

const rk_metric_def rk_metric_recall_at_topk = {
    .field = "recall_at_topk",
    .doc = "share of rows whose label is among the topk largest logits",
    .min_classes = 2,
    .check = check,
    .variant = variant,
    .open = open,
    .add = rk_sums_add,
    .result = rk_sums_result,
    .close = rk_sums_close,
};
