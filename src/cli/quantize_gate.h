/* The gate before a quantized model: small weights are worth having only while the scores rank as well as before. */
#ifndef RK_QUANTIZE_GATE_H
#define RK_QUANTIZE_GATE_H

#include "bundle.h"

enum { RK_QUANTIZE_ROWS = 1 << 16 }; /* of the data, the first: what scales of values are made from */

typedef enum rk_quantize_kind { RK_QUANTIZE_INT8, RK_QUANTIZE_BF16, RK_N_QUANTIZE_KINDS } rk_quantize_kind;
extern const char *const rk_quantize_kinds[RK_N_QUANTIZE_KINDS];

typedef struct rk_quantize_gate {
    rk_quantize_kind kind;
    const char *data; /* files of rows with labels, in the layout of the model's data_config */
    double most_loss; /* of AUC */
    double before, after;
} rk_quantize_gate;

/* Rounds the weights of a light net, and says what AUC that costs. ROCKET_GATE where it is more than allowed;
 * ROCKET_DATA: rows of one class only; ROCKET_CONFIG: a model of more than two classes, or of integers already. */
ROCKET_NODISCARD rocket_status rk_quantize_checked(rk_bundle *bundle, rk_quantize_gate *gate, rocket_error *err);

#endif
