/* Model files and checkpoints: what is written comes back, and what does not fit is refused with a sentence and changes
 * nothing. A small launch with a vocabulary list, a vocabulary file and two optimizers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "error.h"
#include "file.h"
#include "mem.h"
#include "model.h"
#include "resolve.h"
#include "rk_test.h"

static const char config_text[] =
    "train_config { optimizer_config { adagrad_optimizer { learning_rate { constant_learning_rate { } } } }\n"
    "  optimizer_config { adam_optimizer { learning_rate { constant_learning_rate { } } } } }\n"
    "data_config { batch_size: 8 label_fields: 'clk' input_type: CSVInput\n"
    "  input_fields { input_name: 'clk' input_type: INT32 }\n"
    "  input_fields { input_name: 'user' input_type: STRING }\n"
    "  input_fields { input_name: 'city' input_type: STRING }\n"
    "  input_fields { input_name: 'price' input_type: FLOAT } }\n"
    "feature_config {\n"
    "  features { input_names: 'user' feature_type: IdFeature vocab_file: '%s' embedding_dim: 3 }\n"
    "  features { input_names: 'city' feature_type: IdFeature vocab_list: ['x', 'y\\\"z'] embedding_dim: 2 }\n"
    "  features { input_names: 'price' feature_type: RawFeature } }\n"
    "model_config { model_class: 'RocketLaunching' num_class: 2\n"
    "  feature_groups { group_name: 'all' feature_names: ['user', 'city', 'price'] wide_deep: DEEP }\n"
    "  rocket_launching { share_dnn { hidden_units: [4] } booster_dnn { hidden_units: [5] }\n"
    "    light_dnn { hidden_units: [3] dropout_ratio: [0.5] } } }\n";

static const char *const light_outputs[] = { "logits_light", "probs_light" };

/* Everything that a bundle is written from. */
typedef struct world {
    test_folder folder;
    char path[128], vocabulary[128];
    rk_config *config;
    rk_schema *schema;
    rk_model *model;
    rk_weights *weights;
    rk_updater *updater;
} world;

static void ok(rocket_status status, const rocket_error *err)
{
    if (status != ROCKET_OK)
        fail_msg("%s", err->text);
}

static void world_build(world *w, const char *const *overrides, size_t n_overrides, uint64_t seed)
{
    char text[sizeof config_text + 128];
    rocket_error err = { 0 };

    snprintf(text, sizeof text, config_text, w->vocabulary);
    rk_config_source source = {
        .name = "test.config", .text = text, .n = strlen(text), .overrides = overrides, .n_overrides = n_overrides
    };
    ok(rk_config_parse(&w->config, &source, NULL, &err), &err);
    ok(rk_schema_new(&w->schema, w->config, &(rk_schema_options){ .labels = true }, &err), &err);
    ok(rk_model_new(&w->model, w->config, w->schema, &err), &err);
    ok(rk_weights_new(&w->weights, w->model->graph, &err), &err);
    rk_weights_init(w->weights, seed, NULL);
    ok(rk_updater_new(&w->updater, w->weights, w->config, NULL, &err), &err);
}

static void world_clear(world *w)
{
    rk_updater_free(w->updater);
    rk_weights_free(w->weights);
    rk_model_free(w->model);
    rk_schema_free(w->schema);
    rk_config_free(w->config);
}

/* Another value in every value of every slot, so that a slot that is lost or mixed up shows. */
static void fill_slots(world *w, float start)
{
    const rk_graph *graph = w->model->graph;

    for (int s = 0; s < rk_updater_n_slots(w->updater); s++) {
        for (int i = 0; i < rk_graph_n_params(graph); i++)
            for (int64_t k = 0;
                 rk_updater_slot_has_param(w->updater, s, i) && k < rk_shape_size(&rk_graph_param_at(graph, i)->shape);
                 k++)
                (rk_updater_slot_dense(w->updater, s) + rk_graph_param_at(graph, i)->offset)[k] = start++;
        for (int i = 0; i < rk_graph_n_tables(graph); i++) {
            float *rows = rk_updater_slot_table(w->updater, s, i);
            const rk_table *table = rk_graph_table_at(graph, i);
            for (int64_t k = 0; rows != NULL && k < table->n_rows * table->dim; k++)
                rows[k] = start++;
        }
    }
}

