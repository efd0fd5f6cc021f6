/* See text_kernels.h. 64 bytes are compared at once and their marks gathered in the bits of one word; from there on the
 * work is per field and not per byte.
 */
#include "text_kernels.h"

#include <immintrin.h>

#include "fingerprint.h"

typedef struct bytes64 {
    __m256i low, high;
} bytes64;

static inline bytes64 load64(const char *p)
{
    return (bytes64){ _mm256_loadu_si256((const __m256i *)(const void *)p),
                      _mm256_loadu_si256((const __m256i *)(const void *)(p + 32)) };
}

/* Bit i: byte i is c. */
static inline uint64_t marks(bytes64 text, __m256i c)
{
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(text.low, c));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(text.high, c));

    return (uint64_t)high << 32 | low;
}

/* The lowest n bits. */
static inline uint64_t below(size_t n)
{
    return n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
}

/* Offsets of the marks, appended; eight at a time, since how many there are is known and which is not. */
static inline uint32_t *put_marks(uint32_t *out, uint64_t bits, uint32_t at)
{
    uint32_t *end = out + __builtin_popcountll(bits);

    do {
        for (int i = 0; i < 8; i++) {
            out[i] = at + (uint32_t)_tzcnt_u64(bits);
            bits = _blsr_u64(bits);
        }
        out += 8;
    } while (bits);
    return end;
}

static size_t split_lines(const rk_split *split, const char *text, size_t n)
{
    __m256i separator = _mm256_set1_epi8(split->separator), newline = _mm256_set1_epi8('\n');
    __m256i quote = _mm256_set1_epi8('"'), carriage = _mm256_set1_epi8('\r');
    const uint32_t *full = split->ends + split->max_rows * split->n_columns;
    uint32_t *out = split->ends;
    size_t n_lines = 0;

    for (size_t at = 0; at < n && out < full; at += 64) {
        bytes64 bytes = load64(text + at);
        uint64_t lines = marks(bytes, newline), returns = marks(bytes, carriage), valid = below(n - at);
        uint64_t next = (uint64_t)(text[at + 64] == '\n') << 63; /* padding at most */
        uint64_t odd = (marks(bytes, quote) | (returns & ~(lines >> 1 | next))) & valid;

        valid &= odd ? _blsmsk_u64(odd) : UINT64_MAX;
        lines &= valid;
        n_lines += (size_t)__builtin_popcountll(lines);
        out = put_marks(out, lines | (marks(bytes, separator) & valid), (uint32_t)at);
        if (odd)
            break;
    }
    return rk_split_rows(split, text, (size_t)(out - split->ends), n_lines);
}

/* Offsets of the separators in [at, stop) of the text, and of its end where that is reached. */
static size_t find_pieces(uint32_t *ends, rk_text text, size_t at, size_t stop, __m256i separator)
{
    uint32_t *out = ends;

    for (; at < stop && at <= text.n; at += 64) {
        size_t left = text.n - at;
        uint64_t bits = marks(load64(text.data + at), separator) & below(left);

        bits |= left < 64 ? (uint64_t)1 << left : 0;
        out = put_marks(out, bits, (uint32_t)at);
    }
    return (size_t)(out - ends);
}

static inline int64_t hash_one(const char *text, size_t n, rk_modulus buckets)
{
    return (int64_t)rk_remainder(rk_fingerprint64_padded(text, n), buckets);
}

/* In two loops, of which neither has a jump that depends on where the separators are. */
static size_t hash_pieces(int64_t *ids, rk_text text, char separator, rk_modulus buckets)
{
    enum { WINDOW = 512 };
    uint32_t ends[WINDOW + RK_TEXT_PADDING], begin = 0;
    size_t n = 0;

    for (size_t at = 0; at <= text.n; at += WINDOW) {
        size_t n_ends = find_pieces(ends, text, at, at + WINDOW, _mm256_set1_epi8(separator));

        for (size_t i = 0; i < n_ends; i++) {
            ids[n] = hash_one(text.data + begin, ends[i] - begin, buckets);
            n += ends[i] > begin;
            begin = ends[i] + 1;
        }
    }
    return n;
}

static void hash_lists(int64_t *ids, int64_t *offsets, const rk_text *texts, size_t n, char separator,
                       rk_modulus buckets)
{
    for (size_t i = 0; i < n; i++)
        offsets[i + 1] = offsets[i] + (int64_t)hash_pieces(ids + offsets[i], texts[i], separator, buckets);
}

static void hash_texts(int64_t *ids, const rk_text *texts, size_t n, rk_modulus buckets)
{
    for (size_t i = 0; i < n; i++)
        ids[i] = hash_one(texts[i].data, texts[i].n, buckets);
}

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

const rk_text_kernels rk_text_kernels_avx2 = { supported, split_lines, hash_texts, hash_lists };
