/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_template.c - see rule_template.h.
 */
#include "cli/workbench/rule_template.h"

#include <stddef.h>

static const struct rule_template rows[] = {
    {
        "aws/cloudtrail",
        "    product: aws\n    service: cloudtrail\n",
        "attack.persistence",
        "        eventSource: iam.amazonaws.com\n        eventName: CreateUser\n",
        "userIdentity.arn",
        "{eventSource: iam.amazonaws.com, eventName: CreateUser, eventTime: \"{time}\",\n"
        "EVENT userIdentity: {arn: \"arn:aws:iam::111122223333:user/mallory\"}}",
        "{eventSource: iam.amazonaws.com, eventName: GetUser, eventTime: \"{time}\",\n"
        "EVENT userIdentity: {arn: \"arn:aws:iam::111122223333:user/mallory\"}}",
    },
    {
        "aws/s3access",
        "    product: aws\n    service: s3access\n",
        "attack.collection",
        "        operation: REST.GET.OBJECT\n        http_status: 403\n",
        "remote_ip",
        ">-\n"
        "BLOCK 79a5 bucket [{time:clf}] 198.51.100.7 - R1 REST.GET.OBJECT key \"GET /key "
        "HTTP/1.1\"\n"
        "BLOCK 403 AccessDenied 1 - 1 - \"-\" \"-\" - H - TLS - b.s3.amazonaws.com TLSv1.3 - -",
        ">-\n"
        "BLOCK 79a5 bucket [{time:clf}] 198.51.100.7 - R1 REST.GET.OBJECT key \"GET /key "
        "HTTP/1.1\"\n"
        "BLOCK 200 - 1 1 1 1 \"-\" \"-\" - H - TLS - b.s3.amazonaws.com TLSv1.3 - -",
    },
    {
        "linux/sshd",
        "    product: linux\n    service: sshd\n",
        "attack.credential-access",
        "        action: login\n        outcome: failure\n",
        "src_ip",
        "\"{time} host sshd[1]: Failed password for bob from 198.51.100.7 port 4711 ssh2\"",
        "\"{time} host sshd[1]: Accepted password for bob from 198.51.100.7 port 4711 ssh2\"",
    },
    {
        "linux/sudo",
        "    product: linux\n    service: sudo\n",
        "attack.privilege-escalation",
        "        action: sudo\n        command|startswith: '/bin/sh'\n",
        "user",
        "\"{time} host sudo: eve : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh\"",
        "\"{time} host sudo: eve : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls\"",
    },
    {
        "linux/syslog",
        "    product: linux\n    service: syslog\n",
        "attack.persistence",
        "        program: useradd\n        message|startswith: 'new user: '\n",
        "host",
        "\"{time} host useradd[1]: new user: name=eve, UID=1001, GID=1001, home=/home/eve\"",
        "\"{time} host useradd[1]: new group: name=eve, GID=1001\"",
    },
};

const struct rule_template *rule_template_find(const char *source)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].source, source) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* What both documents begin with. The title is quoted: it may hold what YAML reads otherwise. */
static void add_head(const struct rule_template *row, const struct rule_template_names *names,
                     bool correlation, struct buffer *out)
{
    buffer_add_text(out, correlation ? "title: 'Many: " : "title: '");
    for (size_t i = 0; i < names->title.len; i++) {
        buffer_add_text(out, names->title.ptr[i] == '\'' ? "'" : "");
        buffer_add_byte(out, names->title.ptr[i]);
    }
    buffer_printf(out, "'\nid: %s\nstatus: experimental\n",
                  correlation ? names->correlation_id : names->id);
    buffer_add_text(out, "description: >-\n    What happened, and why somebody should look at it.\n"
                         "author: Your name\ndate: ");
    buffer_add(out, names->date);
    buffer_printf(out, "\ntags:\n    - %s\n", row->tag);
}

void rule_template_rule(const struct rule_template *row, const struct rule_template_names *names,
                        struct buffer *out)
{
    add_head(row, names, false, out);
    buffer_printf(out, "logsource:\n%sdetection:\n    selection:\n%s", row->logsource,
                  row->selection);
    buffer_add_text(out,
                    "    condition: selection\nfalsepositives:\n    - Administration\nlevel: ");
    buffer_add_text(out, names->correlates ? "informational\n" : "medium\n");
    if (names->correlates) {
        buffer_add_text(out, "---\n");
        add_head(row, names, true, out);
        buffer_printf(out,
                      "correlation:\n    type: event_count\n    rules:\n        - %s\n"
                      "    group-by:\n        - %s\n    timespan: 10m\n    condition:\n"
                      "        gte: 5\n",
                      names->id, row->group_by);
        buffer_add_text(out, "falsepositives:\n    - Administration\nlevel: medium\n");
    }
}

/* Adds an event; its further lines are indented to stand under it. */
static void add_event(const char *event, const char *indent, struct buffer *out)
{
    struct str rest = str_of(event);
    while (rest.len > 0) {
        size_t end = str_find_byte(rest, '\n');
        struct str line = str_slice(rest, 0, end);
        bool further = str_starts_with(line, STR("EVENT ")) || str_starts_with(line, STR("BLOCK "));
        buffer_add_text(out, further ? indent : "");
        buffer_add(out, further ? str_slice(line, sizeof "EVENT " - 1, line.len) : line);
        buffer_add_byte(out, '\n');
        rest = str_slice(rest, line.len + 1, rest.len);
    }
}

static void add_repeated(const struct rule_template *row, int times, struct buffer *out)
{
    buffer_printf(out,
                  "      events:\n          - repeat: %d\n            every: 1m\n"
                  "            event: ",
                  times);
    add_event(row->found, "                ", out);
}

static void add_single(const char *event, const char *title, bool matches, struct buffer *out)
{
    buffer_printf(out, "    - title: %s\n      event: ", title);
    add_event(event, "          ", out);
    buffer_printf(out, "      match: %s\n", matches ? "true" : "false");
}

void rule_template_test(const struct rule_template *row, const struct rule_template_names *names,
                        struct buffer *out)
{
    if (strcmp(row->source, "aws/s3access") == 0) {
        buffer_add_text(out, "decoder: s3access\n");
    }
    buffer_add_text(out, "tests:\n");
    add_single(row->found, "what the rule is for", true, out);
    add_single(row->beside, "what is next to it", false, out);
    if (names->correlates) {
        buffer_add_text(out, "    - title: five within ten minutes\n");
        add_repeated(row, 5, out);
        buffer_add_text(out, "      alerts: [{count: 5}]\n    - title: four are too few\n");
        add_repeated(row, 4, out);
        buffer_add_text(out, "      alerts: []\n");
    }
}
