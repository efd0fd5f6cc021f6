/* See onnx.h. Nodes are encoded as they come; constants are listed and written from where they lie, so that a table is
 * never copied. Numbers of fields are those of onnx.proto
 * (https://github.com/onnx/onnx/blob/v1.8.0/onnx/onnx.proto):
 *
 *   Model      1 ir_version   2 producer_name   7 graph   8 opset_import   14 metadata_props
 *   Graph      1 node   2 name   5 initializer   11 input   12 output
 *   Node       1 input   2 output   3 name   4 op_type   5 attribute
 *   Attribute  1 name   2 f   3 i   20 type (1: f, 2: i)
 *   Tensor     1 dims   2 data_type (1: float, 7: int64)   8 name   9 raw_data, little endian
 *   ValueInfo  1 name   2 type        Type  1 tensor_type    TypeProto.Tensor  1 elem_type   2 shape
 *   Shape      1 dim                  Dimension  1 dim_value   2 dim_param
 *   OperatorSetId  1 domain   2 version        StringStringEntry  1 key   2 value
 *
 * A norm behind a dense layer goes into the layer's kernel and bias (rk_op.as_affine): other runtimes have no norm that
 * costs nothing.
 */
#include "onnx.h"

#include <limits.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "file.h"
#include "map.h"
#include "mem.h"
#include "op.h"
#include "wire_put.h"

typedef enum elem_type { ELEM_FLOAT = 1, ELEM_INT64 = 7 } elem_type;

typedef struct constant {
    const char *name;
    elem_type type;
    rk_shape shape;
    const void *data;
    size_t bytes, zeros; /* data, and zeros behind it */
} constant;

struct rk_onnx {
    const rk_onnx_source *source;
    rk_arena arena; /* names, arrays */
    rk_map *names;
    constant *constants;
    size_t n_constants, capacity;
    rk_buf nodes, inputs, outputs, scratch[4];
    const char **values; /* [n_nodes] by node of the graph */
    bool *folded;        /* [n_nodes] the node before it does its work */
    const rk_node *node; /* at hand; values that it makes are named after it */
    int n_made;          /* of them */
    rocket_error *err;   /* of the first failure but of memory */
    rocket_status status;
};

static bool failed(const rk_onnx *onnx)
{
    return onnx->status != ROCKET_OK || rk_arena_failed(&onnx->arena);
}

/* A name that nothing else has; NULL is passed on. Names of features are the user's, so they may collide. */
static const char *take_name(rk_onnx *onnx, const char *name)
{
    bool taken = false;

    if (name == NULL || failed(onnx))
        return NULL;
    if (!rk_map_put(onnx->names, name, strlen(name), 1, &taken))
        onnx->status = rk_fail(onnx->err, ROCKET_FAILED, "out of memory");
    else if (taken)
        onnx->status = rk_fail(onnx->err, ROCKET_CONFIG, "two values of the ONNX model would be named \"%s\"", name);
    return onnx->status == ROCKET_OK ? name : NULL;
}

static const char *new_name(rk_onnx *onnx)
{
    return take_name(onnx, rk_arena_printf(&onnx->arena, "%s/%d", onnx->node->name, onnx->n_made++));
}

static rk_buf *scratch(rk_onnx *onnx, int i)
{
    rk_buf_reset(&onnx->scratch[i]);
    return &onnx->scratch[i];
}

/* ---- operators */

static void put_attr(rk_onnx *onnx, rk_buf *node, const rk_onnx_attr *attr)
{
    rk_buf *out = scratch(onnx, 1);

    if (attr->name == NULL)
        return;
    rk_wire_put_text(out, 1, attr->name);
    if (attr->is_int)
        rk_wire_put_int(out, 3, (int64_t)attr->value);
    else
        rk_wire_put_float(out, 2, (float)attr->value);
    rk_wire_put_int(out, 20, attr->is_int ? 2 : 1);
    rk_wire_put_message(node, 5, out);
}

