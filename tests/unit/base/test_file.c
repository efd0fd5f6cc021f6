/* Reading files and folders; each failure names the path. */
#include "rk_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "mem.h"

static test_folder folder;

static int set_up(void **state)
{
    (void)state;
    folder = make_test_folder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_test_folder(folder);
    return 0;
}

static const char *in_folder(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder.path, name);
    return path;
}

static void make_file(const char *name, const char *text)
{
    assert_int_equal(rk_file_write(in_folder(name), text, strlen(text), NULL), ROCKET_OK);
}

static void files_are_mapped(void **state)
{
    rk_map_file map;

    (void)state;
    make_file("a", "contents");
    make_file("empty", "");
    assert_int_equal(rk_file_map(&map, in_folder("a"), NULL), ROCKET_OK);
    assert_int_equal(map.size, 8);
    assert_memory_equal(map.data, "contents", 8);
    make_file("a", "other"); /* a replaced file stays mapped as it was */
    assert_memory_equal(map.data, "contents", 8);
    rk_file_unmap(&map);
    assert_int_equal(map.size, 0);
    rk_file_unmap(&map);
    assert_int_equal(rk_file_map(&map, in_folder("empty"), NULL), ROCKET_OK);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    rk_file_unmap(&map);
}

static void what_cannot_be_mapped(void **state)
{
    rk_map_file map = { (const unsigned char *)"x", 1 };
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_file_map(&map, in_folder("absent"), &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "absent: cannot open: No such file or directory"));
    rk_error_clear(&err);
    assert_int_equal(rk_file_map(&map, folder.path, &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "expected a regular file"));
    assert_int_equal(map.size, 1);
}

static void files_are_read_up_to_a_maximum(void **state)
{
    rk_buf buf;
    rocket_error err = { 0 };
    static char text[200001];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    make_file("long", text);
    rk_buf_init(&buf, 200003);
    rk_buf_puts(&buf, "abc");
    assert_int_equal(rk_file_read(&buf, in_folder("long"), &err), ROCKET_OK);
    assert_int_equal(buf.size, 200003);
    assert_memory_equal(buf.data, "abcxxx", 6);
    assert_int_equal(rk_file_read(&buf, in_folder("long"), &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "long: expected at most 200003 bytes, found more"));
    rk_buf_clear(&buf);
    rk_error_clear(&err);
    assert_int_equal(rk_file_read(&buf, folder.path, &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "expected a regular file or a pipe"));
    assert_int_equal(rk_file_read(&buf, "/dev/full", NULL), ROCKET_FAILED);
    assert_int_equal(buf.size, 0);
    rk_buf_clear(&buf);
}

static rocket_status read_long(void *arg)
{
    rk_buf buf;

    (void)arg;
    rk_buf_init(&buf, 0);
    rocket_status status = rk_file_read(&buf, in_folder("long"), NULL);
    rk_buf_clear(&buf);
    return status;
}

static void failed_allocations(void **state)
{
    (void)state;
    make_file("long", "some text");
    assert_survives_failed_allocations(read_long, NULL);
}

static void folders_are_made(void **state)
{
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_mkdirs(in_folder("m/n//o/"), &err), ROCKET_OK);
    assert_int_equal(rk_mkdirs(in_folder("m/n/o"), &err), ROCKET_OK);
    assert_true(rk_file_exists(in_folder("m/n/o")));
    make_file("m/plain", "");
    assert_int_equal(rk_mkdirs(in_folder("m/plain/x"), &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "m/plain: cannot make folder: Not a directory"));
    assert_int_equal(rk_mkdirs("", NULL), ROCKET_FAILED);
    assert_int_equal(rk_mkdirs("/", NULL), ROCKET_OK);
}

static void files_are_removed(void **state)
{
    (void)state;
    make_file("gone", "x");
    assert_true(rk_file_exists(in_folder("gone")));
    assert_int_equal(rk_file_remove(in_folder("gone"), NULL), ROCKET_OK);
    assert_false(rk_file_exists(in_folder("gone")));
    assert_int_equal(rk_file_remove(in_folder("gone"), NULL), ROCKET_OK);
    assert_int_equal(rk_file_remove(folder.path, NULL), ROCKET_FAILED);
}

static void the_clock_runs(void **state)
{
    double start = rk_now_s();

    (void)state;
    usleep(2000);
    assert_true(rk_now_s() - start >= 0.002 && rk_now_s() - start < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_mapped),
        cmocka_unit_test(what_cannot_be_mapped),
        cmocka_unit_test(files_are_read_up_to_a_maximum),
        cmocka_unit_test(failed_allocations),
        cmocka_unit_test(folders_are_made),
        cmocka_unit_test(files_are_removed),
        cmocka_unit_test(the_clock_runs),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
