/* Hash map from byte strings to 64-bit integers (names, vocabularies). Keys are copied. Open addressing. */
#ifndef RK_MAP_H
#define RK_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct rk_map rk_map;

rk_map *rk_map_new(void); /* NULL without memory */
void rk_map_free(rk_map *map);

/* Set key to value. false without memory. *existed (may be NULL): the key was there and keeps its old value. */
bool rk_map_put(rk_map *map, const char *key, size_t n, int64_t value, bool *existed);

/* Value of key, or -1 (values are >= 0). */
int64_t rk_map_get(const rk_map *map, const char *key, size_t n);

size_t rk_map_size(const rk_map *map);

#endif
