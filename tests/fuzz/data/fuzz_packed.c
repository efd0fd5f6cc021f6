/* Any bytes as a packed file, or as the body of a record whose checksum is right; and any text packed, with some bytes
 * changed behind the checksum's back: reading must not crash, and what comes out must be a batch. A text that is packed
 * and not changed must come back as it was. The first byte chooses.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hash.h"
#include "mem.h"
#include "packed_file.h"
#include "packed_rows.h"
#include "slab_twins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct fuzz_world {
    rk_config *config;
    rk_schema *schema;
    rk_block *text, *packed;
    rk_block_rules rules, pack_rules;
    rk_arena arena;
    rk_buf body, scratch;
    char *room;
} fuzz_world;

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void set_up(fuzz_world *w)
{
    char text[sizeof slab_twins_config + 100];
    rk_schema_options options = { .labels = true };
    size_t n = (size_t)snprintf(text, sizeof text, slab_twins_config, "CSVInput");
    rk_config_source source = { .name = "fuzz.config", .text = text, .n = n };

    require(rk_config_parse(&w->config, &source, NULL, NULL) == ROCKET_OK);
    require(rk_schema_new(&w->schema, w->config, &options, NULL) == ROCKET_OK);
    w->rules.schema = w->pack_rules.schema = w->schema;
    w->rules.reader = rk_reader_find((int)rk_config_view(w->config)->data->input_type);
    w->rules.ignore_error = true;
    w->pack_rules.reader = &rk_reader_pack;
    rk_arena_init(&w->arena, 0);
    require(w->rules.reader->layout(&w->rules.layout, &w->arena, w->config, NULL, NULL) == ROCKET_OK);
    require((w->text = rk_block_new(w->schema, w->rules.reader)) != NULL);
    require((w->packed = rk_block_new(w->schema, &rk_reader_pack)) != NULL);
    require((w->room = rk_alloc((size_t)RK_PACK_SCRATCH * RK_BLOCK_BYTES, 1)) != NULL);
    rk_buf_init(&w->body, 0);
    rk_buf_init(&w->scratch, 0);
}

static void check_batch(const fuzz_world *w, const rk_batch *batch)
{
    for (size_t i = 0; i < batch->n_columns; i++) {
        const rk_column *column = &batch->columns[i];
        int64_t n_buckets = i < rk_schema_n_features(w->schema) ? rk_schema_feature(w->schema, i)->n_buckets : 0;

        for (int64_t row = 0; column->kind != RK_COLUMN_FLOATS && row < batch->n_rows; row++)
            require(column->offsets[row] <= column->offsets[row + 1]);
        for (int64_t k = 0; column->kind == RK_COLUMN_IDS && k < column->offsets[batch->n_rows]; k++)
            require(column->ids[k] >= 0 && column->ids[k] < n_buckets);
    }
}

/* A body as it might stand in a file. */
static void unpack(fuzz_world *w, const char *bytes, size_t n, bool must)
{
    char *own = rk_alloc(n, 1); /* so that reading beyond it is seen */

    require(own != NULL);
    if (n > 0)
        memcpy(own, bytes, n);
    rk_batch_reset(w->packed->rows);
    rocket_status status = rk_unpack_rows(w->packed->rows, w->schema, (rk_text){ own, n }, w->room, NULL);
    rk_free(own);
    require(status == ROCKET_OK || (!must && w->packed->rows->n_rows == 0));
    check_batch(w, w->packed->rows);
}

/* Half of the bytes are a text, the others say what to change in its packed form. */
static void pack_and_damage(fuzz_world *w, const uint8_t *data, size_t size, int level)
{
    size_t n_text = level < 0 ? size : size / 2;

    require(twin_parse(w->text, &w->rules, NULL, (rk_text){ (const char *)data, n_text }));
    rk_buf_reset(&w->body);
    rk_pack_rows(&w->body, w->text->rows, level < 0 ? 1 : level, &w->scratch);
    require(!rk_buf_failed(&w->body));
    for (size_t i = n_text; i + 2 < size; i += 3)
        w->body.data[(data[i] | (size_t)data[i + 1] << 8) % w->body.size] ^= (char)data[i + 2];
    unpack(w, w->body.data, w->body.size, level < 0 && w->text->rows->n_rows > 0);
    for (size_t i = 0; level < 0 && w->text->rows->n_rows > 0 && i < w->text->rows->n_columns; i++)
        require(twin_columns(&w->text->rows->columns[i], &w->packed->rows->columns[i], w->text->rows->n_rows));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fuzz_world w;

    if (size == 0)
        return 0;
    if (!w.config)
        set_up(&w);
    if (data[0] % 4 == 0) {
        require(twin_parse(w.packed, &w.pack_rules, NULL, (rk_text){ (const char *)data + 1, size - 1 }));
        check_batch(&w, w.packed->rows);
    } else if (data[0] % 4 == 1) {
        unpack(&w, (const char *)data + 1, size - 1, false);
    } else {
        pack_and_damage(&w, data + 1, size - 1, data[0] % 4 == 2 ? -1 : data[0] / 4 % 2);
    }
    return 0;
}
