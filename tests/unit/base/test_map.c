/* The hash map against a plain array: every key found, no other, through many growths. */
#include "rk_test.h"

#include <stdio.h>
#include <string.h>

#include "map.h"
#include "mem.h"

static void keys_are_found_and_keep_their_first_value(void **state)
{
    rk_map *map = rk_map_new();
    bool existed = true;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char key[32];
        int n = snprintf(key, sizeof key, "key%d", i);

        assert_int_equal(rk_map_get(map, key, (size_t)n), -1);
        assert_true(rk_map_put(map, key, (size_t)n, i, &existed));
        assert_false(existed);
        memset(key, '?', sizeof key); /* keys are copied */
    }
    for (int i = 0; i < 20000; i++) {
        char key[32];
        int n = snprintf(key, sizeof key, "key%d", i);

        assert_int_equal(rk_map_get(map, key, (size_t)n), i);
        assert_int_equal(rk_map_get(map, key, (size_t)n - 1), i / 10 == 0 ? -1 : i / 10);
        assert_true(rk_map_put(map, key, (size_t)n, 7, &existed));
        assert_true(existed);
        assert_int_equal(rk_map_get(map, key, (size_t)n), i);
    }
    assert_int_equal(rk_map_size(map), 20000);
    rk_map_free(map);
    rk_map_free(NULL);
}

static void any_bytes_are_keys(void **state)
{
    rk_map *map = rk_map_new();

    (void)state;
    assert_int_equal(rk_map_get(map, "", 0), -1);
    assert_true(rk_map_put(map, "", 0, 1, NULL));
    assert_true(rk_map_put(map, "\0", 1, 2, NULL));
    assert_true(rk_map_put(map, "\0\0", 2, 3, NULL));
    assert_int_equal(rk_map_get(map, NULL, 0), 1);
    assert_int_equal(rk_map_get(map, "\0", 1), 2);
    assert_int_equal(rk_map_get(map, "\0\0", 2), 3);
    rk_map_free(map);
}

static rocket_status fill(void *arg)
{
    rk_map *map = rk_map_new();
    rocket_status status = map ? ROCKET_OK : ROCKET_FAILED;

    (void)arg;
    for (int i = 0; map && i < 300; i++) {
        size_t before = rk_map_size(map);

        if (rk_map_put(map, (char *)&i, sizeof i, i, NULL))
            continue;
        status = ROCKET_FAILED;
        assert_int_equal(rk_map_size(map), before); /* as it was, and usable */
        assert_int_equal(rk_map_get(map, (char *)&i, sizeof i), -1);
        assert_true(rk_map_put(map, (char *)&i, sizeof i, i, NULL));
    }
    for (int i = 0; map && i < 300; i++)
        assert_int_equal(rk_map_get(map, (char *)&i, sizeof i), i);
    rk_map_free(map);
    return status;
}

static void failed_allocations(void **state)
{
    (void)state;
    assert_survives_failed_allocations(fill, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_and_keep_their_first_value),
        cmocka_unit_test(any_bytes_are_keys),
        cmocka_unit_test(failed_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
