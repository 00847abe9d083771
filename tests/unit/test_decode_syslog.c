/* SPDX-License-Identifier: Apache-2.0
 *
 * test_decode_syslog.c - one line in, all its fields out: nothing missing and nothing more.
 *
 * Every line ends where a page without access begins, so that a look beyond it ends the program.
 * An event is written down as "time|name=value|name=value..", fields in the decoder's order, the
 * time followed by y (year inferred), z (zone assumed), t (no time of its own).
 */
#include "tests/decoding.h"
#include "tests/guarded.h"

#include <stdio.h>

/* 2026-03-01T12:00:00Z, unless a case says otherwise. */
#define REFERENCE "2026-03-01T12:00:00Z"

static int64_t time_of(const char *text)
{
    size_t used = 0;
    return timestamp_parse_rfc3339(str_of(text), 0, &used);
}

static void start(struct decoding *decoding, const char *reference,
                  const struct decoder_options *options)
{
    static const struct decoder_options none = {0};
    static const char *const names[] = {"sd.exampleSDID@32473.iut",
                                        "sd.exampleSDID@32473.eventSource",
                                        "sd.examplePriority@32473.class", "sd.origin.ip", NULL};
    decoding_start_with(decoding, names, options != NULL ? options : &none);
    decoding->stream = (struct stream){.name = "test", .decoder = "syslog"};
    decoding->chunk.reference_ns = time_of(reference);
}

static void decode(struct decoding *decoding, struct str line)
{
    assert_int_equal(decode_text(decoding, guarded_copy(line)), DECODE_EVENT);
}

static void describe_fields(struct decoding *decoding, const char *from, struct buffer *out)
{
    const struct event *event = &decoding->event;
    bool started = false;
    for (field_id id = 1; id <= field_count(decoding->fields); id++) {
        struct str name = field_name(decoding->fields, id);
        started = started || str_equal(name, str_of(from));
        const struct value *value = started ? event_first(event, id) : NULL;
        for (; value != NULL; value = event_next(event, value)) {
            buffer_add_byte(out, '|');
            buffer_add(out, name);
            buffer_add_byte(out, '=');
            buffer_add(out, (struct str){value->ptr, value->len});
        }
    }
    buffer_add_byte(out, '\0');
}

static void describe_header(struct decoding *decoding, struct buffer *out)
{
    char time[TIMESTAMP_TEXT_MAX];
    uint32_t flags = decoding->event.flags;
    buffer_add(out, (struct str){time, timestamp_format(decoding->event.time_ns, time)});
    buffer_add(out, str_of(flags & EVENT_YEAR_INFERRED ? "y" : ""));
    buffer_add(out, str_of(flags & EVENT_ZONE_ASSUMED ? "z" : ""));
    buffer_add(out, str_of(flags & EVENT_TIMELESS ? "t" : ""));
    describe_fields(decoding, "facility", out);
}

struct header_case {
    const char *line;
    const char *want;
};

static void check_headers(const struct header_case *cases, size_t count, const char *reference,
                          const struct decoder_options *options)
{
    struct decoding decoding;
    start(&decoding, reference, options);
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct buffer out = {0};
        decode(&decoding, str_of(cases[i].line));
        describe_header(&decoding, &out);
        if (strcmp(out.ptr, cases[i].want) != 0) {
            print_error("line %s\ngot  %s\nwant %s\n", cases[i].line, out.ptr, cases[i].want);
            wrong++;
        }
        buffer_release(&out);
    }
    decoding_stop(&decoding);
    assert_int_equal(wrong, 0);
}

#define CHECK_HEADERS(cases, reference, options)                                                   \
    check_headers(cases, sizeof(cases) / sizeof((cases)[0]), reference, options)

