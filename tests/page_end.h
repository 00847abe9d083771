/* SPDX-License-Identifier: Apache-2.0
 *
 * page_end.h - for tests: a text whose last byte is the last one of readable memory, so that the
 * machine itself stops a read beyond it, vector loads included.
 *
 * In:  a text.   Out: the same text in front of a page that can not be read.
 * Thread: one.   Owns: the pages, until page_end_release.
 */
#ifndef TOCSIN_TESTS_PAGE_END_H
#define TOCSIN_TESTS_PAGE_END_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

struct page_end {
    char *pages;
    size_t readable;
};

/* Room for texts of up to bytes_max bytes. */
static inline void page_end_init(struct page_end *page_end, size_t bytes_max)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    page_end->readable = (bytes_max / page + 1) * page;
    page_end->pages = mmap(NULL, page_end->readable + page, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page_end->pages, MAP_FAILED);
    assert_int_equal(mprotect(page_end->pages + page_end->readable, page, PROT_NONE), 0);
}

/* The copy is valid until the next one. */
static inline struct str page_end_copy(struct page_end *page_end, struct str text)
{
    assert_true(text.len <= page_end->readable);
    char *at = page_end->pages + page_end->readable - text.len;
    if (text.len > 0) {
        memcpy(at, text.ptr, text.len);
    }
    return (struct str){at, text.len};
}

static inline void page_end_release(struct page_end *page_end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    assert_int_equal(munmap(page_end->pages, page_end->readable + page), 0);
}

#endif
