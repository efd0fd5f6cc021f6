/* The error object: one sentence of fixed size, owned by the caller, so that reporting a failure never allocates.
 *
 * The first error wins (the root cause is nearest to the fault); on the way up callers put context before it. Text that
 * does not fit loses its end, cut at a character so that it stays valid UTF-8. Control characters become blanks: file
 * names and cell values from outside must not break the promise of one line, nor reach a terminal.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Drop the UTF-8 character that the end of the buffer cut in two, if there is one. */
static void trim_cut_character(char *text)
{
    size_t n = strlen(text);
    size_t start = n;

    if (n < ROCKET_ERROR_TEXT_BYTES - 1)
        return;
    while (start > 0 && n - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (n - (start - 1) < length)
        text[start - 1] = '\0';
}

static void make_one_line(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
    trim_cut_character(text);
}

void rk_error_set(rocket_error *err, rocket_status status, const char *format, ...)
{
    va_list args;

    if (!err || err->status != ROCKET_OK)
        return;
    va_start(args, format);
    if (vsnprintf(err->text, sizeof err->text, format, args) < 0)
        err->text[0] = '\0';
    va_end(args);
    err->status = status;
    make_one_line(err->text);
}

void rk_error_set_errno(rocket_error *err, const char *path, const char *what, int reason)
{
    char text[128];

    rk_error_set(err, ROCKET_FAILED, "%s: cannot %s: %s", path, what, strerror_r(reason, text, sizeof text));
}

void rk_error_prefix(rocket_error *err, const char *format, ...)
{
    char prefix[ROCKET_ERROR_TEXT_BYTES];
    va_list args;

    if (!err || err->status == ROCKET_OK)
        return;
    va_start(args, format);
    int n = vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    if (n < 0)
        return;

    size_t length = strlen(prefix);
    size_t room = sizeof err->text - 1 - length;
    size_t separator = room < 2 ? room : 2;
    size_t kept = strlen(err->text);
    if (kept > room - separator)
        kept = room - separator;
    memmove(err->text + length + separator, err->text, kept);
    memcpy(err->text, prefix, length);
    memcpy(err->text + length, ": ", separator);
    err->text[length + separator + kept] = '\0';
    make_one_line(err->text);
}

void rk_error_clear(rocket_error *err)
{
    if (!err)
        return;
    err->status = ROCKET_OK;
    err->text[0] = '\0';
}
