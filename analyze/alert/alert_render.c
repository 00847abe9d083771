/* SPDX-License-Identifier: Apache-2.0
 *
 * alert_render.c - an alert as one line of JSON: docs/ALERTS.md, field by field.
 *
 * In:  an alert.   Out: bytes at the end of a buffer.
 * Thread: any.   Owns: nothing.
 * Invariants: (1) the order of keys is fixed, so that equal alerts are equal bytes.
 *             (2) no key appears twice in one object.
 * Bounds: O(bytes).
 */
#include "analyze/alert/alert_internal.h"

#include "analyze/alert/attack_internal.h"
#include "base/limits.h"
#include "base/timestamp.h"

#define ECS_VERSION "8.11.0"

/* An object or array that is being written: a comma goes before every member but the first. */
static void add_comma(struct buffer *out)
{
    char last = out->ptr[out->len - 1];
    if (last != '{' && last != '[') {
        buffer_add_byte(out, ',');
    }
}

/* key is our own text, which needs no escapes. */
static void add_key(struct buffer *out, struct str key)
{
    add_comma(out);
    buffer_add_byte(out, '"');
    buffer_add(out, key);
    buffer_add(out, STR("\":"));
}

static void add_string(struct buffer *out, struct str key, struct str value)
{
    add_key(out, key);
    buffer_add_json_string(out, value);
}

/* Ids, names of levels, hexadecimal: nothing to escape. */
static void add_plain(struct buffer *out, struct str key, struct str value)
{
    add_key(out, key);
    buffer_add_byte(out, '"');
    buffer_add(out, value);
    buffer_add_byte(out, '"');
}

static void add_number(struct buffer *out, struct str key, uint64_t value)
{
    add_key(out, key);
    buffer_add_u64(out, value);
}

static void add_time(struct buffer *out, struct str key, int64_t time_ns)
{
    if (time_ns == TIMESTAMP_NONE) {
        return;
    }
    add_key(out, key);
    buffer_add_byte(out, '"');
    buffer_add_time(out, time_ns);
    buffer_add_byte(out, '"');
}

static void open_object(struct buffer *out, struct str key)
{
    add_key(out, key);
    buffer_add_byte(out, '{');
}

static void close_object(struct buffer *out)
{
    buffer_add_byte(out, '}');
}

