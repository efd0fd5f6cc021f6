/* The sinks: lines of metrics.jsonl and what a resumed run leaves of them, event files, what the user sees. TensorBoard
 * itself reads the event files in golden/test_tensorboard_package.c. */
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crc32c.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "rk_test.h"
#include "sink.h"

static test_folder folder;

static int set_up(void **state)
{
    (void)state;
    folder = make_test_folder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    remove_test_folder(folder);
    return 0;
}

static const char *in_folder(const char *name)
{
    static char path[256];

    snprintf(path, sizeof path, "%s/%s", folder.path, name);
    return path;
}

static rk_buf contents(const char *path)
{
    rk_buf buf;
    rocket_error err = { 0 };

    rk_buf_init(&buf, 0);
    if (rk_file_read(&buf, path, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return buf;
}

static const rk_sink_def *sink_named(const char *name)
{
    for (const rk_sink_def *const *def = rk_sinks; *def; def++)
        if (!strcmp((*def)->name, name))
            return *def;
    fail_msg("no sink %s", name);
    return NULL;
}

static rk_event event_at(rk_event_kind kind, uint64_t step, double seconds)
{
    static const rk_scalar figures[] = { { "lr", 0.001 }, { "total_loss", 1.5 }, { "auc_light", NAN } };
    rk_event event = { .kind = kind, .step = step, .total_steps = 100, .seconds = seconds, .examples_per_s = 12345.6 };

    if (kind == RK_EVENT_STEP || kind == RK_EVENT_EVAL) {
        event.scalars = figures;
        event.n_scalars = 3;
    }
    if (kind == RK_EVENT_SAVE)
        event.text = "run/model.ckpt-10";
    return event;
}

/* Events of the steps 10, 20, ... up to last of a run that begins at first; returns the open sink. */
static rk_sink *run_steps(const char *name, uint64_t first, uint64_t last, double seconds_per_step)
{
    const rk_sink_def *def = sink_named(name);
    rk_sink *sink = NULL;
    rocket_error err = { 0 };
    rk_event start = event_at(RK_EVENT_START, first, 0);

    assert_int_equal(def->open(&sink, folder.path, first, &err), ROCKET_OK);
    if (!sink)
        return NULL;
    assert_int_equal(def->event(sink, &start, &err), ROCKET_OK);
    for (uint64_t step = first + 10; step <= last; step += 10) {
        rk_event event = event_at(RK_EVENT_STEP, step, (double)(step - first) * seconds_per_step);

        assert_int_equal(def->event(sink, &event, &err), ROCKET_OK);
    }
    return sink;
}

static void tell(const char *name, rk_sink *sink, rk_event_kind kind, uint64_t step, double seconds)
{
    rk_event event = event_at(kind, step, seconds);
    rocket_error err = { 0 };

    assert_int_equal(sink_named(name)->event(sink, &event, &err), ROCKET_OK);
}

static void close_sink(const char *name, rk_sink *sink)
{
    rocket_error err = { 0 };

    assert_int_equal(sink_named(name)->close(sink, &err), ROCKET_OK);
}

static void a_line_per_event(void **state)
{
    rk_sink *sink = run_steps("jsonl", 0, 10, 0.0123456);
    rk_buf text;

    (void)state;
    tell("jsonl", sink, RK_EVENT_SAVE, 10, 1);
    tell("jsonl", sink, RK_EVENT_EVAL, 10, 2.5);
    tell("jsonl", sink, RK_EVENT_END, 10, 3);
    text = contents(in_folder("metrics.jsonl")); /* before close: a killed run has written them too */
    assert_string_equal(text.data,
                        "{\"kind\":\"start\",\"step\":0,\"seconds\":0,\"total_steps\":100}\n"
                        "{\"kind\":\"step\",\"step\":10,\"seconds\":0.123,\"examples_per_s\":12346,\"lr\":0.001,"
                        "\"total_loss\":1.5,\"auc_light\":null}\n"
                        "{\"kind\":\"save\",\"step\":10,\"seconds\":1,\"text\":\"run/model.ckpt-10\"}\n"
                        "{\"kind\":\"eval\",\"step\":10,\"seconds\":2.5,\"lr\":0.001,\"total_loss\":1.5,"
                        "\"auc_light\":null}\n"
                        "{\"kind\":\"end\",\"step\":10,\"seconds\":3}\n");
    rk_buf_clear(&text);
    close_sink("jsonl", sink);
}

/* The "step" lines of metrics.jsonl as their steps: "10 20 30 ". Every line must be JSON. */
static void step_lines(char out[256])
{
    rk_buf text = contents(in_folder("metrics.jsonl"));
    char *at = text.data, *newline;

    out[0] = '\0';
    for (; (newline = strchr(at, '\n')); at = newline + 1) {
        rk_json *line = NULL;
        rocket_error err = { 0 };
        int64_t step = -1;

        if (rk_json_parse(&line, at, (size_t)(newline - at), "line", &err) != ROCKET_OK)
            fail_msg("%s", err.text);
        assert_true(rk_json_integer(rk_json_get(line, "step"), &step));
        if (!strcmp(rk_json_string(rk_json_get(line, "kind")), "step"))
            snprintf(out + strlen(out), 256 - strlen(out), "%lld ", (long long)step);
        rk_json_free(line);
    }
    assert_int_equal(*at, '\0'); /* nothing behind the last newline */
    rk_buf_clear(&text);
}

static void append_to_jsonl(const char *bytes)
{
    FILE *file = fopen(in_folder("metrics.jsonl"), "a");

    assert_non_null(file);
    fputs(bytes, file);
    fclose(file);
}

static void a_resumed_run_has_the_lines_of_an_undisturbed_one(void **state)
{
    char undisturbed[256], resumed[256];

    (void)state;
    close_sink("jsonl", run_steps("jsonl", 0, 60, 1));
    step_lines(undisturbed);
    assert_string_equal(undisturbed, "10 20 30 40 50 60 ");

    close_sink("jsonl", run_steps("jsonl", 0, 40, 1));           /* a new run: the file begins anew */
    append_to_jsonl("{\"kind\":\"step\",\"step\":50,\"total_l"); /* killed while it wrote */
    close_sink("jsonl", run_steps("jsonl", 20, 60, 1));
    step_lines(resumed);
    assert_string_equal(resumed, undisturbed);
}

static void lines_that_are_not_ours_are_dropped(void **state)
{
    char lines[256];

    (void)state;
    close_sink("jsonl", run_steps("jsonl", 0, 20, 1));
    append_to_jsonl("\nnot json\n{\"step\":-1}\n{\"step\":1.5}\n[]\n");
    close_sink("jsonl", run_steps("jsonl", 20, 30, 1));
    step_lines(lines);
    assert_string_equal(lines, "10 20 30 ");
}

static void without_model_dir_there_are_no_files(void **state)
{
    rocket_error err = { 0 };
    rk_sink *sink = NULL;

    (void)state;
    assert_int_equal(sink_named("jsonl")->open(&sink, NULL, 0, &err), ROCKET_OK);
    assert_int_equal(sink_named("tensorboard")->open(&sink, NULL, 0, &err), ROCKET_OK);
    assert_null(sink);
}

static void a_file_that_cannot_be_written_is_reported(void **state)
{
    rocket_error err = { 0 };
    rk_sinks_open *sinks = NULL;
    rk_event event = event_at(RK_EVENT_STEP, 10, 1);

    (void)state;
    assert_int_equal(rk_sinks_start(&sinks, in_folder("no/such/folder"), 0, &err), ROCKET_FAILED);
    assert_null(sinks);
    assert_non_null(strstr(err.text, "no/such/folder/metrics.jsonl: cannot open: No such file or directory"));

    /* as on a full disk: the kernel takes no more than 100 bytes of a file */
    struct rlimit before, limit;
    err = (rocket_error){ 0 };
    assert_int_equal(rk_sinks_start(&sinks, folder.path, 0, &err), ROCKET_OK);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){ .rlim_cur = 100, .rlim_max = before.rlim_max };
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    rk_log_set_level(RK_LOG_ERROR);
    rocket_status status = rk_sinks_event(sinks, &event, &err);
    rk_log_set_level(RK_LOG_INFO);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, ROCKET_FAILED);
    assert_non_null(strstr(err.text, "metrics.jsonl: cannot write: File too large"));
    assert_int_equal(rk_sinks_stop(sinks, &err), ROCKET_OK);
}

