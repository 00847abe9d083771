/* SPDX-License-Identifier: Apache-2.0
 *
 * clause.c - see clause.h.
 */
#include "cli/workbench/clause.h"

#include "base/timestamp.h"
#include "ingest/decode/decoder.h"

#include <inttypes.h>

static const char *const verbs[PREDICATE_KINDS] = {
    [PREDICATE_EQUALS] = "equals",
    [PREDICATE_PREFIX] = "starts with",
    [PREDICATE_SUFFIX] = "ends with",
    [PREDICATE_CONTAINS] = "contains",
    [PREDICATE_GLOB] = "is like",
    [PREDICATE_REGEX] = "matches",
    [PREDICATE_CIDR] = "is in the network",
    [PREDICATE_LESS] = "<",
    [PREDICATE_LESS_EQUAL] = "<=",
    [PREDICATE_GREATER] = ">",
    [PREDICATE_GREATER_EQUAL] = ">=",
    [PREDICATE_PRESENT] = "has a value",
    [PREDICATE_FIELD] = "compared with the field",
    [PREDICATE_TIME] = "compared by time with",
    [PREDICATE_EXISTS] = "exists",
    [PREDICATE_NULL] = "is null or absent",
    [PREDICATE_LIST] = "is in the list",
};

static const char *const part_names[] = {"minute", "hour", "day", "week", "month", "year"};

static void add_quoted(struct buffer *out, struct str text)
{
    buffer_add_byte(out, '\'');
    buffer_add_printable(out, str_slice(text, 0, CLAUSE_TEXT_MAX));
    buffer_add_text(out, text.len > CLAUSE_TEXT_MAX ? "...'" : "'");
}

static void add_number(struct buffer *out, const struct number *number)
{
    if (number->is_integer) {
        buffer_add_i64(out, number->integer);
    } else {
        buffer_printf(out, "%.15g", number->real);
    }
}

static void add_glob(struct buffer *out, const struct predicate *predicate)
{
    struct buffer text = {0};
    for (uint32_t i = 0; i < predicate->tokens_count; i++) {
        const struct glob_token *token = &predicate->tokens[i];
        buffer_add(&text, token->kind == GLOB_TEXT   ? token->text
                          : token->kind == GLOB_MANY ? STR("*")
                                                     : STR("?"));
    }
    add_quoted(out, buffer_str(&text));
    buffer_release(&text);
}

static void add_operand(struct buffer *out, const struct predicate *predicate)
{
    enum predicate_kind kind = predicate->kind;
    if (kind == PREDICATE_PRESENT || kind == PREDICATE_EXISTS || kind == PREDICATE_NULL) {
        return;
    }
    buffer_add_byte(out, ' ');
    if (kind == PREDICATE_GLOB) {
        add_glob(out, predicate);
    } else if ((kind >= PREDICATE_LESS && kind <= PREDICATE_GREATER_EQUAL) ||
               kind == PREDICATE_TIME) {
        add_number(out, &predicate->number);
    } else {
        add_quoted(out, predicate->text);
    }
}

void clause_add_predicate(const struct predicate *predicate, struct buffer *out)
{
    if (predicate->field.len == 0) {
        buffer_add_text(out, "the record");
    } else {
        buffer_add_printable(out, predicate->field);
    }
    if (predicate->kind == PREDICATE_TIME) {
        buffer_printf(out, "'s %s %s", part_names[predicate->part], verbs[predicate->comparison]);
    } else if (predicate->kind == PREDICATE_FIELD) {
        buffer_printf(out, " %s the field", verbs[predicate->comparison]);
    } else {
        buffer_printf(out, " %s", verbs[predicate->kind]);
    }
    add_operand(out, predicate);
    buffer_add_text(out, predicate->cased ? " (cased)" : "");
}