static const struct header_case bsd_cases[] = {
    {"<34>Feb 11 22:14:15 gate su[77]: hello", "2026-02-11T22:14:15Zyz|facility=auth|severity=crit|"
                                               "host=gate|program=su|pid=77|message=hello"},
    {"Feb  1 02:03:04 gate app: one  two ",
     "2026-02-01T02:03:04Zyz|host=gate|program=app|message=one  two "},
    {"Feb  1 02:03:04 gate app(pam_unix)[12]: x",
     "2026-02-01T02:03:04Zyz|host=gate|program=app|pid=12|message=x"},
    {"Feb  1 02:03:04 gate app(pam_unix): x",
     "2026-02-01T02:03:04Zyz|host=gate|program=app|message=x"},
    {"Feb  1 02:03:04 gate no tag here", "2026-02-01T02:03:04Zyz|host=gate|message=no tag here"},
    {"Feb  1 02:03:04 gate app[12] no colon",
     "2026-02-01T02:03:04Zyz|host=gate|message=app[12] no colon"},
    {"Feb  1 02:03:04 app[12]: no host",
     "2026-02-01T02:03:04Zyz|program=app|pid=12|message=no host"},
    {"Feb  1 02:03:04 gate /usr/sbin/CRON[9]: x",
     "2026-02-01T02:03:04Zyz|host=gate|program=/usr/sbin/CRON|pid=9|message=x"},
    {"Feb  1 02:03:04 gate syslogd 1.4.1: restart.",
     "2026-02-01T02:03:04Zyz|host=gate|program=syslogd|message=restart."},
    {"Feb  1 02:03:04 2001:db8::7 app: x",
     "2026-02-01T02:03:04Zyz|host=2001:db8::7|program=app|message=x"},
    {"Feb  1 02:03:04 192.0.2.4 app: x",
     "2026-02-01T02:03:04Zyz|host=192.0.2.4|program=app|message=x"},
    {"Feb  1 02:03:04 gate app:", "2026-02-01T02:03:04Zyz|host=gate|program=app"},
    {"Feb  1 02:03:04 gate", "2026-02-01T02:03:04Zyz|host=gate"},
    {"Feb  1 02:03:04", "2026-02-01T02:03:04Zyz"},
    {"<0>Feb 01 02:03:04 gate k: x",
     "2026-02-01T02:03:04Zyz|facility=kern|severity=emerg|host=gate|program=k|message=x"},
    {"<191>Feb  1 02:03:04 gate k: x",
     "2026-02-01T02:03:04Zyz|facility=local7|severity=debug|host=gate|program=k|message=x"},
    {"<192>Feb  1 02:03:04 gate k: x",
     "2026-03-01T12:00:00Zt|message=<192>Feb  1 02:03:04 gate k: x"},
    {"<13>Feb  1 02:03:04 --- last message repeated 3 times ---",
     "2026-02-01T02:03:04Zyz|facility=user|severity=notice|message=last message repeated 3 times "
     "---|repeated=3"},
    {"Feb  1 02:03:04 gate last message repeated 12 times",
     "2026-02-01T02:03:04Zyz|host=gate|message=last message repeated 12 times|repeated=12"},
    {"Feb  1 02:03:04 gate last message repeated x times",
     "2026-02-01T02:03:04Zyz|host=gate|message=last message repeated x times"},
};

static void bsd_lines_give_host_tag_and_text(void **state)
{
    (void)state;
    CHECK_HEADERS(bsd_cases, REFERENCE, NULL);
}

static const struct header_case time_cases[] = {
    {"Feb  1 2025 02:03:04 gate a: x", "2025-02-01T02:03:04Zz|host=gate|program=a|message=x"},
    {"2025 Feb  1 02:03:04 gate a: x", "2025-02-01T02:03:04Zz|host=gate|program=a|message=x"},
    {"Feb  1 02:03:04 2025 gate a: x", "2025-02-01T02:03:04Zz|host=gate|program=a|message=x"},
    {"Sat Feb  1 02:03:04 2025 gate a: x", "2025-02-01T02:03:04Zz|host=gate|program=a|message=x"},
    {"Feb  1 02:03:04.125 gate a: x", "2026-02-01T02:03:04.125Zyz|host=gate|program=a|message=x"},
    {"Feb  1 02:03:04,125 gate a: x", "2026-02-01T02:03:04.125Zyz|host=gate|program=a|message=x"},
    {"Feb  1 02:03:04+0130 gate a: x", "2026-02-01T00:33:04Zy|host=gate|program=a|message=x"},
    {"2026-02-01T02:03:04Z gate a: x", "2026-02-01T02:03:04Z|host=gate|program=a|message=x"},
    {"2026-02-01T02:03:04.000001-08:00 gate a: x",
     "2026-02-01T10:03:04.000001Z|host=gate|program=a|message=x"},
    {"2026-02-01 02:03:04 gate a[5]: x",
     "2026-02-01T02:03:04Zz|host=gate|program=a|pid=5|message=x"},
    {"2026-02-01 02:03:04,500 gate a: x",
     "2026-02-01T02:03:04.500Zz|host=gate|program=a|message=x"},
    {"2026-02-01 02:03:04.500-0800  gate a: x",
     "2026-02-01T10:03:04.500Z|host=gate|program=a|message=x"},
    {"*Mar  1 08:46:11.123 UTC: %SYS-5-CONFIG_I: Configured from console",
     "2026-03-01T08:46:11.123Zy|message=%SYS-5-CONFIG_I: Configured from console"},
    {"<189>42: *Mar  1 08:46:11.123 EST: %SYS-5-CONFIG_I: x",
     "2026-03-01T13:46:11.123Zy|facility=local7|severity=notice|message=%SYS-5-CONFIG_I: x"},
    {"<189>42: Mar  1 08:46:11: %LINK-3-UPDOWN: x",
     "2026-03-01T08:46:11Zyz|facility=local7|severity=notice|message=%LINK-3-UPDOWN: x"},
    {"[Sun Feb 01 02:03:04 2026] [error] text", "2026-02-01T02:03:04Zz|message=[error] text"},
    {"Feb 31 02:03:04 gate a: x", "2026-03-01T12:00:00Zyzt|host=gate|program=a|message=x"},
    {"Feb  1 25:03:04 gate a: x", "2026-03-01T12:00:00Zyzt|host=gate|program=a|message=x"},
    {"<13>a[3]: no time",
     "2026-03-01T12:00:00Zt|facility=user|severity=notice|program=a|pid=3|message=no time"},
    {"just words", "2026-03-01T12:00:00Zt|message=just words"},
    {"Mar  2 12:00:00 gate a: x", "2026-03-02T12:00:00Zyz|host=gate|program=a|message=x"},
    {"Mar  2 12:00:01 gate a: x", "2025-03-02T12:00:01Zyz|host=gate|program=a|message=x"},
};

