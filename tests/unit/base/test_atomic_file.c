/* Atomic writes: path is the old file or the new one; after abort, failure or an uncommitted crash it is the old one.
 */
#include "rk_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "file.h"
#include "mem.h"

static test_folder folder;
static char path[256];

static int set_up(void **state)
{
    (void)state;
    folder = make_test_folder();
    snprintf(path, sizeof path, "%s/model", folder.path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_test_folder(folder);
    return 0;
}

static void assert_contents(const char *expected)
{
    rk_buf buf;

    rk_buf_init(&buf, 0);
    assert_int_equal(rk_file_read(&buf, path, NULL), ROCKET_OK);
    assert_int_equal(buf.size, strlen(expected));
    assert_memory_equal(buf.data, expected, buf.size);
    rk_buf_clear(&buf);
}

static size_t files_in_folder(void)
{
    rk_arena arena;
    rk_paths paths;

    rk_arena_init(&arena, 0);
    assert_int_equal(rk_list_dir(&paths, &arena, folder.path, NULL), ROCKET_OK);
    rk_arena_clear(&arena);
    return paths.n;
}

static void commit_replaces(void **state)
{
    rk_atomic_file *file;

    (void)state;
    assert_int_equal(rk_file_write(path, "old", 3, NULL), ROCKET_OK);
    assert_int_equal(rk_atomic_open(&file, path, NULL), ROCKET_OK);
    rk_atomic_write(file, "ne", 2);
    assert_contents("old");
    rk_atomic_write(file, "w", 1);
    rk_atomic_write(file, NULL, 0);
    assert_int_equal(rk_atomic_commit(file, NULL), ROCKET_OK);
    assert_contents("new");
    assert_int_equal(files_in_folder(), 1);
}

static void abort_leaves_the_old_file(void **state)
{
    rk_atomic_file *file;

    (void)state;
    assert_int_equal(rk_file_write(path, "old", 3, NULL), ROCKET_OK);
    assert_int_equal(rk_atomic_open(&file, path, NULL), ROCKET_OK);
    rk_atomic_write(file, "new", 3);
    rk_atomic_abort(file);
    rk_atomic_abort(NULL);
    assert_contents("old");
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(rk_alloc_live_bytes(), 0);
}

static void all_sizes_around_the_buffer_arrive(void **state)
{
    static char bytes[300000];
    static const size_t chunks[] = { 1, 7, 65535, 65536, 65537, 100000 };
    rk_map_file map;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 131 >> 3);
    for (size_t c = 0; c < sizeof chunks / sizeof *chunks; c++) {
        rk_atomic_file *file;

        assert_int_equal(rk_atomic_open(&file, path, NULL), ROCKET_OK);
        for (size_t at = 0; at < sizeof bytes; at += chunks[c])
            rk_atomic_write(file, bytes + at, at + chunks[c] < sizeof bytes ? chunks[c] : sizeof bytes - at);
        assert_int_equal(rk_atomic_commit(file, NULL), ROCKET_OK);
        assert_int_equal(rk_file_map(&map, path, NULL), ROCKET_OK);
        assert_int_equal(map.size, sizeof bytes);
        assert_memory_equal(map.data, bytes, sizeof bytes);
        rk_file_unmap(&map);
    }
}

