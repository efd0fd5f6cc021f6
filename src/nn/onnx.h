/* A graph as an ONNX model: opset 13, IR version 7, any number of rows N. What other runtimes need to serve a cut.
 *
 * Inputs of the model are those of the graph, under their names. FLOATS: f32 [N, width]. IDS: i64 [N], one id per row;
 * where a row may have several (lists), i64 [N, L], with f32 [N, L] "<name>/weights" beside it. Tables have one row
 * more than the graph's, of zeros: -1 is its id, so that -1 is no id at all, and what pads a list (at weight 0).
 * Outputs have the names of the graph's.
 *
 * How an op is written is said by the op (rk_op.onnx), with the calls below: it applies operators of ONNX to the names
 * of values and returns the name of the result. Failures are sticky (NULL names may be passed on) and reported at the
 * end. https://github.com/onnx/onnx/blob/v1.8.0/docs/Operators.md has the operators of opset 13.
 */
#ifndef RK_ONNX_H
#define RK_ONNX_H

#include "graph.h"
#include "weights.h"

enum { RK_ONNX_OPSET = 13, RK_ONNX_IR = 7 };

#define RK_ONNX_WEIGHTS "/weights" /* behind the name of an input of lists */

typedef struct rk_onnx rk_onnx;

/* A node to be written. */
typedef struct rk_onnx_io {
    const rk_node *node;
    const char *const *x;                    /* [n_inputs] values: f32 [N, width], or ids */
    const char *weights;                     /* of ids [N, L]; NULL: ids are [N] */
    int64_t width;                           /* of x[0] */
    const float *params[RK_MAX_NODE_PARAMS]; /* their values */
    const double *scale, *shift;             /* of what the op shall apply to its y (rk_op.takes_affine); or NULL */
} rk_onnx_io;

typedef struct rk_onnx_attr {
    const char *name; /* NULL: none */
    double value;
    bool is_int;
} rk_onnx_attr;

enum { RK_ONNX_MAX_INPUTS = 4 };

/* Name of the result of an operator on up to RK_ONNX_MAX_INPUTS values. */
#define rk_onnx_apply(onnx, op, ...)                                                                                   \
    rk_onnx_call(onnx, op, (const char *const[RK_ONNX_MAX_INPUTS + 1]){ __VA_ARGS__ }, NULL, 0)

/* The same with attributes, and any number of values: x ends with NULL. */
const char *rk_onnx_call(rk_onnx *onnx, const char *op, const char *const *x, const rk_onnx_attr *attrs, int n_attrs);

/* Constants. Parameters and tables stand in the model once, under their names. */
const char *rk_onnx_param(rk_onnx *onnx, const rk_onnx_io *io, int param);
const char *rk_onnx_table(rk_onnx *onnx, const rk_onnx_io *io); /* [V + 1, D] */
const char *rk_onnx_number(rk_onnx *onnx, float value);         /* a scalar */
const char *rk_onnx_index(rk_onnx *onnx, int64_t value);        /* i64 [1]: axes and the like */

/* An array of the model's own: fill values, which are NULL without memory. */
typedef struct rk_onnx_array {
    const char *name;
    float *values;
} rk_onnx_array;
rk_onnx_array rk_onnx_floats(rk_onnx *onnx, rk_shape shape);

typedef struct rk_onnx_source {
    const rk_graph *graph; /* a cut, */
    const rk_weights *weights;
    const bool *lists;            /* [n_nodes] IDS inputs: a row may have several ids */
    const char *const (*meta)[2]; /* [n_meta] entries of metadata_props: key and value */
    size_t n_meta;
} rk_onnx_source;

/* Atomic: path is the old file, or the whole new one. ROCKET_CONFIG: an op has no form in ONNX, or the model would be
 * over 2 GiB, which is protobuf's limit. */
ROCKET_NODISCARD rocket_status rk_onnx_write(const char *path, const rk_onnx_source *source, rocket_error *err);

#endif
