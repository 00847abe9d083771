/* SPDX-License-Identifier: Apache-2.0
 *
 * book_days.c - accounts, sorted by source and hour, added up to days; and each Kafka partition's
 * offsets, which must be whole.
 *
 * In:  the accounts of a book.   Out: its sources and days.
 * Thread: one.   Owns: nothing.
 */
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/accounts/book_internal.h"

#include <inttypes.h>

#define HOUR_NS (3600 * TIMESTAMP_SECOND_NS)

static bool is_same_source(const struct book_line *left, const struct book_line *right)
{
    return left->partition == right->partition && str_equal(left->source, right->source) &&
           str_equal(left->kind, right->kind);
}

static int64_t day_of(int64_t time_ns)
{
    int64_t into = time_ns % TIMESTAMP_DAY_NS;
    return time_ns - (into < 0 ? into + TIMESTAMP_DAY_NS : into);
}

static struct book_source *add_source(struct book *book, const struct book_line *line)
{
    MEMORY_GROW(book->sources, book->sources_count, book->sources_capacity);
    struct book_source *source = &book->sources[book->sources_count++];
    *source = (struct book_source){.line = line, .first_day = book->days_count};
    return source;
}

static struct book_day *add_day(struct book *book, struct book_source *source, int64_t day_ns)
{
    MEMORY_GROW(book->days, book->days_count, book->days_capacity);
    struct book_day *day = &book->days[book->days_count++];
    *day = (struct book_day){.day_ns = day_ns};
    source->days_count++;
    return day;
}

static void add_offsets(struct book_source *source, const struct book_line *line)
{
    if (!line->has_offsets || !str_equal(line->kind, STR("kafka"))) {
        return;
    }
    if (!source->has_offsets || line->first < source->first) {
        source->first = line->first;
    }
    if (!source->has_offsets || line->last > source->last) {
        source->last = line->last;
    }
    source->has_offsets = true;
    source->read += line->read;
    source->missing += line->missing;
}

/* What was missing before the first offset that was read is not between first and last. */
static void check_offsets(struct book *book, const struct book_source *source)
{
    struct buffer name = {0};
    uint64_t span = source->last - source->first + 1;
    uint64_t told = source->read + source->missing;
    book_add_source(source->line, &name);
    buffer_add_byte(&name, '\0');
    if (source->has_offsets && told < span) {
        book_complain(book,
                      "%s: of the offsets %" PRIu64 " to %" PRIu64 " %" PRIu64 " are in no account",
                      name.ptr, source->first, source->last, span - told);
    }
    if (source->has_offsets && told > span) {
        book_complain(book,
                      "%s: of the offsets %" PRIu64 " to %" PRIu64 " %" PRIu64
                      " are in two accounts: they were read again after a crash",
                      name.ptr, source->first, source->last, told - span);
    }
    buffer_release(&name);
}

void book_add_up(struct book *book)
{
    const struct book_line *before = NULL;
    struct book_source *source = NULL;
    struct book_day *day = NULL;
    for (uint32_t i = 0; i < book->accounts_count; i++) {
        const struct book_line *line = &book->accounts[i].line;
        bool known = before != NULL && is_same_source(line, before);
        source = known ? source : add_source(book, line);
        if (!known || day_of(line->hour_ns) != day->day_ns) {
            day = add_day(book, source, day_of(line->hour_ns));
        }
        bool new_hour = !known || line->hour_ns != before->hour_ns;
        if (known && new_hour) {
            uint64_t apart_ns = (uint64_t)line->hour_ns - (uint64_t)before->hour_ns;
            source->silent_hours += apart_ns / (uint64_t)HOUR_NS - 1;
        }
        day->hours += new_hour ? 1 : 0;
        day->accounts++;
        day->partial += line->partial ? 1 : 0;
        for (size_t k = 0; k < BOOK_COUNTS; k++) {
            day->counts[k] += line->counts[k];
        }
        add_offsets(source, line);
        before = line;
    }
    for (uint32_t i = 0; i < book->sources_count; i++) {
        check_offsets(book, &book->sources[i]);
    }
}
