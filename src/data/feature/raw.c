/* RawFeature: numbers (easyrec.md 3.5). Scaled by min_val and max_val, without clamping, and then one of
 *
 *   boundaries, or num_buckets > 1 with a range   rows of a table: one bucket per number. Bucket = number of boundaries
 *                                                 <= x; number i of a vector has buckets of its own
 *   embedding_dim > 0                             rows 0 ... raw_input_dim-1, weighted by the numbers themselves
 *   otherwise                                     the numbers as they are, straight into the net
 *
 * A STRING field is a list of raw_input_dim numbers (fewer: zeros follow). With seq_multi_sep and a combiner in the
 * config it is a list of such lists, combined number by number. All arithmetic is in float, as upstream's graph does
 * it; normalizer_fn, which comes behind the scaling, is one of TensorFlow's functions by name (tf_function.h), computed
 * in double and rounded.
 */
#include <string.h>

#include "error.h"
#include "faults.h"
#include "feature.h"
#include "tf_function.h"

enum { MAX_DIM = 1 << 20, MAX_BUCKETS = 1 << 20 };

typedef enum reduction { FIRST, REDUCE_SUM, REDUCE_MEAN, REDUCE_MIN, REDUCE_MAX } reduction;

struct rk_feature_state {
    int64_t dim;
    bool scaled;
    float min, range;
    const rk_tf_function *normalizer; /* of one number; or NULL */
    const float *boundaries;          /* [n_boundaries] rising; NULL: not bucketised */
    int64_t n_boundaries;
    reduction reduction; /* of a list of vectors; FIRST: there is one */
    rk_delimiters between, lists;
};

static bool is_scaled(const Rocket__FeatureConfig *config)
{
    return config->max_val > config->min_val;
}

static bool is_bucketised(const Rocket__FeatureConfig *config)
{
    return config->n_boundaries > 0 || (config->num_buckets > 1 && is_scaled(config));
}

static bool has_normalizer(const Rocket__FeatureConfig *config)
{
    return config->normalizer_fn && config->normalizer_fn[0];
}

static rk_text text_of(const char *text)
{
    return (rk_text){ text, strlen(text) };
}

/* NULL: there is none, or it is not known. */
static const rk_tf_function *normalizer_of(const Rocket__FeatureConfig *config)
{
    const rk_tf_function *found = has_normalizer(config) ? rk_tf_function_find(text_of(config->normalizer_fn)) : NULL;

    return found && found->of_one ? found : NULL;
}

/* The combiner was written in the config: it is not the default's own text. */
static bool is_explicit(const Rocket__FeatureConfig *config)
{
    return config->combiner != rocket__feature_config__combiner__default_value;
}

static bool reduction_of(const Rocket__FeatureConfig *config, reduction *out)
{
    static const struct {
        const char *name;
        reduction reduction;
    } names[] = {
        { "sum", REDUCE_SUM },
        { "mean", REDUCE_MEAN },
        { "min", REDUCE_MIN },
        { "max", REDUCE_MAX },
    };

    *out = FIRST;
    if (!config->seq_multi_sep || !is_explicit(config))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(config->combiner, names[i].name) == 0) {
            *out = names[i].reduction;
            return true;
        }
    return false;
}

static void check_buckets(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;

    if (!is_bucketised(feature))
        return;
    if (feature->embedding_dim == 0)
        rk_feature_fault(config, spec, faults, "embedding_dim",
                         "embedding_dim: expected at least 1 with buckets, found 0");
    if (feature->n_boundaries == 0 && feature->num_buckets > MAX_BUCKETS)
        rk_feature_fault(config, spec, faults, "num_buckets", "num_buckets: expected at most %d, found %llu",
                         (int)MAX_BUCKETS, (unsigned long long)feature->num_buckets);
    for (size_t i = 1; i < feature->n_boundaries; i++)
        if (!(feature->boundaries[i - 1] < feature->boundaries[i])) {
            rk_feature_fault(config, spec, faults, "boundaries",
                             "boundaries: expected rising numbers, found %g behind %g", feature->boundaries[i],
                             feature->boundaries[i - 1]);
            return;
        }
}