static void add_values_of(struct trial *trial, struct str name, struct buffer *out)
{
    const struct event *event = trial_event(trial);
    const struct value *value = event_first(event, trial_field(trial, name));
    uint32_t count = 0;
    buffer_add_text(out, value == NULL ? "there is no " : "");
    buffer_add_printable(out, name);
    buffer_add_text(out, value == NULL ? "" : " is ");
    for (; value != NULL; value = event_next(event, value)) {
        count++;
        if (count > CLAUSE_VALUES_MAX) {
            continue;
        }
        buffer_add_text(out, count > 1 ? ", " : "");
        if (value->kind == VALUE_NULL) {
            buffer_add_text(out, "null");
        } else if (value->kind == VALUE_ARRAY) {
            buffer_add_text(out, "an empty array");
        } else if (value->kind == VALUE_NUMBER || value->kind == VALUE_BOOL) {
            buffer_add_printable(out, match_text_of(trial_matcher(trial), value));
        } else {
            buffer_add_text(out, value->kind == VALUE_OBJECT ? "the object " : "");
            add_quoted(out, match_text_of(trial_matcher(trial), value));
        }
    }
    if (count > CLAUSE_VALUES_MAX) {
        buffer_printf(out, " and %" PRIu32 " more", count - CLAUSE_VALUES_MAX);
    }
}

void clause_add_values(struct trial *trial, const struct predicate *predicate, struct buffer *out)
{
    if (predicate->field.len == 0) {
        return;
    }
    add_values_of(trial, predicate->field, out);
    if (predicate->kind == PREDICATE_FIELD) {
        buffer_add_text(out, "; ");
        add_values_of(trial, predicate->text, out);
    }
}

void clause_add_logsource(const struct rule_logsource *logsource, struct buffer *out)
{
    const struct str values[] = {logsource->category, logsource->product, logsource->service};
    static const char *const names[] = {"category", "product", "service"};
    const char *separator = "";
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (values[i].len > 0) {
            buffer_printf(out, "%s%s ", separator, names[i]);
            buffer_add_printable(out, values[i]);
            separator = ", ";
        }
    }
    buffer_add_text(out, separator[0] == '\0' ? "any" : "");
}

static const struct predicate *predicate_of(struct trial *trial, const struct condition *condition)
{
    return &trial_rules(trial)->predicates[condition->predicate];
}

static void add_fact(struct trial *trial, const struct condition *condition, struct buffer *out)
{
    const struct predicate *predicate = predicate_of(trial, condition);
    clause_add_predicate(predicate, out);
    if (predicate->field.len > 0) {
        buffer_add_text(out, ", but ");
        clause_add_values(trial, predicate, out);
    }
}

/* Where a condition's truth comes from. */
struct decision {
    const struct condition *part;
    struct str selection; /* the innermost that part is in */
    bool truth;           /* of part: the opposite of what the rule wants there */
};

/* The child that alone makes condition what it is; NULL: none alone. */
static const struct condition *decisive_child(struct trial *trial,
                                              const struct condition *condition, bool truth)
{
    if (condition->children_count == 1) {
        return condition->children[0];
    }
    if (condition->kind != (truth ? CONDITION_OR : CONDITION_AND)) {
        return NULL;
    }
    uint32_t i = 0;
    while (i < condition->children_count &&
           match_condition(trial_matcher(trial), condition->children[i]) != truth) {
        i++;
    }
    return i < condition->children_count ? condition->children[i] : NULL;
}

/* Down to the predicate that decides, or to the group in which no part alone does. */
static struct decision decide(struct trial *trial, const struct condition *condition, bool truth)
{
    struct decision decision = {condition, condition->selection, truth};
    for (;;) {
        const struct condition *next = decisive_child(trial, decision.part, decision.truth);
        if (next == NULL) {
            return decision;
        }
        decision.truth = decision.part->kind == CONDITION_NOT ? !decision.truth : decision.truth;
        decision.selection = next->selection.len > 0 ? next->selection : decision.selection;
        decision.part = next;
    }
}

