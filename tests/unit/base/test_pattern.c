/* Regular expressions: what is found, and what is refused because Python would mean something else. */
#include "pattern.h"

#include <string.h>

#include "rk_test.h"

static void patterns_are_searched_for(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool found;
    } cases[] = {
        { "share_dnn", "share_dnn/dnn_0/kernel", true },
        { "share_dnn", "booster_dnn/dnn_0/kernel", false },
        { "^dnn", "share_dnn/dnn_0/kernel", false },
        { "(light|booster)_dnn/dnn_[0-9]+/bn", "light_dnn/dnn_12/bn/gamma", true },
        { "[^]]x", "]x", false },
        { "kernel$", "share_dnn/dnn_0/kernel", true },
        { "kernel$", "share_dnn/dnn_0/kernels", false },
        { "\\w+\\.x", "ab.x", true },
        { "", "anything", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rk_pattern *pattern;

        assert_int_equal(rk_pattern_new(&pattern, cases[i].pattern, NULL), ROCKET_OK);
        assert_int_equal(rk_pattern_matches(pattern, cases[i].text), cases[i].found);
        rk_pattern_free(pattern);
    }
}

static void foreign_patterns_are_refused(void **state)
{
    static const char *const wrong[] = { "dnn_\\d", "(?i)dnn", "[\\w]", "\\1", "(dnn", "[dnn" };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        rk_pattern *pattern = NULL;
        rocket_error err = { 0 };

        assert_int_equal(rk_pattern_new(&pattern, wrong[i], &err), ROCKET_CONFIG);
        assert_non_null(strstr(err.text, wrong[i]));
        assert_null(pattern);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_are_searched_for),
        cmocka_unit_test(foreign_patterns_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
