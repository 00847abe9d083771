/* SPDX-License-Identifier: Apache-2.0
 *
 * memory.c - see memory.h and ensure.h.
 */
#include "base/memory.h"

#include "base/ensure.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void ensure_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "tocsin: bug: %s is not true at %s:%d; please report this\n", condition, file,
            line);
    abort();
}

_Noreturn static void out_of_memory(size_t count, size_t size)
{
    fprintf(stderr, "tocsin: out of memory: %zu x %zu bytes were refused\n", count, size);
    abort();
}

void *memory_new(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (memory == NULL) {
        out_of_memory(count, size);
    }
    return memory;
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        out_of_memory(count, size);
    }
    void *moved = realloc(memory, bytes > 0 ? bytes : 1);
    if (moved == NULL) {
        out_of_memory(count, size);
    }
    return moved;
}

void memory_free(void *memory)
{
    free(memory);
}

char *memory_copy_str(struct str s)
{
    char *copy = memory_new(s.len + 1, 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}
