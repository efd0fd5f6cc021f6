/* The machine's limits: multiply-adds from registers, copies between arrays beyond any cache, and the matrix products
 * of a training step in pieces of 128 rows (a batch of 1024 is cut into eight), on one thread and on all.
 *
 * Each thread works on arrays of its own, as in training, where a piece of the batch belongs to one thread.
 */
#include <stdio.h>
#include <string.h>

#include "backend.h"
#include "bench.h"
#include "error.h"
#include "fma_peak.h"
#include "mem.h"

/* ---- multiply-adds ---- */

enum { FMA_TURNS = 200000 };

static void fma_piece(void *arg, int piece, int thread)
{
    double *done = arg;

    (void)thread;
    done[piece * 8] = rk_fma_peak_run(FMA_TURNS); /* a cache line each */
}

typedef struct fma_work {
    rk_pool *pool;
    double *done;
} fma_work;

static rocket_status run_fma(double *amount, void *ctx, rocket_error *err)
{
    fma_work *work = ctx;
    int n = rk_pool_threads(work->pool);

    (void)err;
    rk_pool_run(work->pool, n, fma_piece, work->done);
    for (int i = 0; i < n; i++)
        *amount += work->done[i * 8];
    return ROCKET_OK;
}

rocket_status rk_bench_fma_peak(rk_sample *out, const rk_bench *bench, rk_pool *pool, rocket_error *err)
{
    fma_work work = { pool, rk_alloc((size_t)rk_pool_threads(pool) * 8, sizeof(double)) };

    RK_FAIL_IF(work.done == NULL, FAILED, err, "out of memory");
    rocket_status status = rk_bench_rate(out, bench, run_fma, &work, err);
    rk_free(work.done);
    return status;
}

/* ---- memory ---- */

enum { COPY_BYTES = 256 << 20 };

typedef struct copy_work {
    rk_pool *pool;
    char *to, *from;
} copy_work;

static void copy_piece(void *arg, int piece, int thread)
{
    const copy_work *work = arg;
    size_t share = COPY_BYTES / (size_t)rk_pool_threads(work->pool), begin = share * (size_t)piece;

    (void)thread;
    memcpy(work->to + begin, work->from + begin, share);
}

static rocket_status run_copy(double *amount, void *ctx, rocket_error *err)
{
    copy_work *work = ctx;

    (void)err;
    rk_pool_run(work->pool, rk_pool_threads(work->pool), copy_piece, work);
    *amount = 2.0 * COPY_BYTES; /* read and written */
    return ROCKET_OK;
}

static rocket_status measure_copy(rk_sample *out, const rk_bench *bench, rk_pool *pool, rocket_error *err)
{
    copy_work work = { pool, rk_alloc(COPY_BYTES, 1), rk_alloc(COPY_BYTES, 1) };
    rocket_status status = ROCKET_OK;

    if (work.to == NULL || work.from == NULL)
        status = rk_fail(err, ROCKET_FAILED, "out of memory: copies need two arrays of %d MiB", COPY_BYTES >> 20);
    if (status == ROCKET_OK) {
        memset(work.from, 1, COPY_BYTES); /* pages of zeros would all be the same one */
        status = rk_bench_rate(out, bench, run_copy, &work, err);
    }
    rk_free(work.to);
    rk_free(work.from);
    return status;
}

/* ---- matrix products ---- */

enum { PIECE_ROWS = 128, WIDEST = 272, MAX_LAYERS = 5 };

/* The nets of EasyRec's sample config: 17 embeddings of 16 values in, the shared part's 64 into the other two. */
static const struct net {
    const char *name;
    int widths[MAX_LAYERS + 1]; /* ends with 0 */
} nets[] = {
    { "272-128-96-64", { 272, 128, 96, 64 } },
    { "64-256-128-96-64", { 64, 256, 128, 96, 64 } },
    { "64-128-64", { 64, 128, 64 } },
};

static const char *const product_names[] = { "forward", "data gradient", "weight gradient" };

typedef struct product_work {
    rk_pool *pool;
    const rk_backend *backend;
    const struct net *net;
    int product;          /* of product_names */
    float *x, *w, *y, *g; /* per thread, one array behind the other */
} product_work;

enum { VALUES = PIECE_ROWS * WIDEST, WEIGHTS = WIDEST * WIDEST };

