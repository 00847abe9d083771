/* SPDX-License-Identifier: Apache-2.0
 *
 * base64.h - base64 (RFC 4648 section 4) back to bytes; buffer_add_base64 writes it.
 *
 * In:  text from outside.   Out: bytes in an arena.
 * Thread: any.   Owns: nothing.
 * Bounds: O(length).   Tested: tests/unit/test_base.c.
 */
#ifndef TOCSIN_BASE_BASE64_H
#define TOCSIN_BASE_BASE64_H

#include "base/arena.h"
#include "base/str.h"

#include <stdbool.h>

/* Padding is optional. False on any byte that is not of the alphabet. */
bool base64_decode(struct arena *arena, struct str text, struct str *out);

#endif
