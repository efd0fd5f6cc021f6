/* Expressions of an ExprFeature: numbers computed from the fields of a row (easyrec.md 3.7).
 *
 *   logic      = comparison | primary { "&" primary } | primary { "|" primary }
 *   comparison = sum [ ( "<" | "<=" | "==" | ">=" | ">" ) sum ]
 *   sum        = product { ( "+" | "-" ) product }
 *   product    = sign { ( "*" | "/" ) sign }
 *   sign       = [ "-" ] primary
 *   primary    = number | name of an input | function "(" logic { "," logic } ")" | "(" logic ")"
 *
 * & and | take truths, comparisons make them, everything else takes and makes numbers, all in double. Upstream defines
 * no precedence for & and |, so what stands beside them is in parentheses. There are no variables, loops or other
 * Python.
 */
#ifndef RK_EXPRESSION_H
#define RK_EXPRESSION_H

#include "arena.h"
#include "reader.h"

typedef struct rk_expression rk_expression;

typedef struct rk_expression_names {
    const char *const *name; /* [n] of the inputs */
    size_t n;
} rk_expression_names;

/* The expression lies in the arena. ROCKET_CONFIG: what was expected, what was found, at which character. */
ROCKET_NODISCARD rocket_status rk_expression_parse(const rk_expression **out, rk_arena *arena, const char *text,
                                                   const rk_expression_names *names, rocket_error *err);

/* inputs[i] is the value of names[i]. A truth is 1 or 0. */
double rk_expression_value(const rk_expression *expression, const double *inputs);

#endif
