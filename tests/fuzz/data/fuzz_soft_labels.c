/* Any bytes as the text of a soft label: nothing is written beyond its numbers, and what comes out is finite. The first
 * byte chooses how many numbers are expected, the second the separator. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "soft_labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rk_value value = { .type = ROCKET__DATASET_CONFIG__FIELD_TYPE__STRING };
    rk_soft_label label = { .probability = size > 0 && data[0] & 64 };
    rk_soft_labels soft = { .labels = &label, .n_labels = 1 };
    rocket_error err = { 0 };

    if (size < 2)
        return 0;
    label.width = 1 + (data[0] + MOST - 1) % MOST;
    rk_delimiters_init(&label.delimiters, (const char[]){ (char)data[1], '\0' });
    value.text = (rk_text){ (const char *)data + 2, size - 2 };
    float *out = malloc((size_t)label.width * sizeof *out); /* exactly: the sanitizer sees the first byte too many */
    if (out == NULL)
        return 0;
    rocket_status status = rk_soft_labels_row(out, &soft, 0, &value, &err);
    if (status != ROCKET_OK && status != ROCKET_DATA)
        abort();
    for (int64_t i = 0; status == ROCKET_OK && i < label.width; i++)
        if (!isfinite(out[i]) || (label.probability && !(out[i] >= 0 && out[i] <= 1)))
            abort();
    free(out);
    return 0;
}
