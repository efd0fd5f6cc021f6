/* A row that is drawn while its block is still at hand was never copied: it waits as a number. What still waits when
 * the block goes is packed, each row in memory of its own that the next row in the same slot uses again: it only ever
 * grows to the longest row seen there, so that after a while nothing is allocated. Blocks are not kept for their last
 * rows, because one row left behind would keep its whole block. Of a block with fewer rows than the buffer has slots
 * most would have to be packed in the end, and looking for them would take longer than the rows: they are packed at
 * once.
 */
#include "shuffle.h"

#include "mem.h"

typedef struct slot {
    int64_t row; /* of the block at hand; -1: packed */
    char *packed;
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
        rk_free(shuffle->slots[i].packed);
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

static bool pack(slot *s, const rk_batch *rows, int64_t row)
{
    size_t bytes = rk_batch_packed_bytes(rows, row);

    if (bytes > s->capacity) {
        char *grown = rk_realloc(s->packed, bytes + bytes / 4, 1);

        if (!grown)
            return false;
        s->packed = grown;
        s->capacity = bytes + bytes / 4;
    }
    rk_batch_pack_row(s->packed, rows, row);
    s->row = -1;
    return true;
}

static bool is_small(const rk_batch *rows, const rk_shuffle *shuffle)
{
    return (size_t)rows->n_rows < shuffle->capacity;
}

bool rk_shuffle_put(rk_shuffle *shuffle, const rk_batch *rows, int64_t row)
{
    slot *s = &shuffle->slots[shuffle->n];

    s->row = row;
    if (is_small(rows, shuffle) && !pack(s, rows, row))
        return false;
    shuffle->n++;
    return true;
}

bool rk_shuffle_keep(rk_shuffle *shuffle, const rk_batch *rows)
{
    for (size_t i = 0; i < shuffle->n && !is_small(rows, shuffle); i++)
        if (shuffle->slots[i].row >= 0 && !pack(&shuffle->slots[i], rows, shuffle->slots[i].row))
            return false;
    return true;
}

/* The taken row changes places with the last one, so that the free slot is where the next put wants it. */
const char *rk_shuffle_take(rk_shuffle *shuffle, int64_t *row)
{
    slot *taken = &shuffle->slots[rk_rng_below(&shuffle->rng, shuffle->n)];
    slot *last = &shuffle->slots[--shuffle->n];
    slot drawn = *taken;

    *taken = *last;
    *last = drawn;
    *row = drawn.row;
    return drawn.packed;
}
