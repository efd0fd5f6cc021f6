/* Facts about the schema: see schema.h. */
#include "schema_registry.h"

#include <stddef.h>

#include "other_models.pb-c.h"

bool rk_schema_is_opaque(const ProtobufCMessageDescriptor *descriptor)
{
#define RK_OTHER_MODEL(name) &rocket__##name##__descriptor,
    static const ProtobufCMessageDescriptor *const opaque[] = {
#include "other_models.def"
    };
#undef RK_OTHER_MODEL

    for (size_t i = 0; i < sizeof opaque / sizeof opaque[0]; i++)
        if (opaque[i] == descriptor)
            return true;
    return false;
}
