/* The place of a row's label among its logits: what the metrics at topk share. */
#ifndef RK_TOPK_H
#define RK_TOPK_H

#include "metric.h"

/* How many classes come before the label's: larger logits, and lower classes of equal ones, as in tf.nn.top_k. */
int64_t rk_label_rank(const rk_metric_batch *batch, int64_t row);

/* The field topk of options, which are of one of the two metrics. */
int64_t rk_topk(const ProtobufCMessage *options);

/* A fault unless topk is from 1 to num_class: TensorFlow fails at run time on others. */
void rk_topk_check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults);
void rk_topk_variant(char out[32], const ProtobufCMessage *options);

#endif
