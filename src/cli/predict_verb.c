/* rocket predict: rows in, the light net's outputs out, as CSV with upstream's column names (easyrec.md 1.3, 4.8).
 *
 * Outputs are streamed batch by batch to a temporary file that is renamed at the end, so a run that fails leaves no
 * partial file; "-" writes to standard output.
 */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "common.h"
#include "error.h"
#include "log.h"
#include "pool.h"
#include "prediction_rows.h"
#include "text.h"

enum { MAX_COLUMNS = 4096 };

typedef struct prediction {
    const rk_args *args;
    rk_arena arena;
    rk_light *light;
    char **reserved;
    int *reserved_column;
    rk_prediction_layout layout;
    rk_text_output out;
} prediction;

static rocket_status write_header(prediction *p, rocket_error *err)
{
    const rk_prediction_layout *layout = &p->layout;

    for (size_t i = 0; i < layout->n_columns + layout->n_reserved; i++) {
        const char *name =
            i < layout->n_columns ? rk_prediction_names[layout->columns[i]] : p->reserved[i - layout->n_columns];

        if (i > 0)
            rk_buf_append(&p->out.text, &layout->separator, 1);
        rk_prediction_put_field(&p->out.text, layout, name, strlen(name));
    }
    rk_buf_puts(&p->out.text, "\n");
    return rk_text_output_flush(&p->out, err);
}

static rocket_status predict_rows(prediction *p, const char *input, int n_threads, rocket_error *err)
{
    rk_stream_options options = { .paths = input,
                                  .n_threads = n_threads,
                                  .n_batches = rk_prediction_batches(n_threads) };
    rk_prediction_rows rows = { .light = p->light, .layout = &p->layout, .out = &p->out, .n_threads = n_threads };
    uint64_t n_rows = 0;

    RK_TRY(rk_args_number(&options.batch_size, p->args, "batch-size", (rk_number_rule){ 1024, 1, 1 << 20 }, err));
    RK_TRY(rk_cli_shard(&options.shard, p->args, err));
    RK_TRY(rk_stream_open(&rows.stream, p->light->bundle->config, p->light->schema, &options, err));
    rocket_status status = write_header(p, err);
    if (status == ROCKET_OK)
        status = rk_prediction_run(&n_rows, &rows, err);
    rk_stream_stats stats = rk_stream_get_stats(rows.stream);
    rk_stream_close(rows.stream);
    RK_TRY(status);
    if (stats.dropped_rows > 0)
        rk_log(RK_LOG_WARN, "%llu bad rows were dropped (ignore_error)", (unsigned long long)stats.dropped_rows);
    RK_TRY(rk_text_output_commit(&p->out, err));
    rk_log(RK_LOG_INFO, "%llu rows scored", (unsigned long long)n_rows);
    return ROCKET_OK;
}

/* Split a comma-separated option into names, without the blanks around them. More than `most` names: one more than
 * that. */
static size_t split_names(rk_arena *arena, const char *list, char **out, size_t most)
{
    size_t n = 0;

    while (*list != '\0' && n <= most) {
        list += strspn(list, " ");
        size_t length = strcspn(list, ","), name = length;
        while (name > 0 && list[name - 1] == ' ')
            name--;
        out[n++] = rk_arena_strndup(arena, list, name);
        list += length + (list[length] == ',');
    }
    return n;
}

static rocket_status unknown_name(const char *option, const char *name, const char *const *known, size_t n_known,
                                  rocket_error *err)
{
    const char *near = rk_closest(name, known, n_known);

    if (near != NULL)
        return rk_fail(err, ROCKET_USAGE, "--%s: the model has no \"%s\"; did you mean \"%s\"?", option, name, near);
    return rk_fail(err, ROCKET_USAGE, "--%s: the model has no \"%s\"", option, name);
}

