/* See carry_on.h. The old run's features are opened again from the config and the words in its checkpoint, so that both
 * sides say themselves what their rows mean. */
#include "carry_on.h"

#include <string.h>

#include "buckets.h"
#include "error.h"
#include "log.h"
#include "map.h"
#include "mem.h"

typedef struct carrying {
    const rk_tensor_file *file;
    const rk_schema *old_schema, *schema;
    rk_weights *weights;
    rk_updater *updater;
    rk_arena names;
} carrying;

/* ---- what rows mean ---- */

/* The feature that reads a table; light nets may have tables of their own under a prefix. NULL: none. */
static const rk_feature *reader_of(const rk_schema *schema, const char *table)
{
    size_t n = strlen(table);

    for (size_t i = 0; i < rk_schema_n_features(schema); i++) {
        const rk_feature *feature = rk_schema_feature(schema, i);
        size_t m = feature->table_name ? strlen(feature->table_name) : 0;

        if (m > 0 && m <= n && strcmp(table + n - m, feature->table_name) == 0)
            return feature;
    }
    return NULL;
}

typedef struct words {
    const char *const *item;
    size_t n; /* 0: rows are not words */
} words;

static words words_of(const rk_schema *schema, const rk_feature *feature)
{
    const Rocket__FeatureConfig *config = feature->config;
    const rk_vocabularies *all = rk_schema_vocabularies(schema);

    if (rk_buckets_kind(config) != RK_BUCKETS_WORDS)
        return (words){ NULL, 0 };
    if (config->n_vocab_list > 0)
        return (words){ (const char *const *)config->vocab_list, config->n_vocab_list };
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->item[i].path, config->vocab_file) == 0)
            return (words){ all->item[i].words, all->item[i].n };
    return (words){ NULL, 0 };
}

static bool rows_are_numbers(const rk_feature *feature)
{
    return rk_buckets_kind(feature->config) == RK_BUCKETS_NUMBER && feature->config->n_boundaries == 0 &&
           (int64_t)feature->config->num_buckets == feature->n_buckets;
}

/* ---- rows of a table ---- */

/* from[row] = the old row of the same word, or -1; *n_old: how many there are. */
static rocket_status match_words(int64_t *from, words now, words old, size_t *n_old, rocket_error *err)
{
    rk_map *rows = rk_map_new();
    bool ok = rows != NULL;

    for (size_t i = 0; ok && i < old.n; i++)
        ok = rk_map_put(rows, old.item[i], strlen(old.item[i]), (int64_t)i, NULL);
    *n_old = 0;
    for (size_t i = 0; ok && i < now.n; i++) {
        from[i] = rk_map_get(rows, now.item[i], strlen(now.item[i]));
        *n_old += from[i] >= 0;
    }
    rk_map_free(rows);
    RK_FAIL_IF(!ok, FAILED, err, "out of memory");
    return ROCKET_OK;
}

static rocket_status match_rows(int64_t *from, const carrying *c, const rk_table *table, int64_t old_rows,
                                rocket_error *err)
{
    const rk_feature *now = reader_of(c->schema, table->name), *old = reader_of(c->old_schema, table->name);
    words new_words = now ? words_of(c->schema, now) : (words){ NULL, 0 };
    words old_words = old ? words_of(c->old_schema, old) : (words){ NULL, 0 };
    size_t n_old;

    RK_FAIL_IF(!new_words.n != !old_words.n, CONFIG, err,
               "table \"%s\" has a vocabulary in one of the runs only: its rows mean something else", table->name);
    if (new_words.n == (size_t)table->n_rows && old_words.n == (size_t)old_rows) {
        RK_TRY(match_words(from, new_words, old_words, &n_old, err));
        if (n_old < new_words.n || n_old < old_words.n)
            rk_log(RK_LOG_INFO, "%s: %zu words are new, %zu are gone", table->name, new_words.n - n_old,
                   old_words.n - n_old);
        return ROCKET_OK;
    }
    bool grown = now && old && rows_are_numbers(now) && rows_are_numbers(old) && table->n_rows > old_rows;
    RK_FAIL_IF(table->n_rows != old_rows && !grown, CONFIG, err,
               "table \"%s\" had %lld rows and is to have %lld: only vocabularies and num_buckets can grow",
               table->name, (long long)old_rows, (long long)table->n_rows);
    for (int64_t i = 0; i < table->n_rows; i++)
        from[i] = i < old_rows ? i : -1;
    return ROCKET_OK;
}

/* ---- variables ---- */

static rocket_status find(const rk_tensor_info **out, carrying *c, const char *variable, const char *slot,
                          rocket_error *err)
{
    const char *name = slot ? rk_arena_printf(&c->names, "%s/%s", variable, slot) : variable;

    RK_FAIL_IF(name == NULL, FAILED, err, "out of memory");
    *out = rk_tensor_file_find(c->file, name);
    RK_FAIL_IF(*out == NULL || (*out)->type != RK_F32, CONFIG, err,
               "the old run has no \"%s\": it is of another model or optimizer than the config", name);
    return ROCKET_OK;
}

