/* gzip through zlib. A file may be several members one behind another (that is what concatenated files are); only
 * gzip's own wrapper is accepted, not a bare zlib stream. */
#include <zlib.h>

#include "codec.h"
#include "error.h"
#include "mem.h"

struct rk_decoder {
    z_stream stream;
    bool between; /* no member is open */
};

static voidpf allocate(voidpf opaque, uInt count, uInt size)
{
    (void)opaque;
    return rk_alloc(count, size);
}

static void release(voidpf opaque, voidpf p)
{
    (void)opaque;
    rk_free(p);
}

static rocket_status open_decoder(rk_decoder **out, rocket_error *err)
{
    enum { GZIP_ONLY = 16, WINDOW = 15 };
    rk_decoder *decoder = rk_alloc(1, sizeof *decoder);

    RK_FAIL_IF(!decoder, FAILED, err, "out of memory");
    decoder->stream.zalloc = allocate;
    decoder->stream.zfree = release;
    if (inflateInit2(&decoder->stream, WINDOW + GZIP_ONLY) != Z_OK) {
        rk_free(decoder);
        return rk_fail(err, ROCKET_FAILED, "out of memory");
    }
    decoder->between = true;
    *out = decoder;
    return ROCKET_OK;
}

static rocket_status step(rk_decoder *decoder, rocket_error *err)
{
    z_stream *z = &decoder->stream;
    int result;

    if (decoder->between)
        inflateReset(z);
    decoder->between = false;
    result = inflate(z, Z_NO_FLUSH);
    decoder->between = result == Z_STREAM_END;
    RK_FAIL_IF(result == Z_MEM_ERROR, FAILED, err, "out of memory");
    RK_FAIL_IF(result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR, DATA, err, "bad gzip data (%s)",
               z->msg ? z->msg : "no reason given");
    return ROCKET_OK;
}

static rocket_status decode(rk_decoder *decoder, rk_codec_io *io, rocket_error *err)
{
    z_stream *z = &decoder->stream;
    rocket_status status = ROCKET_OK;

    z->next_in = (z_const Bytef *)io->in;
    z->avail_in = (uInt)io->n_in;
    z->next_out = (Bytef *)io->out;
    z->avail_out = (uInt)io->n_out;
    while (status == ROCKET_OK && z->avail_in > 0 && z->avail_out > 0)
        status = step(decoder, err);
    /* With all input consumed, output may still wait inside. */
    if (status == ROCKET_OK && z->avail_in == 0 && z->avail_out > 0 && !decoder->between)
        status = step(decoder, err);
    io->in = z->next_in;
    io->n_in = z->avail_in;
    io->out = (char *)z->next_out;
    io->n_out = z->avail_out;
    io->between = decoder->between;
    return status;
}

static void close_decoder(rk_decoder *decoder)
{
    inflateEnd(&decoder->stream);
    rk_free(decoder);
}

const rk_codec_def rk_codec_gzip = {
    .name = "gzip",
    .extension = ".gz",
    .magic = { 0x1f, 0x8b },
    .n_magic = 2,
    .open = open_decoder,
    .decode = decode,
    .close = close_decoder,
};
