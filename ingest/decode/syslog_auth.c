/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_auth.c - what sshd, sudo, su and PAM say.
 *
 * User names are chosen by whoever knocks: they may hold " from 192.0.2.1 port 22". So where a name
 * stands before an address, the line is read from its right end, where the server writes.
 */
#include "ingest/decode/syslog_internal.h"

struct tail {
    struct str before; /* what stands before " from " */
    struct str address;
    struct str port;
    struct str after; /* what follows address and port */
};

static struct str trim_right(struct str text, const char *suffix)
{
    struct str end = str_of(suffix);
    return str_ends_with(text, end) ? str_slice(text, 0, text.len - end.len) : text;
}

static bool is_number(struct str text)
{
    uint64_t number = 0;
    return str_to_u64(text, &number);
}

/* ADDRESS[ port PORT][anything] */
static void read_peer(struct str text, struct tail *tail)
{
    tail->address = syslog_until(text, " ");
    tail->after = str_slice(text, tail->address.len, text.len);
    if (str_starts_with(tail->after, STR(" port "))) {
        struct str port = syslog_until(str_slice(tail->after, 6, tail->after.len), " :");
        if (is_number(port)) {
            tail->port = port;
            tail->after = str_slice(tail->after, 6 + port.len, tail->after.len);
        }
    }
}

/* ... from ADDRESS[ port PORT][ ssh2][: ...][ [preauth]]: the last " from " is the server's. */
static bool parse_tail(struct str text, struct tail *tail)
{
    struct str peer;
    *tail = (struct tail){0};
    if (!syslog_split_last(text, STR(" from "), &tail->before, &peer)) {
        return false;
    }
    read_peer(peer, tail);
    return true;
}

/* The first " from ", for users whom the server knows: their names are the administrator's, while
 * the identity in an offered certificate, at the line's end, is whatever the client wrote there. */
static bool parse_tail_of_known(struct str text, struct tail *tail)
{
    struct str peer;
    *tail = (struct tail){0};
    if (!syslog_split(text, STR(" from "), &tail->before, &peer)) {
        return false;
    }
    read_peer(peer, tail);
    return true;
}

static void add_tail(const struct syslog_event *to, const struct tail *tail)
{
    syslog_add_source(to, tail->address);
    syslog_add(to, SYSLOG_SRC_PORT, tail->port);
}

/* Takes the mark of a name that the server does not know off its front. */
static bool take_invalid(struct str *user)
{
    static const char *const marks[] = {"invalid user ", "illegal user "};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (str_starts_with(*user, str_of(marks[i]))) {
            *user = str_slice(*user, strlen(marks[i]), user->len);
            return true;
        }
    }
    return false;
}

static void add_login(const struct syslog_event *to, const char *outcome)
{
    syslog_add(to, SYSLOG_ACTION, STR("login"));
    syslog_add(to, SYSLOG_OUTCOME, str_of(outcome));
}

/* Failed|Accepted METHOD for [invalid user ]USER from ADDRESS port PORT */
static void parse_attempt(const struct syslog_event *to, struct str message, const char *outcome)
{
    struct str method;
    struct str rest;
    struct str word;
    struct tail tail;
    if (!syslog_split(message, STR(" for "), &method, &rest) ||
        !syslog_split(method, STR(" "), &word, &method) ||
        str_find_byte(method, ' ') != STR_NOT_FOUND) {
        return; /* "Failed to ... for ...": no attempt */
    }
    bool unknown = take_invalid(&rest);
    if (unknown ? !parse_tail(rest, &tail) : !parse_tail_of_known(rest, &tail)) {
        return;
    }
    add_login(to, outcome);
    syslog_add(to, SYSLOG_AUTH_METHOD, method);
    /* An unknown name and a certificate's identity are both the client's: when both look like the
     * server's words, nobody can tell where it spoke, so no address is better than a made up one.
     */
    if (unknown && str_find(tail.after, STR(" (serial ")) != STR_NOT_FOUND &&
        str_find(tail.before, STR(" ssh2: ")) != STR_NOT_FOUND) {
        return;
    }
    syslog_add(to, SYSLOG_USER, tail.before);
    add_tail(to, &tail);
}

