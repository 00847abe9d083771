/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_predicate.c - what a predicate needs at run time: its field's id, its compiled pattern, and
 * a literal that no match can do without.
 */
#include "analyze/plan/plan_internal.h"

#include "base/limits.h"

int plan_compile_regex(const struct predicate *source, uint32_t options, pcre2_code **code,
                       struct err *err)
{
    options |= rule_regex_options(source->regex_flags);
    int number = 0;
    PCRE2_SIZE offset = 0;
    *code = pcre2_compile((PCRE2_SPTR)source->text.ptr, source->text.len, options, &number, &offset,
                          NULL);
    if (*code == NULL) {
        PCRE2_UCHAR text[256];
        pcre2_get_error_message(number, text, sizeof text);
        return err_set(err, ERR_INTERNAL, "pattern '%.*s': %s at offset %zu", STR_ARG(source->text),
                       (const char *)text, (size_t)offset);
    }
    /* Without JIT (memory that may not be made executable) matching is slower, not different. */
    pcre2_jit_compile(*code, PCRE2_JIT_COMPLETE);
    return 0;
}

/* The longest run of text in a glob: whatever matches has it. */
static struct str glob_literal(const struct predicate *source)
{
    struct str longest = {0};
    for (uint32_t i = 0; i < source->tokens_count; i++) {
        if (source->tokens[i].kind == GLOB_TEXT && source->tokens[i].text.len > longest.len) {
            longest = source->tokens[i].text;
        }
    }
    return longest;
}

static struct str required_literal(struct arena *arena, const struct predicate *source)
{
    switch (source->kind) {
    case PREDICATE_PREFIX:
    case PREDICATE_SUFFIX:
    case PREDICATE_CONTAINS:
        return source->text;
    case PREDICATE_EQUALS:
        /* A keyword compares with all of the record: its text must be there. */
        return source->field.len == 0 ? source->text : (struct str){0};
    case PREDICATE_GLOB:
        return glob_literal(source);
    case PREDICATE_REGEX:
        return plan_regex_literal(arena, source->text,
                                  (source->regex_flags & REGEX_IGNORE_CASE) != 0);
    case PREDICATE_CIDR:
    case PREDICATE_LESS:
    case PREDICATE_LESS_EQUAL:
    case PREDICATE_GREATER:
    case PREDICATE_GREATER_EQUAL:
    case PREDICATE_PRESENT:
    case PREDICATE_FIELD:
    case PREDICATE_TIME:
    case PREDICATE_EXISTS:
    case PREDICATE_NULL:
    case PREDICATE_LIST:
    case PREDICATE_KINDS:
    default:
        return (struct str){0};
    }
}

static enum witness_kind witness_kind_of(const struct plan_predicate *predicate)
{
    enum predicate_kind kind = predicate->source->kind;
    if (predicate->literal.len > 0) {
        return WITNESS_LITERAL;
    }
    if (predicate->field == FIELD_NONE || kind == PREDICATE_NULL) {
        return WITNESS_NONE;
    }
    if (kind == PREDICATE_EQUALS) {
        return WITNESS_EQUALITY;
    }
    if (kind == PREDICATE_CIDR) {
        return WITNESS_NETWORK;
    }
    bool compares_number = kind == PREDICATE_LESS || kind == PREDICATE_LESS_EQUAL ||
                           kind == PREDICATE_GREATER || kind == PREDICATE_GREATER_EQUAL;
    return compares_number ? WITNESS_NUMBER : WITNESS_PRESENCE;
}

int plan_compile_predicates(struct plan *plan, struct err *err)
{
    uint32_t count = plan->rules->predicates_count;
    plan->predicates = arena_take_zeroed(plan->arena, count, sizeof *plan->predicates);
    for (uint32_t i = 0; i < count; i++) {
        struct plan_predicate *predicate = &plan->predicates[i];
        predicate->source = &plan->rules->predicates[i];
        if (predicate->source->field.len > 0) {
            predicate->field = field_find(plan->fields, predicate->source->field);
        }
        if (predicate->source->kind == PREDICATE_FIELD) {
            predicate->other = field_find(plan->fields, predicate->source->text);
        }
        predicate->literal =
            rule_fold(plan->arena, required_literal(plan->arena, predicate->source));
        predicate->witness = witness_kind_of(predicate);
        if (predicate->source->kind == PREDICATE_REGEX &&
            plan_compile_regex(predicate->source, 0, &predicate->regex, err) != 0) {
            return err->code;
        }
    }
    return 0;
}
