/* The Adam rule (Kingma & Ba 2015, in the form of its section 2 that folds both bias corrections into the rate), shared
 * by adam, lazy_adam and adamw:
 *
 *   rate_t = rate * sqrt(1 - beta2^t) / (1 - beta1^t)          t = step + 1
 *   m = beta1 * m + (1 - beta1) * g
 *   v = beta2 * v + (1 - beta2) * g^2
 *   w -= rate_t * m / (sqrt(v) + 1e-8)
 *
 * The products of betas are global: a row that was not touched for a while is corrected as if it had been. Moments
 * below the smallest normal float are set to zero, as TensorFlow's threads do it: rows that nobody touches decay for
 * ever, and arithmetic on denormals is a hundred times slower.
 */
#ifndef RK_ADAM_RULE_H
#define RK_ADAM_RULE_H

#include <string.h>

#include "optimizer.h"

/* hyper->c of the rule. */
enum { RK_ADAM_C_RATE, RK_ADAM_C_BETA1, RK_ADAM_C_BETA2, RK_ADAM_C_DECAY };

#define RK_ADAM_EPSILON 1e-8f

enum { RK_ADAM_LANES = 8 };

typedef struct rk_adam_options {
    float beta1, beta2;
    float decay; /* w -= decay * w before the step, where there is a gradient; 0: none */
} rk_adam_options;

void rk_adam_prepare(rk_hyper *hyper, const rk_adam_options *options, uint64_t step);
/* Zero where the exponent field is zero. On bits, since a comparison of floats may trap and would keep the loops from
 * being vectorised. */
static inline float rk_adam_flush(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    bits &= (bits & 0x7f800000u) ? 0xffffffffu : 0;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

/* Each has two kernels behind it that differ in speed only: the plain one runs anywhere, the other where
 * rk_adam_avx2_supported. Coasting is steps without a gradient: the same bits as with g = 0 and no decay
 * (adam_coast.c). */
void rk_adam_update(const rk_update_run *run);
void rk_adam_update_plain(const rk_update_run *run);
void rk_adam_update_avx2(const rk_update_run *run);
void rk_adam_update_rows(const rk_update_rows *rows);
void rk_adam_update_rows_avx2(const rk_update_rows *rows); /* dim is a multiple of RK_ADAM_LANES */
void rk_adam_coast(const rk_update_run *run, const rk_coasting *steps);
void rk_adam_coast_plain(const rk_update_run *run, const rk_coasting *steps);
void rk_adam_coast_avx2(const rk_update_run *run, const rk_coasting *steps);
bool rk_adam_avx2_supported(void);

#endif
