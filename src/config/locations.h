/* Where every value of a config was written: (message, field, index) -> "file:line:column".
 *
 * Keys are addresses, so a place is found for exactly the messages that the reader made. Field NULL is the place where
 * a message was opened. Setting a key again replaces its place, as the last value of a field wins.
 */
#ifndef RK_LOCATIONS_H
#define RK_LOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

typedef struct rk_location {
    const ProtobufCMessage *message; /* NULL: a free slot */
    const ProtobufCFieldDescriptor *field;
    size_t index;
    const char *where;             /* borrowed */
    const ProtobufCMessage *alias; /* of an entry made by rk_locations_alias */
} rk_location;

typedef struct rk_locations {
    rk_location *slots;
    size_t n, capacity; /* capacity is 0 or a power of two */
} rk_locations;

void rk_locations_init(rk_locations *locations);
void rk_locations_clear(rk_locations *locations);

/* key->where is the place. false without memory. */
bool rk_locations_set(rk_locations *locations, const rk_location *key);

/* What has no place of its own in copy stands where it stands in original. false without memory. */
bool rk_locations_alias(rk_locations *locations, const ProtobufCMessage *copy, const ProtobufCMessage *original);

/* NULL if there is none. */
const char *rk_locations_get(const rk_locations *locations, const ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field, size_t index);

#endif
