/* Life of a config: read, override, resolve; see config.h. The order of a run: text -> messages (text_format,
 * json_format) -> overrides -> derived view (resolve). All of it lives in one arena, so freeing is one call. */
#include "config.h"

#include <string.h>

#include "error.h"
#include "file.h"
#include "json_format.h"
#include "locations.h"
#include "mem.h"
#include "overrides.h"
#include "reflect.h"
#include "resolve_build.h"
#include "text_format.h"
#include "text_print.h"
#include "utf8.h"

/* Messages are up to a hundred times as large as their text ("features{}"); this bounds what a hostile file takes. */
enum { ARENA_MAX_BYTES = 1 << 30 };

struct rk_config {
    rk_arena arena;
    rk_locations locations;
    const char *name;
    Rocket__EasyRecConfig *root;
    const rk_resolved *view;
};

static rk_config *config_new(const char *name)
{
    rk_config *config = rk_alloc(1, sizeof *config);

    if (!config)
        return NULL;
    rk_arena_init(&config->arena, ARENA_MAX_BYTES);
    rk_locations_init(&config->locations);
    config->name = rk_arena_strdup(&config->arena, name);
    config->root = (Rocket__EasyRecConfig *)rk_pb_new(&config->arena, &rocket__easy_rec_config__descriptor);
    if (config->name && config->root)
        return config;
    rk_config_free(config);
    return NULL;
}

void rk_config_free(rk_config *config)
{
    if (!config)
        return;
    rk_arena_clear(&config->arena);
    rk_locations_clear(&config->locations);
    rk_free(config);
}

/* false: memory ran out. Faults of the user go to faults. */
static bool fill(rk_config *config, const rk_config_source *source, rk_faults *faults)
{
    rk_text_input in = { source->text, source->n, config->name, false, &config->arena, &config->locations, faults };
    rk_override_target target = { &config->root->base, &config->arena, &config->locations, faults };

    if (!(source->json ? rk_json_read(&in, &config->root->base) : rk_text_read(&in, &config->root->base, NULL)))
        return false;
    for (size_t i = 0; i < source->n_overrides; i++)
        if (!rk_override_apply(&target, source->overrides[i]))
            return false;
    config->view = rk_resolved_build(config, &config->arena, &config->locations, faults);
    return config->view != NULL;
}

static rocket_status parse(rk_config **out, const rk_config_source *source, rk_faults *faults, rocket_error *err)
{
    rk_config *config = config_new(source->name);
    bool filled = config && fill(config, source, faults);
    rocket_status status =
        filled ? rk_faults_status(faults, err)
               : rk_fail(err, ROCKET_FAILED, "%s: out of memory while reading the config", source->name);

    if (status == ROCKET_OK)
        *out = config;
    else
        rk_config_free(config);
    return status;
}

rocket_status rk_config_parse(rk_config **out, const rk_config_source *source, rk_faults *faults, rocket_error *err)
{
    rk_faults own;
    rocket_status status;

    RK_FAIL_IF(source->n > RK_CONFIG_MAX_BYTES, CONFIG, err, "%s: a config may have %d bytes, this one has %zu",
               source->name, RK_CONFIG_MAX_BYTES, source->n);
    rk_faults_init(&own);
    status = parse(out, source, faults ? faults : &own, err);
    rk_faults_clear(&own);
    return status;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* What is no text at all would be thousands of faults. */
static rocket_status check_text(const rk_buf *text, const char *path, rocket_error *err)
{
    const char *zero = text->size > 0 ? memchr(text->data, '\0', text->size) : NULL;

    RK_FAIL_IF(rk_utf16_marked(text->data, text->size), CONFIG, err, "%s: expected text in UTF-8, found UTF-16", path);
    RK_FAIL_IF(zero, CONFIG, err, "%s: expected text, found a byte 0 at byte %td", path, zero - text->data + 1);
    return ROCKET_OK;
}

rocket_status rk_config_load(rk_config **out, const char *path, const char *const *overrides, size_t n_overrides,
                             rk_faults *faults, rocket_error *err)
{
    rk_buf text;
    rocket_status status;

    bool json = ends_with(path, ".json");
    RK_FAIL_IF(!json && !ends_with(path, ".config"), CONFIG, err,
               "%s: expected a file whose name ends in .config or .json", path);
    rk_buf_init(&text, RK_CONFIG_MAX_BYTES);
    status = rk_file_read(&text, path, err);
    if (status == ROCKET_OK)
        status = check_text(&text, path, err);
    if (status == ROCKET_OK) {
        rk_config_source source = { path, text.data ? text.data : "", text.size, overrides, n_overrides, json };
        status = rk_config_parse(out, &source, faults, err);
    }
    rk_buf_clear(&text);
    return status;
}

/* ---- what is asked of it ---- */

const char *rk_config_name(const rk_config *config)
{
    return config->name;
}

const Rocket__EasyRecConfig *rk_config_root(const rk_config *config)
{
    return config->root;
}

const rk_resolved *rk_config_view(const rk_config *config)
{
    return config->view;
}

const char *rk_config_where(const rk_config *config, const ProtobufCMessage *message, const char *field, size_t index)
{
    const ProtobufCFieldDescriptor *descriptor =
        message && field ? rk_pb_find(message->descriptor, field, strlen(field)) : NULL;
    const char *where = descriptor ? rk_locations_get(&config->locations, message, descriptor, index) : NULL;

    if (!where && message)
        where = rk_locations_get(&config->locations, message, NULL, 0);
    return where ? where : config->name;
}

void rk_config_print(const rk_config *config, rk_buf *out)
{
    rk_text_print(out, &config->root->base);
}

const char *rk_oneof_name(const ProtobufCMessage *message, const ProtobufCMessage **value)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;

    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (!rk_pb_in_oneof(field) || !rk_pb_count(message, field))
            continue;
        if (value && field->type == PROTOBUF_C_TYPE_MESSAGE)
            *value = rk_pb_message(message, field, 0);
        return field->name;
    }
    return NULL;
}

const char *rk_enum_name(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *found = rk_pb_enum_value(descriptor, value);

    return found ? found->name : "?";
}
