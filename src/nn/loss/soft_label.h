/* What the losses against soft labels share (offline distillation: the teacher's outputs are columns of the data).
 *
 * Source: EasyRec's kd blocks (easyrec.md 6). Both sides, predictions and labels, are logits or probabilities; they are
 * turned into softened logits s, and those into probabilities:
 *
 *   logits          s = x / T
 *   probabilities   s = log(max(x, 0) + eps) / T          jointly, C > 1: softmax makes them probabilities again
 *                   s = log(x' / (1 - x')) / T            each by itself, x' = x in [eps, 1 - eps]
 *   jointly         p_c = exp(s_c) / sum_k exp(s_k)       each by itself   p_c = 1 / (1 + exp(-s_c))
 *
 * eps is 1e-7 (Keras' epsilon), as upstream; no factor T^2 anywhere. Where upstream takes log(x + eps) for the logit of
 * a single probability, which it is not, the logit is taken here.
 */
#ifndef RK_SOFT_LABEL_H
#define RK_SOFT_LABEL_H

#include "loss_math.h"

#define RK_SOFT_EPSILON 1e-7

enum { RK_SOFT_PREDICTIONS, RK_SOFT_LABELS };                                            /* inputs */
enum { RK_SOFT_WEIGHT, RK_SOFT_TEMPERATURE, RK_SOFT_PRED_LOGITS, RK_SOFT_LABEL_LOGITS }; /* attributes */

/* One side of a row. */
typedef struct rk_soft {
    const float *x; /* [C] */
    int64_t C;
    bool logits, joint;
    double temperature;
    double log_sum; /* joint: log sum_k exp(s_k) */
} rk_soft;

rk_soft rk_soft_of(const rk_loss_io *io, int input, int64_t b, bool joint);
double rk_soft_logit(const rk_soft *side, int64_t c);                          /* s_c */
double rk_soft_slope(const rk_soft *side, int64_t c);                          /* ds_c / dx_c */
double rk_soft_prob(const rk_soft *side, int64_t c);                           /* p_c */
void rk_soft_add(const rk_loss_io *io, int64_t b, int64_t c, double gradient); /* to predictions, if they want one */

/* weight times the row's sample weight over n */
double rk_soft_scale(const rk_loss_io *io, int64_t b);

/* Widths agree, temperature > 0, flags are 0 or 1. */
ROCKET_NODISCARD rocket_status rk_soft_check(const rk_graph *graph, const rk_loss *loss, rocket_error *err);

#define RK_SOFT_INPUTS                                                                                                 \
    .n_inputs = 2, .inputs = { "predictions", "soft_labels" },                                                         \
    .attrs = { "weight", "temperature", "pred_is_logits", "label_is_logits" }, .attr_defaults = { 1, 1, 1, 1 }

#endif
