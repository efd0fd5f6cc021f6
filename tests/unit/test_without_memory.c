/* Every allocation failed in turn, through the whole of what rocket does: open a run, train one step, train and export,
 * evaluate, open a model and score, write it as ONNX. Each failure must be reported as such, and nothing may be left
 * behind.
 *
 * One net with a table, batch norm and dropout is enough: what a room does without memory is in its own tests.
 */
#include <stdio.h>
#include <string.h>

#include "evaluate.h"
#include "file.h"
#include "log.h"
#include "mem.h"
#include "onnx_export.h"
#include "rk_test.h"
#include "score_world.h"
#include "scorer.h"
#include "train.h"

static const char config_text[] =
    "train_input_path: '%s/rows.csv' eval_input_path: '%s/rows.csv' model_dir: '%s/model'\n"
    "train_config { optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { } } } } }\n"
    "eval_config { metrics_set { auc { } } metrics_set { gauc { uid_field: 'user' } } metrics_set { max_f1 { } } }\n"
    "data_config { batch_size: 4 num_epochs: 1 label_fields: 'clk' input_type: CSVInput\n"
    "  input_fields { input_name: 'clk' input_type: INT32 }\n"
    "  input_fields { input_name: 'user' input_type: STRING }\n"
    "  input_fields { input_name: 'price' input_type: FLOAT } }\n"
    "feature_config {\n"
    "  features { input_names: 'user' feature_type: IdFeature hash_bucket_size: 10 embedding_dim: 2 }\n"
    "  features { input_names: 'price' feature_type: RawFeature } }\n"
    "model_config { model_class: 'RocketLaunching' num_class: 2 embedding_regularization: 1e-4\n"
    "  feature_groups { group_name: 'all' feature_names: ['user', 'price'] wide_deep: DEEP }\n"
    "  rocket_launching { booster_dnn { hidden_units: [3] } light_dnn { hidden_units: [2] dropout_ratio: [0.5] } } }\n";

static const char rows[] = "0,a,0.5\n1,b,\n0,a,1.5\n1,,2\n0,c,1\n1,b,-1\n";

typedef struct world {
    test_folder folder;
    rk_config *config;
    rk_run *run;
    rk_stream *stream;
    rk_batch *batch;
    char model[128];
} world;

static void ok(rocket_status status, const rocket_error *err)
{
    if (status != ROCKET_OK)
        fail_msg("%s", err->text);
}

static rocket_status load(rk_config **out, const world *w)
{
    char text[sizeof config_text + 300];
    const char *folder = w->folder.path;

    snprintf(text, sizeof text, config_text, folder, folder, folder);
    rk_config_source source = { .name = "test.config", .text = text, .n = strlen(text) };
    return rk_config_parse(out, &source, NULL, NULL);
}

/* The first batch. The rest is read too, so that the stream's threads allocate nothing while a test counts. */
static void open_stream(world *w)
{
    rk_stream_options options = { .paths = rk_config_root(w->config)->train_input_path,
                                  .n_threads = 1,
                                  .num_epochs = 1 };
    rk_batch *rest;
    rocket_error err = { 0 };

    ok(rk_stream_open(&w->stream, w->config, w->run->schema, &options, &err), &err);
    ok(rk_stream_next(w->stream, &w->batch, &err), &err);
    for (;;) {
        ok(rk_stream_next(w->stream, &rest, &err), &err);
        if (rest == NULL)
            break;
        rk_stream_give_back(w->stream, rest);
    }
}

static int setup(void **state)
{
    static world w;
    char path[128];
    rocket_error err = { 0 };

    rk_log_set_level(RK_LOG_QUIET);
    w = (world){ .folder = make_test_folder() };
    snprintf(path, sizeof path, "%s/rows.csv", w.folder.path);
    ok(rk_file_write(path, rows, sizeof rows - 1, &err), &err);
    ok(load(&w.config, &w), &err);
    ok(rk_run_open(&w.run, w.config, &(rk_run_options){ .n_threads = 1, .training = true }, &err), &err);
    open_stream(&w);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;

    rk_stream_give_back(w->stream, w->batch);
    rk_stream_close(w->stream);
    rk_run_close(w->run);
    rk_config_free(w->config);
    remove_test_folder(w->folder);
    return 0;
}

