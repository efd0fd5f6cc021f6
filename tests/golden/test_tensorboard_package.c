/* Event files of a run that was killed and resumed, read back by TensorBoard itself. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "python_check.h"
#include "rk_test.h"
#include "sink.h"

static const rk_sink_def *tensorboard(void)
{
    for (const rk_sink_def *const *def = rk_sinks; *def; def++)
        if (!strcmp((*def)->name, "tensorboard"))
            return *def;
    fail_msg("no sink tensorboard");
    return NULL;
}

static void step(rk_sink *sink, uint64_t number, int attempt)
{
    const rk_scalar scalars[] = { { "lr", 0.001 }, { "total_loss", (double)number / 8 + attempt } };
    rk_event event = {
        .kind = RK_EVENT_STEP, .step = number, .examples_per_s = 2048, .scalars = scalars, .n_scalars = 2
    };
    rocket_error err = { 0 };

    assert_int_equal(tensorboard()->event(sink, &event, &err), ROCKET_OK);
}

static void evaluate(rk_sink *sink, uint64_t number, double auc)
{
    const rk_scalar scalars[] = { { "auc_light", auc }, { "exact_auc_light", NAN } };
    rk_event event = { .kind = RK_EVENT_EVAL, .step = number, .scalars = scalars, .n_scalars = 2 };
    rocket_error err = { 0 };

    assert_int_equal(tensorboard()->event(sink, &event, &err), ROCKET_OK);
}

static void tensorboard_reads_the_scalars(void **state)
{
    test_folder folder = make_test_folder();
    rocket_error err = { 0 };
    rk_sink *sink = NULL;

    (void)state;
    assert_int_equal(tensorboard()->open(&sink, folder.path, 0, &err), ROCKET_OK);
    for (uint64_t number = 10; number <= 60; number += 10) {
        step(sink, number, 0);
        if (number == 40)
            evaluate(sink, number, 0.75);
    }
    assert_int_equal(tensorboard()->close(sink, &err), ROCKET_OK);

    assert_int_equal(tensorboard()->open(&sink, folder.path, 40, &err), ROCKET_OK);
    for (uint64_t number = 50; number <= 80; number += 10)
        step(sink, number, 1);
    evaluate(sink, 80, 0.8125);
    assert_int_equal(tensorboard()->close(sink, &err), ROCKET_OK);

    rk_python_check("tensorboard", "tensorboard_check.py", folder.path, NULL);
    remove_test_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensorboard_reads_the_scalars),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
