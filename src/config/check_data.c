/* Checks of data_config: columns, label, sample weight, batches (easyrec.md 3.1, 3.2). What depends on the kind of
 * input or feature, and on the types of columns, is checked where the plug-ins are. */
#include <string.h>

#include "check_parts.h"
#include "mem.h"

enum { MAX_BATCH = 1 << 24, MAX_LABEL_DIM = 1 << 20 };

static void check_fields(const rk_check *check)
{
    const rk_resolved *view = check->view;
    rk_map *seen = rk_check_map(check);

    if (view->n_fields == 0)
        rk_check_error(check, rk_at(&view->data->base, "input_fields", 0),
                       "data_config: expected input_fields that name the columns, found none");
    for (size_t i = 0; seen && i < view->n_fields; i++) {
        const rk_field_spec *field = &view->fields[i];
        rk_spot spot = rk_at(&field->config->base, "input_name", 0);
        if (!field->name[0])
            rk_check_error(check, spot, "input_fields: expected an input_name");
        else if (rk_check_seen(check, seen, field->name, i))
            rk_check_error(check, spot, "input_name: \"%s\" stands in input_fields twice", field->name);
    }
    rk_map_free(seen);
}

static bool is_soft_label(const rk_resolved *view, const char *name)
{
    for (size_t i = 0; i < view->model->n_kd; i++)
        if (view->model->kd[i]->soft_label_name && strcmp(view->model->kd[i]->soft_label_name, name) == 0)
            return true;
    return false;
}

static void check_label(const rk_check *check)
{
    const rk_resolved *view = check->view;
    const Rocket__DatasetConfig *data = view->data;

    if (data->n_label_fields == 0)
        rk_check_error(check, rk_at(&data->base, "label_fields", 0), "data_config: expected label_fields, found none");
    for (size_t i = 0; i < data->n_label_fields; i++)
        if (rk_field_find(view, data->label_fields[i]) == RK_NONE)
            rk_check_unknown_field(check, rk_at(&data->base, "label_fields", i), data->label_fields[i]);
    for (size_t i = 1; i < data->n_label_fields; i++)
        if (!is_soft_label(view, data->label_fields[i]))
            rk_check_note(check, rk_at(&data->base, "label_fields", i),
                          "RocketLaunching learns the first label, \"%s\"; \"%s\" is not used", data->label_fields[0],
                          data->label_fields[i]);
    for (size_t i = 1; i < data->n_label_dim; i++)
        if (data->label_dim[i] < 1 || data->label_dim[i] > MAX_LABEL_DIM)
            rk_check_error(check, rk_at(&data->base, "label_dim", i), "label_dim: expected 1 to %d, found %u",
                           MAX_LABEL_DIM, data->label_dim[i]);
    if (data->n_label_dim > 0 && data->label_dim[0] > 1)
        rk_check_error(check, rk_at(&data->base, "label_dim", 0),
                       "label_dim: expected 1, as RocketLaunching learns one number from the first label, found %u",
                       data->label_dim[0]);
}

static void check_weight(const rk_check *check)
{
    const rk_resolved *view = check->view;
    const Rocket__DatasetConfig *data = view->data;
    rk_spot spot = rk_at(&data->base, "sample_weight", 0);

    if (!data->sample_weight)
        return;
    if (view->weight == RK_NONE) {
        rk_check_unknown_field(check, spot, data->sample_weight);
        return;
    }
    if (view->weight == view->label)
        rk_check_error(check, spot, "sample_weight: \"%s\" is the label", data->sample_weight);
    if (view->model->num_class > 1)
        rk_check_note(check, spot,
                      "upstream fails on sample_weight with num_class %u; rocket weighs every row's losses",
                      view->model->num_class);
}

static void check_batches(const rk_check *check)
{
    const Rocket__DatasetConfig *data = check->view->data;

    if (data->batch_size < 1 || data->batch_size > MAX_BATCH)
        rk_check_error(check, rk_at(&data->base, "batch_size", 0), "batch_size: expected 1 to %d, found %u", MAX_BATCH,
                       data->batch_size);
}

static void check_paths(const rk_check *check)
{
    const Rocket__EasyRecConfig *root = rk_config_root(check->config);

    if (root->train_path_case == ROCKET__EASY_REC_CONFIG__TRAIN_PATH__NOT_SET)
        rk_check_note(check, rk_at(&root->base, "train_input_path", 0), "there is no train_input_path to train on");
    if (!root->model_dir || !root->model_dir[0])
        rk_check_note(check, rk_at(&root->base, "model_dir", 0), "there is no model_dir for checkpoints and logs");
}

void rk_check_data(const rk_check *check)
{
    check_paths(check);
    if (!rk_config_root(check->config)->data_config) {
        rk_check_error(check, rk_at(&rk_config_root(check->config)->base, NULL, 0),
                       "expected a data_config that describes the input, found none");
        return;
    }
    check_fields(check);
    check_label(check);
    check_weight(check);
    check_batches(check);
}