static rocket_status open_run(void *arg)
{
    rk_config *config;
    rk_run *run = NULL;
    rocket_status status = load(&config, arg);

    if (status != ROCKET_OK)
        return status;
    status = rk_run_open(&run, config, &(rk_run_options){ .n_threads = 2, .training = true }, NULL);
    assert_true((run != NULL) == (status == ROCKET_OK));
    rk_run_close(run);
    rk_config_free(config);
    return status;
}

static void opening_a_run(void **state)
{
    assert_survives_failed_allocations(open_run, *state);
}

static rocket_status step(world *w)
{
    rocket_status status = rk_run_feed(w->run, w->batch, NULL);

    if (status == ROCKET_OK)
        status = rk_exec_forward(w->run->exec, w->batch->n_rows, true, 0, NULL);
    if (status == ROCKET_OK)
        status = rk_exec_backward(w->run->exec, NULL);
    return status == ROCKET_OK ? rk_updater_step(w->run->updater, w->run->exec, 0, NULL, NULL) : status;
}

/* The first step makes room for the batch; it keeps that memory, so the run is opened anew each time. */
static rocket_status first_step(void *arg)
{
    world w = *(world *)arg;
    rocket_status status = rk_run_open(&w.run, w.config, &(rk_run_options){ .n_threads = 2, .training = true }, NULL);

    if (status != ROCKET_OK)
        return status;
    status = step(&w);
    rk_run_close(w.run);
    return status;
}

static void one_step(void **state)
{
    assert_survives_failed_allocations(first_step, *state);
}

/* A step that met no memory can be taken again. */
static void a_failed_step_can_be_repeated(void **state)
{
    world *w = *state;

    for (uint64_t n = 1;; n++) {
        rk_alloc_fail_at(n);
        rocket_status status = step(w);
        bool met = !rk_alloc_fail_pending();
        rk_alloc_fail_at(0);
        assert_int_equal(status, met ? ROCKET_FAILED : ROCKET_OK);
        if (!met)
            break;
    }
    uint64_t count = rk_alloc_count();
    assert_int_equal(step(w), ROCKET_OK);
    assert_int_equal(rk_alloc_count(), count); /* and no step after the first allocates */
}

/* All rows are used: memory that fails for a batch which nobody takes is nobody's failure. */
static rocket_status train_and_export(void *arg)
{
    const world *w = arg;
    static const char *const sliced[] = { "user" };
    rk_train_options options = { .run = { .n_threads = 2, .kept = sliced, .n_kept = 1 },
                                 .resume = true,
                                 .slices = { .fields = sliced, .n = 1, .top = 1 } };
    rk_train_result result = { 0 };
    char model_dir[128];

    rocket_status status = rk_train(&result, w->config, &options, NULL);
    assert_true((result.sliced.n == 1) == (status == ROCKET_OK));
    rk_figures_clear(&result.last);
    rk_sliced_clear(&result.sliced);
    snprintf(model_dir, sizeof model_dir, "%s/model", w->folder.path);
    if (status == ROCKET_OK)
        assert_true(rk_file_exists(result.model));
    test_folder made;
    snprintf(made.path, sizeof made.path, "%s", model_dir);
    if (rk_file_exists(model_dir))
        remove_test_folder(made);
    return status;
}

static void training_and_export(void **state)
{
    assert_survives_failed_allocations(train_and_export, *state);
}

static rocket_status evaluate(void *arg)
{
    world *w = arg;
    rk_figures figures = { 0 };
    rocket_status status = rk_evaluate(&figures, w->run, NULL, 1, NULL);

    assert_true((figures.item != NULL) == (status == ROCKET_OK));
    rk_figures_clear(&figures);
    return status;
}

static void evaluation(void **state)
{
    assert_int_equal(evaluate(*state), ROCKET_OK); /* the run makes room for the batch */
    assert_survives_failed_allocations(evaluate, *state);
}

