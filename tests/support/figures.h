/* Figures of another program, committed as JSON beside the test that reproduces them. */
#ifndef RK_FIGURES_H
#define RK_FIGURES_H

#include <math.h>
#include <stdio.h>

#include "file.h"
#include "json.h"
#include "nn_world.h"

/* name: below tests/golden. To be freed with rk_json_free. */
static inline rk_json *figures_read(const char *name)
{
    char path[512];
    rocket_error err = { 0 };
    rk_json *root = NULL;
    rk_buf text;

    snprintf(path, sizeof path, "%s/tests/golden/%s", ROCKET_SOURCE_DIR, name);
    rk_buf_init(&text, 0);
    assert_ok(rk_file_read(&text, path, &err), &err);
    assert_ok(rk_json_parse(&root, text.data, text.size, path, &err), &err);
    rk_buf_clear(&text);
    return root;
}

static inline double figures_number(const rk_json *value)
{
    double x = NAN;

    assert_true(rk_json_number(value, &x));
    return x;
}

#endif
