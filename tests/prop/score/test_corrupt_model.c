/* A model file that was damaged, or made to do damage, is refused with a reason, within 100 ms of processor time and 64
 * MB of memory: changed bits, cut ends, sections that changed places, and, with checksums that are right again, headers
 * that promise too much.
 *
 * 500 of the random ones; ROCKET_CORRUPTIONS=10000 for more. Time and memory are not judged under sanitizers.
 */
#include <time.h>

#include "file.h"
#include "mem.h"
#include "number.h"
#include "rk_test.h"
#include "score_world.h"
#include "tensors_header.h"

enum { MOST_BYTES = 64 << 20 };
static const double MOST_SECONDS = 0.1;

typedef struct world {
    score_world score;
    char path[80];
    char *good; /* the file, */
    size_t n;   /* so many bytes; */
    size_t data_at;
    char *bad; /* room for as many and some more */
    bool judged;
    double slowest;
    uint64_t largest, n_tried;
} world;

static world w;

static uint64_t corruptions(void)
{
    const char *text = getenv("ROCKET_CORRUPTIONS");
    uint64_t n = 500;

    if (text)
        assert_true(rk_parse_u64(text, strlen(text), &n));
    return n;
}

static int setup(void **state)
{
    rocket_error err = { 0 };
    const char *sanitize = getenv("ROCKET_SANITIZE");
    rk_buf file;

    (void)state;
    w.score = score_world_make(1);
    rk_buf_init(&file, 0);
    score_world_must(rk_file_read(&file, w.score.path, &err), &err);
    w.good = file.data;
    w.n = file.size;
    w.data_at = 8 + (size_t)(unsigned char)w.good[0] + ((size_t)(unsigned char)w.good[1] << 8);
    assert_true(w.data_at < w.n && w.good[w.data_at - 1] == ' ');
    w.bad = rk_alloc(2 * w.n, 1);
    w.judged = !sanitize || !*sanitize;
    snprintf(w.path, sizeof w.path, "%s.bad", w.score.path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    print_message("%llu files: slowest %.1f ms, largest %.1f MB\n", (unsigned long long)w.n_tried, 1e3 * w.slowest,
                  (double)w.largest / (1 << 20));
    remove(w.path);
    rk_free(w.bad);
    rk_free(w.good);
    score_world_free(&w.score);
    return 0;
}

/* ---- measuring ---- */

static double cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Kilobytes that a line of /proc/self/status says; 0: it is not there. */
static uint64_t status_kb(const char *key)
{
    char line[256];
    uint64_t kb = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            kb = strtoull(line + strlen(key) + 1, NULL, 10);
    if (file)
        fclose(file);
    return kb;
}

/* The peak of resident memory counts from now. */
static void reset_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");

    if (file) {
        fputs("5", file);
        fclose(file);
    }
}

/* Open the file at w.path: it must be refused. */
static void assert_refused(const char *what, uint64_t which)
{
    rocket_model *model = NULL;
    rocket_error err = { 0 };
    uint64_t live = rk_alloc_live_bytes(), before = 0;

    if (w.judged) {
        reset_peak();
        before = status_kb("VmRSS");
    }
    double begin = cpu_s();
    rocket_status status = rocket_model_open(&model, w.path, NULL, &err);
    double seconds = cpu_s() - begin;
    uint64_t after = w.judged ? status_kb("VmHWM") : 0, bytes = after > before ? (after - before) << 10 : 0;

    if (status != ROCKET_CORRUPT || strncmp(err.text, w.path, strlen(w.path)) != 0 ||
        strlen(err.text) < strlen(w.path) + 10)
        fail_msg("%.60s %llu: status %d, \"%s\"", what, (unsigned long long)which, status, err.text);
    assert_null(model);
    assert_int_equal(rk_alloc_live_bytes(), live);
    w.slowest = seconds > w.slowest ? seconds : w.slowest;
    w.largest = bytes > w.largest ? bytes : w.largest;
    w.n_tried++;
    if (w.judged && (seconds > MOST_SECONDS || bytes > MOST_BYTES))
        fail_msg("%.60s %llu: %.1f ms, %.1f MB, to say \"%s\"", what, (unsigned long long)which, 1e3 * seconds,
                 (double)bytes / (1 << 20), err.text);
}

