/* A model file with a feature of every kind, some of the user, some of a candidate, some of both, and rows for it: what
 * the tests and the fuzzer of scoring share. Values are missing, unseen, empty lists and long ones.
 *
 * Needs no test library: what goes wrong here ends the program.
 */
#ifndef RK_SCORE_WORLD_H
#define RK_SCORE_WORLD_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "bundle.h"
#include "exec.h"
#include "model.h"
#include "quantize.h"
#include "rng.h"
#include "rocket/score.h"

static const char score_world_config[] =
    "data_config { batch_size: 64 label_fields: 'clk' input_type: CSVInput separator: ';' "
    "input_fields { input_name: 'clk' input_type: INT32 } "
    "input_fields { input_name: 'user' input_type: STRING } "
    "input_fields { input_name: 'item' input_type: STRING } "
    "input_fields { input_name: 'age' input_type: INT32 default_val: '30' } "
    "input_fields { input_name: 'tastes' input_type: STRING } "
    "input_fields { input_name: 'history' input_type: STRING } "
    "input_fields { input_name: 'city' input_type: STRING default_val: 'x' } "
    "input_fields { input_name: 'tags' input_type: STRING } "
    "input_fields { input_name: 'tag_weights' input_type: STRING } "
    "input_fields { input_name: 'price' input_type: FLOAT default_val: '1.5' } "
    "input_fields { input_name: 'vector' input_type: STRING } "
    "input_fields { input_name: 'unread' input_type: DOUBLE } } "
    "feature_config { "
    "features { input_names: 'user' feature_type: IdFeature hash_bucket_size: 100 embedding_dim: 4 } "
    "features { input_names: 'item' feature_type: IdFeature hash_bucket_size: 200 embedding_dim: 4 } "
    "features { input_names: 'age' feature_type: IdFeature num_buckets: 100 embedding_dim: 3 } "
    "features { input_names: 'tastes' feature_type: TagFeature separator: '|' hash_bucket_size: 50 embedding_dim: 4 "
    "           combiner: 'mean' } "
    "features { input_names: 'history' feature_type: TagFeature separator: '|' kv_separator: ':' hash_bucket_size: 60 "
    "           embedding_dim: 4 combiner: 'sqrtn' } "
    "features { input_names: 'city' feature_type: IdFeature vocab_list: ['x', 'y', 'z'] embedding_dim: 2 } "
    "features { input_names: ['tags', 'tag_weights'] feature_type: TagFeature separator: '|' hash_bucket_size: 70 "
    "           embedding_dim: 4 combiner: 'sum' } "
    "features { input_names: 'price' feature_type: RawFeature boundaries: [0, 1, 2.5] embedding_dim: 2 } "
    "features { feature_name: 'price_raw' input_names: 'price' feature_type: RawFeature min_val: -1 max_val: 3 } "
    "features { input_names: 'vector' feature_type: RawFeature raw_input_dim: 3 separator: ',' } "
    "features { feature_name: 'seen' input_names: ['item', 'history'] feature_type: LookupFeature separator: '|' "
    "           kv_separator: ':' hash_bucket_size: 40 embedding_dim: 4 lookup_max_sel_elem_num: 100 combiner: 'mean' "
    "} "
    "features { feature_name: 'pair' input_names: ['user', 'item'] feature_type: ComboFeature hash_bucket_size: 300 "
    "           embedding_dim: 4 } "
    "features { feature_name: 'ratio' input_names: ['price', 'age'] feature_type: ExprFeature "
    "           expression: 'price / (age + 10)' } } "
    "model_config { model_class: 'RocketLaunching' num_class: %d "
    "feature_groups { group_name: 'all' feature_names: ['user', 'item', 'age', 'tastes', 'history', 'city', 'tags', "
    "  'price', 'price_raw', 'vector', 'seen', 'pair', 'ratio'] wide_deep: DEEP } "
    "rocket_launching { share_dnn { hidden_units: [24, 16] } booster_dnn { hidden_units: [20] } "
    "light_dnn { hidden_units: [12] } } }";

enum { SCORE_WORLD_FIELDS = 12, SCORE_WORLD_USER_FIELDS = 4, SCORE_WORLD_ROW_BYTES = 4096 };
static const char *const score_world_user[SCORE_WORLD_USER_FIELDS] = { "user", "age", "tastes", "history" };

typedef struct score_world {
    rk_config *config;
    rk_schema *schema;
    rk_model *model;
    rk_weights *weights;
    rk_exec *exec;
    char path[64]; /* of the model file */
} score_world;

static inline void score_world_must(rocket_status status, const rocket_error *err)
{
    if (status == ROCKET_OK)
        return;
    fprintf(stderr, "%s\n", err->text);
    abort();
}

