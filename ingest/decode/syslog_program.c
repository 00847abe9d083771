/* SPDX-License-Identifier: Apache-2.0
 *
 * syslog_program.c - the programs whose messages are read: a row of names, logsource and reader.
 */
#include "ingest/decode/syslog_internal.h"

/* (user) CMD (command), (user) RELOAD (file), (user) BEGIN EDIT (user) */
static void parse_cron(const struct syslog_event *to, struct str message)
{
    struct str user;
    struct str rest;
    if (!str_starts_with(message, STR("(")) ||
        !syslog_split(str_slice(message, 1, message.len), STR(") "), &user, &rest)) {
        return;
    }
    syslog_add(to, SYSLOG_USER, user);
    if (str_starts_with(rest, STR("CMD ("))) {
        struct str command = str_slice(rest, 5, rest.len);
        command =
            str_ends_with(command, STR(")")) ? str_slice(command, 0, command.len - 1) : command;
        syslog_add(to, SYSLOG_COMMAND, str_trim(command));
        syslog_add(to, SYSLOG_ACTION, STR("cron_command"));
    } else if (str_find(rest, STR("EDIT")) != STR_NOT_FOUND ||
               str_starts_with(rest, STR("REPLACE"))) {
        syslog_add(to, SYSLOG_ACTION, STR("cron_change"));
    }
}

/* key=value or key='value' up to a comma. */
static struct str value_of(struct str message, const char *key)
{
    struct str before;
    struct str after;
    return syslog_split(message, str_of(key), &before, &after) ? syslog_until(after, ",'")
                                                               : (struct str){0};
}

/* useradd, usermod, userdel, groupadd, passwd, chage ... */
static void parse_accounts(const struct syslog_event *to, struct str message)
{
    static const struct {
        const char *prefix;
        const char *key;
        const char *action;
    } rows[] = {
        {"new user: ", "name=", "user_add"},
        {"new account ", "name=", "user_add"},
        {"new group: ", "name=", "group_add"},
        {"add '", "add '", "user_change"},
        {"change user '", "user '", "user_change"},
        {"lock user '", "user '", "user_change"},
        {"unlock user '", "user '", "user_change"},
        {"group added to ", "name=", "group_add"},
        {"group '", "group '", "group_delete"},
        {"delete user '", "user '", "user_delete"},
        {"removed group '", "group '", "group_delete"},
    };
    struct str before;
    struct str after;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (str_starts_with(message, str_of(rows[i].prefix))) {
            syslog_add(to, SYSLOG_ACTION, str_of(rows[i].action));
            syslog_add(to, SYSLOG_TARGET_USER, value_of(message, rows[i].key));
            syslog_add(to, SYSLOG_OUTCOME, STR("success"));
            return;
        }
    }
    if (str_starts_with(message, STR("password for '")) &&
        syslog_split(message, STR("'"), &before, &after)) {
        syslog_add(to, SYSLOG_ACTION, STR("password_change"));
        syslog_add(to, SYSLOG_TARGET_USER, syslog_until(after, "'"));
        syslog_add(to, SYSLOG_OUTCOME, STR("success"));
        return;
    }
    syslog_parse_pam(to, message);
}

/* A packet as the kernel's netfilter logs it: IN=eth0 OUT= SRC=.. DST=.. PROTO=TCP SPT=.. DPT=.. */
static void parse_packet(const struct syslog_event *to, struct str message)
{
    static const struct {
        const char *key;
        enum syslog_field field;
    } parts[] = {{" DST=", SYSLOG_DST_IP},
                 {" SPT=", SYSLOG_SRC_PORT},
                 {" DPT=", SYSLOG_DST_PORT},
                 {" PROTO=", SYSLOG_PROTOCOL}};
    struct str before;
    struct str after;
    if (!syslog_split(message, STR(" SRC="), &before, &after)) {
        return;
    }
    syslog_add(to, SYSLOG_ACTION, STR("packet"));
    syslog_add_source(to, syslog_until(after, " "));
    struct str packet = {after.ptr - 1, after.len + 1};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (syslog_wants(to, parts[i].field) &&
            syslog_split(packet, str_of(parts[i].key), &before, &after)) {
            syslog_add(to, parts[i].field, syslog_until(after, " "));
        }
    }
}

