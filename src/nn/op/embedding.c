/* Embedding look-up: a bag of table rows per example, combined as upstream's feature columns do (easyrec.md 3.4).
 *
 *   SUM    sum w e          MEAN   sum w e / sum w          SQRTN  sum w e / sqrt(sum w^2)        no ids: zeros
 *
 * The gradient with respect to the table is sparse and made for the whole batch at once (sparse.c), after the backward
 * pass; there is no other.
 */
#include "error.h"
#include "example.h"
#include "op.h"

enum { COMBINER };

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    double combiner = node->attrs[COMBINER];

    RK_FAIL_IF(combiner != RK_COMBINER_SUM && combiner != RK_COMBINER_MEAN && combiner != RK_COMBINER_SQRTN, CONFIG,
               err, "combiner must be 0 (sum), 1 (mean) or 2 (sqrtn), got %g", combiner);
    *out = (rk_shape){ 1, { rk_graph_table_at(graph, node->table)->dim } };
    return ROCKET_OK;
}

static void forward(const rk_op_io *io)
{
    int64_t dim = io->node->shape.dims[0];
    rk_bag bag = { .source = io->table, .ld = dim, .combiner = (rk_combiner)io->node->attrs[COMBINER] };

    bag.offsets = io->ids[0]->offsets + io->begin;
    bag.ids = io->ids[0]->ids;
    bag.weights = io->ids[0]->weights;
    io->backend->bag_sum(rk_rows(io->y, io->begin, io->end, dim), &bag);
}

static void table_rows(const rk_op_io *io, rk_table_gradient *out)
{
    rk_table_gradient_rows(out, io->ids[0], io->n_rows, (rk_combiner)io->node->attrs[COMBINER]);
}

static void backward_table(const rk_op_io *io, rk_table_gradient *out)
{
    rk_table_gradient_sum(out, rk_rows(io->dy, 0, io->n_rows, io->node->shape.dims[0]), io->backend);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    static const int64_t dims[] = { 4, 1, 17 };
    rk_table table = { .name = "table", .n_rows = RK_EXAMPLE_ROWS, .init = rk_init_make("random_normal", 0, 1) };
    rk_node_spec spec = RK_NODE_SPEC("embedding");
    int ids;

    if (variant > 2)
        return false;
    table.dim = dims[variant];
    ids = rk_graph_input_ids(graph, "bag"); /* the sweep feeds bags of several ids, some of them empty */
    spec.inputs = &ids;
    spec.n_inputs = 1;
    spec.table = rk_graph_table(graph, &table);
    spec.attrs[0].name = "combiner";
    spec.attrs[0].value = variant;
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_embedding = {
    .name = "embedding",
    .doc = "bag of table rows per example, combined by sum (0), mean (1) or sqrtn (2)",
    .attrs = { "combiner" },
    .attr_defaults = { RK_COMBINER_SUM },
    .n_inputs = 1,
    .has_table = true,
    .ids_input = true,
    .shape = shape,
    .forward = forward,
    .table_rows = table_rows,
    .backward_table = backward_table,
    .example = example,
};
