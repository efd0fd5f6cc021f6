/* Rows wait packed, each in memory of its own that the next row in the same slot uses again: it only ever grows to the
 * longest row seen there, so that after a while nothing is allocated. Slots and not references to blocks, because one
 * row left behind would keep its whole block.
 */
#include "shuffle.h"

#include "mem.h"

typedef struct slot {
    char *row;
    size_t capacity;
} slot;

struct rk_shuffle {
    rk_rng rng;
    size_t n, capacity; /* slots[0 ... n) hold rows, the others only memory */
    slot slots[];
};

rk_shuffle *rk_shuffle_new(size_t n_rows)
{
    size_t bytes;

    if (__builtin_mul_overflow(n_rows, sizeof(slot), &bytes) ||
        __builtin_add_overflow(bytes, sizeof(rk_shuffle), &bytes))
        return NULL;
    rk_shuffle *shuffle = rk_alloc(1, bytes);
    if (shuffle)
        shuffle->capacity = n_rows;
    return shuffle;
}

void rk_shuffle_free(rk_shuffle *shuffle)
{
    for (size_t i = 0; shuffle && i < shuffle->capacity; i++)
        rk_free(shuffle->slots[i].row);
    rk_free(shuffle);
}

void rk_shuffle_begin(rk_shuffle *shuffle, uint64_t seed, uint64_t epoch)
{
    shuffle->rng = rk_rng_at(seed, RK_RNG_SHUFFLE, epoch, 0);
}

bool rk_shuffle_full(const rk_shuffle *shuffle)
{
    return shuffle->n == shuffle->capacity;
}

bool rk_shuffle_empty(const rk_shuffle *shuffle)
{
    return shuffle->n == 0;
}

bool rk_shuffle_put(rk_shuffle *shuffle, const rk_batch *rows, int64_t row)
{
    slot *s = &shuffle->slots[shuffle->n];
    size_t bytes = rk_batch_packed_bytes(rows, row);

    if (bytes > s->capacity) {
        char *grown = rk_realloc(s->row, bytes + bytes / 4, 1);

        if (!grown)
            return false;
        s->row = grown;
        s->capacity = bytes + bytes / 4;
    }
    rk_batch_pack_row(s->row, rows, row);
    shuffle->n++;
    return true;
}

/* The taken row changes places with the last one, so that the free slot is where the next put wants it. */
const char *rk_shuffle_take(rk_shuffle *shuffle)
{
    slot *taken = &shuffle->slots[rk_rng_below(&shuffle->rng, shuffle->n)];
    slot *last = &shuffle->slots[--shuffle->n];
    slot row = *taken;

    *taken = *last;
    *last = row;
    return last->row;
}