/* Weights as drawn, statistics of batch norms as of a run. */
static inline void score_world_draw(score_world *w)
{
    rk_weights_init(w->weights, 5, NULL);
    for (int i = 0; i < rk_graph_n_params(w->model->graph); i++) {
        const rk_param *param = rk_graph_param_at(w->model->graph, i);
        float *values = w->weights->dense + param->offset;

        for (int64_t k = 0; strstr(param->name, "moving_") && k < rk_shape_size(&param->shape); k++)
            values[k] = strstr(param->name, "variance") ? 0.2F + 0.1F * (float)k : 0.05F * (float)(k % 5);
    }
}

static inline void score_world_write(score_world *w, rocket_error *err)
{
    static const char *const outputs[] = { "logits_light", "probs_light" };
    rk_bundle_source source = { .config = w->config, .schema = w->schema, .weights = w->weights };
    rk_graph *cut;

    snprintf(w->path, sizeof w->path, "/tmp/rocket-model-XXXXXX");
    int fd = mkstemp(w->path);
    if (fd < 0)
        abort();
    close(fd);
    score_world_must(rk_graph_cut(&cut, w->model->graph, outputs, 2, err), err);
    source.graph = cut;
    score_world_must(rk_bundle_write(w->path, &source, err), err);
    rk_graph_free(cut);
}

static inline score_world score_world_make(int n_classes)
{
    char text[sizeof score_world_config + 16];
    score_world w = { 0 };
    rocket_error err = { 0 };
    rk_exec_options options = { .unfused = true }; /* every value is kept */

    snprintf(text, sizeof text, score_world_config, n_classes);
    rk_config_source source = { .name = "score.config", .text = text, .n = strlen(text) };
    score_world_must(rk_config_parse(&w.config, &source, NULL, &err), &err);
    score_world_must(rk_schema_new(&w.schema, w.config, &(rk_schema_options){ .labels = true }, &err), &err);
    score_world_must(rk_model_new(&w.model, w.config, w.schema, &err), &err);
    score_world_must(rk_weights_new(&w.weights, w.model->graph, &err), &err);
    score_world_draw(&w);
    score_world_must(rk_exec_new(&w.exec, w.model->graph, w.weights, &options, &err), &err);
    score_world_write(&w, &err);
    return w;
}

static inline void score_world_free(score_world *w)
{
    remove(w->path);
    rk_exec_free(w->exec);
    rk_weights_free(w->weights);
    rk_model_free(w->model);
    rk_schema_free(w->schema);
    rk_config_free(w->config);
}

static inline rocket_model *score_world_open(const score_world *w, bool with_user)
{
    rocket_open_options options = ROCKET_OPEN_OPTIONS_INIT;
    rocket_model *model;
    rocket_error err = { 0 };

    options.user_fields = score_world_user;
    options.n_user_fields = with_user ? SCORE_WORLD_USER_FIELDS : 0;
    score_world_must(rocket_model_open(&model, w->path, &options, &err), &err);
    return model;
}

/* ---- rows ---- */

/* n pieces between '|', each `letter` and a number, with ':' and a weight if there is one. */
static inline void score_world_list(rk_buf *out, rk_rng *rng, char letter, uint64_t n, bool weighted)
{
    for (uint64_t i = 0; i < n; i++) {
        rk_buf_printf(out, "%s%c%llu", i ? "|" : "", letter, (unsigned long long)rk_rng_below(rng, 90));
        if (weighted)
            rk_buf_printf(out, ":%d", (int)rk_rng_below(rng, 9) - 2);
    }
}

/* Empty, short, or long. */
static inline uint64_t score_world_length(rk_rng *rng)
{
    uint64_t kind = rk_rng_below(rng, 10);

    return kind == 0 ? 0 : kind == 1 ? 60 + rk_rng_below(rng, 60) : 1 + rk_rng_below(rng, 5);
}

static inline void score_world_value(rk_buf *out, rk_rng *rng, size_t field, uint64_t n_tags)
{
    static const char *const cities[] = { "x", "y", "z", "elsewhere" };

    switch (field) {
    case 1:
        rk_buf_printf(out, "u%llu", (unsigned long long)rk_rng_below(rng, 5000));
        break;
    case 2:
        rk_buf_printf(out, "i%llu", (unsigned long long)rk_rng_below(rng, 90));
        break;
    case 3:
        rk_buf_printf(out, "%d", (int)rk_rng_below(rng, 130) - 5);
        break;
    case 4:
        score_world_list(out, rng, 't', score_world_length(rng), false);
        break;
    case 5:
        score_world_list(out, rng, 'i', score_world_length(rng) % 80, true);
        break;
    case 6:
        rk_buf_puts(out, cities[rk_rng_below(rng, 4)]);
        break;
    case 7:
        score_world_list(out, rng, 'g', n_tags, false);
        break;
    case 8:
        for (uint64_t i = 0; i < n_tags; i++)
            rk_buf_printf(out, "%s%g", i ? "|" : "", (double)rk_rng_below(rng, 40) / 8 - 1);
        break;
    case 9:
        rk_buf_printf(out, "%g", (double)rk_rng_below(rng, 4000) / 1000 - 0.7);
        break;
    case 10:
        rk_buf_printf(out, "%g,%g,%g", (double)rk_rng_float(rng), (double)rk_rng_float(rng), -0.25);
        break;
    default:
        rk_buf_puts(out, "1");
    }
}

