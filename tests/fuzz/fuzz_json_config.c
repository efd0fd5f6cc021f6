/* Any bytes as a config in JSON: reading must not crash, leak or hang, and what was read is the same again when its
 * print in the text format is read. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* abort() is what libFuzzer counts as a finding. */
static void read_back(const rk_config *config)
{
    rk_buf first, second;
    rk_config_source source = { .name = "print" };
    rk_config *again = NULL;

    rk_buf_init(&first, 0);
    rk_buf_init(&second, 0);
    rk_config_print(config, &first);
    source.text = first.data ? first.data : "";
    source.n = first.size;
    if (source.n <= RK_CONFIG_MAX_BYTES) {
        if (rk_config_parse(&again, &source, NULL, NULL) != ROCKET_OK)
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
    rk_config_source source = { .name = "fuzz.json", .text = (const char *)data, .n = size, .json = true };
    rk_config *config = NULL;
    rk_faults faults;
    rocket_error err = { 0 };

    rk_faults_init(&faults);
    if (rk_config_parse(&config, &source, &faults, &err) == ROCKET_OK) {
        rk_faults_clear(&faults);
        (void)!rk_config_check(config, NULL, 0, &faults, &err);
        read_back(config);
    }
    rk_config_free(config);
    rk_faults_clear(&faults);
    return 0;
}
