/* Metrics against EasyRec's own figures: fixtures/metrics, four sets of 2,000 rows fed in batches of 300, as there. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "metric_feed.h"

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
static double grouped(const golden_set *set, const char *name)
{
    bool by_session = !strncmp(name, "session_auc_", 12);
    char reduction[64];
    Rocket__GAUC gauc = ROCKET__GAUC__INIT;
    Rocket__SessionAUC session_auc = ROCKET__SESSION_AUC__INIT;
    metric_rows rows = { N, set->labels, set->scores, set->logits, by_session ? set->sessions : set->uids };

    snprintf(reduction, sizeof reduction, "%s", name + (by_session ? 12 : 5));
    gauc.reduction = session_auc.reduction = reduction;
    return metric_feed(rk_metric_find(by_session ? "session_auc" : "gauc"), by_session ? &session_auc.base : &gauc.base,
                       &rows, 300);
}

static double value_of(const golden_set *set, const char *name)
{
    metric_rows rows = { N, set->labels, set->scores, set->logits, NULL };
    metric_rows on_score = { N, set->labels, set->scores, set->scores, NULL };

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
    return grouped(set, name);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_equal_easyrecs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
