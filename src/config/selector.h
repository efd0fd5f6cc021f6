/* Brackets of an override path: which elements of a repeated field are meant. */
#ifndef RK_SELECTOR_H
#define RK_SELECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

#include "buf.h"

typedef struct rk_selector {
    const char *text; /* between the brackets, n bytes */
    size_t n;
} rk_selector;

/* Ranges give their elements, names and conditions all that match. false: the selector cannot be read or leads to no
 * element, and the buffer says why. A buffer that failed: memory ran out, whatever the result. */
bool rk_selector_mark(bool *marks, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                      const rk_selector *selector, rk_buf *why);

#endif
