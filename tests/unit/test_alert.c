/* SPDX-License-Identifier: Apache-2.0
 *
 * test_alert.c - ids of events and alerts, the JSON line (cJSON is the oracle), the deep copy.
 */
#include "analyze/alert/alert.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))

static const struct str all_tags[] = {
    {"attack.initial-access", 21}, {"attack.defense_evasion", 22}, {"attack.t1078", 12},
    {"attack.T1078.004", 16},      {"attack.t1562.001", 16},       {"attack.t15", 10},
    {"attack.g0007", 12},          {"cve.2021-44228", 14},
};
static const struct str references[] = {{"https://example.com/a?b=\"c\"", 27}};

static struct rule make_rule(void)
{
    return (struct rule){
        .id = STR("6f3e2987-db24-4c78-a860-b4f4095a7095"),
        .title = STR("Console login \"without\" MFA"),
        .description = STR("line one\nline two"),
        .author = STR("A. Person, , B\tPerson"),
        .license = STR("Apache-2.0"),
        .level = RULE_HIGH,
        .tags = {all_tags, COUNT(all_tags)},
        .references = {references, 1},
        .digest = UINT64_C(0x00AB54A98CEB1F0A),
    };
}

static struct alert_field field_list[] = {
    {{"aws.cloudtrail.request_id", 25}, {"r-1", 3}},
    {{"aws.cloudtrail.user_identity.arn", 32}, {"arn:aws:iam::1:user/x", 21}},
    {{"aws.cloudtrail.user_identity.type", 33}, {"IAMUser", 7}},
    {{"cloud.account.id", 16}, {"000000000001", 12}},
    {{"cloud.region", 12}, {"us-east-1", 9}},
    {{"event.action", 12}, {"ConsoleLogin", 12}},
    {{"event.outcome", 13}, {"failure", 7}},
    {{"http.response.status_code", 25}, {"403", 3}},
    {{"message", 7}, {"a \"message\"\x1b[31m\xff", 17}},
    {{"process.pid", 11}, {"0123", 4}},
    {{"source.address", 14}, {"192.0.2.1", 9}},
    {{"source.ip", 9}, {"192.0.2.1", 9}},
    {{"source.port", 11}, {"52144", 5}},
    {{"tocsin.record_id", 16}, {"e-1", 3}},
    {{"user.name", 9}, {"x", 1}},
};

static struct alert_event event_list[] = {
    {"0123456789abcdef0123456789abcdef", 1000000000, {"cloudtrail", 10}, 3, 41, 7, {0}},
    {"fedcba9876543210fedcba9876543210",
     2500000000,
     {"logs/a \"b\".log", 14},
     -1,
     18446744073709551615U,
     0,
     {0}},
};

static struct alert make_alert(const struct rule *rule)
{
    return (struct alert){
        .id = "00112233445566778899aabbccddeeff",
        .rule = rule,
        .time_ns = 1000000000,
        .logsource = STR("aws/cloudtrail"),
        .events = event_list,
        .events_count = 1,
        .events_total = 1,
        .value = 1,
        .window_start_ns = TIMESTAMP_NONE,
        .window_end_ns = TIMESTAMP_NONE,
        .fields = field_list,
        .fields_count = COUNT(field_list),
        .original = STR("{\"eventName\":\"ConsoleLogin\"}\r"),
        .original_len = 29,
    };
}

static cJSON *render(const struct alert *alert)
{
    struct buffer out = {0};
    alert_render_json(alert, &out);
    assert_true(out.len > 2);
    assert_int_equal(out.ptr[out.len - 1], '\n');
    assert_null(memchr(out.ptr, '\n', out.len - 1));
    cJSON *root = cJSON_ParseWithLength(out.ptr, out.len);
    assert_non_null(root);
    buffer_release(&out);
    return root;
}

/* The item at a path whose segments are parted by /; a number is an index. */
static const cJSON *at(const cJSON *node, const char *path)
{
    char copy[128];
    snprintf(copy, sizeof copy, "%s", path);
    char *rest = copy;
    for (char *segment = strsep(&rest, "/"); segment != NULL; segment = strsep(&rest, "/")) {
        node = cJSON_IsArray(node) ? cJSON_GetArrayItem(node, segment[0] - '0')
                                   : cJSON_GetObjectItemCaseSensitive(node, segment);
    }
    return node;
}

