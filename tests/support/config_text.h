/* Configs from texts in tests: parse and check them, and give their faults as one text with a line each. */
#ifndef RK_CONFIG_TEXT_H
#define RK_CONFIG_TEXT_H

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "rk_test.h"

enum { CONFIG_TEXT_OVERRIDES = 8 };

typedef struct config_text { /* what to read; overrides end with NULL */
    const char *text;
    const char *overrides[CONFIG_TEXT_OVERRIDES];
} config_text;

static inline rk_config_source config_text_source(const config_text *input)
{
    rk_config_source source = {
        .name = "t", .text = input->text, .n = strlen(input->text), .overrides = input->overrides
    };

    while (source.n_overrides < CONFIG_TEXT_OVERRIDES && input->overrides[source.n_overrides])
        source.n_overrides++;
    return source;
}

/* A config without errors; the test fails with the first one otherwise. To be freed with rk_config_free. */
static inline rk_config *config_text_open(const config_text *input)
{
    rk_config_source source = config_text_source(input);
    rk_config *config = NULL;
    rocket_error err = { 0 };

    if (rk_config_parse(&config, &source, NULL, &err) != ROCKET_OK)
        fail_msg("%s", err.text);
    return config;
}

/* "error t:1:2: sentence" or "note ..." per fault, of reading and, when that went well, of checking. */
static inline const char *config_text_faults(const config_text *input, bool check)
{
    static char lines[16384];
    rk_config_source source = config_text_source(input);
    rk_config *config = NULL;
    rk_faults faults;
    size_t used = 0;

    rk_faults_init(&faults);
    rocket_status status = rk_config_parse(&config, &source, &faults, NULL);
    if (status == ROCKET_OK && check)
        status = rk_config_check(config, NULL, 0, &faults, NULL);
    assert_int_equal(status, faults.n_errors ? ROCKET_CONFIG : ROCKET_OK);
    lines[0] = '\0';
    for (size_t i = 0; i < faults.n && used < sizeof lines; i++)
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%s %s: %s\n",
                                 faults.items[i].severity == RK_FAULT_ERROR ? "error" : "note", faults.items[i].where,
                                 faults.items[i].sentence);
    rk_config_free(config);
    rk_faults_clear(&faults);
    return lines;
}

/* A small config without a fault, to be broken by overrides. */
#define CONFIG_TEXT_SOUND                                                                                              \
    "train_input_path: 'train.csv'\n"                                                                                  \
    "model_dir: 'model'\n"                                                                                             \
    "train_config { optimizer_config { adam_optimizer { } } num_steps: 10 }\n"                                         \
    "eval_config { metrics_set { auc { } } metrics_set { gauc { uid_field: 'user' } } }\n"                             \
    "data_config {\n"                                                                                                  \
    "  input_fields { input_name: 'clk' input_type: INT32 }\n"                                                         \
    "  input_fields { input_name: 'user' }\n"                                                                          \
    "  input_fields { input_name: 'item' }\n"                                                                          \
    "  input_fields { input_name: 'weight' input_type: FLOAT }\n"                                                      \
    "  label_fields: 'clk'\n"                                                                                          \
    "}\n"                                                                                                              \
    "feature_config {\n"                                                                                               \
    "  features { input_names: 'user' hash_bucket_size: 100 embedding_dim: 4 }\n"                                      \
    "  features { input_names: 'item' hash_bucket_size: 100 embedding_dim: 4 }\n"                                      \
    "}\n"                                                                                                              \
    "model_config {\n"                                                                                                 \
    "  model_class: 'RocketLaunching'\n"                                                                               \
    "  feature_groups { group_name: 'all' feature_names: ['user', 'item'] }\n"                                         \
    "  rocket_launching { booster_dnn { hidden_units: 8 } light_dnn { hidden_units: 4 } }\n"                           \
    "}\n"

typedef struct config_fault_case {
    const char *name;
    config_text input;
    const char *faults; /* as config_text_faults gives them */
} config_fault_case;

static inline void assert_config_faults(const config_fault_case *cases, size_t n, bool check)
{
    for (size_t i = 0; i < n; i++) {
        const char *faults = config_text_faults(&cases[i].input, check);
        if (strcmp(faults, cases[i].faults) != 0)
            fail_msg("%s: expected\n%sfound\n%s", cases[i].name, cases[i].faults, faults);
    }
}

#endif
