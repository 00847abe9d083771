/* SPDX-License-Identifier: Apache-2.0
 *
 * decoder_table.h - the decoders that decoder_table.c has rows for.
 *
 * Thread: immutable.
 */
#ifndef TOCSIN_INGEST_DECODE_DECODER_TABLE_H
#define TOCSIN_INGEST_DECODE_DECODER_TABLE_H

#include "ingest/decode/decoder.h"

extern const struct decoder_ops decoder_cloudtrail;
extern const struct decoder_ops decoder_s3access;
extern const struct decoder_ops decoder_json;
extern const struct decoder_ops decoder_syslog;

#endif
