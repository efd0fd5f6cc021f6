/* What the two ways of appending rows share: one row with every error (schema.c), many at once (schema_rows.c). */
#ifndef RK_SCHEMA_INTERNAL_H
#define RK_SCHEMA_INTERNAL_H

#include <string.h>

#include "schema.h"
#include "soft_labels.h"

struct rk_schema {
    rk_arena arena;
    const rk_config *config;
    const rk_resolved *view;
    rk_feature *features;
    size_t n_features; /* opened ones */
    size_t n_columns;
    int label, weight;   /* columns, or -1 */
    size_t label_field;  /* index of fields, or RK_NONE */
    size_t weight_field; /* the same */
    int64_t n_classes;   /* 0: the label is any number */
    rk_soft_labels soft;
    size_t first_soft;    /* column */
    size_t *bytes_fields; /* fields of the BYTES columns, which are the last */
    size_t n_bytes;
    bool *convert;      /* [n_fields] the value is needed, not just the text */
    rk_value *defaults; /* [n_fields] */
    rocket_status (*reader_value)(rk_value *out, int type, rk_text text, rocket_error *err); /* or NULL */
    rk_vocabularies vocabularies;
};

/* A batch and what it takes to fill it. */
typedef struct rk_owned_batch {
    rk_batch batch; /* first: the caller's view */
    int64_t room;   /* every column has memory for so many rows */
    rk_value *values;
    rk_scratch scratch;
} rk_owned_batch;

/* Memory for so many more rows in every column; of items the features take care. */
bool rk_batch_make_room(rk_owned_batch *owned, int64_t more);

/* The sink goes to the row's place in its column, and leaves it. */
static inline void rk_sink_row_begin(rk_sink_row *sink)
{
    if (sink->column->kind == RK_COLUMN_FLOATS)
        memset(rk_row_floats(sink), 0, (size_t)sink->column->width * sizeof(float));
    else
        sink->n = (size_t)sink->column->offsets[sink->row];
}

static inline void rk_sink_row_end(const rk_sink_row *sink)
{
    if (sink->column->kind != RK_COLUMN_FLOATS)
        sink->column->offsets[sink->row + 1] = (int64_t)sink->n;
}

/* Convert a text that is not empty. */
static inline rocket_status rk_schema_value(const rk_schema *schema, size_t field, rk_value *out, rk_text text,
                                            rocket_error *err)
{
    bool readers = schema->reader_value && !schema->view->fields[field].label;

    return (readers ? schema->reader_value : rk_value_parse)(out, schema->defaults[field].type, text, err);
}

ROCKET_NODISCARD rocket_status rk_schema_label_number(const rk_schema *schema, const rk_value *value, float *out,
                                                      rocket_error *err);
ROCKET_NODISCARD rocket_status rk_schema_weight_number(const rk_value *value, float *out, rocket_error *err);

#endif
