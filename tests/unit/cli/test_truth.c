/* The best reachable figures of a simulated log against sums over all pairs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mem.h"
#include "truth.h"

enum { ROWS = 3000, USERS = 40 };

/* Share of ordered pairs among rows of a user (-1: of all), ties half; NaN without a pair. */
static double pair_auc(const rk_impression *rows, int64_t user)
{
    double right = 0, pairs = 0;

    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < ROWS; j++) {
            float a = (float)rows[i].rate, b = (float)rows[j].rate;

            if (!rows[i].click || rows[j].click || (user >= 0 && (rows[i].user != user || rows[j].user != user)))
                continue;
            pairs++;
            right += a > b ? 1 : a == b ? 0.5 : 0;
        }
    return right / pairs;
}

static void figures_equal_sums_over_pairs(void **state)
{
    rk_impression *rows = rk_alloc(ROWS, sizeof *rows);
    rk_simulator *simulator;
    rocket_error err = { 0 };
    rk_truth truth;
    rk_buf lines;
    double users = 0, sum = 0, loss = 0, clicks = 0;

    (void)state;
    assert_int_equal(rk_simulator_new(&simulator, 2, &(rk_simulator_options){ .n_users = USERS, .n_ads = 60 }, &err),
                     ROCKET_OK);
    rk_buf_init(&lines, 0);
    for (uint64_t i = 0; i < ROWS; i++)
        rk_simulator_row(simulator, i, &lines, &rows[i]);
    rows[7] = rows[8]; /* a tie */
    rows[7].click = !rows[8].click;
    assert_int_equal(rk_truth_measure(&truth, rows, ROWS, &err), ROCKET_OK);
    for (int u = 0; u < USERS; u++) {
        double auc = pair_auc(rows, u);

        users += !isnan(auc);
        sum += isnan(auc) ? 0 : auc;
    }
    for (int i = 0; i < ROWS; i++) {
        clicks += rows[i].click;
        loss -= log(rows[i].click ? rows[i].rate : 1 - rows[i].rate);
    }
    assert_true(users > 10);
    assert_true(fabs(truth.auc - pair_auc(rows, -1)) < 1e-12);
    assert_true(fabs(truth.gauc - sum / users) < 1e-12);
    assert_true(fabs(truth.log_loss - loss / ROWS) < 1e-12);
    assert_true(truth.click_rate == clicks / ROWS);
    rk_buf_clear(&lines);
    rk_simulator_free(simulator);
    rk_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_equal_sums_over_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
