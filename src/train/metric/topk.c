/* See topk.h. */
#include "topk.h"

#include <stdio.h>

#include "resolve.h"

int64_t rk_label_rank(const rk_metric_batch *batch, int64_t row)
{
    const float *logits = batch->logits + row * batch->ld_logits; /* [C] f32 */
    int64_t label = (int64_t)batch->labels[row], before = 0;

    for (int64_t c = 0; c < batch->n_classes; c++)
        before += logits[c] > logits[label] || (logits[c] == logits[label] && c < label);
    return before;
}

int64_t rk_topk(const ProtobufCMessage *options)
{
    if (options->descriptor == &rocket__recall_at_top_k__descriptor)
        return ((const Rocket__RecallAtTopK *)options)->topk;
    return ((const Rocket__AvgPrecisionAtTopK *)options)->topk;
}

void rk_topk_variant(char out[32], const ProtobufCMessage *options)
{
    snprintf(out, 32, "%lld", (long long)rk_topk(options));
}

void rk_topk_check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    int64_t n_classes = rk_config_view(config)->model->num_class, topk = rk_topk(options);

    if (topk < 1 || topk > n_classes)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, options, "topk", 0),
                      "topk must be from 1 to model_config.num_class (%lld), got %lld", (long long)n_classes,
                      (long long)topk);
}
