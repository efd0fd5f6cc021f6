/* See quantize_gate.h. The data are read twice, once for each AUC: what was scored by the floats is not known any more
 * when they have been rounded. Scores come from the path of scoring, with 8-bit arithmetic the second time if there are
 * integers. In the first pass the least and greatest value of each column that a kernel multiplies are noted, for its
 * scale. */
#include "quantize_gate.h"

#include <math.h>

#include "binding.h"
#include "error.h"
#include "mem.h"
#include "net.h"
#include "quantize.h"
#include "rank_auc.h"
#include "stop.h"
#include "stream.h"

enum { BATCH = 1024 };

const char *const rk_quantize_kinds[RK_N_QUANTIZE_KINDS] = { "int8", "bf16" };

/* What kernels multiply, as seen in the first rows. */
typedef struct watch {
    rk_range *ranges;      /* [n_nodes]; of nodes that are watched */
    rk_net_output *values; /* [n] a batch of each */
    int n;
    rk_arena arena;
} watch;

typedef struct pass {
    const rk_bundle *bundle;
    watch *watch; /* NULL: nothing is noted */
    rk_schema *schema;
    rk_binding binding;
    rk_net *net;
    rk_net_session *session;
    const rk_column **columns; /* [n_nodes] */
    int probs;
    int64_t n_classes;
    float *scores;
    size_t score_capacity;
    uint64_t *rows; /* see rank_auc.h */
    size_t n_rows, row_capacity;
} pass;

/* ---- ranges ---- */

static void add_watched(watch *w, const rk_graph *graph, int id)
{
    int64_t width = rk_shape_size(&rk_graph_node(graph, id)->shape);

    if (w->ranges[id].least)
        return;
    w->ranges[id].least = rk_arena_alloc(&w->arena, (size_t)width, sizeof(float));
    w->ranges[id].greatest = rk_arena_alloc(&w->arena, (size_t)width, sizeof(float));
    w->values[w->n++] =
        (rk_net_output){ id, { rk_arena_alloc(&w->arena, (size_t)(BATCH * width), sizeof(float)), width } };
}

static rocket_status open_watch(watch *w, const rk_graph *graph, rocket_error *err)
{
    size_t n = (size_t)rk_graph_n_nodes(graph);

    rk_arena_init(&w->arena, 0);
    w->ranges = rk_arena_alloc(&w->arena, n, sizeof *w->ranges);
    w->values = rk_arena_alloc(&w->arena, n + 1, sizeof *w->values); /* and the probabilities */
    for (int id = 0; w->ranges && w->values && id < (int)n; id++)
        if (rk_quantize_takes(graph, rk_graph_node(graph, id)))
            add_watched(w, graph, rk_graph_node(graph, id)->inputs[0]);
    RK_FAIL_IF(rk_arena_failed(&w->arena), FAILED, err, "out of memory");
    return ROCKET_OK;
}

/* Ranges start as 0 .. 0, which every scale has to include. */
static void note_ranges(watch *w, int64_t n_rows)
{
    for (int i = 0; i < w->n; i++) {
        rk_range range = w->ranges[w->values[i].node];
        rk_tensor values = w->values[i].to;

        for (int64_t k = 0; k < n_rows * values.ld; k++) {
            float v = values.data[k];
            int64_t c = k % values.ld;

            range.least[c] = v < range.least[c] ? v : range.least[c];
            range.greatest[c] = v > range.greatest[c] ? v : range.greatest[c];
        }
    }
}

/* ---- scores ---- */

static rocket_status open_pass(pass *p, rocket_error *err)
{
    const rk_graph *graph = p->bundle->graph;
    rk_schema_options columns = { .labels = true, .given = &p->bundle->vocabularies };

    p->probs = rk_graph_find_output(graph, "probs_light");
    p->n_classes = rk_shape_size(&rk_graph_node(graph, p->probs)->shape);
    RK_FAIL_IF(p->n_classes > 2, CONFIG, err, "%s: expected one or two classes to compare AUC, found %lld",
               rk_config_name(p->bundle->config), (long long)p->n_classes);
    RK_TRY(rk_schema_new(&p->schema, p->bundle->config, &columns, err));
    RK_TRY(rk_binding_new(&p->binding, graph, p->schema, err));
    RK_TRY(rk_net_new(&p->net, graph, p->bundle->weights, &(rk_net_options){ .unfolded = p->watch }, err));
    RK_TRY(rk_net_session_new(&p->session, p->net, err));
    p->columns = rk_alloc((size_t)rk_graph_n_nodes(graph), sizeof *p->columns);
    RK_FAIL_IF(!p->columns, FAILED, err, "out of memory");
    return ROCKET_OK;
}

static void close_pass(pass *p)
{
    rk_net_session_free(p->session);
    rk_net_free(p->net);
    rk_binding_clear(&p->binding);
    rk_schema_free(p->schema);
    rk_free(p->columns);
    rk_free(p->scores);
    rk_free(p->rows);
}

static rocket_status reserve(pass *p, size_t n, rocket_error *err)
{
    float *scores = rk_grow(p->scores, &p->score_capacity, n * (size_t)p->n_classes, sizeof *scores);
    p->scores = scores ? scores : p->scores;
    uint64_t *rows = rk_grow(p->rows, &p->row_capacity, p->n_rows + n, sizeof *rows);
    p->rows = rows ? rows : p->rows;
    RK_FAIL_IF(!scores || !rows, FAILED, err, "out of memory for the scores of %zu rows", p->n_rows + n);
    return ROCKET_OK;
}

