/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_syslog.c - syslog lines: RFC 5424, RFC 3164 and its relatives, and what the programs that
 * matter for security say in them.
 *
 * In:  one line, framing removed.   Out: header fields, message, the program's own fields.
 * Thread: one worker's context.   Owns: nothing.
 * Invariants: (1) every line that is not blank is an event when the stream is syslog by
 *                 configuration; by content only what `claims` recognizes.
 *             (2) a sender can't make the fields that the server writes: see syslog_auth.c.
 * Bounds: O(length), no allocation.
 * Tested: tests/unit/test_decode_syslog.c, tests/fuzz/fuzz_syslog.c.
 */
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder_table.h"
#include "ingest/decode/syslog_internal.h"
#include "ingest/json/json.h"

static const struct decoder_field syslog_fields[] = {
    {"facility", "name of the facility (RFC 5424 table 1): kern, user, auth, authpriv, local0.."},
    {"severity", "name of the severity (RFC 5424 table 2): emerg, alert, crit, err, .."},
    {"host", "the sender's name or address"},
    {"program", "tag or APP-NAME"},
    {"pid", "process id or PROCID"},
    {"msgid", "RFC 5424 MSGID"},
    {"message", "the text"},
    {"user", "who acts, or who wants to log in"},
    {"target_user", "whom it becomes; the account or group that is changed"},
    {"src_ip", "where it comes from, when that is an address"},
    {"src_host", "where it comes from, when that is a name"},
    {"src_port", "the peer's port"},
    {"dst_ip", "kernel packet logs: destination"},
    {"dst_port", "kernel packet logs: destination port"},
    {"protocol", "kernel packet logs: TCP, UDP, .."},
    {"command", "sudo, cron: what is run"},
    {"outcome", "success or failure"},
    {"action", "login, logout, session_open, session_close, sudo, su, cron_command, cron_change, "
               "user_add, user_change, user_delete, group_add, group_delete, password_change, "
               "promiscuous_on, promiscuous_off, packet, probe, break_in_attempt"},
    {"auth_method", "sshd: password, publickey, .."},
    {"tty", "terminal"},
    {"working_directory", "sudo: where it was run"},
    {"repeated", "how many times the message stands for"},
    {"USER", "sudo: the same as target_user, under sudo's own name"},
    {"TTY", "sudo: the same as tty"},
    {"PWD", "sudo: the same as working_directory"},
    {"COMMAND", "sudo: the same as command"},
    {NULL, NULL},
};

/* Structured data: only parameters that somebody named are looked for. */
static void bind_parameters(struct syslog_bound *bound, const struct field_table *fields)
{
    for (field_id id = 1; id <= field_count(fields); id++) {
        struct str name = field_name(fields, id);
        if (str_starts_with(name, STR("sd."))) {
            bound->parameters[bound->parameters_count++] =
                (struct syslog_parameter){str_slice(name, 3, name.len), id, id};
        }
    }
    bound->all.parameters = bound->parameters_count > 0;
}

static void want(struct syslog_wanted *wanted, enum syslog_field field, field_id id)
{
    wanted->ids[field] = id;
    wanted->said = wanted->said || (id != FIELD_NONE && field >= SYSLOG_USER);
}

static void *bind(struct field_table *fields)
{
    uint32_t count = 0;
    for (field_id id = 1; id <= field_count(fields); id++) {
        count += str_starts_with(field_name(fields, id), STR("sd."));
    }
    struct syslog_bound *bound = memory_new(1, sizeof *bound + count * sizeof *bound->parameters +
                                                   syslog_program_count() * sizeof(uint32_t));
    bound->parameters = (struct syslog_parameter *)(void *)(bound + 1);
    bound->logsources = (uint32_t *)(void *)(bound->parameters + count);
    syslog_program_bind(bound);
    bind_parameters(bound, fields);
    for (int i = 0; i < SYSLOG_FIELDS; i++) {
        want(&bound->all, (enum syslog_field)i, field_find(fields, str_of(syslog_fields[i].name)));
    }
    return bound;
}

static void narrow(void *private, const bool *first)
{
    struct syslog_bound *bound = private;
    bound->narrowed = true;
    bound->first = (struct syslog_wanted){0};
    for (int i = 0; i < SYSLOG_FIELDS; i++) {
        field_id id = bound->all.ids[i];
        want(&bound->first, (enum syslog_field)i, first[id] ? id : FIELD_NONE);
    }
    for (uint32_t i = 0; i < bound->parameters_count; i++) {
        struct syslog_parameter *parameter = &bound->parameters[i];
        parameter->first_id = first[parameter->id] ? parameter->id : FIELD_NONE;
        bound->first.parameters = bound->first.parameters || parameter->first_id != FIELD_NONE;
    }
}

