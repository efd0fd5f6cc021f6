/* Rows of embedding tables from text and numbers (easyrec.md 3.3, 3.4).
 *
 * Hashing is TensorFlow's to_hash_bucket_fast: Fingerprint64 of the bytes, unsigned, modulo the size. A word that is
 * not in the vocabulary is row 0, the first word, and so is a number out of range: upstream's default_value.
 */
#include "buckets.h"

#include <string.h>

#include "error.h"
#include "faults.h"
#include "hash.h"

rk_bucket_kind rk_buckets_kind(const Rocket__FeatureConfig *config)
{
    if (config->hash_bucket_size > 0)
        return RK_BUCKETS_HASH;
    if (config->n_vocab_list > 0 || (config->vocab_file && config->vocab_file[0]))
        return RK_BUCKETS_WORDS;
    return RK_BUCKETS_NUMBER;
}

static void check_size(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults, const char *name,
                       uint64_t n)
{
    if (n >> RK_MAX_TABLE_LOG2)
        rk_feature_fault(config, spec, faults, name, "%s: expected at most 2^%d, found %llu", name, RK_MAX_TABLE_LOG2,
                         (unsigned long long)n);
}

static void check_words(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;
    rk_map *seen = rk_map_new();
    bool ok = seen != NULL, twice = false;

    for (size_t i = 0; ok && !twice && i < feature->n_vocab_list; i++) {
        const char *word = feature->vocab_list[i];

        ok = rk_map_put(seen, word, strlen(word), (int64_t)i, &twice);
        if (ok && twice)
            rk_feature_fault(config, spec, faults, "vocab_list", "vocab_list: the word \"%s\" stands in it twice",
                             word);
    }
    faults->failed |= !ok;
    rk_map_free(seen);
}

void rk_buckets_check(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults)
{
    const Rocket__FeatureConfig *feature = spec->config;
    bool words = feature->n_vocab_list > 0 || (feature->vocab_file && feature->vocab_file[0]);

    if (feature->hash_bucket_size == 0 && !words && feature->num_buckets == 0)
        rk_feature_fault(config, spec, faults, NULL,
                         "expected hash_bucket_size, vocab_list, vocab_file or num_buckets, found none");
    if (feature->embedding_dim == 0)
        rk_feature_fault(config, spec, faults, "embedding_dim", "embedding_dim: expected at least 1, found 0");
    check_size(config, spec, faults, "hash_bucket_size", feature->hash_bucket_size);
    check_size(config, spec, faults, "num_buckets", feature->num_buckets);
    check_words(config, spec, faults);
}

static bool add_word(rk_map *map, const char *word, size_t i)
{
    return rk_map_put(map, word, strlen(word), (int64_t)i, NULL);
}

static rocket_status open_words(rk_buckets *buckets, const Rocket__FeatureConfig *config, const rk_feature_setup *setup,
                                rocket_error *err)
{
    const char *const *words = (const char *const *)config->vocab_list;
    size_t n = config->n_vocab_list;

    if (n == 0) {
        const rk_vocabulary *vocabulary = NULL;

        RK_TRY(rk_vocabulary_get(&vocabulary, setup->vocabularies, config->vocab_file, err));
        words = vocabulary->words;
        n = vocabulary->n;
    }
    buckets->modulus.n = n;
    buckets->words = rk_map_new();
    bool ok = buckets->words != NULL;
    for (size_t i = 0; ok && i < n; i++)
        ok = add_word(buckets->words, words[i], i);
    if (!ok)
        rk_buckets_close(buckets);
    RK_FAIL_IF(!ok, FAILED, err, "out of memory");
    return ROCKET_OK;
}

rocket_status rk_buckets_open(rk_buckets *out, const rk_feature *feature, const rk_feature_setup *setup,
                              rocket_error *err)
{
    const Rocket__FeatureConfig *config = feature->config;
    rk_buckets made = { .kind = rk_buckets_kind(config) };

    if (made.kind == RK_BUCKETS_WORDS)
        RK_TRY(open_words(&made, config, setup, err));
    else
        made.modulus = rk_modulus_of(made.kind == RK_BUCKETS_HASH ? config->hash_bucket_size : config->num_buckets);
    *out = made;
    return ROCKET_OK;
}

void rk_buckets_close(rk_buckets *buckets)
{
    rk_map_free(buckets->words);
    buckets->words = NULL;
}

int64_t rk_buckets_of_text(const rk_buckets *buckets, rk_text text)
{
    if (buckets->kind == RK_BUCKETS_HASH)
        return (int64_t)rk_remainder(rk_fingerprint64(text.data, text.n), buckets->modulus);
    int64_t index = rk_map_get(buckets->words, text.data, text.n);
    return index < 0 ? 0 : index;
}

int64_t rk_buckets_of_number(const rk_buckets *buckets, int64_t number)
{
    return number < 0 || (uint64_t)number >= buckets->modulus.n ? 0 : number;
}

rocket_status rk_buckets_parse(int64_t *out, rk_text text, rocket_error *err)
{
    rk_value value;

    RK_TRY(rk_value_parse(&value, ROCKET__DATASET_CONFIG__FIELD_TYPE__INT32, text, err));
    *out = value.i;
    return ROCKET_OK;
}
