/* The search: see tuner.h. Draw and check all configs, train rung by rung, sort, write the best config. */
#include "tuner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"
#include "folder_lock.h"
#include "log.h"
#include "resolve.h"
#include "search_space.h"
#include "train.h"

enum { N_OWN_SETS = 4 }; /* overrides of the tuner itself */

typedef struct tuning {
    const rk_tune_options *options;
    rk_arena *arena;
    rk_buf space_text;
    rk_search_space space;
    rk_trial_log *log;
    rk_trial *trials; /* [n_trials], the surviving ones first */
    uint64_t n_rungs, full_steps, seed;
    int lock; /* on the folder */
} tuning;

/* ---- configs ---- */

/* The config of a trial: the user's overrides, then what was drawn, then own. Checked. */
static rocket_status load_config(rk_config **out, const tuning *t, const rk_trial *trial, const char *const *own,
                                 size_t n_own, rocket_error *err)
{
    const rk_tune_options *options = t->options;
    size_t n_drawn = trial != NULL ? trial->n_overrides : 0, n = options->n_sets + n_drawn + n_own;
    const char **all = rk_arena_alloc(t->arena, n + 1, sizeof *all);
    rk_config *config;

    RK_FAIL_IF(all == NULL, FAILED, err, "no memory for a trial");
    for (size_t i = 0; i < n; i++)
        all[i] = i < options->n_sets             ? options->sets[i]
                 : i < options->n_sets + n_drawn ? trial->overrides[i - options->n_sets]
                                                 : own[i - options->n_sets - n_drawn];
    RK_TRY(rk_config_load(&config, options->config, all, n, NULL, err));
    rocket_status status = rk_run_check(config, NULL, err);
    if (status != ROCKET_OK) {
        rk_config_free(config);
        return status;
    }
    *out = config;
    return ROCKET_OK;
}

static const char *trial_dir(const tuning *t, uint64_t number)
{
    return rk_arena_printf(t->arena, "%s/trial-%llu", t->options->dir, (unsigned long long)number);
}

/* What a trial's training needs beside what was drawn. A rung that is not the last one ends where the next goes on. */
static rocket_status load_to_train(rk_config **out, const tuning *t, const rk_trial *trial, rocket_error *err)
{
    const char *own[N_OWN_SETS] = { "export_config.exporter_type=none", "train_config.keep_checkpoint_max=1",
                                    rk_arena_printf(t->arena, "model_dir=%s", trial_dir(t, trial->number)),
                                    rk_arena_printf(t->arena, "train_config.num_steps=%llu",
                                                    (unsigned long long)trial->steps) };

    RK_FAIL_IF(rk_arena_failed(t->arena), FAILED, err, "no memory for a trial");
    return load_config(out, t, trial, own, t->options->halving > 0 ? N_OWN_SETS : N_OWN_SETS - 1, err);
}

/* Multiplications of the light net; of the booster where it is alone. */
static rocket_status count_multiplications(int64_t *out, const rk_config *config, rocket_error *err)
{
    rk_schema_options columns = { .labels = true };
    rk_schema *schema = NULL;
    rk_model *model = NULL;

    rocket_status status = rk_schema_new(&schema, config, &columns, err);
    if (status == ROCKET_OK)
        status = rk_model_new(&model, config, schema, err);
    if (status == ROCKET_OK) {
        int net = model->logits[RK_LIGHT] >= 0 ? RK_LIGHT : RK_BOOSTER;
        *out = rk_graph_cost(model->graph, model->logits[net]).multiplications;
    }
    rk_model_free(model);
    rk_schema_free(schema);
    return status;
}

static rocket_status draw_trial(tuning *t, rk_trial *trial, rocket_error *err)
{
    const char **drawn = rk_arena_alloc(t->arena, t->space.n_axes, sizeof *drawn);
    rk_config *config;

    for (size_t i = 0; i < t->space.n_axes && drawn != NULL; i++)
        drawn[i] = rk_search_space_draw(&t->space, i, t->seed, trial->number, t->arena);
    RK_FAIL_IF(rk_arena_failed(t->arena), FAILED, err, "no memory for a trial");
    trial->overrides = drawn;
    trial->n_overrides = t->space.n_axes;
    trial->metric = (double)NAN;
    trial->steps = t->full_steps;
    rocket_status status = load_to_train(&config, t, trial, err);
    if (status == ROCKET_OK) {
        status = count_multiplications(&trial->multiplications, config, err);
        rk_config_free(config);
    }
    if (status != ROCKET_OK)
        rk_error_prefix(err, "trial %llu", (unsigned long long)trial->number);
    return status;
}

