/* 8-bit kernels for AVX2. Its own multiply-add of bytes saturates at 16 bits, so bytes are widened first: two products
 * of 16 bits and their sum fit 32. A column is then two sums, added at the end.
 *
 * Half a panel, 8 columns, of up to 6 rows is 12 registers of sums; one load of weights serves all rows, one of a row's
 * values both registers. Rows are widened once for all panels, a stretch of columns at a time.
 */
#include <immintrin.h>
#include <string.h>

#include "int8.h"
#include "lanes_avx2.h"

enum { LINE = 64, ROWS = 6, PANELS = RK_INT8_PANELS };
enum { STRETCH = 128 }; /* quads that are widened at a time */

/* Two for each half panel of a row, 4 columns each, and of a column two in neighbouring lanes. */
typedef __m256i sums[2 * PANELS][ROWS][2];

/* Rows of bytes, widened. */
typedef int16_t stretch[ROWS][STRETCH * RK_INT8_QUAD];

/* sum += x w. As intrinsics gcc 12 moves every sum to another register and back. */
static inline __attribute__((always_inline)) __m256i add_products(__m256i sum, __m256i x, __m256i w)
{
    __m256i products = _mm256_madd_epi16(x, w);

    __asm__("vpaddd %1, %0, %0" : "+x"(sum) : "x"(products));
    return sum;
}

static inline __m256i widened(const int8_t *w)
{
    return _mm256_cvtepi8_epi16(_mm_load_si128((const __m128i *)(const void *)w));
}

/* A quad of 16-bit values in all four places. */
static inline __m256i quad_of(const int16_t *x)
{
    int64_t quad;

    memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi64x(quad);
}

static inline void widen(int16_t *to, const uint8_t *x, int64_t quads)
{
    enum { AT_ONCE = 4 };
    int64_t l = 0;

    for (; l + AT_ONCE <= quads; l += AT_ONCE)
        _mm256_storeu_si256(
            (__m256i *)(void *)(to + l * RK_INT8_QUAD),
            _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(x + l * RK_INT8_QUAD))));
    for (l *= RK_INT8_QUAD; l < quads * RK_INT8_QUAD; l++)
        to[l] = x[l];
}

/* Adds the products of half a panel to its sums, or begins them. */
static inline __attribute__((always_inline)) void add_half(__m256i (*out)[2], bool begin, stretch x, const int8_t *w,
                                                           int64_t quads, int rows)
{
    __m256i acc[ROWS][2];

#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
        for (int i = 0; i < 2; i++)
            acc[r][i] = begin ? _mm256_setzero_si256() : out[r][i];
    for (int64_t l = 0; l < quads; l++) {
        __m256i left = widened(w + l * LINE), right = widened(w + l * LINE + LINE / 4);

#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            __m256i quad = quad_of(x[r] + l * RK_INT8_QUAD);

            acc[r][0] = add_products(acc[r][0], quad, left);
            acc[r][1] = add_products(acc[r][1], quad, right);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
        out[r][0] = acc[r][0], out[r][1] = acc[r][1];
}

/* ---- what follows the sums ---- */

/* Columns j .. j + 7 of a row. */
static inline __m256i sum_of(const rk_int8_tile *t, int64_t j, const __m256i *acc)
{
    __m256i pairs = _mm256_permute4x64_epi64(_mm256_hadd_epi32(acc[0], acc[1]), _MM_SHUFFLE(3, 1, 2, 0));

    return _mm256_add_epi32(pairs, _mm256_loadu_si256((const __m256i *)(const void *)(t->start + j)));
}

static inline __m256 scaled(const rk_int8_tile *t, int64_t j, __m256i sum)
{
    return _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), _mm256_loadu_ps(t->scale + j), _mm256_loadu_ps(t->shift + j));
}

/* 8 columns of row r, or as many as are left. */
static void put(const rk_int8_tile *t, int r, int64_t j, int64_t left, __m256i sum)
{
    if (t->result == RK_INT8_SUMS) {
        _mm256_storeu_si256((__m256i *)(void *)(t->y.sums + j), sum);
        return;
    }
    __m256 v = scaled(t, j, sum);
    if (t->slope != 1)
        v = _mm256_max_ps(_mm256_mul_ps(v, _mm256_set1_ps(t->slope)), v);
    if (t->result == RK_INT8_FLOATS)
        store(t->y.floats + r * t->ldy + j, left, v);
    else
        store_bytes(t->y.bytes + r * t->ldy + j, left, t->zero ? _mm256_add_ps(v, _mm256_loadu_ps(t->zero + j)) : v);
}

/* 32 columns of row r where what is left is to be kept in 0 .. 255: two packings that saturate do that, and one
 * permutation undoes what they do to the order. */
static inline void put_bytes(const rk_int8_tile *t, int r, int64_t j, __m256i sum[4])
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);

    for (int i = 0; i < 4; i++)
        sum[i] = _mm256_cvtps_epi32(scaled(t, j + i * LANES, sum[i]));
    __m256i bytes = _mm256_packus_epi16(_mm256_packs_epi32(sum[0], sum[1]), _mm256_packs_epi32(sum[2], sum[3]));
    _mm256_storeu_si256((__m256i *)(void *)(t->y.bytes + r * t->ldy + j), _mm256_permutevar8x32_epi32(bytes, order));
}

static void put_rows(const rk_int8_tile *t, const sums *acc, int rows, int64_t columns)
{
    bool bytes = t->result == RK_INT8_BYTES && !t->zero;

    for (int r = 0; r < rows; r++) {
        int64_t j = 0;

        for (; bytes && j + 4 * LANES <= columns; j += 4 * LANES) {
            __m256i sum[4];

            for (int i = 0; i < 4; i++)
                sum[i] = sum_of(t, j + i * LANES, (*acc)[j / LANES + i][r]);
            put_bytes(t, r, j, sum);
        }
        for (; j < columns; j += LANES)
            put(t, r, j, columns - j, sum_of(t, j, (*acc)[j / LANES][r]));
    }
}

static inline __attribute__((always_inline)) void run(const rk_int8_tile *t, int rows, int panels)
{
    stretch x;
    sums acc;

    for (int64_t first = 0; first < t->quads; first += STRETCH) {
        int64_t quads = t->quads - first < STRETCH ? t->quads - first : STRETCH;

        for (int r = 0; r < rows; r++)
            widen(x[r], t->x.data + r * t->x.ld + first * RK_INT8_QUAD, quads);
        for (int half = 0; half < 2 * panels; half++)
            add_half(acc[half], first == 0, x, t->w + half / 2 * t->panel + half % 2 * LINE / 2 + first * LINE, quads,
                     rows);
    }
    put_rows(t, (const sums *)&acc, rows, (int64_t)(panels - 1) * RK_PANEL + t->last);
}

#define TILE(rows)                                                                                                     \
    static void run_##rows(const rk_int8_tile *t, int panels)                                                          \
    {                                                                                                                  \
        run(t, rows, panels);                                                                                          \
    }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)

static void tile(const rk_int8_tile *t, int rows, int panels)
{
    static void (*const kernels[ROWS])(const rk_int8_tile *, int panels) = { run_1, run_2, run_3, run_4, run_5, run_6 };

    kernels[rows - 1](t, panels);
}

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const rk_int8_kernels rk_int8_avx2 = {
    .name = "avx2",
    .supported = supported,
    .rows = { ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, ROWS, ROWS },
    .row_panels = PANELS,
    .panels = PANELS,
    .tile = tile,
};
