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

static double backward_table(const rk_op_io *io, rk_table_gradient *out)
{
    return rk_table_gradient_sum(out, rk_rows(io->dy, 0, io->n_rows, io->node->shape.dims[0]), io->backend);
}

/* What a bag's sum is divided by, [N, 1]: in double, as rk_bag_factor has it; 1 where it would be 0. */
static const char *onnx_divisor(rk_onnx *out, const rk_onnx_io *io)
{
    static const rk_onnx_attr to_double = { .name = "to", .value = 11, .is_int = true }, /* TensorProto.DOUBLE */
        to_float = { .name = "to", .value = 1, .is_int = true };
    bool mean = io->node->attrs[COMBINER] == RK_COMBINER_MEAN;
    const char *w = rk_onnx_call(out, "Cast", (const char *const[]){ io->weights, NULL }, &to_double, 1);
    const char *terms = mean ? w : rk_onnx_apply(out, "Mul", w, w);
    const char *sum = rk_onnx_apply(out, "ReduceSum", terms, rk_onnx_index(out, 1));
    const char *root = mean ? sum : rk_onnx_apply(out, "Sqrt", sum);
    const char *divisor = rk_onnx_call(out, "Cast", (const char *const[]){ root, NULL }, &to_float, 1);
    const char *empty = rk_onnx_apply(out, "Equal", divisor, rk_onnx_number(out, 0));

    return rk_onnx_apply(out, "Where", empty, rk_onnx_number(out, 1), divisor);
}

/* The weights as a row [N, 1, L] times the bag's rows [N, L, D]. */
static const char *onnx(rk_onnx *out, const rk_onnx_io *io)
{
    const char *rows = rk_onnx_apply(out, "Gather", rk_onnx_table(out, io), io->x[0]);

    if (io->weights == NULL)
        return rows;
    const char *axis = rk_onnx_index(out, 1);
    const char *product = rk_onnx_apply(out, "MatMul", rk_onnx_apply(out, "Unsqueeze", io->weights, axis), rows);
    const char *sum = rk_onnx_apply(out, "Squeeze", product, axis);
    if (io->node->attrs[COMBINER] == RK_COMBINER_SUM)
        return sum;
    return rk_onnx_apply(out, "Div", sum, onnx_divisor(out, io));
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
    spec.attrs[0] = (rk_attr){ "combiner", variant };
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
    .onnx = onnx,
    .example = example,
};
