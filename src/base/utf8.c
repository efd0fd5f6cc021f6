/* See utf8.h. The ranges are those of Unicode 15, table 3-7. */
#include "utf8.h"

#include <string.h>

size_t rk_utf8_length(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;
    unsigned char low = 0x80, high = 0xBF; /* of the second byte */

    if (n == 0 || s[0] < 0x80)
        return n > 0;
    size_t length = s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 0;
    if (length == 0 || n < length)
        return 0;
    if (s[0] == 0xE0 || s[0] == 0xF0)
        low = s[0] == 0xE0 ? 0xA0 : 0x90;
    if (s[0] == 0xED || s[0] == 0xF4)
        high = s[0] == 0xED ? 0x9F : 0x8F;
    bool fits = s[1] >= low && s[1] <= high;
    for (size_t i = 2; i < length; i++)
        fits = fits && (s[i] & 0xC0) == 0x80;
    return fits ? length : 0;
}

bool rk_utf8_valid(const char *text, size_t n)
{
    for (size_t i = 0, length; i < n; i += length) {
        length = rk_utf8_length(text + i, n - i);
        if (length == 0)
            return false;
    }
    return true;
}

size_t rk_utf8_put(char out[4], uint32_t code)
{
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char marks[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)(marks[length] | code);
    return length;
}

bool rk_utf8_marked(const char *text, size_t n)
{
    return n >= RK_UTF8_MARK_BYTES && memcmp(text, "\xEF\xBB\xBF", RK_UTF8_MARK_BYTES) == 0;
}

bool rk_utf16_marked(const char *text, size_t n)
{
    return n >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0);
}
