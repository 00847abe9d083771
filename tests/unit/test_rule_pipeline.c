/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_pipeline.c - processing pipelines: what they make of rules, in which order, and what is
 * wrong with a pipeline.
 */
#include "analyze/rule/rule.h"
#include "analyze/rule/rule_extension.h"
#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define RULE(lines)                                                                                \
    "title: R\nid: r\ntags: [attack.t1]\nlogsource: {category: webserver}\n"                       \
    "detection:\n  selection:\n" lines "  condition: selection\n---\n"
#define PIPELINE(items) "name: P\ntransformations:\n" items "---\n"

static struct rule_set *load(const char *yaml)
{
    struct rule_set *set = NULL;
    struct err err = {0};
    assert_int_equal(rule_set_load_text("t.yml", str_of(yaml), &set, &err), 0);
    return set;
}

static void render(const struct rule_set *set, const struct condition *node, struct buffer *out)
{
    static const char *const kinds[PREDICATE_KINDS] = {"=", "^=", "$=", "~=", "glob", "re"};
    static const char *const words[] = {"and", "or", "not"};
    if (node->kind == CONDITION_PREDICATE) {
        const struct predicate *asked = &set->predicates[node->predicate];
        buffer_printf(out, "%.*s %s %.*s", STR_ARG(asked->field),
                      kinds[asked->kind] != NULL ? kinds[asked->kind] : "?", STR_ARG(asked->text));
        return;
    }
    buffer_printf(out, "%s(", words[node->kind]);
    for (uint32_t i = 0; i < node->children_count; i++) {
        buffer_add_text(out, i > 0 ? ", " : "");
        render(set, node->children[i], out);
    }
    buffer_add_text(out, ")");
}

/* The first rule of yaml asks this. */
static void assert_asks(const char *yaml, const char *expected)
{
    struct rule_set *set = load(yaml);
    struct buffer out = {0};
    for (uint32_t i = 0; i < set->problems_count; i++) {
        buffer_printf(&out, "%u: %.*s ", set->problems[i].line, STR_ARG(set->problems[i].reason));
    }
    if (set->rules_count > 0) {
        render(set, set->rules[0].condition, &out);
    }
    buffer_add_byte(&out, '\0');
    assert_string_equal(out.ptr, expected);
    buffer_release(&out);
    rule_set_free(set);
}

static void assert_problem(const char *yaml, uint32_t line, uint32_t column, const char *reason)
{
    struct rule_set *set = load(yaml);
    assert_int_equal(set->problems_count, 1);
    if (str_find(set->problems[0].reason, str_of(reason)) == STR_NOT_FOUND) {
        fail_msg("%.*s", STR_ARG(set->problems[0].reason));
    }
    assert_int_equal(set->problems[0].line, line);
    assert_int_equal(set->problems[0].column, column);
    rule_set_free(set);
}

static void a_field_gets_another_name_and_keeps_its_modifiers(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {c-ip: remote_ip}\n")
                    RULE("    c-ip|startswith: '10.'\n    other: x\n"),
                "and(remote_ip ^= 10., other = x)");
}

static void section_7_line_25_a_field_that_gets_several_names_is_any_of_them(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: [a, b]}\n")
                    RULE("    f: [x, y]\n    g: z\n"),
                "and(or(or(a = x, a = y), or(b = x, b = y)), g = z)");
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: [a, b]}\n")
                    RULE("    f|neq: x\n"),
                "and(not(a = x), not(b = x))");
}

static void what_asks_for_absence_must_hold_for_all_names_of_a_field(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: [a, b]}\n")
                    RULE("    f: null\n"),
                "and(a ? , b ? )");
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: [a, b]}\n")
                    RULE("    f: [null, '']\n"),
                "and(or(a ? , a = ), or(b ? , b = ))");
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: [a, b]}\n")
                    RULE("    f|exists: false\n"),
                "and(not(a ? ), not(b ? ))");
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: [a, b]}\n")
                    RULE("    f|exists: true\n"),
                "or(a ? , b ? )");
}

static void a_log_source_is_added_to_the_rules_own(void **state)
{
    (void)state;
    struct rule_set *set =
        load(PIPELINE("- type: add_logsource\n  product: aws\n  service: s3access\n"
                      "- type: add_logsource\n  product: linux\n") RULE("    f: x\n"));
    assert_int_equal(set->problems_count, 0);
    const struct rule *rule = &set->rules[0];
    assert_true(str_equal(rule->logsource.category, STR("webserver")));
    assert_int_equal(rule->also_count, 2);
    assert_true(str_equal(rule->also[0].product, STR("aws")));
    assert_true(str_equal(rule->also[0].service, STR("s3access")));
    assert_true(str_equal(rule->also[1].product, STR("linux")));
    assert_int_equal(rule->also[1].service.len, 0);
    rule_set_free(set);
}

