/* Files: whole-file reads, read-only maps, atomic writes, globs. */
#ifndef RK_FILE_H
#define RK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "rocket/status.h"

typedef struct rk_map_file {
    const unsigned char *data; /* NULL when size is 0 */
    size_t size;
} rk_map_file;

ROCKET_NODISCARD rocket_status rk_file_map(rk_map_file *out, const char *path, rocket_error *err);

/* Read all of it now, so that a disk that fails is an error here and no signal later. Does nothing where the kernel
 * cannot. */
ROCKET_NODISCARD rocket_status rk_file_load(const rk_map_file *map, const char *path, rocket_error *err);
void rk_file_unmap(rk_map_file *map);

/* Append the whole of path, a regular file or a pipe, to buf; more than buf's maximum is an error. */
ROCKET_NODISCARD rocket_status rk_file_read(rk_buf *buf, const char *path, rocket_error *err);

/* The same of a user's text, without the mark of UTF-8 that some editors put in front. */
ROCKET_NODISCARD rocket_status rk_file_read_text(rk_buf *buf, const char *path, rocket_error *err);

/* Atomic write: bytes go to a temporary file beside path; commit fsyncs, renames and fsyncs the folder. Until then
 * (and after abort, or a crash) path is as it was. Errors are sticky and reported by commit. */
typedef struct rk_atomic_file rk_atomic_file;
ROCKET_NODISCARD rocket_status rk_atomic_open(rk_atomic_file **out, const char *path, rocket_error *err);
void rk_atomic_write(rk_atomic_file *file, const void *bytes, size_t n);
ROCKET_NODISCARD rocket_status rk_atomic_commit(rk_atomic_file *file, rocket_error *err); /* frees file in any case */
void rk_atomic_abort(rk_atomic_file *file);                                               /* NULL is fine */

/* Remove what writers that were killed have left in a folder (atomic_folder.h too). That of processes that still live
 * stay. */
ROCKET_NODISCARD rocket_status rk_atomic_sweep(const char *folder, rocket_error *err);

ROCKET_NODISCARD rocket_status rk_file_write(const char *path, const void *bytes, size_t n,
                                             rocket_error *err); /* atomic */

ROCKET_NODISCARD rocket_status rk_mkdirs(const char *path, rocket_error *err);
bool rk_file_exists(const char *path);
bool rk_file_is_folder(const char *path);
bool rk_file_is_same(const char *a, const char *b);                                 /* two names of one regular file */
ROCKET_NODISCARD rocket_status rk_file_remove(const char *path, rocket_error *err); /* absent is fine */

/* Sorted list of paths: names in a folder (without . and ..), or what a glob matches (may be none). */
typedef struct rk_paths {
    char **path;
    size_t n;
} rk_paths;
ROCKET_NODISCARD rocket_status rk_list_dir(rk_paths *out, rk_arena *arena, const char *folder, rocket_error *err);
ROCKET_NODISCARD rocket_status rk_glob(rk_paths *out, rk_arena *arena, const char *pattern, rocket_error *err);

/* Test hook: the n-th call of the system from now that opens, maps or reads (1 = the next) fails with EIO, once; 0
 * switches it off. */
void rk_file_fail_at(uint64_t n);
bool rk_file_fail_pending(void); /* the call that shall fail has not come yet */

double rk_now_s(void); /* monotonic clock, seconds */

#endif
