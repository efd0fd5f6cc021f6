/* The op seam: shape rule, forward and backward of one kind of node in one file, plus one line in ops.def.
 *
 * A batch is run in chunks of rows [begin, end); a chunk is one thread's work from its first op to the next point where
 * the whole batch must be known. An op whose result for a row depends on that row alone has only `forward` (and
 * `backward`). An op that needs the whole batch (batch norm) has two halves:
 *
 *   reduce   (per chunk)  rows -> io->partial, doubles of this chunk
 *   combine  (once)       all chunks' partials, added up in chunk order -> io->shared
 *   forward  (per chunk)  rows and io->shared -> y
 *
 * and the same again for the backward pass. The number of chunks never depends on the number of threads, so neither do
 * the bits.
 *
 * Backward adds to dx where io->add says so, else overwrites it; a NULL dx is not wanted. The same with the gradients
 * of parameters (io->add_params), which go to a slab of the chunk's own. `y`, `x` and their gradients may be columns of
 * a wider row: always step by the given ld. A chunk may be run in several pieces, one after the other.
 *
 * Fusion: an op that can apply a rectifier to its own y may be told to (io->slope), where nobody else reads y. The
 * rectifier's node is then not run; y and dy are the rectifier's. And dx[0] may be dy itself where the op allows it.
 * Between two ops that allow it, rows live as long as a piece (made_again, takes_passing).
 */
#ifndef RK_OP_H
#define RK_OP_H

#include "backend.h"
#include "batch.h"
#include "graph.h"
#include "onnx.h"
#include "sparse.h"

typedef struct rk_tensor {
    float *data; /* row b at data + b * ld; NULL: absent */
    int64_t ld;
} rk_tensor;

typedef struct rk_op_io {
    const rk_node *node;
    const rk_backend *backend;
    int64_t begin, end; /* rows of this chunk */
    int64_t n_rows;     /* B: rows of the whole batch */
    bool training;
    uint64_t seed, step;

    int n_inputs;
    const int64_t *widths;       /* [n_inputs] values per row of each input */
    const rk_tensor *x;          /* [n_inputs] [B, widths[i]] f32; absent for IDS inputs */
    const rk_column *const *ids; /* [n_inputs] NULL for dense inputs */
    rk_tensor y;                 /* [B, rk_shape_size(&node->shape)] f32 */

    rk_tensor dy;
    const rk_tensor *dx; /* [n_inputs] absent: not wanted */
    const bool *add;     /* [n_inputs] */
    float slope;         /* of the rectifier to apply to y; 1: none */

    float *params[RK_MAX_NODE_PARAMS];  /* state (moving statistics) may be written by combine in training */
    float *dparams[RK_MAX_NODE_PARAMS]; /* NULL: not wanted */
    bool add_params[RK_MAX_NODE_PARAMS];
    const float *table; /* [V, D] f32 */

    const float *packed[2]; /* with op->packs_kernel: params[0] and its transpose, see rk_pack; or NULL */

    double *partial; /* [partial_size] reduce: this chunk's, zeroed; combine: the sums, but not in inference */
    float *shared;   /* [shared_size] kept from the forward to the backward pass */
} rk_op_io;

/* A parameter that a layer makes for its op: as many values as the op's input has, all the same at the start. */
typedef struct rk_op_param {
    const char *name; /* "alpha": the variable is <layer>/<scope of the op>/alpha */
    double init;
    bool trainable; /* false: moving statistics */
} rk_op_param;

struct rk_op {
    const char *name;       /* "dense" */
    const char *doc;        /* one line */
    const char *aliases[4]; /* activations: the names that configs use, e.g. "relu", "tf.nn.relu" */
    const char *attrs[RK_MAX_ATTRS];
    double attr_defaults[RK_MAX_ATTRS];
    int n_inputs; /* -1: one or more */
    int n_params;
    rk_op_param
        params[RK_MAX_NODE_PARAMS]; /* [n_params] of activations and norms; other ops' are their layer's affair */
    bool has_table;
    bool ids_input;             /* input 0 is an IDS node */
    bool blocks_gradient;       /* stop_gradient */
    bool identity_in_inference; /* left out of a cut */
    bool is_view;               /* y is x[0] itself: no memory of its own, nothing is run (stop_gradient) */
    bool joins_inputs;          /* y is its inputs side by side: whoever makes an input may write it there at once, so
                                 * that x[i] or dx[i] can already be the right columns of y or dy (concat) */

