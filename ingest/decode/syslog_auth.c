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

/* ... from ADDRESS[ port PORT][ ssh2][: ...][ [preauth]], read from the right. */
static bool parse_tail(struct str text, struct tail *tail)
{
    struct str after;
    *tail = (struct tail){0};
    text = trim_right(text, " [preauth]");
    if (syslog_split_last(text, STR(" port "), &tail->before, &after)) {
        struct str port = syslog_until(after, " :");
        if (is_number(port)) {
            tail->port = port;
            text = tail->before;
        }
    } else {
        text = trim_right(text, " ssh2");
    }
    if (!syslog_split_last(text, STR(" from "), &tail->before, &tail->address)) {
        return false;
    }
    tail->address = syslog_until(tail->address, " ");
    return true;
}

static void add_tail(const struct syslog_event *to, const struct tail *tail)
{
    syslog_add_source(to, tail->address);
    syslog_add(to, SYSLOG_SRC_PORT, tail->port);
}

static struct str strip_invalid(struct str user)
{
    static const char *const marks[] = {"invalid user ", "illegal user ", "authenticating user "};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (str_starts_with(user, str_of(marks[i]))) {
            return str_slice(user, strlen(marks[i]), user.len);
        }
    }
    return user;
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
    struct tail tail;
    add_login(to, outcome);
    if (!syslog_split(message, STR(" for "), &method, &rest)) {
        return;
    }
    struct str word;
    if (syslog_split(method, STR(" "), &word, &method)) {
        syslog_add(to, SYSLOG_AUTH_METHOD, method);
    }
    if (parse_tail(rest, &tail)) {
        syslog_add(to, SYSLOG_USER, strip_invalid(tail.before));
        add_tail(to, &tail);
    }
}

/* [by|from] [invalid user USER |authenticating user USER ]ADDRESS port PORT */
static void parse_disconnect(const struct syslog_event *to, struct str rest)
{
    struct str before;
    struct str after;
    rest = trim_right(rest, " [preauth]");
    if (syslog_split_last(rest, STR(" port "), &before, &after) &&
        is_number(syslog_until(after, " :"))) {
        syslog_add(to, SYSLOG_SRC_PORT, syslog_until(after, " :"));
        rest = before;
    }
    if (syslog_split_last(rest, STR(" "), &before, &after)) {
        struct str user = strip_invalid(before);
        user = str_starts_with(user, STR("user ")) ? str_slice(user, 5, user.len) : user;
        syslog_add(to, SYSLOG_USER, user);
        syslog_add_source(to, after);
    } else {
        syslog_add_source(to, rest);
    }
    syslog_add(to, SYSLOG_ACTION, STR("logout"));
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
    const char *prefix;
    enum {
        SSHD_FAILED,
        SSHD_ACCEPTED,
        SSHD_INVALID,
        SSHD_CLOSED,
        SSHD_RECEIVED,
        SSHD_NO_VERSION,
        SSHD_TOO_MANY,
        SSHD_BREAK_IN,
        SSHD_NOT_ALLOWED,
        SSHD_PAM
    } kind;
};

static const struct sshd_row sshd_table[] = {
    {"Failed ", SSHD_FAILED},
    {"Accepted ", SSHD_ACCEPTED},
    {"Invalid user ", SSHD_INVALID},
    {"Illegal user ", SSHD_INVALID},
    {"input_userauth_request: invalid user ", SSHD_INVALID},
    {"Connection closed by ", SSHD_CLOSED},
    {"Connection reset by ", SSHD_CLOSED},
    {"Disconnected from ", SSHD_CLOSED},
    {"Disconnecting ", SSHD_CLOSED},
    {"Received disconnect from ", SSHD_RECEIVED},
    {"error: Received disconnect from ", SSHD_RECEIVED},
    {"Did not receive identification string from ", SSHD_NO_VERSION},
    {"error: maximum authentication attempts exceeded for ", SSHD_TOO_MANY},
    {"maximum authentication attempts exceeded for ", SSHD_TOO_MANY},
    {"reverse mapping checking getaddrinfo for ", SSHD_BREAK_IN},
    {"Address ", SSHD_BREAK_IN},
    {"User ", SSHD_NOT_ALLOWED},
    {"pam_", SSHD_PAM},
    {"PAM ", SSHD_PAM},
};

