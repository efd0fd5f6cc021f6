/* Expressions: values against those worked out by hand, every fault with its sentence. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "expression.h"
#include "rk_test.h"
#include "tf_function.h"

/* x = 3, y = -0.5, item_1.z = 100 */
static const char *const name[] = { "x", "y", "item_1.z" };
static const double inputs[] = { 3, -0.5, 100 };
static const rk_expression_names names = { name, 3 };

static void values(void **state)
{
    static const struct {
        const char *text;
        double expected;
    } cases[] = {
        { "x", 3 },
        { "  1.5e2 ", 150 },
        { ".5", 0.5 },
        { "x+y*2", 2 },
        { "(x+y)*2", 5 },
        { "10-4-3", 3 },
        { "16/4/2", 2 },
        { "-x - -y", -3.5 },
        { "-(x)", -3 },
        { "2*-x", -6 },
        { "x<3", 0 },
        { "x<=3", 1 },
        { "x == 3", 1 },
        { "x>=4", 0 },
        { "x>y", 1 },
        { "x + 1 > y * 8", 1 },
        { "(x > 1) & (y > 1)", 0 },
        { "(x > 1) | (y > 1)", 1 },
        { "(x > 1) & (y < 1) & (x == 3)", 1 },
        { "((x > 1) & (y > 1)) | (x == 3)", 1 },
        { "item_1.z/x", 100.0 / 3 },
        { "x/0", INFINITY },
        { "tf.math.log1p(x)", 0x1.62e42fefa39efp+0 },
        { "tf.log(x - 2)", 0 },
        { "tf.maximum(x, y) + tf.math.minimum(x, y)", 2.5 },
        { "tf.pow(x, tf.abs(-2))", 9 },
        { "tf.round(2.5) + tf.round(3.5)", 6 },
        { "tf.sign(y) * tf.square(x)", -9 },
        { "tf.sigmoid(0) + tf.rsqrt(4) + tf.reciprocal(2)", 1.5 },
        { "tf.floor(y) + tf.ceil(y) + tf.negative(x)", -4 },
        { "tf.exp(0) + tf.expm1(0) + tf.tanh(0) + tf.sqrt(x * 3) + tf.identity(1)", 5 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const rk_expression *expression = NULL;
        rocket_error err = { 0 };
        rk_arena arena;

        rk_arena_init(&arena, 0);
        if (rk_expression_parse(&expression, &arena, cases[i].text, &names, &err) != ROCKET_OK)
            fail_msg("%s: %s", cases[i].text, err.text);
        double value = rk_expression_value(expression, inputs);
        if (value != cases[i].expected)
            fail_msg("%s: expected %.17g, got %.17g", cases[i].text, cases[i].expected, value);
        rk_arena_clear(&arena);
    }
}

static void check_fault(const char *text, const char *expected)
{
    const rk_expression *expression = NULL;
    rocket_error err = { 0 };
    rk_arena arena;

    rk_arena_init(&arena, 0);
    assert_int_equal(rk_expression_parse(&expression, &arena, text, &names, &err), ROCKET_CONFIG);
    assert_string_equal(err.text, expected);
    assert_null(expression);
    rk_arena_clear(&arena);
}

static void faults(void **state)
{
#define SIDES(place)                                                                                                   \
    "expected comparisons in parentheses on both sides of & and |, as in (a > 1) & (b < 2), found others before "      \
    "character " place
    (void)state;
    check_fault("", "expected a number, a name or \"(\", found the end");
    check_fault("x +", "expected a number, a name or \"(\", found the end");
    check_fault("(x", "expected an operator or \")\", found the end");
    check_fault("x)", "expected an operator at character 2, found \")\"");
    check_fault("x y", "expected an operator at character 3, found \"y\"");
    check_fault("2x", "expected an operator at character 2, found \"x\"");
    check_fault("1.2.3", "expected a number at character 1, found \"1.2.3\"");
    check_fault("1e", "expected a number at character 1, found \"1e\"");
    check_fault("x + w", "expected a name of input_names at character 5, found \"w\"");
    check_fault("x & y", SIDES("4"));
    check_fault("x > 1 & y < 2", SIDES("8"));
    check_fault("(x > 1) & y < 2", SIDES("12"));
    check_fault("(x > 1) & (y < 2) | (x > 2)",
                "expected parentheses where & and | meet at character 19, found \"| (x > 2)\"");
    check_fault("1 < x < 5", "expected an operator at character 7, found \"< 5\"");
    check_fault("(x > 1) + 1", "expected a number before character 10, found a comparison, which is true or false");
    check_fault("tf.log(x > 1)", "expected a number before character 13, found a comparison, which is true or false");
    check_fault("tf.log x", "expected \"(\" behind the name of a function at character 8, found \"x\"");
    check_fault("tf.log(x, 1)", "expected \")\" behind the arguments at character 9, found \", 1)\"");
    check_fault("tf.pow(x)", "expected \",\" and a second argument at character 9, found \")\"");
    check_fault("x ** 2", "expected a number, a name or \"(\" at character 4, found \"* 2\"");
    check_fault("x != 2", "expected an operator at character 3, found \"!= 2\"");
    check_fault("tf.io.read_file(x)",
                "expected one of tf.identity, tf.math.abs, tf.math.ceil, tf.math.exp, tf.math.expm1, tf.math.floor, "
                "tf.math.log, tf.math.log1p, tf.math.negative, tf.math.reciprocal, tf.math.round, tf.math.rsqrt, "
                "tf.math.sigmoid, tf.math.sign, tf.math.sqrt, tf.math.square, tf.math.tanh, tf.math.maximum, "
                "tf.math.minimum, tf.math.pow, found \"tf.io.read_file\"");
}

static void bounds(void **state)
{
    char text[5000], *p = text;

    (void)state;
    memset(text, '(', 100);
    text[100] = '\0';
    check_fault(text, "expected at most 64 parentheses inside each other, found more");
    memset(text, '1', 4500);
    text[4500] = '\0';
    check_fault(text, "expected at most 4096 characters, found 4500");
    for (int i = 0; i < 40; i++)
        p += snprintf(p, 16, "1-(");
    for (int i = 0; i < 40; i++)
        p += snprintf(p, 16, "%s", i == 0 ? "1)" : ")");
    const rk_expression *expression = NULL;
    rk_arena arena;
    rk_arena_init(&arena, 0);
    assert_int_equal(rk_expression_parse(&expression, &arena, text, &names, NULL), ROCKET_OK);
    assert_true(rk_expression_value(expression, inputs) == 1);
    rk_arena_clear(&arena);
}

static void functions_by_name(void **state)
{
    (void)state;
    assert_non_null(rk_tf_function_find((rk_text){ "tf.log", 6 }));
    assert_ptr_equal(rk_tf_function_find((rk_text){ "tf.log", 6 }),
                     rk_tf_function_find((rk_text){ "tf.math.log", 11 }));
    assert_null(rk_tf_function_find((rk_text){ "log", 3 }));
    assert_null(rk_tf_function_find((rk_text){ "tf.math.identity", 16 }));
    assert_null(rk_tf_function_find((rk_text){ "tf.logs", 7 }));
    const rk_tf_function *maximum = rk_tf_function_find((rk_text){ "tf.maximum", 10 });
    assert_true(isnan(maximum->of_two(NAN, 1)) && isnan(maximum->of_two(1, NAN)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(faults),
        cmocka_unit_test(bounds),
        cmocka_unit_test(functions_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
