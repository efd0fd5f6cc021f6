/* The kernels of text_kernels.h for processors with AVX-512 (F, DQ, VL, BW, VBMI2: since 2019).
 *
 * Most of the work of parsing is hashing ids and tags of up to 7 bytes. Fingerprint64 is multiplications mostly, and a
 * core has one unit for those where a vector has eight lanes: eight texts are hashed at a time, lane by lane with the
 * formulas of fingerprint.h and rk_remainder. Lanes with longer texts are hashed alone.
 */
#include "text_kernels.h"

#include <immintrin.h>

#include "fingerprint.h"

typedef __m512i lanes; /* eight 64-bit numbers */

static inline lanes all(uint64_t v)
{
    return _mm512_set1_epi64((int64_t)v);
}

static inline lanes plus(lanes a, lanes b)
{
    return _mm512_add_epi64(a, b);
}

static inline lanes times(lanes a, lanes b)
{
    return _mm512_mullo_epi64(a, b);
}

static inline lanes mix(lanes v)
{
    return _mm512_xor_si512(v, _mm512_srli_epi64(v, 47));
}

/* Byte number `at` of each word. */
static inline lanes byte_at(lanes words, lanes at)
{
    return _mm512_and_si512(_mm512_srlv_epi64(words, _mm512_slli_epi64(at, 3)), all(0xFF));
}

/* rk_fingerprint_1_to_7 of the words that stand at the texts. */
static inline lanes fingerprints(lanes words, lanes n)
{
    lanes k2 = all(RK_FARM_K2), mul = plus(k2, plus(n, n)), low = _mm512_and_si512(words, all(0xFFFFFFFF));
    __mmask8 is_more = _mm512_cmpge_epu64_mask(n, all(4));
    lanes high = _mm512_srlv_epi64(words, _mm512_slli_epi64(_mm512_sub_epi64(n, all(4)), 3));
    lanes y = plus(_mm512_and_si512(words, all(0xFF)), _mm512_slli_epi64(byte_at(words, _mm512_srli_epi64(n, 1)), 8));
    lanes z = plus(n, _mm512_slli_epi64(byte_at(words, _mm512_sub_epi64(n, all(1))), 2));
    lanes few = _mm512_xor_si512(times(y, k2), times(z, all(RK_FARM_K0)));

    high = _mm512_and_si512(high, all(0xFFFFFFFF));
    lanes more = mix(times(_mm512_xor_si512(plus(n, _mm512_slli_epi64(low, 3)), high), mul));
    more = times(_mm512_xor_si512(high, more), mul);
    return times(mix(_mm512_mask_mov_epi64(few, is_more, more)), _mm512_mask_mov_epi64(k2, is_more, mul));
}

/* The upper halves of the products. */
static inline lanes times_high(lanes a, lanes b)
{
    lanes a_high = _mm512_srli_epi64(a, 32), b_high = _mm512_srli_epi64(b, 32);
    lanes middle = plus(_mm512_mul_epu32(a_high, b), _mm512_srli_epi64(_mm512_mul_epu32(a, b), 32));
    lanes other = plus(_mm512_mul_epu32(a, b_high), _mm512_and_si512(middle, all(0xFFFFFFFF)));

    return plus(_mm512_mul_epu32(a_high, b_high), plus(_mm512_srli_epi64(middle, 32), _mm512_srli_epi64(other, 32)));
}

/* rk_remainder. */
static inline lanes remainders(lanes hashes, lanes n, lanes reciprocal)
{
    lanes rest = _mm512_sub_epi64(hashes, times(times_high(hashes, reciprocal), n));

    return _mm512_min_epu64(rest, _mm512_sub_epi64(rest, n));
}

static inline lanes hashes(lanes words, lanes n, rk_modulus buckets)
{
    return remainders(fingerprints(words, n), all(buckets.n), all(buckets.reciprocal));
}

static inline int64_t hash_one(const char *text, size_t n, rk_modulus buckets)
{
    return (int64_t)rk_remainder(rk_fingerprint64_padded(text, n), buckets);
}

static inline __m128i two_words(const char *a, const char *b)
{
    return _mm_set_epi64x((int64_t)rk_farm_load(b), (int64_t)rk_farm_load(a));
}

/* Eight words. Gather instructions would do, but are slow on processors that had to be mended (Intel's "gather data
 * sampling"). */
#define EIGHT_WORDS(at)                                                                                                \
    _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set_m128i(two_words(at(2), at(3)), two_words(at(0), at(1)))),     \
                       _mm256_set_m128i(two_words(at(6), at(7)), two_words(at(4), at(5))), 1)