static const char *put_node(rk_onnx *onnx, const char *op, const char *const *x, const rk_onnx_attr *attrs, int n_attrs,
                            const char *y)
{
    rk_buf *node = scratch(onnx, 0);

    if (y == NULL || failed(onnx))
        return NULL;
    for (; *x != NULL; x++)
        rk_wire_put_text(node, 1, *x);
    rk_wire_put_text(node, 2, y);
    rk_wire_put_text(node, 3, y);
    rk_wire_put_text(node, 4, op);
    for (int i = 0; i < n_attrs; i++)
        put_attr(onnx, node, &attrs[i]);
    rk_wire_put_message(&onnx->nodes, 1, node);
    return y;
}

const char *rk_onnx_call(rk_onnx *onnx, const char *op, const char *const *x, const rk_onnx_attr *attrs, int n_attrs)
{
    return put_node(onnx, op, x, attrs, n_attrs, new_name(onnx));
}

/* ---- constants */

/* false without memory. The name is new. */
static bool add_constant(rk_onnx *onnx, const constant *made)
{
    constant *grown = rk_grow(onnx->constants, &onnx->capacity, onnx->n_constants + 1, sizeof *grown);

    if (grown == NULL) {
        onnx->status = rk_fail(onnx->err, ROCKET_FAILED, "out of memory");
        return false;
    }
    onnx->constants = grown;
    grown[onnx->n_constants++] = *made;
    return true;
}

/* A parameter or table: the second time it is there already. */
static const char *shared_constant(rk_onnx *onnx, const constant *made)
{
    for (size_t i = 0; i < onnx->n_constants; i++)
        if (onnx->constants[i].data == made->data)
            return onnx->constants[i].name;
    return take_name(onnx, made->name) != NULL && add_constant(onnx, made) ? made->name : NULL;
}

const char *rk_onnx_param(rk_onnx *onnx, const rk_onnx_io *io, int param)
{
    const rk_param *p = rk_graph_param_at(onnx->source->graph, io->node->params[param]);

    return shared_constant(onnx, &(constant){ .name = p->name,
                                              .type = ELEM_FLOAT,
                                              .shape = p->shape,
                                              .data = io->params[param],
                                              .bytes = (size_t)rk_shape_size(&p->shape) * sizeof(float) });
}

const char *rk_onnx_table(rk_onnx *onnx, const rk_onnx_io *io)
{
    const rk_table *t = rk_graph_table_at(onnx->source->graph, io->node->table);

    return shared_constant(onnx, &(constant){ .name = t->name,
                                              .type = ELEM_FLOAT,
                                              .shape = { 2, { t->n_rows + 1, t->dim } },
                                              .data = onnx->source->weights->tables[io->node->table],
                                              .bytes = (size_t)(t->n_rows * t->dim) * sizeof(float),
                                              .zeros = (size_t)t->dim * sizeof(float) });
}

rk_onnx_array rk_onnx_floats(rk_onnx *onnx, rk_shape shape)
{
    size_t n = (size_t)rk_shape_size(&shape);
    const char *name = new_name(onnx);
    float *values = rk_arena_alloc(&onnx->arena, n, sizeof *values);
    constant made = { .name = name, .type = ELEM_FLOAT, .shape = shape, .data = values, .bytes = n * sizeof *values };

    if (name == NULL || values == NULL || !add_constant(onnx, &made))
        return (rk_onnx_array){ 0 };
    return (rk_onnx_array){ name, values };
}

const char *rk_onnx_number(rk_onnx *onnx, float value)
{
    rk_onnx_array array = rk_onnx_floats(onnx, (rk_shape){ 0 });

    if (array.values != NULL)
        array.values[0] = value;
    return array.name;
}

const char *rk_onnx_index(rk_onnx *onnx, int64_t value)
{
    const char *name = new_name(onnx);
    int64_t *data = rk_arena_alloc(&onnx->arena, 1, sizeof *data);

    if (name == NULL || data == NULL)
        return NULL;
    *data = value;
    constant made = { .name = name, .type = ELEM_INT64, .shape = { 1, { 1 } }, .data = data, .bytes = sizeof *data };
    return add_constant(onnx, &made) ? name : NULL;
}

/* ---- inputs and outputs */