static void run_batch(pass *p, rk_net_rows rows)
{
    rk_net_output probs = { p->probs, { p->scores, p->n_classes } };
    bool watched = p->watch && p->n_rows < RK_QUANTIZE_ROWS;

    if (!watched) {
        rk_net_run(p->session, rows, &probs, 1);
        return;
    }
    p->watch->values[p->watch->n] = probs;
    rk_net_run(p->session, rows, p->watch->values, p->watch->n + 1);
    note_ranges(p->watch, rows.end);
}

static rocket_status add_batch(pass *p, const rk_batch *batch, rocket_error *err)
{
    const rk_column *label = &batch->columns[rk_schema_label(p->schema)];
    rk_net_rows rows = { .columns = p->columns, .end = batch->n_rows };

    RK_TRY(reserve(p, (size_t)batch->n_rows, err));
    for (size_t i = 0; i < p->binding.n; i++)
        p->columns[p->binding.node[i]] = &batch->columns[p->binding.column[i]];
    RK_TRY(rk_net_check(p->net, rows, err));
    run_batch(p, rows);
    for (int64_t b = 0; b < batch->n_rows; b++) {
        float score = p->scores[(b + 1) * p->n_classes - 1];

        RK_FAIL_IF(isnan(score), GATE, err, "row %zu: a score is not a number", p->n_rows + 1);
        p->rows[p->n_rows++] = rk_rank_row(score, label->values[b * label->width] > 0.5F, 0);
    }
    return ROCKET_OK;
}

static rocket_status add_rows(pass *p, const char *data, rocket_error *err)
{
    rk_stream_options options = { .paths = data, .n_threads = 1, .batch_size = BATCH };
    rk_stream *stream;
    rk_batch *batch;

    RK_TRY(rk_stream_open(&stream, p->bundle->config, p->schema, &options, err));
    rocket_status status = rk_stream_next(stream, &batch, err);
    while (status == ROCKET_OK && batch) {
        status = add_batch(p, batch, err);
        rk_stream_give_back(stream, batch);
        if (status == ROCKET_OK && rk_stop_requested())
            status = rk_fail(err, ROCKET_STOPPED, "stopped by signal %d; nothing was written", rk_stop_signal());
        if (status == ROCKET_OK)
            status = rk_stream_next(stream, &batch, err);
    }
    rk_stream_close(stream);
    return status;
}

static rocket_status auc_of(double *out, pass *p, const char *data, rocket_error *err)
{
    uint64_t *scratch = rk_alloc(p->n_rows, sizeof *scratch);

    RK_FAIL_IF(!scratch, FAILED, err, "out of memory");
    rk_rank_sort(p->rows, scratch, p->n_rows);
    *out = rk_rank_auc(p->rows, p->n_rows, NULL).auc;
    rk_free(scratch);
    RK_FAIL_IF(isnan(*out), DATA, err, "%s: expected rows of both classes, found one", data);
    return ROCKET_OK;
}

static rocket_status measure(double *out, const rk_bundle *bundle, const char *data, watch *seen, rocket_error *err)
{
    pass p = { .bundle = bundle, .watch = seen };
    rocket_status status = open_pass(&p, err);

    if (status == ROCKET_OK)
        status = add_rows(&p, data, err);
    if (status == ROCKET_OK)
        status = auc_of(out, &p, data, err);
    close_pass(&p);
    return status;
}

static rocket_status quantize_to_int8(rk_bundle *bundle, rk_quantize_gate *gate, rocket_error *err)
{
    watch w = { 0 };
    rocket_status status = open_watch(&w, bundle->graph, err);

    if (status == ROCKET_OK)
        status = measure(&gate->before, bundle, gate->data, &w, err);
    if (status == ROCKET_OK)
        status = rk_weights_quantize(bundle->weights, w.ranges, err);
    rk_arena_clear(&w.arena);
    return status;
}

static rocket_status quantize_to_bf16(rk_bundle *bundle, rk_quantize_gate *gate, rocket_error *err)
{
    RK_FAIL_IF(rk_weights_have_integers(bundle->weights), CONFIG, err,
               "expected weights of floats to round to bf16, found integers");
    RK_TRY(measure(&gate->before, bundle, gate->data, NULL, err));
    rk_weights_round_to_bf16(bundle->weights);
    return ROCKET_OK;
}

rocket_status rk_quantize_checked(rk_bundle *bundle, rk_quantize_gate *gate, rocket_error *err)
{
    if (gate->kind == RK_QUANTIZE_INT8)
        RK_TRY(quantize_to_int8(bundle, gate, err));
    else
        RK_TRY(quantize_to_bf16(bundle, gate, err));
    RK_TRY(measure(&gate->after, bundle, gate->data, NULL, err));
    RK_FAIL_IF(!(gate->before - gate->after <= gate->most_loss), GATE, err,
               "%s: expected %s weights to cost at most %g of AUC, found %.6f (%.6f before, %.6f after); nothing was "
               "written",
               gate->data, rk_quantize_kinds[gate->kind], gate->most_loss, gate->before - gate->after, gate->before,
               gate->after);
    return ROCKET_OK;
}
