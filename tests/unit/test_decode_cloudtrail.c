/* SPDX-License-Identifier: Apache-2.0
 *
 * test_decode_cloudtrail.c - CloudTrail records of every kind, what only looks like one, broken
 * ones.
 */
#include "tests/decoding.h"

#include "base/buffer.h"
#include "base/limits.h"
#include "base/memory.h"

#include <string.h>

static const char *const wanted[] = {"userIdentity.type",
                                     "userIdentity.sessionContext.attributes.mfaAuthenticated",
                                     "requestParameters.items",
                                     "requestParameters.items.port",
                                     "resources.ARN",
                                     "responseElements",
                                     "errorCode",
                                     "additionalEventData.MFAUsed",
                                     "readOnly",
                                     "insightDetails.eventName",
                                     "eventType",
                                     "vpcEndpointId",
                                     "requestParameters",
                                     "requestParameters.empty",
                                     NULL};

#define HEAD                                                                                       \
    "{\"eventVersion\":\"1.11\",\"eventTime\":\"2026-03-02T10:15:30Z\","                           \
    "\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"RunInstances\""

static void fields_have_dotted_paths(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    assert_int_equal(
        decode_text(
            &decoding,
            STR(HEAD
                ",\"userIdentity\":{\"type\":\"AssumedRole\",\"sessionContext\":{\"attributes\":"
                "{\"mfaAuthenticated\":\"true\"}}},\"errorCode\":null,\"readOnly\":false,"
                "\"requestParameters\":{\"items\":[{\"port\":22},{\"port\":443}],\"empty\":[]},"
                "\"resources\":[{\"ARN\":\"arn:a\\/b\"},{\"type\":\"x\"},{\"ARN\":\"arn:c\"}],"
                "\"additionalEventData\":{\"MFAUsed\":\"N\\u006f\"}}")),
        DECODE_EVENT);
    assert_logsource(&decoding, "aws/cloudtrail");
    assert_string_equal(decoder_table[decoding.event.decoder]->name, "cloudtrail");
    assert_time(&decoding, "2026-03-02T10:15:30Z");
    assert_int_equal(decoding.event.flags, 0);
    assert_field(&decoding, "eventVersion", "1.11");
    assert_field(&decoding, "eventName", "RunInstances");
    assert_field(&decoding, "userIdentity.type", "AssumedRole");
    assert_field(&decoding, "userIdentity.sessionContext.attributes.mfaAuthenticated", "true");
    assert_field_null(&decoding, "errorCode");
    assert_field(&decoding, "readOnly", "false");
    assert_field(&decoding, "additionalEventData.MFAUsed", "No");
    assert_field_absent(&decoding, "responseElements");
    assert_field(&decoding, "requestParameters.items.port", "22");
    const struct value *port = field_value(&decoding, "requestParameters.items.port");
    port = event_next(&decoding.event, port);
    assert_true(str_equal((struct str){port->ptr, port->len}, STR("443")));
    assert_true(event_next(&decoding.event, port) == NULL);
    assert_field(&decoding, "resources.ARN", "arn:a/b");
    assert_int_equal(field_value(&decoding, "requestParameters")->kind, VALUE_OBJECT);
    assert_int_equal(field_value(&decoding, "requestParameters.empty")->kind, VALUE_ARRAY);
    decoding_stop(&decoding);
}

static void names_may_be_repeated_and_hidden(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    decode_text(&decoding, STR(HEAD ",\"errorCode\":\"A\",\"error\\u0043ode\":\"B\"}"));
    assert_field(&decoding, "errorCode", "A");
    const struct value *second = event_next(&decoding.event, field_value(&decoding, "errorCode"));
    assert_true(str_equal((struct str){second->ptr, second->len}, STR("B")));
    decoding_stop(&decoding);
}

static void insights_events_are_events_though_their_names_are_inside(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    assert_int_equal(
        decode_text(&decoding,
                    STR("{\"eventVersion\":\"1.09\",\"eventTime\":\"2026-03-02T10:05:00Z\","
                        "\"eventType\":\"AwsCloudTrailInsight\",\"insightDetails\":{\"state\":"
                        "\"Start\",\"eventSource\":\"iam.amazonaws.com\",\"eventName\":"
                        "\"CreateUser\"},\"eventCategory\":\"Insight\"}")),
        DECODE_EVENT);
    assert_logsource(&decoding, "aws/cloudtrail");
    assert_field(&decoding, "insightDetails.eventName", "CreateUser");
    assert_field(&decoding, "eventType", "AwsCloudTrailInsight");
    assert_field_absent(&decoding, "eventName");
    assert_time(&decoding, "2026-03-02T10:05:00Z");
    /* another category does not excuse what is missing */
    assert_int_equal(decode_text(&decoding, STR("{\"eventVersion\":\"1.09\",\"eventTime\":"
                                                "\"2026-03-02T10:05:00Z\",\"eventCategory\":"
                                                "\"Insights\"}")),
                     DECODE_FAULT);
    decoding_stop(&decoding);
}