/* A value of the model's signature: rows N, then a number of columns, or any number under a name, or none at all. */
typedef struct value_info {
    const char *name, *any;
    elem_type type;
    int64_t columns;
} value_info;

static void put_dim(rk_onnx *onnx, rk_buf *shape, const char *any, int64_t size)
{
    rk_buf *dim = scratch(onnx, 0);

    if (any != NULL)
        rk_wire_put_text(dim, 2, any);
    else
        rk_wire_put_int(dim, 1, size);
    rk_wire_put_message(shape, 1, dim);
}

static void put_value(rk_onnx *onnx, rk_buf *out, unsigned field, const value_info *value)
{
    rk_buf *shape = scratch(onnx, 1), *type = scratch(onnx, 2), *info = scratch(onnx, 3);

    if (value->name == NULL)
        return;
    put_dim(onnx, shape, "N", 0);
    if (value->any != NULL || value->columns > 0)
        put_dim(onnx, shape, value->any, value->columns);
    rk_wire_put_int(type, 1, value->type);
    rk_wire_put_message(type, 2, shape);
    rk_buf_reset(shape); /* of use as the message around it */
    rk_wire_put_message(shape, 1, type);
    rk_wire_put_text(info, 1, value->name);
    rk_wire_put_message(info, 2, shape);
    rk_wire_put_message(out, field, info);
}

static const char *weights_name(rk_onnx *onnx, const rk_node *node)
{
    return rk_arena_printf(&onnx->arena, "%s" RK_ONNX_WEIGHTS, node->name);
}

static const char *write_input(rk_onnx *onnx, const rk_node *node)
{
    value_info value = { .name = take_name(onnx, node->name), .type = ELEM_FLOAT };

    if (node->kind == RK_NODE_FLOATS)
        value.columns = rk_shape_size(&node->shape);
    else
        value.type = ELEM_INT64;
    if (node->kind == RK_NODE_IDS && onnx->source->lists[node->id])
        value.any = rk_arena_printf(&onnx->arena, "%s/L", node->name);
    put_value(onnx, &onnx->inputs, 11, &value);
    if (value.any != NULL) {
        value.name = take_name(onnx, weights_name(onnx, node));
        value.type = ELEM_FLOAT;
        put_value(onnx, &onnx->inputs, 11, &value);
    }
    return node->name;
}

static void write_outputs(rk_onnx *onnx)
{
    const rk_graph *graph = onnx->source->graph;

    for (int i = 0; i < rk_graph_n_outputs(graph); i++) {
        const rk_output *output = rk_graph_output_at(graph, i);
        const char *x[] = { onnx->values[output->node], NULL };
        value_info value = { .name = take_name(onnx, output->name),
                             .type = ELEM_FLOAT,
                             .columns = rk_shape_size(&rk_graph_node(graph, output->node)->shape) };

        put_node(onnx, "Identity", x, NULL, 0, value.name);
        put_value(onnx, &onnx->outputs, 12, &value);
    }
}

/* ---- nodes */

static void set_params(const rk_onnx *onnx, const float **out, const rk_node *node)
{
    for (int i = 0; i < node->n_params; i++)
        out[i] = onnx->source->weights->dense + rk_graph_param_at(onnx->source->graph, node->params[i])->offset;
}

/* The node that does no more than scale and shift what this one makes, for it alone; NULL: none. */
static const rk_node *affine_behind(const rk_graph *graph, const rk_node *node)
{
    const rk_node *reader = rk_graph_only_reader(graph, node->id);

    return reader != NULL && reader->op->as_affine != NULL ? reader : NULL;
}

static void fold(rk_onnx *onnx, rk_onnx_io *io)
{
    const rk_node *behind = io->node->op->takes_affine ? affine_behind(onnx->source->graph, io->node) : NULL;
    const float *params[RK_MAX_NODE_PARAMS];

    if (behind == NULL)
        return;
    size_t n = (size_t)rk_shape_size(&behind->shape);
    double *scale = rk_arena_alloc(&onnx->arena, n, sizeof *scale);
    double *shift = rk_arena_alloc(&onnx->arena, n, sizeof *shift);
    if (rk_arena_failed(&onnx->arena))
        return;
    set_params(onnx, params, behind);
    behind->op->as_affine(scale, shift, behind, params);
    io->scale = scale;
    io->shift = shift;
    onnx->folded[behind->id] = true;
}

