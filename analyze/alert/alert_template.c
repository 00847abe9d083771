/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_template.c - which fields of an event an alert shows, under their ECS names.
 *
 * In:  an event that matched.   Out: struct alert in the batch's arena.
 * Thread: a template is built once and immutable; alert_make: any worker, with its own arena.
 * Owns:   the template owns its bound rows; an alert borrows the record's bytes and row_table's
 *         names.
 * Invariants: (1) an alert's fields are sorted by name and unique: of several rows with one name,
 *                 the first in row_table that has a value wins.
 * Bounds: O(rows of the decoder + bytes of the values shown).
 * To show another field: a row in row_table and one in docs/ALERTS.md.
 */
#include "analyze/alert/alert_internal.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* When and how a row gives its field. */
enum row_rule {
    ROW_TEXT,           /* the value */
    ROW_IF_ADDRESS,     /* the value, if it is an IP address */
    ROW_ERROR_OUTCOME,  /* failure if the field has a value, else success */
    ROW_STATUS_OUTCOME, /* failure from HTTP status 400 on, else success */
    ROW_OUTCOME,        /* the value, if ECS allows it as an outcome */
    ROW_CONSTANT        /* path itself is the value */
};

struct row {
    const char *decoder;
    const char *path; /* of the event's field */
    const char *ecs;
    enum row_rule rule;
};

static const struct row row_table[] = {
    {"cloudtrail", "tocsin.cloudtrail", "event.dataset", ROW_CONSTANT},
    {"cloudtrail", "eventName", "event.action", ROW_TEXT},
    {"cloudtrail", "eventSource", "event.provider", ROW_TEXT},
    {"cloudtrail", "errorCode", "event.outcome", ROW_ERROR_OUTCOME},
    {"cloudtrail", "errorCode", "error.code", ROW_TEXT},
    {"cloudtrail", "errorMessage", "error.message", ROW_TEXT},
    {"cloudtrail", "sourceIPAddress", "source.ip", ROW_IF_ADDRESS},
    {"cloudtrail", "sourceIPAddress", "source.address", ROW_TEXT},
    {"cloudtrail", "userAgent", "user_agent.original", ROW_TEXT},
    {"cloudtrail", "userIdentity.principalId", "user.id", ROW_TEXT},
    {"cloudtrail", "userIdentity.arn", "user.id", ROW_TEXT},
    {"cloudtrail", "userIdentity.userName", "user.name", ROW_TEXT},
    {"cloudtrail", "userIdentity.sessionContext.sessionIssuer.userName", "user.name", ROW_TEXT},
    {"cloudtrail", "userIdentity.arn", "aws.cloudtrail.user_identity.arn", ROW_TEXT},
    {"cloudtrail", "userIdentity.type", "aws.cloudtrail.user_identity.type", ROW_TEXT},
    {"cloudtrail", "userIdentity.accessKeyId", "aws.cloudtrail.user_identity.access_key_id",
     ROW_TEXT},
    {"cloudtrail", "userIdentity.invokedBy", "aws.cloudtrail.user_identity.invoked_by", ROW_TEXT},
    {"cloudtrail", "requestID", "aws.cloudtrail.request_id", ROW_TEXT},
    {"cloudtrail", "recipientAccountId", "cloud.account.id", ROW_TEXT},
    {"cloudtrail", "userIdentity.accountId", "cloud.account.id", ROW_TEXT},
    {"cloudtrail", "aws", "cloud.provider", ROW_CONSTANT},
    {"cloudtrail", "awsRegion", "cloud.region", ROW_TEXT},
    {"cloudtrail", "eventID", "tocsin.record_id", ROW_TEXT},
    {"cloudtrail", DECODER_SENDER_FIELD, DECODER_SENDER_FIELD, ROW_TEXT},

    {"s3access", "tocsin.s3access", "event.dataset", ROW_CONSTANT},
    {"s3access", "operation", "event.action", ROW_TEXT},
    {"s3access", "http_status", "event.outcome", ROW_STATUS_OUTCOME},
    {"s3access", "error_code", "error.code", ROW_TEXT},
    {"s3access", "remote_ip", "source.ip", ROW_IF_ADDRESS},
    {"s3access", "remote_ip", "source.address", ROW_TEXT},
    {"s3access", "requester", "user.id", ROW_TEXT},
    {"s3access", "bucket", "aws.s3access.bucket", ROW_TEXT},
    {"s3access", "key", "aws.s3access.key", ROW_TEXT},
    {"s3access", "aws", "cloud.provider", ROW_CONSTANT},
    {"s3access", "http_status", "http.response.status_code", ROW_TEXT},
    {"s3access", "bytes_sent", "http.response.body.bytes", ROW_TEXT},
    {"s3access", "referer", "http.request.referrer", ROW_TEXT},
    {"s3access", "request_uri", "url.original", ROW_TEXT},
    {"s3access", "user_agent", "user_agent.original", ROW_TEXT},
    {"s3access", "request_id", "tocsin.record_id", ROW_TEXT},
    {"s3access", DECODER_SENDER_FIELD, DECODER_SENDER_FIELD, ROW_TEXT},

    {"syslog", "tocsin.syslog", "event.dataset", ROW_CONSTANT},
    {"syslog", "outcome", "event.outcome", ROW_OUTCOME},
    {"syslog", "host", "host.name", ROW_TEXT},
    {"syslog", "program", "process.name", ROW_TEXT},
    {"syslog", "pid", "process.pid", ROW_TEXT},
    {"syslog", "command", "process.command_line", ROW_TEXT},
    {"syslog", "user", "user.name", ROW_TEXT},
    {"syslog", "src_ip", "source.ip", ROW_IF_ADDRESS},
    {"syslog", "src_ip", "source.address", ROW_TEXT},
    {"syslog", "src_port", "source.port", ROW_TEXT},
    {"syslog", "message", "message", ROW_TEXT},
    {"syslog", DECODER_SENDER_FIELD, DECODER_SENDER_FIELD, ROW_TEXT},

    {"json", "tocsin.json", "event.dataset", ROW_CONSTANT},
    {"json", DECODER_SENDER_FIELD, DECODER_SENDER_FIELD, ROW_TEXT},
};
#define ROWS (sizeof row_table / sizeof row_table[0])