static void add_selection(struct str selection, struct buffer *out)
{
    buffer_add_printable(out, selection);
    buffer_add_text(out, selection.len > 0 ? ": " : "");
}

static bool is_of_one_field(struct trial *trial, const struct condition *group)
{
    const struct str *field = NULL;
    for (uint32_t i = 0; i < group->children_count; i++) {
        if (group->children[i]->kind != CONDITION_PREDICATE) {
            return false;
        }
        const struct predicate *predicate = predicate_of(trial, group->children[i]);
        if (predicate->kind == PREDICATE_FIELD ||
            (field != NULL && !str_equal(*field, predicate->field))) {
            return false;
        }
        field = &predicate->field;
    }
    return field != NULL && field->len > 0;
}

/* A group of which no part holds: the first parts, each down to what it lacks. */
static void add_group(struct trial *trial, const struct condition *group, struct buffer *out)
{
    for (uint32_t i = 0; i < group->children_count && i < CLAUSE_VALUES_MAX; i++) {
        struct decision decision = decide(trial, group->children[i], false);
        buffer_add_text(out, i > 0 ? "; " : "");
        add_selection(decision.selection, out);
        if (decision.part->kind == CONDITION_PREDICATE && !decision.truth) {
            add_fact(trial, decision.part, out);
        } else if (!decision.truth && is_of_one_field(trial, decision.part)) {
            clause_add_values(trial, predicate_of(trial, decision.part->children[0]), out);
        } else {
            buffer_add_text(out, decision.truth ? "is excluded" : "no alternative holds");
        }
    }
    if (group->children_count > CLAUSE_VALUES_MAX) {
        buffer_printf(out, "; and %" PRIu32 " more", group->children_count - CLAUSE_VALUES_MAX);
    }
}

static void add_wanted(struct trial *trial, const struct condition *part, struct buffer *out)
{
    if (part->kind == CONDITION_PREDICATE) {
        add_fact(trial, part, out);
    } else if (is_of_one_field(trial, part)) {
        buffer_printf(out, "none of %" PRIu32 " values fits: ", part->children_count);
        clause_add_values(trial, predicate_of(trial, part->children[0]), out);
    } else {
        buffer_printf(out, "none of %" PRIu32 " holds: ", part->children_count);
        add_group(trial, part, out);
    }
}

static void add_unwanted(struct trial *trial, const struct condition *part, struct buffer *out)
{
    buffer_add_text(out, "is excluded, as ");
    uint32_t count = part->kind == CONDITION_PREDICATE ? 1 : part->children_count;
    for (uint32_t i = 0; i < count && i < CLAUSE_VALUES_MAX; i++) {
        const struct condition *child =
            part->kind == CONDITION_PREDICATE ? part : part->children[i];
        if (child->kind != CONDITION_PREDICATE) {
            continue;
        }
        const struct predicate *predicate = predicate_of(trial, child);
        buffer_add_text(out, i > 0 ? " and " : "");
        clause_add_predicate(predicate, out);
        if (predicate->field.len > 0) {
            buffer_add_text(out, " (");
            clause_add_values(trial, predicate, out);
            buffer_add_byte(out, ')');
        }
    }
}

bool clause_add_failure(struct trial *trial, uint32_t rule, struct buffer *out)
{
    const struct rule *failing = &trial_rules(trial)->rules[rule];
    if (!match_allows(trial_matcher(trial), rule)) {
        buffer_add_text(out, "the event is of ");
        buffer_add_text(out, logsource_table[trial_event(trial)->logsource].name);
        buffer_add_text(out, ", the rule is for ");
        clause_add_logsource(&failing->logsource, out);
        return true;
    }
    if (match_condition(trial_matcher(trial), failing->condition)) {
        return false;
    }
    struct decision decision = decide(trial, failing->condition, false);
    add_selection(decision.selection, out);
    if (decision.truth) {
        add_unwanted(trial, decision.part, out);
    } else {
        add_wanted(trial, decision.part, out);
    }
    return true;
}
