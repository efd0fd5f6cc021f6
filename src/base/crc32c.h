/* CRC-32C (Castagnoli), as TFRecord files use it. */
#ifndef RK_CRC32C_H
#define RK_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t rk_crc32c(const void *bytes, size_t n);        /* from any thread */
uint32_t rk_crc32c_masked(const void *bytes, size_t n); /* rotated and offset: safe in data that is summed again */

#endif
