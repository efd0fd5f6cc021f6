/* The list of faults: see faults.h. Strings are formatted straight into the list's arena. */
#include "faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

enum { SENTENCE_BYTES = 900 }; /* fits rocket_error together with a usual place */

void rk_faults_init(rk_faults *faults)
{
    memset(faults, 0, sizeof *faults);
    rk_arena_init(&faults->arena, 0);
}

void rk_faults_clear(rk_faults *faults)
{
    rk_arena_clear(&faults->arena);
    rk_faults_init(faults);
}

/* The old array stays in the arena: at most 2 * RK_FAULTS_MAX items are ever kept. */
static bool grow(rk_faults *faults)
{
    size_t capacity = faults->capacity ? 2 * faults->capacity : 8;
    rk_fault *items = rk_arena_alloc(&faults->arena, capacity, sizeof *items);

    if (!items)
        return false;
    if (faults->n)
        memcpy(items, faults->items, faults->n * sizeof *items);
    faults->items = items;
    faults->capacity = capacity;
    return true;
}

static void append(rk_faults *faults, rk_severity severity, const char *where, const char *sentence)
{
    rk_fault fault = { severity, rk_arena_strdup(&faults->arena, where), rk_arena_strdup(&faults->arena, sentence) };

    if (!fault.where || !fault.sentence || (faults->n == faults->capacity && !grow(faults)))
        faults->failed = true;
    else
        faults->items[faults->n++] = fault;
}

void rk_faults_add(rk_faults *faults, rk_severity severity, const char *where, const char *format, ...)
{
    size_t *found = severity == RK_FAULT_ERROR ? &faults->n_errors : &faults->n_notes;
    char sentence[SENTENCE_BYTES];
    va_list args;

    if (++*found > RK_FAULTS_MAX)
        return;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    append(faults, severity, where, sentence);
}

static const rk_fault *first_error(const rk_faults *faults)
{
    for (size_t i = 0; i < faults->n; i++)
        if (faults->items[i].severity == RK_FAULT_ERROR)
            return &faults->items[i];
    return NULL;
}

rocket_status rk_faults_status(const rk_faults *faults, rocket_error *err)
{
    const rk_fault *first = first_error(faults);

    RK_FAIL_IF(faults->failed || (faults->n_errors && !first), FAILED, err,
               "out of memory while listing config faults");
    if (!first)
        return ROCKET_OK;
    RK_FAIL_IF(faults->n_errors == 1, CONFIG, err, "%s: %s", first->where, first->sentence);
    return rk_fail(err, ROCKET_CONFIG, "%s: %s (and %zu more)", first->where, first->sentence, faults->n_errors - 1);
}
