/* SPDX-License-Identifier: Apache-2.0
 *
 * test_framing_envelope.c - what each kind of envelope carries becomes records; what carries
 * nothing to analyse is filtered; what can not be opened is a fault.
 */
#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"
#include "ingest/framing/framing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <zlib.h>

#include <cmocka.h>

static const struct framing_options options = {
    .record_bytes_max = LIMIT_RECORD_BYTES,
    .document_record_bytes_max = LIMIT_DOCUMENT_RECORD_BYTES,
};
static struct buffer found;

/* The records of one Kafka value, a line each: its text, "filtered" or the fault. Their offset is
 * that of the message, and they are numbered. */
static const char *frame(struct str text)
{
    struct stream stream = {.source = "kafka", .name = "topic"};
    struct batch *batch = batch_new();
    struct chunk *chunk = batch_add_chunk(batch, &stream, text);
    chunk->message = true;
    chunk->offset = 77;
    framing_run(batch, &options);
    buffer_clear(&found);
    for (uint32_t i = 0; i < batch->records_count; i++) {
        const struct record *record = &batch->records[i];
        assert_int_equal(record->offset, 77);
        assert_int_equal(record->sub, i);
        if (record->fault != RECORD_FAULT_NONE) {
            buffer_printf(&found, "<%s>\n", record_fault_name((enum record_fault)record->fault));
        } else if (record->outcome == RECORD_FILTERED) {
            buffer_add_text(&found, "<filtered>\n");
        } else {
            buffer_printf(&found, "%.*s\n", STR_ARG(record->bytes));
        }
    }
    buffer_add_byte(&found, '\0');
    batch_clear(batch);
    batch_free(batch);
    return found.ptr;
}

#define assert_frames(text, want) assert_string_equal(frame(STR(text)), want)

static void event_bridge_carries_its_detail(void **state)
{
    (void)state;
    assert_frames("{\"version\":\"0\",\"id\":\"7\",\"detail-type\":\"AWS API Call via CloudTrail\","
                  "\"source\":\"aws.iam\",\"detail\":{\"eventName\":\"CreateUser\",\"x\":[1]}}",
                  "{\"eventName\":\"CreateUser\",\"x\":[1]}\n");
    assert_frames("{ \"account\" : \"1\" , \"detail\" : { \"a\" : 1 } , \"detail-type\" : \"x\" }",
                  "{ \"a\" : 1 }\n");
    assert_frames("{\"version\":\"0\",\"detail-type\":\"x\"}",
                  "{\"version\":\"0\",\"detail-type\":\"x\"}\n");
    assert_frames("{\"version\":\"0\",\"detail\":{\"a\":1}}",
                  "{\"version\":\"0\",\"detail\":{\"a\":1}}\n");
}

static void sns_carries_its_message(void **state)
{
    (void)state;
    assert_frames("{\"Type\":\"Notification\",\"MessageId\":\"1\",\"Message\":\"{\\\"a\\\":1}\"}",
                  "{\"a\":1}\n");
    assert_frames("{\"Type\":\"Notification\",\"Message\":\"{\\\"a\\\":\\\"\\\\u00e9\\\\n\\\"}\"}",
                  "{\"a\":\"\\u00e9\\n\"}\n");
    assert_frames("{\"Type\":\"Notification\",\"Message\":\"<13>one\\n<13>two\"}",
                  "<13>one\n<13>two\n");
    assert_frames("{\"Type\":\"Notification\","
                  "\"Message\":\"{\\\"Records\\\":[{\\\"a\\\":1},{\\\"a\\\":2}]}\"}",
                  "{\"a\":1}\n{\"a\":2}\n");
}

static void sqs_carries_the_bodies_of_its_messages(void **state)
{
    (void)state;
    assert_frames("{\"Messages\":[{\"MessageId\":\"1\",\"Body\":\"{\\\"a\\\":1}\"},"
                  "{\"MessageId\":\"2\",\"Body\":\"{\\\"a\\\":2}\"}]}",
                  "{\"a\":1}\n{\"a\":2}\n");
    assert_frames("{\"Records\":[{\"messageId\":\"1\",\"body\":\"{\\\"a\\\":1}\","
                  "\"eventSource\":\"aws:sqs\"},{\"messageId\":\"2\",\"body\":\"{\\\"a\\\":2}\","
                  "\"eventSource\":\"aws:sqs\"}]}",
                  "{\"a\":1}\n{\"a\":2}\n");
    assert_frames("{\"MessageId\":\"1\",\"Body\":\"{\\\"a\\\":1}\"}", "{\"a\":1}\n");
    /* A body of somebody else's is no envelope. */
    assert_frames("{\"body\":\"hello\",\"status\":1}", "{\"body\":\"hello\",\"status\":1}\n");
}

