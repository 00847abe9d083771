/* SPDX-License-Identifier: Apache-2.0
 *
 * json_out.c - see json_out.h.
 */
#include "cli/json_out.h"

#include "base/ensure.h"

#include <inttypes.h>

/* Raw, as cJSON's numbers are doubles: counts above 2^53 stay exact. */
void json_out_count(cJSON *object, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cJSON_AddRawToObject(object, name, text);
}

void json_out_text(cJSON *object, const char *name, struct str value)
{
    struct buffer text = {0};
    buffer_add_json_string(&text, value);
    buffer_add_byte(&text, '\0');
    cJSON_AddRawToObject(object, name, text.ptr);
    buffer_release(&text);
}

void json_out_finish(cJSON *root, struct buffer *out)
{
    char *text = cJSON_Print(root);
    ENSURE(text != NULL);
    buffer_add_text(out, text);
    buffer_add_byte(out, '\n');
    cJSON_free(text);
    cJSON_Delete(root);
}
