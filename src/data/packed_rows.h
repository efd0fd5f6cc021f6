/* Rows of a batch as bytes and back: the body of a packed file's records. */
#ifndef RK_PACKED_ROWS_H
#define RK_PACKED_ROWS_H

#include "buf.h"
#include "schema.h"

enum {
    RK_PACK_SCRATCH = 4,      /* unpacking needs so many times the bytes of a stream's block */
    RK_PACK_MOST_ROWS = 65536 /* of a record */
};

/* Appended to out; level 0: nothing is compressed. scratch grows. Memory: out fails. */
void rk_pack_rows(rk_buf *out, const rk_batch *batch, int level, rk_buf *scratch);

/* Appends to a batch of the same schema. scratch: [RK_PACK_SCRATCH * RK_BLOCK_BYTES]. ROCKET_DATA: damaged. */
ROCKET_NODISCARD rocket_status rk_unpack_rows(rk_batch *to, const rk_schema *schema, rk_text bytes, char *scratch,
                                              rocket_error *err);

#endif
