/* The schema: the config's columns, worked out once.
 *
 * Appending a row converts each field once and then asks feature after feature for its column. Every column ends the
 * row by writing the offset behind it, and only when all have done so does the batch count the row: a row that fails
 * half-way leaves nothing to undo.
 */
#include "schema_internal.h"

#include <math.h>
#include <string.h>

#include "error.h"
#include "mem.h"
#include "schema_rules.h"
#include "soft_labels.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

/* ---- making ---- */

static rocket_status fail_memory(rocket_error *err)
{
    return rk_fail(err, ROCKET_FAILED, "out of memory");
}

static rocket_status open_defaults(rk_schema *schema, bool all, rocket_error *err)
{
    const rk_resolved *view = schema->view;

    schema->defaults = rk_arena_alloc(&schema->arena, view->n_fields + 1, sizeof *schema->defaults);
    schema->convert = rk_arena_alloc(&schema->arena, view->n_fields + 1, sizeof *schema->convert);
    RK_FAIL_IF(rk_arena_failed(&schema->arena), FAILED, err, "out of memory");
    for (size_t i = 0; i < view->n_fields; i++) {
        const Rocket__DatasetConfig__Field *field = view->fields[i].config;

        schema->convert[i] = all;
        if (rk_value_default(&schema->defaults[i], field, err) != ROCKET_OK) {
            rk_error_prefix(err, "%s: default_val", rk_config_where(schema->config, &field->base, "default_val", 0));
            return ROCKET_CONFIG;
        }
        rk_text *text = &schema->defaults[i].text;
        char *padded = rk_arena_alloc(&schema->arena, text->n + RK_TEXT_PADDING, 1);
        RK_FAIL_IF(!padded, FAILED, err, "out of memory");
        memcpy(padded, text->data, text->n);
        text->data = padded;
    }
    return ROCKET_OK;
}

static rocket_status open_vocabularies(rk_schema *schema, const rk_vocabularies *given, rocket_error *err)
{
    size_t n = schema->view->n_group_names + (given ? given->n : 0);
    rk_vocabularies *own = &schema->vocabularies;

    own->item = rk_arena_alloc(&schema->arena, n + 1, sizeof *own->item);
    own->from_files = given == NULL;
    own->arena = &schema->arena;
    RK_FAIL_IF(!own->item, FAILED, err, "out of memory");
    if (given && given->n > 0)
        memcpy(own->item, given->item, given->n * sizeof *own->item);
    own->n = given ? given->n : 0;
    return ROCKET_OK;
}

static rocket_status set_fields(rk_schema *schema, rk_feature *feature, const rk_feature_spec *spec, rocket_error *err)
{
    int *fields = rk_arena_alloc(&schema->arena, spec->n_inputs + 1, sizeof *fields);

    RK_FAIL_IF(!fields, FAILED, err, "out of memory");
    for (size_t i = 0; i < spec->n_inputs; i++) {
        RK_FAIL_IF(spec->inputs[i] == RK_NONE, CONFIG, err, "input \"%s\" is not in data_config.input_fields",
                   spec->config->input_names[i]);
        fields[i] = (int)spec->inputs[i];
        schema->convert[fields[i]] = true;
    }
    feature->fields = fields;
    feature->n_fields = (int)spec->n_inputs;
    return ROCKET_OK;
}

