/* Writing model files and checkpoints: see bundle.h. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "bf16.h"
#include "bundle.h"
#include "error.h"
#include "int8_tensors.h"
#include "number.h"
#include "words.h"

typedef struct writing {
    const rk_bundle_source *source;
    rk_tensor_writer *writer;
    rk_arena names; /* and the words of vocabularies, and values of 16 bits */
} writing;

/* A kernel or table of floats that bfloat16 holds exactly. */
static void halve(writing *w, rk_tensor_info *tensor, int64_t n)
{
    const float *values = tensor->data;
    uint16_t *halves = rk_arena_alloc(&w->names, (size_t)n, sizeof *halves);

    for (int64_t i = 0; halves && i < n; i++)
        halves[i] = rk_bf16(values[i]);
    tensor->type = RK_BF16;
    tensor->data = halves;
}

/* The values of a variable, or with a slot those of its slot. A name that cannot be made is remembered by the arena. */
static void add_tensor(writing *w, rk_tensor_info tensor, const char *slot)
{
    int64_t n = 1;

    for (int i = 0; i < tensor.rank; i++)
        n *= tensor.dims[i];
    if (w->source->weights->is_bf16 && tensor.rank == 2)
        halve(w, &tensor, n);
    tensor.bytes = (size_t)n * rk_dtype_bytes(tensor.type);
    if (slot != NULL)
        tensor.name = rk_arena_printf(&w->names, "%s/%s", tensor.name, slot);
    if (tensor.name != NULL)
        rk_tensor_writer_add(w->writer, &tensor);
}

static void add_param(writing *w, const rk_param *param, const float *values, const char *slot)
{
    rk_tensor_info tensor = { .name = param->name, .rank = param->shape.rank, .data = values };

    memcpy(tensor.dims, param->shape.dims, sizeof tensor.dims);
    add_tensor(w, tensor, slot);
}

static void add_table(writing *w, const rk_table *table, const float *values, const char *slot)
{
    add_tensor(
        w, (rk_tensor_info){ .name = table->name, .rank = 2, .dims = { table->n_rows, table->dim }, .data = values },
        slot);
}

/* The tensors of the graph; of a cut, the values are found by name in the graph that it was cut from. */
static void add_weights(writing *w)
{
    const rk_weights *weights = w->source->weights;
    const rk_graph *graph = w->source->graph, *owner = weights->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);
        int id = rk_graph_find_param(owner, param->name);
        const float *values = weights->dense + rk_graph_param_at(owner, id)->offset;

        if (weights->int8_kernels[id].w)
            rk_int8_kernel_write(w->writer, param, &weights->int8_kernels[id], &w->names);
        else
            add_param(w, param, values, NULL);
    }
    for (int i = 0; i < rk_graph_n_tables(graph); i++) {
        const rk_table *table = rk_graph_table_at(graph, i);
        int id = rk_graph_find_table(owner, table->name);

        if (weights->int8_tables[id].q)
            rk_int8_table_write(w->writer, table, &weights->int8_tables[id], &w->names);
        else
            add_table(w, table, weights->tables[id], NULL);
    }
}

static void add_slots(writing *w)
{
    const rk_graph *graph = w->source->graph;
    rk_updater *updater = w->source->updater;

    for (int s = 0; s < rk_updater_n_slots(updater); s++) {
        const char *slot = rk_updater_slot_name(updater, s);
        for (int i = 0; i < rk_graph_n_params(graph); i++) {
            const rk_param *param = rk_graph_param_at(graph, i);
            if (rk_updater_slot_has_param(updater, s, i))
                add_param(w, param, rk_updater_slot_dense(updater, s) + param->offset, slot);
        }
        for (int i = 0; i < rk_graph_n_tables(graph); i++) {
            const float *rows = rk_updater_slot_rows(updater, s, i);
            if (rows != NULL)
                add_table(w, rk_graph_table_at(graph, i), rows, slot);
        }
    }
}

static void add_number(writing *w, const char *key, uint64_t value)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%llu", (unsigned long long)value);

    rk_tensor_writer_meta(w->writer, key, text, (size_t)n);
}

static void add_best(writing *w)
{
    char text[RK_NUMBER_BYTES];
    size_t n = rk_format_double(text, w->source->state.best);

    rk_tensor_writer_meta(w->writer, "rocket.best", text, n);
    add_number(w, "rocket.best_step", w->source->state.best_step);
}

static rocket_status add_meta(writing *w, rocket_error *err)
{
    const rk_bundle_source *source = w->source;
    rk_buf text;
    const char *kind = source->updater != NULL ? "checkpoint" : "model";

    rk_tensor_writer_meta(w->writer, "rocket.kind", kind, strlen(kind));
    bool quantized = source->weights->is_bf16 || rk_weights_have_integers(source->weights);
    /* readers of version 1 know nothing of that */
    rk_tensor_writer_meta(w->writer, "rocket.version", quantized ? "2" : "1", 1);
    add_number(w, "rocket.step", source->state.step);
    if (source->updater != NULL) {
        add_number(w, "rocket.seed", source->state.seed);
        add_number(w, "rocket.batch_size", source->state.batch_size);
    }
    if (source->updater != NULL && source->state.shard.n > 0) {
        char shard[RK_SHARD_BYTES];

        rk_shard_print(shard, source->state.shard);
        rk_tensor_writer_meta(w->writer, "rocket.shard", shard, strlen(shard));
    }
    if (source->updater != NULL && source->state.first_step > 0)
        add_number(w, "rocket.first_step", source->state.first_step);
    if (source->updater != NULL && source->state.has_best)
        add_best(w);
    rk_buf_init(&text, 0);
    rk_config_print(source->config, &text);
    rk_tensor_writer_meta(w->writer, "rocket.config", text.data, text.size);
    rk_buf_reset(&text);
    rk_graph_write_json(source->graph, &text);
    rk_tensor_writer_meta(w->writer, "rocket.graph", text.data, text.size);
    bool failed = rk_buf_failed(&text);
    rk_buf_clear(&text);
    RK_FAIL_IF(failed, FAILED, err, "out of memory writing the header");
    return ROCKET_OK;
}

rocket_status rk_bundle_put(rk_atomic_file **out, const char *path, const rk_bundle_source *source, rocket_error *err)
{
    writing w = { .source = source, .writer = rk_tensor_writer_new() };
    RK_FAIL_IF(w.writer == NULL, FAILED, err, "%s: out of memory", path);

    rk_arena_init(&w.names, 0);
    rocket_status status = add_meta(&w, err);
    if (status == ROCKET_OK)
        status = rk_words_write(w.writer, rk_schema_vocabularies(source->schema), &w.names, err);
    add_weights(&w);
    if (source->updater != NULL)
        add_slots(&w);
    if (status == ROCKET_OK && rk_arena_failed(&w.names))
        status = rk_fail(err, ROCKET_FAILED, "out of memory");
    if (status == ROCKET_OK)
        status = rk_tensor_writer_put(out, w.writer, path, err);
    else
        rk_error_prefix(err, "%s", path);
    rk_tensor_writer_free(w.writer);
    rk_arena_clear(&w.names);
    return status;
}

rocket_status rk_bundle_write(const char *path, const rk_bundle_source *source, rocket_error *err)
{
    rk_atomic_file *file;

    RK_TRY(rk_bundle_put(&file, path, source, err));
    return rk_atomic_commit(file, err);
}
