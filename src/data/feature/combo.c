/* ComboFeature: two or more fields crossed into one id (easyrec.md 3.7).
 *
 * An input with an entry in combo_input_seps is split like a tag, and the result is the Cartesian product; the others
 * count as one piece, an empty one too. The order is TensorFlow's, and it matters since the hash is not symmetric:
 * split inputs first, then plain ones, the first split input varying slowest. Without combo_join_sep an id is the
 * crossed hash (FingerprintCat64, folded from a fixed seed); with it the pieces are joined and hashed like an
 * IdFeature.
 */
#include <string.h>

#include "buckets.h"
#include "error.h"
#include "faults.h"
#include "hash.h"

enum { MAX_INPUTS = 16, MAX_CROSSES = 1 << 16 };

typedef struct input {
    int field;
    bool split;
    rk_delimiters between;
} input;

struct rk_feature_state {
    rk_modulus buckets;
    int precision;
    const char *join; /* NULL: crossed hash */
    size_t join_bytes;
    input *inputs; /* split ones first */
    int n_inputs;
};

/* One row in the making. */
typedef struct crossing {
    const struct rk_feature_state *state;
    rk_text texts[MAX_INPUTS];
    char *joined;
    rk_sink_row *out;
    size_t n;
    rocket_error *err;
} crossing;

static bool is_split(const Rocket__FeatureConfig *config, size_t i)
{
    return i < config->n_combo_input_seps && config->combo_input_seps[i][0];
}

static void check_input(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults, size_t i)
{
    int type = rk_feature_input_type(config, spec, i);

    if (rk_is_float_type(type) && spec->config->precision <= 0)
        rk_feature_fault(config, spec, faults, "precision",
                         "precision: expected a number of digits, as an input is a float that is crossed as text");
    if (is_split(spec->config, i) && type != ROCKET__DATASET_CONFIG__FIELD_TYPE__STRING)
        rk_feature_fault(config, spec, faults, "combo_input_seps", "combo_input_seps: only a STRING can be split");
}

static void check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;

    if (spec->n_inputs < 2 || spec->n_inputs > MAX_INPUTS)
        rk_feature_fault(config, spec, faults, "input_names",
                         "input_names: expected 2 to %d for a ComboFeature, found %zu", (int)MAX_INPUTS,
                         spec->n_inputs);
    if (feature->n_combo_input_seps > spec->n_inputs)
        rk_feature_fault(config, spec, faults, "combo_input_seps",
                         "combo_input_seps: expected at most one per input (%zu), found %zu", spec->n_inputs,
                         feature->n_combo_input_seps);
    if (feature->hash_bucket_size == 0 || feature->hash_bucket_size >> RK_MAX_TABLE_LOG2)
        rk_feature_fault(config, spec, faults, "hash_bucket_size",
                         "hash_bucket_size: expected 1 to 2^%d for a ComboFeature, found %llu", RK_MAX_TABLE_LOG2,
                         (unsigned long long)feature->hash_bucket_size);
    if (feature->embedding_dim == 0)
        rk_feature_fault(config, spec, faults, "embedding_dim", "embedding_dim: expected at least 1, found 0");
    if (feature->precision > RK_MAX_PRECISION)
        rk_feature_fault(config, spec, faults, "precision", "precision: expected at most %d, found %d",
                         RK_MAX_PRECISION, feature->precision);
    for (size_t i = 0; i < spec->n_inputs; i++)
        check_input(config, spec, faults, i);
}

static void order_inputs(struct rk_feature_state *state, const rk_feature *feature, bool split)
{
    for (int i = 0; i < feature->n_fields; i++)
        if (is_split(feature->config, (size_t)i) == split) {
            input *in = &state->inputs[state->n_inputs++];

            in->field = feature->fields[i];
            in->split = split;
            if (split)
                rk_delimiters_init(&in->between, feature->config->combo_input_seps[i]);
        }
}

