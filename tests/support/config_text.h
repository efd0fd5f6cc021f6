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
    rk_config_source source = { "t", input->text, strlen(input->text), input->overrides, 0 };

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

#endif