static rocket_status score_batch(rk_scorer *scorer, const rk_schema *schema)
{
    rk_batch *batch = rk_batch_new(schema);
    rk_text fields[] = { { NULL, 0 }, { "b", 1 }, { "0.25", 4 } };
    rk_scores scores;

    if (batch == NULL)
        return ROCKET_FAILED;
    rocket_status status = rk_schema_append(schema, batch, fields, NULL, NULL);
    if (status == ROCKET_OK)
        status = rk_scorer_run(&scores, scorer, batch, NULL);
    rk_batch_free(batch);
    return status;
}

static rocket_status predict(void *arg)
{
    static const char *const reserved[] = { "user" };
    const world *w = arg;
    rk_light_options options = { .reserved = reserved, .n_reserved = 1 };
    rk_light *light = NULL;
    rk_scorer *scorer = NULL;
    rocket_status status = rk_light_open(&light, w->model, &options, NULL);

    assert_true((light != NULL) == (status == ROCKET_OK));
    if (status == ROCKET_OK)
        status = rk_scorer_new(&scorer, light, NULL);
    assert_true((scorer != NULL) == (status == ROCKET_OK));
    if (status == ROCKET_OK)
        status = score_batch(scorer, light->schema);
    rk_scorer_free(scorer);
    rk_light_close(light);
    return status;
}

static void prediction(void **state)
{
    world *w = *state;
    rk_bundle_source source = { .config = w->config,
                                .schema = w->run->schema,
                                .graph = w->run->model->graph,
                                .weights = w->run->weights,
                                .updater = w->run->updater };
    rocket_error err = { 0 };

    snprintf(w->model, sizeof w->model, "%s/checkpoint.safetensors", w->folder.path);
    ok(rk_bundle_write(w->model, &source, &err), &err);
    assert_survives_failed_allocations(predict, w);
}

static rocket_status write_onnx(void *arg)
{
    static const char *const outputs[] = { "logits_light" };
    const world *w = arg;
    rk_graph *cut = NULL;
    rk_weights *weights = NULL;
    char path[128];

    snprintf(path, sizeof path, "%s/model.onnx", w->folder.path);
    rocket_status status = rk_graph_cut(&cut, w->run->model->graph, outputs, 1, NULL);
    if (status == ROCKET_OK)
        status = rk_weights_new(&weights, cut, NULL);
    rk_bundle_source source = { .config = w->config, .schema = w->run->schema, .graph = cut, .weights = weights };
    if (status == ROCKET_OK)
        status = rk_onnx_export(path, &source, NULL);
    assert_true(rk_file_exists(path) == (status == ROCKET_OK));
    rk_weights_free(weights);
    rk_graph_free(cut);
    return status;
}

static void export_as_onnx(void **state)
{
    assert_survives_failed_allocations(write_onnx, *state);
}

/* The light net of a net with every kind of feature. */
static rocket_status write_all_as_onnx(void *arg)
{
    const score_world *w = arg;
    rk_graph *cut = NULL;
    rk_weights *weights = NULL;
    char path[128];

    snprintf(path, sizeof path, "%s.onnx", w->path);
    rocket_status status = rk_graph_cut(&cut, w->model->graph, rk_light_outputs, RK_N_LIGHT_OUTPUTS, NULL);
    if (status == ROCKET_OK)
        status = rk_weights_new(&weights, cut, NULL);
    rk_bundle_source source = { .config = w->config, .schema = w->schema, .graph = cut, .weights = weights };
    if (status == ROCKET_OK)
        status = rk_onnx_export(path, &source, NULL);
    assert_true(rk_file_exists(path) == (status == ROCKET_OK));
    remove(path);
    rk_weights_free(weights);
    rk_graph_free(cut);
    return status;
}

static void export_of_every_feature_as_onnx(void **state)
{
    score_world w = score_world_make(2);

    (void)state;
    assert_survives_failed_allocations(write_all_as_onnx, &w);
    score_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opening_a_run, setup, teardown),
        cmocka_unit_test_setup_teardown(one_step, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_step_can_be_repeated, setup, teardown),
        cmocka_unit_test_setup_teardown(training_and_export, setup, teardown),
        cmocka_unit_test_setup_teardown(evaluation, setup, teardown),
        cmocka_unit_test_setup_teardown(prediction, setup, teardown),
        cmocka_unit_test_setup_teardown(export_as_onnx, setup, teardown),
        cmocka_unit_test(export_of_every_feature_as_onnx),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
