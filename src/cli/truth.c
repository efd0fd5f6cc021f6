/* See truth.h. AUC comes from the same sort as the metrics', on rates rounded to float, as scores are. */
#include "truth.h"

#include <math.h>
#include <stdlib.h>

#include "error.h"
#include "mem.h"
#include "rank_auc.h"

static double log_loss(const rk_impression *rows, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum -= rows[i].click ? log(rows[i].rate) : log1p(-rows[i].rate);
    return sum / (double)n;
}

static double click_rate(const rk_impression *rows, size_t n)
{
    size_t clicks = 0;

    for (size_t i = 0; i < n; i++)
        clicks += rows[i].click;
    return (double)clicks / (double)n;
}

static int by_user(const void *a, const void *b)
{
    const rk_impression *x = a, *y = b;

    return (x->user > y->user) - (x->user < y->user);
}

static double auc(const rk_impression *rows, size_t n, uint64_t *words, uint64_t *scratch)
{
    for (size_t i = 0; i < n; i++)
        words[i] = rk_rank_row((float)rows[i].rate, rows[i].click, 0);
    rk_rank_sort(words, scratch, n);
    return rk_rank_auc(words, n, NULL).auc;
}

/* rows are sorted by user. */
static double grouped_auc(const rk_impression *rows, size_t n, uint64_t *words, uint64_t *scratch)
{
    double sum = 0;
    size_t n_users = 0;

    for (size_t begin = 0, end; begin < n; begin = end) {
        double of_user;

        for (end = begin + 1; end < n && rows[end].user == rows[begin].user; end++)
            ;
        of_user = auc(rows + begin, end - begin, words, scratch);
        if (!isnan(of_user)) {
            sum += of_user;
            n_users++;
        }
    }
    return n_users > 0 ? sum / (double)n_users : 0;
}

rocket_status rk_truth_measure(rk_truth *out, const rk_impression *rows, size_t n, rocket_error *err)
{
    uint64_t *words = rk_alloc(n, sizeof *words), *scratch = rk_alloc(n, sizeof *scratch);
    rk_impression *sorted = rk_alloc(n, sizeof *sorted);
    bool ok = words && scratch && sorted;

    if (ok) {
        out->auc = auc(rows, n, words, scratch);
        for (size_t i = 0; i < n; i++)
            sorted[i] = rows[i];
        qsort(sorted, n, sizeof *sorted, by_user);
        out->gauc = grouped_auc(sorted, n, words, scratch);
        out->log_loss = log_loss(rows, n);
        out->click_rate = click_rate(rows, n);
    }
    rk_free(words);
    rk_free(scratch);
    rk_free(sorted);
    RK_FAIL_IF(!ok, FAILED, err, "no memory to measure %zu rows", n);
    return ROCKET_OK;
}
