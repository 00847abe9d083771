/* SPDX-License-Identifier: Apache-2.0
 *
 * test_allocation.c - how often the engine asks for memory while it runs, counted by this program's
 * own malloc: an event that no rule matches costs no allocation, nor does an alert.
 *
 * The same log is read once and four times as long. What differs between the two counts is the
 * price of the events; warming up (batches, arenas, buffers) is in both.
 */
#include "base/buffer.h"
#include "base/limits.h"
#include "cli/engine/engine_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS 0 /* the sanitizer has its own malloc */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS 0
#endif
#endif
#if !defined(COUNTS) && defined(__GLIBC__)
#define COUNTS 1
#elif !defined(COUNTS)
#define COUNTS 0
#endif

/* --- the counting allocator ------------------------------------------------------------------- */

static atomic_bool counting;
static atomic_uint_fast64_t taken; /* malloc, calloc, realloc */
static atomic_uint_fast64_t given; /* free */

#if COUNTS
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static void count(atomic_uint_fast64_t *counter)
{
    if (atomic_load_explicit(&counting, memory_order_relaxed)) {
        atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
    }
}

void *malloc(size_t size)
{
    count(&taken);
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
    count(&taken);
    return __libc_calloc(items, size);
}

void *realloc(void *memory, size_t size)
{
    count(&taken);
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    count(&taken);
    return __libc_memalign(alignment, size);
}

void free(void *memory)
{
    if (memory != NULL) {
        count(&given);
    }
    __libc_free(memory);
}
#endif

/* --- logs of lines of one length -------------------------------------------------------------- */

/* A block may end with a longer piece of a line than any before, whose buffer grows. */
#define GROWTHS 3
#define LINES   30000 /* enough for every batch of the pool to have been used */

static char folder[64];
static char log_path[96];
static char rules_path[96];

static const char rules_text[] = "title: user made\n"
                                 "id: 5b2d3f60-0000-4000-8000-000000000001\n"
                                 "logsource: {product: aws, service: cloudtrail}\n"
                                 "detection:\n"
                                 "  made: {eventName: CreateUser, userAgent|contains: evil}\n"
                                 "  read: {eventName|re: '^Get(User|Role)$', errorCode: Denied}\n"
                                 "  condition: made or read\n"
                                 "level: low\n"
                                 "---\n"
                                 "title: password refused\n"
                                 "id: 5b2d3f60-0000-4000-8000-000000000002\n"
                                 "logsource: {product: linux, service: auth}\n"
                                 "detection:\n"
                                 "  refused: {message|contains: Failed password}\n"
                                 "  condition: refused\n"
                                 "level: low\n"
                                 "---\n"
                                 "title: object removed\n"
                                 "id: 5b2d3f60-0000-4000-8000-000000000003\n"
                                 "logsource: {product: aws, service: s3access}\n"
                                 "detection:\n"
                                 "  gone: {operation|startswith: REST.DELETE}\n"
                                 "  condition: gone\n"
                                 "level: low\n";

typedef void add_line_fn(struct buffer *out, uint32_t number);

static void add_cloudtrail(struct buffer *out, const char *name, const char *agent, uint32_t number)
{
    buffer_printf(out,
                  "{\"eventVersion\":\"1.08\",\"userIdentity\":{\"type\":\"IAMUser\",\"arn\":"
                  "\"arn:aws:iam::111122223333:user/u%06u\"},\"eventTime\":"
                  "\"2026-01-02T%02u:%02u:%02uZ\",\"eventSource\":\"iam.amazonaws.com\","
                  "\"eventName\":\"%s\",\"sourceIPAddress\":\"192.0.2.1\",\"userAgent\":"
                  "\"%s \\\"quoted\\\" \\u00e9\",\"requestParameters\":{\"a\":[1,2,{\"b\":3}]}}\n",
                  number, number / 3600 % 24, number / 60 % 60, number % 60, name, agent);
}

static void add_calm_cloudtrail(struct buffer *out, uint32_t number)
{
    static const char *const names[] = {"ListUser00", "CreateUser"};
    add_cloudtrail(out, names[number % 2], "good", number);
}

static void add_alarming_cloudtrail(struct buffer *out, uint32_t number)
{
    add_cloudtrail(out, "CreateUser", "evil", number);
}

static void add_syslog(struct buffer *out, uint32_t number)
{
    buffer_printf(out,
                  "2026-01-02T%02u:%02u:%02u+00:00 web sshd[%06u]: Accepted password for root from "
                  "198.51.100.7 port 40000 ssh2\n",
                  number / 3600 % 24, number / 60 % 60, number % 60, number);
}

static void add_s3(struct buffer *out, uint32_t number)
{
    buffer_printf(out,
                  "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be bucket "
                  "[02/Jan/2026:%02u:%02u:%02u +0000] 203.0.113.9 - "
                  "3E57427F33A59F07 REST.GET.OBJECT key \"GET /a?b=\\\"%06u HTTP/1.1\" 200 - 5 5 7 "
                  "8 \"-\" \"agent\" - hostid= SigV4 cipher AuthHeader endpoint TLSv1.2 - -\n",
                  number / 3600 % 24, number / 60 % 60, number % 60, number);
}

static void write_log(add_line_fn *add_line, uint32_t lines, bool gzip)
{
    struct buffer text = {0};
    for (uint32_t i = 0; i < lines; i++) {
        add_line(&text, i);
    }
    gzFile file = gzopen(log_path, gzip ? "wb1" : "wbT");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text.ptr, (unsigned)text.len), (int)text.len);
    assert_int_equal(gzclose(file), Z_OK);
    buffer_release(&text);
}

