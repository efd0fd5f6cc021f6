/* Every metric of the table: its value does not depend on how rows come in batches; a unit that counts n times in a
 * resample counts as n units with the same rows; that all count once is what the evaluation itself says.
 */
#include <math.h>

#include "config_text.h"
#include "mem.h"
#include "metric.h"
#include "rng.h"

enum { ROWS = 120, UNITS = 15, MOST_COPIES = 3, MOST_ROWS = ROWS * MOST_COPIES, CLASSES = 3 };

typedef struct sample {
    int64_t n, n_classes;
    float labels[MOST_ROWS], logits[MOST_ROWS * CLASSES], probs[MOST_ROWS * CLASSES];
    uint32_t units[MOST_ROWS]; /* each is a group of its own too */
} sample;

static sample draw(uint64_t seed, int64_t n_classes)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 0, 0);
    sample s = { .n = ROWS, .n_classes = n_classes };

    for (int64_t r = 0; r < s.n; r++) {
        float sum = 0;

        s.units[r] = (uint32_t)rk_rng_below(&rng, UNITS);
        s.labels[r] = (float)rk_rng_below(&rng, n_classes > 1 ? (uint64_t)n_classes : 2);
        for (int64_t c = 0; c < n_classes; c++)
            sum += s.probs[r * n_classes + c] = 0.02F + rk_rng_float(&rng);
        for (int64_t c = 0; c < n_classes; c++) {
            float *p = &s.probs[r * n_classes + c];

            *p /= n_classes > 1 ? sum : 1.04F;
            s.logits[r * n_classes + c] = n_classes > 1 ? logf(*p) : logf(*p / (1 - *p));
        }
    }
    return s;
}

/* The rows of each unit as often as it counts, every time as another unit. */
static sample repeated(const sample *s, const uint32_t *counts)
{
    sample out = { .n_classes = s->n_classes };

    for (int64_t r = 0; r < s->n; r++)
        for (uint32_t copy = 0; copy < counts[s->units[r]]; copy++, out.n++) {
            size_t bytes = (size_t)s->n_classes * sizeof(float);

            out.labels[out.n] = s->labels[r];
            out.units[out.n] = s->units[r] + copy * UNITS;
            memcpy(&out.logits[out.n * s->n_classes], &s->logits[r * s->n_classes], bytes);
            memcpy(&out.probs[out.n * s->n_classes], &s->probs[r * s->n_classes], bytes);
        }
    return out;
}

static void add_rows(rk_metric *metric, const rk_metric_def *def, const sample *s, int64_t begin, int64_t n)
{
    char texts[MOST_ROWS * 2];
    int64_t offsets[MOST_ROWS + 1] = { 0 };
    rk_column group = { .kind = RK_COLUMN_BYTES, .offsets = offsets, .bytes = texts };
    rk_metric_batch batch = { .n_rows = n,
                              .n_classes = s->n_classes,
                              .labels = s->labels + begin,
                              .logits = s->logits + begin * s->n_classes,
                              .probs = s->probs + begin * s->n_classes,
                              .ld_logits = s->n_classes,
                              .ld_probs = s->n_classes,
                              .group = def->group_field ? &group : NULL,
                              .units = s->units + begin };
    rocket_error err = { 0 };

    for (int64_t i = 0; i < n; i++) {
        texts[2 * i] = (char)('0' + s->units[begin + i] % 8);
        texts[2 * i + 1] = (char)('0' + s->units[begin + i] / 8);
        offsets[i + 1] = 2 * (i + 1);
    }
    if (def->add(metric, &batch, &err) != ROCKET_OK)
        fail_msg("%s: %s", def->field, err.text);
}

static double value_of(const rk_metric_def *def, const ProtobufCMessage *options, const sample *s, int64_t batch_rows,
                       const uint32_t *counts)
{
    rk_metric *metric = def->open(def, options);
    rocket_error err = { 0 };
    double value = 0;

    assert_non_null(metric);
    for (int64_t begin = 0; begin < s->n; begin += batch_rows)
        add_rows(metric, def, s, begin, s->n - begin < batch_rows ? s->n - begin : batch_rows);
    if (def->finish)
        assert_int_equal(def->finish(metric, &err), ROCKET_OK);
    assert_int_equal(def->result(&value, metric, counts, &err), ROCKET_OK);
    def->close(metric);
    return value;
}

static void assert_same(const rk_metric_def *def, const char *what, double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%s, %s: %.17g, expected %.17g", def->field, what, value, expected);
}

static void check(const rk_metric_def *def, const ProtobufCMessage *options, uint64_t seed)
{
    sample s = draw(seed, def->min_classes > 1 ? CLASSES : 1), drawn;
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 1, 0);
    double value = value_of(def, options, &s, s.n, NULL);
    uint32_t once[UNITS], counts[UNITS];

    for (int u = 0; u < UNITS; u++) {
        once[u] = 1;
        counts[u] = (uint32_t)rk_rng_below(&rng, MOST_COPIES + 1);
    }
    drawn = repeated(&s, counts);
    assert_true(isfinite(value));
    assert_same(def, "in batches of 7 rows", value_of(def, options, &s, 7, NULL), value);
    assert_same(def, "every unit once", value_of(def, options, &s, s.n, once), value);
    assert_same(def, "a resample", value_of(def, options, &s, s.n, counts),
                value_of(def, options, &drawn, drawn.n, NULL));
}

/* With the options that an empty message has. */
static void values_are_of_the_rows(void **state)
{
    (void)state;
    for (const rk_metric_def *const *def = rk_metrics; *def; def++) {
        char override[128];
        const ProtobufCMessage *options = NULL;

        snprintf(override, sizeof override, "eval_config.metrics_set={ %s { } }", (*def)->field);
        rk_config *config = config_text_open(&(config_text){ CONFIG_TEXT_SOUND, { override } });
        rk_oneof_name(&rk_config_view(config)->eval->metrics_set[0]->base, &options);
        for (uint64_t seed = 0; seed < 20; seed++)
            check(*def, options, seed);
        rk_config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_of_the_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