static rocket_status open_combo(rk_feature *feature, const rk_feature_setup *setup, rocket_error *err)
{
    const Rocket__FeatureConfig *config = feature->config;
    struct rk_feature_state *state = rk_arena_alloc(setup->arena, 1, sizeof *state);
    input *inputs = rk_arena_alloc(setup->arena, (size_t)feature->n_fields, sizeof *inputs);

    feature->table_name = rk_arena_printf(setup->arena, "%s_embedding", feature->name);
    RK_FAIL_IF(rk_arena_failed(setup->arena), FAILED, err, "out of memory");
    state->buckets = rk_modulus_of(config->hash_bucket_size);
    state->precision = config->precision;
    state->join = config->combo_join_sep[0] ? config->combo_join_sep : NULL;
    state->join_bytes = strlen(config->combo_join_sep);
    state->inputs = inputs;
    order_inputs(state, feature, true);
    feature->single = state->n_inputs == 0;
    order_inputs(state, feature, false);
    feature->state = state;
    feature->kind = RK_COLUMN_IDS;
    feature->n_buckets = (int64_t)state->buckets.n;
    return ROCKET_OK;
}

static rocket_status append(crossing *c, uint64_t hash)
{
    RK_FAIL_IF(++c->n > MAX_CROSSES, DATA, c->err, "expected at most %d combinations, found more", (int)MAX_CROSSES);
    int64_t id = (int64_t)rk_remainder(hash, c->state->buckets);
    RK_FAIL_IF(!rk_row_id(c->out, id, 1), FAILED, c->err, "out of memory");
    return ROCKET_OK;
}

static rocket_status cross_from(crossing *c, int i, uint64_t hash);
static rocket_status join_from(crossing *c, int i, size_t n);

static rocket_status cross_piece(crossing *c, int i, uint64_t hash, rk_text piece)
{
    return cross_from(c, i + 1, rk_fingerprint_cat(hash, rk_fingerprint64(piece.data, piece.n)));
}

/* Inputs i and later, behind what is in the hash already. */
static rocket_status cross_from(crossing *c, int i, uint64_t hash)
{
    const input *in = &c->state->inputs[i];
    rk_text rest, piece;

    if (i == c->state->n_inputs)
        return append(c, hash);
    rest = c->texts[i];
    if (!in->split)
        return cross_piece(c, i, hash, rest);
    while (rk_next_piece(&rest, &in->between, &piece))
        RK_TRY(cross_piece(c, i, hash, piece));
    return ROCKET_OK;
}

static rocket_status join_piece(crossing *c, int i, size_t n, rk_text piece)
{
    if (i > 0) {
        memcpy(c->joined + n, c->state->join, c->state->join_bytes);
        n += c->state->join_bytes;
    }
    if (piece.n > 0)
        memcpy(c->joined + n, piece.data, piece.n);
    return join_from(c, i + 1, n + piece.n);
}

static rocket_status join_from(crossing *c, int i, size_t n)
{
    const input *in = &c->state->inputs[i];
    rk_text rest, piece;

    if (i == c->state->n_inputs)
        return append(c, rk_fingerprint64(c->joined, n));
    rest = c->texts[i];
    if (!in->split)
        return join_piece(c, i, n, rest);
    while (rk_next_piece(&rest, &in->between, &piece))
        RK_TRY(join_piece(c, i, n, piece));
    return ROCKET_OK;
}

/* Memory for printed numbers and for the longest text that can be joined. */
static rocket_status row(const rk_feature *feature, const rk_value *values, rk_sink_row *out, int *field,
                         rocket_error *err)
{
    const struct rk_feature_state *state = feature->state;
    crossing c = { .state = state, .out = out, .err = err };
    size_t n = (size_t)state->n_inputs, printed = n * RK_VALUE_TEXT_BYTES, longest = n * state->join_bytes;

    (void)field;
    for (int i = 0; i < state->n_inputs; i++)
        longest += values[state->inputs[i].field].text.n + RK_VALUE_TEXT_BYTES;
    char *buffer = rk_row_scratch(out, printed + longest);
    RK_FAIL_IF(!buffer, FAILED, err, "out of memory");
    for (int i = 0; i < state->n_inputs; i++)
        c.texts[i] =
            rk_value_text(&values[state->inputs[i].field], state->precision, buffer + (size_t)i * RK_VALUE_TEXT_BYTES);
    c.joined = buffer + printed;
    return state->join ? join_from(&c, 0, 0) : cross_from(&c, 0, RK_CROSS_SEED);
}

const rk_feature_def rk_feature_combo = {
    .type = ROCKET__FEATURE_CONFIG__FEATURE_TYPE__ComboFeature,
    .name = "ComboFeature",
    .doc = "two or more fields crossed, one row of an embedding table per combination",
    .check = check,
    .open = open_combo,
    .row = row,
};
