/* Names that stand for several, and those that only look like it. */
#include <string.h>

#include "name_pattern.h"
#include "rk_test.h"

static void assert_plain(const char *name)
{
    rk_name_pattern pattern = rk_name_pattern_of(name);

    assert_false(pattern.expands);
    assert_int_equal(pattern.count, 1);
    assert_string_equal(rk_name_pattern_at(&pattern, 0, NULL), name);
}

static void patterns_expand(void **state)
{
    rk_name_pattern pattern = rk_name_pattern_of("f_[9-11]");
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    assert_true(pattern.expands);
    assert_int_equal(pattern.count, 3);
    assert_string_equal(rk_name_pattern_at(&pattern, 0, &arena), "f_9");
    assert_string_equal(rk_name_pattern_at(&pattern, 2, &arena), "f_11");
    pattern = rk_name_pattern_of("a[b][007-7]");
    assert_int_equal(pattern.count, 1);
    assert_string_equal(rk_name_pattern_at(&pattern, 0, &arena), "a[b]7");
    rk_arena_clear(&arena);
}

static void other_names_are_themselves(void **state)
{
    (void)state;
    assert_plain("");
    assert_plain("f");
    assert_plain("f[1]");
    assert_plain("f[1-]");
    assert_plain("f[-1]");
    assert_plain("f[1-3");
    assert_plain("f[1-3]x");
    assert_plain("f[a-b]");
    assert_plain("f[1-2-3]");
    assert_plain("f[ 1-2]");
    assert_plain("1-2]");
}

static void wrong_ranges_stand_for_nothing(void **state)
{
    (void)state;
    assert_true(rk_name_pattern_of("f[3-1]").expands);
    assert_int_equal(rk_name_pattern_of("f[3-1]").count, 0);
    assert_int_equal(rk_name_pattern_of("f[1-99999999999999999999999]").count, 0);
    assert_int_equal(rk_name_pattern_of("f[0-4294967296]").count, 0);
    assert_true(rk_name_pattern_of("f[0-4294967295]").count == 4294967296);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_expand),
        cmocka_unit_test(other_names_are_themselves),
        cmocka_unit_test(wrong_ranges_stand_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
