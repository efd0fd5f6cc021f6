/* Any bytes as a config: reading them, overriding, checking and printing must not crash, leak or hang, and what was
 * read must come out of its own print again. Lines "#set path=value" of the input are overrides as well.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "mem.h"

enum { MAX_OVERRIDES = 4, OVERRIDE_BYTES = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t find_overrides(char out[MAX_OVERRIDES][OVERRIDE_BYTES], const char *text, size_t n)
{
    size_t found = 0;

    for (size_t i = 0; i + 5 < n && found < MAX_OVERRIDES; i++) {
        if (memcmp(text + i, "#set ", 5) != 0)
            continue;
        const char *start = text + i + 5, *end = memchr(start, '\n', n - i - 5);
        size_t length = end ? (size_t)(end - start) : n - i - 5;
        if (length >= OVERRIDE_BYTES || memchr(start, '\0', length))
            continue;
        memcpy(out[found], start, length);
        out[found++][length] = '\0';
    }
    return found;
}

/* abort() is what libFuzzer counts as a finding. */
static void read_back(const rk_config *config)
{
    rk_buf first, second;
    rk_config_source source = { .name = "print" };
    rk_config *again = NULL;
    rocket_error err = { 0 };

    rk_buf_init(&first, 0);
    rk_buf_init(&second, 0);
    rk_config_print(config, &first);
    source.text = first.data ? first.data : "";
    source.n = first.size;
    if (source.n <= RK_CONFIG_MAX_BYTES) {
        if (rk_config_parse(&again, &source, NULL, &err) != ROCKET_OK)
            abort();
        rk_config_print(again, &second);
        if (first.size != second.size || (first.size && memcmp(first.data, second.data, first.size) != 0))
            abort();
    }
    rk_config_free(again);
    rk_buf_clear(&first);
    rk_buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char overrides[MAX_OVERRIDES][OVERRIDE_BYTES];
    const char *list[MAX_OVERRIDES];
    uint64_t before = rk_alloc_live_bytes();
    rk_config_source source = { .name = "fuzz", .text = (const char *)data, .n = size, .overrides = list };
    rk_faults faults;
    rk_config *config = NULL;

    source.n_overrides = find_overrides(overrides, source.text, size);
    for (size_t i = 0; i < source.n_overrides; i++)
        list[i] = overrides[i];
    rk_faults_init(&faults);
    if (rk_config_parse(&config, &source, &faults, NULL) == ROCKET_OK) {
        if (rk_config_check(config, NULL, 0, &faults, NULL) == ROCKET_OK && faults.n_errors)
            abort();
        read_back(config);
    } else if (faults.n_errors == 0) {
        abort(); /* refused without a reason */
    }
    rk_config_free(config);
    rk_faults_clear(&faults);
    if (rk_alloc_live_bytes() != before)
        abort();
    return 0;
}
