/* What a net and its sessions are made of: for net.c, which walks through the steps, and int8_steps.c, which runs those
 * of bytes. */
#ifndef RK_SESSION_H
#define RK_SESSION_H

#include "lookups.h"
#include "net.h"
#include "steps.h"

struct rk_net {
    const rk_graph *graph;
    rk_plan *plan;
    rk_arena arena;
    rk_steps steps;
    rk_lookups lookups;
    int *inputs; /* [n_inputs] nodes that are fed */
    int n_inputs;
};

struct rk_net_session {
    const rk_net *net;
    rk_arena arena;
    rk_op_io *ios;      /* [n_nodes] of steps that are ops */
    rk_column *views;   /* [n_nodes] of the inputs: the piece's rows of the fed columns */
    float *values;      /* [RK_NET_PIECE, floats_of_row], owner by owner */
    uint8_t *bytes;     /* the same, of values that are bytes */
    float *starts;      /* what the user's columns give, layer by layer */
    int32_t *sums;      /* the same of 8-bit layers */
    const float **rows; /* [RK_NET_PIECE, most_folded] of folded look-ups, of the layer at work */
    bool one_user;      /* in this call: values of the user's nodes are in the first row, for all rows */
};

static inline rk_tensor rk_session_floats(const rk_net_session *session, const rk_operand *operand)
{
    float *data = operand->input >= 0 ? session->views[operand->input].values
                                      : session->values + RK_NET_PIECE * operand->at + operand->column;

    return (rk_tensor){ data, session->one_user && operand->user ? 0 : (int64_t)operand->ld };
}

static inline rk_bytes rk_session_bytes(const rk_net_session *session, const rk_operand *operand)
{
    return (rk_bytes){ session->bytes + RK_NET_PIECE * operand->at + operand->column,
                       session->one_user && operand->user ? 0 : (int64_t)operand->ld };
}

#endif
