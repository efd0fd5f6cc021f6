/* What stands behind the handles of rocket/score.h. Inside this room only. */
#ifndef RK_API_H
#define RK_API_H

#include <stdatomic.h>

#include "light.h"
#include "rocket/score.h"

enum { RK_N_PARTS = ROCKET_CANDIDATE + 1 };

/* Fields and inputs of a row, of the user, of a candidate. */
typedef struct rk_api_part {
    const char *name; /* for messages: "row", "user", "candidate" */
    rocket_field *fields;
    rocket_input *inputs;
    rk_row_part rows;  /* the same fields and inputs as the schema counts them */
    int *nodes;        /* [n_inputs] of the graph */
    size_t *columns;   /* [n_inputs] of a batch: what rows.features points to */
    size_t *positions; /* [n_fields] of the schema: what rows.fields points to */
    size_t n_fields, n_inputs;
} rk_api_part;

struct rocket_model {
    rk_light *light;
    rk_arena arena;
    rk_api_part parts[RK_N_PARTS];
    bool crosses;          /* some candidate's feature reads a field of the user */
    _Atomic size_t n_refs; /* the caller's and one for each session */
};

void rk_model_unref(rocket_model *model);

/* Offsets of rows of one length, which mostly are those of the request before. */
typedef struct rk_even {
    int64_t length;
    size_t n; /* rows; 0: other offsets */
} rk_even;

struct rocket_session {
    rocket_model *model;
    size_t max_rows;
    rk_net_session *net;
    rk_batch *user, *rows;     /* what texts are parsed into */
    const rk_column **columns; /* [n_nodes] what the net reads */
    rk_column *views;          /* [n_nodes] of columns of ids: nothing is owned */
    rk_column *made;           /* [n_nodes] offsets, and ids that had to be copied */
    rk_even *even;             /* [n_nodes] what made's offsets are */
};

/* What a call scores. */
typedef struct rk_request {
    rocket_session *session;
    const rocket_scores *out;
    size_t n;
    bool one_user;
} rk_request;

/* Is the request one that can be looked at? Before anything else. */
ROCKET_NODISCARD rocket_status rk_request_check(const rk_request *request, rocket_error *err);

/* Run the net over the session's columns. */
void rk_request_run(const rk_request *request);

#endif
