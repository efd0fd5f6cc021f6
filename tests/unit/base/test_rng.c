/* Random numbers: Philox known answers (Random123's own vectors), streams, positions, distributions. */
#include "rk_test.h"

#include <math.h>
#include <string.h>

#include "rng.h"

static void philox_known_answers(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } vectors[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
          { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];

        rk_philox(out, vectors[i].counter, vectors[i].key);
        assert_memory_equal(out, vectors[i].out, sizeof out);
    }
}

/* The documented layout, spelt out once more: resumed runs depend on it. */
static void streams_have_the_documented_layout(void **state)
{
    const uint64_t seed = 0x1122334455667788, step = 0x99AABBCCDDEEFF00, index = 0x0123456789ABCDEF;
    uint32_t key[4], block[4];
    rk_rng rng = rk_rng_at(seed, RK_RNG_TEST, step, index);

    (void)state;
    rk_philox(key, (uint32_t[]){ 0x89ABCDEF, 0x01234567, RK_RNG_TEST, 0 }, (uint32_t[]){ 0x55667788, 0x11223344 });
    for (uint32_t b = 0; b < 3; b++) {
        rk_philox(block, (uint32_t[]){ b, 0, 0xDDEEFF00, 0x99AABBCC }, key);
        for (int i = 0; i < 4; i++)
            assert_int_equal(rk_rng_u32(&rng), block[i]);
    }
}

static void streams_differ_in_every_part_of_the_name(void **state)
{
    rk_rng streams[] = { rk_rng_at(1, RK_RNG_TEST, 2, 3),
                         rk_rng_at(2, RK_RNG_TEST, 2, 3),
                         rk_rng_at(1, RK_RNG_INIT, 2, 3),
                         rk_rng_at(1, RK_RNG_TEST, 3, 3),
                         rk_rng_at(1, RK_RNG_TEST, 2, 4),
                         rk_rng_at(1ULL << 32 | 1, RK_RNG_TEST, 2, 3),
                         rk_rng_at(1, RK_RNG_TEST, 1ULL << 32 | 2, 3),
                         rk_rng_at(1, RK_RNG_TEST, 2, 1ULL << 32 | 3) };
    uint32_t first[8][4];

    (void)state;
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 4; j++)
            first[i][j] = rk_rng_u32(&streams[i]);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(first[i], first[j], sizeof first[i]);
}

static void words_are_the_same_as_drawing(void **state)
{
    rk_rng one = rk_rng_at(3, RK_RNG_TEST, 1, 2), many = one;
    uint32_t words[40];

    (void)state;
    for (uint64_t n = 0; n < 40; n++) { /* from every place within a block */
        rk_rng_words(&many, words, n);
        for (uint64_t i = 0; i < n; i++)
            assert_int_equal(words[i], rk_rng_u32(&one));
    }
}

static void skipping_is_the_same_as_drawing(void **state)
{
    uint32_t words[64];
    rk_rng rng = rk_rng_at(5, RK_RNG_TEST, 0, 0);

    (void)state;
    for (size_t i = 0; i < 64; i++)
        words[i] = rk_rng_u32(&rng);
    for (uint64_t i = 0; i < 63; i++) {
        rk_rng_skip_to(&rng, i);
        assert_int_equal(rk_rng_u32(&rng), words[i]);
        assert_int_equal(rk_rng_u32(&rng), words[i + 1]);
    }
    /* Over the carry between the two halves of the block number. */
    rk_rng_skip_to(&rng, (1ULL << 34) - 1);
    rk_rng_u32(&rng);
    uint32_t next = rk_rng_u32(&rng);
    rk_rng_skip_to(&rng, 1ULL << 34);
    assert_int_equal(rk_rng_u32(&rng), next);
}

static void below_is_in_range_and_even(void **state)
{
    enum { N = 60000, K = 6 };
    int counts[K] = { 0 };
    rk_rng rng = rk_rng_at(7, RK_RNG_TEST, 0, 0);

    (void)state;
    for (int i = 0; i < N; i++)
        counts[rk_rng_below(&rng, K)]++;
    for (int i = 0; i < K; i++) /* five standard deviations */
        assert_true(fabs((double)counts[i] - N / K) < 5 * sqrt(N * (1.0 / K) * (1 - 1.0 / K)));
    for (int i = 0; i < 100; i++) {
        assert_int_equal(rk_rng_below(&rng, 1), 0);
        assert_true(rk_rng_below(&rng, (1ULL << 63) + 1) <= 1ULL << 63);
    }
}

static void uniforms_have_their_moments(void **state)
{
    enum { N = 100000 };
    double sum_float = 0, sum_double = 0, squares = 0;
    rk_rng rng = rk_rng_at(8, RK_RNG_TEST, 0, 0);

    (void)state;
    for (int i = 0; i < N; i++) {
        float f = rk_rng_float(&rng);
        double d = rk_rng_double(&rng);

        assert_true(f >= 0 && f < 1);
        assert_true(d >= 0 && d < 1);
        sum_float += (double)f;
        sum_double += d;
        squares += d * d;
    }
    double tolerance = 5 / sqrt(12.0 * N);
    assert_true(fabs(sum_float / N - 0.5) < tolerance);
    assert_true(fabs(sum_double / N - 0.5) < tolerance);
    assert_true(fabs(squares / N - 1.0 / 3) < 5 * sqrt(4.0 / 45 / N));
}

static void normals_have_their_moments(void **state)
{
    enum { N = 100000 };
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0;
    int within = 0;
    rk_rng rng = rk_rng_at(9, RK_RNG_TEST, 0, 0);

    (void)state;
    for (int i = 0; i < N; i++) {
        double x = rk_rng_normal(&rng);

        assert_true(isfinite(x));
        m1 += x, m2 += x * x, m3 += x * x * x, m4 += x * x * x * x;
        within += fabs(x) < 1;
    }
    assert_true(fabs(m1 / N) < 5 * sqrt(1.0 / N));
    assert_true(fabs(m2 / N - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(m3 / N) < 5 * sqrt(15.0 / N));
    assert_true(fabs(m4 / N - 3) < 5 * sqrt(96.0 / N));
    assert_true(fabs(within / (double)N - 0.6826894921) < 5 * sqrt(0.2166 / N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_known_answers),
        cmocka_unit_test(streams_have_the_documented_layout),
        cmocka_unit_test(streams_differ_in_every_part_of_the_name),
        cmocka_unit_test(words_are_the_same_as_drawing),
        cmocka_unit_test(skipping_is_the_same_as_drawing),
        cmocka_unit_test(below_is_in_range_and_even),
        cmocka_unit_test(uniforms_have_their_moments),
        cmocka_unit_test(normals_have_their_moments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
