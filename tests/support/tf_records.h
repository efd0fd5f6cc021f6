/* TFRecord files and tf.Examples, written byte by byte for tests. */
#ifndef RK_TF_RECORDS_H
#define RK_TF_RECORDS_H

#include <string.h>

#include "buf.h"
#include "crc32c.h"

static inline void put_little_endian(rk_buf *out, uint64_t value, int n)
{
    for (int i = 0; i < n; i++, value >>= 8) {
        char byte = (char)(value & 255);
        rk_buf_append(out, &byte, 1);
    }
}

static inline void put_varint(rk_buf *out, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        put_little_endian(out, (value & 127) | 128, 1);
    put_little_endian(out, value, 1);
}

static inline void put_bytes(rk_buf *out, uint64_t number, const char *bytes, size_t n)
{
    put_varint(out, number << 3 | 2);
    put_varint(out, n);
    rk_buf_append(out, bytes, n);
}

/* Puts the message `inside` as a field and empties it. */
static inline void put_message(rk_buf *out, uint64_t number, rk_buf *inside)
{
    put_bytes(out, number, inside->data ? inside->data : "", inside->size);
    rk_buf_reset(inside);
}

/* A feature of the map, its kind's list given as bytes; to be put into an Example by end_example. */
static inline void put_feature(rk_buf *features, const char *name, uint64_t kind, rk_buf *list)
{
    rk_buf feature, entry;

    rk_buf_init(&feature, 0);
    rk_buf_init(&entry, 0);
    put_message(&feature, kind, list);
    put_bytes(&entry, 1, name, strlen(name));
    put_message(&entry, 2, &feature);
    put_message(features, 1, &entry);
    rk_buf_clear(&feature);
    rk_buf_clear(&entry);
}

static inline void put_integers(rk_buf *features, const char *name, const int64_t *values, size_t n)
{
    rk_buf list, packed;

    rk_buf_init(&list, 0);
    rk_buf_init(&packed, 0);
    for (size_t i = 0; i < n; i++)
        put_varint(&packed, (uint64_t)values[i]);
    put_message(&list, 1, &packed);
    put_feature(features, name, 3, &list);
    rk_buf_clear(&packed);
    rk_buf_clear(&list);
}

static inline void put_integer(rk_buf *features, const char *name, int64_t value)
{
    put_integers(features, name, &value, 1);
}

static inline void put_float(rk_buf *features, const char *name, float value)
{
    uint32_t bits;
    rk_buf list, packed;

    rk_buf_init(&list, 0);
    rk_buf_init(&packed, 0);
    memcpy(&bits, &value, sizeof bits);
    put_little_endian(&packed, bits, 4);
    put_message(&list, 1, &packed);
    put_feature(features, name, 2, &list);
    rk_buf_clear(&packed);
    rk_buf_clear(&list);
}

static inline void put_text(rk_buf *features, const char *name, const char *text)
{
    rk_buf list;

    rk_buf_init(&list, 0);
    put_bytes(&list, 1, text, strlen(text));
    put_feature(features, name, 1, &list);
    rk_buf_clear(&list);
}

static inline void put_frame(rk_buf *file, const char *bytes, size_t n)
{
    size_t at = file->size;

    put_little_endian(file, n, 8);
    put_little_endian(file, rk_crc32c_masked(file->data + at, 8), 4);
    rk_buf_append(file, bytes, n);
    put_little_endian(file, rk_crc32c_masked(bytes, n), 4);
}

/* The features so far become a record, and are forgotten. */
static inline void end_example(rk_buf *file, rk_buf *features)
{
    rk_buf example;

    rk_buf_init(&example, 0);
    put_message(&example, 1, features);
    put_frame(file, example.data, example.size);
    rk_buf_clear(&example);
}

#endif
