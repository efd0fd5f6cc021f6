/* The look-ups of a net, and rows of tables that a request will read, asked for before they are.
 *
 * Rows of big tables are cache misses. The look-ups of a net are known as soon as its ids are there, so those of a
 * piece of rows are asked for while the layers of the piece before it are at work; those of the first piece at once.
 * Where each row has one id in a bag, as most have, taking its row is all there is to do. Folded ones (fold.h) need not
 * be asked for: their rows are few and stay where they are.
 */
#ifndef RK_LOOKUPS_H
#define RK_LOOKUPS_H

#include "steps.h"

typedef struct rk_lookup {
    int node, input;  /* the look-up, its ids */
    int64_t n_ids;    /* the table has */
    const char *rows; /* of the table */
    size_t row_bytes;
    bool user;
} rk_lookup;

typedef struct rk_lookups {
    rk_lookup *all;
    int n;     /* to be asked for */
    int n_all; /* and the folded ones */
} rk_lookups;

/* Memory is the arena's, whose failure is sticky. */
void rk_lookups_find(rk_lookups *out, const rk_steps *steps, rk_arena *arena);

/* What is still to be asked for. */
typedef struct rk_fetch {
    const rk_lookups *lookups;
    const rk_column *const *columns; /* [n_nodes] */
    int64_t begin, end;              /* rows */
    bool one_user;                   /* the user's row is not among them */
    int at;                          /* look-up, and how many of its ids were */
    int64_t n_done;
} rk_fetch;

void rk_fetch_rows(rk_fetch *fetch, int64_t n); /* the next so many table rows */
void rk_fetch_user(const rk_lookups *lookups, const rk_column *const *columns);

/* Every one of these bags holds one id, without a weight. */
bool rk_one_id_each(const rk_column *column, int64_t n_rows);

#endif
