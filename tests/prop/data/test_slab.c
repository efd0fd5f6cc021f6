/* Seeded random files, plain and damaged: taking many rows at once ends where taking them one by one ends. */
#include "data_world.h"
#include "rng.h"
#include "slab_twins.h"

typedef struct slab_world {
    rk_config *config;
    rk_schema *schema;
    rk_block *blocks[2];
    rk_block_rules rules;
    rk_arena arena;
} slab_world;

static slab_world world_of(const char *reader)
{
    char text[sizeof slab_twins_config + 100];
    rk_schema_options options = { .labels = true };
    rocket_error err = { 0 };
    slab_world w = { 0 };

    snprintf(text, sizeof text, slab_twins_config, reader);
    w.config = config_of(text);
    must(rk_schema_new(&w.schema, w.config, &options, &err), &err);
    w.rules.schema = w.schema;
    w.rules.reader = rk_reader_find((int)rk_config_view(w.config)->data->input_type);
    rk_arena_init(&w.arena, 0);
    must(w.rules.reader->layout(&w.rules.layout, &w.arena, w.config, NULL, &err), &err);
    for (int i = 0; i < 2; i++)
        assert_non_null(w.blocks[i] = rk_block_new(w.schema, w.rules.reader));
    return w;
}

static void world_free(slab_world *w)
{
    for (int i = 0; i < 2; i++)
        rk_block_free(w->blocks[i]);
    rk_arena_clear(&w->arena);
    rk_schema_free(w->schema);
    rk_config_free(w->config);
}

static void put_number(rk_buf *out, rk_rng *rng, bool real)
{
    static const char *const odd[] = { "", "-1", "007", " 5 ", "+3", "9223372036854775807", "12345678", "123456789" };

    if (rk_rng_below(rng, 8) == 0)
        rk_buf_puts(out, odd[rk_rng_below(rng, sizeof odd / sizeof odd[0])]);
    else
        rk_buf_printf(out, "%llu", (unsigned long long)rk_rng_below(rng, 1 << rk_rng_below(rng, 24)));
    if (real && rk_rng_below(rng, 2))
        rk_buf_printf(out, ".%llu", (unsigned long long)rk_rng_below(rng, 100000));
}

static void put_words(rk_buf *out, rk_rng *rng, char between, uint64_t most)
{
    for (uint64_t n = rk_rng_below(rng, most + 1); n > 0; n--) {
        for (uint64_t length = rk_rng_below(rng, rk_rng_below(rng, 10) == 0 ? 40 : 9); length > 0; length--)
            rk_buf_printf(out, "%c", (int)('0' + rk_rng_below(rng, 60)));
        rk_buf_printf(out, "%.*s", n > 1 || rk_rng_below(rng, 4) == 0, &between);
    }
}

/* y,s,d,l,w,u */
static void put_line(rk_buf *out, rk_rng *rng, uint64_t most_words)
{
    rk_buf_printf(out, "%d,", (int)rk_rng_below(rng, 2));
    put_words(out, rng, ' ', rk_rng_below(rng, 20) == 0 ? 200 : 2);
    rk_buf_puts(out, ",");
    put_words(out, rng, '|', most_words);
    rk_buf_puts(out, ",");
    put_number(out, rng, false);
    rk_buf_puts(out, ",");
    put_number(out, rng, true);
    rk_buf_printf(out, ",%d%s", (int)rk_rng_below(rng, 1000), rk_rng_below(rng, 3) ? "\n" : "\r\n");
}

/* Some bytes become others that matter. */
static void damage(rk_buf *text, rk_rng *rng, uint64_t n)
{
    static const char bytes[] = ",\n\r\"|x0\0\xff";

    for (; n > 0 && text->size > 0; n--)
        text->data[rk_rng_below(rng, text->size)] = bytes[rk_rng_below(rng, sizeof bytes - 1)];
}

static void compare_files(const char *reader, int n_files)
{
    slab_world w = world_of(reader);
    rk_buf text;

    rk_buf_init(&text, 0);
    for (int file = 0; file < n_files; file++) {
        rk_rng rng = rk_rng_at(7, RK_RNG_TEST, (uint64_t)file, 0);
        uint64_t n_lines = rk_rng_below(&rng, file % 8 ? 12 : 400), words = rk_rng_below(&rng, 60);

        rk_buf_reset(&text);
        for (uint64_t i = 0; i < n_lines; i++)
            put_line(&text, &rng, words);
        damage(&text, &rng, file % 2 ? 0 : rk_rng_below(&rng, 6));
        w.rules.ignore_error = file % 3 > 0;
        const char *differs = twins_differ(w.blocks, &w.rules, (rk_text){ text.data, text.size });
        if (differs)
            fail_msg("file %d with the kernels of %s: %s / %s\n%.*s", file, differs, w.blocks[0]->error.text,
                     w.blocks[1]->error.text, (int)text.size, text.data);
    }
    rk_buf_clear(&text);
    world_free(&w);
}

static void csv_files_parse_alike(void **state)
{
    (void)state;
    compare_files("CSVInput", 4000);
}

static void csv_ex_files_parse_alike(void **state)
{
    (void)state;
    compare_files("CSVInputEx", 1000);
}

/* What is not damaged must go the fast way: otherwise the comparison says nothing. */
static void plain_lines_are_cut(void **state)
{
    static const char text[] = "1,a,b|c,3,1.5,2\n0,,,,,\r\n1,x y,b,4,1,2\n1,\"q\",b,4,1,2\n";
    slab_world w = world_of("CSVInput");
    const rk_text_kernels *kernels = rk_text_kernels_best();

    (void)state;
    if (kernels) {
        assert_true(twin_parse(w.blocks[0], &w.rules, NULL, (rk_text){ text, sizeof text - 1 }));
        rk_text lines = { w.blocks[0]->text, sizeof text - 1 };
        rk_batch_reset(w.blocks[0]->rows);
        assert_int_equal(rk_slab_take(w.blocks[0]->slab, kernels, &w.rules.layout, lines, w.blocks[0]->rows),
                         ROCKET_OK);
        assert_int_equal(rk_slab_rows(w.blocks[0]->slab), 3);
        assert_int_equal(w.blocks[0]->rows->n_rows, 3);
    }
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lines_are_cut),
        cmocka_unit_test(csv_files_parse_alike),
        cmocka_unit_test(csv_ex_files_parse_alike),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
