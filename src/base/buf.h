/* Growing byte buffer with a maximum; errors are sticky (check rk_buf_failed once, before use).
 * The bytes are always followed by a NUL that is not counted. */
#ifndef RK_BUF_H
#define RK_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rocket/status.h"

typedef struct rk_buf {
    char *data;
    size_t size, capacity, max; /* max 0: no limit but memory */
    bool failed;
} rk_buf;

void rk_buf_init(rk_buf *buf, size_t max_bytes);
void rk_buf_clear(rk_buf *buf);
void rk_buf_reset(rk_buf *buf); /* size 0, memory and failure flag kept */

void rk_buf_append(rk_buf *buf, const void *bytes, size_t n);
void rk_buf_puts(rk_buf *buf, const char *text);
char *rk_buf_room(rk_buf *buf, size_t n); /* n bytes to write behind what is there; NULL: the sticky failure */
void rk_buf_added(rk_buf *buf, size_t n); /* so many of them were written */
void rk_buf_printf(rk_buf *buf, const char *format, ...) ROCKET_PRINTF(2, 3);
void rk_buf_u32(rk_buf *buf, uint32_t value); /* little endian */
void rk_buf_u64(rk_buf *buf, uint64_t value);
void rk_buf_json_string(rk_buf *buf, const char *text, size_t n); /* quoted and escaped */
void rk_buf_json_number(rk_buf *buf, double value);               /* shortest round trip; null for NaN and infinities */

bool rk_buf_failed(const rk_buf *buf);

#endif