static void network_activity_events_are_events(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    assert_int_equal(decode_text(&decoding, STR(HEAD ",\"eventType\":\"AwsVpceEvent\","
                                                     "\"eventCategory\":\"NetworkActivity\","
                                                     "\"vpcEndpointId\":\"vpce-1\"}")),
                     DECODE_EVENT);
    assert_logsource(&decoding, "aws/cloudtrail");
    assert_field(&decoding, "vpcEndpointId", "vpce-1");
    decoding_stop(&decoding);
}

static void digest_files_are_filtered(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    assert_int_equal(
        decode_text(&decoding, STR("{\"awsAccountId\":\"111122223333\",\"digestStartTime\":"
                                   "\"2026-03-02T09:00:00Z\",\"digestPublicKeyFingerprint\":"
                                   "\"31e8\",\"logFiles\":[]}")),
        DECODE_FILTERED);
    decoding_stop(&decoding);
}

static void records_that_lack_a_name_or_source_are_faults(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"eventVersion\":\"1.08\",\"eventTime\":\"2026-03-02T10:05:00Z\"}",
        "{\"eventVersion\":\"1.08\",\"eventName\":\"RunInstances\"}",
        "{\"eventVersion\":\"1.08\",\"eventSource\":\"ec2.amazonaws.com\"}",
        "{\"eventVersion\":\"1.08\",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":\"\"}",
        "{\"eventVersion\":\"1.08\",\"eventSource\":\"ec2.amazonaws.com\",\"eventName\":7}",
        "{\"eventVersion\":\"1.08\",\"eventSource\":null,\"eventName\":\"RunInstances\"}",
    };
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_int_equal(decode_text(&decoding, str_of(lines[i])), DECODE_FAULT);
        assert_int_equal(decoding.record.fault, RECORD_FAULT_CLOUDTRAIL);
    }
    decoding_stop(&decoding);
}

static void what_only_looks_like_cloudtrail_is_json(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"eventName\":\"RunInstances\",\"eventTime\":\"2026-03-02T10:05:00Z\"}",
        "{\"eventSource\":\"ec2.amazonaws.com\"}",
        "{\"eventVersion\":\"2\",\"app\":\"shop\"}",
        /* a notification of S3, which has all the names */
        "{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\"}",
        "{\"a\":{\"eventName\":\"x\",\"eventSource\":\"y\",\"eventVersion\":\"1\"}}",
        "{}",
    };
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        decoding.stream.decoder = NULL;
        assert_int_equal(decode_text(&decoding, str_of(lines[i])), DECODE_EVENT);
        assert_logsource(&decoding, "json");
        decoding.stream.decoder = "cloudtrail"; /* whoever says that it is gets a fault instead */
        assert_int_equal(decode_text(&decoding, str_of(lines[i])), DECODE_FAULT);
        assert_int_equal(decoding.record.fault, RECORD_FAULT_CLOUDTRAIL);
    }
    decoding_stop(&decoding);
}

static void a_time_that_can_not_be_read_is_the_reference(void **state)
{
    (void)state;
#define TIMED(time)                                                                                \
    "{\"eventVersion\":\"1.08\"," time "\"eventSource\":\"a.amazonaws.com\",\"eventName\":\"b\"}"
    static const struct {
        const char *line;
        const char *time;
        uint32_t flags;
    } cases[] = {
        {TIMED("\"eventTime\":\"2026-03-02T10:15:30.25+01:00\","), "2026-03-02T09:15:30.250Z", 0},
        {TIMED("\"eventTime\":\"2026-03-02T10:15:3\\u0030Z\","), "2026-03-02T10:15:30Z", 0},
        {TIMED("\"eventTime\":1772446530,"), "2026-03-02T10:15:30Z", 0},
        {TIMED("\"eventTime\":\"yesterday\","), "2001-09-09T01:46:40Z", EVENT_TIMELESS},
        {TIMED("\"eventTime\":\"2026-03-02T10:15:30Z \","), "2001-09-09T01:46:40Z", EVENT_TIMELESS},
        {TIMED("\"eventTime\":null,"), "2001-09-09T01:46:40Z", EVENT_TIMELESS},
        {TIMED(""), "2001-09-09T01:46:40Z", EVENT_TIMELESS},
    };
#undef TIMED
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    decoding.chunk.reference_ns = INT64_C(1000000000) * TIMESTAMP_SECOND_NS;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(decode_text(&decoding, str_of(cases[i].line)), DECODE_EVENT);
        assert_logsource(&decoding, "aws/cloudtrail");
        assert_time(&decoding, cases[i].time);
        assert_int_equal(decoding.event.flags, cases[i].flags);
    }
    decoding_stop(&decoding);
}

