/* Shards as they are written and read back; what each has. */
#include <string.h>

#include "rk_test.h"
#include "shard.h"

static void as_written(void **state)
{
    static const char *const good[] = { "0/1", "1/2", "not:1/2", "999999/1000000", "not:999999/1000000" };
    static const char *const bad[] = { "",        "1",       "/",       "1/",        "/2",    "2/2",
                                       "not:0/1", "0/0",     "-1/2",    "0/1000001", "1/2/3", "not:",
                                       "not1/2",  "not:1/1", "no more", "0x1/2",     "1,2/3", "NOT:1/2" };
    char text[RK_SHARD_BYTES];
    rk_shard shard = { 0 };

    (void)state;
    assert_string_equal(rk_shard_print(text, shard), "");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(rk_shard_parse(&shard, good[i], NULL), ROCKET_OK);
        assert_string_equal(rk_shard_print(text, shard), good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rocket_error err = { 0 };

        assert_int_equal(rk_shard_parse(&shard, bad[i], &err), ROCKET_USAGE);
        assert_non_null(strstr(err.text, bad[i]));
    }
    assert_string_equal(rk_shard_print(text, shard), "not:999999/1000000"); /* as it was */
}

static void shards_are_disjoint_and_the_whole(void **state)
{
    (void)state;
    for (uint64_t n = 1; n < 9; n++)
        for (uint64_t i = 0; i < 50; i++) {
            uint64_t n_have = 0;

            for (uint64_t index = 0; index < n; index++) {
                rk_shard shard = { .index = index, .n = n }, others = { .index = index, .n = n, .others = true };

                assert_int_equal(rk_shard_has(shard, i), i % n == index);
                assert_int_equal(rk_shard_has(others, i), i % n != index);
                n_have += rk_shard_has(shard, i);
            }
            assert_int_equal(n_have, 1);
            assert_true(rk_shard_has((rk_shard){ 0 }, i));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_written),
        cmocka_unit_test(shards_are_disjoint_and_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
