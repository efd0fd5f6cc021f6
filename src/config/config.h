/* A pipeline config: read, overridden, expanded; knows where in the user's text every field stands.
 *
 *     rk_faults faults;
 *     rk_faults_init(&faults);
 *     status = rk_config_load(&config, "ads.config", overrides, n, &faults, err);   // reads, overrides, expands
 *     status = rk_config_check(config, plugin_checks, n_checks, &faults, err);      // check.h: is it sensible?
 *     const Rocket__EasyRecConfig *root = rk_config_root(config);                   // what the user wrote
 *     const rk_resolved *view = rk_config_view(config);                             // resolve.h: what follows
 *
 * All messages live in the config's arena and are borrowed: never free or change them. A config does not change after
 * it was loaded, so any number of threads may read it.
 */
#ifndef RK_CONFIG_H
#define RK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "pipeline.pb-c.h"

#include "buf.h"
#include "faults.h"
#include "rocket/status.h"

typedef struct rk_config rk_config;

enum { RK_CONFIG_MAX_BYTES = 16 << 20 }; /* of the text */

/* Read a .config file (protobuf text format) or a .json file (protobuf's JSON of the same messages), apply the
 * overrides ("path=value", overrides.h) in order, expand names.
 *
 * Faults of text and overrides are all added to faults (NULL: only the first is reported, in err); *out is set when
 * there is no ERROR among them. ROCKET_CONFIG: the text or an override is wrong, or the file's name has another end;
 * ROCKET_FAILED: it cannot be read, or memory ran out. */
ROCKET_NODISCARD rocket_status rk_config_load(rk_config **out, const char *path, const char *const *overrides,
                                              size_t n_overrides, rk_faults *faults, rocket_error *err);

/* The same from memory. name stands for the file in messages. */
typedef struct rk_config_source {
    const char *name;
    const char *text; /* n bytes; not kept */
    size_t n;
    const char *const *overrides;
    size_t n_overrides;
    bool json; /* the text is protobuf's JSON, not its text format */
} rk_config_source;
ROCKET_NODISCARD rocket_status rk_config_parse(rk_config **out, const rk_config_source *source, rk_faults *faults,
                                               rocket_error *err);
void rk_config_free(rk_config *config); /* NULL is fine */

const char *rk_config_name(const rk_config *config); /* the file's name as given */
const Rocket__EasyRecConfig *rk_config_root(const rk_config *config);

typedef struct rk_resolved rk_resolved; /* resolve.h */
const rk_resolved *rk_config_view(const rk_config *config);

/* Where field (or its index-th value) of message was written: "file:line:column" or "--set path=value". message must be
 * one of this config's, by identity, any type: pass &m->base. A field that is absent stands where its message was
 * opened, and field NULL asks for that place; the root message stands in the file as a whole. Never NULL. */
const char *rk_config_where(const rk_config *config, const ProtobufCMessage *message, const char *field, size_t index);

/* The effective config as text (file and overrides, before expansions): the same message comes out when it is read
 * again. This is what goes to model_dir/pipeline.config and into model files. */
void rk_config_print(const rk_config *config, rk_buf *out);

/* The member that is set in a message with one oneof (Optimizer, LearningRate, EvalMetrics, Initializer, ...): its
 * name, or NULL when none is. *value (may be NULL) is the member if it is a message. */
const char *rk_oneof_name(const ProtobufCMessage *message, const ProtobufCMessage **value);

/* Name of an enum value ("?" if there is none). */
const char *rk_enum_name(const ProtobufCEnumDescriptor *descriptor, int value);

#endif
