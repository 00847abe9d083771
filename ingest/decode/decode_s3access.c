/* SPDX-License-Identifier: Apache-2.0
 *
 * decode_s3access.c - Amazon S3 server access log lines.
 *
 * owner bucket [time] ip requester request_id operation key "uri" status error bytes size time
 * turn_around "referer" "user_agent" version_id host_id signature cipher auth host tls arn acl
 * region
 *
 * S3 does not escape quotes inside the three quoted fields, and their senders choose their bytes.
 * So none of them ends at "the next quote":
 *   uri         ends at the first HTTP/x.y" behind which the server's six numbers follow: a
 * request's target has no space, so a sender can't write that pattern in it; user_agent  ends at
 * the line's last quote that a space or the end follows, since the server's fields behind it have
 * no quotes; the one exception is the Host header, which has no space: a quote at its end is told
 * by what stands around it; referer     ends at the first `" "` behind the numbers, which gives
 * user_agent the most. A sender can thus move bytes from referer to user_agent, but can't make any
 * other field. What S3 does itself (each key of a multi-object delete, the source of a copy,
 * lifecycle) has a bare - for each of the three.
 *
 * In:  one line.   Out: its fields; null for - and "-".   Thread: one worker's context.
 * Owns: nothing.   Bounds: O(length): of what follows a quote at most seven words are looked at.
 * Follows: Amazon S3 User Guide, "Amazon S3 server access log format".
 * Tested: tests/unit/test_decode_s3access.c, tests/property/test_s3access.c, fuzz_s3access.c.
 */
#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/decode/decoder_table.h"

enum s3_field {
    BUCKET_OWNER,
    BUCKET,
    TIME,
    REMOTE_IP,
    REQUESTER,
    REQUEST_ID,
    OPERATION,
    KEY,
    REQUEST_URI,
    HTTP_STATUS,
    ERROR_CODE,
    BYTES_SENT,
    OBJECT_SIZE,
    TOTAL_TIME,
    TURN_AROUND_TIME,
    REFERER,
    USER_AGENT,
    VERSION_ID,
    HOST_ID,
    SIGNATURE_VERSION,
    CIPHER_SUITE,
    AUTHENTICATION_TYPE,
    HOST_HEADER,
    TLS_VERSION,
    ACCESS_POINT_ARN,
    ACL_REQUIRED,
    SOURCE_REGION,
    EXTRA,
    HTTP_METHOD,
    HTTP_PATH,
    HTTP_QUERY,
    HTTP_VERSION,
    OPERATION_API,
    OPERATION_METHOD,
    OPERATION_RESOURCE,
    S3_FIELDS
};

static const struct decoder_field field_table_s3[] = {
    {"bucket_owner", "canonical user id of the bucket's owner"},
    {"bucket", "the bucket that the request was processed against"},
    {"time", "when the request was received"},
    {"remote_ip", "apparent address of the requester"},
    {"requester", "canonical user id or ARN; null for unauthenticated requests"},
    {"request_id", "identifies the request"},
    {"operation", "such as REST.GET.OBJECT or S3.EXPIRE.OBJECT"},
    {"key", "the object's key, URL-encoded; null when the request names none"},
    {"request_uri", "method, target and version as they were sent"},
    {"http_status", "status of the response"},
    {"error_code", "S3's error code; null when there was no error"},
    {"bytes_sent", "bytes of the response without protocol overhead"},
    {"object_size", "total size of the object"},
    {"total_time", "milliseconds from request to the last byte of the response"},
    {"turn_around_time", "milliseconds S3 spent on the request"},
    {"referer", "the Referer header"},
    {"user_agent", "the User-Agent header"},
    {"version_id", "the version id of the request"},
    {"host_id", "x-amz-id-2, the extended request id"},
    {"signature_version", "SigV2, SigV4; null when unsigned"},
    {"cipher_suite", "TLS cipher; null for HTTP"},
    {"authentication_type", "AuthHeader, QueryString; null when unsigned"},
    {"host_header", "the endpoint used"},
    {"tls_version", "TLS version; null for HTTP"},
    {"access_point_arn", "ARN of the access point"},
    {"acl_required", "Yes when an ACL was needed for authorization"},
    {"source_region", "the Region the request came from"},
    {"extra", "fields behind those that are documented, in order"},
    {"http_method", "of request_uri"},
    {"http_path", "of request_uri, without the query"},
    {"http_query", "of request_uri, behind the ?"},
    {"http_version", "of request_uri: HTTP/1.1"},
    {"operation_api", "first part of operation: REST, SOAP, BATCH, WEBSITE, S3"},
    {"operation_method", "second part of operation"},
    {"operation_resource", "the rest of operation"},
    {NULL, NULL},
};

