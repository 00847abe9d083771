/* SPDX-License-Identifier: Apache-2.0
 *
 * config_keys.c - the table of keys: what is read, its default and its documentation.
 */
#include "cli/config/config_internal.h"

#define KEY(member)  offsetof(struct config_values, member)
#define SINK(member) offsetof(struct config_sink, member)

const struct config_key config_keys[] = {
    {"source.kind", CONFIG_CHOICE, NULL, "file kafka syslog", NULL,
     "where logs come from; required", KEY(kind)},
    {"source.decoder", CONFIG_TEXT, NULL, NULL, NULL,
     "format of all input; without it the format is found by content", KEY(decoder)},
    {"source.paths", CONFIG_LIST, NULL, NULL, "file", "files and directories; - is standard input",
     KEY(paths)},
    {"source.follow", CONFIG_BOOL, "true", NULL, "file", "wait for more lines, survive rotation",
     KEY(follow)},
    {"source.from", CONFIG_CHOICE, "beginning", "beginning end", "file",
     "where files without a remembered position begin", KEY(from)},
    {"source.positions", CONFIG_TEXT, NULL, NULL, "file",
     "remember positions in this file, over restarts", KEY(positions)},
    {"source.brokers", CONFIG_TEXT, NULL, NULL, "kafka", "host:port, with commas between",
     KEY(brokers)},
    {"source.group", CONFIG_TEXT, NULL, NULL, "kafka", "the consumer group", KEY(group)},
    {"source.topics", CONFIG_LIST, NULL, NULL, "kafka",
     "topics; one that begins with ^ is a regular expression", KEY(topics)},
    {"source.decoders", CONFIG_MAP, NULL, NULL, "kafka", "decoder of single topics", KEY(decoders)},
    {"source.logsources", CONFIG_MAP, NULL, NULL, "kafka",
     "log source of single topics' JSON events", KEY(logsources)},
    {"source.logsource", CONFIG_TEXT, NULL, NULL, NULL,
     "what rules call JSON events: product=.., service=.., category=.., with commas between",
     KEY(logsource)},
    {"source.properties", CONFIG_MAP, NULL, NULL, "kafka",
     "librdkafka's properties (TLS, SASL); values may be secrets", KEY(properties)},
    {"source.stop_at_end", CONFIG_BOOL, "false", NULL, "kafka",
     "end when every partition was read to its end", KEY(stop_at_end)},
    {"source.relayed", CONFIG_BOOL, "false", NULL, "kafka",
     "messages are those of `tocsin relay`: their headers tell the sender", KEY(relayed)},
    {"source.listen", CONFIG_LIST, NULL, NULL, "syslog", "udp://ADDRESS:PORT, tcp:// and tls://",
     KEY(listen)},
    {"source.sender_rate", CONFIG_NUMBER, "0", NULL, "syslog",
     "records a second that one address may send; 0: any number", KEY(sender_rate)},
    {"source.tls_certificate", CONFIG_TEXT, NULL, NULL, "syslog",
     "file of the server's certificate and its chain, PEM", KEY(tls_certificate)},
    {"source.tls_key", CONFIG_TEXT, NULL, NULL, "syslog", "file of its key, PEM", KEY(tls_key)},
    {"source.tls_clients", CONFIG_TEXT, NULL, NULL, "syslog",
     "file of authorities, PEM: clients need a certificate of one of them", KEY(tls_clients)},
    {"source.record_bytes_max", CONFIG_SIZE, "1MiB", NULL, NULL,
     "a longer record goes to the dead letter", KEY(record_bytes_max)},
    {"relay.brokers", CONFIG_TEXT, NULL, NULL, NULL,
     "`tocsin relay`: host:port, with commas between", KEY(relay_brokers)},
    {"relay.topic", CONFIG_TEXT, NULL, NULL, NULL, "`tocsin relay`: the topic it writes to",
     KEY(relay_topic)},
    {"relay.properties", CONFIG_MAP, NULL, NULL, NULL,
     "`tocsin relay`: librdkafka's properties; may be secrets", KEY(relay_properties)},
    {"relay.timeout", CONFIG_DURATION, "30s", NULL, NULL,
     "`tocsin relay`: how long a stop waits for the brokers", KEY(relay_timeout_ns)},
    {"rules.paths", CONFIG_LIST, NULL, NULL, NULL, "files and directories of rules; required",
     KEY(rules)},
    {"rules.pipelines", CONFIG_LIST, NULL, NULL, NULL,
     "files and directories of pipelines; without it those of the program; none: no others",
     KEY(pipelines)},
    {"rules.watch", CONFIG_BOOL, "true", NULL, NULL,
     "load them anew when their files change; else only by SIGHUP", KEY(watch)},
    {"decoder.timezone", CONFIG_ZONE, "UTC", NULL, NULL, "of times without a zone: UTC or +hh:mm",
     KEY(zone)},
    {"decoder.syslog_year", CONFIG_NUMBER, "0", NULL, NULL,
     "of times without a year; 0: by the file's or message's time", KEY(year)},
    {"decoder.strict_json", CONFIG_BOOL, "false", NULL, NULL,
     "check all of every JSON record; dead-letter what is not valid", KEY(strict_json)},
    {"correlation.lateness", CONFIG_DURATION, "1m", NULL, NULL,
     "how long matches wait for earlier ones, in event time", KEY(lateness_ns)},
    {"correlation.idle", CONFIG_DURATION, "30s", NULL, NULL,
     "a source without data for so long holds no other back", KEY(idle_ns)},
    {"correlation.keys_max", CONFIG_NUMBER, "1000000", NULL, NULL,
     "groups that are remembered, of all correlations; at least 1000", KEY(keys_max)},
    {"correlation.memory_max", CONFIG_SIZE, "1GiB", NULL, NULL,
     "memory for what groups remember; at least 1MiB", KEY(memory_max)},
    {"state.kind", CONFIG_CHOICE, NULL, "local redis", NULL,
     "keep what correlations remember, and where reading goes on, over restarts", KEY(state_kind)},
    {"state.path", CONFIG_TEXT, NULL, NULL, NULL, "local: the folder, of this process alone",
     KEY(state_path)},
    {"state.address", CONFIG_TEXT, NULL, NULL, NULL, "redis: host:port, or the path of a socket",
     KEY(state_address)},
    {"state.user", CONFIG_TEXT, NULL, NULL, NULL, "redis: an ACL user", KEY(state_user)},
    {"state.password", CONFIG_SECRET, NULL, NULL, NULL, "redis: its password", KEY(state_password)},
    {"state.prefix", CONFIG_TEXT, NULL, NULL, NULL,
     "redis: of all keys; tocsin, with : and the consumer group behind it", KEY(state_prefix)},
    {"state.timeout", CONFIG_DURATION, "5s", NULL, NULL,
     "redis: how long the server may not answer before reading pauses", KEY(state_timeout_ns)},
    {"state.commit_interval", CONFIG_DURATION, "200ms", NULL, NULL,
     "how long an alert may wait for the commit that it is told after", KEY(commit_ns)},
    {"output.alerts", CONFIG_SINKS, NULL, NULL, NULL, "list of sinks, see below; required",
     KEY(alerts)},
    {"output.dead_letters", CONFIG_SINKS, NULL, NULL, NULL,
     "list of sinks; without one dead letters are only counted", KEY(dead_letters)},
    {"output.exceptions", CONFIG_SINKS, NULL, NULL, NULL,
     "list of sinks for matches that exceptions cover; without one they are only counted",
     KEY(exceptions)},
    {"output.accounts", CONFIG_SINKS, NULL, NULL, NULL,
     "list of sinks for hourly accounts of what became of the records", KEY(accounts)},
    {"engine.threads", CONFIG_NUMBER, "1", NULL, NULL, "worker threads, 1 to 256", KEY(threads)},
    {"log.level", CONFIG_CHOICE, "info", "debug info warning error", NULL,
     "least level that is logged", KEY(log_level)},
    {"http.listen", CONFIG_TEXT, NULL, NULL, NULL,
     "answer /health, /metrics and /api/v1/reload at this address and port", KEY(http_listen)},
    {"http.token", CONFIG_SECRET, NULL, NULL, NULL,
     "bearer token that /api/ needs; needed where others reach http.listen", KEY(http_token)},
    {"metrics.path", CONFIG_TEXT, NULL, NULL, NULL,
     "write metrics to this file, in Prometheus' text format", KEY(metrics_path)},
    {"metrics.interval", CONFIG_DURATION, "10s", NULL, NULL, "how often", KEY(metrics_interval_ns)},
    {NULL, CONFIG_TYPES, NULL, NULL, NULL, NULL, 0},
};

