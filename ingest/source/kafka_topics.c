/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_topics.c - see kafka_topics.h.
 */
#include "ingest/source/kafka_topics.h"

#include "base/memory.h"

#include <regex.h>

struct topic {
    const char *name;
    bool is_expression;
    regex_t expression;
};

struct kafka_topics {
    struct topic *items;
    uint32_t count;
    bool any_expression;
};

int kafka_topics_new(const char *const *names, uint32_t count, struct kafka_topics **out,
                     struct err *err)
{
    struct kafka_topics *topics = memory_new(1, sizeof *topics);
    topics->items = memory_new(count + 1, sizeof *topics->items);
    *out = NULL;
    for (uint32_t i = 0; i < count; i++) {
        struct topic *topic = &topics->items[i];
        topic->name = names[i];
        if (names[i][0] == '^') {
            char reason[128];
            int failed = regcomp(&topic->expression, names[i], REG_EXTENDED | REG_NOSUB);
            if (failed != 0) {
                regerror(failed, &topic->expression, reason, sizeof reason);
                kafka_topics_free(topics);
                return err_set(err, ERR_CONFIG, "source.topics: %s: %s", names[i], reason);
            }
            topic->is_expression = true;
            topics->any_expression = true;
        }
        topics->count++;
    }
    *out = topics;
    return 0;
}

void kafka_topics_free(struct kafka_topics *topics)
{
    if (topics == NULL) {
        return;
    }
    for (uint32_t i = 0; i < topics->count; i++) {
        if (topics->items[i].is_expression) {
            regfree(&topics->items[i].expression);
        }
    }
    memory_free(topics->items);
    memory_free(topics);
}

static bool is_wanted(const struct kafka_topics *topics, const char *name)
{
    bool wanted = false;
    for (uint32_t i = 0; i < topics->count && !wanted; i++) {
        const struct topic *topic = &topics->items[i];
        wanted = topic->is_expression ? regexec(&topic->expression, name, 0, NULL, 0) == 0
                                      : strcmp(topic->name, name) == 0;
    }
    return wanted;
}

static void add_partitions(rd_kafka_topic_partition_list_t *list,
                           const rd_kafka_metadata_topic_t *topic)
{
    for (int i = 0; i < topic->partition_cnt; i++) {
        int32_t id = topic->partitions[i].id;
        if (rd_kafka_topic_partition_list_find(list, topic->topic, id) == NULL) {
            rd_kafka_topic_partition_list_add(list, topic->topic, id);
        }
    }
}

/* Adds what the cluster says of one topic, or of all (NULL). */
static int ask(const struct kafka_topics *topics, rd_kafka_t *client, rd_kafka_topic_t *one,
               int timeout_ms, rd_kafka_topic_partition_list_t *list)
{
    const struct rd_kafka_metadata *answer = NULL;
    rd_kafka_resp_err_t failed = rd_kafka_metadata(client, one == NULL, one, &answer, timeout_ms);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return failed;
    }
    for (int i = 0; i < answer->topic_cnt; i++) {
        const rd_kafka_metadata_topic_t *topic = &answer->topics[i];
        if (topic->err == RD_KAFKA_RESP_ERR_NO_ERROR && is_wanted(topics, topic->topic)) {
            add_partitions(list, topic);
        }
    }
    rd_kafka_metadata_destroy(answer);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static const char *find_missing(const struct kafka_topics *topics,
                                const rd_kafka_topic_partition_list_t *list)
{
    for (uint32_t i = 0; i < topics->count; i++) {
        const struct topic *topic = &topics->items[i];
        int at = 0;
        while (!topic->is_expression && at < list->cnt &&
               strcmp(list->elems[at].topic, topic->name) != 0) {
            at++;
        }
        if (!topic->is_expression && at == list->cnt) {
            return topic->name;
        }
    }
    return NULL;
}

rd_kafka_topic_partition_list_t *kafka_topics_list(const struct kafka_topics *topics,
                                                   rd_kafka_t *client, int timeout_ms,
                                                   const char **missing, struct err *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    int failed = RD_KAFKA_RESP_ERR_NO_ERROR;
    if (topics->any_expression) {
        failed = ask(topics, client, NULL, timeout_ms, list);
    }
    for (uint32_t i = 0; !topics->any_expression && i < topics->count && failed == 0; i++) {
        rd_kafka_topic_t *one = rd_kafka_topic_new(client, topics->items[i].name, NULL);
        failed = one == NULL ? rd_kafka_last_error() : ask(topics, client, one, timeout_ms, list);
        if (one != NULL) {
            rd_kafka_topic_destroy(one);
        }
    }
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_topic_partition_list_destroy(list);
        err_set(err, ERR_KAFKA, "the cluster does not tell its partitions: %s",
                rd_kafka_err2str((rd_kafka_resp_err_t)failed));
        return NULL;
    }
    rd_kafka_topic_partition_list_sort(list, NULL, NULL);
    *missing = find_missing(topics, list);
    return list;
}