static void cloudwatch_logs_carry_their_messages(void **state)
{
    (void)state;
    assert_frames("{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"1\",\"logEvents\":["
                  "{\"id\":\"1\",\"timestamp\":1,\"message\":\"{\\\"a\\\":1}\"},"
                  "{\"id\":\"2\",\"timestamp\":2,\"message\":\"<13>text\"}]}",
                  "{\"a\":1}\n<13>text\n");
    assert_frames("{\"messageType\":\"CONTROL_MESSAGE\",\"logEvents\":[{\"id\":\"\","
                  "\"message\":\"CWL CONTROL MESSAGE\"}]}",
                  "<filtered>\n");
}

/* {"awslogs":{"data": base64 of gzip of text}} */
static void add_awslogs(struct buffer *out, struct str text, size_t cut)
{
    char bytes[2048];
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text.ptr;
    stream.avail_in = (uInt)text.len;
    stream.next_out = (Bytef *)bytes;
    stream.avail_out = sizeof bytes;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    buffer_clear(out);
    buffer_add_text(out, "{\"awslogs\":{\"data\":\"");
    buffer_add_base64(out, (struct str){bytes, sizeof bytes - stream.avail_out - cut});
    buffer_add_text(out, "\"}}");
}

/* As some writers of JSON do. */
static void escape_slashes(struct buffer *text)
{
    struct buffer escaped = {0};
    for (size_t i = 0; i < text->len; i++) {
        buffer_add_text(&escaped, text->ptr[i] == '/' ? "\\" : "");
        buffer_add_byte(&escaped, text->ptr[i]);
    }
    buffer_clear(text);
    buffer_add(text, buffer_str(&escaped));
    buffer_release(&escaped);
}

static void cloudwatch_logs_for_lambda_are_unpacked(void **state)
{
    (void)state;
    struct buffer text = {0};
    /* Lengths that end in two, one and no padding characters. */
    static const char *const messages[] = {"a", "bb", "ccc", "dddd", "eeeee"};
    for (size_t i = 0; i < 5; i++) {
        struct buffer inner = {0};
        struct buffer want = {0};
        buffer_printf(&inner,
                      "{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"message\":\"%s\"}]}",
                      messages[i]);
        buffer_printf(&want, "%s\n", messages[i]);
        buffer_add_byte(&want, '\0');
        add_awslogs(&text, buffer_str(&inner), 0);
        assert_string_equal(frame(buffer_str(&text)), want.ptr);
        escape_slashes(&text);
        assert_string_equal(frame(buffer_str(&text)), want.ptr);
        buffer_release(&inner);
        buffer_release(&want);
    }
    buffer_release(&text);
}

static void broken_data_of_cloudwatch_logs_is_a_fault(void **state)
{
    (void)state;
    struct buffer text = {0};
    for (size_t cut = 1; cut < 20; cut++) {
        add_awslogs(&text, STR("{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[]}"), cut);
        assert_string_equal(frame(buffer_str(&text)), "<envelope>\n");
    }
    add_awslogs(&text, STR("x"), 0);
    struct buffer twice = {0};
    buffer_printf(&twice, "{\"awslogs\":{\"data\":\"\"},%.*s", (int)text.len - 1, text.ptr + 1);
    assert_string_equal(frame(buffer_str(&twice)), "<envelope>\n");
    buffer_release(&twice);
    assert_frames("{\"awslogs\":{\"data\":\"not*base64\"}}", "<envelope>\n");
    assert_frames("{\"awslogs\":{\"data\":\"QUFBQQ==\"}}", "<envelope>\n");
    buffer_release(&text);
}

static void lookup_events_carry_their_events(void **state)
{
    (void)state;
    assert_frames("{\"Events\":[{\"EventId\":\"1\",\"EventName\":\"x\","
                  "\"CloudTrailEvent\":\"{\\\"a\\\":1}\"},{\"EventId\":\"2\","
                  "\"CloudTrailEvent\":\"{\\\"a\\\":2}\"}]}",
                  "{\"a\":1}\n{\"a\":2}\n");
}

static void handshakes_and_notices_are_filtered(void **state)
{
    (void)state;
    assert_frames("{\"Type\":\"SubscriptionConfirmation\",\"Message\":\"You have chosen\"}",
                  "<filtered>\n");
    assert_frames("{\"Type\":\"UnsubscribeConfirmation\",\"Message\":\"You have chosen\"}",
                  "<filtered>\n");
    assert_frames("{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\",\"Bucket\":\"b\"}",
                  "<filtered>\n");
    assert_frames("{\"Records\":[{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\","
                  "\"eventName\":\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"}}}]}",
                  "<filtered>\n");
}

