/* See config_values.h. */
#include "config_values.h"

#include <string.h>

#include "error.h"
#include "mem.h"
#include "reflect.h"
#include "text_print.h"

typedef struct listing {
    rk_config_values *values;
    rk_arena *arena;
    bool failed;
} listing;

static void add(listing *l, const char *path, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                size_t i)
{
    rk_config_value *item = rk_grow(l->values->item, &l->values->capacity, l->values->n + 1, sizeof *item);
    rk_buf text;

    if (!item) {
        l->failed = true;
        return;
    }
    l->values->item = item;
    rk_buf_init(&text, 0);
    rk_text_print_value(&text, message, field, i);
    l->failed |= rk_buf_failed(&text);
    item[l->values->n].path = path;
    item[l->values->n].text = rk_arena_strndup(l->arena, text.data ? text.data : "", text.size);
    l->values->n++;
    rk_buf_clear(&text);
}

static void list_message(listing *l, const char *prefix, const ProtobufCMessage *message);

static void list_value(listing *l, const char *prefix, const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field, size_t i)
{
    const char *dot = *prefix ? "." : "";
    const char *path = field->label == PROTOBUF_C_LABEL_REPEATED
                           ? rk_arena_printf(l->arena, "%s%s%s[%zu]", prefix, dot, field->name, i)
                           : rk_arena_printf(l->arena, "%s%s%s", prefix, dot, field->name);

    if (!path) {
        l->failed = true;
        return;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        list_message(l, path, rk_pb_message(message, field, i));
    else
        add(l, path, message, field, i);
}

static void list_message(listing *l, const char *prefix, const ProtobufCMessage *message)
{
    for (unsigned f = 0; f < message->descriptor->n_fields && !l->failed; f++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[f];
        size_t n = rk_pb_count(message, field);

        for (size_t i = 0; i < n && !l->failed; i++)
            list_value(l, prefix, message, field, i);
    }
}

rocket_status rk_config_values_list(rk_config_values *out, rk_arena *arena, const rk_config *config, rocket_error *err)
{
    rk_config_values values = { 0 };
    listing l = { .values = &values, .arena = arena };

    list_message(&l, "", &rk_config_root(config)->base);
    if (l.failed || rk_arena_failed(arena)) {
        rk_config_values_clear(&values);
        return rk_fail(err, ROCKET_FAILED, "out of memory");
    }
    *out = values;
    return ROCKET_OK;
}

void rk_config_values_clear(rk_config_values *values)
{
    rk_free(values->item);
    *values = (rk_config_values){ 0 };
}

const char *rk_config_values_get(const rk_config_values *values, const char *path)
{
    for (size_t i = 0; i < values->n; i++)
        if (strcmp(values->item[i].path, path) == 0)
            return values->item[i].text;
    return NULL;
}
