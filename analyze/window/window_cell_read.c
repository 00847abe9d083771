/* SPDX-License-Identifier: Apache-2.0
 *
 * window_cell_read.c - see window_keep_internal.h: groups and waiting matches from their cells.
 *
 * In:  bytes of a store.   Out: keys, matches; or that the bytes are none that were written.
 * Thread: the deliverer only.   Owns: bodies, until windows_restored.
 * Invariants: (1) what is taken is as if it had been counted: lists in the order of time, within
 *                 the limits of today, values of the kind that the correlation counts.
 * Bounds: O(bytes); nothing is read past them, and room is taken only as limits allow.
 * Tested: tests/unit/test_window_keep.c, tests/fuzz/fuzz_window_keep.c.
 */
#include "analyze/window/window_keep_internal.h"

#include "base/hash.h"
#include "base/memory.h"

/* See decimal.h: of one number, and of sums that hold. */
#define NUMBER_MAX (((decimal)1 << 63) * DECIMAL_ONE)
#define COUNT_MAX  UINT64_C(10000000000)
#define SUM_MAX    (NUMBER_MAX * (decimal)COUNT_MAX)

/* --- parts of matches ------------------------------------------------------------------------- */

static bool is_parts(struct str bytes, uint32_t count)
{
    struct unpack in = unpack_of(bytes);
    for (uint32_t i = 0; i < count; i++) {
        unpack_str(&in);
    }
    return !in.failed && in.left == 0;
}

static bool is_group(const struct correlation *correlation, struct str bytes)
{
    return is_parts(bytes, correlation->group_by_count);
}

static decimal decimal_of(struct str bytes)
{
    decimal number = 0;
    if (bytes.len == sizeof number) { /* what was cut short is "" */
        memcpy(&number, bytes.ptr, bytes.len);
    }
    return number;
}

static bool is_value(const struct correlation *correlation, struct str bytes)
{
    if (correlation_measures(correlation->kind)) {
        decimal number = bytes.len == sizeof number ? decimal_of(bytes) : NUMBER_MAX + 1;
        return number >= -NUMBER_MAX && number <= NUMBER_MAX;
    }
    if (correlation->kind == CORRELATION_TEMPORAL) {
        struct unpack in = unpack_of(bytes);
        return bytes.len == sizeof(uint32_t) && unpack_u32(&in) < correlation->references_count;
    }
    bool tuple = correlation->kind == CORRELATION_VALUE_COUNT &&
                 correlation->references_count > 0 && correlation->references[0].value.count > 1;
    return !tuple || is_parts(bytes, correlation->references[0].value.count);
}

/* See window_carried_add. */
static bool is_carried(const struct correlation *correlation, struct str bytes)
{
    struct unpack in = unpack_of(bytes);
    for (uint32_t i = 0; i < correlation->carried.count; i++) {
        uint32_t len = unpack_u32(&in);
        unpack_bytes(&in, len > 0 ? len - 1 : 0);
    }
    return !in.failed && in.left == 0;
}

static bool is_reference(const struct correlation *correlation, uint32_t reference)
{
    uint32_t count = correlation->references_count;
    return reference <
           (count == 0 && correlation->kind != CORRELATION_TEMPORAL_ORDERED ? 1 : count);
}

static struct window_event unpack_event(struct windows *windows, struct unpack *in)
{
    uint32_t *needed = &windows->keep->restoring.places_needed;
    struct window_event event = {.time_ns = unpack_i64(in)};
    event.offset = unpack_u64(in);
    event.place = unpack_u32(in);
    event.sub = unpack_u32(in);
    in->failed = in->failed || event.time_ns == INT64_MIN || event.place == UINT32_MAX;
    if (!in->failed && event.place >= *needed) {
        *needed = event.place + 1;
    }
    return event;
}

/* --- bodies ----------------------------------------------------------------------------------- */

static struct str keep_name(struct window_keep *keep, struct str name)
{
    uint32_t index = map_get(keep->names, name);
    if (index == MAP_NONE) {
        index = (uint32_t)map_count(keep->names);
        map_set(keep->names, name, index);
    }
    return map_key_at(keep->names, index);
}