static rocket_status open_feature(rk_schema *schema, rk_feature *feature, const rk_feature_spec *spec,
                                  rocket_error *err)
{
    rk_feature_setup setup = { schema->config, &schema->arena, &schema->vocabularies };

    *feature = (rk_feature){ .def = rk_feature_def_find((int)spec->config->feature_type),
                             .config = spec->config,
                             .name = spec->key,
                             .width = spec->config->embedding_dim };
    RK_FAIL_IF(!feature->def, CONFIG, err, "%s is not supported yet", rk_feature_type_name(spec->config));
    RK_FAIL_IF(spec->n_inputs == 0, CONFIG, err, "input_names: expected a name, found none");
    RK_TRY(set_fields(schema, feature, spec, err));
    RK_TRY(feature->def->open(feature, &setup, err));
    schema->n_features++;
    if (feature->kind != RK_COLUMN_IDS)
        return ROCKET_OK;
    RK_FAIL_IF(!rk_combiner_find(&feature->combiner, spec->config->combiner), CONFIG, err,
               "combiner: expected sum, mean or sqrtn, found \"%s\"", spec->config->combiner);
    feature->table_name = rk_arena_printf(&schema->arena, "input_layer/%s/embedding_weights",
                                          rk_feature_shares(schema->view, spec->config) ? spec->config->embedding_name
                                                                                        : feature->table_name);
    RK_FAIL_IF(!feature->table_name, FAILED, err, "out of memory");
    return ROCKET_OK;
}

/* Upstream needs as many buckets in all features of a table; only now are they known. */
static rocket_status check_shared(const rk_schema *schema, const rk_feature *feature, rocket_error *err)
{
    for (const rk_feature *other = schema->features; other < feature; other++)
        RK_FAIL_IF(feature->table_name && other->table_name && strcmp(feature->table_name, other->table_name) == 0 &&
                       (feature->n_buckets != other->n_buckets || feature->width != other->width),
                   CONFIG, err,
                   "shares table \"%s\" with \"%s\": expected %lld rows of %lld values, found %lld of %lld",
                   feature->config->embedding_name, other->name, (long long)other->n_buckets, (long long)other->width,
                   (long long)feature->n_buckets, (long long)feature->width);
    return ROCKET_OK;
}

static rocket_status open_features(rk_schema *schema, rocket_error *err)
{
    const rk_resolved *view = schema->view;

    RK_FAIL_IF(!view->group, CONFIG, err, "%s: expected a feature group named \"all\", found none",
               rk_config_name(schema->config));
    schema->features = rk_arena_alloc(&schema->arena, view->n_group_names + 1, sizeof *schema->features);
    RK_FAIL_IF(!schema->features, FAILED, err, "out of memory");
    for (size_t i = 0; i < view->n_group_names; i++) {
        const rk_group_name *name = &view->group_names[i];

        RK_FAIL_IF(name->feature == RK_NONE, CONFIG, err, "%s: feature \"%s\" is not configured",
                   rk_config_where(schema->config, &view->group->base, "feature_names", name->source), name->name);
        const rk_feature_spec *spec = &view->features[name->feature];
        rocket_status status = open_feature(schema, &schema->features[i], spec, err);
        if (status == ROCKET_OK)
            status = check_shared(schema, &schema->features[i], err);
        if (status != ROCKET_OK) {
            rk_error_prefix(err, "%s: feature \"%s\"", rk_config_where(schema->config, &spec->config->base, NULL, 0),
                            spec->key);
            return status;
        }
    }
    return ROCKET_OK;
}

static rocket_status open_labels(rk_schema *schema, rocket_error *err)
{
    const rk_resolved *view = schema->view;

    RK_FAIL_IF(view->label == RK_NONE, CONFIG, err, "%s: data_config.label_fields: expected a column of input_fields",
               rk_config_name(schema->config));
    schema->label_field = view->label;
    schema->label = (int)schema->n_columns++;
    schema->n_classes = view->model->num_class >= 2 ? (int64_t)view->model->num_class : 0;
    int type = (int)view->fields[view->label].config->input_type;
    RK_FAIL_IF(schema->n_classes > 0 && type != TYPE(INT32) && type != TYPE(INT64), CONFIG, err,
               "%s: label_fields: expected a column of type INT32 or INT64 with num_class of 2 and more, found %s",
               rk_config_where(schema->config, &view->data->base, "label_fields", 0),
               rk_field_type_name(view->fields[view->label].config));
    if (view->weight != RK_NONE) {
        schema->weight_field = view->weight;
        schema->weight = (int)schema->n_columns++;
    }
    RK_TRY(rk_soft_labels_open(&schema->soft, view, schema->convert, &schema->arena, err));
    schema->first_soft = schema->n_columns;
    schema->n_columns += rk_soft_labels_n_columns(&schema->soft);
    return ROCKET_OK;
}

