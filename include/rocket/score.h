/* Scoring with the light net of a model file, inside any process.
 *
 *     rocket_model *model;
 *     rocket_session *session;
 *     rocket_open_options options = ROCKET_OPEN_OPTIONS_INIT;
 *     const char *user[] = { "user_id", "age" };
 *     options.user_fields = user;
 *     options.n_user_fields = 2;
 *     status = rocket_model_open(&model, "model.safetensors", &options, &err);
 *     status = rocket_session_new(&session, model, NULL, &err);                    // one for each thread
 *     status = rocket_score_candidates(&scores, session, user_values, candidate_values, 200, &err);
 *
 * Models       do not change after they were opened; any number of threads may use one. Nothing is written anywhere,
 *              no thread is started, nothing spins.
 * Sessions     hold the memory of one thread at work. They grow to the largest request and keep what they have: after
 *              that a request allocates nothing.
 * Parts        Which fields are the user's is said when the model is opened. What depends on the user alone is then
 *              computed once for a request of many candidates. Features that cross fields of both are the candidates'.
 * Bits         A row has the same scores alone, among others, in any order, as a candidate or as a plain row, on any
 *              thread. They are near those of the training graph, which adds up in another order: docs/SCORING.md says
 *              how near.
 * Errors       A status and one sentence that names row, field and value. Outputs are untouched.
 * ABI          Structs that begin with `size` may grow: start from the _INIT macro. Structs that the library returns
 *              by pointer may grow too; do not copy them. All others are final.
 */
#ifndef ROCKET_SCORE_H
#define ROCKET_SCORE_H

#include <stddef.h>
#include <stdint.h>

#include "rocket/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ROCKET_API __attribute__((visibility("default")))
#else
#define ROCKET_API
#endif

typedef struct rocket_model rocket_model;
typedef struct rocket_session rocket_session;

/* Of the library that is linked, "0.1.0". */
ROCKET_API const char *rocket_version(void);

/* ---- models ---- */

typedef struct rocket_open_options {
    size_t size;
    const char *const *user_fields; /* names of input fields of the config; NULL: there is no user */
    size_t n_user_fields;
} rocket_open_options;
#define ROCKET_OPEN_OPTIONS_INIT                                                                                       \
    {                                                                                                                  \
        sizeof(rocket_open_options), NULL, 0                                                                           \
    }

/* Open a model file or a checkpoint; of the latter only the light net is kept. Every byte is compared with the file's
 * checksums. The file may be replaced (by a rename) or removed afterwards.
 *
 * options  NULL: the defaults
 * Errors:  ROCKET_CORRUPT  not a file that rocket wrote, or a damaged one
 *          ROCKET_CONFIG   no light net is in it
 *          ROCKET_USAGE    a user field that its config does not have
 *          ROCKET_FAILED   no such file, no memory
 */
ROCKET_API ROCKET_NODISCARD rocket_status rocket_model_open(rocket_model **out, const char *path,
                                                            const rocket_open_options *options, rocket_error *err);

/* The same from memory, aligned to 8 bytes at least; nothing of it is needed afterwards. */
ROCKET_API ROCKET_NODISCARD rocket_status rocket_model_read(rocket_model **out, const void *bytes, size_t n_bytes,
                                                            const rocket_open_options *options, rocket_error *err);

/* Sessions that are open keep the model; it is freed with the last of them. NULL is fine. */
ROCKET_API void rocket_model_close(rocket_model *model);

/* What a row is made of: the user's part and the candidate's. */
typedef enum rocket_part { ROCKET_ROW = 0, ROCKET_USER = 1, ROCKET_CANDIDATE = 2 } rocket_part;

/* A field as the data files have it. Only those that the light net reads are listed, in the config's order. */
typedef struct rocket_field {
    const char *name;          /* input_name */
    const char *type;          /* input_type: "STRING", "INT32", "INT64", "FLOAT", "DOUBLE", "BOOL" */
    const char *default_value; /* what an empty value stands for, as text; "" is 0, false or no text */
    int is_user;
} rocket_field;

ROCKET_API size_t rocket_model_n_fields(const rocket_model *model, rocket_part part);
ROCKET_API const rocket_field *rocket_model_field(const rocket_model *model, rocket_part part, size_t i);
ROCKET_API ptrdiff_t rocket_model_find_field(const rocket_model *model, rocket_part part, const char *name); /* or -1 */

/* An input of the net, what a feature makes of fields: a bag of ids, rows of its embedding table, or numbers. */
typedef enum rocket_kind { ROCKET_IDS = 0, ROCKET_FLOATS = 1 } rocket_kind;
typedef struct rocket_input {
    const char *name; /* of the feature */
    rocket_kind kind;
    int64_t n_ids;   /* IDS: each is 0 ... n_ids - 1 */
    int is_weighted; /* IDS: weights other than 1 have a meaning */
    int64_t width;   /* FLOATS: numbers per row */
    int is_user;     /* all of its fields are the user's */
} rocket_input;

