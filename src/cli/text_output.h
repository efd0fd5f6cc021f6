/* What a verb prints row by row: into a file that appears whole at the end, or to standard output. */
#ifndef RK_TEXT_OUTPUT_H
#define RK_TEXT_OUTPUT_H

#include "buf.h"
#include "file.h"

typedef struct rk_text_output {
    rk_buf text;          /* gathered since the last flush */
    rk_atomic_file *file; /* NULL: standard output */
} rk_text_output;

void rk_text_output_init(rk_text_output *out);
ROCKET_NODISCARD rocket_status rk_text_output_open(rk_text_output *out, const char *path,
                                                   rocket_error *err); /* NULL or "-": standard output */
ROCKET_NODISCARD rocket_status
rk_text_output_write(rk_text_output *out, const char *text, size_t n,
                     rocket_error *err); /* past what was gathered, which must be flushed */
ROCKET_NODISCARD rocket_status rk_text_output_flush(rk_text_output *out, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_text_output_commit(rk_text_output *out, rocket_error *err);
void rk_text_output_clear(rk_text_output *out); /* without a commit no file is left */

#endif
