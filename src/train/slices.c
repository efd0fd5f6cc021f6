/* See slices.h. Rows are ordered by slice once, by counting; then every slice is an evaluation of its own. */
#include "slices.h"

#include <stdlib.h>

#include "error.h"
#include "mem.h"

typedef struct value_rows {
    size_t number, rows;
} value_rows;

static int larger_first(const void *a, const void *b)
{
    const value_rows *x = a, *y = b;

    if (x->rows != y->rows)
        return x->rows < y->rows ? 1 : -1;
    return (x->number > y->number) - (x->number < y->number);
}

typedef struct slicing {
    const rk_scored_rows *rows;
    const rk_config *config;
    value_rows *values; /* [n_texts] the largest first */
    size_t *slice_of;   /* [n_texts] */
    uint32_t *picked;   /* [n] rows, slice after slice */
    size_t *end;        /* [n slices] */
} slicing;

static bool make_room(slicing *s, rk_slices *out)
{
    size_t n_texts = out->field->n_texts;

    s->values = rk_alloc(n_texts, sizeof *s->values);
    s->slice_of = rk_alloc(n_texts, sizeof *s->slice_of);
    s->picked = rk_alloc(s->rows->n, sizeof *s->picked);
    s->end = rk_alloc(out->n, sizeof *s->end);
    out->item = rk_alloc(out->n, sizeof *out->item);
    return s->values && s->slice_of && s->picked && s->end && out->item;
}

static void rank_values(slicing *s, rk_slices *out)
{
    size_t n_texts = out->field->n_texts;

    for (size_t i = 0; i < n_texts; i++)
        s->values[i].number = i;
    for (size_t r = 0; r < s->rows->n; r++)
        s->values[out->field->numbers[r]].rows++;
    qsort(s->values, n_texts, sizeof *s->values, larger_first);
    for (size_t i = 0; i < n_texts; i++) {
        size_t slice = i < out->n ? i : out->n - 1;

        s->slice_of[s->values[i].number] = slice;
        out->item[slice].rows += s->values[i].rows;
        out->item[slice].text = s->values[i].number;
    }
    if (n_texts > out->n)
        out->item[out->n - 1].n_others = n_texts - out->n + 1;
}

static void order_rows(slicing *s, rk_slices *out)
{
    size_t at = 0;

    for (size_t i = 0; i < out->n; i++) {
        s->end[i] = at;
        at += out->item[i].rows;
    }
    for (size_t r = 0; r < s->rows->n; r++) {
        size_t slice = s->slice_of[out->field->numbers[r]];

        s->picked[s->end[slice]++] = (uint32_t)r;
        out->item[slice].positives += s->rows->labels[r] >= 1;
    }
}

static rocket_status take_names(rk_slices *out, const rk_metric_set *set, rocket_error *err)
{
    out->n_results = rk_metric_set_size(set);
    out->results = rk_alloc(out->n_results, sizeof *out->results);
    RK_FAIL_IF(!out->results, FAILED, err, "no memory for the metrics of slices");
    for (size_t i = 0; i < out->n_results; i++)
        out->results[i] = *rk_metric_set_result(set, i);
    return ROCKET_OK;
}

static rocket_status take_values(rk_slices *out, rk_slice *slice, const rk_metric_set *set, rocket_error *err)
{
    if (!out->results)
        RK_TRY(take_names(out, set, err));
    slice->values = rk_alloc(out->n_results, sizeof *slice->values);
    RK_FAIL_IF(!slice->values, FAILED, err, "no memory for the metrics of slices");
    return rk_metric_set_values(slice->values, set, NULL, err);
}

static rocket_status measure(const slicing *s, rk_slices *out, size_t i, rocket_error *err)
{
    rk_slice *slice = &out->item[i];
    rk_row_choice choice = { .picked = s->picked + s->end[i] - slice->rows, .n = slice->rows };
    rk_metric_set *set;

    RK_TRY(rk_scored_rows_measure(&set, s->rows, s->config, &choice, err));
    rocket_status status = take_values(out, slice, set, err);
    rk_metric_set_free(set);
    return status;
}

rocket_status rk_slices_measure(rk_slices *out, const rk_scored_rows *rows, const rk_config *config,
                                const rk_scored_field *field, size_t most, rocket_error *err)
{
    rk_slices slices = { .field = field, .n = field->n_texts > most ? most + 1 : field->n_texts };
    slicing s = { .rows = rows, .config = config };
    rocket_status status = make_room(&s, &slices) ? ROCKET_OK : rk_fail(err, ROCKET_FAILED, "no memory for slices");

    if (status == ROCKET_OK) {
        rank_values(&s, &slices);
        order_rows(&s, &slices);
    }
    for (size_t i = 0; i < slices.n && status == ROCKET_OK; i++)
        status = measure(&s, &slices, i, err);
    rk_free(s.values);
    rk_free(s.slice_of);
    rk_free(s.picked);
    rk_free(s.end);
    if (status == ROCKET_OK)
        *out = slices;
    else
        rk_slices_clear(&slices);
    return status;
}

void rk_slices_clear(rk_slices *slices)
{
    for (size_t i = 0; slices->item && i < slices->n; i++)
        rk_free(slices->item[i].values);
    rk_free(slices->item);
    rk_free(slices->results);
    *slices = (rk_slices){ 0 };
}
