/* PassThroughFeature: a field's text as it is, for metrics and sinks; the net does not see it (easyrec.md 3.7). */
#include "error.h"
#include "faults.h"
#include "feature.h"

static void check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    if (spec->n_inputs != 1)
        rk_feature_fault(config, spec, faults, "input_names",
                         "input_names: expected 1 for a PassThroughFeature, found %zu", spec->n_inputs);
}

static rocket_status open_pass_through(rk_feature *feature, const rk_feature_setup *setup, rocket_error *err)
{
    (void)setup;
    (void)err;
    feature->kind = RK_COLUMN_BYTES;
    feature->width = 0;
    return ROCKET_OK;
}

static rocket_status row(const rk_feature *feature, const rk_value *values, rk_sink_row *out, int *field,
                         rocket_error *err)
{
    (void)field;
    RK_FAIL_IF(!rk_row_bytes(out, values[feature->fields[0]].text), FAILED, err, "out of memory");
    return ROCKET_OK;
}

const rk_feature_def rk_feature_pass_through = {
    .type = ROCKET__FEATURE_CONFIG__FEATURE_TYPE__PassThroughFeature,
    .name = "PassThroughFeature",
    .doc = "a field's text as it is, for metrics; no input of the net",
    .check = check,
    .open = open_pass_through,
    .row = row,
};
