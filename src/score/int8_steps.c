/* See int8_steps.h. */
#include "int8_steps.h"

#include <string.h>

/* The user's columns that make up whole quads are summed up once; the few behind them go with every row. */
static int64_t summed_of(const rk_step *step)
{
    return step->n_user / RK_INT8_QUAD * RK_INT8_QUAD;
}

static void run_layer(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    const rk_int8_layer *layer = &session->net->steps.int8_layers[step->layer];
    bool begun = session->one_user && step->n_user > 0;
    rk_int8_rows rows = { .n = n_rows, .x = rk_session_bytes(session, &step->x) };

    if (step->to_bytes) {
        rk_bytes y = rk_session_bytes(session, &step->y);

        rows.bytes = y.data;
        rows.ldy = y.ld;
    } else {
        rk_tensor y = rk_session_floats(session, &step->y);

        rows.floats = y.data;
        rows.ldy = y.ld;
    }
    rk_int8_layer_finish(layer, &rows, begun ? summed_of(step) : 0, begun ? session->sums + step->start_at : NULL);
}

void rk_int8_step_begin(const rk_net_session *session, const rk_step *step)
{
    const rk_int8_layer *layer = &session->net->steps.int8_layers[step->layer];
    int64_t first = summed_of(step);
    rk_bytes rows = rk_session_bytes(session, &step->x);

    rk_int8_layer_begin(layer, session->sums + step->start_at, rows.data, first);
    for (int64_t r = 1; first < step->n_user && r < RK_NET_PIECE; r++)
        memcpy(rows.data + r * rows.ld + first, rows.data + first, (size_t)(step->n_user - first));
}

/* From the first row into all where it is there already. */
static void run_join(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    rk_bytes x = rk_session_bytes(session, &step->x), y = rk_session_bytes(session, &step->y);

    for (int64_t r = x.data == y.data ? 1 : 0; r < n_rows; r++)
        memcpy(y.data + r * y.ld, x.data + r * x.ld, (size_t)step->width);
}

static void run_round(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    rk_block x = rk_rows(rk_session_floats(session, &step->x), 0, n_rows, step->width);

    rk_int8_round(rk_session_bytes(session, &step->y), x, step->by, step->zero);
}

static void run_bag(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    const rk_node *node = rk_graph_node(session->net->graph, step->node);
    const rk_column *ids = &session->views[node->inputs[0]];
    rk_int8_bag bag = { .q = step->integers,
                        .dim = step->width,
                        .bag = { .offsets = ids->offsets,
                                 .ids = ids->ids,
                                 .weights = ids->weights,
                                 .combiner = (rk_combiner)node->attrs[0] } };

    if (step->to_bytes)
        rk_int8_bag_bytes(rk_session_bytes(session, &step->y), n_rows, &bag, step->by);
    else
        rk_int8_bag_floats(rk_rows(rk_session_floats(session, &step->y), 0, n_rows, step->width), &bag, step->by);
}

void rk_int8_step_run(const rk_net_session *session, const rk_step *step, int64_t n_rows)
{
    if (step->kind == RK_STEP_INT8)
        run_layer(session, step, n_rows);
    else if (step->kind == RK_STEP_BYTE_JOIN)
        run_join(session, step, n_rows);
    else if (step->kind == RK_STEP_ROUND)
        run_round(session, step, n_rows);
    else
        run_bag(session, step, n_rows);
}