static void times_are_read_in_every_form(void **state)
{
    (void)state;
    CHECK_HEADERS(time_cases, REFERENCE, NULL);
}

static const struct header_case rfc5424_cases[] = {
    {"<34>1 2026-02-01T02:03:04.003Z gate su 42 ID47 - hello",
     "2026-02-01T02:03:04.003Z|facility=auth|severity=crit|host=gate|program=su|pid=42|msgid=ID47|"
     "message=hello"},
    {"<165>1 2026-02-01T02:03:04-07:00 gate evntslog - ID47 [exampleSDID@32473 iut=\"3\" "
     "eventSource=\"Application\" eventID=\"1011\"][examplePriority@32473 class=\"high\"] text",
     "2026-02-01T09:03:04Z|facility=local4|severity=notice|host=gate|program=evntslog|msgid=ID47|"
     "message=text|sd.exampleSDID@32473.iut=3|sd.exampleSDID@32473.eventSource=Application|"
     "sd.examplePriority@32473.class=high"},
    {"<165>1 2026-02-01T02:03:04Z - - - - [exampleSDID@32473 iut=\"a\\\"b\\\\c\\]d\\n\"]",
     "2026-02-01T02:03:04Z|facility=local4|severity=notice|sd.exampleSDID@32473.iut=a\"b\\c]d\\n"},
    {"<165>1 2026-02-01T02:03:04Z g - - - [exampleSDID@32473 iut=\"] x\"] y",
     "2026-02-01T02:03:04Z|facility=local4|severity=notice|host=g|message=y|"
     "sd.exampleSDID@32473.iut=] x"},
    {"<14>1 2026-02-01T02:03:04Z g - - - [origin ip=\"192.0.2.1\" ip=\"192.0.2.2\"]",
     "2026-02-01T02:03:04Z|facility=user|severity=info|host=g|sd.origin.ip=192.0.2.1|"
     "sd.origin.ip=192.0.2.2"},
    {"<14>1 2026-02-01T02:03:04Z g a - - - \xEF\xBB\xBFtext",
     "2026-02-01T02:03:04Z|facility=user|severity=info|host=g|program=a|message=text"},
    {"<14>1 - - - - - -", "2026-03-01T12:00:00Zt|facility=user|severity=info"},
    {"<14>1 - - - - - - text", "2026-03-01T12:00:00Zt|facility=user|severity=info|message=text"},
    {"<14>1 2026-02-01T02:03:04Z g a 1 - - [error] text",
     "2026-02-01T02:03:04Z|facility=user|severity=info|host=g|program=a|pid=1|message=[error] "
     "text"},
    {"<14>1 2026-02-01T02:03:04Z g a 1 - - [ unclosed",
     "2026-02-01T02:03:04Z|facility=user|severity=info|host=g|program=a|pid=1|message=[ unclosed"},
    {"<14>1 2026-02-01T02:03:04Z g a 1 - [x y=\"z text",
     "2026-02-01T02:03:04Z|facility=user|severity=info|host=g|program=a|pid=1|message=[x y=\"z "
     "text"},
    {"<14>1 2026-02-01T02:03:04Z g sshd 9 - - Invalid user bob from 192.0.2.1 port 77",
     "2026-02-01T02:03:04Z|facility=user|severity=info|host=g|program=sshd|pid=9|"
     "message=Invalid user bob from 192.0.2.1 port 77|user=bob|src_ip=192.0.2.1|src_port=77|"
     "outcome=failure|action=login"},
};

static void rfc5424_lines_give_all_header_fields(void **state)
{
    (void)state;
    CHECK_HEADERS(rfc5424_cases, REFERENCE, NULL);
}

static void a_line_of_december_read_in_january_is_last_years(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        {"Dec 31 23:59:59 g a: x", "2025-12-31T23:59:59Zyz|host=g|program=a|message=x"},
        {"Jan  1 00:00:00 g a: x", "2026-01-01T00:00:00Zyz|host=g|program=a|message=x"},
        {"Jan  4 00:00:00 g a: x", "2025-01-04T00:00:00Zyz|host=g|program=a|message=x"},
        {"Feb 29 00:00:00 g a: x", "2024-02-29T00:00:00Zyz|host=g|program=a|message=x"},
    };
    CHECK_HEADERS(cases, "2026-01-02T00:00:00Z", NULL);
    static const struct header_case ahead[] = {
        {"Jan  1 00:00:30 g a: x", "2026-01-01T00:00:30Zyz|host=g|program=a|message=x"}};
    CHECK_HEADERS(ahead, "2025-12-31T23:59:59Z", NULL);
}

