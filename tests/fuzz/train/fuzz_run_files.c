/* Any bytes as what rocket compare reads: a file of rows (first byte even) or the lines of metrics.jsonl (odd). Rows
 * that are accepted must be whole, and their slices must add up. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "rows_file.h"
#include "run_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
    if (!what)
        abort();
}

static void check_rows(const rk_scored_rows *rows)
{
    require(rows->n > 0);
    for (size_t i = 0; i < rows->n; i++) {
        require(isfinite(rows->labels[i]));
        for (int net = 0; net < RK_N_NETS; net++)
            if (rows->nets[net])
                require(isfinite(rows->logits[net][i]) && rows->probs[net][i] >= 0 && rows->probs[net][i] <= 1);
        for (size_t f = 0; f < rows->n_fields; f++) {
            size_t n;

            require(rows->fields[f].numbers[i] < rows->fields[f].n_texts);
            rk_scored_text(&rows->fields[f], rows->fields[f].numbers[i], &n);
        }
    }
}

static void read_rows(const char *text, size_t n, const char *by)
{
    rk_rows_names names = { .label = "label", .by = by };
    rk_scored_rows rows;
    rocket_error err = { 0 };
    rocket_status status = rk_rows_parse(&rows, "fuzz", text, n, &names, &err);

    require(status == err.status && (status == ROCKET_OK || status == ROCKET_DATA));
    if (status != ROCKET_OK)
        return;
    check_rows(&rows);
    rk_scored_rows_clear(&rows);
}

static void read_lines(const char *text, size_t n)
{
    rk_run_record record = { 0 };
    rk_arena arena;
    rocket_error err = { 0 };

    rk_arena_init(&arena, 0);
    rocket_status status = rk_run_record_parse(&record, &arena, "fuzz", text, n, &err);
    require(status == err.status && (status == ROCKET_OK || status == ROCKET_DATA));
    rk_run_record_clear(&record);
    rk_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;

    if (data[0] % 2)
        read_lines(text, size - 1);
    else
        read_rows(text, size - 1, data[0] % 4 ? "user" : NULL);
    return 0;
}
