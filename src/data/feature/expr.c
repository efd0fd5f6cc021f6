/* ExprFeature: one number computed from fields (easyrec.md 3.7), which goes into the net as it is.
 *
 * Fields of numbers count as doubles, texts are read as such; the result is rounded to a float. What an expression may
 * say stands in expression.h. Upstream reads neither embedding_dim nor the options of a RawFeature here.
 */
#include "error.h"
#include "expression.h"
#include "faults.h"
#include "feature.h"
#include "number.h"

struct rk_feature_state {
    const rk_expression *expression;
};

/* The names that an expression may use, in the order of the inputs. */
static bool names_of(rk_expression_names *out, rk_arena *arena, const rk_resolved *view, const int *fields, size_t n)
{
    const char **names = rk_arena_alloc(arena, n + 1, sizeof *names);

    for (size_t i = 0; names && i < n; i++)
        names[i] = view->fields[fields[i]].name;
    *out = (rk_expression_names){ names, n };
    return names != NULL;
}

static void check_expression(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const rk_expression *expression;
    rk_expression_names names;
    rocket_error error = { 0 };
    rk_arena arena;

    rk_arena_init(&arena, 0);
    int *fields = rk_arena_alloc(&arena, spec->n_inputs + 1, sizeof *fields);
    for (size_t i = 0; fields && i < spec->n_inputs; i++)
        fields[i] = (int)spec->inputs[i];
    if (!fields || !names_of(&names, &arena, rk_config_view(config), fields, spec->n_inputs))
        faults->failed = true;
    else if (rk_expression_parse(&expression, &arena, spec->config->expression, &names, &error) != ROCKET_OK)
        rk_feature_fault(config, spec, faults, "expression", "expression: %s", error.text);
    rk_arena_clear(&arena);
}

static void check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;

    if (!feature->expression || !feature->expression[0])
        rk_feature_fault(config, spec, faults, "expression", "expression: expected one for an ExprFeature, found none");
    else
        check_expression(config, spec, faults);
    for (size_t i = 0; i < spec->n_inputs; i++)
        if (rk_feature_input_type(config, spec, i) == ROCKET__DATASET_CONFIG__FIELD_TYPE__BOOL)
            rk_feature_fault(config, spec, faults, "input_names",
                             "input_names: expected numbers or texts of numbers for an ExprFeature, found BOOL");
    if (feature->embedding_dim > 0)
        rk_faults_add(faults, RK_FAULT_NOTE, rk_config_where(config, &feature->base, "embedding_dim", 0),
                      "feature \"%s\": embedding_dim changes nothing here: the number of an ExprFeature goes into the "
                      "net as it is",
                      spec->key);
}

static rocket_status open_expr(rk_feature *feature, const rk_feature_setup *setup, rocket_error *err)
{
    struct rk_feature_state *state = rk_arena_alloc(setup->arena, 1, sizeof *state);
    const char *text = feature->config->expression ? feature->config->expression : "";
    rk_expression_names names;

    bool ok = names_of(&names, setup->arena, rk_config_view(setup->config), feature->fields, (size_t)feature->n_fields);
    RK_FAIL_IF(!state || !ok, FAILED, err, "out of memory");
    rocket_status status = rk_expression_parse(&state->expression, setup->arena, text, &names, err);
    if (status != ROCKET_OK) {
        rk_error_prefix(err, "expression");
        return status;
    }
    feature->state = state;
    feature->kind = RK_COLUMN_FLOATS;
    feature->width = 1;
    return ROCKET_OK;
}

static rocket_status row(const rk_feature *feature, const rk_value *values, rk_sink_row *out, int *field,
                         rocket_error *err)
{
    double *inputs = rk_row_scratch(out, (size_t)feature->n_fields * sizeof *inputs);
    char found[RK_FOUND_BYTES];

    RK_FAIL_IF(!inputs, FAILED, err, "out of memory");
    for (int i = 0; i < feature->n_fields; i++) {
        const rk_value *value = &values[feature->fields[i]];

        *field = feature->fields[i];
        inputs[i] = value->d;
        RK_FAIL_IF(value->type == ROCKET__DATASET_CONFIG__FIELD_TYPE__STRING &&
                       !rk_parse_double(value->text.data, value->text.n, &inputs[i]),
                   DATA, err, "expected a number, found %s", rk_found(value->text, found));
    }
    *rk_row_floats(out) = (float)rk_expression_value(feature->state->expression, inputs);
    return ROCKET_OK;
}

const rk_feature_def rk_feature_expr = {
    .type = ROCKET__FEATURE_CONFIG__FEATURE_TYPE__ExprFeature,
    .name = "ExprFeature",
    .doc = "a number computed from other fields",
    .check = check,
    .open = open_expr,
    .row = row,
};
