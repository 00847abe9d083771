/* SPDX-License-Identifier: Apache-2.0
 *
 * book_report.c - a book for people and for programs.
 *
 * In:  a book that is closed.   Out: a table for each source, then what does not add up; or one
 *      JSON document.
 * Thread: one.   Owns: nothing.
 * Invariants: (1) names that came from outside are escaped.
 */
#include "base/timestamp.h"
#include "cli/accounts/book_internal.h"
#include "cli/json_out.h"

#include <inttypes.h>

static void add_date(struct buffer *out, int64_t day_ns)
{
    struct timestamp_fields fields = timestamp_to_fields(day_ns);
    buffer_printf(out, "%04d-%02u-%02u", (int)fields.year, fields.month, fields.day);
}

/* Under every source, the columns of its days. A count that is rarely other than 0 has none. */
static bool has_column(size_t count)
{
    return count != BOOK_UNBALANCED;
}

static void add_head(struct buffer *out)
{
    buffer_add_text(out, "  day         hours");
    for (size_t i = 0; i < BOOK_COUNTS; i++) {
        if (has_column(i)) {
            buffer_printf(out, " %13s", book_counts[i].heading);
        }
    }
    buffer_add_text(out, "  residue\n");
}

static void add_day(const struct book_day *day, struct buffer *out)
{
    buffer_add_text(out, "  ");
    add_date(out, day->day_ns);
    buffer_printf(out, "  %5" PRIu32, day->hours);
    for (size_t i = 0; i < BOOK_COUNTS; i++) {
        if (has_column(i)) {
            buffer_printf(out, " %13" PRIu64, day->counts[i]);
        }
    }
    buffer_printf(out, "  %7" PRId64, book_residue(day->counts));
    if (day->partial > 0) {
        buffer_printf(out, "  (%" PRIu32 " of %" PRIu32 " accounts partial)", day->partial,
                      day->accounts);
    }
    buffer_add_byte(out, '\n');
}

static void add_source(const struct book *book, const struct book_source *source,
                       struct buffer *out)
{
    book_add_source(source->line, out);
    buffer_add_byte(out, '\n');
    add_head(out);
    for (uint32_t i = 0; i < source->days_count; i++) {
        add_day(&book->days[source->first_day + i], out);
    }
    if (source->has_offsets) {
        buffer_printf(out,
                      "  offsets %" PRIu64 " to %" PRIu64 ": %" PRIu64 " read, %" PRIu64
                      " without a message\n",
                      source->first, source->last, source->read, source->missing);
    }
    if (source->silent_hours > 0) {
        buffer_printf(out, "  hours without an account in between: %" PRIu64 "\n",
                      source->silent_hours);
    }
}

void book_render_text(const struct book *book, struct buffer *out)
{
    for (uint32_t i = 0; i < book->sources_count; i++) {
        add_source(book, &book->sources[i], out);
    }
    buffer_printf(out,
                  "%" PRIu64 " lines, %" PRIu32 " accounts, %" PRIu32 " sources: ", book->lines,
                  book->accounts_count, book->sources_count);
    if (book->problems_total == 0) {
        buffer_add_text(out, "everything adds up\n");
        return;
    }
    buffer_printf(out, "%" PRIu64 " things do not add up\n", book->problems_total);
    for (uint32_t i = 0; i < book->problems_count; i++) {
        buffer_printf(out, "  %.*s\n", STR_ARG(book->problems[i]));
    }
    if (book->problems_total > book->problems_count) {
        buffer_printf(out, "  and %" PRIu64 " more\n", book->problems_total - book->problems_count);
    }
}

/* --- JSON ------------------------------------------------------------------------------------- */

static cJSON *day_json(const struct book_day *day)
{
    cJSON *json = cJSON_CreateObject();
    struct buffer date = {0};
    add_date(&date, day->day_ns);
    json_out_text(json, "day", buffer_str(&date));
    buffer_release(&date);
    json_out_count(json, "hours", day->hours);
    json_out_count(json, "accounts", day->accounts);
    json_out_count(json, "partial", day->partial);
    for (size_t i = 0; i < BOOK_COUNTS; i++) {
        json_out_count(json, book_counts[i].name, day->counts[i]);
    }
    cJSON_AddNumberToObject(json, "residue", (double)book_residue(day->counts));
    return json;
}

static cJSON *source_json(const struct book *book, const struct book_source *source)
{
    cJSON *json = cJSON_CreateObject();
    json_out_text(json, "kind", source->line->kind);
    json_out_text(json, "source", source->line->source);
    if (source->line->partition >= 0) {
        cJSON_AddNumberToObject(json, "partition", (double)source->line->partition);
    }
    json_out_count(json, "silent_hours", source->silent_hours);
    if (source->has_offsets) {
        cJSON *offsets = cJSON_AddObjectToObject(json, "offsets");
        json_out_count(offsets, "first", source->first);
        json_out_count(offsets, "last", source->last);
        json_out_count(offsets, "read", source->read);
        json_out_count(offsets, "missing", source->missing);
    }
    cJSON *days = cJSON_AddArrayToObject(json, "days");
    for (uint32_t i = 0; i < source->days_count; i++) {
        cJSON_AddItemToArray(days, day_json(&book->days[source->first_day + i]));
    }
    return json;
}

void book_render_json(const struct book *book, struct buffer *out)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *sources = cJSON_AddArrayToObject(root, "sources");
    for (uint32_t i = 0; i < book->sources_count; i++) {
        cJSON_AddItemToArray(sources, source_json(book, &book->sources[i]));
    }
    json_out_count(root, "lines", book->lines);
    json_out_count(root, "accounts", book->accounts_count);
    json_out_count(root, "problems_count", book->problems_total);
    cJSON *problems = cJSON_AddArrayToObject(root, "problems");
    for (uint32_t i = 0; i < book->problems_count; i++) {
        struct buffer text = {0};
        buffer_add_json_string(&text, book->problems[i]);
        buffer_add_byte(&text, '\0');
        cJSON_AddItemToArray(problems, cJSON_CreateRaw(text.ptr));
        buffer_release(&text);
    }
    json_out_finish(root, out);
}
