/* Counts of positives and negatives above each of n thresholds in [0, 1], as TensorFlow's metrics take them:
 * -1e-7, 1/(n-1), 2/(n-1), ..., 1 + 1e-7, compared in f32; a score counts where it is greater. */
#ifndef RK_THRESHOLDS_H
#define RK_THRESHOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rk_thresholds {
    float *at;      /* [n] ascending */
    int64_t *count; /* [2][n + 1]: negatives, positives that are greater than exactly i of the thresholds */
    size_t n;
} rk_thresholds;

bool rk_thresholds_init(rk_thresholds *thresholds, size_t n); /* n >= 2; false without memory */
void rk_thresholds_clear(rk_thresholds *thresholds);
void rk_thresholds_add(rk_thresholds *thresholds, float score, bool positive);

/* Walk from the lowest threshold up: begin, then next until false. */
typedef struct rk_confusion {
    double tp, fp, tn, fn;
    size_t i; /* of the threshold */
} rk_confusion;
rk_confusion rk_thresholds_begin(const rk_thresholds *thresholds); /* below all: everything is predicted positive */
bool rk_thresholds_next(const rk_thresholds *thresholds, rk_confusion *at);

#endif
