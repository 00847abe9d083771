/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8.h - one code point at a time (RFC 3629).
 *
 * Thread: any.   Owns: nothing.   Bound: O(1) each.
 */
#ifndef TOCSIN_BASE_UTF8_H
#define TOCSIN_BASE_UTF8_H

#include "base/str.h"

#define UTF8_INVALID UINT32_MAX

/* Bytes of the code point at s's beginning, put into *code. A byte that begins no valid sequence
 * (overlong forms and surrogates included) gives 1 and UTF8_INVALID. s must not be empty. */
size_t utf8_decode(struct str s, uint32_t *code);

/* Writes code, at most 4 bytes, at out; returns how many. Surrogates are written as U+FFFD. */
size_t utf8_encode(uint32_t code, char *out);

/* True when all of s is valid. */
bool utf8_valid(struct str s);

#endif
