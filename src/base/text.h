/* "Did you mean": the known word nearest to a mistyped one. */
#ifndef RK_TEXT_H
#define RK_TEXT_H

#include <stddef.h>

/* The nearest of words[0..n) to word, or NULL when none is near enough (about one edit per three letters). Case does
 * not count as much as a letter: "Adam" finds "adam". The result is one of words. Ties go to the first. */
const char *rk_closest(const char *word, const char *const *words, size_t n);

/* For the end of a message: '; did you mean "x"?' with the nearest of the words, else "". words may be NULL. */
enum { RK_HINT_BYTES = 128 };
const char *rk_did_you_mean(char out[RK_HINT_BYTES], const char *word, const char *const *words, size_t n);

#endif
