/* Zstandard. Several frames one behind another are one file. */
#include <zstd.h>

#include "codec.h"
#include "error.h"
#include "mem.h"
#include "zstd_piece.h"

struct rk_decoder {
    ZSTD_DStream *stream;
    bool between; /* no frame is open */
};

static rocket_status open_decoder(rk_decoder **out, rocket_error *err)
{
    rk_decoder *decoder = rk_alloc(1, sizeof *decoder);

    RK_FAIL_IF(!decoder, FAILED, err, "out of memory");
    decoder->stream = ZSTD_createDStream();
    if (!decoder->stream) {
        rk_free(decoder);
        return rk_fail(err, ROCKET_FAILED, "out of memory");
    }
    decoder->between = true;
    *out = decoder;
    return ROCKET_OK;
}

static rocket_status decode(rk_decoder *decoder, rk_codec_io *io, rocket_error *err)
{
    ZSTD_inBuffer in = { io->in, io->n_in, 0 };
    ZSTD_outBuffer out = { io->out, io->n_out, 0 };
    size_t before;

    do {
        before = in.pos + out.pos;
        if (decoder->between && in.pos == in.size)
            break; /* at the end of a frame a call without input would ask for the next one */
        size_t result = ZSTD_decompressStream(decoder->stream, &out, &in);
        RK_FAIL_IF(ZSTD_isError(result), DATA, err, "bad zstd data (%s)", ZSTD_getErrorName(result));
        decoder->between = result == 0;
    } while (in.pos + out.pos > before && out.pos < out.size);
    io->in += in.pos;
    io->n_in -= in.pos;
    io->out += out.pos;
    io->n_out -= out.pos;
    io->between = decoder->between;
    return ROCKET_OK;
}

static void close_decoder(rk_decoder *decoder)
{
    ZSTD_freeDStream(decoder->stream);
    rk_free(decoder);
}

const rk_codec_def rk_codec_zstd = {
    .name = "zstd",
    .extension = ".zst",
    .magic = { 0x28, 0xb5, 0x2f, 0xfd },
    .n_magic = 4,
    .open = open_decoder,
    .decode = decode,
    .close = close_decoder,
};

size_t rk_zstd_bound(size_t n)
{
    return ZSTD_compressBound(n);
}

size_t rk_zstd_pack(void *to, size_t room, const void *from, size_t n, int level)
{
    size_t got = ZSTD_compress(to, room, from, n, level);

    return ZSTD_isError(got) ? 0 : got;
}

bool rk_zstd_unpack(void *to, size_t n, const void *from, size_t n_from)
{
    return ZSTD_decompress(to, n, from, n_from) == n;
}
