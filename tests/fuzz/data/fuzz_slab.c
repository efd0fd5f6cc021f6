/* Any bytes as a CSV file: many rows at once and one row at a time must agree in everything, the error included. The
 * first byte chooses the reader, whether the first line is a header's place, and whether bad rows are dropped. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "slab_twins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct fuzz_world {
    rk_config *config;
    rk_schema *schema;
    rk_block *blocks[2];
    rk_block_rules rules;
    rk_arena arena;
} fuzz_world;

/* abort() is what libFuzzer counts as a finding. */
static void require(bool condition)
{
    if (!condition)
        abort();
}

static fuzz_world *world_of(bool ex)
{
    static fuzz_world worlds[2];
    fuzz_world *w = &worlds[ex];
    char text[sizeof slab_twins_config + 100];
    rk_schema_options options = { .labels = true };

    if (w->config)
        return w;
    size_t n = (size_t)snprintf(text, sizeof text, slab_twins_config, ex ? "CSVInputEx" : "CSVInput");
    rk_config_source source = { .name = "fuzz.config", .text = text, .n = n };
    require(rk_config_parse(&w->config, &source, NULL, NULL) == ROCKET_OK);
    require(rk_schema_new(&w->schema, w->config, &options, NULL) == ROCKET_OK);
    w->rules.schema = w->schema;
    w->rules.reader = rk_reader_find((int)rk_config_view(w->config)->data->input_type);
    rk_arena_init(&w->arena, 0);
    require(w->rules.reader->layout(&w->rules.layout, &w->arena, w->config, NULL, NULL) == ROCKET_OK);
    for (int i = 0; i < 2; i++)
        require((w->blocks[i] = rk_block_new(w->schema, w->rules.reader)) != NULL);
    return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    fuzz_world *w = world_of(data[0] & 4);
    w->rules.has_header = data[0] & 1;
    w->rules.ignore_error = data[0] & 2;
    require(twins_differ(w->blocks, &w->rules, (rk_text){ (const char *)data + 1, size - 1 }) == NULL);
    return 0;
}
