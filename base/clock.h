/* SPDX-License-Identifier: Apache-2.0
 *
 * clock.h - the only door to the system's clocks. What is decided about events never reads it: it
 * serves timers, progress, logs and the year of year-less syslog lines that nothing else dates.
 * Thread: any.
 */
#ifndef TOCSIN_BASE_CLOCK_H
#define TOCSIN_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since the epoch, UTC. */
int64_t clock_now_ns(void);
/* Nanoseconds of a clock that never goes back; only differences mean anything. */
int64_t clock_monotonic_ns(void);
/* Does nothing for so long. */
void clock_sleep_ms(int ms);
/* CPU time this process has used, in nanoseconds. */
int64_t clock_process_cpu_ns(void);

#endif
