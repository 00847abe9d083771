/* SPDX-License-Identifier: Apache-2.0
 *
 * test_alert_make.c - which fields of an event an alert shows, per decoder.
 *
 * Events are made by hand, so that the decoders are only names here: the test has tables of its own
 * in place of those of ingest/decode, which are then not linked.
 */
#include "analyze/alert/alert.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct decoder_ops cloudtrail = {.name = "cloudtrail"};
static const struct decoder_ops s3access = {.name = "s3access"};
static const struct decoder_ops syslog = {.name = "syslog"};
static const struct decoder_ops json = {.name = "json"};
const struct decoder_ops *const decoder_table[] = {&json, &syslog, &cloudtrail, &s3access, NULL};
struct logsource logsource_table[] = {{.name = "json"}, {.name = "aws/cloudtrail"}, {0}};

struct fixture {
    struct field_table *fields;
    struct alert_template *alert_template;
    struct arena *arena;
    struct event event;
    struct record record;
    struct stream stream;
    struct chunk chunk;
    struct rule rule;
};

static void fixture_open(struct fixture *fixture, const struct decoder_ops *decoder)
{
    *fixture = (struct fixture){0};
    fixture->fields = field_table_new();
    alert_intern_fields(fixture->fields);
    fixture->alert_template = alert_template_new(fixture->fields);
    fixture->arena = arena_new(0);
    fixture->stream = (struct stream){.name = "logs", .partition = 2};
    fixture->chunk = (struct chunk){.stream = &fixture->stream};
    fixture->record = (struct record){.bytes = STR("the record"), .offset = 40, .sub = 3};
    fixture->rule = (struct rule){.id = STR("r"), .title = STR("t"), .level = RULE_LOW};
    event_init(&fixture->event, field_count(fixture->fields));
    while (decoder_table[fixture->event.decoder] != decoder) {
        fixture->event.decoder++;
    }
    fixture->event.record = &fixture->record;
    fixture->event.time_ns = 7 * TIMESTAMP_SECOND_NS;
    fixture->event.logsource = decoder == &cloudtrail ? 1 : 0;
}

static void fixture_close(struct fixture *fixture)
{
    event_release(&fixture->event);
    arena_free(fixture->arena);
    alert_template_free(fixture->alert_template);
    field_table_free(fixture->fields);
}

static void set(struct fixture *fixture, const char *field, const char *value)
{
    field_id id = field_find(fixture->fields, str_of(field));
    if (id == FIELD_NONE) {
        fail_msg("no alert shows %s", field);
    }
    event_add_str(&fixture->event, id, str_of(value));
}

static struct alert *make(struct fixture *fixture)
{
    struct alert *alert = alert_make(fixture->alert_template, fixture->arena, &fixture->rule,
                                     &fixture->event, &fixture->chunk);
    for (uint32_t i = 1; i < alert->fields_count; i++) {
        assert_true(str_compare(alert->fields[i - 1].name, alert->fields[i].name) < 0);
    }
    return alert;
}

/* want NULL: the alert does not have the field. */
static void assert_field(const struct alert *alert, const char *name, const char *want)
{
    const char *got = NULL;
    char text[256];
    for (uint32_t i = 0; i < alert->fields_count; i++) {
        if (str_equal(alert->fields[i].name, str_of(name))) {
            snprintf(text, sizeof text, "%.*s", STR_ARG(alert->fields[i].value));
            got = text;
        }
    }
    if ((got == NULL) != (want == NULL) || (got != NULL && strcmp(got, want) != 0)) {
        fail_msg("%s is %s, not %s", name, got == NULL ? "absent" : got,
                 want == NULL ? "absent" : want);
    }
}

static void the_alert_knows_where_its_event_stood(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, &cloudtrail);
    const struct alert *alert = make(&fixture);
    char id[EVENT_ID_TEXT + 1];
    alert_event_id(&fixture.record, &fixture.stream, id);
    assert_int_equal(alert->events_count, 1);
    assert_string_equal(alert->events[0].id, id);
    assert_true(str_equal(alert->events[0].source, STR("logs")));
    assert_int_equal(alert->events[0].partition, 2);
    assert_true(alert->events[0].offset == 40 && alert->events[0].sub == 3);
    alert_id_of_event(&fixture.rule, alert->events[0].id, id);
    assert_string_equal(alert->id, id);
    assert_true(alert->time_ns == 7 * TIMESTAMP_SECOND_NS);
    assert_true(alert->window_start_ns == TIMESTAMP_NONE);
    assert_true(str_equal(alert->logsource, STR("aws/cloudtrail")));
    assert_true(str_equal(alert->original, STR("the record")));
    assert_true(alert->original_len == 10);
    fixture_close(&fixture);
}

