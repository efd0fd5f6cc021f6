/* A short training through rk_train, as `rocket train` does it: checkpoint and exported model in a folder of their own.
 */
#ifndef TRAINED_H
#define TRAINED_H

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "rk_test.h"
#include "train.h"

enum { TRAINED_MAX_OVERRIDES = 24 };

typedef struct trained_options {
    const char *folder; /* of pipeline.config, train.csv, eval.csv */
    const char *model_dir;
    int n_steps, n_threads;
    bool resume;
    const char *overrides[TRAINED_MAX_OVERRIDES]; /* ends at the first NULL */
} trained_options;

static inline rk_config *trained_config(const trained_options *options)
{
    char texts[4][1024], path[1024];
    const char *all[TRAINED_MAX_OVERRIDES + 8];
    size_t n = 0;
    rocket_error err = { 0 };
    rk_config *config = NULL;

    snprintf(texts[0], sizeof texts[0], "train_input_path=%s/train.csv", options->folder);
    snprintf(texts[1], sizeof texts[1], "model_dir=%s", options->model_dir);
    snprintf(texts[2], sizeof texts[2], "train_config.num_steps=%d", options->n_steps);
    snprintf(texts[3], sizeof texts[3], "eval_input_path=");
    for (size_t i = 0; i < 4; i++)
        all[n++] = texts[i];
    for (size_t i = 0; i < TRAINED_MAX_OVERRIDES && options->overrides[i] != NULL; i++)
        all[n++] = options->overrides[i];
    snprintf(path, sizeof path, "%s/pipeline.config", options->folder);
    if (rk_config_load(&config, path, all, n, NULL, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return config;
}

static inline rk_train_result trained_run(const trained_options *options)
{
    rk_config *config = trained_config(options);
    rk_train_options train = { .run = { .n_threads = options->n_threads, .seed_given = true, .seed = 7 },
                               .resume = options->resume };
    rk_train_result result = { 0 };
    rocket_error err = { 0 };

    rk_log_set_level(RK_LOG_WARN);
    if (rk_train(&result, config, &train, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    rk_figures_clear(&result.last);
    rk_config_free(config);
    return result;
}

#endif
