/* Printer of the text format: see text_print.h. */
#include "text_print.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "number.h"
#include "reflect.h"

void rk_text_quote(rk_buf *out, const char *text, size_t n)
{
    static const char named[] = "\n\r\t\"\\", names[] = "nrt\"\\";

    rk_buf_puts(out, "\"");
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        const char *name = c ? strchr(named, c) : NULL;
        if (name)
            rk_buf_append(out, (char[]){ '\\', names[name - named] }, 2);
        else if ((unsigned char)c < 0x20 || c == 0x7F)
            rk_buf_printf(out, "\\%03o", (unsigned)(unsigned char)c); /* three digits: the next may be one too */
        else
            rk_buf_append(out, &c, 1);
    }
    rk_buf_puts(out, "\"");
}

static void print_double(rk_buf *out, double value, bool is_float)
{
    char digits[RK_NUMBER_BYTES];

    if (isnan(value))
        rk_buf_puts(out, "nan");
    else if (isinf(value))
        rk_buf_puts(out, value < 0 ? "-inf" : "inf");
    else if (is_float)
        rk_buf_append(out, digits, rk_format_float(digits, (float)value));
    else
        rk_buf_append(out, digits, rk_format_double(digits, value));
}

void rk_text_print_value(rk_buf *out, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i)
{
    const void *value = rk_pb_value(message, field, i);
    const ProtobufCEnumValue *name;

    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        rk_text_quote(out, *(const char *const *)value, strlen(*(const char *const *)value));
        break;
    case PROTOBUF_C_TYPE_BOOL:
        rk_buf_puts(out, *(const protobuf_c_boolean *)value ? "true" : "false");
        break;
    case PROTOBUF_C_TYPE_ENUM:
        name = rk_pb_enum_value(field->descriptor, *(const int *)value);
        rk_buf_puts(out, name ? name->name : "?");
        break;
    case PROTOBUF_C_TYPE_INT32:
        rk_buf_printf(out, "%" PRId32, *(const int32_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT32:
        rk_buf_printf(out, "%" PRIu32, *(const uint32_t *)value);
        break;
    case PROTOBUF_C_TYPE_INT64:
        rk_buf_printf(out, "%" PRId64, *(const int64_t *)value);
        break;
    case PROTOBUF_C_TYPE_UINT64:
        rk_buf_printf(out, "%" PRIu64, *(const uint64_t *)value);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        print_double(out, (double)*(const float *)value, true);
        break;
    default:
        print_double(out, *(const double *)value, false);
        break;
    }
}

static void print_fields(rk_buf *out, const ProtobufCMessage *message, int level);

static void print_field(rk_buf *out, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t i,
                        int level)
{
    rk_buf_printf(out, "%*s%s", 2 * level, "", field->name);
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        rk_buf_puts(out, ": ");
        rk_text_print_value(out, message, field, i);
        rk_buf_puts(out, "\n");
    } else {
        rk_buf_puts(out, " {\n");
        print_fields(out, rk_pb_message(message, field, i), level + 1);
        rk_buf_printf(out, "%*s}\n", 2 * level, "");
    }
}

static void print_fields(rk_buf *out, const ProtobufCMessage *message, int level)
{
    for (unsigned f = 0; f < message->descriptor->n_fields; f++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[f];
        size_t n = rk_pb_count(message, field);
        for (size_t i = 0; i < n; i++)
            print_field(out, message, field, i, level);
    }
}

void rk_text_print(rk_buf *out, const ProtobufCMessage *message)
{
    print_fields(out, message, 0);
}
