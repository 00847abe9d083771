/* SPDX-License-Identifier: Apache-2.0
 *
 * test_engine_invariance.c - alerts and dead letters are the same bytes for any number of threads
 * and any block size: made logs of every source, read by the real file source.
 */
#include "base/buffer.h"
#include "cli/engine/engine_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static char folder[64];
static struct buffer alerts;
static struct buffer dead_letters;

/* --- sinks that remember ---------------------------------------------------------------------- */

static int open_nothing(struct sink *sink, const struct sink_options *options, struct err *err)
{
    (void)sink;
    (void)options;
    (void)err;
    return 0;
}

static int remember(struct sink *sink, const struct sink_item *item, struct err *err)
{
    (void)sink;
    (void)err;
    buffer_add(item->alert != NULL ? &alerts : &dead_letters, item->json);
    return 0;
}

static int flush_nothing(struct sink *sink, struct err *err)
{
    (void)sink;
    (void)err;
    return 0;
}

static void close_nothing(struct sink *sink)
{
    (void)sink;
}

static const struct sink_ops memory_sink = {
    .name = "memory",
    .doc = "remembers",
    .open = open_nothing,
    .write = remember,
    .flush = flush_nothing,
    .close = close_nothing,
};

/* --- made logs -------------------------------------------------------------------------------- */

static uint32_t draw(uint64_t *state, uint32_t bound)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % bound;
}

static void add_cloudtrail(struct buffer *out, uint64_t *state, uint32_t second)
{
    static const char *const names[] = {"CreateUser", "ListUsers",     "GetRole",
                                        "DeleteRole", "PutRolePolicy", "AttachUserPolicy"};
    static const char *const errors[] = {"", ",\"errorCode\":\"AccessDenied\"", "",
                                         ",\"errorCode\":\"Client.AccessDenied\\u002e\""};
    buffer_printf(out,
                  "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"IAMUser\",\"arn\":"
                  "\"arn:aws:iam::111122223333:user/u%u\"},\"eventTime\":"
                  "\"2026-01-02T%02u:%02u:%02uZ\",\"eventSource\":\"%s.amazonaws.com\","
                  "\"eventName\":\"%s\",\"sourceIPAddress\":\"192.0.2.%u\",\"userAgent\":"
                  "\"a \\\"quoted\\\" [agent] {%u}\"%s}",
                  draw(state, 3), second / 3600, second / 60 % 60, second % 60,
                  draw(state, 2) == 0 ? "iam" : "s3", names[draw(state, 6)], draw(state, 9),
                  draw(state, 1000), errors[draw(state, 4)]);
}

static void add_s3(struct buffer *out, uint64_t *state, uint32_t second)
{
    static const char *const operations[] = {"REST.GET.OBJECT", "REST.DELETE.OBJECT",
                                             "REST.PUT.OBJECT"};
    buffer_printf(out,
                  "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be bucket "
                  "[02/Jan/2026:%02u:%02u:%02u +0000] 203.0.113.%u - "
                  "3E57427F33A59F07 %s key \"GET /a?b=\\\"%u HTTP/1.1\" 200 - 5 5 7 8 \"-\" "
                  "\"agent\" - hostid= SigV4 cipher AuthHeader endpoint TLSv1.2 - -\n",
                  second / 3600, second / 60 % 60, second % 60, draw(state, 2),
                  operations[draw(state, 3)], draw(state, 100));
}

static void add_syslog(struct buffer *out, uint64_t *state, uint32_t second)
{
    static const char *const verbs[] = {"Failed", "Accepted"};
    buffer_printf(out,
                  "2026-01-02T%02u:%02u:%02u+00:00 web sshd[%u]: %s password for root from "
                  "198.51.100.%u port 4%03u ssh2\n",
                  second / 3600, second / 60 % 60, second % 60, draw(state, 9999),
                  verbs[draw(state, 2)], draw(state, 5), draw(state, 1000));
}

static void write_log(const char *name, const struct buffer *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->ptr, 1, text->len, file), text->len);
    assert_int_equal(fclose(file), 0);
}

static void write_gzip(const char *name, const struct buffer *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text->ptr, (unsigned)text->len), (int)text->len);
    assert_int_equal(gzclose(file), Z_OK);
}