static struct window_body *make_body(struct windows *windows, struct unpack *in)
{
    struct alert_field *fields = NULL;
    uint32_t capacity = 0;
    struct alert alert = {.original_len = unpack_u64(in)};
    struct str original = unpack_str(in);
    uint32_t count = unpack_u32(in);
    while (alert.fields_count < count && !in->failed) {
        struct str name = unpack_str(in);
        struct str value = unpack_str(in);
        MEMORY_GROW(fields, alert.fields_count, capacity);
        fields[alert.fields_count++] = (struct alert_field){keep_name(windows->keep, name), value};
    }
    alert.fields = fields;
    struct window_body *body = in->failed ? NULL : window_body_make(windows, &alert, original);
    memory_free(fields);
    return body;
}

/* One body was written on several pages, and once for each window that shows it: the same number
 * and bytes are the same body. NULL, and in->failed: damaged. The reference is the restorer's. */
static struct window_body *unpack_body(struct windows *windows, struct unpack *in)
{
    struct window_restoring *restoring = &windows->keep->restoring;
    struct unpack skipped = *in;
    unpack_bytes(&skipped, 16);
    unpack_str(&skipped);
    uint32_t fields = unpack_u32(&skipped);
    for (uint32_t i = 0; i < fields && !skipped.failed; i++) {
        unpack_str(&skipped);
        unpack_str(&skipped);
    }
    uint64_t hash = hash_bytes((struct str){in->at, in->left - skipped.left}, hash_seed());
    uint64_t number = unpack_u64(in);
    const uint64_t both[] = {number, hash};
    struct str name = {(const char *)both, sizeof both};
    uint32_t index = map_get(restoring->bodies_map, name);
    if (index != MAP_NONE && !skipped.failed) {
        *in = skipped;
        return restoring->bodies[index];
    }
    struct window_body *body = make_body(windows, in);
    if (body != NULL) {
        body->number = number;
        windows->bodies_made = number > windows->bodies_made ? number : windows->bodies_made;
        map_set(restoring->bodies_map, name, restoring->bodies_count);
        MEMORY_GROW(restoring->bodies, restoring->bodies_count, restoring->bodies_capacity);
        restoring->bodies[restoring->bodies_count++] = body;
    }
    return body;
}

/* --- groups ----------------------------------------------------------------------------------- */

struct reader {
    struct windows *windows;
    const struct window_series *series;
    struct window_key *key;
    struct unpack in;
    int64_t latest_ns; /* of the list that is being read */
};

/* The next event of a list in the order of time. */
static struct window_event next_event(struct reader *reader, bool first)
{
    struct window_event event = unpack_event(reader->windows, &reader->in);
    reader->in.failed = reader->in.failed || (!first && event.time_ns < reader->latest_ns);
    reader->latest_ns = event.time_ns;
    return event;
}

static void read_events(struct reader *reader)
{
    struct window_ring *events = &reader->key->events;
    uint32_t capacity = unpack_u32(&reader->in);
    uint32_t count = unpack_u32(&reader->in);
    window_events_reserve(events, capacity, reader->series->events_limit);
    for (uint32_t i = 0; i < count && !reader->in.failed; i++) {
        struct window_event event = next_event(reader, i == 0);
        if (!reader->in.failed) {
            window_events_add(events, event, reader->series->events_limit);
        }
    }
}

static void read_values(struct reader *reader)
{
    struct window_values *values = reader->key->values;
    uint32_t capacity = unpack_u32(&reader->in);
    uint32_t count = unpack_u32(&reader->in);
    window_values_reserve(values, capacity, reader->series->values_limit);
    for (uint32_t i = 0; i < count && !reader->in.failed; i++) {
        struct window_event event = next_event(reader, i == 0);
        struct str value = unpack_str(&reader->in);
        if (!reader->in.failed && is_value(&reader->series->rule->correlation, value)) {
            window_values_add(values, value, &event, reader->series->values_limit);
        } else {
            reader->in.failed = true;
        }
    }
}

