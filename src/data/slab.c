/* Lines to columns, many at a time.
 *
 * A row taken alone costs a call per field and feature, and a mispredicted jump or two in each; a hundred rows taken
 * column by column cost loops over arrays that lie in the nearest cache, and the hashes of neighbouring rows, which do
 * not depend on each other, overlap. What the result must be is defined by rk_schema_append (schema.c): tests compare
 * the two over random and damaged lines.
 */
#include "slab.h"

#include <string.h>

#include "error.h"
#include "mem.h"
#include "number.h"
#include "schema_internal.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

enum { SLAB_ROWS = 128, BEFORE = 16 };

struct rk_slab {
    const rk_schema *schema;
    const rk_text_kernels *kernels;
    const rk_layout *layout;
    const char *text;
    size_t n_rows;
    uint32_t *ends;      /* [BEFORE + SLAB_ROWS * n_columns + padding] behind each field; the one before all is -1 */
    size_t ends_columns; /* there is room for so many */
    bool *wanted;        /* [n_fields] a column is made of it, or its type must be checked */
    rk_text *texts;      /* [n_fields, SLAB_ROWS] */
    int64_t *i;          /* the same */
    double *d;           /* the same */
    rk_field_rows *fields;
};

static void find_wanted(rk_slab *slab)
{
    const rk_schema *schema = slab->schema;

    for (size_t f = 0; f < schema->view->n_fields; f++) {
        slab->wanted[f] = schema->convert[f] && schema->defaults[f].type != TYPE(STRING);
        slab->fields[f] =
            (rk_field_rows){ schema->convert[f] ? schema->defaults[f].type : TYPE(STRING), slab->texts + f * SLAB_ROWS,
                             slab->i + f * SLAB_ROWS, slab->d + f * SLAB_ROWS, 0 };
    }
    for (size_t i = 0; i < schema->n_features; i++)
        for (int k = 0; k < schema->features[i].n_fields; k++)
            slab->wanted[schema->features[i].fields[k]] = true;
    for (size_t i = 0; i < schema->n_bytes; i++)
        slab->wanted[schema->bytes_fields[i]] = true;
    for (size_t i = 0; i < rk_soft_labels_n_columns(&schema->soft); i++)
        slab->wanted[rk_soft_labels_field(&schema->soft, i)] = true;
    if (schema->label >= 0)
        slab->wanted[schema->label_field] = true;
    if (schema->weight >= 0)
        slab->wanted[schema->weight_field] = true;
}

rk_slab *rk_slab_new(const rk_schema *schema)
{
    size_t n = schema->view->n_fields;
    rk_slab *slab = rk_alloc(1, sizeof *slab);

    if (!slab)
        return NULL;
    slab->schema = schema;
    slab->wanted = rk_alloc(n, sizeof *slab->wanted);
    slab->texts = rk_alloc(n * SLAB_ROWS, sizeof *slab->texts);
    slab->i = rk_alloc(n * SLAB_ROWS, sizeof *slab->i);
    slab->d = rk_alloc(n * SLAB_ROWS, sizeof *slab->d);
    slab->fields = rk_alloc(n, sizeof *slab->fields);
    if (!slab->wanted || !slab->texts || !slab->i || !slab->d || !slab->fields) {
        rk_slab_free(slab);
        return NULL;
    }
    find_wanted(slab);
    return slab;
}

void rk_slab_free(rk_slab *slab)
{
    if (!slab)
        return;
    rk_free(slab->ends);
    rk_free(slab->wanted);
    rk_free(slab->texts);
    rk_free(slab->i);
    rk_free(slab->d);
    rk_free(slab->fields);
    rk_free(slab);
}

/* ---- cutting ---- */

static bool make_ends(rk_slab *slab, size_t n_columns)
{
    if (n_columns <= slab->ends_columns)
        return true;
    uint32_t *ends = rk_realloc(slab->ends, BEFORE + SLAB_ROWS * n_columns + RK_TEXT_PADDING, sizeof *ends);
    if (!ends)
        return false;
    slab->ends = ends;
    slab->ends_columns = n_columns;
    ends[BEFORE - 1] = UINT32_MAX;
    return true;
}

