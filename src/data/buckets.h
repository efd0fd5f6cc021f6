/* From a value to a row of an embedding table: by hash, by vocabulary or as a number. Shared by Id and Tag features. */
#ifndef RK_BUCKETS_H
#define RK_BUCKETS_H

#include "feature.h"
#include "map.h"
#include "modulus.h"

typedef enum rk_bucket_kind { RK_BUCKETS_HASH, RK_BUCKETS_WORDS, RK_BUCKETS_NUMBER } rk_bucket_kind;

typedef struct rk_buckets {
    rk_bucket_kind kind;
    rk_modulus modulus; /* number of rows */
    rk_map *words;      /* index of each word */
} rk_buckets;

/* What the feature asks for, in upstream's order of precedence: hash_bucket_size, vocab_list, vocab_file, num_buckets.
 */
void rk_buckets_check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults);
ROCKET_NODISCARD rocket_status rk_buckets_open(rk_buckets *out, const rk_feature *feature,
                                               const rk_feature_setup *setup, rocket_error *err);
void rk_buckets_close(rk_buckets *buckets);
rk_bucket_kind rk_buckets_kind(const Rocket__FeatureConfig *config);

/* Row of a word: its hash, its index, or 0 for a word that is not in the vocabulary. Not for numbers. */
int64_t rk_buckets_of_text(const rk_buckets *buckets, rk_text text);

/* Row of a number: itself, or 0 when it is out of range. */
int64_t rk_buckets_of_number(const rk_buckets *buckets, int64_t number);

/* A number in text, within upstream's 32 bits. */
ROCKET_NODISCARD rocket_status rk_buckets_parse(int64_t *out, rk_text text, rocket_error *err);

enum { RK_MAX_TABLE_LOG2 = 48 }; /* rows of a table, so that the sizes of tables cannot overflow */

#endif