static void envelopes_in_envelopes_are_opened(void **state)
{
    (void)state;
    /* EventBridge in SNS in SQS */
    assert_frames("{\"Messages\":[{\"Body\":\"{\\\"Type\\\":\\\"Notification\\\",\\\"Message\\\":"
                  "\\\"{\\\\\\\"version\\\\\\\":\\\\\\\"0\\\\\\\",\\\\\\\"detail-type\\\\\\\":"
                  "\\\\\\\"t\\\\\\\",\\\\\\\"detail\\\\\\\":{\\\\\\\"a\\\\\\\":1}}\\\"}\"}]}",
                  "{\"a\":1}\n");
}

/* levels of EventBridge around {"a":1} */
static void add_levels(struct buffer *out, uint32_t levels)
{
    buffer_clear(out);
    for (uint32_t i = 0; i < levels; i++) {
        buffer_add_text(out, "{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":");
    }
    buffer_add_text(out, "{\"a\":1}");
    for (uint32_t i = 0; i < levels; i++) {
        buffer_add_byte(out, '}');
    }
}

static void too_many_envelopes_in_each_other_are_a_fault(void **state)
{
    (void)state;
    struct buffer text = {0};
    add_levels(&text, LIMIT_ENVELOPE_DEPTH);
    assert_string_equal(frame(buffer_str(&text)), "{\"a\":1}\n");
    add_levels(&text, LIMIT_ENVELOPE_DEPTH + 1);
    assert_string_equal(frame(buffer_str(&text)), "<envelope_depth>\n");
    buffer_release(&text);
}

static void a_broken_envelope_is_a_record_for_the_decoder_to_judge(void **state)
{
    (void)state;
    assert_frames("{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":{\"a\":1]}",
                  "{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":{\"a\":1]}\n");
    assert_frames("{\"Type\":\"Notification\",\"Message\":\"{\\\"a\\\":1}\"", "<truncated>\n");
}

/* Content that is neither text nor object, or has nothing in it, is said and never just gone. */
static void content_that_is_none_is_accounted_for(void **state)
{
    (void)state;
    assert_frames("{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":null}", "<envelope>\n");
    assert_frames("{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":7}", "<envelope>\n");
    assert_frames("{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":[]}", "<envelope>\n");
    assert_frames("{\"Type\":\"Notification\",\"Message\":\"\"}", "<filtered>\n");
    assert_frames("{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[]}", "<filtered>\n");
    assert_frames("{\"awslogs\":{\"data\":\"\"}}", "<filtered>\n");
    assert_frames("{\"Messages\":[{\"Body\":\"\"},{\"Body\":\"{\\\"a\\\":1}\"}]}", "{\"a\":1}\n");
}

static void keys_with_escapes_are_the_same_keys(void **state)
{
    (void)state;
    assert_frames("{\"\\u0054ype\":\"\\u004eotification\",\"M\\u0065ssage\":\"{\\\"a\\\":1}\"}",
                  "{\"a\":1}\n");
    assert_frames("{\"d\\u0065tail-type\":\"t\",\"\\u0064etail\":{\"a\":1}}", "{\"a\":1}\n");
}

static int release_found(void **state)
{
    (void)state;
    buffer_release(&found);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_bridge_carries_its_detail),
        cmocka_unit_test(sns_carries_its_message),
        cmocka_unit_test(sqs_carries_the_bodies_of_its_messages),
        cmocka_unit_test(cloudwatch_logs_carry_their_messages),
        cmocka_unit_test(cloudwatch_logs_for_lambda_are_unpacked),
        cmocka_unit_test(broken_data_of_cloudwatch_logs_is_a_fault),
        cmocka_unit_test(lookup_events_carry_their_events),
        cmocka_unit_test(handshakes_and_notices_are_filtered),
        cmocka_unit_test(envelopes_in_envelopes_are_opened),
        cmocka_unit_test(too_many_envelopes_in_each_other_are_a_fault),
        cmocka_unit_test(a_broken_envelope_is_a_record_for_the_decoder_to_judge),
        cmocka_unit_test(content_that_is_none_is_accounted_for),
        cmocka_unit_test(keys_with_escapes_are_the_same_keys),
    };
    return cmocka_run_group_tests_name("framing_envelope", tests, NULL, release_found);
}