static void cloudtrail_fields_get_their_ecs_names(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, &cloudtrail);
    set(&fixture, "eventName", "ConsoleLogin");
    set(&fixture, "eventSource", "signin.amazonaws.com");
    set(&fixture, "sourceIPAddress", "2001:db8::1");
    set(&fixture, "userIdentity.principalId", "AIDAEXAMPLE");
    set(&fixture, "userIdentity.arn", "arn:aws:iam::000000000001:user/eve");
    set(&fixture, "userIdentity.userName", "eve");
    set(&fixture, "userIdentity.accountId", "000000000001");
    set(&fixture, "recipientAccountId", "000000000002");
    set(&fixture, "awsRegion", "eu-west-1");
    set(&fixture, "errorCode", "AccessDenied");
    set(&fixture, "eventID", "e-1");
    const struct alert *alert = make(&fixture);
    assert_field(alert, "event.dataset", "tocsin.cloudtrail");
    assert_field(alert, "event.action", "ConsoleLogin");
    assert_field(alert, "event.provider", "signin.amazonaws.com");
    assert_field(alert, "event.outcome", "failure");
    assert_field(alert, "error.code", "AccessDenied");
    assert_field(alert, "error.message", NULL);
    assert_field(alert, "source.ip", "2001:db8::1");
    assert_field(alert, "source.address", "2001:db8::1");
    assert_field(alert, "user.id", "AIDAEXAMPLE");
    assert_field(alert, "user.name", "eve");
    assert_field(alert, "aws.cloudtrail.user_identity.arn", "arn:aws:iam::000000000001:user/eve");
    assert_field(alert, "cloud.account.id", "000000000002");
    assert_field(alert, "cloud.region", "eu-west-1");
    assert_field(alert, "tocsin.record_id", "e-1");
    assert_field(alert, "tocsin.event_flags", NULL);
    fixture_close(&fixture);
}

static void what_stands_in_for_missing_cloudtrail_fields(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, &cloudtrail);
    set(&fixture, "sourceIPAddress", "cloudformation.amazonaws.com");
    set(&fixture, "userIdentity.arn", "arn:aws:sts::1:assumed-role/r/s");
    set(&fixture, "userIdentity.sessionContext.sessionIssuer.userName", "r");
    set(&fixture, "userIdentity.accountId", "000000000001");
    field_id name = field_find(fixture.fields, STR("eventName"));
    event_add(&fixture.event, name, "a\\u0041", 7, VALUE_STRING, true);
    field_id error = field_find(fixture.fields, STR("errorCode"));
    event_add(&fixture.event, error, "null", 4, VALUE_NULL, false);
    const struct alert *alert = make(&fixture);
    assert_field(alert, "event.action", "aA");
    assert_field(alert, "event.outcome", "success");
    assert_field(alert, "error.code", NULL);
    assert_field(alert, "source.ip", NULL);
    assert_field(alert, "source.address", "cloudformation.amazonaws.com");
    assert_field(alert, "user.id", "arn:aws:sts::1:assumed-role/r/s");
    assert_field(alert, "user.name", "r");
    assert_field(alert, "cloud.account.id", "000000000001");
    fixture_close(&fixture);
}

static void s3_access_fields_get_their_ecs_names(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, &s3access);
    set(&fixture, "remote_ip", "192.0.2.7");
    set(&fixture, "requester", "arn:aws:iam::1:user/eve");
    set(&fixture, "bucket", "b");
    set(&fixture, "key", "k/1");
    set(&fixture, "operation", "REST.GET.OBJECT");
    set(&fixture, "http_status", "403");
    set(&fixture, "request_uri", "GET /b/k/1 HTTP/1.1");
    const struct alert *alert = make(&fixture);
    assert_field(alert, "event.dataset", "tocsin.s3access");
    assert_field(alert, "event.action", "REST.GET.OBJECT");
    assert_field(alert, "event.outcome", "failure");
    assert_field(alert, "http.response.status_code", "403");
    assert_field(alert, "source.ip", "192.0.2.7");
    assert_field(alert, "user.id", "arn:aws:iam::1:user/eve");
    assert_field(alert, "aws.s3access.bucket", "b");
    assert_field(alert, "aws.s3access.key", "k/1");
    assert_field(alert, "url.original", "GET /b/k/1 HTTP/1.1");
    fixture_close(&fixture);
}

