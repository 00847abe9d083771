/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.h - the one place that calls malloc.
 *
 * Out of memory is not survivable for an engine that must drop nothing: every function here either
 * returns memory or stops the process with a message; restart resumes from the last commit.
 * Thread: any.   Owns: nothing.   Bound: sizes are checked for overflow.
 */
#ifndef TOCSIN_BASE_MEMORY_H
#define TOCSIN_BASE_MEMORY_H

#include "base/str.h"

#include <stddef.h>

/* count * size zeroed bytes; the caller frees with memory_free. Never NULL. */
void *memory_new(size_t count, size_t size);
/* memory with room for count * size bytes; new bytes are not zeroed. Never NULL for count > 0. */
void *memory_resize(void *memory, size_t count, size_t size);
/* NULL is fine. */
void memory_free(void *memory);
/* A NUL-terminated copy of s (bytes after an inner NUL stay, unreachable by strlen). */
char *memory_copy_str(struct str s);

/* Makes room for one more element of *items: doubles *capacity when count has reached it. */
#define MEMORY_GROW(items, count, capacity)                                                        \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) == 0 ? 8 : (capacity)*2;                                       \
            (items) = memory_resize((items), (capacity), sizeof *(items));                         \
        }                                                                                          \
    } while (0)

#endif
