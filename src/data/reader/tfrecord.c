/* TFRecordInput: a tf.Example per record, its features found by name.
 *
 * A record is a length of eight bytes, its checksum, so many bytes, and theirs; both checksums are checked, and one
 * that is wrong ends the run even with ignore_error, since whatever follows cannot be trusted. A column of integers
 * takes int64_list, one of floats float_list, with one value; a feature that is absent or has no value is default_val.
 * Upstream stops there. Here a column of type STRING takes any list: several values are written out, with the separator
 * of the feature that reads them between.
 *
 * Values become the texts that the same table has as CSV, so that everything behind the reader is the same, to the bit.
 */
#include <string.h>
#include <strings.h>

#include "crc32c.h"
#include "error.h"
#include "faults.h"
#include "hash.h"
#include "number.h"
#include "schema_rules.h"
#include "tf_example.h"

#define TYPE(name) ROCKET__DATASET_CONFIG__FIELD_TYPE__##name

enum { LENGTH_BYTES = 8, HEAD_BYTES = 12, FRAME_BYTES = 16, CONFLICT = 0 };

typedef struct column {
    const char *name;
    const char *type_name;
    int type;
    char separator; /* CONFLICT: its features do not agree */
} column;

/* Names in an open hash table: a row asks for each of its features. */
typedef struct names {
    const column *columns; /* [n_fields] */
    size_t *slots;         /* [mask + 1] index of columns, or RK_NONE */
    size_t mask;
} names;

/* ---- frames ---- */

static uint64_t little_endian(const char *bytes, size_t n)
{
    uint64_t value = 0;

    for (size_t i = n; i-- > 0;)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

static bool sums_up(const char *bytes, size_t n)
{
    return rk_crc32c_masked(bytes, n) == little_endian(bytes + n, 4);
}

/* Bytes of the first record; 0: it is not whole yet. A length that is wrong leads nowhere: the rest is one record then,
 * and parse says what is wrong with it. */
static size_t first_record(const char *text, size_t n)
{
    if (n < HEAD_BYTES)
        return 0;
    uint64_t length = little_endian(text, LENGTH_BYTES);
    if (!sums_up(text, LENGTH_BYTES))
        return n;
    return n >= FRAME_BYTES && length <= n - FRAME_BYTES ? (size_t)length + FRAME_BYTES : 0;
}

static size_t cut(const char *text, size_t n, bool at_end)
{
    size_t whole = 0, record;

    if (at_end)
        return n;
    while (whole < n && (record = first_record(text + whole, n - whole)) > 0)
        whole += record;
    return whole;
}

static size_t next(const char *text, size_t n)
{
    size_t record = first_record(text, n);

    return record > 0 ? record : n;
}

static rocket_status open_frame(rk_row *row, rk_text record, rk_text *payload, rocket_error *err)
{
    uint64_t length = record.n >= HEAD_BYTES ? little_endian(record.data, LENGTH_BYTES) : 0;

    row->damaged = true;
    RK_FAIL_IF(record.n < HEAD_BYTES, DATA, err,
               "expected the %d bytes with which a record begins, found the end of the file after %zu", (int)HEAD_BYTES,
               record.n);
    RK_FAIL_IF(!sums_up(record.data, LENGTH_BYTES), DATA, err,
               "expected a record's length and its checksum, found a wrong checksum: the file is damaged, or no "
               "TFRecord file");
    RK_FAIL_IF(record.n < FRAME_BYTES || length > record.n - FRAME_BYTES, DATA, err,
               "expected a record of %llu bytes, found the end of the file after %zu", (unsigned long long)length,
               record.n - HEAD_BYTES);
    RK_FAIL_IF(!sums_up(record.data + HEAD_BYTES, (size_t)length), DATA, err,
               "expected a record that agrees with its checksum, found a wrong checksum: the file is damaged");
    row->damaged = false;
    *payload = (rk_text){ record.data + HEAD_BYTES, (size_t)length };
    return ROCKET_OK;
}

/* ---- columns ---- */

static bool has_header(const rk_config *config)
{
    (void)config;
    return false;
}

static void check(const rk_config *config, rk_faults *faults)
{
    const Rocket__DatasetConfig *data = rk_config_view(config)->data;

    if (data->with_header)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "with_header", 0),
                      "with_header: TFRecord files have no header, features are found by name");
    if (strcasecmp(data->data_compression_type, "ZLIB") == 0)
        rk_faults_add(faults, RK_FAULT_ERROR, rk_config_where(config, &data->base, "data_compression_type", 0),
                      "data_compression_type: expected GZIP or none, found ZLIB, which files do not show");
}

