/* What train_config says about optimizers: is it sensible, and which plug-ins does it name?
 *
 * Two things of upstream are refused by name, since they would change the result and are not done here: moving averages
 * of weights (they need a part of TensorFlow that upstream itself lost), and more than two optimizers.
 */
#include <math.h>
#include <string.h>

#include "buf.h"
#include "option_check.h"
#include "pattern.h"
#include "reflect.h"
#include "resolve.h"
#include "updater_state.h"

/* The learning_rate message of an optimizer's options; NULL when absent. */
static const ProtobufCMessage *learning_rate_of(const ProtobufCMessage *options)
{
    const ProtobufCFieldDescriptor *field = rk_pb_find(options->descriptor, "learning_rate", strlen("learning_rate"));

    return field && rk_pb_count(options, field) ? rk_pb_message(options, field, 0) : NULL;
}

rk_update_part rk_update_part_of(const Rocket__Optimizer *entry)
{
    rk_update_part part = { 0 };

    part.def = rk_optimizer_find(rk_oneof_name(&entry->base, &part.options));
    part.schedule = rk_schedule_find(rk_oneof_name(learning_rate_of(part.options), &part.schedule_options));
    return part;
}

static void check_schedule(const rk_option_check *at)
{
    const ProtobufCMessage *rate = learning_rate_of(at->options), *options = NULL;
    const char *name = rate ? rk_oneof_name(rate, &options) : NULL;
    const rk_schedule_def *def = name ? rk_schedule_find(name) : NULL;

    if (def)
        def->check(at->config, options, at->faults);
    else
        rk_faults_add(at->faults, RK_FAULT_ERROR,
                      rk_config_where(at->config, rate ? rate : at->options, name ? name : NULL, 0),
                      "expected a learning rate, for example learning_rate { constant_learning_rate { learning_rate: "
                      "0.001 } }, found %s",
                      name ? name : "none");
}

static void unknown_optimizer(const rk_config *config, const Rocket__Optimizer *entry, const char *name,
                              rk_faults *faults)
{
    rk_buf known;

    rk_buf_init(&known, 4096);
    for (const rk_optimizer_def *const *def = rk_optimizers; *def; def++)
        rk_buf_printf(&known, "%s%s", def == rk_optimizers ? "" : ", ", (*def)->name);
    rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &entry->base, name, 0),
                  "expected one of %s, found %s", rk_buf_failed(&known) ? "the known optimizers" : known.data,
                  name ? name : "none");
    rk_buf_clear(&known);
}

static void check_entry(const rk_config *config, const Rocket__Optimizer *entry, rk_faults *faults)
{
    const rk_option_check at = { config, &entry->base, faults };
    const ProtobufCMessage *options = NULL;
    const char *name = rk_oneof_name(&entry->base, &options);
    const rk_optimizer_def *def = name ? rk_optimizer_find(name) : NULL;

    if (entry->use_moving_average)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &entry->base, "use_moving_average", 0),
                      "use_moving_average is not supported: leave it out or set it to false");
    if (entry->has_embedding_learning_rate_multiplier)
        rk_option_expect_rate(&at, "embedding_learning_rate_multiplier", entry->embedding_learning_rate_multiplier);
    if (!def) {
        unknown_optimizer(config, entry, name, faults);
        return;
    }
    if (def->check)
        def->check(config, options, faults);
    check_schedule(&(rk_option_check){ config, options, faults });
}

static void check_pattern(const rk_option_check *at, size_t i, const char *text)
{
    rocket_error err = { 0 };
    rk_pattern *pattern = NULL;

    if (rk_pattern_new(&pattern, text, &err) != ROCKET_OK)
        rk_faults_add(at->faults, RK_FAULT_ERROR, rk_config_where(at->config, at->options, "freeze_gradient", i),
                      "freeze_gradient: %s", err.text);
    rk_pattern_free(pattern);
}

void rk_updater_check(const rk_config *config, rk_faults *faults)
{
    const Rocket__TrainConfig *train = rk_config_view(config)->train;
    const rk_option_check at = { config, &train->base, faults };

    if (train->n_optimizer_config < 1 || train->n_optimizer_config > RK_UPDATE_PARTS)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &train->base, "optimizer_config", 0),
                      "train_config needs one optimizer_config, or two (embeddings, the rest), found %zu",
                      train->n_optimizer_config);
    for (size_t i = 0; i < train->n_optimizer_config; i++)
        check_entry(config, train->optimizer_config[i], faults);
    rk_option_expect_rate(&at, "gradient_clipping_by_norm", train->gradient_clipping_by_norm);
    for (size_t i = 0; i < train->n_freeze_gradient; i++)
        check_pattern(&at, i, train->freeze_gradient[i]);
}
