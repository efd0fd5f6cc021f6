/* What is exported is the light net and nothing else, and it scores as the training graph does. Model file and
 * checkpoint do so bit for bit as each other.
 *
 * Which tensors belong to the light net is worked out here from the training graph's nodes alone, not by the cut that
 * export itself takes.
 */
#include <math.h>
#include <stdlib.h>

#include "scorer.h"
#include "trained.h"

#define FIXTURE(name) ROCKET_SOURCE_DIR "/tests/golden/fixtures/" name
#define LAUNCHING "model_config.rocket_launching."

typedef struct export_case {
    const char *name;
    trained_options options;
} export_case;

static export_case cases[] = {
    { "adam_id_tag", { .folder = FIXTURE("easyrec/adam_id_tag") } },
    { "lazy_adam_no_bn", { .folder = FIXTURE("easyrec/lazy_adam_no_bn") } },
    { "adagrad_raw_combo", { .folder = FIXTURE("easyrec/adagrad_raw_combo") } },
    { "paper, own tables",
      { .folder = FIXTURE("easyrec/adagrad_raw_combo"),
        .overrides = { LAUNCHING "recipe=PAPER", LAUNCHING "sharing=SHARE_NOTHING",
                       LAUNCHING "light_embedding_dim=3" } } },
    { "soft, own layers, dropout",
      { .folder = FIXTURE("easyrec/adam_id_tag"),
        .overrides = { LAUNCHING "recipe=SOFT", LAUNCHING "sharing=SHARE_EMBEDDINGS",
                       LAUNCHING "share_dnn.dropout_ratio=[0.25, 0.25]",
                       LAUNCHING "light_dnn.dropout_ratio=[0.5]" } } },
    { "light alone", { .folder = FIXTURE("recipes"), .overrides = { LAUNCHING "arm=LIGHT_ALONE" } } },
};

enum { N_CASES = sizeof cases / sizeof cases[0] };

static void ok(rocket_status status, const rocket_error *err)
{
    if (status != ROCKET_OK)
        fail_msg("%s", err->text);
}

static void walk(const rk_graph *graph, int id, bool *reached)
{
    const rk_node *node = rk_graph_node(graph, id);

    reached[id] = true;
    for (int i = 0; i < node->n_inputs; i++)
        if (!reached[node->inputs[i]])
            walk(graph, node->inputs[i], reached);
}

/* Does a variable of this name feed a reached node? */
static bool light_uses(const rk_graph *graph, const bool *reached, const char *name)
{
    for (int id = 0; id < rk_graph_n_nodes(graph); id++) {
        const rk_node *node = rk_graph_node(graph, id);
        if (!reached[id])
            continue;
        if (node->table >= 0 && strcmp(rk_graph_table_at(graph, node->table)->name, name) == 0)
            return true;
        for (int i = 0; i < node->n_params; i++)
            if (strcmp(rk_graph_param_at(graph, node->params[i])->name, name) == 0)
                return true;
    }
    return false;
}

static size_t count_light_variables(const rk_graph *graph, const bool *reached)
{
    size_t n = 0;

    for (int i = 0; i < rk_graph_n_params(graph); i++)
        n += light_uses(graph, reached, rk_graph_param_at(graph, i)->name);
    for (int i = 0; i < rk_graph_n_tables(graph); i++)
        n += light_uses(graph, reached, rk_graph_table_at(graph, i)->name);
    return n;
}

/* Every tensor of the model belongs to the light net and equals the checkpoint's; no variable of the light net is
 * missing; the graph in the header does not know a booster either. */
