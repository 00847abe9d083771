/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_document.c - one YAML document: which kind it is, its metadata, its body.
 */
#include "analyze/rule/rule_builder_internal.h"

#include "base/buffer.h"
#include "base/hash.h"
#include "base/memory.h"

static struct str text_of(const struct yaml_node *document, const char *key)
{
    const struct yaml_node *node = yaml_get(document, key);
    return node != NULL && node->kind == YAML_SCALAR ? node->text : (struct str){"", 0};
}

static struct str_list list_of(struct rule_builder *builder, const struct yaml_node *document,
                               const char *key)
{
    const struct yaml_node *node = yaml_get(document, key);
    struct str_list list = {0};
    if (node == NULL || (node->kind == YAML_SCALAR && node->text.len == 0)) {
        return list;
    }
    size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
    struct str *items = arena_take(builder->arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *item = node->kind == YAML_SEQUENCE ? node->items[i] : node;
        if (item->kind == YAML_SCALAR) {
            items[list.count++] = item->text;
        }
    }
    list.items = items;
    return list;
}

static bool read_level(struct rule_builder *builder, const struct yaml_node *document,
                       enum rule_level *level)
{
    const struct yaml_node *node = yaml_get(document, "level");
    *level = RULE_MEDIUM;
    if (node == NULL) {
        return true;
    }
    struct suggestion nearest;
    suggest_begin(&nearest, node->kind == YAML_SCALAR ? node->text : (struct str){"", 0});
    for (int i = 0; i < RULE_LEVELS; i++) {
        suggest_offer(&nearest, str_of(rule_level_name((enum rule_level)i)));
        if (node->kind == YAML_SCALAR &&
            str_equal(node->text, str_of(rule_level_name((enum rule_level)i)))) {
            *level = (enum rule_level)i;
            return true;
        }
    }
    rule_problem_note(builder, PROBLEM_INVALID_LEVEL, node,
                      "level must be informational, low, medium, high or critical");
    return rule_problem_suggest(builder, &nearest);
}

/* An id for a rule that has none: the same for the same path and title. */
static struct str make_id(struct rule_builder *builder, const struct rule *rule)
{
    uint64_t high = hash_bytes(rule->path, 1);
    uint64_t low = hash_bytes(rule->title, high + rule->line);
    return arena_printf(builder->arena, "%08x-%04x-8%03x-8%03x-%012llx", (unsigned)(high >> 32),
                        (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFF),
                        (unsigned)(low >> 52), (unsigned long long)(low & 0xFFFFFFFFFFFF));
}

static uint64_t digest_pair(uint64_t left, uint64_t right)
{
    const uint64_t both[] = {left, right};
    return hash_bytes((struct str){(const char *)both, sizeof both}, 0);
}

/* Does not depend on the order of a map's keys, which means nothing: `tocsin rules fmt` keeps it.
 */
static uint64_t digest_node(const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR) {
        return hash_bytes(node->text, node->quoted ? 2 : 1);
    }
    uint64_t digest = (uint64_t)node->kind;
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_MAPPING) {
            digest +=
                digest_pair(digest_node(node->pairs[i].key), digest_node(node->pairs[i].value));
        } else {
            digest = digest_pair(digest, digest_node(node->items[i]));
        }
    }
    return digest_pair(digest, node->count);
}

uint64_t rule_document_digest(const struct yaml_node *document)
{
    return digest_node(document);
}

static struct rule_logsource read_logsource(const struct yaml_node *node)
{
    return (struct rule_logsource){text_of(node, "category"), text_of(node, "product"),
                                   text_of(node, "service")};
}

/* Log sources that pipelines have added. */
static void read_also(struct rule_builder *builder, const struct yaml_node *list, struct rule *rule)
{
    size_t count = list != NULL && list->kind == YAML_SEQUENCE ? list->count : 0;
    struct rule_logsource *also = arena_take(builder->arena, (count + 1) * sizeof *also);
    for (size_t i = 0; i < count; i++) {
        also[i] = read_logsource(list->items[i]);
    }
    rule->also = also;
    rule->also_count = (uint32_t)count;
}

