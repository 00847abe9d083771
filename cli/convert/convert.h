/* SPDX-License-Identifier: Apache-2.0
 *
 * convert.h - rules of other formats to Sigma rules: one row of convert_format_table for each.
 *
 * In:  files of one format.   Out: one text of YAML documents for each file, and notes on what
 * could not be converted, each with its place and reason. Thread: one.   Owns: the buffers of its
 * files. Invariants: (1) what is not converted has a note: nothing is dropped silently. (2) the
 * result depends on the files' texts and relative names only. Bounds: linear in the files' bytes,
 * but where a format's own file says otherwise.
 *
 * To add a format: a file convert_<name>.c with its convert_fn, declared below, and its row.
 */
#ifndef TOCSIN_CLI_CONVERT_CONVERT_H
#define TOCSIN_CLI_CONVERT_CONVERT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct convert_file {
    struct str path; /* for notes */
    struct str text;
    struct buffer out;  /* empty: nothing to write */
    uint32_t converted; /* rules */
    uint32_t refused;   /* rules with a note that were left out */
};

struct convert {
    struct arena *arena;
    struct convert_file *files;
    uint32_t files_count;
    struct str timespan; /* of aggregations without timeframe; "": they are refused */
    struct buffer notes; /* file:line: what: reason, a line each */
    uint32_t notes_count;
    uint32_t losses_count; /* of them, those of what is not in the result */
};

typedef void convert_fn(struct convert *convert);

struct convert_format {
    const char *name;
    const char *suffix; /* of its files */
    const char *suffix_more;
    convert_fn *run;
};

/* A NULL name ends it. */
extern const struct convert_format convert_format_table[];
const struct convert_format *convert_format_find(struct str name);

convert_fn convert_sigma;
convert_fn convert_sagan;
convert_fn convert_wazuh;

enum convert_kind {
    CONVERT_NOT,  /* the whole rule is not converted */
    CONVERT_LEFT, /* it is, without this part */
    CONVERT_MIND  /* all of it is, but to be looked at */
};

/* Notes that something of a rule is not converted as it is. */
void convert_note(struct convert *convert, const struct convert_file *file, uint32_t line,
                  enum convert_kind kind, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* A UUID that depends on text alone. */
void convert_add_id(struct buffer *out, struct str text);
/* Lower case letters, digits and single underscores: a name for `name:` made of text. */
void convert_add_name(struct buffer *out, struct str text);

#endif