ROCKET_API size_t rocket_model_n_inputs(const rocket_model *model, rocket_part part);
ROCKET_API const rocket_input *rocket_model_input(const rocket_model *model, rocket_part part, size_t i);

/* C, the scores of a row: 1, or num_class. With 2 classes the click's is the second. */
ROCKET_API size_t rocket_model_n_classes(const rocket_model *model);

/* ---- sessions ---- */

typedef struct rocket_session_options {
    size_t size;
    size_t max_rows; /* rows or candidates of a call; more are refused */
} rocket_session_options;
#define ROCKET_SESSION_OPTIONS_INIT                                                                                    \
    {                                                                                                                  \
        sizeof(rocket_session_options), 65536                                                                          \
    }

/* options NULL: the defaults. ROCKET_FAILED: no memory. */
ROCKET_API ROCKET_NODISCARD rocket_status rocket_session_new(rocket_session **out, rocket_model *model,
                                                             const rocket_session_options *options, rocket_error *err);
ROCKET_API void rocket_session_free(rocket_session *session); /* NULL is fine */

/* Where scores go. Either may be NULL. */
typedef struct rocket_scores {
    size_t size;
    float *probs;  /* [n, C] probabilities */
    float *logits; /* [n, C] what they are made of */
} rocket_scores;
#define ROCKET_SCORES_INIT                                                                                             \
    {                                                                                                                  \
        sizeof(rocket_scores), NULL, NULL                                                                              \
    }

/* ---- scoring values as the data files have them ---- */

/* Borrowed until the call returns, not terminated. size 0: the field's default. */
typedef struct rocket_text {
    const char *data;
    size_t size;
} rocket_text;

/* One user, n candidates.
 *
 * - user: [n_fields(USER)] in the order of rocket_model_field(model, ROCKET_USER, ..); may be NULL if there are none.
 * - candidates: [n, n_fields(CANDIDATE)] row by row, in the order of rocket_model_field(model, ROCKET_CANDIDATE, ..).
 *
 * Errors:  ROCKET_DATA   'candidate 17: field "price" (FLOAT): expected a number, found "3,5"', counted from 0
 *          ROCKET_USAGE  n above max_rows
 */
ROCKET_API ROCKET_NODISCARD rocket_status rocket_score_candidates(const rocket_scores *out, rocket_session *session,
                                                                  const rocket_text *user,
                                                                  const rocket_text *candidates, size_t n,
                                                                  rocket_error *err);

/* n rows [n, n_fields(ROW)], each with fields of its own. Errors as above. */
ROCKET_API ROCKET_NODISCARD rocket_status rocket_score_rows(const rocket_scores *out, rocket_session *session,
                                                            const rocket_text *rows, size_t n, rocket_error *err);

/* ---- scoring ids, as `rocket hash` and callers with tables of their own make them ---- */

/* An input's values, row after row; what does not belong to its kind is ignored. */
typedef struct rocket_column {
    const int64_t *ids;     /* IDS */
    const float *weights;   /* IDS: one for each id, 0 for padding; NULL: all are 1 */
    const int64_t *offsets; /* IDS: [n + 1] ids of row r: [offsets[r], offsets[r + 1]); NULL: `length` in each row */
    size_t length;
    const float *values; /* FLOATS: [n, width] */
} rocket_column;
#define ROCKET_COLUMN_INIT                                                                                             \
    {                                                                                                                  \
        NULL, NULL, NULL, 1, NULL                                                                                      \
    }

/* user        [n_inputs(USER)] one row each; may be NULL if there are none
 * candidates  [n_inputs(CANDIDATE)] n rows each
 *
 * Errors:  ROCKET_DATA   an id out of range, offsets that do not grow, a weight of an input without weights that is
 *                        neither 0 nor 1
 *          ROCKET_USAGE  n above max_rows; an array is missing
 */
ROCKET_API ROCKET_NODISCARD rocket_status rocket_score_candidate_ids(const rocket_scores *out, rocket_session *session,
                                                                     const rocket_column *user,
                                                                     const rocket_column *candidates, size_t n,
                                                                     rocket_error *err);

/* rows [n_inputs(ROW)] n rows each. */
ROCKET_API ROCKET_NODISCARD rocket_status rocket_score_row_ids(const rocket_scores *out, rocket_session *session,
                                                               const rocket_column *rows, size_t n, rocket_error *err);

#ifdef __cplusplus
}
#endif

#endif
