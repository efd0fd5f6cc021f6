/* Making an rk_updater: which optimizer moves which variable, its slots, and the pieces that a step's work is cut into.
 *
 * Slots are laid out as the weights are, one slab and one block per table each, so that a checkpoint writes them as it
 * writes weights. Pieces depend on shapes only, never on the number of threads.
 */
#include <string.h>

#include "error.h"
#include "mem.h"
#include "resolve.h"
#include "updater_state.h"

int rk_updater_part(const rk_updater *updater, const char *name)
{
    bool embedding = !strncmp(name, "input_layer", strlen("input_layer")) || strstr(name, "/embedding_weights");

    return updater->n_parts == 1 || embedding ? 0 : 1;
}

/* Values of a slot of which the first batches touch a small part only: in large pages, the first step clears all. */
enum { SPARSE_FROM = 1 << 22 };

static size_t table_size(const rk_table *table)
{
    return (size_t)(table->n_rows * table->dim);
}

static void fill(float *values, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        values[i] = value;
}

static rocket_status slot_block(float **out, const rk_update_part *part, const rk_update_slot *slot, size_t n,
                                const char *what, rocket_error *err)
{
    bool filled = part->def->slot_init != NULL;

    *out = filled || n < SPARSE_FROM ? rk_alloc(n, sizeof **out) : rk_alloc_sparse(n, sizeof **out);
    RK_FAIL_IF(!*out, FAILED, err, "no memory for %s of %s (%zu values)", part->def->slots[slot->index], what, n);
    if (filled)
        fill(*out, n, part->def->slot_init(part->options, slot->index));
    return ROCKET_OK;
}

static bool part_has_params(const rk_updater *updater, int part)
{
    for (int i = 0; i < rk_graph_n_params(updater->graph); i++) {
        const rk_param *param = rk_graph_param_at(updater->graph, i);

        if (param->trainable && rk_updater_part(updater, param->name) == part)
            return true;
    }
    return false;
}

static rocket_status slot_new(rk_updater *updater, rk_update_slot *slot, rocket_error *err)
{
    const rk_graph *graph = updater->graph;
    const rk_update_part *part = &updater->parts[slot->part];
    int n_tables = rk_graph_n_tables(graph);

    slot->tables = rk_alloc((size_t)n_tables, sizeof *slot->tables);
    RK_FAIL_IF(!slot->tables, FAILED, err, "no memory for the slots of %d tables", n_tables);
    if (part_has_params(updater, slot->part))
        RK_TRY(slot_block(&slot->dense, part, slot, rk_graph_dense_size(graph), "the dense parameters", err));
    for (int i = 0; i < n_tables; i++) {
        const rk_table *table = rk_graph_table_at(graph, i);

        if (rk_updater_part(updater, table->name) == slot->part)
            RK_TRY(slot_block(&slot->tables[i], part, slot, table_size(table), table->name, err));
    }
    return ROCKET_OK;
}

static rocket_status slots_new(rk_updater *updater, rocket_error *err)
{
    for (int p = 0; p < updater->n_parts; p++) {
        updater->parts[p].first_slot = updater->n_slots;
        for (int i = 0; i < updater->parts[p].def->n_slots; i++) {
            rk_update_slot *slot = &updater->slots[updater->n_slots++];

            *slot = (rk_update_slot){ .part = p, .index = i };
            RK_TRY(slot_new(updater, slot, err));
        }
    }
    return ROCKET_OK;
}

/* Append [0, n) shifted by base in steps; pieces NULL: only count. */
static int cut(rk_piece *pieces, int at, rk_piece piece, int64_t n, int64_t step)
{
    int64_t base = piece.begin;

    for (int64_t i = 0; i < n; i += step, at++) {
        if (!pieces)
            continue;
        piece.begin = base + i;
        piece.end = base + (n - i < step ? n : i + step);
        pieces[at] = piece;
    }
    return at;
}

