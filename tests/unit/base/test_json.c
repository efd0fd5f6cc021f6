/* JSON: values, order of members, places of faults, limits, failing allocations. */
#include "rk_test.h"

#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "error.h"
#include "json.h"
#include "mem.h"

static const char example[] =
    "{\"b\": [1, 2.5, true, null, \"x\\u00e9\"],\n \"a\": {\"z\": -9223372036854775808}, \"\": {}}";

static rk_json *parse(const char *text)
{
    rocket_error err = { 0 };
    rk_json *root = NULL;

    if (rk_json_parse(&root, text, strlen(text), "test", &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return root;
}

static void values_are_read(void **state)
{
    rk_json *root = parse(example);
    const rk_json *list = rk_json_get(root, "b");
    double d = 0;
    int64_t i = 0;
    bool flag = false;

    (void)state;
    assert_int_equal(rk_json_kind_of(root), RK_JSON_OBJECT);
    assert_int_equal(rk_json_kind_of(list), RK_JSON_ARRAY);
    assert_int_equal(rk_json_size(list), 5);
    assert_true(rk_json_integer(rk_json_at(list, 0), &i) && i == 1);
    assert_true(rk_json_number(rk_json_at(list, 0), &d) && d == 1);
    assert_true(rk_json_number(rk_json_at(list, 1), &d) && d == 2.5);
    assert_false(rk_json_integer(rk_json_at(list, 1), &i));
    assert_true(rk_json_bool(rk_json_at(list, 2), &flag) && flag);
    assert_int_equal(rk_json_kind_of(rk_json_at(list, 3)), RK_JSON_NULL);
    assert_string_equal(rk_json_string(rk_json_at(list, 4)), "x\xC3\xA9");
    assert_true(rk_json_integer(rk_json_get(rk_json_get(root, "a"), "z"), &i) && i == INT64_MIN);
    rk_json_free(root);
}

static void members_keep_their_order(void **state)
{
    rk_json *root = parse(example);

    (void)state;
    assert_int_equal(rk_json_size(root), 3);
    assert_string_equal(rk_json_key(root, 0), "b");
    assert_string_equal(rk_json_key(root, 1), "a");
    assert_string_equal(rk_json_key(root, 2), "");
    assert_null(rk_json_key(root, 3));
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(rk_json_member(root, i), rk_json_get(root, rk_json_key(root, i)));
    rk_json_free(root);
}

static void many_members_are_found(void **state)
{
    rk_buf text;
    char key[32];

    (void)state;
    rk_buf_init(&text, 0);
    for (int i = 0; i < 3000; i++)
        rk_buf_printf(&text, "%s\"k%d\":%d", i ? "," : "{", i * 7919 % 3000, i);
    rk_buf_puts(&text, "}");
    rk_json *root = parse(text.data);
    for (int i = 0; i < 3000; i++) {
        int64_t value;

        snprintf(key, sizeof key, "k%d", i * 7919 % 3000);
        assert_string_equal(rk_json_key(root, (size_t)i), key);
        assert_true(rk_json_integer(rk_json_get(root, key), &value) && value == i);
    }
    assert_null(rk_json_get(root, "k3000"));
    assert_null(rk_json_get(root, "k"));
    rk_json_free(root);
    rk_buf_clear(&text);
}

static void wrong_kinds_give_nothing(void **state)
{
    rk_json *root = parse("\"text\"");
    double d = 5;
    int64_t i = 5;
    bool flag = true;

    (void)state;
    assert_string_equal(rk_json_string(root), "text");
    assert_null(rk_json_get(root, "a"));
    assert_null(rk_json_at(root, 0));
    assert_null(rk_json_key(root, 0));
    assert_null(rk_json_member(root, 0));
    assert_int_equal(rk_json_size(root), 0);
    assert_false(rk_json_number(root, &d) || rk_json_integer(root, &i) || rk_json_bool(root, &flag));
    assert_true(d == 5 && i == 5 && flag);
    rk_json_free(root);
    assert_int_equal(rk_json_kind_of(NULL), RK_JSON_NULL);
    assert_null(rk_json_string(NULL));
    assert_null(rk_json_get(NULL, "a"));
    assert_false(rk_json_number(NULL, &d) || rk_json_integer(NULL, &i) || rk_json_bool(NULL, &flag));
    assert_int_equal(rk_json_size(NULL), 0);
    rk_json_free(NULL);
}

static void faults_have_a_place(void **state)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        { "", "f.json:1:0: " },
        { "{\"a\": 1,\n \"a\": 2}", "f.json:2:" },
        { "[1, 2] 3", "f.json:1:8: " },
        { "{\"a\": }", "f.json:1:7: " },
        { "[1,\n2,\n,]", "f.json:3:1: " },
        { "\"\xFF\"", "f.json:1:" },
        { "\"a\\u0000\"", "f.json:1:" },
        { "[1e999]", "f.json:1:" },
        { "[99999999999999999999]", "f.json:1:" },
        { "nul", "f.json:1:" },
        { "[1", "f.json:1:" },
        { "{\"a\" 1}", "f.json:1:" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rocket_error err = { 0 };
        rk_json *root = NULL;
        rocket_status status = rk_json_parse(&root, cases[i].text, strlen(cases[i].text), "f.json", &err);

        assert_int_equal(status, ROCKET_CORRUPT);
        assert_null(root);
        if (strncmp(err.text, cases[i].place, strlen(cases[i].place)) != 0)
            fail_msg("expected %s..., got %s", cases[i].place, err.text);
    }
}

static void nesting_is_limited(void **state)
{
    char text[200];
    rocket_error err = { 0 };
    rk_json *root = NULL;

    (void)state;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    assert_int_equal(rk_json_parse(&root, text, 128, "n", &err), ROCKET_OK);
    rk_json_free(root);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_int_equal(rk_json_parse(&root, text, 130, "n", &err), ROCKET_CORRUPT);
    assert_string_equal(err.text, "n:1:65: expected at most 64 nested values, found more");
    /* Brackets in strings do not nest, whatever is escaped around them. */
    root = parse("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[\\\\\"]");
    rk_json_free(root);
}

static void escapes_are_decoded(void **state)
{
    rk_json *root = parse("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", "
                          "\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\", \"\xE2\x82\xAC\"]");

    (void)state;
    assert_string_equal(rk_json_string(rk_json_at(root, 0)), "\"\\/\b\f\n\r\t");
    assert_string_equal(rk_json_string(rk_json_at(root, 1)), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_string_equal(rk_json_string(rk_json_at(root, 2)), "\xE2\x82\xAC");
    rk_json_free(root);
}

static void malformed_text_is_refused(void **state)
{
    static const char *const cases[] = {
        "\"\\ud83d\"",
        "\"\\ud83dx\"",
        "\"\\ud83d\\u0041\"",
        "\"\\ude00\"",
        "\"\\u12g4\"",
        "\"\\u12",
        "\"\\x\"",
        "\"\\",
        "\"a\nb\"",
        "\"\xC0\x80\"",
        "\"\xED\xA0\x80\"",
        "\"\xF4\x90\x80\x80\"",
        "\"\xE2\x82\"",
        "\"\xE2\x82",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "0x1",
        "1 2",
        "NaN",
        "True",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "{\"a\":1 \"b\":2}",
        "]",
        "[}",
        "\v1",
        "9223372036854775808",
        "-9223372036854775809",
        "-1e400",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rk_json *root = NULL;

        if (rk_json_parse(&root, cases[i], strlen(cases[i]), "f", NULL) != ROCKET_CORRUPT)
            fail_msg("%s was read", cases[i]);
        assert_null(root);
    }
}

/* Tokens of every length, so that none ends just where memory runs out. */
static rocket_status parse_example(void *arg)
{
    rk_json *root;

    RK_TRY(rk_json_parse(&root, arg, strlen(arg), "f.json", NULL));
    rk_json_free(root);
    return ROCKET_OK;
}

static void failed_allocations(void **state)
{
    char text[80 + sizeof example];

    (void)state;
    for (int n = 1; n < 70; n++) {
        snprintf(text, sizeof text, "[\"%.*s\", %s]", n,
                 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", example);
        assert_survives_failed_allocations(parse_example, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read),        cmocka_unit_test(members_keep_their_order),
        cmocka_unit_test(many_members_are_found), cmocka_unit_test(wrong_kinds_give_nothing),
        cmocka_unit_test(faults_have_a_place),    cmocka_unit_test(nesting_is_limited),
        cmocka_unit_test(escapes_are_decoded),    cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(failed_allocations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
