/* Model files and checkpoints: a graph, its weights and all that is needed to feed it, in one safetensors file.
 *
 * Both kinds have the same form, so that one reader serves resume, scoring and teaching. A model holds the cut of the
 * training graph to the light net's outputs (rk_graph_cut) and the tensors of that cut; a checkpoint holds the whole
 * graph, every tensor and the optimizer's slots, named "<variable>/<slot>".
 *
 * A quantized model (quantize.h) has integers for some kernels and tables (int8_tensors.h).
 *
 * __metadata__: rocket.kind ("model", "checkpoint"), rocket.version (2 with integers, else 1), rocket.config (pipeline
 * config, text), rocket.graph (graph.h, JSON), rocket.vocabularies (words.h), rocket.step, and for a checkpoint
 * rocket.seed and rocket.batch_size, which a resumed run must share, as it must rocket.shard if there is one, and maybe
 * rocket.first_step, rocket.best and rocket.best_step (best_exporter_metric).
 *
 * Files of the future: what changes the meaning of a file changes its version, and an unknown version is refused.
 * Tensors and metadata that nobody asks for are left alone.
 */
#ifndef RK_BUNDLE_H
#define RK_BUNDLE_H

#include "config.h"
#include "graph.h"
#include "optimizer.h"
#include "schema.h"
#include "shard.h"
#include "tensors.h"
#include "weights.h"

/* What the light net of a model file ends in. */
enum { RK_N_LIGHT_OUTPUTS = 2 };
extern const char *const rk_light_outputs[RK_N_LIGHT_OUTPUTS]; /* logits, probabilities */

typedef struct rk_run_state {
    uint64_t step;       /* steps done, */
    uint64_t first_step; /* of which so many by the run that this one goes on from (carry_on.h) */
    uint64_t seed;
    uint64_t batch_size;
    rk_shard shard;
    bool has_best; /* some evaluation before this checkpoint was the best so far: */
    double best;   /* its figure, */
    uint64_t best_step;
} rk_run_state;

/* What is written: everything is borrowed for the call. */
typedef struct rk_bundle_source {
    const rk_config *config;
    const rk_schema *schema; /* its vocabularies */
    const rk_graph *graph;
    const rk_weights *weights; /* of graph, or of the graph that it was cut from (found by name) */
    rk_updater *updater;       /* NULL: a model; else a checkpoint */
    rk_run_state state;
} rk_bundle_source;

/* Atomic: path is the old file, or the whole new one. */
ROCKET_NODISCARD rocket_status rk_bundle_write(const char *path, const rk_bundle_source *source, rocket_error *err);

/* The same but for the end: the source may change again, and rk_atomic_commit, by any thread, makes it the file. */
ROCKET_NODISCARD rocket_status rk_bundle_put(rk_atomic_file **out, const char *path, const rk_bundle_source *source,
                                             rocket_error *err);

typedef struct rk_bundle {
    rk_config *config;
    rk_graph *graph;
    rk_weights *weights;
    rk_vocabularies vocabularies;
    rk_arena arena; /* of the vocabularies */
    rk_run_state state;
    bool is_checkpoint;
} rk_bundle;

/* Read a model or a checkpoint; the graph is cut to the named outputs (NULL, 0: as stored). Every tensor's checksum is
 * verified. ROCKET_CORRUPT, with the file's name and what is wrong, when it is not what rocket wrote. */
ROCKET_NODISCARD rocket_status rk_bundle_open(rk_bundle **out, const char *path, const char *const *outputs,
                                              size_t n_outputs, rocket_error *err);

/* The same of a file that is open already, verified or not; name stands for it in messages. Nothing is borrowed from
 * it afterwards. */
ROCKET_NODISCARD rocket_status rk_bundle_read(rk_bundle **out, const rk_tensor_file *file, const char *name,
                                              const char *const *outputs, size_t n_outputs, rocket_error *err);

/* The same for a net that scores (score/net.h): tables that the file has as integers are not made floats as well. */
ROCKET_NODISCARD rocket_status rk_bundle_open_packed(rk_bundle **out, const char *path, const char *const *outputs,
                                                     size_t n_outputs, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_bundle_read_packed(rk_bundle **out, const rk_tensor_file *file, const char *name,
                                                     const char *const *outputs, size_t n_outputs, rocket_error *err);
void rk_bundle_close(rk_bundle *bundle); /* NULL is fine */

/* Only the weights of a checkpoint or model, into those of a graph that was built from the config again (evaluation).
 */
ROCKET_NODISCARD rocket_status rk_bundle_load_weights(rk_run_state *state, const char *path, rk_weights *weights,
                                                      rocket_error *err);

/* Continue a run: weights and slots from a checkpoint into those of a graph that was built from the config again.
 * ROCKET_CONFIG when the checkpoint is of another model (names the first variable that differs). */
ROCKET_NODISCARD rocket_status rk_bundle_resume(rk_run_state *state, const char *path, rk_weights *weights,
                                                rk_updater *updater, rocket_error *err);

#endif
