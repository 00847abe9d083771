/* SPDX-License-Identifier: Apache-2.0
 *
 * json_out.h - what the commands print as JSON, by cJSON.
 *
 * In:  names and values.   Out: a document that parses, whatever bytes the values hold.
 * Thread: one a document.   Owns: nothing; json_out_finish frees the tree.
 */
#ifndef TOCSIN_CLI_JSON_OUT_H
#define TOCSIN_CLI_JSON_OUT_H

#include "base/buffer.h"

#include <cjson/cJSON.h>

/* A count as a JSON number. */
void json_out_count(cJSON *object, const char *name, uint64_t value);
/* Text as a JSON string; bytes that are not UTF-8 become U+FFFD. */
void json_out_text(cJSON *object, const char *name, struct str value);
/* Adds root as indented JSON with a LF to out, and frees it. */
void json_out_finish(cJSON *root, struct buffer *out);

#endif