/* A row that knows its field id. */
struct bound_row {
    const struct row *row;
    struct str ecs;
    field_id field;
};

/* The rows of one decoder, sorted by ECS name. */
struct bound_decoder {
    struct bound_row *rows;
    uint32_t count;
};

struct alert_template {
    struct bound_decoder *decoders; /* by index into decoder_table */
    uint32_t decoders_count;
    const struct field_table *fields;
    const struct rule *rules; /* of alert_template_add_rules, or NULL */
    uint32_t rules_count;
    struct buffer rules_json; /* their texts, one after the other, behind a byte of no meaning */
    size_t *rules_end;        /* where rule i's text ends, which is where the next begins */
};

void alert_intern_fields(struct field_table *fields)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (row_table[i].rule != ROW_CONSTANT) {
            field_intern(fields, str_of(row_table[i].path));
        }
    }
}

bool alert_row(size_t index, const char **decoder, const char **field)
{
    if (index >= ROWS) {
        return false;
    }
    *decoder = row_table[index].decoder;
    *field = row_table[index].rule == ROW_CONSTANT ? NULL : row_table[index].path;
    return true;
}

static int compare_rows(const void *left, const void *right)
{
    const struct bound_row *a = left;
    const struct bound_row *b = right;
    int order = str_compare(a->ecs, b->ecs);
    return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

static void bind_decoder(struct bound_decoder *decoder, const char *name,
                         const struct field_table *fields)
{
    decoder->rows = memory_new(ROWS, sizeof *decoder->rows);
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &row_table[i];
        if (strcmp(row->decoder, name) != 0) {
            continue;
        }
        field_id field =
            row->rule == ROW_CONSTANT ? FIELD_NONE : field_find(fields, str_of(row->path));
        decoder->rows[decoder->count++] = (struct bound_row){row, str_of(row->ecs), field};
    }
    qsort(decoder->rows, decoder->count, sizeof *decoder->rows, compare_rows);
}