static void write_bad(const char *bytes, size_t n)
{
    FILE *file = fopen(w.path, "wb"); /* not rk_file_write, which waits for the disk */

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

/* ---- random damage ---- */

static void changed_bits(void **state)
{
    uint64_t n = corruptions() / 2;

    (void)state;
    for (uint64_t i = 0; i < n; i++) {
        rk_rng rng = rk_rng_at(1, RK_RNG_TEST, 0, i);
        size_t region = i % 4; /* length, header, tensors, anywhere */
        size_t begin = region == 1 ? 8 : region == 2 ? w.data_at : 0;
        size_t end = region == 0 ? 8 : region == 1 ? w.data_at : w.n;

        memcpy(w.bad, w.good, w.n);
        for (uint64_t k = 0; k <= i % 3; k++) { /* another byte each, so that none is undone */
            size_t at = begin + (size_t)k * (end - begin) / 3 + rk_rng_below(&rng, (end - begin) / 3 + (k == 2));
            w.bad[at] = (char)(w.bad[at] ^ 1 << rk_rng_below(&rng, 8));
        }
        write_bad(w.bad, w.n);
        assert_refused("changed bits", i);
    }
}

static void cut_ends(void **state)
{
    uint64_t n = corruptions() / 4;

    (void)state;
    for (uint64_t i = 0; i < n; i++) {
        rk_rng rng = rk_rng_at(2, RK_RNG_TEST, 0, i);
        size_t length = i < 64 ? i : i % 2 ? rk_rng_below(&rng, w.n) : rk_rng_below(&rng, w.data_at);

        write_bad(w.good, length);
        assert_refused("cut off at", length);
    }
    memcpy(w.bad, w.good, w.n);
    memset(w.bad + w.n, 0, 64);
    write_bad(w.bad, w.n + 64);
    assert_refused("bytes behind the end", 64);
}

/* Two pieces of one length change places. */
static void swapped_sections(void **state)
{
    uint64_t n = corruptions() / 4;

    (void)state;
    for (uint64_t i = 0; i < n; i++) {
        rk_rng rng = rk_rng_at(3, RK_RNG_TEST, 0, i);
        size_t length = (size_t)16 << rk_rng_below(&rng, 6), a = 0, b = 0;

        do {
            a = rk_rng_below(&rng, w.n - 2 * length);
            b = a + length + rk_rng_below(&rng, w.n - a - 2 * length + 1);
        } while (memcmp(w.good + a, w.good + b, length) == 0);
        memcpy(w.bad, w.good, w.n);
        memcpy(w.bad + a, w.good + b, length);
        memcpy(w.bad + b, w.good + a, length);
        write_bad(w.bad, w.n);
        assert_refused("swapped sections", i);
    }
}

/* ---- headers with checksums that are right ---- */

/* A header of this JSON with `rest` bytes of tensors behind it, its checksum set where there is room for one. */
static void write_header(rk_buf *json, const char *rest, size_t n_rest)
{
    char digits[RK_TENSOR_DIGEST_CHARS + 1];
    rk_buf file;

    while ((json->size + 8) % RK_TENSOR_ALIGN != 0)
        rk_buf_puts(json, " ");
    rk_buf_init(&file, 0);
    rk_buf_u64(&file, json->size);
    rk_buf_append(&file, json->data, json->size);
    const char *key = strstr(file.data + 8, "\"" RK_TENSOR_DIGEST_KEY "\":\"");
    if (key) {
        size_t at = (size_t)(key - file.data) + strlen("\"" RK_TENSOR_DIGEST_KEY "\":\"");

        rk_tensor_digest(digits, file.data, at, file.size);
        memcpy(file.data + at, digits, RK_TENSOR_DIGEST_CHARS);
    }
    rk_buf_append(&file, rest, n_rest);
    write_bad(file.data, file.size);
    rk_buf_clear(&file);
}

/* The good file with one text of its header replaced by another. */
static void assert_edit_refused(const char *from, const char *to)
{
    rk_buf json;
    size_t n = w.data_at - 8;
    char *header = rk_strndup(w.good + 8, n), *at = strstr(header, from);

    if (!at)
        fail_msg("\"%s\" is not in the header", from);
    rk_buf_init(&json, 0);
    rk_buf_append(&json, header, (size_t)(at - header));
    rk_buf_puts(&json, to);
    rk_buf_puts(&json, at + strlen(from));
    write_header(&json, w.good + w.data_at, w.n - w.data_at);
    rk_buf_clear(&json);
    rk_free(header);
    assert_refused(to, 0);
}

static void headers_that_promise_too_much(void **state)
{
    static const struct {
        const char *from, *to;
    } edits[] = {
        { "\"shape\":[100,4]", "\"shape\":[9223372036854775807,4]" },
        { "\"shape\":[100,4]", "\"shape\":[4611686018427387904,4]" },
        { "\"shape\":[100,4]", "\"shape\":[1e30,4]" },
        { "\"shape\":[100,4]", "\"shape\":[-100,-4]" },
        { "\"shape\":[100,4]", "\"shape\":[100,4,1,1,1,1,1,1,1,1]" },
        { "\"shape\":[100,4]", "\"shape\":[4,100]" },
        { "\"shape\":[100,4]", "\"shape\":[0,4]" },
        { "\"dtype\":\"F32\"", "\"dtype\":\"F64\"" },
        { "\"dtype\":\"F32\"", "\"dtype\":\"C128\"" },
        { "\"data_offsets\":[0,", "\"data_offsets\":[18446744073709551615," },
        { "\"data_offsets\":[0,", "\"data_offsets\":[64," },
        { "hash_bucket_size: 100", "hash_bucket_size: 100000000000" }, /* more ids than its table has rows */
        { "hash_bucket_size: 100", "hash_bucket_size: 101" },
        { "num_buckets: 100", "num_buckets: 200" },
        { "raw_input_dim: 3", "raw_input_dim: 1000000" },
        { "input_name: \\\"user\\\"", "input_name: \\\"usre\\\"" },
        { "rocket.version\":\"1\"", "rocket.version\":\"3\"" },
        { "rocket.kind\":\"model\"", "rocket.kind\":\"muddle\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        assert_edit_refused(edits[i].from, edits[i].to);
}

static void put_tensors(rk_buf *json, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rk_buf_printf(json, "%s\"t%zu\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", i ? "," : "", i);
}

static void put_nested(rk_buf *json, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rk_buf_puts(json, "[");
}

static void put_keys(rk_buf *json, size_t n)
{
    rk_buf_puts(json, "\"__metadata__\":{");
    for (size_t i = 0; i < n; i++)
        rk_buf_printf(json, "%s\"k%zu\":\"\"", i ? "," : "", i);
    rk_buf_puts(json, "}");
}

static void put_long_text(rk_buf *json, size_t n)
{
    rk_buf_puts(json, "\"__metadata__\":{\"rocket.kind\":\"");
    for (size_t i = 0; i < n; i++)
        rk_buf_puts(json, "\\u0041");
    rk_buf_puts(json, "\"}");
}

static void headers_without_end(void **state)
{
    static const struct {
        const char *what;
        void (*put)(rk_buf *json, size_t n);
        size_t n;
    } cases[] = {
        { "fake tensors", put_tensors, 1000000 },
        { "fake tensors", put_tensors, 250000 },
        { "fake tensors", put_tensors, 60000 },
        { "brackets", put_nested, 1000000 },
        { "keys", put_keys, 1000000 },
        { "keys", put_keys, 60000 },
        { "escaped letters", put_long_text, 2600000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rk_buf json;

        rk_buf_init(&json, 0);
        rk_buf_puts(&json, "{");
        cases[i].put(&json, cases[i].n);
        rk_buf_puts(&json, "}");
        write_header(&json, "", 0);
        rk_buf_clear(&json);
        assert_refused(cases[i].what, cases[i].n);
    }
}

/* The metadata of the good file, part by part, replaced by what is long. */
static void parts_without_end(void **state)
{
    static const struct {
        const char *from, *unit;
        size_t n;
    } cases[] = {
        { "\"rocket.graph\":\"", "[", 1000000 },
        { "\"rocket.graph\":\"", "{\\\"nodes\\\":", 1000000 },
        { "\"rocket.config\":\"", "model_config {", 600000 },
        { "\"rocket.vocabularies\":\"", "[", 1000000 },
        { "\"rocket.config\":\"",
          "data_config { input_fields { input_name: 'x[1-99999]' } auto_expand_input_fields: true } ", 100 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rk_buf to;

        rk_buf_init(&to, 0);
        rk_buf_puts(&to, cases[i].from);
        for (size_t k = 0; k < cases[i].n; k++)
            rk_buf_puts(&to, cases[i].unit);
        assert_edit_refused(cases[i].from, to.data);
        rk_buf_clear(&to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_bits),        cmocka_unit_test(cut_ends),
        cmocka_unit_test(swapped_sections),    cmocka_unit_test(headers_that_promise_too_much),
        cmocka_unit_test(headers_without_end), cmocka_unit_test(parts_without_end),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
