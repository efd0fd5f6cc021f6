/* safetensors files: round trip, alignment, refusals. Nothing damaged may pass verification, nothing at all may crash,
 * take more than bounded memory or leak. */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "error.h"
#include "file.h"
#include "mem.h"
#include "rk_test.h"
#include "rng.h"
#include "tensors.h"

static test_folder folder;

static const char *path_in_folder(void)
{
    static char path[96];

    snprintf(path, sizeof path, "%s/t.safetensors", folder.path);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    folder = make_test_folder();
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    remove_test_folder(folder);
    return 0;
}

static const float f32s[15] = { 1, -2, 3.5f, 0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, -0.0f };
static const double f64s[2] = { 1e300, -1 };
static const int64_t i64s[3] = { INT64_MIN, 0, INT64_MAX };
static const unsigned char bytes_of_text[70] = "vocabulary";

static const rk_tensor_info samples[] = {
    { "input_layer/user_id_embedding/embedding_weights", RK_F32, 2, { 5, 3 }, f32s, 60 },
    { "scalar", RK_F32, 0, { 0 }, f32s + 2, 4 },
    { "empty", RK_F32, 2, { 0, 7 }, f32s, 0 },
    { "doubles", RK_F64, 1, { 2 }, f64s, 16 },
    { "gr\xc3\xb6\xc3\x9f"
      "e \"quoted\" \\ \xf0\x9f\x9a\x80",
      RK_I64,
      3,
      { 1, 3, 1 },
      i64s,
      24 },
    { "step", RK_U64, 1, { 2 }, i64s, 16 },
    { "bytes", RK_U8, 1, { 70 }, bytes_of_text, 70 },
    { "half", RK_BF16, 4, { 1, 2, 1, 2 }, f32s, 8 },
    { "small", RK_I8, 1, { 60 }, f32s, 60 },
};
enum { N_SAMPLES = sizeof samples / sizeof samples[0] };

static const char odd_meta[] = "line\nnew \"q\" \\ \t \x01 NUL:\0end \xe2\x82\xac";

static rk_tensor_writer *sample_writer(void)
{
    rk_tensor_writer *writer = rk_tensor_writer_new();

    if (!writer)
        return NULL;
    rk_tensor_writer_meta(writer, "rocket.config", odd_meta, sizeof odd_meta - 1);
    rk_tensor_writer_meta(writer, "format", "pt", 2);
    for (size_t i = 0; i < N_SAMPLES; i++)
        rk_tensor_writer_add(writer, &samples[i]);
    return writer;
}

static rocket_status save_samples(rocket_error *err)
{
    rk_tensor_writer *writer = sample_writer();
    rocket_status status;

    if (!writer)
        return rk_fail(err, ROCKET_FAILED, "no memory");
    status = rk_tensor_writer_save(writer, path_in_folder(), err);
    rk_tensor_writer_free(writer);
    return status;
}

/* The sample file's bytes, to be cleared by the caller. */
static rk_buf sample_bytes(void)
{
    rk_buf buf;
    rocket_error err = { 0 };

    rk_buf_init(&buf, 0);
    assert_int_equal(save_samples(&err), ROCKET_OK);
    assert_int_equal(rk_file_read(&buf, path_in_folder(), &err), ROCKET_OK);
    return buf;
}

static rocket_status parse(rk_tensor_file **out, const void *data, size_t size, bool verify, rocket_error *err)
{
    return rk_tensor_file_parse(out, &(rk_tensor_bytes){ "t.safetensors", data, size }, verify, err);
}

