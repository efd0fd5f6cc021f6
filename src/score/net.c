/* See net.h. What is done for a row is settled when the net is made (steps.h); a session has the memory for the rows of
 * one piece, and walks through the steps. */
#include "net.h"

#include <string.h>

#include "arena.h"
#include "error.h"
#include "int8_steps.h"
#include "mem.h"
#include "session.h"

/* ---- the net ---- */

static bool net_init(rk_net *net, const rk_weights *weights, const rk_net_options *options)
{
    rk_user_part part;
    rk_steps_source source = { net->plan, weights, &part, NULL };

    source.folded = options->unfolded ? rk_arena_alloc(&net->arena, (size_t)rk_graph_n_nodes(net->graph), sizeof(bool))
                                      : rk_fold_choose(net->plan, weights, &net->arena);
    if (rk_arena_failed(&net->arena))
        return false;
    rk_user_part_find(&part, net->plan, options->user, options->n_user, source.folded, &net->arena);
    net->inputs = rk_arena_alloc(&net->arena, (size_t)rk_graph_n_nodes(net->graph), sizeof *net->inputs);
    if (rk_arena_failed(&net->arena))
        return false;
    for (int id = 0; id < rk_graph_n_nodes(net->graph); id++)
        if (rk_graph_node(net->graph, id)->kind != RK_NODE_OP)
            net->inputs[net->n_inputs++] = id;
    if (!rk_steps_init(&net->steps, &source, &net->arena))
        return false;
    rk_lookups_find(&net->lookups, &net->steps, &net->arena);
    return !rk_arena_failed(&net->arena);
}

rocket_status rk_net_new(rk_net **out, const rk_graph *graph, const rk_weights *weights, const rk_net_options *options,
                         rocket_error *err)
{
    static const rk_net_options none;
    rk_net *net = rk_alloc(1, sizeof *net);

    RK_FAIL_IF(!net, FAILED, err, "out of memory for a net");
    net->graph = graph;
    rk_arena_init(&net->arena, 0);
    rocket_status status = rk_plan_new(&net->plan, graph, &(rk_plan_options){ false, false }, err);
    if (status == ROCKET_OK && !net_init(net, weights, options ? options : &none))
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
    rk_steps_clear(&net->steps);
    rk_plan_free(net->plan);
    rk_arena_clear(&net->arena);
    rk_free(net);
}

/* ---- a session ---- */