static void assert_string_at(const cJSON *root, const char *path, const char *want)
{
    const cJSON *item = at(root, path);
    if (!cJSON_IsString(item)) {
        fail_msg("no string at %s", path);
    }
    assert_string_equal(item->valuestring, want);
}

static void assert_number_at(const cJSON *root, const char *path, double want)
{
    const cJSON *item = at(root, path);
    if (!cJSON_IsNumber(item)) {
        fail_msg("no number at %s", path);
    }
    assert_true(item->valuedouble == want);
}

/* No object anywhere below may have a key twice. */
static void assert_keys_unique(const cJSON *root)
{
    const cJSON *stack[256];
    size_t depth = 0;
    stack[depth++] = root;
    while (depth > 0) {
        const cJSON *node = stack[--depth];
        for (const cJSON *child = node->child; child != NULL; child = child->next) {
            for (const cJSON *other = child->next; other != NULL && cJSON_IsObject(node);
                 other = other->next) {
                assert_string_not_equal(child->string, other->string);
            }
            assert_true(depth < 256);
            stack[depth++] = child;
        }
    }
}

static void fields_nest_under_their_ecs_names(void **state)
{
    (void)state;
    struct rule rule = make_rule();
    struct alert alert = make_alert(&rule);
    cJSON *root = render(&alert);
    assert_keys_unique(root);
    assert_string_at(root, "@timestamp", "1970-01-01T00:00:01Z");
    assert_string_at(root, "event/kind", "alert");
    assert_string_at(root, "event/id", "0123456789abcdef0123456789abcdef");
    assert_string_at(root, "event/action", "ConsoleLogin");
    assert_string_at(root, "event/outcome", "failure");
    assert_string_at(root, "event/original", "{\"eventName\":\"ConsoleLogin\"}\r");
    assert_number_at(root, "event/severity", 4);
    assert_string_at(root, "aws/cloudtrail/request_id", "r-1");
    assert_string_at(root, "aws/cloudtrail/user_identity/arn", "arn:aws:iam::1:user/x");
    assert_string_at(root, "aws/cloudtrail/user_identity/type", "IAMUser");
    assert_string_at(root, "cloud/account/id", "000000000001");
    assert_string_at(root, "cloud/region", "us-east-1");
    assert_string_at(root, "source/address", "192.0.2.1");
    assert_string_at(root, "source/ip", "192.0.2.1");
    assert_string_at(root, "user/name", "x");
    assert_string_at(root, "message", "a \"message\"\x1b[31m\xEF\xBF\xBD");
    assert_string_at(root, "tocsin/record_id", "e-1");
    assert_string_at(root, "tocsin/alert_id", "00112233445566778899aabbccddeeff");
    assert_string_at(root, "tocsin/level", "high");
    assert_string_at(root, "tocsin/logsource", "aws/cloudtrail");
    assert_string_at(root, "tocsin/source", "cloudtrail");
    assert_number_at(root, "tocsin/partition", 3);
    assert_number_at(root, "tocsin/offset", 41);
    assert_number_at(root, "tocsin/sub", 7);
    assert_null(at(root, "tocsin/original_bytes"));
    assert_null(at(root, "tocsin/events"));
    cJSON_Delete(root);
}

static void only_digits_of_number_fields_become_numbers(void **state)
{
    (void)state;
    struct rule rule = make_rule();
    struct alert alert = make_alert(&rule);
    cJSON *root = render(&alert);
    assert_number_at(root, "source/port", 52144);
    assert_number_at(root, "http/response/status_code", 403);
    assert_string_at(root, "process/pid", "0123"); /* a leading zero is not JSON */
    assert_string_at(root, "cloud/account/id", "000000000001");
    cJSON_Delete(root);
}

static void the_rule_is_told_with_its_authors_and_licence(void **state)
{
    (void)state;
    struct rule rule = make_rule();
    struct alert alert = make_alert(&rule);
    cJSON *root = render(&alert);
    assert_string_at(root, "rule/id", "6f3e2987-db24-4c78-a860-b4f4095a7095");
    assert_string_at(root, "rule/name", "Console login \"without\" MFA");
    assert_string_at(root, "rule/description", "line one\nline two");
    assert_int_equal(cJSON_GetArraySize(at(root, "rule/author")), 2);
    assert_string_at(root, "rule/author/0", "A. Person");
    assert_string_at(root, "rule/author/1", "B\tPerson");
    assert_string_at(root, "rule/license", "Apache-2.0");
    assert_string_at(root, "rule/reference/0", "https://example.com/a?b=\"c\"");
    assert_string_at(root, "rule/version", "00ab54a98ceb1f0a");
    assert_int_equal(cJSON_GetArraySize(at(root, "tags")), COUNT(all_tags));
    cJSON_Delete(root);
}

