/* The log: lines to stderr, each written whole by one write(2), so that threads and processes that share a terminal do
 * not mix their letters.
 *
 * A status line (progress bar) stays at the bottom of a terminal: a log line wipes it, takes its place and draws it
 * again below. Not on a terminal there are no status lines at all. Messages longer than the buffer lose their end;
 * control characters in them (file names, cell values) become blanks, as in rocket_error.
 */
#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4096, STATUS_BYTES = 512 };

static const char wipe[] = "\r\x1b[K";

static _Atomic int current_level = RK_LOG_INFO;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char status_line[STATUS_BYTES]; /* what stands at the bottom now; under lock */

void rk_log_set_level(rk_log_level level)
{
    atomic_store(&current_level, (int)level);
}

rk_log_level rk_log_get_level(void)
{
    return (rk_log_level)atomic_load(&current_level);
}

bool rk_log_is_terminal(void)
{
    return isatty(STDERR_FILENO) == 1;
}

bool rk_log_colour(void)
{
    const char *no_color = getenv("NO_COLOR"); /* no-color.org: set and not empty */

    return rk_log_is_terminal() && (!no_color || no_color[0] == '\0');
}

/* A full disk or a closed pipe behind stderr is no reason to stop: there is nobody left to tell. */
static void write_all(const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(STDERR_FILENO, bytes, n);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        bytes += written;
        n -= (size_t)written;
    }
}

static const char *prefix_of(rk_log_level level)
{
    switch (level) {
    case RK_LOG_ERROR:
        return "rocket: error: ";
    case RK_LOG_WARN:
        return "rocket: warning: ";
    case RK_LOG_DEBUG:
        return "rocket: debug: ";
    case RK_LOG_QUIET:
    case RK_LOG_INFO:
        break;
    }
    return "rocket: ";
}

/* Append text to line, at most to size - 1 bytes; the new length. */
static size_t append(char *line, size_t size, size_t length, const char *text)
{
    size_t n = strnlen(text, size - 1 - length);

    memcpy(line + length, text, n);
    line[length + n] = '\0';
    return length + n;
}

void rk_log(rk_log_level level, const char *format, ...)
{
    char message[LINE_BYTES];
    char line[LINE_BYTES + STATUS_BYTES + 64];
    va_list args;

    if (level == RK_LOG_QUIET || level > rk_log_get_level())
        return;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    va_end(args);
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';

    pthread_mutex_lock(&lock);
    size_t n = 0;
    if (status_line[0])
        n = append(line, sizeof line, n, wipe);
    n = append(line, sizeof line, n, prefix_of(level));
    n = append(line, sizeof line, n, message);
    n = append(line, sizeof line, n, "\n");
    n = append(line, sizeof line, n, status_line);
    write_all(line, n);
    pthread_mutex_unlock(&lock);
}

void rk_log_status(const char *text)
{
    char line[STATUS_BYTES + 16];

    if (!rk_log_is_terminal() || rk_log_get_level() < RK_LOG_INFO)
        return;
    pthread_mutex_lock(&lock);
    append(status_line, sizeof status_line, 0, text ? text : "");
    size_t n = append(line, sizeof line, 0, wipe);
    n = append(line, sizeof line, n, status_line);
    write_all(line, n);
    pthread_mutex_unlock(&lock);
}
