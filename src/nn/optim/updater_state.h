/* The inside of rk_updater, shared by updater.c (making), updater_check.c (config), updater_step.c and
 * updater_rest.c (moving). */
#ifndef RK_UPDATER_STATE_H
#define RK_UPDATER_STATE_H

#include "optimizer.h"
#include "prefetch.h"

enum {
    RK_UPDATE_PARTS = 2,      /* optimizers at most: embedding variables, the rest */
    RK_SPARSE_PIECES = 8,     /* into which the rows of one sparse gradient are cut */
    RK_DENSE_PIECE = 1 << 14, /* values of a parameter per piece */
    RK_REST_PIECE = 1 << 12,  /* rows of a table per piece, where all of them catch up */
    RK_TRAIL = 512,           /* steps that a row may be behind */
    RK_AT_REST = UINT16_MAX   /* of rk_trail.seen: the row's slots are all zero */
};

/* One optimizer_config entry. */
typedef struct rk_update_part {
    const rk_optimizer_def *def;
    const ProtobufCMessage *options;
    const rk_schedule_def *schedule;
    const ProtobufCMessage *schedule_options;
    int first_slot; /* of rk_updater.slots */
    rk_hyper hyper; /* of the running step */
} rk_update_part;

typedef struct rk_update_slot {
    int part, index; /* index: of def->slots */
    float *dense;    /* [rk_graph_dense_size] f32, or NULL */
    float **tables;  /* [n_tables] of [V, D] f32 or NULL */
} rk_update_slot;

/* What one call of an optimizer moves: values of a table or (-1) of the dense slab. */
typedef struct rk_update_target {
    int part, table;
} rk_update_target;

/* A unit of work: a range of a parameter, an eighth of the touched rows of a table, or a range of all its rows. */
typedef enum rk_piece_kind { RK_PIECE_DENSE, RK_PIECE_TOUCHED, RK_PIECE_REST } rk_piece_kind;

typedef struct rk_piece {
    rk_piece_kind kind;
    int target, part;   /* parameter or table; who moves it */
    int64_t begin, end; /* DENSE: offsets in the slab; TOUCHED: begin is which eighth; REST: rows */
} rk_piece;

/* The steps of a table since all of its rows were at the same. */
typedef struct rk_trail {
    int part;        /* who moves the table */
    rk_hyper *steps; /* [RK_TRAIL], n of them are there; NULL as seen */
    int n;
    rk_hyper peak;  /* as rk_coasting has it */
    uint16_t *seen; /* [V] how many steps the row has been through, or RK_AT_REST; NULL: rows without a gradient stay */
} rk_trail;

struct rk_updater {
    rk_weights *weights;
    const rk_graph *graph;
    rk_pool *pool;
    const rk_backend *backend;
    rk_update_part parts[RK_UPDATE_PARTS];
    int n_parts;
    rk_update_slot slots[RK_UPDATE_PARTS * RK_MAX_SLOTS];
    int n_slots;
    double clip;      /* 0: never */
    float multiplier; /* of gradients of tables */

    rk_piece *pieces; /* those of parameters first */
    int n_pieces, n_dense_pieces;
    int max_sparse;
    double *partials;      /* [n_dense_pieces + max_sparse * RK_SPARSE_PIECES] sums of squares */
    rk_sparse **collected; /* [max_sparse] the gradients of an rk_exec */
    int64_t *cursors;      /* [max_sparse] while merging */
    rk_sparse *merged;     /* [n_tables] sums over the nodes that share a table */
    rk_sparse **of_table;  /* [n_tables] the gradient of the running step; NULL: none */

    rk_trail *trails; /* [n_tables] */
    rk_piece *rest;   /* [n_rest] of the tables with a trail */
    int n_rest;
    bool rest_known;           /* who is at rest; false once somebody may have written into the slots */
    rk_sparse *const *reading; /* [n_reading] rows that the running forward pass reads */
    int n_reading;

    const rk_gradients *gradients; /* of the running step */
    float scale;                   /* by clipping */
};

/* The entry of config (checked before) as a part. */
rk_update_part rk_update_part_of(const Rocket__Optimizer *entry);

/* Which part moves a variable of this name. */
int rk_updater_part(const rk_updater *updater, const char *name);

void rk_updater_run_pieces(rk_updater *updater, int n, void (*fn)(void *arg, int piece, int thread));

/* A run that begins at the first value of a target, and the n values from offset on of that. */
rk_update_run rk_updater_run_of(const rk_updater *updater, rk_update_target target);

static inline rk_update_run rk_updater_run_at(const rk_update_run *whole, int64_t offset, int64_t n)
{
    rk_update_run run = { .w = whole->w + offset, .n = n, .hyper = whole->hyper };

    for (int i = 0; i < RK_MAX_SLOTS; i++)
        run.slots[i] = whole->slots[i] ? whole->slots[i] + offset : NULL;
    return run;
}

/* Ask for the memory of n values of a table, and of their slots. */
RK_PREFETCHING void rk_updater_fetch(const rk_update_run *table, int64_t offset, int64_t n)
{
    enum { LINE = 16 };

    for (int64_t d = offset; d < offset + n; d += LINE) {
        __builtin_prefetch(table->w + d, 1);
        for (int i = 0; i < RK_MAX_SLOTS && table->slots[i]; i++)
            __builtin_prefetch(table->slots[i] + d, 1);
    }
}

/* Take a row of a table with a trail through the steps that it missed; table is its rk_updater_run_of. */
void rk_updater_catch_up(const rk_updater *updater, const rk_update_run *table, int t, int64_t row);

/* Who is at rest, if somebody may have written into the slots; before a step. */
void rk_updater_look_at_slots(rk_updater *updater);

/* The running step is one that the table takes. */
void rk_updater_extend_trail(rk_updater *updater, int t);

#endif
