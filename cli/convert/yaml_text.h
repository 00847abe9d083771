/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml_text.h - writes YAML scalars: without quotes when they are read back as the same text.
 *
 * In:  any bytes.   Out: one line of YAML.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) valid UTF-8 is read back byte by byte; other bytes are written as U+FFFD.
 */
#ifndef TOCSIN_CLI_CONVERT_YAML_TEXT_H
#define TOCSIN_CLI_CONVERT_YAML_TEXT_H

#include "base/buffer.h"

/* text as a scalar that is a string: plain, in single quotes, or, if it has bytes that these can't
 * hold, in double quotes. */
void yaml_text_add(struct buffer *out, struct str text);

#endif
