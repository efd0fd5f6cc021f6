/* Every learning-rate schedule against rates computed apart from it (make_schedules.py), and against those that EasyRec
 * itself used. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "file.h"
#include "number.h"
#include "optimizer.h"

/* One line of a fixture, cut in place. */
typedef struct row {
    char *text;
    int64_t step;
    double rate;
} row;

static bool row_next(row *out, char **at)
{
    char *end = strchr(*at, '\n'), *tab, *last;

    if (!end)
        return false;
    *end = 0;
    tab = strchr(*at, '\t');
    last = strrchr(*at, '\t');
    assert_true(tab && last > tab);
    *tab = *last = 0;
    out->text = *at;
    assert_true(rk_parse_i64(tab + 1, strlen(tab + 1), &out->step));
    assert_true(rk_parse_double(last + 1, strlen(last + 1), &out->rate));
    *at = end + 1;
    return true;
}

/* The schedule that the text of a message LearningRate asks for; the config is the options' owner. */
static const rk_schedule_def *parse(rk_config **config, const ProtobufCMessage **options, const char *text)
{
    rocket_error err = { 0 };
    rk_faults faults;
    rk_buf whole;
    const char *name;
    const rk_schedule_def *def;

    rk_buf_init(&whole, 0);
    rk_buf_printf(&whole, "train_config { optimizer_config { sgd_optimizer { learning_rate { %s } } } }", text);
    assert_int_equal(
        rk_config_parse(config, &(rk_config_source){ .name = "test", .text = whole.data, .n = whole.size }, NULL, &err),
        ROCKET_OK);
    rk_buf_clear(&whole);
    name = rk_oneof_name(
        &rk_config_root(*config)->train_config->optimizer_config[0]->sgd_optimizer->learning_rate->base, options);
    def = rk_schedule_find(name);
    assert_non_null(def);
    rk_faults_init(&faults);
    def->check(*config, *options, &faults);
    assert_int_equal(faults.n, 0);
    rk_faults_clear(&faults);
    return def;
}

/* Compare every line of a fixture; seen[i] counts those of schedule i. */
static void compare(const char *file, double relative, double absolute, int *seen)
{
    rocket_error err = { 0 };
    rk_buf bytes;
    row line;
    char *at;

    rk_buf_init(&bytes, 0);
    assert_int_equal(rk_file_read(&bytes, file, &err), ROCKET_OK);
    at = bytes.data;
    while (row_next(&line, &at)) {
        rk_config *config;
        const ProtobufCMessage *options;
        const rk_schedule_def *def = parse(&config, &options, line.text);
        double rate = def->rate(options, (uint64_t)line.step);

        if (!(fabs(rate - line.rate) <= relative * line.rate + absolute))
            fail_msg("%s at step %lld: expected %.9g, found %.9g", line.text, (long long)line.step, line.rate, rate);
        for (int i = 0; rk_schedules[i]; i++)
            seen[i] += rk_schedules[i] == def;
        rk_config_free(config);
    }
    rk_buf_clear(&bytes);
}

static void schedules_equal_an_independent_computation(void **state)
{
    int seen[32] = { 0 };

    (void)state;
    compare(ROCKET_SOURCE_DIR "/tests/golden/fixtures/schedules.tsv", 5e-7, 2e-8, seen);
    for (int i = 0; rk_schedules[i]; i++)
        if (!seen[i])
            fail_msg("%s has no line in schedules.tsv: add it to make_schedules.py", rk_schedules[i]->name);
}

static void schedules_equal_easyrec(void **state)
{
    int seen[32] = { 0 };

    (void)state;
    compare(ROCKET_SOURCE_DIR "/tests/golden/fixtures/schedules_easyrec.tsv", 1.2e-7, 0, seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_equal_an_independent_computation),
        cmocka_unit_test(schedules_equal_easyrec),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
