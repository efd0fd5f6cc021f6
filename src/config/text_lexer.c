/* The lexer of the text format: see text_lexer.h. */
#include "text_lexer.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

static bool starts_with(const rk_lexer *lexer, const char *prefix)
{
    size_t n = strlen(prefix);

    return (size_t)(lexer->end - lexer->at) >= n && memcmp(lexer->at, prefix, n) == 0;
}

static void skip_comment(rk_lexer *lexer)
{
    while (lexer->at < lexer->end && *lexer->at != '\n')
        lexer->at++;
}

static void start_line(rk_lexer *lexer)
{
    lexer->counted = lexer->at;
    lexer->column = 1;
    lexer->first = true;
}

static void skip_blanks(rk_lexer *lexer)
{
    while (lexer->at < lexer->end && (is_blank(*lexer->at) || *lexer->at == '#')) {
        if (*lexer->at == '#') {
            skip_comment(lexer);
            continue;
        }
        if (*lexer->at++ == '\n') {
            lexer->line++;
            start_line(lexer);
        }
    }
}

/* Bytes that continue a UTF-8 character (10xxxxxx) have no column of their own. */
static uint32_t column(rk_lexer *lexer)
{
    for (; lexer->counted < lexer->at; lexer->counted++)
        lexer->column += ((unsigned char)*lexer->counted & 0xC0) != 0x80;
    return lexer->column;
}

static void scan_name(rk_lexer *lexer)
{
    while (lexer->at < lexer->end && (is_letter(*lexer->at) || is_digit(*lexer->at)))
        lexer->at++;
    lexer->token.kind = RK_TOKEN_NAME;
}

/* A sign belongs to the number right after the e of an exponent, and nowhere else. */
static void scan_number(rk_lexer *lexer)
{
    bool hex = starts_with(lexer, "0x") || starts_with(lexer, "0X");

    for (; lexer->at < lexer->end; lexer->at++) {
        char c = *lexer->at, before = lexer->at[-(lexer->at > lexer->token.text)];
        bool sign = (c == '+' || c == '-') && (before == 'e' || before == 'E') && !hex;
        if (!is_letter(c) && !is_digit(c) && c != '.' && !sign)
            break;
    }
    lexer->token.kind = RK_TOKEN_NUMBER;
}

static void bad(rk_lexer *lexer, const char *problem)
{
    lexer->token.kind = RK_TOKEN_BAD;
    lexer->token.problem = problem;
}

static void scan_string(rk_lexer *lexer)
{
    char quote = *lexer->at++;

    while (lexer->at < lexer->end && *lexer->at != quote && *lexer->at != '\n') {
        lexer->at += *lexer->at == '\\';
        lexer->at += lexer->at < lexer->end && *lexer->at != '\n';
    }
    if (lexer->at < lexer->end && *lexer->at == quote) {
        lexer->at++;
        lexer->token.kind = RK_TOKEN_STRING;
    } else {
        bad(lexer, "a text in quotes must end on its line; write \\n for a line break");
    }
}

static void scan_other(rk_lexer *lexer)
{
    if (starts_with(lexer, "//") || starts_with(lexer, "/*")) {
        skip_comment(lexer);
        bad(lexer, "comments begin with # and go to the end of the line");
    } else if (strchr("{}<>[]:,;-+.", *lexer->at) && *lexer->at) {
        lexer->at++;
        lexer->token.kind = RK_TOKEN_SYMBOL;
    } else {
        do
            lexer->at++;
        while (lexer->at < lexer->end && ((unsigned char)*lexer->at & 0xC0) == 0x80);
        bad(lexer, "unexpected character; texts stand in quotes");
    }
}

void rk_lexer_next(rk_lexer *lexer)
{
    rk_token *token = &lexer->token;
    char c;

    skip_blanks(lexer);
    *token = (rk_token){ .kind = RK_TOKEN_END, .text = lexer->at, .line = lexer->line };
    token->column = column(lexer);
    token->first = lexer->first;
    lexer->first = false;
    if (lexer->at == lexer->end)
        return;
    c = *lexer->at;
    if (is_letter(c))
        scan_name(lexer);
    else if (is_digit(c) || (c == '.' && lexer->end - lexer->at > 1 && is_digit(lexer->at[1])))
        scan_number(lexer);
    else if (c == '"' || c == '\'')
        scan_string(lexer);
    else
        scan_other(lexer);
    token->n = (size_t)(lexer->at - token->text);
}

void rk_lexer_init(rk_lexer *lexer, const char *text, size_t n)
{
    *lexer = (rk_lexer){ .at = text, .end = text + n, .line = 1 };
    if (starts_with(lexer, "\xEF\xBB\xBF")) /* the mark that some editors put in front of UTF-8 */
        lexer->at += 3;
    start_line(lexer);
    rk_lexer_next(lexer);
}

bool rk_token_is(const rk_token *token, char symbol)
{
    return token->kind == RK_TOKEN_SYMBOL && *token->text == symbol;
}