    bool packs_kernel;      /* params[0] is a kernel [in, out] that rows of x are multiplied with */
    bool is_rectifier;      /* y = x > 0 ? x : slope x, and slope >= 0 */
    float slope;            /* of a rectifier */
    bool applies_rectifier; /* forward and backward heed io->slope */
    int offset_param;       /* this parameter is a constant added to each column of y; 0: none */
    bool backward_in_place; /* dx[0] may be dy */
    bool ignores_offset;    /* in training y does not change with a constant added to a column of x */
    bool made_again;        /* y costs little to make again from x[0], and backward does not read it */
    bool takes_passing;     /* of x[0] and dy, forward and backward read the rows [begin, end) only */

    /* Shape of y, and checks of inputs, parameters and attributes. */
    rocket_status (*shape)(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err);
    int64_t (*multiplications)(const rk_graph *graph, const rk_node *node); /* per example; NULL: 0 */

    size_t (*partial_size)(const rk_node *node); /* doubles per chunk, both passes; NULL: no batch reduction */
    size_t (*shared_size)(const rk_node *node);  /* floats */

    void (*reduce)(const rk_op_io *io);  /* in training only; set with partial_size, as the three below */
    void (*combine)(const rk_op_io *io); /* also in inference, before the chunks' forward */
    void (*forward)(const rk_op_io *io);
    float (*value)(float x); /* of ops whose forward and backward are those of elementwise.h */
    float (*derivative)(float x, float y);
    rk_norm (*norm)(
        const rk_op_io *io); /* forward is this norm of x[0], so that whoever makes x may apply it; or NULL */
    void (*reduce_backward)(const rk_op_io *io);
    void (*combine_backward)(const rk_op_io *io); /* dparams: those of the first chunk, and no others of the op */
    void (*backward)(const rk_op_io *io);         /* NULL: no gradient passes */

    /* Ops with a table: which rows the whole batch reads, before the forward pass, and the gradient with respect to
     * them, after the backward pass (sparse.h). Room for as many rows as the ids have is there. */
    void (*table_rows)(const rk_op_io *io, rk_table_gradient *out);
    double (*backward_table)(const rk_op_io *io, rk_table_gradient *out); /* returns the sum of its squares */

    /* In inference, as operators of ONNX (onnx.h); the result is y. NULL: left out of a cut, or never in one. */
    const char *(*onnx)(rk_onnx *onnx, const rk_onnx_io *io);
    bool takes_affine; /* onnx heeds io->scale and shift: y is scaled and shifted, column by column */
    /* In inference y = scale x + shift, and nothing else; [width] each. NULL: another thing. */
    void (*as_affine)(double *scale, double *shift, const rk_node *node, const float *const *params);

    /* Sweep tests: a small instance with its parameters and inputs; variant = 0, 1, ... until false. NULL: example.h
     * makes those of an op of one input and nothing more. */
    bool (*example)(rk_graph *graph, int variant, int *node);
};

/* Rows [begin, end) of a tensor, for the kernels. */
static inline rk_block rk_rows(rk_tensor tensor, int64_t begin, int64_t end, int64_t width)
{
    return (rk_block){ tensor.data + begin * tensor.ld, tensor.ld, end - begin, width };
}

/* Before gradients are added to the n values of a parameter: zeros, where they are to be overwritten. */
void rk_dparam_begin(const rk_op_io *io, int param, int64_t n);

/* The whole gradient of value i of a parameter. */
void rk_dparam_add(const rk_op_io *io, int param, int64_t i, float gradient);

extern const rk_op *const rk_ops[]; /* ends with NULL */
const rk_op *rk_op_find(const char *name);
const rk_op *rk_op_find_activation(const char *alias); /* short names case-insensitive, "tf.nn.xxx" too */

#endif
