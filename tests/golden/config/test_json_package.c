/* Configs in JSON against Google's own package: what it writes (json_configs.py) is read to the same bytes. */
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "json_format.h"
#include "mem.h"
#include "pipeline.pb-c.h"
#include "python_check.h"
#include "rk_test.h"

static void read_whole(rk_buf *out, const test_folder *folder, int number, const char *ending)
{
    char path[300];
    rocket_error err = { 0 };

    snprintf(path, sizeof path, "%s/%d.%s", folder->path, number, ending);
    rk_buf_reset(out);
    if (rk_file_read(out, path, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
}

static void check_config(const rk_buf *json, const rk_buf *bytes, int number)
{
    Rocket__EasyRecConfig root;
    rk_locations locations;
    rk_faults faults;
    rk_arena arena;

    rocket__easy_rec_config__init(&root);
    rk_arena_init(&arena, 0);
    rk_locations_init(&locations);
    rk_faults_init(&faults);
    const char *text = json->data ? json->data : "";
    rk_text_input in = { text, json->size, "j", false, &arena, &locations, &faults };
    assert_true(rk_json_read(&in, &root.base));
    if (faults.n_errors > 0)
        fail_msg("config %d: %s: %s\n%s", number, faults.items[0].where, faults.items[0].sentence, text);
    size_t n = rocket__easy_rec_config__get_packed_size(&root);
    uint8_t *packed = rk_alloc(n + 1, 1);
    rocket__easy_rec_config__pack(&root, packed);
    if (n != bytes->size || (n > 0 && memcmp(packed, bytes->data, n) != 0))
        fail_msg("config %d is read to other bytes\n%s", number, text);
    rk_free(packed);
    rk_arena_clear(&arena);
    rk_locations_clear(&locations);
    rk_faults_clear(&faults);
}

static void as_the_package_writes_it(void **state)
{
    test_folder folder = make_test_folder();
    rk_buf json, bytes;
    char path[300];
    int n = 0;

    (void)state;
    rk_python_check("protobuf", "config/json_configs.py", ROCKET_SOURCE_DIR, folder.path);
    rk_buf_init(&json, 0);
    rk_buf_init(&bytes, 0);
    for (;; n++) {
        snprintf(path, sizeof path, "%s/%d.json", folder.path, n);
        if (!rk_file_exists(path))
            break;
        read_whole(&json, &folder, n, "json");
        read_whole(&bytes, &folder, n, "bytes");
        check_config(&json, &bytes, n);
    }
    assert_true(n >= 300);
    rk_buf_clear(&json);
    rk_buf_clear(&bytes);
    remove_test_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(as_the_package_writes_it) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
