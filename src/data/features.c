/* The table of feature types, and what several of them need. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "faults.h"
#include "feature.h"
#include "mem.h"

#define RK_FEATURE(name) extern const rk_feature_def rk_feature_##name;
#include "features.def"
#undef RK_FEATURE

#define RK_FEATURE(name) &rk_feature_##name,
const rk_feature_def *const rk_features[] = {
#include "features.def"
    NULL,
};
#undef RK_FEATURE

const rk_feature_def *rk_feature_def_find(int type)
{
    for (const rk_feature_def *const *feature = rk_features; *feature; feature++)
        if ((*feature)->type == type)
            return *feature;
    return NULL;
}

void *rk_row_scratch(rk_sink_row *row, size_t bytes)
{
    rk_scratch *scratch = row->scratch;

    if (bytes > scratch->capacity || !scratch->data) {
        void *grown = rk_realloc(scratch->data, 2 * bytes, 1);

        if (!grown)
            return NULL;
        scratch->data = grown;
        scratch->capacity = 2 * bytes;
    }
    return scratch->data;
}

bool rk_row_bytes(rk_sink_row *row, rk_text text)
{
    if (!rk_column_reserve(row->column, 0, row->n + text.n))
        return false;
    if (text.n > 0)
        memcpy(row->column->bytes + row->n, text.data, text.n);
    row->n += text.n;
    return true;
}

void rk_feature_fault(const rk_config *config, const rk_feature_spec *spec, rk_faults *faults, const char *name,
                      const char *format, ...)
{
    char sentence[512];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &spec->config->base, name, 0), "feature \"%s\": %s",
                  spec->key, sentence);
}

int rk_feature_input_type(const rk_config *config, const rk_feature_spec *spec, size_t i)
{
    return (int)rk_config_view(config)->fields[spec->inputs[i]].config->input_type;
}
