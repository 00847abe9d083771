/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_s3access.c - any bytes as an S3 access log line; then the same bytes as what a request's
 * sender chooses (target, referer, user agent, host) in a line whose other fields must not move.
 * Both ways to split a line must agree on all of them.
 */
#include "base/buffer.h"
#include "base/ensure.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder.h"
#include "tests/s3access_agree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OWNER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct field_table *fields;
static struct decoder_context context;
static struct event event;
static struct record record;

static void start(void)
{
    struct decoder_options options = {0};
    fields = field_table_new();
    decoder_intern_fields(fields);
    decoder_context_init(&context, decoder_set_new(fields, &options));
    context.arena = arena_new(0);
    event_init(&event, field_count(fields));
}

static enum decode_verdict decode(struct str text)
{
    static struct stream stream = {.decoder = "s3access"};
    struct chunk chunk = {.stream = &stream, .reference_ns = TIMESTAMP_NONE};
    arena_reset(context.arena);
    record = (struct record){.bytes = text};
    return decoder_run(&context, &chunk, &record, &event);
}

static struct str field(const char *name)
{
    const struct value *value = event_first(&event, field_find(fields, str_of(name)));
    return value == NULL ? (struct str){0} : (struct str){value->ptr, value->len};
}

static void check_inside(void)
{
    for (uint32_t i = 1; i < event.values_count; i++) {
        const struct value *value = &event.values[i];
        ENSURE(value->ptr >= record.bytes.ptr &&
               value->ptr + value->len <= record.bytes.ptr + record.bytes.len);
    }
    ENSURE(event.malformed_at <= record.bytes.len);
}

/* The piece of data up to its next byte 0xFE, without bytes that the place can't have. */
static void add_piece(struct buffer *line, struct str *data, char without)
{
    size_t end = str_find_byte(*data, (char)0xFE);
    struct str piece = str_slice(*data, 0, end);
    for (size_t i = 0; i < piece.len; i++) {
        if (piece.ptr[i] != '\n' && piece.ptr[i] != without) {
            buffer_add_byte(line, piece.ptr[i]);
        }
    }
    *data = end == STR_NOT_FOUND ? (struct str){0} : str_slice(*data, end + 1, data->len);
}

static void check_crafted(struct str data)
{
    static struct buffer line;
    buffer_clear(&line);
    buffer_add_text(&line, OWNER " photos [06/Feb/2026:00:00:38 +0000] 192.0.2.3 ann 3E57 "
                                 "REST.GET.OBJECT a.jpg \"GET /");
    add_piece(&line, &data, ' ');
    buffer_add_text(&line, " HTTP/1.1\" 200 - 17 34 51 68 \"");
    add_piece(&line, &data, '\n');
    buffer_add_text(&line, "\" \"");
    add_piece(&line, &data, '\n');
    buffer_add_text(&line, "\" V7 HOSTID SigV4 CIPHER AuthHeader h");
    add_piece(&line, &data, ' ');
    buffer_add_text(&line, " TLSv1.2 - - r1");
    s3access_agree(buffer_str(&line));
    ENSURE(decode(buffer_str(&line)) == DECODE_EVENT);
    ENSURE(event.flags == 0);
    ENSURE(str_equal(field("bucket"), STR("photos")));
    ENSURE(str_equal(field("operation"), STR("REST.GET.OBJECT")));
    ENSURE(str_equal(field("http_status"), STR("200")));
    ENSURE(str_equal(field("total_time"), STR("51")));
    ENSURE(str_equal(field("version_id"), STR("V7")));
    ENSURE(str_equal(field("host_id"), STR("HOSTID")));
    ENSURE(str_equal(field("tls_version"), STR("TLSv1.2")));
    ENSURE(str_equal(field("source_region"), STR("r1")));
    ENSURE(field("extra").len == 0);
    check_inside();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    if (fields == NULL) {
        start();
    }
    s3access_agree(text);
    enum decode_verdict verdict = decode(text);
    if (verdict == DECODE_EVENT) {
        check_inside();
        ENSURE(field("operation").len > 0 && event.time_ns != TIMESTAMP_NONE);
    } else {
        ENSURE(verdict == DECODE_FILTERED || record.fault == RECORD_FAULT_S3ACCESS);
        ENSURE(record.fault_at <= size);
    }
    check_crafted(text);
    return 0;
}
