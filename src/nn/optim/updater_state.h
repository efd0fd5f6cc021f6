/* The inside of rk_updater, shared by updater.c (making), updater_check.c (config), updater_step.c and
 * updater_sweep.c (moving). */
#ifndef RK_UPDATER_STATE_H
#define RK_UPDATER_STATE_H

#include "optimizer.h"

enum {
    RK_UPDATE_PARTS = 2,      /* optimizers at most: embedding variables, the rest */
    RK_SPARSE_PIECES = 8,     /* into which the rows of one sparse gradient are cut */
    RK_DENSE_PIECE = 1 << 14, /* values of a parameter per piece */
    RK_SWEEP_PIECE = 1 << 16, /* values of a table per piece, where every row moves; rounded up to whole words */
    RK_AWAKE_BITS = 64        /* rows per word of rk_updater.awake */
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
typedef enum rk_piece_kind { RK_PIECE_DENSE, RK_PIECE_TOUCHED, RK_PIECE_SWEEP } rk_piece_kind;

typedef struct rk_piece {
    rk_piece_kind kind;
    int target, part;   /* parameter or table; who moves it */
    int64_t begin, end; /* DENSE: offsets in the slab; TOUCHED: begin is which eighth; SWEEP: rows */
} rk_piece;

struct rk_updater {
    rk_weights *weights;
    const rk_graph *graph;
    rk_pool *pool;
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

    uint64_t **awake; /* [n_tables] a bit per row where every row moves: some slot of it is not zero; else NULL */
    bool awake_known; /* awake holds; false once somebody may have written into the slots */

    const rk_gradients *gradients; /* of the running step */
    float scale;                   /* by clipping */
};

/* The entry of config (checked before) as a part. */
rk_update_part rk_update_part_of(const Rocket__Optimizer *entry);

/* Which part moves a variable of this name. */
int rk_updater_part(const rk_updater *updater, const char *name);

/* Move n values from offset on; g NULL: they have no gradient. */
void rk_updater_move(const rk_updater *updater, rk_update_target to, int64_t offset, int64_t n, float *g);

/* Move the rows of a SWEEP piece. */
void rk_updater_sweep(const rk_updater *updater, const rk_piece *piece);

#endif
