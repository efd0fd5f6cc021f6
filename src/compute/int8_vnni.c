/* 8-bit kernels for AVX-512 with VNNI: four products a lane and their sum in one instruction, which does not saturate
 * on the way. Up to 24 sums are in registers, so that a load of weights serves many rows and one of a row many panels.
 */
#include <immintrin.h>
#include <string.h>

#include "int8.h"

enum { LINE = 64 };

static inline __mmask16 first_lanes(int64_t n)
{
    return (__mmask16)(n >= RK_PANEL ? 0xffff : (1 << (n > 0 ? n : 0)) - 1);
}

/* sum += x w, four products a lane. As an intrinsic gcc 12 moves every sum to another register and back. */
static inline __m512i add_products(__m512i sum, __m512i x, __m512i w)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
    return sum;
}

typedef __m512i sums[RK_INT8_ROWS][RK_INT8_PANELS];

static inline __m512i quad_of(const uint8_t *q)
{
    int32_t quad;

    memcpy(&quad, q, sizeof quad);
    return _mm512_set1_epi32(quad);
}

/* ---- what follows the sums ---- */

/* Columns j .. j + 15 of all rows of a tile. */
typedef struct panel {
    const rk_int8_tile *t;
    int64_t j, left;
    __m512 scale, shift, zero, slope;
} panel;

static inline __attribute__((always_inline)) panel panel_of(const rk_int8_tile *t, int p, int panels)
{
    int64_t j = (int64_t)p * RK_PANEL;

    return (panel){ .t = t,
                    .j = j,
                    .left = p < panels - 1 ? RK_PANEL : t->last,
                    .scale = _mm512_loadu_ps(t->scale + j),
                    .shift = _mm512_loadu_ps(t->shift + j),
                    .zero = t->zero ? _mm512_loadu_ps(t->zero + j) : _mm512_setzero_ps(),
                    .slope = _mm512_set1_ps(t->slope) };
}

static inline __attribute__((always_inline)) __m512 scaled(const panel *p, __m512i sum)
{
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), p->scale, p->shift);
}

static inline __attribute__((always_inline)) __m512 rectified(const panel *p, __m512 v)
{
    return _mm512_max_ps(_mm512_mul_ps(v, p->slope), v);
}

static inline __attribute__((always_inline)) void put_floats(const panel *p, int r, __m512i sum)
{
    __m512 v = scaled(p, sum);
    float *y = p->t->y.floats + r * p->t->ldy + p->j;

    if (p->t->slope != 1)
        v = rectified(p, v);
    if (p->left >= RK_PANEL)
        _mm512_storeu_ps(y, v);
    else
        _mm512_mask_storeu_ps(y, first_lanes(p->left), v);
}

/* The second operand of a maximum is taken where the first is no number. */
static inline __attribute__((always_inline)) void put_bytes(const panel *p, int r, __m512 v)
{
    __m128i q = _mm512_cvtusepi32_epi8(_mm512_cvtps_epu32(_mm512_max_ps(v, _mm512_setzero_ps())));
    uint8_t *y = p->t->y.bytes + r * p->t->ldy + p->j;

    if (p->left >= RK_PANEL)
        _mm_storeu_si128((__m128i *)(void *)y, q);
    else
        _mm_mask_storeu_epi8(y, first_lanes(p->left), q);
}

/* Where a tile's bytes go, apart from the tile: a byte that is written may be one of anything in memory. */
typedef struct bytes {
    uint8_t *y;
    int64_t ldy;
    const float *scale, *shift;
    __mmask64 some;
} bytes;

static inline __attribute__((always_inline)) __m512i rounded(const bytes *b, int p, __m512i sum)
{
    __m512 v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_loadu_ps(b->scale + p * RK_PANEL),
                               _mm512_loadu_ps(b->shift + p * RK_PANEL));

    return _mm512_cvtps_epi32(v);
}

/* A row of up to four panels where what is left is to be kept in 0 .. 255: two packings that saturate do that, and one
 * permutation undoes what they do to the order. */
static inline __attribute__((always_inline)) void put_row(const bytes *b, int r, const __m512i *sum, int panels)
{
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512i q[4] = { 0 };

#pragma GCC unroll 16
    for (int p = 0; p < panels; p++)
        q[p] = rounded(b, p, sum[p]);
    __m512i words = _mm512_packs_epi32(q[0], q[1]), more = panels > 2 ? _mm512_packs_epi32(q[2], q[3]) : words;
    __m512i row = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(words, more));
    _mm512_mask_storeu_epi8(b->y + r * b->ldy, b->some, row);
}

