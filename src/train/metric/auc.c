/* Upstream's AUC: trapezoids under the ROC curve at num_thresholds thresholds (easyrec.md 4.6; tf.metrics.auc).
 *
 *   TPR = (tp + e) / (tp + fn + e)    FPR = fp / (fp + tn + e)    e = 1e-6
 *
 * Coarse where scores crowd between two thresholds, as at low click rates: exact_auc has no such error.
 */
#include <stdio.h>

#include "thresholds.h"

enum { DEFAULT_THRESHOLDS = 200 };

static uint32_t n_thresholds(const ProtobufCMessage *options)
{
    return options ? ((const Rocket__AUC *)options)->num_thresholds : DEFAULT_THRESHOLDS;
}

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    uint32_t n = n_thresholds(options);

    if (n < 2 || n > RK_MAX_THRESHOLDS)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, options, "num_thresholds", 0),
                      "num_thresholds must be from 2 to %d, got %u", RK_MAX_THRESHOLDS, n);
}

static void variant(char out[32], const ProtobufCMessage *options)
{
    snprintf(out, 32, "%u", n_thresholds(options));
}

static const double epsilon = 1e-6;

static double tpr(const rk_confusion *at)
{
    return (at->tp + epsilon) / (at->tp + at->fn + epsilon);
}

static double fpr(const rk_confusion *at)
{
    return at->fp / (at->fp + at->tn + epsilon);
}

static double add_trapezoid(double area, const rk_confusion *last, const rk_confusion *now)
{
    return last ? area + (fpr(last) - fpr(now)) * (tpr(last) + tpr(now)) / 2 : area;
}

static rk_metric *open(const rk_metric_def *def, const ProtobufCMessage *options)
{
    (void)def;
    static const rk_thresholds_def area = { rk_metric_score, add_trapezoid };

    return rk_thresholds_open(&area, n_thresholds(options));
}

const rk_metric_def rk_metric_auc = {
    .field = "auc",
    .doc = "area under the ROC curve over num_thresholds thresholds, as upstream",
    .min_classes = 1,
    .max_classes = 2,
    .check = check,
    .variant = variant,
    .open = open,
    .add = rk_thresholds_add,
    .result = rk_thresholds_result,
    .close = rk_thresholds_close,
};
