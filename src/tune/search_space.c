/* The search file: see search_space.h. A line is cut at the colon behind the path and at the commas between arguments,
 * none of them within brackets, braces or quotes; what stands between is left to the reader of overrides.
 *
 * The parser keeps p->at on what it looks at, so that the one place which reports knows line and column.
 */
#include "search_space.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "hash.h"
#include "number.h"
#include "rng.h"
#include "text.h"
#include "utf8.h"

typedef struct span {
    const char *at;
    size_t n;
} span;

typedef struct parser {
    rk_arena *arena;
    const char *at, *end; /* of the line that is read */
    span *arguments;      /* [RK_SEARCH_MAX_CHOICES] */
    size_t n_arguments;
    rocket_error *err;
} parser;

struct rk_distribution {
    const char *name;
    rocket_status (*accept)(rk_search_axis *axis, parser *p);
    const char *(*draw)(const rk_search_axis *axis, rk_rng *rng, rk_arena *arena);
};

/* ---- the distributions ---- */

static rocket_status accept_choices(rk_search_axis *axis, parser *p)
{
    axis->n_choices = p->n_arguments;
    axis->choices = rk_arena_alloc(p->arena, p->n_arguments, sizeof *axis->choices);
    for (size_t i = 0; i < p->n_arguments && axis->choices; i++)
        axis->choices[i] = rk_arena_strndup(p->arena, p->arguments[i].at, p->arguments[i].n);
    return ROCKET_OK; /* memory is asked for once, at the end */
}

static rocket_status accept_numbers(rk_search_axis *axis, parser *p)
{
    double ends[2];

    RK_FAIL_IF(p->n_arguments != 2, CONFIG, p->err, "%s takes two numbers, found %zu", axis->distribution->name,
               p->n_arguments);
    for (size_t i = 0; i < 2; i++) {
        p->at = p->arguments[i].at;
        bool ok = rk_parse_double(p->at, p->arguments[i].n, &ends[i]) && isfinite(ends[i]);
        RK_FAIL_IF(!ok, CONFIG, p->err, "expected a number, found \"%.*s\"", (int)p->arguments[i].n, p->at);
    }
    RK_FAIL_IF(!(ends[0] <= ends[1]), CONFIG, p->err, "expected the smaller number first, found %g and %g", ends[0],
               ends[1]);
    axis->low = ends[0];
    axis->high = ends[1];
    return ROCKET_OK;
}

static rocket_status accept_positive(rk_search_axis *axis, parser *p)
{
    RK_TRY(accept_numbers(axis, p));
    RK_FAIL_IF(!(axis->low > 0), CONFIG, p->err, "log_uniform takes numbers above 0, found %g", axis->low);
    return ROCKET_OK;
}

static rocket_status accept_whole(rk_search_axis *axis, parser *p)
{
    const double most = 1LL << 53;

    RK_TRY(accept_numbers(axis, p));
    bool ok = axis->low == floor(axis->low) && axis->high == floor(axis->high) && fabs(axis->low) <= most &&
              fabs(axis->high) <= most;
    RK_FAIL_IF(!ok, CONFIG, p->err, "int takes whole numbers up to 2^53, found %.17g and %.17g", axis->low, axis->high);
    return ROCKET_OK;
}

static const char *draw_choice(const rk_search_axis *axis, rk_rng *rng, rk_arena *arena)
{
    (void)arena;
    return axis->choices[rk_rng_below(rng, axis->n_choices)];
}

/* Most fields are floats: the shortest text of one is easier to read than a double's. */
static const char *number_text(double value, rk_arena *arena)
{
    char text[RK_NUMBER_BYTES];

    return rk_arena_strndup(arena, text, rk_format_float(text, (float)value));
}

static const char *draw_uniform(const rk_search_axis *axis, rk_rng *rng, rk_arena *arena)
{
    double u = rk_rng_double(rng);

    return number_text((1 - u) * axis->low + u * axis->high, arena); /* the difference of the ends may overflow */
}