/* [USER ]ADDRESS, the user with its mark. */
static void parse_peer(const struct syslog_event *to, struct str text)
{
    struct str user;
    struct str address;
    if (!syslog_split_last(text, STR(" "), &user, &address)) {
        syslog_add_source(to, text);
        return;
    }
    static const char *const marks[] = {"authenticating user ", "user "};
    bool marked = take_invalid(&user) || str_equal(user, STR("invalid user"));
    for (size_t i = 0; !marked && i < sizeof marks / sizeof marks[0]; i++) {
        if (str_starts_with(user, str_of(marks[i]))) {
            user = str_slice(user, strlen(marks[i]), user.len);
            marked = true;
        }
    }
    syslog_add(to, SYSLOG_USER, user);
    syslog_add_source(to, address);
}

/* [by|from] [invalid user USER |authenticating user USER ]ADDRESS[ port PORT][: reason]. The reason
 * may quote names that the client chose, as an unknown user's name is: with several ports behind
 * an unknown name it can't be told which is the server's. */
static void parse_disconnect(const struct syslog_event *to, struct str rest)
{
    struct str before;
    struct str after;
    struct str last;
    syslog_add(to, SYSLOG_ACTION, STR("logout"));
    rest = trim_right(rest, " [preauth]");
    if (!syslog_split(rest, STR(" port "), &before, &after)) {
        parse_peer(to, rest);
        return;
    }
    struct str user = rest;
    bool several = str_find(after, STR(" port ")) != STR_NOT_FOUND;
    if (take_invalid(&user) && several) {
        if (str_find(rest, STR(": ")) != STR_NOT_FOUND) {
            return;
        }
        syslog_split_last(rest, STR(" port "), &before, &last);
        after = last;
    }
    struct str port = syslog_until(after, " :");
    if (is_number(port)) {
        syslog_add(to, SYSLOG_SRC_PORT, port);
        parse_peer(to, before);
    }
}

static void parse_break_in(const struct syslog_event *to, struct str message)
{
    struct str before;
    struct str after;
    syslog_add(to, SYSLOG_ACTION, STR("break_in_attempt"));
    if (syslog_split_last(message, STR("] failed"), &before, &after) &&
        syslog_split_last(before, STR("["), &before, &after)) {
        syslog_add_source(to, after);
    } else if (str_starts_with(message, STR("Address "))) {
        syslog_add_source(to, syslog_until(str_slice(message, 8, message.len), " "));
    }
}

struct sshd_row {
    struct str prefix;
    enum {
        SSHD_FAILED,
        SSHD_ACCEPTED,
        SSHD_INVALID,
        SSHD_REQUEST,
        SSHD_PAM_ERROR,
        SSHD_CLOSED,
        SSHD_RECEIVED,
        SSHD_NO_VERSION,
        SSHD_BAD_VERSION,
        SSHD_TOO_MANY,
        SSHD_BREAK_IN,
        SSHD_NOT_ALLOWED,
        SSHD_PAM
    } kind;
};

#define PREFIX(text)                                                                               \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct sshd_row sshd_table[] = {
    {PREFIX("Failed "), SSHD_FAILED},
    {PREFIX("Accepted "), SSHD_ACCEPTED},
    {PREFIX("Invalid user "), SSHD_INVALID},
    {PREFIX("Illegal user "), SSHD_INVALID},
    {PREFIX("input_userauth_request: invalid user "), SSHD_REQUEST},
    {PREFIX("error: PAM: "), SSHD_PAM_ERROR},
    {PREFIX("Connection closed by "), SSHD_CLOSED},
    {PREFIX("Connection reset by "), SSHD_CLOSED},
    {PREFIX("Disconnected from "), SSHD_CLOSED},
    {PREFIX("Disconnecting "), SSHD_CLOSED},
    {PREFIX("Received disconnect from "), SSHD_RECEIVED},
    {PREFIX("error: Received disconnect from "), SSHD_RECEIVED},
    {PREFIX("Did not receive identification string from "), SSHD_NO_VERSION},
    {PREFIX("Unable to negotiate with "), SSHD_NO_VERSION},
    {PREFIX("fatal: Unable to negotiate with "), SSHD_NO_VERSION},
    {PREFIX("banner exchange: Connection from "), SSHD_NO_VERSION},
    {PREFIX("error: Bad protocol version identification '"), SSHD_BAD_VERSION},
    {PREFIX("Bad protocol version identification '"), SSHD_BAD_VERSION},
    {PREFIX("error: maximum authentication attempts exceeded for "), SSHD_TOO_MANY},
    {PREFIX("maximum authentication attempts exceeded for "), SSHD_TOO_MANY},
    {PREFIX("reverse mapping checking getaddrinfo for "), SSHD_BREAK_IN},
    {PREFIX("Address "), SSHD_BREAK_IN},
    {PREFIX("User "), SSHD_NOT_ALLOWED},
    {PREFIX("PAM "), SSHD_PAM},
};