struct bound {
    field_id ids[S3_FIELDS];
    uint32_t logsource;
};

struct line {
    const struct bound *bound;
    struct event *event;
    struct str text;
    size_t at;
};

static void *bind(struct field_table *fields)
{
    struct bound *bound = memory_new(1, sizeof *bound);
    for (int i = 0; i < S3_FIELDS; i++) {
        bound->ids[i] = field_intern(fields, str_of(field_table_s3[i].name));
    }
    bound->logsource = logsource_index("aws/s3access");
    return bound;
}

static void add(struct line *line, enum s3_field field, struct str value)
{
    bool null = value.len == 1 && value.ptr[0] == '-';
    event_add(line->event, line->bound->ids[field], value.ptr, value.len,
              null ? VALUE_NULL : VALUE_STRING, false);
}

static void skip_spaces(struct line *line)
{
    while (line->at < line->text.len && line->text.ptr[line->at] == ' ') {
        line->at++;
    }
}

/* The word at the cursor, up to a space or the end; moves behind the space. More than one space
 * separates like one: some lines have two before the requester. */
static bool take_word(struct line *line, struct str *word)
{
    skip_spaces(line);
    struct str rest = str_slice(line->text, line->at, line->text.len);
    size_t space = str_find_byte(rest, ' ');
    *word = str_slice(rest, 0, space);
    line->at = space == STR_NOT_FOUND ? line->text.len : line->at + space + 1;
    return word->len > 0;
}

static bool is_digits(struct str word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (!byte_is_digit(word.ptr[i])) {
            return false;
        }
    }
    return word.len > 0;
}

static bool is_number_or_dash(struct str word)
{
    return str_equal(word, STR("-")) || is_digits(word);
}

/* [06/Feb/2019:00:00:38 +0000] */
static int64_t parse_time(struct str s)
{
    struct timestamp_fields fields = {0};
    uint64_t part[6];
    static const struct {
        uint8_t at;
        uint8_t len;
    } places[] = {{1, 2}, {8, 4}, {13, 2}, {16, 2}, {19, 2}};
    if (s.len != 28 || s.ptr[0] != '[' || s.ptr[3] != '/' || s.ptr[7] != '/' || s.ptr[12] != ':' ||
        s.ptr[21] != ' ' || (s.ptr[22] != '+' && s.ptr[22] != '-') || s.ptr[27] != ']') {
        return TIMESTAMP_NONE;
    }
    for (size_t i = 0; i < 5; i++) {
        if (!str_to_u64(str_slice(s, places[i].at, places[i].len), &part[i])) {
            return TIMESTAMP_NONE;
        }
    }
    if (!str_to_u64(str_slice(s, 23, 4), &part[5])) {
        return TIMESTAMP_NONE;
    }
    fields.day = (uint32_t)part[0];
    fields.month = timestamp_month(str_slice(s, 4, 3));
    fields.year = (int32_t)part[1];
    fields.hour = (uint32_t)part[2];
    fields.minute = (uint32_t)part[3];
    fields.second = (uint32_t)part[4];
    fields.offset_seconds = (int32_t)(part[5] / 100 * 3600 + part[5] % 100 * 60);
    fields.offset_seconds *= s.ptr[22] == '-' ? -1 : 1;
    return timestamp_from_fields(&fields);
}