static void assert_only_light(const rk_train_result *result, const rk_graph *graph, int logits)
{
    bool *reached = calloc((size_t)rk_graph_n_nodes(graph), sizeof *reached);
    rk_tensor_file *model, *checkpoint;
    rocket_error err = { 0 };

    walk(graph, logits, reached);
    ok(rk_tensor_file_open(&model, result->model, true, &err), &err);
    ok(rk_tensor_file_open(&checkpoint, result->checkpoint, true, &err), &err);
    for (size_t i = 0; i < rk_tensor_file_size(model); i++) {
        const rk_tensor_info *tensor = rk_tensor_file_at(model, i);
        const rk_tensor_info *trained = rk_tensor_file_find(checkpoint, tensor->name);
        assert_null(strstr(tensor->name, "booster"));
        assert_true(light_uses(graph, reached, tensor->name));
        assert_true(trained != NULL && trained->bytes == tensor->bytes);
        assert_memory_equal(tensor->data, trained->data, tensor->bytes);
    }
    assert_int_equal(rk_tensor_file_size(model), count_light_variables(graph, reached));
    assert_null(strstr(rk_tensor_file_meta(model, "rocket.graph", NULL), "booster"));
    rk_tensor_file_close(model);
    rk_tensor_file_close(checkpoint);
    free(reached);
}

/* A copy of the light net's logits and probabilities: [n, 2 * C]. */
static void copy_scores(float *out, const rk_scores *scores, int64_t n, int64_t C)
{
    for (int64_t b = 0; b < n; b++) {
        memcpy(out + b * 2 * C, scores->logits + b * scores->ld_logits, (size_t)C * sizeof *out);
        memcpy(out + b * 2 * C + C, scores->probs + b * scores->ld_probs, (size_t)C * sizeof *out);
    }
}

typedef struct score_list {
    float *values;
    int64_t n_rows, C;
} score_list;

static rk_stream *open_rows(const rk_config *config, const rk_schema *schema, const char *folder)
{
    char path[1024];
    rk_stream *stream;
    rocket_error err = { 0 };

    snprintf(path, sizeof path, "%s/train.csv", folder);
    rk_stream_options options = { .paths = path, .n_threads = 1, .batch_size = 37 };
    ok(rk_stream_open(&stream, config, schema, &options, &err), &err);
    return stream;
}

/* What a scorer says of every row of the training file. */
static score_list scores_of_file(const char *file, const char *folder)
{
    score_list list = { 0 };
    rk_light *light;
    rk_scorer *scorer;
    rk_batch *batch;
    rocket_error err = { 0 };

    ok(rk_light_open(&light, file, &(rk_light_options){ 0 }, &err), &err);
    ok(rk_scorer_new(&scorer, light, &err), &err);
    for (int i = 0; i < rk_graph_n_params(light->bundle->graph); i++)
        assert_null(strstr(rk_graph_param_at(light->bundle->graph, i)->name, "booster"));
    list.C = (int)light->n_classes;
    list.values = calloc((size_t)(500 * 2 * list.C), sizeof *list.values);
    rk_stream *stream = open_rows(light->bundle->config, light->schema, folder);
    for (;;) {
        rk_scores scores;
        ok(rk_stream_next(stream, &batch, &err), &err);
        if (batch == NULL)
            break;
        ok(rk_scorer_run(&scores, scorer, batch, &err), &err);
        assert_true(list.n_rows + batch->n_rows <= 500);
        copy_scores(list.values + list.n_rows * 2 * list.C, &scores, batch->n_rows, list.C);
        list.n_rows += batch->n_rows;
        rk_stream_give_back(stream, batch);
    }
    rk_stream_close(stream);
    rk_scorer_free(scorer);
    rk_light_close(light);
    return list;
}

/* The same of the training graph, with the weights of the checkpoint. */
static score_list scores_of_run(rk_run *run, const char *folder)
{
    const rk_model *model = run->model;
    score_list list = { .C = model->n_classes };
    rk_batch *batch;
    rocket_error err = { 0 };
    rk_stream *stream = open_rows(run->config, run->schema, folder);

    list.values = calloc((size_t)(500 * 2 * list.C), sizeof *list.values);
    for (;;) {
        rk_scores scores;
        ok(rk_stream_next(stream, &batch, &err), &err);
        if (batch == NULL)
            break;
        ok(rk_run_feed(run, batch, &err), &err);
        ok(rk_exec_forward(run->exec, batch->n_rows, false, 0, &err), &err);
        scores.logits = rk_exec_value(run->exec, model->logits[RK_LIGHT], &scores.ld_logits);
        scores.probs = rk_exec_value(run->exec, model->probs[RK_LIGHT], &scores.ld_probs);
        copy_scores(list.values + list.n_rows * 2 * list.C, &scores, batch->n_rows, list.C);
        list.n_rows += batch->n_rows;
        rk_stream_give_back(stream, batch);
    }
    rk_stream_close(stream);
    return list;
}