static rocket_status add_bytes(rk_schema *schema, const char *name, rocket_error *err)
{
    size_t field = rk_field_of_metric(schema->view, name);

    RK_FAIL_IF(field == RK_NONE, CONFIG, err, "%s: column \"%s\" is not in data_config.input_fields",
               rk_config_name(schema->config), name);
    for (size_t i = 0; i < schema->n_bytes; i++)
        if (schema->bytes_fields[i] == field)
            return ROCKET_OK;
    schema->bytes_fields[schema->n_bytes++] = field;
    schema->n_columns++;
    return ROCKET_OK;
}

static rocket_status open_bytes(rk_schema *schema, const rk_schema_options *options, rocket_error *err)
{
    const Rocket__EvalConfig *eval = schema->view->eval;
    size_t most = eval->n_metrics_set + options->n_reserved + 1;

    schema->bytes_fields = rk_arena_alloc(&schema->arena, most, sizeof *schema->bytes_fields);
    RK_FAIL_IF(!schema->bytes_fields, FAILED, err, "out of memory");
    for (size_t i = 0; i < eval->n_metrics_set && options->labels; i++) {
        const char *name = rk_metric_field(eval->metrics_set[i]);

        if (name)
            RK_TRY(add_bytes(schema, name, err));
    }
    for (size_t i = 0; i < options->n_reserved; i++)
        RK_TRY(add_bytes(schema, options->reserved[i], err));
    return ROCKET_OK;
}

static rocket_status open_schema(rk_schema *schema, const rk_schema_options *options, rocket_error *err)
{
    RK_TRY(open_defaults(schema, options->labels, err));
    RK_TRY(open_vocabularies(schema, options->given, err));
    RK_TRY(open_features(schema, err));
    schema->n_columns = schema->n_features;
    if (options->labels)
        RK_TRY(open_labels(schema, err));
    return open_bytes(schema, options, err);
}

rocket_status rk_schema_new(rk_schema **out, const rk_config *config, const rk_schema_options *options,
                            rocket_error *err)
{
    rk_schema *schema = rk_alloc(1, sizeof *schema);

    if (!schema)
        return fail_memory(err);
    rk_arena_init(&schema->arena, 0);
    schema->config = config;
    schema->view = rk_config_view(config);
    schema->label = schema->weight = -1;
    schema->label_field = schema->weight_field = RK_NONE;
    const rk_reader_def *reader = rk_reader_find((int)schema->view->data->input_type);
    schema->reader_value = reader ? reader->value : NULL;
    rocket_status status = open_schema(schema, options, err);
    if (status != ROCKET_OK) {
        rk_schema_free(schema);
        return status;
    }
    *out = schema;
    return ROCKET_OK;
}

void rk_schema_free(rk_schema *schema)
{
    if (!schema)
        return;
    for (size_t i = 0; i < schema->n_features; i++)
        if (schema->features[i].def->close)
            schema->features[i].def->close(&schema->features[i]);
    rk_arena_clear(&schema->arena);
    rk_free(schema);
}

/* ---- asking ---- */

size_t rk_schema_n_features(const rk_schema *schema)
{
    return schema->n_features;
}

const rk_feature *rk_schema_feature(const rk_schema *schema, size_t i)
{
    return &schema->features[i];
}

size_t rk_schema_n_columns(const rk_schema *schema)
{
    return schema->n_columns;
}

int rk_schema_label(const rk_schema *schema)
{
    return schema->label;
}

int rk_schema_weight(const rk_schema *schema)
{
    return schema->weight;
}

int rk_schema_soft_label(const rk_schema *schema, const char *field)
{
    size_t wanted = rk_field_find(schema->view, field);

    for (size_t i = 0; i < schema->soft.n_labels; i++)
        if (schema->soft.labels[i].field == wanted)
            return (int)(schema->first_soft + i);
    return -1;
}

