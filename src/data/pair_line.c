/* Lines of pairs: see pair_line.h. Columns are looked up by number in an open hash table. */
#include "pair_line.h"

#include <string.h>

#include "csv_line.h"
#include "error.h"
#include "faults.h"

bool rk_pair_number(rk_text text, uint64_t *out)
{
    uint64_t number = 0;

    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned)((unsigned char)text.data[i] - '0');

        if (digit > 9 || number > (UINT64_MAX - digit) / 10)
            return false;
        number = 10 * number + digit;
    }
    *out = number;
    return text.n > 0;
}

void rk_pair_check(const rk_config *config, rk_faults *faults)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;

    if (data->with_header)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "with_header", 0),
                      "with_header: files of libsvm and libffm have no header, columns are called by number");
    if (data->n_label_fields > 1)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "label_fields", 1),
                      "label_fields: a line of libsvm or libffm has one label, found %zu", data->n_label_fields);
}

bool rk_pair_has_header(const rk_config *config)
{
    (void)config;
    return false;
}

static size_t *slot_of(const rk_pair_columns *columns, uint64_t number)
{
    size_t i = (size_t)((number * 0x9E3779B97F4A7C15u) >> 32) & columns->mask;

    while (columns->slots[i] != RK_NONE && columns->numbers[columns->slots[i]] != number)
        i = (i + 1) & columns->mask;
    return &columns->slots[i];
}

size_t rk_pair_field(const rk_pair_columns *columns, uint64_t number)
{
    return *slot_of(columns, number);
}

static void place_field(rk_pair_columns *columns, uint64_t *numbers, const rk_resolved *view, size_t field)
{
    rk_text name = { view->fields[field].name, strlen(view->fields[field].name) };

    if (view->fields[field].label)
        return;
    if (rk_pair_number(name, &numbers[field]))
        *slot_of(columns, numbers[field]) = field;
    else if (strcmp(name.data, "qid") == 0)
        columns->query = field;
    else
        columns->all = field;
}

rocket_status rk_pair_layout(rk_layout *out, rk_arena *arena, const rk_config *config, const rk_text *header,
                             rocket_error *err)
{
    const rk_resolved *view = rk_config_view(config);
    rk_pair_columns *columns = rk_arena_alloc(arena, 1, sizeof *columns);
    uint64_t *numbers = rk_arena_alloc(arena, view->n_fields + 1, sizeof *numbers);
    int *types = rk_arena_alloc(arena, view->n_fields + 1, sizeof *types);
    size_t n_slots = 4;

    (void)header;
    while (n_slots < 2 * view->n_fields)
        n_slots *= 2;
    size_t *slots = rk_arena_alloc(arena, n_slots, sizeof *slots);
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    for (size_t i = 0; i < n_slots; i++)
        slots[i] = RK_NONE;
    *columns = (rk_pair_columns){ .types = types,
                                  .numbers = numbers,
                                  .slots = slots,
                                  .mask = n_slots - 1,
                                  .label = view->label,
                                  .all = RK_NONE,
                                  .query = RK_NONE };
    rk_delimiters_init(&columns->blanks, " \t");
    for (size_t i = 0; i < view->n_fields; i++) {
        types[i] = (int)view->fields[i].config->input_type;
        place_field(columns, numbers, view, i);
    }
    *out = (rk_layout){ .n_fields = view->n_fields, .optional = out->optional, .state = columns };
    return ROCKET_OK;
}

rocket_status rk_pair_take_label(rk_row *row, const rk_layout *layout, rk_text line, rk_text *rest, rocket_error *err)
{
    const rk_pair_columns *columns = layout->state;
    bool wanted = columns->label != RK_NONE && !(layout->optional && layout->optional[columns->label]);
    char found[RK_FOUND_BYTES];
    rk_text behind = line, label;

    row->bad_column = 0;
    RK_FAIL_IF(!rk_next_piece(&behind, &columns->blanks, &label), DATA, err, "expected a label, found an empty line");
    *rest = line;
    if (memchr(label.data, ':', label.n)) {
        row->bad_column = (size_t)(label.data - line.data) + 1;
        RK_FAIL_IF(wanted, DATA, err, "expected a label before the pairs, found %s", rk_found(label, found));
        return ROCKET_OK;
    }
    *rest = behind;
    if (!wanted)
        return ROCKET_OK;
    row->columns[columns->label] = (size_t)(label.data - line.data) + 1;
    if (label.n > 1 && label.data[0] == '+')
        label = (rk_text){ label.data + 1, label.n - 1 };
    if (label.n == 2 && memcmp(label.data, "-1", 2) == 0)
        label = (rk_text){ "0", 1 };
    row->fields[columns->label] = label;
    return ROCKET_OK;
}
