/* See onnx_rows.h. */
#include "onnx_rows.h"

#include <string.h>

bool rk_onnx_is_list(const rk_feature *feature)
{
    return feature->kind == RK_COLUMN_IDS && !feature->single;
}

rk_onnx_item rk_onnx_item_at(const rk_column *column, int64_t row, int64_t i)
{
    int64_t at = column->offsets[row] + i;

    if (at >= column->offsets[row + 1])
        return (rk_onnx_item){ -1, 0 };
    return (rk_onnx_item){ column->ids[at], column->weights != NULL ? column->weights[at] : 1 };
}

/* At least one, for not every runtime knows what to do with nothing. */
static int64_t longest(const rk_column *column, int64_t n)
{
    int64_t most = 1;

    for (int64_t row = 0; row < n; row++)
        if (column->offsets[row + 1] - column->offsets[row] > most)
            most = column->offsets[row + 1] - column->offsets[row];
    return most;
}

static void put_name(rk_buf *out, const char *name, const char *suffix)
{
    rk_buf_json_string(out, name, strlen(name));
    if (*suffix != '\0' && !rk_buf_failed(out)) {
        out->size--; /* the closing quote */
        rk_buf_puts(out, suffix);
        rk_buf_puts(out, "\"");
    }
    rk_buf_puts(out, ": [");
}

static void put_floats(rk_buf *out, const rk_column *column, int64_t n)
{
    for (int64_t i = 0; i < n * column->width; i++) {
        rk_buf_puts(out, i == 0 ? "[" : i % column->width == 0 ? "], [" : ", ");
        rk_buf_json_number(out, (double)column->values[i]);
    }
    rk_buf_puts(out, "]");
}

static void put_lists(rk_buf *out, const rk_column *column, int64_t n, bool weights)
{
    int64_t L = longest(column, n);

    for (int64_t i = 0; i < n * L; i++) {
        rk_onnx_item item = rk_onnx_item_at(column, i / L, i % L);

        rk_buf_puts(out, i == 0 ? "[" : i % L == 0 ? "], [" : ", ");
        if (weights)
            rk_buf_json_number(out, (double)item.weight);
        else
            rk_buf_printf(out, "%lld", (long long)item.id);
    }
    rk_buf_puts(out, "]");
}

void rk_onnx_put_rows(rk_buf *out, const rk_feature *feature, const rk_column *column, int64_t n)
{
    put_name(out, feature->name, "");
    if (feature->kind == RK_COLUMN_FLOATS)
        put_floats(out, column, n);
    else if (rk_onnx_is_list(feature))
        put_lists(out, column, n, false);
    else
        for (int64_t row = 0; row < n; row++)
            rk_buf_printf(out, "%s%lld", row == 0 ? "" : ", ", (long long)rk_onnx_item_at(column, row, 0).id);
    rk_buf_puts(out, "]");
    if (rk_onnx_is_list(feature)) {
        rk_buf_puts(out, ", ");
        put_name(out, feature->name, RK_ONNX_WEIGHTS);
        put_lists(out, column, n, true);
        rk_buf_puts(out, "]");
    }
}
