/* Words of vocab_file, read once: when training from the files, when scoring from the model file. */
#ifndef RK_VOCABULARY_H
#define RK_VOCABULARY_H

#include "arena.h"
#include "rocket/status.h"

typedef struct rk_vocabulary {
    const char *path; /* as in the config: its key */
    size_t n;
    const char *const *words;
} rk_vocabulary;

typedef struct rk_vocabularies {
    rk_vocabulary *item;
    size_t n;
    bool from_files; /* a vocabulary that is not there is read from its file */
    rk_arena *arena;
} rk_vocabularies;

/* The vocabulary of a path, read or looked up. Line number = index; '\n' or "\r\n" ends a line; words are unique.
 * ROCKET_DATA: the file cannot be used; ROCKET_CORRUPT: it is not among those given. */
ROCKET_NODISCARD rocket_status rk_vocabulary_get(const rk_vocabulary **out, rk_vocabularies *vocabularies,
                                                 const char *path, rocket_error *err);

#endif
