/* SPDX-License-Identifier: Apache-2.0
 *
 * config_load.c - see config.h: from a file's text to values, key by key.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "base/suggest.h"
#include "cli/config/config_internal.h"

enum { CONFIG_NAME = 128 };

int config_set_defaults(const struct config_reader *reader, const struct config_key *keys,
                        void *values)
{
    for (; keys->name != NULL; keys++) {
        if (keys->standard == NULL) {
            continue;
        }
        struct yaml_node node = {.kind = YAML_SCALAR, .text = str_of(keys->standard)};
        int failed = config_set(reader, keys, &node, values);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

static int refuse_key(const struct config_reader *reader, const struct config_key *keys,
                      const struct yaml_node *node, const char *name)
{
    struct suggestion nearest;
    suggest_begin(&nearest, str_of(name));
    for (; keys->name != NULL; keys++) {
        suggest_offer(&nearest, str_of(keys->name));
    }
    if (nearest.name.len == 0) {
        return config_refuse(reader, node, "unknown key %s; `tocsin run --help-config` lists all",
                             name);
    }
    return config_refuse(reader, node, "unknown key %s; did you mean %.*s?", name,
                         STR_ARG(nearest.name));
}

/* The row of the key, whose name with the prefix is written into name. */
static const struct config_key *find_key(const struct config_key *keys,
                                         const struct yaml_node *node, const char *prefix,
                                         char name[CONFIG_NAME])
{
    snprintf(name, CONFIG_NAME, "%s%.*s", prefix, STR_ARG(str_slice(node->text, 0, 64)));
    while (keys->name != NULL && strcmp(keys->name, name) != 0) {
        keys++;
    }
    return keys;
}

int config_check_kind(const struct config_reader *reader, const struct config_key *keys,
                      const struct yaml_node *node, const char *prefix, const char *kind)
{
    for (size_t i = 0; i < node->count; i++) {
        char name[CONFIG_NAME];
        const struct yaml_node *key_node = node->pairs[i].key;
        const struct config_key *key = find_key(keys, key_node, prefix, name);
        if (key->kinds != NULL && !config_is_word(key->kinds, str_of(kind))) {
            return config_refuse(reader, key_node,
                                 "%s is not for the kind %s, only for: %s; take it out", name, kind,
                                 key->kinds);
        }
    }
    return 0;
}

int config_read_mapping(const struct config_reader *reader, const struct config_key *keys,
                        const struct yaml_node *node, const char *prefix, void *values)
{
    if (node->kind != YAML_MAPPING) {
        return config_refuse(reader, node, "keys and values are needed here: \"key: value\"");
    }
    for (size_t i = 0; i < node->count; i++) {
        char name[CONFIG_NAME];
        const struct yaml_node *key_node = node->pairs[i].key;
        const struct config_key *key = find_key(keys, key_node, prefix, name);
        if (key->name == NULL) {
            return refuse_key(reader, keys, key_node, name);
        }
        int failed = config_set(reader, key, node->pairs[i].value, values);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

/* The sections are what stands before the dots of the keys. */
static int read_section(const struct config_reader *reader, const struct yaml_pair *pair,
                        struct config_values *values)
{
    char prefix[CONFIG_NAME];
    snprintf(prefix, sizeof prefix, "%.*s.", STR_ARG(str_slice(pair->key->text, 0, 64)));
    for (const struct config_key *key = config_keys; key->name != NULL; key++) {
        if (strncmp(key->name, prefix, strlen(prefix)) == 0) {
            int failed = config_check_section(reader, pair->key);
            return failed != 0
                       ? failed
                       : config_read_mapping(reader, config_keys, pair->value, prefix, values);
        }
    }
    static const char *const sections[] = {"source", "relay",  "rules", "decoder", "correlation",
                                           "output", "engine", "log",   "metrics"};
    struct suggestion nearest;
    prefix[strlen(prefix) - 1] = '\0';
    suggest_begin(&nearest, str_of(prefix));
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        suggest_offer(&nearest, str_of(sections[i]));
    }
    if (nearest.name.len > 0) {
        return config_refuse(reader, pair->key, "unknown section %s; did you mean %.*s?", prefix,
                             STR_ARG(nearest.name));
    }
    return config_refuse(reader, pair->key,
                         "unknown section %s; `tocsin run --help-config` lists all", prefix);
}

static int read_documents(const struct config_reader *reader,
                          const struct yaml_documents *documents, struct config *config)
{
    if (documents->count != 1) {
        return err_set(reader->err, ERR_CONFIG, "%s:1:1: %s", reader->name,
                       documents->count == 0 ? "the configuration is empty"
                                             : "only one YAML document is allowed");
    }
    const struct yaml_node *root = documents->roots[0];
    struct config_values values = {0};
    int failed = config_set_defaults(reader, config_keys, &values);
    if (failed == 0 && root->kind != YAML_MAPPING) {
        failed = config_refuse(reader, root, "sections are needed here: \"source:\"");
    }
    for (size_t i = 0; failed == 0 && i < root->count; i++) {
        failed = read_section(reader, &root->pairs[i], &values);
    }
    if (failed != 0) {
        return failed;
    }
    config->log_level = log_level_named(values.log_level);
    config->metrics_path = values.metrics_path;
    config->metrics_interval_ns = values.metrics_interval_ns;
    return reader->relays ? config_build_relay(reader, root, &values, config)
                          : config_build(reader, root, &values, config);
}

static struct config *config_new(void)
{
    struct config *config = memory_new(1, sizeof *config);
    config->arena = arena_new(0);
    return config;
}

/* What is read: a file, or text that stands for one. */
struct document {
    const char *name;
    const struct str *text; /* NULL: the file of that name */
    bool relays;
};

static int load(const struct document *document, struct config **config, struct err *err)
{
    struct yaml_documents parsed = {0};
    struct config *made = config_new();
    struct config_reader reader = {made->arena, document->name, err, document->relays};
    int failed =
        document->text == NULL
            ? yaml_parse_file(made->arena, document->name, LIMIT_RULE_FILE_BYTES, &parsed, err)
            : yaml_parse(made->arena, document->name, *document->text, &parsed, err);
    if (failed == 0) {
        failed = read_documents(&reader, &parsed, made);
    }
    if (failed != 0) {
        config_free(made);
        made = NULL;
    }
    *config = made;
    return failed;
}

int config_load(const char *path, struct config **config, struct err *err)
{
    return load(&(struct document){path, NULL, false}, config, err);
}

int config_load_text(const char *name, struct str text, struct config **config, struct err *err)
{
    return load(&(struct document){name, &text, false}, config, err);
}

int config_load_relay(const char *path, struct config **config, struct err *err)
{
    return load(&(struct document){path, NULL, true}, config, err);
}

int config_load_relay_text(const char *name, struct str text, struct config **config,
                           struct err *err)
{
    return load(&(struct document){name, &text, true}, config, err);
}

void config_free(struct config *config)
{
    if (config != NULL) {
        arena_free(config->arena);
        memory_free(config);
    }
}