static void parse_invalid(const struct syslog_event *to, struct str rest)
{
    struct tail tail;
    struct str padded = {rest.ptr - 1, rest.len + 1}; /* with the space before an empty name */
    add_login(to, "failure");
    if (parse_tail(padded, &tail)) {
        syslog_add(to, SYSLOG_USER, str_slice(tail.before, 1, tail.before.len));
        add_tail(to, &tail);
    }
}

/* USER from HOST not allowed because ... */
static void parse_not_allowed(const struct syslog_event *to, struct str rest)
{
    struct str before;
    struct str after;
    if (!syslog_split_last(rest, STR(" not allowed because "), &before, &after)) {
        return;
    }
    add_login(to, "failure");
    if (syslog_split_last(before, STR(" from "), &before, &after)) {
        syslog_add_source(to, after);
    }
    syslog_add(to, SYSLOG_USER, before);
}

/* [invalid user ]USER from ADDRESS[ port PORT] */
static void parse_refused(const struct syslog_event *to, struct str rest)
{
    struct tail tail;
    add_login(to, "failure");
    if (parse_tail(rest, &tail)) {
        take_invalid(&tail.before);
        syslog_add(to, SYSLOG_USER, tail.before);
        add_tail(to, &tail);
    }
}

/* REASON for [illegal user ]USER from HOST */
static void parse_pam_error(const struct syslog_event *to, struct str rest)
{
    struct str reason;
    if (syslog_split(rest, STR(" for "), &reason, &rest)) {
        parse_refused(to, rest);
    }
}

/* ADDRESS[ port PORT]:CODE: TEXT. The text is the client's, and comes last. */
static void add_first_peer(const struct syslog_event *to, struct str rest)
{
    struct tail tail = {0};
    read_peer(rest, &tail);
    tail.address = trim_right(tail.address, ":");
    add_tail(to, &tail);
}

static void parse_sshd_row(const struct syslog_event *to, const struct sshd_row *row,
                           struct str message)
{
    struct str rest = str_slice(message, row->prefix.len, message.len);
    struct tail tail;
    switch (row->kind) {
    case SSHD_FAILED:
        parse_attempt(to, message, "failure");
        break;
    case SSHD_ACCEPTED:
        parse_attempt(to, message, "success");
        break;
    case SSHD_INVALID:
        parse_invalid(to, rest);
        break;
    case SSHD_REQUEST:
        /* No address stands in this one, whatever the name says. */
        add_login(to, "failure");
        syslog_add(to, SYSLOG_USER, trim_right(rest, " [preauth]"));
        break;
    case SSHD_PAM_ERROR:
        parse_pam_error(to, rest);
        break;
    case SSHD_CLOSED:
        parse_disconnect(to, rest);
        break;
    case SSHD_RECEIVED:
        syslog_add(to, SYSLOG_ACTION, STR("logout"));
        add_first_peer(to, rest);
        break;
    case SSHD_NO_VERSION:
        syslog_add(to, SYSLOG_ACTION, STR("probe"));
        add_first_peer(to, rest);
        break;
    case SSHD_BAD_VERSION:
        /* Between the quotes stands what the client sent. */
        syslog_add(to, SYSLOG_ACTION, STR("probe"));
        if (parse_tail(rest, &tail)) {
            add_tail(to, &tail);
        }
        break;
    case SSHD_TOO_MANY:
        parse_refused(to, rest);
        break;
    case SSHD_BREAK_IN:
        if (str_find(message, STR("POSSIBLE BREAK-IN ATTEMPT")) != STR_NOT_FOUND) {
            parse_break_in(to, message);
        }
        break;
    case SSHD_NOT_ALLOWED:
        parse_not_allowed(to, rest);
        break;
    case SSHD_PAM:
    default:
        syslog_parse_pam(to, message);
        break;
    }
}

void syslog_parse_sshd(const struct syslog_event *to, struct str message)
{
    size_t rows = message.len == 0 ? 0 : sizeof sshd_table / sizeof sshd_table[0];
    for (size_t i = 0; i < rows; i++) {
        if (message.ptr[0] == sshd_table[i].prefix.ptr[0] &&
            str_starts_with(message, sshd_table[i].prefix)) {
            parse_sshd_row(to, &sshd_table[i], message);
            return;
        }
    }
}