static int setup(void **state)
{
    world *w = calloc(1, sizeof *w);
    rocket_error err = { 0 };

    w->folder = make_test_folder();
    snprintf(w->path, sizeof w->path, "%s/file.safetensors", w->folder.path);
    snprintf(w->vocabulary, sizeof w->vocabulary, "%s/users.txt", w->folder.path);
    ok(rk_file_write(w->vocabulary, "ann\nbob\nc d\n", 12, &err), &err);
    world_build(w, NULL, 0, 1);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;

    world_clear(w);
    remove_test_folder(w->folder);
    free(w);
    return 0;
}

static rk_bundle_source checkpoint_of(const world *w)
{
    return (rk_bundle_source){ .config = w->config,
                               .schema = w->schema,
                               .graph = w->model->graph,
                               .weights = w->weights,
                               .updater = w->updater,
                               .state = { .step = 12, .seed = UINT64_MAX, .batch_size = 8 } };
}

static void write_checkpoint(const world *w)
{
    rk_bundle_source source = checkpoint_of(w);
    rocket_error err = { 0 };

    ok(rk_bundle_write(w->path, &source, &err), &err);
}

static void write_model(const world *w)
{
    rk_bundle_source source = checkpoint_of(w);
    rocket_error err = { 0 };
    rk_graph *cut;

    ok(rk_graph_cut(&cut, w->model->graph, light_outputs, 2, &err), &err);
    source.graph = cut;
    source.updater = NULL;
    ok(rk_bundle_write(w->path, &source, &err), &err);
    rk_graph_free(cut);
}

static const float *variable(const rk_weights *weights, const char *name, size_t *n)
{
    int param = rk_graph_find_param(weights->graph, name), table = rk_graph_find_table(weights->graph, name);

    if (param >= 0) {
        *n = (size_t)rk_shape_size(&rk_graph_param_at(weights->graph, param)->shape);
        return weights->dense + rk_graph_param_at(weights->graph, param)->offset;
    }
    assert_true(table >= 0);
    *n = (size_t)(rk_graph_table_at(weights->graph, table)->n_rows * rk_graph_table_at(weights->graph, table)->dim);
    return weights->tables[table];
}

static void assert_same_variable(const rk_weights *a, const rk_weights *b, const char *name)
{
    size_t n, m;
    const float *left = variable(a, name, &n), *right = variable(b, name, &m);

    assert_int_equal(n, m);
    assert_memory_equal(left, right, n * sizeof *left);
}

/* All variables of b are those of a. */
static void assert_same_weights(const rk_weights *a, const rk_weights *b)
{
    for (int i = 0; i < rk_graph_n_params(b->graph); i++)
        assert_same_variable(a, b, rk_graph_param_at(b->graph, i)->name);
    for (int i = 0; i < rk_graph_n_tables(b->graph); i++)
        assert_same_variable(a, b, rk_graph_table_at(b->graph, i)->name);
}

static void assert_same_config(const rk_config *a, const rk_config *b)
{
    rk_buf left, right;

    rk_buf_init(&left, 0);
    rk_buf_init(&right, 0);
    rk_config_print(a, &left);
    rk_config_print(b, &right);
    assert_string_equal(left.data, right.data);
    rk_buf_clear(&left);
    rk_buf_clear(&right);
}

static void assert_same_vocabularies(const rk_vocabularies *a, const rk_vocabularies *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_string_equal(a->item[i].path, b->item[i].path);
        assert_int_equal(a->item[i].n, b->item[i].n);
        for (size_t j = 0; j < a->item[i].n; j++)
            assert_string_equal(a->item[i].words[j], b->item[i].words[j]);
    }
}

