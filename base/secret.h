/* SPDX-License-Identifier: Apache-2.0
 *
 * secret.h - a password or token as it is configured: itself, or file:PATH.
 *
 * In:  the value.   Out: the secret; of a file that only its owner may read, without the space
 *      around it.
 * Thread: any.   Owns: nothing; the caller wipes what it keeps no longer.
 * Invariants: (1) no message holds the secret.
 * Bounds: a file of less than 64 KiB.   Tested: tests/unit/test_config.c.
 */
#ifndef TOCSIN_BASE_SECRET_H
#define TOCSIN_BASE_SECRET_H

#include "base/buffer.h"
#include "base/error.h"

/* Appends the secret. 0 or ERR_CONFIG. */
int secret_read(const char *value, struct buffer *secret, struct err *err);

#endif
