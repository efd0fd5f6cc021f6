/* The text reader against protoc: hundreds of random configs, in all spellings of the grammar, must have the same wire
 * bytes from both; and what protoc or our own printer writes must be read back to the same bytes.
 *
 * Configs are made along the descriptors, so that a field added to the schema is tested the day it is added. Spellings
 * that protoc does not take (a field given twice, which upstream merges) are left to the unit tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config_text.h"
#include "file.h"
#include "mem.h"
#include "reflect.h"
#include "rng.h"

extern char **environ;

enum { N_CONFIGS = 500, N_ROUND_TRIPS = 60, MAX_FIELDS = 150 };

/* ---- protoc ---- */

typedef struct world {
    test_folder folder;
    char set[96], in[96], out[96]; /* files: the compiled schema, standard input and output of protoc */
} world;

/* Run protoc with input as standard input; output gets what it wrote. false: there is no protoc. */
static bool run_protoc(const world *w, const char *const *arguments, const rk_buf *input, rk_buf *output)
{
    posix_spawn_file_actions_t files;
    pid_t child;
    int status;

    assert_int_equal(rk_file_write(w->in, input->data ? input->data : "", input->size, NULL), ROCKET_OK);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, w->in, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, w->out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int error = posix_spawnp(&child, "protoc", &files, NULL, (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    if (error == ENOENT)
        return false;
    assert_int_equal(error, 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("protoc refuses\n%.*s", (int)input->size, input->data);
    rk_buf_reset(output);
    assert_int_equal(rk_file_read(output, w->out, NULL), ROCKET_OK);
    return true;
}

static bool compile_schema(const world *w)
{
    const char *const arguments[] = {
        "protoc", "-I" ROCKET_SOURCE_DIR "/src/config/schema", "--include_imports", "-o", w->set, "pipeline.proto", NULL
    };
    rk_buf none;

    rk_buf_init(&none, 0);
    bool there = run_protoc(w, arguments, &none, &none);
    rk_buf_clear(&none);
    return there;
}

static void convert(const world *w, const char *direction, const rk_buf *input, rk_buf *output)
{
    char set[128];
    const char *const arguments[] = { "protoc", set, direction, NULL };

    snprintf(set, sizeof set, "--descriptor_set_in=%s", w->set);
    assert_true(run_protoc(w, arguments, input, output));
}

/* ---- random configs ---- */

typedef struct writer {
    rk_buf out;
    rk_rng rng;
    int budget; /* fields that may still be written */
} writer;

static uint64_t below(writer *w, uint64_t n)
{
    return rk_rng_below(&w->rng, n);
}

static const char *pick(writer *w, const char *const *from, size_t n)
{
    return from[below(w, n)];
}

#define PICK(w, ...)                                                                                                   \
    pick(w, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void write_blank(writer *w)
{
    rk_buf_puts(&w->out, PICK(w, " ", "\n", "\t", " # a comment: { \"\n", "\r\n  "));
}

static void write_integer(writer *w, uint64_t magnitude, bool negative)
{
    static const char *const formats[] = { "%s%llu", "%s0x%llx", "%s0%llo", "%s0X%llX" };
    unsigned long long value = magnitude;

    switch (below(w, 4)) {
    case 0:
        rk_buf_printf(&w->out, formats[1], negative ? "-" : "", value);
        break;
    case 1:
        rk_buf_printf(&w->out, formats[2], negative ? "-" : "", value);
        break;
    default:
        rk_buf_printf(&w->out, formats[0], negative ? "- " : "", value);
        break;
    }
}

/* Of all sizes, and at the ends. */
static uint64_t random_magnitude(writer *w, uint64_t largest)
{
    uint64_t bits = ((uint64_t)rk_rng_u32(&w->rng) << 32 | rk_rng_u32(&w->rng)) >> below(w, 64);

    return below(w, 8) == 0 ? largest : bits <= largest ? bits : bits % (largest + 1);
}

static void write_signed(writer *w, uint64_t largest)
{
    bool negative = below(w, 2);

    write_integer(w, random_magnitude(w, largest + negative), negative);
}

static void write_float(writer *w)
{
    const char *sign = below(w, 3) ? "" : "-";

    if (below(w, 6) == 0)
        rk_buf_puts(&w->out,
                    PICK(w, "inf", "-inf", "nan", "infinity", "-Infinity", "0", "-0", "1e400", "-1e39", "1e-400",
                         "3.4028235e38", "3.40282356e38", "3.40282357e38", "1e-45", "1.17549435e-38"));
    else if (below(w, 3) == 0)
        rk_buf_printf(&w->out, "%s%llu", sign, (unsigned long long)(random_magnitude(w, UINT64_MAX)));
    else
        rk_buf_printf(&w->out, PICK(w, "%s%.9g", "%s%.17g", "%s%.3e", "%s%.4f", "%s%.2ff", "%s%.1eF"), sign,
                      fabs(rk_rng_normal(&w->rng)) * (below(w, 2) ? 1e-3 : 1e6));
}

static void write_text(writer *w)
{
    static const char *const pieces[] = { "a",           "B c",        "\\n",          "\\\\",         "\\'",
                                          "\\\"",        "\\001",      "\\x41",        "\\x4a",        "\\1",
                                          "\\t\\r",      "\\?",        "\\a\\b\\f\\v", "\xE4\xB8\xAD", "\\u4e2d",
                                          "\\U0001F680", "\\303\\251", "# no",         "{ } [ ]",      "|",
                                          "\x01" };
    size_t literals = 1 + (below(w, 4) == 0) + (below(w, 8) == 0);

    for (size_t i = 0; i < literals; i++) {
        const char *quote = PICK(w, "\"", "'");
        rk_buf_puts(&w->out, quote);
        for (uint64_t n = below(w, 5); n > 0; n--)
            rk_buf_puts(&w->out, pick(w, pieces, sizeof pieces / sizeof pieces[0]));
        rk_buf_puts(&w->out, quote);
        if (i + 1 < literals)
            write_blank(w);
    }
}

static void write_enum(writer *w, const ProtobufCEnumDescriptor *descriptor)
{
    const ProtobufCEnumValue *value = &descriptor->values[below(w, descriptor->n_values)];

    if (below(w, 3) == 0)
        rk_buf_printf(&w->out, "%d", value->value);
    else
        rk_buf_puts(&w->out, value->name);
}

static void write_scalar(writer *w, const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        write_text(w);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        rk_buf_puts(&w->out, PICK(w, "true", "false", "True", "False", "t", "f", "1", "0"));
        break;
    case PROTOBUF_C_TYPE_ENUM:
        write_enum(w, field->descriptor);
        break;
    case PROTOBUF_C_TYPE_INT32:
        write_signed(w, INT32_MAX);
        break;
    case PROTOBUF_C_TYPE_INT64:
        write_signed(w, INT64_MAX);
        break;
    case PROTOBUF_C_TYPE_UINT32:
        write_integer(w, random_magnitude(w, UINT32_MAX), false);
        break;
    case PROTOBUF_C_TYPE_UINT64:
        write_integer(w, random_magnitude(w, UINT64_MAX - 1) + below(w, 2), false);
        break;
    default:
        write_float(w);
        break;
    }
}

static void write_fields(writer *w, const ProtobufCMessageDescriptor *descriptor, int depth);

static void write_value(writer *w, const ProtobufCFieldDescriptor *field, int depth)
{
    bool angles = below(w, 4) == 0;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        write_scalar(w, field);
        return;
    }
    rk_buf_puts(&w->out, angles ? "<" : "{");
    write_blank(w);
    write_fields(w, field->descriptor, depth + 1);
    rk_buf_puts(&w->out, angles ? ">" : "}");
}

static void write_list(writer *w, const ProtobufCFieldDescriptor *field, int depth)
{
    uint64_t n = below(w, 4);

    rk_buf_puts(&w->out, "[");
    for (uint64_t i = 0; i < n; i++) {
        if (i)
            rk_buf_puts(&w->out, ",");
        write_blank(w);
        write_value(w, field, depth);
    }
    rk_buf_puts(&w->out, "]");
}

static void write_field(writer *w, const ProtobufCFieldDescriptor *field, int depth)
{
    bool list = field->label == PROTOBUF_C_LABEL_REPEATED;

    for (uint64_t n = list ? 1 + below(w, 3) : 1; n > 0 && w->budget > 0; n--) {
        w->budget--;
        rk_buf_puts(&w->out, field->name);
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || below(w, 3) == 0)
            rk_buf_puts(&w->out, PICK(w, ":", ": ", " :"));
        else
            write_blank(w);
        if (list && below(w, 3) == 0)
            write_list(w, field, depth);
        else
            write_value(w, field, depth);
        rk_buf_puts(&w->out, PICK(w, "", "", ",", ";"));
        write_blank(w);
    }
}

/* In random order, starting anywhere; of a oneof at most one member. */
static void write_fields(writer *w, const ProtobufCMessageDescriptor *descriptor, int depth)
{
    unsigned n = descriptor->n_fields, first = n ? (unsigned)below(w, n) : 0;
    bool oneof_used = false; /* no message of the schema has two oneofs that both could be used up */

    for (unsigned i = 0; i < n && w->budget > 0; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[(first + i) % n];
        if (below(w, 10) >= (depth < 2 ? 6 : 3) || (rk_pb_in_oneof(field) && oneof_used))
            continue;
        oneof_used |= rk_pb_in_oneof(field);
        write_field(w, field, depth);
    }
}

static void write_config(writer *w, uint64_t number)
{
    w->rng = rk_rng_at(1, RK_RNG_TEST, number, 0);
    w->budget = 1 + (int)below(w, MAX_FIELDS);
    rk_buf_reset(&w->out);
    write_fields(w, &rocket__easy_rec_config__descriptor, 0);
}

/* ---- comparison ---- */

/* Read by our reader, packed by protobuf-c. Expansion faults of random names are no matter here. */
static void pack(const rk_buf *text, rk_buf *bytes, uint64_t number)
{
    rk_config_source source = { .name = "random", .text = text->data ? text->data : "", .n = text->size };
    rk_config *config = NULL;
    rocket_error err = { 0 };

    if (rk_config_parse(&config, &source, NULL, &err) != ROCKET_OK)
        fail_msg("config %llu: %s\n%.*s", (unsigned long long)number, err.text, (int)text->size, text->data);
    const ProtobufCMessage *root = &rk_config_root(config)->base;
    size_t n = protobuf_c_message_get_packed_size(root);
    uint8_t *packed = rk_alloc(n, 1);
    assert_non_null(packed);
    assert_int_equal(protobuf_c_message_pack(root, packed), n);
    rk_buf_reset(bytes);
    rk_buf_append(bytes, packed, n);
    rk_free(packed);
    rk_config_free(config);
}

static void assert_same_bytes(const rk_buf *a, const rk_buf *b, const rk_buf *text, uint64_t number)
{
    if (a->size != b->size || (a->size && memcmp(a->data, b->data, a->size) != 0))
        fail_msg("config %llu: %zu bytes from us, %zu from protoc\n%.*s", (unsigned long long)number, a->size, b->size,
                 (int)text->size, text->data);
}

static void print(const rk_buf *text, rk_buf *out)
{
    rk_config_source source = { .name = "random", .text = text->data ? text->data : "", .n = text->size };
    rk_config *config = NULL;

    assert_int_equal(rk_config_parse(&config, &source, NULL, NULL), ROCKET_OK);
    rk_buf_reset(out);
    rk_config_print(config, out);
    rk_config_free(config);
}

static void check_config(const world *w, writer *random, uint64_t number)
{
    rk_buf ours, theirs, text;

    rk_buf_init(&ours, 0);
    rk_buf_init(&theirs, 0);
    rk_buf_init(&text, 0);
    write_config(random, number);
    convert(w, "--encode=rocket.EasyRecConfig", &random->out, &theirs);
    pack(&random->out, &ours, number);
    assert_same_bytes(&ours, &theirs, &random->out, number);
    print(&random->out, &text);
    pack(&text, &ours, number);
    assert_same_bytes(&ours, &theirs, &text, number);
    if (number < N_ROUND_TRIPS) {
        convert(w, "--decode=rocket.EasyRecConfig", &theirs, &text); /* protoc's own print */
        pack(&text, &ours, number);
        assert_same_bytes(&ours, &theirs, &text, number);
    }
    rk_buf_clear(&ours);
    rk_buf_clear(&theirs);
    rk_buf_clear(&text);
}

static void random_configs_have_protocs_bytes(void **state)
{
    world w = { .folder = make_test_folder() };
    writer random = { .budget = 0 };

    (void)state;
    snprintf(w.set, sizeof w.set, "%s/schema.pb", w.folder.path);
    snprintf(w.in, sizeof w.in, "%s/in", w.folder.path);
    snprintf(w.out, sizeof w.out, "%s/out", w.folder.path);
    rk_buf_init(&random.out, 0);
    bool there = compile_schema(&w);
    for (uint64_t i = 0; there && i < N_CONFIGS; i++)
        check_config(&w, &random, i);
    rk_buf_clear(&random.out);
    remove_test_folder(w.folder);
    if (!there) {
        printf("skipped: no protoc (Debian: protobuf-compiler)\n");
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_configs_have_protocs_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
