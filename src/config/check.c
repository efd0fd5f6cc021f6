/* The checks of a config, in order: see check.h. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "support.h"
#include "text.h"

rk_spot rk_at(const ProtobufCMessage *message, const char *field, size_t index)
{
    return (rk_spot){ message, field, index };
}

static void add(const rk_check *check, rk_severity severity, rk_spot spot, const char *sentence)
{
    const char *where = rk_config_where(check->config, spot.message, spot.field, spot.index);

    rk_faults_add(check->faults, severity, where, "%s", sentence);
}

void rk_check_error(const rk_check *check, rk_spot spot, const char *format, ...)
{
    char sentence[800];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    add(check, RK_FAULT_ERROR, spot, sentence);
}

void rk_check_note(const rk_check *check, rk_spot spot, const char *format, ...)
{
    char sentence[800];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    add(check, RK_FAULT_NOTE, spot, sentence);
}

void rk_check_unknown(const rk_check *check, rk_spot spot, const char *name, const rk_known_names *known)
{
    const char *near = known->names ? rk_closest(name, known->names, known->n) : NULL;

    if (near)
        rk_check_error(check, spot, "%s: \"%s\" is not %s; did you mean \"%s\"?", spot.field, name, known->what, near);
    else
        rk_check_error(check, spot, "%s: \"%s\" is not %s", spot.field, name, known->what);
}

void *rk_check_alloc(const rk_check *check, size_t count, size_t size)
{
    void *memory = rk_alloc(count, size);

    check->faults->failed |= memory == NULL;
    return memory;
}

rk_map *rk_check_map(const rk_check *check)
{
    rk_map *map = rk_map_new();

    check->faults->failed |= map == NULL;
    return map;
}

bool rk_check_seen(const rk_check *check, rk_map *map, const char *name, size_t value)
{
    bool existed = false;

    if (!rk_map_put(map, name, strlen(name), (int64_t)value, &existed))
        check->faults->failed = true;
    return existed;
}

enum { MAX_SUGGESTIONS = 4096 }; /* names to compare with; beyond that a suggestion takes too long */

static bool worth_a_suggestion(const rk_check *check, size_t n)
{
    return n <= MAX_SUGGESTIONS && check->faults->n_errors < RK_FAULTS_MAX;
}

const char **rk_check_field_names(const rk_check *check)
{
    size_t n = check->view->n_fields;
    const char **names = worth_a_suggestion(check, n) ? rk_check_alloc(check, n, sizeof *names) : NULL;

    for (size_t i = 0; names && i < n; i++)
        names[i] = check->view->fields[i].name;
    return names;
}

const char **rk_check_feature_keys(const rk_check *check)
{
    size_t n = check->view->n_features;
    const char **keys = worth_a_suggestion(check, n) ? rk_check_alloc(check, n, sizeof *keys) : NULL;

    for (size_t i = 0; keys && i < n; i++)
        keys[i] = check->view->features[i].key;
    return keys;
}

rocket_status rk_config_check(const rk_config *config, const rk_config_check_fn *extra, size_t n_extra,
                              rk_faults *faults, rocket_error *err)
{
    rk_faults own;
    rk_check check = { config, rk_config_view(config), faults ? faults : &own };
    rocket_status status;

    rk_faults_init(&own);
    rk_check_support(&check);
    rk_check_data(&check);
    rk_check_features(&check);
    rk_check_model(&check);
    rk_check_run(&check);
    for (size_t i = 0; i < n_extra; i++)
        extra[i](config, check.faults);
    status = rk_faults_status(check.faults, err);
    rk_faults_clear(&own);
    return status;
}
