/* The click-log simulator: the same bytes from the same seed in any order, lines that are what the header says, and
 * statistics of a click log. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mem.h"
#include "number.h"
#include "simulator.h"

enum { COLUMNS = 20, ROWS = 40000 };

static rk_simulator *simulator_new(uint64_t seed, uint64_t n_users, uint64_t n_ads)
{
    rk_simulator *simulator = NULL;
    rocket_error err = { 0 };

    if (rk_simulator_new(&simulator, seed, &(rk_simulator_options){ .n_users = n_users, .n_ads = n_ads }, &err) !=
        ROCKET_OK)
        fail_msg("%s", err.text);
    return simulator;
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    rk_simulator *a = simulator_new(5, 300, 100), *b = simulator_new(5, 300, 100), *c = simulator_new(6, 300, 100);
    rk_buf forward, backward, other;
    int same = 0;

    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        rk_impression x, y;

        rk_buf_init(&forward, 0);
        rk_buf_init(&backward, 0);
        rk_buf_init(&other, 0);
        rk_simulator_row(a, i, &forward, &x);
        rk_simulator_row(b, 500 - i, &backward, NULL); /* what was made before does not matter */
        rk_buf_reset(&backward);
        rk_simulator_row(b, i, &backward, &y);
        rk_simulator_row(c, i, &other, NULL);
        assert_int_equal(forward.size, backward.size);
        assert_memory_equal(forward.data, backward.data, forward.size);
        assert_true(x.rate == y.rate && x.click == y.click && x.user == y.user);
        same += forward.size == other.size && !memcmp(forward.data, other.data, other.size);
        rk_buf_clear(&forward);
        rk_buf_clear(&backward);
        rk_buf_clear(&other);
    }
    assert_true(same < 5); /* another seed is another world */
    rk_simulator_free(a);
    rk_simulator_free(b);
    rk_simulator_free(c);
}

/* Cut a line in place into its cells; their number. */
static int cut(char *line, char *cells[COLUMNS + 1])
{
    int n = 0;

    line[strcspn(line, "\n")] = 0;
    for (char *at = line; at && n <= COLUMNS; n++) {
        cells[n] = at;
        at = strchr(at, ',');
        if (at)
            *at++ = 0;
    }
    return n;
}

static int column(const char *name)
{
    for (int i = 0; rk_simulator_columns[i]; i++)
        if (!strcmp(rk_simulator_columns[i], name))
            return i;
    fail_msg("no column %s", name);
    return -1;
}

static int64_t number(const char *cell)
{
    int64_t value;

    if (!*cell)
        return -1;
    if (!rk_parse_i64(cell, strlen(cell), &value))
        fail_msg("\"%s\" is no number", cell);
    return value;
}

static void check_cells(char *const cells[COLUMNS], const rk_impression *impression)
{
    assert_int_equal(number(cells[column("clk")]), impression->click);
    assert_true(number(cells[column("buy")]) <= impression->click); /* nobody buys without a click */
    assert_int_equal(number(cells[column("user_id")]), impression->user + 1);
    assert_in_range(number(cells[column("price")]), 0, 49);
    assert_in_range(number(cells[column("adgroup_id")]), 1, 5000);
    assert_in_range(number(cells[column("age_level")]) + 1, 0, 7);
    assert_in_range(number(cells[column("final_gender_code")]) + 1, 0, 3);
    assert_true(impression->rate > 0 && impression->rate < 1);
    /* all of a profile is missing, or none of it but what is missing by itself */
    assert_int_equal(!*cells[column("age_level")], !*cells[column("cms_segid")]);
}

