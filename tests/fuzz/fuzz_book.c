/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_book.c - any bytes as lines of accounts: sums, or a problem with its place; and the sums do
 * not depend on whether the lines come twice.
 */
#include "base/ensure.h"
#include "cli/accounts/book.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_lines(struct book *book, struct str text)
{
    uint64_t number = 0;
    while (text.len > 0) {
        size_t end = str_find_byte(text, '\n');
        size_t len = end == STR_NOT_FOUND ? text.len : end;
        book_add(book, "fuzz", ++number, str_slice(text, 0, len));
        text = str_slice(text, len + (end == STR_NOT_FOUND ? 0 : 1), text.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct buffer once = {0};
    struct buffer twice = {0};
    struct book *book = book_new();
    struct book *other = book_new();
    add_lines(book, text);
    add_lines(other, text);
    add_lines(other, text);
    book_close(book);
    book_close(other);
    ENSURE((book_problems(book) > 0) == (book_problems(other) > 0));
    book_render_text(book, &once);
    book_render_json(book, &once);
    book_render_text(other, &twice);
    ENSURE(once.len > 0 && twice.len > 0);
    buffer_release(&once);
    buffer_release(&twice);
    book_free(book);
    book_free(other);
    return 0;
}
