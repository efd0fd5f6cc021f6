/* The loops over bytes that parsing many rows at once stands on, for processors that have what they need.
 *
 * Everything here is an accelerator: the readers' `parse` and rk_schema_append do the same one row at a time, say what
 * is wrong with a row, and are what runs elsewhere.
 */
#ifndef RK_TEXT_KERNELS_H
#define RK_TEXT_KERNELS_H

#include "modulus.h"
#include "reader.h"

/* Bytes behind any text given to a kernel that may be read, whatever they are. */
enum { RK_TEXT_PADDING = 64 };

/* Lines as a table of fields. */
typedef struct rk_split {
    size_t n_columns; /* of a line, at least 2 */
    size_t max_rows;
    char separator;
    uint32_t *ends; /* [max_rows * n_columns + RK_TEXT_PADDING] out: offset of the byte behind each field */
} rk_split;

typedef struct rk_text_kernels {
    bool (*supported)(void);
    /* Number of lines from the start of the text that are nothing but n_columns fields without quotes and a line end;
     * it stops at the first other one. */
    size_t (*split_lines)(const rk_split *split, const char *text, size_t n);
    /* ids[i] = Fingerprint64 of text i modulo the buckets. Texts without a byte get anything. */
    void (*hash_texts)(int64_t *ids, const rk_text *texts, size_t n, rk_modulus buckets);
    /* The same of the pieces of texts between separators, empty ones left out: those of text i are
     * ids[offsets[i]] ... ids[offsets[i + 1] - 1], of which offsets[0] is given. RK_MOST_PIECES of each text may be
     * written to. */
    void (*hash_lists)(int64_t *ids, int64_t *offsets, const rk_text *texts, size_t n, char separator,
                       rk_modulus buckets);
} rk_text_kernels;
#define RK_MOST_PIECES(n) ((n) / 2 + 9)

extern const rk_text_kernels rk_text_kernels_avx2, rk_text_kernels_avx512;
const rk_text_kernels *rk_text_kernels_best(void); /* NULL: there are none for this processor */

/* For split_lines: of n_ends marks, of which n_lines are line ends, the rows at the start that are as they must be. */
size_t rk_split_rows(const rk_split *split, const char *text, size_t n_ends, size_t n_lines);

#endif
