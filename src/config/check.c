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

static void add(const rk_check *check, rk_severity severity, rk_spot spot, const char *format, va_list args)
{
    char sentence[800];
    const char *where = rk_config_where(check->config, spot.message, spot.field, spot.index);

    vsnprintf(sentence, sizeof sentence, format, args);
    rk_faults_add(check->faults, severity, where, "%s", sentence);
}

void rk_check_error(const rk_check *check, rk_spot spot, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(check, RK_FAULT_ERROR, spot, format, args);
    va_end(args);
}

void rk_check_note(const rk_check *check, rk_spot spot, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(check, RK_FAULT_NOTE, spot, format, args);
    va_end(args);
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

/* names: memory for n, to be freed here, or NULL. */
static void add_unknown(const rk_check *check, rk_spot spot, const char *name, const char *what, const char **names,
                        size_t n)
{
    char hint[RK_HINT_BYTES];

    rk_check_error(check, spot, "%s: \"%s\" is not %s%s", spot.field, name, what,
                   rk_did_you_mean(hint, name, names, n));
    rk_free(names);
}

/* Memory for the names to compare with; NULL where a suggestion is not worth its time. */
static const char **names_alloc(const rk_check *check, size_t n)
{
    bool worth = n <= MAX_SUGGESTIONS && check->faults->n_errors < RK_FAULTS_MAX;

    return worth ? rk_check_alloc(check, n, sizeof(const char *)) : NULL;
}

void rk_check_unknown_field(const rk_check *check, rk_spot spot, const char *name)
{
    size_t n = check->view->n_fields;
    const char **names = names_alloc(check, n);

    for (size_t i = 0; names && i < n; i++)
        names[i] = check->view->fields[i].name;
    add_unknown(check, spot, name, "a field of data_config.input_fields", names, n);
}

void rk_check_unknown_feature(const rk_check *check, rk_spot spot, const char *name)
{
    size_t n = check->view->n_features;
    const char **keys = names_alloc(check, n);

    for (size_t i = 0; keys && i < n; i++)
        keys[i] = check->view->features[i].key;
    add_unknown(check, spot, name, "a feature", keys, n);
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
