/* See prediction_rows.h. A fixed set of jobs goes round: the caller gives each a batch, a scoring thread turns the
 * whole batch into text on its own, and the caller writes the texts in the order of the batches. So nobody waits for
 * somebody within a batch, and the threads that read, parse, score and write are all at work at the same time.
 *
 * The queues have room for every job: only taking waits.
 */
#include "prediction_rows.h"

#include "error.h"
#include "mem.h"
#include "pool.h"
#include "scorer.h"
#include "stop.h"

enum { SPARE_JOBS = 2 /* one that waits to be scored, one being written */ };

typedef struct job {
    rk_batch *batch;
    rk_buf text;
    rocket_error error;
    rk_queue *done; /* of one place */
} job;

typedef struct worker {
    struct crew *crew;
    rk_scorer *scorer;
    rk_thread *thread;
} worker;

typedef struct crew {
    const rk_prediction_rows *rows;
    rk_queue *to_score;
    worker *workers; /* [rows->n_threads] */
    job *jobs;       /* [n_jobs] a ring */
    size_t n_jobs;
} crew;

static size_t count_jobs(int n_threads)
{
    return (size_t)n_threads + SPARE_JOBS;
}

size_t rk_prediction_batches(int n_threads)
{
    return count_jobs(n_threads) + 2; /* one being filled, one full */
}

static rocket_status make_text(rk_buf *text, const rk_prediction_rows *rows, rk_scorer *scorer, const rk_batch *batch,
                               rocket_error *err)
{
    rk_scores scores;

    RK_TRY(rk_scorer_run(&scores, scorer, batch, err));
    rk_buf_reset(text);
    rk_prediction_put_rows(text, rows->layout, &scores, batch);
    RK_FAIL_IF(rk_buf_failed(text), FAILED, err, "out of memory for the text of %lld rows", (long long)batch->n_rows);
    return ROCKET_OK;
}

static void score_thread(void *arg)
{
    worker *self = arg;
    void *item;

    while (rk_queue_pop(self->crew->to_score, &item)) {
        job *j = item;

        j->error.status = make_text(&j->text, self->crew->rows, self->scorer, j->batch, &j->error);
        rk_stream_give_back(self->crew->rows->stream, j->batch);
        rk_queue_push(j->done, j);
    }
}

static rocket_status make_jobs(crew *c, rocket_error *err)
{
    c->to_score = rk_queue_new(c->n_jobs);
    c->jobs = rk_alloc(c->n_jobs, sizeof *c->jobs);
    RK_FAIL_IF(c->to_score == NULL || c->jobs == NULL, FAILED, err, "out of memory");
    for (size_t i = 0; i < c->n_jobs; i++) {
        rk_buf_init(&c->jobs[i].text, 0);
        c->jobs[i].done = rk_queue_new(1);
        RK_FAIL_IF(c->jobs[i].done == NULL, FAILED, err, "out of memory");
    }
    return ROCKET_OK;
}

static rocket_status start_workers(crew *c, rocket_error *err)
{
    c->workers = rk_alloc((size_t)c->rows->n_threads, sizeof *c->workers);
    RK_FAIL_IF(c->workers == NULL, FAILED, err, "out of memory");
    for (int i = 0; i < c->rows->n_threads; i++) {
        worker *w = &c->workers[i];

        w->crew = c;
        RK_TRY(rk_scorer_new(&w->scorer, c->rows->light, err));
        w->thread = rk_thread_start(score_thread, w);
        RK_FAIL_IF(w->thread == NULL, FAILED, err, "cannot start %d threads", c->rows->n_threads);
    }
    return ROCKET_OK;
}

/* Wait for the oldest job and write its text. */
static rocket_status write_job(crew *c, job *oldest, rocket_error *err)
{
    void *item;

    rk_queue_pop(oldest->done, &item);
    if (oldest->error.status != ROCKET_OK)
        return rk_fail(err, oldest->error.status, "%s", oldest->error.text);
    return rk_text_output_write(c->rows->out, oldest->text.data, oldest->text.size, err);
}

/* Jobs [written, sent) are under way: in the ring they are written before they are sent again. */
static rocket_status send_and_write(uint64_t *n_rows, crew *c, rocket_error *err)
{
    size_t sent = 0, written = 0;
    rocket_error end = { 0 }; /* of the stream; what was read before it is written first */
    rk_batch *batch = NULL;

    do {
        end.status = rk_stream_next(c->rows->stream, &batch, &end);
        bool more = end.status == ROCKET_OK && batch != NULL;

        for (; written < sent && (!more || sent - written == c->n_jobs); written++)
            RK_TRY(write_job(c, &c->jobs[written % c->n_jobs], err));
        if (more) {
            c->jobs[sent % c->n_jobs].batch = batch;
            *n_rows += (uint64_t)batch->n_rows;
            rk_queue_push(c->to_score, &c->jobs[sent++ % c->n_jobs]);
        }
        RK_FAIL_IF(more && rk_stop_requested(), STOPPED, err, "stopped by signal %d%s", rk_stop_signal(),
                   c->rows->out->file != NULL ? "; nothing was written" : "");
    } while (sent > written);
    return end.status == ROCKET_OK ? ROCKET_OK : rk_fail(err, end.status, "%s", end.text);
}

static void dismiss(crew *c)
{
    if (c->to_score != NULL)
        rk_queue_close(c->to_score);
    for (int i = 0; c->workers != NULL && i < c->rows->n_threads; i++) {
        rk_thread_join(c->workers[i].thread);
        rk_scorer_free(c->workers[i].scorer);
    }
    for (size_t i = 0; c->jobs != NULL && i < c->n_jobs; i++) {
        rk_queue_free(c->jobs[i].done);
        rk_buf_clear(&c->jobs[i].text);
    }
    rk_free(c->workers);
    rk_free(c->jobs);
    rk_queue_free(c->to_score);
}

rocket_status rk_prediction_run(uint64_t *n_rows, const rk_prediction_rows *rows, rocket_error *err)
{
    crew c = { .rows = rows, .n_jobs = count_jobs(rows->n_threads) };

    *n_rows = 0;
    rocket_status status = make_jobs(&c, err);
    if (status == ROCKET_OK)
        status = start_workers(&c, err);
    if (status == ROCKET_OK)
        status = send_and_write(n_rows, &c, err);
    dismiss(&c);
    return status;
}
