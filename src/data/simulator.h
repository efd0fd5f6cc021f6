/* A click log that never happened: 20 columns as Taobao's display-ad log has them (easyrec.md 5), drawn from a world
 * whose true click rates are known.
 *
 * The world is set from what click logs look like, once, and not from what any method is good at: few ads, brands and
 * users make most of the impressions; ads belong to campaigns of customers and carry a brand, a category and a price;
 * profiles, browsing history and taste of a user hang together; half of the ads are shown because of the history. The
 * log-odds of a click are a sum of: quality of ad and campaign, the user's readiness, a product of taste vectors,
 * gender by category, price by age and purchasing power, position, and how often category and brand stand in the
 * history. Cells are missing as often as in real logs. The intercept is set so that about 5 % of the rows are clicks.
 *
 * Row i depends on (seed, options, i) only: any row can be made at any time by any thread, and a test set is the rows
 * after the training set.
 */
#ifndef RK_SIMULATOR_H
#define RK_SIMULATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "rocket/status.h"

typedef struct rk_simulator_options {
    uint64_t n_users, n_ads; /* 1 ... RK_SIMULATOR_MAX each */
    uint64_t n_tags; /* tags of a list on average, up to RK_SIMULATOR_MAX_TAGS; 0: what acts on the click only */
} rk_simulator_options;
#define RK_SIMULATOR_OPTIONS_INIT ((rk_simulator_options){ .n_users = 20000, .n_ads = 5000 })
#define RK_SIMULATOR_MAX 5000000
#define RK_SIMULATOR_MAX_TAGS 200

/* What is known of a row beside its text. */
typedef struct rk_impression {
    double rate;   /* true click rate given everything, also what the log does not tell */
    bool click;    /* drawn with that rate */
    uint32_t user; /* below n_users */
} rk_impression;

typedef struct rk_simulator rk_simulator;

ROCKET_NODISCARD rocket_status rk_simulator_new(rk_simulator **out, uint64_t seed, const rk_simulator_options *options,
                                                rocket_error *err);
void rk_simulator_free(rk_simulator *simulator); /* NULL is fine */

/* Append row index as one CSV line with its newline. impression may be NULL. */
void rk_simulator_row(const rk_simulator *simulator, uint64_t index, rk_buf *line, rk_impression *impression);

/* Names of the columns in order, ending with NULL; the log has no header line. */
extern const char *const rk_simulator_columns[];

/* How many different values a column may have at most, for sizing tables; 0 for columns that are no ids. */
uint64_t rk_simulator_cardinality(const rk_simulator *simulator, const char *column);

#endif