static void a_checkpoint_comes_back(void **state)
{
    world *w = *state;
    rk_bundle *bundle;
    rocket_error err = { 0 };

    write_checkpoint(w);
    unlink(w->vocabulary); /* the file carries the words */
    ok(rk_bundle_open(&bundle, w->path, NULL, 0, &err), &err);
    assert_true(bundle->is_checkpoint);
    assert_int_equal(bundle->state.step, 12);
    assert_int_equal(bundle->state.seed, UINT64_MAX);
    assert_int_equal(bundle->state.batch_size, 8);
    assert_int_equal(rk_graph_n_params(bundle->graph), rk_graph_n_params(w->model->graph));
    assert_int_equal(rk_graph_n_tables(bundle->graph), rk_graph_n_tables(w->model->graph));
    assert_same_weights(w->weights, bundle->weights);
    assert_same_config(w->config, bundle->config);
    assert_true(rk_schema_vocabularies(w->schema)->n > 0);
    assert_same_vocabularies(rk_schema_vocabularies(w->schema), &bundle->vocabularies);

    rk_schema *schema;
    rk_schema_options options = { .given = &bundle->vocabularies };
    ok(rk_schema_new(&schema, bundle->config, &options, &err), &err);
    assert_int_equal(rk_schema_feature(schema, 0)->n_buckets, rk_schema_feature(w->schema, 0)->n_buckets);
    rk_schema_free(schema);
    rk_bundle_close(bundle);
}

static void a_model_is_the_cut(void **state)
{
    world *w = *state;
    rk_bundle *model, *cut;
    rocket_error err = { 0 };

    write_model(w);
    ok(rk_bundle_open(&model, w->path, NULL, 0, &err), &err);
    assert_false(model->is_checkpoint);
    assert_int_equal(model->state.step, 12);
    assert_int_equal(rk_graph_n_outputs(model->graph), 2);
    assert_same_weights(w->weights, model->weights);
    assert_true(rk_graph_n_params(model->graph) < rk_graph_n_params(w->model->graph));
    for (int i = 0; i < rk_graph_n_params(model->graph); i++)
        assert_null(strstr(rk_graph_param_at(model->graph, i)->name, "booster"));

    write_checkpoint(w); /* cut while reading: the same */
    ok(rk_bundle_open(&cut, w->path, light_outputs, 2, &err), &err);
    assert_int_equal(rk_graph_n_params(cut->graph), rk_graph_n_params(model->graph));
    assert_int_equal(rk_graph_n_nodes(cut->graph), rk_graph_n_nodes(model->graph));
    assert_same_weights(model->weights, cut->weights);
    rk_bundle_close(model);
    rk_bundle_close(cut);
}

static void writing_replaces_or_leaves(void **state)
{
    world *w = *state;
    rk_bundle_source source = checkpoint_of(w);
    rk_buf before, after;
    rocket_error err = { 0 };

    write_checkpoint(w);
    rk_buf_init(&before, 0);
    rk_buf_init(&after, 0);
    ok(rk_file_read(&before, w->path, &err), &err);
    source.state.step = 13;
    rk_alloc_fail_at(5);
    assert_int_equal(rk_bundle_write(w->path, &source, &err), ROCKET_FAILED);
    rk_alloc_fail_at(0);
    rk_error_clear(&err);
    ok(rk_file_read(&after, w->path, &err), &err);
    assert_int_equal(before.size, after.size);
    assert_memory_equal(before.data, after.data, before.size);
    rk_buf_clear(&before);
    rk_buf_clear(&after);
}

static void resume_restores_weights_and_slots(void **state)
{
    world *w = *state, other = *w;
    rk_run_state found;
    rk_buf first, second;
    rocket_error err = { 0 };

    fill_slots(w, 1);
    write_checkpoint(w);
    world_build(&other, NULL, 0, 2); /* another seed: other weights */
    fill_slots(&other, 1000000);
    ok(rk_bundle_resume(&found, w->path, other.weights, other.updater, &err), &err);
    assert_int_equal(found.step, 12);
    assert_same_weights(w->weights, other.weights);
    rk_buf_init(&first, 0);
    rk_buf_init(&second, 0);
    ok(rk_file_read(&first, w->path, &err), &err);
    write_checkpoint(&other); /* slots have no names of their own in memory: compare the files */
    ok(rk_file_read(&second, w->path, &err), &err);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.data, second.data, first.size);
    rk_buf_clear(&first);
    rk_buf_clear(&second);
    world_clear(&other);
}

