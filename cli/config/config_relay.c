/* SPDX-License-Identifier: Apache-2.0
 *
 * config_relay.c - see config_internal.h: from values to what `tocsin relay` needs.
 */
#include "cli/config/config_internal.h"

int config_check_section(const struct config_reader *reader, const struct yaml_node *key)
{
    static const char *const of_relay = "source relay log metrics";
    bool is_relay = str_equal(key->text, STR("relay"));
    if (!reader->relays && is_relay) {
        return config_refuse(reader, key,
                             "relay is for `tocsin relay`; take it out of what `tocsin run` reads");
    }
    if (reader->relays && !config_is_word(of_relay, key->text)) {
        return config_refuse(reader, key,
                             "%.*s is for `tocsin run`; `tocsin relay` only writes to a topic: "
                             "take it out",
                             STR_ARG(key->text));
    }
    return 0;
}

int config_build_relay(const struct config_reader *reader, const struct yaml_node *root,
                       const struct config_values *values, struct config *config)
{
    const struct yaml_node *section = yaml_get(root, "source");
    const struct yaml_node *node = section != NULL ? section : root;
    struct relay_options *relay = &config->relay;
    const struct {
        bool wrong;
        const char *reason;
    } needs[] = {
        {values->relay_brokers == NULL, "relay.brokers is missing"},
        {values->relay_topic == NULL, "relay.topic is missing"},
        {values->kind != NULL && strcmp(values->kind, "syslog") != 0,
         "source.kind: only syslog can be relayed"},
        {values->decoder != NULL || values->logsource != NULL,
         "source.decoder and source.logsource are for `tocsin run`, which reads the topic"},
    };
    int failed = config_build_source(reader, node, values, &relay->source);
    for (size_t i = 0; i < sizeof needs / sizeof needs[0] && failed == 0; i++) {
        failed = needs[i].wrong ? config_refuse(reader, node, "%s", needs[i].reason) : 0;
    }
    relay->brokers = values->relay_brokers;
    relay->topic = values->relay_topic;
    relay->properties = values->relay_properties.items;
    relay->properties_count = values->relay_properties.count;
    relay->timeout_ns = values->relay_timeout_ns;
    return failed;
}