static void hash_texts(int64_t *ids, const rk_text *texts, size_t n, rk_modulus buckets)
{
    const lanes odds = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
    size_t i = 0;

    for (; i + 8 <= n; i += 8) {
        const rk_text *t = texts + i;
        lanes lengths = _mm512_permutex2var_epi64(_mm512_loadu_si512(t), odds, _mm512_loadu_si512(t + 4));

#define AT(k) t[k].data
        _mm512_storeu_si512(ids + i, hashes(EIGHT_WORDS(AT), lengths, buckets));
#undef AT
        for (uint32_t longer = _mm512_cmpgt_epu64_mask(lengths, all(7)); longer; longer &= longer - 1) {
            size_t k = (size_t)__builtin_ctz(longer);

            ids[i + k] = hash_one(t[k].data, t[k].n, buckets);
        }
    }
    for (; i < n; i++)
        ids[i] = hash_one(texts[i].data, texts[i].n, buckets);
}

/* Offsets of the marks, appended, sixteen at a time. */
static inline uint32_t *put_marks(uint32_t *out, uint64_t bits, uint32_t at)
{
    static const uint8_t numbers[64] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                         16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
                                         32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
                                         48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63 };
    __m512i marked = _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512(numbers)), base = _mm512_set1_epi32((int)at);
    int n = __builtin_popcountll(bits);

    _mm512_storeu_si512(out, _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_castsi512_si128(marked)), base));
    if (n > 16)
        _mm512_storeu_si512(out + 16,
                            _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(marked, 1)), base));
    if (n > 32) {
        _mm512_storeu_si512(out + 32,
                            _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(marked, 2)), base));
        _mm512_storeu_si512(out + 48,
                            _mm512_add_epi32(_mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(marked, 3)), base));
    }
    return out + n;
}

/* The lowest n bits. */
static inline uint64_t below(size_t n)
{
    return n < 64 ? ((uint64_t)1 << n) - 1 : UINT64_MAX;
}

/* Offsets of the separators in [at, stop) of the text, and of its end where that is reached. */
static size_t find_pieces(uint32_t *ends, rk_text text, size_t at, size_t stop, char separator)
{
    __m512i mark = _mm512_set1_epi8(separator);
    uint32_t *out = ends;

    for (; at < stop && at <= text.n; at += 64) {
        size_t left = text.n - at;
        uint64_t bits = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(text.data + at), mark) & below(left);

        bits |= left < 64 ? (uint64_t)1 << left : 0;
        out = put_marks(out, bits, (uint32_t)at);
    }
    return (size_t)(out - ends);
}

/* Eight pieces: piece k lies between ends[k - 1] and ends[k]. `there`: which of them count. Number of ids. */
static inline size_t hash_eight(int64_t *ids, const char *text, const uint32_t *ends, __mmask8 there,
                                rk_modulus buckets)
{
    __m256i before = _mm256_loadu_si256((const __m256i *)(const void *)(ends - 1));
    __m256i behind = _mm256_loadu_si256((const __m256i *)(const void *)ends);
    __m256i begins = _mm256_add_epi32(before, _mm256_set1_epi32(1));
    lanes lengths = _mm512_cvtepu32_epi64(_mm256_sub_epi32(behind, begins));

#define AT(k) text + (uint32_t)(ends[(k)-1] + 1)
    lanes found = hashes(EIGHT_WORDS(AT), lengths, buckets); /* NOLINT(clang-analyzer-core.*): vectors fill ends */
#undef AT
    int64_t all_ids[8];
    uint32_t longer = _mm512_cmpgt_epu64_mask(lengths, all(7)) & there;
    if (longer) {
        _mm512_storeu_si512(all_ids, found);
        for (; longer; longer &= longer - 1) {
            size_t k = (size_t)__builtin_ctz(longer);
            const uint32_t *end = ends + k;
            uint32_t begin = end[-1] + 1;

            all_ids[k] = hash_one(text + begin, *end - begin, buckets);
        }
        found = _mm512_loadu_si512(all_ids);
    }
    there &= _mm512_cmpneq_epu64_mask(lengths, all(0));
    _mm512_storeu_si512(ids, _mm512_maskz_compress_epi64(there, found));
    return (size_t)__builtin_popcount(there);
}

/* Pieces that end at ends[0] ... ends[n_ends - 1], the first begins behind ends[-1]; behind them are seven ends more.
 * Number of ids. */
static inline size_t hash_run(int64_t *ids, const char *text, const uint32_t *ends, size_t n_ends, rk_modulus buckets)
{
    size_t n = 0;

    for (size_t i = 0; i < n_ends; i += 8) {
        __mmask8 there = (__mmask8)(n_ends - i < 8 ? (1 << (n_ends - i)) - 1 : 0xFF);

        n += hash_eight(ids + n, text, ends + i, there, buckets);
    }
    return n;
}

