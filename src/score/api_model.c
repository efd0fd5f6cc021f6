/* Models of the public API: opened once, described by lists that are made at once, and counted, as sessions keep them.
 *
 * The three parts are lists over the same fields and inputs: those whose mark (is it the user's?) the part wants.
 */
#include <string.h>

#include "api.h"
#include "error.h"
#include "mem.h"

const char *rocket_version(void)
{
    return ROCKET_VERSION;
}

/* ---- parts ---- */

static bool has(rocket_part part, bool is_user)
{
    return part == ROCKET_ROW || (part == ROCKET_USER) == is_user;
}

/* Is the field read by an input of the net? */
static bool is_read(const rk_light *light, size_t field)
{
    for (size_t i = 0; i < light->binding.n; i++) {
        const rk_feature *feature = rk_schema_feature(light->schema, light->binding.column[i]);

        for (int k = 0; k < feature->n_fields; k++)
            if ((size_t)feature->fields[k] == field)
                return true;
    }
    return false;
}

static rocket_field describe_field(const rk_light *light, size_t i)
{
    const Rocket__DatasetConfig__Field *config = rk_config_view(light->bundle->config)->fields[i].config;

    return (rocket_field){ .name = rk_config_view(light->bundle->config)->fields[i].name,
                           .type =
                               rk_enum_name(&rocket__dataset_config__field_type__descriptor, (int)config->input_type),
                           .default_value = config->default_val != NULL ? config->default_val : "",
                           .is_user = light->user_field[i] };
}

static rocket_input describe_input(const rk_light *light, size_t i)
{
    const rk_feature *feature = rk_schema_feature(light->schema, light->binding.column[i]);
    bool ids = feature->kind == RK_COLUMN_IDS;

    return (rocket_input){ .name = feature->name,
                           .kind = ids ? ROCKET_IDS : ROCKET_FLOATS,
                           .n_ids = ids ? feature->n_buckets : 0,
                           .is_weighted = ids && feature->weighted,
                           .width = ids ? 0 : feature->width,
                           .is_user = light->user_input[i] };
}

static void list_fields(rk_api_part *part, const rk_light *light, rocket_part which)
{
    for (size_t i = 0; i < rk_schema_n_fields(light->schema); i++)
        if (has(which, light->user_field[i]) && is_read(light, i)) {
            part->positions[part->n_fields] = i;
            part->fields[part->n_fields++] = describe_field(light, i);
        }
}

static void list_inputs(rk_api_part *part, const rk_light *light, rocket_part which)
{
    for (size_t i = 0; i < light->binding.n; i++)
        if (has(which, light->user_input[i])) {
            part->nodes[part->n_inputs] = light->binding.node[i];
            part->columns[part->n_inputs] = light->binding.column[i];
            part->inputs[part->n_inputs++] = describe_input(light, i);
        }
}

static rocket_status make_part(rocket_model *model, rocket_part which, rocket_error *err)
{
    static const char *const names[RK_N_PARTS] = { "row", "user", "candidate" };
    const rk_light *light = model->light;
    rk_api_part *part = &model->parts[which];
    size_t n_fields = rk_schema_n_fields(light->schema), n_inputs = light->binding.n;

    part->name = names[which];
    part->fields = rk_arena_alloc(&model->arena, n_fields, sizeof *part->fields);
    part->positions = rk_arena_alloc(&model->arena, n_fields, sizeof *part->positions);
    part->inputs = rk_arena_alloc(&model->arena, n_inputs, sizeof *part->inputs);
    part->nodes = rk_arena_alloc(&model->arena, n_inputs, sizeof *part->nodes);
    part->columns = rk_arena_alloc(&model->arena, n_inputs, sizeof *part->columns);
    RK_FAIL_IF(rk_arena_failed(&model->arena), FAILED, err, "out of memory");
    list_fields(part, light, which);
    list_inputs(part, light, which);
    part->rows = (rk_row_part){ part->positions, part->n_fields, part->columns, part->n_inputs };
    return ROCKET_OK;
}

static bool crosses(const rk_light *light)
{
    for (size_t i = 0; i < light->binding.n; i++) {
        const rk_feature *feature = rk_schema_feature(light->schema, light->binding.column[i]);

        for (int k = 0; !light->user_input[i] && k < feature->n_fields; k++)
            if (light->user_field[feature->fields[k]])
                return true;
    }
    return false;
}

