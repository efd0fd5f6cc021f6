/* Inside of the text reader: the state that its two files share. text_recover.c says what is wrong and gets the lexer
 * to a word from which reading can go on; text_format.c knows the grammar.
 */
#ifndef RK_TEXT_PARSER_H
#define RK_TEXT_PARSER_H

#include "text_format.h"
#include "text_lexer.h"
#include "text_value.h"

enum { RK_TEXT_PATH_BYTES = 256 };

typedef struct rk_text_parser {
    const rk_text_input *in;
    rk_lexer lexer;
    rk_buf scratch; /* a text while it is put together */
    bool out_of_memory;
    bool saw_end; /* a missing } was reported: the messages around it miss theirs as well */
} rk_text_parser;

typedef struct rk_text_frame { /* a message that is being read */
    const struct rk_text_frame *up;
    const char *name; /* the field that holds it; NULL for the root */
    ProtobufCMessage *message;
    rk_token open; /* { or < */
} rk_text_frame;

const char *rk_text_place(rk_text_parser *p, const rk_token *token);
void rk_text_remember(rk_text_parser *p, const rk_location *location);

/* One fault at a word. */
#define rk_text_fault(p, token, ...)                                                                                   \
    rk_faults_add((p)->in->faults, RK_FAULT_ERROR, rk_text_place(p, token), __VA_ARGS__)

/* The current word, as in `found "x"`; negative: behind a minus that was read already. */
const char *rk_text_found(const rk_text_parser *p, char out[RK_TOKEN_SHOWN_BYTES], bool negative);

/* The last three names on the way to a message: "adam_optimizer.learning_rate.constant_learning_rate". */
const char *rk_text_path(const rk_text_frame *f, char out[RK_TEXT_PATH_BYTES]);

void rk_text_unknown_field(rk_text_parser *p, const rk_text_frame *f, const rk_token *name);
void rk_text_unknown_enum(rk_text_parser *p, const ProtobufCFieldDescriptor *field, bool negative);

/* Behind the value that begins here, whatever it is: { }, < >, [ ] or, after a colon, a scalar. */
void rk_text_skip_value(rk_text_parser *p);
void rk_text_skip_scalar(rk_text_parser *p);

/* To the end of the message that is being read, or the next name that begins a line in it. */
void rk_text_resync(rk_text_parser *p);

bool rk_text_is_closer(const rk_token *token); /* } or > */

#endif