static void names_are_changed_by_prefix_suffix_and_letters(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: field_name_prefix\n  prefix: win.\n"
                         "- type: field_name_suffix\n  suffix: .text\n") RULE("    f: x\n"),
                "win.f.text = x");
    assert_asks(PIPELINE("- type: field_name_prefix_mapping\n  mapping: {cs-: request., sc-: r.}\n")
                    RULE("    cs-uri: x\n    sc-status: 1\n    other: y\n"),
                "and(request.uri = x, r.status = 1, other = y)");
    assert_asks(PIPELINE("- type: field_name_transform\n  transform_func: snake_case\n"
                         "  mapping: {IP: address}\n")
                    RULE("    SourceIPAddress: x\n    IP: y\n    userIdentity.userName: z\n"),
                "and(source_ip_address = x, address = y, user_identity.user_name = z)");
    assert_asks(PIPELINE("- type: field_name_transform\n  transform_func: upper\n")
                    RULE("    f|contains: x\n"),
                "F ~= x");
}

static void a_field_that_fieldref_names_gets_its_new_name(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {b: c}\n")
                    RULE("    a|fieldref: b\n"),
                "a ? c");
}

static void a_dropped_line_takes_part_in_nothing(void **state)
{
    (void)state;
    const char *drop = "- type: drop_detection_item\n  field_name_conditions:\n"
                       "  - {type: include_fields, fields: [f]}\n";
    struct buffer yaml = {0};
    buffer_printf(&yaml, "name: P\ntransformations:\n%s---\n%s%c", drop,
                  RULE("    f: x\n    g: y\n"), 0);
    assert_asks(yaml.ptr, "g = y");
    buffer_clear(&yaml);
    buffer_printf(&yaml,
                  "name: P\ntransformations:\n%s---\ntitle: R\nid: r\nlogsource: {product: a}\n"
                  "detection:\n  gone: {f: x}\n  kept: {g: y}\n"
                  "  condition: kept and not gone%c",
                  drop, 0);
    assert_asks(yaml.ptr, "g = y");
    buffer_clear(&yaml);
    buffer_printf(&yaml, "name: P\ntransformations:\n%s---\n%s%c", drop, RULE("    f: x\n"), 0);
    assert_asks(yaml.ptr, "14: pipelines dropped all that the condition asks ");
    buffer_release(&yaml);
}

static void a_condition_is_added_before_the_rules_own(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: add_condition\n  conditions: {index: main, host: [a, b]}\n")
                    RULE("    f: x\n"),
                "and(and(index = main, or(host = a, host = b)), f = x)");
    assert_asks(PIPELINE("- type: add_condition\n  conditions: {kind: $category-$service}\n"
                         "  template: true\n  negated: true\n") RULE("    f: x\n"),
                "and(not(kind = webserver-), f = x)");
}

static void the_log_source_is_changed_for_rules_of_another(void **state)
{
    (void)state;
    struct rule_set *set = load(PIPELINE(
        "- type: change_logsource\n  product: aws\n  service: s3access\n"
        "  rule_conditions:\n  - {type: logsource, category: WebServer}\n"
        "- type: change_logsource\n  product: wrong\n"
        "  rule_conditions:\n  - {type: logsource, category: webserver}\n") RULE("    f: x\n"));
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->rules_count, 1);
    assert_true(str_equal(set->rules[0].logsource.product, STR("aws")));
    assert_true(str_equal(set->rules[0].logsource.service, STR("s3access")));
    assert_int_equal(set->rules[0].logsource.category.len, 0);
    rule_set_free(set);
}

static void values_are_replaced_looked_up_and_set(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: replace_string\n  regex: '^(\\w+)\\.example$'\n"
                         "  replacement: '\\1.test'\n")
                    RULE("    f: [a.example, b.other]\n    n: 5\n    r|re: a.example\n"),
                "and(or(f = a.test, f = b.other), n = 5, r re a.example)");
    assert_asks(PIPELINE("- type: map_string\n  mapping: {GET: [REST.GET, WEBSITE.GET], PUT: p}\n")
                    RULE("    f: GET\n    g: [PUT, other]\n"),
                "and(or(f = rest.get, f = website.get), or(g = p, g = other))");
    assert_asks(PIPELINE("- type: set_value\n  value: x\n  detection_item_conditions:\n"
                         "  - {type: match_string, pattern: '^old'}\n")
                    RULE("    f: older\n    g: y\n"),
                "and(f = x, g = y)");
    assert_asks(
        PIPELINE("- type: map_string\n  mapping: {one: [a, b]}\n") "title: R\nid: r\nlogsource: "
                                                                   "{}\ndetection:\n  words: [one, "
                                                                   "two]\n"
                                                                   "  condition: words\n",
        "or(or( ~= a,  ~= b),  ~= two)");
}

