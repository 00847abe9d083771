/* SPDX-License-Identifier: Apache-2.0
 *
 * wazuh_rules.c - see wazuh_rules.h.
 *
 * Wazuh's files are not quite XML: they have several roots, a backslash escapes <, and an & stands
 * for itself. So each is read inside one root, after these are written as XML wants them.
 */
#include "cli/convert/wazuh_rules.h"

#include "base/buffer.h"
#include "base/ensure.h"
#include "base/memory.h"

#include <expat.h>

struct reader {
    struct wazuh_rules *rules;
    XML_Parser parser;
    uint32_t file;
    uint32_t depth;
    struct str groups;      /* of the groups around */
    uint32_t groups_depth;  /* of the group element that gave them */
    struct str variable;    /* name of the var element that is open */
    struct wazuh_rule rule; /* that is open */
    uint32_t rule_depth;    /* 0: none is open */
    struct buffer text;
};

void wazuh_rules_init(struct wazuh_rules *rules, struct arena *arena)
{
    *rules = (struct wazuh_rules){.arena = arena, .ids = map_new(), .variables = map_new()};
}

void wazuh_rules_release(struct wazuh_rules *rules)
{
    memory_free(rules->items);
    memory_free(rules->values);
    map_free(rules->ids);
    map_free(rules->variables);
}

static struct str attribute(const XML_Char **attributes, const char *name)
{
    for (; attributes[0] != NULL; attributes += 2) {
        if (strcmp(attributes[0], name) == 0) {
            return str_of(attributes[1]);
        }
    }
    return STR("");
}

static bool is_name_byte(char c)
{
    return byte_is_digit(c) || c == '_' ||
           (byte_lower((unsigned char)c) >= 'a' && byte_lower((unsigned char)c) <= 'z');
}

/* text with the values of its $NAMES that are variables. */
static struct str expand(struct wazuh_rules *rules, struct str text)
{
    struct buffer out = {0};
    size_t at = 0;
    while (at < text.len) {
        size_t end = at + 1;
        while (text.ptr[at] == '$' && end < text.len && is_name_byte(text.ptr[end])) {
            end++;
        }
        uint32_t value = MAP_NONE;
        if (end > at + 1) {
            value = map_get(rules->variables, str_slice(text, at + 1, end - at - 1));
        }
        bool known = value != MAP_NONE;
        buffer_add(&out, known ? rules->values[value] : str_slice(text, at, 1));
        at = known ? end : at + 1;
    }
    struct str expanded = arena_copy(rules->arena, buffer_str(&out));
    buffer_release(&out);
    return expanded;
}

static uint64_t number(struct reader *reader, const XML_Char **attributes, const char *name)
{
    uint64_t value = 0;
    struct str text = expand(reader->rules, attribute(attributes, name));
    if (text.len > 0 && (!str_to_u64(text, &value) || value > 1000000)) {
        reader->rule.fault = "its level, frequency or timeframe is no number up to 1,000,000";
        return 0;
    }
    return value;
}

/* An attribute that says when a rule matches, and is not among these, can't be left out. */
static void check_attributes(struct reader *reader, const XML_Char **attributes)
{
    static const char *const known[] = {"id",        "level",   "frequency", "timeframe",
                                        "overwrite", "noalert", "ignore",    NULL};
    for (; attributes[0] != NULL; attributes += 2) {
        const char *const *name = known;
        while (*name != NULL && strcmp(*name, attributes[0]) != 0) {
            name++;
        }
        if (*name == NULL) {
            reader->rule.fault = arena_printf(reader->rules->arena,
                                              "the attribute %s has no "
                                              "counterpart",
                                              attributes[0])
                                     .ptr;
        }
    }
}

static void begin_rule(struct reader *reader, const XML_Char **attributes)
{
    struct arena *arena = reader->rules->arena;
    reader->rule_depth = reader->depth;
    reader->rule = (struct wazuh_rule){
        .file = reader->file,
        .line = (uint32_t)XML_GetCurrentLineNumber(reader->parser),
        .id = arena_copy(arena, attribute(attributes, "id")),
        .groups = reader->groups,
    };
    reader->rule.level = number(reader, attributes, "level");
    reader->rule.frequency = number(reader, attributes, "frequency");
    reader->rule.timeframe = number(reader, attributes, "timeframe");
    reader->rule.ignores = attribute(attributes, "ignore").len > 0;
    struct str noalert = attribute(attributes, "noalert");
    if (noalert.len > 0 && !str_equal(noalert, STR("0"))) {
        reader->rule.level = 0;
    }
    check_attributes(reader, attributes);
    reader->rule.elements =
        arena_take_zeroed(arena, WAZUH_ELEMENTS_MAX, sizeof *reader->rule.elements);
}

