/* SPDX-License-Identifier: Apache-2.0
 *
 * s3access_strict.c - where the fields of any S3 access log line are, whatever its sender wrote.
 *
 * S3 does not escape quotes inside the three quoted fields, and their senders choose their bytes.
 * So none of them ends at "the next quote":
 *   uri         ends at the first HTTP/x.y" behind which the server's six numbers follow: a
 *               request's target has no space, so a sender can't write that pattern in it
 *   user_agent  ends at the line's last quote that a space or the end follows, since the server's
 *               fields behind it have no quotes; the one exception is the Host header, which has no
 *               space: a quote at its end is told by what stands around it
 *   referer     ends at the first `" "` behind the numbers, which gives user_agent the most
 * A sender can thus move bytes from referer to user_agent, but can't make any other field. What S3
 * does itself (each key of a multi-object delete, the source of a copy, lifecycle) has a bare - for
 * each of the three.
 *
 * In:  one line.   Out: its fields' places.   Thread: any (pure functions).   Owns: nothing.
 * Bounds: O(length): of what follows a quote at most seven words are looked at.
 */
#include "ingest/decode/s3access_internal.h"

#include "base/timestamp.h"

static void add(struct s3_line *line, enum s3_field field, struct str value)
{
    line->fields[field] = value;
    line->found |= 1U << field;
}

static void skip_spaces(struct s3_cursor *cursor)
{
    struct str rest = str_slice(cursor->text, cursor->at, cursor->text.len);
    cursor->at += rest.len - str_skip(rest, ' ').len;
}