static void wildcards_are_left_alone_when_special_characters_are_skipped(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: replace_string\n  regex: '.'\n  replacement: x\n"
                         "  skip_special: true\n") RULE("    f: 'ab*'\n"),
                "f ^= xx");
}

static void placeholders_get_their_values_from_the_pipelines_variables(void **state)
{
    (void)state;
    assert_asks(
        "name: P\nvars: {admins: [root, adm]}\ntransformations:\n"
        "- type: value_placeholders\n  include: [admins]\n---\n" RULE("    f|expand: '%admins%'\n"),
        "or(f = root, f = adm)");
    assert_asks("name: P\ntransformations:\n- type: wildcard_placeholders\n---\n" RULE(
                    "    f|expand: 'a%x%'\n"),
                "f ^= a");
}

static void conditions_of_rules_can_be_joined_and_turned_round(void **state)
{
    (void)state;
    const char *expected = "a = x";
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: a}\n"
                         "  rule_conditions:\n  - {type: tag, tag: attack.t1}\n"
                         "  - {type: contains_detection_item, field: f, value: x}\n"
                         "  - {type: is_sigma_rule}\n") RULE("    f: x\n"),
                expected);
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: a}\n"
                         "  rule_cond_op: or\n  rule_conditions:\n"
                         "  - {type: tag, tag: attack.t2}\n  - {type: contains_field, field: f}\n")
                    RULE("    f: x\n"),
                expected);
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: a}\n"
                         "  rule_cond_not: true\n  rule_conditions:\n"
                         "  - {type: tag, tag: attack.t1}\n") RULE("    f: x\n"),
                "f = x");
    assert_asks(PIPELINE("- id: first\n  type: field_name_mapping\n  mapping: {f: a}\n"
                         "  rule_conditions:\n  - {type: logsource, category: other}\n"
                         "- type: field_name_mapping\n  mapping: {f: b}\n  rule_conditions:\n"
                         "  - {type: processing_item_applied, processing_item_id: first}\n")
                    RULE("    f: x\n"),
                "f = x");
}

static void pipelines_are_applied_by_priority_then_by_place(void **state)
{
    (void)state;
    assert_asks("name: late\npriority: 20\ntransformations:\n"
                "- type: field_name_suffix\n  suffix: .late\n---\n"
                "name: early\npriority: 10\ntransformations:\n"
                "- type: field_name_suffix\n  suffix: .early\n---\n"
                "name: behind\npriority: 10\ntransformations:\n"
                "- type: field_name_suffix\n  suffix: .behind\n---\n"
                "name: early\npriority: 10\ntransformations:\n"
                "- type: field_name_suffix\n  suffix: .early\n---\n" RULE("    f: x\n"),
                "f.early.behind.late = x");
}

static void section_7_line_25_another_taxonomy_needs_a_pipeline_for_it(void **state)
{
    (void)state;
    assert_problem(RULE("    f: x\n") "title: T\nid: t\ntaxonomy: ecs\nlogsource: {}\n"
                                      "detection: {s: {f: x}, condition: s}\n",
                   12, 11, "no pipeline is for taxonomy 'ecs'");
    struct rule_set *set =
        load("name: ECS\ntaxonomy: ecs\ntransformations:\n"
             "- type: field_name_mapping\n  mapping: {source.ip: remote_ip}\n---\n"
             "title: T\nid: t\ntaxonomy: ecs\nlogsource: {}\n"
             "detection: {s: {source.ip: x}, condition: s}\n---\n" RULE("    source.ip: y\n"));
    assert_int_equal(set->rules_count, 2);
    assert_int_equal(set->problems_count, 0);
    assert_true(str_equal(set->predicates[0].field, STR("remote_ip")));
    assert_true(str_equal(set->predicates[1].field, STR("source.ip")));
    rule_set_free(set);
}

