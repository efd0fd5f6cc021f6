/* Our files in the real safetensors package, and its files in our reader. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "python_check.h"
#include "rk_test.h"
#include "tensors.h"

static void write_ours(const char *path)
{
    static const char note[] = "line\n\"quoted\" \xe2\x82\xac";
    static const int64_t pair[2] = { -1, 2 };
    static const uint64_t step = 7;
    float weights[15];
    rocket_error err = { 0 };
    rk_tensor_writer *writer = rk_tensor_writer_new();

    for (int i = 0; i < 15; i++)
        weights[i] = (float)i / 4;
    const rk_tensor_info tensors[] = {
        { "weights", RK_F32, 2, { 5, 3 }, weights, sizeof weights },
        { "step", RK_U64, 0, { 0 }, &step, sizeof step },
        { "empty", RK_F32, 2, { 0, 7 }, weights, 0 },
        { "gr\xc3\xb6\xc3\x9f"
          "e",
          RK_I64,
          2,
          { 1, 2 },
          pair,
          sizeof pair },
        { "text", RK_U8, 1, { 9 }, "light net", 9 },
    };
    rk_tensor_writer_meta(writer, "note", note, sizeof note - 1);
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++)
        rk_tensor_writer_add(writer, &tensors[i]);
    assert_int_equal(rk_tensor_writer_save(writer, path, &err), ROCKET_OK);
    rk_tensor_writer_free(writer);
}

static void read_theirs(const char *path)
{
    rocket_error err = { 0 };
    rk_tensor_file *file = NULL;

    assert_int_equal(rk_tensor_file_open(&file, path, false, &err), ROCKET_OK);
    assert_int_equal(rk_tensor_file_size(file), 2);
    const rk_tensor_info *a = rk_tensor_file_find(file, "a"), *b = rk_tensor_file_find(file, "b");
    assert_true(a->type == RK_F32 && a->rank == 2 && a->dims[0] == 2 && a->dims[1] == 1);
    assert_true(((const float *)a->data)[1] == 2.0f);
    assert_true(b->type == RK_F64 && b->rank == 1 && b->dims[0] == 6);
    assert_true(((const double *)b->data)[5] == 5.0);
    assert_string_equal(rk_tensor_file_meta(file, "format", NULL), "np");
    rk_tensor_file_close(file);

    assert_int_equal(rk_tensor_file_open(&file, path, true, &err), ROCKET_CORRUPT);
    assert_non_null(strstr(err.text, "no checksums"));
}

static void the_package_and_we_read_each_other(void **state)
{
    char ours[64], theirs[64];

    (void)state;
    snprintf(ours, sizeof ours, "ours_%d.safetensors", (int)getpid());
    snprintf(theirs, sizeof theirs, "theirs_%d.safetensors", (int)getpid());
    write_ours(ours);
    rk_python_check("safetensors", "safetensors_check.py", ours, theirs);
    read_theirs(theirs);
    unlink(ours);
    unlink(theirs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_package_and_we_read_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