int rk_schema_kd_weight(const rk_schema *schema, const Rocket__KD *kd)
{
    for (size_t i = 0; i < schema->soft.n_weights; i++)
        if (schema->soft.weights[i].kd == kd)
            return (int)(schema->first_soft + schema->soft.n_labels + i);
    return -1;
}

int rk_schema_bytes(const rk_schema *schema, const char *field)
{
    size_t wanted = rk_field_of_metric(schema->view, field);

    for (size_t i = 0; i < schema->n_bytes; i++)
        if (schema->bytes_fields[i] == wanted)
            return (int)(schema->n_columns - schema->n_bytes + i);
    return -1;
}

const rk_vocabularies *rk_schema_vocabularies(const rk_schema *schema)
{
    return &schema->vocabularies;
}

bool rk_schema_reads(const rk_schema *schema, size_t field)
{
    bool reads = schema->convert[field];

    for (size_t i = 0; i < schema->n_bytes; i++)
        reads |= schema->bytes_fields[i] == field;
    return reads;
}

size_t rk_schema_n_fields(const rk_schema *schema)
{
    return schema->view->n_fields;
}

/* ---- batches ---- */

static void describe_column(const rk_schema *schema, size_t i, rk_column *column, bool *weighted)
{
    *weighted = false;
    if (i < schema->n_features) {
        column->kind = schema->features[i].kind;
        column->width = column->kind == RK_COLUMN_FLOATS ? schema->features[i].width : 0;
        *weighted = schema->features[i].weighted;
    } else if ((int)i == schema->label || (int)i == schema->weight) {
        column->kind = RK_COLUMN_FLOATS;
        column->width = 1;
    } else if (i >= schema->first_soft && i - schema->first_soft < rk_soft_labels_n_columns(&schema->soft)) {
        column->kind = RK_COLUMN_FLOATS;
        column->width = rk_soft_labels_width(&schema->soft, i - schema->first_soft);
    } else {
        column->kind = RK_COLUMN_BYTES;
    }
}

int64_t rk_schema_width(const rk_schema *schema, size_t column)
{
    rk_column described = { .width = 0 };
    bool weighted;

    describe_column(schema, column, &described, &weighted);
    return described.width;
}

static bool make_column(const rk_schema *schema, size_t i, rk_column *column)
{
    bool weighted;

    describe_column(schema, i, column, &weighted);
    if (weighted) {
        column->weights = rk_alloc(1, sizeof *column->weights); /* there from the start: it says that weights matter */
        if (!column->weights)
            return false;
    }
    return rk_column_reserve(column, 1, column->kind == RK_COLUMN_FLOATS ? 0 : 1);
}

rk_batch *rk_batch_new(const rk_schema *schema)
{
    rk_owned_batch *owned = rk_alloc(1, sizeof *owned);

    if (!owned)
        return NULL;
    owned->batch.columns = rk_alloc(schema->n_columns, sizeof *owned->batch.columns);
    owned->values = rk_alloc(schema->view->n_fields, sizeof *owned->values);
    bool ok = owned->batch.columns && owned->values;
    for (size_t i = 0; ok && i < schema->n_columns; i++) {
        owned->batch.n_columns = i + 1;
        ok = make_column(schema, i, &owned->batch.columns[i]);
    }
    if (ok)
        return &owned->batch;
    rk_batch_free(&owned->batch);
    return NULL;
}

void rk_batch_free(rk_batch *batch)
{
    rk_owned_batch *owned = (rk_owned_batch *)batch;

    if (!batch)
        return;
    for (size_t i = 0; batch->columns && i < batch->n_columns; i++) {
        rk_free(batch->columns[i].values);
        rk_free(batch->columns[i].offsets);
        rk_free(batch->columns[i].ids);
        rk_free(batch->columns[i].weights);
        rk_free(batch->columns[i].bytes);
    }
    rk_free(batch->columns);
    rk_free(owned->values);
    rk_free(owned->scratch.data);
    rk_free(owned);
}

void rk_batch_reset(rk_batch *batch)
{
    batch->n_rows = 0;
}

