/* The best that any model can reach on a simulated log: the figures of the true click rates themselves. */
#ifndef RK_TRUTH_H
#define RK_TRUTH_H

#include <stddef.h>

#include "simulator.h"

typedef struct rk_truth {
    double click_rate; /* of the labels */
    double auc;        /* exact, over all rows; NaN when there is one class only */
    double gauc;       /* mean of users' AUC over users with both classes, as upstream's gauc; 0 without one */
    double log_loss;   /* the Bayes log loss */
} rk_truth;

ROCKET_NODISCARD rocket_status rk_truth_measure(rk_truth *out, const rk_impression *rows, size_t n, rocket_error *err);

#endif