static uint32_t word_at(const char *p)
{
    const unsigned char *b = (const unsigned char *)p;

    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Records of the only event file in a folder under ours, each with good checksums. */
static int count_records(const char *pattern, int files)
{
    glob_t found;
    int records = 0;

    assert_int_equal(glob(in_folder(pattern), 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, files);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        rk_buf file = contents(found.gl_pathv[i]);
        size_t at = 0;

        for (; at < file.size; records++) {
            size_t n = word_at(file.data + at);

            assert_int_equal(rk_crc32c_masked(file.data + at, 8), word_at(file.data + at + 8));
            assert_int_equal(rk_crc32c_masked(file.data + at + 12, n), word_at(file.data + at + 12 + n));
            at += n + 16;
        }
        assert_int_equal(at, file.size);
        rk_buf_clear(&file);
    }
    globfree(&found);
    return records;
}

static void event_files_stand_where_upstream_has_them(void **state)
{
    rk_sink *sink = run_steps("tensorboard", 0, 30, 1);

    (void)state;
    tell("tensorboard", sink, RK_EVENT_EVAL, 30, 3);
    tell("tensorboard", sink, RK_EVENT_SAVE, 30, 3);
    assert_int_equal(count_records("events.out.tfevents.*", 1), 1 + 3);
    assert_int_equal(count_records("eval_val/events.out.tfevents.*", 1), 1 + 1);
    close_sink("tensorboard", sink);
    close_sink("tensorboard", run_steps("tensorboard", 20, 30, 1)); /* a file of its own, session START in front */
    assert_int_equal(count_records("events.out.tfevents.*", 2), 1 + 3 + 2 + 1);
}

/* What fn(sink) writes to stderr. */
typedef struct capture {
    int saved, fd;
} capture;

static capture capture_begin(int fd)
{
    capture c = { .saved = dup(STDERR_FILENO), .fd = fd };

    assert_true(c.saved >= 0 && fd >= 0);
    dup2(fd, STDERR_FILENO);
    return c;
}

static void capture_end(capture c)
{
    dup2(c.saved, STDERR_FILENO);
    close(c.saved);
    close(c.fd);
}

static rk_sink *progress(double seconds_per_step)
{
    rk_sink *sink = run_steps("terminal", 0, 50, seconds_per_step);

    if (sink) {
        tell("terminal", sink, RK_EVENT_SAVE, 50, 50 * seconds_per_step);
        tell("terminal", sink, RK_EVENT_EVAL, 50, 50 * seconds_per_step);
        tell("terminal", sink, RK_EVENT_END, 50, 50 * seconds_per_step);
    }
    return sink;
}

static void log_lines_come_every_few_seconds(void **state)
{
    capture c = capture_begin(open(in_folder("log"), O_RDWR | O_CREAT, 0600));
    rk_sink *sink = progress(0.3); /* steps are at 3, 6, 9, 12 and 15 s */
    rk_buf text;

    (void)state;
    close_sink("terminal", sink);
    capture_end(c);
    text = contents(in_folder("log"));
    assert_string_equal(text.data,
                        "rocket: global step 10: lr = 0.001, total_loss = 1.5, auc_light = nan  12.3k examples/s\n"
                        "rocket: global step 30: lr = 0.001, total_loss = 1.5, auc_light = nan  12.3k examples/s\n"
                        "rocket: global step 50: lr = 0.001, total_loss = 1.5, auc_light = nan  12.3k examples/s\n"
                        "rocket: saved run/model.ckpt-10\n"
                        "rocket: evaluation at step 50: lr = 0.001, total_loss = 1.5, auc_light = nan\n");
    rk_buf_clear(&text);
}

static void the_last_figures_are_shown_before_the_end(void **state)
{
    capture c = capture_begin(open(in_folder("log"), O_RDWR | O_CREAT, 0600));
    rk_sink *sink = progress(0.001);
    rk_buf text;

    (void)state;
    close_sink("terminal", sink);
    capture_end(c);
    text = contents(in_folder("log"));
    assert_non_null(strstr(text.data, "global step 10: "));
    assert_null(strstr(text.data, "global step 20: "));
    assert_non_null(strstr(text.data, "global step 50: "));
    rk_buf_clear(&text);
}

static void the_last_figures_of_a_stopped_run_are_shown(void **state)
{
    capture c = capture_begin(open(in_folder("log"), O_RDWR | O_CREAT, 0600));
    rk_buf text;

    (void)state;
    close_sink("terminal", run_steps("terminal", 0, 40, 0.001));
    capture_end(c);
    text = contents(in_folder("log"));
    assert_null(strstr(text.data, "global step 30: "));
    assert_non_null(strstr(text.data, "global step 40: "));
    rk_buf_clear(&text);
}

static void quiet_is_quiet(void **state)
{
    capture c = capture_begin(open(in_folder("log"), O_RDWR | O_CREAT, 0600));
    rk_buf text;

    (void)state;
    rk_log_set_level(RK_LOG_ERROR);
    assert_null(progress(1));
    rk_log_set_level(RK_LOG_INFO);
    capture_end(c);
    text = contents(in_folder("log"));
    assert_int_equal(text.size, 0);
    rk_buf_clear(&text);
}

static int open_terminal(int *master, unsigned short columns)
{
    struct winsize size = { .ws_row = 24, .ws_col = columns };

    *master = posix_openpt(O_RDWR | O_NOCTTY);
    if (*master < 0 || grantpt(*master) != 0 || unlockpt(*master) != 0)
        return -1;
    ioctl(*master, TIOCSWINSZ, &size);
    return open(ptsname(*master), O_RDWR | O_NOCTTY);
}

static void on_a_terminal_there_is_a_line_of_progress(void **state)
{
    int master = -1, slave = open_terminal(&master, 70);
    char seen[16384] = "";
    capture c;
    size_t n = 0;
    ssize_t got;

    (void)state;
    if (slave < 0) {
        print_message("no pseudo-terminal here\n");
        skip();
    }
    c = capture_begin(slave);
    rk_sink *sink = progress(60);
    close_sink("terminal", sink);
    capture_end(c);
    while ((got = read(master, seen + n, sizeof seen - 1 - n)) > 0) /* an error once the other side is closed */
        n += (size_t)got;
    close(master);
    assert_true(n > 4);
    assert_non_null(strstr(seen, "step 50/100 [==========          ]  50%  50:00 left  12.3k examples/s"));
    assert_non_null(strstr(seen, "rocket: saved run/model.ckpt-10\r\n"));
    assert_null(strstr(seen, "global step 10"));
    assert_null(strstr(seen, "total_loss 1.5"));           /* no room for it at 70 columns */
    assert_int_equal(strcmp(seen + n - 4, "\r\x1b[K"), 0); /* wiped at the end */
}

static rocket_status whole_run(void *arg)
{
    rk_sinks_open *sinks = NULL;
    rocket_error err = { 0 };
    rk_event step = event_at(RK_EVENT_STEP, 20, 1), eval = event_at(RK_EVENT_EVAL, 20, 1);
    rocket_status status = rk_sinks_start(&sinks, folder.path, *(uint64_t *)arg, &err);

    if (status == ROCKET_OK)
        status = rk_sinks_event(sinks, &step, &err);
    if (status == ROCKET_OK)
        status = rk_sinks_event(sinks, &eval, &err);
    assert_true(status == ROCKET_OK || err.text[0]);
    rocket_status stopped = rk_sinks_stop(sinks, status == ROCKET_OK ? &err : NULL);
    return status == ROCKET_OK ? stopped : status;
}

/* A line whose resumption could not be parsed for want of memory would be lost in silence: seen here as a failure. */
static void every_failed_allocation_is_reported(void **state)
{
    uint64_t anew = 0, resumed = 15;

    (void)state;
    rk_log_set_level(RK_LOG_ERROR);
    assert_survives_failed_allocations(whole_run, &anew);
    assert_survives_failed_allocations(whole_run, &resumed);
    rk_log_set_level(RK_LOG_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_per_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_resumed_run_has_the_lines_of_an_undisturbed_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_that_are_not_ours_are_dropped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_model_dir_there_are_no_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_written_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(event_files_stand_where_upstream_has_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(log_lines_come_every_few_seconds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_figures_are_shown_before_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_figures_of_a_stopped_run_are_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(quiet_is_quiet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(on_a_terminal_there_is_a_line_of_progress, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_failed_allocation_is_reported, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