/* Refused with this status and this text, weights and state as they were. */
static void assert_resume_refused(const world *w, const char *const *overrides, size_t n, rocket_status expected,
                                  const char *text)
{
    world other = *w;
    rk_run_state found = { .step = 77 };
    rocket_error err = { 0 };

    world_build(&other, overrides, n, 2);
    size_t bytes = rk_graph_dense_size(other.model->graph) * sizeof(float);
    float *before = malloc(bytes);
    memcpy(before, other.weights->dense, bytes);
    assert_int_equal(rk_bundle_resume(&found, w->path, other.weights, other.updater, &err), expected);
    assert_non_null(strstr(err.text, w->path));
    if (strstr(err.text, text) == NULL)
        fail_msg("expected \"%s\" in: %s", text, err.text);
    assert_memory_equal(before, other.weights->dense, bytes);
    assert_int_equal(found.step, 77);
    free(before);
    world_clear(&other);
}

static void resume_refuses_what_does_not_fit(void **state)
{
    static const char *const wider[] = { "light_dnn.hidden_units=[7]" };
    static const char *const deeper[] = { "light_dnn.hidden_units=[3, 3]" };
    static const char *const rows[] = { "feature_config.features[city].vocab_list=['x', 'y', 'z']" };
    static const char *const optimizer[] = {
        "train_config.optimizer_config[0]={ lazy_adam_optimizer { learning_rate { constant_learning_rate { } } } }"
    };
    world *w = *state;

    write_checkpoint(w);
    assert_resume_refused(w, wider, 1, ROCKET_CONFIG, "\"light_dnn/dnn_0/kernel\" has another type or shape");
    assert_resume_refused(w, deeper, 1, ROCKET_CONFIG, "\"light_dnn/dnn_1/kernel\"");
    assert_resume_refused(w, rows, 1, ROCKET_CONFIG, "city_embedding");
    assert_resume_refused(w, optimizer, 1, ROCKET_CONFIG, "/Adam\"");
    write_model(w);
    assert_resume_refused(w, NULL, 0, ROCKET_CONFIG, "not a checkpoint");
    unlink(w->path);
    assert_resume_refused(w, NULL, 0, ROCKET_FAILED, "");
}

typedef struct change {
    const char *key, *value; /* of metadata; NULL: left out */
} change;

static const char *changed(const change *changes, size_t n_changes, const char *key, const char *value)
{
    for (size_t i = 0; i < n_changes; i++)
        if (strcmp(changes[i].key, key) == 0)
            return changes[i].value;
    return value;
}

/* The checkpoint with changed metadata, and its tensors but one (NULL: all). */
static void rewrite_all(const world *w, const change *changes, size_t n_changes, const char *drop)
{
    static const char *const keys[] = { "rocket.kind",       "rocket.version", "rocket.step",
                                        "rocket.seed",       "rocket.graph",   "rocket.vocabularies",
                                        "rocket.batch_size", "rocket.config",  "rocket.added" };
    char copy[160];
    rk_tensor_writer *writer = rk_tensor_writer_new();
    rk_tensor_file *file;
    rocket_error err = { 0 };

    write_checkpoint(w);
    ok(rk_tensor_file_open(&file, w->path, true, &err), &err);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *text = changed(changes, n_changes, keys[i], rk_tensor_file_meta(file, keys[i], NULL));
        if (text != NULL)
            rk_tensor_writer_meta(writer, keys[i], text, strlen(text));
    }
    for (size_t i = 0; i < rk_tensor_file_size(file); i++)
        if (drop == NULL || strcmp(rk_tensor_file_at(file, i)->name, drop) != 0)
            rk_tensor_writer_add(writer, rk_tensor_file_at(file, i));
    rk_tensor_info added = { .name = "added", .type = RK_U8, .rank = 1, .dims = { 3 }, .data = "abc", .bytes = 3 };
    if (changed(changes, n_changes, "rocket.added", NULL))
        rk_tensor_writer_add(writer, &added);
    snprintf(copy, sizeof copy, "%s.copy", w->path);
    ok(rk_tensor_writer_save(writer, copy, &err), &err);
    rk_tensor_writer_free(writer);
    rk_tensor_file_close(file);
    assert_int_equal(rename(copy, w->path), 0);
}