static void multiply(const product_work *work, int thread, int in, int out)
{
    float *x = work->x + (size_t)thread * VALUES, *y = work->y + (size_t)thread * VALUES;
    float *w = work->w + (size_t)thread * WEIGHTS, *g = work->g + (size_t)thread * WEIGHTS;

    /* as the executor multiplies: weights packed once, gradients of weights added up over pieces */
    if (work->product == 0)
        work->backend->product(
            &(rk_product){ .c = { y, out, PIECE_ROWS, out }, .a = { x, in, false }, .packed = w, .k = in });
    else if (work->product == 1)
        work->backend->product(
            &(rk_product){ .c = { y, in, PIECE_ROWS, in }, .a = { x, out, false }, .packed = w, .k = out });
    else
        work->backend->product(&(rk_product){
            .c = { g, out, in, out }, .a = { x, in, true }, .b = { y, out, false }, .k = PIECE_ROWS, .add = true });
}

static void product_piece(void *arg, int piece, int thread)
{
    const product_work *work = arg;

    (void)piece;
    for (const int *width = work->net->widths; width[1] != 0; width++)
        multiply(work, thread, width[0], width[1]);
}

static rocket_status run_product(double *amount, void *ctx, rocket_error *err)
{
    product_work *work = ctx;
    int n_pieces = rk_pool_threads(work->pool) * 8;

    (void)err;
    rk_pool_run(work->pool, n_pieces, product_piece, work);
    for (const int *width = work->net->widths; width[1] != 0; width++)
        *amount += 2.0 * PIECE_ROWS * width[0] * width[1] * n_pieces;
    return ROCKET_OK;
}

static bool make_factors(product_work *work)
{
    size_t n = (size_t)rk_pool_threads(work->pool);

    work->x = rk_alloc(n * VALUES, sizeof(float));
    work->y = rk_alloc(n * VALUES, sizeof(float));
    work->w = rk_alloc(n * WEIGHTS, sizeof(float));
    work->g = rk_alloc(n * WEIGHTS, sizeof(float));
    if (work->x == NULL || work->y == NULL || work->w == NULL || work->g == NULL)
        return false;
    for (size_t i = 0; i < n * VALUES; i++)
        work->x[i] = 0.01F * (float)(i % 7);
    for (size_t i = 0; i < n * WEIGHTS; i++)
        work->w[i] = 0.01F * (float)(i % 5);
    return true;
}

static rocket_status measure_products(rk_bench *bench, rk_pool *pool, rocket_error *err)
{
    product_work work = { .pool = pool, .backend = rk_backend_best() };
    rocket_status status = make_factors(&work) ? ROCKET_OK : rk_fail(err, ROCKET_FAILED, "out of memory");
    char name[96];
    rk_sample rate;

    for (size_t i = 0; status == ROCKET_OK && i < sizeof nets / sizeof nets[0] * 3; i++) {
        work.net = &nets[i / 3];
        work.product = (int)(i % 3);
        status = rk_bench_rate(&rate, bench, run_product, &work, err);
        snprintf(name, sizeof name, "products %s, %s, %d thread%s", work.net->name, product_names[work.product],
                 rk_pool_threads(pool), rk_pool_threads(pool) == 1 ? "" : "s");
        if (status == ROCKET_OK)
            rk_bench_report(bench, name, "GFLOP/s", rk_sample_scaled(rate, 1e-9));
    }
    rk_free(work.x);
    rk_free(work.y);
    rk_free(work.w);
    rk_free(work.g);
    return status;
}

/* ---- all ---- */

static rocket_status measure_pool(rk_bench *bench, rk_pool *pool, rocket_error *err)
{
    rk_sample rate;
    char name[64];
    int n = rk_pool_threads(pool);

    if (rk_fma_peak_supported()) {
        RK_TRY(rk_bench_fma_peak(&rate, bench, pool, err));
        snprintf(name, sizeof name, "multiply-adds from registers, %d thread%s", n, n == 1 ? "" : "s");
        rk_bench_report(bench, name, "GFLOP/s", rk_sample_scaled(rate, 1e-9));
    }
    RK_TRY(measure_copy(&rate, bench, pool, err));
    snprintf(name, sizeof name, "memory copied (read + written), %d thread%s", n, n == 1 ? "" : "s");
    rk_bench_report(bench, name, "GB/s", rk_sample_scaled(rate, 1e-9));
    return measure_products(bench, pool, err);
}

rocket_status rk_bench_limits(rk_bench *bench, rocket_error *err)
{
    RK_TRY(measure_pool(bench, bench->one, err));
    return bench->n_threads > 1 ? measure_pool(bench, bench->all, err) : ROCKET_OK;
}
