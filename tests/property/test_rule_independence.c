/* SPDX-License-Identifier: Apache-2.0
 *
 * test_rule_independence.c - what a rule tells never depends on rules that it has nothing to do
 * with: not on whether they are there, are broken, or stand before or behind it.
 *
 * Random subsets of one set of documents (detections, filters, correlations) go through the whole
 * engine on the same events. A rule's alerts, byte for byte, may only depend on the documents that
 * it is related to: those it names, those that filter it or what it names, and those that count it
 * (and what they name besides, without which they are left out).
 */
#include "base/hash.h"
#include "tests/engine_probe.h"

#define DOCUMENTS 16
#define EVENTS    240
#define ROUNDS    300
#define OUTCOMES  4096

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

#define DETECTION(name, selection, condition)                                                      \
    "title: " name "\nid: id_" name "\nname: " name "\nlogsource: {}\ndetection:\n" selection      \
    "  condition: " condition "\n"
#define CORRELATION(name, body) "title: " name "\nid: id_" name "\ncorrelation:\n" body
#define FILTER(name, rules, user)                                                                  \
    "title: " name "\nlogsource: {}\nfilter:\n  rules: " rules "\n  sel:\n    user: " user         \
    "\n  condition: not sel\n"

/* Those related to a document, a bit each: its own references and what refers to it. */
struct document {
    const char *title;
    const char *text;
    uint32_t related;
};

#define BIT(n) (UINT32_C(1) << (n))

/* 0 to 8 are detections, 9 to 11 filters, 12 to 15 correlations. The detections share predicates,
 * so that the plan shares them, too. */
static const struct document documents[DOCUMENTS] = {
    {"d0", DETECTION("d0", "  s:\n    op: login\n    ok: false\n", "s"), BIT(9) | BIT(12)},
    {"d1", DETECTION("d1", "  s:\n    op|startswith: [log, del]\n", "s"), BIT(10)},
    {"d2", DETECTION("d2", "  s:\n    op: login\n  f:\n    user|contains: adm\n", "s and not f"),
     BIT(10)},
    {"d3", DETECTION("d3", "  s:\n    - 'delete'\n", "s"), BIT(13)},
    {"d4", DETECTION("d4", "  s:\n    user|re: '^a.*[0-9]$'\n", "s"), 0},
    {"d5", DETECTION("d5", "  s:\n    n|gte: 5\n    ok: false\n", "s"), BIT(14) | BIT(6)},
    {"d6", DETECTION("d6", "  s:\n    op: [login, delete]\n    ip|cidr: 10.0.0.0/9\n", "s"),
     BIT(14) | BIT(15) | BIT(5) | BIT(8)},
    {"d7", DETECTION("d7", "  s:\n    gone: null\n  t:\n    n|lt: 2\n", "s and not t"), 0},
    {"d8", DETECTION("d8", "  s:\n    user|fieldref: owner\n", "s"), BIT(11) | BIT(15) | BIT(6)},
    {"f0", FILTER("f0", "[d0]", "adm1"), 0},
    {"f1", FILTER("f1", "[id_d1, d2]", "bob"), 0},
    {"f2", FILTER("f2", "[d8]", "adm2"), 0},
    {"c0",
     CORRELATION("c0", "  type: event_count\n  rules: [d0]\n  group-by: [user]\n  timespan: 30s\n"
                       "  condition:\n    gte: 3\n"),
     BIT(0) | BIT(9)},
    {"c1",
     CORRELATION("c1", "  type: value_count\n  rules: [id_d3]\n  group-by: [ip]\n  timespan: 1m\n"
                       "  generate: true\n  condition:\n    field: user\n    gte: 2\n"),
     BIT(3)},
    {"c2",
     CORRELATION("c2", "  type: temporal\n  rules: [d5, d6]\n  group-by: [user]\n"
                       "  timespan: 20s\n"),
     BIT(5) | BIT(6)},
    {"c3",
     CORRELATION("c3", "  type: temporal_ordered\n  rules: [d6, d8]\n  group-by: [ip]\n"
                       "  timespan: 1m\n  generate: true\n"),
     BIT(6) | BIT(8) | BIT(11)},
};

/* Breaks a document so that it is left out, and it alone. */
static void add_break(struct buffer *out, const char *title)
{
    static const char *const breaks[] = {"level: worst\n", "status: unsupported\n",
                                         "taxonomy: own\n"};
    buffer_add_text(out, title[0] == 'f' ? "  other:\n    a|bogus: 1\n" : breaks[draw(3)]);
}

