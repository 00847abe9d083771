/* SPDX-License-Identifier: Apache-2.0
 *
 * logsource_table.c - what rules' `logsource:` can name: a row for each kind of event, and those
 * that an operator gives to JSON events.
 */
#include "ingest/decode/decoder.h"

#include "base/ensure.h"
#include "base/limits.h"
#include "base/memory.h"

#include <stdio.h>

enum { BUILT_IN = 14 };

struct logsource logsource_table[BUILT_IN + LIMIT_LOGSOURCES + 1] = {
    {"aws/cloudtrail", NULL, "aws", {"cloudtrail"}},
    {"aws/s3access", NULL, "aws", {"s3access"}},
    {"json", NULL, NULL, {NULL}},
    {"linux/syslog", NULL, "linux", {"syslog"}},
    {"linux/sshd", NULL, "linux", {"sshd", "auth", "syslog"}},
    {"linux/sudo", NULL, "linux", {"sudo", "auth", "syslog"}},
    {"linux/su", NULL, "linux", {"su", "auth", "syslog"}},
    {"linux/pam", NULL, "linux", {"pam", "auth", "syslog"}},
    {"linux/cron", NULL, "linux", {"cron", "syslog"}},
    {"linux/auth", NULL, "linux", {"auth", "syslog"}},
    {"linux/kernel", NULL, "linux", {"kernel", "syslog"}},
    {"linux/clamav", NULL, "linux", {"clamav", "syslog"}},
    {"linux/vsftpd", NULL, "linux", {"vsftpd", "syslog"}},
    {"linux/guacamole", NULL, "linux", {"guacamole", "syslog"}},
};

/* Rows in use: those built in and those given. */
static uint32_t rows = BUILT_IN;

uint32_t logsource_count(void)
{
    return rows;
}

uint32_t logsource_index(const char *name)
{
    uint32_t index = 0;
    while (logsource_table[index].name != NULL && strcmp(logsource_table[index].name, name) != 0) {
        index++;
    }
    ENSURE(logsource_table[index].name != NULL);
    return index;
}

/* Takes `name=value` of text into the part of that name. False: there is no such part, or it has no
 * value, or it was there before. */
static bool take_part(struct str text, struct str parts[3])
{
    static const char *const names[] = {"category", "product", "service"};
    size_t equals = str_find_byte(text, '=');
    struct str name = str_trim(str_slice(text, 0, equals));
    struct str value = equals == STR_NOT_FOUND ? (struct str){"", 0}
                                               : str_trim(str_slice(text, equals + 1, text.len));
    for (size_t i = 0; i < 3; i++) {
        if (str_equal(name, str_of(names[i])) && value.len > 0 && parts[i].len == 0) {
            parts[i] = value;
            return true;
        }
    }
    return false;
}

static bool is_same(const char *have, struct str part)
{
    return str_equal_fold(str_of(have), part);
}

static const char *keep(struct str part)
{
    return part.len > 0 ? memory_copy_str(part) : NULL;
}

/* "linux/auditd": the parts that there are, in the order product, service, category. */
static const char *make_name(const struct str parts[3])
{
    static const size_t order[] = {1, 2, 0};
    char name[256];
    size_t len = 0;
    for (size_t i = 0; i < 3; i++) {
        struct str part = parts[order[i]];
        if (part.len > 0 && len + part.len + 2 < sizeof name) {
            len += (size_t)snprintf(name + len, sizeof name - len, "%s%.*s", len > 0 ? "/" : "",
                                    STR_ARG(part));
        }
    }
    return memory_copy_str((struct str){name, len});
}

int logsource_give(const char *text, uint32_t *index, struct err *err)
{
    struct str rest = str_of(text);
    struct str parts[3] = {{0}};
    bool more = true;
    while (more) {
        size_t comma = str_find_byte(rest, ',');
        if (!take_part(str_slice(rest, 0, comma), parts)) {
            return err_set(err, ERR_CONFIG,
                           "'%s' is no log source: write product=.., service=.., category=.., with "
                           "commas between, each at most once",
                           text);
        }
        more = comma != STR_NOT_FOUND;
        rest = more ? str_slice(rest, comma + 1, rest.len) : rest;
    }
    for (uint32_t i = BUILT_IN; i < rows; i++) {
        const struct logsource *row = &logsource_table[i];
        if (is_same(row->category, parts[0]) && is_same(row->product, parts[1]) &&
            is_same(row->services[0], parts[2])) {
            *index = i;
            return 0;
        }
    }
    if (rows == BUILT_IN + LIMIT_LOGSOURCES) {
        return err_set(err, ERR_CONFIG, "more than %d log sources are given", LIMIT_LOGSOURCES);
    }
    *index = rows++;
    logsource_table[*index] =
        (struct logsource){make_name(parts), keep(parts[0]), keep(parts[1]), {keep(parts[2])}};
    return 0;
}