static const char *write_op(rk_onnx *onnx, const rk_node *node)
{
    const rk_graph *graph = onnx->source->graph;
    const rk_node *first = rk_graph_node(graph, node->inputs[0]);
    const char **x = rk_arena_alloc(&onnx->arena, (size_t)node->n_inputs + 1, sizeof *x);
    rk_onnx_io io = { .node = node, .x = x, .width = rk_shape_size(&first->shape) };

    for (int i = 0; x != NULL && i < node->n_inputs; i++)
        x[i] = onnx->values[node->inputs[i]];
    if (x == NULL || failed(onnx))
        return NULL;
    if (onnx->folded[node->id] || node->op->identity_in_inference)
        return x[0];
    if (node->op->onnx == NULL) {
        onnx->status =
            rk_fail(onnx->err, ROCKET_CONFIG, "\"%s\": the op %s has no form in ONNX", node->name, node->op->name);
        return NULL;
    }
    if (first->kind == RK_NODE_IDS && onnx->source->lists[first->id])
        io.weights = weights_name(onnx, first);
    set_params(onnx, io.params, node);
    fold(onnx, &io);
    onnx->node = node;
    onnx->n_made = 0;
    return node->op->onnx(onnx, &io);
}

static void write_nodes(rk_onnx *onnx)
{
    const rk_graph *graph = onnx->source->graph;

    for (int id = 0; id < rk_graph_n_nodes(graph) && !failed(onnx); id++) {
        const rk_node *node = rk_graph_node(graph, id);

        onnx->values[id] = node->kind == RK_NODE_OP ? write_op(onnx, node) : write_input(onnx, node);
    }
}

/* ---- the file */

/* A constant without its bytes, into out: what stands before them. */
static void put_constant(rk_onnx *onnx, rk_buf *out, const constant *c)
{
    rk_buf *tensor = scratch(onnx, 0);

    for (int i = 0; i < c->shape.rank; i++)
        rk_wire_put_int(tensor, 1, c->shape.dims[i]);
    rk_wire_put_int(tensor, 2, c->type);
    rk_wire_put_text(tensor, 8, c->name);
    rk_wire_put_length(tensor, 9, c->bytes + c->zeros);
    rk_wire_put_length(out, 5, tensor->size + c->bytes + c->zeros);
    rk_buf_append(out, tensor->data, tensor->size);
}

/* Everything but constants and graph: [0] what stands before the graph's bytes, [1] what follows. */
static void put_model(rk_onnx *onnx, rk_buf *before, rk_buf *behind, uint64_t graph_bytes)
{
    const rk_onnx_source *source = onnx->source;

    rk_wire_put_int(before, 1, RK_ONNX_IR);
    rk_wire_put_text(before, 2, "rocket");
    rk_wire_put_length(before, 7, graph_bytes);
    rk_buf *opset = scratch(onnx, 0);
    rk_wire_put_text(opset, 1, "");
    rk_wire_put_int(opset, 2, RK_ONNX_OPSET);
    rk_wire_put_message(behind, 8, opset);
    for (size_t i = 0; i < source->n_meta; i++) {
        rk_buf *entry = scratch(onnx, 0);

        rk_wire_put_text(entry, 1, source->meta[i][0]);
        rk_wire_put_text(entry, 2, source->meta[i][1]);
        rk_wire_put_message(behind, 14, entry);
    }
}

static uint64_t graph_bytes(rk_onnx *onnx)
{
    uint64_t sum = onnx->nodes.size + onnx->inputs.size + onnx->outputs.size;

    for (size_t i = 0; i < onnx->n_constants; i++) {
        rk_buf *out = scratch(onnx, 1);

        put_constant(onnx, out, &onnx->constants[i]);
        sum += out->size + onnx->constants[i].bytes + onnx->constants[i].zeros;
    }
    return sum;
}

