/* SPDX-License-Identifier: Apache-2.0
 *
 * command_dlq_list.c - `tocsin dlq list`: which dead letters there are, and how many of each kind.
 */
#include "cli/dlq/dlq.h"
#include "cli/dlq/dlq_counts.h"

#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

/* So many bytes of a record are shown before and behind the place where it breaks. */
enum { SHOWN_BEFORE = 16, SHOWN_BEHIND = 32, OUT_BYTES = 65536 };

struct listing {
    struct dlq_counts *counts;
    struct buffer out;
    bool json;
    bool only_counts;
    bool begun;
};

static void pad_to(struct buffer *out, size_t end)
{
    do {
        buffer_add_byte(out, ' ');
    } while (out->len < end);
}

static void add_row(const struct dlq_entry *entry, struct buffer *out)
{
    const struct dead_letter *letter = &entry->letter;
    size_t start = out->len;
    buffer_printf(out, "%8llu  ", (unsigned long long)entry->number);
    if (letter->reference_ns != TIMESTAMP_NONE) {
        buffer_add_time(out, letter->reference_ns);
    }
    pad_to(out, start + 42);
    buffer_add_printable(out, letter->reason);
    pad_to(out, start + 58);
    struct buffer place = {0};
    size_t at = out->len;
    dead_letter_place(letter, &place);
    buffer_add_printable(out, buffer_str(&place));
    buffer_release(&place);
    pad_to(out, at + 32);
    size_t from = letter->fault_at > SHOWN_BEFORE ? letter->fault_at - SHOWN_BEFORE : 0;
    from = letter->cut ? 0 : from;
    buffer_add_printable(out, str_slice(letter->record, from, SHOWN_BEFORE + SHOWN_BEHIND));
    buffer_add_byte(out, '\n');
}

static void add_text(struct buffer *out, const char *name, struct str text)
{
    buffer_printf(out, ",\"%s\":", name);
    buffer_add_json_string(out, text);
}

static void add_count(struct buffer *out, const char *name, uint64_t count)
{
    buffer_printf(out, ",\"%s\":%llu", name, (unsigned long long)count);
}

static void add_json(const struct dlq_entry *entry, struct buffer *out)
{
    const struct dead_letter *letter = &entry->letter;
    struct buffer text = {0};
    dead_letter_place(letter, &text);
    buffer_printf(out, "{\"number\":%llu", (unsigned long long)entry->number);
    add_text(out, "place", buffer_str(&text));
    if (letter->reference_ns != TIMESTAMP_NONE) {
        buffer_clear(&text);
        buffer_add_time(&text, letter->reference_ns);
        add_text(out, "@timestamp", buffer_str(&text));
    }
    add_text(out, "reason", letter->reason);
    add_count(out, "fault_at", letter->fault_at);
    add_text(out, "source", letter->source);
    if (letter->partition >= 0) {
        add_count(out, "partition", (uint64_t)letter->partition);
    }
    add_count(out, "offset", letter->offset);
    add_count(out, "sub", letter->sub);
    add_count(out, "bytes", letter->record.len);
    buffer_add_text(out, letter->cut ? ",\"cut\":true}\n" : ",\"cut\":false}\n");
    buffer_release(&text);
}

static void print(struct buffer *out)
{
    if (out->len > 0) {
        fwrite(out->ptr, 1, out->len, stdout);
    }
    buffer_clear(out);
}

/* dlq_visit_fn */
static int list_entry(void *context, const struct dlq_entry *entry, struct err *err)
{
    struct listing *listing = context;
    (void)err;
    dlq_counts_add(listing->counts, entry->letter.reason, entry->letter.source);
    if (!listing->only_counts && listing->json) {
        add_json(entry, &listing->out);
    } else if (!listing->only_counts) {
        if (!listing->begun) {
            buffer_printf(&listing->out, "%8s  %-32s%-16s%-32sRECORD\n", "NUMBER", "TIME", "REASON",
                          "PLACE");
            listing->begun = true;
        }
        add_row(entry, &listing->out);
    }
    if (listing->out.len > OUT_BYTES) {
        print(&listing->out);
    }
    return 0;
}

static int list(const struct dlq_request *request, struct listing *listing)
{
    struct err err = {0};
    struct dlq_totals totals = {0};
    listing->counts = dlq_counts_new();
    int failed = dlq_walk(request, list_entry, listing, &totals, &err);
    if (failed == 0 && listing->json && listing->only_counts) {
        dlq_counts_json(listing->counts, &totals, &listing->out);
    } else if (failed == 0 && !listing->json) {
        buffer_add_text(&listing->out, listing->begun ? "\n" : "");
        dlq_counts_text(listing->counts, &totals, &listing->out);
    }
    print(&listing->out);
    buffer_release(&listing->out);
    dlq_counts_free(listing->counts);
    if (failed != 0) {
        return command_fail(&err);
    }
    return totals.unreadable > 0 ? EXIT_FOUND : EXIT_DONE;
}

static int run_list(int argc, char **argv)
{
    struct dlq_request request;
    struct listing listing = {0};
    struct options options;
    dlq_request_begin(&request, &command_dlq_list, argc);
    options_begin(&options, &command_dlq_list, argc, argv);
    while (options_next(&options)) {
        if (options_is(&options, "counts")) {
            listing.only_counts = true;
        } else if (options_is(&options, "format")) {
            listing.json = strcmp(options.value, "json") == 0;
        } else {
            dlq_request_take(&request, &options);
        }
    }
    int code = options.exit_code;
    if (!options.stopped) {
        code = dlq_request_finish(&request, &options, options.first);
        code = code == EXIT_DONE ? list(&request, &listing) : code;
    }
    dlq_request_release(&request);
    return code;
}

static const struct option_row list_options[] = {
    DLQ_OPTIONS,
    {"counts", NULL, NULL, "only how many there are of each reason and source"},
    {"format", "NAME", "text json", "default text; json: one object a letter, or one of counts"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_dlq_list = {
    "dlq list",
    "list dead letters, and how many there are of each kind",
    "[PATH]...",
    list_options,
    "PATH is a file that a sink of dead letters wrote, read after those that it was rotated to\n"
    "(PATH.2, PATH.1, PATH); a folder of such files; or - for standard input. A topic is read\n"
    "partition by partition. Nothing is changed, no offset is committed. What is written while\n"
    "this runs is not read.\n\n"
    "A letter's number counts all lines of the input from 1, whatever is filtered: it stays the\n"
    "same until the oldest file is deleted or a topic's first messages expire. Its place stays\n"
    "for ever: SOURCE:OFFSET or TOPIC/PARTITION:OFFSET, and .SUB when the record is not the first\n"
    "one there. The record is shown around the byte where it breaks.\n\n"
    "exit codes: 0 done; 1 some lines are no dead letters; 2 wrong usage or configuration; 3 a\n"
    "file or broker failed\n\n"
    "examples:\n"
    "  tocsin dlq list /var/lib/tocsin/dead-letters.jsonl\n"
    "  tocsin dlq list --config /etc/tocsin/tocsin.yml --counts\n"
    "  tocsin dlq list --brokers kafka-1:9092 --topic dead --reason json --since "
    "2026-03-02T00:00:00Z\n",
    run_list,
};
