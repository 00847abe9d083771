/* SPDX-License-Identifier: Apache-2.0
 *
 * config_build.c - see config_internal.h: from values to the engine's options; what must be there.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/config/config_internal.h"
#include "cli/http/http.h"
#include "cli/rule_paths.h"
#include "cli/units.h"

static int check_decoder(const struct config_reader *reader, const struct yaml_node *node,
                         const char *decoder)
{
    return decoder == NULL || decoder_index(decoder) >= 0
               ? 0
               : config_refuse(reader, node,
                               "there is no decoder %s; see `tocsin version --decoders`", decoder);
}

/* The place of a topic among source.topics, or an error. */
static int find_topic(const struct config_reader *reader, const struct yaml_node *node,
                      const struct config_values *values, const char *name, uint32_t *topic)
{
    for (*topic = 0; *topic < values->topics.count; (*topic)++) {
        if (strcmp(values->topics.items[*topic], name) == 0) {
            return 0;
        }
    }
    return config_refuse(reader, node, "source names the topic %s, which is not in source.topics",
                         name);
}

static int build_logsources(const struct config_reader *reader, const struct yaml_node *node,
                            const struct config_values *values, struct source_options *source)
{
    struct err trouble = {0};
    uint32_t *given = arena_take_zeroed(reader->arena, values->topics.count + 1, sizeof *given);
    source->topic_logsources = given;
    if (values->logsource != NULL &&
        logsource_give(values->logsource, &source->logsource, &trouble) != 0) {
        return config_refuse(reader, node, "source.logsource: %s", trouble.text);
    }
    for (uint32_t i = 0; i < values->logsources.count; i++) {
        const struct source_property *item = &values->logsources.items[i];
        uint32_t topic = 0;
        int failed = find_topic(reader, node, values, item->name, &topic);
        if (failed != 0) {
            return failed;
        }
        if (logsource_give(item->value, &given[topic], &trouble) != 0) {
            return config_refuse(reader, node, "source.logsources.%s: %s", item->name,
                                 trouble.text);
        }
    }
    return 0;
}

static int build_topics(const struct config_reader *reader, const struct yaml_node *node,
                        const struct config_values *values, struct source_options *source)
{
    const char **decoders =
        arena_take_zeroed(reader->arena, values->topics.count + 1, sizeof *decoders);
    for (uint32_t i = 0; i < values->decoders.count; i++) {
        const struct source_property *item = &values->decoders.items[i];
        uint32_t topic = 0;
        int failed = check_decoder(reader, node, item->value);
        failed = failed != 0 ? failed : find_topic(reader, node, values, item->name, &topic);
        if (failed != 0) {
            return failed;
        }
        decoders[topic] = item->value;
    }
    source->topics = values->topics.items;
    source->topics_count = values->topics.count;
    source->topic_decoders = decoders;
    return build_logsources(reader, node, values, source);
}

/* What a kind of source can't do without. */
static int check_source(const struct config_reader *reader, const struct yaml_node *node,
                        const struct config_values *values)
{
    if (values->kind == NULL) {
        return config_refuse(reader, node, "source.kind is missing; use file, kafka or syslog");
    }
    int failed = config_check_kind(reader, config_keys, node, "source.", values->kind);
    if (failed != 0) {
        return failed;
    }
    bool file = strcmp(values->kind, "file") == 0;
    const struct {
        const char *kind;
        bool missing;
        const char *reason;
    } needs[] = {
        {"file", values->paths.count == 0, "source.paths is missing; name a file or directory"},
        {"kafka", values->brokers == NULL, "source.brokers is missing; kafka needs it"},
        {"kafka", values->group == NULL, "source.group is missing; kafka needs it"},
        {"kafka", values->topics.count == 0, "source.topics is missing; kafka needs it"},
        {"syslog", values->listen.count == 0,
         "source.listen is missing; such as udp://0.0.0.0:514"},
        {"syslog", (values->tls_certificate == NULL) != (values->tls_key == NULL),
         "source.tls_certificate and source.tls_key need each other"},
    };
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (needs[i].missing && strcmp(needs[i].kind, values->kind) == 0) {
            return config_refuse(reader, node, "%s", needs[i].reason);
        }
    }
    return file && !values->follow && values->positions != NULL
               ? config_refuse(reader, node,
                               "source.positions is for following; set source.follow: true")
               : 0;
}

int config_build_source(const struct config_reader *reader, const struct yaml_node *node,
                        const struct config_values *values, struct source_options *source)
{
    int failed = check_source(reader, node, values);
    if (failed != 0) {
        return failed;
    }
    *source = (struct source_options){
        .kind = values->kind,
        .decoder = values->decoder,
        .framing = {(size_t)values->record_bytes_max, LIMIT_DOCUMENT_RECORD_BYTES},
        .paths = values->paths.items,
        .paths_count = values->paths.count,
        .follow = strcmp(values->kind, "file") == 0 && values->follow,
        .from_end = strcmp(values->from, "end") == 0,
        .positions_path = values->positions,
        .block_bytes = LIMIT_BATCH_BYTES,
        .brokers = values->brokers,
        .group = values->group,
        .properties = values->properties.items,
        .properties_count = values->properties.count,
        .batch_records = LIMIT_BATCH_RECORDS,
        .stop_at_end = values->stop_at_end,
        .relayed = values->relayed,
        .listen = values->listen.items,
        .listen_count = values->listen.count,
        .tls_certificate = values->tls_certificate,
        .tls_key = values->tls_key,
        .tls_clients = values->tls_clients,
        .sender_rate = (uint32_t)values->sender_rate,
    };
    failed = check_decoder(reader, node, values->decoder);
    return failed != 0 ? failed : build_topics(reader, node, values, source);
}