static void configured_year_and_zone_fill_what_the_text_lacks(void **state)
{
    (void)state;
    static const struct header_case cases[] = {
        {"Dec 31 23:59:59 g a: x", "2020-12-31T22:59:59Zyz|host=g|program=a|message=x"},
        {"Feb 29 00:30:00 g a: x", "2020-02-28T23:30:00Zyz|host=g|program=a|message=x"},
        {"Dec 31 2019 23:59:59 g a: x", "2019-12-31T22:59:59Zz|host=g|program=a|message=x"},
        {"2019-12-31 23:59:59 g a: x", "2019-12-31T22:59:59Zz|host=g|program=a|message=x"},
        {"2019-12-31T23:59:59Z g a: x", "2019-12-31T23:59:59Z|host=g|program=a|message=x"},
        {"Dec 31 23:59:59 UTC: x", "2020-12-31T23:59:59Zy|message=x"},
    };
    const struct decoder_options options = {.zone_offset_seconds = 3600, .year = 2020};
    CHECK_HEADERS(cases, REFERENCE, &options);
}

struct program_case {
    const char *program; /* as the tag has it */
    const char *message;
    const char *want; /* logsource and what the message says */
};

static void check_programs(const struct program_case *cases, size_t count)
{
    struct decoding decoding;
    start(&decoding, REFERENCE, NULL);
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct buffer out = {0};
        char line[1024];
        int len = snprintf(line, sizeof line, "Feb  1 02:03:04 gate %s: %s", cases[i].program,
                           cases[i].message);
        decode(&decoding, (struct str){line, (size_t)len});
        buffer_add(&out, str_of(logsource_table[decoding.event.logsource].name));
        describe_fields(&decoding, "user", &out);
        if (strcmp(out.ptr, cases[i].want) != 0) {
            print_error("line %s\ngot  %s\nwant %s\n", line, out.ptr, cases[i].want);
            wrong++;
        }
        buffer_release(&out);
    }
    decoding_stop(&decoding);
    assert_int_equal(wrong, 0);
}

#define CHECK_PROGRAMS(cases) check_programs(cases, sizeof(cases) / sizeof((cases)[0]))

#define LOGIN_FAILURE "|outcome=failure|action=login"
#define PASSWORD      LOGIN_FAILURE "|auth_method=password"

