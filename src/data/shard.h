/* Which part of the data a process reads (--shard I/N): what several machines share out, or a fold of a k-fold.
 *
 * Things are counted from 0, and shard I of N has those whose number leaves I when divided by N. So all shards together
 * are everything, no two have anything in common, and "not:I/N" is what the other shards have. What is counted, rows
 * or files, the stream says.
 */
#ifndef RK_SHARD_H
#define RK_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "rocket/status.h"

typedef struct rk_shard {
    uint64_t index, n; /* n 0: no shard, everything */
    bool others;       /* all but this shard */
} rk_shard;

enum { RK_MAX_SHARDS = 1000000, RK_SHARD_BYTES = 32 };

/* "I/N" or "not:I/N". ROCKET_USAGE: anything else, I not below N, nothing left. */
ROCKET_NODISCARD rocket_status rk_shard_parse(rk_shard *out, const char *text, rocket_error *err);

/* As it is written on the command line; "" for everything. Returns to. */
const char *rk_shard_print(char to[RK_SHARD_BYTES], rk_shard shard);

static inline bool rk_shard_has(rk_shard shard, uint64_t i)
{
    return shard.n == 0 || (i % shard.n == shard.index) != shard.others;
}

#endif
