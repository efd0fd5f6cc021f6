/* Helpers of the tests; see rk_test.h. */
#include "rk_test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mem.h"

void assert_survives_failed_allocations(rocket_status (*fn)(void *arg), void *arg)
{
    for (uint64_t n = 1; n < 1000000; n++) {
        uint64_t live = rk_alloc_live_bytes();

        rk_alloc_fail_at(n);
        rocket_status status = fn(arg);
        bool met = !rk_alloc_fail_pending();
        rk_alloc_fail_at(0);
        assert_int_equal(rk_alloc_live_bytes(), live);
        if (!met) {
            assert_int_equal(status, ROCKET_OK);
            assert_true(n > 1);
            return;
        }
        assert_int_equal(status, ROCKET_FAILED);
    }
    fail_msg("a million allocations and no end");
}

test_folder make_test_folder(void)
{
    test_folder folder;

    snprintf(folder.path, sizeof folder.path, "/tmp/rocket-test-XXXXXX");
    assert_non_null(mkdtemp(folder.path));
    return folder;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

void remove_test_folder(test_folder folder)
{
    assert_int_equal(nftw(folder.path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}