const struct config_key config_sink_keys[] = {
    {"kind", CONFIG_CHOICE, NULL, "stdout file kafka redis", NULL, "required", SINK(kind)},
    {"format", CONFIG_CHOICE, "json", "json pretty csv", "stdout file", "how alerts are written",
     SINK(format)},
    {"level", CONFIG_CHOICE, "informational", "informational low medium high critical", NULL,
     "leave out alerts below", SINK(level)},
    {"path", CONFIG_TEXT, NULL, NULL, "file", "its path", SINK(path)},
    {"file_bytes_max", CONFIG_SIZE, "100MiB", NULL, "file", "rotate at", SINK(file_bytes_max)},
    {"files_max", CONFIG_NUMBER, "10", NULL, "file", "rotated files that are kept",
     SINK(files_max)},
    {"sync", CONFIG_BOOL, "true", NULL, "file",
     "lines are on the disk before the input is committed", SINK(sync)},
    {"brokers", CONFIG_TEXT, NULL, NULL, "kafka", "host:port, with commas between", SINK(brokers)},
    {"topic", CONFIG_TEXT, NULL, NULL, "kafka", "the topic", SINK(topic)},
    {"properties", CONFIG_MAP, NULL, NULL, "kafka", "librdkafka's properties; may be secrets",
     SINK(properties)},
    {"address", CONFIG_TEXT, NULL, NULL, "redis",
     "host:port, tls://host:port, sentinel://host:port,host:port/master-name, or the path of a "
     "socket",
     SINK(address)},
    {"user", CONFIG_TEXT, NULL, NULL, "redis", "an ACL user; without it the default one",
     SINK(user)},
    {"password", CONFIG_SECRET, NULL, NULL, "redis", "the user's password", SINK(password)},
    {"stream", CONFIG_TEXT, NULL, NULL, "redis", "key of the stream", SINK(stream)},
    {"stream_length_max", CONFIG_NUMBER, "0", NULL, "redis", "about so many entries; 0: all",
     SINK(stream_length_max)},
    {"dedup", CONFIG_DURATION, "0s", NULL, "redis",
     "an alert is taken once in this time; 0s: always", SINK(dedup_ns)},
    {"timeout", CONFIG_DURATION, "30s", NULL, "kafka redis", "how long a server may not answer",
     SINK(timeout_ns)},
    {NULL, CONFIG_TYPES, NULL, NULL, NULL, NULL, 0},
};

