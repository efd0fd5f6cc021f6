/* See light.h. */
#include "light.h"

#include "error.h"
#include "mem.h"
#include "text.h"

static rocket_status unknown_field(const rk_resolved *view, const char *name, rocket_error *err)
{
    const char **known = rk_alloc(view->n_fields, sizeof *known);

    RK_FAIL_IF(known == NULL, FAILED, err, "out of memory");
    for (size_t i = 0; i < view->n_fields; i++)
        known[i] = view->fields[i].name;
    const char *near = rk_closest(name, known, view->n_fields);
    rk_free(known);
    RK_FAIL_IF(near != NULL, USAGE, err, "the model has no field \"%s\"; did you mean \"%s\"?", name, near);
    return rk_fail(err, ROCKET_USAGE, "the model has no field \"%s\"", name);
}

/* An input is the user's if all that it is made of is. */
static rocket_status find_user(rk_light *light, const rk_light_options *options, rocket_error *err)
{
    const rk_resolved *view = rk_config_view(light->bundle->config);

    light->user_field = rk_alloc(view->n_fields, sizeof *light->user_field);
    light->user_input = rk_alloc(light->binding.n, sizeof *light->user_input);
    RK_FAIL_IF(light->user_field == NULL || light->user_input == NULL, FAILED, err, "out of memory");
    for (size_t i = 0; i < options->n_user_fields; i++) {
        size_t field = rk_field_find(view, options->user_fields[i]);

        if (field == RK_NONE)
            return unknown_field(view, options->user_fields[i], err);
        light->user_field[field] = true;
    }
    for (size_t i = 0; i < light->binding.n; i++) {
        const rk_feature *feature = rk_schema_feature(light->schema, light->binding.column[i]);

        light->user_input[i] = true;
        for (int k = 0; k < feature->n_fields; k++)
            light->user_input[i] &= light->user_field[feature->fields[k]];
    }
    return ROCKET_OK;
}

static rocket_status make_net(rk_light *light, rocket_error *err)
{
    int *user = rk_alloc(light->binding.n, sizeof *user);
    rk_net_options options = { .user = user };

    RK_FAIL_IF(user == NULL, FAILED, err, "out of memory");
    for (size_t i = 0; i < light->binding.n; i++)
        if (light->user_input[i])
            user[options.n_user++] = light->binding.node[i];
    rocket_status status = rk_net_new(&light->net, light->bundle->graph, light->bundle->weights, &options, err);
    rk_free(user);
    return status;
}

static rocket_status check_outputs(const rk_light *light, rocket_error *err)
{
    const rk_node *probs = rk_graph_node(light->bundle->graph, light->probs);

    RK_FAIL_IF(rk_shape_size(&probs->shape) != light->n_classes, CORRUPT, err,
               "\"%s\" and \"%s\" are of different widths", rk_light_outputs[0], rk_light_outputs[1]);
    return ROCKET_OK;
}

static rocket_status make_ready(rk_light *light, const rk_light_options *options, rocket_error *err)
{
    const rk_graph *graph = light->bundle->graph;

    light->logits = rk_graph_find_output(graph, rk_light_outputs[0]);
    light->probs = rk_graph_find_output(graph, rk_light_outputs[1]);
    light->n_classes = rk_shape_size(&rk_graph_node(graph, light->logits)->shape);
    RK_TRY(check_outputs(light, err));
    RK_TRY(rk_binding_new(&light->binding, graph, light->schema, err));
    RK_TRY(find_user(light, options, err));
    return make_net(light, err);
}

/* The config's faults begin with the file's name already, as they do where they come from. */
static rocket_status make_schema(rk_light *light, const rk_light_options *options, rocket_error *err)
{
    rk_schema_options columns = { .reserved = options->reserved,
                                  .n_reserved = options->n_reserved,
                                  .given = &light->bundle->vocabularies };

    return rk_schema_new(&light->schema, light->bundle->config, &columns, err);
}

/* What does not go together in a file that was written as one is a fault of the file. */
static rocket_status blame_file(rocket_status status, rocket_error *err)
{
    if (status != ROCKET_CONFIG)
        return status;
    if (err != NULL)
        err->status = ROCKET_CORRUPT;
    return ROCKET_CORRUPT;
}

/* Frees the light net when it cannot be made ready. */
static rocket_status finish(rk_light **out, rk_light *light, const rk_light_options *given, rocket_error *err)
{
    rk_light_options options = *given;
    rocket_status status = ROCKET_OK;

    if (options.choose != NULL)
        status = options.choose(&options, rk_config_view(light->bundle->config), options.choose_ctx, err);
    if (status == ROCKET_OK)
        status = make_schema(light, &options, err);
    if (status == ROCKET_OK) {
        status = make_ready(light, &options, err);
        if (status != ROCKET_OK)
            rk_error_prefix(err, "%s", rk_config_name(light->bundle->config));
    }
    if (status == ROCKET_OK)
        *out = light;
    else
        rk_light_close(light);
    return blame_file(status, err);
}

rocket_status rk_light_open(rk_light **out, const char *path, const rk_light_options *options, rocket_error *err)
{
    rk_light *light = rk_alloc(1, sizeof *light);

    RK_FAIL_IF(light == NULL, FAILED, err, "%s: out of memory", path);
    rocket_status status = rk_bundle_open_packed(&light->bundle, path, rk_light_outputs, RK_N_LIGHT_OUTPUTS, err);
    if (status == ROCKET_OK)
        return finish(out, light, options, err);
    rk_free(light);
    return status;
}

rocket_status rk_light_read(rk_light **out, const rk_tensor_bytes *bytes, const rk_light_options *options,
                            rocket_error *err)
{
    rk_tensor_file *file;
    rk_light *light = rk_alloc(1, sizeof *light);

    RK_FAIL_IF(light == NULL, FAILED, err, "%s: out of memory", bytes->name);
    rocket_status status = rk_tensor_file_parse(&file, bytes, true, err);
    if (status == ROCKET_OK) {
        status = rk_bundle_read_packed(&light->bundle, file, bytes->name, rk_light_outputs, RK_N_LIGHT_OUTPUTS, err);
        rk_tensor_file_close(file);
    }
    if (status == ROCKET_OK)
        return finish(out, light, options, err);
    rk_free(light);
    return status;
}

void rk_light_close(rk_light *light)
{
    if (light == NULL)
        return;
    rk_net_free(light->net);
    rk_free(light->user_field);
    rk_free(light->user_input);
    rk_binding_clear(&light->binding);
    rk_schema_free(light->schema);
    rk_bundle_close(light->bundle);
    rk_free(light);
}
