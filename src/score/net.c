/* See net.h. Order and places are the plan's, as in the executor of training. What is the same for every session (what
 * ops make of their parameters, packed kernels) is in the net; a session has the rows of one piece and the ops' views
 * of them. */
#include "net.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "mem.h"
#include "user_part.h"

enum { ROW_ALIGN = 16 }; /* floats of a cache line */

struct rk_net {
    const rk_graph *graph;
    const rk_weights *weights;
    rk_plan *plan;
    rk_arena arena;
    rk_op_io *ios; /* [n_nodes] what is the same for every session */
    rk_user_part part;
    float **packed;      /* [n_nodes] kernels, where rows are multiplied with one; or NULL */
    float **packed_user; /* [n_nodes] the kernel's rows for the user's columns, when packed has the others only */
    size_t *start_at;    /* [n_nodes] place of what the user's columns give, in a session's starts */
    size_t n_starts;
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
    float *starts;    /* [n_starts] what the user's columns give, layer by layer */
    bool one_user;    /* in this call: values of the user's nodes are in the first row, for all rows */
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

/* Rows `from` on of a kernel, n of them. false without memory. */
static bool pack_rows(float **out, const float *rows, int64_t n, int64_t width)
{
    *out = rk_alloc(rk_packed_size(n, width), sizeof **out);
    if (*out)
        rk_pack(*out, (rk_matrix){ rows, width, false }, n, width);
    return *out != NULL;
}

/* The rows of a kernel in the order in which the columns of its input, a concat, stand here. */
static float *reorder(const rk_net *net, const rk_node *concat, const float *kernel, int64_t width)
{
    float *rows = rk_alloc((size_t)(net->plan->widths[concat->id] * width), sizeof *rows);

    for (int i = 0; rows && i < concat->n_inputs; i++) {
        int64_t n = net->plan->widths[concat->inputs[i]] * width;

        memcpy(rows + rk_user_part_column(&net->part, net->plan, concat, i) * width, kernel, (size_t)n * sizeof *rows);
        kernel += n;
    }
    return rows;
}

static bool pack_kernel(rk_net *net, const rk_node *node)
{
    const rk_shape *shape = &rk_graph_param_at(net->graph, node->params[0])->shape;
    const rk_node *input = rk_graph_node(net->graph, node->inputs[0]);
    int64_t width = shape->dims[1], n_user = net->part.user_width[input->id];

    if (n_user == 0) {
        bool ok = pack_rows(&net->packed[node->id], net->ios[node->id].params[0], shape->dims[0], width);
        net->ios[node->id].packed[0] = net->packed[node->id];
        return ok;
    }
    float *rows = reorder(net, input, net->ios[node->id].params[0], width);
    bool ok = rows && pack_rows(&net->packed_user[node->id], rows, n_user, width) &&
              pack_rows(&net->packed[node->id], rows + n_user * width, shape->dims[0] - n_user, width);
    rk_free(rows);
    net->start_at[node->id] = net->n_starts;
    net->n_starts += row_step(width);
    return ok;
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
    return !node->op->packs_kernel || pack_kernel(net, node);
}

static bool net_init(rk_net *net, const rk_net_options *options)
{
    size_t n = (size_t)rk_graph_n_nodes(net->graph);

    net->ios = rk_arena_alloc(&net->arena, n, sizeof *net->ios);
    net->packed = rk_arena_alloc(&net->arena, n, sizeof *net->packed);
    net->packed_user = rk_arena_alloc(&net->arena, n, sizeof *net->packed_user);
    net->start_at = rk_arena_alloc(&net->arena, n, sizeof *net->start_at);
    net->at = rk_arena_alloc(&net->arena, n, sizeof *net->at);
    net->order = rk_arena_alloc(&net->arena, n, sizeof *net->order);
    rk_user_part_find(&net->part, net->plan, options->user, options->n_user, &net->arena);
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

rocket_status rk_net_new(rk_net **out, const rk_graph *graph, const rk_weights *weights, const rk_net_options *options,
                         rocket_error *err)
{
    static const rk_net_options none;
    rk_net *net = rk_alloc(1, sizeof *net);

    RK_FAIL_IF(!net, FAILED, err, "out of memory for a net");
    net->graph = graph;
    net->weights = weights;
    rk_arena_init(&net->arena, 0);
    rocket_status status = rk_plan_new(&net->plan, graph, &(rk_plan_options){ false, false }, err);
    if (status == ROCKET_OK && !net_init(net, options ? options : &none))
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
    for (int id = 0; net->packed_user && id < rk_graph_n_nodes(net->graph); id++)
        rk_free(net->packed_user[id]);
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
    session->starts = rk_alloc(net->n_starts + 1, sizeof *session->starts);
    if (rk_arena_failed(&session->arena) || !session->values || !session->starts)
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
    rk_free(session->starts);
    rk_free(session);
}

/* ---- running ---- */

static rk_tensor value_of(const rk_net_session *session, int id)
{
    const rk_net *net = session->net;
    rk_place place = net->part.places[id];
    bool one = session->one_user && net->part.is_user[id]; /* the same row for all */

    if (rk_graph_node(net->graph, id)->kind == RK_NODE_IDS)
        return (rk_tensor){ 0 };
    if (rk_graph_node(net->graph, place.owner)->kind != RK_NODE_OP)
        return (rk_tensor){ session->views[place.owner].values, one ? 0 : session->views[place.owner].width };
    return (rk_tensor){ session->values + RK_NET_PIECE * net->at[place.owner] + place.column,
                        one ? 0 : (int64_t)row_step(net->plan->widths[place.owner]) };
}

/* Rows from `begin` on, as columns that start there. */
static void view_rows(rk_net_session *session, const rk_column *const *columns, int64_t begin)
{
    for (int id = 0; id < rk_graph_n_nodes(session->net->graph); id++) {
        rk_column *view = &session->views[id];

        if (rk_graph_node(session->net->graph, id)->kind == RK_NODE_OP)
            continue;
        *view = *columns[id];
        if (session->one_user && session->net->part.is_user[id])
            continue;
        if (view->kind == RK_COLUMN_IDS)
            view->offsets += begin;
        else
            view->values += begin * view->width;
    }
}

/* One input of a concat into its columns, unless it is there; from the first row into all where it has one. */
static void join_input(const rk_net_session *session, const rk_node *concat, int i, int64_t n_rows)
{
    const rk_net *net = session->net;
    int64_t width = net->plan->widths[concat->inputs[i]];
    rk_tensor x = value_of(session, concat->inputs[i]), y = value_of(session, concat->id);
    rk_block from = { x.data, x.ld, n_rows, width };
    rk_block to = { y.data + rk_user_part_column(&net->part, net->plan, concat, i), y.ld, n_rows, width };

    if (to.data == from.data) {
        if (from.ld == to.ld || n_rows == 1)
            return;
        to.data += to.ld;
        to.rows = from.rows = n_rows - 1;
    }
    net->ios[concat->id].backend->copy(to, from);
}

/* The inputs of a concat, but for those of a user whose columns stand in the first row already. */
static void join(const rk_net_session *session, const rk_node *concat, int64_t n_rows)
{
    const rk_user_part *part = &session->net->part;
    bool users_are_there = session->one_user && part->user_width[concat->id] > 0;

    for (int i = 0; i < concat->n_inputs; i++)
        if (!users_are_there || !part->is_user[concat->inputs[i]])
            join_input(session, concat, i, n_rows);
}

static rk_product product_of(const rk_net_session *session, const rk_node *node, int64_t n_rows)
{
    const rk_op_io *io = &session->ios[node->id];
    rk_tensor x = value_of(session, node->inputs[0]), y = value_of(session, node->id);
    int64_t n_user = session->net->part.user_width[node->inputs[0]];

    return (rk_product){ .c = rk_rows(y, 0, n_rows, rk_shape_size(&node->shape)),
                         .a = { x.data + n_user, x.ld, false },
                         .packed = session->net->packed[node->id],
                         .k = io->widths[0] - n_user,
                         .rectify = io->slope != 1,
                         .slope = io->slope };
}

/* start + user's columns x their rows of the kernel */
static void run_user_columns(const rk_net_session *session, const rk_node *node, rk_block c)
{
    int input = node->inputs[0];
    rk_tensor x = value_of(session, input);
    rk_product product = { .c = c,
                           .a = { x.data, x.ld, false },
                           .packed = session->net->packed_user[node->id],
                           .k = session->net->part.user_width[input],
                           .start = session->ios[node->id].params[node->op->offset_param] };

    session->ios[node->id].backend->product(&product);
}

/* A layer in front of which a user's columns stand first. */
static void run_split_layer(const rk_net_session *session, const rk_node *node, int64_t n_rows)
{
    rk_product product = product_of(session, node, n_rows);

    if (session->one_user)
        product.start = session->starts + session->net->start_at[node->id];
    else
        run_user_columns(session, node, product.c);
    product.add = !session->one_user;
    session->ios[node->id].backend->product(&product);
}

static void run_op(rk_net_session *session, rk_op_io *io, int64_t n_rows)
{
    rk_tensor *x = (rk_tensor *)(uintptr_t)io->x; /* the session's own; const for the ops' sake */
    const rk_column **ids = (const rk_column **)(uintptr_t)io->ids;

    for (int k = 0; k < io->n_inputs; k++) {
        int input = io->node->inputs[k];

        x[k] = value_of(session, input);
        ids[k] = rk_graph_node(session->net->graph, input)->kind == RK_NODE_IDS ? &session->views[input] : NULL;
    }
    io->y = value_of(session, io->node->id);
    io->end = io->n_rows = n_rows;
    io->node->op->forward(io);
}

static void run_node(rk_net_session *session, int id, int64_t n_rows)
{
    const rk_net *net = session->net;
    const rk_node *node = rk_graph_node(net->graph, id);

    if (node->op->joins_inputs)
        join(session, node, n_rows);
    else if (net->packed_user[id])
        run_split_layer(session, node, n_rows);
    else
        run_op(session, &session->ios[id], n_rows);
}

/* What a request's user alone decides: nodes, and the start of layers. */
static void run_user(rk_net_session *session)
{
    const rk_net *net = session->net;

    for (int i = 0; i < net->n_order; i++)
        if (net->part.is_user[net->order[i]])
            run_node(session, net->order[i], 1);
    for (int i = 0; i < net->n_order; i++) {
        const rk_node *node = rk_graph_node(net->graph, net->order[i]);

        for (int k = 0; net->part.user_width[node->id] > 0 && k < node->n_inputs; k++)
            if (net->part.is_user[node->inputs[k]])
                join_input(session, node, k, 1);
        if (net->packed_user[node->id]) {
            int64_t width = rk_shape_size(&node->shape);
            rk_block start = { session->starts + net->start_at[node->id], width, 1, width };

            run_user_columns(session, node, start);
        }
    }
}

static void run_piece(rk_net_session *session, int64_t n_rows)
{
    const rk_net *net = session->net;

    for (int i = 0; i < net->n_order; i++)
        if (!session->one_user || !net->part.is_user[net->order[i]])
            run_node(session, net->order[i], n_rows);
}

rocket_status rk_net_check(const rk_net *net, rk_net_rows rows, rocket_error *err)
{
    for (int k = 0; k < net->n_order; k++) {
        const rk_node *node = rk_graph_node(net->graph, net->order[k]);
        const rk_column *column = node->table >= 0 ? rows.columns[node->inputs[0]] : NULL;
        int64_t n_ids = column ? rk_graph_table_at(net->graph, node->table)->n_rows : 0;
        bool one = rows.one_user && net->part.is_user[node->inputs[0]];

        for (int64_t i = column ? column->offsets[one ? 0 : rows.begin] : 0;
             column && i < column->offsets[one ? 1 : rows.end]; i++)
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
    session->one_user = rows.one_user;
    if (rows.one_user) {
        view_rows(session, rows.columns, rows.begin);
        run_user(session);
    }
    for (int64_t first = rows.begin; first < rows.end; first += RK_NET_PIECE) {
        int64_t n = rows.end - first < RK_NET_PIECE ? rows.end - first : RK_NET_PIECE;

        view_rows(session, rows.columns, first);
        run_piece(session, n);
        for (int i = 0; i < n_outputs; i++)
            put_rows(session, first, n, outputs[i]);
    }
}