/* The value of key= up to a space or ; of text. */
static struct str value_of(struct str text, const char *key)
{
    struct str before;
    struct str after;
    return syslog_split(text, str_of(key), &before, &after) ? syslog_until(after, " ;")
                                                            : (struct str){0};
}

/* USER[(uid=N)][ by OTHER(uid=N)] */
static void parse_session(const struct syslog_event *to, struct str text, const char *action)
{
    syslog_add(to, SYSLOG_ACTION, str_of(action));
    syslog_add(to, SYSLOG_OUTCOME, STR("success"));
    syslog_add(to, SYSLOG_USER, syslog_until(text, " ("));
}

/* ; logname= uid=0 euid=0 tty=ssh ruser= rhost=ADDRESS  user=USER. The remote user's name (ruser)
 * is the client's, so the host is the last one of that name. */
static void parse_failure(const struct syslog_event *to, struct str text)
{
    struct str before;
    struct str after;
    add_login(to, "failure");
    if (syslog_wants(to, SYSLOG_TTY)) {
        syslog_add(to, SYSLOG_TTY, value_of(text, " tty="));
    }
    if (!syslog_split_last(text, STR(" rhost="), &before, &after)) {
        return;
    }
    struct str host = syslog_until(after, " ");
    if (host.len > 0) {
        syslog_add_source(to, host);
    }
    if (syslog_split(after, STR(" user="), &before, &after)) {
        syslog_add(to, SYSLOG_USER, str_trim(after));
    }
}

/* What stands behind "pam_unix(sshd:auth): " or "(pam_unix) ". */
static struct str skip_pam_module(struct str message)
{
    struct str module;
    struct str rest;
    if (str_starts_with(message, STR("pam_")) && syslog_split(message, STR(": "), &module, &rest)) {
        return rest;
    }
    if (str_starts_with(message, STR("(pam_")) &&
        syslog_split(message, STR(") "), &module, &rest)) {
        return rest;
    }
    return message;
}

/* authentication failure; ... in one of its forms, as "2 more authentication failures; ..." */
static void parse_reason(const struct syslog_event *to, struct str message)
{
    static const struct str failure = {"authentication failure", 22};
    struct str reason = str_slice(message, 0, 32 + failure.len - 1);
    size_t at = str_find(reason, failure);
    size_t end = at == STR_NOT_FOUND ? STR_NOT_FOUND : str_find_byte(message, ';');
    if (end != STR_NOT_FOUND && at + failure.len <= end) {
        parse_failure(to, str_slice(message, end, message.len));
    }
}

/* Only the beginning is looked at: what comes later may be the client's words. */
void syslog_parse_pam(const struct syslog_event *to, struct str message)
{
    static const struct str opened = {"session opened for user ", 24};
    static const struct str closed = {"session closed for user ", 24};
    static const struct str changed = {"password changed for ", 21};
    message = skip_pam_module(message);
    if (str_starts_with(message, opened)) {
        parse_session(to, str_slice(message, opened.len, message.len), "session_open");
    } else if (str_starts_with(message, closed)) {
        parse_session(to, str_slice(message, closed.len, message.len), "session_close");
    } else if (str_starts_with(message, changed)) {
        syslog_add(to, SYSLOG_ACTION, STR("password_change"));
        syslog_add(to, SYSLOG_OUTCOME, STR("success"));
        syslog_add(to, SYSLOG_TARGET_USER, str_slice(message, changed.len, message.len));
    } else if (str_starts_with(message, STR("check pass; user unknown"))) {
        add_login(to, "failure");
    } else {
        parse_reason(to, message);
    }
}

/* The value of the last part "key=value" of text, whose parts stand between " ; ". The last: the
 * directory's name is the user's, and what sudo itself decides comes behind it. */
static struct str sudo_part(struct str text, struct str key)
{
    struct str value = {0};
    struct str part;
    struct str rest = text;
    bool more = true;
    while (more) {
        text = rest;
        more = syslog_split(text, STR(" ; "), &part, &rest);
        part = more ? part : text;
        if (str_starts_with(part, key)) {
            value = str_trim(str_slice(part, key.len, part.len));
        }
    }
    return value;
}

