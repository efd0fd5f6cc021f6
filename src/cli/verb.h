/* The verb seam: one file per verb and one line in verbs.def.
 *
 * A verb lists the options of its own; the common ones (--set, --threads, --seed, --shard, --json, -q, -v, --help) are
 * added by args.c where the verb asks for them. Results go to stdout, everything else to stderr; only main.c exits.
 */
#ifndef RK_VERB_H
#define RK_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rocket/status.h"

typedef struct rk_option {
    const char *name;     /* long name without dashes: "config" */
    char letter;          /* 'c', or 0 */
    const char *argument; /* "FILE" in the help text; NULL: a switch */
    const char *help;
} rk_option;

/* What of the common options a verb takes. */
enum { RK_TAKES_SET = 1, RK_TAKES_THREADS = 2, RK_TAKES_SEED = 4, RK_TAKES_JSON = 8, RK_TAKES_SHARD = 16 };

typedef struct rk_args rk_args;

typedef struct rk_verb {
    const char *name;         /* "train" */
    const char *usage;        /* "-c pipeline.config [--resume]" */
    const char *summary;      /* one line */
    const rk_option *options; /* ends with a NULL name */
    int takes;
    int min_words, max_words; /* positional arguments; max -1: any number */
    rocket_status (*run)(const rk_args *args, rocket_error *err);
} rk_verb;

extern const rk_verb *const rk_verbs[]; /* ends with NULL */

ROCKET_NODISCARD rocket_status rk_args_parse(rk_args **out, const rk_verb *verb, int argc, char **argv,
                                             rocket_error *err);
void rk_args_free(rk_args *args);
void rk_verb_help(const rk_verb *verb); /* to stdout */

bool rk_args_has(const rk_args *args, const char *name);
const char *rk_args_get(const rk_args *args, const char *name);                   /* last value; NULL: not given */
const char *const *rk_args_all(const rk_args *args, const char *name, size_t *n); /* every value, in order */
size_t rk_args_n_words(const rk_args *args);
const char *rk_args_word(const rk_args *args, size_t i);

/* Number of an option; rule.fallback when it is not given. Anything but a whole number within [min, max] is a usage
 * error. */
typedef struct rk_number_rule {
    uint64_t fallback, min, max;
} rk_number_rule;
ROCKET_NODISCARD rocket_status rk_args_number(uint64_t *out, const rk_args *args, const char *name, rk_number_rule rule,
                                              rocket_error *err);

/* A level in percent as a share: 95 is 0.95. Not a number between 0 and 100: a usage error. */
ROCKET_NODISCARD rocket_status rk_args_level(double *out, const rk_args *args, const char *name, double fallback,
                                             rocket_error *err);

#endif