static const struct program_case sshd_cases[] = {
    {"sshd[1]", "Failed password for root from 192.0.2.1 port 22 ssh2",
     "linux/sshd|user=root|src_ip=192.0.2.1|src_port=22" PASSWORD},
    {"sshd-session[1]", "Failed password for invalid user bob from 2001:db8::1 port 22 ssh2",
     "linux/sshd|user=bob|src_ip=2001:db8::1|src_port=22" PASSWORD},
    {"sshd[1]", "Failed none for invalid user  from 192.0.2.1 port 22 ssh2",
     "linux/sshd|src_ip=192.0.2.1|src_port=22" LOGIN_FAILURE "|auth_method=none"},
    {"sshd[1]", "Failed keyboard-interactive/pam for a b from 192.0.2.1 port 22 ssh2",
     "linux/sshd|user=a b|src_ip=192.0.2.1|src_port=22" LOGIN_FAILURE
     "|auth_method=keyboard-interactive/pam"},
    {"sshd[1]", "Accepted publickey for deploy from 192.0.2.1 port 22 ssh2: RSA SHA256:abc",
     "linux/sshd|user=deploy|src_ip=192.0.2.1|src_port=22|outcome=success|action=login|"
     "auth_method=publickey"},
    {"sshd[1]", "Accepted password for deploy from host.example port 22 ssh2",
     "linux/sshd|user=deploy|src_host=host.example|src_port=22|outcome=success|action=login|"
     "auth_method=password"},
    {"sshd[1]", "Failed to allocate memory for x from y", "linux/sshd"},
    {"sshd[1]", "Invalid user bob from 192.0.2.1 port 22",
     "linux/sshd|user=bob|src_ip=192.0.2.1|src_port=22" LOGIN_FAILURE},
    {"sshd[1]", "Invalid user bob from 192.0.2.1",
     "linux/sshd|user=bob|src_ip=192.0.2.1" LOGIN_FAILURE},
    {"sshd[1]", "Invalid user  from 192.0.2.1 port 22",
     "linux/sshd|src_ip=192.0.2.1|src_port=22" LOGIN_FAILURE},
    {"sshd[1]", "Invalid user from 192.0.2.1", "linux/sshd|src_ip=192.0.2.1" LOGIN_FAILURE},
    {"sshd[1]", "input_userauth_request: invalid user bob [preauth]",
     "linux/sshd|user=bob" LOGIN_FAILURE},
    {"sshd[1]", "error: PAM: Authentication failure for illegal user bob from 192.0.2.1",
     "linux/sshd|user=bob|src_ip=192.0.2.1" LOGIN_FAILURE},
    {"sshd[1]", "Connection closed by 192.0.2.1 [preauth]",
     "linux/sshd|src_ip=192.0.2.1|action=logout"},
    {"sshd[1]", "Connection closed by 192.0.2.1 port 22",
     "linux/sshd|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]", "Connection closed by invalid user bob 192.0.2.1 port 22 [preauth]",
     "linux/sshd|user=bob|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]", "Connection closed by invalid user  192.0.2.1 port 22 [preauth]",
     "linux/sshd|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]", "Connection reset by authenticating user root 192.0.2.1 port 22 [preauth]",
     "linux/sshd|user=root|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]", "Disconnected from user deploy 192.0.2.1 port 22",
     "linux/sshd|user=deploy|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]",
     "Disconnecting invalid user bob 192.0.2.1 port 22: Too many authentication failures [preauth]",
     "linux/sshd|user=bob|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]", "Received disconnect from 192.0.2.1 port 22:11: disconnected by user",
     "linux/sshd|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]", "Received disconnect from 192.0.2.1: 11: Bye Bye [preauth]",
     "linux/sshd|src_ip=192.0.2.1|action=logout"},
    {"sshd[1]", "Did not receive identification string from 192.0.2.1 port 22",
     "linux/sshd|src_ip=192.0.2.1|src_port=22|action=probe"},
    {"sshd[1]",
     "error: maximum authentication attempts exceeded for invalid user bob from 192.0.2.1 port 22 "
     "ssh2 [preauth]",
     "linux/sshd|user=bob|src_ip=192.0.2.1|src_port=22" LOGIN_FAILURE},
    {"sshd[1]",
     "reverse mapping checking getaddrinfo for x.example [192.0.2.1] failed - POSSIBLE BREAK-IN "
     "ATTEMPT!",
     "linux/sshd|src_ip=192.0.2.1|action=break_in_attempt"},
    {"sshd[1]",
     "Address 192.0.2.1 maps to x.example, but this does not map back to the address - POSSIBLE "
     "BREAK-IN ATTEMPT!",
     "linux/sshd|src_ip=192.0.2.1|action=break_in_attempt"},
    {"sshd[1]", "User bob from 192.0.2.1 not allowed because not listed in AllowUsers",
     "linux/sshd|user=bob|src_ip=192.0.2.1" LOGIN_FAILURE},
    {"sshd[1]", "User bob not allowed because account is locked",
     "linux/sshd|user=bob" LOGIN_FAILURE},
    {"sshd[1]", "message repeated 5 times: [ Failed password for root from 192.0.2.1 port 22 ssh2]",
     "linux/sshd|user=root|src_ip=192.0.2.1|src_port=22" PASSWORD "|repeated=5"},
    {"sshd[1]", "[ID 800047 auth.notice] Failed none for root from 192.0.2.1 port 22 ssh2",
     "linux/sshd|user=root|src_ip=192.0.2.1|src_port=22" LOGIN_FAILURE "|auth_method=none"},
    {"sshd[1]", "fatal: Unable to negotiate with 192.0.2.1 port 22: no matching cipher found.",
     "linux/sshd|src_ip=192.0.2.1|src_port=22|action=probe"},
    {"sshd[1]", "Unable to negotiate with 192.0.2.1: no matching cipher found.",
     "linux/sshd|src_ip=192.0.2.1|action=probe"},
    {"sshd[1]", "banner exchange: Connection from 192.0.2.1 port 22: invalid format",
     "linux/sshd|src_ip=192.0.2.1|src_port=22|action=probe"},
    {"sshd[1]", "Server listening on 0.0.0.0 port 22.", "linux/sshd"},
};

static void sshd_says_who_came_from_where(void **state)
{
    (void)state;
    CHECK_PROGRAMS(sshd_cases);
}

#define FORGED "a from 203.0.113.9 port 5 ssh2"

