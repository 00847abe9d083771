/* SPDX-License-Identifier: Apache-2.0
 *
 * signals.c - see signals.h.
 */
#include "cli/signals.h"

#include <signal.h>
#include <stdatomic.h>

/* A handler gets no context, so these two are global. */
static struct engine *_Atomic running;
static volatile sig_atomic_t stopped;

static void stop(int number)
{
    (void)number;
    struct engine *engine = atomic_load(&running);
    stopped = 1;
    if (engine != NULL) {
        engine_stop(engine);
    }
}

static void reload(int number)
{
    (void)number;
    struct engine *engine = atomic_load(&running);
    if (engine != NULL) {
        engine_reload(engine);
    }
}

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action = {0};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void mask_reload(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    (void)pthread_sigmask(how, &set, NULL);
}

void signals_hold_reload(void)
{
    mask_reload(SIG_BLOCK);
}

void signals_begin(struct engine *engine, bool reloads)
{
    stopped = 0;
    atomic_store(&running, engine);
    handle(SIGINT, stop, (int)SA_RESETHAND);
    handle(SIGTERM, stop, (int)SA_RESETHAND);
    if (reloads) {
        handle(SIGHUP, reload, SA_RESTART);
        mask_reload(SIG_UNBLOCK);
    } else {
        handle(SIGHUP, stop, (int)SA_RESETHAND);
    }
    handle(SIGPIPE, SIG_IGN, 0);
}

void signals_end(void)
{
    struct sigaction action = {0};
    atomic_store(&running, NULL);
    handle(SIGINT, SIG_DFL, 0);
    handle(SIGTERM, SIG_DFL, 0);
    /* There is nothing left to reload, but still something to close. */
    (void)sigaction(SIGHUP, NULL, &action);
    handle(SIGHUP, action.sa_handler == reload ? SIG_IGN : SIG_DFL, 0);
}

bool signals_stopped(void)
{
    return stopped != 0;
}
