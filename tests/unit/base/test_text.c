/* "Did you mean": slips that must be understood, and words that must not be guessed. */
#include "rk_test.h"

#include <string.h>

#include "text.h"

static const char *const words[] = {
    "learning_rate", "adam_optimizer", "num_steps", "batch_size", "id", "l2", "adagrad"
};

static const char *closest(const char *word)
{
    return rk_closest(word, words, sizeof words / sizeof *words);
}

static void slips_are_understood(void **state)
{
    (void)state;
    assert_string_equal(closest("learning_rte"), "learning_rate");
    assert_string_equal(closest("laerning_rate"), "learning_rate");
    assert_string_equal(closest("learningrate"), "learning_rate");
    assert_string_equal(closest("Batch_Size"), "batch_size");
    assert_string_equal(closest("adam_optimiser"), "adam_optimizer");
    assert_string_equal(closest("nsteps"), "num_steps");
    assert_string_equal(closest("l1"), "l2");
    assert_string_equal(closest("di"), "id");
    assert_string_equal(closest("adagrad"), "adagrad");
}

static void strangers_are_not_guessed(void **state)
{
    static char long_word[200];

    (void)state;
    memset(long_word, 'a', sizeof long_word - 1);
    assert_null(closest("momentum"));
    assert_null(closest("xy"));
    assert_null(closest("x"));
    assert_null(closest(""));
    assert_null(closest(long_word));
    assert_null(rk_closest("a", NULL, 0));
    assert_null(rk_closest("aaaa", (const char *const[]){ long_word, "" }, 2));
}

static void the_first_of_equals_wins(void **state)
{
    static const char *const pair[] = { "cat", "car" };

    (void)state;
    assert_ptr_equal(rk_closest("cap", pair, 2), pair[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_are_understood),
        cmocka_unit_test(strangers_are_not_guessed),
        cmocka_unit_test(the_first_of_equals_wins),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
