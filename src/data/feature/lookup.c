/* LookupFeature: the values that a field of pairs has for a key in another field (easyrec.md 3.7).
 *
 * Inputs are the key and the pairs, "k:v|k:v" with the feature's separator and kv_separator. The values of all pairs
 * with this key are hashed into rows of one table, and combined as tags are; a key that is not there selects nothing.
 */
#include <string.h>

#include "buckets.h"
#include "error.h"
#include "faults.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

struct rk_feature_state {
    rk_buckets buckets;
    rk_delimiters between;   /* of pairs */
    rk_delimiters key_value; /* inside a pair */
    int32_t most;            /* values that may be selected */
};

static void check_inputs(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    if (spec->n_inputs != 2) {
        rk_feature_fault(config, spec, faults, "input_names",
                         "input_names: expected 2 (the key and the pairs) for a LookupFeature, found %zu",
                         spec->n_inputs);
        return;
    }
    int key = rk_feature_input_type(config, spec, 0), pairs = rk_feature_input_type(config, spec, 1);
    if (key != TYPE(STRING) && key != TYPE(INT32) && key != TYPE(INT64))
        rk_feature_fault(config, spec, faults, "input_names",
                         "input_names: expected a key of type STRING, INT32 or INT64 for a LookupFeature");
    if (pairs != TYPE(STRING))
        rk_feature_fault(config, spec, faults, "input_names",
                         "input_names: expected pairs of type STRING for a LookupFeature");
}

static void check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;

    check_inputs(config, spec, faults);
    if (feature->hash_bucket_size == 0)
        rk_feature_fault(config, spec, faults, "hash_bucket_size",
                         "hash_bucket_size: expected at least 1 for a LookupFeature, found 0");
    else
        rk_buckets_check(config, spec, faults);
    if (!feature->separator[0])
        rk_feature_fault(config, spec, faults, "separator", "separator: expected characters, found \"\"");
    if (!feature->kv_separator || !feature->kv_separator[0])
        rk_feature_fault(config, spec, faults, "kv_separator",
                         "kv_separator: expected the character between key and value, found none");
    if (feature->lookup_max_sel_elem_num < 1)
        rk_feature_fault(config, spec, faults, "lookup_max_sel_elem_num",
                         "lookup_max_sel_elem_num: expected at least 1, found %d", feature->lookup_max_sel_elem_num);
}

static rocket_status open_lookup(rk_feature *feature, const rk_feature_setup *setup, rocket_error *err)
{
    const Rocket__FeatureConfig *config = feature->config;
    struct rk_feature_state *state = rk_arena_alloc(setup->arena, 1, sizeof *state);

    RK_FAIL_IF(feature->n_fields != 2, CONFIG, err, "input_names: expected 2, found %d", feature->n_fields);
    RK_FAIL_IF(config->hash_bucket_size == 0, CONFIG, err, "hash_bucket_size: expected at least 1, found 0");
    feature->table_name = rk_arena_printf(setup->arena, "%s_embedding", feature->name);
    RK_FAIL_IF(rk_arena_failed(setup->arena), FAILED, err, "out of memory");
    feature->state = state;
    RK_TRY(rk_buckets_open(&state->buckets, feature, setup, err));
    rk_delimiters_init(&state->between, config->separator);
    rk_delimiters_init(&state->key_value, config->kv_separator ? config->kv_separator : "");
    state->most = config->lookup_max_sel_elem_num;
    feature->kind = RK_COLUMN_IDS;
    feature->n_buckets = (int64_t)state->buckets.modulus.n;
    return ROCKET_OK;
}

static void close_lookup(rk_feature *feature)
{
    rk_buckets_close(&feature->state->buckets);
}

static rocket_status split_pair(const struct rk_feature_state *state, rk_text pair, rk_text *key, rk_text *value,
                                rocket_error *err)
{
    char found[RK_FOUND_BYTES];
    rk_text rest = pair, more;
    bool two = rk_next_piece(&rest, &state->key_value, key) && rk_next_piece(&rest, &state->key_value, value);

    RK_FAIL_IF(!two || rk_next_piece(&rest, &state->key_value, &more), DATA, err,
               "expected pairs of key and value, found %s", rk_found(pair, found));
    return ROCKET_OK;
}

static rocket_status row(const rk_feature *feature, const rk_value *values, rk_sink_row *out, int *field,
                         rocket_error *err)
{
    const struct rk_feature_state *state = feature->state;
    char buffer[RK_VALUE_TEXT_BYTES];
    rk_text wanted = rk_value_text(&values[feature->fields[0]], 0, buffer);
    rk_text pairs = values[feature->fields[1]].text, pair, key, value;
    int32_t n = 0;

    *field = feature->fields[1];
    while (rk_next_piece(&pairs, &state->between, &pair)) {
        RK_TRY(split_pair(state, pair, &key, &value, err));
        if (key.n != wanted.n || memcmp(key.data, wanted.data, key.n) != 0)
            continue;
        RK_FAIL_IF(n++ == state->most, DATA, err,
                   "expected at most %d values of a key (lookup_max_sel_elem_num), found more", state->most);
        RK_FAIL_IF(!rk_row_id(out, rk_buckets_of_text(&state->buckets, value), 1), FAILED, err, "out of memory");
    }
    return ROCKET_OK;
}

const rk_feature_def rk_feature_lookup = {
    .type = ROCKET__FEATURE_CONFIG__FEATURE_TYPE__LookupFeature,
    .name = "LookupFeature",
    .doc = "values of a key among pairs, a bag of rows of an embedding table",
    .check = check,
    .open = open_lookup,
    .close = close_lookup,
    .row = row,
};