bool s3_take_word(struct s3_cursor *cursor, struct str *word)
{
    skip_spaces(cursor);
    struct str rest = str_slice(cursor->text, cursor->at, cursor->text.len);
    size_t space = str_find_byte(rest, ' ');
    *word = str_slice(rest, 0, space);
    cursor->at = space == STR_NOT_FOUND ? cursor->text.len : cursor->at + space + 1;
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

bool s3_is_number_or_dash(struct str word)
{
    return is_digits(word) || str_equal(word, STR("-"));
}

bool s3_is_operation(struct str word)
{
    /* A bit for every byte: . 0..9 A..Z _, and for SOAP a..z too. */
    uint64_t allowed[4] = {UINT64_C(0x03FF400000000000), UINT64_C(0x0000000087FFFFFE), 0, 0};
    bool soap = word.len > 5 && str_starts_with(word, STR("SOAP."));
    size_t dots = 0;
    allowed[1] |= soap ? UINT64_C(0x07FFFFFE00000000) : 0;
    for (size_t i = 0; i < word.len; i++) {
        unsigned char c = (unsigned char)word.ptr[i];
        if ((allowed[c / 64] >> (c % 64) & 1) == 0) {
            return false;
        }
        dots += c == '.';
    }
    return dots >= 2 || soap;
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
static bool take_front(struct s3_line *line)
{
    struct str word;
    if (!s3_take_word(&line->read, &word)) {
        return false;
    }
    add(line, S3_BUCKET_OWNER, word);
    if (!s3_take_word(&line->read, &word)) {
        return false;
    }
    add(line, S3_BUCKET, word);
    skip_spaces(&line->read);
    struct str time = str_slice(line->read.text, line->read.at, 28);
    line->time_ns = s3_parse_time(time);
    if (line->time_ns == TIMESTAMP_NONE) {
        return false;
    }
    add(line, S3_TIME, str_slice(time, 1, 26));
    line->read.at += 28;
    if (!s3_take_word(&line->read, &word)) {
        return false;
    }
    add(line, S3_REMOTE_IP, word);
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
    if (!whole && !s3_is_operation(request->operation) && s3_is_operation(request->key)) {
        front = before_key;
        request->operation = request->key; /* the line breaks behind its operation */
        request->key = (struct str){0};
    }
    request->id = cut_last_word(&front);
    request->requester = str_trim(front);
    return s3_is_operation(request->operation);
}

/* At the operation that a key and a bare - follow; else at the first operation there is, with all
 * that follows as its key. */
static bool split_at_operation(struct str front, struct request *request)
{
    struct s3_cursor words = {.text = front};
    struct str word;
    struct str before = {0};
    bool found = false;
    for (size_t count = 0; s3_take_word(&words, &word); before = word, count++) {
        if (count < 2 || !s3_is_operation(word)) {
            continue;
        }
        struct s3_cursor behind = words;
        struct str key = {0};
        bool bare = s3_take_word(&behind, &key);
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
static bool take_request(struct s3_line *line)
{
    struct request request = {0};
    struct str rest = str_slice(line->read.text, line->read.at, line->read.text.len);
    size_t quote = str_find(rest, STR(" \""));
    struct str front = str_slice(rest, 0, quote);
    bool found = split_from_right(front, quote != STR_NOT_FOUND, &request) ||
                 split_at_operation(front, &request);
    if (!found || request.id.len == 0 || request.requester.len == 0) {
        return false;
    }
    add(line, S3_REQUESTER, request.requester);
    add(line, S3_REQUEST_ID, request.id);
    add(line, S3_OPERATION, request.operation);
    if (request.key.len > 0) {
        add(line, S3_KEY, request.key);
    }
    line->read.at += request.len;
    skip_spaces(&line->read);
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
        if (i != 1 && !s3_is_number_or_dash(words[i])) {
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

/* status error bytes size time turn_around; of a line that breaks here those that are whole. */
static bool take_numbers(struct s3_line *line)
{
    struct str words[6];
    size_t len = numbers_len(str_slice(line->read.text, line->read.at, line->read.text.len), words);
    if (len > 0) {
        for (int i = 0; i < 6; i++) {
            add(line, (enum s3_field)(S3_HTTP_STATUS + i), words[i]);
        }
        line->read.at += len;
        return true;
    }
    for (int i = 0; i < 6; i++) {
        struct s3_cursor next = line->read;
        struct str word;
        if (!s3_take_word(&next, &word) || (i != 1 && !s3_is_number_or_dash(word))) {
            break;
        }
        add(line, (enum s3_field)(S3_HTTP_STATUS + i), word);
        line->read.at = next.at;
    }
    return false;
}

static bool take_uri(struct s3_line *line)
{
    struct str rest = str_slice(line->read.text, line->read.at, line->read.text.len);
    if (!is_quote_or_dash(rest)) {
        return false;
    }
    if (rest.ptr[0] == '-') {
        add(line, S3_REQUEST_URI, str_slice(rest, 0, 1));
        line->read.at += 2;
        return true;
    }
    size_t start = line->read.at + 1;
    size_t end = find_uri_end(line->read.text, start);
    if (end == STR_NOT_FOUND) {
        add(line, S3_REQUEST_URI, str_slice(line->read.text, start, line->read.text.len));
        line->read.at = line->read.text.len;
        return false;
    }
    add(line, S3_REQUEST_URI, str_slice(line->read.text, start, end - start));
    line->read.at = end + 2;
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
    struct s3_cursor words = {.text = tail};
    struct str word;
    for (int i = 0; i < 7; i++) {
        if (!s3_take_word(&words, &word) || (i == 2 && !is_one_of(word, signatures)) ||
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
    struct s3_cursor words = {.text = rest};
    struct str word;
    int count = 0;
    for (; count < 4 && s3_take_word(&words, &word); count++) {
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
static bool take_dash(struct s3_line *line, enum s3_field field)
{
    struct str rest = str_slice(line->read.text, line->read.at, line->read.text.len);
    if (!is_quote_or_dash(rest) || rest.ptr[0] != '-') {
        return false;
    }
    add(line, field, str_slice(rest, 0, 1));
    line->read.at += rest.len > 1 ? 2 : 1;
    return true;
}

/* "referer" "user_agent", or a bare - for the first or both. */
static bool take_headers(struct s3_line *line)
{
    bool bare = take_dash(line, S3_REFERER);
    if (bare && take_dash(line, S3_USER_AGENT)) {
        return true;
    }
    size_t start = line->read.at + 1;
    bool quoted = line->read.at < line->read.text.len && line->read.text.ptr[line->read.at] == '"';
    size_t end = quoted ? find_agent_end(line->read.text, start) : STR_NOT_FOUND;
    if (end == STR_NOT_FOUND) {
        return false;
    }
    struct str both = str_slice(line->read.text, start, end - start);
    size_t middle = bare ? STR_NOT_FOUND : str_find(both, STR("\" \""));
    line->read.at = end + 1;
    if (bare) {
        add(line, S3_USER_AGENT, both);
    } else if (middle == STR_NOT_FOUND) {
        add(line, S3_REFERER, both);
        return false;
    } else {
        add(line, S3_REFERER, str_slice(both, 0, middle));
        add(line, S3_USER_AGENT, str_slice(both, middle + 3, both.len));
    }
    return true;
}

enum s3_form s3_split_strictly(struct s3_line *line)
{
    struct str word;
    if (!take_front(line) || !take_request(line)) {
        return S3_REFUSED;
    }
    if (take_uri(line) && take_numbers(line) && take_headers(line)) {
        struct s3_cursor tail = line->read;
        line->has_tail = true;
        /* version_id is the last field of the oldest lines; less is a broken line. */
        if (s3_take_word(&tail, &word)) {
            return S3_WHOLE;
        }
        line->read = tail;
    }
    return S3_BROKEN;
}
