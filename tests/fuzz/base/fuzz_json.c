/* Any bytes as JSON: either a fault with a place, or a tree whose every member can be reached both ways. What was read
 * is also written by rk_buf_json_* and must read back, so that the writer's escapes are fuzzed as well.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "buf.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_value(rk_buf *out, const rk_json *value);

static void write_object(rk_buf *out, const rk_json *object)
{
    for (size_t i = 0; i < rk_json_size(object); i++) {
        const char *key = rk_json_key(object, i);

        assert(rk_json_get(object, key) == rk_json_member(object, i));
        rk_buf_puts(out, i ? "," : "");
        rk_buf_json_string(out, key, strlen(key));
        rk_buf_puts(out, ":");
        write_value(out, rk_json_member(object, i));
    }
}

static void write_value(rk_buf *out, const rk_json *value)
{
    double number;
    bool flag;

    switch (rk_json_kind_of(value)) {
    case RK_JSON_OBJECT:
        rk_buf_puts(out, "{");
        write_object(out, value);
        rk_buf_puts(out, "}");
        break;
    case RK_JSON_ARRAY:
        rk_buf_puts(out, "[");
        for (size_t i = 0; i < rk_json_size(value); i++) {
            rk_buf_puts(out, i ? "," : "");
            write_value(out, rk_json_at(value, i));
        }
        rk_buf_puts(out, "]");
        break;
    case RK_JSON_STRING:
        rk_buf_json_string(out, rk_json_string(value), strlen(rk_json_string(value)));
        break;
    case RK_JSON_NUMBER:
        assert(rk_json_number(value, &number));
        rk_buf_json_number(out, number);
        break;
    case RK_JSON_BOOL:
        assert(rk_json_bool(value, &flag));
        rk_buf_puts(out, flag ? "true" : "false");
        break;
    case RK_JSON_NULL:
        rk_buf_puts(out, "null");
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rocket_error err = { 0 };
    rk_json *root, *again;
    rk_buf first, second;

    if (rk_json_parse(&root, (const char *)data, size, "fuzz", &err) != ROCKET_OK) {
        assert(err.status == ROCKET_CORRUPT && strncmp(err.text, "fuzz:", 5) == 0);
        return 0;
    }
    rk_buf_init(&first, 0);
    rk_buf_init(&second, 0);
    write_value(&first, root);
    rocket_status status = rk_json_parse(&again, first.data, first.size, "again", &err);
    assert(status == ROCKET_OK);
    write_value(&second, again);
    assert(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    rk_json_free(again);
    rk_json_free(root);
    rk_buf_clear(&first);
    rk_buf_clear(&second);
    return 0;
}