static void read_numbers(struct reader *reader)
{
    struct window_numbers *numbers = reader->key->numbers;
    uint32_t limit = reader->series->values_limit;
    uint32_t capacity = unpack_u32(&reader->in);
    uint32_t count = unpack_u32(&reader->in);
    decimal sum = decimal_of(unpack_bytes(&reader->in, sizeof sum));
    window_numbers_reserve(numbers, capacity, limit);
    if (limit == 0) {
        numbers->sum = sum;
        reader->in.failed = reader->in.failed || count > 0 || sum < -SUM_MAX || sum > SUM_MAX;
    }
    for (uint32_t i = 0; i < count && !reader->in.failed; i++) {
        struct window_number number = {.event = next_event(reader, i == 0)};
        struct str value = unpack_bytes(&reader->in, sizeof number.value);
        if (!reader->in.failed && is_value(&reader->series->rule->correlation, value)) {
            number.value = decimal_of(value);
            window_numbers_add(numbers, &number, limit);
        } else {
            reader->in.failed = true;
        }
    }
}

static void read_sequence(struct reader *reader)
{
    struct window_sequence *sequence = reader->key->sequence;
    struct window_event events[CORRELATION_STEPS_MAX];
    sequence->newest_ns = unpack_i64(&reader->in);
    for (uint32_t step = 0; step < sequence->steps_count && !reader->in.failed; step++) {
        bool reached = unpack_u8(&reader->in) != 0;
        for (uint32_t i = 0; i <= step && reached; i++) {
            events[i] = unpack_event(reader->windows, &reader->in);
        }
        if (reached && !reader->in.failed) {
            window_sequence_set(sequence, step, events);
        }
    }
}

static void read_carried(struct reader *reader)
{
    uint32_t count = reader->series->rule->correlation.carried.count;
    bool there = unpack_u8(&reader->in) != 0;
    reader->in.failed = reader->in.failed || (there && count == 0);
    if (!there || reader->in.failed) {
        return;
    }
    reader->key->carried = memory_new(count, sizeof *reader->key->carried);
    for (uint32_t i = 0; i < count && !reader->in.failed; i++) {
        struct window_carried *carried = &reader->key->carried[i];
        if (unpack_u8(&reader->in) != 0) {
            carried->time_ns = unpack_i64(&reader->in);
            struct str text = unpack_str(&reader->in);
            carried->ptr = memory_copy_str(text);
            carried->len = (uint32_t)text.len;
        }
    }
}

/* Does it have what every group has after its first match? */
static bool is_whole(const struct reader *reader)
{
    const struct window_key *key = reader->key;
    if (reader->series->at_close) {
        bool needs_numbers = key->numbers != NULL && reader->series->values_limit > 0;
        return key->count > 0 && key->count <= COUNT_MAX && key->events.count > 0 &&
               key->body != NULL && (key->values == NULL || key->values->count > 0) &&
               (!needs_numbers || key->numbers->ring.count > 0);
    }
    if (key->sequence != NULL) {
        return key->sequence->newest_ns != INT64_MIN;
    }
    if (key->values != NULL) {
        return key->values->count > 0;
    }
    return key->numbers != NULL ? key->numbers->ring.count > 0 : key->events.count > 0;
}

static void read_parts(struct reader *reader)
{
    struct window_key *key = reader->key;
    read_events(reader);
    if (key->values != NULL) {
        read_values(reader);
    }
    if (key->numbers != NULL) {
        read_numbers(reader);
    }
    if (key->sequence != NULL) {
        read_sequence(reader);
    }
    read_carried(reader);
    if (unpack_u8(&reader->in) != 0) {
        key->body = unpack_body(reader->windows, &reader->in);
        if (key->body != NULL) {
            key->body->refs++;
        }
    }
}

bool window_read_group(struct windows *windows, uint32_t series, struct str name, struct str value)
{
    struct reader reader = {
        .windows = windows, .series = &windows->series[series], .in = unpack_of(value)};
    struct buffer *own_name = &windows->keep->key;
    bool known = unpack_u8(&reader.in) == WINDOW_CELL_FORMAT;
    struct str group = unpack_str(&reader.in);
    window_cell_key(own_name, reader.series->fingerprint, group);
    if (!known || reader.in.failed || !str_equal(buffer_str(own_name), name) ||
        !is_group(&reader.series->rule->correlation, group)) {
        return false;
    }
    if (window_key_find(windows, series, group) != NULL) {
        return true; /* the store may tell a cell twice */
    }
    struct window_key *key = window_key_restore(windows, series, group);
    size_t bytes = window_key_bytes(windows, key);
    reader.key = key;
    key->turn = unpack_u64(&reader.in);
    key->time_ns = unpack_i64(&reader.in);
    key->silent_until_ns = unpack_i64(&reader.in);
    key->count = unpack_u64(&reader.in);
    windows->turns = key->turn > windows->turns ? key->turn : windows->turns;
    read_parts(&reader);
    window_key_account(windows, key, bytes);
    return !reader.in.failed && reader.in.left == 0 && is_whole(&reader);
}