static const struct program_case hostile_cases[] = {
    {"sshd[1]", "Failed password for invalid user " FORGED " from 192.0.2.1 port 22 ssh2",
     "linux/sshd|user=" FORGED "|src_ip=192.0.2.1|src_port=22" PASSWORD},
    {"sshd[1]", "Invalid user " FORGED " from 192.0.2.1 port 22",
     "linux/sshd|user=" FORGED "|src_ip=192.0.2.1|src_port=22" LOGIN_FAILURE},
    {"sshd[1]", "Invalid user " FORGED " from 192.0.2.1",
     "linux/sshd|user=" FORGED "|src_ip=192.0.2.1" LOGIN_FAILURE},
    {"sshd[1]", "input_userauth_request: invalid user " FORGED " [preauth]",
     "linux/sshd|user=" FORGED LOGIN_FAILURE},
    {"sshd[1]", "Connection closed by invalid user " FORGED " 192.0.2.1 port 22 [preauth]",
     "linux/sshd|user=" FORGED "|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]", "Disconnected from invalid user user bob 192.0.2.1 port 22 [preauth]",
     "linux/sshd|user=user bob|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]",
     "Disconnecting authenticating user root 192.0.2.1 port 22: Change of username or service not "
     "allowed: (root,ssh-connection) -> (a 203.0.113.9 port 5 b,ssh-connection) [preauth]",
     "linux/sshd|user=root|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]",
     "Disconnecting invalid user a 203.0.113.9 port 5: x 192.0.2.1 port 22: Change of username or "
     "service not allowed: (a,ssh-connection) -> (b,ssh-connection) [preauth]",
     "linux/sshd|action=logout"},
    {"sshd[1]",
     "Failed publickey for root from 192.0.2.1 port 22 ssh2: RSA-CERT SHA256:abc ID x from "
     "203.0.113.9 port 5 ssh2 (serial 0) CA RSA SHA256:def",
     "linux/sshd|user=root|src_ip=192.0.2.1|src_port=22" LOGIN_FAILURE "|auth_method=publickey"},
    {"sshd[1]",
     "Failed publickey for invalid user bob from 192.0.2.1 port 22 ssh2: RSA-CERT SHA256:abc ID x "
     "from 203.0.113.9 port 5 ssh2: y (serial 0) CA RSA SHA256:def",
     "linux/sshd" LOGIN_FAILURE "|auth_method=publickey"},
    {"sshd[1]", "Received disconnect from 192.0.2.1 port 22:11: bye from 203.0.113.9 port 5",
     "linux/sshd|src_ip=192.0.2.1|src_port=22|action=logout"},
    {"sshd[1]",
     "Failed password for invalid user Accepted password for root from 192.0.2.1 port 22",
     "linux/sshd|user=Accepted password for root|src_ip=192.0.2.1|src_port=22" PASSWORD},
    {"sshd[1]", "Bad protocol version identification 'x' from 203.0.113.9' from 192.0.2.1 port 22",
     "linux/sshd|src_ip=192.0.2.1|src_port=22|action=probe"},
    {"vsftpd[1]",
     "pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp "
     "ruser=x rhost=203.0.113.9 rhost=192.0.2.1  user=bob",
     "linux/vsftpd|user=bob|src_ip=192.0.2.1" LOGIN_FAILURE "|tty=ftp"},
    {"login[1]",
     "pam_unix(login:auth): authentication failure; logname= uid=0 euid=0 tty=tty1 ruser=session "
     "opened for user root rhost=",
     "linux/auth" LOGIN_FAILURE "|tty=tty1"},
    {"sudo", "bob : TTY=pts/0 ; PWD=/tmp/ ; USER=nobody ; x ; USER=root ; COMMAND=/bin/sh",
     "linux/sudo|user=bob|target_user=root|command=/bin/sh|outcome=success|action=sudo|tty=pts/0|"
     "working_directory=/tmp/|USER=root|TTY=pts/0|PWD=/tmp/|COMMAND=/bin/sh"},
};

static void a_client_cannot_write_what_the_server_writes(void **state)
{
    (void)state;
    CHECK_PROGRAMS(hostile_cases);
}

static const struct program_case become_cases[] = {
    {"sudo[1]",
     "  alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh -c a=1; b=2 ; USER=x",
     "linux/sudo|user=alice|target_user=root|command=/bin/sh -c a=1; b=2 ; USER=x|outcome=success|"
     "action=sudo|tty=pts/0|working_directory=/home/alice|USER=root|TTY=pts/0|PWD=/home/alice|"
     "COMMAND=/bin/sh -c a=1; b=2 ; USER=x"},
    {"sudo", "alice : PWD=/ ; USER=root ; GROUP=adm ; ENV=A=b ; COMMAND=list",
     "linux/sudo|user=alice|target_user=root|command=list|outcome=success|action=sudo|"
     "working_directory=/|USER=root|PWD=/|COMMAND=list"},
    {"sudo", "alice : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
     "linux/sudo|user=alice|target_user=root|command=/bin/ls|outcome=failure|action=sudo|tty=pts/0|"
     "working_directory=/|USER=root|TTY=pts/0|PWD=/|COMMAND=/bin/ls"},
    {"sudo", "alice : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
     "linux/sudo|user=alice|target_user=root|command=/bin/ls|outcome=failure|action=sudo|tty=pts/0|"
     "working_directory=/|USER=root|TTY=pts/0|PWD=/|COMMAND=/bin/ls"},
    {"sudo", "alice : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/x",
     "linux/sudo|user=alice|target_user=root|command=/x|outcome=failure|action=sudo|tty=pts/0|"
     "working_directory=/|USER=root|TTY=pts/0|PWD=/|COMMAND=/x"},
    {"sudo", "pam_unix(sudo:session): session opened for user root(uid=0) by alice(uid=1000)",
     "linux/sudo|user=root|outcome=success|action=session_open"},
    {"sudo",
     "pam_unix(sudo:auth): authentication failure; logname=bob uid=1 euid=0 tty=/dev/pts/0 "
     "ruser=bob rhost=  user=bob",
     "linux/sudo|user=bob" LOGIN_FAILURE "|tty=/dev/pts/0"},
    {"su", "'su root' failed for bob on /dev/pts/8",
     "linux/su|user=bob|target_user=root|outcome=failure|action=su"},
    {"su[1]", "(to root) bob on pts/0",
     "linux/su|user=bob|target_user=root|outcome=success|action=su"},
    {"su[1]", "FAILED SU (to root) bob on pts/0",
     "linux/su|user=bob|target_user=root|outcome=failure|action=su"},
    {"su[1]", "Successful su for root by bob",
     "linux/su|user=bob|target_user=root|outcome=success|action=su"},
    {"su[1]", "FAILED su for root by bob",
     "linux/su|user=bob|target_user=root|outcome=failure|action=su"},
    {"su", "bob to root on /dev/ttyp1",
     "linux/su|user=bob|target_user=root|outcome=success|action=su"},
    {"su", "BAD SU bob to root on /dev/ttyp1",
     "linux/su|user=bob|target_user=root|outcome=failure|action=su"},
    {"su[1]", "+ /dev/pts/0 bob:root",
     "linux/su|user=bob|target_user=root|outcome=success|action=su"},
    {"su[1]", "- ??? bob:root", "linux/su|user=bob|target_user=root|outcome=failure|action=su"},
    {"su[1]", "pam_unix(su:session): session closed for user root",
     "linux/su|user=root|outcome=success|action=session_close"},
    {"su(pam_unix)[1]", "session opened for user root by bob(uid=500)",
     "linux/su|user=root|outcome=success|action=session_open"},
    {"su[1]", "(pam_unix) session opened for user root by bob(uid=0)",
     "linux/su|user=root|outcome=success|action=session_open"},
};

