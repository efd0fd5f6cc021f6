/* Command-line arguments: long and short options from a verb's table, values as "--name value" or "--name=value",
 * bundled switches ("-qv"), "--" ends the options. An unknown option is a usage error with the nearest known name.
 */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "log.h"
#include "mem.h"
#include "number.h"
#include "text.h"
#include "verb.h"

enum { MAX_OPTIONS = 40 };

static const rk_option common_options[] = {
    { "set", 0, "PATH=VALUE", "change a field of the config, e.g. train_config.num_steps=1000 (repeatable)" },
    { "threads", 0, "N", "threads to compute with (default: all usable processors)" },
    { "seed", 0, "S", "seed of all that is drawn at random (default: train_config.seed, which is 1)" },
    { "shard", 0, "I/N", "read every N-th row from row I on, not:I/N the others; files with data_config.file_shard" },
    { "json", 0, NULL, "print the result as one JSON object" },
    { "quiet", 'q', NULL, "errors only" },
    { "verbose", 'v', NULL, "more detail" },
    { "help", 'h', NULL, "this text" },
};
static const int common_takes[] = {
    RK_TAKES_SET, RK_TAKES_THREADS, RK_TAKES_SEED, RK_TAKES_SHARD, RK_TAKES_JSON, 0, 0, 0
};
enum { N_COMMON = sizeof common_options / sizeof common_options[0] };

typedef struct given {
    const char *name;
    const char *value; /* NULL: a switch */
} given;

struct rk_args {
    rk_arena arena;
    const rk_option *options[MAX_OPTIONS];
    size_t n_options;
    given *given;
    size_t n_given;
    const char **words;
    size_t n_words;
};

static void list_options(rk_args *args, const rk_verb *verb)
{
    for (const rk_option *o = verb->options; o != NULL && o->name != NULL && args->n_options < MAX_OPTIONS; o++)
        args->options[args->n_options++] = o;
    for (size_t i = 0; i < N_COMMON && args->n_options < MAX_OPTIONS; i++)
        if (common_takes[i] == 0 || (verb->takes & common_takes[i]) != 0)
            args->options[args->n_options++] = &common_options[i];
}

static const rk_option *find_long(const rk_args *args, const char *name, size_t n)
{
    for (size_t i = 0; i < args->n_options; i++)
        if (strlen(args->options[i]->name) == n && memcmp(args->options[i]->name, name, n) == 0)
            return args->options[i];
    return NULL;
}

static const rk_option *find_letter(const rk_args *args, char letter)
{
    for (size_t i = 0; i < args->n_options; i++)
        if (args->options[i]->letter == letter)
            return args->options[i];
    return NULL;
}

static rocket_status unknown_option(const rk_args *args, const rk_verb *verb, const char *name, rocket_error *err)
{
    const char *names[MAX_OPTIONS];
    for (size_t i = 0; i < args->n_options; i++)
        names[i] = args->options[i]->name;
    const char *near = rk_closest(name, names, args->n_options);
    if (near != NULL)
        return rk_fail(err, ROCKET_USAGE, "unknown option --%s of rocket %s; did you mean --%s?", name, verb->name,
                       near);
    return rk_fail(err, ROCKET_USAGE, "unknown option --%s; rocket %s --help lists the options", name, verb->name);
}

/* An option at argv[*i]; moves *i past the value that it takes. */
static rocket_status parse_long(rk_args *args, const rk_verb *verb, int argc, char **argv, int *i, rocket_error *err)
{
    const char *text = argv[*i] + 2, *equals = strchr(text, '=');
    size_t n = equals != NULL ? (size_t)(equals - text) : strlen(text);
    const rk_option *option = find_long(args, text, n);
    given *g = &args->given[args->n_given];

    if (option == NULL) {
        const char *name = rk_arena_strndup(&args->arena, text, n);
        return unknown_option(args, verb, name != NULL ? name : "", err);
    }
    g->name = option->name;
    if (option->argument == NULL) {
        RK_FAIL_IF(equals != NULL, USAGE, err, "--%s takes no value, got \"%s\"", option->name, equals + 1);
    } else if (equals != NULL) {
        g->value = equals + 1;
    } else {
        RK_FAIL_IF(*i + 1 >= argc, USAGE, err, "--%s expects a value (%s)", option->name, option->argument);
        g->value = argv[++*i];
    }
    args->n_given++;
    return ROCKET_OK;
}

static rocket_status parse_letters(rk_args *args, const rk_verb *verb, int argc, char **argv, int *i, rocket_error *err)
{
    for (const char *p = argv[*i] + 1; *p != '\0'; p++) {
        const rk_option *option = find_letter(args, *p);
        given *g = &args->given[args->n_given];
        RK_FAIL_IF(option == NULL, USAGE, err, "unknown option -%c; rocket %s --help lists the options", *p,
                   verb->name);
        g->name = option->name;
        args->n_given++;
        if (option->argument == NULL)
            continue;
        if (p[1] != '\0') {
            g->value = p + 1;
        } else {
            RK_FAIL_IF(*i + 1 >= argc, USAGE, err, "-%c expects a value (%s)", *p, option->argument);
            g->value = argv[++*i];
        }
        break;
    }
    return ROCKET_OK;
}

/* Of two lists of files the second would silently replace the first. */
static rocket_status check_lists(const rk_args *args, rocket_error *err)
{
    for (size_t o = 0; o < args->n_options; o++) {
        const rk_option *option = args->options[o];
        size_t n = 0;

        if (!option->argument || (strcmp(option->argument, "PATHS") != 0 && strcmp(option->argument, "FILES") != 0))
            continue;
        for (size_t i = 0; i < args->n_given; i++)
            n += strcmp(args->given[i].name, option->name) == 0;
        RK_FAIL_IF(n > 1, USAGE, err, "--%s: expected one list of files, with commas between, found %zu", option->name,
                   n);
    }
    return ROCKET_OK;
}

