/* A slab: the rows of some lines, on their way into a batch column by column. Inside the stream only.
 *
 * Where a row is appended by asking every feature for its column, a slab asks each feature once for a hundred rows. It
 * knows plain rows only: whatever is unusual it declines, and the caller takes those rows one by one.
 */
#ifndef RK_SLAB_H
#define RK_SLAB_H

#include "schema.h"

typedef struct rk_slab rk_slab;

rk_slab *rk_slab_new(const rk_schema *schema); /* NULL without memory */
void rk_slab_free(rk_slab *slab);              /* NULL is fine */

/* Cut plain lines from the start of the text, which is borrowed, and append their rows to a batch of the schema. Behind
 * the text RK_TEXT_PADDING bytes can be read.
 *
 * Errors:  ROCKET_DATA, without a sentence: rk_slab_rows() rows, perhaps none, were found, but one of them must be
 *          looked at; ROCKET_FAILED, the same: no memory. The batch is as it was. */
ROCKET_NODISCARD rocket_status rk_slab_take(rk_slab *slab, const rk_text_kernels *kernels, const rk_layout *layout,
                                            rk_text text, rk_batch *batch);
size_t rk_slab_rows(const rk_slab *slab);  /* of the last call */
size_t rk_slab_bytes(const rk_slab *slab); /* of their lines */

#endif
