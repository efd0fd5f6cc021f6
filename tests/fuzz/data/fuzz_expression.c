/* Any text as an expression: refused with a sentence, or a value that is the same when it is computed again, and the
 * same with the text in parentheses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() is what libFuzzer counts as a finding. */
static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool same(double x, double y)
{
    return x == y || (x != x && y != y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const name[] = { "a", "b", "long.name_2" };
    static const double inputs[] = { 2, -0.75, 1e300 };
    const rk_expression_names names = { name, 3 };
    const rk_expression *plain = NULL, *closed = NULL;
    char text[5000];
    rocket_error err = { 0 };
    rk_arena arena;

    if (size > sizeof text - 3 || memchr(data, 0, size))
        return 0;
    rk_arena_init(&arena, 0);
    text[0] = '(';
    memcpy(text + 1, data, size);
    text[size + 1] = '\0';
    rocket_status status = rk_expression_parse(&plain, &arena, text + 1, &names, &err);
    require(status == ROCKET_OK || (status == ROCKET_CONFIG && err.text[0] && !plain));
    memcpy(text + size + 1, ")", 2);
    if (status == ROCKET_OK) {
        double value = rk_expression_value(plain, inputs);

        require(same(value, rk_expression_value(plain, inputs)));
        if (rk_expression_parse(&closed, &arena, text, &names, NULL) == ROCKET_OK)
            require(same(value, rk_expression_value(closed, inputs)));
    }
    rk_arena_clear(&arena);
    return 0;
}