/* What a kind of sink can't do without. */
static int check_sink(const struct config_reader *reader, const struct config_sink *sink)
{
    const struct {
        const char *kind;
        const char *key;
        const char *value;
    } needs[] = {{"file", "path", sink->path},
                 {"kafka", "brokers", sink->brokers},
                 {"kafka", "topic", sink->topic},
                 {"redis", "address", sink->address},
                 {"redis", "stream", sink->stream}};
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (strcmp(sink->kind, needs[i].kind) == 0 && needs[i].value == NULL) {
            return config_refuse(reader, sink->node,
                                 "%s is missing; a sink of the kind %s needs it", needs[i].key,
                                 needs[i].kind);
        }
    }
    return 0;
}

static enum sink_format format_named(const char *name)
{
    enum sink_format other = strcmp(name, "csv") == 0 ? SINK_CSV : SINK_PRETTY;
    return strcmp(name, "json") == 0 ? SINK_JSON : other;
}

static int build_sinks(const struct config_reader *reader, const struct config_sinks *sinks,
                       struct sink_options **options)
{
    *options = arena_take_zeroed(reader->arena, sinks->count + 1, sizeof **options);
    for (uint32_t i = 0; i < sinks->count; i++) {
        const struct config_sink *sink = &sinks->items[i];
        int failed = check_sink(reader, sink);
        if (failed != 0) {
            return failed;
        }
        int64_t timeout_ms = sink->timeout_ns / 1000000;
        (*options)[i] = (struct sink_options){
            .kind = sink->kind,
            .format = format_named(sink->format),
            .level_min = units_level(str_of(sink->level)),
            .path = sink->path,
            .file_bytes_max = sink->file_bytes_max,
            .files_max = (uint32_t)sink->files_max,
            .sync = sink->sync,
            .brokers = sink->brokers,
            .topic = sink->topic,
            .properties = sink->properties.items,
            .properties_count = sink->properties.count,
            .address = sink->address,
            .user = sink->user,
            .password = sink->password,
            .stream = sink->stream,
            .stream_length_max = (uint32_t)sink->stream_length_max,
            .dedup_seconds = sink->dedup_ns / TIMESTAMP_SECOND_NS,
            .timeout_ms = (int)(timeout_ms < INT32_MAX ? timeout_ms : INT32_MAX),
        };
    }
    return 0;
}

/* The prefix of a consumer group's keys: two groups count the same events each for itself. */
static const char *build_prefix(const struct config_reader *reader,
                                const struct config_values *values)
{
    struct buffer prefix = {0};
    if (values->state_prefix != NULL) {
        return values->state_prefix;
    }
    buffer_add_text(&prefix, "tocsin");
    if (values->group != NULL) {
        buffer_add_byte(&prefix, ':');
        buffer_add_text(&prefix, values->group);
    }
    const char *kept = arena_copy(reader->arena, buffer_str(&prefix)).ptr;
    buffer_release(&prefix);
    return kept;
}

static int check_state(const struct config_reader *reader, const struct yaml_node *node,
                       const struct config_values *values)
{
    bool redis = values->state_kind != NULL && strcmp(values->state_kind, "redis") == 0;
    bool local = values->state_kind != NULL && !redis;
    const struct {
        bool wrong;
        const char *reason;
    } rows[] = {
        {values->state_kind == NULL &&
             (values->state_path != NULL || values->state_address != NULL),
         "state.kind is missing; use local or redis"},
        {local && values->state_path == NULL, "state.path is missing; name a folder"},
        {local && values->state_address != NULL, "state.address is for state.kind: redis"},
        {redis && values->state_address == NULL,
         "state.address is missing; such as 127.0.0.1:6379 or /run/redis/redis.sock"},
        {redis && values->state_path != NULL, "state.path is for state.kind: local"},
        {values->state_kind != NULL && values->positions != NULL,
         "source.positions: with a state, positions are kept there; leave it out"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].wrong) {
            return config_refuse(reader, node, "%s", rows[i].reason);
        }
    }
    for (uint32_t i = 0; values->state_kind != NULL && i < values->alerts.count; i++) {
        const struct config_sink *sink = &values->alerts.items[i];
        if (strcmp(sink->format, "json") != 0) {
            return config_refuse(reader, sink->node,
                                 "format: with a state, alerts are written as json");
        }
    }
    return 0;
}

/* With Redis, the partitions of a consumer group move between processes, each with its state; a
 * folder belongs to one process, which then reads all of them. */
