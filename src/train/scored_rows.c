/* See scored_rows.h. Rows go to the metrics in batches of a few thousand, gathered, so that every metric of the table
 * works on any choice of rows without knowing of it.
 */
#include "scored_rows.h"

#include <assert.h>
#include <string.h>

#include "error.h"
#include "mem.h"

enum { BATCH_ROWS = 4096 };

static rocket_status no_memory(const rk_scored_rows *rows, rocket_error *err)
{
    return rk_fail(err, ROCKET_FAILED, "no memory to keep more than %zu evaluation rows", rows->n);
}

rocket_status rk_scored_rows_init(rk_scored_rows *rows, int64_t n_classes, const bool nets[RK_N_NETS],
                                  const char *const *names, size_t n_names, rocket_error *err)
{
    *rows = (rk_scored_rows){ .n_classes = n_classes };
    memcpy(rows->nets, nets, sizeof rows->nets);
    rows->fields = rk_alloc(n_names, sizeof *rows->fields);
    if (!rows->fields)
        return no_memory(rows, err);
    for (size_t i = 0; i < n_names; i++) {
        rk_scored_field *field = &rows->fields[rows->n_fields];

        if (rk_scored_rows_field(rows, names[i]))
            continue;
        field->name = rk_strdup(names[i]);
        field->map = rk_map_new();
        field->offsets = rk_grow(NULL, &field->offset_capacity, 1, sizeof *field->offsets);
        rows->n_fields++;
        if (!field->name || !field->map || !field->offsets) {
            rk_scored_rows_clear(rows);
            return no_memory(rows, err);
        }
    }
    return ROCKET_OK;
}

void rk_scored_rows_clear(rk_scored_rows *rows)
{
    for (size_t i = 0; i < rows->n_fields; i++) {
        rk_free(rows->fields[i].name);
        rk_free(rows->fields[i].numbers);
        rk_free(rows->fields[i].texts);
        rk_free(rows->fields[i].offsets);
        rk_map_free(rows->fields[i].map);
    }
    for (int net = 0; net < RK_N_NETS; net++) {
        rk_free(rows->logits[net]);
        rk_free(rows->probs[net]);
    }
    rk_free(rows->labels);
    rk_free(rows->fields);
    *rows = (rk_scored_rows){ 0 };
}

const rk_scored_field *rk_scored_rows_field(const rk_scored_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->n_fields; i++)
        if (strcmp(rows->fields[i].name, name) == 0)
            return &rows->fields[i];
    return NULL;
}

/* Values [n_rows, C], row step ld, behind the rows there are. */
static bool append(float **to, size_t *capacity, const rk_scored_rows *rows, const rk_metric_batch *batch,
                   const float *from, int64_t ld)
{
    size_t width = (size_t)batch->n_classes;
    float *values = rk_grow(*to, capacity, (rows->n + (size_t)batch->n_rows) * width, sizeof *values);

    if (!values)
        return false;
    *to = values;
    for (int64_t row = 0; row < batch->n_rows; row++)
        memcpy(values + (rows->n + (size_t)row) * width, from + row * ld, width * sizeof *values);
    return true;
}

rocket_status rk_scored_rows_put(rk_scored_rows *rows, int net, const rk_metric_batch *batch, rocket_error *err)
{
    assert(rows->nets[net] && batch->n_classes == rows->n_classes);
    if (!append(&rows->logits[net], &rows->logit_capacity[net], rows, batch, batch->logits, batch->ld_logits) ||
        !append(&rows->probs[net], &rows->prob_capacity[net], rows, batch, batch->probs, batch->ld_probs))
        return no_memory(rows, err);
    return ROCKET_OK;
}

/* The number of a text, given to it now if it is new. */
static bool number_of(rk_scored_field *field, const char *text, size_t n, uint32_t *out)
{
    int64_t known = rk_map_get(field->map, text, n);
    size_t begin = (size_t)field->offsets[field->n_texts];
    int64_t *offsets;
    char *texts;

    *out = (uint32_t)known;
    if (known >= 0)
        return true;
    texts = rk_grow(field->texts, &field->text_capacity, begin + n, 1);
    if (!texts)
        return false;
    field->texts = texts;
    offsets = rk_grow(field->offsets, &field->offset_capacity, field->n_texts + 2, sizeof *offsets);
    if (!offsets)
        return false;
    field->offsets = offsets;
    if (field->n_texts >= UINT32_MAX || !rk_map_put(field->map, text, n, (int64_t)field->n_texts, NULL))
        return false;
    memcpy(texts + begin, text, n);
    offsets[field->n_texts + 1] = (int64_t)(begin + n);
    *out = (uint32_t)field->n_texts++;
    return true;
}

static bool append_field(rk_scored_field *field, size_t at, const rk_column *column, int64_t n_rows)
{
    uint32_t *numbers = rk_grow(field->numbers, &field->capacity, at + (size_t)n_rows, sizeof *numbers);

    if (!numbers)
        return false;
    field->numbers = numbers;
    for (int64_t row = 0; row < n_rows; row++) {
        const char *text = column->bytes + column->offsets[row];

        if (!number_of(field, text, (size_t)(column->offsets[row + 1] - column->offsets[row]),
                       &numbers[at + (size_t)row]))
            return false;
    }
    return true;
}

