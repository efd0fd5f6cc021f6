/* IdFeature: one value, one row of the table (easyrec.md 3.3).
 *
 * An empty string is no id at all: the bag is empty and the vector zero, which is not the row of hash(""). So is -1
 * with num_buckets. Numbers that are to be hashed are printed first, as upstream does; of floats the config says with
 * how many digits.
 */
#include <string.h>

#include "buckets.h"
#include "error.h"
#include "faults.h"
#include "number.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

struct rk_feature_state {
    rk_buckets buckets;
    int precision;
};

static void check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    int type = rk_feature_input_type(config, spec, 0);
    rk_bucket_kind kind = rk_buckets_kind(spec->config);

    rk_buckets_check(config, spec, faults);
    if (spec->n_inputs != 1)
        rk_feature_fault(config, spec, faults, "input_names", "input_names: expected 1 for an IdFeature, found %zu",
                         spec->n_inputs);
    if (kind == RK_BUCKETS_HASH && rk_is_float_type(type) && spec->config->precision <= 0)
        rk_feature_fault(config, spec, faults, "precision",
                         "precision: expected a number of digits, as the input is a float that is hashed as text");
    if (spec->config->precision > RK_MAX_PRECISION)
        rk_feature_fault(config, spec, faults, "precision", "precision: expected at most %d, found %d",
                         RK_MAX_PRECISION, spec->config->precision);
    if (kind == RK_BUCKETS_WORDS && type != TYPE(STRING))
        rk_feature_fault(config, spec, faults, "input_names", "vocabularies need an input of type STRING");
    if (kind == RK_BUCKETS_NUMBER && (rk_is_float_type(type) || type == TYPE(BOOL)))
        rk_feature_fault(config, spec, faults, "num_buckets",
                         "num_buckets needs an input of type INT32, INT64 or STRING");
}

static rocket_status open_id(rk_feature *feature, const rk_feature_setup *setup, rocket_error *err)
{
    feature->state = rk_arena_alloc(setup->arena, 1, sizeof *feature->state);
    feature->table_name = rk_arena_printf(setup->arena, "%s_embedding", feature->name);
    RK_FAIL_IF(rk_arena_failed(setup->arena), FAILED, err, "out of memory");
    RK_TRY(rk_buckets_open(&feature->state->buckets, feature, setup, err));
    feature->state->precision = feature->config->precision;
    feature->kind = RK_COLUMN_IDS;
    feature->single = true;
    feature->n_buckets = (int64_t)feature->state->buckets.modulus.n;
    return ROCKET_OK;
}

static void close_id(rk_feature *feature)
{
    rk_buckets_close(&feature->state->buckets);
}

static rocket_status number_row(const rk_buckets *buckets, const rk_value *value, rk_sink_row *out, rocket_error *err)
{
    int64_t number = value->i;

    if (value->type == TYPE(STRING))
        RK_TRY(rk_buckets_parse(&number, value->text, err));
    if (number == -1)
        return ROCKET_OK;
    RK_FAIL_IF(!rk_row_id(out, rk_buckets_of_number(buckets, number), 1), FAILED, err, "out of memory");
    return ROCKET_OK;
}

static rocket_status row(const rk_feature *feature, const rk_value *values, rk_sink_row *out, int *field,
                         rocket_error *err)
{
    const struct rk_feature_state *state = feature->state;
    const rk_value *value = &values[feature->fields[0]];
    char buffer[RK_VALUE_TEXT_BYTES];

    (void)field;
    if (state->buckets.kind == RK_BUCKETS_NUMBER)
        return number_row(&state->buckets, value, out, err);
    rk_text text = value->type == TYPE(STRING) ? value->text : rk_value_text(value, state->precision, buffer);
    if (text.n == 0)
        return ROCKET_OK;
    RK_FAIL_IF(!rk_row_id(out, rk_buckets_of_text(&state->buckets, text), 1), FAILED, err, "out of memory");
    return ROCKET_OK;
}

/* The text of a number that was read is what it would be printed as: digits, no zeros in front. */
static bool is_canonical(rk_text text, int64_t number)
{
    if (number == 0)
        return text.n == 1;
    return number > 0 && text.data[0] >= '1' && text.data[0] <= '9' && text.data[text.n - 1] >= '0' &&
           text.data[text.n - 1] <= '9';
}

static bool number_ids(const rk_buckets *buckets, const rk_row_set *rows, const rk_field_rows *input, int64_t *ids,
                       int64_t *offsets)
{
    for (size_t i = 0; i < rows->n; i++) {
        int64_t number = input->i[i];
        rk_text text = input->texts[i];

        if (input->type == TYPE(STRING) && !rk_parse_digits_padded(text.data, text.n, &number) &&
            rk_buckets_parse(&number, text, NULL) != ROCKET_OK)
            return false;
        *ids = rk_buckets_of_number(buckets, number);
        ids += number != -1;
        offsets[i + 1] = offsets[i] + (number != -1);
    }
    return true;
}

/* No text is no id. */
static void drop_empty(size_t n, const rk_text *texts, int64_t *ids, int64_t *offsets)
{
    int64_t *out = ids;

    for (size_t i = 0; i < n; i++) {
        *out = ids[i];
        out += texts[i].n > 0;
        offsets[i + 1] = offsets[i] + (texts[i].n > 0);
    }
}

static bool hash_ids(const rk_buckets *buckets, const rk_row_set *rows, const rk_field_rows *input, int64_t *ids,
                     int64_t *offsets)
{
    for (size_t i = 0; i < rows->n && input->type != TYPE(STRING); i++)
        if (!is_canonical(input->texts[i], input->i[i]))
            return false;
    rows->kernels->hash_texts(ids, input->texts, rows->n, buckets->modulus);
    int64_t first = offsets[0];
    for (size_t i = 0; i < rows->n; i++)
        offsets[i + 1] = first + (int64_t)i + 1;
    if (input->n_empty > 0)
        drop_empty(rows->n, input->texts, ids, offsets);
    return true;
}

/* Integers, and texts that are hashed. */
static rocket_status rows_of(const rk_feature *feature, const rk_row_set *rows, rk_sink_row *out)
{
    const rk_buckets *buckets = &feature->state->buckets;
    const rk_field_rows *input = &rows->fields[feature->fields[0]];
    rk_column *column = out->column;
    bool integer = input->type == TYPE(INT32) || input->type == TYPE(INT64);

    if (!(integer || input->type == TYPE(STRING)) || buckets->kind == RK_BUCKETS_WORDS)
        return ROCKET_DATA;
    if (!rk_column_reserve(column, 0, out->n + rows->n))
        return ROCKET_FAILED;
    int64_t *ids = column->ids + out->n, *offsets = column->offsets + out->row;
    return (buckets->kind == RK_BUCKETS_NUMBER ? number_ids : hash_ids)(buckets, rows, input, ids, offsets)
               ? ROCKET_OK
               : ROCKET_DATA;
}

const rk_feature_def rk_feature_id = {
    .type = ROCKET__FEATURE_CONFIG__FEATURE_TYPE__IdFeature,
    .name = "IdFeature",
    .doc = "one value, one row of an embedding table: by hash, vocabulary or number",
    .check = check,
    .open = open_id,
    .close = close_id,
    .row = row,
    .rows = rows_of,
};
