/* The functions, in double. Rounding is TensorFlow's: halves go to the even neighbour. */
#include "tf_function.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double identity(double x)
{
    return x;
}

static double square(double x)
{
    return x * x;
}

static double sign(double x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}

static double sigmoid(double x)
{
    return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

static double reciprocal(double x)
{
    return 1 / x;
}

static double rsqrt(double x)
{
    return 1 / sqrt(x);
}

static double negative(double x)
{
    return -x;
}

/* A NaN in either argument stays one, unlike fmin's. */
static double minimum(double x, double y)
{
    return x < y || x != x ? x : y;
}

static double maximum(double x, double y)
{
    return x > y || x != x ? x : y;
}

static const rk_tf_function functions[] = {
    { .name = "identity", .of_one = identity }, { .name = "abs", .of_one = fabs },
    { .name = "ceil", .of_one = ceil },         { .name = "exp", .of_one = exp },
    { .name = "expm1", .of_one = expm1 },       { .name = "floor", .of_one = floor },
    { .name = "log", .of_one = log },           { .name = "log1p", .of_one = log1p },
    { .name = "negative", .of_one = negative }, { .name = "reciprocal", .of_one = reciprocal },
    { .name = "round", .of_one = nearbyint },   { .name = "rsqrt", .of_one = rsqrt },
    { .name = "sigmoid", .of_one = sigmoid },   { .name = "sign", .of_one = sign },
    { .name = "sqrt", .of_one = sqrt },         { .name = "square", .of_one = square },
    { .name = "tanh", .of_one = tanh },         { .name = "maximum", .of_two = maximum },
    { .name = "minimum", .of_two = minimum },   { .name = "pow", .of_two = pow },
};

static bool take_prefix(rk_text *name, const char *prefix)
{
    size_t n = strlen(prefix);

    if (name->n < n || memcmp(name->data, prefix, n) != 0)
        return false;
    *name = (rk_text){ name->data + n, name->n - n };
    return true;
}

const rk_tf_function *rk_tf_function_find(rk_text name)
{
    bool math = take_prefix(&name, "tf.math.");

    if (!math && !take_prefix(&name, "tf."))
        return NULL;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const rk_tf_function *f = &functions[i];

        if (strlen(f->name) == name.n && memcmp(f->name, name.data, name.n) == 0)
            return math && f->of_one == identity ? NULL : f; /* TensorFlow has no tf.math.identity */
    }
    return NULL;
}

const char *rk_tf_function_list(int n_arguments, char out[RK_TF_LIST_BYTES])
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        const rk_tf_function *f = &functions[i];

        if ((n_arguments == 1) == (f->of_one != NULL) && n < RK_TF_LIST_BYTES)
            n += (size_t)snprintf(out + n, RK_TF_LIST_BYTES - n, "%stf.%s%s", n ? ", " : "",
                                  f->of_one == identity ? "" : "math.", f->name);
    }
    return out;
}