static void read_metadata(struct rule_builder *builder, const struct yaml_node *document,
                          struct rule *rule)
{
    const struct yaml_node *logsource = yaml_get(document, "logsource");
    rule->path = builder->path;
    rule->line = document->line;
    rule->title = builder->title;
    rule->id = text_of(document, "id");
    rule->id_made = rule->id.len == 0;
    if (rule->id_made) {
        rule->id = make_id(builder, rule);
    }
    rule->name = text_of(document, "name");
    rule->description = text_of(document, "description");
    rule->author = text_of(document, "author");
    rule->license = text_of(document, "license");
    rule->date = text_of(document, "date");
    rule->modified = text_of(document, "modified");
    rule->status = text_of(document, "status");
    rule->tags = list_of(builder, document, "tags");
    rule->references = list_of(builder, document, "references");
    rule->false_positives = list_of(builder, document, "falsepositives");
    rule->fields = list_of(builder, document, "fields");
    rule->logsource = read_logsource(logsource);
    read_also(builder, yaml_get(logsource, RULE_ALSO_KEY), rule);
    rule->digest = rule_document_digest(document);
}

/* What makes a right document unusable for this version. */
static bool check_supported(struct rule_builder *builder, const struct yaml_node *document)
{
    struct str taxonomy = text_of(document, "taxonomy");
    if (taxonomy.len > 0 && !str_equal(taxonomy, STR("sigma")) &&
        !rule_pipelines_know(builder, taxonomy)) {
        return rule_problem_note(builder, PROBLEM_UNKNOWN_TAXONOMY, yaml_get(document, "taxonomy"),
                                 "no pipeline is for taxonomy '%.*s'; add one with "
                                 "`taxonomy: %.*s`, which maps its field names",
                                 STR_ARG(taxonomy), STR_ARG(taxonomy));
    }
    if (str_equal(text_of(document, "status"), STR("unsupported"))) {
        return rule_problem_note(builder, PROBLEM_MARKED_UNSUPPORTED, yaml_get(document, "status"),
                                 "its author marked it `status: unsupported`");
    }
    return true;
}

/* Custom keys are their authors' own; one that is nearly a key that means something is a slip. */
static void check_keys(struct rule_builder *builder, const struct yaml_node *document)
{
    static const char *const keys[] = {
        "title",          "id",         "name",      "description",    "author",
        "license",        "date",       "modified",  "status",         "level",
        "tags",           "references", "related",   "falsepositives", "fields",
        "logsource",      "taxonomy",   "detection", "scope",          "correlation",
        "filter",         "generate",   "tocsin",    "placeholders",   "action",
        "transformations"};
    for (size_t i = 0; i < document->count; i++) {
        const struct yaml_node *key = document->pairs[i].key;
        struct suggestion nearest;
        bool known = false;
        suggest_begin(&nearest, key->text);
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            suggest_offer(&nearest, str_of(keys[k]));
            known = known || str_equal(key->text, str_of(keys[k]));
        }
        if (!known && nearest.name.len > 0) {
            rule_problem_note(builder, PROBLEM_UNKNOWN_KEY, key, "'%.*s' is no key of a rule",
                              STR_ARG(key->text));
            rule_problem_suggest(builder, &nearest);
        }
    }
}

/* What is no key of a log source is left to its author, unless it looks like a slip. */
static bool check_logsource(struct rule_builder *builder, const struct yaml_node *logsource)
{
    static const char *const keys[] = {"category", "product", "service"};
    bool good = true;
    for (size_t i = 0; i < logsource->count; i++) {
        const struct yaml_pair *pair = &logsource->pairs[i];
        struct suggestion nearest;
        bool known = str_equal(pair->key->text, STR("definition"));
        suggest_begin(&nearest, pair->key->text);
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            suggest_offer(&nearest, str_of(keys[k]));
            if (str_equal(pair->key->text, str_of(keys[k]))) {
                known = true;
                good = (pair->value->kind == YAML_SCALAR ||
                        rule_problem_note(builder, PROBLEM_WRONG_TYPE, pair->value,
                                          "%s must be one text", keys[k])) &&
                       good;
            }
        }
        if (!known && nearest.name.len > 0) {
            rule_problem_note(builder, PROBLEM_UNKNOWN_LOGSOURCE_KEY, pair->key,
                              "'%.*s' is no part of a log source: it narrows nothing",
                              STR_ARG(pair->key->text));
            rule_problem_suggest(builder, &nearest);
        }
    }
    return good;
}

