/* rocket inspect: layers, parameters and multiplications per example of light net and booster (the paper's Table 5). */
#include <stdio.h>
#include <string.h>

#include "bundle.h"
#include "common.h"
#include "dropout_rates.h"
#include "error.h"
#include "file.h"
#include "mem.h"
#include "op.h"

static const char *const logits_names[] = { "logits_light", "logits_booster" };

static void print_layers(const rk_graph *graph, int output)
{
    bool *reached = rk_alloc((size_t)rk_graph_n_nodes(graph), sizeof *reached);

    if (reached == NULL)
        return;
    rk_graph_reach(graph, reached, &output, 1);
    for (int i = 0; i <= output; i++) {
        const rk_node *node = rk_graph_node(graph, i);
        if (node->op == NULL || node->op->multiplications == NULL || !reached[i])
            continue;
        const rk_shape *kernel = &rk_graph_param_at(graph, node->params[0])->shape;
        printf("    %-32s %6lld x %-6lld %10lld multiplications\n", node->name, (long long)kernel->dims[0],
               (long long)kernel->dims[1], (long long)node->op->multiplications(graph, node));
    }
    rk_free(reached);
}

static void print_net(const rk_graph *graph, int net, bool json, bool *first)
{
    int output = rk_graph_find_output(graph, logits_names[net]);

    if (output < 0)
        return;
    rk_cost cost = rk_graph_cost(graph, output);
    if (json) {
        printf("%s\"%s\": {\"layers\": %d, \"dense_parameters\": %lld, \"embedding_parameters\": %lld, "
               "\"multiplications\": %lld}",
               *first ? "" : ", ", rk_net_names[net], cost.layers, (long long)cost.dense_params,
               (long long)cost.table_params, (long long)cost.multiplications);
    } else {
        printf("%s: %d layer%s, %lld parameters and %lld in embeddings, %lld multiplications per example\n",
               rk_net_names[net], cost.layers, cost.layers == 1 ? "" : "s", (long long)cost.dense_params,
               (long long)cost.table_params, (long long)cost.multiplications);
        print_layers(graph, output);
    }
    *first = false;
}

static void print_graph(const rk_args *args, const rk_graph *graph)
{
    bool json = rk_args_has(args, "json"), first = true;

    if (json)
        putchar('{');
    for (int net = 0; net < RK_N_NETS; net++)
        print_net(graph, net, json, &first);
    if (json)
        puts("}");
}

static rocket_status inspect_config(const rk_args *args, const char *path, rocket_error *err)
{
    rk_config *config;
    rk_schema *schema = NULL;
    rk_model *model = NULL;
    rk_schema_options columns = { .labels = true };

    RK_TRY(rk_cli_config_at(&config, args, path, err));
    rocket_status status = rk_schema_new(&schema, config, &columns, err);
    if (status == ROCKET_OK)
        status = rk_model_new(&model, config, schema, err);
    if (status == ROCKET_OK)
        print_graph(args, model->graph);
    rk_model_free(model);
    rk_schema_free(schema);
    rk_config_free(config);
    return status;
}

/* Features by what variational dropout has learnt, the most needed first. */
static rocket_status print_dropout_rates(const rk_weights *weights, rocket_error *err)
{
    rk_arena arena;
    rk_dropout_rate *rates;
    size_t n;

    rk_arena_init(&arena, 0);
    rocket_status status = rk_dropout_rates(&rates, &n, weights, &arena, err);
    if (status == ROCKET_OK && n > 0)
        puts("rates at which features are dropped:");
    for (size_t i = 0; status == ROCKET_OK && i < n; i++)
        printf("    %-32s %.4f\n", rates[i].feature, rates[i].rate);
    rk_arena_clear(&arena);
    return status;
}

static rocket_status inspect_file(const rk_args *args, const char *path, rocket_error *err)
{
    rk_bundle *bundle;

    RK_TRY(rk_bundle_open(&bundle, path, NULL, 0, err));
    if (!rk_args_has(args, "json"))
        printf("%s: %s of step %llu\n", path, bundle->is_checkpoint ? "checkpoint" : "model",
               (unsigned long long)bundle->state.step);
    print_graph(args, bundle->graph);
    rocket_status status = rk_args_has(args, "json") ? ROCKET_OK : print_dropout_rates(bundle->weights, err);
    rk_bundle_close(bundle);
    return status;
}

/* A file of tensors begins with the length of its header, of which the upper four bytes are zeros, as no text has them.
 * A name that says so is believed too: what is damaged there is told as damage. */
static rocket_status find_kind(bool *is_model, const char *path, rocket_error *err)
{
    static const char suffix[] = ".safetensors", zeros[4];
    size_t n = strlen(path), n_suffix = sizeof suffix - 1;
    rk_map_file map;

    *is_model = n > n_suffix && strcmp(path + n - n_suffix, suffix) == 0;
    if (*is_model)
        return ROCKET_OK;
    RK_FAIL_IF(rk_file_is_folder(path), USAGE, err, "%s: expected a model, checkpoint or config, found a folder", path);
    RK_TRY(rk_file_map(&map, path, err));
    *is_model = map.size >= 8 && memcmp(map.data + 4, zeros, sizeof zeros) == 0;
    rk_file_unmap(&map);
    return ROCKET_OK;
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    const char *path = rk_args_word(args, 0);
    bool is_model;

    RK_TRY(find_kind(&is_model, path, err));
    return is_model ? inspect_file(args, path, err) : inspect_config(args, path, err);
}

static const rk_option options[] = { { 0 } };

const rk_verb rk_verb_inspect = {
    .name = "inspect",
    .usage = "MODEL|CONFIG",
    .summary = "layers, parameters and multiplications of light net and booster",
    .options = options,
    .takes = RK_TAKES_SET | RK_TAKES_JSON,
    .min_words = 1,
    .max_words = 1,
    .run = run,
};
