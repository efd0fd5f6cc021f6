/* The table of ops, and the names under which configs know activations. */
#include "op.h"

#include <string.h>
#include <strings.h>

#define RK_OP(name) extern const rk_op rk_op_##name;
#include "ops.def"
#undef RK_OP

const rk_op *const rk_ops[] = {
#define RK_OP(name) &rk_op_##name,
#include "ops.def"
#undef RK_OP
    NULL
};

void rk_dparam_begin(const rk_op_io *io, int param, int64_t n)
{
    if (io->dparams[param] && !io->add_params[param])
        memset(io->dparams[param], 0, (size_t)n * sizeof *io->dparams[param]);
}

void rk_dparam_add(const rk_op_io *io, int param, int64_t i, float gradient)
{
    float *out = io->dparams[param];

    if (out)
        out[i] = io->add_params[param] ? out[i] + gradient : gradient;
}

const rk_op *rk_op_find(const char *name)
{
    for (const rk_op *const *op = rk_ops; *op; op++)
        if (strcmp((*op)->name, name) == 0)
            return *op;
    return NULL;
}

/* Upstream lower-cases short names and evaluates dotted ones as Python, where case matters. */
static bool alias_matches(const char *alias, const char *name)
{
    return (strchr(alias, '.') ? strcmp(alias, name) : strcasecmp(alias, name)) == 0;
}

const rk_op *rk_op_find_activation(const char *alias)
{
    for (const rk_op *const *op = rk_ops; *op; op++)
        for (int i = 0; i < 4 && (*op)->aliases[i]; i++)
            if (alias_matches((*op)->aliases[i], alias))
                return *op;
    return NULL;
}