static rocket_status parse_all(rk_args *args, const rk_verb *verb, int argc, char **argv, rocket_error *err)
{
    bool only_words = false;

    for (int i = 0; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (!only_words && argv[i][0] == '-' && argv[i][1] == '-')
            RK_TRY(parse_long(args, verb, argc, argv, &i, err));
        else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0')
            RK_TRY(parse_letters(args, verb, argc, argv, &i, err));
        else
            args->words[args->n_words++] = argv[i];
    }
    if (rk_args_has(args, "help"))
        return ROCKET_OK;
    RK_TRY(check_lists(args, err));
    RK_FAIL_IF((int)args->n_words < verb->min_words, USAGE, err, "rocket %s %s: an argument is missing", verb->name,
               verb->usage);
    RK_FAIL_IF(verb->max_words >= 0 && (int)args->n_words > verb->max_words, USAGE, err,
               "rocket %s: unexpected argument \"%s\"; usage: rocket %s %s", verb->name, args->words[verb->max_words],
               verb->name, verb->usage);
    return ROCKET_OK;
}

rocket_status rk_args_parse(rk_args **out, const rk_verb *verb, int argc, char **argv, rocket_error *err)
{
    rk_args *args = rk_alloc(1, sizeof *args);
    size_t most = 1; /* "-qv" gives several options in one word */

    RK_FAIL_IF(args == NULL, FAILED, err, "out of memory");
    for (int i = 0; i < argc; i++)
        most += strlen(argv[i]) + 1;
    rk_arena_init(&args->arena, 0);
    args->given = rk_arena_alloc(&args->arena, most, sizeof *args->given);
    args->words = rk_arena_alloc(&args->arena, (size_t)argc + 1, sizeof *args->words);
    list_options(args, verb);
    rocket_status status = rk_arena_failed(&args->arena) ? rk_fail(err, ROCKET_FAILED, "out of memory")
                                                         : parse_all(args, verb, argc, argv, err);
    if (status != ROCKET_OK) {
        rk_args_free(args);
        return status;
    }
    if (rk_args_has(args, "quiet"))
        rk_log_set_level(RK_LOG_ERROR);
    else if (rk_args_has(args, "verbose"))
        rk_log_set_level(RK_LOG_DEBUG);
    *out = args;
    return ROCKET_OK;
}

void rk_args_free(rk_args *args)
{
    if (args == NULL)
        return;
    rk_arena_clear(&args->arena);
    rk_free(args);
}

void rk_verb_help(const rk_verb *verb)
{
    rk_args args = { 0 };

    list_options(&args, verb);
    printf("rocket %s %s\n\n%s\n\nOptions:\n", verb->name, verb->usage, verb->summary);
    for (size_t i = 0; i < args.n_options; i++) {
        const rk_option *o = args.options[i];
        char left[64];
        snprintf(left, sizeof left, "%c%c%s--%s %s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
                 o->letter ? ", " : "  ", o->name, o->argument != NULL ? o->argument : "");
        printf("  %-28s %s\n", left, o->help);
    }
}

bool rk_args_has(const rk_args *args, const char *name)
{
    for (size_t i = 0; i < args->n_given; i++)
        if (strcmp(args->given[i].name, name) == 0)
            return true;
    return false;
}

const char *rk_args_get(const rk_args *args, const char *name)
{
    for (size_t i = args->n_given; i-- > 0;)
        if (strcmp(args->given[i].name, name) == 0)
            return args->given[i].value;
    return NULL;
}

const char *const *rk_args_all(const rk_args *args, const char *name, size_t *n)
{
    rk_arena *arena = (rk_arena *)&args->arena; /* a list made on demand; args stays logically const */
    const char **values = rk_arena_alloc(arena, args->n_given + 1, sizeof *values);

    *n = 0;
    for (size_t i = 0; values != NULL && i < args->n_given; i++)
        if (strcmp(args->given[i].name, name) == 0)
            values[(*n)++] = args->given[i].value;
    return values;
}

size_t rk_args_n_words(const rk_args *args)
{
    return args->n_words;
}

const char *rk_args_word(const rk_args *args, size_t i)
{
    return i < args->n_words ? args->words[i] : NULL;
}

rocket_status rk_args_number(uint64_t *out, const rk_args *args, const char *name, rk_number_rule rule,
                             rocket_error *err)
{
    const char *text = rk_args_get(args, name);
    uint64_t value = rule.fallback;

    if (text != NULL) {
        bool ok = rk_parse_u64(text, strlen(text), &value) && value >= rule.min && value <= rule.max;
        RK_FAIL_IF(!ok, USAGE, err, "--%s expects a whole number from %llu to %llu, got \"%s\"", name,
                   (unsigned long long)rule.min, (unsigned long long)rule.max, text);
    }
    *out = value;
    return ROCKET_OK;
}

rocket_status rk_args_level(double *out, const rk_args *args, const char *name, double fallback, rocket_error *err)
{
    const char *text = rk_args_get(args, name);
    double percent = fallback;

    RK_FAIL_IF(text != NULL && (!rk_parse_double(text, strlen(text), &percent) || !(percent > 0 && percent < 100)),
               USAGE, err, "--%s expects a number between 0 and 100, got \"%s\"", name, text);
    *out = percent / 100;
    return ROCKET_OK;
}
