/* Hints between hidden layers: upstream's config as it is trains on generated clicks and does what it promises, the
 * notes say what is done, and compat does the opposite. (Figures and gradients: golden/test_recipes.c.)
 */
#include "buf.h"
#include "file.h"
#include "json.h"
#include "log.h"
#include "rng.h"
#include "train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "rk_test.h"

#define LAUNCHING "model_config.rocket_launching."
enum { N_ROWS = 512, N_STEPS = 40, MAX_OVERRIDES = 16 };

/* Rows of the 20 columns of the sample: a click is likely for some users, the rest is chance. */
static void write_clicks(const char *path)
{
    rk_rng rng = rk_rng_at(1, RK_RNG_TEST, 0, 0);
    rk_buf text;

    rk_buf_init(&text, 0);
    for (int row = 0; row < N_ROWS; row++) {
        uint64_t user = rk_rng_below(&rng, 40);

        rk_buf_printf(&text, "%d,0", rk_rng_below(&rng, 10) < (user % 4 ? 1 : 8));
        for (int column = 2; column < 17; column++)
            rk_buf_printf(&text, ",%u", (unsigned)(column == 8 ? user : rk_rng_below(&rng, 5)));
        rk_buf_printf(&text, ",%u|%u,%u,%u\n", (unsigned)rk_rng_below(&rng, 9), (unsigned)rk_rng_below(&rng, 9),
                      (unsigned)rk_rng_below(&rng, 9), (unsigned)rk_rng_below(&rng, 50));
    }
    assert_int_equal(rk_file_write(path, text.data, text.size, NULL), ROCKET_OK);
    rk_buf_clear(&text);
}

