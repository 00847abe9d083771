/* SPDX-License-Identifier: Apache-2.0
 *
 * backoff.h - how long to wait before the next attempt at something that just failed.
 *
 * The pause doubles from 20 ms to 1.3 s, and half of each is drawn at random: processes that lost
 * one server do not come back in step.
 * Thread: one at a time.   Owns: nothing.   Tested: tests/unit/test_backoff.c.
 */
#ifndef TOCSIN_BASE_BACKOFF_H
#define TOCSIN_BASE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_NS_FIRST  INT64_C(20000000)
#define BACKOFF_DOUBLINGS 6

struct backoff {
    unsigned attempts; /* since the last success; the owner sets it to 0 */
    uint64_t random;
};

/* The pause before the next attempt. */
int64_t backoff_next_ns(struct backoff *backoff);
/* Waits for that pause and returns 0; negative, at once, when it would end after deadline_ns of the
 * monotonic clock. */
int backoff_wait(struct backoff *backoff, int64_t deadline_ns);

#endif
