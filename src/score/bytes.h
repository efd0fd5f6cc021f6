/* Which values of a net are bytes: those that layers of 8-bit integers read (int8.h).
 *
 * Such a layer reads rows of bytes, with a scale and zero point for each column that stand in the file beside its
 * kernel. They go back to whoever makes the columns: another such layer, which then ends in bytes; a look-up in a table
 * of integers, which copies rows; anything else makes floats, which are rounded. A value that others read too is made
 * both ways. Bytes lie as floats do: same owner, same columns (rk_operand).
 *
 * Any graph goes through: a layer stays one of floats where its input is fed as it is, or where two layers want other
 * bytes of the same value (which no file of rocket asks for).
 */
#ifndef RK_BYTES_H
#define RK_BYTES_H

#include "arena.h"
#include "plan.h"
#include "weights.h"

/* What bytes stand for: scale (q - zero). scale NULL: nobody has asked. */
typedef struct rk_byte_form {
    const float *scale;  /* [width] borrowed from the weights */
    const uint8_t *zero; /* [width] */
} rk_byte_form;

typedef struct rk_byte_plan {
    bool *layers;         /* [n_nodes] runs on bytes */
    bool *bytes, *floats; /* [n_nodes] the value is wanted as such; of makers */
    rk_byte_form *forms;  /* [n_nodes] of makers that are no concats */
    bool any;             /* there are bytes */
} rk_byte_plan;

/* makers: [n_nodes] who makes a node's value, which may be an earlier node that applies it. Memory is the arena's,
 * whose failure is sticky. */
void rk_byte_plan_make(rk_byte_plan *out, const rk_plan *plan, const rk_weights *weights, const int *makers,
                       rk_arena *arena);

#endif
