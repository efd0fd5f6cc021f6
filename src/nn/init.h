/* Initialisers: one file per initialiser and one line in inits.def. Values depend on (seed, parameter name) only. */
#ifndef RK_INIT_H
#define RK_INIT_H

#include <stdint.h>

#include "config.h"
#include "rng.h"

typedef struct rk_init_def rk_init_def;

typedef struct rk_init {
    const rk_init_def *def; /* NULL: zeros */
    double a, b;            /* meaning: def (mean and stddev; low and high; the constant) */
} rk_init;

/* A run of values of one tensor: big tables are filled in parts, by any thread. */
typedef struct rk_init_part {
    float *out;              /* [n] f32 */
    uint64_t first, n;       /* values first .. first + n - 1 of the tensor */
    int64_t fan_in, fan_out; /* of the whole tensor */
} rk_init_part;

struct rk_init_def {
    const char *name; /* "glorot_uniform" */
    const char *doc;  /* with the meaning of a and b */
    /* a and b from the field "<name>_initializer" of message Initializer. NULL: it has neither. */
    void (*configure)(rk_init *init, const ProtobufCMessage *options);
    /* Value i of a tensor is made of its stream's words from a fixed place for i on, whatever the parts are. */
    void (*fill)(const rk_init_part *part, const rk_init *init, rk_rng rng);
};

extern const rk_init_def *const rk_inits[];                 /* ends with NULL */
rk_init rk_init_make(const char *name, double a, double b); /* asserts that the name exists */
const rk_init_def *rk_init_find(const char *name);          /* NULL: none */

/* What a config asks for; where it names none (or is NULL), otherwise. */
rk_init rk_init_configured(const Rocket__Initializer *config, rk_init otherwise);

/* The distributions that initialisers are made of, at fixed places of the stream (values are independent). */
void rk_init_fill_uniform(const rk_init_part *part, double low, double high, rk_rng rng);
void rk_init_fill_normal(const rk_init_part *part, double mean, double stddev, rk_rng rng);
void rk_init_fill_truncated(const rk_init_part *part, double mean, double stddev, rk_rng rng); /* at 2 sigma */

#endif
