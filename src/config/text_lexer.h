/* Words of the protobuf text format: names, numbers, quoted texts, symbols; blanks and # comments are skipped.
 *
 * The lexer looks at every byte once, never fails and never allocates: what is no word becomes a RK_TOKEN_BAD with the
 * reason, and reading goes on behind it.
 */
#ifndef RK_TEXT_LEXER_H
#define RK_TEXT_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum rk_token_kind {
    RK_TOKEN_END,
    RK_TOKEN_NAME,   /* [A-Za-z_][A-Za-z0-9_]* */
    RK_TOKEN_NUMBER, /* begins with a digit, or a point and a digit; no sign; not judged any further */
    RK_TOKEN_STRING, /* with its quotes, escapes as written */
    RK_TOKEN_SYMBOL, /* one byte */
    RK_TOKEN_BAD
} rk_token_kind;

typedef struct rk_token {
    rk_token_kind kind;
    const char *text; /* n bytes of the source */
    size_t n;
    const char *problem;   /* of a RK_TOKEN_BAD: one sentence */
    uint32_t line, column; /* from 1; columns count characters, not bytes */
    bool first;            /* nothing but blanks before it on its line */
} rk_token;

typedef struct rk_lexer {
    const char *at, *end;
    const char *counted; /* columns are counted up to here */
    uint32_t line, column;
    bool first;     /* no word on this line yet */
    rk_token token; /* the word that is looked at */
} rk_lexer;

void rk_lexer_init(rk_lexer *lexer, const char *text, size_t n); /* looks at the first word */
void rk_lexer_next(rk_lexer *lexer);

bool rk_token_is(const rk_token *token, char symbol);

#endif