void rk_batch_exchange(rk_batch *a, rk_batch *b)
{
    rk_owned_batch *first = (rk_owned_batch *)a, *second = (rk_owned_batch *)b;
    rk_batch rows = *a;
    int64_t room = first->room;

    a->n_rows = b->n_rows;
    a->columns = b->columns;
    first->room = second->room;
    b->n_rows = rows.n_rows;
    b->columns = rows.columns;
    second->room = room;
}

/* ---- a row ---- */

/* Put the field's name and type in front of the sentence. */
static rocket_status blame(const rk_schema *schema, size_t field, int *bad_field, rocket_status status,
                           rocket_error *err)
{
    const rk_field_spec *spec = &schema->view->fields[field];

    if (status != ROCKET_DATA)
        return status;
    if (bad_field)
        *bad_field = (int)field;
    rk_error_prefix(err, "field \"%s\" (%s)", spec->name, rk_field_type_name(spec->config));
    return status;
}

static rocket_status convert(const rk_schema *schema, rk_value *value, size_t field, rk_text text, rocket_error *err)
{
    if (text.n == 0) {
        *value = schema->defaults[field];
        return ROCKET_OK;
    }
    if (schema->defaults[field].type != TYPE(STRING) && schema->convert[field])
        return rk_schema_value(schema, field, value, text, err);
    value->text = text;
    value->type = TYPE(STRING);
    return ROCKET_OK;
}

bool rk_batch_make_room(rk_owned_batch *owned, int64_t more)
{
    int64_t rows = owned->batch.n_rows + more, room = INT64_MAX;

    for (size_t i = 0; i < owned->batch.n_columns; i++) {
        rk_column *column = &owned->batch.columns[i];

        if (!rk_column_reserve(column, (size_t)rows, 0))
            return false;
        room = (int64_t)column->capacity_rows < room ? (int64_t)column->capacity_rows : room;
    }
    owned->room = room;
    return true;
}

static rocket_status append_feature(const rk_schema *schema, rk_owned_batch *owned, size_t i, int *bad_field,
                                    rocket_error *err)
{
    const rk_feature *feature = &schema->features[i];
    int field = feature->fields[0];
    rk_sink_row sink = { .column = &owned->batch.columns[i],
                         .row = owned->batch.n_rows,
                         .only_positive = feature->weighted && feature->combiner != RK_COMBINER_SUM,
                         .scratch = &owned->scratch };

    rk_sink_row_begin(&sink);
    rocket_status status = feature->def->row(feature, owned->values, &sink, &field, err);
    if (status != ROCKET_OK)
        return blame(schema, (size_t)field, bad_field, status, err);
    rk_sink_row_end(&sink);
    return ROCKET_OK;
}

rocket_status rk_schema_label_number(const rk_schema *schema, const rk_value *value, float *out, rocket_error *err)
{
    char found[RK_FOUND_BYTES];
    float number = (float)value->d;

    if (value->type == TYPE(STRING))
        RK_TRY(rk_text_float(&number, value->text, err));
    RK_FAIL_IF(schema->n_classes > 0 && (value->i < 0 || value->i >= schema->n_classes), DATA, err,
               "expected a label from 0 to %lld (num_class is %lld), found %s", (long long)schema->n_classes - 1,
               (long long)schema->n_classes, rk_found(value->text, found));
    RK_FAIL_IF(!isfinite(number), DATA, err, "expected a finite label, found %s", rk_found(value->text, found));
    *out = number;
    return ROCKET_OK;
}

rocket_status rk_schema_weight_number(const rk_value *value, float *out, rocket_error *err)
{
    char found[RK_FOUND_BYTES];

    RK_FAIL_IF(!isfinite((float)value->d) || value->d < 0, DATA, err,
               "expected a sample weight that is finite and not negative, found %s", rk_found(value->text, found));
    *out = (float)value->d;
    return ROCKET_OK;
}

/* The one number of a row in a FLOATS column of width 1. */
static float *number_of(rk_owned_batch *owned, int column)
{
    return &owned->batch.columns[column].values[owned->batch.n_rows];
}