static void make_logs(void)
{
    uint64_t state = 20260102;
    struct buffer document = {0};
    struct buffer lines = {0};
    struct buffer s3 = {0};
    struct buffer syslog = {0};
    buffer_add(&document, STR("{\"Records\":["));
    for (uint32_t i = 0; i < 400; i++) {
        buffer_add(&document, i > 0 ? STR(",") : STR(""));
        add_cloudtrail(&document, &state, i * 20);
        add_cloudtrail(&lines, &state, 8000 - i * 20);
        buffer_add(&lines, i % 50 == 7 ? STR("}broken\n\n") : STR("\n"));
        add_s3(&s3, &state, i * 5);
        buffer_add(&s3, i % 60 == 9 ? STR("not a line of S3\n") : STR(""));
        add_syslog(&syslog, &state, i * 3);
        buffer_add(&syslog, i % 70 == 3 ? STR("\xff\xfe broken\r\n") : STR(""));
    }
    buffer_add(&document, STR("]}"));
    syslog.len--; /* the last line is not ended */
    write_log("a_document.json", &document);
    write_log("b_lines.jsonl", &lines);
    write_gzip("c_lines.jsonl.gz", &lines);
    write_log("d_s3.log", &s3);
    write_log("e_auth.log", &syslog);
    buffer_release(&document);
    buffer_release(&lines);
    buffer_release(&s3);
    buffer_release(&syslog);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tocsin_invariance_XXXXXX");
    assert_non_null(mkdtemp(folder));
    make_logs();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"a_document.json", "b_lines.jsonl", "c_lines.jsonl.gz",
                                        "d_s3.log", "e_auth.log"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

/* --- the property ----------------------------------------------------------------------------- */

static void scan(uint32_t threads, size_t block_bytes, struct engine_summary *summary)
{
    static const struct engine_parts parts = {.alert_sink = &memory_sink,
                                              .dead_letter_sink = &memory_sink};
    const char *rules[] = {TEST_DATA "/property/engine_invariance.yml"};
    const char *paths[] = {folder};
    struct sink_options sinks[1] = {{.kind = "memory"}};
    struct engine_options options = {
        .source = {.kind = "file",
                   .paths = paths,
                   .paths_count = 1,
                   .block_bytes = block_bytes,
                   .framing = {.record_bytes_max = LIMIT_RECORD_BYTES,
                               .document_record_bytes_max = LIMIT_DOCUMENT_RECORD_BYTES}},
        .rules = rules,
        .rules_count = 1,
        .alerts = sinks,
        .alerts_count = 1,
        .dead_letters = sinks,
        .dead_letters_count = 1,
        .window = {.ordered_at_end = true},
        .threads = threads,
    };
    struct engine *engine = NULL;
    struct err err = {0};
    if (engine_new_with(&options, &parts, &engine, &err) != 0 || engine_run(engine, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(engine_rules(engine)->problems_count, 0);
    engine_summarize(engine, summary);
    assert_int_equal(summary->streams_count, 5);
    engine_free(engine);
}

static uint32_t count_text(const struct buffer *buffer, struct str needle)
{
    uint32_t count = 0;
    struct str rest = buffer_str(buffer);
    for (size_t at; (at = str_find(rest, needle)) != STR_NOT_FOUND; count++) {
        rest = str_slice(rest, at + needle.len, rest.len);
    }
    return count;
}

static void output_depends_on_neither_threads_nor_block_size(void **state)
{
    (void)state;
    static const uint32_t threads[] = {1, 2, 4};
    static const size_t blocks[] = {64, 1000, 262144};
    struct buffer first_alerts = {0};
    struct buffer first_dead = {0};
    struct engine_summary first;
    struct engine_summary summary;
    for (int i = 0; i < 9; i++) {
        buffer_clear(&alerts);
        buffer_clear(&dead_letters);
        scan(threads[i / 3], blocks[i % 3], &summary);
        if (i == 0) {
            first = summary;
            buffer_add(&first_alerts, buffer_str(&alerts));
            buffer_add(&first_dead, buffer_str(&dead_letters));
        }
        assert_true(str_equal(buffer_str(&first_alerts), buffer_str(&alerts)));
        assert_true(str_equal(buffer_str(&first_dead), buffer_str(&dead_letters)));
        assert_memory_equal(&first.total, &summary.total, sizeof first.total);
        assert_int_equal(summary.residue, 0);
        assert_int_equal(summary.bytes_input, first.bytes_input);
    }
    /* It is not the same because it is empty. */
    assert_true(count_text(&first_alerts, STR("\"IAM write\"")) > 100);
    assert_true(count_text(&first_alerts, STR("\"Many kinds of calls denied\"")) > 3);
    assert_true(count_text(&first_alerts, STR("\"Many objects deleted\"")) > 3);
    assert_true(count_text(&first_alerts, STR("\"Failed password\"")) > 100);
    assert_int_equal(count_text(&first_dead, STR("\n")), first.total.outcomes[RECORD_DEAD]);
    assert_true(first.total.outcomes[RECORD_DEAD] > 20);
    assert_true(first.total.outcomes[RECORD_EVALUATED] > 1900);
    buffer_release(&first_alerts);
    buffer_release(&first_dead);
    buffer_release(&alerts);
    buffer_release(&dead_letters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(output_depends_on_neither_threads_nor_block_size),
    };
    return cmocka_run_group_tests_name("engine_invariance", tests, set_up, tear_down);
}