static void sudo_and_su_say_who_became_whom(void **state)
{
    (void)state;
    CHECK_PROGRAMS(become_cases);
}

static const struct program_case other_cases[] = {
    {"sshd(pam_unix)[1]", "check pass; user unknown", "linux/sshd" LOGIN_FAILURE},
    {"sshd(pam_unix)[1]",
     "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=x.example  user=root",
     "linux/sshd|user=root|src_host=x.example" LOGIN_FAILURE "|tty=NODEVssh"},
    {"sshd[1]",
     "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= "
     "rhost=192.0.2.1  user=root",
     "linux/sshd|user=root|src_ip=192.0.2.1" LOGIN_FAILURE "|tty=ssh"},
    {"systemd[1]", "pam_unix(systemd-user:session): session opened for user bob by (uid=0)",
     "linux/pam|user=bob|outcome=success|action=session_open"},
    {"passwd[1]", "pam_unix(passwd:chauthtok): password changed for bob",
     "linux/auth|target_user=bob|outcome=success|action=password_change"},
    {"passwd[1]", "password for 'bob' changed by 'root'",
     "linux/auth|target_user=bob|outcome=success|action=password_change"},
    {"CRON[1]", "(root) CMD (  cd / && run-parts (x))",
     "linux/cron|user=root|command=cd / && run-parts (x)|action=cron_command"},
    {"crontab[1]", "(bob) BEGIN EDIT (bob)", "linux/cron|user=bob|action=cron_change"},
    {"crontab[1]", "(bob) REPLACE (bob)", "linux/cron|user=bob|action=cron_change"},
    {"CRON[1]", "pam_unix(cron:session): session closed for user root",
     "linux/cron|user=root|outcome=success|action=session_close"},
    {"useradd[1]", "new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/sh",
     "linux/auth|target_user=bob|outcome=success|action=user_add"},
    {"useradd[1]", "new group: name=bob, GID=1001",
     "linux/auth|target_user=bob|outcome=success|action=group_add"},
    {"groupadd[1]", "group added to /etc/group: name=ops, GID=1002",
     "linux/auth|target_user=ops|outcome=success|action=group_add"},
    {"usermod[1]", "add 'bob' to group 'sudo'",
     "linux/auth|target_user=bob|outcome=success|action=user_change"},
    {"usermod[1]", "change user 'bob' password",
     "linux/auth|target_user=bob|outcome=success|action=user_change"},
    {"usermod[1]", "unlock user 'bob' password",
     "linux/auth|target_user=bob|outcome=success|action=user_change"},
    {"userdel[1]", "delete user 'bob'",
     "linux/auth|target_user=bob|outcome=success|action=user_delete"},
    {"userdel[1]", "removed group 'bob' owned by 'bob'",
     "linux/auth|target_user=bob|outcome=success|action=group_delete"},
    {"groupdel[1]", "group 'bob' removed",
     "linux/auth|target_user=bob|outcome=success|action=group_delete"},
    {"kernel", "[   12.345678] device eth0 entered promiscuous mode",
     "linux/kernel|action=promiscuous_on"},
    {"kernel", "device eth0 left promiscuous mode", "linux/kernel|action=promiscuous_off"},
    {"kernel",
     "[12345.6] DROP IN=eth0 OUT= MAC=aa:bb SRC=192.0.2.1 DST=198.51.100.2 LEN=44 PROTO=TCP "
     "SPT=40952 DPT=23 WINDOW=1 SYN",
     "linux/kernel|src_ip=192.0.2.1|src_port=40952|dst_ip=198.51.100.2|dst_port=23|protocol=TCP|"
     "action=packet"},
    {"kernel",
     "x SRC=192.0.2.1 DST=198.51.100.2 PROTO=ICMP TYPE=3 [SRC=198.51.100.2 DST=192.0.2.1 ]",
     "linux/kernel|src_ip=192.0.2.1|dst_ip=198.51.100.2|protocol=ICMP|action=packet"},
    {"systemd-logind[1]", "New session 4711 of user bob.",
     "linux/auth|user=bob|action=session_open"},
    {"clamd[1]", "x: FOUND", "linux/clamav"},
    {"myapp", "Failed password for root from 192.0.2.1 port 22", "linux/syslog"},
};

