/* SPDX-License-Identifier: Apache-2.0
 *
 * lint_sources.c - which log sources a rule's events can come from, and which fields those have.
 * CloudTrail's are the top-level keys of its record format (event version 1.11 and before); what is
 * below requestParameters and its like depends on the API, so everything is possible there. Lines
 * have the fields that their decoder makes.
 */
#include "analyze/lint/lint_internal.h"

#include "analyze/plan/plan.h"
#include "ingest/decode/decoder.h"

static const char *const cloudtrail_keys[] = {
    "additionalEventData",
    "addendum",
    "apiVersion",
    "awsRegion",
    "edgeDeviceDetails",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventContext",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "insightDetails",
    "managementEvent",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "requestParameters",
    "resources",
    "responseElements",
    "serviceEventDetails",
    "sessionCredentialFromConsole",
    "sharedEventID",
    "sourceIPAddress",
    "tlsDetails",
    "userAgent",
    "userIdentity",
    "vpcEndpointAccountId",
    "vpcEndpointId",
    NULL,
};

/* Keys of which a record has one value, never a list. */
static const char *const cloudtrail_single[] = {
    "awsRegion",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventTime",
    "eventType",
    "eventVersion",
    "managementEvent",
    "readOnly",
    "recipientAccountId",
    "requestID",
    "sourceIPAddress",
    "userAgent",
    "userIdentity.accessKeyId",
    "userIdentity.accountId",
    "userIdentity.arn",
    "userIdentity.invokedBy",
    "userIdentity.principalId",
    "userIdentity.type",
    "userIdentity.userName",
    "vpcEndpointId",
    NULL,
};

struct source {
    const char *prefix;  /* of the log source's name */
    const char *decoder; /* whose fields its events have; NULL: keys and single */
    const char *const *keys;
    const char *const *single;
};

static const struct source source_table[] = {
    {"aws/cloudtrail", NULL, cloudtrail_keys, cloudtrail_single},
    {"aws/s3access", "s3access", NULL, NULL},
    {"linux/", "syslog", NULL, NULL},
};
#define SOURCES (sizeof source_table / sizeof source_table[0])

/* The row for a log source; NULL: its events can have any field. */
static const struct source *source_of(uint32_t logsource)
{
    struct str name = str_of(logsource_table[logsource].name);
    for (size_t i = 0; i < SOURCES; i++) {
        if (str_starts_with(name, str_of(source_table[i].prefix))) {
            return &source_table[i];
        }
    }
    return NULL;
}

static const struct decoder_field *decoder_fields(const struct source *source)
{
    return decoder_table[decoder_index(source->decoder)]->fields;
}

static bool has_key(const char *const *keys, struct str key)
{
    while (*keys != NULL && !str_equal(key, str_of(*keys))) {
        keys++;
    }
    return *keys != NULL;
}

static bool has_field(const struct source *source, struct str field)
{
    if (source->decoder == NULL) {
        /* A key may have the dot in its name; below a known key everything is possible. */
        return has_key(source->keys, str_slice(field, 0, str_find_byte(field, '.')));
    }
    const struct decoder_field *row = decoder_fields(source);
    while (row->name != NULL && !str_equal(field, str_of(row->name))) {
        row++;
    }
    return row->name != NULL || str_starts_with(field, STR("sd."));
}

static bool is_single(const struct source *source, struct str field)
{
    return source->decoder == NULL ? has_key(source->single, field) : has_field(source, field);
}

bool lint_is_only_for(const struct rule *rule, const char *logsource)
{
    uint32_t wanted = logsource_index(logsource);
    bool only = true;
    for (uint32_t i = 0; i < logsource_count(); i++) {
        only = only && plan_rule_fits(rule, i) == (i == wanted);
    }
    return only;
}

bool lint_can_have(const struct rule *rule, struct str field)
{
    /* Fields that pipelines mapped have their old names, too; any event may have a sender. */
    bool any = rule->also_count > 0 || str_equal(field, STR(DECODER_SENDER_FIELD));
    bool active = false;
    for (uint32_t i = 0; i < logsource_count(); i++) {
        if (plan_rule_fits(rule, i)) {
            const struct source *source = source_of(i);
            active = true;
            any = any || source == NULL || has_field(source, field);
        }
    }
    return any || !active; /* of other log sources nothing is known */
}

bool lint_is_single(const struct rule *rule, struct str field)
{
    bool all = rule->also_count == 0;
    bool active = false;
    for (uint32_t i = 0; i < logsource_count(); i++) {
        if (plan_rule_fits(rule, i)) {
            const struct source *source = source_of(i);
            active = true;
            all = all && source != NULL && is_single(source, field);
        }
    }
    return all && active && field.len > 0;
}

void lint_each_field(const struct rule *rule, void (*offer)(void *context, struct str field),
                     void *context)
{
    for (uint32_t i = 0; i < logsource_count(); i++) {
        const struct source *source = plan_rule_fits(rule, i) ? source_of(i) : NULL;
        if (source != NULL && source->decoder != NULL) {
            for (const struct decoder_field *row = decoder_fields(source); row->name; row++) {
                offer(context, str_of(row->name));
            }
        } else if (source != NULL) {
            for (const char *const *key = source->keys; *key != NULL; key++) {
                offer(context, str_of(*key));
            }
        }
    }
}
