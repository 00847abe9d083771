/* SPDX-License-Identifier: Apache-2.0
 *
 * command_dlq_show.c - `tocsin dlq show`: one dead letter, where it breaks, and what to do.
 */
#include "cli/dlq/dlq.h"

#include "base/timestamp.h"

#include <stdio.h>
#include <string.h>

/* So many bytes of the record are shown before and behind the place where it breaks. */
enum { SHOWN_BEFORE = 60, SHOWN_BEHIND = 60 };

struct search {
    uint64_t number; /* 0: by place */
    struct str place;
    bool raw;
    bool found;
};

/* What to do about each reason; the first row is for those that are not here. */
static const struct {
    enum record_fault fault;
    const char *text;
} advice_table[] = {
    {RECORD_FAULT_NONE, "This program does not know the reason: a later version wrote the letter."},
    {RECORD_FAULT_OVERSIZE, "If such records are wanted, raise source.record_bytes_max and read "
                            "the source again from there: the letter has only the beginning."},
    {RECORD_FAULT_TRUNCATED, "Its writer stopped in the middle, or the file was still being "
                             "copied. Read the source again when it is whole."},
    {RECORD_FAULT_GZIP, "Get the object anew from where it came; what could be inflated was read."},
    {RECORD_FAULT_INFLATE_LIMIT, "Look whether it is a bomb (`version --limits`: INFLATE_*). If "
                                 "not, inflate it before it is sent."},
    {RECORD_FAULT_JSON, "Look at the marked byte: most often the writer cut the record, did not "
                        "escape a quote, or another format is mixed in."},
    {RECORD_FAULT_JSON_STRICT, "Mend the writer, or set decoder.strict_json: false, and replay."},
    {RECORD_FAULT_JSON_DEPTH, "No known log nests so deep: look who wrote it."},
    {RECORD_FAULT_JSON_TYPE, "It is a JSON value, but no object: look whether the right topic or "
                             "file is read."},
    {RECORD_FAULT_VALUES, "Look whether the record is made to be too large to be looked at."},
    {RECORD_FAULT_ENVELOPE, "Its frame is known, but not its content: look at what was put in."},
    {RECORD_FAULT_ENVELOPE_DEPTH, "Envelopes in envelopes: look who wraps them once more."},
    {RECORD_FAULT_UNRECOGNIZED, "Name the format (source.decoder, or source.decoders for the "
                                "topic; `version --decoders`), then replay."},
    {RECORD_FAULT_CLOUDTRAIL, "If it is another kind of JSON, set the decoder json for its source, "
                              "then replay."},
    {RECORD_FAULT_S3ACCESS, "The line is cut, or of another format: look at the marked byte."},
};

static const char *advice_for(enum record_fault fault)
{
    const char *text = advice_table[0].text;
    for (size_t i = 1; i < sizeof advice_table / sizeof advice_table[0]; i++) {
        text = advice_table[i].fault == fault ? advice_table[i].text : text;
    }
    return text;
}

