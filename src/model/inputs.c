/* See inputs.h. A feature of kind IDS is an embedding node (a bag of rows of its table, pooled), one of kind FLOATS
 * goes into x as it is. Tables are registered by upstream's variable name, so features that share a name share the
 * table.
 */
#include "inputs.h"

#include <math.h>
#include <stdio.h>

#include "arena.h"

/* The graph input that reads a column; made at the first call. */
static int column_node(rk_model *model, size_t column, const char *name, rk_column_kind kind, int64_t width)
{
    if (model->column_nodes[column] < 0)
        model->column_nodes[column] = kind == RK_COLUMN_IDS ? rk_graph_input_ids(model->graph, name)
                                                            : rk_graph_input_floats(model->graph, name, width);
    return model->column_nodes[column];
}

/* Upstream's default (easyrec.md 3.3): truncated normal with standard deviation 0.01 / sqrt(dim). */
static rk_init table_init(const Rocket__Initializer *config, int64_t dim)
{
    return rk_init_configured(config, rk_init_make("truncated_normal", 0, 0.01 / sqrt((double)dim)));
}

static int embed(rk_model *model, const rk_feature *feature, int ids, const rk_inputs_options *options, rk_arena *names)
{
    rk_node_spec spec = RK_NODE_SPEC("embedding");
    int64_t dim = options->dim > 0 ? options->dim : feature->width;
    const char *table = rk_arena_printf(names, "%s%s", options->prefix, feature->table_name);

    spec.name = rk_arena_printf(names, "%s%s/pooled", options->prefix, feature->name);
    if (rk_arena_failed(names))
        return -1;
    spec.table = rk_graph_table(model->graph, &(rk_table){ .name = table,
                                                           .n_rows = feature->n_buckets,
                                                           .dim = dim,
                                                           .init = table_init(feature->config->initializer, dim) });
    spec.inputs = &ids;
    spec.n_inputs = 1;
    spec.attrs[0] = (rk_attr){ "combiner", (double)feature->combiner };
    return rk_graph_add(model->graph, &spec);
}

static void add_embedding_l2(rk_model *model, const rk_feature *feature, int node, const rk_inputs_options *options,
                             rk_arena *names)
{
    rk_node_spec spec = { .inputs = &node, .n_inputs = 1, .table = -1 };

    if (options->embedding_l2 <= 0 || node < 0)
        return;
    const char *name = rk_arena_printf(names, "%sembedding_l2/%s", options->loss_scope, feature->name);
    if (name == NULL)
        return; /* sticky: the caller asks the arena */
    spec.attrs[0] = (rk_attr){ "scale", options->embedding_l2 };
    rk_graph_add_loss(model->graph, "EMBEDDING_L2", name, &spec);
}

/* Variational dropout of the features' vectors, in parts, and its penalty. Upstream keeps all rates in one variable
 * that starts uniform in +-sqrt(3 / its size) (TensorFlow's glorot_uniform of a vector); here each feature has a
 * variable of its own, "variational_dropout/<feature>/logit_p", which starts the same. */
typedef struct dropping {
    rk_model *model;
    const rk_inputs_options *options;
    rk_arena *names;
    int *parts, *keep_rates; /* [n] */
    int64_t n_rates;         /* of all features */
} dropping;

static int64_t width_of(const rk_graph *graph, int node)
{
    return node < 0 ? 1 : rk_shape_size(&rk_graph_node(graph, node)->shape);
}

static void drop_feature(dropping *d, const rk_schema *schema, size_t i)
{
    rk_graph *graph = d->model->graph;
    bool whole = !d->options->dropout->embedding_wise_variational_dropout;
    const char *name =
        rk_arena_printf(d->names, "%svariational_dropout/%s", d->options->prefix, rk_schema_feature(schema, i)->name);
    const char *variable = rk_arena_printf(d->names, "%s/logit_p", name ? name : "");
    rk_node_spec drop = RK_NODE_SPEC("variational_dropout"), keep = RK_NODE_SPEC("keep_rate");
    double limit = sqrt(3 / (double)d->n_rates);
    int input = d->parts[i];

    if (rk_arena_failed(d->names))
        return;
    drop.params[0] = keep.params[0] =
        rk_graph_param(graph, &(rk_param){ .name = variable,
                                           .shape = { 1, { whole ? 1 : width_of(graph, input) } },
                                           .init = rk_init_make("uniform", -limit, limit),
                                           .trainable = true });
    drop.n_params = keep.n_params = 1;
    drop.name = name;
    drop.inputs = keep.inputs = &input;
    drop.n_inputs = keep.n_inputs = 1;
    drop.attrs[0] = (rk_attr){ "whole", whole };
    d->parts[i] = rk_graph_add(graph, &drop);
    d->keep_rates[i] = rk_graph_add(graph, &keep);
}