static void check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;
    int type = rk_feature_input_type(config, spec, 0);
    char names[RK_TF_LIST_BYTES], found[RK_FOUND_BYTES];
    reduction unused;

    check_buckets(config, spec, faults);
    if (spec->n_inputs != 1)
        rk_feature_fault(config, spec, faults, "input_names", "input_names: expected 1 for a RawFeature, found %zu",
                         spec->n_inputs);
    if (type == ROCKET__DATASET_CONFIG__FIELD_TYPE__BOOL)
        rk_feature_fault(config, spec, faults, "input_names", "input_names: expected numbers or STRING, found BOOL");
    if (feature->raw_input_dim < 1 || feature->raw_input_dim > MAX_DIM)
        rk_feature_fault(config, spec, faults, "raw_input_dim", "raw_input_dim: expected 1 to %d, found %u",
                         (int)MAX_DIM, feature->raw_input_dim);
    if (feature->raw_input_dim > 1 && type != ROCKET__DATASET_CONFIG__FIELD_TYPE__STRING)
        rk_feature_fault(config, spec, faults, "raw_input_dim",
                         "raw_input_dim: %u numbers need an input of type STRING", feature->raw_input_dim);
    if (has_normalizer(feature) && !normalizer_of(feature))
        rk_feature_fault(config, spec, faults, "normalizer_fn",
                         "normalizer_fn: expected one of %s, as rocket runs no Python, found %s",
                         rk_tf_function_list(1, names), rk_found(text_of(feature->normalizer_fn), found));
    if (!feature->separator[0])
        rk_feature_fault(config, spec, faults, "separator", "separator: expected characters, found \"\"");
    if (!reduction_of(feature, &unused))
        rk_feature_fault(config, spec, faults, "combiner",
                         "combiner: expected sum, mean, min or max with seq_multi_sep, found \"%s\"",
                         feature->combiner);
}

/* num_buckets: the scaled range in equal parts, the first boundary at 0, so that there is one bucket below it. */
static rocket_status make_boundaries(struct rk_feature_state *state, const Rocket__FeatureConfig *config,
                                     rk_arena *arena, rocket_error *err)
{
    size_t n = config->n_boundaries > 0 ? config->n_boundaries : (size_t)config->num_buckets;
    float *boundaries = rk_arena_alloc(arena, n, sizeof *boundaries);

    RK_FAIL_IF(!boundaries, FAILED, err, "out of memory");
    for (size_t i = 0; i < n; i++)
        boundaries[i] =
            (float)(config->n_boundaries > 0 ? config->boundaries[i] : (double)i / (double)config->num_buckets);
    state->boundaries = boundaries;
    state->n_boundaries = (int64_t)n;
    return ROCKET_OK;
}

/* Kind, size and name of what comes out. */
static void describe(rk_feature *feature, rk_arena *arena)
{
    const struct rk_feature_state *state = feature->state;

    if (!state->boundaries && feature->config->embedding_dim == 0) {
        feature->kind = RK_COLUMN_FLOATS;
        feature->width = state->dim;
        return;
    }
    feature->kind = RK_COLUMN_IDS;
    feature->weighted = !state->boundaries;
    feature->single = state->boundaries && state->dim == 1;
    feature->n_buckets = state->boundaries ? (state->n_boundaries + 1) * state->dim : state->dim;
    feature->table_name = state->boundaries ? rk_arena_printf(arena, "%s_bucketized_embedding", feature->name)
                                            : rk_arena_printf(arena, "%s_weighted_by_%s_raw_proj_val_embedding",
                                                              feature->name, feature->name);
}

static rocket_status open_raw(rk_feature *feature, const rk_feature_setup *setup, rocket_error *err)
{
    const Rocket__FeatureConfig *config = feature->config;
    struct rk_feature_state *state = rk_arena_alloc(setup->arena, 1, sizeof *state);

    RK_FAIL_IF(!state, FAILED, err, "out of memory");
    state->dim = config->raw_input_dim;
    state->scaled = is_scaled(config);
    state->min = (float)config->min_val;
    state->range = (float)(config->max_val - config->min_val);
    state->normalizer = normalizer_of(config);
    RK_FAIL_IF(has_normalizer(config) && !state->normalizer, CONFIG, err,
               "normalizer_fn: expected the name of a function that is known, found \"%s\"", config->normalizer_fn);
    rk_delimiters_init(&state->between, config->separator);
    if (reduction_of(config, &state->reduction) && state->reduction != FIRST)
        rk_delimiters_init(&state->lists, config->seq_multi_sep);
    if (is_bucketised(config))
        RK_TRY(make_boundaries(state, config, setup->arena, err));
    feature->state = state;
    describe(feature, setup->arena);
    RK_FAIL_IF(rk_arena_failed(setup->arena), FAILED, err, "out of memory");
    return ROCKET_OK;
}