static rocket_status draw_trials(tuning *t, rocket_error *err)
{
    t->trials = rk_arena_alloc(t->arena, t->options->n_trials, sizeof *t->trials);
    RK_FAIL_IF(t->trials == NULL, FAILED, err, "no memory for %llu trials", (unsigned long long)t->options->n_trials);
    for (uint64_t i = 0; i < t->options->n_trials; i++) {
        t->trials[i].number = i + 1;
        RK_TRY(draw_trial(t, &t->trials[i], err));
    }
    return ROCKET_OK;
}

/* ---- the folder ---- */

/* All that the trials depend on, as text. Without halving more trials can be asked for later. */
static rocket_status describe(rk_buf *out, const tuning *t, const rk_config *base, rocket_error *err)
{
    const rk_tune_options *options = t->options;

    rk_buf_printf(out, "seed: %llu\n", (unsigned long long)t->seed);
    if (options->halving > 0)
        rk_buf_printf(out, "halving: %llu of %llu trials, %s %s is better\n", (unsigned long long)options->halving,
                      (unsigned long long)options->n_trials, options->lower_is_better ? "lower" : "higher",
                      options->metric);
    rk_buf_puts(out, "\n# the search file\n");
    rk_buf_append(out, t->space_text.data, t->space_text.size);
    rk_buf_puts(out, "\n# the config\n");
    rk_config_print(base, out);
    RK_FAIL_IF(rk_buf_failed(out), FAILED, err, "no memory for search.txt");
    return ROCKET_OK;
}

/* A folder belongs to one search: the same one may go on, another one must not mix with it. */
static rocket_status claim_folder(tuning *t, const rk_buf *description, rocket_error *err)
{
    const char *path = rk_arena_printf(t->arena, "%s/search.txt", t->options->dir);
    rk_buf there;

    RK_FAIL_IF(path == NULL, FAILED, err, "no memory for search.txt");
    RK_TRY(rk_mkdirs(t->options->dir, err));
    RK_TRY(rk_folder_lock(&t->lock, t->options->dir, err));
    RK_TRY(rk_atomic_sweep(t->options->dir, err));
    if (!rk_file_exists(path))
        return rk_file_write(path, description->data, description->size, err);
    RK_FAIL_IF(!t->options->resume, USAGE, err,
               "%s holds a search; --resume goes on with it, another folder starts anew", t->options->dir);
    rk_buf_init(&there, 0);
    rocket_status status = rk_file_read(&there, path, err);
    bool same = there.size == description->size && memcmp(there.data, description->data, there.size) == 0;
    rk_buf_clear(&there);
    if (status == ROCKET_OK && !same)
        return rk_fail(err, ROCKET_USAGE,
                       "%s holds another search: seed, config, search file or halving differ from search.txt there",
                       t->options->dir);
    return status;
}

static rocket_status count_rungs(tuning *t, const rk_config *base, rocket_error *err)
{
    t->n_rungs = 1;
    t->full_steps = rk_config_view(base)->train->num_steps;
    if (t->options->halving == 0)
        return ROCKET_OK;
    RK_FAIL_IF(t->full_steps == 0, USAGE, err, "halving divides train_config.num_steps, which is not given");
    for (uint64_t n = t->options->n_trials; n >= t->options->halving; n /= t->options->halving)
        t->n_rungs++;
    return ROCKET_OK;
}

static rocket_status prepare_with(tuning *t, const rk_config *base, rocket_error *err)
{
    const char *eval = rk_config_root(base)->eval_input_path;
    const Rocket__TrainConfig *train = rk_config_view(base)->train;
    const char *log = rk_arena_printf(t->arena, "%s/trials.jsonl", t->options->dir);
    rk_buf description;

    RK_FAIL_IF(log == NULL, FAILED, err, "no memory for a search");
    RK_FAIL_IF(eval == NULL || eval[0] == '\0', CONFIG, err, "%s: a search needs eval_input_path",
               rk_config_name(base));
    t->seed = t->options->run.seed_given ? t->options->run.seed : train->seed;
    RK_TRY(count_rungs(t, base, err));
    RK_TRY(draw_trials(t, err));
    rk_buf_init(&description, 0);
    rocket_status status = describe(&description, t, base, err);
    if (status == ROCKET_OK)
        status = claim_folder(t, &description, err);
    rk_buf_clear(&description);
    RK_TRY(status);
    return rk_trial_log_open(&t->log, log, err);
}

