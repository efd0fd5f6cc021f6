/* TensorBoard event files: training figures in model_dir, evaluations in model_dir/eval_val, where upstream has them.
 *
 * A file is a row of TFRecords (length, its masked CRC, bytes, their masked CRC), each an Event message; the few fields
 * that are needed are encoded by hand:
 *
 *   Event    1 wall_time double   2 step int64   3 file_version string   5 summary   7 session_log
 *   Summary  1 value (repeated)   Value  1 tag string   2 simple_value float   SessionLog  1 status (1 = START)
 *
 * Every start of a run makes new files. One that resumes at step s begins with a session START at s + 1, at which
 * TensorBoard forgets what an earlier attempt told about later steps.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "append_file.h"
#include "crc32c.h"
#include "error.h"
#include "file.h"
#include "mem.h"
#include "sink.h"
#include "wire_put.h"

enum { MAX_FILES_PER_SECOND = 1000, TAG_BYTES = 300 };

struct rk_sink {
    char *folder[2]; /* training, evaluation */
    rk_append_file file[2];
    uint64_t resume_step;
    rk_buf event, summary, value, record;
};

static double wall_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void begin_event(rk_sink *sink, uint64_t step)
{
    rk_buf_reset(&sink->event);
    rk_wire_put_double(&sink->event, 1, wall_time());
    rk_wire_put_int(&sink->event, 2, (int64_t)step);
}

/* Append sink->event as a record. */
static rocket_status write_event(rk_sink *sink, rk_append_file *file, rocket_error *err)
{
    rk_buf *record = &sink->record;

    rk_buf_reset(record);
    rk_buf_u64(record, sink->event.size);
    RK_FAIL_IF(rk_buf_failed(record) || rk_buf_failed(&sink->event), FAILED, err, "%s: no memory for an event",
               file->path);
    rk_buf_u32(record, rk_crc32c_masked(record->data, 8));
    rk_buf_append(record, sink->event.data, sink->event.size);
    rk_buf_u32(record, rk_crc32c_masked(sink->event.data, sink->event.size));
    RK_FAIL_IF(rk_buf_failed(record), FAILED, err, "%s: no memory for an event", file->path);
    return rk_append_write(file, record->data, record->size, err);
}

/* Two runs in one second must not share a file: the number in the name goes up until there is none. */
static rocket_status make_file(rk_append_file *out, const char *folder, rocket_error *err)
{
    char host[64] = "localhost", path[4096];
    rocket_status status = ROCKET_FAILED;

    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    for (int i = 0; i < MAX_FILES_PER_SECOND && status != ROCKET_OK; i++) {
        bool existed = false;
        int n = snprintf(path, sizeof path, "%s/events.out.tfevents.%010lld.%s.%d.%d", folder, (long long)time(NULL),
                         host, (int)getpid(), i);

        RK_FAIL_IF(n < 0 || (size_t)n >= sizeof path, FAILED, err, "%s: path is too long", folder);
        rocket_error attempt = { 0 };
        status = rk_append_open(out, path, true, &existed, &attempt);
        if (status != ROCKET_OK && !existed)
            return rk_fail(err, status, "%s", attempt.text);
    }
    return status == ROCKET_OK ? status : rk_fail(err, status, "%s: no free name for an event file", folder);
}

static rocket_status begin_file(rk_sink *sink, rk_append_file *file, rocket_error *err)
{
    static const char version[] = "brain.Event:2";
    static const unsigned char session_start[] = { 1 << 3, 1 }; /* status, a varint */

    begin_event(sink, 0);
    rk_wire_put_bytes(&sink->event, 3, version, sizeof version - 1);
    RK_TRY(write_event(sink, file, err));
    if (sink->resume_step == 0)
        return ROCKET_OK;
    begin_event(sink, sink->resume_step + 1);
    rk_wire_put_bytes(&sink->event, 7, session_start, sizeof session_start);
    return write_event(sink, file, err);
}

static void put_scalar(rk_sink *sink, const char *tag, double value)
{
    if (!isfinite(value))
        return;
    rk_buf_reset(&sink->value);
    rk_wire_put_text(&sink->value, 1, tag);
    rk_wire_put_float(&sink->value, 2, (float)value);
    rk_wire_put_message(&sink->summary, 1, &sink->value);
}