/* API.METHOD.RESOURCE in capitals, digits and _; or SOAP.Operation. */
static bool is_operation(struct str word)
{
    size_t dots = 0;
    bool soap = word.len > 5 && str_starts_with(word, STR("SOAP."));
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool lower = c >= 'a' && c <= 'z';
        dots += c == '.';
        if (c != '.' && c != '_' && !byte_is_digit(c) && !(c >= 'A' && c <= 'Z') &&
            !(soap && lower)) {
            return false;
        }
    }
    return dots >= 2 || soap;
}

static void add_operation(struct line *line, struct str operation)
{
    add(line, OPERATION, operation);
    size_t first = str_find_byte(operation, '.');
    struct str rest = str_slice(operation, first + 1, operation.len);
    size_t second = str_find_byte(rest, '.');
    add(line, OPERATION_API, str_slice(operation, 0, first));
    add(line, OPERATION_METHOD, str_slice(rest, 0, second));
    if (second != STR_NOT_FOUND) {
        add(line, OPERATION_RESOURCE, str_slice(rest, second + 1, rest.len));
    }
}

/* Cuts the last word off s (without its space). */
static struct str cut_last_word(struct str *s)
{
    size_t start = s->len;
    while (start > 0 && s->ptr[start - 1] != ' ') {
        start--;
    }
    struct str word = str_slice(*s, start, s->len);
    s->len = start > 0 ? start - 1 : 0;
    return word;
}

/* owner bucket [time] ip: words, the time in brackets. */
static bool take_front(struct line *line)
{
    struct str word;
    if (!take_word(line, &word)) {
        return false;
    }
    add(line, BUCKET_OWNER, word);
    if (!take_word(line, &word)) {
        return false;
    }
    add(line, BUCKET, word);
    skip_spaces(line);
    struct str time = str_slice(line->text, line->at, 28);
    line->event->time_ns = parse_time(time);
    if (line->event->time_ns == TIMESTAMP_NONE) {
        return false;
    }
    add(line, TIME, str_slice(time, 1, 26));
    line->at += 28;
    if (!take_word(line, &word)) {
        return false;
    }
    add(line, REMOTE_IP, word);
    return true;
}

struct request {
    struct str requester;
    struct str id;
    struct str operation;
    struct str key;
    size_t len; /* from the requester to the end of the key */
};

/* From the right: S3 encodes the key, so that only the requester (a session's name) has spaces. */
static bool split_from_right(struct str front, bool whole, struct request *request)
{
    request->len = front.len;
    request->key = cut_last_word(&front);
    struct str before_key = front;
    request->operation = cut_last_word(&front);
    if (!whole && !is_operation(request->operation) && is_operation(request->key)) {
        front = before_key;
        request->operation = request->key; /* the line breaks behind its operation */
        request->key = (struct str){0};
    }
    request->id = cut_last_word(&front);
    request->requester = str_trim(front);
    return is_operation(request->operation);
}

/* At the operation that a key and a bare - follow; else at the first operation there is, with all
 * that follows as its key. */
static bool split_at_operation(struct str front, struct request *request)
{
    struct line words = {.text = front};
    struct str word;
    struct str before = {0};
    bool found = false;
    for (size_t count = 0; take_word(&words, &word); before = word, count++) {
        if (count < 2 || !is_operation(word)) {
            continue;
        }
        struct line behind = words;
        struct str key = {0};
        bool bare = take_word(&behind, &key);
        size_t len = (size_t)(key.ptr - front.ptr) + key.len;
        struct str rest = str_slice(front, behind.at, front.len);
        bare = bare && (str_equal(rest, STR("-")) || str_starts_with(rest, STR("- ")));
        if (found && !bare) {
            continue;
        }
        found = true;
        request->requester = str_trim(str_slice(front, 0, (size_t)(before.ptr - front.ptr)));
        request->id = before;
        request->operation = word;
        request->key = bare ? key : str_trim(str_slice(front, words.at, front.len));
        request->len = bare ? len : front.len;
        if (bare) {
            break;
        }
    }
    return found;
}