static rocket_status prepare(tuning *t, rocket_error *err)
{
    rk_config *base;

    RK_TRY(rk_file_read_text(&t->space_text, t->options->space, err));
    RK_TRY(rk_search_space_parse(&t->space, t->arena, t->options->space, t->space_text.data, t->space_text.size, err));
    RK_TRY(load_config(&base, t, NULL, NULL, 0, err));
    rocket_status status = prepare_with(t, base, err);
    rk_config_free(base);
    return status;
}

/* ---- training ---- */

static rocket_status no_such_figure(const char *metric, const rk_json *figures, rocket_error *err)
{
    rk_buf names;

    rk_buf_init(&names, 0);
    for (size_t i = 0; i < rk_json_size(figures); i++)
        rk_buf_printf(&names, "%s%s", i > 0 ? ", " : "", rk_json_key(figures, i));
    rk_fail(err, ROCKET_USAGE, "expected a figure of the evaluation, found \"%s\"; there are %s", metric,
            names.data != NULL ? names.data : "none");
    rk_buf_clear(&names);
    return ROCKET_USAGE;
}

static rocket_status take_metric(rk_trial *trial, const tuning *t, const rk_json *figures, rocket_error *err)
{
    const rk_json *value = rk_json_get(figures, t->options->metric);

    if (value == NULL)
        return no_such_figure(t->options->metric, figures, err);
    trial->failure = NULL;
    if (!rk_json_number(value, &trial->metric))
        trial->metric = (double)NAN;
    return ROCKET_OK;
}

/* One training, quietly; figures stay empty and trial->failure is set when it failed by itself. */
static rocket_status train_trial(rk_train_result *out, rk_trial *trial, const tuning *t, rocket_error *err)
{
    rk_log_level level = rk_log_get_level();
    rk_train_options options = { .run = t->options->run, .resume = true };
    rocket_error why = { 0 };
    rk_config *config;

    RK_TRY(load_to_train(&config, t, trial, err));
    options.run.seed = t->seed;
    options.run.seed_given = true;
    if (level == RK_LOG_INFO)
        rk_log_set_level(RK_LOG_WARN);
    rocket_status status = rk_train(out, config, &options, &why);
    rk_log_set_level(level);
    rk_config_free(config);
    if (status == ROCKET_OK)
        return ROCKET_OK;
    trial->failure = rk_arena_strdup(t->arena, why.text);
    if (status == ROCKET_FAILED && trial->failure != NULL)
        return ROCKET_OK;
    return rk_fail(err, status, "trial %llu: %s", (unsigned long long)trial->number, why.text);
}

static void tell(const tuning *t, const rk_trial *trial)
{
    rk_buf drawn;

    rk_buf_init(&drawn, 0);
    for (size_t i = 0; i < trial->n_overrides; i++)
        rk_buf_printf(&drawn, "%s%s", i > 0 ? ", " : "", trial->overrides[i]);
    const char *text = drawn.data != NULL ? drawn.data : "";
    if (trial->failure != NULL)
        rk_log(RK_LOG_WARN, "trial %llu failed: %s (%s)", (unsigned long long)trial->number, trial->failure, text);
    else
        rk_log(RK_LOG_INFO, "trial %llu of %llu, step %llu: %s %.6g with %s", (unsigned long long)trial->number,
               (unsigned long long)t->options->n_trials, (unsigned long long)trial->steps, t->options->metric,
               trial->metric, text);
    rk_buf_clear(&drawn);
}

static rocket_status run_trial(tuning *t, rk_trial *trial, rocket_error *err)
{
    const rk_json *figures = rk_trial_log_figures(t->log, trial->number, trial->rung);
    rk_train_result result = { 0 };

    if (figures != NULL)
        return take_metric(trial, t, figures, err);
    trial->failure = NULL;
    RK_TRY(train_trial(&result, trial, t, err));
    rocket_status status = rk_trial_log_add(t->log, trial, trial->failure == NULL ? &result.last : NULL, err);
    rk_figures_clear(&result.last);
    RK_TRY(status);
    figures = rk_trial_log_figures(t->log, trial->number, trial->rung);
    if (trial->failure == NULL)
        RK_TRY(take_metric(trial, t, figures, err));
    tell(t, trial);
    return ROCKET_OK;
}

/* ---- order ---- */

/* NaN is worse than anything. */
static int compare_metric(double a, double b, bool lower)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return lower ? (a > b) - (a < b) : (a < b) - (a > b);
}