/* Fields whose ECS type is a number. Text that is no number stays a string: nothing is lost. */
static bool is_number(const struct alert_field *field)
{
    static const char *const numbers[] = {"source.port", "process.pid", "http.response.status_code",
                                          "http.response.body.bytes"};
    struct str value = field->value;
    if (value.len == 0 || value.len > 15 || (value.ptr[0] == '0' && value.len > 1)) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (!byte_is_digit(value.ptr[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (str_equal(field->name, str_of(numbers[i]))) {
            return true;
        }
    }
    return false;
}

/* The length of the longest part of parent, whole segments, that name lies in. */
static size_t shared_parent(struct str parent, struct str name)
{
    size_t len = parent.len;
    while (len > 0) {
        if (name.len > len && name.ptr[len] == '.' && memcmp(name.ptr, parent.ptr, len) == 0) {
            return len;
        }
        do {
            len--;
        } while (len > 0 && parent.ptr[len] != '.');
    }
    return 0;
}

/* Closes the objects of parent that lie below its first len bytes. */
static void close_to(struct buffer *out, struct str parent, size_t len)
{
    if (len == 0 && parent.len > 0) {
        close_object(out);
    }
    for (size_t at = len; at < parent.len; at++) {
        if (parent.ptr[at] == '.') {
            close_object(out);
        }
    }
}

static void add_field_value(struct buffer *out, const struct alert_field *field)
{
    if (is_number(field)) {
        buffer_add(out, field->value);
    } else {
        buffer_add_json_string(out, field->value);
    }
}

/* Members for fields, whose names begin with `skip` bytes that name an object that is open. Sorted
 * names make the fields of one object neighbours. */
static void add_fields(struct buffer *out, const struct alert_field *fields, uint32_t count,
                       size_t skip)
{
    struct str parent = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct str name = str_slice(fields[i].name, skip, fields[i].name.len);
        size_t at = shared_parent(parent, name);
        close_to(out, parent, at);
        at += at > 0 ? 1 : 0;
        size_t parent_len = at > 0 ? at - 1 : 0;
        struct str rest = str_slice(name, at, name.len);
        size_t dot = str_find_byte(rest, '.');
        while (dot != STR_NOT_FOUND) {
            open_object(out, str_slice(rest, 0, dot));
            parent_len = at + dot;
            at += dot + 1;
            rest = str_slice(name, at, name.len);
            dot = str_find_byte(rest, '.');
        }
        parent = str_slice(name, 0, parent_len);
        add_key(out, rest);
        add_field_value(out, &fields[i]);
    }
    close_to(out, parent, 0);
}

/* Where the fields begin whose names begin with prefix; *end: where they end. */
static uint32_t find_fields(const struct alert *alert, struct str prefix, uint32_t *end)
{
    uint32_t first = 0;
    while (first < alert->fields_count && !str_starts_with(alert->fields[first].name, prefix)) {
        first++;
    }
    uint32_t last = first;
    while (last < alert->fields_count && str_starts_with(alert->fields[last].name, prefix)) {
        last++;
    }
    *end = last;
    return first;
}

static const struct alert_event *last_event(const struct alert *alert)
{
    return alert->events_count > 0 ? &alert->events[alert->events_count - 1] : NULL;
}

static void add_event(struct buffer *out, const struct alert *alert)
{
    uint32_t end = 0;
    uint32_t first = find_fields(alert, STR("event."), &end);
    const struct alert_event *event = last_event(alert);
    open_object(out, STR("event"));
    add_plain(out, STR("kind"), alert->exception == NULL ? STR("alert") : STR("event"));
    if (event != NULL) {
        add_plain(out, STR("id"), str_of(event->id));
    }
    add_number(out, STR("severity"), (uint64_t)alert->rule->level + 1);
    add_fields(out, alert->fields + first, end - first, strlen("event."));
    add_string(out, STR("original"), alert->original);
    close_object(out);
}

/* The fields that are neither event.* nor tocsin.*: both stand in objects of their own. */
static void add_other_fields(struct buffer *out, const struct alert *alert)
{
    uint32_t event_end = 0;
    uint32_t event_first = find_fields(alert, STR("event."), &event_end);
    uint32_t tocsin_end = 0;
    uint32_t tocsin_first = find_fields(alert, STR("tocsin."), &tocsin_end);
    if (event_first == event_end) {
        event_first = event_end = 0;
    }
    add_fields(out, alert->fields, event_first, 0);
    add_fields(out, alert->fields + event_end, tocsin_first - event_end, 0);
    add_fields(out, alert->fields + tocsin_end, alert->fields_count - tocsin_end, 0);
}

static void add_array(struct buffer *out, struct str key, const struct str_list *list)
{
    if (list->count == 0) {
        return;
    }
    add_key(out, key);
    buffer_add_byte(out, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        add_comma(out);
        buffer_add_json_string(out, list->items[i]);
    }
    buffer_add_byte(out, ']');
}

/* Sigma's author is one text with commas; ECS wants an array. */
static void add_authors(struct buffer *out, struct str authors)
{
    add_key(out, STR("author"));
    buffer_add_byte(out, '[');
    while (authors.len > 0) {
        size_t comma = str_find_byte(authors, ',');
        struct str author = str_trim(str_slice(authors, 0, comma));
        if (author.len > 0) {
            add_comma(out);
            buffer_add_json_string(out, author);
        }
        authors =
            comma == STR_NOT_FOUND ? (struct str){0} : str_slice(authors, comma + 1, authors.len);
    }
    buffer_add_byte(out, ']');
}

static void add_rule(struct buffer *out, const struct rule *rule)
{
    static const char hex[] = "0123456789abcdef";
    open_object(out, STR("rule"));
    add_string(out, STR("id"), rule->id);
    add_string(out, STR("name"), rule->title);
    if (rule->description.len > 0) {
        add_string(out, STR("description"), rule->description);
    }
    if (rule->author.len > 0) {
        add_authors(out, rule->author);
    }
    if (rule->license.len > 0) {
        add_string(out, STR("license"), rule->license);
    }
    add_array(out, STR("reference"), &rule->references);
    char version[16];
    for (size_t i = 0; i < sizeof version; i++) {
        version[i] = hex[rule->digest >> (60 - 4 * i) & 15];
    }
    add_plain(out, STR("version"), (struct str){version, sizeof version});
    close_object(out);
}

/* The group-by names are the log's, not ECS's: they stay whole. A name that the rule gives twice
 * is written once. */
static void add_group(struct buffer *out, const struct alert *alert)
{
    if (alert->group_count == 0) {
        return;
    }
    open_object(out, STR("group"));
    for (uint32_t i = 0; i < alert->group_count; i++) {
        bool seen = false;
        for (uint32_t earlier = 0; earlier < i && !seen; earlier++) {
            seen = str_equal(alert->group[earlier].name, alert->group[i].name);
        }
        if (!seen) {
            add_comma(out);
            buffer_add_json_string(out, alert->group[i].name);
            buffer_add_byte(out, ':');
            buffer_add_json_string(out, alert->group[i].value);
        }
    }
    close_object(out);
}

static void add_coordinate(struct buffer *out, const struct alert_event *event)
{
    add_string(out, STR("source"), event->source);
    if (event->partition >= 0) {
        add_number(out, STR("partition"), (uint64_t)event->partition);
    }
    add_number(out, STR("offset"), event->offset);
    add_number(out, STR("sub"), event->sub);
}

/* One text, or an array of those of a tuple. */
static void add_value(struct buffer *out, const struct alert_finding *finding)
{
    add_comma(out);
    if (finding->parts_count == 1) {
        buffer_add_json_string(out, finding->parts[0]);
        return;
    }
    buffer_add_byte(out, '[');
    for (uint32_t i = 0; i < finding->parts_count; i++) {
        add_comma(out);
        buffer_add_json_string(out, finding->parts[i]);
    }
    buffer_add_byte(out, ']');
}

static void add_findings(struct buffer *out, const struct alert *alert)
{
    if (alert->findings_count == 0) {
        return;
    }
    add_key(out, alert->findings[0].rule != NULL ? STR("rules") : STR("values"));
    buffer_add_byte(out, '[');
    for (uint32_t i = 0; i < alert->findings_count; i++) {
        const struct alert_finding *finding = &alert->findings[i];
        if (finding->rule == NULL) {
            add_value(out, finding);
            continue;
        }
        add_comma(out);
        buffer_add_byte(out, '{');
        add_string(out, STR("id"), finding->rule->id);
        add_string(out, STR("title"), finding->rule->title);
        add_plain(out, STR("event"), str_of(finding->event_id));
        add_time(out, STR("time"), finding->time_ns);
        close_object(out);
    }
    buffer_add_byte(out, ']');
}

static void add_window(struct buffer *out, const struct alert *alert)
{
    add_group(out, alert);
    add_number(out, STR("count"), alert->value);
    if (alert->measured.len > 0) {
        add_key(out, STR("value"));
        buffer_add(out, alert->measured);
    }
    add_findings(out, alert);
    open_object(out, STR("window"));
    add_time(out, STR("start"), alert->window_start_ns);
    add_time(out, STR("end"), alert->window_end_ns);
    close_object(out);
    add_number(out, STR("events_total"), alert->events_total);
    add_key(out, STR("events"));
    buffer_add_byte(out, '[');
    for (uint32_t i = 0; i < alert->events_count; i++) {
        add_comma(out);
        buffer_add_byte(out, '{');
        add_plain(out, STR("id"), str_of(alert->events[i].id));
        add_time(out, STR("time"), alert->events[i].time_ns);
        add_coordinate(out, &alert->events[i]);
        if (alert->events[i].rule.len > 0) {
            add_string(out, STR("rule"), alert->events[i].rule);
        }
        close_object(out);
    }
    buffer_add_byte(out, ']');
}

/* The values that made the rule match; each cut, but not inside a character. */
static void add_evidence(struct buffer *out, const struct alert *alert)
{
    if (alert->evidence_count == 0) {
        return;
    }
    add_key(out, STR("matched"));
    buffer_add_byte(out, '[');
    for (uint32_t i = 0; i < alert->evidence_count; i++) {
        const struct alert_evidence *evidence = &alert->evidence[i];
        add_comma(out);
        buffer_add_byte(out, '{');
        if (evidence->selection.len > 0) {
            add_string(out, STR("selection"), evidence->selection);
        }
        if (evidence->field.len > 0) {
            add_string(out, STR("field"), evidence->field);
        }
        add_string(out, STR("value"), alert_cut_text(evidence->value, LIMIT_ALERT_VALUE_BYTES));
        close_object(out);
    }
    buffer_add_byte(out, ']');
}

static void add_tocsin(struct buffer *out, const struct alert *alert)
{
    uint32_t end = 0;
    uint32_t first = find_fields(alert, STR("tocsin."), &end);
    const struct alert_event *event = last_event(alert);
    open_object(out, STR("tocsin"));
    add_plain(out, STR("alert_id"), str_of(alert->id));
    add_plain(out, STR("level"), str_of(rule_level_name(alert->rule->level)));
    alert_render_extension(alert, out);
    if (alert->logsource.len > 0) {
        add_string(out, STR("logsource"), alert->logsource);
    }
    if (event != NULL) {
        add_coordinate(out, event);
    }
    add_fields(out, alert->fields + first, end - first, strlen("tocsin."));
    if (alert->original_len > alert->original.len) {
        add_number(out, STR("original_bytes"), alert->original_len);
    }
    add_evidence(out, alert);
    if (alert->rule->correlation.kind != CORRELATION_NONE) {
        add_window(out, alert);
    }
    close_object(out);
}

void alert_render_rule(const struct rule *rule, struct buffer *out)
{
    add_rule(out, rule);
    add_array(out, STR("tags"), &rule->tags);
    attack_render(&rule->tags, out);
}

void alert_render_json(const struct alert *alert, struct buffer *out)
{
    buffer_add_byte(out, '{');
    add_time(out, STR("@timestamp"), alert->time_ns);
    open_object(out, STR("ecs"));
    add_plain(out, STR("version"), STR(ECS_VERSION));
    close_object(out);
    add_event(out, alert);
    add_other_fields(out, alert);
    if (alert->rule_json.len > 0) {
        buffer_add(out, alert->rule_json);
    } else {
        alert_render_rule(alert->rule, out);
    }
    add_tocsin(out, alert);
    buffer_add(out, STR("}\n"));
}
