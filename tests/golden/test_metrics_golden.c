/* Metrics against EasyRec's own figures: fixtures/metrics, four sets of 2,000 rows fed in batches of 300, as there; and
 * those that EasyRec has not, resamples and intervals against scikit-learn's (resampled.py, bootstrap.py). */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "bootstrap.h"
#include "metric_feed.h"
#include "scored_rows.h"

enum { N = 2000 };

typedef struct golden_set {
    float labels[N], scores[N], logits[N];
    int64_t uids[N], sessions[N];
} golden_set;

static FILE *open_fixture(const char *name)
{
    char path[1024], header[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/tests/golden/fixtures/metrics/%s.csv", ROCKET_SOURCE_DIR, name);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(header, sizeof header, file));
    return file;
}

static float from_bits(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static void read_set(golden_set *set, const char *name)
{
    FILE *file = open_fixture(name);

    for (int i = 0; i < N; i++) {
        int label;
        uint32_t score, logit;

        assert_int_equal(fscanf(file, "%d,%" SCNx32 ",%" SCNx32 ",%" SCNd64 ",%" SCNd64, &label, &score, &logit,
                                &set->uids[i], &set->sessions[i]),
                         5);
        set->labels[i] = (float)label;
        set->scores[i] = from_bits(score);
        set->logits[i] = from_bits(logit);
    }
    fclose(file);
}

static double auc(const metric_rows *rows, uint32_t n_thresholds)
{
    Rocket__AUC options = ROCKET__AUC__INIT;

    options.num_thresholds = n_thresholds;
    return metric_feed(rk_metric_find("auc"), &options.base, rows, 300);
}

/* name is "gauc_<reduction>" or "session_auc_<reduction>". */
static double grouped(const golden_set *set, metric_rows rows, const char *name)
{
    bool by_session = !strncmp(name, "session_auc_", 12);
    char reduction[64];
    Rocket__GAUC gauc = ROCKET__GAUC__INIT;
    Rocket__SessionAUC session_auc = ROCKET__SESSION_AUC__INIT;

    rows.groups = by_session ? set->sessions : set->uids;
    snprintf(reduction, sizeof reduction, "%s", name + (by_session ? 12 : 5));
    gauc.reduction = session_auc.reduction = reduction;
    return metric_feed(rk_metric_find(by_session ? "session_auc" : "gauc"), by_session ? &session_auc.base : &gauc.base,
                       &rows, 300);
}

static double value_of(const golden_set *set, const char *name)
{
    metric_rows rows = { N, set->labels, set->scores, set->logits, NULL, NULL, NULL };
    metric_rows on_score = { N, set->labels, set->scores, set->scores, NULL, NULL, NULL };

    if (!strcmp(name, "auc_200"))
        return auc(&rows, 200);
    if (!strcmp(name, "auc_10000"))
        return auc(&rows, 10000);
    if (!strcmp(name, "max_f1_on_logit"))
        return metric_feed(rk_metric_find("max_f1"), NULL, &rows, 300);
    if (!strcmp(name, "max_f1_on_score"))
        return metric_feed(rk_metric_find("max_f1"), NULL, &on_score, 300);
    if (!strcmp(name, "exact_auc"))
        return metric_feed(rk_metric_find("exact_auc"), NULL, &rows, 300);
    return grouped(set, rows, name);
}

static void metrics_equal_easyrecs(void **state)
{
    static golden_set sets[4];
    static const char *const names[4] = { "a", "b", "c", "d" };
    FILE *expected = open_fixture("expected");
    char set[8], metric[64];
    double value;
    int n = 0;

    (void)state;
    for (int i = 0; i < 4; i++)
        read_set(&sets[i], names[i]);
    for (; fscanf(expected, "%1[a-d],%63[^,],%lf\n", set, metric, &value) == 3; n++) {
        double found = value_of(&sets[set[0] - 'a'], metric);

        if (!(fabs(found - value) < 1e-6))
            fail_msg("%s of set %s: %.9f, EasyRec has %.9f", metric, set, found, value);
    }
    assert_int_equal(n, 44);
    fclose(expected);
}

static double plain_value_of(const golden_set *set, const char *name, const uint32_t *units, const uint32_t *counts)
{
    Rocket__Ece ece = ROCKET__ECE__INIT;
    metric_rows rows = { N, set->labels, set->scores, set->logits, NULL, units, counts };

    if (strstr(name, "auc_mean"))
        return grouped(set, rows, name);
    if (!strcmp(name, "auc"))
        return auc(&rows, 200);
    return metric_feed(rk_metric_find(name), !strcmp(name, "ece") ? &ece.base : NULL, &rows, 300);
}

static void assert_near(double found, double value, const char *set, const char *metric, const char *counts)
{
    if (isnan(value) ? !isnan(found) : !(fabs(found - value) < 1e-9))
        fail_msg("%s of set %s, %s: %.12f, scikit-learn has %.12f", metric, set, counts, found, value);
}

/* Once as they are, without and with units; and users drawn 0 to 3 times each. */
static void metrics_and_resamples_equal_scikit_learns(void **state)
{
    static golden_set sets[4];
    static const char *const names[4] = { "a", "b", "c", "d" };
    static uint32_t units[4][N], counts[N];
    FILE *expected = open_fixture("resampled");
    char name[8], metric[64], times[8];
    double value;
    int n = 0;

    (void)state;
    for (int i = 0; i < 4; i++) {
        read_set(&sets[i], names[i]);
        for (int r = 0; r < N; r++)
            units[i][r] = (uint32_t)sets[i].uids[r];
    }
    for (uint32_t u = 0; u < N; u++)
        counts[u] = (7 * u + 3) % 4;
    for (; fscanf(expected, "%1[a-d],%63[^,],%7[^,],%lf\n", name, metric, times, &value) == 4; n++) {
        int i = name[0] - 'a';
        bool drawn = !strcmp(times, "drawn");

        assert_near(plain_value_of(&sets[i], metric, units[i], drawn ? counts : NULL), value, name, metric, times);
        if (!drawn)
            assert_near(plain_value_of(&sets[i], metric, NULL, NULL), value, name, metric, "without units");
    }
    assert_int_equal(n, 128);
    fclose(expected);
}

static const rk_column *the_column(void *ctx, const char *field)
{
    (void)field;
    return ctx;
}

typedef struct measured {
    rk_interval intervals[8];
    rk_metric_set *set;
} measured;

/* The golden rows with 4,000 resamples of the users. */
static void measure(measured *out, const golden_set *set)
{
    static const char text[] = "data_config { input_fields { input_name: 'user' } } model_config { num_class: 1 }"
                               "eval_config { metrics_set { gauc { uid_field: 'user' } } }";
    rk_config_source source = { .name = "m.config", .text = text, .n = sizeof text - 1 };
    static const bool light[RK_N_NETS] = { [RK_LIGHT] = true };
    static const char *const user = "user";
    rk_config *config = NULL;
    rocket_error err = { 0 };
    rk_scored_rows rows;
    metric_rows all = { N, set->labels, set->scores, set->logits, set->uids, NULL, NULL };
    rk_column users = metric_group_column(&all, 0, N);
    rk_metric_batch batch = { .n_rows = N,
                              .n_classes = 1,
                              .labels = set->labels,
                              .logits = set->logits,
                              .probs = set->scores,
                              .ld_logits = 1,
                              .ld_probs = 1 };

    assert_int_equal(rk_config_parse(&config, &source, NULL, &err), ROCKET_OK);
    assert_int_equal(rk_scored_rows_init(&rows, 1, light, &user, 1, &err), ROCKET_OK);
    assert_int_equal(rk_scored_rows_put(&rows, RK_LIGHT, &batch, &err), ROCKET_OK);
    assert_int_equal(rk_scored_rows_add(&rows, &batch, the_column, &users, &err), ROCKET_OK);
    rk_row_choice choice = { .n = N, .units = true, .by = &rows.fields[0] };
    assert_int_equal(rk_scored_rows_measure(&out->set, &rows, config, &choice, &err), ROCKET_OK);
    rk_bootstrap bootstrap = { .sets = (const rk_metric_set *const *)&out->set,
                               .n_sets = 1,
                               .n_units = rows.fields[0].n_texts,
                               .n_resamples = 4000,
                               .seed = 1,
                               .pool = rk_pool_new(2) };
    assert_int_equal(rk_bootstrap_intervals(out->intervals, &bootstrap, 0.95, &err), ROCKET_OK);
    rk_pool_free(bootstrap.pool);
    rk_scored_rows_clear(&rows);
    rk_free(users.offsets);
    rk_free(users.bytes);
    rk_config_free(config);
}

static rk_interval interval_of(const measured *m, const char *metric)
{
    for (size_t i = 0; i < rk_metric_set_size(m->set); i++)
        if (strcmp(rk_metric_set_result(m->set, i)->def->field, metric) == 0)
            return m->intervals[i];
    fail_msg("no interval of %s", metric);
    return (rk_interval){ 0 };
}

/* Two bootstraps of 4,000 resamples: their ends scatter by about 2 % of the width. */
static void intervals_equal_those_of_repeated_rows(void **state)
{
    FILE *expected = open_fixture("bootstrap");
    char name[8], metric[64];
    double low, high;
    int n = 0;

    (void)state;
    for (; fscanf(expected, "%1[a-d],%63[^,],%lf,%lf\n", name, metric, &low, &high) == 4; n++) {
        static golden_set set;
        measured m;

        read_set(&set, name);
        measure(&m, &set);
        rk_interval found = interval_of(&m, metric);
        double slack = 0.08 * (high - low);
        if (!(fabs(found.low - low) < slack && fabs(found.high - high) < slack))
            fail_msg("%s of set %s: [%g, %g], by repeated rows [%g, %g]", metric, name, found.low, found.high, low,
                     high);
        rk_metric_set_free(m.set);
    }
    assert_int_equal(n, 6);
    fclose(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_equal_easyrecs),
        cmocka_unit_test(metrics_and_resamples_equal_scikit_learns),
        cmocka_unit_test(intervals_equal_those_of_repeated_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
