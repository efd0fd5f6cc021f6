/* rocket: finds the verb, runs it, turns its status into an exit code. Nothing else in the project exits.
 *
 * A signal asks the running verb to stop (rk_stop_requested); a second one ends the program at once. After a stop the
 * exit code is 128 + signal, as shells expect.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "log.h"
#include "stop.h"
#include "text.h"
#include "verb.h"

#define RK_VERB(name) extern const rk_verb rk_verb_##name;
#include "verbs.def"
#undef RK_VERB

const rk_verb *const rk_verbs[] = {
#define RK_VERB(name) &rk_verb_##name,
#include "verbs.def"
#undef RK_VERB
    NULL,
};

static void print_usage(FILE *out)
{
    fputs("rocket " ROCKET_VERSION ": train a small net with a large one, serve the small one alone\n\n"
          "usage: rocket VERB [OPTIONS]\n\n",
          out);
    for (const rk_verb *const *v = rk_verbs; *v != NULL; v++)
        fprintf(out, "  %-9s %s\n", (*v)->name, (*v)->summary);
    fputs("\nrocket VERB --help lists the options of a verb.\n", out);
}

static const rk_verb *find_verb(const char *name)
{
    for (const rk_verb *const *v = rk_verbs; *v != NULL; v++)
        if (strcmp((*v)->name, name) == 0)
            return *v;
    return NULL;
}

static int unknown_verb(const char *name)
{
    const char *names[64];
    size_t n = 0;

    for (const rk_verb *const *v = rk_verbs; *v != NULL && n < 64; v++)
        names[n++] = (*v)->name;
    const char *near = rk_closest(name, names, n);
    if (near != NULL)
        rk_log(RK_LOG_ERROR, "unknown verb \"%s\"; did you mean \"%s\"?", name, near);
    else
        rk_log(RK_LOG_ERROR, "unknown verb \"%s\"; rocket --help lists the verbs", name);
    return ROCKET_USAGE;
}

/* What was printed is out, or it failed. The exit code. */
static int finish(rocket_status status, rocket_error *err)
{
    if (status == ROCKET_OK && fflush(stdout) != 0)
        status = rk_fail(err, ROCKET_FAILED, "writing to standard output failed");
    if (status != ROCKET_OK && err->text[0] != '\0')
        rk_log(RK_LOG_ERROR, "%s", err->text);
    if (status == ROCKET_STOPPED)
        return 128 + rk_stop_signal();
    return (int)status;
}

static int run_verb(const rk_verb *verb, int argc, char **argv)
{
    rk_args *args = NULL;
    rocket_error err = { 0 };
    rocket_status status = rk_args_parse(&args, verb, argc, argv, &err);

    if (status == ROCKET_OK && rk_args_has(args, "help"))
        rk_verb_help(verb);
    else if (status == ROCKET_OK)
        status = verb->run(args, &err);
    rk_args_free(args);
    return finish(status, &err);
}

/* rocket help VERB */
static int help_on(const char *name)
{
    const rk_verb *verb = find_verb(name);
    rocket_error err = { 0 };

    if (verb == NULL)
        return unknown_verb(name);
    rk_verb_help(verb);
    return finish(ROCKET_OK, &err);
}

int main(int argc, char **argv)
{
    rocket_error err = { 0 };

    rk_stop_install();
    if (argc < 2) {
        print_usage(stderr);
        return ROCKET_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 && argc > 2)
        return help_on(argv[2]);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return finish(ROCKET_OK, &err);
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("rocket " ROCKET_VERSION);
        return finish(ROCKET_OK, &err);
    }
    const rk_verb *verb = find_verb(argv[1]);
    return verb == NULL ? unknown_verb(argv[1]) : run_verb(verb, argc - 2, argv + 2);
}
