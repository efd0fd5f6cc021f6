/* rocket bench -m FILE: how long a net takes to score a request, ids to probability.
 *
 * Every net of the file is measured on the path of scoring (score/net.h): the light net of a model, both nets of a
 * checkpoint. Requests are rows of one, 64 and 1024, and with --user one user and 200 candidates; on one thread, and
 * dealt to all. Ids and values are drawn at random, one id per bag.
 */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "bundle.h"
#include "error.h"
#include "mem.h"
#include "model.h"
#include "net.h"
#include "rng.h"

enum { MAX_USER = 64 };

typedef struct scoring {
    rk_bundle *bundle;
    rk_net *net;
    rk_net_session **sessions; /* [n_threads] */
    int n_threads;
    rk_column *columns;    /* [n_nodes] of the inputs; empty for other nodes */
    const rk_column **fed; /* [n_nodes] their addresses */
    int user[MAX_USER];    /* [n_user] inputs that are the user's */
    size_t n_user;
    rk_net_output output;
    rk_pool *pool; /* of the request at hand; NULL: this thread */
    int64_t n_rows, n_piece;
    bool one_user;
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

static rocket_status fill_inputs(scoring *s, int64_t n_rows, rocket_error *err)
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
            RK_TRY(fill_ids(&s->columns[i], n_rows, table_rows(graph, i), &rng, err));
        else
            RK_TRY(fill_floats(&s->columns[i], n_rows, rk_shape_size(&node->shape), &rng, err));
        s->fed[i] = &s->columns[i];
    }
    return ROCKET_OK;
}

/* --user: names of inputs, which are features'. */
static rocket_status find_user(scoring *s, const rk_args *args, rocket_error *err)
{
    const char *list = rk_args_get(args, "user");
    char name[256];

    while (list != NULL && *list != '\0') {
        size_t n = strcspn(list, ",");

        snprintf(name, sizeof name, "%.*s", (int)n, list);
        int node = rk_graph_find_node(s->bundle->graph, name);
        RK_FAIL_IF(node < 0 || rk_graph_node(s->bundle->graph, node)->kind == RK_NODE_OP || s->n_user == MAX_USER,
                   USAGE, err, "--user: expected up to %d features of the model, found \"%s\"", MAX_USER, name);
        s->user[s->n_user++] = node;
        list += n + (list[n] == ',');
    }
    return ROCKET_OK;
}

static void score_piece(void *arg, int piece, int thread)
{
    const scoring *s = arg;
    int64_t begin = piece * s->n_piece, end = begin + s->n_piece < s->n_rows ? begin + s->n_piece : s->n_rows;

    rk_net_run(s->sessions[thread], (rk_net_rows){ s->fed, begin, end, s->one_user }, &s->output, 1);
}

static rocket_status score(double *amount, void *ctx, rocket_error *err)
{
    scoring *s = ctx;

    *amount = 1;
    RK_TRY(rk_net_check(s->net, (rk_net_rows){ s->fed, 0, s->n_rows, s->one_user }, err)); /* as every request */
    if (s->pool != NULL)
        rk_pool_run(s->pool, (int)((s->n_rows + s->n_piece - 1) / s->n_piece), score_piece, s);
    else
        score_piece(s, 0, 0);
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
    for (int i = 0; s->sessions != NULL && i < s->n_threads; i++)
        rk_net_session_free(s->sessions[i]);
    rk_free(s->sessions);
    rk_free(s->columns);
    rk_free(s->fed);
    rk_free(s->output.to.data);
    rk_net_free(s->net);
    rk_bundle_close(s->bundle);
}

/* Room for requests of up to so many rows. */
static rocket_status prepare(scoring *s, const rk_bench *bench, int64_t n_rows, rocket_error *err)
{
    int output = rk_graph_output_at(s->bundle->graph, 0)->node;
    int64_t width = rk_shape_size(&rk_graph_node(s->bundle->graph, output)->shape);

    RK_TRY(find_user(s, bench->args, err));
    RK_TRY(rk_net_new(&s->net, s->bundle->graph, s->bundle->weights,
                      &(rk_net_options){ .user = s->user, .n_user = s->n_user }, err));
    s->sessions = rk_alloc((size_t)bench->n_threads, sizeof *s->sessions);
    s->output = (rk_net_output){ output, { rk_alloc((size_t)(n_rows * width), sizeof(float)), width } };
    RK_FAIL_IF(s->sessions == NULL || s->output.to.data == NULL, FAILED, err, "out of memory");
    for (s->n_threads = 0; s->n_threads < bench->n_threads; s->n_threads++)
        RK_TRY(rk_net_session_new(&s->sessions[s->n_threads], s->net, err));
    return fill_inputs(s, n_rows, err);
}

static rocket_status measure_request(scoring *s, rk_bench *bench, const char *net, bool all_threads, rocket_error *err)
{
    int threads = all_threads ? bench->n_threads : 1;
    char rows[64], name[128];
    rk_sample rate;

    s->pool = all_threads ? bench->all : NULL;
    s->n_piece = all_threads ? (s->n_rows + threads - 1) / threads : s->n_rows;
    s->n_piece = all_threads && s->n_piece > RK_NET_PIECE ? RK_NET_PIECE : s->n_piece;
    RK_TRY(rk_bench_rate(&rate, bench, score, s, err));
    snprintf(rows, sizeof rows, s->one_user ? "1 user, %lld candidates" : "rows: %lld", (long long)s->n_rows);
    snprintf(name, sizeof name, "%s net, %s, %d thread%s", net, rows, threads, threads == 1 ? "" : "s");
    rk_bench_report(bench, name, "us", (rk_sample){ 1e6 / rate.median, 1e6 / rate.max, 1e6 / rate.min });
    return ROCKET_OK;
}

static rocket_status measure(scoring *s, rk_bench *bench, const char *net, rocket_error *err)
{
    enum { CANDIDATES = 200 };
    uint64_t given;

    RK_TRY(rk_args_number(&given, bench->args, "batch-size", (rk_number_rule){ 0, 1, 1 << 20 }, err));
    const int64_t plain[] = { given > 0 ? (int64_t)given : 1, 64, 1024 };
    RK_TRY(prepare(s, bench, given > 1024 ? (int64_t)given : 1024, err));
    for (int i = 0; i < (given > 0 ? 1 : 3); i++)
        for (int all = 0; all <= (bench->n_threads > 1 && plain[i] > 1); all++) {
            s->n_rows = plain[i];
            RK_TRY(measure_request(s, bench, net, all, err));
        }
    s->one_user = true;
    s->n_rows = given > 0 ? (int64_t)given : CANDIDATES;
    for (int all = 0; s->n_user > 0 && all <= (bench->n_threads > 1); all++)
        RK_TRY(measure_request(s, bench, net, all, err));
    return ROCKET_OK;
}

/* One net of the file; a file without it is passed over. */
static rocket_status measure_net(rk_bench *bench, const char *path, int net, bool *found, rocket_error *err)
{
    scoring s = { 0 };
    char output[32];
    const char *outputs[] = { output };
    rk_bundle *whole;

    snprintf(output, sizeof output, "probs_%s", rk_net_names[net]);
    RK_TRY(rk_bundle_open(&whole, path, NULL, 0, err));
    bool present = rk_graph_find_output(whole->graph, output) >= 0;
    rk_bundle_close(whole);
    if (!present)
        return ROCKET_OK;
    *found = true;
    RK_TRY(rk_bundle_open_packed(&s.bundle, path, outputs, 1, err));
    rocket_status status = measure(&s, bench, rk_net_names[net], err);
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
