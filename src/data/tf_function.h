/* TensorFlow's functions of numbers that configs may name: in expressions and as normalizer_fn. Upstream evaluates any
 * Python there; these are the ones that are known by name, "tf.log1p" and "tf.math.log1p" being the same. */
#ifndef RK_TF_FUNCTION_H
#define RK_TF_FUNCTION_H

#include "reader.h"

typedef struct rk_tf_function {
    const char *name; /* without "tf." and "tf.math." */
    double (*of_one)(double x);
    double (*of_two)(double x, double y); /* one of the two is NULL */
} rk_tf_function;

const rk_tf_function *rk_tf_function_find(rk_text name); /* NULL: not known */

/* "tf.identity, tf.math.abs, ...": those of so many arguments, for messages. Returns out. */
enum { RK_TF_LIST_BYTES = 400 };
const char *rk_tf_function_list(int n_arguments, char out[RK_TF_LIST_BYTES]);

#endif
