/* FarmHash buckets and crossed columns against TensorFlow's figures in fixtures/hash: 2,000 strings of every length up
 * to 200, and 500 crosses of two or three inputs, split ones among them. The order of a cross (split inputs first, the
 * first of them varying slowest) is rebuilt here from its description, to fix what the hash functions must add up to.
 */
#include "rk_test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

static FILE *open_fixture(const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/tests/golden/fixtures/hash/%s", ROCKET_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

/* Next line without its newline; false at the end. */
static bool read_line(char line[4096], FILE *file)
{
    if (!fgets(line, 4096, file))
        return false;
    line[strcspn(line, "\n")] = '\0';
    return true;
}

static void strings_fall_into_tensorflows_buckets(void **state)
{
    FILE *file = open_fixture("strings.csv");
    char line[4096];
    int n = 0;

    (void)state;
    assert_true(read_line(line, file)); /* the header */
    while (read_line(line, file)) {
        uint64_t expected, of_10, of_100000, of_2_40;
        size_t length = strcspn(line, ","); /* texts contain no comma */

        assert_int_equal(sscanf(line + length, ",%" SCNx64 ",%" SCNu64 ",%" SCNu64 ",%" SCNu64, &expected, &of_10,
                                &of_100000, &of_2_40),
                         4);
        uint64_t hash = rk_fingerprint64(line, length);
        assert_true(hash == expected);
        assert_true(hash % 10 == of_10 && hash % 100000 == of_100000 && hash % (1ULL << 40) == of_2_40);
        n++;
    }
    fclose(file);
    assert_int_equal(n, 2000);
}

enum { MAX_INPUTS = 8, MAX_PIECES = 16 };

typedef struct input {
    const char *pieces[MAX_PIECES];
    size_t lengths[MAX_PIECES];
    int n;
} input;

/* Pieces of a split input; empty ones are dropped as tags drop them, so the fixtures hold none inside. */
static void add_pieces(input *in, const char *text, bool split)
{
    in->n = 0;
    for (const char *from = text;; from++) {
        size_t length = split ? strcspn(from, "|") : strlen(from);

        if (!split || length > 0) {
            assert_true(in->n < MAX_PIECES);
            in->pieces[in->n] = from;
            in->lengths[in->n++] = length;
        }
        from += length;
        if (!*from)
            return;
    }
}

/* Append the ids of all combinations of inputs[depth..n) to out, the last input varying fastest. */
static void cross(char *out, const input *inputs, int n, int depth, uint64_t hash)
{
    if (depth == n) {
        size_t length = strlen(out);

        snprintf(out + length, 4096 - length, "%s%" PRIu64, length ? " " : "", hash % 100000);
        return;
    }
    for (int i = 0; i < inputs[depth].n; i++) {
        uint64_t piece = rk_fingerprint64(inputs[depth].pieces[i], inputs[depth].lengths[i]);

        cross(out, inputs, n, depth + 1, rk_fingerprint_cat(hash, piece));
    }
}

static void crosses_fall_into_tensorflows_buckets(void **state)
{
    FILE *file = open_fixture("cross_100000.tsv");
    char line[4096];
    int n_rows = 0;

    (void)state;
    assert_true(read_line(line, file));
    while (read_line(line, file)) {
        char *cells[5], *rest = line, ids[4096] = "";
        input inputs[MAX_INPUTS];
        int n = 0;

        for (int i = 0; i < 5; i++)
            cells[i] = strsep(&rest, "\t");
        assert_non_null(cells[4]);
        for (const char *pass = "sp"; *pass; pass++)
            for (int i = 0; cells[0][i]; i++)
                if (cells[0][i] == *pass)
                    add_pieces(&inputs[n++], cells[i + 1], *pass == 's');
        cross(ids, inputs, n, 0, RK_CROSS_SEED);
        assert_string_equal(ids, cells[4]);
        n_rows++;
    }
    fclose(file);
    assert_int_equal(n_rows, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_fall_into_tensorflows_buckets),
        cmocka_unit_test(crosses_fall_into_tensorflows_buckets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
