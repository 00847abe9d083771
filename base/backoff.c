/* SPDX-License-Identifier: Apache-2.0
 *
 * backoff.c - see backoff.h.
 */
#include "base/backoff.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"

#include <time.h>

int64_t backoff_next_ns(struct backoff *backoff)
{
    unsigned doublings =
        backoff->attempts < BACKOFF_DOUBLINGS ? backoff->attempts : BACKOFF_DOUBLINGS;
    int64_t half_ns = (BACKOFF_NS_FIRST << doublings) / 2;
    backoff->attempts++;
    backoff->random = hash_mix(backoff->random ^ hash_seed(), UINT64_C(0xA0761D6478BD642F));
    return half_ns + (int64_t)(backoff->random % (uint64_t)half_ns);
}

int backoff_wait(struct backoff *backoff, int64_t deadline_ns)
{
    int64_t pause_ns = backoff_next_ns(backoff);
    if (clock_monotonic_ns() + pause_ns >= deadline_ns) {
        return ERR_STOPPED;
    }
    struct timespec pause = {pause_ns / 1000000000, pause_ns % 1000000000};
    nanosleep(&pause, NULL);
    return 0;
}
