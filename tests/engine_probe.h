/* SPDX-License-Identifier: Apache-2.0
 *
 * engine_probe.h - for tests: give the whole engine one input in a form of choice, get what became
 * of it as one text.
 *
 * In:  rules, bytes, how they are delivered.   Out: "title;" for each alert, "dead reason;" for
 *      each dead letter, "filtered;" for each filtered record, in the order of the sinks.
 * Thread: one test at a time.   Owns: everything, until probe_close.
 * Invariants: (1) every piece stands at the end of readable memory.
 */
#ifndef TOCSIN_TESTS_ENGINE_PROBE_H
#define TOCSIN_TESTS_ENGINE_PROBE_H

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/engine/engine_internal.h"
#include "tests/page_end.h"

#include <stdio.h>
#include <stdlib.h>

struct probe_input {
    struct str bytes;
    bool message;        /* a Kafka value; else a stream */
    size_t cut;          /* the stream comes in two pieces, the first of so many bytes */
    size_t piece;        /* the stream comes in pieces of so many bytes; 0: whole */
    const char *decoder; /* NULL: by content */
    bool strict;         /* JSON is checked whole */
};

static struct {
    char rules_path[64];
    const struct probe_input *input;
    size_t given;
    struct page_end *pieces;
    uint32_t pieces_count;
    uint32_t pieces_capacity;
    struct buffer outcome;
    struct engine_summary summary;
    bool shows_alerts; /* an alert is its JSON and a line end, not its title */
} probe;

static inline int probe_open_source(struct source *source, const struct source_options *options,
                                    struct err *err)
{
    (void)err;
    (void)source_add_stream(source, options, "probe", probe.input->message ? 0 : -1);
    source->streams[0]->source = "probe";
    source->streams[0]->reference_ns = TIMESTAMP_NONE;
    return 0;
}

static inline enum source_poll probe_poll(struct source *source, struct batch *batch,
                                          int timeout_ms, struct err *err)
{
    (void)timeout_ms;
    (void)err;
    const struct probe_input *input = probe.input;
    struct stream *stream = source->streams[0];
    if (probe.given > input->bytes.len) {
        return SOURCE_END;
    }
    size_t len = input->bytes.len;
    len = input->piece > 0 ? input->piece : len;
    len = input->cut > 0 && probe.given == 0 ? input->cut : len;
    struct str more = str_slice(input->bytes, probe.given, len);
    bool end = probe.given + more.len == input->bytes.len;
    struct buffer text = {0};
    buffer_add(&text, buffer_str(&stream->carry));
    buffer_add(&text, more);
    MEMORY_GROW(probe.pieces, probe.pieces_count, probe.pieces_capacity);
    struct page_end *page_end = &probe.pieces[probe.pieces_count++];
    page_end_init(page_end, text.len);
    struct chunk *chunk =
        batch_add_chunk(batch, stream, page_end_copy(page_end, buffer_str(&text)));
    buffer_release(&text);
    chunk->offset = stream->offset;
    chunk->message = input->message;
    chunk->end = end;
    probe.given += end ? input->bytes.len + 1 - probe.given : more.len;
    return SOURCE_BATCH;
}

static inline void probe_release(struct source *source, struct batch *batch)
{
    (void)source;
    (void)batch;
}

static inline void probe_delivered(struct source *source, const struct batch *batch)
{
    (void)source;
    (void)batch;
}

static inline void probe_close_source(struct source *source)
{
    (void)source;
}

static inline int probe_open_sink(struct sink *sink, const struct sink_options *options,
                                  struct err *err)
{
    (void)sink;
    (void)options;
    (void)err;
    return 0;
}

static inline int probe_write(struct sink *sink, const struct sink_item *item, struct err *err)
{
    (void)sink;
    (void)err;
    if (item->alert != NULL && probe.shows_alerts) {
        buffer_add(&probe.outcome, item->json);
        buffer_add_byte(&probe.outcome, '\n');
        return 0;
    }
    if (item->alert != NULL) {
        buffer_add(&probe.outcome, item->alert->rule->title);
        buffer_add_byte(&probe.outcome, ';');
        return 0;
    }
    struct str key = STR("\"reason\":\"");
    size_t at = str_find(item->json, key);
    assert_int_not_equal(at, STR_NOT_FOUND);
    struct str rest = str_slice(item->json, at + key.len, item->json.len);
    buffer_printf(&probe.outcome, "dead %.*s;", (int)str_find_byte(rest, '"'), rest.ptr);
    return 0;
}

static inline int probe_flush(struct sink *sink, struct err *err)
{
    (void)sink;
    (void)err;
    return 0;
}

static inline void probe_close_sink(struct sink *sink)
{
    (void)sink;
}

static inline void probe_open(const char *rules)
{
    snprintf(probe.rules_path, sizeof probe.rules_path, "/tmp/tocsin_probe_%d.yml", (int)getpid());
    FILE *file = fopen(probe.rules_path, "w");
    assert_non_null(file);
    assert_true(fputs(rules, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void probe_close(void)
{
    unlink(probe.rules_path);
    buffer_release(&probe.outcome);
    memory_free(probe.pieces);
    memset(&probe, 0, sizeof probe);
}

/* Runs the engine over the input; the result is valid until the next run. */
static inline const char *probe_run(const struct probe_input *input)
{
    static const struct source_ops source = {.name = "probe",
                                             .open = probe_open_source,
                                             .poll = probe_poll,
                                             .release = probe_release,
                                             .delivered = probe_delivered,
                                             .close = probe_close_source};
    static const struct sink_ops sink = {.name = "probe",
                                         .open = probe_open_sink,
                                         .write = probe_write,
                                         .flush = probe_flush,
                                         .close = probe_close_sink};
    static const struct engine_parts parts = {&source, &sink, &sink};
    const char *rules[] = {probe.rules_path};
    struct sink_options sinks[1] = {{.kind = "probe"}};
    struct engine_options options = {
        .source = {.kind = "probe",
                   .decoder = input->decoder,
                   .framing = {.record_bytes_max = LIMIT_RECORD_BYTES,
                               .document_record_bytes_max = LIMIT_DOCUMENT_RECORD_BYTES}},
        .decoder = {.strict_json = input->strict},
        .rules = rules,
        .rules_count = 1,
        .alerts = sinks,
        .alerts_count = 1,
        .dead_letters = sinks,
        .dead_letters_count = 1,
        .threads = 1,
    };
    struct engine *engine = NULL;
    struct err err = {0};
    probe.input = input;
    probe.given = 0;
    probe.pieces_count = 0;
    buffer_clear(&probe.outcome);
    assert_int_equal(engine_new_with(&options, &parts, &engine, &err), 0);
    assert_int_equal(engine_run(engine, &err), 0);
    engine_summarize(engine, &probe.summary);
    assert_int_equal(probe.summary.residue, 0);
    engine_free(engine);
    for (uint32_t i = 0; i < probe.pieces_count; i++) {
        page_end_release(&probe.pieces[i]);
    }
    for (uint64_t i = 0; i < probe.summary.total.outcomes[RECORD_FILTERED]; i++) {
        buffer_add_text(&probe.outcome, "filtered;");
    }
    buffer_add_byte(&probe.outcome, '\0');
    return probe.outcome.ptr;
}

#endif
