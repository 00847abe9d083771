/* SPDX-License-Identifier: Apache-2.0
 *
 * book.c - see book.h: which line of an account counts, and what is wrong with single accounts.
 */
#include "cli/accounts/book.h"

#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/accounts/book_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BOOK_COUNT_ROW(name, text, heading) {text, heading},
const struct book_count_row book_counts[BOOK_COUNTS] = {BOOK_COUNT_TABLE(BOOK_COUNT_ROW)};
#undef BOOK_COUNT_ROW

struct book *book_new(void)
{
    struct book *book = memory_new(1, sizeof *book);
    book->arena = arena_new(0);
    book->scratch = arena_new(BOOK_LINE_BYTES_MAX);
    book->numbers = map_new();
    return book;
}

void book_free(struct book *book)
{
    if (book == NULL) {
        return;
    }
    for (uint32_t i = 0; i < book->accounts_count; i++) {
        memory_free(book->accounts[i].sequences);
    }
    memory_free(book->accounts);
    memory_free(book->sources);
    memory_free(book->days);
    memory_free(book->problems);
    map_free(book->numbers);
    arena_free(book->arena);
    arena_free(book->scratch);
    memory_free(book);
}

void book_complain(struct book *book, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    book->problems_total++;
    if (book->problems_count == BOOK_PROBLEMS_MAX) {
        return;
    }
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    MEMORY_GROW(book->problems, book->problems_count, book->problems_capacity);
    book->problems[book->problems_count++] = arena_copy(book->arena, str_of(text));
}

void book_add_source(const struct book_line *line, struct buffer *out)
{
    buffer_add_printable(out, line->source);
    if (line->partition >= 0) {
        buffer_printf(out, "[%" PRId64 "]", line->partition);
    }
}

int64_t book_residue(const uint64_t counts[BOOK_COUNTS])
{
    return (int64_t)(counts[BOOK_RECORDS] - counts[BOOK_EVALUATED] - counts[BOOK_FILTERED] -
                     counts[BOOK_DEAD] - counts[BOOK_DUPLICATES]);
}

/* --- lines ------------------------------------------------------------------------------------ */

/* Is the line a later one than the account's? */
static bool counts_more(const struct book_line *line, const struct book_line *before)
{
    return line->sequence != before->sequence
               ? line->sequence > before->sequence
               : line->counts[BOOK_RECORDS] > before->counts[BOOK_RECORDS];
}

static bool is_of_one_place(const struct book_line *left, const struct book_line *right)
{
    return str_equal(left->source, right->source) && str_equal(left->kind, right->kind) &&
           left->partition == right->partition && left->hour_ns == right->hour_ns;
}

static void keep(struct book *book, struct book_account *account, const struct book_line *line,
                 const char *place)
{
    const struct book_line *known = &account->line;
    bool more = counts_more(line, known);
    const struct book_line *early = more ? known : line;
    const struct book_line *late = more ? line : known;
    if (!is_of_one_place(line, known)) {
        book_complain(book, "%s: account %.*s is of another source or hour elsewhere", place,
                      STR_ARG(line->account));
        return;
    }
    if (late->sequence > early->sequence &&
        late->counts[BOOK_RECORDS] < early->counts[BOOK_RECORDS]) {
        book_complain(
            book, "%s: account %.*s has fewer records with sequence %" PRIu64 " than with %" PRIu64,
            place, STR_ARG(line->account), late->sequence, early->sequence);
    }
    if (more) {
        account->line = *line;
    }
}

static void add_line(struct book *book, struct book_line *line, const char *place)
{
    uint32_t index = map_get(book->numbers, line->account);
    if (index == MAP_NONE) {
        index = book->accounts_count;
        map_set(book->numbers, line->account, index);
        line->account = map_key_at(book->numbers, index);
        line->kind = arena_copy(book->arena, line->kind);
        line->source = arena_copy(book->arena, line->source);
        MEMORY_GROW(book->accounts, book->accounts_count, book->accounts_capacity);
        book->accounts[book->accounts_count++] = (struct book_account){.line = *line};
    } else {
        struct book_line before = book->accounts[index].line;
        keep(book, &book->accounts[index], line, place);
        book->accounts[index].line.account = before.account;
        book->accounts[index].line.kind = before.kind;
        book->accounts[index].line.source = before.source;
    }
    struct book_account *account = &book->accounts[index];
    MEMORY_GROW(account->sequences, account->sequences_count, account->sequences_capacity);
    account->sequences[account->sequences_count++] = line->sequence;
}

