/* TagFeature: many values in one field, a weighted bag of rows (easyrec.md 3.4).
 *
 * Every character of the separator cuts, and empty pieces are dropped. Weights come from the pieces themselves (key,
 * kv_separator, weight) or from a second field with as many pieces. Unlike an id, -1 is nothing special here: it is
 * out of range like any other and becomes row 0.
 */
#include <string.h>

#include "buckets.h"
#include "error.h"
#include "faults.h"

struct rk_feature_state {
    rk_buckets buckets;
    rk_delimiters between;   /* of pieces */
    rk_delimiters key_value; /* inside a piece */
    bool key_values;
    char separator; /* the only one, or 0 */
};

static bool has_key_values(const Rocket__FeatureConfig *config)
{
    return config->kv_separator != NULL;
}

static void check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;

    rk_buckets_check(config, spec, faults);
    if (spec->n_inputs < 1 || spec->n_inputs > 2)
        rk_feature_fault(config, spec, faults, "input_names",
                         "input_names: expected 1, or 2 (tags and weights), for a TagFeature, found %zu",
                         spec->n_inputs);
    if (spec->n_inputs > 1 && has_key_values(feature))
        rk_feature_fault(config, spec, faults, "kv_separator",
                         "weights come from kv_separator or from a second input, not from both");
    if (has_key_values(feature) && !feature->kv_separator[0])
        rk_feature_fault(config, spec, faults, "kv_separator", "kv_separator: expected characters, found \"\"");
    if (!feature->separator[0])
        rk_feature_fault(config, spec, faults, "separator", "separator: expected characters, found \"\"");
    for (size_t i = 0; i < spec->n_inputs; i++)
        if (rk_feature_input_type(config, spec, i) != ROCKET__DATASET_CONFIG__FIELD_TYPE__STRING)
            rk_feature_fault(config, spec, faults, "input_names",
                             "input_names: expected inputs of type STRING for a TagFeature");
}

static rocket_status open_tag(rk_feature *feature, const rk_feature_setup *setup, rocket_error *err)
{
    const Rocket__FeatureConfig *config = feature->config;
    struct rk_feature_state *state = rk_arena_alloc(setup->arena, 1, sizeof *state);

    feature->weighted = feature->n_fields > 1 || has_key_values(config);
    feature->table_name =
        feature->weighted ? rk_arena_printf(setup->arena, "%s_weighted_by_%s_w_embedding", feature->name, feature->name)
                          : rk_arena_printf(setup->arena, "%s_embedding", feature->name);
    RK_FAIL_IF(rk_arena_failed(setup->arena), FAILED, err, "out of memory");
    feature->state = state;
    RK_TRY(rk_buckets_open(&state->buckets, feature, setup, err));
    rk_delimiters_init(&state->between, config->separator);
    state->separator = strlen(config->separator) == 1 ? config->separator[0] : '\0';
    state->key_values = has_key_values(config);
    if (state->key_values)
        rk_delimiters_init(&state->key_value, config->kv_separator);
    feature->kind = RK_COLUMN_IDS;
    feature->n_buckets = (int64_t)state->buckets.modulus.n;
    return ROCKET_OK;
}

static void close_tag(rk_feature *feature)
{
    rk_buckets_close(&feature->state->buckets);
}

/* key:weight; both parts must be there, and nothing else. */
static rocket_status split_key_value(const struct rk_feature_state *state, rk_text piece, rk_text *key, float *weight,
                                     rocket_error *err)
{
    const rk_delimiters *delimiters = &state->key_value;
    char found[RK_FOUND_BYTES];
    size_t at = piece.n, cuts = 0;

    for (size_t i = piece.n; i-- > 0;)
        if (delimiters->is[(unsigned char)piece.data[i]]) {
            at = i;
            cuts++;
        }
    RK_FAIL_IF(cuts != 1, DATA, err, "expected tags with one weight each, found %s", rk_found(piece, found));
    *key = (rk_text){ piece.data, at };
    return rk_text_float(weight, (rk_text){ piece.data + at + 1, piece.n - at - 1 }, err);
}

static rocket_status append(const struct rk_feature_state *state, rk_text key, float weight, rk_sink_row *out,
                            rocket_error *err)
{
    int64_t id = 0;

    if (state->buckets.kind == RK_BUCKETS_NUMBER) {
        RK_TRY(rk_buckets_parse(&id, key, err));
        id = rk_buckets_of_number(&state->buckets, id);
    } else {
        id = rk_buckets_of_text(&state->buckets, key);
    }
    RK_FAIL_IF(!rk_row_id(out, id, weight), FAILED, err, "out of memory");
    return ROCKET_OK;
}

/* The next weight of the second field. */
static rocket_status take_weight(const struct rk_feature_state *state, rk_text *rest, float *weight, rocket_error *err)
{
    rk_text piece;

    RK_FAIL_IF(!rk_next_piece(rest, &state->between, &piece), DATA, err,
               "expected as many weights as tags, found fewer");
    return rk_text_float(weight, piece, err);
}

static rocket_status row(const rk_feature *feature, const rk_value *values, rk_sink_row *out, int *field,
                         rocket_error *err)
{
    const struct rk_feature_state *state = feature->state;
    bool second = feature->n_fields > 1;
    rk_text tags = values[feature->fields[0]].text, piece;
    rk_text weights = second ? values[feature->fields[1]].text : (rk_text){ NULL, 0 };

    while (rk_next_piece(&tags, &state->between, &piece)) {
        float weight = 1;

        *field = feature->fields[0];
        if (state->key_values)
            RK_TRY(split_key_value(state, piece, &piece, &weight, err));
        if (second) {
            *field = feature->fields[1];
            RK_TRY(take_weight(state, &weights, &weight, err));
            *field = feature->fields[0];
        }
        RK_TRY(append(state, piece, weight, out, err));
    }
    if (second && rk_next_piece(&weights, &state->between, &piece)) {
        *field = feature->fields[1];
        return rk_fail(err, ROCKET_DATA, "expected as many weights as tags, found more");
    }
    return ROCKET_OK;
}

/* Tags without weights, between single characters, that are hashed. */
static rocket_status rows_of(const rk_feature *feature, const rk_row_set *rows, rk_sink_row *out)
{
    const struct rk_feature_state *state = feature->state;
    const rk_text *texts = rows->fields[feature->fields[0]].texts;
    int64_t *offsets = out->column->offsets + out->row;
    size_t most = out->n;

    if (feature->weighted || !state->separator || state->buckets.kind != RK_BUCKETS_HASH)
        return ROCKET_DATA;
    for (size_t i = 0; i < rows->n; i++)
        most += RK_MOST_PIECES(texts[i].n);
    if (!rk_column_reserve(out->column, 0, most))
        return ROCKET_FAILED;
    offsets[0] = (int64_t)out->n;
    rows->kernels->hash_lists(out->column->ids, offsets, texts, rows->n, state->separator, state->buckets.modulus);
    return ROCKET_OK;
}

const rk_feature_def rk_feature_tag = {
    .type = ROCKET__FEATURE_CONFIG__FEATURE_TYPE__TagFeature,
    .name = "TagFeature",
    .doc = "a list of values in one field, a weighted bag of rows of an embedding table",
    .check = check,
    .open = open_tag,
    .close = close_tag,
    .row = row,
    .rows = rows_of,
};
