/* Fast AUCs against what they are defined as: every pair of rows counted, group after group. */
#include <math.h>

#include "metric_feed.h"
#include "rng.h"

enum { MAX_ROWS = 400 };

typedef struct sample {
    float labels[MAX_ROWS], scores[MAX_ROWS];
    int64_t groups[MAX_ROWS];
    int64_t n;
} sample;

/* Few distinct scores make ties, few rows make groups of one class. */
static sample draw(uint64_t seed)
{
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, 1, 0);
    sample s = { .n = 1 + (int64_t)rk_rng_below(&rng, MAX_ROWS) };
    uint64_t levels = seed % 3 == 0 ? 5 : seed % 3 == 1 ? 50 : 1U << 24, n_groups = 1 + rk_rng_below(&rng, 40);
    double rate = seed % 4 == 0 ? 0.02 : 0.4;

    for (int64_t i = 0; i < s.n; i++) {
        s.labels[i] = rk_rng_double(&rng) < rate;
        s.scores[i] = (float)rk_rng_below(&rng, levels + 1) / (float)levels;
        s.groups[i] = (int64_t)rk_rng_below(&rng, n_groups) - 3;
    }
    return s;
}

typedef struct pairs {
    double right, all, rows, positives;
} pairs;

/* All pairs of the rows of one group, or of all rows. */
static pairs count_pairs(const sample *s, const int64_t *group)
{
    pairs p = { 0 };

    for (int64_t i = 0; i < s->n; i++) {
        if (group && s->groups[i] != *group)
            continue;
        p.rows++;
        p.positives += (double)s->labels[i];
        for (int64_t k = 0; k < s->n && s->labels[i] > 0; k++) {
            if (s->labels[k] > 0 || (group && s->groups[k] != *group))
                continue;
            p.all++;
            p.right += s->scores[i] > s->scores[k] ? 1 : s->scores[i] == s->scores[k] ? 0.5 : 0;
        }
    }
    return p;
}

static void assert_same(double fast, double slow, uint64_t seed)
{
    if (isnan(slow) ? !isnan(fast) : !(fabs(fast - slow) < 1e-12))
        fail_msg("seed %llu: %.17g, by pairs %.17g", (unsigned long long)seed, fast, slow);
}

static void exact_auc_is_the_share_of_ordered_pairs(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        sample s = draw(seed);
        metric_rows rows = { s.n, s.labels, s.scores, s.scores, NULL, NULL, NULL };
        pairs p = count_pairs(&s, NULL);
        int64_t batch_rows = 1 + (int64_t)(seed % 97);

        assert_same(metric_feed(rk_metric_find("exact_auc"), NULL, &rows, batch_rows), p.right / p.all, seed);
    }
}

static double naive_gauc(const sample *s, int by)
{
    double sum = 0, weights = 0;

    for (int64_t group = -3; group < 40; group++) {
        pairs p = count_pairs(s, &group);
        double weight = by == 0 ? 1 : by == 1 ? p.rows : p.positives;

        if (p.all == 0)
            continue;
        sum += weight * p.right / p.all;
        weights += weight;
    }
    return weights > 0 ? sum / weights : 0;
}

static void gauc_is_the_weighted_mean_of_exact_aucs(void **state)
{
    static const char *const reductions[] = { "mean", "mean_by_sample_num", "mean_by_positive_num" };

    (void)state;
    for (uint64_t seed = 0; seed < 150; seed++) {
        sample s = draw(seed);
        metric_rows rows = { s.n, s.labels, s.scores, s.scores, s.groups, NULL, NULL };

        for (int by = 0; by < 3; by++) {
            char reduction[32];
            Rocket__GAUC options = ROCKET__GAUC__INIT;

            snprintf(reduction, sizeof reduction, "%s", reductions[by]);
            options.reduction = reduction;
            assert_same(metric_feed(rk_metric_find("gauc"), &options.base, &rows, 64), naive_gauc(&s, by), seed);
        }
    }
}

/* More thresholds than distinct scores, none of them on a score: nothing is left of the approximation but e. */
static void thresholded_auc_approaches_the_exact_one(void **state)
{
    Rocket__AUC options = ROCKET__AUC__INIT;

    (void)state;
    options.num_thresholds = 1000003;
    for (uint64_t seed = 0; seed < 30; seed++) {
        sample s = draw(3 * seed); /* five levels */
        metric_rows rows = { s.n, s.labels, s.scores, s.scores, NULL, NULL, NULL };
        pairs p = count_pairs(&s, NULL);

        if (p.all > 0)
            assert_true(fabs(metric_feed(rk_metric_find("auc"), &options.base, &rows, 100) - p.right / p.all) < 1e-5);
    }
}

/* AUC asks for order only. */
static void exact_auc_survives_monotone_maps(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 50; seed++) {
        sample s = draw(3 * seed);
        float mapped[MAX_ROWS];
        metric_rows rows = { s.n, s.labels, s.scores, s.scores, NULL, NULL, NULL },
                    other = { s.n, s.labels, mapped, mapped, NULL, NULL, NULL };

        for (int64_t i = 0; i < s.n; i++)
            mapped[i] = s.scores[i] * s.scores[i] * 0.25F;
        assert_same(metric_feed(rk_metric_find("exact_auc"), NULL, &other, 100),
                    metric_feed(rk_metric_find("exact_auc"), NULL, &rows, 100), seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_auc_is_the_share_of_ordered_pairs),
        cmocka_unit_test(gauc_is_the_weighted_mean_of_exact_aucs),
        cmocka_unit_test(thresholded_auc_approaches_the_exact_one),
        cmocka_unit_test(exact_auc_survives_monotone_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