static bool session_init(rk_net_session *session)
{
    const rk_steps *steps = &session->net->steps;
    size_t n = (size_t)rk_graph_n_nodes(steps->graph);

    session->ios = rk_arena_alloc(&session->arena, n, sizeof *session->ios);
    session->views = rk_arena_alloc(&session->arena, n, sizeof *session->views);
    session->values = rk_alloc(RK_NET_PIECE * steps->floats_of_row + 1, sizeof *session->values);
    session->starts = rk_alloc(steps->n_starts + 1, sizeof *session->starts);
    session->rows = rk_alloc(RK_NET_PIECE * steps->most_folded + 1, sizeof *session->rows);
    session->bytes = rk_alloc((steps->bytes.any ? RK_NET_PIECE * steps->floats_of_row : 0) + RK_INT8_QUAD, 1);
    session->sums = rk_alloc(steps->n_sums + 1, sizeof *session->sums);
    if (rk_arena_failed(&session->arena) || !session->values || !session->starts || !session->rows || !session->bytes ||
        !session->sums)
        return false;
    memcpy(session->ios, steps->ios, n * sizeof *session->ios);
    for (int i = 0; i < steps->n_steps; i++) {
        rk_op_io *io = &session->ios[steps->steps[i].node];

        if (steps->steps[i].kind != RK_STEP_OP)
            continue;
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
    rk_free(session->rows);
    rk_free(session->bytes);
    rk_free(session->sums);
    rk_free(session);
}

/* ---- running ---- */

/* Rows from `begin` on, as columns that start there. */
static void view_rows(rk_net_session *session, const rk_column *const *columns, int64_t begin)
{
    const rk_net *net = session->net;

    for (int i = 0; i < net->n_inputs; i++) {
        int id = net->inputs[i];
        rk_column *view = &session->views[id];

        *view = *columns[id];
        if (session->one_user && net->steps.part.is_user[id])
            continue;
        if (view->kind == RK_COLUMN_IDS)
            view->offsets += begin;
        else
            view->values += begin * view->width;
    }
}

static rk_matrix layer_input(const rk_net_session *session, const rk_step *step)
{
    rk_tensor x = rk_session_floats(session, &step->x);

    return (rk_matrix){ x.data, x.ld, false };
}

/* Where sums start when the folded look-ups [first, last) are added. */
static rk_layer_start add_folded(const rk_net_session *session, rk_fold_part part, rk_block y, rk_layer_start start)
{
    part.columns = session->views;
    part.rows = session->rows;
    part.backend = session->net->steps.backend;
    return part.first < part.last ? rk_fold_add(&part, y, start) : start;
}

/* y = bias + the user's share: folded look-ups, then columns. */
static void begin_rows(const rk_net_session *session, const rk_step *step, rk_block y)
{
    const rk_steps *steps = &session->net->steps;
    const rk_fold *fold = &steps->folds[step->layer];
    const rk_layer *layer = &steps->layers[step->layer];
    rk_layer_start start = { .data = layer->bias };

    start = add_folded(session, (rk_fold_part){ .fold = fold, .last = fold->n_user }, y, start);
    rk_layer_begin(layer, y, layer_input(session, step), step->n_user, start);
}

/* The user's share is that of the request's user, or each row has its own. Where no folded look-up of a candidate comes
 * between, the columns behind it go on as if there were no share. */
static void run_layer(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    const rk_steps *steps = &session->net->steps;
    const rk_layer *layer = &steps->layers[step->layer];
    const rk_fold *fold = &steps->folds[step->layer];
    rk_block y = rk_rows(rk_session_floats(session, &step->y), 0, n_rows, layer->n);
    rk_layer_start start = { .data = layer->bias };
    bool begun = step->begins && (session->one_user || fold->n > 0);

    if (begun && session->one_user)
        start.data = session->starts + step->start_at;
    else if (begun) {
        begin_rows(session, step, y);
        start = (rk_layer_start){ .data = y.data, .ld = y.ld };
    }
    start = add_folded(session, (rk_fold_part){ .fold = fold, .first = fold->n_user, .last = fold->n }, y, start);
    rk_layer_finish(layer, y, layer_input(session, step), begun ? step->n_user : 0, start);
}

/* The share of a request's user. */
static void begin_layer(const rk_net_session *session, const rk_step *step)
{
    const rk_steps *steps = &session->net->steps;

    if (step->kind == RK_STEP_INT8)
        rk_int8_step_begin(session, step);
    else
        begin_rows(session, step, (rk_block){ session->starts + step->start_at, 0, 1, steps->layers[step->layer].n });
}

/* From the first row into all where it is there already. */
static void run_join(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    rk_tensor x = rk_session_floats(session, &step->x), y = rk_session_floats(session, &step->y);
    int64_t done = x.data == y.data ? 1 : 0;

    session->net->steps.backend->copy(rk_rows(y, done, n_rows, step->width), rk_rows(x, done, n_rows, step->width));
}

/* One row of a table for each row; the op would add it to nothing. */
static void take_rows(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    const rk_op_io *io = &session->ios[step->node];
    const rk_column *column = &session->views[io->node->inputs[0]];
    int64_t dim = io->node->shape.dims[0];

    io->backend->take(rk_rows(rk_session_floats(session, &step->y), 0, n_rows, dim), io->table, dim,
                      column->ids + column->offsets[0]);
}

static void run_op(rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    rk_op_io *io = &session->ios[step->node];
    rk_tensor *x = (rk_tensor *)(uintptr_t)io->x; /* the session's own; const for the ops' sake */
    const rk_column **ids = (const rk_column **)(uintptr_t)io->ids;

    for (int k = 0; k < io->n_inputs; k++) {
        int input = io->node->inputs[k];

        if (rk_graph_node(session->net->graph, input)->kind == RK_NODE_IDS)
            ids[k] = &session->views[input];
        else
            x[k] = rk_session_floats(session, &session->net->steps.values[input]);
    }
    io->y = rk_session_floats(session, &step->y);
    io->end = io->n_rows = n_rows;
    io->node->op->forward(io);
}

static bool is_plain_lookup(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    const rk_node *node = session->ios[step->node].node;

    return node->table >= 0 && rk_one_id_each(&session->views[node->inputs[0]], n_rows);
}

static void run_step(rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    if (step->kind == RK_STEP_LAYER)
        run_layer(session, step, n_rows);
    else if (step->kind == RK_STEP_JOIN)
        run_join(session, step, n_rows);
    else if (step->kind == RK_STEP_OP && is_plain_lookup(session, step, n_rows))
        take_rows(session, step, n_rows);
    else if (step->kind == RK_STEP_OP)
        run_op(session, step, n_rows);
    else
        rk_int8_step_run(session, step, n_rows);
}

/* What a request's user alone decides: steps, and the start of layers. */
static void run_user(rk_net_session *session)
{
    const rk_steps *steps = &session->net->steps;

    for (int i = 0; i < steps->n_steps; i++)
        if (steps->steps[i].user)
            run_step(session, &steps->steps[i], 1);
    for (int i = 0; i < steps->n_steps; i++)
        if (steps->steps[i].begins)
            begin_layer(session, &steps->steps[i]);
}

/* Layers take long enough to bring the rows of tables that the next piece reads. */
static void run_piece(rk_net_session *session, int64_t n_rows, rk_fetch *next)
{
    const rk_steps *steps = &session->net->steps;
    int n_layers = steps->n_layers + steps->n_int8_layers;
    int64_t share = (next->end - next->begin) * next->lookups->n / (n_layers > 0 ? n_layers : 1) + 1;

    for (int i = 0; i < steps->n_steps; i++) {
        const rk_step *step = &steps->steps[i];

        if (session->one_user && step->user)
            continue;
        if (step->kind == RK_STEP_LAYER || step->kind == RK_STEP_INT8)
            rk_fetch_rows(next, share);
        run_step(session, step, n_rows);
    }
}

/* The first of ids [begin, end) that a table does not have, or end. All are looked at in a loop that has no way out. */
static int64_t find_beyond(const int64_t *ids, int64_t begin, int64_t end, int64_t n_ids)
{
    bool any = false;

    for (int64_t i = begin; i < end; i++)
        any |= (uint64_t)ids[i] >= (uint64_t)n_ids;
    for (int64_t i = begin; any && i < end; i++)
        if ((uint64_t)ids[i] >= (uint64_t)n_ids)
            return i;
    return end;
}

rocket_status rk_net_check(const rk_net *net, rk_net_rows rows, rocket_error *err)
{
    for (int k = 0; k < net->lookups.n_all; k++) {
        const rk_lookup *lookup = &net->lookups.all[k];
        const rk_column *column = rows.columns[lookup->input];
        bool one = rows.one_user && lookup->user;

        int64_t end = column->offsets[one ? 1 : rows.end];
        int64_t i = find_beyond(column->ids, column->offsets[one ? 0 : rows.begin], end, lookup->n_ids);

        RK_FAIL_IF(i < end, DATA, err, "%s: id %lld, expected 0 .. %lld", rk_graph_node(net->graph, lookup->node)->name,
                   (long long)column->ids[i], (long long)lookup->n_ids - 1);
    }
    return ROCKET_OK;
}

static void put_rows(const rk_net_session *session, int64_t first, int64_t n, rk_net_output output)
{
    const rk_steps *steps = &session->net->steps;
    rk_tensor from = rk_session_floats(session, &steps->values[output.node]);
    int64_t width = steps->plan->widths[output.node];

    for (int64_t r = 0; r < n; r++)
        for (int64_t c = 0; c < width; c++)
            output.to.data[(first + r) * output.to.ld + c] = from.data[r * from.ld + c];
}

static int64_t least(int64_t x, int64_t y)
{
    return x < y ? x : y;
}

/* The look-ups of the piece that begins here. */
static rk_fetch fetch_of(const rk_net_session *session, rk_net_rows rows, int64_t begin)
{
    return (rk_fetch){ .lookups = &session->net->lookups,
                       .columns = rows.columns,
                       .begin = begin,
                       .end = least(rows.end, begin + RK_NET_PIECE),
                       .one_user = rows.one_user };
}

void rk_net_run(rk_net_session *session, rk_net_rows rows, const rk_net_output *outputs, int n_outputs)
{
    rk_fetch fetch = fetch_of(session, rows, rows.begin);

    session->one_user = rows.one_user;
    if (rows.one_user)
        rk_fetch_user(&session->net->lookups, rows.columns);
    rk_fetch_rows(&fetch, INT64_MAX);
    if (rows.one_user) {
        view_rows(session, rows.columns, rows.begin);
        run_user(session);
    }
    for (int64_t first = rows.begin; first < rows.end; first += RK_NET_PIECE) {
        int64_t n = least(rows.end - first, RK_NET_PIECE);

        fetch = fetch_of(session, rows, first + n);
        view_rows(session, rows.columns, first);
        run_piece(session, n, &fetch);
        for (int i = 0; i < n_outputs; i++)
            put_rows(session, first, n, outputs[i]);
    }
}
