/* SPDX-License-Identifier: Apache-2.0
 *
 * logsource_table.c - what rules' `logsource:` can name: a row for each kind of event.
 */
#include "ingest/decode/decoder.h"

#include "base/ensure.h"

const struct logsource logsource_table[] = {
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
    {NULL, NULL, NULL, {NULL}},
};

uint32_t logsource_count(void)
{
    return sizeof logsource_table / sizeof logsource_table[0] - 1;
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
