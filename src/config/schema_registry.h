/* What the descriptors do not say about the schema. */
#ifndef RK_SCHEMA_REGISTRY_H
#define RK_SCHEMA_REGISTRY_H

#include <stdbool.h>

#include <protobuf-c/protobuf-c.h>

/* Messages of models that rocket does not train (other_models.proto): the reader skips what stands in them, so that
 * the check can refuse the model by its name instead of every field of it. */
bool rk_schema_is_opaque(const ProtobufCMessageDescriptor *descriptor);

#endif
