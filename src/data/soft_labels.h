/* Columns of offline distillation (model_config.kd): the teacher's outputs, and what rows weigh there.
 *
 * A soft label is one of label_fields: a number, or a text of label_dim numbers between the bytes of label_sep
 * (easyrec.md 6; upstream cuts labels like that). A block with a task space weighs rows by a field:
 * in_task_space_weight where its text is task_space_indicator_value, out_task_space_weight elsewhere; times the sample
 * weight if there is one.
 */
#ifndef RK_SOFT_LABELS_H
#define RK_SOFT_LABELS_H

#include "feature.h"

typedef struct rk_soft_label {
    size_t field;
    int64_t width;
    bool probability; /* some block reads it as one */
    rk_delimiters delimiters;
} rk_soft_label;

typedef struct rk_task_weight {
    const Rocket__KD *kd;
    size_t field;
} rk_task_weight;

/* Columns, in this order. */
typedef struct rk_soft_labels {
    rk_soft_label *labels;
    rk_task_weight *weights;
    size_t n_labels, n_weights;
} rk_soft_labels;

/* From the config's kd blocks; convert[field] is set where a field's value is needed. ROCKET_CONFIG where the checks
 * would have found a fault. */
ROCKET_NODISCARD rocket_status rk_soft_labels_open(rk_soft_labels *out, const rk_resolved *view, bool *convert,
                                                   rk_arena *arena, rocket_error *err);

size_t rk_soft_labels_n_columns(const rk_soft_labels *soft);
int64_t rk_soft_labels_width(const rk_soft_labels *soft, size_t column);
size_t rk_soft_labels_field(const rk_soft_labels *soft, size_t column);

/* A row of column `column` into out, [width] f32. ROCKET_DATA when the value is none. */
ROCKET_NODISCARD rocket_status rk_soft_labels_row(float *out, const rk_soft_labels *soft, size_t column,
                                                  const rk_value *value, rocket_error *err);

#endif