static void make_events(struct buffer *out)
{
    static const char *const operations[] = {"login", "delete", "logout", "list"};
    static const char *const users[] = {"adm1", "adm2", "bob", "eve"};
    static const char *const addresses[] = {"10.0.0.1", "10.200.0.1", "192.0.2.9"};
    for (uint32_t i = 0; i < EVENTS; i++) {
        buffer_printf(out,
                      "{\"time\":\"2026-11-24T10:%02u:%02uZ\",\"op\":\"%s\",\"user\":\"%s\","
                      "\"owner\":\"%s\",\"ip\":\"%s\",\"ok\":%s,\"n\":%u}\n",
                      i * 3 / 60, i * 3 % 60, operations[draw(4)], users[draw(4)], users[draw(4)],
                      addresses[draw(3)], draw(2) ? "true" : "false", draw(8));
    }
}

/* A random order of some of the documents, some of them broken; returns which are whole. */
static uint32_t make_rules(struct buffer *out)
{
    uint32_t order[DOCUMENTS];
    uint32_t whole = 0;
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        uint32_t other = draw(i + 1);
        order[i] = order[other];
        order[other] = i;
    }
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        uint32_t kind = draw(4);
        if (kind == 0) {
            continue;
        }
        buffer_printf(out, "---\n%s", documents[order[i]].text);
        if (kind == 1) {
            add_break(out, documents[order[i]].title);
        } else {
            whole |= BIT(order[i]);
        }
    }
    buffer_add_byte(out, '\0');
    return whole;
}

/* What a rule told when these of its relatives were there. */
struct told {
    uint32_t document;
    uint32_t relatives;
    uint64_t hash;
};
static struct told told[OUTCOMES];
static uint32_t told_count;

/* All alerts of that title, in their order, as one number; *count says how many. */
static uint64_t hash_alerts(const char *outcome, const char *title, uint32_t *count)
{
    char name[32];
    uint64_t hash = 0;
    struct str rest = str_of(outcome);
    snprintf(name, sizeof name, "\"name\":\"%s\"", title);
    while (rest.len > 0) {
        size_t end = str_find_byte(rest, '\n');
        struct str line = str_slice(rest, 0, end);
        rest = str_slice(rest, line.len + 1, rest.len);
        if (str_find(line, str_of(name)) != STR_NOT_FOUND) {
            hash = hash_bytes(line, hash + 1);
            (*count)++;
        }
    }
    return hash;
}

/* Returns how many alerts were compared with what the same rule told before. */
static uint32_t compare(const char *outcome, uint32_t document, uint32_t whole)
{
    uint32_t count = 0;
    uint64_t hash = hash_alerts(outcome, documents[document].title, &count);
    uint32_t relatives = whole & documents[document].related;
    for (uint32_t i = 0; i < told_count; i++) {
        if (told[i].document == document && told[i].relatives == relatives) {
            if (told[i].hash != hash) {
                print_error("%s, with %x of %x\n", documents[document].title, relatives, whole);
            }
            assert_true(told[i].hash == hash);
            return count;
        }
    }
    assert_true(told_count < OUTCOMES);
    told[told_count++] = (struct told){document, relatives, hash};
    return 0;
}

static void alerts_depend_on_related_rules_only(void **state)
{
    (void)state;
    struct buffer events = {0};
    struct buffer rules = {0};
    uint32_t compared[DOCUMENTS] = {0};
    random_state = 42;
    make_events(&events);
    struct probe_input input = {.bytes = buffer_str(&events), .decoder = "json"};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        buffer_clear(&rules);
        random_state = round;
        uint32_t whole = make_rules(&rules);
        probe_open(rules.ptr);
        probe.shows_alerts = true;
        const char *outcome = whole != 0 ? probe_run(&input) : "";
        for (uint32_t i = 0; i < DOCUMENTS; i++) {
            compared[i] += (whole & BIT(i)) != 0 ? compare(outcome, i, whole) : 0;
        }
        probe_close();
    }
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        assert_true(compared[i] > 0 || documents[i].title[0] == 'f');
    }
    buffer_release(&events);
    buffer_release(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_depend_on_related_rules_only),
    };
    return cmocka_run_group_tests_name("rule independence", tests, NULL, NULL);
}