static rocket_status cut(rk_slab *slab, const rk_layout *layout, rk_text text)
{
    slab->n_rows = 0;
    if (layout->n_columns < 2)
        return ROCKET_DATA;
    if (!make_ends(slab, layout->n_columns))
        return ROCKET_FAILED;
    rk_split split = { layout->n_columns, SLAB_ROWS, layout->separator, slab->ends + BEFORE };
    slab->layout = layout;
    slab->text = text.data;
    slab->n_rows = slab->kernels->split_lines(&split, text.data, text.n);
    return slab->n_rows > 0 ? ROCKET_OK : ROCKET_DATA;
}

size_t rk_slab_rows(const rk_slab *slab)
{
    return slab->n_rows;
}

size_t rk_slab_bytes(const rk_slab *slab)
{
    return (size_t)slab->ends[BEFORE + slab->n_rows * slab->layout->n_columns - 1] + 1;
}

/* ---- fields ---- */

/* The texts of a column. */
static void take_texts(const rk_slab *slab, size_t column, rk_text *texts)
{
    size_t width = slab->layout->n_columns;
    const uint32_t *ends = slab->ends + BEFORE + column;

    for (size_t row = 0; row < slab->n_rows; row++, ends += width) {
        uint32_t begin = ends[-1] + 1; /* of the very first: 0 */

        texts[row] = (rk_text){ slab->text + begin, ends[0] - begin };
    }
    for (size_t row = 0; row < slab->n_rows && column == width - 1; row++)
        texts[row].n -= texts[row].n > 0 && texts[row].data[texts[row].n - 1] == '\r';
}

static size_t count_empty(const rk_slab *slab, const rk_text *texts)
{
    size_t n = 0;

    for (size_t row = 0; row < slab->n_rows; row++)
        n += texts[row].n == 0;
    return n;
}

/* What an empty text stands for may be a text. */
static void fill_empty(const rk_slab *slab, size_t field, rk_text *texts)
{
    rk_text fallback = slab->schema->defaults[field].text;

    if (fallback.n == 0 || slab->fields[field].n_empty == 0)
        return;
    for (size_t row = 0; row < slab->n_rows; row++)
        texts[row] = texts[row].n > 0 ? texts[row] : fallback;
    slab->fields[field].n_empty = 0;
}

static rocket_status take_numbers(const rk_slab *slab, size_t field, rk_text *texts)
{
    const rk_value *fallback = &slab->schema->defaults[field];
    int64_t *i = slab->i + field * SLAB_ROWS;
    double *d = slab->d + field * SLAB_ROWS;
    bool integer = fallback->type == TYPE(INT32) || fallback->type == TYPE(INT64);

    for (size_t row = 0; row < slab->n_rows; row++) {
        rk_value value;

        if (texts[row].n == 0)
            value = *fallback;
        else if (integer && rk_parse_digits_padded(texts[row].data, texts[row].n, &value.i))
            value.d = (double)value.i;
        else
            RK_TRY(rk_schema_value(slab->schema, field, &value, texts[row], NULL));
        i[row] = value.i;
        d[row] = value.d;
    }
    return ROCKET_OK;
}

static rocket_status take_fields(const rk_slab *slab)
{
    for (size_t column = 0; column < slab->layout->n_columns; column++) {
        size_t field = slab->layout->field_of[column];

        if (field == RK_NONE || !slab->wanted[field])
            continue;
        rk_text *texts = slab->texts + field * SLAB_ROWS;
        take_texts(slab, column, texts);
        slab->fields[field].n_empty = count_empty(slab, texts);
        if (slab->fields[field].type != TYPE(STRING))
            RK_TRY(take_numbers(slab, field, texts));
        fill_empty(slab, field, texts);
    }
    return ROCKET_OK;
}

/* ---- columns ---- */

static rk_value value_of(const rk_field_rows *field, size_t row)
{
    return (rk_value){ field->texts[row], field->type, field->i[row], field->d[row] };
}

/* A feature that takes one row at a time. */
static rocket_status append_each(const rk_slab *slab, const rk_feature *feature, rk_owned_batch *owned,
                                 rk_sink_row sink)
{
    for (size_t row = 0; row < slab->n_rows; row++, sink.row++) {
        int field = feature->fields[0];

        for (int k = 0; k < feature->n_fields; k++)
            owned->values[feature->fields[k]] = value_of(&slab->fields[feature->fields[k]], row);
        rk_sink_row_begin(&sink);
        RK_TRY(feature->def->row(feature, owned->values, &sink, &field, NULL));
        rk_sink_row_end(&sink);
    }
    return ROCKET_OK;
}

