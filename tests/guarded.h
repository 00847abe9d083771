/* SPDX-License-Identifier: Apache-2.0
 *
 * guarded.h - for tests: a text behind whose last byte nothing may be read.
 *
 * In:  bytes.   Out: a copy that ends where a page without access begins.
 * Thread: one.   Owns: the pages, until the program ends.
 */
#ifndef TOCSIN_TESTS_GUARDED_H
#define TOCSIN_TESTS_GUARDED_H

#include "base/ensure.h"
#include "base/str.h"

#include <sys/mman.h>

#define GUARDED_BYTES_MAX 65536U

/* Valid until the next call. */
static inline struct str guarded_copy(struct str text)
{
    static char *end;
    if (end == NULL) {
        char *pages = mmap(NULL, (size_t)2 * GUARDED_BYTES_MAX, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ENSURE(pages != MAP_FAILED);
        end = pages + GUARDED_BYTES_MAX;
        ENSURE(mprotect(end, GUARDED_BYTES_MAX, PROT_NONE) == 0);
    }
    ENSURE(text.len <= GUARDED_BYTES_MAX);
    if (text.len > 0) {
        memcpy(end - text.len, text.ptr, text.len);
    }
    return (struct str){end - text.len, text.len};
}

#endif