static void other_programs_say_what_they_did(void **state)
{
    (void)state;
    CHECK_PROGRAMS(other_cases);
}

static void check_prefixes(struct decoding *decoding, struct str line)
{
    for (size_t len = 1; len <= line.len; len++) {
        enum decode_verdict verdict = decode_text(decoding, guarded_copy(str_slice(line, 0, len)));
        assert_true(verdict == DECODE_EVENT || (verdict == DECODE_FILTERED && line.ptr[0] == ' '));
    }
}

static void check_program_prefixes(struct decoding *decoding, const struct program_case *cases,
                                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char line[1024];
        int len = snprintf(line, sizeof line, "<86>Feb  1 02:03:04 gate %s: %s", cases[i].program,
                           cases[i].message);
        check_prefixes(decoding, (struct str){line, (size_t)len});
    }
}

static void every_prefix_of_every_line_is_an_event(void **state)
{
    (void)state;
    struct decoding decoding;
    start(&decoding, REFERENCE, NULL);
    for (size_t i = 0; i < sizeof bsd_cases / sizeof bsd_cases[0]; i++) {
        check_prefixes(&decoding, str_of(bsd_cases[i].line));
    }
    for (size_t i = 0; i < sizeof time_cases / sizeof time_cases[0]; i++) {
        check_prefixes(&decoding, str_of(time_cases[i].line));
    }
    for (size_t i = 0; i < sizeof rfc5424_cases / sizeof rfc5424_cases[0]; i++) {
        check_prefixes(&decoding, str_of(rfc5424_cases[i].line));
    }
    check_program_prefixes(&decoding, sshd_cases, sizeof sshd_cases / sizeof sshd_cases[0]);
    check_program_prefixes(&decoding, hostile_cases,
                           sizeof hostile_cases / sizeof hostile_cases[0]);
    check_program_prefixes(&decoding, become_cases, sizeof become_cases / sizeof become_cases[0]);
    check_program_prefixes(&decoding, other_cases, sizeof other_cases / sizeof other_cases[0]);
    decoding_stop(&decoding);
}

/* Without a configured decoder: is it syslog? */
static void content_tells_syslog_from_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum decode_verdict want;
    } cases[] = {
        {"<13>anything", DECODE_EVENT},
        {"Feb  1 02:03:04 gate a: x", DECODE_EVENT},
        {"2026-02-01T02:03:04Z gate a: x", DECODE_EVENT},
        {"2026 Feb  1 02:03:04 gate a: x", DECODE_EVENT},
        {"*Mar  1 18:46:11.123 UTC: %SYS-5-CONFIG_I: x", DECODE_EVENT},
        {"[Sun Feb 01 02:03:04 2026] [error] x", DECODE_EVENT},
        {"[error] [client 192.0.2.1] x", DECODE_FAULT},
        {"type=SYSCALL msg=audit(1.2:3): a=b", DECODE_FAULT},
        {"just words", DECODE_FAULT},
        {"<x>", DECODE_FAULT},
        {"March", DECODE_FAULT},
    };
    struct decoding decoding;
    start(&decoding, REFERENCE, NULL);
    decoding.stream.decoder = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum decode_verdict verdict = decode_text(&decoding, str_of(cases[i].line));
        if (verdict != cases[i].want) {
            print_error("line %s\n", cases[i].line);
        }
        assert_int_equal(verdict, cases[i].want);
    }
    decoding_stop(&decoding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bsd_lines_give_host_tag_and_text),
        cmocka_unit_test(times_are_read_in_every_form),
        cmocka_unit_test(rfc5424_lines_give_all_header_fields),
        cmocka_unit_test(a_line_of_december_read_in_january_is_last_years),
        cmocka_unit_test(configured_year_and_zone_fill_what_the_text_lacks),
        cmocka_unit_test(sshd_says_who_came_from_where),
        cmocka_unit_test(a_client_cannot_write_what_the_server_writes),
        cmocka_unit_test(sudo_and_su_say_who_became_whom),
        cmocka_unit_test(other_programs_say_what_they_did),
        cmocka_unit_test(every_prefix_of_every_line_is_an_event),
        cmocka_unit_test(content_tells_syslog_from_the_rest),
    };
    return cmocka_run_group_tests_name("decode_syslog", tests, NULL, NULL);
}
