/* SPDX-License-Identifier: Apache-2.0
 *
 * s3access_agree.h - for tests: do both ways to split an S3 access log line say the same of one?
 *
 * In:  a line.   Out: whether the quick way took it; a difference ends the program.
 * Thread: any.   Owns: nothing.
 */
#ifndef TOCSIN_TESTS_S3ACCESS_AGREE_H
#define TOCSIN_TESTS_S3ACCESS_AGREE_H

#include "base/ensure.h"
#include "ingest/decode/s3access_internal.h"

static inline bool s3access_agree(struct str text)
{
    static struct decoder_day day; /* of the line before, whatever it was */
    struct s3_line quick = {.read = {text, 0}};
    struct s3_line strict = {.read = {text, 0}};
    if (!s3_split_quickly(&quick, &day)) {
        return false;
    }
    ENSURE(s3_split_strictly(&strict) == S3_WHOLE);
    ENSURE(quick.found == strict.found && quick.time_ns == strict.time_ns);
    ENSURE(quick.has_tail && strict.has_tail);
    for (int i = 0; i < S3_PLACED; i++) {
        /* An empty field may be said to stand anywhere. */
        ENSURE(quick.fields[i].len == strict.fields[i].len);
        ENSURE(quick.fields[i].len == 0 || quick.fields[i].ptr == strict.fields[i].ptr);
    }
    struct str quick_word;
    struct str strict_word;
    while (s3_take_word(&strict.read, &strict_word)) {
        ENSURE(s3_take_word(&quick.read, &quick_word));
        ENSURE(quick_word.ptr == strict_word.ptr && quick_word.len == strict_word.len);
    }
    ENSURE(!s3_take_word(&quick.read, &quick_word));
    return true;
}

#endif