static void broken_json_says_where(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    assert_int_equal(decode_text(&decoding, STR(HEAD ",\"errorCode\":oops}")), DECODE_FAULT);
    assert_int_equal(decoding.record.fault, RECORD_FAULT_JSON);
    assert_int_equal(decoding.record.fault_at, sizeof HEAD ",\"errorCode\":" - 1);
    assert_int_equal(decode_text(&decoding, STR(HEAD)), DECODE_FAULT);
    assert_int_equal(decoding.record.fault, RECORD_FAULT_JSON);
    assert_true(decoding.record.fault_at <= sizeof HEAD - 1);
    decoding_stop(&decoding);
}

static void nesting_beyond_the_limit_is_a_fault(void **state)
{
    (void)state;
    struct decoding decoding;
    struct buffer text = {0};
    decoding_start(&decoding, wanted);
    buffer_add_text(&text, HEAD ",\"requestParameters\":");
    for (int i = 0; i <= LIMIT_JSON_DEPTH; i++) {
        buffer_add_byte(&text, '[');
    }
    for (int i = 0; i <= LIMIT_JSON_DEPTH; i++) {
        buffer_add_byte(&text, ']');
    }
    buffer_add_byte(&text, '}');
    assert_int_equal(decode_text(&decoding, buffer_str(&text)), DECODE_FAULT);
    assert_int_equal(decoding.record.fault, RECORD_FAULT_JSON_DEPTH);
    buffer_release(&text);
    decoding_stop(&decoding);
}

/* Fields that no rule needs at first are read only when somebody asks for all. */
static void a_narrowed_event_is_completed_on_demand(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    bool *first = memory_new(field_count(decoding.fields) + 1, sizeof *first);
    first[field_find(decoding.fields, STR("errorCode"))] = true;
    decoder_set_narrow(decoding.set, first, first);
    memory_free(first);
    assert_int_equal(decode_text(&decoding, STR(HEAD ",\"errorCode\":\"E\",\"userIdentity\":"
                                                     "{\"type\":\"Root\"}}")),
                     DECODE_EVENT);
    assert_true(decoding.event.partial);
    assert_false(decoding.event.decidable);
    assert_logsource(&decoding, "aws/cloudtrail");
    assert_time(&decoding, "2026-03-02T10:15:30Z");
    assert_field(&decoding, "errorCode", "E");
    assert_field_absent(&decoding, "userIdentity.type");
    assert_int_equal(decoder_complete(&decoding.context, &decoding.record, &decoding.event),
                     DECODE_EVENT);
    assert_false(decoding.event.partial);
    assert_field(&decoding, "errorCode", "E");
    assert_field(&decoding, "userIdentity.type", "Root");
    assert_logsource(&decoding, "aws/cloudtrail");
    assert_time(&decoding, "2026-03-02T10:15:30Z");
    decoding_stop(&decoding);
}

static void insights_are_known_in_narrowed_events_too(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, wanted);
    bool *first = memory_new(field_count(decoding.fields) + 1, sizeof *first);
    decoder_set_narrow(decoding.set, first, first);
    memory_free(first);
    assert_int_equal(decode_text(&decoding, STR("{\"eventVersion\":\"1.09\",\"eventTime\":"
                                                "\"2026-03-02T10:05:00Z\",\"eventCategory\":"
                                                "\"Insight\"}")),
                     DECODE_EVENT);
    assert_logsource(&decoding, "aws/cloudtrail");
    decoding_stop(&decoding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_have_dotted_paths),
        cmocka_unit_test(names_may_be_repeated_and_hidden),
        cmocka_unit_test(insights_events_are_events_though_their_names_are_inside),
        cmocka_unit_test(network_activity_events_are_events),
        cmocka_unit_test(digest_files_are_filtered),
        cmocka_unit_test(records_that_lack_a_name_or_source_are_faults),
        cmocka_unit_test(what_only_looks_like_cloudtrail_is_json),
        cmocka_unit_test(a_time_that_can_not_be_read_is_the_reference),
        cmocka_unit_test(broken_json_says_where),
        cmocka_unit_test(nesting_beyond_the_limit_is_a_fault),
        cmocka_unit_test(a_narrowed_event_is_completed_on_demand),
        cmocka_unit_test(insights_are_known_in_narrowed_events_too),
    };
    return cmocka_run_group_tests_name("decode cloudtrail", tests, NULL, NULL);
}
