/* Microseconds of one Run() of ONNX Runtime through its C interface, without Python's share of a call:
 *
 *   onnxruntime_time LIBRARY MODEL THREADS ROWS OUTPUT:WIDTH INPUT:COLUMNS:IDS:SAME...
 *
 * COLUMNS 0: a vector [ROWS]. IDS 0: floats, else int64 below it. SAME 1: all rows alike, as a user's columns are when
 * they are tiled. Prints the median of eleven runs of at least 20 ms. The table of functions that the library hands out
 * only ever grows at its end, so places in it are used here and no header is needed.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MESSAGE = 2,
    NEW_ENV,
    NEW_SESSION = 7,
    RUN = 9,
    NEW_OPTIONS,
    SET_LEVEL = 23,
    SET_THREADS,
    NEW_TENSOR = 49,
    NEW_MEMORY = 69
};
enum { FLOAT = 1, INT64 = 7, ALL_OPTIMIZATIONS = 99, RUNS = 11, MOST_INPUTS = 256 };

static void **api;

static void check(void *status)
{
    if (status) {
        fprintf(stderr, "%s\n", ((const char *(*)(void *))api[MESSAGE])(status));
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void *tensor(void *memory, int64_t rows, int64_t columns, int64_t ids, int same)
{
    int64_t n = rows * (columns ? columns : 1), width = n / rows, shape[2] = { rows, columns };
    char *data = calloc((size_t)n, sizeof(int64_t));
    uint64_t state = 7;
    void *out;

    for (int64_t i = 0; i < n; i++) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        if (ids)
            ((int64_t *)data)[i] = same && i >= width ? ((int64_t *)data)[i % width] : (int64_t)(state >> 33) % ids;
        else
            ((float *)data)[i] = 1;
    }
    check(((void *(*)(void *, void *, size_t, int64_t *, size_t, int, void **))api[NEW_TENSOR])(
        memory, data, (size_t)n * (ids ? sizeof(int64_t) : sizeof(float)), shape, columns ? 2 : 1, ids ? INT64 : FLOAT,
        &out));
    return out;
}

static void *open_session(const char *model, int threads)
{
    void *env, *options, *session;

    check(((void *(*)(int, const char *, void **))api[NEW_ENV])(3, "bench", &env));
    check(((void *(*)(void **))api[NEW_OPTIONS])(&options));
    check(((void *(*)(void *, int))api[SET_THREADS])(options, threads));
    check(((void *(*)(void *, int))api[SET_LEVEL])(options, ALL_OPTIMIZATIONS));
    check(((void *(*)(void *, const char *, void *, void **))api[NEW_SESSION])(env, model, options, &session));
    return session;
}

/* The next of the parts between colons; the text is cut. */
static char *part(char **text)
{
    char *begin = *text, *colon = strchr(begin, ':');

    if (colon)
        *colon = '\0';
    *text = colon ? colon + 1 : begin + strlen(begin);
    return begin;
}

static int64_t number(char *text)
{
    return strtoll(text, NULL, 10);
}

int main(int argc, char **argv)
{
    struct base {
        void **(*table)(uint32_t version);
    } * (*base)(void);
    const char *names[MOST_INPUTS], *output = argc > 5 ? part(&argv[5]) : NULL;
    void *library = argc > 6 ? dlopen(argv[1], RTLD_NOW) : NULL, *inputs[MOST_INPUTS], *out, *memory;
    double us[RUNS];
    int n = 0, turns = 1;

    *(void **)&base = library ? dlsym(library, "OrtGetApiBase") : NULL;
    if (!base || argc > MOST_INPUTS) {
        fprintf(stderr, "usage: onnxruntime_time LIBRARY MODEL THREADS ROWS OUTPUT:WIDTH INPUT:COLUMNS:IDS:SAME...\n");
        return 2;
    }
    api = base()->table(1);
    void *session = open_session(argv[2], (int)number(argv[3]));
    check(((void *(*)(int, int, void **))api[NEW_MEMORY])(1, 0, &memory));
    out = tensor(memory, number(argv[4]), number(argv[5]), 0, 0);
    for (int i = 6; i < argc; i++, n++) {
        names[n] = part(&argv[i]);
        int64_t columns = number(part(&argv[i])), ids = number(part(&argv[i]));
        inputs[n] = tensor(memory, number(argv[4]), columns, ids, number(part(&argv[i])) != 0);
    }
    for (int run = -2; run < RUNS; run++) { /* the first two find out how many turns make 20 ms */
        double began = now();

        for (int i = 0; i < turns; i++)
            check(((void *(*)(void *, void *, const char **, void **, size_t, const char **, size_t, void **))api[RUN])(
                session, NULL, names, inputs, (size_t)n, &output, 1, &out));
        double each = (now() - began) / turns;
        turns = run < 0 ? (int)(0.02 / each) + 1 : turns;
        us[run < 0 ? 0 : run] = each * 1e6;
    }
    qsort(us, RUNS, sizeof *us, by_size);
    printf("%.3f\n", us[RUNS / 2]);
    return 0;
}
