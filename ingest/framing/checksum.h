/* SPDX-License-Identifier: Apache-2.0
 *
 * checksum.h - the CRC-32 of gzip (RFC 1952, 8): of more than 60 bytes by carry-less multiplication
 * where the machine has it, else by zlib.
 *
 * In:  bytes and the sum of those before them, 0 at first.   Out: the sum of all.
 * Thread: any.   Owns: nothing.   Tested: tests/unit/test_inflate.c, against zlib.
 */
#ifndef TOCSIN_INGEST_FRAMING_CHECKSUM_H
#define TOCSIN_INGEST_FRAMING_CHECKSUM_H

#include "base/str.h"

#include <stdint.h>

uint32_t checksum_add(uint32_t sum, struct str bytes);

#endif
