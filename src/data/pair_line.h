/* What the readers of libsvm and libffm text share: lines of a label and pairs, and columns that are called by number.
 */
#ifndef RK_PAIR_LINE_H
#define RK_PAIR_LINE_H

#include "reader.h"
#include "value.h"

/* State of both readers' layouts. */
typedef struct rk_pair_columns {
    const int *types;        /* [n_fields] ROCKET__DATASET_CONFIG__FIELD_TYPE__... */
    const uint64_t *numbers; /* [n_fields] of those that are in slots */
    size_t *slots;           /* [mask + 1] fields by their number; RK_NONE: free */
    size_t mask;
    size_t label;
    size_t all;   /* gets every pair of the line, or RK_NONE */
    size_t query; /* gets qid, or RK_NONE */
    rk_delimiters blanks;
} rk_pair_columns;

/* Digits and nothing else, within 64 bits. */
bool rk_pair_number(rk_text text, uint64_t *out);

/* Faults that both have; the columns themselves are the readers' to judge. */
void rk_pair_check(const rk_config *config, rk_faults *faults);
bool rk_pair_has_header(const rk_config *config); /* never */

/* The layout of both: columns whose names are numbers, the label, "qid", and one that is none of these. */
ROCKET_NODISCARD rocket_status rk_pair_layout(rk_layout *out, rk_arena *arena, const rk_config *config,
                                              const rk_text *header, rocket_error *err);

/* The field with a number, or RK_NONE. */
size_t rk_pair_field(const rk_pair_columns *columns, uint64_t number);

/* The label of a line, into its field; *rest becomes what is behind it. A label may be absent where the layout allows
 * that. -1 counts as 0, as both programs have it. */
ROCKET_NODISCARD rocket_status rk_pair_take_label(rk_row *row, const rk_layout *layout, rk_text line, rk_text *rest,
                                                  rocket_error *err);

#endif