static void attack_tags_become_threat_fields(void **state)
{
    (void)state;
    struct rule rule = make_rule();
    struct alert alert = make_alert(&rule);
    cJSON *root = render(&alert);
    assert_string_at(root, "threat/framework", "MITRE ATT&CK");
    assert_int_equal(cJSON_GetArraySize(at(root, "threat/tactic/id")), 2);
    assert_string_at(root, "threat/tactic/id/0", "TA0001");
    assert_string_at(root, "threat/tactic/name/1", "Defense Evasion");
    assert_int_equal(cJSON_GetArraySize(at(root, "threat/technique/id")), 2);
    assert_string_at(root, "threat/technique/id/0", "T1078");
    assert_string_at(root, "threat/technique/id/1", "T1562");
    assert_int_equal(cJSON_GetArraySize(at(root, "threat/technique/subtechnique/id")), 2);
    assert_string_at(root, "threat/technique/subtechnique/id/0", "T1078.004");
    assert_string_at(root, "threat/technique/subtechnique/id/1", "T1562.001");
    cJSON_Delete(root);

    rule.tags = (struct str_list){all_tags + 6, 2}; /* nothing that ECS has a place for */
    root = render(&alert);
    assert_null(at(root, "threat"));
    cJSON_Delete(root);

    rule.tags = (struct str_list){all_tags + 2, 1}; /* a technique without a tactic */
    root = render(&alert);
    assert_string_at(root, "threat/technique/id/0", "T1078");
    assert_null(at(root, "threat/tactic"));
    assert_null(at(root, "threat/technique/subtechnique"));
    cJSON_Delete(root);
}

static void a_correlation_shows_group_count_window_and_events(void **state)
{
    (void)state;
    struct rule rule = make_rule();
    rule.correlation.kind = CORRELATION_EVENT_COUNT;
    struct alert_field group[] = {
        {STR("userIdentity.arn"), STR("arn\"x")},
        {STR("awsRegion"), STR("")},
        {STR("userIdentity.arn"), STR("arn\"x")},
    };
    struct alert alert = make_alert(&rule);
    alert.logsource = STR("");
    alert.events_count = 2;
    alert.events_total = 150;
    alert.value = 150;
    alert.group = group;
    alert.group_count = COUNT(group);
    alert.window_start_ns = 1000000000;
    alert.window_end_ns = 2500000000;
    cJSON *root = render(&alert);
    assert_keys_unique(root);
    assert_null(at(root, "tocsin/logsource"));
    assert_string_at(root, "tocsin/group/userIdentity.arn", "arn\"x");
    assert_string_at(root, "tocsin/group/awsRegion", "");
    assert_number_at(root, "tocsin/count", 150);
    assert_string_at(root, "tocsin/window/start", "1970-01-01T00:00:01Z");
    assert_string_at(root, "tocsin/window/end", "1970-01-01T00:00:02.500Z");
    assert_number_at(root, "tocsin/events_total", 150);
    assert_int_equal(cJSON_GetArraySize(at(root, "tocsin/events")), 2);
    assert_string_at(root, "tocsin/events/0/id", "0123456789abcdef0123456789abcdef");
    assert_string_at(root, "tocsin/events/1/source", "logs/a \"b\".log");
    assert_null(at(root, "tocsin/events/1/partition"));
    assert_number_at(root, "tocsin/events/0/partition", 3);
    assert_string_at(root, "event/id", "fedcba9876543210fedcba9876543210");
    assert_string_at(root, "tocsin/source", "logs/a \"b\".log");
    cJSON_Delete(root);
}

static void what_is_unknown_is_left_out(void **state)
{
    (void)state;
    struct rule rule = {.id = STR("i"), .title = STR("t"), .level = RULE_INFORMATIONAL};
    struct alert alert = {.rule = &rule, .time_ns = TIMESTAMP_NONE, .original_len = 9000};
    cJSON *root = render(&alert);
    assert_null(at(root, "@timestamp"));
    assert_null(at(root, "tags"));
    assert_null(at(root, "threat"));
    assert_null(at(root, "rule/author"));
    assert_null(at(root, "rule/reference"));
    assert_number_at(root, "event/severity", 1);
    assert_string_at(root, "event/original", "");
    assert_number_at(root, "tocsin/original_bytes", 9000);
    cJSON_Delete(root);
}