static int build_state(const struct config_reader *reader, const struct yaml_node *root,
                       const struct config_values *values, struct engine_options *engine)
{
    const struct yaml_node *section = yaml_get(root, "state");
    int failed = check_state(reader, section != NULL ? section : root, values);
    if (failed != 0 || values->state_kind == NULL) {
        return failed;
    }
    bool kafka = strcmp(engine->source.kind, "kafka") == 0;
    bool local = strcmp(values->state_kind, "local") == 0;
    int64_t timeout_ms = values->state_timeout_ns / 1000000;
    engine->state = (struct state_options){
        .kind = values->state_kind,
        .path = values->state_path,
        .address = values->state_address,
        .user = values->state_user,
        .password = values->state_password,
        .prefix = build_prefix(reader, values),
        .timeout_ms = (int)(timeout_ms < INT32_MAX ? timeout_ms : INT32_MAX),
    };
    engine->commit_ns = values->commit_ns;
    engine->task_a_stream = kafka && !local;
    engine->source.placed = true;
    engine->source.all_partitions = kafka && local;
    return 0;
}

/* The paths of rules and of pipelines in one list, in the configuration's arena. */
static void build_rules(const struct config_reader *reader, const struct config_values *values,
                        struct engine_options *engine)
{
    struct rule_paths *paths = memory_new(1, sizeof *paths);
    for (uint32_t i = 0; i < values->rules.count; i++) {
        rule_paths_add(paths, values->rules.items[i]);
    }
    for (uint32_t i = 0; i < values->pipelines.count; i++) {
        rule_paths_add_pipeline(paths, values->pipelines.items[i]);
    }
    rule_paths_finish(paths);
    const char **items = arena_take(reader->arena, (paths->count + 1) * sizeof *items);
    for (uint32_t i = 0; i < paths->count; i++) {
        items[i] = arena_copy(reader->arena, str_of(paths->items[i])).ptr;
    }
    engine->rules = items;
    engine->rules_count = paths->count;
    rule_paths_release(paths);
    memory_free(paths);
}

int config_build(const struct config_reader *reader, const struct yaml_node *root,
                 const struct config_values *values, struct config *config)
{
    struct engine_options *engine = &config->engine;
    const struct yaml_node *section = yaml_get(root, "source");
    int failed =
        config_build_source(reader, section != NULL ? section : root, values, &engine->source);
    if (failed == 0 && values->rules.count == 0) {
        failed = config_refuse(reader, root, "rules.paths is missing; name a file or directory");
    }
    if (failed == 0 && values->alerts.count == 0) {
        failed = config_refuse(reader, root, "output.alerts is missing; add a sink");
    }
    if (failed == 0 && (values->threads < 1 || values->threads > LIMIT_THREADS)) {
        failed =
            config_refuse(reader, root, "engine.threads: use a number from 1 to %d", LIMIT_THREADS);
    }
    if (failed == 0 && values->keys_max < 1000) {
        failed = config_refuse(reader, root, "correlation.keys_max: use a number from 1000");
    }
    if (failed == 0 && values->memory_max < UINT64_C(1024) * 1024) {
        failed = config_refuse(reader, root, "correlation.memory_max: use a size from 1MiB");
    }
    if (failed == 0 && values->year != 0 && (values->year < 1970 || values->year > 2261)) {
        failed = config_refuse(reader, root, "decoder.syslog_year: use 1970 to 2261, or 0");
    }
    struct err trouble = {0};
    if (failed == 0 && values->http_listen != NULL &&
        http_check(values->http_listen, values->http_token, &trouble) != 0) {
        failed = config_refuse(reader, root, "%s", trouble.text);
    }
    if (failed == 0) {
        failed = build_sinks(reader, &values->alerts, &engine->alerts);
    }
    if (failed == 0) {
        failed = build_sinks(reader, &values->dead_letters, &engine->dead_letters);
    }
    if (failed == 0) {
        failed = build_sinks(reader, &values->exceptions, &engine->exceptions);
    }
    if (failed == 0) {
        failed = build_sinks(reader, &values->accounts, &engine->accounts);
    }
    engine->accounts_count = values->accounts.count;
    engine->exceptions_count = values->exceptions.count;
    engine->alerts_count = values->alerts.count;
    engine->dead_letters_count = values->dead_letters.count;
    if (failed == 0) {
        build_rules(reader, values, engine);
    }
    if (failed == 0) {
        failed = build_state(reader, root, values, engine);
    }
    engine->decoder.zone_offset_seconds = values->zone;
    engine->decoder.year = (int32_t)values->year;
    engine->decoder.strict_json = values->strict_json;
    engine->window.lateness_ns = values->lateness_ns;
    engine->window.keys_max = (uint64_t)values->keys_max;
    engine->window.bytes_max = values->memory_max;
    engine->throttles = true;
    engine->idle_ns = values->idle_ns;
    engine->threads = (uint32_t)values->threads;
    config->watches_rules = values->watch;
    config->http_listen = values->http_listen;
    config->http_token = values->http_token;
    return failed;
}