static void begin_element(struct reader *reader, const XML_Char *name, const XML_Char **attributes)
{
    struct arena *arena = reader->rules->arena;
    if (reader->depth == reader->rule_depth + 1 && strcmp(name, "mitre") == 0) {
        return;
    }
    if (reader->rule.elements_count == WAZUH_ELEMENTS_MAX) {
        reader->rule.fault = "it has more than 64 elements";
        return;
    }
    const char *prefix = reader->depth > reader->rule_depth + 1 ? "mitre/" : "";
    reader->rule.elements[reader->rule.elements_count++] = (struct wazuh_element){
        .name = arena_printf(arena, "%s%s", prefix, name),
        .field = arena_copy(arena, attribute(attributes, "name")),
        .type = arena_copy(arena, attribute(attributes, "type")),
        .negate = arena_copy(arena, attribute(attributes, "negate")),
    };
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = data;
    reader->depth++;
    buffer_clear(&reader->text);
    if (reader->rule_depth > 0) {
        begin_element(reader, name, attributes);
    } else if (strcmp(name, "rule") == 0) {
        begin_rule(reader, attributes);
    } else if (strcmp(name, "group") == 0) {
        reader->groups = arena_copy(reader->rules->arena, attribute(attributes, "name"));
        reader->groups_depth = reader->depth;
    } else if (strcmp(name, "var") == 0) {
        reader->variable = arena_copy(reader->rules->arena, attribute(attributes, "name"));
    }
}

static void on_text(void *data, const XML_Char *text, int len)
{
    struct reader *reader = data;
    buffer_add(&reader->text, (struct str){text, (size_t)len});
}

static void end_variable(struct reader *reader)
{
    struct wazuh_rules *rules = reader->rules;
    MEMORY_GROW(rules->values, rules->values_count, rules->values_capacity);
    rules->values[rules->values_count] =
        arena_copy(rules->arena, str_trim(buffer_str(&reader->text)));
    map_set(rules->variables, reader->variable, rules->values_count++);
    reader->variable = STR("");
}

static void end_rule(struct reader *reader)
{
    struct wazuh_rules *rules = reader->rules;
    uint32_t before = map_get(rules->ids, reader->rule.id);
    reader->rule_depth = 0;
    if (reader->rule.id.len == 0) {
        reader->rule.fault = "it has no id";
    } else {
        if (before != MAP_NONE) {
            rules->items[before].overwritten = true;
        }
        map_set(rules->ids, reader->rule.id, rules->count);
    }
    MEMORY_GROW(rules->items, rules->count, rules->capacity);
    rules->items[rules->count++] = reader->rule;
}

static void end_element(struct reader *reader, const XML_Char *name)
{
    struct wazuh_rule *rule = &reader->rule;
    struct arena *arena = reader->rules->arena;
    if (rule->elements_count == 0 || strcmp(name, "mitre") == 0) {
        return;
    }
    struct wazuh_element *element = &rule->elements[rule->elements_count - 1];
    element->text = expand(reader->rules, str_trim(buffer_str(&reader->text)));
    if (strcmp(name, "group") == 0) {
        rule->groups =
            arena_printf(arena, "%.*s,%.*s", STR_ARG(rule->groups), STR_ARG(element->text));
    }
}

static void on_end(void *data, const XML_Char *name)
{
    struct reader *reader = data;
    if (reader->rule_depth > 0 && reader->depth == reader->rule_depth) {
        end_rule(reader);
    } else if (reader->rule_depth > 0) {
        end_element(reader, name);
    } else if (reader->variable.len > 0 && strcmp(name, "var") == 0) {
        end_variable(reader);
    } else if (reader->groups_depth == reader->depth) {
        reader->groups = STR("");
        reader->groups_depth = 0;
    }
    buffer_clear(&reader->text);
    reader->depth--;
}

static bool is_entity(struct str text)
{
    static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#", NULL};
    for (const char *const *name = names; *name != NULL; name++) {
        if (str_starts_with(text, str_of(*name))) {
            return true;
        }
    }
    return false;
}

/* text as one root of XML, its lines the same. */
static void add_xml(struct str text, struct buffer *out)
{
    buffer_add_text(out, "<rules>");
    size_t at = str_starts_with(text, STR("<?xml")) ? str_find_byte(text, '>') : STR_NOT_FOUND;
    at = at == STR_NOT_FOUND ? 0 : at + 1;
    for (; at < text.len; at++) {
        struct str rest = str_slice(text, at, text.len);
        if (str_starts_with(rest, STR("\\<"))) {
            buffer_add_text(out, "&lt;");
            at++;
        } else if (rest.ptr[0] == '&' && !is_entity(rest)) {
            buffer_add_text(out, "&amp;");
        } else {
            buffer_add_byte(out, rest.ptr[0]);
        }
    }
    buffer_add_text(out, "</rules>");
}

const char *wazuh_rules_read(struct wazuh_rules *rules, uint32_t file, struct str text,
                             uint32_t *line)
{
    struct reader reader = {.rules = rules, .file = file};
    struct buffer xml = {0};
    const char *wrong = NULL;
    add_xml(text, &xml);
    reader.parser = XML_ParserCreate("UTF-8");
    ENSURE(reader.parser != NULL);
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader.parser, on_text);
    if (XML_Parse(reader.parser, xml.ptr, (int)xml.len, 1) == XML_STATUS_ERROR) {
        wrong = XML_ErrorString(XML_GetErrorCode(reader.parser));
        *line = (uint32_t)XML_GetCurrentLineNumber(reader.parser);
    }
    XML_ParserFree(reader.parser);
    buffer_release(&reader.text);
    buffer_release(&xml);
    return wrong;
}
