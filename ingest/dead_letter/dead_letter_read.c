/* SPDX-License-Identifier: Apache-2.0
 *
 * dead_letter_read.c - see dead_letter.h: a dead letter's line back to the record and its place.
 *
 * The line may come from anywhere by now: it is checked as a whole before anything of it is used.
 */
#include "ingest/dead_letter/dead_letter.h"

#include "base/base64.h"
#include "base/timestamp.h"
#include "ingest/json/json.h"

enum letter_key {
    KEY_TIME,
    KEY_REASON,
    KEY_DETAIL,
    KEY_FAULT_AT,
    KEY_SOURCE,
    KEY_PARTITION,
    KEY_OFFSET,
    KEY_SUB,
    KEY_BYTES,
    KEY_RECORD,
    KEY_BASE64,
    KEYS
};

/* Keys that are not here come from a later version and are passed over. */
static const struct {
    const char *name;
    bool text; /* else a whole number */
} key_table[KEYS] = {
    [KEY_TIME] = {"@timestamp", true},      [KEY_REASON] = {"reason", true},
    [KEY_DETAIL] = {"detail", true},        [KEY_FAULT_AT] = {"fault_at", false},
    [KEY_SOURCE] = {"source", true},        [KEY_PARTITION] = {"partition", false},
    [KEY_OFFSET] = {"offset", false},       [KEY_SUB] = {"sub", false},
    [KEY_BYTES] = {"bytes", false},         [KEY_RECORD] = {"record", true},
    [KEY_BASE64] = {"record_base64", true},
};

/* The line's values: texts as they are meant. */
struct letter_values {
    bool given[KEYS];
    struct str texts[KEYS];
    uint64_t numbers[KEYS];
};

static enum letter_key find_key(struct str name)
{
    enum letter_key key = 0;
    while (key < KEYS && !str_equal(name, str_of(key_table[key].name))) {
        key++;
    }
    return key;
}

/* The value of a key that is known. NULL, or what is wrong with it. */
static const char *take_value(struct arena *arena, struct letter_values *values,
                              enum letter_key key, struct str value)
{
    if (values->given[key]) {
        return "a key stands there twice";
    }
    values->given[key] = true;
    bool text = value.len >= 2 && value.ptr[0] == '"';
    if (text != key_table[key].text) {
        return key_table[key].text ? "a value is no text" : "a value is no whole number";
    }
    if (text) {
        values->texts[key] = json_unescape(arena, str_slice(value, 1, value.len - 2));
        return NULL;
    }
    return str_to_u64(value, &values->numbers[key]) ? NULL : "a value is no whole number";
}

static size_t skip_space(struct str text, size_t at)
{
    while (at < text.len && strchr(" \t\r\n", text.ptr[at]) != NULL && text.ptr[at] != '\0') {
        at++;
    }
    return at;
}

/* One value, which the check has seen to be whole: its end is where a comma or brace follows. */
static struct str value_at(struct str line, size_t at)
{
    struct str rest = str_slice(line, at, line.len);
    if (rest.ptr[0] == '"' || rest.ptr[0] == '{' || rest.ptr[0] == '[') {
        return str_slice(rest, 0, json_value_end(rest));
    }
    size_t len = 0;
    while (len < rest.len && strchr(",} \t\r\n", rest.ptr[len]) == NULL) {
        len++;
    }
    return str_slice(rest, 0, len);
}

/* All keys of the line's object. NULL, or what is wrong. */
static const char *take_values(struct arena *arena, struct str line, struct letter_values *values)
{
    size_t error_at = 0;
    size_t at = skip_space(line, 0);
    if (at == line.len || line.ptr[at] != '{' || !json_check(line, &error_at)) {
        return "it is no JSON object";
    }
    at = skip_space(line, at + 1);
    while (line.ptr[at] != '}') {
        struct str name = value_at(line, at);
        at = skip_space(line, at + name.len);
        at = skip_space(line, at + 1); /* the colon */
        struct str value = value_at(line, at);
        at = skip_space(line, at + value.len);
        name = json_unescape(arena, str_slice(name, 1, name.len - 2));
        enum letter_key key = find_key(name);
        const char *wrong = key == KEYS ? NULL : take_value(arena, values, key, value);
        if (wrong != NULL) {
            return wrong;
        }
        at = line.ptr[at] == ',' ? skip_space(line, at + 1) : at;
    }
    return NULL;
}

static const char *take_record(struct arena *arena, const struct letter_values *values,
                               struct str *record)
{
    if (values->given[KEY_RECORD] == values->given[KEY_BASE64]) {
        return "it needs record or record_base64";
    }
    *record = values->texts[KEY_RECORD];
    if (values->given[KEY_BASE64] && !base64_decode(arena, values->texts[KEY_BASE64], record)) {
        return "record_base64 is no base64";
    }
    return values->given[KEY_BYTES] && values->numbers[KEY_BYTES] != record->len
               ? "the record has not as many bytes as it says"
               : NULL;
}

static enum record_fault fault_named(struct str name)
{
    int fault = RECORD_FAULT_NONE + 1;
    while (fault < RECORD_FAULTS &&
           !str_equal(name, str_of(record_fault_name((enum record_fault)fault)))) {
        fault++;
    }
    return (enum record_fault)fault;
}

static const char *take_place(const struct letter_values *values, struct dead_letter *letter)
{
    if (!values->given[KEY_REASON] || !values->given[KEY_SOURCE] || !values->given[KEY_OFFSET]) {
        return "it needs reason, source and offset";
    }
    if (values->numbers[KEY_PARTITION] > INT32_MAX || values->numbers[KEY_SUB] > UINT32_MAX ||
        values->numbers[KEY_FAULT_AT] > UINT32_MAX) {
        return "a number is too large";
    }
    letter->reason = values->texts[KEY_REASON];
    letter->fault = fault_named(letter->reason);
    letter->detail = values->texts[KEY_DETAIL];
    letter->source = values->texts[KEY_SOURCE];
    letter->partition = values->given[KEY_PARTITION] ? (int32_t)values->numbers[KEY_PARTITION] : -1;
    letter->offset = values->numbers[KEY_OFFSET];
    letter->sub = (uint32_t)values->numbers[KEY_SUB];
    letter->fault_at = (uint32_t)values->numbers[KEY_FAULT_AT];
    return NULL;
}

const char *dead_letter_read(struct arena *arena, struct str line, struct dead_letter *letter)
{
    struct letter_values values = {0};
    *letter = (struct dead_letter){.reference_ns = TIMESTAMP_NONE};
    const char *wrong = take_values(arena, line, &values);
    wrong = wrong != NULL ? wrong : take_place(&values, letter);
    wrong = wrong != NULL ? wrong : take_record(arena, &values, &letter->record);
    if (wrong == NULL && values.given[KEY_TIME]) {
        size_t used = 0;
        letter->reference_ns = timestamp_parse_rfc3339(values.texts[KEY_TIME], 0, &used);
        wrong = used == values.texts[KEY_TIME].len ? NULL : "@timestamp is no time";
    }
    /* Framing gives what it does not look into with its beginning only, and its length. */
    letter->cut = letter->fault_at > letter->record.len;
    return wrong;
}

void dead_letter_place(const struct dead_letter *letter, struct buffer *out)
{
    buffer_add(out, letter->source);
    if (letter->partition >= 0) {
        buffer_printf(out, "/%d", (int)letter->partition);
    }
    buffer_add_byte(out, ':');
    buffer_add_u64(out, letter->offset);
    if (letter->sub > 0) {
        buffer_printf(out, ".%u", letter->sub);
    }
}
