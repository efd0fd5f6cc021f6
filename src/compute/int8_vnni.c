/* 8-bit kernels for AVX-512 with VNNI: four products a lane and their sum in one instruction, which does not saturate
 * on the way. 8 rows of three panels take 24 registers. */
#include <immintrin.h>

#include "int8.h"

static __mmask16 first_lanes(int64_t n)
{
    return (__mmask16)(n >= RK_PANEL ? 0xffff : (1 << (n > 0 ? n : 0)) - 1);
}

static inline __m512 load(const float *x, int64_t left)
{
    return left >= RK_PANEL ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps(first_lanes(left), x);
}

static void quantize(rk_int8_rows *out, int64_t row, const float *x, int64_t n)
{
    __m512 least = _mm512_setzero_ps(), greatest = least;

    for (int64_t i = 0; i < n; i += RK_PANEL) {
        __m512 v = load(x + i, n - i);

        least = _mm512_min_ps(v, least); /* the second where one is no number */
        greatest = _mm512_max_ps(v, greatest);
    }
    __m512 inverse =
        _mm512_set1_ps(rk_int8_begin_row(out, row, _mm512_reduce_min_ps(least), _mm512_reduce_max_ps(greatest)));
    __m512i zero = _mm512_set1_epi32(out->zero[row]);
    for (int64_t i = 0; i < n; i += RK_PANEL) {
        __m512i q = _mm512_add_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(load(x + i, n - i), inverse)), zero);

        q = _mm512_max_epi32(q, _mm512_setzero_si512());
        _mm_store_si128((__m128i *)(void *)(out->q + row * out->ld + i), _mm512_cvtusepi32_epi8(q));
    }
}

/* sum += x w, four products a lane. As an intrinsic gcc 12 moves every sum to another register and back. */
static inline __m512i add_products(__m512i sum, __m512i x, __m512i w)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
    return sum;
}

typedef __m512i sums[RK_INT8_ROWS][RK_INT8_PANELS];

/* What belongs to the columns of a panel, of which the last may lack some. */
typedef struct columns {
    __mmask16 some;
    __m512i sums;
    __m512 scale, center, by, shift, slope;
} columns;

static inline __attribute__((always_inline)) columns columns_of(const rk_int8_tile *t, int64_t j, int64_t left)
{
    const rk_norm *norm = &t->norm;
    columns c = { .some = first_lanes(left),
                  .sums = _mm512_loadu_si512(t->column_sums + j),
                  .scale = _mm512_loadu_ps(t->scale + j),
                  .slope = _mm512_set1_ps(norm->slope) };

    if (norm->center) {
        c.center = _mm512_maskz_loadu_ps(c.some, norm->center + j);
        c.by = _mm512_maskz_loadu_ps(c.some, norm->scale + j);
        c.shift = _mm512_maskz_loadu_ps(c.some, norm->shift + j);
    }
    return c;
}

static inline __attribute__((always_inline)) void finish(const rk_int8_tile *t, int r, int64_t j, columns c,
                                                         __m512i sum)
{
    sum = _mm512_sub_epi32(sum, _mm512_mullo_epi32(_mm512_set1_epi32(t->x.zero[r]), c.sums));
    __m512 v = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(_mm512_set1_ps(t->x.scale[r]), c.scale),
                               _mm512_maskz_loadu_ps(c.some, t->start + r * t->ld_start + j));
    if (t->norm.center)
        v = _mm512_fmadd_ps(_mm512_sub_ps(v, c.center), c.by, c.shift);
    if (t->norm.slope != 1)
        v = _mm512_max_ps(_mm512_mul_ps(v, c.slope), v);
    _mm512_mask_storeu_ps(t->y + r * t->ldy + j, c.some, v);
}

static inline __attribute__((always_inline)) void run(const rk_int8_tile *t, int rows, int panels)
{
    sums acc;

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
        for (int p = 0; p < panels; p++)
            acc[r][p] = _mm512_setzero_si512();
    for (int64_t l = 0; l < t->quads; l++) {
        __m512i w[RK_INT8_PANELS];

#pragma GCC unroll 16
        for (int p = 0; p < panels; p++)
            w[p] = _mm512_load_si512(t->w + p * t->panel + l * 64);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
            __m512i x = _mm512_set1_epi32(*(const int32_t *)(const void *)(t->x.q + r * t->x.ld + l * RK_INT8_QUAD));

#pragma GCC unroll 16
            for (int p = 0; p < panels; p++)
                acc[r][p] = add_products(acc[r][p], x, w[p]);
        }
    }
#pragma GCC unroll 16
    for (int p = 0; p < panels; p++) {
        columns c = columns_of(t, (int64_t)p * RK_PANEL, p < panels - 1 ? RK_PANEL : t->last);

#pragma GCC unroll 16
        for (int r = 0; r < rows; r++)
            finish(t, r, (int64_t)p * RK_PANEL, c, acc[r][p]);
    }
}

#define TILE(rows, panels)                                                                                             \
    static void run_##rows##_##panels(const rk_int8_tile *t)                                                           \
    {                                                                                                                  \
        run(t, rows, panels);                                                                                          \
    }
#define FEW(rows) TILE(rows, 1) TILE(rows, 2) TILE(rows, 3)
#define MANY(rows) FEW(rows) TILE(rows, 4) TILE(rows, 5) TILE(rows, 6)
MANY(1)
MANY(2)
FEW(3)
FEW(4)
FEW(5)
FEW(6)
FEW(7)
FEW(8)

#define FEW_OF(rows) run_##rows##_1, run_##rows##_2, run_##rows##_3
#define MANY_OF(rows) FEW_OF(rows), run_##rows##_4, run_##rows##_5, run_##rows##_6

static void tile(const rk_int8_tile *t, int rows, int panels)
{
    static void (*const kernels[RK_INT8_ROWS][RK_INT8_PANELS])(const rk_int8_tile *) = {
        { MANY_OF(1) }, { MANY_OF(2) }, { FEW_OF(3) }, { FEW_OF(4) },
        { FEW_OF(5) },  { FEW_OF(6) },  { FEW_OF(7) }, { FEW_OF(8) },
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
    .rows = RK_INT8_ROWS,
    .few_panels = 3,
    .many_panels = RK_INT8_PANELS,
    .quantize = quantize,
    .tile = tile,
};