static void rewrite(const world *w, const char *key, const char *value, const char *drop)
{
    rewrite_all(w, &(change){ key, value }, 1, drop);
}

static void assert_open_refused(const world *w, const char *text)
{
    rk_bundle *bundle = (rk_bundle *)(uintptr_t)1;
    uint64_t live = rk_alloc_live_bytes();
    rocket_error err = { 0 };

    assert_int_equal(rk_bundle_open(&bundle, w->path, NULL, 0, &err), ROCKET_CORRUPT);
    assert_int_equal(err.status, ROCKET_CORRUPT);
    assert_ptr_equal(bundle, (void *)(uintptr_t)1);
    assert_int_equal(rk_alloc_live_bytes(), live);
    assert_non_null(strstr(err.text, w->path));
    if (strstr(err.text, text) == NULL)
        fail_msg("expected \"%s\" in: %s", text, err.text);
}

static void a_file_of_another_form_is_refused(void **state)
{
    static const struct {
        const char *key, *value, *text;
    } cases[] = {
        { "rocket.kind", NULL, "no rocket.kind" },
        { "rocket.kind", "modle", "rocket.kind is \"modle\"" },
        { "rocket.version", "3", "version \"3\"" },
        { "rocket.step", "-1", "rocket.step is not a number" },
        { "rocket.seed", NULL, "no rocket.seed" },
        { "rocket.batch_size", "8x", "rocket.batch_size is not a number" },
        { "rocket.config", NULL, "no rocket.config" },
        { "rocket.config", "model_config { nonsense: 1 }", "nonsense" },
        { "rocket.graph", "{", "rocket.graph" },
        { "rocket.graph", "[]", "graph" },
        { "rocket.graph", "{\"params\":[],\"tables\":[],\"nodes\":[],\"outputs\":[]}", "no nodes" },
        { "rocket.vocabularies", "{}", "rocket.vocabularies is not a list" },
        { "rocket.vocabularies", "[{\"path\":\"a\"}]", "rocket.vocabularies is malformed" },
        { "rocket.vocabularies", "[{\"path\":\"a\",\"words\":[1]}]", "rocket.vocabularies is malformed" },
        { "rocket.vocabularies", "[{\"path\":\"a\",\"words\":0}]", "the words of \"a\" are not 0 lines" },
        { "rocket.vocabularies", "[{\"path\":\"a\",\"words\":-1}]", "-1 words of \"a\"" },
        { "rocket.vocabularies", "[{\"path\":\"a\",\"words\":1000000}]", "1000000 words of \"a\"" },
    };
    world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rewrite(w, cases[i].key, cases[i].value, NULL);
        assert_open_refused(w, cases[i].text);
    }
    rewrite(w, "", NULL, "light_output/kernel");
    assert_open_refused(w, "no tensor \"light_output/kernel\"");
    rewrite(w, "", NULL, "input_layer/city_embedding/embedding_weights");
    assert_open_refused(w, "no tensor \"input_layer/city_embedding/embedding_weights\"");
}

/* Whatever else such a file has that is not known. */
static void a_file_of_the_future_is_refused_by_its_version(void **state)
{
    static const change changes[] = { { "rocket.version", "3" }, { "rocket.config", "model_config { nonsense: 1 }" } };

    rewrite_all(*state, changes, 2, NULL);
    assert_open_refused(*state, "version \"3\" is not known");
}

