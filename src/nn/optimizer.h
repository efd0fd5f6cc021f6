/* Optimizers: one file per optimizer and one line in optimizers.def. The loops over slabs, tables and rows are in
 * updater.c; an optimizer knows only how a run of values moves.
 *
 * `name` is the field of message Optimizer that selects it. Formulas are upstream's (easyrec.md 4.1). A run's result
 * depends on each value alone, never on where a run begins or ends: that is what makes the bits independent of threads.
 */
#ifndef RK_OPTIMIZER_H
#define RK_OPTIMIZER_H

#include "config.h"
#include "exec.h"

enum { RK_MAX_SLOTS = 3, RK_MAX_COEFFICIENTS = 4 };

/* Numbers of one step, the same for every value. */
typedef struct rk_hyper {
    double rate;                   /* learning rate of this step */
    double c[RK_MAX_COEFFICIENTS]; /* meaning: the optimizer's prepare */
} rk_hyper;

typedef struct rk_update_run {
    float *w;                   /* [n] f32 */
    const float *g;             /* [n] f32 */
    float *slots[RK_MAX_SLOTS]; /* [n] f32 each */
    int64_t n;
    const rk_hyper *hyper;
} rk_update_run;

/* Rows of a table that move, each once. */
typedef struct rk_update_rows {
    rk_update_run table; /* [V, dim] from its first row on; g: [n, dim] f32, of the rows in their order */
    const int64_t *rows; /* [n] ascending */
    int64_t n, dim;
} rk_update_rows;

/* Consecutive steps, oldest first. */
typedef struct rk_coasting {
    const rk_hyper *steps; /* [n] */
    int n;
    rk_hyper peak; /* no number of a step is greater than its own here */
} rk_coasting;

typedef struct rk_optimizer_def {
    const char *name; /* "adam_optimizer" */
    const char *doc;
    int n_slots;
    const char *slots[RK_MAX_SLOTS]; /* upstream's names: "Adam", "Adam_1"; unique within the optimizer */

    /* Check the options (the message in the oneof); faults go to faults. NULL: nothing to check. */
    void (*check)(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults);
    float (*slot_init)(const ProtobufCMessage *options, int slot); /* NULL: 0 */
    /* Fill hyper->c for the update that turns step into step + 1 (step counts from 0); rate is set. NULL: nothing. */
    void (*prepare)(rk_hyper *hyper, const ProtobufCMessage *options, uint64_t step);
    void (*update)(const rk_update_run *run);
    void (*update_rows)(const rk_update_rows *rows); /* the same bits as row by row, sooner. NULL: row by row */
    /* What steps without a gradient do to rows of a table (upstream's Adam moves them too): the same bits however the
     * steps are cut into calls. A run whose slots are all zero must stay as it is, for it is not visited. run->g and
     * run->hyper are not looked at. NULL: such rows stay. */
    void (*coast)(const rk_update_run *run, const rk_coasting *steps);
} rk_optimizer_def;

extern const rk_optimizer_def *const rk_optimizers[]; /* ends with NULL */
const rk_optimizer_def *rk_optimizer_find(const char *name);

/* Learning-rate schedules: one file each, one line in schedules.def. `name` is the field of message LearningRate. */
typedef struct rk_schedule_def {
    const char *name;
    const char *doc;
    /* Faults of the options go to faults; those that pass have a finite rate >= 0 at every step. */
    void (*check)(const rk_config *config, const ProtobufCMessage *options, rk_faults *faults);
    double (*rate)(const ProtobufCMessage *options, uint64_t step); /* step before the update, from 0 */
} rk_schedule_def;

extern const rk_schedule_def *const rk_schedules[]; /* ends with NULL */
const rk_schedule_def *rk_schedule_find(const char *name);

/* An optimizer with its options, its schedule and its slots for every value of a model.
 *
 * With two optimizer_config entries the first moves upstream's embedding variables (name starts with "input_layer" or
 * contains "/embedding_weights") and the second the rest; the multiplier of embedding gradients is the first's.
 * config, weights and pool are borrowed and must outlive the updater. pool NULL: the calling thread only. */
typedef struct rk_updater rk_updater;

ROCKET_NODISCARD rocket_status rk_updater_new(rk_updater **out, rk_weights *weights, const rk_config *config,
                                              rk_pool *pool, rocket_error *err);
void rk_updater_free(rk_updater *updater);
void rk_updater_check(const rk_config *config, rk_faults *faults); /* plug-in checks of optimizer and schedule */

double rk_updater_rate(const rk_updater *updater, uint64_t step); /* of the first optimizer */

/* The gradients of one batch, as backward leaves them: the dense slab, and one sparse gradient per embedding node (in
 * node order; several may be of one table). They are scaled in place (multiplier, clipping). */
typedef struct rk_gradients {
    float *dense;             /* [rk_graph_dense_size] f32 */
    rk_sparse *const *sparse; /* [n_sparse] */
    int n_sparse;             /* at most the number of the graph's nodes that have a table */
    const double *squares;    /* the sum of the squares of all values; NULL: not known yet */
} rk_gradients;

/* Clip by global norm (with upstream's norm: easyrec golden README, oddity 1), then move every trainable weight.
 * *norm (may be NULL) is the norm before clipping. A NaN or infinite gradient is ROCKET_FAILED, names the parameter or
 * the row of the table, and moves nothing. */
ROCKET_NODISCARD rocket_status rk_updater_apply(rk_updater *updater, const rk_gradients *gradients, uint64_t step,
                                                double *norm, rocket_error *err);

/* The same with the gradients that the last backward pass of exec left. */
ROCKET_NODISCARD rocket_status rk_updater_step(rk_updater *updater, rk_exec *exec, uint64_t step, double *norm,
                                               rocket_error *err);

/* Where rows without a gradient move too, a row's steps are made up for when somebody wants to see it (updater_rest.c):
 *
 *   attach  from now on exec's forward passes find the rows that they read up to date
 *   settle  all rows of all tables are; to be called before anybody else reads tables of the weights
 *
 * Neither changes what any later step does. exec is of the same weights and borrows the updater. */
void rk_updater_attach(rk_updater *updater, rk_exec *exec);
void rk_updater_settle(rk_updater *updater);

/* Slots, for checkpoints: dense slab and table rows of slot i, laid out as the weights are. NULL where the slot's
 * optimizer moves no parameter, or not this table. A variable's slot is named "<variable>/<slot name>". Asking for rows
 * settles; what is returned may be written until the next step. */
int rk_updater_n_slots(const rk_updater *updater);
const char *rk_updater_slot_name(const rk_updater *updater, int slot);
float *rk_updater_slot_dense(rk_updater *updater, int slot);
float *rk_updater_slot_table(rk_updater *updater, int slot, int table);
const float *rk_updater_slot_rows(rk_updater *updater, int slot, int table); /* the same for who only reads: sooner */
bool rk_updater_slot_has_param(const rk_updater *updater, int slot, int param); /* does it hold this parameter? */

#endif