/* requester request_id operation key, up to the quote or the bare - of the URI. */
static bool take_request(struct line *line)
{
    struct request request = {0};
    struct str rest = str_slice(line->text, line->at, line->text.len);
    size_t quote = str_find(rest, STR(" \""));
    struct str front = str_slice(rest, 0, quote);
    bool found = split_from_right(front, quote != STR_NOT_FOUND, &request) ||
                 split_at_operation(front, &request);
    if (!found || request.id.len == 0 || request.requester.len == 0) {
        return false;
    }
    add(line, REQUESTER, request.requester);
    add(line, REQUEST_ID, request.id);
    add_operation(line, request.operation);
    if (request.key.len > 0) {
        add(line, KEY, request.key);
    }
    line->at += request.len;
    skip_spaces(line);
    return true;
}

/* Does a quoted field begin here, or a bare - stand here? */
static bool is_quote_or_dash(struct str s)
{
    return s.len > 0 && (s.ptr[0] == '"' || (s.ptr[0] == '-' && (s.len == 1 || s.ptr[1] == ' ')));
}

/* status error bytes size time turn_around and then a referer at the beginning of s? Returns their
 * length, 0 when not. */
static size_t numbers_len(struct str s, struct str words[6])
{
    size_t at = 0;
    for (int i = 0; i < 6; i++) {
        struct str rest = str_slice(s, at, s.len);
        size_t space = str_find_byte(rest, ' ');
        if (space == STR_NOT_FOUND || space == 0) {
            return 0;
        }
        words[i] = str_slice(rest, 0, space);
        if (i != 1 && !is_number_or_dash(words[i])) {
            return 0;
        }
        at += space + 1;
    }
    return is_quote_or_dash(str_slice(s, at, s.len)) ? at : 0;
}

/* Does text up to at end in " HTTP/1.1" or the like? */
static bool ends_in_version(struct str text, size_t start, size_t at)
{
    size_t version = at;
    while (version > start &&
           (byte_is_digit(text.ptr[version - 1]) || text.ptr[version - 1] == '.')) {
        version--;
    }
    return version < at && str_ends_with(str_slice(text, start, version - start), STR(" HTTP/"));
}

/* The offset of the quote that ends the URI, which begins at text + start: the first one that an
 * HTTP version stands before and the server's numbers behind. What is no HTTP request line ends at
 * the first quote with numbers behind it; a broken line's URI at the first with a version. */
static size_t find_uri_end(struct str text, size_t start)
{
    struct str words[6];
    size_t with_numbers = STR_NOT_FOUND;
    size_t with_version = STR_NOT_FOUND;
    for (size_t at = start; at < text.len; at++) {
        if (text.ptr[at] != '"' || (at + 1 < text.len && text.ptr[at + 1] != ' ')) {
            continue;
        }
        bool version = ends_in_version(text, start, at);
        bool numbers = numbers_len(str_slice(text, at + 2, text.len), words) > 0;
        if (version && numbers) {
            return at;
        }
        with_version = version && with_version == STR_NOT_FOUND ? at : with_version;
        with_numbers = numbers && with_numbers == STR_NOT_FOUND ? at : with_numbers;
        if (numbers && at == start + 1 && text.ptr[start] == '-') {
            return at; /* "-": there was no request, so nobody could write what follows */
        }
    }
    return with_numbers != STR_NOT_FOUND ? with_numbers : with_version;
}

static void add_uri(struct line *line, struct str uri)
{
    add(line, REQUEST_URI, uri);
    size_t first = str_find_byte(uri, ' ');
    if (first == STR_NOT_FOUND) {
        return;
    }
    struct str target = str_slice(uri, first + 1, uri.len);
    size_t last = target.len;
    while (last > 0 && target.ptr[last - 1] != ' ') {
        last--;
    }
    if (last > 0 && str_starts_with(str_slice(target, last, target.len), STR("HTTP/"))) {
        add(line, HTTP_VERSION, str_slice(target, last, target.len));
        target.len = last - 1;
    }
    size_t question = str_find_byte(target, '?');
    add(line, HTTP_METHOD, str_slice(uri, 0, first));
    add(line, HTTP_PATH, str_slice(target, 0, question));
    if (question != STR_NOT_FOUND) {
        add(line, HTTP_QUERY, str_slice(target, question + 1, target.len));
    }
}