/* ---- opening ---- */

/* A caller who was compiled against an older header has smaller structs: what is missing is as in _INIT. */
static rocket_status read_options(rk_light_options *out, const rocket_open_options *options, rocket_error *err)
{
    rocket_open_options known = ROCKET_OPEN_OPTIONS_INIT;

    if (options != NULL) {
        RK_FAIL_IF(options->size < sizeof options->size, USAGE, err,
                   "rocket_open_options: expected size to be set: start from ROCKET_OPEN_OPTIONS_INIT");
        memcpy(&known, options, options->size < sizeof known ? options->size : sizeof known);
    }
    RK_FAIL_IF(known.n_user_fields > 0 && known.user_fields == NULL, USAGE, err,
               "rocket_open_options: expected %zu user_fields, found NULL", known.n_user_fields);
    for (size_t i = 0; i < known.n_user_fields; i++)
        RK_FAIL_IF(known.user_fields[i] == NULL, USAGE, err, "rocket_open_options: user_fields[%zu] is NULL", i);
    *out = (rk_light_options){ .user_fields = known.user_fields, .n_user_fields = known.n_user_fields };
    return ROCKET_OK;
}

/* Takes the light net in any case. */
static rocket_status make_model(rocket_model **out, rk_light *light, rocket_error *err)
{
    rocket_model *model = rk_alloc(1, sizeof *model);
    rocket_status status = ROCKET_OK;

    if (model == NULL) {
        rk_light_close(light);
        return rk_fail(err, ROCKET_FAILED, "out of memory");
    }
    rk_arena_init(&model->arena, 0);
    model->light = light;
    model->crosses = crosses(light);
    atomic_init(&model->n_refs, 1);
    for (int part = 0; part < RK_N_PARTS && status == ROCKET_OK; part++)
        status = make_part(model, (rocket_part)part, err);
    if (status == ROCKET_OK)
        *out = model;
    else
        rk_model_unref(model);
    return status;
}

rocket_status rocket_model_open(rocket_model **out, const char *path, const rocket_open_options *options,
                                rocket_error *err)
{
    rk_light_options known;
    rk_light *light;

    RK_TRY(read_options(&known, options, err));
    RK_TRY(rk_light_open(&light, path, &known, err));
    return make_model(out, light, err);
}

rocket_status rocket_model_read(rocket_model **out, const void *bytes, size_t n_bytes,
                                const rocket_open_options *options, rocket_error *err)
{
    rk_tensor_bytes file = { .name = "model", .data = bytes, .size = n_bytes };
    rk_light_options known;
    rk_light *light;

    RK_TRY(read_options(&known, options, err));
    RK_TRY(rk_light_read(&light, &file, &known, err));
    return make_model(out, light, err);
}

void rk_model_unref(rocket_model *model)
{
    if (atomic_fetch_sub(&model->n_refs, 1) > 1)
        return;
    rk_light_close(model->light);
    rk_arena_clear(&model->arena);
    rk_free(model);
}

void rocket_model_close(rocket_model *model)
{
    if (model != NULL)
        rk_model_unref(model);
}

/* ---- describing ---- */

/* A part that does not exist has nothing. */
static const rk_api_part *part_of(const rocket_model *model, rocket_part part)
{
    static const rk_api_part none = { .name = "" };

    return (unsigned)part < RK_N_PARTS ? &model->parts[part] : &none;
}

size_t rocket_model_n_fields(const rocket_model *model, rocket_part part)
{
    return part_of(model, part)->n_fields;
}

const rocket_field *rocket_model_field(const rocket_model *model, rocket_part part, size_t i)
{
    return i < part_of(model, part)->n_fields ? &part_of(model, part)->fields[i] : NULL;
}

ptrdiff_t rocket_model_find_field(const rocket_model *model, rocket_part part, const char *name)
{
    for (size_t i = 0; i < part_of(model, part)->n_fields; i++)
        if (strcmp(part_of(model, part)->fields[i].name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

size_t rocket_model_n_inputs(const rocket_model *model, rocket_part part)
{
    return part_of(model, part)->n_inputs;
}

const rocket_input *rocket_model_input(const rocket_model *model, rocket_part part, size_t i)
{
    return i < part_of(model, part)->n_inputs ? &part_of(model, part)->inputs[i] : NULL;
}

size_t rocket_model_n_classes(const rocket_model *model)
{
    return (size_t)model->light->n_classes;
}
