/* Hash map from byte strings to integers: open addressing with linear probing, at most 3/4 full, powers of two.
 *
 * Keys lie one behind another in one buffer and slots hold offsets into it, so that a vocabulary of millions costs two
 * allocations. The whole hash is stored: probing compares it before the bytes, and growing never hashes again.
 * Nothing can be removed: vocabularies only grow.
 */
#include "map.h"

#include <string.h>

#include "buf.h"
#include "hash.h"
#include "mem.h"

enum { FIRST_SLOTS = 16 };

typedef struct slot {
    uint64_t hash;
    size_t key; /* offset of the key, plus 1; 0: the slot is free */
    size_t n;   /* bytes of the key */
    int64_t value;
} slot;

struct rk_map {
    slot *slots;
    size_t n_slots; /* a power of two */
    size_t size;
    rk_buf keys;
};

rk_map *rk_map_new(void)
{
    rk_map *map = rk_alloc(1, sizeof *map);

    if (!map)
        return NULL;
    rk_buf_init(&map->keys, 0);
    map->n_slots = FIRST_SLOTS;
    map->slots = rk_alloc(map->n_slots, sizeof *map->slots);
    if (!map->slots) {
        rk_free(map);
        return NULL;
    }
    return map;
}

void rk_map_free(rk_map *map)
{
    if (!map)
        return;
    rk_buf_clear(&map->keys);
    rk_free(map->slots);
    rk_free(map);
}

/* The slot of the key, or the free one where it belongs. */
static slot *find(const rk_map *map, const char *key, size_t n, uint64_t hash)
{
    size_t i = hash & (map->n_slots - 1);

    for (;; i = (i + 1) & (map->n_slots - 1)) {
        slot *s = &map->slots[i];

        if (s->key == 0)
            return s;
        if (s->hash == hash && s->n == n && (n == 0 || memcmp(map->keys.data + s->key - 1, key, n) == 0))
            return s;
    }
}

static bool grow(rk_map *map)
{
    size_t n_slots = 2 * map->n_slots;
    slot *slots = rk_alloc(n_slots, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; i < map->n_slots; i++) {
        size_t j = map->slots[i].hash & (n_slots - 1);

        if (map->slots[i].key == 0)
            continue;
        while (slots[j].key != 0)
            j = (j + 1) & (n_slots - 1);
        slots[j] = map->slots[i];
    }
    rk_free(map->slots);
    map->slots = slots;
    map->n_slots = n_slots;
    return true;
}

bool rk_map_put(rk_map *map, const char *key, size_t n, int64_t value, bool *existed)
{
    uint64_t hash = rk_xxh64(key, n);
    slot *s = find(map, key, n, hash);
    bool found = s->key != 0;

    if (!found) {
        if (4 * (map->size + 1) > 3 * map->n_slots) {
            if (!grow(map))
                return false;
            s = find(map, key, n, hash);
        }
        size_t offset = map->keys.size;
        rk_buf_append(&map->keys, key, n);
        if (rk_buf_failed(&map->keys)) {
            map->keys.failed = false; /* the map is as it was: a later put may find memory again */
            return false;
        }
        *s = (slot){ hash, offset + 1, n, value };
        map->size++;
    }
    if (existed)
        *existed = found;
    return true;
}

int64_t rk_map_get(const rk_map *map, const char *key, size_t n)
{
    const slot *s = find(map, key, n, rk_xxh64(key, n));

    return s->key ? s->value : -1;
}

size_t rk_map_size(const rk_map *map)
{
    return map->size;
}
