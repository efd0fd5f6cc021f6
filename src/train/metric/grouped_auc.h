/* AUC within each group of rows (a user, a session), averaged over groups: what gauc and session_auc share. */
#ifndef RK_GROUPED_AUC_H
#define RK_GROUPED_AUC_H

#include "metric.h"

/* reduction is "mean", "mean_by_sample_num" or "mean_by_positive_num": the weight of a group is 1, its rows, its
 * positives. Where says check of a wrong one. */
void rk_grouped_auc_check(const rk_config *config, const ProtobufCMessage *options, const char *reduction,
                          rk_faults *faults);
rk_metric *rk_grouped_auc_open(const char *reduction);
rocket_status rk_grouped_auc_add(rk_metric *metric, const rk_metric_batch *batch, rocket_error *err);
rocket_status rk_grouped_auc_finish(rk_metric *metric, rocket_error *err);
rocket_status rk_grouped_auc_result(double *out, const rk_metric *metric, const uint32_t *counts, rocket_error *err);
void rk_grouped_auc_close(rk_metric *metric);

#endif
