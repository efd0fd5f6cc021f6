/* See trial_log.h. Lines stay as text, for the file, and parsed, for look-ups; the newest line of a training counts. */
#include "trial_log.h"

#include <string.h>

#include "error.h"
#include "file.h"
#include "mem.h"

enum { MAX_BYTES = 256 << 20 };

struct rk_trial_log {
    char *path;
    rk_buf text;
    rk_json **lines; /* [n] */
    size_t n, capacity;
};

static bool line_is_sound(const rk_json *line)
{
    int64_t number;

    return rk_json_integer(rk_json_get(line, "trial"), &number) &&
           rk_json_integer(rk_json_get(line, "rung"), &number) &&
           (rk_json_kind_of(rk_json_get(line, "figures")) == RK_JSON_OBJECT ||
            rk_json_string(rk_json_get(line, "failure")) != NULL);
}

static rocket_status add_line(rk_trial_log *log, const char *text, size_t n, rocket_error *err)
{
    rk_json *line;

    if (log->n == log->capacity) {
        size_t grown = log->capacity > 0 ? 2 * log->capacity : 64;
        rk_json **lines = rk_realloc(log->lines, grown, sizeof *lines);
        RK_FAIL_IF(lines == NULL, FAILED, err, "%s: no memory for it", log->path);
        log->lines = lines;
        log->capacity = grown;
    }
    RK_TRY(rk_json_parse(&line, text, n, log->path, err));
    if (!line_is_sound(line)) {
        rk_json_free(line);
        return rk_fail(err, ROCKET_CORRUPT, "%s: line %zu is not of a search: expected trial, rung and figures",
                       log->path, log->n + 1);
    }
    log->lines[log->n++] = line;
    return ROCKET_OK;
}

static rocket_status read_lines(rk_trial_log *log, rocket_error *err)
{
    const char *at, *end, *newline;

    RK_FAIL_IF(log->path == NULL, FAILED, err, "no memory for the log of a search");
    if (!rk_file_exists(log->path))
        return ROCKET_OK;
    RK_TRY(rk_file_read(&log->text, log->path, err));
    at = log->text.data;
    end = at + log->text.size;
    for (; at < end && (newline = memchr(at, '\n', (size_t)(end - at))) != NULL; at = newline + 1) {
        rocket_status status = add_line(log, at, (size_t)(newline - at), err);
        if (status != ROCKET_OK)
            return status == ROCKET_FAILED ? status : ROCKET_CORRUPT;
    }
    RK_FAIL_IF(at < end, CORRUPT, err, "%s: the last line has no end", log->path);
    return ROCKET_OK;
}

rocket_status rk_trial_log_open(rk_trial_log **out, const char *path, rocket_error *err)
{
    rk_trial_log *log = rk_alloc(1, sizeof *log);

    RK_FAIL_IF(log == NULL, FAILED, err, "no memory for the log of a search");
    rk_buf_init(&log->text, MAX_BYTES);
    log->path = rk_strdup(path);
    rocket_status status = read_lines(log, err);
    if (status != ROCKET_OK) {
        rk_trial_log_close(log);
        return status;
    }
    *out = log;
    return ROCKET_OK;
}

void rk_trial_log_close(rk_trial_log *log)
{
    if (log == NULL)
        return;
    for (size_t i = 0; i < log->n; i++)
        rk_json_free(log->lines[i]);
    rk_free(log->lines);
    rk_buf_clear(&log->text);
    rk_free(log->path);
    rk_free(log);
}

const rk_json *rk_trial_log_figures(const rk_trial_log *log, uint64_t trial, uint64_t rung)
{
    for (size_t i = log->n; i-- > 0;) {
        int64_t t = 0, r = 0;
        bool here = rk_json_integer(rk_json_get(log->lines[i], "trial"), &t) && (uint64_t)t == trial &&
                    rk_json_integer(rk_json_get(log->lines[i], "rung"), &r) && (uint64_t)r == rung;
        if (here)
            return rk_json_get(log->lines[i], "figures");
    }
    return NULL;
}

static void put_outcome(rk_buf *out, const rk_trial *trial, const rk_figures *figures)
{
    if (figures == NULL) {
        rk_buf_puts(out, "\"failure\":");
        rk_buf_json_string(out, trial->failure, strlen(trial->failure));
        return;
    }
    rk_buf_puts(out, "\"figures\":{");
    for (size_t i = 0; i < figures->n; i++) {
        rk_buf_puts(out, i > 0 ? "," : "");
        rk_buf_json_string(out, figures->item[i].name, strlen(figures->item[i].name));
        rk_buf_puts(out, ":");
        rk_buf_json_number(out, figures->item[i].value);
    }
    rk_buf_puts(out, "}");
}

static void put_line(rk_buf *out, const rk_trial *trial, const rk_figures *figures)
{
    rk_buf_printf(out, "{\"trial\":%llu,\"rung\":%llu,\"steps\":%llu,\"multiplications\":%lld,\"overrides\":[",
                  (unsigned long long)trial->number, (unsigned long long)trial->rung, (unsigned long long)trial->steps,
                  (long long)trial->multiplications);
    for (size_t i = 0; i < trial->n_overrides; i++) {
        rk_buf_puts(out, i > 0 ? "," : "");
        rk_buf_json_string(out, trial->overrides[i], strlen(trial->overrides[i]));
    }
    rk_buf_puts(out, "],");
    put_outcome(out, trial, figures);
    rk_buf_puts(out, "}");
}

rocket_status rk_trial_log_add(rk_trial_log *log, const rk_trial *trial, const rk_figures *figures, rocket_error *err)
{
    size_t start = log->text.size;

    put_line(&log->text, trial, figures);
    RK_FAIL_IF(rk_buf_failed(&log->text), FAILED, err, "%s: no memory for another line", log->path);
    RK_TRY(add_line(log, log->text.data + start, log->text.size - start, err));
    rk_buf_puts(&log->text, "\n");
    RK_FAIL_IF(rk_buf_failed(&log->text), FAILED, err, "%s: no memory for another line", log->path);
    return rk_file_write(log->path, log->text.data, log->text.size, err);
}