static rocket_status append_labels(const rk_schema *schema, rk_owned_batch *owned, int *bad_field, rocket_error *err)
{
    rocket_status status;

    if (schema->label >= 0) {
        status =
            rk_schema_label_number(schema, &owned->values[schema->label_field], number_of(owned, schema->label), err);
        if (status != ROCKET_OK)
            return blame(schema, schema->label_field, bad_field, status, err);
    }
    if (schema->weight >= 0) {
        status = rk_schema_weight_number(&owned->values[schema->weight_field], number_of(owned, schema->weight), err);
        if (status != ROCKET_OK)
            return blame(schema, schema->weight_field, bad_field, status, err);
    }
    return ROCKET_OK;
}

/* A task space's weight is one more factor of the row's sample weight. */
static rocket_status append_soft_labels(const rk_schema *schema, rk_owned_batch *owned, int *bad_field,
                                        rocket_error *err)
{
    const rk_soft_labels *soft = &schema->soft;

    for (size_t i = 0; i < rk_soft_labels_n_columns(soft); i++) {
        rk_column *column = &owned->batch.columns[schema->first_soft + i];
        float *row = column->values + owned->batch.n_rows * column->width;
        size_t field = rk_soft_labels_field(soft, i);
        rocket_status status = rk_soft_labels_row(row, soft, i, &owned->values[field], err);

        if (status != ROCKET_OK)
            return blame(schema, field, bad_field, status, err);
        if (i >= soft->n_labels && schema->weight >= 0)
            *row *= *number_of(owned, schema->weight);
    }
    return ROCKET_OK;
}

static rocket_status append_bytes(const rk_schema *schema, rk_owned_batch *owned, rocket_error *err)
{
    size_t first = schema->n_columns - schema->n_bytes;
    rk_sink_row sink = { .row = owned->batch.n_rows, .scratch = &owned->scratch };

    for (size_t i = 0; i < schema->n_bytes; i++) {
        sink.column = &owned->batch.columns[first + i];
        rk_sink_row_begin(&sink);
        if (!rk_row_bytes(&sink, owned->values[schema->bytes_fields[i]].text))
            return fail_memory(err);
        rk_sink_row_end(&sink);
    }
    return ROCKET_OK;
}

rocket_status rk_schema_append(const rk_schema *schema, rk_batch *batch, const rk_text *fields, int *bad_field,
                               rocket_error *err)
{
    rk_owned_batch *owned = (rk_owned_batch *)batch;

    for (size_t i = 0; i < schema->view->n_fields; i++) {
        rocket_status status = convert(schema, &owned->values[i], i, fields[i], err);

        if (status != ROCKET_OK)
            return blame(schema, i, bad_field, status, err);
    }
    if (batch->n_rows >= owned->room && !rk_batch_make_room(owned, 1))
        return fail_memory(err);
    for (size_t i = 0; i < schema->n_features; i++)
        RK_TRY(append_feature(schema, owned, i, bad_field, err));
    RK_TRY(append_labels(schema, owned, bad_field, err));
    RK_TRY(append_soft_labels(schema, owned, bad_field, err));
    RK_TRY(append_bytes(schema, owned, err));
    batch->n_rows++;
    return ROCKET_OK;
}

rocket_status rk_schema_append_part(const rk_schema *schema, rk_batch *batch, const rk_row_part *part,
                                    const rk_text *texts, rocket_error *err)
{
    rk_owned_batch *owned = (rk_owned_batch *)batch;

    for (size_t i = 0; i < part->n_fields; i++) {
        size_t field = part->fields[i];
        rocket_status status = convert(schema, &owned->values[field], field, texts[i], err);

        if (status != ROCKET_OK)
            return blame(schema, field, NULL, status, err);
    }
    if (part->n_features == 0)
        return ROCKET_OK;
    if (batch->n_rows >= owned->room && !rk_batch_make_room(owned, 1))
        return fail_memory(err);
    for (size_t i = 0; i < part->n_features; i++)
        RK_TRY(append_feature(schema, owned, part->features[i], NULL, err));
    batch->n_rows++;
    return ROCKET_OK;
}
