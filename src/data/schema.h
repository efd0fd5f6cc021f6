/* The schema: which columns a batch of this config has, and how a row of text becomes them.
 *
 * Columns are, in order: one per feature of group "all" (in group order), then the label, then the sample weight if
 * there is one, then soft labels and row weights of distillation (soft_labels.h), then one BYTES column per user or
 * session field of the metrics, then what the caller reserved. A schema is immutable and may be used by any number of
 * threads. It borrows the config, which must outlive it.
 */
#ifndef RK_SCHEMA_H
#define RK_SCHEMA_H

#include "feature.h"

typedef struct rk_schema rk_schema;

typedef struct rk_schema_options {
    const char *const *reserved; /* input fields to pass through as BYTES (predict's reserved columns) */
    size_t n_reserved;
    bool labels;                  /* false: no label, weight or metric columns (scoring) */
    const rk_vocabularies *given; /* vocabularies of a model file; NULL: read the files */
} rk_schema_options;

ROCKET_NODISCARD rocket_status rk_schema_new(rk_schema **out, const rk_config *config, const rk_schema_options *options,
                                             rocket_error *err);
void rk_schema_free(rk_schema *schema); /* NULL is fine */

/* The faults that only this room can know: of the reader, the columns and the features of group "all". To be handed to
 * rk_config_check. */
void rk_schema_check(const rk_config *config, rk_faults *faults);

size_t rk_schema_n_features(const rk_schema *schema);
const rk_feature *rk_schema_feature(const rk_schema *schema, size_t i); /* column i of a batch */
size_t rk_schema_n_columns(const rk_schema *schema);
int rk_schema_label(const rk_schema *schema);                           /* column; -1: none */
int rk_schema_weight(const rk_schema *schema);                          /* column; -1: none */
int64_t rk_schema_width(const rk_schema *schema, size_t column);        /* numbers per row of a FLOATS column; else 0 */
int rk_schema_soft_label(const rk_schema *schema, const char *field);   /* column; -1: none */
int rk_schema_kd_weight(const rk_schema *schema, const Rocket__KD *kd); /* of a block with a task space; else -1 */
int rk_schema_bytes(const rk_schema *schema, const char *field); /* column of a uid, session or reserved field; -1 */
const rk_vocabularies *rk_schema_vocabularies(const rk_schema *schema);
size_t rk_schema_n_fields(const rk_schema *schema);          /* texts of a row: the config's input_fields */
bool rk_schema_reads(const rk_schema *schema, size_t field); /* some column is made of it */

/* A row of field texts, in the order of the config's input_fields, appended to a batch of this schema.
 * A text that is empty or absent (data NULL) is the column's default_val.
 *
 * Errors:  ROCKET_DATA: err has 'field "price" (INT32): expected an integer, found "3.0"', *bad_field (may be NULL) the
 *          field's index. ROCKET_FAILED: no memory. The batch is as it was. */
ROCKET_NODISCARD rocket_status rk_schema_append(const rk_schema *schema, rk_batch *batch, const rk_text *fields,
                                                int *bad_field, rocket_error *err);

/* Some fields and some features of a row, for rows of which one part stays and another changes: a batch keeps the
 * values of its fields from call to call, so features of a later part may read fields of an earlier one. Only the
 * columns of part->features get the row, and without any there is no row; only such parts may be appended to this
 * batch. */
typedef struct rk_row_part {
    const size_t *fields; /* [n_fields] of the config's input_fields; texts[i] is of fields[i] */
    size_t n_fields;
    const size_t *features; /* [n_features] columns of the batch */
    size_t n_features;
} rk_row_part;

/* Texts must stay until the last part of the row is appended. Errors as above. */
ROCKET_NODISCARD rocket_status rk_schema_append_part(const rk_schema *schema, rk_batch *batch, const rk_row_part *part,
                                                     const rk_text *texts, rocket_error *err);

rk_batch *rk_batch_new(const rk_schema *schema); /* empty, of this schema's columns; NULL without memory */
void rk_batch_free(rk_batch *batch);             /* NULL is fine */
void rk_batch_reset(rk_batch *batch);            /* no rows, memory kept */

/* Two batches of a schema change their rows and the memory of these; which batch of the run each is stays. */
void rk_batch_exchange(rk_batch *a, rk_batch *b);

#endif
