/* Growing byte buffer. Capacity doubles up to the maximum; one byte more than the capacity is kept for the NUL.
 *
 * After a failure (no memory, or the maximum passed) nothing more is appended: a half-written text must not look like
 * a whole one, so the owner asks rk_buf_failed() before use.
 */
#include "buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "number.h"
#include "utf8.h"

enum { FIRST_CAPACITY = 256 };

void rk_buf_init(rk_buf *buf, size_t max_bytes)
{
    *buf = (rk_buf){ .max = max_bytes };
}

void rk_buf_clear(rk_buf *buf)
{
    rk_free(buf->data);
    rk_buf_init(buf, buf->max);
}

void rk_buf_reset(rk_buf *buf)
{
    buf->size = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

/* Room for n more bytes, or the sticky failure. */
static bool reserve(rk_buf *buf, size_t n)
{
    size_t max = buf->max ? buf->max : SIZE_MAX / 2;

    if (buf->failed)
        return false;
    if (buf->size > max || n > max - buf->size) {
        buf->failed = true;
        return false;
    }
    if (buf->data && n <= buf->capacity - buf->size)
        return true;

    size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;
    while (capacity < buf->size + n)
        capacity *= 2;
    if (capacity > max)
        capacity = max;
    char *data = rk_realloc(buf->data, capacity + 1, 1);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

char *rk_buf_room(rk_buf *buf, size_t n)
{
    return reserve(buf, n) ? buf->data + buf->size : NULL;
}

void rk_buf_added(rk_buf *buf, size_t n)
{
    buf->size += n;
    buf->data[buf->size] = '\0';
}

void rk_buf_append(rk_buf *buf, const void *bytes, size_t n)
{
    if (!reserve(buf, n))
        return;
    if (n > 0)
        memcpy(buf->data + buf->size, bytes, n);
    buf->size += n;
    buf->data[buf->size] = '\0';
}

void rk_buf_puts(rk_buf *buf, const char *text)
{
    rk_buf_append(buf, text, strlen(text));
}

void rk_buf_printf(rk_buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) {
        buf->failed = true;
        return;
    }
    if (!reserve(buf, (size_t)n))
        return;
    va_start(args, format);
    vsnprintf(buf->data + buf->size, (size_t)n + 1, format, args);
    va_end(args);
    buf->size += (size_t)n;
}

void rk_buf_u32(rk_buf *buf, uint32_t value)
{
    unsigned char bytes[4];

    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    rk_buf_append(buf, bytes, sizeof bytes);
}

void rk_buf_u64(rk_buf *buf, uint64_t value)
{
    rk_buf_u32(buf, (uint32_t)value);
    rk_buf_u32(buf, (uint32_t)(value >> 32));
}

static void json_character(rk_buf *buf, const unsigned char *text, size_t length)
{
    static const char escapes[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = length == 1 && text[0] ? strchr(escapes, text[0]) : NULL;

    if (length == 0)
        rk_buf_puts(buf, "\xEF\xBF\xBD"); /* U+FFFD stands for a byte that is no UTF-8 */
    else if (found)
        rk_buf_append(buf, (char[]){ '\\', letters[found - escapes] }, 2);
    else if (text[0] < 0x20 || text[0] == 0x7F)
        rk_buf_printf(buf, "\\u%04x", text[0]);
    else
        rk_buf_append(buf, text, length);
}

void rk_buf_json_string(rk_buf *buf, const char *text, size_t n)
{
    rk_buf_append(buf, "\"", 1);
    for (size_t i = 0; i < n;) {
        size_t length = rk_utf8_length(text + i, n - i);

        json_character(buf, (const unsigned char *)text + i, length);
        i += length ? length : 1;
    }
    rk_buf_append(buf, "\"", 1);
}

void rk_buf_json_number(rk_buf *buf, double value)
{
    char text[RK_NUMBER_BYTES];

    if (!isfinite(value))
        rk_buf_puts(buf, "null");
    else if (value == 0 && signbit(value))
        rk_buf_puts(buf, "-0.0"); /* readers take -0 for the integer, which has no sign */
    else
        rk_buf_append(buf, text, rk_format_double(text, value));
}

bool rk_buf_failed(const rk_buf *buf)
{
    return buf->failed;
}
