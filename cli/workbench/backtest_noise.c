/* SPDX-License-Identifier: Apache-2.0
 *
 * backtest_noise.c - see backtest_noise.h.
 */
#include "cli/workbench/backtest_noise.h"

#include "base/timestamp.h"

/* The last part of names of fields that say who acted, or from where. */
static const char *const telling[] = {"arn",       "userName",   "principalId", "sourceIPAddress",
                                      "userAgent", "invokedBy",  "accountId",   "user",
                                      "src_ip",    "remote_ip",  "requester",   "user_agent",
                                      "host",      "hostname",   "program",     "command",
                                      "bucket",    "bucketName", "process",     "path",
                                      "Image",     "User",       "ParentImage"};

static struct str last_part(struct str name)
{
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != '.') {
        at--;
    }
    return str_slice(name, at, name.len);
}

static bool is_telling(struct str name)
{
    struct str part = last_part(name);
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++) {
        if (str_equal(part, str_of(telling[i]))) {
            return true;
        }
    }
    return false;
}

/* Does the condition ask about the field? Recursive: its depth is bounded when it is read. */
static bool asks_for(const struct rule_set *rules, const struct condition *condition,
                     struct str name)
{
    if (condition->kind == CONDITION_PREDICATE) {
        return str_equal(rules->predicates[condition->predicate].field, name);
    }
    bool asks = false;
    for (uint32_t i = 0; i < condition->children_count && !asks; i++) {
        asks = asks_for(rules, condition->children[i], name);
    }
    return asks;
}

static bool dominates(const struct backtest_report *report, const struct tally_field *field)
{
    const struct rule *rule = report->rule;
    uint64_t matches = report->tally->matches;
    return matches >= NOISE_MATCHES_MIN && field->values_count > 0 && is_telling(field->name) &&
           field->values[0].text.len > 0 && field->values[0].text.len < TALLY_TEXT_MAX &&
           field->values[0].matches * 100 > matches * NOISE_PERCENT &&
           (rule->condition == NULL || !asks_for(report->rules, rule->condition, field->name));
}

uint32_t backtest_find_noise(const struct backtest_report *report,
                             const struct tally_field *found[NOISE_SHOWN])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < report->tally->fields_count; i++) {
        const struct tally_field *field = &report->tally->fields[i];
        if (!dominates(report, field)) {
            continue;
        }
        uint32_t at = count;
        while (at > 0 && found[at - 1]->values[0].matches < field->values[0].matches) {
            at--;
        }
        if (at == NOISE_SHOWN) {
            continue;
        }
        count += count < NOISE_SHOWN ? 1 : 0;
        memmove(&found[at + 1], &found[at], (count - at - 1) * sizeof *found);
        found[at] = field;
    }
    return count;
}

uint64_t backtest_tenths_a_day(const struct backtest_tally *tally)
{
    if (tally->days_count == 0) {
        return 0;
    }
    int64_t days = tally->days[tally->days_count - 1].day - tally->days[0].day + 1;
    return tally->matches * 10 / (uint64_t)days;
}

static bool is_special(char c)
{
    return c == '*' || c == '?' || c == '\\';
}

void backtest_add_literal(struct buffer *out, struct str value)
{
    buffer_add_byte(out, '\'');
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool before_special = i + 1 < value.len && is_special(value.ptr[i + 1]);
        if (c == '*' || c == '?' || (c == '\\' && before_special)) {
            buffer_add_byte(out, '\\');
        }
        buffer_add_text(out, c == '\'' ? "'" : "");
        buffer_add_printable(out, str_slice(value, i, 1));
    }
    buffer_add_byte(out, '\'');
}
