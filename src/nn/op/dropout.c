/* Inverted dropout: in training a value is dropped with probability `ratio`, and what stays is divided by 1 - ratio.
 *
 * The mask is not kept: value i of the batch (row * width + column) takes word i of the stream named after step and
 * node, so the backward pass makes it again, and chunks do not matter.
 */
#include <string.h>

#include "elementwise.h"
#include "error.h"
#include "example.h"
#include "hash.h"
#include "rng.h"

enum { RATIO };

static rocket_status shape(rk_shape *out, const rk_graph *graph, const rk_node *node, rocket_error *err)
{
    double ratio = node->attrs[RATIO];

    RK_FAIL_IF(!(ratio >= 0 && ratio < 1), CONFIG, err, "ratio must be in [0, 1), got %g", ratio);
    return rk_shape_of_input(out, graph, node, err);
}

/* out = mask * in, or out += mask * in */
static void apply_mask(const rk_op_io *io, rk_block out, rk_block in, bool add)
{
    rk_rng rng = rk_rng_at(io->seed, RK_RNG_DROPOUT, io->step, rk_xxh64(io->node->name, strlen(io->node->name)));
    float ratio = (float)io->node->attrs[RATIO], scale = (float)(1 / (1 - io->node->attrs[RATIO]));

    rk_rng_skip_to(&rng, (uint64_t)(io->begin * in.cols));
    for (int64_t r = 0; r < in.rows; r++)
        for (int64_t c = 0; c < in.cols; c++) {
            float kept = rk_rng_float(&rng) < ratio ? 0 : scale * in.data[r * in.ld + c];
            float *y = &out.data[r * out.ld + c];

            *y = add ? *y + kept : kept;
        }
}

static void forward(const rk_op_io *io)
{
    rk_block x = rk_rows(io->x[0], io->begin, io->end, io->widths[0]);
    rk_block y = rk_rows(io->y, io->begin, io->end, io->widths[0]);

    if (io->training)
        apply_mask(io, y, x, false);
    else
        io->backend->copy(y, x);
}

static void backward(const rk_op_io *io)
{
    if (io->dx[0].data)
        apply_mask(io, rk_rows(io->dx[0], io->begin, io->end, io->widths[0]),
                   rk_rows(io->dy, io->begin, io->end, io->widths[0]), io->add[0]);
}

static bool example(rk_graph *graph, int variant, int *node)
{
    rk_node_spec spec = RK_NODE_SPEC("dropout");
    int x;

    if (variant > 0)
        return false;
    x = rk_example_source(graph, "x", 5);
    spec.inputs = &x;
    spec.n_inputs = 1;
    spec.attrs[0] = (rk_attr){ "ratio", 0.3 };
    *node = rk_graph_add(graph, &spec);
    return true;
}

const rk_op rk_op_dropout = {
    .name = "dropout",
    .doc = "inverted dropout, in training only",
    .attrs = { "ratio" },
    .attr_defaults = { 0.5 },
    .n_inputs = 1,
    .identity_in_inference = true,
    .shape = shape,
    .forward = forward,
    .backward = backward,
    .example = example,
};