static int cut_params(const rk_updater *updater, rk_piece *pieces)
{
    int at = 0;

    for (int i = 0; i < rk_graph_n_params(updater->graph); i++) {
        const rk_param *param = rk_graph_param_at(updater->graph, i);
        rk_piece piece = { .kind = RK_PIECE_DENSE, .target = i, .begin = (int64_t)param->offset };

        piece.part = rk_updater_part(updater, param->name);
        if (param->trainable)
            at = cut(pieces, at, piece, rk_shape_size(&param->shape), RK_DENSE_PIECE);
    }
    return at;
}

static int cut_touched(const rk_updater *updater, rk_piece *pieces, int at)
{
    for (int i = 0; i < rk_graph_n_tables(updater->graph); i++) {
        rk_piece piece = { .kind = RK_PIECE_TOUCHED, .target = i, .part = updater->trails[i].part };

        at = cut(pieces, at, piece, RK_SPARSE_PIECES, 1);
    }
    return at;
}

static int cut_rest(const rk_updater *updater, rk_piece *pieces)
{
    int at = 0;

    for (int i = 0; i < rk_graph_n_tables(updater->graph); i++) {
        rk_piece piece = { .kind = RK_PIECE_REST, .target = i, .part = updater->trails[i].part };

        if (updater->trails[i].seen)
            at = cut(pieces, at, piece, rk_graph_table_at(updater->graph, i)->n_rows, RK_REST_PIECE);
    }
    return at;
}

static int count_lookups(const rk_graph *graph)
{
    int n = 0;

    for (int i = 0; i < rk_graph_n_nodes(graph); i++)
        n += rk_graph_node(graph, i)->table >= 0;
    return n;
}

static rocket_status trails_new(rk_updater *updater, rocket_error *err)
{
    int n_tables = rk_graph_n_tables(updater->graph);

    updater->trails = rk_alloc((size_t)n_tables, sizeof *updater->trails);
    RK_FAIL_IF(!updater->trails, FAILED, err, "no memory for the optimizer's plan");
    for (int i = 0; i < n_tables; i++) {
        const rk_table *table = rk_graph_table_at(updater->graph, i);
        rk_trail *trail = &updater->trails[i];

        trail->part = rk_updater_part(updater, table->name);
        if (!updater->parts[trail->part].def->coast)
            continue;
        trail->seen = rk_alloc((size_t)table->n_rows, sizeof *trail->seen);
        trail->steps = rk_alloc(RK_TRAIL, sizeof *trail->steps);
        RK_FAIL_IF(!trail->seen || !trail->steps, FAILED, err, "no memory for the optimizer's plan of %s", table->name);
        memset(trail->seen, 0xff, (size_t)table->n_rows * sizeof *trail->seen); /* slots are zero: RK_AT_REST */
    }
    updater->rest_known = true;
    return ROCKET_OK;
}

static rocket_status work_new(rk_updater *updater, rocket_error *err)
{
    size_t n_tables = (size_t)rk_graph_n_tables(updater->graph), n_sparse;

    updater->n_dense_pieces = cut_params(updater, NULL);
    updater->n_pieces = cut_touched(updater, NULL, updater->n_dense_pieces);
    updater->n_rest = cut_rest(updater, NULL);
    updater->max_sparse = count_lookups(updater->graph);
    n_sparse = (size_t)updater->max_sparse;
    updater->pieces = rk_alloc((size_t)updater->n_pieces, sizeof *updater->pieces);
    updater->rest = rk_alloc((size_t)updater->n_rest, sizeof *updater->rest);
    updater->partials = rk_alloc((size_t)updater->n_dense_pieces + n_sparse * RK_SPARSE_PIECES, sizeof(double));
    updater->collected = rk_alloc(n_sparse, sizeof *updater->collected);
    updater->cursors = rk_alloc(n_sparse, sizeof *updater->cursors);
    updater->merged = rk_alloc(n_tables, sizeof *updater->merged);
    updater->of_table = rk_alloc(n_tables, sizeof *updater->of_table);
    RK_FAIL_IF(!updater->pieces || !updater->rest || !updater->partials || !updater->collected || !updater->cursors ||
                   !updater->merged || !updater->of_table,
               FAILED, err, "no memory for the optimizer's plan");
    cut_touched(updater, updater->pieces, cut_params(updater, updater->pieces));
    cut_rest(updater, updater->rest);
    return ROCKET_OK;
}