/* One list of numbers, the n-th of its field, put into x. */
static rocket_status take_list(const struct rk_feature_state *state, rk_text text, float *x, int64_t nth,
                               rocket_error *err)
{
    char found[RK_FOUND_BYTES];
    rk_text rest = text, piece;
    int64_t i = 0;

    for (; i < state->dim; i++) {
        float number = 0;

        if (rk_next_piece(&rest, &state->between, &piece))
            RK_TRY(rk_text_float(&number, piece, err));
        if (nth == 0)
            x[i] = number;
        else if (state->reduction == REDUCE_MIN)
            x[i] = number < x[i] ? number : x[i];
        else if (state->reduction == REDUCE_MAX)
            x[i] = number > x[i] ? number : x[i];
        else
            x[i] += number;
    }
    RK_FAIL_IF(rk_next_piece(&rest, &state->between, &piece), DATA, err,
               "expected at most %lld numbers, found more in %s", (long long)state->dim, rk_found(text, found));
    return ROCKET_OK;
}

static rocket_status take_numbers(const struct rk_feature_state *state, const rk_value *value, float *x,
                                  rocket_error *err)
{
    rk_text rest = value->text, list;
    int64_t n = 0;

    if (value->type != ROCKET__DATASET_CONFIG__FIELD_TYPE__STRING) {
        x[0] = (float)value->d;
        return ROCKET_OK;
    }
    if (state->reduction == FIRST)
        return take_list(state, rest, x, 0, err);
    memset(x, 0, (size_t)state->dim * sizeof *x);
    for (; rk_next_piece(&rest, &state->lists, &list); n++)
        RK_TRY(take_list(state, list, x, n, err));
    for (int64_t i = 0; i < state->dim && state->reduction == REDUCE_MEAN && n > 0; i++)
        x[i] /= (float)n;
    return ROCKET_OK;
}

/* Number of boundaries <= x; all of them for a NaN. */
static int64_t bucket_of(const struct rk_feature_state *state, float x)
{
    int64_t low = 0, high = state->n_boundaries;

    while (low < high) {
        int64_t middle = (low + high) / 2;

        if (x < state->boundaries[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static rocket_status row(const rk_feature *feature, const rk_value *values, rk_sink_row *out, int *field,
                         rocket_error *err)
{
    const struct rk_feature_state *state = feature->state;
    bool floats = feature->kind == RK_COLUMN_FLOATS;
    size_t bytes = (size_t)state->dim * sizeof(float);
    bool ok = true;

    (void)field;
    float *x = floats ? rk_row_floats(out) : rk_row_scratch(out, bytes);
    RK_FAIL_IF(!x, FAILED, err, "out of memory");
    RK_TRY(take_numbers(state, &values[feature->fields[0]], x, err));
    for (int64_t i = 0; i < state->dim && state->scaled; i++)
        x[i] = (x[i] - state->min) / state->range;
    for (int64_t i = 0; i < state->dim && state->normalizer; i++)
        x[i] = (float)state->normalizer->of_one((double)x[i]);
    for (int64_t i = 0; i < state->dim && !floats; i++)
        ok &= state->boundaries ? rk_row_id(out, bucket_of(state, x[i]) + (state->n_boundaries + 1) * i, 1)
                                : rk_row_id(out, i, x[i]);
    RK_FAIL_IF(!ok, FAILED, err, "out of memory");
    return ROCKET_OK;
}

const rk_feature_def rk_feature_raw = {
    .type = ROCKET__FEATURE_CONFIG__FEATURE_TYPE__RawFeature,
    .name = "RawFeature",
    .doc = "one or more numbers: in buckets, projected to a vector, or as they are",
    .check = check,
    .open = open_raw,
    .row = row,
};
