/* Which part of a net depends on the user alone, and where its values lie.
 *
 * Some inputs of a graph say who asks (the user's), the others what is asked about (the candidates'). What can be
 * worked out from the user's inputs alone is the same for all candidates of a request. Where such values and those of
 * the candidates stand side by side in front of dense layers only, the user's columns are put first: a layer's sums
 * then run over them first, and start from there for every candidate. Which columns stand where is settled when the
 * net is made, so it does not matter to the bits whether a user's values come once or with every row. What is folded
 * (fold.h) has no columns.
 */
#ifndef RK_USER_PART_H
#define RK_USER_PART_H

#include "op.h"
#include "plan.h"

typedef struct rk_user_part {
    bool *is_user;       /* [n_nodes] depends on the user's inputs alone */
    int64_t *user_width; /* [n_nodes] of a concat whose first columns are the user's; 0: in the order of its inputs */
    int64_t *widths;     /* [n_nodes] the plan's, without what is folded */
    rk_place *places;    /* [n_nodes] where values lie: the plan's, with the user's columns first */
} rk_user_part;

/* Memory is the arena's, whose failure is sticky. inputs: [n] of the graph's, the user's. folded: [n_nodes] */
void rk_user_part_find(rk_user_part *out, const rk_plan *plan, const int *inputs, size_t n, const bool *folded,
                       rk_arena *arena);

/* The column of a concat's i-th input. */
int64_t rk_user_part_column(const rk_user_part *part, const rk_node *concat, int i);

#endif
