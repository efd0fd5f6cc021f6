/* Walk of a config along support.def: see support.h. */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "map.h"
#include "mem.h"
#include "reflect.h"

enum { KEY_BYTES = 128 };

const rk_support rk_supports[] = {
#define RK_SUPPORTED(message, field) { message, field, RK_IS_SUPPORTED, NULL },
#define RK_PLUGIN(message, field) { message, field, RK_IS_PLUGIN, NULL },
#define RK_NOTED(message, field, why) { message, field, RK_IS_NOTED, why },
#define RK_REFUSED(message, field, instead) { message, field, RK_IS_REFUSED, instead },
#define RK_EMPTY(message) { message, NULL, RK_IS_EMPTY, NULL },
#define RK_INSIDE(message) { message, NULL, RK_IS_INSIDE, NULL },
#include "support.def"
#undef RK_SUPPORTED
#undef RK_PLUGIN
#undef RK_NOTED
#undef RK_REFUSED
#undef RK_EMPTY
#undef RK_INSIDE
};

const size_t rk_n_supports = sizeof rk_supports / sizeof rk_supports[0];

typedef struct walk {
    const rk_check *check;
    rk_map *index; /* "Message.field" -> index of rk_supports */
    bool *noted;   /* [rk_n_supports] */
} walk;

static size_t make_key(char out[KEY_BYTES], const char *message, const char *field)
{
    int n = snprintf(out, KEY_BYTES, "%s.%s", message, field ? field : "");

    return (size_t)n < KEY_BYTES ? (size_t)n : KEY_BYTES - 1;
}

static rk_map *make_index(void)
{
    rk_map *index = rk_map_new();
    bool ok = index != NULL;
    char key[KEY_BYTES];

    for (size_t i = 0; ok && i < rk_n_supports; i++)
        ok = rk_map_put(index, key, make_key(key, rk_supports[i].message, rk_supports[i].field), (int64_t)i, NULL);
    if (ok)
        return index;
    rk_map_free(index);
    return NULL;
}

static const char *name_of(const ProtobufCMessageDescriptor *descriptor)
{
    const char *dot = strchr(descriptor->name, '.');

    return dot ? dot + 1 : descriptor->name;
}

static void walk_message(walk *w, const ProtobufCMessage *message);

/* Says what is to be said; true when the messages in the field are to be looked at as well. */
static bool judge(walk *w, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t entry)
{
    const rk_support *support = &rk_supports[entry];
    rk_spot spot = rk_at(message, field->name, 0);

    if (support->class != RK_IS_NOTED && support->class != RK_IS_REFUSED)
        return true;
    if (rk_pb_is_default(message, field) || w->noted[entry])
        return false;
    if (support->class == RK_IS_REFUSED) {
        rk_check_error(w->check, spot, "%s would change the result and is not supported: %s", field->name,
                       support->text);
    } else {
        rk_check_note(w->check, spot, "%s changes nothing here: %s", field->name, support->text);
        w->noted[entry] = true;
    }
    return false;
}

/* The features that lose against feature_configs are not looked at. */
static bool is_overruled(const walk *w, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const Rocket__EasyRecConfig *root = rk_config_root(w->check->config);

    return message == &root->base && strcmp(field->name, "feature_config") == 0 && root->n_feature_configs > 0;
}

static void walk_field(walk *w, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    size_t n = rk_pb_count(message, field);
    char key[KEY_BYTES];
    int64_t entry;

    if (n == 0 || is_overruled(w, message, field))
        return;
    entry = rk_map_get(w->index, key, make_key(key, name_of(message->descriptor), field->name));
    if (entry < 0 || !judge(w, message, field, (size_t)entry) || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return;
    for (size_t i = 0; i < n; i++)
        walk_message(w, rk_pb_message(message, field, i));
}

static void walk_message(walk *w, const ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        walk_field(w, message, &message->descriptor->fields[i]);
}

bool rk_check_support(const rk_check *check)
{
    walk w = { check, make_index(), rk_alloc(rk_n_supports, sizeof(bool)) };
    bool ok = w.index && w.noted;

    if (ok)
        walk_message(&w, &rk_config_root(check->config)->base);
    rk_map_free(w.index);
    rk_free(w.noted);
    return ok;
}