/* status error bytes size time turn_around; of a line that breaks here those that are whole. */
static bool take_numbers(struct line *line)
{
    struct str words[6];
    size_t len = numbers_len(str_slice(line->text, line->at, line->text.len), words);
    if (len > 0) {
        for (int i = 0; i < 6; i++) {
            add(line, (enum s3_field)(HTTP_STATUS + i), words[i]);
        }
        line->at += len;
        return true;
    }
    for (int i = 0; i < 6; i++) {
        struct line next = *line;
        struct str word;
        if (!take_word(&next, &word) || (i != 1 && !is_number_or_dash(word))) {
            break;
        }
        add(line, (enum s3_field)(HTTP_STATUS + i), word);
        line->at = next.at;
    }
    return false;
}

static bool take_uri(struct line *line)
{
    struct str rest = str_slice(line->text, line->at, line->text.len);
    if (!is_quote_or_dash(rest)) {
        return false;
    }
    if (rest.ptr[0] == '-') {
        add(line, REQUEST_URI, str_slice(rest, 0, 1));
        line->at += 2;
        return true;
    }
    size_t start = line->at + 1;
    size_t end = find_uri_end(line->text, start);
    if (end == STR_NOT_FOUND) {
        add_uri(line, str_slice(line->text, start, line->text.len));
        line->at = line->text.len;
        return false;
    }
    add_uri(line, str_slice(line->text, start, end - start));
    line->at = end + 2;
    return true;
}

static bool is_one_of(struct str word, const char *const *words)
{
    while (*words != NULL && !str_equal(word, str_of(*words))) {
        words++;
    }
    return *words != NULL;
}

/* Do these words look like version_id host_id signature cipher auth host tls ...? Then *host_end is
 * the offset one past the host. */
static bool is_tail(struct str tail, size_t *host_end)
{
    static const char *const signatures[] = {"-", "SigV2", "SigV4", "SigV4A", NULL};
    static const char *const types[] = {"-", "AuthHeader", "QueryString", NULL};
    struct line words = {.text = tail};
    struct str word;
    for (int i = 0; i < 7; i++) {
        if (!take_word(&words, &word) || (i == 2 && !is_one_of(word, signatures)) ||
            (i == 4 && !is_one_of(word, types)) ||
            (i == 6 && !str_equal(word, STR("-")) && !str_starts_with(word, STR("TLS"))) ||
            (i < 5 && str_find_byte(word, '"') != STR_NOT_FOUND)) {
            return false;
        }
        *host_end = i == 5 ? (size_t)(word.ptr - tail.ptr) + word.len : *host_end;
    }
    return true;
}

/* Could this follow a host: tls arn acl region, of which old lines have fewer? A - alone is the
 * version_id of the oldest lines. */
static bool is_behind_host(struct str rest)
{
    struct line words = {.text = rest};
    struct str word;
    int count = 0;
    for (; count < 4 && take_word(&words, &word); count++) {
        bool dash = str_equal(word, STR("-"));
        if ((count == 0 && !dash && !str_starts_with(word, STR("TLS"))) ||
            (count == 1 && !dash && !str_starts_with(word, STR("arn:"))) ||
            (count == 2 && !dash && !str_equal(word, STR("Yes")))) {
            return false;
        }
    }
    return count > 1 || (count == 1 && str_starts_with(rest, STR(" TLS")));
}

/* The last quote before `before` that a space or the line's end follows. */
static size_t find_last_quote(struct str text, size_t start, size_t before)
{
    for (size_t at = before; at > start; at--) {
        if (text.ptr[at - 1] == '"' && (at == text.len || text.ptr[at] == ' ')) {
            return at - 1;
        }
    }
    return STR_NOT_FOUND;
}

/* The quote that ends the user agent: the last one, unless that is the end of a Host header. There
 * is only one quote from which five words without quotes lead to that host. */
