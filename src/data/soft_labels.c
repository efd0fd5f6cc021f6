/* See soft_labels.h. */
#include "soft_labels.h"

#include <math.h>
#include <string.h>

#include "error.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

static rocket_status add_label(rk_soft_labels *soft, const rk_resolved *view, const Rocket__KD *kd, rocket_error *err)
{
    const char *name = kd->soft_label_name ? kd->soft_label_name : "";
    size_t field = rk_field_find(view, name), i = 0;

    RK_FAIL_IF(field == RK_NONE, CONFIG, err, "kd: soft label \"%s\" is not in data_config.input_fields", name);
    while (i < soft->n_labels && soft->labels[i].field != field)
        i++;
    rk_soft_label *label = &soft->labels[i];
    if (i == soft->n_labels) {
        soft->n_labels++;
        label->field = field;
        label->width = rk_label_dim(view, name);
        rk_delimiters_init(&label->delimiters, rk_label_sep(view, name));
    }
    label->probability |= !kd->label_is_logits && kd->loss_type != ROCKET__LOSS_TYPE__L2_LOSS;
    return ROCKET_OK;
}

static rocket_status add_weight(rk_soft_labels *soft, const rk_resolved *view, const Rocket__KD *kd, rocket_error *err)
{
    if (!rk_kd_has_task_space(kd))
        return ROCKET_OK;
    size_t field = rk_field_of_metric(view, kd->task_space_indicator_name);
    RK_FAIL_IF(field == RK_NONE, CONFIG, err, "kd: task_space_indicator_name \"%s\" is not in data_config.input_fields",
               kd->task_space_indicator_name);
    soft->weights[soft->n_weights++] = (rk_task_weight){ kd, field };
    return ROCKET_OK;
}

rocket_status rk_soft_labels_open(rk_soft_labels *out, const rk_resolved *view, bool *convert, rk_arena *arena,
                                  rocket_error *err)
{
    const Rocket__EasyRecModel *model = view->model;

    out->labels = rk_arena_alloc(arena, model->n_kd + 1, sizeof *out->labels);
    out->weights = rk_arena_alloc(arena, model->n_kd + 1, sizeof *out->weights);
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    for (size_t i = 0; i < model->n_kd; i++) {
        RK_TRY(add_label(out, view, model->kd[i], err));
        RK_TRY(add_weight(out, view, model->kd[i], err));
    }
    for (size_t i = 0; i < rk_soft_labels_n_columns(out); i++)
        convert[rk_soft_labels_field(out, i)] = true;
    return ROCKET_OK;
}

size_t rk_soft_labels_n_columns(const rk_soft_labels *soft)
{
    return soft->n_labels + soft->n_weights;
}

int64_t rk_soft_labels_width(const rk_soft_labels *soft, size_t column)
{
    return column < soft->n_labels ? soft->labels[column].width : 1;
}

size_t rk_soft_labels_field(const rk_soft_labels *soft, size_t column)
{
    return column < soft->n_labels ? soft->labels[column].field : soft->weights[column - soft->n_labels].field;
}

static rocket_status check_number(const rk_soft_label *label, float number, const rk_value *value, rocket_error *err)
{
    char found[RK_FOUND_BYTES];

    RK_FAIL_IF(!isfinite(number), DATA, err, "expected a finite soft label, found %s", rk_found(value->text, found));
    RK_FAIL_IF(label->probability && !(number >= 0 && number <= 1), DATA, err,
               "expected a soft label from 0 to 1 (label_is_logits is false), found %s", rk_found(value->text, found));
    return ROCKET_OK;
}

static rocket_status split(float *out, const rk_soft_label *label, const rk_value *value, rocket_error *err)
{
    char found[RK_FOUND_BYTES];
    rk_text rest = value->text, piece;
    int64_t n = 0;

    for (; rk_next_piece(&rest, &label->delimiters, &piece); n++) {
        RK_FAIL_IF(n == label->width, DATA, err, "expected %lld numbers (label_dim), found more: %s",
                   (long long)label->width, rk_found(value->text, found));
        RK_TRY(rk_text_float(&out[n], piece, err));
        RK_TRY(check_number(label, out[n], value, err));
    }
    RK_FAIL_IF(n < label->width, DATA, err, "expected %lld numbers (label_dim), found %lld: %s",
               (long long)label->width, (long long)n, rk_found(value->text, found));
    return ROCKET_OK;
}

rocket_status rk_soft_labels_row(float *out, const rk_soft_labels *soft, size_t column, const rk_value *value,
                                 rocket_error *err)
{
    if (column >= soft->n_labels) {
        const Rocket__KD *kd = soft->weights[column - soft->n_labels].kd;
        const char *wanted = kd->task_space_indicator_value;
        bool in = strlen(wanted) == value->text.n && memcmp(wanted, value->text.data, value->text.n) == 0;
        *out = in ? kd->in_task_space_weight : kd->out_task_space_weight;
        return ROCKET_OK;
    }
    const rk_soft_label *label = &soft->labels[column];
    if (value->type == TYPE(STRING))
        return split(out, label, value, err);
    *out = (float)value->d;
    return check_number(label, *out, value, err);
}