static void add_priority(const struct syslog_event *to, int32_t priority)
{
    static const char *const facilities[] = {
        "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
        "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
        "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};
    static const char *const severities[] = {"emerg",   "alert",  "crit", "err",
                                             "warning", "notice", "info", "debug"};
    if (priority >= 0 && (syslog_wants(to, SYSLOG_FACILITY) || syslog_wants(to, SYSLOG_SEVERITY))) {
        syslog_add(to, SYSLOG_FACILITY, str_of(facilities[priority / 8]));
        syslog_add(to, SYSLOG_SEVERITY, str_of(severities[priority % 8]));
    }
}

/* \" \\ \] are the escapes of RFC 5424 section 6.3.3. */
static struct str unescape_parameter(struct arena *arena, struct str value)
{
    if (str_find_byte(value, '\\') == STR_NOT_FOUND) {
        return value;
    }
    char *out = arena_take(arena, value.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        bool escape = value.ptr[i] == '\\' && i + 1 < value.len && value.ptr[i + 1] != '\0' &&
                      strchr("\"\\]", value.ptr[i + 1]) != NULL;
        i += escape;
        out[len++] = value.ptr[i];
    }
    return (struct str){out, len};
}

static void add_parameter(const struct syslog_event *to, struct arena *arena, struct str id,
                          struct str name, struct str value)
{
    for (uint32_t i = 0; i < to->bound->parameters_count; i++) {
        const struct syslog_parameter *parameter = &to->bound->parameters[i];
        field_id field = to->wanted == &to->bound->all ? parameter->id : parameter->first_id;
        struct str wanted = parameter->name;
        if (field != FIELD_NONE && wanted.len == id.len + 1 + name.len &&
            str_starts_with(wanted, id) && wanted.ptr[id.len] == '.' &&
            str_ends_with(wanted, name)) {
            event_add_str(to->event, field, unescape_parameter(arena, value));
        }
    }
}

/* The length of the quoted value that text begins with, quotes included; 0 when it has no end. */
static size_t quoted_len(struct str text)
{
    for (size_t at = 1; at < text.len; at++) {
        if (text.ptr[at] == '\\') {
            at++;
        } else if (text.ptr[at] == '"') {
            return at + 1;
        }
    }
    return 0;
}

/* [id name="value" name="value"][id ...] */
static void add_structured(const struct syslog_event *to, struct arena *arena, struct str data)
{
    while (data.len > 1 && data.ptr[0] == '[') {
        struct str id = syslog_until(str_slice(data, 1, data.len), " ]");
        data = str_slice(data, 1 + id.len, data.len);
        while (data.len > 0 && data.ptr[0] == ' ') {
            struct str name = syslog_until(str_slice(data, 1, data.len), "=]");
            struct str value = str_slice(data, name.len + 2, data.len);
            size_t len = value.len > 0 && value.ptr[0] == '"' ? quoted_len(value) : 0;
            if (len == 0) {
                return;
            }
            add_parameter(to, arena, id, name, str_slice(value, 1, len - 2));
            data = str_slice(value, len, value.len);
        }
        data = str_slice(data, 1, data.len);
    }
}

static void add_fields(const struct syslog_event *to, const struct syslog_header *header,
                       struct arena *arena)
{
    add_priority(to, header->priority);
    syslog_add(to, SYSLOG_HOST, header->host);
    syslog_add(to, SYSLOG_PROGRAM, header->program);
    syslog_add(to, SYSLOG_PID, header->pid);
    syslog_add(to, SYSLOG_MSGID, header->msgid);
    syslog_add(to, SYSLOG_MESSAGE, header->message);
    if (to->wanted->parameters) {
        add_structured(to, arena, header->structured);
    }
    to->event->logsource = syslog_program_parse(to, header);
}

_Static_assert(sizeof(struct syslog_header) <= DECODER_FOUND_BYTES,
               "decode leaves it for complete");

static enum decode_verdict decode(const void *private, struct decoder_context *context,
                                  struct record *record, struct event *event)
{
    const struct syslog_bound *bound = private;
    struct syslog_event to = {bound, bound->narrowed ? &bound->first : &bound->all, event};
    struct syslog_header *header = (struct syslog_header *)(void *)context->found;
    syslog_header_parse(context, record->bytes, header);
    event->time_ns = header->time_ns;
    event->flags |= header->flags;
    event->partial = bound->narrowed;
    add_fields(&to, header, context->arena);
    return DECODE_EVENT;
}

static enum decode_verdict complete(const void *private, struct decoder_context *context,
                                    struct record *record, struct event *event)
{
    const struct syslog_bound *bound = private;
    struct syslog_event to = {bound, &bound->all, event};
    (void)record;
    add_fields(&to, (const struct syslog_header *)(const void *)context->found, context->arena);
    return DECODE_EVENT;
}

/* <13> or a time that some syslog begins with. */
static bool claims(struct str bytes)
{
    size_t at = 0;
    if (bytes.len >= 3 && bytes.ptr[0] == '<' && byte_is_digit(bytes.ptr[1])) {
        return str_find_byte(str_slice(bytes, 0, 5), '>') != STR_NOT_FOUND;
    }
    while (at < bytes.len && (bytes.ptr[at] == '*' || bytes.ptr[at] == '[')) {
        at++;
    }
    struct str rest = str_slice(bytes, at, bytes.len);
    if (rest.len <= 5) {
        return false;
    }
    if (rest.ptr[3] == ' ') {
        bool month =
            timestamp_month(rest) != 0 && (rest.ptr[4] == ' ' || byte_is_digit(rest.ptr[4]));
        return month || (rest.len > 8 && timestamp_month(str_slice(rest, 4, 3)) != 0);
    }
    bool date = rest.len > 19 && byte_is_digit(rest.ptr[0]) && rest.ptr[4] == '-' &&
                rest.ptr[7] == '-' && rest.ptr[13] == ':';
    bool year = rest.len > 9 && byte_is_digit(rest.ptr[0]) && byte_is_digit(rest.ptr[3]) &&
                rest.ptr[4] == ' ' && timestamp_month(str_slice(rest, 5, 3)) != 0;
    return date || year;
}

const struct decoder_ops decoder_syslog = {
    .name = "syslog",
    .doc = "syslog: RFC 3164 and RFC 5424 and their variants; sshd, sudo, su, PAM, cron, accounts, "
           "kernel",
    .fields = syslog_fields,
    .bind = bind,
    .narrow = narrow,
    .claims = claims,
    .decode = decode,
    .complete = complete,
};
