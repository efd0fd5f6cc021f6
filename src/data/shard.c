/* See shard.h. */
#include "shard.h"

#include <stdio.h>
#include <string.h>

#include "error.h"
#include "number.h"

static bool read_shard(rk_shard *out, const char *text)
{
    static const char others[] = "not:";
    bool all_but = strncmp(text, others, sizeof others - 1) == 0;
    rk_shard shard = { .others = all_but };
    const char *index = text + (all_but ? sizeof others - 1 : 0), *slash = strchr(index, '/');

    if (!slash || !rk_parse_u64(index, (size_t)(slash - index), &shard.index) ||
        !rk_parse_u64(slash + 1, strlen(slash + 1), &shard.n))
        return false;
    *out = shard;
    return shard.index < shard.n && shard.n <= RK_MAX_SHARDS && (shard.n > 1 || !all_but);
}

rocket_status rk_shard_parse(rk_shard *out, const char *text, rocket_error *err)
{
    rk_shard shard;

    RK_FAIL_IF(!read_shard(&shard, text), USAGE, err,
               "expected I/N with I from 0 to N-1 and N up to %d, or not:I/N for all the others, found \"%s\"",
               RK_MAX_SHARDS, text);
    *out = shard;
    return ROCKET_OK;
}

const char *rk_shard_print(char to[RK_SHARD_BYTES], rk_shard shard)
{
    to[0] = '\0';
    if (shard.n > 0)
        snprintf(to, RK_SHARD_BYTES, "%s%d/%d", shard.others ? "not:" : "", (int)shard.index, (int)shard.n);
    return to;
}
