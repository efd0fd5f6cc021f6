/* What the user sees while a run goes on.
 *
 * On a terminal: one line at the bottom with progress, speed, losses and the time that is left, cut to the width.
 * Elsewhere (a log file): a line of figures in upstream's words every few seconds, and the last one before the end.
 * Evaluations and checkpoints are lines in both. All goes through the log, which knows about -q.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "buf.h"
#include "error.h"
#include "log.h"
#include "mem.h"
#include "sink.h"

enum { BAR_CHARS = 20, LINE_BYTES = 2048 };
static const double line_every_s = 5;

struct rk_sink {
    bool on_terminal;
    uint64_t first_step;
    char line[LINE_BYTES]; /* the last STEP, as a line */
    bool printed;          /* it was */
    double printed_s;      /* when a line was last printed; NaN: never */
};

static rocket_status terminal_open(rk_sink **out, const char *model_dir, uint64_t resume_step, rocket_error *err)
{
    rk_sink *sink;

    (void)model_dir;
    if (rk_log_get_level() < RK_LOG_INFO)
        return ROCKET_OK;
    sink = rk_alloc(1, sizeof *sink);
    RK_FAIL_IF(!sink, FAILED, err, "no memory for the progress line");
    sink->on_terminal = rk_log_is_terminal();
    sink->first_step = resume_step;
    sink->printed = true;
    sink->printed_s = NAN;
    *out = sink;
    return ROCKET_OK;
}

/* Text behind what is there, as far as it fits. */
static void put(char *line, size_t size, const char *text)
{
    size_t n = strlen(line);

    snprintf(line + n, size - n, "%s", text);
}

static void put_figures(char *line, size_t size, const rk_event *event)
{
    for (int i = 0; i < event->n_scalars; i++) {
        char text[128];

        snprintf(text, sizeof text, "%s%s = %.6g", i ? ", " : "", event->scalars[i].name, event->scalars[i].value);
        put(line, size, text);
    }
}

/* 0:07, 12:34, 1:02:03 */
static void put_duration(char out[32], double seconds)
{
    unsigned long s = seconds > 0 && seconds < 1e9 ? (unsigned long)seconds : 0;

    if (s < 3600)
        snprintf(out, 32, "%lu:%02lu", s / 60, s % 60);
    else
        snprintf(out, 32, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
}

static void put_speed(char *line, size_t size, double examples_per_s)
{
    char text[48] = "";

    if (examples_per_s >= 1e6)
        snprintf(text, sizeof text, "  %.2fM examples/s", examples_per_s / 1e6);
    else if (examples_per_s >= 1e4)
        snprintf(text, sizeof text, "  %.1fk examples/s", examples_per_s / 1e3);
    else if (examples_per_s > 0)
        snprintf(text, sizeof text, "  %.0f examples/s", examples_per_s);
    put(line, size, text);
}

static void put_bar(char *line, size_t size, const rk_event *event)
{
    double share = event->step < event->total_steps ? (double)event->step / (double)event->total_steps : 1;
    char bar[BAR_CHARS + 1], text[64];

    for (int i = 0; i < BAR_CHARS; i++)
        bar[i] = (double)i < share * BAR_CHARS ? '=' : ' ';
    bar[BAR_CHARS] = '\0';
    snprintf(text, sizeof text, "/%llu [%s] %3.0f%%", (unsigned long long)event->total_steps, bar, floor(share * 100));
    put(line, size, text);
}

static void put_time_left(char *line, size_t size, const rk_sink *sink, const rk_event *event)
{
    char text[48], duration[32];

    if (event->step <= sink->first_step || event->total_steps < event->step)
        return;
    put_duration(duration, event->seconds * (double)(event->total_steps - event->step) /
                               (double)(event->step - sink->first_step));
    snprintf(text, sizeof text, "  %s left", duration);
    put(line, size, text);
}

/* The sum first, for it is what a narrow terminal has room for. */
static void put_losses(char *line, size_t size, const rk_event *event)
{
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < event->n_scalars; i++) {
            const rk_scalar *scalar = &event->scalars[i];
            char text[128];

            if (!strstr(scalar->name, "loss") || (strcmp(scalar->name, "total_loss") == 0) != (pass == 0))
                continue;
            snprintf(text, sizeof text, "  %s %.4f", scalar->name, scalar->value);
            put(line, size, text);
        }
}

/* Columns of the terminal, less one: a cursor behind the last column wraps on some. */
static size_t terminal_width(void)
{
    struct winsize size = { 0 };

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return 79;
    return size.ws_col - 1U;
}

static void show_progress(const rk_sink *sink, const rk_event *event)
{
    char line[LINE_BYTES];
    size_t width = terminal_width();

    snprintf(line, sizeof line, "step %llu", (unsigned long long)event->step);
    if (event->total_steps > 0)
        put_bar(line, sizeof line, event);
    put_time_left(line, sizeof line, sink, event);
    put_speed(line, sizeof line, event->examples_per_s);
    put_losses(line, sizeof line, event);
    if (width < sizeof line)
        line[width] = '\0';
    rk_log_status(line);
}

static void print_line(rk_sink *sink, double seconds)
{
    rk_log(RK_LOG_INFO, "%s", sink->line);
    sink->printed = true;
    sink->printed_s = seconds;
}

static void take_step(rk_sink *sink, const rk_event *event)
{
    if (sink->on_terminal) {
        show_progress(sink, event);
        return;
    }
    snprintf(sink->line, sizeof sink->line, "global step %llu: ", (unsigned long long)event->step);
    put_figures(sink->line, sizeof sink->line, event);
    put_speed(sink->line, sizeof sink->line, event->examples_per_s);
    sink->printed = false;
    if (!(event->seconds - sink->printed_s < line_every_s))
        print_line(sink, event->seconds);
}

static void take_evaluation(const rk_event *event)
{
    char line[LINE_BYTES];

    snprintf(line, sizeof line, "evaluation at step %llu: ", (unsigned long long)event->step);
    put_figures(line, sizeof line, event);
    rk_log(RK_LOG_INFO, "%s", line);
}

static rocket_status terminal_event(rk_sink *sink, const rk_event *event, rocket_error *err)
{
    (void)err;
    if (event->kind == RK_EVENT_STEP) {
        take_step(sink, event);
        return ROCKET_OK;
    }
    /* The figures that led to it stand before an evaluation, or the end. */
    if (!sink->printed && (event->kind == RK_EVENT_EVAL || event->kind == RK_EVENT_END))
        print_line(sink, event->seconds);
    if (event->kind == RK_EVENT_EVAL)
        take_evaluation(event);
    if (event->kind == RK_EVENT_SAVE && event->text)
        rk_log(RK_LOG_INFO, "saved %s", event->text);
    return ROCKET_OK;
}

static rocket_status terminal_close(rk_sink *sink, rocket_error *err)
{
    (void)err;
    rk_log_status(NULL);
    if (!sink->printed) /* a run that was stopped, or failed, has no END */
        print_line(sink, 0);
    rk_free(sink);
    return ROCKET_OK;
}

const rk_sink_def rk_sink_terminal = {
    .name = "terminal",
    .doc = "progress on the terminal, or lines of figures in a log",
    .open = terminal_open,
    .event = terminal_event,
    .close = terminal_close,
};