static bool read_detection(struct rule_builder *builder, const struct yaml_node *document,
                           struct rule *rule)
{
    const struct yaml_node *detection = yaml_get(document, "detection");
    const struct yaml_node *condition = yaml_get(detection, "condition");
    const struct yaml_node *logsource = yaml_get(document, "logsource");
    if (detection->kind != YAML_MAPPING) {
        return rule_problem_note(builder, PROBLEM_WRONG_TYPE, detection, "detection must be a map");
    }
    if (logsource == NULL || logsource->kind != YAML_MAPPING) {
        return rule_problem_note(builder, PROBLEM_MISSING_KEY, document,
                                 "the rule has no logsource; add one with product, service or "
                                 "category");
    }
    if (condition == NULL) {
        return rule_problem_note(builder, PROBLEM_MISSING_KEY, detection,
                                 "detection has no condition; name the selections that must match");
    }
    bool good = rule_detection_read(builder, detection);
    good = check_logsource(builder, logsource) && good;
    rule->condition = rule_condition_read(builder, condition);
    rule->unfiltered = rule->condition;
    return good && rule->condition != NULL;
}

static bool is_new_id(struct rule_builder *builder, const struct yaml_node *document,
                      const struct rule *rule)
{
    struct str names[] = {rule->id, rule->name};
    static const char *const keys[] = {"id", "name"};
    for (size_t i = 0; i < 2; i++) {
        uint32_t other = names[i].len == 0 ? MAP_NONE : map_get(builder->ids, names[i]);
        if (other != MAP_NONE) {
            return rule_problem_note(builder, PROBLEM_DUPLICATE_ID, yaml_get(document, keys[i]),
                                     "%s '%.*s' is taken by %.*s:%u; every rule needs its own",
                                     keys[i], STR_ARG(names[i]),
                                     STR_ARG(builder->set->rules[other].path),
                                     builder->set->rules[other].line);
        }
    }
    return true;
}

void rule_document_read(struct rule_builder *builder, const struct yaml_node *document)
{
    struct rule rule = {0};
    bool good = true;
    if (yaml_get(document, "placeholders") != NULL ||
        yaml_get(document, "transformations") != NULL) {
        return; /* no rule, and read before all rules */
    }
    builder->title = document->kind == YAML_MAPPING ? text_of(document, "title") : (struct str){0};
    builder->document = document->line;
    builder->set->documents_count++;
    if (document->kind != YAML_MAPPING) {
        rule_problem_note(builder, PROBLEM_NOT_A_RULE, document,
                          "a rule must be a map with title, "
                          "logsource and detection");
        return;
    }
    if (!check_supported(builder, document)) {
        return;
    }
    if (builder->title.len == 0) {
        good = rule_problem_note(builder, PROBLEM_MISSING_KEY, document, "the rule has no title");
    }
    check_keys(builder, document);
    document = rule_pipelines_apply(builder, document);
    if (document == NULL) {
        return;
    }
    read_metadata(builder, document, &rule);
    good = rule_extension_read(builder, document, &rule) && good;
    if (yaml_get(document, "filter") != NULL) {
        uint32_t filters_count = builder->filters_count;
        good = rule_filter_read(builder, document, &rule) && good;
        builder->filters_count = good ? builder->filters_count : filters_count;
        builder->set->filters_count += good ? 1 : 0;
        return;
    }
    bool correlation = yaml_get(document, "correlation") != NULL;
    if (!correlation && yaml_get(document, "detection") == NULL) {
        rule_problem_note(builder, PROBLEM_NOT_A_RULE, document,
                          "neither detection, correlation nor filter: this is not a rule");
        return;
    }
    /* All of them, whatever the one before says: every problem is told in one go. */
    good = is_new_id(builder, document, &rule) && good;
    good = read_level(builder, document, &rule.level) && good;
    uint32_t correlations_count = builder->correlations_count;
    good = (correlation ? rule_correlation_read(builder, document, &rule)
                        : read_detection(builder, document, &rule)) &&
           good;
    if (!good) {
        builder->correlations_count = correlations_count;
        return;
    }
    struct rule_set *set = builder->set;
    MEMORY_GROW(set->rules, set->rules_count, builder->rules_capacity);
    set->rules[set->rules_count] = rule;
    rule_pipelines_keep(builder, set->rules_count);
    map_set(builder->ids, rule.id, set->rules_count);
    if (rule.name.len > 0) {
        map_set(builder->ids, rule.name, set->rules_count);
    }
    set->rules_count++;
}
