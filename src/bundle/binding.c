/* See binding.h. */
#include "binding.h"

#include <string.h>

#include "error.h"
#include "mem.h"

static const rk_feature *find_feature(const rk_schema *schema, const char *name, size_t *column)
{
    for (size_t i = 0; i < rk_schema_n_features(schema); i++)
        if (strcmp(rk_schema_feature(schema, i)->name, name) == 0) {
            *column = i;
            return rk_schema_feature(schema, i);
        }
    return NULL;
}

/* Every table that is looked up with this input's ids must have a row for each of them. */
static rocket_status check_tables(const rk_graph *graph, int input, const rk_feature *feature, rocket_error *err)
{
    for (int i = 0; i < rk_graph_n_nodes(graph); i++) {
        const rk_node *node = rk_graph_node(graph, i);
        if (node->table < 0 || node->n_inputs < 1 || node->inputs[0] != input)
            continue;
        int64_t n_rows = rk_graph_table_at(graph, node->table)->n_rows;
        RK_FAIL_IF(n_rows < feature->n_buckets, CORRUPT, err, "feature \"%s\" has %lld ids, its table %lld rows",
                   feature->name, (long long)feature->n_buckets, (long long)n_rows);
    }
    return ROCKET_OK;
}

static rocket_status bind(rk_binding *binding, const rk_graph *graph, const rk_schema *schema, rocket_error *err)
{
    for (int i = 0; i < rk_graph_n_nodes(graph); i++) {
        const rk_node *node = rk_graph_node(graph, i);
        size_t column = 0;
        if (node->kind == RK_NODE_OP)
            continue;
        const rk_feature *feature = find_feature(schema, node->name, &column);
        RK_FAIL_IF(feature == NULL, CONFIG, err, "the model reads feature \"%s\", which the config does not have",
                   node->name);
        bool ids = node->kind == RK_NODE_IDS;
        bool same = ids == (feature->kind == RK_COLUMN_IDS) && (ids || rk_shape_size(&node->shape) == feature->width);
        RK_FAIL_IF(!same, CONFIG, err, "feature \"%s\" is of another kind or width than the model's", node->name);
        if (ids)
            RK_TRY(check_tables(graph, i, feature, err));
        binding->node[binding->n] = i;
        binding->column[binding->n++] = column;
    }
    return ROCKET_OK;
}

rocket_status rk_binding_new(rk_binding *out, const rk_graph *graph, const rk_schema *schema, rocket_error *err)
{
    size_t most = (size_t)rk_graph_n_nodes(graph);
    rk_binding binding = { .node = rk_alloc(most, sizeof *binding.node),
                           .column = rk_alloc(most, sizeof *binding.column) };
    rocket_status status = binding.node == NULL || binding.column == NULL ? rk_fail(err, ROCKET_FAILED, "out of memory")
                                                                          : bind(&binding, graph, schema, err);

    if (status != ROCKET_OK)
        rk_binding_clear(&binding);
    else
        *out = binding;
    return status;
}

void rk_binding_clear(rk_binding *binding)
{
    rk_free(binding->node);
    rk_free(binding->column);
    *binding = (rk_binding){ 0 };
}

void rk_binding_feed(const rk_binding *binding, rk_exec *exec, const rk_batch *batch)
{
    for (size_t i = 0; i < binding->n; i++)
        rk_exec_feed(exec, binding->node[i], &batch->columns[binding->column[i]]);
}
