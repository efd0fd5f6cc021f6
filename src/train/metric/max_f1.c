/* Largest F1 over 200 thresholds in [0, 1], on logits.
 *
 * Thresholds are meant for probabilities; that upstream compares logits with them is kept (easyrec.md 4.6), so logits
 * that are all negative give 0.
 *
 *   P = tp / (tp + fp)    R = tp / (tp + fn)    F1 = 2 P R / (P + R + 1e-12)    0 / 0 = 0
 */
#include "thresholds.h"

enum { N_THRESHOLDS = 200 };

static double larger_f1(double best, const rk_confusion *last, const rk_confusion *now)
{
    double precision = now->tp + now->fp > 0 ? now->tp / (now->tp + now->fp) : 0;
    double recall = now->tp + now->fn > 0 ? now->tp / (now->tp + now->fn) : 0;
    double f1 = 2 * precision * recall / (precision + recall + 1e-12);

    (void)last;
    return f1 > best ? f1 : best;
}

static rk_metric *open(const rk_metric_def *def, const ProtobufCMessage *options)
{
    static const rk_thresholds_def f1 = { rk_metric_logit, larger_f1 };

    (void)def, (void)options;
    return rk_thresholds_open(&f1, N_THRESHOLDS);
}

const rk_metric_def rk_metric_max_f1 = {
    .field = "max_f1",
    .doc = "largest F1 over 200 thresholds in [0, 1], on logits as upstream",
    .min_classes = 1,
    .max_classes = 2,
    .open = open,
    .add = rk_thresholds_add,
    .result = rk_thresholds_result,
    .close = rk_thresholds_close,
};
