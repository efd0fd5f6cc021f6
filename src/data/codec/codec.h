/* The compression seam: one file per format and one line in codecs.def. A file is recognised by its first bytes; its
 * extension only says what these ought to be. */
#ifndef RK_CODEC_H
#define RK_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "rocket/status.h"

typedef struct rk_decoder rk_decoder; /* each codec's own */

typedef struct rk_codec_io {
    const unsigned char *in; /* moved on by what was consumed */
    size_t n_in;
    char *out; /* moved on by what was produced */
    size_t n_out;
    bool between; /* all consumed so far is whole: the file may end here */
} rk_codec_io;

typedef struct rk_codec_def {
    const char *name;      /* "gzip" */
    const char *extension; /* ".gz" */
    unsigned char magic[4];
    size_t n_magic;
    rocket_status (*open)(rk_decoder **out, rocket_error *err);
    /* Decode until in is used up or out is full. ROCKET_DATA: 'bad gzip data (...)' */
    rocket_status (*decode)(rk_decoder *decoder, rk_codec_io *io, rocket_error *err);
    void (*close)(rk_decoder *decoder);
} rk_codec_def;

extern const rk_codec_def *const rk_codecs[]; /* ends with NULL */

#endif
