/* SPDX-License-Identifier: Apache-2.0
 *
 * config_internal.h - the keys of the configuration and the values that they fill.
 *
 * Thread: one.   Owns: nothing; values live in the configuration's arena.
 */
#ifndef TOCSIN_CLI_CONFIG_CONFIG_INTERNAL_H
#define TOCSIN_CLI_CONFIG_CONFIG_INTERNAL_H

#include "base/yaml.h"
#include "cli/config/config.h"

enum config_type {
    CONFIG_TEXT,     /* const char * */
    CONFIG_SECRET,   /* const char *; as itself or file:PATH; no message holds it */
    CONFIG_CHOICE,   /* const char *, one of choices */
    CONFIG_BOOL,     /* bool */
    CONFIG_NUMBER,   /* int64_t, not negative */
    CONFIG_SIZE,     /* uint64_t */
    CONFIG_DURATION, /* int64_t nanoseconds */
    CONFIG_ZONE,     /* int32_t seconds */
    CONFIG_LIST,     /* struct config_list */
    CONFIG_MAP,      /* struct config_map */
    CONFIG_SINKS,    /* struct config_sinks */
    CONFIG_TYPES
};

struct config_key {
    const char *name; /* "source.kind"; of a sink: "kind" */
    enum config_type type;
    const char *standard; /* the default as it would be written; NULL: none */
    const char *choices;  /* with spaces between */
    const char *kinds;    /* of sources or sinks that it is for, with spaces between; NULL: all */
    const char *doc;
    size_t offset; /* of the value in struct config_values or config_sink */
};

struct config_list {
    const char **items;
    uint32_t count;
};

struct config_map {
    struct source_property *items;
    uint32_t count;
};

struct config_sink {
    const struct yaml_node *node;
    const char *kind;
    const char *format;
    const char *level;
    const char *path;
    uint64_t file_bytes_max;
    int64_t files_max;
    bool sync;
    const char *brokers;
    const char *topic;
    struct config_map properties;
    const char *address;
    const char *user;
    const char *password;
    const char *stream;
    int64_t stream_length_max;
    int64_t dedup_ns;
    int64_t timeout_ns;
};

struct config_sinks {
    struct config_sink *items;
    uint32_t count;
};

struct config_values {
    const char *kind;
    const char *decoder;
    struct config_list paths;
    bool follow;
    const char *from;
    const char *positions;
    const char *brokers;
    const char *group;
    struct config_list topics;
    struct config_map decoders;
    struct config_map logsources;
    const char *logsource;
    struct config_map properties;
    bool stop_at_end;
    bool relayed;
    struct config_list listen;
    int64_t sender_rate;
    const char *tls_certificate;
    const char *tls_key;
    const char *tls_clients;
    uint64_t record_bytes_max;
    const char *relay_brokers;
    const char *relay_topic;
    struct config_map relay_properties;
    int64_t relay_timeout_ns;
    struct config_list rules;
    struct config_list pipelines;
    bool watch;
    int32_t zone;
    int64_t year;
    bool strict_json;
    int64_t lateness_ns;
    int64_t idle_ns;
    int64_t keys_max;
    uint64_t memory_max;
    const char *state_kind;
    const char *state_path;
    const char *state_address;
    const char *state_user;
    const char *state_password;
    const char *state_prefix;
    int64_t state_timeout_ns;
    int64_t commit_ns;
    struct config_sinks alerts;
    struct config_sinks dead_letters;
    struct config_sinks exceptions;
    struct config_sinks accounts;
    int64_t threads;
    const char *log_level;
    const char *http_listen;
    const char *http_token;
    const char *metrics_path;
    int64_t metrics_interval_ns;
};

/* Rows; a NULL name ends them. */
extern const struct config_key config_keys[];
extern const struct config_key config_sink_keys[];

/* Where a file is read: for messages and memory. */
struct config_reader {
    struct arena *arena;
    const char *name;
    struct err *err;
    bool relays; /* for `tocsin relay` */
};

/* Sets err to "name:line:column: reason". Returns ERR_CONFIG. */
int config_refuse(const struct config_reader *reader, const struct yaml_node *node,
                  const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Is the section one of the command that reads the file? */
int config_check_section(const struct config_reader *reader, const struct yaml_node *key);
/* Reads node into the value of key in values (a config_values or config_sink). */
int config_set(const struct config_reader *reader, const struct config_key *key,
               const struct yaml_node *node, void *values);
/* Text of node with ${NAME} replaced by the environment's value. */
int config_expand(const struct config_reader *reader, const struct yaml_node *node,
                  const char **text);
/* The same; "file:PATH" is replaced by the first line of a file that only its owner may read. */
int config_read_secret(const struct config_reader *reader, const struct yaml_node *node,
                       const char **text);
/* Reads the mapping node by keys; prefix ("source." or "") comes before its keys' names. */
int config_read_mapping(const struct config_reader *reader, const struct config_key *keys,
                        const struct yaml_node *node, const char *prefix, void *values);
/* Refuses keys of the mapping node that are for another kind of source or sink than kind. */
int config_check_kind(const struct config_reader *reader, const struct config_key *keys,
                      const struct yaml_node *node, const char *prefix, const char *kind);
/* True when value is one of the words, which have single spaces between. */
bool config_is_word(const char *words, struct str value);
/* Sets all values that have a default. */
int config_set_defaults(const struct config_reader *reader, const struct config_key *keys,
                        void *values);
/* Makes the engine's options of values, and says what is missing. */
int config_build(const struct config_reader *reader, const struct yaml_node *root,
                 const struct config_values *values, struct config *config);
/* The part of it that is the source's. */
int config_build_source(const struct config_reader *reader, const struct yaml_node *node,
                        const struct config_values *values, struct source_options *source);
/* Makes the relay's options of values. */
int config_build_relay(const struct config_reader *reader, const struct yaml_node *root,
                       const struct config_values *values, struct config *config);

#endif
