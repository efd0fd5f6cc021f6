/* The arena: alignment, zeroes, limit, sticky failure. */
#include "rk_test.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "mem.h"

static void objects_do_not_overlap(void **state)
{
    enum { N = 2000 };
    static unsigned char *objects[N];
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    for (size_t i = 0; i < N; i++) {
        size_t n = i * 37 % 501 + (i % 400 == 399 ? 100000 : 0);

        objects[i] = rk_arena_alloc(&arena, n, 1);
        assert_non_null(objects[i]);
        assert_int_equal((uintptr_t)objects[i] % 16, 0);
        for (size_t j = 0; j < n; j++)
            assert_int_equal(objects[i][j], 0);
        memset(objects[i], (int)(i % 255 + 1), n);
    }
    for (size_t i = 0; i < N; i++) {
        size_t n = i * 37 % 501 + (i % 400 == 399 ? 100000 : 0);

        for (size_t j = 0; j < n; j++)
            assert_int_equal(objects[i][j], i % 255 + 1);
    }
    assert_false(rk_arena_failed(&arena));
    rk_arena_clear(&arena);
    assert_int_equal(rk_alloc_live_bytes(), 0);
}

static void a_large_object_leaves_the_open_block_open(void **state)
{
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    char *a = rk_arena_alloc(&arena, 16, 1);
    assert_non_null(rk_arena_alloc(&arena, 1 << 22, 1));
    char *b = rk_arena_alloc(&arena, 16, 1);
    assert_ptr_equal(b, a + 16);
    rk_arena_clear(&arena);
}

static void strings(void **state)
{
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 0);
    assert_string_equal(rk_arena_strdup(&arena, "abc"), "abc");
    assert_string_equal(rk_arena_strndup(&arena, "abc", 2), "ab");
    assert_string_equal(rk_arena_strndup(&arena, NULL, 0), "");
    assert_string_equal(rk_arena_printf(&arena, "%s-%d", "x", 12), "x-12");
    rk_arena_clear(&arena);
}

static void the_limit_holds_and_failure_sticks(void **state)
{
    rk_arena arena;

    (void)state;
    rk_arena_init(&arena, 64);
    assert_non_null(rk_arena_alloc(&arena, 1, 33)); /* 48 with its rounding */
    assert_null(rk_arena_alloc(&arena, 1, 17));
    assert_true(rk_arena_failed(&arena));
    assert_null(rk_arena_alloc(&arena, 1, 1));
    assert_null(rk_arena_printf(&arena, "x"));
    rk_arena_clear(&arena);
    assert_false(rk_arena_failed(&arena));
    assert_non_null(rk_arena_alloc(&arena, 4, 16));
    assert_null(rk_arena_alloc(&arena, 1, 1));
    rk_arena_clear(&arena);
    assert_null(rk_arena_alloc(&arena, SIZE_MAX / 2, 3));
    rk_arena_clear(&arena);
    rk_arena_init(&arena, 0);
    assert_null(rk_arena_alloc(&arena, SIZE_MAX, 1));
    rk_arena_clear(&arena);
}

static rocket_status many_objects(void *arg)
{
    rk_arena arena;

    (void)arg;
    rk_arena_init(&arena, 0);
    for (size_t i = 0; i < 100; i++)
        rk_arena_alloc(&arena, i, 100);
    rocket_status status = rk_arena_failed(&arena) ? ROCKET_FAILED : ROCKET_OK;
    rk_arena_clear(&arena);
    return status;
}

static void failed_allocations(void **state)
{
    (void)state;
    assert_survives_failed_allocations(many_objects, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_do_not_overlap),
        cmocka_unit_test(a_large_object_leaves_the_open_block_open),
        cmocka_unit_test(strings),
        cmocka_unit_test(the_limit_holds_and_failure_sticks),
        cmocka_unit_test(failed_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
