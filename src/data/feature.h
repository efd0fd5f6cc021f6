/* The feature seam: one file per feature type and one line in features.def.
 *
 * A feature reads one or more input fields of a row and gives one column of the batch: a weighted bag of table rows
 * (IDS), numbers (FLOATS) or text (BYTES). Its semantics are upstream's (easyrec.md 3.3-3.7), edge cases included. The
 * same code runs in training and in scoring, so there is no skew between them.
 */
#ifndef RK_FEATURE_H
#define RK_FEATURE_H

#include "batch.h"
#include "columns.h"
#include "config.h"
#include "reader.h"
#include "resolve.h"
#include "text_kernels.h"
#include "value.h"
#include "vocabulary.h"

/* What the model needs to know of a feature. */
typedef struct rk_feature {
    const struct rk_feature_def *def;
    const Rocket__FeatureConfig *config;
    const char *name;    /* feature_name or input_names[0]; unique */
    rk_column_kind kind; /* IDS or FLOATS; BYTES for PassThrough */
    int64_t width;       /* FLOATS: values per row; IDS: embedding_dim */
    int64_t n_buckets;   /* IDS: rows of the table */
    rk_combiner combiner;
    bool weighted;          /* IDS: weights other than 1 may occur */
    bool single;            /* IDS: no row has more than one */
    const char *table_name; /* IDS: upstream's variable name; equal for features that share a table */
    const int *fields;      /* indices into the resolved input_fields */
    int n_fields;
    struct rk_feature_state *state; /* vocabulary, boundaries ... of the def; it lies in the schema's arena */
} rk_feature;

/* Memory that a batch keeps for whoever fills it. */
typedef struct rk_scratch {
    void *data;
    size_t capacity;
} rk_scratch;

/* Where a feature puts one row: appended to its column. A row that fails is forgotten as a whole. */
typedef struct rk_sink_row {
    rk_column *column;
    size_t n;           /* items in the column, this row's included */
    int64_t row;        /* index of this row */
    bool only_positive; /* mean and sqrtn: entries of weight <= 0 do not count */
    rk_scratch *scratch;
} rk_sink_row;

/* Memory for a feature's own use, until it asks again; NULL without memory. */
void *rk_row_scratch(rk_sink_row *row, size_t bytes);

/* false without memory. What the combiner prunes is left out here. */
static inline bool rk_row_id(rk_sink_row *row, int64_t id, float weight)
{
    rk_column *column = row->column;

    if (row->only_positive && !(weight > 0))
        return true;
    if (row->n == column->capacity_items && !rk_column_reserve(column, 0, row->n + 1))
        return false;
    column->ids[row->n] = id;
    if (column->weights)
        column->weights[row->n] = weight;
    row->n++;
    return true;
}

/* [width], zeroed. */
static inline float *rk_row_floats(rk_sink_row *row)
{
    return row->column->values + row->row * row->column->width;
}

bool rk_row_bytes(rk_sink_row *row, rk_text text); /* false without memory */

/* A field in many rows, as rk_value has it in one. */
typedef struct rk_field_rows {
    int type;
    const rk_text *texts; /* [n] never NULL; RK_TEXT_PADDING bytes may be read behind each */
    const int64_t *i;     /* [n], meaningless for STRING */
    const double *d;      /* the same */
    size_t n_empty;       /* of the texts */
} rk_field_rows;

typedef struct rk_row_set {
    size_t n;
    const rk_field_rows *fields; /* of the schema; those of the feature are filled */
    const rk_text_kernels *kernels;
} rk_row_set;

/* What a feature may ask of the schema while it is opened. */
typedef struct rk_feature_setup {
    const rk_config *config;
    rk_arena *arena;
    rk_vocabularies *vocabularies;
} rk_feature_setup;

typedef struct rk_feature_def {
    int type;         /* ROCKET__FEATURE_CONFIG__FEATURE_TYPE__IdFeature ... */
    const char *name; /* "IdFeature" */
    const char *doc;
    /* Faults of the config; the schema has checked input_names and combiner. May be NULL. */
    void (*check)(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults);
    /* Fill kind, width, n_buckets, weighted, state and (IDS) table_name. */
    rocket_status (*open)(rk_feature *feature, const rk_feature_setup *setup, rocket_error *err);
    void (*close)(rk_feature *feature); /* NULL: nothing to free. Called only after a successful open */
    /* One row; values are all fields of the row, those of feature->fields are converted. A bad value is ROCKET_DATA
     * with a sentence that says what was expected and found, and *field is the index of the one at fault (it is
     * feature->fields[0] before the call); the caller adds file, line, column and the field's name. */
    rocket_status (*row)(const rk_feature *feature, const rk_value *values, rk_sink_row *out, int *field,
                         rocket_error *err);
    /* Many rows at once, each as `row` does it, the offsets behind them written: what makes parsing fast. NULL: `row`
     * is called for each. ROCKET_DATA: not these rows; they go through `row`, which knows what is wrong.
     * ROCKET_FAILED: no memory. */
    rocket_status (*rows)(const rk_feature *feature, const rk_row_set *rows, rk_sink_row *out);
} rk_feature_def;

extern const rk_feature_def *const rk_features[];    /* ends with NULL */
const rk_feature_def *rk_feature_def_find(int type); /* NULL: not supported */

/* A fault of a feature, at its config's field `name` (NULL: the feature as a whole). */
void rk_feature_fault(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults, const char *name,
                      const char *format, ...) ROCKET_PRINTF(5, 6);
int rk_feature_input_type(const rk_config *config, const rk_feature_spec *spec, size_t i); /* FIELD_TYPE of input i */

#endif
