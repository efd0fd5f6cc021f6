/* See adam_rule.h. Coefficients are computed in double from the float options and rounded once. */
#include "adam_rule.h"

#include <math.h>

void rk_adam_prepare(rk_hyper *hyper, const rk_adam_options *options, uint64_t step)
{
    double t = (double)step + 1;
    double b1 = pow(options->beta1, t), b2 = pow(options->beta2, t);

    hyper->c[RK_ADAM_C_RATE] = hyper->rate * sqrt(1 - b2) / (1 - b1);
    hyper->c[RK_ADAM_C_BETA1] = options->beta1;
    hyper->c[RK_ADAM_C_BETA2] = options->beta2;
    hyper->c[RK_ADAM_C_DECAY] = options->decay;
}

void rk_adam_update_plain(const rk_update_run *run)
{
    const double *c = run->hyper->c;
    const float rate = (float)c[RK_ADAM_C_RATE], b1 = (float)c[RK_ADAM_C_BETA1], b2 = (float)c[RK_ADAM_C_BETA2],
                decay = (float)c[RK_ADAM_C_DECAY];
    const float a1 = 1 - b1, a2 = 1 - b2;
    float *restrict w = run->w;
    float *restrict m = run->slots[0];
    float *restrict v = run->slots[1];
    const float *restrict g = run->g;

    for (int64_t i = 0; i < run->n; i++) {
        float m_new = rk_adam_flush(b1 * m[i] + a1 * g[i]);
        float v_new = rk_adam_flush(b2 * v[i] + a2 * (g[i] * g[i]));

        m[i] = m_new;
        v[i] = v_new;
        w[i] = (w[i] - decay * w[i]) - rate * m_new / (sqrtf(v_new) + RK_ADAM_EPSILON);
    }
}

void rk_adam_update(const rk_update_run *run)
{
    if (rk_adam_avx2_supported())
        rk_adam_update_avx2(run);
    else
        rk_adam_update_plain(run);
}

static rk_update_run row_of(const rk_update_rows *rows, int64_t i)
{
    int64_t at = rows->rows[i] * rows->dim;
    rk_update_run run = { .w = rows->table.w + at, .g = rows->table.g + i * rows->dim, .n = rows->dim };

    run.slots[0] = rows->table.slots[0] + at;
    run.slots[1] = rows->table.slots[1] + at;
    run.hyper = rows->table.hyper;
    return run;
}

void rk_adam_update_rows(const rk_update_rows *rows)
{
    if (rk_adam_avx2_supported() && rows->dim % RK_ADAM_LANES == 0) {
        rk_adam_update_rows_avx2(rows);
        return;
    }
    for (int64_t i = 0; i < rows->n; i++) {
        rk_update_run run = row_of(rows, i);

        rk_adam_update(&run);
    }
}