static void what_is_written_is_read(void **state)
{
    rocket_error err = { 0 };
    rk_tensor_file *file = NULL;
    const char *value;
    size_t n = 0;

    (void)state;
    assert_int_equal(save_samples(&err), ROCKET_OK);
    assert_int_equal(rk_tensor_file_open(&file, path_in_folder(), true, &err), ROCKET_OK);
    assert_int_equal(rk_tensor_file_size(file), N_SAMPLES);
    for (size_t i = 0; i < N_SAMPLES; i++) {
        const rk_tensor_info *t = rk_tensor_file_find(file, samples[i].name);

        assert_ptr_equal(t, rk_tensor_file_at(file, i));
        assert_string_equal(t->name, samples[i].name);
        assert_int_equal(t->type, samples[i].type);
        assert_int_equal(t->rank, samples[i].rank);
        assert_int_equal(t->bytes, samples[i].bytes);
        assert_memory_equal(t->data, samples[i].data, t->bytes);
        assert_int_equal((uintptr_t)t->data % RK_TENSOR_ALIGN, 0);
    }
    value = rk_tensor_file_meta(file, "rocket.config", &n);
    assert_int_equal(n, sizeof odd_meta - 1);
    assert_memory_equal(value, odd_meta, sizeof odd_meta);
    assert_string_equal(rk_tensor_file_meta(file, "format", NULL), "pt");
    assert_null(rk_tensor_file_meta(file, "no such key", NULL));
    assert_null(rk_tensor_file_find(file, "__pad_0"));
    assert_null(rk_tensor_file_find(file, "no such tensor"));
    rk_tensor_file_close(file);
}

static void the_same_additions_give_the_same_bytes(void **state)
{
    rk_buf a = sample_bytes(), b = sample_bytes();

    (void)state;
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.data, b.data, a.size);
    rk_buf_clear(&a);
    rk_buf_clear(&b);
}

static void a_file_without_tensors_is_fine(void **state)
{
    rocket_error err = { 0 };
    rk_tensor_writer *writer = rk_tensor_writer_new();
    rk_tensor_file *file = NULL;

    (void)state;
    assert_int_equal(rk_tensor_writer_save(writer, path_in_folder(), &err), ROCKET_OK);
    rk_tensor_writer_free(writer);
    assert_int_equal(rk_tensor_file_open(&file, path_in_folder(), true, &err), ROCKET_OK);
    assert_int_equal(rk_tensor_file_size(file), 0);
    rk_tensor_file_close(file);
}

static void assert_refused(const void *data, size_t size, const char *fragment)
{
    rocket_error err = { 0 };
    rk_tensor_file *file = NULL;

    if (parse(&file, data, size, true, &err) != ROCKET_CORRUPT)
        fail_msg("a damaged file was accepted (%s)", fragment ? fragment : "random damage");
    assert_null(file);
    assert_int_equal(strncmp(err.text, "t.safetensors: ", 15), 0);
    if (fragment && !strstr(err.text, fragment))
        fail_msg("expected \"%s\" in \"%s\"", fragment, err.text);
}

static void every_flipped_bit_is_detected(void **state)
{
    rk_buf file = sample_bytes();

    (void)state;
    for (size_t i = 0; i < file.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            file.data[i] = (char)(file.data[i] ^ 1 << bit);
            assert_refused(file.data, file.size, NULL);
            file.data[i] = (char)(file.data[i] ^ 1 << bit);
        }
    rk_buf_clear(&file);
}

static void swap_pieces(char *data, size_t size, rk_rng *rng)
{
    char piece[64];
    size_t n = 1 + rk_rng_below(rng, sizeof piece), a = rk_rng_below(rng, size - n), b = rk_rng_below(rng, size - n);

    memcpy(piece, data + a, n);
    memmove(data + a, data + b, n);
    memcpy(data + b, piece, n);
}

/* Some damage of the kind; returns the new size. */
static size_t damage(char *data, size_t size, rk_rng *rng)
{
    switch (rk_rng_below(rng, 6)) {
    case 0:
        data[rk_rng_below(rng, size)] ^= (char)(1 << rk_rng_below(rng, 7));
        return size;
    case 1:
        for (uint64_t n = 1 + rk_rng_below(rng, 20); n > 0; n--)
            data[rk_rng_below(rng, size)] = (char)rk_rng_u32(rng);
        return size;
    case 2:
        return rk_rng_below(rng, size);
    case 3:
        return size + 1 + rk_rng_below(rng, 64); /* zeros behind the end */
    case 4: {
        size_t at = rk_rng_below(rng, size - 65), n = 1 + rk_rng_below(rng, 64);

        memmove(data + at, data + at + n, size - at - n);
        return size - n;
    }
    default:
        swap_pieces(data, size, rng);
        return size;
    }
}

