/* The light net of a model file or checkpoint, opened for scoring: graph, weights, features, and the net made of them.
 *
 * Only the cut to the light net's outputs is kept, so the booster is not even in memory. It does not change after it
 * was opened: any number of threads may read it. Scorers (batches of a stream) and the public API's sessions (requests)
 * stand on it.
 */
#ifndef RK_LIGHT_H
#define RK_LIGHT_H

#include "binding.h"
#include "bundle.h"
#include "net.h"
#include "schema.h"

typedef struct rk_light_options rk_light_options;
struct rk_light_options {
    const char *const *reserved; /* input fields whose text stays in a batch as BYTES columns */
    size_t n_reserved;
    const char *const *user_fields; /* input fields that are the user's: see rocket/score.h */
    size_t n_user_fields;

    /* NULL, or what sets options that depend on the fields which the file's config has; called once. */
    rocket_status (*choose)(rk_light_options *options, const rk_resolved *view, void *ctx, rocket_error *err);
    void *choose_ctx;
};

typedef struct rk_light {
    rk_bundle *bundle;
    rk_schema *schema;  /* batches must be of this one */
    rk_binding binding; /* columns of a batch -> inputs of the graph */
    bool *user_field;   /* [rk_schema_n_fields] */
    bool *user_input;   /* [binding.n] all fields of this input's feature are the user's */
    rk_net *net;
    int logits, probs; /* nodes of the graph, of the same width */
    int64_t n_classes; /* C */
} rk_light;

/* ROCKET_CORRUPT: not a file of rocket. ROCKET_CONFIG: one without a light net. ROCKET_USAGE: a user field
 * that the config does not have. */
ROCKET_NODISCARD rocket_status rk_light_open(rk_light **out, const char *path, const rk_light_options *options,
                                             rocket_error *err);

/* The same from memory, of which nothing is borrowed. Its checksums are verified. */
ROCKET_NODISCARD rocket_status rk_light_read(rk_light **out, const rk_tensor_bytes *bytes,
                                             const rk_light_options *options, rocket_error *err);
void rk_light_close(rk_light *light); /* NULL is fine */

#endif
