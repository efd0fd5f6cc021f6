/* What every test includes: cmocka with the headers that it wants before it, and our failing allocator. */
#ifndef RK_TEST_H
#define RK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rocket/status.h"

/* Run fn(arg) with its first allocation failing, then its second, ... until a run meets no failure any more; that one
 * must succeed. Each failed run must say ROCKET_FAILED. No run may leave memory behind: fn frees what it made, also
 * when it succeeds. Fails the test otherwise, and when fn allocates nothing at all. */
void assert_survives_failed_allocations(rocket_status (*fn)(void *arg), void *arg);

/* A new empty folder, removed with its contents by remove_test_folder. Both fail the test on trouble. */
typedef struct test_folder {
    char path[64];
} test_folder;
test_folder make_test_folder(void);
void remove_test_folder(test_folder folder);

#endif
