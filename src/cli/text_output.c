/* See text_output.h. */
#include "text_output.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

void rk_text_output_init(rk_text_output *out)
{
    rk_buf_init(&out->text, 0);
    out->file = NULL;
}

rocket_status rk_text_output_open(rk_text_output *out, const char *path, rocket_error *err)
{
    return path != NULL && strcmp(path, "-") != 0 ? rk_atomic_open(&out->file, path, err) : ROCKET_OK;
}

rocket_status rk_text_output_write(rk_text_output *out, const char *text, size_t n, rocket_error *err)
{
    if (out->file != NULL)
        rk_atomic_write(out->file, text, n);
    else
        RK_FAIL_IF(fwrite(text, 1, n, stdout) != n, FAILED, err, "writing to standard output failed");
    return ROCKET_OK;
}

rocket_status rk_text_output_flush(rk_text_output *out, rocket_error *err)
{
    RK_FAIL_IF(rk_buf_failed(&out->text), FAILED, err, "out of memory");
    RK_TRY(rk_text_output_write(out, out->text.data, out->text.size, err));
    rk_buf_reset(&out->text);
    return ROCKET_OK;
}

rocket_status rk_text_output_commit(rk_text_output *out, rocket_error *err)
{
    rk_atomic_file *file = out->file;

    out->file = NULL;
    return file != NULL ? rk_atomic_commit(file, err) : ROCKET_OK;
}

void rk_text_output_clear(rk_text_output *out)
{
    rk_atomic_abort(out->file);
    rk_buf_clear(&out->text);
}
