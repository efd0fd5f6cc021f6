/* Hashes against figures made by TensorFlow 2.15 (fingerprints, crossed columns) and by the xxHash program. */
#include "rk_test.h"

#include <string.h>

#include "hash.h"

static const struct {
    const char *text;
    uint64_t hash;
    uint64_t bucket; /* of 100000 */
} strings[] = {
    { "", 0x9ae16a3b2f90404f, 97263 },        { "a", 0xb3454265b6df75e3, 63939 },
    { "0", 0xd2ed96073b81823f, 72735 },       { "1", 0x811f023a122d0be1, 34849 },
    { "-1", 0x65c727c9a1b5784e, 76430 },      { "abc", 0x24a5b3a074e7f369, 61385 },
    { "hello", 0xb48be5a931380ce8, 296 },     { "430548_1007", 0x5d28fdff13b1f884, 42692 },
    { "12345", 0xe5b08d15925ebcf8, 84728 },   { "100000", 0x7141395ae22e1a5c, 61500 },
    { "user_id", 0xc18f32de3c50b1d5, 65333 }, { "\xE4\xB8\xAD\xE6\x96\x87", 0x54b77afb85eb4cab, 66955 },
};

static const struct {
    size_t n; /* letters x */
    uint64_t hash;
} repeated[] = {
    { 16, 0x2e1630f1fcf7781c }, { 17, 0x9ce745a1f3812fa5 }, { 32, 0xb30b9baccc74dc05 },  { 33, 0xaa49185443e61637 },
    { 64, 0x5ffb3c754f6913b8 }, { 65, 0x447cb9fd96f25f39 }, { 100, 0x5b7616b854568a1f },
};

static void fingerprints_are_tensorflows(void **state)
{
    char text[131];

    (void)state;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        uint64_t hash = rk_fingerprint64(strings[i].text, strlen(strings[i].text));

        assert_true(hash == strings[i].hash);
        assert_int_equal(hash % 100000, strings[i].bucket);
    }
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++)
        assert_true(rk_fingerprint64(text, repeated[i].n) == repeated[i].hash);
    for (size_t i = 0; i < 130; i++)
        text[i] = (char)('0' + i % 10);
    assert_true(rk_fingerprint64(text, 130) == 0x94c7d81d1c9d5d04);
}

static uint64_t cross(const char *const *columns, size_t n)
{
    uint64_t hash = RK_CROSS_SEED;

    for (size_t i = 0; i < n; i++)
        hash = rk_fingerprint_cat(hash, rk_fingerprint64(columns[i], strlen(columns[i])));
    return hash % 100000;
}

#define CROSS(...) cross((const char *[]){ __VA_ARGS__ }, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *))

static void crosses_are_tensorflows(void **state)
{
    (void)state;
    assert_int_equal(CROSS("a", "x"), 18892);
    assert_int_equal(CROSS("", ""), 78373);
    assert_int_equal(CROSS("20", "F"), 75602);
    assert_int_equal(CROSS("a", "b", "c"), 69792);
    assert_int_equal(CROSS("3", "x"), 87372);
    assert_int_equal(CROSS("p", "z"), 14585);
    assert_int_equal(CROSS("q", "z"), 59137);
}

static void checksums_are_xxh3(void **state)
{
    (void)state;
    assert_true(rk_xxh64("", 0) == 0x2d06800538d394c2);
    assert_true(rk_xxh64(NULL, 0) == 0x2d06800538d394c2);
    assert_true(rk_xxh64("abc", 3) == 0x78af5f94892f3950);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints_are_tensorflows),
        cmocka_unit_test(crosses_are_tensorflows),
        cmocka_unit_test(checksums_are_xxh3),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