/* Texts of row `index` of the data, in the order of input_fields; they lie in out, which is cleared first. Of a row's
 * fields those that are the user's are the same for 50 rows. */
static inline void score_world_row(rk_text fields[SCORE_WORLD_FIELDS], rk_buf *out, uint64_t index)
{
    size_t ends[SCORE_WORLD_FIELDS + 1] = { 0 };

    rk_buf_reset(out);
    rk_rng candidate = rk_rng_at(7, RK_RNG_TEST, 1, index), user = rk_rng_at(7, RK_RNG_TEST, 2, index / 50);
    uint64_t n_tags = score_world_length(&candidate);
    for (size_t i = 0; i < SCORE_WORLD_FIELDS; i++) {
        rk_rng *rng = i == 1 || (i >= 3 && i <= 5) ? &user : &candidate;

        if (rk_rng_below(rng, 12) > 0 || i == 7 || i == 8) /* tags and their weights go together */
            score_world_value(out, rng, i, n_tags);
        ends[i + 1] = out->size;
    }
    rk_buf_puts(out, "");
    for (size_t i = 0; i < SCORE_WORLD_FIELDS; i++)
        fields[i] = (rk_text){ out->data + ends[i], ends[i + 1] - ends[i] };
}

/* ---- 8 bits ---- */

enum { SCORE_WORLD_RANGE_ROWS = 1000 };

/* The training graph's forward pass over the first rows. */
static inline void score_world_run(const score_world *w, rk_batch *batch)
{
    rk_text fields[SCORE_WORLD_FIELDS];
    rocket_error err = { 0 };
    rk_buf text;

    rk_buf_init(&text, 0);
    for (uint64_t r = 0; r < SCORE_WORLD_RANGE_ROWS; r++) {
        score_world_row(fields, &text, r);
        score_world_must(rk_schema_append(w->schema, batch, fields, NULL, &err), &err);
    }
    rk_buf_clear(&text);
    for (size_t i = 0; i < rk_schema_n_features(w->schema); i++)
        if (w->model->column_nodes[i] >= 0)
            rk_exec_feed(w->exec, w->model->column_nodes[i], &batch->columns[i]);
    score_world_must(rk_exec_forward(w->exec, SCORE_WORLD_RANGE_ROWS, false, 0, &err), &err);
}

static inline void score_world_range(rk_range *out, const score_world *w, int node, rk_arena *arena)
{
    int64_t width = rk_shape_size(&rk_graph_node(w->model->graph, node)->shape), ld;
    const float *values = rk_exec_value(w->exec, node, &ld);

    out->least = rk_arena_alloc(arena, (size_t)width, sizeof *out->least);
    out->greatest = rk_arena_alloc(arena, (size_t)width, sizeof *out->greatest);
    for (int64_t r = 0; r < SCORE_WORLD_RANGE_ROWS; r++)
        for (int64_t c = 0; c < width; c++) {
            out->least[c] = fminf(out->least[c], values[r * ld + c]);
            out->greatest[c] = fmaxf(out->greatest[c], values[r * ld + c]);
        }
}

/* The model file again, with weights of 8 bits; those of the training graph are rounded likewise. */
static inline void score_world_quantize(score_world *w)
{
    const rk_graph *graph = w->model->graph;
    rk_batch *batch = rk_batch_new(w->schema);
    rocket_error err = { 0 };
    rk_arena arena;

    rk_arena_init(&arena, 0);
    rk_range *ranges = rk_arena_alloc(&arena, (size_t)rk_graph_n_nodes(graph), sizeof *ranges);
    score_world_run(w, batch);
    for (int id = 0; id < rk_graph_n_nodes(graph); id++)
        if (rk_quantize_takes(graph, rk_graph_node(graph, id)))
            score_world_range(&ranges[rk_graph_node(graph, id)->inputs[0]], w, rk_graph_node(graph, id)->inputs[0],
                              &arena);
    remove(w->path);
    score_world_must(rk_weights_quantize(w->weights, ranges, &err), &err);
    score_world_write(w, &err);
    rk_arena_clear(&arena);
    rk_batch_free(batch);
}

/* ---- a model's fields ---- */

/* Index of the config's field that the i-th of a part is. */
static inline size_t score_world_field(const score_world *w, const rocket_model *model, rocket_part part, size_t i)
{
    return rk_field_find(rk_config_view(w->config), rocket_model_field(model, part, i)->name);
}

#endif