static rocket_status carry_param(carrying *c, const rk_param *param, float *to, const char *slot, rocket_error *err)
{
    const rk_tensor_info *from;

    RK_TRY(find(&from, c, param->name, slot, err));
    bool same = from->rank == param->shape.rank;
    for (int i = 0; same && i < from->rank; i++)
        same = from->dims[i] == param->shape.dims[i];
    RK_FAIL_IF(!same, CONFIG, err, "variable \"%s\" had another shape in the old run", param->name);
    if (from->bytes > 0)
        memcpy(to, from->data, from->bytes);
    return ROCKET_OK;
}

static rocket_status carry_rows(carrying *c, const rk_table *table, const int64_t *rows, float *to, const char *slot,
                                rocket_error *err)
{
    const rk_tensor_info *from;
    size_t width = (size_t)table->dim * sizeof *to;

    RK_TRY(find(&from, c, table->name, slot, err));
    const char *data = from->data;
    for (int64_t i = 0; i < table->n_rows; i++)
        if (rows[i] >= 0)
            memcpy(to + i * table->dim, data + (size_t)rows[i] * width, width);
    return ROCKET_OK;
}

static rocket_status carry_table(carrying *c, int id, int64_t *rows, rocket_error *err)
{
    const rk_table *table = rk_graph_table_at(c->weights->graph, id);
    const rk_tensor_info *from;

    RK_TRY(find(&from, c, table->name, NULL, err));
    RK_FAIL_IF(from->rank != 2 || from->dims[1] != table->dim, CONFIG, err,
               "table \"%s\" had another embedding_dim in the old run", table->name);
    RK_TRY(match_rows(rows, c, table, from->dims[0], err));
    RK_TRY(carry_rows(c, table, rows, c->weights->tables[id], NULL, err));
    for (int slot = 0; slot < rk_updater_n_slots(c->updater); slot++) {
        float *to = rk_updater_slot_table(c->updater, slot, id);
        if (to != NULL)
            RK_TRY(carry_rows(c, table, rows, to, rk_updater_slot_name(c->updater, slot), err));
    }
    return ROCKET_OK;
}

static rocket_status carry_params(carrying *c, rocket_error *err)
{
    const rk_graph *graph = c->weights->graph;

    for (int i = 0; i < rk_graph_n_params(graph); i++) {
        const rk_param *param = rk_graph_param_at(graph, i);

        RK_TRY(carry_param(c, param, c->weights->dense + param->offset, NULL, err));
        for (int slot = 0; slot < rk_updater_n_slots(c->updater); slot++)
            if (rk_updater_slot_has_param(c->updater, slot, i))
                RK_TRY(carry_param(c, param, rk_updater_slot_dense(c->updater, slot) + param->offset,
                                   rk_updater_slot_name(c->updater, slot), err));
    }
    return ROCKET_OK;
}

static rocket_status carry_all(carrying *c, rocket_error *err)
{
    const rk_graph *graph = c->weights->graph;
    int64_t most = 1;

    RK_TRY(carry_params(c, err));
    for (int i = 0; i < rk_graph_n_tables(graph); i++)
        most = rk_graph_table_at(graph, i)->n_rows > most ? rk_graph_table_at(graph, i)->n_rows : most;
    int64_t *rows = rk_alloc((size_t)most, sizeof *rows);
    rocket_status status = rows ? ROCKET_OK : rk_fail(err, ROCKET_FAILED, "out of memory");
    for (int i = 0; status == ROCKET_OK && i < rk_graph_n_tables(graph); i++)
        status = carry_table(c, i, rows, err);
    rk_free(rows);
    return status;
}

static rocket_status carry_from(carrying *c, const rk_bundle *old, rocket_error *err)
{
    rk_schema_options scoring = { .given = &old->vocabularies };
    rk_schema *schema;

    RK_FAIL_IF(!old->is_checkpoint, CONFIG, err, "this is a model, not a checkpoint: training cannot go on from it");
    RK_TRY(rk_schema_new(&schema, old->config, &scoring, err));
    c->old_schema = schema;
    rocket_status status = carry_all(c, err);
    rk_schema_free(schema);
    return status;
}

rocket_status rk_carry_on(rk_run_state *state, const char *path, const rk_schema *schema, rk_weights *weights,
                          rk_updater *updater, rocket_error *err)
{
    carrying c = { .schema = schema, .weights = weights, .updater = updater };
    rk_tensor_file *file;
    rk_bundle *old = NULL;

    RK_TRY(rk_tensor_file_open(&file, path, true, err));
    rocket_status status = rk_bundle_read(&old, file, path, NULL, 0, err);
    if (status == ROCKET_OK) {
        c.file = file;
        rk_arena_init(&c.names, 0);
        status = carry_from(&c, old, err);
        rk_arena_clear(&c.names);
        if (status == ROCKET_OK)
            *state = old->state;
        else
            rk_error_prefix(err, "%s", path);
    }
    rk_bundle_close(old);
    rk_tensor_file_close(file);
    return status;
}
