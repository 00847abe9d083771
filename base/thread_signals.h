/* SPDX-License-Identifier: Apache-2.0
 *
 * thread_signals.h - threads that take no signals: those are for the thread that can act on them.
 *
 * In:  the caller's thread.   Out: threads that it starts between the two calls take none.
 * Thread: any.   Owns: nothing.
 */
#ifndef TOCSIN_BASE_THREAD_SIGNALS_H
#define TOCSIN_BASE_THREAD_SIGNALS_H

#include <pthread.h>
#include <signal.h>

/* From here on this thread, and each that it starts, takes no signals. Returns what it took before,
 * for thread_signals_restore. */
static inline sigset_t thread_signals_block(void)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    return before;
}

/* This thread takes signals as before; those that it has started do not. */
static inline void thread_signals_restore(sigset_t before)
{
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

#endif
