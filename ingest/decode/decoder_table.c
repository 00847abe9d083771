/* SPDX-License-Identifier: Apache-2.0
 *
 * decoder_table.c - the decoders, in the order in which they are asked by content: the ones that
 * can be told apart for sure come first.
 */
#include "ingest/decode/decoder_table.h"

const struct decoder_ops *const decoder_table[] = {
    &decoder_cloudtrail, &decoder_json, &decoder_s3access, &decoder_syslog, NULL,
};

int decoder_index(const char *name)
{
    for (int i = 0; decoder_table[i] != NULL; i++) {
        if (strcmp(decoder_table[i]->name, name) == 0) {
            return i;
        }
    }
    return -1;
}