static rk_config *load(const char *const *overrides, rk_faults *faults)
{
    rk_config *config = NULL;
    rocket_error err = { 0 };
    size_t n = 0;

    while (overrides[n])
        n++;
    if (rk_config_load(&config, ROCKET_SOURCE_DIR "/configs/rocket_launching_feature_based.config", overrides, n,
                       faults, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return config;
}

/* Mean of a scalar over steps [first, first + 5) of a log. */
static double mean_of(const char *log, const char *name, int first)
{
    double sum = 0, value;

    for (int step = first; step < first + 5; step++) {
        char key[64];
        const char *line, *end;
        rk_json *json;

        snprintf(key, sizeof key, "{\"kind\":\"step\",\"step\":%d,", step);
        line = strstr(log, key);
        assert_non_null(line);
        end = strchr(line, '\n');
        assert_int_equal(rk_json_parse(&json, line, (size_t)(end - line), "line", NULL), ROCKET_OK);
        assert_true(rk_json_number(rk_json_get(json, name), &value));
        rk_json_free(json);
        sum += value;
    }
    return sum / 5;
}

/* How much the two similarities grow from the first steps to the last. */
static void train(double change[2], const char *const *own)
{
    test_folder folder = make_test_folder();
    char data[128], dir[128], path[128], log[128];
    const char *overrides[MAX_OVERRIDES] = { data,
                                             dir,
                                             "eval_input_path=",
                                             "train_config.num_steps=40",
                                             "train_config.log_step_count_steps=1",
                                             "data_config.batch_size=64",
                                             "feature_config.features[:].embedding_dim=4",
                                             "feature_config.features[hash_bucket_size>100].hash_bucket_size=100" };
    rk_train_options options = { .run = { .n_threads = 1, .seed_given = true, .seed = 7 } };
    rk_train_result result = { 0 };
    rocket_error err = { 0 };
    rk_buf text;

    for (size_t i = 0; own[i]; i++)
        overrides[8 + i] = own[i];
    snprintf(path, sizeof path, "%s/clicks.csv", folder.path);
    snprintf(data, sizeof data, "train_input_path=%s", path);
    snprintf(dir, sizeof dir, "model_dir=%s/run", folder.path);
    snprintf(log, sizeof log, "%s/run/metrics.jsonl", folder.path);
    write_clicks(path);
    rk_config *config = load(overrides, NULL);
    rk_log_set_level(RK_LOG_WARN);
    if (rk_train(&result, config, &options, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    assert_int_equal(result.steps, N_STEPS);
    rk_buf_init(&text, 0);
    assert_int_equal(rk_file_read(&text, log, &err), ROCKET_OK);
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "similarity_0" : "similarity_1";
        change[i] = mean_of(text.data, name, N_STEPS - 5) - mean_of(text.data, name, 1);
    }
    assert_null(strstr(text.data, "similarity_2"));
    rk_buf_clear(&text);
    rk_figures_clear(&result.last);
    rk_config_free(config);
    remove_test_folder(folder);
}

/* As it is, the config trains, with a loss for each of the two pairs; how much they weigh in 40 steps is chance. */
static void upstreams_config_trains(void **state)
{
    double change[2];

    (void)state;
    train(change, (const char *const[]){ NULL });
    assert_true(fabs(change[0]) <= 0.2 && fabs(change[1]) <= 0.2); /* -0.1 times a cosine */
}

static void cosine_draws_layers_together(void **state)
{
    double change[2];

    (void)state;
    train(change, (const char *const[]){ LAUNCHING "feature_distillation_weight=1",
                                         "train_config.optimizer_config[0].adam_optimizer.learning_rate."
                                         "exponential_decay_learning_rate.initial_learning_rate=0.01",
                                         NULL });
    assert_true(change[0] < -0.05);
    assert_true(change[1] < -0.05);
}

static void euclid_makes_the_distance_smaller(void **state)
{
    double change[2];

    (void)state;
    train(change, (const char *const[]){ LAUNCHING "feature_distillation_function=EUCLID",
                                         LAUNCHING "feature_distillation_weight=1", NULL });
    assert_true(change[0] < -0.1);
    assert_true(change[1] < -0.1);
}

/* -0.1 times the norm over 64 rows falls too: but here that is because the distance grows. */
static void compat_makes_it_greater(void **state)
{
    double change[2];

    (void)state;
    train(change, (const char *const[]){ LAUNCHING "feature_distillation_compat=true", NULL });
    assert_true(change[0] < -0.1);
    assert_true(change[1] < -0.1);
}

static void assert_note(const char *const *overrides, const char *text)
{
    rk_faults faults;
    bool found = false;

    rk_faults_init(&faults);
    rk_config *config = load(overrides, &faults);
    assert_int_equal(rk_run_check(config, &faults, NULL), ROCKET_OK);
    for (size_t i = 0; i < faults.n; i++)
        found |= faults.items[i].severity == RK_FAULT_NOTE && strstr(faults.items[i].sentence, text) != NULL;
    if (!found)
        fail_msg("no note says \"%s\"", text);
    rk_faults_clear(&faults);
    rk_config_free(config);
}

static void notes_say_what_is_done(void **state)
{
    (void)state;
    assert_note((const char *const[]){ NULL },
                "hidden layers are drawn together by cosine; upstream pushes them apart");
    assert_note((const char *const[]){ LAUNCHING "feature_distillation_compat=true", NULL }, "made greater");
    assert_note((const char *const[]){ LAUNCHING "light_dnn.hidden_units=[7]", NULL },
                "no layer of light_dnn is as wide as one of booster_dnn");
    assert_note((const char *const[]){ LAUNCHING "light_dnn.hidden_units=[0]", NULL },
                "no layer of light_dnn is as wide as one of booster_dnn");
    assert_note((const char *const[]){ LAUNCHING "arm=LIGHT_ALONE", NULL }, "it belongs to arm: ROCKET");
    assert_note((const char *const[]){ LAUNCHING "feature_based_distillation=false", NULL },
                "feature_distillation_function changes nothing here: it belongs to feature_based_distillation");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upstreams_config_trains),
        cmocka_unit_test(cosine_draws_layers_together),
        cmocka_unit_test(euclid_makes_the_distance_smaller),
        cmocka_unit_test(compat_makes_it_greater),
        cmocka_unit_test(notes_say_what_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