static rocket_status choose_columns(prediction *p, rocket_error *err)
{
    static const rk_prediction_column of_one_class[] = { RK_PREDICTED_PROBS, RK_PREDICTED_LOGITS };
    static const rk_prediction_column of_many[] = { RK_PREDICTED_CLASS,          RK_PREDICTED_PROBS,
                                                    RK_PREDICTED_LOGITS,         RK_PREDICTED_PROB_OF_CLASS,
                                                    RK_PREDICTED_LOGIT_OF_CLASS, RK_PREDICTED_PROB_1,
                                                    RK_PREDICTED_LOGIT_1 };
    bool many = (int)p->light->n_classes > 1;
    const rk_prediction_column *contents = many ? of_many : of_one_class;
    size_t n_known = many ? RK_N_PREDICTED : 2;
    const char *known[RK_N_PREDICTED], *list = rk_args_get(p->args, "output-cols");
    char *names[RK_N_PREDICTED + 1];

    for (size_t i = 0; i < n_known; i++)
        known[i] = rk_prediction_names[contents[i]];
    if (list == NULL || strcmp(list, "ALL_COLUMNS") == 0) {
        memcpy(p->layout.columns, contents, n_known * sizeof *contents);
        p->layout.n_columns = n_known;
        return ROCKET_OK;
    }
    size_t n = split_names(&p->arena, list, names, RK_N_PREDICTED);
    RK_FAIL_IF(rk_arena_failed(&p->arena), FAILED, err, "out of memory");
    RK_FAIL_IF(n == 0 || n > RK_N_PREDICTED, USAGE, err, "--output-cols: expected 1 to %d names, found %s",
               RK_N_PREDICTED, n == 0 ? "none" : "more");
    for (size_t i = 0; i < n; i++) {
        size_t c = 0;
        names[i][strcspn(names[i], " ")] = '\0'; /* upstream also writes "name type", the type is of no use here */
        while (c < n_known && strcmp(known[c], names[i]) != 0)
            c++;
        if (c == n_known)
            return unknown_name("output-cols", names[i], known, n_known, err);
        p->layout.columns[p->layout.n_columns++] = contents[c];
    }
    return ROCKET_OK;
}

/* Input fields whose text is copied to the output. */
static rocket_status choose_reserved(rk_light_options *options, const rk_resolved *view, void *ctx, rocket_error *err)
{
    prediction *p = ctx;
    size_t *n = &options->n_reserved;
    const char *list = rk_args_get(p->args, "reserved-cols");
    char **known = rk_arena_alloc(&p->arena, view->n_fields, sizeof *known);

    p->reserved = rk_arena_alloc(&p->arena, MAX_COLUMNS + 1, sizeof *p->reserved);
    p->reserved_column = rk_arena_alloc(&p->arena, MAX_COLUMNS + 1, sizeof *p->reserved_column);
    RK_FAIL_IF(rk_arena_failed(&p->arena), FAILED, err, "out of memory");
    for (size_t i = 0; i < view->n_fields; i++)
        known[i] = rk_arena_strdup(&p->arena, view->fields[i].name);
    if (list == NULL)
        return ROCKET_OK;
    RK_FAIL_IF(view->n_fields > MAX_COLUMNS && strcmp(list, "ALL_COLUMNS") == 0, USAGE, err,
               "--reserved-cols: expected at most %d columns, the model has %zu", MAX_COLUMNS, view->n_fields);
    if (strcmp(list, "ALL_COLUMNS") == 0)
        for (; *n < view->n_fields; ++*n)
            p->reserved[*n] = known[*n];
    else
        *n = split_names(&p->arena, list, p->reserved, MAX_COLUMNS);
    RK_FAIL_IF(rk_arena_failed(&p->arena), FAILED, err, "out of memory");
    RK_FAIL_IF(*n > MAX_COLUMNS, USAGE, err, "--reserved-cols: expected at most %d names, found more", MAX_COLUMNS);
    for (size_t i = 0; i < *n; i++)
        if (rk_field_find(view, p->reserved[i]) == RK_NONE)
            return unknown_name("reserved-cols", p->reserved[i], (const char *const *)known, view->n_fields, err);
    options->reserved = (const char *const *)p->reserved;
    p->layout.reserved = p->reserved_column;
    p->layout.n_reserved = *n;
    return ROCKET_OK;
}