/* --- waiting matches -------------------------------------------------------------------------- */

struct page_reader {
    struct windows *windows;
    struct unpack in;
    struct window_body **bodies;
    uint32_t bodies_count;
    uint32_t bodies_capacity;
    uint64_t number;
    uint32_t page; /* WINDOW_PAGE_NONE: no match was taken */
};

static void take_match(struct page_reader *reader, struct window_pending *head,
                       const struct str parts[3])
{
    struct windows *windows = reader->windows;
    struct buffer *bytes = &windows->scratch;
    buffer_clear(bytes);
    for (int i = 0; i < 3; i++) {
        buffer_add(bytes, parts[i]);
    }
    head->key_len = (uint32_t)parts[0].len;
    head->value_len = (uint32_t)parts[1].len;
    head->carried_len = (uint32_t)parts[2].len;
    head->body->refs++;
    if (reader->page == WINDOW_PAGE_NONE) {
        reader->page = window_page_restore(windows->keep, reader->number);
    }
    window_page_put(windows->keep, reader->page,
                    window_pending_new(windows, head, buffer_str(bytes)));
}

static void read_match(struct page_reader *reader)
{
    struct unpack *in = &reader->in;
    struct windows *windows = reader->windows;
    uint64_t fingerprint = unpack_u64(in);
    struct str id = unpack_bytes(in, EVENT_ID_TEXT / 2);
    struct window_pending head = {.event = unpack_event(windows, in)};
    head.reference = unpack_u32(in);
    uint32_t body = unpack_u32(in);
    struct str parts[3];
    for (int i = 0; i < 3; i++) {
        parts[i] = unpack_str(in);
    }
    if (in->failed || body >= reader->bodies_count) {
        in->failed = true;
        return;
    }
    head.series = window_keep_series(windows->keep, fingerprint);
    if (head.series == MAP_NONE) {
        windows->keep->restoring.left_out++;
        return;
    }
    const struct correlation *correlation = &windows->series[head.series].rule->correlation;
    if (!is_group(correlation, parts[0]) || !is_value(correlation, parts[1]) ||
        !is_carried(correlation, parts[2]) || !is_reference(correlation, head.reference)) {
        in->failed = true;
        return;
    }
    memcpy(head.id, id.ptr, id.len);
    head.body = reader->bodies[body];
    head.level = window_level(correlation);
    head.rank = window_rank(correlation, head.reference);
    take_match(reader, &head, parts);
}

bool window_read_page(struct windows *windows, struct str name, struct str value)
{
    struct page_reader reader = {.windows = windows, .in = unpack_of(value)};
    struct unpack number = unpack_of(str_slice(name, 1, name.len));
    struct unpack *in = &reader.in;
    reader.number = unpack_u64(&number);
    bool known = unpack_u8(in) == WINDOW_CELL_FORMAT && !number.failed && number.left == 0;
    uint32_t bodies = known ? unpack_u32(in) : 0;
    while (reader.bodies_count < bodies && !in->failed) {
        MEMORY_GROW(reader.bodies, reader.bodies_count, reader.bodies_capacity);
        reader.bodies[reader.bodies_count++] = unpack_body(windows, in);
        in->failed = in->failed || reader.bodies[reader.bodies_count - 1] == NULL;
    }
    uint32_t matches = known ? unpack_u32(in) : 0;
    for (uint32_t i = 0; i < matches && !in->failed; i++) {
        read_match(&reader);
    }
    memory_free(reader.bodies);
    if (reader.page != WINDOW_PAGE_NONE) {
        struct window_page *page = &windows->keep->pages[reader.page];
        page->told = page->count;
    } else {
        key_set_add(windows->keep->garbage, name);
    }
    return known && !in->failed && in->left == 0;
}