static int compare_trials(const rk_trial *a, const rk_trial *b, bool lower)
{
    int order = compare_metric(a->metric, b->metric, lower);

    if (order == 0)
        order = (a->multiplications > b->multiplications) - (a->multiplications < b->multiplications);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static int higher_first(const void *a, const void *b)
{
    return compare_trials(a, b, false);
}

static int lower_first(const void *a, const void *b)
{
    return compare_trials(a, b, true);
}

/* Among trials of as many steps: one that was stopped early has no figure to compare with one that went on. */
static void mark_front(rk_trial *trials, size_t n, bool lower)
{
    for (size_t i = 0; i < n; i++) {
        trials[i].on_front = !isnan(trials[i].metric);
        for (size_t j = 0; j < n; j++) {
            int metric = compare_metric(trials[j].metric, trials[i].metric, lower);
            int64_t more = trials[j].multiplications - trials[i].multiplications;
            bool comparable = trials[j].steps == trials[i].steps;
            if (comparable && metric <= 0 && more <= 0 && (metric < 0 || more < 0))
                trials[i].on_front = false;
        }
    }
}

static uint64_t steps_of(const tuning *t, uint64_t rung)
{
    uint64_t steps = t->full_steps;

    for (uint64_t r = rung; r + 1 < t->n_rungs; r++)
        steps /= t->options->halving;
    return steps > 0 || t->full_steps == 0 ? steps : 1;
}

/* Every rung sorts those that took part in it, so that in the end the first is the best of those that got furthest. */
static rocket_status climb(tuning *t, rocket_error *err)
{
    uint64_t n = t->options->n_trials;

    for (uint64_t rung = 0; rung < t->n_rungs; rung++) {
        for (uint64_t i = 0; i < n; i++) {
            if (rung > 0 && t->trials[i].failure != NULL)
                continue;
            t->trials[i].rung = rung;
            t->trials[i].steps = steps_of(t, rung);
            RK_TRY(run_trial(t, &t->trials[i], err));
        }
        qsort(t->trials, n, sizeof *t->trials, t->options->lower_is_better ? lower_first : higher_first);
        n = t->options->halving > 0 && n >= t->options->halving ? n / t->options->halving : n;
    }
    RK_FAIL_IF(t->trials[0].failure != NULL, FAILED, err, "all trials failed, the first with: %s",
               t->trials[0].failure);
    mark_front(t->trials, t->options->n_trials, t->options->lower_is_better);
    return ROCKET_OK;
}

static rocket_status write_best(const char **path, const tuning *t, rocket_error *err)
{
    const rk_trial *best = &t->trials[0];
    const char *seed = rk_arena_printf(t->arena, "train_config.seed=%llu", (unsigned long long)t->seed);
    rk_config *config;
    rk_buf text;

    *path = rk_arena_printf(t->arena, "%s/best.config", t->options->dir);
    RK_FAIL_IF(rk_arena_failed(t->arena), FAILED, err, "no memory for best.config");
    RK_TRY(load_config(&config, t, best, &seed, 1, err));
    rk_buf_init(&text, 0);
    rk_buf_printf(&text, "# Trial %llu of a search over %s: %s = %.6g\n", (unsigned long long)best->number,
                  t->options->space, t->options->metric, best->metric);
    rk_config_print(config, &text);
    rocket_status status = rk_buf_failed(&text) ? rk_fail(err, ROCKET_FAILED, "no memory for best.config")
                                                : rk_file_write(*path, text.data, text.size, err);
    rk_buf_clear(&text);
    rk_config_free(config);
    return status;
}

rocket_status rk_tune(rk_tune_result *out, const rk_tune_options *options, rocket_error *err)
{
    rk_tune_result result = { .n_trials = options->n_trials };
    tuning t = { .options = options, .arena = &result.arena, .lock = RK_NO_LOCK };

    rk_arena_init(&result.arena, 0);
    rk_buf_init(&t.space_text, RK_SEARCH_MAX_BYTES);
    rocket_status status = prepare(&t, err);
    if (status == ROCKET_OK)
        status = climb(&t, err);
    if (status == ROCKET_OK)
        status = write_best(&result.best_config, &t, err);
    rk_folder_unlock(t.lock);
    rk_trial_log_close(t.log);
    rk_buf_clear(&t.space_text);
    result.trials = t.trials;
    if (status != ROCKET_OK)
        rk_tune_result_clear(&result);
    else
        *out = result; /* the arena too: its blocks do not point back */
    return status;
}

void rk_tune_result_clear(rk_tune_result *result)
{
    rk_arena_clear(&result->arena);
    *result = (rk_tune_result){ 0 };
}