static void parse_kernel(const struct syslog_event *to, struct str message)
{
    if (str_find(message, STR("entered promiscuous mode")) != STR_NOT_FOUND) {
        syslog_add(to, SYSLOG_ACTION, STR("promiscuous_on"));
    } else if (str_find(message, STR("left promiscuous mode")) != STR_NOT_FOUND) {
        syslog_add(to, SYSLOG_ACTION, STR("promiscuous_off"));
    } else {
        parse_packet(to, message);
    }
}

/* systemd-logind: New session 4711 of user deploy. */
static void parse_login(const struct syslog_event *to, struct str message)
{
    struct str before;
    struct str after;
    if (str_starts_with(message, STR("New session ")) &&
        syslog_split(message, STR(" of user "), &before, &after)) {
        syslog_add(to, SYSLOG_ACTION, STR("session_open"));
        syslog_add(to, SYSLOG_USER,
                   str_ends_with(after, STR(".")) ? str_slice(after, 0, after.len - 1) : after);
        return;
    }
    syslog_parse_pam(to, message);
}

struct program_row {
    struct str name;
    const char *logsource;
    void (*parse)(const struct syslog_event *to, struct str message);
};

#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct program_row program_table[] = {
    {NAME("sshd"), "linux/sshd", syslog_parse_sshd},
    {NAME("sshd-session"), "linux/sshd", syslog_parse_sshd},
    {NAME("sudo"), "linux/sudo", syslog_parse_sudo},
    {NAME("su"), "linux/su", syslog_parse_su},
    {NAME("cron"), "linux/cron", parse_cron},
    {NAME("crond"), "linux/cron", parse_cron},
    {NAME("crontab"), "linux/cron", parse_cron},
    {NAME("anacron"), "linux/cron", parse_cron},
    {NAME("kernel"), "linux/kernel", parse_kernel},
    {NAME("useradd"), "linux/auth", parse_accounts},
    {NAME("usermod"), "linux/auth", parse_accounts},
    {NAME("userdel"), "linux/auth", parse_accounts},
    {NAME("groupadd"), "linux/auth", parse_accounts},
    {NAME("groupmod"), "linux/auth", parse_accounts},
    {NAME("groupdel"), "linux/auth", parse_accounts},
    {NAME("passwd"), "linux/auth", parse_accounts},
    {NAME("chpasswd"), "linux/auth", parse_accounts},
    {NAME("chage"), "linux/auth", parse_accounts},
    {NAME("login"), "linux/auth", syslog_parse_pam},
    {NAME("systemd-logind"), "linux/auth", parse_login},
    {NAME("polkitd"), "linux/auth", syslog_parse_pam},
    {NAME("gdm"), "linux/auth", syslog_parse_pam},
    {NAME("clamd"), "linux/clamav", NULL},
    {NAME("clamscan"), "linux/clamav", NULL},
    {NAME("freshclam"), "linux/clamav", NULL},
    {NAME("vsftpd"), "linux/vsftpd", NULL},
    {NAME("guacd"), "linux/guacamole", NULL},
    {NAME("guacamole"), "linux/guacamole", NULL},
    /* Everybody else: by what the message is. */
    {NAME(""), "linux/pam", syslog_parse_pam},
    {NAME(""), "linux/syslog", NULL},
};
_Static_assert(2 * sizeof program_table / sizeof program_table[0] < SYSLOG_PROGRAM_SLOTS,
               "the look-up by name has to find a free slot soon");
enum {
    PROGRAM_ROWS = sizeof program_table / sizeof program_table[0],
    PROGRAM_OTHER = PROGRAM_ROWS - 1,
    PROGRAM_PAM = PROGRAM_ROWS - 2
};

uint32_t syslog_program_count(void)
{
    return PROGRAM_ROWS;
}

