/* The inline Fingerprint64 gives what FarmHash gives, for a million random strings and every length up to 100. */
#include <stdio.h>

#include "fingerprint.h"
#include "rk_test.h"
#include "rng.h"

enum { LONGEST = 100, PADDING = 8 };

static void compare(const char *text, size_t n)
{
    if (rk_fingerprint64_padded(text, n) != rk_fingerprint64(text, n))
        fail_msg("%zu bytes <%.*s>: %016llx, expected %016llx", n, (int)n, text,
                 (unsigned long long)rk_fingerprint64_padded(text, n), (unsigned long long)rk_fingerprint64(text, n));
}

static void random_strings_hash_as_by_the_library(void **state)
{
    rk_rng rng = rk_rng_at(5, RK_RNG_TEST, 0, 0);
    char text[LONGEST + PADDING];

    (void)state;
    for (int turn = 0; turn < 1000000; turn++) {
        size_t n = turn % 2 ? rk_rng_below(&rng, 9) : rk_rng_below(&rng, LONGEST + 1);
        bool digits = rk_rng_below(&rng, 2);

        for (size_t i = 0; i < n + PADDING; i++)
            text[i] = (char)(digits ? '0' + rk_rng_below(&rng, 10) : rk_rng_below(&rng, 256));
        compare(text, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(random_strings_hash_as_by_the_library) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