static size_t find_agent_end(struct str text, size_t start)
{
    size_t host_end = 0;
    size_t last = find_last_quote(text, start, text.len);
    struct str behind =
        last == STR_NOT_FOUND ? (struct str){0} : str_slice(text, last + 1, text.len);
    if (last == STR_NOT_FOUND || !is_behind_host(behind) || is_tail(behind, &host_end)) {
        return last;
    }
    size_t previous = find_last_quote(text, start, last);
    bool host = previous != STR_NOT_FOUND &&
                is_tail(str_slice(text, previous + 1, text.len), &host_end) &&
                previous + 1 + host_end == last + 1;
    return host ? previous : last;
}

/* A bare - ; the cursor moves behind it. */
static bool take_dash(struct line *line, enum s3_field field)
{
    struct str rest = str_slice(line->text, line->at, line->text.len);
    if (!is_quote_or_dash(rest) || rest.ptr[0] != '-') {
        return false;
    }
    add(line, field, str_slice(rest, 0, 1));
    line->at += rest.len > 1 ? 2 : 1;
    return true;
}

/* "referer" "user_agent", or a bare - for the first or both. */
static bool take_headers(struct line *line)
{
    bool bare = take_dash(line, REFERER);
    if (bare && take_dash(line, USER_AGENT)) {
        return true;
    }
    size_t start = line->at + 1;
    bool quoted = line->at < line->text.len && line->text.ptr[line->at] == '"';
    size_t end = quoted ? find_agent_end(line->text, start) : STR_NOT_FOUND;
    if (end == STR_NOT_FOUND) {
        return false;
    }
    struct str both = str_slice(line->text, start, end - start);
    size_t middle = bare ? STR_NOT_FOUND : str_find(both, STR("\" \""));
    line->at = end + 1;
    if (bare) {
        add(line, USER_AGENT, both);
    } else if (middle == STR_NOT_FOUND) {
        add(line, REFERER, both);
        return false;
    } else {
        add(line, REFERER, str_slice(both, 0, middle));
        add(line, USER_AGENT, str_slice(both, middle + 3, both.len));
    }
    return true;
}

static void take_tail(struct line *line)
{
    struct str word;
    for (int i = 0; take_word(line, &word); i++) {
        int field = VERSION_ID + i;
        add(line, field <= SOURCE_REGION ? (enum s3_field)field : EXTRA, word);
    }
}

static enum decode_verdict decode(const void *private, struct decoder_context *context,
                                  struct record *record, struct event *event)
{
    struct line line = {.bound = private, .event = event, .text = record->bytes};
    (void)context;
    event->logsource = line.bound->logsource;
    if (!take_front(&line) || !take_request(&line)) {
        record->fault = RECORD_FAULT_S3ACCESS;
        record->fault_at = (uint32_t)line.at;
        return DECODE_FAULT;
    }
    if (take_uri(&line) && take_numbers(&line) && take_headers(&line)) {
        take_tail(&line);
        /* version_id is the last field of the oldest lines; less is a broken line. */
        if (event_first(event, line.bound->ids[VERSION_ID]) != NULL) {
            return DECODE_EVENT;
        }
    }
    event->flags |= EVENT_MALFORMED;
    event->malformed_at = (uint32_t)(line.at < line.text.len ? line.at : line.text.len);
    return DECODE_EVENT;
}

/* owner (64 hexadecimal digits) bucket [dd/Mon/yyyy: - the oldest buckets' names have up to 255
 * bytes. */
static bool claims(struct str bytes)
{
    size_t owner = 0;
    while (
        owner < bytes.len && owner < 64 &&
        (byte_is_digit(bytes.ptr[owner]) || (bytes.ptr[owner] >= 'a' && bytes.ptr[owner] <= 'f'))) {
        owner++;
    }
    if (owner != 64 || owner >= bytes.len || bytes.ptr[owner] != ' ') {
        return false;
    }
    struct str rest = str_slice(bytes, owner + 1, 270);
    size_t bracket = str_find(rest, STR(" ["));
    return bracket != STR_NOT_FOUND && bracket + 5 < rest.len && rest.ptr[bracket + 4] == '/';
}

const struct decoder_ops decoder_s3access = {
    .name = "s3access",
    .doc = "Amazon S3 server access logs",
    .fields = field_table_s3,
    .bind = bind,
    .claims = claims,
    .decode = decode,
};