static void a_pipeline_can_refuse_rules_and_lines(void **state)
{
    (void)state;
    assert_problem(PIPELINE("- type: rule_failure\n  message: no such logs\n") RULE("    f: x\n"),
                   6, 1, "pipeline 'P': no such logs");
    assert_problem(PIPELINE("- type: detection_item_failure\n  message: no such field\n"
                            "  field_name_conditions: [{type: include_fields, fields: [g]}]\n")
                       RULE("    f: x\n    g: y\n"),
                   14, 5, "no such field");
}

static void what_is_wrong_with_a_pipeline_is_said_with_its_place(void **state)
{
    (void)state;
    assert_problem(PIPELINE("- type: fly\n"), 3, 9, "there is no transformation 'fly'; there are");
    assert_problem(PIPELINE("- type: field_name_mapping\n  maping: {a: b}\n"), 4, 3,
                   "has no 'maping'");
    assert_problem(PIPELINE("- type: field_name_mapping\n  mapping: {a: []}\n"), 4, 16,
                   "must become a name");
    assert_problem(PIPELINE("- type: rule_failure\n  message: m\n"
                            "  rule_conditions: [{type: moon}]\n"),
                   5, 21, "there is no condition 'moon' here");
    assert_problem(PIPELINE("- type: replace_string\n  regex: '('\n  replacement: x\n"), 4, 10,
                   "not a regular expression");
    assert_problem("name: P\nprioritie: 3\ntransformations: []\n", 2, 1, "has no key 'prioritie'");
    assert_problem("name: P\npriority: high\ntransformations: []\n", 2, 11, "whole number");
    assert_problem("name: P\npostprocessing: []\ntransformations: []\n", 2, 1, "about queries");
}

static void a_wrong_pipeline_is_left_out_whole(void **state)
{
    (void)state;
    struct rule_set *set = load(PIPELINE("- type: field_name_mapping\n  mapping: {f: a}\n"
                                         "- type: fly\n") RULE("    f: x\n"));
    assert_int_equal(set->problems_count, 1);
    assert_int_equal(set->problems[0].kind, RULE_ERROR);
    assert_int_equal(set->documents_count, 1);
    assert_true(str_equal(set->predicates[0].field, STR("f")));
    rule_set_free(set);
}

static void mappings_that_multiply_without_end_are_an_error(void **state)
{
    (void)state;
    struct buffer yaml = {0};
    buffer_add_text(&yaml, "name: P\ntransformations:\n");
    for (int i = 0; i < 40; i++) {
        buffer_add_text(&yaml, "- {type: field_name_mapping, mapping: {f: [f, f]}}\n");
    }
    buffer_printf(&yaml, "---\n%s%c", RULE("    f: x\n"), 0);
    assert_problem(yaml.ptr, 50, 5, "pipelines make more than 4096 lines of this rule");
    buffer_clear(&yaml);
    buffer_add_text(&yaml, "name: P\ntransformations:\n");
    for (int i = 0; i < 80; i++) {
        buffer_add_text(&yaml, "- {type: field_name_mapping, mapping: {f: [f, g]}}\n");
    }
    buffer_printf(&yaml, "---\n%s%c", RULE("    f: x\n"), 0);
    assert_problem(yaml.ptr, 90, 5, "more than 64 levels deep");
    buffer_release(&yaml);
}

static void a_correlation_follows_the_names_of_the_rules_that_it_counts(void **state)
{
    (void)state;
    struct rule_set *set =
        load(PIPELINE("- type: field_name_mapping\n  mapping: {c-ip: remote_ip, uri: [path, key]}\n"
                      "  rule_conditions: [{type: logsource, category: webserver}]\n")
                 RULE("    c-ip: x\n") "title: C\nid: c\ncorrelation:\n  type: value_count\n"
                                       "  rules: [r]\n  group-by: [ip, host]\n  timespan: 5m\n"
                                       "  aliases: {ip: {r: c-ip}}\n"
                                       "  condition: {gte: 2, field: uri}\n");
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->rules_count, 2);
    const struct correlation_reference *reference = &set->rules[1].correlation.references[0];
    assert_true(str_equal(reference->group_by[0], STR("remote_ip")));
    assert_true(str_equal(reference->group_by[1], STR("host")));
    assert_true(str_equal(reference->value.items[0], STR("path")));
    rule_set_free(set);
}

static void an_escaped_dot_of_a_field_is_a_dot(void **state)
{
    (void)state;
    assert_asks(RULE("    a\\.b|contains: x\n    c.d: y\n"), "and(a.b ~= x, c.d = y)");
}