static rocket_status append_features(const rk_slab *slab, rk_owned_batch *owned)
{
    const rk_schema *schema = slab->schema;
    rk_row_set rows = { slab->n_rows, slab->fields, slab->kernels };

    for (size_t i = 0; i < schema->n_features; i++) {
        const rk_feature *feature = &schema->features[i];
        rk_sink_row sink = { .column = &owned->batch.columns[i],
                             .row = owned->batch.n_rows,
                             .only_positive = feature->weighted && feature->combiner != RK_COMBINER_SUM,
                             .scratch = &owned->scratch };

        if (feature->def->rows && feature->kind != RK_COLUMN_FLOATS)
            sink.n = (size_t)sink.column->offsets[sink.row];
        rocket_status status = feature->def->rows ? feature->def->rows(feature, &rows, &sink) : ROCKET_DATA;
        if (status == ROCKET_DATA)
            status = append_each(slab, feature, owned, sink);
        RK_TRY(status);
    }
    return ROCKET_OK;
}

static rocket_status append_labels(const rk_slab *slab, rk_owned_batch *owned)
{
    const rk_schema *schema = slab->schema;
    int64_t first = owned->batch.n_rows;

    for (size_t row = 0; row < slab->n_rows && schema->label >= 0; row++) {
        rk_value value = value_of(&slab->fields[schema->label_field], row);
        float *out = owned->batch.columns[schema->label].values + first + (int64_t)row;

        RK_TRY(rk_schema_label_number(schema, &value, out, NULL));
    }
    for (size_t row = 0; row < slab->n_rows && schema->weight >= 0; row++) {
        rk_value value = value_of(&slab->fields[schema->weight_field], row);
        float *out = owned->batch.columns[schema->weight].values + first + (int64_t)row;

        RK_TRY(rk_schema_weight_number(&value, out, NULL));
    }
    return ROCKET_OK;
}

static rocket_status append_soft_labels(const rk_slab *slab, rk_owned_batch *owned)
{
    const rk_schema *schema = slab->schema;
    const rk_soft_labels *soft = &schema->soft;

    for (size_t i = 0; i < rk_soft_labels_n_columns(soft); i++) {
        const rk_column *column = &owned->batch.columns[schema->first_soft + i];

        for (size_t row = 0; row < slab->n_rows; row++) {
            rk_value value = value_of(&slab->fields[rk_soft_labels_field(soft, i)], row);
            int64_t at = owned->batch.n_rows + (int64_t)row;

            float *out = column->values + at * column->width;
            RK_TRY(rk_soft_labels_row(out, soft, i, &value, NULL));
            if (i >= soft->n_labels && schema->weight >= 0)
                *out *= owned->batch.columns[schema->weight].values[at];
        }
    }
    return ROCKET_OK;
}

static rocket_status append_bytes(const rk_slab *slab, rk_owned_batch *owned)
{
    const rk_schema *schema = slab->schema;

    for (size_t i = 0; i < schema->n_bytes; i++) {
        const rk_text *texts = slab->fields[schema->bytes_fields[i]].texts;
        rk_sink_row sink = { .column = &owned->batch.columns[schema->n_columns - schema->n_bytes + i],
                             .row = owned->batch.n_rows };

        for (size_t row = 0; row < slab->n_rows; row++, sink.row++) {
            rk_sink_row_begin(&sink);
            if (!rk_row_bytes(&sink, texts[row]))
                return ROCKET_FAILED;
            rk_sink_row_end(&sink);
        }
    }
    return ROCKET_OK;
}

rocket_status rk_slab_take(rk_slab *slab, const rk_text_kernels *kernels, const rk_layout *layout, rk_text text,
                           rk_batch *batch)
{
    rk_owned_batch *owned = (rk_owned_batch *)batch;

    slab->kernels = kernels;
    RK_TRY(cut(slab, layout, text));
    RK_TRY(take_fields(slab));
    if (batch->n_rows + (int64_t)slab->n_rows > owned->room && !rk_batch_make_room(owned, (int64_t)slab->n_rows))
        return ROCKET_FAILED;
    RK_TRY(append_features(slab, owned));
    RK_TRY(append_labels(slab, owned));
    RK_TRY(append_soft_labels(slab, owned));
    RK_TRY(append_bytes(slab, owned));
    batch->n_rows += (int64_t)slab->n_rows;
    return ROCKET_OK;
}