static inline __attribute__((always_inline)) void put(const rk_int8_tile *t, const sums *acc, int rows, int panels)
{
    if (t->result == RK_INT8_BYTES && !t->zero && panels <= 4) {
        int64_t columns = (int64_t)(panels - 1) * RK_PANEL + t->last;
        bytes b = { t->y.bytes, t->ldy, t->scale, t->shift, ~0ULL >> (LINE - columns) };

#pragma GCC unroll 16
        for (int r = 0; r < rows; r++)
            put_row(&b, r, (*acc)[r], panels);
        return;
    }
#pragma GCC unroll 16
    for (int i = 0; i < panels; i++) {
        panel p = panel_of(t, i, panels);

        if (t->result == RK_INT8_BYTES)
#pragma GCC unroll 16
            for (int r = 0; r < rows; r++)
                put_bytes(&p, r, _mm512_add_ps(rectified(&p, scaled(&p, (*acc)[r][i])), p.zero));
        else
#pragma GCC unroll 16
            for (int r = 0; r < rows; r++)
                put_floats(&p, r, (*acc)[r][i]);
    }
}

/* ---- the sums ---- */

static inline __attribute__((always_inline)) void run(const rk_int8_tile *t, int rows, int panels)
{
    sums acc;

#pragma GCC unroll 16
    for (int p = 0; p < panels; p++) {
        __m512i start = _mm512_loadu_si512(t->start + p * RK_PANEL);

#pragma GCC unroll 16
        for (int r = 0; r < rows; r++)
            acc[r][p] = start;
    }
    for (int64_t l = 0; l < t->quads; l++) {
        __m512i w[RK_INT8_PANELS];

#pragma GCC unroll 16
        for (int p = 0; p < panels; p++)
            w[p] = _mm512_load_si512(t->w + p * t->panel + l * LINE);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            __m512i x = quad_of(t->x.data + r * t->x.ld + l * RK_INT8_QUAD);

#pragma GCC unroll 16
            for (int p = 0; p < panels; p++)
                acc[r][p] = add_products(acc[r][p], x, w[p]);
        }
    }
    if (rows == 1 && t->result == RK_INT8_SUMS) {
#pragma GCC unroll 16
        for (int p = 0; p < panels; p++)
            _mm512_storeu_si512(t->y.sums + p * RK_PANEL, acc[0][p]);
        return;
    }
    put(t, (const sums *)&acc, rows, panels);
}

#define TILE(rows, panels)                                                                                             \
    static void run_##rows##_##panels(const rk_int8_tile *t)                                                           \
    {                                                                                                                  \
        run(t, rows, panels);                                                                                          \
    }
#define UP_TO_2(rows) TILE(rows, 1) TILE(rows, 2)
#define UP_TO_3(rows) UP_TO_2(rows) TILE(rows, 3)
#define UP_TO_4(rows) UP_TO_3(rows) TILE(rows, 4)
UP_TO_4(1)
TILE(1, 5)
TILE(1, 6)
TILE(1, 7)
TILE(1, 8)
UP_TO_4(2)
UP_TO_4(3)
UP_TO_4(4)
UP_TO_4(5)
UP_TO_4(6)
UP_TO_3(7)
UP_TO_3(8)
UP_TO_2(9)
UP_TO_2(10)
UP_TO_2(11)
UP_TO_2(12)

#define OF_2(rows) run_##rows##_1, run_##rows##_2
#define OF_3(rows) OF_2(rows), run_##rows##_3
#define OF_4(rows) OF_3(rows), run_##rows##_4

static void tile(const rk_int8_tile *t, int rows, int panels)
{
    static void (*const kernels[RK_INT8_ROWS][RK_INT8_PANELS])(const rk_int8_tile *) = {
        { OF_4(1), run_1_5, run_1_6, run_1_7, run_1_8 },
        { OF_4(2) },
        { OF_4(3) },
        { OF_4(4) },
        { OF_4(5) },
        { OF_4(6) },
        { OF_3(7) },
        { OF_3(8) },
        { OF_2(9) },
        { OF_2(10) },
        { OF_2(11) },
        { OF_2(12) },
    };

    kernels[rows - 1][panels - 1](t);
}

static bool supported(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

const rk_int8_kernels rk_int8_vnni = {
    .name = "vnni",
    .supported = supported,
    .rows = { 12, 12, 8, 6 },
    .row_panels = RK_INT8_PANELS,
    .panels = 4,
    .tile = tile,
};
