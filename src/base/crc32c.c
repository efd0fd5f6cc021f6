/* Polynomial 0x1EDC6F41, reflected, all ones before and after (RFC 3720, appendix B.4), eight bytes at a time: the
 * checksum is linear, so that what each byte does to it can be looked up apart and added (Kounavis and Berry 2005).
 * Every row of a TFRecord file passes here; a table of sixteen words took longer than all the rest of its reading.
 * The tables are made from the polynomial when they are first wanted.
 */
#include "crc32c.h"

#include <pthread.h>

/* tables[k][b]: what byte b does when k more bytes follow it. */
static uint32_t tables[8][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_tables(void)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;

        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x82f63b78 & (0 - (crc & 1)));
        tables[0][b] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int b = 0; b < 256; b++)
            tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 255];
}

/* Whatever the machine's byte order. */
static inline uint32_t word_at(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint32_t rk_crc32c(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint32_t crc = 0xffffffff;

    pthread_once(&made, make_tables);
    for (; n >= 8; n -= 8, p += 8) {
        uint32_t low = crc ^ word_at(p), high = word_at(p + 4);

        crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24] ^
              tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^ tables[1][high >> 16 & 255] ^ tables[0][high >> 24];
    }
    for (; n > 0; n--, p++)
        crc = crc >> 8 ^ tables[0][(crc ^ *p) & 255];
    return ~crc;
}

uint32_t rk_crc32c_masked(const void *bytes, size_t n)
{
    uint32_t crc = rk_crc32c(bytes, n);

    return (crc >> 15 | crc << 17) + 0xa282ead8;
}