static void assert_same_scores(score_list a, score_list b)
{
    assert_int_equal(a.n_rows, b.n_rows);
    assert_int_equal(a.C, b.C);
    assert_true(a.n_rows > 40);
    assert_memory_equal(a.values, b.values, (size_t)(a.n_rows * 2 * a.C) * sizeof *a.values);
}

/* As near as adding up a layer's sums in another order leaves them. */
static void assert_near_scores(score_list a, score_list b)
{
    assert_int_equal(a.n_rows, b.n_rows);
    assert_int_equal(a.C, b.C);
    for (int64_t i = 0; i < a.n_rows * 2 * a.C; i++)
        assert_true(fabsf(a.values[i] - b.values[i]) <= 1e-6F * (1 + fabsf(b.values[i])));
}

/* Scores differ between rows, so that comparing them means something. */
static void assert_scores_vary(score_list a)
{
    assert_memory_not_equal(a.values, a.values + 2 * a.C, (size_t)(2 * a.C) * sizeof *a.values);
}

static void assert_same_scores_everywhere(const rk_train_result *result, rk_run *run, const char *folder)
{
    score_list trained = scores_of_run(run, folder), model = scores_of_file(result->model, folder),
               checkpoint = scores_of_file(result->checkpoint, folder);

    assert_scores_vary(trained);
    assert_near_scores(model, trained);
    assert_same_scores(model, checkpoint);
    free(trained.values);
    free(model.values);
    free(checkpoint.values);
}

static void the_model_is_the_light_net(void **state)
{
    const export_case *c = *state;
    trained_options options = c->options;
    test_folder scratch = make_test_folder();
    rk_run_state saved;
    rk_run *run;
    rocket_error err = { 0 };

    options.model_dir = scratch.path;
    options.n_steps = 5;
    options.n_threads = 2;
    rk_train_result result = trained_run(&options);
    rk_config *config = trained_config(&options);
    ok(rk_run_open(&run, config, &(rk_run_options){ .n_threads = 2 }, &err), &err);
    ok(rk_bundle_load_weights(&saved, result.checkpoint, run->weights, &err), &err);
    assert_int_equal(saved.step, result.steps);
    assert_only_light(&result, run->model->graph, run->model->logits[RK_LIGHT]);
    assert_same_scores_everywhere(&result, run, options.folder);
    rk_run_close(run);
    rk_config_free(config);
    remove_test_folder(scratch);
}

/* A booster alone exports nothing, and its checkpoint has nothing to score with. */
static void a_booster_alone_has_no_model(void **state)
{
    test_folder scratch = make_test_folder();
    trained_options options = { .folder = FIXTURE("recipes"),
                                .model_dir = scratch.path,
                                .n_steps = 1,
                                .n_threads = 1,
                                .overrides = { LAUNCHING "arm=BOOSTER_ALONE" } };
    rk_train_result result = trained_run(&options);
    rk_light *light = NULL;
    rocket_error err = { 0 };

    (void)state;
    assert_string_equal(result.model, "");
    assert_int_equal(rk_light_open(&light, result.checkpoint, &(rk_light_options){ 0 }, &err), ROCKET_CONFIG);
    assert_non_null(strstr(err.text, "logits_light"));
    assert_null(light);
    remove_test_folder(scratch);
}

int main(void)
{
    struct CMUnitTest tests[N_CASES + 1] = { [N_CASES] = cmocka_unit_test(a_booster_alone_has_no_model) };

    for (size_t i = 0; i < N_CASES; i++)
        tests[i] = (struct CMUnitTest){ cases[i].name, the_model_is_the_light_net, NULL, NULL, &cases[i] };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
