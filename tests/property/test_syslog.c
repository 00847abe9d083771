/* SPDX-License-Identifier: Apache-2.0
 *
 * test_syslog.c - the short ways of the syslog decoder say what the long ones say: times, tags,
 * addresses, programs, and events that are made in two phases.
 */
#include "tests/decoding.h"
#include "tests/guarded.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "ingest/decode/syslog_internal.h"

#include <arpa/inet.h>
#include <stdio.h>

static uint32_t random_state = 1;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

/* A time in the usual form and what may follow it, often with one byte that is wrong. */
static size_t draw_time(char *text, size_t room)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Dec", "dec", "Foo", "Mon"};
    static const char *const behind[] = {" web-1 x: y",   " 2024 web x: y", " UTC: x is y",
                                         " Z: x is y",    " EST: longer x", ".123 web x: y",
                                         " +01:00 x y",   "+0100 x y z",    " 1.2.3.4 x: y",
                                         ":x is y and z", " ab:c: x y z",   ""};
    static const char bytes[] = " :0129a-+Z";
    int len = snprintf(text, room, "%s%s %2u %02u:%02u:%02u%s", draw(20) == 0 ? "Mon " : "",
                       months[draw(7)], draw(33), draw(25), draw(61), draw(62), behind[draw(12)]);
    if (draw(3) == 0) {
        text[draw((uint32_t)len)] = bytes[draw(sizeof bytes)];
    }
    return (size_t)len - (draw(8) == 0 ? draw((uint32_t)len) : 0);
}

static int64_t draw_reference(void)
{
    /* Around new year and leap days, so that days are cut by the inference and years change. */
    static const int64_t moments[] = {1704067200, 1709164800, 1735689600, 1740787200, 1772323200};
    int64_t days = (int64_t)draw(9) - 4;
    return (moments[draw(5)] + days * 43200 + (int64_t)draw(86400)) * TIMESTAMP_SECOND_NS;
}

static uint32_t check_times(const struct decoder_options *options)
{
    struct decoding decoding;
    uint32_t read = 0;
    decoding_start_with(&decoding, NULL, options);
    for (uint32_t round = 0; round < 100000; round++) {
        char bytes[80];
        struct str text = guarded_copy((struct str){bytes, draw_time(bytes, sizeof bytes)});
        int64_t quick_ns = 1;
        int64_t slow_ns = 1;
        uint32_t quick_flags = 0;
        uint32_t slow_flags = 0;
        if (draw(4) == 0) {
            decoding.context.reference_ns = draw_reference();
        }
        size_t quick = syslog_time_parse(&decoding.context, text, &quick_ns, &quick_flags);
        size_t slow = syslog_time_parse_any(&decoding.context, text, &slow_ns, &slow_flags);
        if (quick != slow || quick_ns != slow_ns || quick_flags != slow_flags) {
            fail_msg("%zu %zu, %lld %lld: %.*s", quick, slow, (long long)quick_ns,
                     (long long)slow_ns, STR_ARG(text));
        }
        read += slow > 0 && slow_ns != TIMESTAMP_NONE ? 1 : 0;
    }
    decoding_stop(&decoding);
    return read;
}

static void usual_times_are_read_like_every_other(void **state)
{
    (void)state;
    static const struct decoder_options options[] = {{.year = 0},
                                                     {.zone_offset_seconds = -7 * 3600},
                                                     {.zone_offset_seconds = 5400, .year = 2023}};
    for (size_t i = 0; i < 3; i++) {
        assert_in_range(check_times(&options[i]), 30000, 90000);
    }
}

static void a_tag_ends_where_a_plain_loop_ends_it(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 100000; round++) {
        char bytes[160];
        size_t len = draw(sizeof bytes);
        uint32_t odd = 1 + draw(200);
        for (size_t i = 0; i < len; i++) {
            bytes[i] = draw(odd) == 0 ? (char)draw(256) : "az09AZ-_./@+"[draw(12)];
        }
        struct str text = guarded_copy((struct str){bytes, len});
        size_t want = 0;
        while (want < len && want < 128 && bytes[want] != '\0' &&
               strchr("-_./@+0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                      bytes[want]) != NULL) {
            want++;
        }
        assert_int_equal(syslog_tag_len(text), want);
    }
}

static void an_address_is_what_inet_pton_takes(void **state)
{
    (void)state;
    uint32_t addresses = 0;
    for (uint32_t round = 0; round < 200000; round++) {
        char text[48];
        uint8_t binary[16];
        int len = snprintf(text, sizeof text, "%u.%u%s%u.%u", draw(300), draw(30),
                           draw(9) == 0 ? ":" : ".", draw(12), draw(300));
        while (draw(3) == 0) {
            text[draw((uint32_t)len)] = "0123456789.:af"[draw(14)];
        }
        bool want = inet_pton(AF_INET, text, binary) == 1 || inet_pton(AF_INET6, text, binary) == 1;
        assert_int_equal(syslog_is_address((struct str){text, (size_t)len}), want);
        addresses += want ? 1 : 0;
    }
    assert_in_range(addresses, 40000, 190000);
    assert_true(syslog_is_address(STR("fe80::1%eth0")));
    assert_true(syslog_is_address(STR("::")));
    assert_false(syslog_is_address((struct str){"1.2.3.4\0x", 9}));
    assert_false(syslog_is_address(STR("web-11")));
    assert_false(syslog_is_address(STR("")));
}

