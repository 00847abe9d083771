/* SPDX-License-Identifier: Apache-2.0
 *
 * book_internal.h - a book's accounts and days, for the files of this folder.
 *
 * Thread: one.   Owns: see struct book.
 */
#ifndef TOCSIN_CLI_ACCOUNTS_BOOK_INTERNAL_H
#define TOCSIN_CLI_ACCOUNTS_BOOK_INTERNAL_H

#include "base/arena.h"
#include "base/map.h"
#include "cli/accounts/book.h"

/* What is counted, in the order in which it is shown; name in the line, heading of the table. */
#define BOOK_COUNT_TABLE(COUNT)                                                                    \
    COUNT(RECORDS, "records", "records")                                                           \
    COUNT(EVALUATED, "evaluated", "evaluated")                                                     \
    COUNT(FILTERED, "filtered", "filtered")                                                        \
    COUNT(DEAD, "dead_lettered", "dead-lettered")                                                  \
    COUNT(DUPLICATES, "duplicates", "duplicates")                                                  \
    COUNT(ALERTS, "alerts", "alerts")                                                              \
    COUNT(UNBALANCED, "unbalanced", "unbalanced")

#define BOOK_COUNT_ENUM(name, text, heading) BOOK_##name,
enum book_count { BOOK_COUNT_TABLE(BOOK_COUNT_ENUM) BOOK_COUNTS };
#undef BOOK_COUNT_ENUM

struct book_count_row {
    const char *name;
    const char *heading;
};
extern const struct book_count_row book_counts[BOOK_COUNTS];

/* A line that was read. */
struct book_line {
    struct str account;
    struct str kind;
    struct str source;
    int64_t partition; /* -1: none */
    int64_t hour_ns;
    uint64_t sequence;
    bool partial;
    uint64_t counts[BOOK_COUNTS];
    int64_t residue; /* as the line says */
    bool has_offsets;
    uint64_t first;
    uint64_t last;
    uint64_t read;
    uint64_t missing;
    uint64_t lost;
};

/* An account: the line that counts, and which sequences there were. */
struct book_account {
    struct book_line line; /* texts in the book's arena */
    uint64_t *sequences;
    uint32_t sequences_count;
    uint32_t sequences_capacity;
};

/* A source and day. */
struct book_day {
    int64_t day_ns;
    uint32_t hours;    /* with an account */
    uint32_t accounts; /* more than hours after restarts */
    uint32_t partial;  /* whose hour may go on */
    uint64_t counts[BOOK_COUNTS];
};

/* A source: its days are those from first_day on. */
struct book_source {
    const struct book_line *line; /* any of it: names the source */
    uint32_t first_day;
    uint32_t days_count;
    uint64_t silent_hours; /* between its first and last hour, without an account */
    bool has_offsets;      /* of Kafka: the rest means something */
    uint64_t first;
    uint64_t last;
    uint64_t read;
    uint64_t missing;
};

struct book {
    struct arena *arena;
    struct arena *scratch; /* of the line that is read, or of one name */
    struct map *numbers;   /* of accounts, by their id */
    struct book_account *accounts;
    uint32_t accounts_count;
    uint32_t accounts_capacity;
    uint64_t lines;
    struct book_source *sources;
    uint32_t sources_count;
    uint32_t sources_capacity;
    struct book_day *days;
    uint32_t days_count;
    uint32_t days_capacity;
    struct str *problems;
    uint32_t problems_count;
    uint32_t problems_capacity;
    uint64_t problems_total;
};

/* records - (evaluated + filtered + dead_lettered + duplicates). */
int64_t book_residue(const uint64_t counts[BOOK_COUNTS]);
void book_complain(struct book *book, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "topic[3]" or the path, safe to print. */
void book_add_source(const struct book_line *line, struct buffer *out);
/* book_days.c: sources and days of the sorted accounts; checks offsets. */
void book_add_up(struct book *book);
/* book_line.c: reads text into line, whose texts are in arena. NULL, or what is wrong with it. */
const char *book_line_read(struct arena *arena, struct str text, struct book_line *line);

#endif
