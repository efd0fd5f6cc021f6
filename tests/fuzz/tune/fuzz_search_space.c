/* Any bytes as a search file: refused with a sentence, or draws that are the same when they are made again and stay
 * within what the line says. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "search_space.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() is what libFuzzer counts as a finding. */
static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_value(const rk_search_axis *axis, const char *drawn)
{
    size_t n = strlen(axis->path);
    double value = 0;

    require(drawn != NULL && strncmp(drawn, axis->path, n) == 0 && drawn[n] == '=');
    for (size_t i = 0; i < axis->n_choices; i++)
        if (strcmp(drawn + n + 1, axis->choices[i]) == 0)
            return;
    require(axis->n_choices == 0 && rk_parse_double(drawn + n + 1, strlen(drawn + n + 1), &value));
    double slack = 1e-6 * fmax(fabs(axis->low), fabs(axis->high)) + 1e-44; /* drawn numbers are floats */
    require(fabs(value) > 3e38 || (value >= axis->low - slack && value <= axis->high + slack));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rk_search_space space = { 0 };
    rocket_error err = { 0 };
    rk_arena arena;

    if (size > 4096)
        return 0;
    rk_arena_init(&arena, 0);
    rocket_status status = rk_search_space_parse(&space, &arena, "s", (const char *)data, size, &err);
    require(status == ROCKET_OK ? space.n_axes > 0 : status == ROCKET_CONFIG && err.text[0] != '\0');
    for (size_t i = 0; i < space.n_axes; i++) {
        const char *drawn = rk_search_space_draw(&space, i, 1, 2, &arena);
        check_value(&space.axes[i], drawn);
        require(strcmp(drawn, rk_search_space_draw(&space, i, 1, 2, &arena)) == 0);
    }
    rk_arena_clear(&arena);
    return 0;
}
