/* rocket bench -m FILE: how long a net takes to score a request, ids to probability, on one thread.
 *
 * Every net of the file is measured on the path of scoring (score/net.h): the light net of a model, both nets of a
 * checkpoint. Ids and values are drawn at random, one id per bag, so that look-ups miss the cache as they do in
 * service.
 */
#include <stdio.h>

#include "bench.h"
#include "bundle.h"
#include "error.h"
#include "mem.h"
#include "model.h"
#include "net.h"
#include "rng.h"

typedef struct scoring {
    rk_bundle *bundle;
    rk_net *net;
    rk_net_session *session;
    rk_column *columns;    /* [n_nodes] of the inputs; empty for other nodes */
    const rk_column **fed; /* [n_nodes] their addresses */
    rk_net_output output;
    int64_t n_rows;
} scoring;

/* Rows of the first table that is looked up with an input's ids; 1 when there is none. */
static int64_t table_rows(const rk_graph *graph, int input)
{
    for (int i = 0; i < rk_graph_n_nodes(graph); i++) {
        const rk_node *node = rk_graph_node(graph, i);
        if (node->table >= 0 && node->inputs[0] == input)
            return rk_graph_table_at(graph, node->table)->n_rows;
    }
    return 1;
}

static rocket_status fill_ids(rk_column *column, int64_t n_rows, int64_t n_ids, rk_rng *rng, rocket_error *err)
{
    column->kind = RK_COLUMN_IDS;
    column->offsets = rk_alloc((size_t)n_rows + 1, sizeof *column->offsets);
    column->ids = rk_alloc((size_t)n_rows, sizeof *column->ids);
    RK_FAIL_IF(column->offsets == NULL || column->ids == NULL, FAILED, err, "out of memory");
    for (int64_t b = 0; b < n_rows; b++) {
        column->offsets[b + 1] = b + 1;
        column->ids[b] = (int64_t)rk_rng_below(rng, (uint64_t)n_ids);
    }
    return ROCKET_OK;
}

static rocket_status fill_floats(rk_column *column, int64_t n_rows, int64_t width, rk_rng *rng, rocket_error *err)
{
    column->kind = RK_COLUMN_FLOATS;
    column->width = width;
    column->values = rk_alloc((size_t)(n_rows * width), sizeof *column->values);
    RK_FAIL_IF(column->values == NULL, FAILED, err, "out of memory");
    for (int64_t i = 0; i < n_rows * width; i++)
        column->values[i] = rk_rng_float(rng);
    return ROCKET_OK;
}

static rocket_status fill_inputs(scoring *s, rocket_error *err)
{
    const rk_graph *graph = s->bundle->graph;
    rk_rng rng = rk_rng_at(1, RK_RNG_TEST, 0, 0);

    s->columns = rk_alloc((size_t)rk_graph_n_nodes(graph), sizeof *s->columns);
    s->fed = rk_alloc((size_t)rk_graph_n_nodes(graph), sizeof *s->fed);
    RK_FAIL_IF(s->columns == NULL || s->fed == NULL, FAILED, err, "out of memory");
    for (int i = 0; i < rk_graph_n_nodes(graph); i++) {
        const rk_node *node = rk_graph_node(graph, i);
        if (node->kind == RK_NODE_OP)
            continue;
        if (node->kind == RK_NODE_IDS)
            RK_TRY(fill_ids(&s->columns[i], s->n_rows, table_rows(graph, i), &rng, err));
        else
            RK_TRY(fill_floats(&s->columns[i], s->n_rows, rk_shape_size(&node->shape), &rng, err));
        s->fed[i] = &s->columns[i];
    }
    return ROCKET_OK;
}

static rocket_status score(double *amount, void *ctx, rocket_error *err)
{
    scoring *s = ctx;

    rk_net_rows rows = { s->fed, 0, s->n_rows, false };

    *amount = 1;
    RK_TRY(rk_net_check(s->net, rows, err)); /* as every request */
    rk_net_run(s->session, rows, &s->output, 1);
    return ROCKET_OK;
}

static void clear(scoring *s)
{
    int n = s->columns == NULL ? 0 : rk_graph_n_nodes(s->bundle->graph);

    for (int i = 0; i < n; i++) {
        rk_free(s->columns[i].offsets);
        rk_free(s->columns[i].ids);
        rk_free(s->columns[i].values);
    }
    rk_free(s->columns);
    rk_free(s->fed);
    rk_free(s->output.to.data);
    rk_net_session_free(s->session);
    rk_net_free(s->net);
    rk_bundle_close(s->bundle);
}

static rocket_status measure(scoring *s, rk_bench *bench, int net, rocket_error *err)
{
    int output = rk_graph_output_at(s->bundle->graph, 0)->node;
    int64_t width = rk_shape_size(&rk_graph_node(s->bundle->graph, output)->shape);
    rk_sample rate;
    char name[64];

    RK_TRY(rk_net_new(&s->net, s->bundle->graph, s->bundle->weights, NULL, err));
    RK_TRY(rk_net_session_new(&s->session, s->net, err));
    s->output = (rk_net_output){ output, { rk_alloc((size_t)(s->n_rows * width), sizeof(float)), width } };
    RK_FAIL_IF(s->output.to.data == NULL, FAILED, err, "out of memory");
    RK_TRY(fill_inputs(s, err));
    RK_TRY(rk_bench_rate(&rate, bench, score, s, err));
    snprintf(name, sizeof name, "%s net, %lld rows, 1 thread", rk_net_names[net], (long long)s->n_rows);
    rk_bench_report(bench, name, "us", (rk_sample){ 1e6 / rate.median, 1e6 / rate.max, 1e6 / rate.min });
    return ROCKET_OK;
}

/* One net of the file; a file without it is passed over. */
static rocket_status measure_net(rk_bench *bench, const char *path, int net, bool *found, rocket_error *err)
{
    scoring s = { 0 };
    uint64_t n_rows;
    char output[32];
    const char *outputs[] = { output };
    rk_bundle *whole;

    RK_TRY(rk_args_number(&n_rows, bench->args, "batch-size", (rk_number_rule){ 200, 1, 1 << 20 }, err));
    s.n_rows = (int64_t)n_rows;
    snprintf(output, sizeof output, "probs_%s", rk_net_names[net]);
    RK_TRY(rk_bundle_open(&whole, path, NULL, 0, err));
    bool present = rk_graph_find_output(whole->graph, output) >= 0;
    rk_bundle_close(whole);
    if (!present)
        return ROCKET_OK;
    *found = true;
    RK_TRY(rk_bundle_open(&s.bundle, path, outputs, 1, err));
    rocket_status status = measure(&s, bench, net, err);
    clear(&s);
    return status;
}

rocket_status rk_bench_score(rk_bench *bench, const char *path, rocket_error *err)
{
    bool found = false;

    for (int net = 0; net < RK_N_NETS; net++)
        RK_TRY(measure_net(bench, path, net, &found, err));
    RK_FAIL_IF(!found, CORRUPT, err, "%s holds neither a light net nor a booster", path);
    return ROCKET_OK;
}