static size_t columns_of(struct str text)
{
    size_t columns = 0;
    for (size_t i = 0; i < text.len; i++) {
        columns += ((unsigned char)text.ptr[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return columns;
}

/* The record around the byte where it breaks, and a mark under that. */
static void add_excerpt(const struct dead_letter *letter, struct buffer *out)
{
    size_t at = letter->cut ? 0 : letter->fault_at;
    size_t from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
    struct str before = str_slice(letter->record, from, at - from);
    struct str behind = str_slice(letter->record, at, SHOWN_BEHIND);
    buffer_printf(out, "bytes %zu to %zu:\n  ", from, from + before.len + behind.len);
    size_t start = out->len;
    buffer_add_printable(out, before);
    size_t columns = columns_of(str_slice(buffer_str(out), start, out->len - start));
    buffer_add_printable(out, behind);
    if (!letter->cut) {
        buffer_printf(out, "\n  %*s^ byte %zu", (int)columns, "", at);
    }
    buffer_add_byte(out, '\n');
}

static void add_entry(const struct dlq_entry *entry, struct buffer *out)
{
    const struct dead_letter *letter = &entry->letter;
    struct buffer place = {0};
    bool known = letter->fault < RECORD_FAULTS;
    buffer_printf(out, "dead letter %llu in ", (unsigned long long)entry->number);
    buffer_add_printable(out, str_of(entry->line->name));
    if (entry->line->partition >= 0) {
        buffer_printf(out, "/%d", (int)entry->line->partition);
    }
    buffer_printf(out, ":%llu\nplace   ", (unsigned long long)entry->line->at);
    dead_letter_place(letter, &place);
    buffer_add_printable(out, buffer_str(&place));
    buffer_release(&place);
    if (letter->reference_ns != TIMESTAMP_NONE) {
        buffer_add_text(out, "\ntime    ");
        buffer_add_time(out, letter->reference_ns);
    }
    buffer_add_text(out, "\nreason  ");
    buffer_add_printable(out, letter->reason);
    buffer_add_text(out, ": ");
    buffer_add_printable(out,
                         known ? str_of(record_fault_sentence(letter->fault)) : letter->detail);
    buffer_printf(out, "\nlength  %zu bytes", letter->record.len);
    if (letter->cut) {
        buffer_printf(out, ", the beginning of %u", letter->fault_at);
    }
    buffer_add_byte(out, '\n');
    add_excerpt(letter, out);
    buffer_printf(out, "what to do\n  %s\n", advice_for(known ? letter->fault : RECORD_FAULT_NONE));
}

static bool is_wanted(const struct search *search, const struct dlq_entry *entry)
{
    if (search->number > 0) {
        return entry->number == search->number;
    }
    struct buffer place = {0};
    dead_letter_place(&entry->letter, &place);
    bool wanted = str_equal(buffer_str(&place), search->place);
    buffer_release(&place);
    return wanted;
}

/* dlq_visit_fn */
static int show_entry(void *context, const struct dlq_entry *entry, struct err *err)
{
    struct search *search = context;
    (void)err;
    if (!is_wanted(search, entry)) {
        return 0;
    }
    search->found = true;
    struct buffer out = {0};
    if (search->raw) {
        buffer_add(&out, entry->letter.record);
    } else {
        add_entry(entry, &out);
    }
    if (out.len > 0) {
        fwrite(out.ptr, 1, out.len, stdout);
    }
    buffer_release(&out);
    return 1;
}

static int show(const struct dlq_request *request, struct search *search)
{
    struct err err = {0};
    struct dlq_totals totals = {0};
    if (dlq_walk(request, show_entry, search, &totals, &err) != 0) {
        return command_fail(&err);
    }
    if (!search->found) {
        fprintf(stderr, "tocsin: there is no such letter among %llu\n",
                (unsigned long long)totals.selected);
    }
    return search->found ? EXIT_DONE : EXIT_FOUND;
}

static int run_show(int argc, char **argv)
{
    struct dlq_request request;
    struct search search = {0};
    struct options options;
    dlq_request_begin(&request, &command_dlq_show, argc);
    options_begin(&options, &command_dlq_show, argc, argv);
    while (options_next(&options)) {
        if (options_is(&options, "raw")) {
            search.raw = true;
        } else {
            dlq_request_take(&request, &options);
        }
    }
    int code = options.exit_code;
    if (!options.stopped && options.first == argc) {
        code = options_wrong(&command_dlq_show, "name the letter: its number or its place");
    } else if (!options.stopped) {
        search.place = str_of(argv[options.first]);
        if (!str_to_u64(search.place, &search.number)) {
            search.number = 0;
        }
        code = dlq_request_finish(&request, &options, options.first + 1);
        code = code == EXIT_DONE ? show(&request, &search) : code;
    }
    dlq_request_release(&request);
    return code;
}

static const struct option_row show_options[] = {
    DLQ_OPTIONS,
    {"raw", NULL, NULL, "the record's bytes, and nothing else"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_dlq_show = {
    "dlq show",
    "show a dead letter, the byte where it breaks, and what to do",
    "NUMBER|PLACE [PATH]...",
    show_options,
    "NUMBER and PLACE are those that `tocsin dlq list` prints for the same input; of several\n"
    "letters of one place (a crash may repeat them) the first is shown. Control characters of the\n"
    "record are shown as text; --raw writes its bytes as they are: not to a terminal.\n\n"
    "exit codes: 0 done; 1 there is no such letter; 2 wrong usage or configuration; 3 a file or\n"
    "broker failed\n\n"
    "examples:\n"
    "  tocsin dlq show 17 /var/lib/tocsin/dead-letters.jsonl\n"
    "  tocsin dlq show calls/3:4711 --config /etc/tocsin/tocsin.yml\n"
    "  tocsin dlq show 17 --raw dead-letters.jsonl | xxd | less\n",
    run_show,
};