rocket_status rk_scored_rows_add(rk_scored_rows *rows, const rk_metric_batch *batch,
                                 const rk_column *(*column)(void *ctx, const char *field), void *ctx, rocket_error *err)
{
    float *labels = rk_grow(rows->labels, &rows->label_capacity, rows->n + (size_t)batch->n_rows, sizeof *rows->labels);

    if (!labels)
        return no_memory(rows, err);
    rows->labels = labels;
    memcpy(labels + rows->n, batch->labels, (size_t)batch->n_rows * sizeof *labels);
    for (size_t i = 0; i < rows->n_fields; i++) {
        const rk_column *texts = column(ctx, rows->fields[i].name);

        RK_FAIL_IF(!texts, FAILED, err, "no column of field \"%s\" in the batch", rows->fields[i].name);
        if (!append_field(&rows->fields[i], rows->n, texts, batch->n_rows))
            return no_memory(rows, err);
    }
    rows->n += (size_t)batch->n_rows;
    return ROCKET_OK;
}

/* ---- chosen rows, a batch at a time ---- */

typedef struct gathered {
    const rk_scored_rows *rows;
    const rk_row_choice *choice;
    rk_metric_batch batch;
    size_t first; /* of the choice */
    float *labels, *logits, *probs;
    uint32_t *units;
    rk_column column; /* of the field that was asked for last */
    size_t byte_capacity;
} gathered;

static size_t row_at(const gathered *g, size_t i)
{
    return g->choice->picked ? g->choice->picked[g->first + i] : g->first + i;
}

static const rk_column *gather_column(void *ctx, const char *name)
{
    gathered *g = ctx;
    const rk_scored_field *field = rk_scored_rows_field(g->rows, name);
    int64_t at = 0;

    if (!field)
        return NULL;
    for (int64_t i = 0; i < g->batch.n_rows; i++) {
        size_t n;
        const char *text = rk_scored_text(field, field->numbers[row_at(g, (size_t)i)], &n);
        char *bytes = rk_grow(g->column.bytes, &g->byte_capacity, (size_t)at + n, 1);

        if (!bytes)
            return NULL;
        memcpy(bytes + at, text, n);
        g->column.bytes = bytes;
        g->column.offsets[i] = at;
        at += (int64_t)n;
    }
    g->column.offsets[g->batch.n_rows] = at;
    return &g->column;
}

static void gather_scores(gathered *g, int net)
{
    size_t width = (size_t)g->rows->n_classes;

    for (size_t i = 0; i < (size_t)g->batch.n_rows; i++) {
        memcpy(g->logits + i * width, g->rows->logits[net] + row_at(g, i) * width, width * sizeof(float));
        memcpy(g->probs + i * width, g->rows->probs[net] + row_at(g, i) * width, width * sizeof(float));
    }
}

static void gather_labels(gathered *g)
{
    for (size_t i = 0; i < (size_t)g->batch.n_rows; i++) {
        size_t row = row_at(g, i);

        g->labels[i] = g->rows->labels[row];
        if (g->choice->units)
            g->units[i] = g->choice->by ? g->choice->by->numbers[row] : (uint32_t)row;
    }
}

static rocket_status feed_batches(gathered *g, rk_metric_set *set, rocket_error *err)
{
    for (g->first = 0; g->first < g->choice->n; g->first += BATCH_ROWS) {
        size_t left = g->choice->n - g->first;

        g->batch.n_rows = left < BATCH_ROWS ? (int64_t)left : BATCH_ROWS;
        gather_labels(g);
        for (int net = 0; net < RK_N_NETS; net++) {
            if (!g->rows->nets[net])
                continue;
            gather_scores(g, net);
            RK_TRY(rk_metric_set_add(set, net, &g->batch, gather_column, g, err));
        }
    }
    return ROCKET_OK;
}

rocket_status rk_scored_rows_feed(const rk_scored_rows *rows, rk_metric_set *set, const rk_row_choice *choice,
                                  rocket_error *err)
{
    size_t width = (size_t)rows->n_classes;
    gathered g = { .rows = rows,
                   .choice = choice,
                   .labels = rk_alloc(BATCH_ROWS, sizeof(float)),
                   .logits = rk_alloc(BATCH_ROWS * width, sizeof(float)),
                   .probs = rk_alloc(BATCH_ROWS * width, sizeof(float)),
                   .units = rk_alloc(BATCH_ROWS, sizeof(uint32_t)),
                   .column = { .kind = RK_COLUMN_BYTES, .offsets = rk_alloc(BATCH_ROWS + 1, sizeof(int64_t)) } };
    rocket_status status = ROCKET_OK;

    g.batch = (rk_metric_batch){ .n_classes = rows->n_classes,
                                 .labels = g.labels,
                                 .logits = g.logits,
                                 .probs = g.probs,
                                 .ld_logits = rows->n_classes,
                                 .ld_probs = rows->n_classes,
                                 .units = choice->units ? g.units : NULL };
    if (!g.labels || !g.logits || !g.probs || !g.units || !g.column.offsets)
        status = rk_fail(err, ROCKET_FAILED, "no memory to measure %zu rows", choice->n);
    if (status == ROCKET_OK)
        status = feed_batches(&g, set, err);
    rk_free(g.labels);
    rk_free(g.logits);
    rk_free(g.probs);
    rk_free(g.units);
    rk_free(g.column.offsets);
    rk_free(g.column.bytes);
    return status;
}

rocket_status rk_scored_rows_measure(rk_metric_set **out, const rk_scored_rows *rows, const rk_config *config,
                                     const rk_row_choice *choice, rocket_error *err)
{
    rk_metric_set *set;

    RK_TRY(rk_metric_set_new(&set, config, rows->nets[RK_LIGHT], rows->nets[RK_BOOSTER], err));
    rocket_status status = rk_scored_rows_feed(rows, set, choice, err);
    if (status == ROCKET_OK)
        status = rk_metric_set_finish(set, err);
    if (status == ROCKET_OK)
        *out = set;
    else
        rk_metric_set_free(set);
    return status;
}