static void parse_invalid(const struct syslog_event *to, struct str rest)
{
    struct tail tail;
    struct str padded = {rest.ptr - 1, rest.len + 1}; /* with the space before an empty name */
    add_login(to, "failure");
    if (parse_tail(padded, &tail)) {
        syslog_add(to, SYSLOG_USER, str_slice(tail.before, 1, tail.before.len));
        add_tail(to, &tail);
    } else {
        syslog_add(to, SYSLOG_USER, trim_right(rest, " [preauth]"));
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

static void parse_sshd_row(const struct syslog_event *to, const struct sshd_row *row,
                           struct str message)
{
    struct str rest = str_slice(message, strlen(row->prefix), message.len);
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
    case SSHD_CLOSED:
        parse_disconnect(to, rest);
        break;
    case SSHD_RECEIVED: {
        /* The address comes first, and what the client says of its reason last. */
        struct str address = syslog_until(rest, " ");
        struct str port = str_slice(rest, address.len, rest.len);
        syslog_add(to, SYSLOG_ACTION, STR("logout"));
        if (str_starts_with(port, STR(" port "))) {
            syslog_add(to, SYSLOG_SRC_PORT, syslog_until(str_slice(port, 6, port.len), ": "));
        }
        syslog_add_source(to, trim_right(address, ":"));
        break;
    }
    case SSHD_NO_VERSION:
        syslog_add(to, SYSLOG_ACTION, STR("probe"));
        syslog_add_source(to, syslog_until(rest, " "));
        break;
    case SSHD_TOO_MANY:
        add_login(to, "failure");
        if (parse_tail(rest, &tail)) {
            syslog_add(to, SYSLOG_USER, strip_invalid(tail.before));
            add_tail(to, &tail);
        }
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
    struct str times;
    struct str inner;
    if (str_starts_with(message, STR("message repeated ")) &&
        syslog_split(message, STR(" times: [ "), &times, &inner)) {
        syslog_add(to, SYSLOG_REPEATED, str_slice(times, 17, times.len));
        message = trim_right(inner, "]");
    }
    for (size_t i = 0; i < sizeof sshd_table / sizeof sshd_table[0]; i++) {
        if (str_starts_with(message, str_of(sshd_table[i].prefix))) {
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

static void parse_session(const struct syslog_event *to, struct str text, bool opened)
{
    struct str user;
    struct str by;
    struct str rest = text;
    if (!syslog_split(rest, STR(" by "), &user, &by)) {
        user = rest;
        by = (struct str){0};
    }
    syslog_add(to, SYSLOG_ACTION, opened ? STR("session_open") : STR("session_close"));
    syslog_add(to, SYSLOG_OUTCOME, STR("success"));
    syslog_add(to, SYSLOG_USER, syslog_until(user, "("));
}

void syslog_parse_pam(const struct syslog_event *to, struct str message)
{
    struct str before;
    struct str after;
    if (syslog_split(message, STR("session opened for user "), &before, &after)) {
        parse_session(to, after, true);
    } else if (syslog_split(message, STR("session closed for user "), &before, &after)) {
        parse_session(to, after, false);
    } else if (syslog_split(message, STR("password changed for "), &before, &after)) {
        syslog_add(to, SYSLOG_ACTION, STR("password_change"));
        syslog_add(to, SYSLOG_OUTCOME, STR("success"));
        syslog_add(to, SYSLOG_USER, after);
    } else if (syslog_split(message, STR("authentication failure"), &before, &after)) {
        add_login(to, "failure");
        struct str host = value_of(after, " rhost=");
        syslog_add(to, SYSLOG_TTY, value_of(after, " tty="));
        if (host.len > 0) {
            syslog_add_source(to, host);
        }
        /* user= is the last one; the name may hold spaces. */
        if (syslog_split_last(after, STR(" user="), &before, &after)) {
            syslog_add(to, SYSLOG_USER, str_trim(after));
        }
    } else if (syslog_split(message, STR("check pass; user unknown"), &before, &after)) {
        add_login(to, "failure");
    }
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
    if (str_starts_with(message, STR("pam_"))) {
        syslog_parse_pam(to, message);
        return;
    }
    if (!syslog_split(message, STR(" : "), &user, &rest)) {
        return;
    }
    syslog_add(to, SYSLOG_USER, str_trim(user));
    syslog_add(to, SYSLOG_ACTION, STR("sudo"));
    struct str command = {0};
    struct str front = rest;
    if (syslog_split(rest, STR("COMMAND="), &front, &command)) {
        syslog_add(to, SYSLOG_COMMAND, command);
        syslog_add(to, SYSLOG_SIGMA_COMMAND, command);
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct str before;
        struct str value;
        if (syslog_split(front, str_of(parts[i].key), &before, &value)) {
            struct str end;
            value = syslog_split(value, STR(" ;"), &end, &before) ? end : str_trim(value);
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

void syslog_parse_su(const struct syslog_event *to, struct str message)
{
    struct str a;
    struct str b;
    struct str user;
    struct str tty;
    if (str_starts_with(message, STR("pam_")) || str_find(message, STR("session ")) == 0 ||
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
    } else if ((message.len > 2 && (message.ptr[0] == '+' || message.ptr[0] == '-')) &&
               message.ptr[1] == ' ' && syslog_split_last(message, STR(" "), &a, &b) &&
               syslog_split(b, STR(":"), &a, &b)) {
        add_su(to, a, b, message.ptr[0] == '+');
    }
}
