/* Vocabularies in model files and checkpoints: the words of a vocab_file are one U8 tensor, "rocket.words/<i>", each
 * word followed by a newline; __metadata__'s rocket.vocabularies lists them as [{"path": .., "words": count}, ..]. A
 * header has to stay small, a vocabulary need not. */
#ifndef RK_WORDS_H
#define RK_WORDS_H

#include "arena.h"
#include "json.h"
#include "tensors.h"
#include "vocabulary.h"

/* Declare the tensors and the metadata. Their bytes and names are made in arena, which must live until the file is
 * saved. ROCKET_FAILED without memory. */
ROCKET_NODISCARD rocket_status rk_words_write(rk_tensor_writer *writer, const rk_vocabularies *vocabularies,
                                              rk_arena *arena, rocket_error *err);

/* Read them into arena. list is the parsed metadata; foreign bytes, so everything is checked: ROCKET_CORRUPT. */
ROCKET_NODISCARD rocket_status rk_words_read(rk_vocabularies *out, const rk_tensor_file *file, const rk_json *list,
                                             rk_arena *arena, rocket_error *err);

#endif