static rocket_status check_config(const rk_config *config, rocket_error *err)
{
    rk_faults faults;
    rocket_status status;

    rk_faults_init(&faults);
    rk_updater_check(config, &faults);
    status = rk_faults_status(&faults, err);
    rk_faults_clear(&faults);
    return status;
}

static rocket_status build(rk_updater *updater, const Rocket__TrainConfig *train, rocket_error *err)
{
    const Rocket__Optimizer *first = train->optimizer_config[0];

    updater->n_parts = (int)train->n_optimizer_config;
    for (int i = 0; i < updater->n_parts; i++)
        updater->parts[i] = rk_update_part_of(train->optimizer_config[i]);
    updater->clip = train->gradient_clipping_by_norm;
    updater->multiplier = first->has_embedding_learning_rate_multiplier ? first->embedding_learning_rate_multiplier : 1;
    RK_TRY(slots_new(updater, err));
    RK_TRY(trails_new(updater, err));
    return work_new(updater, err);
}

rocket_status rk_updater_new(rk_updater **out, rk_weights *weights, const rk_config *config, rk_pool *pool,
                             rocket_error *err)
{
    rk_updater *updater;
    rocket_status status;

    RK_TRY(check_config(config, err));
    updater = rk_alloc(1, sizeof *updater);
    RK_FAIL_IF(!updater, FAILED, err, "no memory for the optimizer");
    updater->weights = weights;
    updater->graph = weights->graph;
    updater->pool = pool;
    updater->backend = rk_backend_best();
    status = build(updater, rk_config_view(config)->train, err);
    if (status == ROCKET_OK)
        *out = updater;
    else
        rk_updater_free(updater);
    return status;
}

void rk_updater_free(rk_updater *updater)
{
    int n_tables;

    if (!updater)
        return;
    n_tables = rk_graph_n_tables(updater->graph);
    for (int s = 0; s < updater->n_slots; s++) {
        for (int i = 0; updater->slots[s].tables && i < n_tables; i++)
            rk_free(updater->slots[s].tables[i]);
        rk_free(updater->slots[s].tables);
        rk_free(updater->slots[s].dense);
    }
    for (int i = 0; updater->merged && i < n_tables; i++) {
        rk_free(updater->merged[i].rows);
        rk_free(updater->merged[i].values);
    }
    for (int i = 0; updater->trails && i < n_tables; i++) {
        rk_free(updater->trails[i].steps);
        rk_free(updater->trails[i].seen);
    }
    rk_free(updater->trails);
    rk_free(updater->rest);
    rk_free(updater->of_table);
    rk_free(updater->merged);
    rk_free(updater->cursors);
    rk_free(updater->collected);
    rk_free(updater->partials);
    rk_free(updater->pieces);
    rk_free(updater);
}

double rk_updater_rate(const rk_updater *updater, uint64_t step)
{
    return updater->parts[0].schedule->rate(updater->parts[0].schedule_options, step);
}

int rk_updater_n_slots(const rk_updater *updater)
{
    return updater->n_slots;
}

const char *rk_updater_slot_name(const rk_updater *updater, int slot)
{
    return updater->parts[updater->slots[slot].part].def->slots[updater->slots[slot].index];
}

float *rk_updater_slot_dense(rk_updater *updater, int slot)
{
    return updater->slots[slot].dense;
}

const float *rk_updater_slot_rows(rk_updater *updater, int slot, int table)
{
    rk_updater_settle(updater);
    return updater->slots[slot].tables[table];
}

float *rk_updater_slot_table(rk_updater *updater, int slot, int table)
{
    rk_updater_settle(updater);
    updater->rest_known = false; /* the caller may write */
    return updater->slots[slot].tables[table];
}

bool rk_updater_slot_has_param(const rk_updater *updater, int slot, int param)
{
    const rk_param *p = rk_graph_param_at(updater->graph, param);

    return p->trainable && rk_updater_part(updater, p->name) == updater->slots[slot].part;
}
