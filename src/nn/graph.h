/* The static graph: what a model is.
 *
 * A model is built once, node by node; every node has its shape for one example (the batch size B stays free). Nodes
 * are numbered in the order of building, which is a topological order. Parameters (dense, in one slab) and embedding
 * tables (sparse rows) are registered beside the nodes, so that several nodes may share one.
 *
 * Building is sticky about errors: after the first fault every call returns -1 and rk_graph_finish() reports it.
 * The graph holds no weights and no activations: see weights.h and exec.h. After rk_graph_finish() it is immutable.
 */
#ifndef RK_GRAPH_H
#define RK_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "init.h"
#include "json.h"
#include "rocket/status.h"

typedef struct rk_op rk_op;
typedef struct rk_loss_def rk_loss_def;

enum { RK_MAX_RANK = 4, RK_MAX_ATTRS = 8, RK_MAX_NODE_PARAMS = 6 };

/* Shape of one example, or of a parameter. rank 0 is a scalar. Image nodes are {C, H, W}. */
typedef struct rk_shape {
    int rank;
    int64_t dims[RK_MAX_RANK];
} rk_shape;

int64_t rk_shape_size(const rk_shape *shape); /* product of dims */

typedef struct rk_param {
    const char *name; /* upstream's variable name, e.g. "share_dnn/dnn_0/kernel" */
    rk_shape shape;   /* kernels are [in, out] */
    rk_init init;
    bool trainable; /* false: moving statistics, written by the forward pass in training */
    double l2;      /* adds l2 / 2 * sum w^2 to the training loss */
    size_t offset;  /* of its first value in rk_weights.dense; every parameter starts on a cache line */
} rk_param;

typedef struct rk_table {
    const char *name;    /* e.g. "input_layer/user_id_embedding/embedding_weights" */
    int64_t n_rows, dim; /* [V, D] */
    rk_init init;
    bool frozen; /* its rows have no gradient */
} rk_table;

typedef enum rk_node_kind { RK_NODE_FLOATS, RK_NODE_IDS, RK_NODE_OP } rk_node_kind;

typedef struct rk_node {
    int id;
    rk_node_kind kind; /* FLOATS, IDS: fed from a batch column before each run */
    const rk_op *op;   /* NULL for inputs */
    const char *name;  /* unique; also keys the node's random numbers */
    const int *inputs; /* node ids, all smaller than id */
    int n_inputs;
    int params[RK_MAX_NODE_PARAMS];
    int n_params;
    int table;                  /* -1: none */
    double attrs[RK_MAX_ATTRS]; /* meaning and order: op->attrs */
    rk_shape shape;             /* IDS: rank 0 */
    bool needs_gradient;        /* a trainable parameter or table lies behind it and no stop_gradient is between */
} rk_node;

/* One term of the training loss: a number for the batch, added with weight 1 (weights are attributes of the loss). */
typedef struct rk_loss {
    const rk_loss_def *def;
    const char *name;  /* upstream's key, e.g. "cross_entropy_loss_light" */
    const int *inputs; /* node ids, order: def */
    int n_inputs;
    double attrs[RK_MAX_ATTRS];
} rk_loss;

typedef struct rk_output {
    const char *name; /* e.g. "logits_light", "probs_light" */
    int node;
} rk_output;

typedef struct rk_graph rk_graph;

rk_graph *rk_graph_new(void); /* NULL without memory */
void rk_graph_free(rk_graph *graph);

int rk_graph_input_floats(rk_graph *graph, const char *name, int64_t width);
int rk_graph_input_ids(rk_graph *graph, const char *name);

/* Parameters and tables added from now on are not trained where one of the patterns is found in their name (upstream's
 * freeze_gradient): they have no gradient and no part in its norm. */
void rk_graph_freeze(rk_graph *graph, const char *const *patterns, size_t n);

/* Parameter and table ids. The same name again with the same shape gives the same id (sharing); with another shape it
 * is an error. */
int rk_graph_param(rk_graph *graph, const rk_param *param);
int rk_graph_table(rk_graph *graph, const rk_table *table);