/* The file of training (0) or evaluation (1), made when it is first needed. */
static rocket_status file_of(rk_sink *sink, int which, rocket_error *err)
{
    if (sink->file[which].path)
        return ROCKET_OK;
    RK_TRY(rk_mkdirs(sink->folder[which], err));
    RK_TRY(make_file(&sink->file[which], sink->folder[which], err));
    return begin_file(sink, &sink->file[which], err);
}

/* Those of a slice stand under the figure's name, so that one card shows them together: "auc_light/city=oslo". */
static void put_figure(rk_sink *sink, const rk_event *event, const rk_scalar *scalar)
{
    char tag[TAG_BYTES];

    snprintf(tag, sizeof tag, "%s/%s", scalar->name, event->text != NULL ? event->text : "");
    put_scalar(sink, event->kind == RK_EVENT_SLICE ? tag : scalar->name, scalar->value);
}

static rocket_status tensorboard_event(rk_sink *sink, const rk_event *event, rocket_error *err)
{
    int which = event->kind != RK_EVENT_STEP;

    if (event->kind != RK_EVENT_STEP && event->kind != RK_EVENT_EVAL && event->kind != RK_EVENT_SLICE)
        return ROCKET_OK;
    RK_TRY(file_of(sink, which, err));
    rk_buf_reset(&sink->summary);
    for (int i = 0; i < event->n_scalars; i++)
        put_figure(sink, event, &event->scalars[i]);
    if (event->examples_per_s > 0)
        put_scalar(sink, "examples_per_s", event->examples_per_s);
    RK_FAIL_IF(rk_buf_failed(&sink->summary) || rk_buf_failed(&sink->value), FAILED, err, "%s: no memory for an event",
               sink->file[which].path);
    begin_event(sink, event->step);
    rk_wire_put_message(&sink->event, 5, &sink->summary);
    return write_event(sink, &sink->file[which], err);
}

static rocket_status tensorboard_close(rk_sink *sink, rocket_error *err)
{
    rocket_status status = ROCKET_OK;

    for (int i = 0; i < 2; i++) {
        rocket_status closed = rk_append_close(&sink->file[i], err);

        status = status == ROCKET_OK ? closed : status;
        rk_free(sink->folder[i]);
    }
    rk_buf_clear(&sink->event);
    rk_buf_clear(&sink->summary);
    rk_buf_clear(&sink->value);
    rk_buf_clear(&sink->record);
    rk_free(sink);
    return status;
}

static char *join(const char *folder, const char *name)
{
    size_t n = strlen(folder) + strlen(name) + 1;
    char *path = rk_alloc(n, 1);

    if (path)
        snprintf(path, n, "%s%s", folder, name);
    return path;
}

static rocket_status tensorboard_open(rk_sink **out, const char *model_dir, uint64_t resume_step, rocket_error *err)
{
    rk_sink *sink;

    if (!model_dir)
        return ROCKET_OK;
    sink = rk_alloc(1, sizeof *sink);
    RK_FAIL_IF(!sink, FAILED, err, "no memory for TensorBoard's events");
    rk_buf_init(&sink->event, 0);
    rk_buf_init(&sink->summary, 0);
    rk_buf_init(&sink->value, 0);
    rk_buf_init(&sink->record, 0);
    sink->resume_step = resume_step;
    sink->folder[0] = join(model_dir, "");
    sink->folder[1] = join(model_dir, "/eval_val");
    if (sink->folder[0] && sink->folder[1]) {
        *out = sink;
        return ROCKET_OK;
    }
    rocket_status ignored = tensorboard_close(sink, NULL);
    (void)ignored;
    return rk_fail(err, ROCKET_FAILED, "no memory for TensorBoard's events");
}

const rk_sink_def rk_sink_tensorboard = {
    .name = "tensorboard",
    .doc = "TensorBoard events in model_dir and model_dir/eval_val",
    .open = tensorboard_open,
    .event = tensorboard_event,
    .close = tensorboard_close,
};