/* The first character of the separator of the features that read the field. */
static char separator_of(const rk_resolved *view, size_t field)
{
    char separator = '|';
    bool found = false;

    for (size_t i = 0; i < view->n_features; i++)
        for (size_t j = 0; j < view->features[i].n_inputs; j++) {
            char own = view->features[i].config->separator[0];

            if (view->features[i].inputs[j] != field)
                continue;
            if (found && own != separator)
                return CONFLICT;
            separator = own;
            found = true;
        }
    return separator;
}

/* Where the name is, or the free slot where it belongs. */
static size_t *slot_of(const names *known, rk_text name)
{
    size_t i = (size_t)rk_xxh64(name.data, name.n) & known->mask;

    for (;; i = (i + 1) & known->mask) {
        size_t at = known->slots[i];

        if (at == RK_NONE ||
            (strlen(known->columns[at].name) == name.n && memcmp(known->columns[at].name, name.data, name.n) == 0))
            return &known->slots[i];
    }
}

static rocket_status layout(rk_layout *out, rk_arena *arena, const rk_config *config, const rk_text *header,
                            rocket_error *err)
{
    const rk_resolved *view = rk_config_view(config);
    names *known = rk_arena_alloc(arena, 1, sizeof *known);
    column *columns = rk_arena_alloc(arena, view->n_fields + 1, sizeof *columns);
    size_t n_slots = 4;

    (void)header;
    while (n_slots < 4 * view->n_fields)
        n_slots *= 2;
    size_t *slots = rk_arena_alloc(arena, n_slots, sizeof *slots);
    RK_FAIL_IF(rk_arena_failed(arena), FAILED, err, "out of memory");
    for (size_t i = 0; i < n_slots; i++)
        slots[i] = RK_NONE;
    *known = (names){ columns, slots, n_slots - 1 };
    for (size_t i = 0; i < view->n_fields; i++) {
        const Rocket__DatasetConfig__Field *field = view->fields[i].config;
        rk_text name = { view->fields[i].name, strlen(view->fields[i].name) };

        columns[i] =
            (column){ view->fields[i].name, rk_field_type_name(field), (int)field->input_type, separator_of(view, i) };
        *slot_of(known, name) = i;
    }
    *out = (rk_layout){ .n_fields = view->n_fields, .optional = out->optional, .state = known };
    return ROCKET_OK;
}

/* ---- values ---- */

static rk_example_kind kind_of_type(int type)
{
    return type == TYPE(STRING)                          ? RK_EXAMPLE_BYTES
           : type == TYPE(FLOAT) || type == TYPE(DOUBLE) ? RK_EXAMPLE_FLOATS
                                                         : RK_EXAMPLE_INTEGERS;
}

static size_t print_integer(char *to, int64_t value)
{
    char digits[24];
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t n = sizeof digits, length;

    do
        digits[--n] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        digits[--n] = '-';
    length = sizeof digits - n;
    memcpy(to, digits + n, length);
    return length;
}

/* Behind the texts in scratch memory: a value of k bytes takes less than 4k, which scratch_factor allows for. */
static size_t print_value(char *to, const rk_example_value *value, rk_example_kind kind)
{
    char text[RK_NUMBER_BYTES];
    size_t n;

    switch (kind) {
    case RK_EXAMPLE_INTEGERS:
        return print_integer(to, value->integer);
    case RK_EXAMPLE_FLOATS:
        n = rk_format_float(text, value->number);
        memcpy(to, text, n);
        return n;
    default:
        memcpy(to, value->bytes.data, value->bytes.n);
        return value->bytes.n;
    }
}

