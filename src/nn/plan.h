/* The plan of an executor: where every node's rows lie, and what is done in which order. Made once per graph. */
#ifndef RK_PLAN_H
#define RK_PLAN_H

#include "arena.h"
#include "graph.h"

/* What one chunk does at a time. id is a node, or a loss for the two of losses. */
typedef enum rk_task_kind {
    RK_TASK_REDUCE,
    RK_TASK_FORWARD,
    RK_TASK_LOSS,
    RK_TASK_ZERO, /* the gradient memory of a node, before whoever adds to it first */
    RK_TASK_LOSS_BACKWARD,
    RK_TASK_REDUCE_BACKWARD,
    RK_TASK_BACKWARD
} rk_task_kind;

typedef struct rk_task {
    rk_task_kind kind;
    int id;
} rk_task;

/* What chunks do without needing anything of each other. */
typedef struct rk_stage {
    int *combines; /* nodes whose combine (or combine_backward) runs before */
    rk_task *tasks;
    int n_combines, n_tasks;
} rk_stage;

typedef struct rk_pass {
    rk_stage *stages;
    int n_stages;
} rk_pass;

/* Columns of the memory of a node. */
typedef struct rk_place {
    int owner; /* -1: none */
    int64_t column;
} rk_place;

typedef struct rk_plan_options {
    bool gradients; /* plan the backward pass too */
    bool unfused;   /* every node is run by itself */
} rk_plan_options;

typedef struct rk_plan {
    rk_arena arena;
    const rk_graph *graph;
    rk_plan_options options;
    int64_t *widths;         /* [n_nodes] values per row; 0 for ids */
    rk_place *values;        /* [n_nodes]; the owner can be an input, whose memory is the fed column's */
    rk_place *gradients;     /* [n_nodes]; owner -1: the loss does not depend on it, or nobody wants to know */
    bool **add;              /* [n_nodes][n_inputs] backward adds to the gradient of this input */
    int *rectifiers;         /* [n_nodes] the rectifier that a node applies, whose memory is then its own; -1: none */
    bool *applied;           /* [n_nodes] a rectifier that the node before applies */
    bool *passing;           /* [n_nodes] its value is there for the rows of a piece only (plan_passing.h) */
    bool *passing_gradients; /* [n_nodes] the same of its gradient */
    int *successors;         /* [n_nodes] the node whose gradient becomes this one's in the same place; -1: none */
    bool *offset_lost;   /* [n_nodes] a constant added to y changes nothing: the gradient of op->offset_param is 0 */
    bool *shared_params; /* [n_params] several nodes add to its gradient */
    rk_pass training, inference, backward;
    int *tables; /* [n_tables] nodes that look up a table and have a gradient */
    int n_tables;
} rk_plan;

ROCKET_NODISCARD rocket_status rk_plan_new(rk_plan **out, const rk_graph *graph, const rk_plan_options *options,
                                           rocket_error *err);
void rk_plan_free(rk_plan *plan);

#endif
