/* metrics.jsonl in model_dir: one JSON object per line and event, flat, for scripts and for comparing runs:
 *
 *   {"kind":"step","step":10,"seconds":0.42,"examples_per_s":24380,"lr":0.001,"total_loss":1.38}
 *
 * Numbers are the shortest that read back the same double, so runs with the same bits have the same lines, times apart.
 * A run that resumes at step s first drops what an earlier attempt wrote after s, and a last line that was torn: it is
 * written again in the same words. Values that are not defined (AUC of one class) are null.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "append_file.h"
#include "error.h"
#include "file.h"
#include "mem.h"
#include "number.h"
#include "sink.h"

struct rk_sink {
    rk_append_file file;
    rk_buf line;
};

static const char *const kinds[] = { [RK_EVENT_START] = "start", [RK_EVENT_STEP] = "step", [RK_EVENT_EVAL] = "eval",
                                     [RK_EVENT_SLICE] = "slice", [RK_EVENT_SAVE] = "save", [RK_EVENT_END] = "end" };

/* The step of a line, if it has the shape that make_line gives it. */
static bool step_of(const char *line, size_t n, uint64_t *step)
{
    static const char kind[] = "{\"kind\":\"", key[] = "\",\"step\":";
    const char *at = n > sizeof kind ? memmem(line, n, key, sizeof key - 1) : NULL;
    size_t digits = 0;

    if (!at || memcmp(line, kind, sizeof kind - 1) != 0 || line[n - 1] != '}')
        return false;
    at += sizeof key - 1;
    while (at + digits < line + n && at[digits] >= '0' && at[digits] <= '9')
        digits++;
    return rk_parse_u64(at, digits, step);
}

/* Lines of steps that are not run again. Bytes behind the last newline are a line that was torn. */
static void copy_lines(rk_buf *kept, const rk_buf *old, uint64_t resume_step)
{
    const char *at = old->data, *end = old->data + old->size, *newline;

    for (; at < end && (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1) {
        uint64_t step = 0;

        if (step_of(at, (size_t)(newline - at), &step) && step <= resume_step)
            rk_buf_append(kept, at, (size_t)(newline + 1 - at));
    }
}

/* What is left of an earlier attempt; nothing when the run is new. */
static rocket_status cut_file(const char *path, uint64_t resume_step, rocket_error *err)
{
    rk_buf old, kept;
    rocket_status status = ROCKET_OK;

    if (!rk_file_exists(path))
        return ROCKET_OK;
    rk_buf_init(&old, 0);
    rk_buf_init(&kept, 0);
    if (resume_step > 0)
        status = rk_file_read(&old, path, err);
    if (status == ROCKET_OK && old.size > 0)
        copy_lines(&kept, &old, resume_step);
    if (status == ROCKET_OK && rk_buf_failed(&kept))
        status = rk_fail(err, ROCKET_FAILED, "%s: no memory to continue it", path);
    if (status == ROCKET_OK)
        status = rk_file_write(path, kept.data, kept.size, err);
    rk_buf_clear(&old);
    rk_buf_clear(&kept);
    return status;
}

static rocket_status open_file(rk_sink *sink, const char *model_dir, uint64_t resume_step, rocket_error *err)
{
    rk_buf path;
    rocket_status status;

    rk_buf_init(&path, 0);
    rk_buf_printf(&path, "%s/metrics.jsonl", model_dir);
    if (rk_buf_failed(&path))
        status = rk_fail(err, ROCKET_FAILED, "no memory to open metrics.jsonl");
    else
        status = cut_file(path.data, resume_step, err);
    if (status == ROCKET_OK)
        status = rk_append_open(&sink->file, path.data, false, NULL, err);
    rk_buf_clear(&path);
    return status;
}

static rocket_status jsonl_open(rk_sink **out, const char *model_dir, uint64_t resume_step, rocket_error *err)
{
    rk_sink *sink;
    rocket_status status;

    if (!model_dir)
        return ROCKET_OK;
    sink = rk_alloc(1, sizeof *sink);
    RK_FAIL_IF(!sink, FAILED, err, "no memory to open metrics.jsonl");
    rk_buf_init(&sink->line, 0);
    status = open_file(sink, model_dir, resume_step, err);
    if (status == ROCKET_OK)
        *out = sink;
    else
        rk_free(sink);
    return status;
}

static void put_number(rk_buf *line, const char *name, double value)
{
    rk_buf_puts(line, ",");
    rk_buf_json_string(line, name, strlen(name));
    rk_buf_puts(line, ":");
    rk_buf_json_number(line, value);
}

/* Times and speeds differ from run to run: digits that mean nothing are left out. */
static double rounded(double value, double unit)
{
    return round(value * unit) / unit;
}

static void make_line(rk_buf *line, const rk_event *event)
{
    rk_buf_reset(line);
    rk_buf_printf(line, "{\"kind\":\"%s\",\"step\":%llu", kinds[event->kind], (unsigned long long)event->step);
    put_number(line, "seconds", rounded(event->seconds, 1000));
    if (event->kind == RK_EVENT_STEP)
        put_number(line, "examples_per_s", rounded(event->examples_per_s, 1));
    if (event->kind == RK_EVENT_START && event->total_steps > 0)
        put_number(line, "total_steps", (double)event->total_steps);
    for (int i = 0; i < event->n_scalars; i++)
        put_number(line, event->scalars[i].name, event->scalars[i].value);
    if (event->text) {
        rk_buf_puts(line, ",\"text\":");
        rk_buf_json_string(line, event->text, strlen(event->text));
    }
    rk_buf_puts(line, "}\n");
}

static rocket_status jsonl_event(rk_sink *sink, const rk_event *event, rocket_error *err)
{
    make_line(&sink->line, event);
    RK_FAIL_IF(rk_buf_failed(&sink->line), FAILED, err, "%s: no memory for a line", sink->file.path);
    RK_TRY(rk_append_write(&sink->file, sink->line.data, sink->line.size, err));
    /* A checkpoint that survives a power failure should find the lines up to it. */
    return event->kind == RK_EVENT_SAVE ? rk_append_sync(&sink->file, err) : ROCKET_OK;
}

static rocket_status jsonl_close(rk_sink *sink, rocket_error *err)
{
    rocket_status status = rk_append_close(&sink->file, err);

    rk_buf_clear(&sink->line);
    rk_free(sink);
    return status;
}

const rk_sink_def rk_sink_jsonl = {
    .name = "jsonl",
    .doc = "metrics.jsonl in model_dir, one object per line",
    .open = jsonl_open,
    .event = jsonl_event,
    .close = jsonl_close,
};