static const char *draw_log_uniform(const rk_search_axis *axis, rk_rng *rng, rk_arena *arena)
{
    double u = rk_rng_double(rng);

    return number_text(exp((1 - u) * log(axis->low) + u * log(axis->high)), arena);
}

static const char *draw_int(const rk_search_axis *axis, rk_rng *rng, rk_arena *arena)
{
    int64_t low = (int64_t)axis->low;
    uint64_t n = (uint64_t)((int64_t)axis->high - low) + 1;

    return rk_arena_printf(arena, "%lld", (long long)(low + (int64_t)rk_rng_below(rng, n)));
}

static const rk_distribution distributions[] = {
    { "choice", accept_choices, draw_choice },
    { "uniform", accept_numbers, draw_uniform },
    { "log_uniform", accept_positive, draw_log_uniform },
    { "int", accept_whole, draw_int },
};
enum { N_DISTRIBUTIONS = sizeof distributions / sizeof distributions[0] };

/* ---- a line ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(parser *p)
{
    while (p->at < p->end && is_blank(*p->at))
        p->at++;
}

static span trimmed(const char *begin, const char *end)
{
    while (begin < end && is_blank(*begin))
        begin++;
    while (begin < end && is_blank(end[-1]))
        end--;
    return (span){ begin, (size_t)(end - begin) };
}

/* The first of the characters in stops from at on that is not within brackets, braces or quotes; end if there is none.
 */