static void equal_places_have_equal_ids_and_others_do_not(void **state)
{
    (void)state;
    char ids[6][EVENT_ID_TEXT + 1];
    alert_event_id_at(STR("topic"), 1, 23, 4, ids[0]);
    alert_event_id_at(STR("topic"), 1, 23, 5, ids[1]);
    alert_event_id_at(STR("topic"), 1, 24, 4, ids[2]);
    alert_event_id_at(STR("topic"), -1, 23, 4, ids[3]);
    alert_event_id_at(STR("topic1"), 1, 23, 4, ids[4]);
    struct stream stream = {.name = "topic", .partition = 1};
    struct record record = {.offset = 23, .sub = 4};
    alert_event_id(&record, &stream, ids[5]);
    assert_string_equal(ids[0], ids[5]);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(strlen(ids[i]), EVENT_ID_TEXT);
        assert_int_equal(strspn(ids[i], "0123456789abcdef"), EVENT_ID_TEXT);
        for (int other = i + 1; other < 5; other++) {
            assert_string_not_equal(ids[i], ids[other]);
        }
    }
}

/* Written down, because alerts that were delivered before an upgrade must keep their ids. The
 * values are what `printf ... | sha256sum` gives for the parts that alert_id.c describes. */
static void ids_do_not_change_between_versions(void **state)
{
    (void)state;
    char id[ALERT_ID_TEXT + 1];
    alert_event_id_at(STR("a"), -1, 1, 0, id);
    assert_string_equal(id, "b7fd72c0f062464f0dd614f55921e92c");
    struct rule rule = {.id = STR("r")};
    alert_id_of_event(&rule, "e", id);
    assert_string_equal(id, "1b0f55f5d87737ec094c703e654a3d3d");
    struct alert_field group[] = {{STR("name"), STR("v")}};
    alert_id_of_window(&rule, group, 1, 2, id);
    assert_string_equal(id, "ff0fa365ceb1a4135e979ffc9bff0286");
}

static void group_values_can_not_run_into_each_other(void **state)
{
    (void)state;
    struct rule rule = {.id = STR("r")};
    char one[ALERT_ID_TEXT + 1];
    char two[ALERT_ID_TEXT + 1];
    struct alert_field left[] = {{STR("a"), STR("xy")}, {STR("b"), STR("z")}};
    struct alert_field right[] = {{STR("a"), STR("x")}, {STR("b"), STR("yz")}};
    alert_id_of_window(&rule, left, 2, 5, one);
    alert_id_of_window(&rule, right, 2, 5, two);
    assert_string_not_equal(one, two);
    alert_id_of_window(&rule, left, 2, 6, two);
    assert_string_not_equal(one, two);
    alert_id_of_window(&rule, left, 2, 5, two);
    assert_string_equal(one, two);
}

static void a_copy_outlives_its_original(void **state)
{
    (void)state;
    struct rule rule = make_rule();
    rule.correlation.kind = CORRELATION_EVENT_COUNT;
    struct arena *first = arena_new(0);
    struct arena *second = arena_new(0);
    struct alert alert = make_alert(&rule);
    struct alert_field group[] = {{arena_copy(first, STR("user")), arena_copy(first, STR("x"))}};
    alert.group = group;
    alert.group_count = 1;
    alert.original = arena_copy(first, alert.original);
    struct alert *copy = alert_copy(second, &alert);
    struct buffer want = {0};
    alert_render_json(&alert, &want);
    arena_free(first);
    group[0] = (struct alert_field){{0}, {0}};
    struct buffer got = {0};
    alert_render_json(copy, &got);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.ptr, want.ptr, want.len);
    buffer_release(&got);
    buffer_release(&want);
    arena_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_nest_under_their_ecs_names),
        cmocka_unit_test(only_digits_of_number_fields_become_numbers),
        cmocka_unit_test(the_rule_is_told_with_its_authors_and_licence),
        cmocka_unit_test(attack_tags_become_threat_fields),
        cmocka_unit_test(a_correlation_shows_group_count_window_and_events),
        cmocka_unit_test(what_is_unknown_is_left_out),
        cmocka_unit_test(equal_places_have_equal_ids_and_others_do_not),
        cmocka_unit_test(ids_do_not_change_between_versions),
        cmocka_unit_test(group_values_can_not_run_into_each_other),
        cmocka_unit_test(a_copy_outlives_its_original),
    };
    return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