struct alert_template *alert_template_new(struct field_table *fields)
{
    alert_intern_fields(fields);
    struct alert_template *alert_template = memory_new(1, sizeof *alert_template);
    alert_template->fields = fields;
    while (decoder_table[alert_template->decoders_count] != NULL) {
        alert_template->decoders_count++;
    }
    alert_template->decoders =
        memory_new(alert_template->decoders_count, sizeof *alert_template->decoders);
    for (uint32_t i = 0; i < alert_template->decoders_count; i++) {
        bind_decoder(&alert_template->decoders[i], decoder_table[i]->name, fields);
    }
    return alert_template;
}

void alert_template_free(struct alert_template *alert_template)
{
    if (alert_template == NULL) {
        return;
    }
    for (uint32_t i = 0; i < alert_template->decoders_count; i++) {
        memory_free(alert_template->decoders[i].rows);
    }
    memory_free(alert_template->decoders);
    buffer_release(&alert_template->rules_json);
    memory_free(alert_template->rules_end);
    memory_free(alert_template);
}

void alert_template_add_rules(struct alert_template *alert_template, const struct rule_set *rules)
{
    ENSURE(alert_template->rules == NULL);
    alert_template->rules = rules->rules;
    alert_template->rules_count = rules->rules_count;
    alert_template->rules_end = memory_new(rules->rules_count, sizeof(size_t));
    buffer_add_byte(&alert_template->rules_json, '}');
    for (uint32_t i = 0; i < rules->rules_count; i++) {
        alert_render_rule(&rules->rules[i], &alert_template->rules_json);
        alert_template->rules_end[i] = alert_template->rules_json.len;
    }
}

/* The text rendered before, or the empty str for a rule that is not of the set. */
static struct str rule_json(const struct alert_template *alert_template, const struct rule *rule)
{
    uintptr_t first = (uintptr_t)alert_template->rules;
    uintptr_t index = ((uintptr_t)rule - first) / sizeof *rule;
    if ((uintptr_t)rule < first || index >= alert_template->rules_count) {
        return (struct str){0};
    }
    size_t begin = index == 0 ? 1 : alert_template->rules_end[index - 1];
    return str_slice(buffer_str(&alert_template->rules_json), begin,
                     alert_template->rules_end[index] - begin);
}

static bool is_address(struct str text)
{
    char copy[INET6_ADDRSTRLEN];
    unsigned char address[16];
    if (text.len < 2 || text.len >= sizeof copy || memchr(text.ptr, '\0', text.len) != NULL) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    int family = memchr(copy, ':', text.len) != NULL ? AF_INET6 : AF_INET;
    return inet_pton(family, copy, address) == 1;
}

static struct str outcome_of_status(struct str status)
{
    uint64_t code = 0;
    if (!str_to_u64(status, &code)) {
        return (struct str){0};
    }
    return code >= 400 ? STR("failure") : STR("success");
}

/* The text that the row makes of its field's first value; empty: the row gives nothing. */
static struct str row_value(const struct bound_row *bound, const struct event *event,
                            struct arena *arena)
{
    if (bound->row->rule == ROW_CONSTANT) {
        return str_of(bound->row->path);
    }
    const struct value *value = event_first(event, bound->field);
    bool some = value != NULL && value->kind != VALUE_NULL && value->kind != VALUE_ARRAY;
    struct str text = some ? value_text(value, arena) : (struct str){0};
    switch (bound->row->rule) {
    case ROW_IF_ADDRESS:
        return is_address(text) ? text : (struct str){0};
    case ROW_ERROR_OUTCOME:
        return text.len > 0 ? STR("failure") : STR("success");
    case ROW_STATUS_OUTCOME:
        return outcome_of_status(text);
    case ROW_OUTCOME: {
        bool allowed = str_equal(text, STR("success")) || str_equal(text, STR("failure"));
        return allowed ? text : (struct str){0};
    }
    case ROW_TEXT:
    case ROW_CONSTANT:
        break;
    }
    return text;
}