static void syslog_fields_get_their_ecs_names_and_flags(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, &syslog);
    set(&fixture, "host", "h");
    set(&fixture, "program", "sshd");
    set(&fixture, "pid", "4711");
    set(&fixture, "user", "root");
    set(&fixture, "src_ip", "192.0.2.999");
    set(&fixture, "src_port", "22");
    set(&fixture, "outcome", "maybe");
    set(&fixture, "message", "Failed password");
    fixture.event.flags = EVENT_TIMELESS | EVENT_ZONE_ASSUMED;
    const struct alert *alert = make(&fixture);
    assert_field(alert, "event.outcome", NULL); /* not a word that ECS allows */
    assert_field(alert, "host.name", "h");
    assert_field(alert, "process.name", "sshd");
    assert_field(alert, "process.pid", "4711");
    assert_field(alert, "user.name", "root");
    assert_field(alert, "source.ip", NULL); /* no address */
    assert_field(alert, "source.address", "192.0.2.999");
    assert_field(alert, "source.port", "22");
    assert_field(alert, "message", "Failed password");
    assert_field(alert, "tocsin.event_flags", "timeless zone_assumed");
    fixture_close(&fixture);
}

static void long_records_are_cut_between_characters(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, &json);
    char *bytes = malloc(LIMIT_ALERT_ORIGINAL_BYTES + 2);
    assert_non_null(bytes);
    memset(bytes, 'x', LIMIT_ALERT_ORIGINAL_BYTES + 2);
    static const unsigned char euro[3] = {0xE2, 0x82, 0xAC};
    memcpy(bytes + LIMIT_ALERT_ORIGINAL_BYTES - 2, euro, sizeof euro);
    fixture.record.bytes = (struct str){bytes, LIMIT_ALERT_ORIGINAL_BYTES + 2};
    const struct alert *alert = make(&fixture);
    assert_int_equal(alert->original.len, LIMIT_ALERT_ORIGINAL_BYTES - 2);
    assert_int_equal(alert->original_len, LIMIT_ALERT_ORIGINAL_BYTES + 2);
    assert_int_equal(alert->fields_count, 1);
    assert_field(alert, "event.dataset", "tocsin.json");
    free(bytes);
    fixture_close(&fixture);
}

static void what_is_rendered_before_is_what_would_be_rendered(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, &cloudtrail);
    static const struct str tags[] = {{"attack.t1078", 12}};
    struct rule rules[] = {{.id = STR("a"), .title = STR("first"), .level = RULE_LOW},
                           {.id = STR("b"), .title = STR("second"), .tags = {tags, 1}},
                           {.id = STR("c"), .title = STR("third"), .author = STR("x, y")}};
    struct rule_set set = {.rules = rules, .rules_count = 3};
    alert_template_add_rules(fixture.alert_template, &set);
    for (int i = 0; i < 4; i++) {
        const struct rule *rule = i < 3 ? &rules[i] : &fixture.rule;
        struct alert *alert =
            alert_make(fixture.alert_template, fixture.arena, rule, &fixture.event, &fixture.chunk);
        assert_int_equal(alert->rule_json.len > 0, i < 3);
        struct buffer got = {0};
        struct buffer want = {0};
        alert_render_json(alert, &got);
        alert_render_json(alert_copy(fixture.arena, alert), &want);
        assert_int_equal(got.len, want.len);
        assert_memory_equal(got.ptr, want.ptr, want.len);
        buffer_release(&got);
        buffer_release(&want);
    }
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_alert_knows_where_its_event_stood),
        cmocka_unit_test(cloudtrail_fields_get_their_ecs_names),
        cmocka_unit_test(what_stands_in_for_missing_cloudtrail_fields),
        cmocka_unit_test(s3_access_fields_get_their_ecs_names),
        cmocka_unit_test(syslog_fields_get_their_ecs_names_and_flags),
        cmocka_unit_test(long_records_are_cut_between_characters),
        cmocka_unit_test(what_is_rendered_before_is_what_would_be_rendered),
    };
    return cmocka_run_group_tests_name("alert make", tests, NULL, NULL);
}
