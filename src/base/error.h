/* Filling and passing on rocket_error. See rocket/status.h for the contract. */
#ifndef RK_ERROR_H
#define RK_ERROR_H

#include "rocket/status.h"

/* Store status and one sentence in *err (NULL allowed). An error that is set already is kept. */
void rk_error_set(rocket_error *err, rocket_status status, const char *format, ...) ROCKET_PRINTF(3, 4);

/* The same, and return the status: a macro, so that the compiler and the analyser see that what follows has failed. */
#define rk_fail(err, status, ...) rk_same_status((rk_error_set((err), (status), __VA_ARGS__), (status)))
static inline rocket_status rk_same_status(rocket_status status)
{
    return status;
}

/* The same of a system call: "path: cannot <what>: <reason>". reason is its errno. */
void rk_error_set_errno(rocket_error *err, const char *path, const char *what, int reason);
static inline rocket_status rk_fail_errno(rocket_error *err, const char *path, const char *what, int reason)
{
    rk_error_set_errno(err, path, what, reason);
    return ROCKET_FAILED;
}

/* Put "prefix: " before the text of *err; truncates at the end. NULL or unset: nothing. */
void rk_error_prefix(rocket_error *err, const char *format, ...) ROCKET_PRINTF(2, 3);

/* Back to ROCKET_OK, so that the object can be used again. */
void rk_error_clear(rocket_error *err);

/* The two control-flow macros of the project. */
#define RK_TRY(expression)                                                                                             \
    do {                                                                                                               \
        rocket_status rk_try_status_ = (expression);                                                                   \
        if (rk_try_status_ != ROCKET_OK)                                                                               \
            return rk_try_status_;                                                                                     \
    } while (0)

#define RK_FAIL_IF(condition, code, err, ...)                                                                          \
    do {                                                                                                               \
        if (condition)                                                                                                 \
            return rk_fail((err), ROCKET_##code, __VA_ARGS__);                                                         \
    } while (0)

#endif