/* "kafka redis" as "kafka, redis: ". */
static void render_kinds(const char *kinds, struct buffer *out)
{
    for (; *kinds != '\0'; kinds++) {
        buffer_add(out, *kinds == ' ' ? STR(", ") : (struct str){kinds, 1});
    }
    buffer_add_text(out, ": ");
}

static void render(const struct config_key *keys, struct buffer *out)
{
    static const char *const types[CONFIG_TYPES] = {
        "text",     "secret", "choice", "true/false", "number",       "size",
        "duration", "zone",   "list",   "map",        "list of sinks"};
    buffer_add_text(out, "| Key | Type | Default | Meaning |\n|---|---|---|---|\n");
    for (; keys->name != NULL; keys++) {
        buffer_printf(out, "| `%s` | %s | %s | ", keys->name, types[keys->type],
                      keys->standard != NULL ? keys->standard : "");
        if (keys->kinds != NULL) {
            render_kinds(keys->kinds, out);
        }
        buffer_printf(out, "%s%s%s |\n", keys->doc, keys->choices != NULL ? "; one of: " : "",
                      keys->choices != NULL ? keys->choices : "");
    }
}

void config_render_keys(struct buffer *out)
{
    render(config_keys, out);
    buffer_add_text(out, "\nKeys of each sink in `output`:\n\n");
    render(config_sink_keys, out);
}
