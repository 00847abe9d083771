/* SPDX-License-Identifier: Apache-2.0
 *
 * hash.c - see hash.h.
 */
#include "base/hash.h"

#include "base/clock.h"

#include <pthread.h>
#include <sys/random.h>

static uint64_t seed;
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

static void seed_draw(void)
{
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        seed = hash_mix((uint64_t)clock_now_ns(), (uint64_t)clock_monotonic_ns());
    }
}

uint64_t hash_seed(void)
{
    pthread_once(&seed_once, seed_draw);
    return seed;
}
