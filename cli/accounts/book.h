/* SPDX-License-Identifier: Apache-2.0
 *
 * book.h - lines of accounts, read back and added up by somebody who does not trust them.
 *
 * In:  lines as docs/ACCOUNTS.md describes them, in any order, repeated or not.   Out: sums per
 *      source and day, and what does not add up.
 * Thread: one.   Owns: everything that it was given, in copies.
 * Invariants: (1) the residue is counted here; what a line says about it is only compared.
 *             (2) what is told does not depend on the order of files and lines, but for where the
 *                 problem of a single line stands.
 * Bounds: memory of the accounts, not of the lines; BOOK_PROBLEMS_MAX problems are kept, all are
 *         counted.
 * Tested: tests/unit/test_book.c, tests/fuzz/fuzz_book.c, tests/golden/test_accounts.sh.
 */
#ifndef TOCSIN_CLI_ACCOUNTS_BOOK_H
#define TOCSIN_CLI_ACCOUNTS_BOOK_H

#include "base/buffer.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

#define BOOK_LINE_BYTES_MAX 65536
#define BOOK_PROBLEMS_MAX   1000

struct book;

struct book *book_new(void);
void book_free(struct book *book);

/* One line of a file, without its end; name and number are for messages. */
void book_add(struct book *book, const char *name, uint64_t number, struct str line);
/* After the last line. */
void book_close(struct book *book);

/* How many things do not add up. After book_close. */
uint64_t book_problems(const struct book *book);
void book_render_text(const struct book *book, struct buffer *out);
void book_render_json(const struct book *book, struct buffer *out);

#endif
