/* Matrix product by oneDNN (dnnl_sgemm), the one place that includes its header.
 *
 * Why oneDNN: on the products of a light net and its booster, one core of the machine at hand, it runs at 91 GFLOP/s
 * from 64 rows on, OpenBLAS 0.3.21 (serial) at 75. Threads are ours: the batch is cut into chunks, so each product
 * must run on its calling thread. oneDNN asks OpenMP for the number of threads, which is a setting of every thread by
 * itself: it is made 1 when a thread comes by for the first time.
 *
 * The kernels are generated when first used. That is guarded inside the library, but costs milliseconds while
 * others wait; one product per kind is therefore run once, before any other.
 */
#include "gemm_onednn.h"

#include <assert.h>
#include <dnnl.h>
#include <pthread.h>

void omp_set_num_threads(int n); /* of libgomp, which oneDNN brings along; clang comes without omp.h */

static pthread_once_t warm = PTHREAD_ONCE_INIT;
static _Thread_local bool thread_is_single;

static void multiply(rk_block c, rk_matrix a, rk_matrix b, int64_t k, bool add)
{
    dnnl_status_t status = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', c.rows, c.cols, k, 1.0F,
                                      a.data, a.ld, b.data, b.ld, add ? 1.0F : 0.0F, c.data, c.ld);

    assert(status == dnnl_success); /* only wrong arguments can fail */
    (void)status;
}

static void warm_up(void)
{
    enum { N = 48 };
    static float a[N * N], b[N * N], out[N * N];
    rk_block c = { out, N, N, N };

    for (int kind = 0; kind < 8; kind++)
        multiply(c, (rk_matrix){ a, N, (kind & 1) != 0 }, (rk_matrix){ b, N, (kind & 2) != 0 }, N, (kind & 4) != 0);
}

void rk_gemm_onednn(rk_block c, rk_matrix a, rk_matrix b, int64_t k, bool add)
{
    if (!thread_is_single) {
        omp_set_num_threads(1);
        thread_is_single = true;
    }
    pthread_once(&warm, warm_up);
    multiply(c, a, b, k, add);
}