enum { WINDOW = 512, BEFORE = 1, BEHIND = 7 };
enum { RUNS = 32, RUN_ENDS = 2048 }; /* texts whose pieces are found at a time, and room for how many of these */

/* Of a text of any length. */
static size_t hash_windows(int64_t *ids, rk_text text, char separator, rk_modulus buckets)
{
    uint32_t ends[BEFORE + WINDOW + RK_TEXT_PADDING], last = UINT32_MAX;
    size_t n = 0;

    for (size_t at = 0; at <= text.n; at += WINDOW) {
        size_t n_ends = find_pieces(ends + BEFORE, text, at, at + WINDOW, separator);

        ends[0] = last;
        last = ends[n_ends];
        _mm512_storeu_si512(ends + BEFORE + n_ends, _mm512_set1_epi32((int)last)); /* texts for all eight */
        n += hash_run(ids + n, text.data, ends + BEFORE, n_ends, buckets);
    }
    return n;
}

typedef struct runs {
    struct {
        const uint32_t *ends;
        size_t n;
    } of[RUNS]; /* a text each */
    uint32_t ends[RUN_ENDS + BEFORE + WINDOW + RK_TEXT_PADDING];
} runs;

/* The pieces of the first texts, as many as there is room for. Texts may be left, and are if the first is long. */
static size_t find_runs(runs *found, const rk_text *texts, size_t n_texts, char separator)
{
    uint32_t *ends = found->ends + BEFORE;
    size_t n = 0;

    for (; n < n_texts && n < RUNS && ends < found->ends + RUN_ENDS && texts[n].n < WINDOW; n++) {
        size_t n_ends = find_pieces(ends, texts[n], 0, WINDOW, separator);

        ends[-1] = UINT32_MAX;
        _mm512_storeu_si512(ends + n_ends, _mm512_set1_epi32((int)ends[n_ends - 1]));
        found->of[n].ends = ends;
        found->of[n].n = n_ends;
        ends += n_ends + BEHIND + BEFORE;
    }
    return n;
}

/* Pieces of some texts are found before those of the first are hashed. Each load of ends there spans what two stores
 * left; soon after these it would wait for their way into the cache, and that for all hashes before them. */
static void hash_lists(int64_t *ids, int64_t *offsets, const rk_text *texts, size_t n, char separator,
                       rk_modulus buckets)
{
    int64_t end = offsets[0];
    runs found;

    for (size_t i = 0; i < n;) {
        size_t n_found = find_runs(&found, texts + i, n - i, separator);

        for (size_t k = 0; k < n_found; k++, i++) {
            end += (int64_t)hash_run(ids + end, texts[i].data, found.of[k].ends, found.of[k].n, buckets);
            offsets[i + 1] = end;
        }
        if (n_found == 0) {
            end += (int64_t)hash_windows(ids + end, texts[i], separator, buckets);
            offsets[++i] = end;
        }
    }
}

static size_t split_lines(const rk_split *split, const char *text, size_t n)
{
    __m512i separator = _mm512_set1_epi8(split->separator), newline = _mm512_set1_epi8('\n');
    __m512i quote = _mm512_set1_epi8('"'), carriage = _mm512_set1_epi8('\r');
    const uint32_t *full = split->ends + split->max_rows * split->n_columns;
    uint32_t *out = split->ends;
    size_t n_lines = 0;
    uint64_t odd = 0;

    for (size_t at = 0; at < n && out < full && !odd; at += 64) {
        __m512i bytes = _mm512_loadu_si512(text + at);
        uint64_t lines = _mm512_cmpeq_epi8_mask(bytes, newline), valid = below(n - at);
        uint64_t returns = _mm512_cmpeq_epi8_mask(bytes, carriage);
        uint64_t next = (uint64_t)(text[at + 64] == '\n') << 63; /* padding at most */

        odd = (_mm512_cmpeq_epi8_mask(bytes, quote) | (returns & ~(lines >> 1 | next))) & valid;
        valid &= odd ? odd ^ (odd - 1) : UINT64_MAX;
        lines &= valid;
        n_lines += (size_t)__builtin_popcountll(lines);
        out = put_marks(out, lines | (_mm512_cmpeq_epi8_mask(bytes, separator) & valid), (uint32_t)at);
    }
    return rk_split_rows(split, text, (size_t)(out - split->ends), n_lines);
}

static bool supported(void)
{
    __builtin_cpu_init();
    return rk_text_kernels_avx2.supported() && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
}

const rk_text_kernels rk_text_kernels_avx512 = { supported, split_lines, hash_texts, hash_lists };
