/* Any bytes as a safetensors file, unverified and verified: no crash, and what is accepted lies inside the bytes. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool what)
{
    if (!what)
        abort();
}

/* Touches every byte that the reader vouches for. */
static void look_at(const rk_tensor_file *file, const uint8_t *data, size_t size)
{
    volatile uint8_t last = 0;

    for (size_t i = 0; i < rk_tensor_file_size(file); i++) {
        const rk_tensor_info *t = rk_tensor_file_at(file, i);
        const uint8_t *bytes = t->data;

        require(bytes >= data && t->bytes <= size && bytes + t->bytes <= data + size);
        require(rk_tensor_file_find(file, t->name) == t);
        for (size_t k = 0; k < t->bytes; k++)
            last = bytes[k];
    }
    (void)last;
}

static void try(const uint8_t *data, size_t size, bool verify)
{
    rocket_error err = { 0 };
    rk_tensor_file *file = NULL;
    rk_tensor_bytes bytes = { "fuzz", data, size };
    rocket_status status = rk_tensor_file_parse(&file, &bytes, verify, &err);

    require(status == ROCKET_OK ? file != NULL : status == ROCKET_CORRUPT && err.text[0] && !file);
    if (file)
        look_at(file, data, size);
    rk_tensor_file_close(file);
}

/* The length field is overwritten: a fuzzer hardly ever guesses it, and all that follows hangs on it. */
static void try_with_fitting_length(const uint8_t *data, size_t size)
{
    uint8_t *copy = size >= 8 ? aligned_alloc(64, (size + 63) / 64 * 64) : NULL;
    const uint8_t *end;

    if (!copy)
        return;
    memcpy(copy, data, size);
    end = memrchr(data + 8, '}', size - 8);
    uint64_t n = end ? (uint64_t)(end - data) - 7 : size - 8;
    for (int i = 0; i < 8; i++)
        copy[i] = (uint8_t)(n >> (8 * i));
    try(copy, size, false);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try(data, size, false);
    try(data, size, true);
    try_with_fitting_length(data, size);
    return 0;
}
