/* The search file: what every line draws, that draws are named and not taken in turn, and every fault's sentence. */
#include <math.h>
#include <string.h>

#include "number.h"
#include "rk_test.h"
#include "search_space.h"

enum { N_DRAWS = 2000 };

static const char space_text[] = "# sizes\n"
                                 "\n"
                                 "  light_dnn.hidden_units : choice([8], [16, 8] ,\t[32]) # three\r\n"
                                 "features[:].name: choice(\"a,b)\", { x: 1, y: (2) })\n"
                                 "hint.weight: uniform(-1, 3)\n"
                                 "rate: log_uniform(1e-4, 1)\n"
                                 "batch: int(-2, 2)";

static rk_search_space parse(rk_arena *arena, const char *text)
{
    rk_search_space space;
    rocket_error err = { 0 };

    if (rk_search_space_parse(&space, arena, "s", text, strlen(text), &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return space;
}

/* The value of a drawn "path=value". */
static const char *draw(const rk_search_space *space, size_t i, uint64_t seed, uint64_t trial, rk_arena *arena)
{
    const char *drawn = rk_search_space_draw(space, i, seed, trial, arena);

    assert_non_null(drawn);
    assert_memory_equal(drawn, space->axes[i].path, strlen(space->axes[i].path));
    assert_int_equal(drawn[strlen(space->axes[i].path)], '=');
    return drawn + strlen(space->axes[i].path) + 1;
}

static double number_of(const char *text)
{
    double value;

    assert_true(rk_parse_double(text, strlen(text), &value));
    return value;
}

static void paths_and_choices_are_cut_outside_of_brackets(void **state)
{
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    rk_search_space space = parse(&arena, space_text);
    assert_int_equal(space.n_axes, 5);
    assert_string_equal(space.axes[0].path, "light_dnn.hidden_units");
    assert_int_equal(space.axes[0].n_choices, 3);
    assert_string_equal(space.axes[0].choices[1], "[16, 8]");
    assert_string_equal(space.axes[0].choices[2], "[32]");
    assert_string_equal(space.axes[1].path, "features[:].name");
    assert_int_equal(space.axes[1].n_choices, 2);
    assert_string_equal(space.axes[1].choices[0], "\"a,b)\"");
    assert_string_equal(space.axes[1].choices[1], "{ x: 1, y: (2) }");
    rk_arena_clear(&arena);
}

/* A share of p of n draws, within five standard deviations. */
static void assert_share(int count, int n, double p)
{
    if (fabs(count - n * p) > 5 * sqrt(n * p * (1 - p)))
        fail_msg("expected about %g of %d, found %d", p * n, n, count);
}

static void choices_are_as_likely(void **state)
{
    int seen[3] = { 0 };
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    rk_search_space space = parse(&arena, space_text);
    for (int t = 0; t < N_DRAWS; t++)
        for (int k = 0; k < 3; k++)
            seen[k] += strcmp(draw(&space, 0, 1, (uint64_t)t, &arena), space.axes[0].choices[k]) == 0;
    for (int k = 0; k < 3; k++)
        assert_share(seen[k], N_DRAWS, 1.0 / 3);
    rk_arena_clear(&arena);
}

/* Quarters of the range, on the scale that the distribution is even on. */
static void numbers_fill_their_range_evenly(void **state)
{
    int linear[4] = { 0 }, logarithmic[4] = { 0 };
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    rk_search_space space = parse(&arena, space_text);
    for (int t = 0; t < N_DRAWS; t++) {
        double u = number_of(draw(&space, 2, 1, (uint64_t)t, &arena)),
               v = number_of(draw(&space, 3, 1, (uint64_t)t, &arena));
        assert_true(u >= -1 && u <= 3);
        assert_true(v >= 0.99999e-4 && v <= 1);
        linear[(int)fmin(3, u + 1)]++;
        logarithmic[(int)fmax(0, fmin(3, log10(v) + 4))]++;
    }
    for (int k = 0; k < 4; k++) {
        assert_share(linear[k], N_DRAWS, 0.25);
        assert_share(logarithmic[k], N_DRAWS, 0.25);
    }
    rk_arena_clear(&arena);
}

static void whole_numbers_reach_both_ends(void **state)
{
    int seen[5] = { 0 };
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    rk_search_space space = parse(&arena, space_text);
    for (int t = 0; t < N_DRAWS; t++) {
        double v = number_of(draw(&space, 4, 1, (uint64_t)t, &arena));
        assert_true(v == floor(v) && v >= -2 && v <= 2);
        seen[(int)v + 2]++;
    }
    for (int k = 0; k < 5; k++)
        assert_share(seen[k], N_DRAWS, 0.2);
    rk_arena_clear(&arena);
}

/* Two lines alike but for their paths draw different things; another seed and another trial too. */
static void draws_are_named_by_seed_trial_and_path(void **state)
{
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    rk_search_space one = parse(&arena, "b: uniform(0, 1)"), two = parse(&arena, "a: uniform(0, 1)\nb: uniform(0, 1)");
    const char *b = draw(&one, 0, 7, 3, &arena);
    assert_string_equal(b, draw(&two, 1, 7, 3, &arena));
    assert_string_not_equal(b, draw(&two, 0, 7, 3, &arena));
    assert_string_not_equal(b, draw(&two, 1, 8, 3, &arena));
    assert_string_not_equal(b, draw(&two, 1, 7, 4, &arena));
    rk_arena_clear(&arena);
}

static void faults_have_a_place_and_a_sentence(void **state)
{
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        { "", "s: expected a line \"path: choice(...)\", found none" },
        { "# nothing\n", "s: expected a line \"path: choice(...)\", found none" },
        { "a choice(1)", "s:1:1: expected \"path: choice(...)\", found no colon" },
        { "\n  a[: choice(1)", "s:2:3: expected \"path: choice(...)\", found no colon" },
        { ": choice(1)", "s:1:1: expected a path before the colon" },
        { "a: chioce(1)",
          "s:1:4: expected choice, uniform, log_uniform or int, found \"chioce\"; did you mean \"choice\"?" },
        { "a: (1)", "s:1:4: expected choice, uniform, log_uniform or int, found \"\"" },
        { "a: uniform", "s:1:11: expected ( behind uniform" },
        { "a: choice(1", "s:1:11: expected ) at the end of the list" },
        { "a: choice(\"1)", "s:1:11: expected ) at the end of the list" },
        { "a: choice(1,)", "s:1:13: expected a value before the bracket" },
        { "a: choice(1,,2)", "s:1:13: expected a value before the comma" },
        { "a: choice()", "s:1:11: expected a value before the bracket" },
        { "a: choice(1) 2", "s:1:14: expected the end of the line behind the list" },
        { "a: uniform(1)", "s:1:12: uniform takes two numbers, found 1" },
        { "a: int(1, 2, 3)", "s:1:8: int takes two numbers, found 3" },
        { "a: uniform(0, x)", "s:1:15: expected a number, found \"x\"" },
        { "a: uniform(0, inf)", "s:1:15: expected a number, found \"inf\"" },
        { "a: uniform(2, 1)", "s:1:15: expected the smaller number first, found 2 and 1" },
        { "a: log_uniform(0, 1)", "s:1:19: log_uniform takes numbers above 0, found 0" },
        { "a: int(0, 1.5)", "s:1:11: int takes whole numbers up to 2^53, found 0 and 1.5" },
        { "a: int(0, 1e18)", "s:1:11: int takes whole numbers up to 2^53, found 0 and 1e+18" },
        { "a: int(1, 2)\na: int(1, 2)", "s:2:1: a stands in the file twice" },
        { "a\xff: int(1, 2)", "s: expected a text file in UTF-8" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rk_search_space space;
        rocket_error err = { 0 };
        rk_arena arena;

        rk_arena_init(&arena, 0);
        assert_int_equal(rk_search_space_parse(&space, &arena, "s", cases[i].text, strlen(cases[i].text), &err),
                         ROCKET_CONFIG);
        assert_string_equal(err.text, cases[i].sentence);
        rk_arena_clear(&arena);
    }
}

static rocket_status parse_and_forget(void *arg)
{
    rk_search_space space;
    rk_arena arena;

    (void)arg;
    rk_arena_init(&arena, 0);
    rocket_status status = rk_search_space_parse(&space, &arena, "s", space_text, sizeof space_text - 1, NULL);
    rk_arena_clear(&arena);
    return status;
}

static void without_memory_it_says_so(void **state)
{
    (void)state;
    assert_survives_failed_allocations(parse_and_forget, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_and_choices_are_cut_outside_of_brackets),
        cmocka_unit_test(choices_are_as_likely),
        cmocka_unit_test(numbers_fill_their_range_evenly),
        cmocka_unit_test(whole_numbers_reach_both_ends),
        cmocka_unit_test(draws_are_named_by_seed_trial_and_path),
        cmocka_unit_test(faults_have_a_place_and_a_sentence),
        cmocka_unit_test(without_memory_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
