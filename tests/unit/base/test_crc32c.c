/* CRC-32C: the vectors of RFC 3720, appendix B.4, and the masked form that a TFRecord's length has. */
#include <string.h>

#include "crc32c.h"
#include "rk_test.h"

static void known_answers(void **state)
{
    unsigned char bytes[32];

    (void)state;
    assert_int_equal(rk_crc32c("", 0), 0);
    assert_int_equal(rk_crc32c("123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(rk_crc32c(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(rk_crc32c(bytes, sizeof bytes), 0x62a8ab43);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    assert_int_equal(rk_crc32c(bytes, sizeof bytes), 0x46dd794e);
    for (unsigned i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    assert_int_equal(rk_crc32c(bytes, sizeof bytes), 0x113fdb5c);
}

/* Bit by bit, as the polynomial says it. */
static uint32_t slowly(const unsigned char *bytes, size_t n)
{
    uint32_t crc = 0xffffffff;

    for (size_t i = 0; i < 8 * n; i++) {
        uint32_t bit = (crc ^ (uint32_t)(bytes[i / 8] >> i % 8)) & 1;

        crc = crc >> 1 ^ (bit ? 0x82f63b78 : 0);
    }
    return ~crc;
}

static void every_length_and_alignment(void **state)
{
    unsigned char bytes[64];

    (void)state;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * i * 7 + i + 3);
    for (size_t begin = 0; begin < 9; begin++)
        for (size_t n = 0; begin + n <= sizeof bytes; n++)
            assert_int_equal(rk_crc32c(bytes + begin, n), slowly(bytes + begin, n));
}

/* The first record of TensorBoard files, 24 bytes long, begins 18 00 00 00 00 00 00 00 a3 7f 4b 22. */
static void masked_as_in_event_files(void **state)
{
    static const unsigned char length[8] = { 0x18 };

    (void)state;
    assert_int_equal(rk_crc32c_masked(length, sizeof length), 0x224b7fa3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(every_length_and_alignment),
        cmocka_unit_test(masked_as_in_event_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
