/* See prediction_text.h. A row says the same number several times, alone and in a list: its text is made once. Numbers
 * are written into room for the longest row, asked for once a row. */
#include "prediction_text.h"

#include <stdio.h>
#include <string.h>

#include "number.h"

const char *const rk_prediction_names[RK_N_PREDICTED] = { "y_light",       "probs_light",    "logits_light",
                                                          "probs_light_y", "logits_light_y", "probs_light_1",
                                                          "logits_light_1" };

enum { MEMORY = 4 }; /* numbers: two classes' probabilities and logits */

/* Where a row goes on, and the numbers written last. */
typedef struct writer {
    char *at;
    const rk_prediction_layout *layout;
    uint32_t bits[MEMORY];
    char texts[MEMORY][RK_NUMBER_BYTES];
    size_t sizes[MEMORY]; /* 0: none yet */
    int next;
} writer;

void rk_prediction_put_field(rk_buf *out, const rk_prediction_layout *layout, const char *text, size_t n)
{
    bool quote = memchr(text, layout->separator, n) != NULL || memchr(text, '"', n) != NULL;

    if (!quote) {
        rk_buf_append(out, text, n);
        return;
    }
    rk_buf_puts(out, "\"");
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"')
            rk_buf_puts(out, "\"");
        rk_buf_append(out, text + i, 1);
    }
    rk_buf_puts(out, "\"");
}

static void put_number(writer *w, float value)
{
    uint32_t bits;
    int i = 0;

    memcpy(&bits, &value, sizeof bits);
    while (i < MEMORY && (w->sizes[i] == 0 || w->bits[i] != bits))
        i++;
    if (i == MEMORY) {
        i = w->next;
        w->next = (i + 1) % MEMORY;
        w->bits[i] = bits;
        w->sizes[i] = rk_format_float(w->texts[i], value);
    }
    memcpy(w->at, w->texts[i], RK_NUMBER_BYTES);
    w->at += w->sizes[i];
}

static void put(writer *w, char c)
{
    *w->at++ = c;
}

static void put_vector(writer *w, const float *values)
{
    bool quote = w->layout->n_classes > 1 && (w->layout->separator == ',' || w->layout->separator == ' ');

    if (quote)
        put(w, '"');
    put(w, '[');
    for (int c = 0; c < w->layout->n_classes; c++) {
        if (c > 0) {
            put(w, ',');
            put(w, ' ');
        }
        put_number(w, values[c]);
    }
    put(w, ']');
    if (quote)
        put(w, '"');
}

static void put_class(writer *w, int class)
{
    if (class < 10)
        put(w, (char)('0' + class));
    else
        w->at += snprintf(w->at, RK_NUMBER_BYTES, "%d", class);
}

static void put_column(writer *w, rk_prediction_column what, const float *logits, const float *probs)
{
    int n_classes = w->layout->n_classes, best = 0;

    for (int c = 1; c < n_classes; c++)
        if (probs[c] > probs[best])
            best = c;
    if (what == RK_PREDICTED_CLASS)
        put_class(w, best);
    else if (n_classes == 1)
        put_number(w, what == RK_PREDICTED_PROBS ? probs[0] : logits[0]);
    else if (what == RK_PREDICTED_PROBS || what == RK_PREDICTED_LOGITS)
        put_vector(w, what == RK_PREDICTED_PROBS ? probs : logits);
    else if (what == RK_PREDICTED_PROB_OF_CLASS || what == RK_PREDICTED_LOGIT_OF_CLASS)
        put_number(w, what == RK_PREDICTED_PROB_OF_CLASS ? probs[best] : logits[best]);
    else
        put_number(w, what == RK_PREDICTED_PROB_1 ? probs[1] : logits[1]);
}

/* At most, of the outputs of a row. */
static size_t row_bytes(const rk_prediction_layout *layout)
{
    size_t number = RK_NUMBER_BYTES + sizeof ", " - 1;

    return layout->n_columns * ((size_t)layout->n_classes * number + sizeof "\"[]\"") + RK_NUMBER_BYTES;
}

static void put_outputs(rk_buf *out, writer *w, const float *logits, const float *probs)
{
    const rk_prediction_layout *layout = w->layout;
    char *begin = rk_buf_room(out, row_bytes(layout));

    if (begin == NULL)
        return;
    w->at = begin;
    for (size_t i = 0; i < layout->n_columns; i++) {
        if (i > 0)
            put(w, layout->separator);
        put_column(w, layout->columns[i], logits, probs);
    }
    rk_buf_added(out, (size_t)(w->at - begin));
}

void rk_prediction_put_rows(rk_buf *out, const rk_prediction_layout *layout, const rk_scores *scores,
                            const rk_batch *batch)
{
    writer w = { .layout = layout };

    for (int64_t b = 0; b < batch->n_rows; b++) {
        put_outputs(out, &w, scores->logits + b * scores->ld_logits, scores->probs + b * scores->ld_probs);
        for (size_t i = 0; i < layout->n_reserved; i++) {
            const rk_column *column = &batch->columns[layout->reserved[i]];

            rk_buf_append(out, &layout->separator, layout->n_columns + i > 0);
            rk_prediction_put_field(out, layout, column->bytes + column->offsets[b],
                                    (size_t)(column->offsets[b + 1] - column->offsets[b]));
        }
        rk_buf_append(out, "\n", 1);
    }
}
