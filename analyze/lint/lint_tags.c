/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_tags.c - attack.t1078.004 and the like: is it a technique of MITRE ATT&CK? Tags of ATT&CK's
 * other matrices (ICS: attack.t0800) are not looked at.
 */
#include "analyze/lint/lint_internal.h"

#include "analyze/lint/attack_ids.inc"

struct technique {
    uint32_t number;
    uint32_t subs; /* bit 0: itself; bit 4: .004 */
};

static const struct technique techniques[] = {ATTACK_IDS};
#define TECHNIQUES (sizeof techniques / sizeof techniques[0])

static const struct technique *find(uint64_t number)
{
    for (size_t i = 0; i < TECHNIQUES; i++) {
        if (techniques[i].number == number) {
            return &techniques[i];
        }
    }
    return NULL;
}

/* "1078" or "1078.004" behind attack.t; false when it is no number of the Enterprise matrix. */
static bool parse(struct str tag, uint64_t *number, uint64_t *sub)
{
    struct str prefix = STR("attack.t1");
    if (!str_equal_fold(str_slice(tag, 0, prefix.len), prefix) || tag.len < prefix.len) {
        return false;
    }
    struct str rest = str_slice(tag, prefix.len - 1, tag.len);
    size_t dot = str_find_byte(rest, '.');
    *sub = 0;
    return str_to_u64(str_slice(rest, 0, dot), number) &&
           (dot == STR_NOT_FOUND || str_to_u64(str_slice(rest, dot + 1, rest.len), sub));
}

/* Where the tag stands in the rule's file: behind the rule's beginning. */
static struct condition place_of(const struct lint *lint, const struct rule *rule, struct str tag)
{
    struct condition place = {.line = rule->line, .column = 1};
    struct str line = {"", 0};
    for (uint32_t at = rule->line; at < rule->line + 100; at++) {
        line = rule_set_line(lint->rules, rule->path, at);
        size_t found = str_find(line, tag);
        if (found != STR_NOT_FOUND) {
            place.line = at;
            place.column = (uint32_t)found + 1;
            break;
        }
    }
    return place;
}

void lint_tags(struct lint *lint, const struct rule *rule)
{
    for (uint32_t i = 0; i < rule->tags.count; i++) {
        struct str tag = rule->tags.items[i];
        uint64_t number = 0;
        uint64_t sub = 0;
        if (!parse(tag, &number, &sub)) {
            continue;
        }
        const struct technique *technique = find(number);
        if (technique == NULL || sub > 31 || (technique->subs >> sub & 1) == 0) {
            struct condition place = place_of(lint, rule, tag);
            lint_warn(lint, rule, PROBLEM_UNKNOWN_TECHNIQUE, &place,
                      "MITRE ATT&CK %s has no technique %.*s; it may have been retired",
                      ATTACK_VERSION, STR_ARG(str_slice(tag, 7, tag.len)));
        }
    }
}