static void rows_look_like_a_click_log(void **state)
{
    rk_simulator *simulator = simulator_new(1, 20000, 5000);
    int clicks = 0, buys = 0, no_profile = 0, no_brand = 0, no_history = 0, top_ads = 0;
    double rates = 0, squares = 0;
    rk_buf line;

    (void)state;
    rk_buf_init(&line, 0);
    for (uint64_t i = 0; i < ROWS; i++) {
        char *cells[COLUMNS + 1];
        rk_impression impression;
        double odds;

        rk_buf_reset(&line);
        rk_simulator_row(simulator, i, &line, &impression);
        assert_int_equal(line.data[line.size - 1], '\n');
        assert_int_equal(cut(line.data, cells), COLUMNS);
        check_cells(cells, &impression);
        clicks += impression.click;
        buys += cells[column("buy")][0] == '1';
        no_profile += !*cells[column("age_level")];
        no_brand += !*cells[column("brand")];
        no_history += !*cells[column("tag_brand_list")];
        top_ads += number(cells[column("adgroup_id")]) <= 50;
        odds = log(impression.rate / (1 - impression.rate));
        rates += odds;
        squares += odds * odds;
    }
    assert_in_range(clicks, 0.045 * ROWS, 0.055 * ROWS);
    assert_in_range(buys, 1, clicks / 5);
    assert_in_range(no_profile, 0.04 * ROWS, 0.08 * ROWS);
    assert_in_range(no_brand, 0.08 * ROWS, 0.22 * ROWS);
    assert_in_range(no_history, 0.05 * ROWS, 0.15 * ROWS);
    assert_in_range(top_ads, 0.1 * ROWS, 0.5 * ROWS); /* the first hundredth of the ads */
    assert_true(sqrt(squares / ROWS - rates / ROWS * (rates / ROWS)) > 0.8);
    rk_buf_clear(&line);
    rk_simulator_free(simulator);
}

/* Clicks come at the stated rates: in each tenth of the range, within four standard deviations. */
static void rates_are_true(void **state)
{
    rk_simulator *simulator = simulator_new(3, 2000, 500);
    double expected[10] = { 0 }, variance[10] = { 0 }, clicks[10] = { 0 };
    rk_buf line;

    (void)state;
    rk_buf_init(&line, 0);
    for (uint64_t i = 0; i < ROWS; i++) {
        rk_impression impression;
        int bin;

        rk_buf_reset(&line);
        rk_simulator_row(simulator, i, &line, &impression);
        bin = (int)(10 * impression.rate);
        expected[bin] += impression.rate;
        variance[bin] += impression.rate * (1 - impression.rate);
        clicks[bin] += impression.click;
    }
    for (int i = 0; i < 10; i++)
        assert_true(fabs(clicks[i] - expected[i]) <= 4 * sqrt(variance[i]) + 1e-9);
    rk_buf_clear(&line);
    rk_simulator_free(simulator);
}

static void tiny_worlds_work(void **state)
{
    rk_simulator *simulator = simulator_new(1, 1, 1);
    rk_simulator *none = NULL;
    rocket_error err = { 0 };
    rk_buf lines;

    (void)state;
    rk_buf_init(&lines, 0);
    for (uint64_t i = 0; i < 100; i++)
        rk_simulator_row(simulator, i, &lines, NULL);
    assert_false(rk_buf_failed(&lines));
    rk_buf_clear(&lines);
    rk_simulator_free(simulator);
    assert_int_equal(rk_simulator_new(&none, 1, &(rk_simulator_options){ .n_ads = 5 }, &err), ROCKET_USAGE);
    assert_null(none);
    assert_non_null(strstr(err.text, "users"));
}

static void failed_allocations_leak_nothing(void **state)
{
    rocket_status status = ROCKET_FAILED;

    (void)state;
    for (uint64_t n = 1; status != ROCKET_OK; n++) {
        uint64_t live = rk_alloc_live_bytes();
        rk_simulator *simulator = NULL;
        rocket_error err = { 0 };

        rk_alloc_fail_at(n);
        status = rk_simulator_new(&simulator, 1, &(rk_simulator_options){ .n_users = 30, .n_ads = 20 }, &err);
        rk_alloc_fail_at(0);
        assert_int_equal(simulator == NULL, status != ROCKET_OK);
        rk_simulator_free(simulator);
        assert_int_equal(rk_alloc_live_bytes(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(rows_look_like_a_click_log),
        cmocka_unit_test(rates_are_true),
        cmocka_unit_test(tiny_worlds_work),
        cmocka_unit_test(failed_allocations_leak_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
