/* See net.h. Order and places are the plan's, as in the executor of training. What is the same for every session (what
 * ops make of their parameters, packed kernels) is in the net; a session has the rows of one piece and the ops' views
 * of them. */
#include "net.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "mem.h"
#include "plan.h"

enum { ROW_ALIGN = 16 }; /* floats of a cache line */

struct rk_net {
    const rk_graph *graph;
    const rk_weights *weights;
    rk_plan *plan;
    rk_arena arena;
    rk_op_io *ios;        /* [n_nodes] what is the same for every session */
    float **packed;       /* [n_nodes] or NULL */
    size_t *at;           /* [n_nodes] floats per row in front of an owner's */
    size_t floats_of_row; /* of all owners together */
    int *order;           /* [n_order] op nodes in the order in which they run */
    int n_order;
};

struct rk_net_session {
    const rk_net *net;
    rk_arena arena;
    rk_op_io *ios;    /* [n_nodes] */
    rk_column *views; /* [n_nodes] of the inputs: the piece's rows of the fed columns */
    float *values;    /* [RK_NET_PIECE, floats_of_row], owner by owner */
};

/* ---- the net ---- */

static size_t row_step(int64_t width)
{
    return (size_t)(width + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
}

static rk_op_io shared_io(rk_net *net, const rk_node *node)
{
    int rectifier = net->plan->rectifiers[node->id];
    int64_t *widths = rk_arena_alloc(&net->arena, (size_t)node->n_inputs, sizeof *widths);
    rk_op_io io = { .node = node,
                    .backend = rk_backend_best(),
                    .n_inputs = node->n_inputs,
                    .widths = widths,
                    .slope = rectifier < 0 ? 1 : rk_graph_node(net->graph, rectifier)->op->slope,
                    .table = node->table >= 0 ? net->weights->tables[node->table] : NULL };

    for (int i = 0; widths && i < node->n_inputs; i++)
        widths[i] = net->plan->widths[node->inputs[i]];
    for (int i = 0; i < node->n_params; i++)
        io.params[i] = net->weights->dense + rk_graph_param_at(net->graph, node->params[i])->offset;
    if (node->op->shared_size)
        io.shared = rk_arena_alloc(&net->arena, node->op->shared_size(node), sizeof *io.shared);
    return io;
}

/* What an op makes of its parameters. false without memory. */
static bool node_init(rk_net *net, const rk_node *node)
{
    rk_op_io *io = &net->ios[node->id];

    *io = shared_io(net, node);
    if (rk_arena_failed(&net->arena))
        return false;
    if (net->plan->values[node->id].owner == node->id) {
        net->at[node->id] = net->floats_of_row;
        net->floats_of_row += row_step(net->plan->widths[node->id]);
    }
    if (node->op->combine)
        node->op->combine(io);
    if (!node->op->packs_kernel)
        return true;
    const rk_shape *shape = &rk_graph_param_at(net->graph, node->params[0])->shape;
    float *packed = rk_alloc(rk_packed_size(shape->dims[0], shape->dims[1]), sizeof *packed);

    if (!packed)
        return false;
    rk_pack(packed, (rk_matrix){ io->params[0], shape->dims[1], false }, shape->dims[0], shape->dims[1]);
    net->packed[node->id] = packed;
    io->packed[0] = packed;
    return true;
}

static bool net_init(rk_net *net)
{
    size_t n = (size_t)rk_graph_n_nodes(net->graph);

    net->ios = rk_arena_alloc(&net->arena, n, sizeof *net->ios);
    net->packed = rk_arena_alloc(&net->arena, n, sizeof *net->packed);
    net->at = rk_arena_alloc(&net->arena, n, sizeof *net->at);
    net->order = rk_arena_alloc(&net->arena, n, sizeof *net->order);
    if (rk_arena_failed(&net->arena))
        return false;
    for (int id = 0; id < (int)n; id++)
        if (rk_graph_node(net->graph, id)->kind == RK_NODE_OP && !node_init(net, rk_graph_node(net->graph, id)))
            return false;
    for (int s = 0; s < net->plan->inference.n_stages; s++) {
        const rk_stage *stage = &net->plan->inference.stages[s];

        for (int i = 0; i < stage->n_tasks; i++)
            if (stage->tasks[i].kind == RK_TASK_FORWARD)
                net->order[net->n_order++] = stage->tasks[i].id;
    }
    return true;
}

rocket_status rk_net_new(rk_net **out, const rk_graph *graph, const rk_weights *weights, rocket_error *err)
{
    rk_net *net = rk_alloc(1, sizeof *net);

    RK_FAIL_IF(!net, FAILED, err, "out of memory for a net");
    net->graph = graph;
    net->weights = weights;
    rk_arena_init(&net->arena, 0);
    rocket_status status = rk_plan_new(&net->plan, graph, &(rk_plan_options){ false, false }, err);
    if (status == ROCKET_OK && !net_init(net))
        status = rk_fail(err, ROCKET_FAILED, "out of memory for a net");
    if (status == ROCKET_OK)
        *out = net;
    else
        rk_net_free(net);
    return status;
}

void rk_net_free(rk_net *net)
{
    if (!net)
        return;
    for (int id = 0; net->packed && id < rk_graph_n_nodes(net->graph); id++)
        rk_free(net->packed[id]);
    rk_plan_free(net->plan);
    rk_arena_clear(&net->arena);
    rk_free(net);
}

/* ---- a session ---- */

static bool session_init(rk_net_session *session)
{
    const rk_net *net = session->net;
    size_t n = (size_t)rk_graph_n_nodes(net->graph);

    session->ios = rk_arena_alloc(&session->arena, n, sizeof *session->ios);
    session->views = rk_arena_alloc(&session->arena, n, sizeof *session->views);
    session->values = rk_alloc(RK_NET_PIECE * net->floats_of_row + 1, sizeof *session->values);
    if (rk_arena_failed(&session->arena) || !session->values)
        return false;
    memcpy(session->ios, net->ios, n * sizeof *session->ios);
    for (int i = 0; i < net->n_order; i++) {
        rk_op_io *io = &session->ios[net->order[i]];

        io->x = rk_arena_alloc(&session->arena, (size_t)io->n_inputs, sizeof *io->x);
        io->ids = rk_arena_alloc(&session->arena, (size_t)io->n_inputs, sizeof *io->ids);
    }
    return !rk_arena_failed(&session->arena);
}

rocket_status rk_net_session_new(rk_net_session **out, const rk_net *net, rocket_error *err)
{
    rk_net_session *session = rk_alloc(1, sizeof *session);

    RK_FAIL_IF(!session, FAILED, err, "out of memory for a session");
    session->net = net;
    rk_arena_init(&session->arena, 0);
    if (session_init(session)) {
        *out = session;
        return ROCKET_OK;
    }
    rk_net_session_free(session);
    return rk_fail(err, ROCKET_FAILED, "out of memory for a session");
}

void rk_net_session_free(rk_net_session *session)
{
    if (!session)
        return;
    rk_arena_clear(&session->arena);
    rk_free(session->values);
    rk_free(session);
}

/* ---- running ---- */

static rk_tensor value_of(const rk_net_session *session, int id)
{
    const rk_net *net = session->net;
    rk_place place = net->plan->values[id];

    if (rk_graph_node(net->graph, id)->kind == RK_NODE_IDS)
        return (rk_tensor){ 0 };
    if (rk_graph_node(net->graph, place.owner)->kind != RK_NODE_OP)
        return (rk_tensor){ session->views[place.owner].values, session->views[place.owner].width };
    return (rk_tensor){ session->values + RK_NET_PIECE * net->at[place.owner] + place.column,
                        (int64_t)row_step(net->plan->widths[place.owner]) };
}

/* Rows from `begin` on, as columns that start there. */
static void view_rows(rk_net_session *session, const rk_column *const *columns, int64_t begin)
{
    for (int id = 0; id < rk_graph_n_nodes(session->net->graph); id++) {
        rk_column *view = &session->views[id];

        if (rk_graph_node(session->net->graph, id)->kind == RK_NODE_OP)
            continue;
        *view = *columns[id];
        if (view->kind == RK_COLUMN_IDS)
            view->offsets += begin;
        else
            view->values += begin * view->width;
    }
}

static void run_piece(rk_net_session *session, int64_t n_rows)
{
    const rk_net *net = session->net;

    for (int i = 0; i < net->n_order; i++) {
        rk_op_io *io = &session->ios[net->order[i]];
        rk_tensor *x = (rk_tensor *)(uintptr_t)io->x; /* the session's own; const for the ops' sake */
        const rk_column **ids = (const rk_column **)(uintptr_t)io->ids;

        for (int k = 0; k < io->n_inputs; k++) {
            int input = io->node->inputs[k];

            x[k] = value_of(session, input);
            ids[k] = rk_graph_node(net->graph, input)->kind == RK_NODE_IDS ? &session->views[input] : NULL;
        }
        io->y = value_of(session, io->node->id);
        io->end = io->n_rows = n_rows;
        io->node->op->forward(io);
    }
}

rocket_status rk_net_check(const rk_net *net, rk_net_rows rows, rocket_error *err)
{
    for (int k = 0; k < net->n_order; k++) {
        const rk_node *node = rk_graph_node(net->graph, net->order[k]);
        const rk_column *column = node->table >= 0 ? rows.columns[node->inputs[0]] : NULL;
        int64_t n_ids = column ? rk_graph_table_at(net->graph, node->table)->n_rows : 0;

        for (int64_t i = column ? column->offsets[rows.begin] : 0; column && i < column->offsets[rows.end]; i++)
            RK_FAIL_IF(column->ids[i] < 0 || column->ids[i] >= n_ids, DATA, err, "%s: id %lld, expected 0 .. %lld",
                       node->name, (long long)column->ids[i], (long long)n_ids - 1);
    }
    return ROCKET_OK;
}

static void put_rows(const rk_net_session *session, int64_t first, int64_t n, rk_net_output output)
{
    rk_tensor from = value_of(session, output.node);
    size_t bytes = (size_t)session->net->plan->widths[output.node] * sizeof(float);

    for (int64_t r = 0; r < n; r++)
        memcpy(output.to.data + (first + r) * output.to.ld, from.data + r * from.ld, bytes);
}

void rk_net_run(rk_net_session *session, rk_net_rows rows, const rk_net_output *outputs, int n_outputs)
{
    for (int64_t first = rows.begin; first < rows.end; first += RK_NET_PIECE) {
        int64_t n = rows.end - first < RK_NET_PIECE ? rows.end - first : RK_NET_PIECE;

        view_rows(session, rows.columns, first);
        run_piece(session, n);
        for (int i = 0; i < n_outputs; i++)
            put_rows(session, first, n, outputs[i]);
    }
}
