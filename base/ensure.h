/* SPDX-License-Identifier: Apache-2.0
 *
 * ensure.h - the answer to our own bugs: say where and stop, in release builds too.
 *
 * The world failing is a struct err (error.h); bad data is a flag and a dead letter. Only what can
 * happen through nothing but a mistake in this code is an ENSURE.
 */
#ifndef TOCSIN_BASE_ENSURE_H
#define TOCSIN_BASE_ENSURE_H

#define ENSURE(condition)                                                                          \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            ensure_failed(#condition, __FILE__, __LINE__);                                         \
        }                                                                                          \
    } while (0)

/* Prints the broken condition with its place on standard error and aborts. */
_Noreturn void ensure_failed(const char *condition, const char *file, int line);

#endif
