/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_properties.c - the list of properties that may be set, and why some others may not.
 */
#include "ingest/source/kafka_properties.h"

#include <stddef.h>
#include <string.h>

#define BOTH (KAFKA_CONSUMER | KAFKA_PRODUCER)

static const struct {
    const char *name;
    unsigned roles;
} allowed[] = {
    {"broker.address.family", BOTH},
    {"client.id", BOTH},
    {"client.rack", KAFKA_CONSUMER},
    {"compression.codec", KAFKA_PRODUCER},
    {"compression.level", KAFKA_PRODUCER},
    {"compression.type", KAFKA_PRODUCER},
    {"connections.max.idle.ms", BOTH},
    {"enable.ssl.certificate.verification", BOTH},
    {"fetch.error.backoff.ms", KAFKA_CONSUMER},
    {"fetch.max.bytes", KAFKA_CONSUMER},
    {"fetch.message.max.bytes", KAFKA_CONSUMER},
    {"fetch.min.bytes", KAFKA_CONSUMER},
    {"fetch.wait.max.ms", KAFKA_CONSUMER},
    {"group.instance.id", KAFKA_CONSUMER},
    {"heartbeat.interval.ms", KAFKA_CONSUMER},
    {"linger.ms", KAFKA_PRODUCER},
    {"max.partition.fetch.bytes", KAFKA_CONSUMER},
    {"max.poll.interval.ms", KAFKA_CONSUMER},
    {"message.max.bytes", KAFKA_PRODUCER},
    {"metadata.max.age.ms", BOTH},
    {"queue.buffering.max.kbytes", KAFKA_PRODUCER},
    {"queue.buffering.max.messages", KAFKA_PRODUCER},
    {"queue.buffering.max.ms", KAFKA_PRODUCER},
    {"queued.max.messages.kbytes", KAFKA_CONSUMER},
    {"queued.min.messages", KAFKA_CONSUMER},
    {"receive.message.max.bytes", KAFKA_CONSUMER},
    {"reconnect.backoff.max.ms", BOTH},
    {"reconnect.backoff.ms", BOTH},
    {"sasl.kerberos.keytab", BOTH},
    {"sasl.kerberos.principal", BOTH},
    {"sasl.kerberos.service.name", BOTH},
    {"sasl.mechanism", BOTH},
    {"sasl.mechanisms", BOTH},
    {"sasl.password", BOTH},
    {"sasl.username", BOTH},
    {"security.protocol", BOTH},
    {"session.timeout.ms", KAFKA_CONSUMER},
    {"socket.connection.setup.timeout.ms", BOTH},
    {"socket.keepalive.enable", BOTH},
    {"socket.timeout.ms", BOTH},
    {"ssl.ca.location", BOTH},
    {"ssl.ca.pem", BOTH},
    {"ssl.certificate.location", BOTH},
    {"ssl.certificate.pem", BOTH},
    {"ssl.cipher.suites", BOTH},
    {"ssl.crl.location", BOTH},
    {"ssl.endpoint.identification.algorithm", BOTH},
    {"ssl.key.location", BOTH},
    {"ssl.key.password", BOTH},
    {"ssl.key.pem", BOTH},
    {"ssl.keystore.location", BOTH},
    {"ssl.keystore.password", BOTH},
};

static const struct {
    const char *name;
    const char *reason;
} refused[] = {
    {"acks", "alerts are always acknowledged by all in-sync replicas"},
    {"debug", "it writes passwords and payloads to the log"},
    {"enable.auto.commit", "offsets are stored only after alerts are delivered"},
    {"enable.auto.offset.store", "offsets are stored only after alerts are delivered"},
    {"enable.idempotence", "retries must neither repeat nor reorder alerts"},
    {"plugin.library.paths", "it loads code"},
    {"request.required.acks", "alerts are always acknowledged by all in-sync replicas"},
    {"sasl.kerberos.kinit.cmd", "it runs a command"},
    {"ssl.engine.location", "it loads code"},
};

static unsigned roles_of(const char *name)
{
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        if (strcmp(allowed[i].name, name) == 0) {
            return allowed[i].roles;
        }
    }
    return 0;
}

static const char *reason_of(const char *name)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        if (strcmp(refused[i].name, name) == 0) {
            return refused[i].reason;
        }
    }
    return "it is not in the list of properties that may be set";
}

int kafka_properties_check(const struct source_property *properties, uint32_t count,
                           enum kafka_role role, struct err *err)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *name = properties[i].name;
        unsigned roles = roles_of(name);
        if (roles == 0) {
            return err_set(err, ERR_CONFIG, "Kafka property %s may not be set: %s", name,
                           reason_of(name));
        }
        if ((roles & (unsigned)role) == 0) {
            return err_set(err, ERR_CONFIG, "Kafka property %s may not be set: it is for a %s only",
                           name, role == KAFKA_CONSUMER ? "sink" : "source");
        }
    }
    return 0;
}

int kafka_property_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct err *err)
{
    char reason[256];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) == RD_KAFKA_CONF_OK) {
        return 0;
    }
    return err_set(err, ERR_CONFIG, "Kafka property %s: %s", name, reason);
}
