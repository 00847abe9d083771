/* SPDX-License-Identifier: Apache-2.0
 *
 * list.h - many values that a rule compares a field with: texts, domains, networks.
 *
 * In:  a file lists/NAME.txt or lists/NAME.csv.   Out: whether a value is in it.
 * Thread: built by one, immutable then; read by all.   Owns: its texts and tables.
 * Invariants: (1) a list is whole, or an error says which line is wrong.
 *             (2) what is in it does not depend on the order of its entries.
 * Bounds: LIMIT_LIST_FILE_BYTES a file; a look-up is one hash (exact), one a label (suffix), or one
 *         binary search (cidr). Memory is about the file's size and 16 bytes an entry.
 * Tested: tests/unit/test_list.c, tests/fuzz/fuzz_list.c, tests/golden/test_extensions.sh.
 */
#ifndef TOCSIN_ANALYZE_LIST_LIST_H
#define TOCSIN_ANALYZE_LIST_LIST_H

#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum list_kind {
    LIST_EXACT,  /* the value is an entry, whatever its case */
    LIST_SUFFIX, /* the value is a domain that is an entry, or below one */
    LIST_CIDR,   /* the value is an address in one of the networks */
    LIST_KINDS
};
const char *list_kind_name(enum list_kind kind);

struct list;

/* How the text of a list is to be read. */
struct list_source {
    const char *name;  /* for messages: its path */
    bool csv;          /* rows of cells, the first of which are names of columns */
    struct str column; /* csv: which; "" for the first */
};
/* From text, without the members of a Redis set. ERR_CONFIG: "name:line: what is wrong". */
int list_parse(const struct list_source *source, struct str text, struct list **list,
               struct err *err);
/* From a file, whose ending tells whether it is CSV, and from the set that it names. */
int list_load(const char *path, struct str column, struct list **list, struct err *err);
void list_free(struct list *list);

enum list_kind list_kind_of(const struct list *list);
/* How many different entries it has; networks that lie in others are not counted. */
uint32_t list_count(const struct list *list);
/* The entries of an exact or suffix list as they stand in the file, how many: one that stands there
 * twice counts twice. Only those of a list of at most LIST_ENTRIES_KEPT; else none. */
#define LIST_ENTRIES_KEPT 1024U
uint32_t list_entries(const struct list *list, const struct str **entries);

/* Exact and suffix lists: is the folded text in it? */
bool list_has_text(const struct list *list, struct str folded);
/* Networks: address has 4 bytes or 16. */
bool list_has_address(const struct list *list, const uint8_t *address, uint32_t family_bytes);

#endif