/* What the decoder had to guess or give up, for who reads the alert's time and fields. */
static struct str flags_text(uint32_t flags, struct arena *arena)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } names[] = {{EVENT_MALFORMED, "malformed"},
                 {EVENT_TIMELESS, "timeless"},
                 {EVENT_YEAR_INFERRED, "year_inferred"},
                 {EVENT_ZONE_ASSUMED, "zone_assumed"}};
    char *text = arena_take(arena, 80);
    size_t len = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((flags & names[i].flag) != 0) {
            size_t name_len = strlen(names[i].name);
            text[len] = ' ';
            len += len > 0 ? 1 : 0;
            memcpy(text + len, names[i].name, name_len);
            len += name_len;
        }
    }
    return (struct str){text, len};
}

static void add_field(struct alert *alert, struct str name, struct str value)
{
    alert->fields[alert->fields_count++] = (struct alert_field){name, value};
}

static void make_fields(struct alert *alert, const struct bound_decoder *decoder,
                        const struct event *event, struct arena *arena)
{
    const struct str flags_name = STR("tocsin.event_flags");
    bool flags_due = event->flags != 0;
    alert->fields = arena_take(arena, (decoder->count + 1) * sizeof *alert->fields);
    for (uint32_t i = 0; i < decoder->count; i++) {
        struct str name = decoder->rows[i].ecs;
        if (flags_due && str_compare(flags_name, name) < 0) {
            add_field(alert, flags_name, flags_text(event->flags, arena));
            flags_due = false;
        }
        bool there =
            alert->fields_count > 0 && str_equal(alert->fields[alert->fields_count - 1].name, name);
        struct str value = there ? (struct str){0} : row_value(&decoder->rows[i], event, arena);
        if (value.len > 0) {
            add_field(alert, name, value);
        }
    }
    if (flags_due) {
        add_field(alert, flags_name, flags_text(event->flags, arena));
    }
}

struct str alert_cut_text(struct str bytes, size_t limit)
{
    size_t len = limit;
    if (bytes.len <= len) {
        return bytes;
    }
    while (len > limit - 3 && ((unsigned char)bytes.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return str_slice(bytes, 0, len);
}

struct alert *alert_make(const struct alert_template *alert_template, struct arena *arena,
                         const struct rule *rule, const struct event *event,
                         const struct chunk *chunk)
{
    struct alert *alert = arena_take_zeroed(arena, 1, sizeof *alert);
    const struct stream *stream = chunk->stream;
    const struct record *record = event->record;
    alert->events = arena_take_zeroed(arena, 1, sizeof *alert->events);
    alert->events[0] = (struct alert_event){.time_ns = event->time_ns,
                                            .source = str_of(stream->name),
                                            .partition = stream->partition,
                                            .offset = record->offset,
                                            .sub = record->sub};
    alert->events_count = 1;
    alert->events_total = 1;
    alert_event_id(record, stream, alert->events[0].id);
    alert_id_of_event(rule, alert->events[0].id, alert->id);
    alert->rule = rule;
    alert->rule_json = rule_json(alert_template, rule);
    alert->time_ns = event->time_ns;
    alert->logsource = str_of(logsource_table[event->logsource].name);
    alert->value = 1;
    alert->window_start_ns = TIMESTAMP_NONE;
    alert->window_end_ns = TIMESTAMP_NONE;
    make_fields(alert, &alert_template->decoders[event->decoder], event, arena);
    alert_take_extension(alert, alert_template->fields, event, arena);
    alert->original = alert_cut_text(record->bytes, LIMIT_ALERT_ORIGINAL_BYTES);
    alert->original_len = record->bytes.len;
    return alert;
}