static void additions_are_left_alone(void **state)
{
    world *w = *state;
    rk_bundle *bundle;
    rocket_error err = { 0 };

    rewrite(w, "rocket.added", "metadata, and a tensor", NULL);
    ok(rk_bundle_open(&bundle, w->path, NULL, 0, &err), &err);
    rk_bundle_close(bundle);
}

/* A graph that asks for more than the file has is refused before memory is taken for it. */
static void a_huge_table_is_refused_at_once(void **state)
{
    world *w = *state;

    rewrite(
        w, "rocket.graph",
        "{\"params\":[],\"tables\":[{\"name\":\"t\",\"rows\":1000000000000,\"dim\":100}],\"nodes\":[{\"ids\":\"a\"},"
        "{\"op\":\"embedding\",\"name\":\"e\",\"inputs\":[0],\"table\":0,\"attrs\":{\"combiner\":0}}],\"outputs\":[]}",
        NULL);
    uint64_t peak = rk_alloc_peak_bytes();
    assert_open_refused(w, "");
    assert_true(rk_alloc_peak_bytes() < peak + (8 << 20));
}

static void a_flipped_bit_is_noticed(void **state)
{
    world *w = *state;
    rk_buf bytes;
    rocket_error err = { 0 };

    write_model(w);
    rk_buf_init(&bytes, 0);
    ok(rk_file_read(&bytes, w->path, &err), &err);
    for (size_t at = 0; at < bytes.size; at += 1 + bytes.size / 97) {
        bytes.data[at] ^= 4;
        ok(rk_file_write(w->path, bytes.data, bytes.size, &err), &err);
        assert_open_refused(w, "");
        bytes.data[at] ^= 4;
    }
    for (size_t n = 0; n < bytes.size; n += 1 + bytes.size / 31) {
        ok(rk_file_write(w->path, bytes.data, n, &err), &err);
        assert_open_refused(w, "");
    }
    rk_buf_clear(&bytes);
}

static void an_output_that_is_not_there_is_named(void **state)
{
    static const char *const outputs[] = { "logits_teacher" };
    world *w = *state;
    rk_bundle *bundle = NULL;
    rocket_error err = { 0 };

    write_checkpoint(w);
    assert_int_equal(rk_bundle_open(&bundle, w->path, outputs, 1, &err), ROCKET_CONFIG);
    assert_non_null(strstr(err.text, "logits_teacher"));
    assert_null(bundle);
}

/* Each allocation fails once: the call says so, and memory, file and outputs are as before. */
static rocket_status write_once(void *arg)
{
    rk_bundle_source source = checkpoint_of(arg);

    return rk_bundle_write(((world *)arg)->path, &source, NULL);
}

static rocket_status open_once(void *arg)
{
    rk_bundle *bundle = NULL;
    rocket_status status = rk_bundle_open(&bundle, ((world *)arg)->path, light_outputs, 2, NULL);

    assert_true((bundle != NULL) == (status == ROCKET_OK));
    rk_bundle_close(bundle);
    return status;
}

static rocket_status resume_once(void *arg)
{
    world *w = arg;
    rk_run_state found;

    return rk_bundle_resume(&found, w->path, w->weights, w->updater, NULL);
}

static void every_allocation_may_fail(void **state)
{
    assert_survives_failed_allocations(write_once, *state);
    assert_survives_failed_allocations(open_once, *state);
    assert_survives_failed_allocations(resume_once, *state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_checkpoint_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_model_is_the_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(writing_replaces_or_leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(resume_restores_weights_and_slots, setup, teardown),
        cmocka_unit_test_setup_teardown(resume_refuses_what_does_not_fit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_of_another_form_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_of_the_future_is_refused_by_its_version, setup, teardown),
        cmocka_unit_test_setup_teardown(additions_are_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_huge_table_is_refused_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_flipped_bit_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(an_output_that_is_not_there_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(every_allocation_may_fail, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
