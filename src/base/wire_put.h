/* Writing messages in protobuf's wire format, field by field, for those few that are not worth a schema of their own.
 * https://protobuf.dev/programming-guides/encoding */
#ifndef RK_WIRE_PUT_H
#define RK_WIRE_PUT_H

#include "buf.h"

/* Fields that a proto3 reader takes for absent are written too. A submessage is the bytes of its buffer. */
void rk_wire_put_int(rk_buf *buf, unsigned field, int64_t value);
void rk_wire_put_bytes(rk_buf *buf, unsigned field, const void *bytes, size_t n);
void rk_wire_put_text(rk_buf *buf, unsigned field, const char *text);
void rk_wire_put_message(rk_buf *buf, unsigned field, const rk_buf *message);
void rk_wire_put_float(rk_buf *buf, unsigned field, float value);
void rk_wire_put_double(rk_buf *buf, unsigned field, double value);

/* What stands before n bytes that follow by themselves. */
void rk_wire_put_length(rk_buf *buf, unsigned field, uint64_t n);

#endif