static void random_damage_is_detected(void **state)
{
    rk_buf file = sample_bytes();
    rk_rng rng = rk_rng_at(7, RK_RNG_TEST, 0, 0);
    char *copy = rk_alloc(file.size + 128, 1);
    int damaged = 0;

    (void)state;
    while (damaged < 10000) {
        memcpy(copy, file.data, file.size);
        memset(copy + file.size, 0, 128);
        size_t size = damage(copy, file.size, &rng);

        if (size == file.size && !memcmp(copy, file.data, size))
            continue;
        assert_refused(copy, size, NULL);
        damaged++;
    }
    rk_free(copy);
    rk_buf_clear(&file);
}

/* A file with this header and n_data bytes of zeros behind it. */
static rk_buf file_with(const char *header, size_t n_data)
{
    rk_buf buf;

    rk_buf_init(&buf, 0);
    rk_buf_u64(&buf, strlen(header));
    rk_buf_puts(&buf, header);
    while (n_data--)
        rk_buf_append(&buf, "", 1);
    assert_false(rk_buf_failed(&buf));
    return buf;
}

static void malformed_headers_are_refused_by_name(void **state)
{
    static const struct {
        const char *header;
        size_t n_data;
        const char *fragment;
    } cases[] = {
        { "", 0, "header ends after 0 bytes, expected '{'" },
        { " {}", 0, "expected '{'" },
        { "[]", 0, "expected '{'" },
        { "{", 0, "expected '\"'" },
        { "{} x", 0, "expected blanks up to the tensors, found byte 0x78" },
        { "{\"a\":{}}", 0, "expected '\"'" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},}", 4, "expected '\"'" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "expected ','" },
        { "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[1]}}", 4, "once each, found \"dtype\"" },
        { "{\"a\":{\"color\":1}}", 4, "found \"color\"" },
        { "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "dtype is \"F33\"" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "need 8 bytes, data_offsets span 4" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "expected an integer >= 0" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, "expected ']'" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", 4, "without leading zeros" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]}}", 4, "more than 4 dimensions" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}", 4,
          "beyond any file" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}}", 4, "below 2^63" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "end before they begin" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "there is a hole before it" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3,
          "ends at byte 4 of the data, the file at 3" },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 5, "1 bytes behind the last tensor" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1000000000000],\"data_offsets\":[0,4000000000000]}}", 5,
          "ends at byte 4000000000000" },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
          "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
          6, "\"b\" begins at byte 2 of the data, expected 4: it over" },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
          "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
          8, "tensor \"a\" is there twice" },
        { "{\"\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "a name must have 1 to 512 bytes" },
        { "{\"a\\u0000b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "no control characters" },
        { "{\"a\\nb\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "no control characters" },
        { "{\"a\xff\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "expected UTF-8 text" },
        { "{\"\xc0\xaf\":1}", 4, "expected UTF-8 text" },
        { "{\"\xed\xa0\x80\":1}", 4, "expected UTF-8 text" },
        { "{\"\\ud800x\":1}", 4, "hexadecimal digits of a Unicode character" },
        { "{\"\\ud800\\u0041\":1}", 4, "hexadecimal digits of a Unicode character" },
        { "{\"\\u12g4\":1}", 4, "hexadecimal digits of a Unicode character" },
        { "{\"\\x41\":1}", 4, "after a backslash" },
        { "{\"abc", 4, "string without end" },
        { "{\"abc\\\"", 4, "string without end" },
        { "{\"__metadata__\":{\"a\":1}}", 0, "expected '\"', found byte 0x31" },
        { "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "__metadata__ has \"a\" twice" },
        { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ is there twice" },
        { "{\"__metadata__\":{\"rocket.header\":\"0123456789abcdef\"}}", 0, "header was changed since it was written" },
        { "{\"__metadata__\":{\"rocket.header\":\"\"}}", 0, "checksum of the header is damaged" },
        { "{}", 0, "no checksums" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rk_buf file = file_with(cases[i].header, cases[i].n_data);

        assert_refused(file.data, file.size, cases[i].fragment);
        rk_buf_clear(&file);
    }
}

static void lengths_that_lie_are_refused(void **state)
{
    unsigned char bytes[16] = { 0 };

    (void)state;
    for (size_t n = 0; n < 8; n++)
        assert_refused(bytes, n, "too few for a safetensors file");
    memset(bytes, 0xff, 8);
    assert_refused(bytes, sizeof bytes, "its header would have 18446744073709551615 bytes");
    memset(bytes, 0, 8);
    bytes[0] = 9;
    assert_refused(bytes, sizeof bytes, "header of 9 bytes, 8 are there");
}

static void files_of_other_writers_are_read_unverified(void **state)
{
    static const char header[] = "{ \"b\" : {\"shape\":[],\"data_offsets\":[6,10],\"dtype\":\"F32\"},\n"
                                 " \"a\\u00e9\\ud83d\\ude80\":{\"dtype\":\"U8\",\"shape\":[3,2],"
                                 "\"data_offsets\":[0,6]}} \n";
    rk_buf file = file_with(header, 10);
    rocket_error err = { 0 };
    rk_tensor_file *read = NULL;

    (void)state;
    /* "b" begins 6 bytes behind a header of 8 + n bytes: shift the copy until it is on a multiple of 4. */
    char *aligned = rk_alloc(file.size + 64, 1);
    size_t shift = (4 - (file.size - 4) % 4) % 4;
    memcpy(aligned + shift, file.data, file.size);
    assert_int_equal(parse(&read, aligned + shift, file.size, false, &err), ROCKET_OK);
    assert_int_equal(rk_tensor_file_size(read), 2);
    assert_string_equal(rk_tensor_file_at(read, 0)->name, "a\xc3\xa9\xf0\x9f\x9a\x80");
    assert_int_equal(rk_tensor_file_find(read, "b")->rank, 0);
    rk_tensor_file_close(read);

    memmove(aligned + shift + 1, aligned + shift, file.size);
    assert_int_equal(parse(&read, aligned + shift + 1, file.size, false, &err), ROCKET_CORRUPT);
    assert_non_null(strstr(err.text, "does not begin on a multiple of its element size"));
    rk_free(aligned);
    rk_buf_clear(&file);
}

/* Fill in the length of the header; returns the bytes of the file. */
static size_t set_length(char *file, size_t header_bytes)
{
    for (int i = 0; i < 8; i++)
        file[i] = (char)(header_bytes >> (8 * i));
    return header_bytes + 8;
}

/* Hostile headers: a quarter of a million tensors, then the longest string. */
static void memory_is_bounded(void **state)
{
    static const uint64_t limit = 64 << 20;
    static const char start[] = "{\"__metadata__\":{\"a\":\"";
    char *text = rk_alloc(RK_TENSOR_MAX_HEADER + 8, 1);
    size_t n = 9;
    uint64_t live = rk_alloc_live_bytes();
    rocket_error err = { 0 };
    rk_tensor_file *file = NULL;

    (void)state;
    text[8] = '{';
    for (int i = 0; n < RK_TENSOR_MAX_HEADER - 100; i++)
        n += (size_t)snprintf(text + n, 100, "%s\"%x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
                              i ? "," : "", (unsigned)i);
    text[n++] = '}';
    assert_int_equal(parse(&file, text, set_length(text, n - 8), false, &err), ROCKET_CORRUPT);
    assert_non_null(strstr(err.text, "more than 65536 tensors"));
    assert_true(rk_alloc_peak_bytes() - live < limit);
    assert_int_equal(rk_alloc_live_bytes(), live);

    memset(text, 'x', RK_TENSOR_MAX_HEADER + 8);
    memcpy(text + 8, start, sizeof start - 1);
    memcpy(text + RK_TENSOR_MAX_HEADER + 8 - 3, "\"}}", 3);
    assert_int_equal(parse(&file, text, set_length(text, RK_TENSOR_MAX_HEADER), false, &err), ROCKET_OK);
    assert_true(rk_alloc_peak_bytes() - live < limit);
    rk_tensor_file_close(file);
    rk_free(text);
}

static void assert_unsaved(rk_tensor_writer *writer, const char *fragment)
{
    rocket_error err = { 0 };

    assert_int_equal(rk_tensor_writer_save(writer, path_in_folder(), &err), ROCKET_FAILED);
    if (!strstr(err.text, fragment))
        fail_msg("expected \"%s\" in \"%s\"", fragment, err.text);
    rk_tensor_writer_free(writer);
}

static void the_writer_refuses_what_cannot_be_read_back(void **state)
{
    static const struct {
        rk_tensor_info info;
        const char *fragment;
    } cases[] = {
        { { "", RK_F32, 1, { 1 }, f32s, 4 }, "a tensor's name must be UTF-8" },
        { { "a\xff", RK_F32, 1, { 1 }, f32s, 4 }, "a tensor's name must be UTF-8" },
        { { "a\nb", RK_F32, 1, { 1 }, f32s, 4 }, "without control characters" },
        { { "__pad_1", RK_F32, 1, { 1 }, f32s, 4 }, "the name is reserved" },
        { { "__metadata__", RK_F32, 1, { 1 }, f32s, 4 }, "the name is reserved" },
        { { "a", RK_F32, 5, { 1 }, f32s, 4 }, "5 dimensions, at most 4" },
        { { "a", RK_F32, 1, { 2 }, f32s, 4 }, "4 bytes do not match its type and shape" },
        { { "a", RK_F32, 1, { -1 }, f32s, 4 }, "do not match" },
        { { "step", RK_F32, 1, { 1 }, f32s, 4 }, "\"step\" was added twice" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rk_tensor_writer *writer = sample_writer();

        rk_tensor_writer_add(writer, &cases[i].info);
        rk_tensor_writer_add(writer, &samples[0]); /* a later error does not hide the first */
        assert_unsaved(writer, cases[i].fragment);
    }
}

static void the_writer_refuses_bad_metadata(void **state)
{
    static const struct {
        const char *key, *value, *fragment;
    } cases[] = {
        { "", "x", "a metadata key must be UTF-8" },
        { "k", "\xff", "metadata \"k\" is not UTF-8" },
        { "format", "x", "metadata \"format\" was added twice" },
        { "rocket.header", "x", "the name is reserved" },
        { "rocket.checksums", "x", "the name is reserved" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rk_tensor_writer *writer = sample_writer();

        rk_tensor_writer_meta(writer, cases[i].key, cases[i].value, strlen(cases[i].value));
        assert_unsaved(writer, cases[i].fragment);
    }
}

static void a_header_too_long_is_not_written(void **state)
{
    rk_tensor_writer *writer = rk_tensor_writer_new();
    char *text = rk_alloc(RK_TENSOR_MAX_HEADER, 1);

    (void)state;
    memset(text, 'x', RK_TENSOR_MAX_HEADER);
    rk_tensor_writer_meta(writer, "long", text, RK_TENSOR_MAX_HEADER);
    rk_free(text);
    assert_unsaved(writer, "longer than 16777216 bytes");
}

static void a_failed_save_leaves_the_old_file(void **state)
{
    rk_buf before = sample_bytes(), after;
    rk_tensor_writer *writer = sample_writer();
    rocket_error err = { 0 };

    (void)state;
    rk_tensor_writer_meta(writer, "bad", "\xff", 1);
    assert_unsaved(writer, "bad");
    rk_buf_init(&after, 0);
    assert_int_equal(rk_file_read(&after, path_in_folder(), &err), ROCKET_OK);
    assert_int_equal(before.size, after.size);
    assert_memory_equal(before.data, after.data, after.size);
    rk_buf_clear(&before);
    rk_buf_clear(&after);
}

static rocket_status save(void *arg)
{
    rocket_error err = { 0 };

    (void)arg;
    return save_samples(&err);
}

static rocket_status open_and_close(void *arg)
{
    rocket_error err = { 0 };
    rk_tensor_file *file = NULL;
    rocket_status status = rk_tensor_file_open(&file, path_in_folder(), true, &err);

    (void)arg;
    assert_true(status == ROCKET_OK ? file != NULL : !file && err.text[0]);
    rk_tensor_file_close(file);
    return status;
}

static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    assert_survives_failed_allocations(save, NULL);
    assert_survives_failed_allocations(open_and_close, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_bounded), /* first: it looks at the peak */
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(the_same_additions_give_the_same_bytes),
        cmocka_unit_test(a_file_without_tensors_is_fine),
        cmocka_unit_test(every_flipped_bit_is_detected),
        cmocka_unit_test(random_damage_is_detected),
        cmocka_unit_test(malformed_headers_are_refused_by_name),
        cmocka_unit_test(lengths_that_lie_are_refused),
        cmocka_unit_test(files_of_other_writers_are_read_unverified),
        cmocka_unit_test(the_writer_refuses_what_cannot_be_read_back),
        cmocka_unit_test(the_writer_refuses_bad_metadata),
        cmocka_unit_test(a_header_too_long_is_not_written),
        cmocka_unit_test(a_failed_save_leaves_the_old_file),
        cmocka_unit_test(every_failed_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