static void programs_are_known_by_name_in_any_case_and_folder(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *logsource;
    } known[] = {{"sshd", "linux/sshd"},
                 {"SSHD-Session", "linux/sshd"},
                 {"sudo", "linux/sudo"},
                 {"su", "linux/su"},
                 {"CRON", "linux/cron"},
                 {"/usr/sbin/CRON", "linux/cron"},
                 {"crond", "linux/cron"},
                 {"crontab", "linux/cron"},
                 {"anacron", "linux/cron"},
                 {"kernel", "linux/kernel"},
                 {"useradd", "linux/auth"},
                 {"usermod", "linux/auth"},
                 {"userdel", "linux/auth"},
                 {"groupadd", "linux/auth"},
                 {"groupmod", "linux/auth"},
                 {"groupdel", "linux/auth"},
                 {"passwd", "linux/auth"},
                 {"chpasswd", "linux/auth"},
                 {"chage", "linux/auth"},
                 {"login", "linux/auth"},
                 {"systemd-logind", "linux/auth"},
                 {"polkitd", "linux/auth"},
                 {"gdm", "linux/auth"},
                 {"clamd", "linux/clamav"},
                 {"clamscan", "linux/clamav"},
                 {"freshclam", "linux/clamav"},
                 {"vsftpd", "linux/vsftpd"},
                 {"guacd", "linux/guacamole"},
                 {"guacamole", "linux/guacamole"},
                 {"pam_unix", "linux/pam"},
                 {"sshe", "linux/syslog"},
                 {"shd", "linux/syslog"},
                 {"sshdx", "linux/syslog"},
                 {"sshd/", "linux/syslog"},
                 {"us", "linux/syslog"},
                 {"s", "linux/syslog"}};
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    decoding.stream.decoder = "syslog";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char line[128];
        int len = snprintf(line, sizeof line, "Feb  1 02:03:04 gate %s: x", known[i].name);
        assert_int_equal(decode_text(&decoding, (struct str){line, (size_t)len}), DECODE_EVENT);
        assert_field(&decoding, "program", known[i].name);
        assert_logsource(&decoding, known[i].logsource);
    }
    decoding_stop(&decoding);
}

static void check_same(const struct decoding *want, const struct decoding *got, const bool *fields)
{
    assert_int_equal(got->event.time_ns, want->event.time_ns);
    assert_int_equal(got->event.flags, want->event.flags);
    assert_int_equal(got->event.logsource, want->event.logsource);
    for (field_id id = 1; id <= field_count(want->fields); id++) {
        const struct value *a = event_first(&want->event, id);
        const struct value *b = event_first(&got->event, id);
        for (; fields[id] && a != NULL && b != NULL;
             a = event_next(&want->event, a), b = event_next(&got->event, b)) {
            assert_true(str_equal((struct str){a->ptr, a->len}, (struct str){b->ptr, b->len}));
            assert_int_equal(a->kind, b->kind);
        }
        assert_true(b == NULL && (a == NULL || !fields[id]));
    }
}

static const char *const lines[] = {
    "Feb  1 02:03:04 gate sshd[7]: Failed password for invalid user a from 192.0.2.7 port 22 ssh2",
    "<86>Feb  1 02:03:04 gate sshd[7]: Accepted publickey for a from 192.0.2.7 port 22 ssh2",
    "<34>1 2026-02-01T02:03:04Z gate su 7 ID [a b=\"c\"] FAILED SU (to root) ann on pts/2",
    "Feb  1 02:03:04 gate sudo:  ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
    "Feb  1 02:03:04 gate kernel: IN=eth0 SRC=192.0.2.1 DST=192.0.2.2 PROTO=TCP SPT=1 DPT=2",
    "Feb  1 02:03:04 gate sshd: message repeated 2 times: [ Invalid user x from 192.0.2.9 port 1]",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef b [06/Feb/2026:00:00:38 "
    "+0000] "
    "192.0.2.3 ann 3E5 REST.GET.OBJECT k \"GET /k?v=1 HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"agent\" - "
    "H= "
    "SigV4 C AuthHeader h TLSv1.2 - -",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef b [06/Feb/2026:00:00:38 "
    "+0000] "
    "192.0.2.3 ann 3E5 BATCH.DELETE.OBJECT k - 204 - - 1 - - - - V",
};

/* The first phase gives the fields that it is asked for and no others; the second gives all. */
static void two_phases_give_what_one_gives(void **state)
{
    (void)state;
    static const char *const names[] = {"sd.a.b", NULL};
    struct decoding whole;
    decoding_start(&whole, names);
    uint32_t count = field_count(whole.fields);
    bool *first = memory_new(count + 1, sizeof *first);
    bool *all = memory_new(count + 1, sizeof *all);
    memset(all, true, count + 1);
    for (uint32_t round = 0; round < 300; round++) {
        struct decoding narrow;
        decoding_start(&narrow, names);
        uint32_t share = 1 + draw(count);
        for (field_id id = 1; id <= count; id++) {
            first[id] = draw(share) == 0;
        }
        decoder_set_narrow(narrow.set, first, first);
        for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
            assert_int_equal(decode_text(&whole, str_of(lines[i])), DECODE_EVENT);
            assert_int_equal(decode_text(&narrow, str_of(lines[i])), DECODE_EVENT);
            assert_true(narrow.event.partial && narrow.event.decidable);
            check_same(&whole, &narrow, first);
            assert_int_equal(decoder_complete(&narrow.context, &narrow.record, &narrow.event),
                             DECODE_EVENT);
            check_same(&whole, &narrow, all);
        }
        decoding_stop(&narrow);
    }
    memory_free(first);
    memory_free(all);
    decoding_stop(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_times_are_read_like_every_other),
        cmocka_unit_test(a_tag_ends_where_a_plain_loop_ends_it),
        cmocka_unit_test(an_address_is_what_inet_pton_takes),
        cmocka_unit_test(programs_are_known_by_name_in_any_case_and_folder),
        cmocka_unit_test(two_phases_give_what_one_gives),
    };
    return cmocka_run_group_tests_name("syslog", tests, NULL, NULL);
}
