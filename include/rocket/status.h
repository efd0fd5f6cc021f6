/* Status codes and the error object: the one way in which every fallible function of rocket fails.
 *
 * A function returns a rocket_status and, where the caller passes one, fills a caller-owned rocket_error
 * with one sentence: what was expected, what was found, and where in the user's file. The text is prefixed
 * on the way up and never overwritten. Outputs are untouched on failure.
 */
#ifndef ROCKET_STATUS_H
#define ROCKET_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ROCKET_NODISCARD __attribute__((warn_unused_result))
#define ROCKET_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define ROCKET_NODISCARD
#define ROCKET_PRINTF(text, first)
#endif

/* The value is also the exit code of the program (130 and 143 apart: stopped by a signal). */
typedef enum rocket_status {
    ROCKET_OK = 0,
    ROCKET_FAILED = 1,  /* failed while running: I/O, memory, NaN loss */
    ROCKET_USAGE = 2,   /* wrong command line or wrong argument of an API call */
    ROCKET_CONFIG = 3,  /* the pipeline config is invalid */
    ROCKET_DATA = 4,    /* an input file or row was rejected */
    ROCKET_CORRUPT = 5, /* a model or checkpoint file is not what it should be */
    ROCKET_GATE = 6,    /* a quality gate was not met */
    ROCKET_STOPPED = 7  /* asked to stop (signal); state was saved */
} rocket_status;

enum { ROCKET_ERROR_TEXT_BYTES = 1020 };

/* Caller-owned, fixed size. Start from {0}. NULL may be passed wherever one is taken. */
typedef struct rocket_error {
    rocket_status status;
    char text[ROCKET_ERROR_TEXT_BYTES]; /* NUL-terminated UTF-8, one line, no trailing newline */
} rocket_error;

#ifdef __cplusplus
}
#endif

#endif
