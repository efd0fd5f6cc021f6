/* The allocator: alignment, zeroes, counters, overflow, the failing allocation. */
#include "rk_test.h"

#include <string.h>

#include "mem.h"

static bool is_zero(const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i])
            return false;
    return true;
}

static void memory_is_aligned_and_zero(void **state)
{
    void *blocks[200];

    (void)state;
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = rk_alloc(i, 7);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 64, 0);
        assert_true(is_zero(blocks[i], i * 7));
        memset(blocks[i], 0xAA, i * 7); /* so that reuse would show */
    }
    for (size_t i = 0; i < 200; i += 2)
        rk_free(blocks[i]);
    for (size_t i = 0; i < 200; i += 2) {
        blocks[i] = rk_alloc(7, i);
        assert_true(is_zero(blocks[i], i * 7));
    }
    for (size_t i = 0; i < 200; i++)
        rk_free(blocks[i]);
}

static void realloc_keeps_and_zeroes(void **state)
{
    static const size_t sizes[] = { 1, 100, 50, 5000, 4999, 300000, 70, 1 << 20, 3 << 20, 0, 10 };
    unsigned char *p = NULL;
    size_t before = 0;

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t kept = before < sizes[i] ? before : sizes[i];

        p = rk_realloc(p, sizes[i], 1);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t j = 0; j < kept; j++)
            assert_int_equal(p[j], (unsigned char)(j * 31 + 1));
        assert_true(is_zero((char *)p + kept, sizes[i] - kept));
        for (size_t j = 0; j < sizes[i]; j++)
            p[j] = (unsigned char)(j * 31 + 1);
        before = sizes[i];
    }
    rk_free(p);
}

static void growing_leaves_room_and_keeps_what_is_there(void **state)
{
    size_t capacity = 0;
    int *p = rk_grow(NULL, &capacity, 3, sizeof *p), *same;

    (void)state;
    assert_non_null(p);
    assert_true(capacity >= 3);
    p[2] = 7;
    same = rk_grow(p, &capacity, capacity, sizeof *p);
    assert_ptr_equal(same, p);
    p = rk_grow(p, &capacity, 1000, sizeof *p);
    assert_true(capacity >= 1000);
    assert_int_equal(p[2], 7);
    assert_int_equal(p[999], 0);
    rk_alloc_fail_at(1);
    capacity = 1000;
    assert_null(rk_grow(p, &capacity, 2000, sizeof *p));
    assert_int_equal(capacity, 1000);
    rk_free(p);
}

static void too_much_is_refused(void **state)
{
    char *p = rk_alloc(1, 8);

    (void)state;
    assert_null(rk_alloc(SIZE_MAX, 2));
    assert_null(rk_alloc(SIZE_MAX / 2, 3));
    assert_null(rk_alloc(SIZE_MAX, 1));
    assert_null(rk_alloc((size_t)PTRDIFF_MAX, 1));
    p[0] = 5;
    assert_null(rk_realloc(p, SIZE_MAX, 8));
    assert_int_equal(p[0], 5);
    rk_free(p);
    rk_free(NULL);
}

static void counters_count(void **state)
{
    uint64_t count = rk_alloc_count(), live = rk_alloc_live_bytes();
    void *p = rk_alloc(10, 100);

    (void)state;
    assert_int_equal(rk_alloc_count(), count + 1);
    assert_int_equal(rk_alloc_live_bytes(), live + 1000);
    assert_true(rk_alloc_peak_bytes() >= live + 1000);
    p = rk_realloc(p, 10, 300);
    assert_int_equal(rk_alloc_count(), count + 2);
    assert_int_equal(rk_alloc_live_bytes(), live + 3000);
    uint64_t peak = rk_alloc_peak_bytes();
    rk_free(p);
    assert_int_equal(rk_alloc_live_bytes(), live);
    assert_int_equal(rk_alloc_peak_bytes(), peak);
}

static void the_nth_allocation_fails_once(void **state)
{
    (void)state;
    rk_alloc_fail_at(3);
    void *a = rk_alloc(1, 1), *b = rk_realloc(NULL, 1, 1);
    assert_true(a && b);
    assert_true(rk_alloc_fail_pending());
    assert_null(rk_realloc(a, 2, 1));
    assert_false(rk_alloc_fail_pending());
    void *c = rk_alloc(1, 1);
    assert_non_null(c);
    rk_alloc_fail_at(1);
    rk_alloc_fail_at(0);
    void *d = rk_alloc(1, 1);
    assert_non_null(d);
    rk_free(a), rk_free(b), rk_free(c), rk_free(d);
}

static void strings_are_copied(void **state)
{
    char *a = rk_strdup("light"), *b = rk_strndup("booster", 5), *c = rk_strndup(NULL, 0);

    (void)state;
    assert_string_equal(a, "light");
    assert_string_equal(b, "boost");
    assert_string_equal(c, "");
    rk_alloc_fail_at(1);
    assert_null(rk_strdup("x"));
    rk_free(a), rk_free(b), rk_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_and_zero),
        cmocka_unit_test(realloc_keeps_and_zeroes),
        cmocka_unit_test(growing_leaves_room_and_keeps_what_is_there),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(counters_count),
        cmocka_unit_test(the_nth_allocation_fails_once),
        cmocka_unit_test(strings_are_copied),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