static void write_zeros(rk_atomic_file *file, size_t n)
{
    static const char zeros[256];

    for (; n > sizeof zeros; n -= sizeof zeros)
        rk_atomic_write(file, zeros, sizeof zeros);
    rk_atomic_write(file, zeros, n);
}

static void write_graph(rk_onnx *onnx, rk_atomic_file *file)
{
    rk_atomic_write(file, onnx->nodes.data, onnx->nodes.size);
    for (size_t i = 0; i < onnx->n_constants; i++) {
        const constant *c = &onnx->constants[i];
        rk_buf *out = scratch(onnx, 1);

        put_constant(onnx, out, c);
        rk_atomic_write(file, out->data, out->size);
        rk_atomic_write(file, c->data, c->bytes);
        write_zeros(file, c->zeros);
    }
    rk_atomic_write(file, onnx->inputs.data, onnx->inputs.size);
    rk_atomic_write(file, onnx->outputs.data, onnx->outputs.size);
}

static bool out_of_memory(const rk_onnx *onnx)
{
    bool any = rk_arena_failed(&onnx->arena) || rk_buf_failed(&onnx->nodes) || rk_buf_failed(&onnx->inputs) ||
               rk_buf_failed(&onnx->outputs);

    for (int i = 0; i < 4; i++)
        any |= rk_buf_failed(&onnx->scratch[i]);
    return any;
}

static rocket_status save(rk_onnx *onnx, const char *path, rk_buf *before, rk_buf *behind, rocket_error *err)
{
    uint64_t bytes = graph_bytes(onnx);
    rk_atomic_file *file;

    put_model(onnx, before, behind, bytes);
    RK_FAIL_IF(out_of_memory(onnx) || rk_buf_failed(before) || rk_buf_failed(behind), FAILED, err, "out of memory");
    bytes += before->size + behind->size;
    RK_FAIL_IF(bytes > INT_MAX, CONFIG, err,
               "%s: expected a model of at most 2 GiB, which is the limit of ONNX files in one piece, found %.1f GiB; "
               "make tables smaller (hash_bucket_size, embedding_dim), or serve the model file with librocket",
               path, (double)bytes / (1 << 30));
    RK_TRY(rk_atomic_open(&file, path, err));
    rk_atomic_write(file, before->data, before->size);
    write_graph(onnx, file);
    rk_atomic_write(file, behind->data, behind->size);
    return rk_atomic_commit(file, err);
}

static rocket_status write_model(rk_onnx *onnx, const char *path, rocket_error *err)
{
    size_t n = (size_t)rk_graph_n_nodes(onnx->source->graph);
    rk_buf before, behind;

    onnx->names = rk_map_new();
    onnx->values = rk_arena_alloc(&onnx->arena, n, sizeof *onnx->values);
    onnx->folded = rk_arena_alloc(&onnx->arena, n, sizeof *onnx->folded);
    RK_FAIL_IF(onnx->names == NULL || rk_arena_failed(&onnx->arena), FAILED, err, "out of memory");
    rk_wire_put_text(&onnx->nodes, 2, "light net");
    write_nodes(onnx);
    write_outputs(onnx);
    if (onnx->status != ROCKET_OK) {
        rk_error_prefix(err, "%s", path);
        return onnx->status;
    }
    rk_buf_init(&before, 0);
    rk_buf_init(&behind, 0);
    rocket_status status = save(onnx, path, &before, &behind, err);
    rk_buf_clear(&before);
    rk_buf_clear(&behind);
    return status;
}

rocket_status rk_onnx_write(const char *path, const rk_onnx_source *source, rocket_error *err)
{
    rk_onnx onnx = { .source = source, .err = err };
    rk_buf *bufs[] = { &onnx.nodes,      &onnx.inputs,     &onnx.outputs,   &onnx.scratch[0],
                       &onnx.scratch[1], &onnx.scratch[2], &onnx.scratch[3] };

    rk_arena_init(&onnx.arena, 0);
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        rk_buf_init(bufs[i], 0);
    rocket_status status = write_model(&onnx, path, err);
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        rk_buf_clear(bufs[i]);
    rk_free(onnx.constants);
    rk_map_free(onnx.names);
    rk_arena_clear(&onnx.arena);
    return status;
}