void book_add(struct book *book, const char *name, uint64_t number, struct str text)
{
    struct buffer place = {0};
    struct book_line line;
    arena_reset(book->scratch);
    buffer_add_printable(&place, str_of(name));
    buffer_printf(&place, ":%" PRIu64, number);
    buffer_add_byte(&place, '\0');
    const char *wrong = "it is too long";
    if (text.len <= BOOK_LINE_BYTES_MAX) {
        wrong = book_line_read(book->scratch, text, &line);
    }
    if (wrong != NULL) {
        book_complain(book, "%s: this is no line of an account: %s", place.ptr, wrong);
    } else {
        book->lines++;
        add_line(book, &line, place.ptr);
    }
    buffer_release(&place);
}

/* --- accounts --------------------------------------------------------------------------------- */

static int compare_u64(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

/* "source hour" for a complaint. In the scratch arena. */
static const char *name_of(struct book *book, const struct book_line *line)
{
    struct buffer text = {0};
    book_add_source(line, &text);
    buffer_add_byte(&text, ' ');
    buffer_add_time(&text, line->hour_ns);
    arena_reset(book->scratch);
    const char *name = arena_copy(book->scratch, buffer_str(&text)).ptr;
    buffer_release(&text);
    return name;
}

/* Lines that are not there: the last one counts and is there, but who took the others? */
static void check_sequences(struct book *book, struct book_account *account)
{
    uint64_t want = 0;
    qsort(account->sequences, account->sequences_count, sizeof *account->sequences, compare_u64);
    for (uint32_t i = 0; i < account->sequences_count; i++) {
        if (account->sequences[i] > want) {
            book_complain(book,
                          "%s: account %.*s lacks %" PRIu64 " lines from sequence %" PRIu64 " on",
                          name_of(book, &account->line), STR_ARG(account->line.account),
                          account->sequences[i] - want, want);
        }
        want = account->sequences[i] + 1;
    }
}

static void check_line(struct book *book, const struct book_line *line)
{
    int64_t residue = book_residue(line->counts);
    if (residue != 0) {
        book_complain(book, "%s: %" PRId64 " records are not accounted for", name_of(book, line),
                      residue);
    }
    if (residue != line->residue) {
        book_complain(book, "%s: the line tells a residue of %" PRId64 ", its counts of %" PRId64,
                      name_of(book, line), line->residue, residue);
    }
    if (line->counts[BOOK_UNBALANCED] > 0) {
        book_complain(book, "%s: %" PRIu64 " chunks did not add up", name_of(book, line),
                      line->counts[BOOK_UNBALANCED]);
    }
    if (line->lost > 0) {
        book_complain(book, "%s: %" PRIu64 " offsets were passed over", name_of(book, line),
                      line->lost);
    }
}

static int compare_accounts(const void *left, const void *right)
{
    const struct book_line *a = &((const struct book_account *)left)->line;
    const struct book_line *b = &((const struct book_account *)right)->line;
    int order = str_compare(a->source, b->source);
    order = order != 0 ? order : (a->partition > b->partition) - (a->partition < b->partition);
    order = order != 0 ? order : str_compare(a->kind, b->kind);
    order = order != 0 ? order : (a->hour_ns > b->hour_ns) - (a->hour_ns < b->hour_ns);
    return order != 0 ? order : str_compare(a->account, b->account);
}

void book_close(struct book *book)
{
    if (book->accounts_count > 0) {
        qsort(book->accounts, book->accounts_count, sizeof *book->accounts, compare_accounts);
    }
    for (uint32_t i = 0; i < book->accounts_count; i++) {
        check_sequences(book, &book->accounts[i]);
        check_line(book, &book->accounts[i].line);
    }
    book_add_up(book);
}

uint64_t book_problems(const struct book *book)
{
    return book->problems_total;
}