static rocket_status open_light(prediction *p, const char *model, rocket_error *err)
{
    rk_light_options options = { .choose = choose_reserved, .choose_ctx = p };

    RK_TRY(rk_light_open(&p->light, model, &options, err));
    p->layout.n_classes = (int)p->light->n_classes;
    for (size_t i = 0; i < p->layout.n_reserved; i++)
        p->reserved_column[i] = rk_schema_bytes(p->light->schema, p->reserved[i]);
    return ROCKET_OK;
}

/* One character, or as upstream's users write it: \t, \001. Nothing that would be read as part of a number. */
static rocket_status choose_separator(prediction *p, rocket_error *err)
{
    const char *text = rk_args_get(p->args, "output-sep");
    char code = '\0';

    p->layout.separator = ',';
    if (text == NULL)
        return ROCKET_OK;
    if (strlen(text) == 1)
        code = text[0];
    else if (strcmp(text, "\\t") == 0)
        code = '\t';
    else if (strlen(text) == 4 && text[0] == '\\' && strspn(text + 1, "01234567") == 3 && text[1] < '2')
        code = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0');
    RK_FAIL_IF(code == '\0' || strchr("\"\r\n[]+-.0123456789aefin", code), USAGE, err,
               "--output-sep expects one character that is no quote, no line end and no part of a number, got \"%s\"",
               text);
    p->layout.separator = code;
    return ROCKET_OK;
}

static rocket_status predict(prediction *p, rocket_error *err)
{
    const char *model = rk_args_get(p->args, "model"), *input = rk_args_get(p->args, "input");
    const char *output = rk_args_get(p->args, "output");
    uint64_t threads;

    RK_FAIL_IF(model == NULL || input == NULL || output == NULL, USAGE, err, "give -m MODEL, -i INPUT and -o OUTPUT");
    RK_TRY(rk_cli_spare_listed(output, input, err));
    RK_TRY(rk_cli_spare(output, model, err));
    RK_TRY(choose_separator(p, err));
    RK_TRY(rk_args_number(&threads, p->args, "threads", (rk_number_rule){ (uint64_t)rk_cpu_count(), 1, RK_MAX_THREADS },
                          err));
    RK_TRY(open_light(p, model, err));
    RK_TRY(choose_columns(p, err));
    RK_TRY(rk_text_output_open(&p->out, output, err));
    return predict_rows(p, input, (int)threads, err);
}

static rocket_status run(const rk_args *args, rocket_error *err)
{
    prediction p = { .args = args };

    rk_arena_init(&p.arena, 0);
    rk_text_output_init(&p.out);
    rocket_status status = predict(&p, err);
    rk_text_output_clear(&p.out);
    rk_light_close(p.light);
    rk_arena_clear(&p.arena);
    return status;
}

static const rk_option options[] = {
    { "model", 'm', "FILE", "model file (export) or checkpoint" },
    { "input", 'i', "PATHS", "rows in the layout of the model's data_config; globs, lists, - for standard input" },
    { "output", 'o', "FILE", "CSV to write; - for standard output" },
    { "output-cols", 0, "NAMES", "outputs, comma-separated (default ALL_COLUMNS)" },
    { "reserved-cols", 0, "NAMES", "input fields to copy to the output, or ALL_COLUMNS" },
    { "output-sep", 0, "CHAR", "separator of the output, also as \\t or \\001 (default ,)" },
    { "batch-size", 0, "N", "rows that a thread scores at a time (default 1024)" },
    { 0 },
};

const rk_verb rk_verb_predict = {
    .name = "predict",
    .usage = "-m model.safetensors -i in.csv -o out.csv",
    .summary = "score the rows of files with the light net",
    .options = options,
    .takes = RK_TAKES_THREADS | RK_TAKES_SHARD,
    .run = run,
};