/* A limit on the file's size stands for the full disk: the fault sticks, comes out at commit, and nothing is left. */
static void a_failed_write_leaves_the_old_file(void **state)
{
    static char bytes[200000];
    struct rlimit before, small;
    rk_atomic_file *file;
    rocket_error err = { 0 };

    (void)state;
    assert_int_equal(rk_file_write(path, "old", 3, NULL), ROCKET_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 70000;
    setrlimit(RLIMIT_FSIZE, &small);
    assert_int_equal(rk_atomic_open(&file, path, NULL), ROCKET_OK);
    rk_atomic_write(file, bytes, sizeof bytes);
    rk_atomic_write(file, "more", 4);
    rocket_status status = rk_atomic_commit(file, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, ROCKET_FAILED);
    assert_non_null(strstr(err.text, "model: cannot write: File too large"));
    assert_contents("old");
    assert_int_equal(files_in_folder(), 1);
}

static void a_killed_writer_leaves_the_old_file(void **state)
{
    int status;

    (void)state;
    assert_int_equal(rk_file_write(path, "old", 3, NULL), ROCKET_OK);
    pid_t child = fork();
    if (child == 0) {
        static char bytes[200000];
        rk_atomic_file *file;

        if (rk_atomic_open(&file, path, NULL) == ROCKET_OK)
            rk_atomic_write(file, bytes, sizeof bytes);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_contents("old");
    assert_int_equal(rk_file_write(path, "new", 3, NULL), ROCKET_OK); /* what it left is in nobody's way */
    assert_contents("new");
}

static void the_mode_is_that_of_a_new_file(void **state)
{
    struct stat info;
    mode_t before = umask(027);

    (void)state;
    assert_int_equal(rk_file_write(path, "x", 1, NULL), ROCKET_OK);
    umask(before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

static void what_is_no_file_is_not_replaced(void **state)
{
    rocket_error err = { 0 };
    char inner[300];

    (void)state;
    assert_int_equal(rk_file_write("/dev/null", "x", 1, &err), ROCKET_FAILED);
    assert_string_equal(err.text, "/dev/null: expected a regular file");
    assert_int_equal(rk_file_write(folder.path, "x", 1, NULL), ROCKET_FAILED);
    snprintf(inner, sizeof inner, "%s/", folder.path);
    assert_int_equal(rk_file_write(inner, "x", 1, NULL), ROCKET_FAILED);
    assert_int_equal(rk_file_write("", "x", 1, NULL), ROCKET_FAILED);
    snprintf(inner, sizeof inner, "%s/no/such/folder", folder.path);
    rk_error_clear(&err);
    assert_int_equal(rk_file_write(inner, "x", 1, &err), ROCKET_FAILED);
    assert_non_null(strstr(err.text, "cannot create: No such file or directory"));
}

/* Names as the writer makes them; 2147483646 is no process on any Linux (pids are far smaller). */
static void sweep_removes_what_dead_writers_left(void **state)
{
    (void)state;
    static const char *const names[] = { ".a.ckpt.2147483646.0.tmp", ".b.1.0.tmp",
                                         "c.2147483646.0.tmp",       ".d.tmp",
                                         ".2147483646.0.tmp",        ".e.2147483646.x.tmp" };
    char file[512], place[400];
    snprintf(place, sizeof place, "%s.d", path);
    assert_int_equal(rk_mkdirs(place, NULL), ROCKET_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", place, names[i]);
        assert_int_equal(rk_file_write(file, "x", 1, NULL), ROCKET_OK);
    }
    assert_int_equal(rk_atomic_sweep(place, NULL), ROCKET_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", place, names[i]);
        assert_int_equal(rk_file_exists(file), i != 0); /* process 1 lives */
        assert_int_equal(rk_file_remove(file, NULL), ROCKET_OK);
    }
    assert_int_equal(rmdir(place), 0);
    assert_int_equal(rk_atomic_sweep(place, NULL), ROCKET_FAILED); /* no such folder */
}

/* A file written again takes the place of what killed writers of this very file have left, and of nothing else. */
static void writing_again_removes_what_was_left_of_the_file(void **state)
{
    (void)state;
    static const char *const names[] = { ".a.csv.2147483646.0.tmp", ".a.csv.2147483646.12.tmp", ".a.csv.1.0.tmp",
                                         ".a.2147483646.0.tmp", ".a.csv.b.2147483646.0.tmp" };
    char file[512], place[400];
    snprintf(place, sizeof place, "%s.e", path);
    assert_int_equal(rk_mkdirs(place, NULL), ROCKET_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", place, names[i]);
        assert_int_equal(rk_file_write(file, "x", 1, NULL), ROCKET_OK);
    }
    snprintf(file, sizeof file, "%s/a.csv", place);
    assert_int_equal(rk_file_write(file, "x", 1, NULL), ROCKET_OK);
    assert_int_equal(rk_file_remove(file, NULL), ROCKET_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", place, names[i]);
        assert_int_equal(rk_file_exists(file), i > 1);
        assert_int_equal(rk_file_remove(file, NULL), ROCKET_OK);
    }
    assert_int_equal(rmdir(place), 0);
}

static rocket_status write_file(void *arg)
{
    (void)arg;
    return rk_file_write(path, "new", 3, NULL);
}

static void failed_allocations(void **state)
{
    (void)state;
    assert_survives_failed_allocations(write_file, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commit_replaces),
        cmocka_unit_test(abort_leaves_the_old_file),
        cmocka_unit_test(all_sizes_around_the_buffer_arrive),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(a_killed_writer_leaves_the_old_file),
        cmocka_unit_test(the_mode_is_that_of_a_new_file),
        cmocka_unit_test(what_is_no_file_is_not_replaced),
        cmocka_unit_test(sweep_removes_what_dead_writers_left),
        cmocka_unit_test(writing_again_removes_what_was_left_of_the_file),
        cmocka_unit_test(failed_allocations),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