/* All values of a list, the first of which was taken. */
static rocket_status join(rk_text *out, rk_row *row, const column *c, rk_example_list *list, rocket_error *err)
{
    rk_example_value value;
    char *to = row->scratch + out->n;
    bool more;

    if (out->data != row->scratch)
        memcpy(row->scratch, out->data, out->n);
    for (size_t n = 1;; n++) {
        RK_TRY(rk_example_next(list, &value, &more, err));
        if (!more)
            break;
        RK_FAIL_IF(c->type != TYPE(STRING), DATA, err,
                   "expected one value, found %zu and more: a column of several is a STRING", n + 1);
        RK_FAIL_IF(c->separator == CONFLICT, DATA, err,
                   "expected one value, found several, and the features that read them have different separators");
        *to++ = c->separator;
        to += print_value(to, &value, list->kind);
    }
    *out = (rk_text){ row->scratch, (size_t)(to - row->scratch) };
    row->scratch = to;
    return ROCKET_OK;
}

/* From a feature's bytes to the column's text; no text where there is no value. */
static rocket_status read_feature(rk_text *out, rk_row *row, const column *c, rk_text feature, rocket_error *err)
{
    rk_example_list list;
    rk_example_value value;
    bool more;

    *out = (rk_text){ NULL, 0 };
    RK_TRY(rk_example_open(&list, feature, err));
    if (list.kind == RK_EXAMPLE_NOTHING)
        return ROCKET_OK;
    RK_FAIL_IF(c->type != TYPE(STRING) && list.kind != kind_of_type(c->type), DATA, err, "expected %s, found %s",
               rk_example_kind_name(kind_of_type(c->type)), rk_example_kind_name(list.kind));
    RK_TRY(rk_example_next(&list, &value, &more, err));
    if (!more)
        return ROCKET_OK;
    if (list.kind == RK_EXAMPLE_BYTES)
        *out = value.bytes;
    else
        *out = (rk_text){ row->scratch, print_value(row->scratch, &value, list.kind) };
    return list.kind == RK_EXAMPLE_BYTES && rk_example_at_end(&list) ? ROCKET_OK : join(out, row, c, &list, err);
}

static rocket_status parse(rk_row *row, const rk_layout *layout, rk_text record, rocket_error *err)
{
    const names *known = layout->state;
    rk_example_walk walk;
    rk_text payload, name, feature;
    bool more;

    row->bad_column = 0;
    RK_TRY(open_frame(row, record, &payload, err));
    rk_example_begin(&walk, payload);
    for (;;) {
        rocket_status status = rk_example_feature(&walk, &name, &feature, &more, err);
        row->bad_column = (size_t)(walk.place - record.data) + 1;
        RK_TRY(status);
        if (!more)
            break;
        size_t field = *slot_of(known, name);
        if (field == RK_NONE)
            continue;
        row->fields[field] = feature; /* the last one counts, as in every protobuf map */
        row->columns[field] = (size_t)(feature.data - record.data) + 1;
    }
    for (size_t i = 0; i < layout->n_fields; i++) {
        rk_text bytes = row->fields[i];

        if (!bytes.data || (layout->optional && layout->optional[i])) {
            row->fields[i] = (rk_text){ NULL, 0 };
            continue;
        }
        row->bad_column = row->columns[i];
        if (read_feature(&row->fields[i], row, &known->columns[i], bytes, err) != ROCKET_OK) {
            rk_error_prefix(err, "field \"%s\" (%s)", known->columns[i].name, known->columns[i].type_name);
            return ROCKET_DATA;
        }
    }
    return ROCKET_OK;
}

const rk_reader_def rk_reader_tfrecord = {
    .type = ROCKET__DATASET_CONFIG__INPUT_TYPE__TFRecordInput,
    .name = "TFRecordInput",
    .doc = "records with checksums, a tf.Example each, features by name",
    .binary = true,
    .scratch_factor = 4,
    .check = check,
    .has_header = has_header,
    .layout = layout,
    .cut = cut,
    .next = next,
    .parse = parse,
};