/* --- a run ------------------------------------------------------------------------------------ */

static int open_nothing(struct sink *sink, const struct sink_options *options, struct err *err)
{
    (void)sink;
    (void)options;
    (void)err;
    return 0;
}

static int write_nothing(struct sink *sink, const struct sink_item *item, struct err *err)
{
    (void)sink;
    (void)item;
    (void)err;
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

static const struct sink_ops no_sink = {
    .name = "nothing",
    .doc = "forgets",
    .open = open_nothing,
    .write = write_nothing,
    .flush = flush_nothing,
    .close = close_nothing,
};

struct counts {
    uint64_t taken;
    uint64_t given;
    uint64_t events;
    uint64_t alerts;
};

static struct counts run(uint32_t threads)
{
    static const struct engine_parts parts = {.alert_sink = &no_sink};
    const char *rules[] = {rules_path};
    const char *paths[] = {log_path};
    struct sink_options sinks[1] = {{.kind = "nothing"}};
    struct engine_options options = {
        .source = {.kind = "file",
                   .paths = paths,
                   .paths_count = 1,
                   .framing = {.record_bytes_max = LIMIT_RECORD_BYTES,
                               .document_record_bytes_max = LIMIT_DOCUMENT_RECORD_BYTES}},
        .rules = rules,
        .rules_count = 1,
        .alerts = sinks,
        .alerts_count = 1,
        .threads = threads,
    };
    struct engine *engine = NULL;
    struct engine_summary summary;
    struct err err = {0};
    if (engine_new_with(&options, &parts, &engine, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(engine_rules(engine)->problems_count, 0);
    atomic_store(&taken, 0);
    atomic_store(&given, 0);
    atomic_store(&counting, true);
    int failed = engine_run(engine, &err);
    atomic_store(&counting, false);
    assert_int_equal(failed, 0);
    engine_summarize(engine, &summary);
    struct counts counts = {atomic_load(&taken), atomic_load(&given),
                            summary.total.outcomes[RECORD_EVALUATED], summary.alerts};
    engine_free(engine);
    return counts;
}

/* The same log once and four times as long. */
static void run_twice(add_line_fn *add_line, bool gzip, struct counts counts[2])
{
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t lines = i == 0 ? LINES : 4 * LINES;
        write_log(add_line, lines, gzip);
        counts[i] = run(1);
        assert_int_equal(counts[i].events, lines);
    }
}

/* --- the tests -------------------------------------------------------------------------------- */

static void the_counter_counts(void **state)
{
    (void)state;
    if (!COUNTS) {
        skip();
    }
    atomic_store(&taken, 0);
    atomic_store(&given, 0);
    atomic_store(&counting, true);
    struct buffer buffer = {0};
    buffer_add_byte(&buffer, 'x');
    buffer_release(&buffer);
    atomic_store(&counting, false);
    assert_int_equal(atomic_load(&taken), 1);
    assert_int_equal(atomic_load(&given), 1);
}

static void an_event_that_no_rule_matches_allocates_nothing(void **state)
{
    (void)state;
    static add_line_fn *const kinds[] = {add_calm_cloudtrail, add_syslog, add_s3};
    if (!COUNTS) {
        skip();
    }
    for (int i = 0; i < 6; i++) {
        struct counts counts[2];
        run_twice(kinds[i / 2], i % 2 == 1, counts);
        assert_int_equal(counts[0].alerts, 0);
        assert_int_equal(counts[1].alerts, 0);
        assert_true(counts[1].taken <= counts[0].taken + GROWTHS);
        assert_true(counts[1].given <= counts[0].given + GROWTHS);
    }
}

/* An id is a digest, and libcrypto takes a context anew for each of the two ids in an alert. */
static void an_alert_allocates_no_more_than_its_two_digests(void **state)
{
    (void)state;
    struct counts counts[2];
    if (!COUNTS) {
        skip();
    }
    write_log(add_alarming_cloudtrail, 1, false);
    run(1); /* libcrypto reads its own configuration once */
    run_twice(add_alarming_cloudtrail, false, counts);
    assert_int_equal(counts[0].alerts, LINES);
    assert_int_equal(counts[1].alerts, 4 * LINES);
    assert_true(counts[1].taken - counts[0].taken <= 2 * 3 * LINES + GROWTHS);
}

/* Which batch of the pool is used when depends on the threads: all of them warm up at some time,
 * each asking for its arrays a few times, however many events there are. */
static void threads_warm_up_and_then_allocate_nothing(void **state)
{
    (void)state;
    if (!COUNTS) {
        skip();
    }
    write_log(add_calm_cloudtrail, 4 * LINES, false);
    struct counts counts = run(4);
    assert_int_equal(counts.events, 4 * LINES);
    assert_true(counts.taken < 1000);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tocsin_allocation_XXXXXX");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(log_path, sizeof log_path, "%s/log", folder);
    snprintf(rules_path, sizeof rules_path, "%s/rules.yml", folder);
    FILE *file = fopen(rules_path, "w");
    bool wrote = file != NULL && fputs(rules_text, file) >= 0;
    return wrote && fclose(file) == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(log_path);
    unlink(rules_path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_counter_counts),
        cmocka_unit_test(an_event_that_no_rule_matches_allocates_nothing),
        cmocka_unit_test(an_alert_allocates_no_more_than_its_two_digests),
        cmocka_unit_test(threads_warm_up_and_then_allocate_nothing),
    };
    return cmocka_run_group_tests_name("allocation", tests, set_up, tear_down);
}