/* Could a graph have such a table? Builders that know where its size was written ask first. */
bool rk_graph_table_fits(int64_t n_rows, int64_t dim);

typedef struct rk_attr {
    const char *name;
    double value;
} rk_attr;

/* What a node is made of. Start from RK_NODE_SPEC(op). attrs that are not set take the op's defaults. */
typedef struct rk_node_spec {
    const char *op;
    const char *name; /* NULL: "<op>_<id>" */
    const int *inputs;
    int n_inputs;
    int params[RK_MAX_NODE_PARAMS];
    int n_params;
    int table;
    rk_attr attrs[RK_MAX_ATTRS]; /* ends at the first NULL name */
} rk_node_spec;
#define RK_NODE_SPEC(op_name) ((rk_node_spec){ .op = (op_name), .table = -1 })

int rk_graph_add(rk_graph *graph, const rk_node_spec *spec);
int rk_graph_unary(rk_graph *graph, const char *op, int input); /* op without parameters or attributes */

int rk_graph_add_loss(rk_graph *graph, const char *loss, const char *name, const rk_node_spec *inputs_and_attrs);
void rk_graph_output(rk_graph *graph, const char *name, int node);

/* A builder had no memory for something of its own: that is the graph's fault too. Always -1. */
int rk_graph_no_memory(rk_graph *graph);

/* Check the whole and freeze it. */
ROCKET_NODISCARD rocket_status rk_graph_finish(rk_graph *graph, rocket_error *err);

int rk_graph_n_nodes(const rk_graph *graph);
int rk_graph_n_params(const rk_graph *graph);
int rk_graph_n_tables(const rk_graph *graph);
int rk_graph_n_losses(const rk_graph *graph);
int rk_graph_n_outputs(const rk_graph *graph);
const rk_node *rk_graph_node(const rk_graph *graph, int id);
const rk_param *rk_graph_param_at(const rk_graph *graph, int id);
const rk_table *rk_graph_table_at(const rk_graph *graph, int id);
const rk_loss *rk_graph_loss_at(const rk_graph *graph, int id);
const rk_output *rk_graph_output_at(const rk_graph *graph, int i);
int rk_graph_find_node(const rk_graph *graph, const char *name);   /* -1: none */
int rk_graph_find_output(const rk_graph *graph, const char *name); /* node id, -1: none */
int rk_graph_find_param(const rk_graph *graph, const char *name);
int rk_graph_find_table(const rk_graph *graph, const char *name);
const rk_node *rk_graph_only_reader(const rk_graph *graph, int id); /* NULL: nobody, several nodes, or an output */
size_t rk_graph_dense_size(const rk_graph *graph);                  /* floats in the parameter slab, padding included */

/* reached[id] = the node lies behind (or is) one of ids. reached: [n_nodes], zeroed by the caller. */
void rk_graph_reach(const rk_graph *graph, bool *reached, const int *ids, size_t n);

/* The cut: a new, finished graph of what the named outputs can reach backwards, and nothing else. Nodes that do nothing
 * in inference (stop_gradient, dropout) are left out. This is the only thing that export, scoring and ONNX know of a
 * model. Losses are dropped. */
ROCKET_NODISCARD rocket_status rk_graph_cut(rk_graph **out, const rk_graph *graph, const char *const *outputs,
                                            size_t n_outputs, rocket_error *err);

/* Multiplications per example of a finished graph, restricted to what the node reaches backwards (the paper's Table 5
 * column: weights only, no bias, no look-up). params: trainable dense values reached. All -1 without memory. */
typedef struct rk_cost {
    int64_t multiplications, dense_params, table_params;
    int layers; /* nodes with a kernel */
} rk_cost;
rk_cost rk_graph_cost(const rk_graph *graph, int node);

/* JSON form: {"params": .., "tables": .., "nodes": .., "outputs": ..}, see graph_json.c; without initialisers and
 * losses. From foreign bytes: every index, name, shape and size is checked. */
void rk_graph_write_json(const rk_graph *graph, rk_buf *out);
ROCKET_NODISCARD rocket_status rk_graph_read_json(rk_graph **out, const rk_json *json, rocket_error *err);

#endif
