/* See wire_put.h. A field is its number and wire type in one varint, then the value. */
#include "wire_put.h"

#include <string.h>

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static void put_varint(rk_buf *buf, uint64_t value)
{
    do {
        unsigned char byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

        rk_buf_append(buf, &byte, 1);
        value >>= 7;
    } while (value);
}

static void put_tag(rk_buf *buf, unsigned field, unsigned wire_type)
{
    put_varint(buf, field << 3 | wire_type);
}

void rk_wire_put_int(rk_buf *buf, unsigned field, int64_t value)
{
    put_tag(buf, field, VARINT);
    put_varint(buf, (uint64_t)value);
}

void rk_wire_put_length(rk_buf *buf, unsigned field, uint64_t n)
{
    put_tag(buf, field, BYTES);
    put_varint(buf, n);
}

void rk_wire_put_bytes(rk_buf *buf, unsigned field, const void *bytes, size_t n)
{
    rk_wire_put_length(buf, field, n);
    rk_buf_append(buf, bytes, n);
}

void rk_wire_put_text(rk_buf *buf, unsigned field, const char *text)
{
    rk_wire_put_bytes(buf, field, text, strlen(text));
}

void rk_wire_put_message(rk_buf *buf, unsigned field, const rk_buf *message)
{
    rk_wire_put_bytes(buf, field, message->data, message->size);
    buf->failed |= message->failed;
}

void rk_wire_put_float(rk_buf *buf, unsigned field, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_tag(buf, field, FIXED32);
    rk_buf_u32(buf, bits);
}

void rk_wire_put_double(rk_buf *buf, unsigned field, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    put_tag(buf, field, FIXED64);
    rk_buf_u64(buf, bits);
}
