/* Open addressing with linear probing, at most 2/3 full; nothing is ever removed. See locations.h. */
#include "locations.h"

#include <stdint.h>

#include "mem.h"

enum { FIRST_CAPACITY = 256 };

static size_t hash(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t index)
{
    uint64_t h = (uint64_t)(uintptr_t)message * 0x9E3779B97F4A7C15u;

    h = (h ^ (uint64_t)(uintptr_t)field) * 0xC2B2AE3D27D4EB4Fu;
    h = (h ^ (h >> 29) ^ index) * 0x9E3779B97F4A7C15u;
    return (size_t)(h ^ (h >> 32));
}

static bool matches(const rk_location *slot, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                    size_t index)
{
    return slot->message == message && slot->field == field && slot->index == index;
}

/* The key's slot, or the free one where it belongs. */
static rk_location *probe(const rk_locations *locations, const ProtobufCMessage *message,
                          const ProtobufCFieldDescriptor *field, size_t index)
{
    size_t mask = locations->capacity - 1;
    size_t i = hash(message, field, index) & mask;

    while (locations->slots[i].message && !matches(&locations->slots[i], message, field, index))
        i = (i + 1) & mask;
    return &locations->slots[i];
}

void rk_locations_init(rk_locations *locations)
{
    *locations = (rk_locations){ 0 };
}

void rk_locations_clear(rk_locations *locations)
{
    rk_free(locations->slots);
    rk_locations_init(locations);
}

static bool grow(rk_locations *locations)
{
    rk_locations larger = { .capacity = locations->capacity ? 2 * locations->capacity : FIRST_CAPACITY };

    larger.slots = rk_alloc(larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < locations->capacity; i++) {
        const rk_location *slot = &locations->slots[i];
        if (slot->message)
            *probe(&larger, slot->message, slot->field, slot->index) = *slot;
    }
    larger.n = locations->n;
    rk_free(locations->slots);
    *locations = larger;
    return true;
}

bool rk_locations_set(rk_locations *locations, const rk_location *key)
{
    rk_location *slot;

    if (locations->n * 3 >= locations->capacity * 2 && !grow(locations))
        return false;
    slot = probe(locations, key->message, key->field, key->index);
    locations->n += slot->message == NULL;
    *slot = *key;
    return true;
}

enum { ALIAS = 1 }; /* the index of an alias: places of messages (field NULL) have index 0 */

bool rk_locations_alias(rk_locations *locations, const ProtobufCMessage *copy, const ProtobufCMessage *original)
{
    rk_location key = { .message = copy, .index = ALIAS, .alias = original };

    return rk_locations_set(locations, &key);
}

const char *rk_locations_get(const rk_locations *locations, const ProtobufCMessage *message,
                             const ProtobufCFieldDescriptor *field, size_t index)
{
    const rk_location *slot;

    if (!locations->capacity)
        return NULL;
    slot = probe(locations, message, field, index);
    if (!slot->message) {
        const ProtobufCMessage *original = probe(locations, message, NULL, ALIAS)->alias;
        return original ? rk_locations_get(locations, original, field, index) : NULL;
    }
    return slot->where;
}