/* Where the search for a name begins. Names differ enough in their length and ends. */
static size_t first_slot(struct str name)
{
    size_t first = byte_lower((unsigned char)name.ptr[0]);
    size_t last = byte_lower((unsigned char)name.ptr[name.len - 1]);
    return (name.len * 16 + first + last * 4) % SYSLOG_PROGRAM_SLOTS;
}

void syslog_program_bind(struct syslog_bound *bound)
{
    for (size_t i = 0; i < PROGRAM_ROWS; i++) {
        bound->logsources[i] = logsource_index(program_table[i].logsource);
    }
    for (size_t i = 0; i < PROGRAM_PAM; i++) {
        size_t slot = first_slot(program_table[i].name);
        while (bound->programs[slot] != 0) {
            slot = (slot + 1) % SYSLOG_PROGRAM_SLOTS;
        }
        bound->programs[slot] = (uint8_t)(i + 1);
    }
}

/* What systems put before the text: the kernel's [12345.678901], Solaris' [ID 800047 auth.info]. */
static struct str skip_stamp(struct str message)
{
    struct str before;
    struct str after;
    bool stamped = message.len > 1 && message.ptr[0] == '[' &&
                   (message.ptr[1] == ' ' || byte_is_digit(message.ptr[1]) ||
                    str_starts_with(message, STR("[ID "))) &&
                   syslog_split(message, STR("] "), &before, &after);
    return stamped ? after : message;
}

/* "message repeated N times: [ text]" gives the text; "last message repeated N times" nothing. */
static struct str take_repeated(const struct syslog_event *to, struct str message)
{
    static const struct str whole = {"message repeated ", 17};
    static const struct str last = {"last message repeated ", 22};
    struct str times;
    struct str inner;
    uint64_t number = 0;
    if (str_starts_with(message, whole) &&
        syslog_split(message, STR(" times: [ "), &times, &inner)) {
        times = str_slice(times, whole.len, times.len);
        if (str_to_u64(times, &number)) {
            syslog_add(to, SYSLOG_REPEATED, times);
            return str_ends_with(inner, STR("]")) ? str_slice(inner, 0, inner.len - 1) : inner;
        }
    } else if (str_starts_with(message, last)) {
        times = syslog_until(str_slice(message, last.len, message.len), " ");
        syslog_add(to, SYSLOG_REPEATED, str_to_u64(times, &number) ? times : (struct str){0});
    }
    return message;
}

static size_t find_program(const struct syslog_bound *bound, struct str name, bool by_pam)
{
    const char *folder = name.len == 0 ? NULL : memrchr(name.ptr, '/', name.len);
    if (folder != NULL) {
        name = str_slice(name, (size_t)(folder - name.ptr) + 1, name.len); /* /usr/sbin/CRON */
    }
    size_t slot = name.len == 0 ? SYSLOG_PROGRAM_SLOTS : first_slot(name);
    while (slot < SYSLOG_PROGRAM_SLOTS && bound->programs[slot] != 0) {
        size_t row = (size_t)bound->programs[slot] - 1;
        if (str_equal_fold(name, program_table[row].name)) {
            return row;
        }
        slot = (slot + 1) % SYSLOG_PROGRAM_SLOTS;
    }
    return by_pam || str_starts_with(name, STR("pam_")) ? PROGRAM_PAM : PROGRAM_OTHER;
}

uint32_t syslog_program_parse(const struct syslog_event *to, const struct syslog_header *header)
{
    struct str message = take_repeated(to, header->message);
    /* A PAM module speaks in its program's name. */
    bool by_pam = str_starts_with(header->module, STR("pam_")) ||
                  str_starts_with(message, STR("pam_")) || str_starts_with(message, STR("(pam_"));
    size_t index = find_program(to->bound, header->program, by_pam);
    const struct program_row *row = &program_table[index];
    if (!to->wanted->said) {
        return to->bound->logsources[index];
    }
    if (by_pam) {
        syslog_parse_pam(to, message);
    } else if (row->parse != NULL) {
        row->parse(to, skip_stamp(message));
    }
    return to->bound->logsources[index];
}