static void drop_features(dropping *d, const rk_schema *schema, size_t n)
{
    rk_graph *graph = d->model->graph;
    rk_node_spec all = RK_NODE_SPEC("concat"), penalty = { .n_inputs = 1, .table = -1 };

    for (size_t i = 0; i < n; i++)
        d->n_rates += d->options->dropout->embedding_wise_variational_dropout ? width_of(graph, d->parts[i]) : 1;
    for (size_t i = 0; i < n; i++)
        drop_feature(d, schema, i);
    const char *loss = rk_arena_printf(d->names, "%svariational_dropout_loss", d->options->loss_scope);
    if (rk_arena_failed(d->names))
        return;
    all.inputs = d->keep_rates;
    all.n_inputs = (int)n;
    int rates = rk_graph_add(graph, &all);
    penalty.inputs = &rates;
    penalty.attrs[0] = (rk_attr){ "lambda", (double)d->options->dropout->regularization_lambda };
    rk_graph_add_loss(graph, "DROPOUT_PENALTY", loss, &penalty);
}

static int build(rk_model *model, const rk_schema *schema, const rk_inputs_options *options, rk_arena *names)
{
    size_t n = rk_schema_n_features(schema);
    int *parts = rk_arena_alloc(names, n, sizeof *parts), *keep_rates = rk_arena_alloc(names, n, sizeof *keep_rates);
    dropping dropped = { model, options, names, parts, keep_rates, 0 };
    rk_node_spec spec = RK_NODE_SPEC("concat");

    for (size_t i = 0; parts != NULL && i < n; i++) {
        const rk_feature *feature = rk_schema_feature(schema, i);
        int input = column_node(model, i, feature->name, feature->kind, feature->width);
        if (feature->kind == RK_COLUMN_IDS) {
            parts[i] = embed(model, feature, input, options, names);
            add_embedding_l2(model, feature, parts[i], options, names);
        } else {
            parts[i] = input;
        }
    }
    if (options->dropout != NULL && parts != NULL && keep_rates != NULL && n > 0)
        drop_features(&dropped, schema, n);
    spec.name = rk_arena_printf(names, "%sinput", options->prefix);
    spec.inputs = parts;
    spec.n_inputs = (int)n;
    return rk_arena_failed(names) ? rk_graph_no_memory(model->graph) : rk_graph_add(model->graph, &spec);
}

int rk_inputs_build(rk_model *model, const rk_schema *schema, const rk_inputs_options *options)
{
    rk_arena names;

    rk_arena_init(&names, 0);
    int node = build(model, schema, options, &names);
    rk_arena_clear(&names);
    return node;
}

int rk_inputs_label(rk_model *model, const rk_schema *schema)
{
    int column = rk_schema_label(schema);

    return column < 0 ? -1 : column_node(model, (size_t)column, "@label", RK_COLUMN_FLOATS, 1);
}

int rk_inputs_weight(rk_model *model, const rk_schema *schema)
{
    int column = rk_schema_weight(schema);

    return column < 0 ? -1 : column_node(model, (size_t)column, "@sample_weight", RK_COLUMN_FLOATS, 1);
}

/* A column under a name of its own; -1 where there is none. */
static int named_column(rk_model *model, int column, const char *kind, int64_t width)
{
    char name[64];

    snprintf(name, sizeof name, "@%s_%d", kind, column);
    return column < 0 ? -1 : column_node(model, (size_t)column, name, RK_COLUMN_FLOATS, width);
}

int rk_inputs_soft_label(rk_model *model, const rk_schema *schema, const char *field)
{
    int column = rk_schema_soft_label(schema, field);

    return named_column(model, column, "soft_label", column < 0 ? 0 : rk_schema_width(schema, (size_t)column));
}

int rk_inputs_kd_weight(rk_model *model, const rk_schema *schema, const Rocket__KD *kd)
{
    return named_column(model, rk_schema_kd_weight(schema, kd), "kd_weight", 1);
}