static void section_7_line_3_custom_keys_are_kept_and_slips_are_told(void **state)
{
    (void)state;
    assert_problem("titel: no\n" RULE("    f: x\n"), 1, 1, "'titel' is no key of a rule");
    struct rule_set *set = load("simulation: [a]\nregression_tests_path: p\nscope: [s]\n"
                                "related: [{id: x, type: derived}]\n" RULE("    f: x\n"));
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->rules_count, 1);
    rule_set_free(set);
}

static void a_filter_is_changed_like_a_rule(void **state)
{
    (void)state;
    assert_asks(PIPELINE("- type: field_name_mapping\n  mapping: {f: a}\n")
                    RULE("    f: x\n") "title: F\nlogsource: {category: webserver}\n"
                                       "filter: {rules: [f], s: {f: y}, condition: not s}\n---\n"
                                       "title: G\nlogsource: {category: webserver}\n"
                                       "filter: {rules: [r], s: {f: y}, condition: not s}\n",
                "17: no loaded rule has the id or name 'f'; the filter has no effect on it "
                "and(a = x, not(a = y))");
}

static void what_a_rule_says_under_tocsin_is_renamed_with_it(void **state)
{
    (void)state;
    struct rule_set *set = load(
        PIPELINE("  - type: field_name_mapping\n    mapping: {c-ip: [src, peer], u: user}\n"
                 "  - type: drop_detection_item\n"
                 "    field_name_conditions: [{type: include_fields, fields: [user]}]\n")
            RULE("    u: x\n    path: y\n") "title: S\nid: s\nlogsource: {category: webserver}\n"
                                            "detection: {a: {c-ip: 1}, condition: a}\n"
                                            "tocsin:\n  risk: {score: 1, entity: u}\n"
                                            "  suppress: {key: [c-ip, z], for: 1h}\n"
                                            "  exceptions:\n  - {reason: r, owner: o, "
                                            "approved-by: a, expires: 2199-12-31, "
                                            "selection: {u: z, path: p}}\n");
    assert_int_equal(set->problems_count, 0);
    assert_int_equal(set->rules_count, 2);
    const struct rule_extension *extension = set->rules[1].extension;
    assert_int_equal(extension->risk_entities.count, 1);
    assert_true(str_equal(extension->risk_entities.items[0], STR("user")));
    assert_int_equal(extension->suppress.key.count, 3);
    assert_true(str_equal(extension->suppress.key.items[1], STR("peer")));
    struct buffer out = {0};
    render(set, extension->exceptions[0].condition, &out);
    buffer_add_byte(&out, '\0');
    assert_string_equal(out.ptr, "and(user = z, path = p)");
    buffer_release(&out);
    rule_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_rule_says_under_tocsin_is_renamed_with_it),
        cmocka_unit_test(a_field_gets_another_name_and_keeps_its_modifiers),
        cmocka_unit_test(section_7_line_25_a_field_that_gets_several_names_is_any_of_them),
        cmocka_unit_test(what_asks_for_absence_must_hold_for_all_names_of_a_field),
        cmocka_unit_test(a_log_source_is_added_to_the_rules_own),
        cmocka_unit_test(names_are_changed_by_prefix_suffix_and_letters),
        cmocka_unit_test(a_field_that_fieldref_names_gets_its_new_name),
        cmocka_unit_test(a_dropped_line_takes_part_in_nothing),
        cmocka_unit_test(a_condition_is_added_before_the_rules_own),
        cmocka_unit_test(the_log_source_is_changed_for_rules_of_another),
        cmocka_unit_test(values_are_replaced_looked_up_and_set),
        cmocka_unit_test(wildcards_are_left_alone_when_special_characters_are_skipped),
        cmocka_unit_test(placeholders_get_their_values_from_the_pipelines_variables),
        cmocka_unit_test(conditions_of_rules_can_be_joined_and_turned_round),
        cmocka_unit_test(pipelines_are_applied_by_priority_then_by_place),
        cmocka_unit_test(section_7_line_25_another_taxonomy_needs_a_pipeline_for_it),
        cmocka_unit_test(a_pipeline_can_refuse_rules_and_lines),
        cmocka_unit_test(what_is_wrong_with_a_pipeline_is_said_with_its_place),
        cmocka_unit_test(a_wrong_pipeline_is_left_out_whole),
        cmocka_unit_test(mappings_that_multiply_without_end_are_an_error),
        cmocka_unit_test(a_correlation_follows_the_names_of_the_rules_that_it_counts),
        cmocka_unit_test(an_escaped_dot_of_a_field_is_a_dot),
        cmocka_unit_test(section_7_line_3_custom_keys_are_kept_and_slips_are_told),
        cmocka_unit_test(a_filter_is_changed_like_a_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