static const char *find_outside(const char *at, const char *end, const char *stops)
{
    char quote = '\0';
    int depth = 0;

    for (; at < end; at++) {
        if (quote != '\0') {
            if (*at == '\\' && at + 1 < end)
                at++;
            else if (*at == quote)
                quote = '\0';
        } else if (depth == 0 && strchr(stops, *at)) {
            return at;
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else {
            depth += (*at == '[' || *at == '{' || *at == '(' || *at == '<') -
                     (*at == ']' || *at == '}' || *at == ')' || *at == '>');
            depth = depth < 0 ? 0 : depth;
        }
    }
    return end;
}

static rocket_status read_path(rk_search_axis *axis, parser *p)
{
    const char *colon = find_outside(p->at, p->end, ":");
    span path = trimmed(p->at, colon);

    RK_FAIL_IF(colon == p->end, CONFIG, p->err, "expected \"path: choice(...)\", found no colon");
    RK_FAIL_IF(path.n == 0, CONFIG, p->err, "expected a path before the colon");
    axis->path = rk_arena_strndup(p->arena, path.at, path.n);
    p->at = colon + 1;
    return ROCKET_OK;
}

static rocket_status read_distribution(rk_search_axis *axis, parser *p)
{
    const char *names[N_DISTRIBUTIONS];

    skip_blanks(p);
    const char *open = find_outside(p->at, p->end, "(");
    span word = trimmed(p->at, open);
    for (size_t i = 0; i < N_DISTRIBUTIONS; i++) {
        names[i] = distributions[i].name;
        if (strlen(names[i]) == word.n && memcmp(names[i], word.at, word.n) == 0)
            axis->distribution = &distributions[i];
    }
    if (axis->distribution == NULL) {
        char found[40], hint[RK_HINT_BYTES];
        snprintf(found, sizeof found, "%.*s", (int)(word.n < sizeof found ? word.n : sizeof found), word.at);
        return rk_fail(p->err, ROCKET_CONFIG, "expected choice, uniform, log_uniform or int, found \"%s\"%s", found,
                       rk_did_you_mean(hint, found, names, N_DISTRIBUTIONS));
    }
    p->at = open;
    RK_FAIL_IF(open == p->end, CONFIG, p->err, "expected ( behind %s", axis->distribution->name);
    p->at++;
    return ROCKET_OK;
}

static rocket_status read_arguments(parser *p)
{
    for (p->n_arguments = 0;; p->at++) {
        const char *stop = find_outside(p->at, p->end, ",)");
        span argument = trimmed(p->at, stop);

        RK_FAIL_IF(stop == p->end, CONFIG, p->err, "expected ) at the end of the list");
        RK_FAIL_IF(argument.n == 0, CONFIG, p->err, "expected a value before the %s",
                   *stop == ',' ? "comma" : "bracket");
        RK_FAIL_IF(p->n_arguments == RK_SEARCH_MAX_CHOICES, CONFIG, p->err, "expected at most %d values",
                   RK_SEARCH_MAX_CHOICES);
        p->arguments[p->n_arguments++] = argument;
        p->at = stop;
        if (*stop == ')')
            break;
    }
    p->at++;
    skip_blanks(p);
    RK_FAIL_IF(p->at < p->end && *p->at != '#', CONFIG, p->err, "expected the end of the line behind the list");
    return ROCKET_OK;
}

static rocket_status read_line(rk_search_space *space, parser *p)
{
    rk_search_axis *axis = &space->axes[space->n_axes];
    const char *start = p->at;

    RK_FAIL_IF(space->n_axes == RK_SEARCH_MAX_AXES, CONFIG, p->err, "expected at most %d paths", RK_SEARCH_MAX_AXES);
    *axis = (rk_search_axis){ 0 };
    RK_TRY(read_path(axis, p));
    for (size_t i = 0; i < space->n_axes && axis->path != NULL; i++) {
        bool twice = strcmp(space->axes[i].path, axis->path) == 0;
        p->at = twice ? start : p->at;
        RK_FAIL_IF(twice, CONFIG, p->err, "%s stands in the file twice", axis->path);
    }
    RK_TRY(read_distribution(axis, p));
    const char *list = p->at;
    RK_TRY(read_arguments(p));
    p->at = list;
    RK_TRY(axis->distribution->accept(axis, p));
    space->n_axes++;
    return ROCKET_OK;
}

/* ---- the file ---- */

static rocket_status read_lines(rk_search_space *space, parser *p, const char *name, span text)
{
    const char *end = text.at + text.n;
    size_t number = 1;

    for (const char *start = text.at; start < end; start = p->end + 1, number++) {
        const char *newline = memchr(start, '\n', (size_t)(end - start));
        p->at = start;
        p->end = newline != NULL ? newline : end;
        skip_blanks(p);
        if (p->at == p->end || *p->at == '#')
            continue;
        rocket_status status = read_line(space, p);
        if (status != ROCKET_OK) {
            rk_error_prefix(p->err, "%s:%zu:%zu", name, number, (size_t)(p->at - start) + 1);
            return status;
        }
    }
    RK_FAIL_IF(space->n_axes == 0, CONFIG, p->err, "%s: expected a line \"path: choice(...)\", found none", name);
    return ROCKET_OK;
}

rocket_status rk_search_space_parse(rk_search_space *out, rk_arena *arena, const char *name, const char *text, size_t n,
                                    rocket_error *err)
{
    rk_search_space space = { .axes = rk_arena_alloc(arena, RK_SEARCH_MAX_AXES, sizeof *space.axes) };
    parser p = { .arena = arena,
                 .arguments = rk_arena_alloc(arena, RK_SEARCH_MAX_CHOICES, sizeof *p.arguments),
                 .err = err };

    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "%s: no memory to read it", name);
    RK_FAIL_IF(!rk_utf8_valid(text, n) || memchr(text, '\0', n) != NULL, CONFIG, err,
               "%s: expected a text file in UTF-8", name);
    RK_TRY(read_lines(&space, &p, name, (span){ text, n }));
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "%s: no memory to read it", name);
    *out = space;
    return ROCKET_OK;
}

const char *rk_search_space_draw(const rk_search_space *space, size_t i, uint64_t seed, uint64_t trial, rk_arena *arena)
{
    const rk_search_axis *axis = &space->axes[i];
    rk_rng rng = rk_rng_at(seed, RK_RNG_TUNE, trial, rk_xxh64(axis->path, strlen(axis->path)));
    const char *value = axis->distribution->draw(axis, &rng, arena);

    return value != NULL ? rk_arena_printf(arena, "%s=%s", axis->path, value) : NULL;
}
