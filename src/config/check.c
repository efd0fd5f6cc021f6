/* The checks of a config, in order: see check.h. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>

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

const char **rk_check_field_names(const rk_check *check)
{
    const char **names = rk_alloc(check->view->n_fields, sizeof *names);

    for (size_t i = 0; names && i < check->view->n_fields; i++)
        names[i] = check->view->fields[i].name;
    return names;
}

const char **rk_check_feature_keys(const rk_check *check)
{
    const char **keys = rk_alloc(check->view->n_features, sizeof *keys);

    for (size_t i = 0; keys && i < check->view->n_features; i++)
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
