/* SPDX-License-Identifier: Apache-2.0
 *
 * plan.c - see plan.h: the order in which a plan is built, and its logsource routing.
 */
#include "analyze/plan/plan.h"

#include "analyze/plan/plan_internal.h"
#include "analyze/rule/rule_extension.h"
#include "base/ensure.h"
#include "base/memory.h"
#include "ingest/decode/decoder.h"

static int intern(struct field_table *fields, struct str name, const struct rule *rule,
                  struct err *err)
{
    if (name.len > 0 && field_intern(fields, name) == FIELD_NONE) {
        return err_set(err, ERR_CONFIG,
                       "%.*s: more than %d different field names over all rules; load fewer rules",
                       rule == NULL ? 0 : (int)rule->path.len, rule == NULL ? "" : rule->path.ptr,
                       LIMIT_FIELDS);
    }
    return 0;
}

static int intern_correlation(const struct rule *rule, struct field_table *fields, struct err *err)
{
    const struct correlation *correlation = &rule->correlation;
    for (uint32_t i = 0; i < correlation->references_count; i++) {
        const struct correlation_reference *reference = &correlation->references[i];
        for (uint32_t n = 0; n < correlation->group_by_count; n++) {
            if (intern(fields, reference->group_by[n], rule, err) != 0) {
                return err->code;
            }
        }
        for (uint32_t n = 0; n < reference->value.count; n++) {
            if (intern(fields, reference->value.items[n], rule, err) != 0) {
                return err->code;
            }
        }
        for (uint32_t n = 0; n < correlation->carried.count; n++) {
            if (intern(fields, reference->carried[n], rule, err) != 0) {
                return err->code;
            }
        }
    }
    return 0;
}

static int intern_extension(const struct rule *rule, struct field_table *fields, struct err *err)
{
    const struct rule_extension *extension = rule->extension;
    /* A correlation's entities are group-by names, which aliases may have made of other fields. */
    bool own = extension != NULL && rule->correlation.kind == CORRELATION_NONE;
    if (!own) {
        return 0;
    }
    const struct str_list *lists[] = {&extension->risk_entities, &extension->suppress.key};
    for (size_t list = 0; list < sizeof lists / sizeof lists[0]; list++) {
        for (uint32_t i = 0; i < lists[list]->count; i++) {
            if (intern(fields, lists[list]->items[i], rule, err) != 0) {
                return err->code;
            }
        }
    }
    return 0;
}

int plan_intern_fields(const struct rule_set *rules, struct field_table *fields, struct err *err)
{
    for (uint32_t i = 0; i < rules->predicates_count; i++) {
        const struct predicate *predicate = &rules->predicates[i];
        bool compares = predicate->kind == PREDICATE_FIELD;
        if (intern(fields, predicate->field, NULL, err) != 0 ||
            (compares && intern(fields, predicate->text, NULL, err) != 0)) {
            return err->code;
        }
    }
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        if (intern_correlation(&rules->rules[i], fields, err) != 0 ||
            intern_extension(&rules->rules[i], fields, err) != 0) {
            return err->code;
        }
    }
    return 0;
}

static bool part_fits(struct str wanted, const char *have)
{
    return wanted.len == 0 || (have != NULL && str_equal_fold(wanted, str_of(have)));
}

static bool logsource_fits(const struct rule_logsource *wanted, uint32_t logsource)
{
    const struct logsource *have = &logsource_table[logsource];
    if (!part_fits(wanted->category, have->category) ||
        !part_fits(wanted->product, have->product)) {
        return false;
    }
    if (wanted->service.len == 0) {
        return true;
    }
    for (int i = 0; i < LOGSOURCE_SERVICES_MAX && have->services[i] != NULL; i++) {
        if (str_equal_fold(wanted->service, str_of(have->services[i]))) {
            return true;
        }
    }
    return false;
}

bool plan_rule_fits(const struct rule *rule, uint32_t logsource)
{
    bool fits = logsource_fits(&rule->logsource, logsource);
    for (uint32_t i = 0; i < rule->also_count && !fits; i++) {
        fits = logsource_fits(&rule->also[i], logsource);
    }
    return fits;
}

static void route(struct plan *plan)
{
    uint32_t words = (plan->rules->rules_count + 63) / 64;
    plan->allowed = arena_take_zeroed(plan->arena, logsource_count(), sizeof *plan->allowed);
    for (uint32_t source = 0; source < logsource_count(); source++) {
        uint64_t *bits = arena_take_zeroed(plan->arena, words, sizeof *bits);
        for (uint32_t rule = 0; rule < plan->rules->rules_count; rule++) {
            const struct rule *candidate = &plan->rules->rules[rule];
            if (candidate->condition != NULL && plan_rule_fits(candidate, source)) {
                bits[rule / 64] |= UINT64_C(1) << (rule % 64);
            }
        }
        plan->allowed[source] = bits;
    }
}

int plan_new(const struct rule_set *rules, const struct field_table *fields, struct plan **out,
             struct err *err)
{
    struct plan *plan = memory_new(1, sizeof *plan);
    plan->rules = rules;
    plan->fields = fields;
    plan->fields_count = field_count(fields);
    plan->arena = arena_new(0);
    *out = NULL;
    if (plan_compile_predicates(plan, err) != 0) {
        plan_free(plan);
        return err->code;
    }
    route(plan);
    plan_compile_programs(plan);
    plan_choose_witnesses(plan);
    plan_build_equality(plan);
    plan_build_networks(plan);
    plan_build_numbers(plan);
    plan_build_literals(plan);
    *out = plan;
    return 0;
}

void plan_free(struct plan *plan)
{
    if (plan == NULL) {
        return;
    }
    for (uint32_t i = 0; plan->predicates != NULL && i < plan->rules->predicates_count; i++) {
        pcre2_code_free(plan->predicates[i].regex);
    }
    arena_free(plan->arena);
    memory_free(plan);
}

const struct rule_set *plan_rules(const struct plan *plan)
{
    return plan->rules;
}

void plan_first_fields(const struct plan *plan, bool *wanted)
{
    for (field_id field = 1; field <= plan->fields_count; field++) {
        wanted[field] = plan_field_is_first(plan, field);
    }
}

void plan_asked_fields(const struct plan *plan, bool *asked)
{
    for (uint32_t i = 0; i < plan->rules->predicates_count; i++) {
        asked[plan->predicates[i].field] = true;
        asked[plan->predicates[i].other] = true;
    }
    asked[FIELD_NONE] = false; /* the record's text */
}

enum plan_access plan_explain(const struct plan *plan, uint32_t rule)
{
    ENSURE(rule < plan->rules->rules_count);
    return plan->access[rule];
}

const char *plan_access_name(enum plan_access access)
{
    static const char *const names[] = {"equality", "network", "literal", "number",
                                        "presence", "always",  "never"};
    return names[access];
}
