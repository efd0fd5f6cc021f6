/* Opening, recognising and reading input files.
 *
 * read(2) in large pieces rather than mmap: the same code serves pipes, a file that is cut while it is read is an error
 * and not a signal, and the bytes land where the records are cut from anyway. Plain text is read straight into the
 * caller's memory; compressed text passes through a buffer of INPUT_BYTES.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec.h"
#include "error.h"
#include "mem.h"
#include "stop.h"
#include "utf8.h"

#define RK_CODEC(name) extern const rk_codec_def rk_codec_##name;
#include "codecs.def"
#undef RK_CODEC

#define RK_CODEC(name) &rk_codec_##name,
const rk_codec_def *const rk_codecs[] = {
#include "codecs.def"
    NULL,
};
#undef RK_CODEC

enum { INPUT_BYTES = 128 * 1024, LONGEST_MAGIC = 4, POLL_MS = 100 };

struct rk_source {
    const char *path;
    const atomic_bool *stopping;
    int fd;
    bool is_pipe;              /* or a terminal, a socket: whatever can keep a reader waiting */
    const rk_codec_def *codec; /* NULL: plain text */
    rk_decoder *decoder;
    size_t begin, end;  /* what input holds */
    uint64_t taken;     /* bytes of the file read so far */
    bool at_end;        /* of the file */
    bool between;       /* a compressed file may end here */
    bool may_be_marked; /* text of which nothing was read yet */
    unsigned char input[INPUT_BYTES];
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

bool rk_source_is_pipe(const char *path)
{
    struct stat info;

    return strcmp(path, "-") == 0 || (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode));
}

/* Until a pipe has bytes or has ended. Signals are blocked in the threads that read, so that nothing would interrupt a
 * read(2) that waits: a look at the flags now and then does. */
static rocket_status wait_for_bytes(const rk_source *source, rocket_error *err)
{
    struct pollfd wanted = { .fd = source->fd, .events = POLLIN };

    while (source->is_pipe && poll(&wanted, 1, POLL_MS) <= 0) {
        RK_FAIL_IF(rk_stop_requested(), STOPPED, err, "%s: stopped by signal %d while waiting for input", source->path,
                   rk_stop_signal());
        RK_FAIL_IF(source->stopping && atomic_load(source->stopping), STOPPED, err, "%s: closed", source->path);
    }
    return ROCKET_OK;
}

/* As read(2), again after a signal. */
static rocket_status read_some(rk_source *source, void *to, size_t n, size_t *got, rocket_error *err)
{
    char reason[128];
    ssize_t result;

    do {
        RK_TRY(wait_for_bytes(source, err));
        result = read(source->fd, to, n);
    } while (result < 0 && (errno == EINTR || errno == EAGAIN));
    RK_FAIL_IF(result < 0, FAILED, err, "%s: cannot read: %s", source->path, strerror_r(errno, reason, sizeof reason));
    *got = (size_t)result;
    source->taken += *got;
    source->at_end = *got == 0;
    return ROCKET_OK;
}

/* Read the first bytes and see what they are. */
static rocket_status recognise(rk_source *source, rocket_error *err)
{
    while (source->end < LONGEST_MAGIC && !source->at_end) {
        size_t got = 0;

        RK_TRY(read_some(source, source->input + source->end, INPUT_BYTES - source->end, &got, err));
        source->end += got;
    }
    for (const rk_codec_def *const *codec = rk_codecs; *codec; codec++) {
        bool is = source->end >= (*codec)->n_magic && memcmp(source->input, (*codec)->magic, (*codec)->n_magic) == 0;

        RK_FAIL_IF(!is && ends_with(source->path, (*codec)->extension), DATA, err,
                   "%s: expected %s data, as its name ends in %s, found something else", source->path, (*codec)->name,
                   (*codec)->extension);
        if (is)
            source->codec = *codec;
    }
    return source->codec ? source->codec->open(&source->decoder, err) : ROCKET_OK;
}

static rocket_status open_file(rk_source *source, rocket_error *err)
{
    const char *path = source->path;
    char reason[128];
    struct stat info;

    RK_FAIL_IF(ends_with(path, ".tar.gz") || ends_with(path, ".tgz"), DATA, err,
               "%s: expected a text file, found an archive; unpack it first", path);
    source->fd = strcmp(path, "-") == 0
                     ? STDIN_FILENO
                     : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer would wait in open */
    RK_FAIL_IF(source->fd < 0, DATA, err, "%s: cannot open: %s", path, strerror_r(errno, reason, sizeof reason));
    RK_FAIL_IF(fstat(source->fd, &info) != 0, FAILED, err, "%s: cannot look at it: %s", path,
               strerror_r(errno, reason, sizeof reason));
    RK_FAIL_IF(S_ISDIR(info.st_mode), DATA, err, "%s: expected a file, found a folder; name its files, as in %s/*.csv",
               path, path);
    source->is_pipe = !S_ISREG(info.st_mode);
    return recognise(source, err);
}

