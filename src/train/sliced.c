/* See sliced.h. */
#include "sliced.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "mem.h"
#include "utf8.h"

rocket_status rk_sliced_measure(rk_sliced *sliced, const rk_slice_options *options, const rk_config *config,
                                rocket_error *err)
{
    sliced->item = rk_alloc(options->n, sizeof *sliced->item);
    RK_FAIL_IF(sliced->item == NULL, FAILED, err, "no memory for slices");
    for (; sliced->n < options->n; sliced->n++)
        RK_TRY(rk_slices_measure(&sliced->item[sliced->n], &sliced->rows, config,
                                 rk_scored_rows_field(&sliced->rows, options->fields[sliced->n]), options->top, err));
    return ROCKET_OK;
}

void rk_sliced_clear(rk_sliced *sliced)
{
    while (sliced->n > 0)
        rk_slices_clear(&sliced->item[--sliced->n]);
    rk_free(sliced->item);
    rk_scored_rows_clear(&sliced->rows);
    *sliced = (rk_sliced){ 0 };
}

rocket_status rk_evaluate_sliced(rk_figures *figures, rk_sliced *sliced, const rk_slice_options *options, rk_run *run,
                                 uint64_t step, rocket_error *err)
{
    rk_keep keep = { .fields = options->fields, .n_fields = options->n, .rows = &sliced->rows };

    if (options->n == 0)
        return rk_evaluate(figures, run, NULL, step, err);
    RK_TRY(rk_evaluate_keeping(figures, &keep, run, NULL, step, err));
    rocket_status status = rk_sliced_measure(sliced, options, run->config, err);
    if (status != ROCKET_OK) {
        rk_sliced_clear(sliced);
        rk_figures_clear(figures);
    }
    return status;
}

/* Characters of the value, as many as fit whole. */
static size_t put_value(char *out, size_t size, const char *text, size_t n)
{
    size_t used = 0;

    for (size_t at = 0; at < n;) {
        size_t bytes = rk_utf8_length(text + at, n - at);
        bool shown = bytes > 0 && (unsigned char)text[at] >= 0x20 && text[at] != 0x7F;

        bytes = bytes > 0 ? bytes : 1;
        if (used + bytes >= size)
            break;
        if (shown)
            memcpy(out + used, text + at, bytes);
        else
            out[used] = '?';
        used += shown ? bytes : 1;
        at += bytes;
    }
    return used;
}

const char *rk_slice_name(char out[RK_SLICE_NAME_BYTES], const rk_slices *slices, const rk_slice *slice)
{
    int n = slice->n_others > 0
                ? snprintf(out, RK_SLICE_NAME_BYTES, "%.80s: %zu others", slices->field->name, slice->n_others)
                : snprintf(out, RK_SLICE_NAME_BYTES, "%.80s=", slices->field->name);

    if (slice->n_others == 0) {
        size_t bytes, used = (size_t)n;
        const char *text = rk_scored_text(slices->field, slice->text, &bytes);

        out[used + put_value(out + used, RK_SLICE_NAME_BYTES - used, text, bytes)] = '\0';
    }
    return out;
}