/* USER : [reason ; ]TTY=.. ; PWD=.. ; USER=.. ; COMMAND=.. */
void syslog_parse_sudo(const struct syslog_event *to, struct str message)
{
    static const struct {
        const char *key;
        enum syslog_field own;
        enum syslog_field sigma;
    } parts[] = {{"TTY=", SYSLOG_TTY, SYSLOG_SIGMA_TTY},
                 {"PWD=", SYSLOG_DIRECTORY, SYSLOG_SIGMA_PWD},
                 {"USER=", SYSLOG_TARGET_USER, SYSLOG_SIGMA_USER}};
    struct str user;
    struct str rest;
    if (!syslog_split(message, STR(" : "), &user, &rest)) {
        return;
    }
    syslog_add(to, SYSLOG_USER, str_trim(user));
    syslog_add(to, SYSLOG_ACTION, STR("sudo"));
    struct str command = {0};
    struct str front = rest;
    if (syslog_split(rest, STR(" ; COMMAND="), &front, &command)) {
        syslog_add(to, SYSLOG_COMMAND, command);
        syslog_add(to, SYSLOG_SIGMA_COMMAND, command);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (syslog_wants(to, parts[i].own) || syslog_wants(to, parts[i].sigma)) {
            struct str value = sudo_part(front, str_of(parts[i].key));
            syslog_add(to, parts[i].own, value);
            syslog_add(to, parts[i].sigma, value);
        }
    }
    bool refused = !str_starts_with(rest, STR("TTY=")) && !str_starts_with(rest, STR("PWD=")) &&
                   !str_starts_with(rest, STR("HOST="));
    syslog_add(to, SYSLOG_OUTCOME, refused ? STR("failure") : STR("success"));
}

static void add_su(const struct syslog_event *to, struct str user, struct str target, bool success)
{
    syslog_add(to, SYSLOG_ACTION, STR("su"));
    syslog_add(to, SYSLOG_USER, user);
    syslog_add(to, SYSLOG_TARGET_USER, target);
    syslog_add(to, SYSLOG_OUTCOME, success ? STR("success") : STR("failure"));
}

/* BSD: [BAD SU ]USER to TARGET on TTY */
static void parse_su_bsd(const struct syslog_event *to, struct str message)
{
    static const struct str bad = {"BAD SU ", 7};
    bool refused = str_starts_with(message, bad);
    struct str user;
    struct str target;
    struct str tty;
    message = refused ? str_slice(message, bad.len, message.len) : message;
    if (syslog_split(message, STR(" to "), &user, &message) &&
        syslog_split(message, STR(" on "), &target, &tty) &&
        str_find_byte(user, ' ') == STR_NOT_FOUND && str_find_byte(target, ' ') == STR_NOT_FOUND) {
        add_su(to, user, target, !refused);
    }
}

void syslog_parse_su(const struct syslog_event *to, struct str message)
{
    struct str a;
    struct str b;
    struct str user;
    struct str tty;
    if (str_starts_with(message, STR("session ")) ||
        str_starts_with(message, STR("authentication"))) {
        syslog_parse_pam(to, message);
    } else if (str_starts_with(message, STR("'su ")) &&
               syslog_split(message, STR("' failed for "), &a, &b)) {
        user = syslog_until(b, " ");
        add_su(to, user, str_slice(a, 4, a.len), false);
    } else if ((str_starts_with(message, STR("(to ")) ||
                str_starts_with(message, STR("FAILED SU (to "))) &&
               syslog_split(message, STR(") "), &a, &b)) {
        bool success = message.ptr[0] == '(';
        user = syslog_split(b, STR(" on "), &user, &tty) ? user : b;
        add_su(to, user, str_slice(a, success ? 4 : 14, a.len), success);
    } else if ((str_starts_with(message, STR("FAILED su for ")) ||
                str_starts_with(message, STR("Successful su for "))) &&
               syslog_split(message, STR(" by "), &a, &b)) {
        bool success = message.ptr[0] == 'S';
        add_su(to, b, str_slice(a, success ? 18 : 14, a.len), success);
    } else if (message.len > 2 && (message.ptr[0] == '+' || message.ptr[0] == '-') &&
               message.ptr[1] == ' ' && syslog_split_last(message, STR(" "), &a, &b) &&
               syslog_split(b, STR(":"), &a, &b)) {
        add_su(to, a, b, message.ptr[0] == '+');
    } else {
        parse_su_bsd(to, message);
    }
}
