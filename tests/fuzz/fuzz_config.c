/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_config.c - any bytes as a configuration: a configuration, or a message; never a crash.
 */
#include "base/ensure.h"
#include "cli/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = NULL;
    struct err err = {0};
    struct str text = {(const char *)data, size};
    int failed = config_load_text("fuzz.yml", text, &config, &err);
    ENSURE((failed == 0) == (config != NULL));
    ENSURE(failed == 0 || err.text[0] != '\0');
    config_free(config);
    return 0;
}
