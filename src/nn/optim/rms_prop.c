/* RMSProp with momentum (Tieleman & Hinton 2012), as TensorFlow has it:
 *
 *   s = decay * s + (1 - decay) * g^2
 *   a = momentum * a + rate * g / sqrt(s + epsilon)          w -= a
 *
 * Upstream's defaults are unusual: epsilon is 1, and the mean square starts at 1. Rows of a table without a gradient
 * stay as they are.
 */
#include <math.h>

#include "optimizer.h"
#include "option_check.h"

enum { C_DECAY, C_MOMENTUM, C_EPSILON };

static void check(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults)
{
    const Rocket__RMSPropOptimizer *opt = (const Rocket__RMSPropOptimizer *)options;
    const rk_option_check at = { config, options, faults };

    rk_option_expect_decay(&at, "momentum_optimizer_value", opt->momentum_optimizer_value);
    rk_option_expect_decay(&at, "decay", opt->decay);
    rk_option_expect(&at, "epsilon", opt->epsilon, opt->epsilon > 0 && isfinite(opt->epsilon), "a finite number > 0");
}

static float slot_init(const ProtobufCMessage *options, int slot)
{
    (void)options;
    return slot == 0 ? 1 : 0;
}

static void prepare(rk_hyper *hyper, const ProtobufCMessage *options, uint64_t step)
{
    const Rocket__RMSPropOptimizer *opt = (const Rocket__RMSPropOptimizer *)options;

    (void)step;
    hyper->c[C_DECAY] = opt->decay;
    hyper->c[C_MOMENTUM] = opt->momentum_optimizer_value;
    hyper->c[C_EPSILON] = opt->epsilon;
}

static void update(const rk_update_run *run)
{
    const double *c = run->hyper->c;
    const float rate = (float)run->hyper->rate;
    const float decay = (float)c[C_DECAY], momentum = (float)c[C_MOMENTUM], epsilon = (float)c[C_EPSILON];
    const float fresh = 1 - decay;
    float *restrict w = run->w;
    float *restrict s = run->slots[0];
    float *restrict a = run->slots[1];
    const float *restrict g = run->g;

    for (int64_t i = 0; i < run->n; i++) {
        float s_new = decay * s[i] + fresh * (g[i] * g[i]);
        float a_new = momentum * a[i] + rate * g[i] / sqrtf(s_new + epsilon);

        s[i] = s_new;
        a[i] = a_new;
        w[i] -= a_new;
    }
}

const rk_optimizer_def rk_optimizer_rms_prop = {
    .name = "rms_prop_optimizer",
    .doc = "RMSProp with momentum",
    .n_slots = 2,
    .slots = { "RMSProp", "RMSProp_1" },
    .check = check,
    .slot_init = slot_init,
    .prepare = prepare,
    .update = update,
};
