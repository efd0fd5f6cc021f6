/* Walk of a config along support.def: see support.h. */
#include "support.h"

#include <string.h>

#include "reflect.h"

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

enum { N_SUPPORTS = sizeof rk_supports / sizeof rk_supports[0] };
const size_t rk_n_supports = N_SUPPORTS;

typedef struct walk {
    const rk_check *check;
    bool noted[N_SUPPORTS];
} walk;

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
        rk_check_error(w->check, spot, "%s is not supported and would change the result: %s", field->name,
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

static void walk_field(walk *w, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t entry)
{
    size_t n = rk_pb_count(message, field);

    if (n == 0 || is_overruled(w, message, field) || !judge(w, message, field, entry) ||
        field->type != PROTOBUF_C_TYPE_MESSAGE)
        return;
    for (size_t i = 0; i < n; i++)
        walk_message(w, rk_pb_message(message, field, i));
}

/* The fields of a message stand together in the table. */
static void walk_message(walk *w, const ProtobufCMessage *message)
{
    const char *name = name_of(message->descriptor);
    size_t i = 0;

    while (i < N_SUPPORTS && strcmp(rk_supports[i].message, name) != 0)
        i++;
    for (; i < N_SUPPORTS && rk_supports[i].field && strcmp(rk_supports[i].message, name) == 0; i++) {
        const char *field = rk_supports[i].field;
        walk_field(w, message, rk_pb_find(message->descriptor, field, strlen(field)), i);
    }
}

void rk_check_support(const rk_check *check)
{
    walk w = { .check = check };

    walk_message(&w, &rk_config_root(check->config)->base);
}