rocket_status rk_source_open(rk_source **out, const char *path, const atomic_bool *stopping, rocket_error *err)
{
    rk_source *source = rk_alloc(1, sizeof *source);

    RK_FAIL_IF(!source, FAILED, err, "%s: out of memory", path);
    source->path = path;
    source->stopping = stopping;
    source->fd = -1;
    rocket_status status = open_file(source, err);
    if (status != ROCKET_OK) {
        rk_source_close(source);
        return status;
    }
    *out = source;
    return ROCKET_OK;
}

void rk_source_close(rk_source *source)
{
    if (!source)
        return;
    if (source->decoder)
        source->codec->close(source->decoder);
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    rk_free(source);
}

/* Bytes that were read ahead to recognise the file come first. */
static size_t drain(rk_source *source, char *to, size_t n)
{
    size_t there = source->end - source->begin, taken = there < n ? there : n;

    memcpy(to, source->input + source->begin, taken);
    source->begin += taken;
    return taken;
}

static rocket_status read_plain(rk_source *source, char *to, size_t n, size_t *got, rocket_error *err)
{
    size_t filled = drain(source, to, n);

    while (filled < n && !source->at_end) {
        size_t more = 0;

        RK_TRY(read_some(source, to + filled, n - filled, &more, err));
        filled += more;
    }
    *got = filled;
    return ROCKET_OK;
}

/* One call of the decoder, with fresh input if there was none. *done: the file has ended as it should. */
static rocket_status decode_some(rk_source *source, rk_codec_io *io, bool *done, rocket_error *err)
{
    if (source->begin == source->end && !source->at_end) {
        source->begin = source->end = 0;
        RK_TRY(read_some(source, source->input, INPUT_BYTES, &source->end, err));
    }
    size_t room = io->n_out;
    io->in = source->input + source->begin;
    io->n_in = source->end - source->begin;
    rocket_status status = source->codec->decode(source->decoder, io, err);
    source->begin = source->end - io->n_in;
    source->between = io->between;
    if (status != ROCKET_OK) {
        rk_error_prefix(err, "%s: at byte %llu", source->path, (unsigned long long)(source->taken - io->n_in));
        return status;
    }
    *done = source->at_end && io->n_in == 0 && io->n_out == room;
    RK_FAIL_IF(*done && !source->between, DATA, err,
               "%s: expected more %s data, found the end of the file at byte %llu", source->path, source->codec->name,
               (unsigned long long)source->taken);
    return ROCKET_OK;
}

static rocket_status read_bytes(rk_source *source, char *to, size_t n, size_t *got, rocket_error *err)
{
    rk_codec_io io = { .out = to, .n_out = n };
    bool done = false;

    if (!source->codec)
        return read_plain(source, to, n, got, err);
    while (io.n_out > 0 && !done)
        RK_TRY(decode_some(source, &io, &done, err));
    *got = n - io.n_out;
    return ROCKET_OK;
}

void rk_source_is_text(rk_source *source)
{
    source->may_be_marked = true;
}

/* The first bytes without the mark of UTF-8, and as many more instead. */
static rocket_status leave_mark_out(rk_source *source, char *to, size_t n, size_t *got, rocket_error *err)
{
    size_t more = 0;

    RK_FAIL_IF(rk_utf16_marked(to, *got), DATA, err, "%s: expected text in UTF-8, found UTF-16", source->path);
    if (!rk_utf8_marked(to, *got))
        return ROCKET_OK;
    *got -= RK_UTF8_MARK_BYTES;
    memmove(to, to + RK_UTF8_MARK_BYTES, *got);
    RK_TRY(read_bytes(source, to + *got, n - *got, &more, err));
    *got += more;
    return ROCKET_OK;
}

rocket_status rk_source_read(rk_source *source, char *to, size_t n, size_t *got, rocket_error *err)
{
    bool first = source->may_be_marked;

    source->may_be_marked = false;
    RK_TRY(read_bytes(source, to, n, got, err));
    return first ? leave_mark_out(source, to, n, got, err) : ROCKET_OK;
}
