/* Pieces of memory through Zstandard. */
#ifndef RK_ZSTD_PIECE_H
#define RK_ZSTD_PIECE_H

#include <stdbool.h>
#include <stddef.h>

size_t rk_zstd_bound(size_t n);
size_t rk_zstd_pack(void *to, size_t room, const void *from, size_t n, int level); /* bytes; 0: it cannot */
bool rk_zstd_unpack(void *to, size_t n, const void *from, size_t n_from);          /* false: not n bytes */

#endif
