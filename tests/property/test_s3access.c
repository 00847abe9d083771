/* SPDX-License-Identifier: Apache-2.0
 *
 * test_s3access.c - whatever bytes a request's sender puts into target, referer, user agent and
 * host, the fields that S3 writes stay what they are; and both ways to split a line agree.
 */
#include "tests/decoding.h"
#include "tests/guarded.h"
#include "tests/s3access_agree.h"

#include "base/buffer.h"

#include <stdio.h>

#define OWNER   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HOST_ID "aB3+dEf6hIj9LmN2pQrS5tUv8xYz1aB3dEf6/IjLmN2pQrS5tUv8xYz1aB3dEf6hIj9LmN2pQrS="
#define ROUNDS  40000

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % below;
}

/* The bytes of every separator, and pieces of the fields that somebody might want to forge. */
static const char *const parts[] = {"\"",
                                    " ",
                                    "\" ",
                                    " \"",
                                    "\" \"",
                                    "-",
                                    "\"-\"",
                                    "\" - ",
                                    "[",
                                    "]",
                                    "\\",
                                    "\\\"",
                                    "a",
                                    "/",
                                    "?",
                                    "%20",
                                    "=",
                                    "HTTP/1.1",
                                    " HTTP/1.1\"",
                                    "200",
                                    " 500 Forged 9 9 9 9 ",
                                    "\" 500 - 9 9 9 9 \"",
                                    "FORGEDHOSTID",
                                    "SigV4",
                                    "AuthHeader",
                                    "TLSv1.9",
                                    "\" TLSv1.9 - - r9",
                                    "\" - FORGEDHOSTID SigV4 C AuthHeader h TLSv1.9 - - r9",
                                    "REST.DELETE.BUCKET",
                                    "\xff",
                                    "\x01",
                                    "[06/Feb/2020:00:00:00 +0000]",
                                    "Yes",
                                    "arn:aws:s3:r:1:accesspoint/a"};
#define PARTS (sizeof parts / sizeof parts[0])

/* without: bytes that the place can't have. */
static void draw_bytes(struct buffer *out, const char *without)
{
    buffer_clear(out);
    for (uint32_t n = draw(8); n > 0; n--) {
        const char *part = parts[draw(PARTS)];
        for (; *part != '\0'; part++) {
            if (strchr(without, *part) == NULL) {
                buffer_add_byte(out, *part);
            }
        }
    }
}

struct attack {
    struct buffer target;
    struct buffer referer;
    struct buffer agent;
    struct buffer host;
    struct buffer line;
};

/* What the server writes differs as well: signatures that are not known yet, lines of every age. */
static void draw_line(struct attack *attack, const char **signature, uint32_t *behind_host)
{
    static const char *const signatures[] = {"SigV4", "SigV2", "SigV9"};
    static const char *const tails[] = {"TLSv1.2", "TLSv1.2 -", "TLSv1.2 - Yes", "TLSv1.2 - - r1",
                                        "TLSv1.2 arn:aws:s3:r1:1:accesspoint/a Yes r1 new"};
    *signature = signatures[draw(3)];
    *behind_host = draw(5);
    struct buffer *line = &attack->line;
    buffer_clear(line);
    buffer_add_text(line, OWNER " photos [06/Feb/2026:00:00:38 +0000] 192.0.2.3 ann 3E57427F33A59F "
                                "REST.GET.OBJECT a/b.jpg \"GET /");
    buffer_add(line, buffer_str(&attack->target));
    buffer_add_text(line, " HTTP/1.1\" 200 - 17 34 51 68 \"");
    buffer_add(line, buffer_str(&attack->referer));
    buffer_add_text(line, "\" \"");
    buffer_add(line, buffer_str(&attack->agent));
    buffer_printf(line, "\" V7 " HOST_ID " %s C AuthHeader h", *signature);
    buffer_add(line, buffer_str(&attack->host));
    buffer_printf(line, " %s", tails[*behind_host]);
}

static void check_line(struct decoding *decoding, const struct attack *attack,
                       const char *signature, uint32_t behind_host)
{
    assert_int_equal(decode_text(decoding, buffer_str(&attack->line)), DECODE_EVENT);
    assert_int_equal(decoding->event.flags, 0);
    assert_field(decoding, "bucket_owner", OWNER);
    assert_field(decoding, "bucket", "photos");
    assert_field(decoding, "remote_ip", "192.0.2.3");
    assert_field(decoding, "requester", "ann");
    assert_field(decoding, "operation", "REST.GET.OBJECT");
    assert_field(decoding, "key", "a/b.jpg");
    assert_field(decoding, "http_status", "200");
    assert_field_null(decoding, "error_code");
    assert_field(decoding, "total_time", "51");
    assert_field(decoding, "version_id", "V7");
    assert_field(decoding, "host_id", HOST_ID);
    assert_field(decoding, "signature_version", signature);
    assert_field(decoding, "authentication_type", "AuthHeader");
    assert_field(decoding, "tls_version", "TLSv1.2");
    assert_field(decoding, "source_region", behind_host >= 3 ? "r1" : "");
    assert_field(decoding, "extra", behind_host == 4 ? "new" : "");
    /* target and host are what was sent; so are referer and user agent, up to who has which part */
    assert_true(str_equal(str_slice(field_text(decoding, "host_header"), 1, SIZE_MAX),
                          buffer_str(&attack->host)));
    struct str uri = field_text(decoding, "request_uri");
    assert_true(str_equal(str_slice(uri, 5, uri.len - 5 - 9), buffer_str(&attack->target)));
    struct str agent = field_text(decoding, "user_agent");
    assert_true(str_ends_with(agent, buffer_str(&attack->agent)) ||
                str_equal(buffer_str(&attack->agent), STR("-")));
}

static void run(const char *not_in_target, const char *not_in_host)
{
    struct decoding decoding;
    struct attack attack = {0};
    decoding_start(&decoding, NULL);
    for (random_state = 1; random_state <= ROUNDS;) {
        uint64_t seed = random_state;
        const char *signature = NULL;
        uint32_t behind_host = 0;
        random_state *= UINT64_C(0x9e3779b97f4a7c15);
        draw_bytes(&attack.target, not_in_target);
        draw_bytes(&attack.referer, "");
        draw_bytes(&attack.agent, "");
        draw_bytes(&attack.host, not_in_host);
        draw_line(&attack, &signature, &behind_host);
        /* a quote at the host's end can be told from the user agent's only by known signatures */
        if (attack.host.len == 0 || strcmp(signature, "SigV9") != 0 ||
            attack.host.ptr[attack.host.len - 1] != '"') {
            check_line(&decoding, &attack, signature, behind_host);
        }
        random_state = seed + 1;
    }
    buffer_release(&attack.target);
    buffer_release(&attack.referer);
    buffer_release(&attack.agent);
    buffer_release(&attack.host);
    buffer_release(&attack.line);
    decoding_stop(&decoding);
}

static void senders_write_their_own_fields_only(void **state)
{
    (void)state;
    run(" ", " ");
}

/* No server takes a target with spaces; if one did, only an HTTP version could end it early. */
static void not_even_with_spaces_in_the_target(void **state)
{
    (void)state;
    run("HTP", " ");
}

/* The words and quotes of a whole line. */
static const char *const pieces[] = {OWNER,
                                     " ",
                                     "photos",
                                     " ",
                                     "[06/Feb/2026:00:00:38 +0000]",
                                     " ",
                                     "192.0.2.3",
                                     " ",
                                     "ann",
                                     " ",
                                     "3E5",
                                     " ",
                                     "REST.GET.OBJECT",
                                     " ",
                                     "a/b.jpg",
                                     " ",
                                     "\"",
                                     "GET /a HTTP/1.1",
                                     "\"",
                                     " ",
                                     "200",
                                     " ",
                                     "-",
                                     " ",
                                     "17",
                                     " ",
                                     "34",
                                     " ",
                                     "51",
                                     " ",
                                     "68",
                                     " ",
                                     "\"",
                                     "http://r/",
                                     "\"",
                                     " ",
                                     "\"",
                                     "agent",
                                     "\"",
                                     " ",
                                     "V7",
                                     " ",
                                     HOST_ID,
                                     " ",
                                     "SigV4",
                                     " ",
                                     "C",
                                     " ",
                                     "AuthHeader",
                                     " ",
                                     "h",
                                     " ",
                                     "TLSv1.2",
                                     " ",
                                     "-",
                                     " ",
                                     "-"};
#define PIECES (sizeof pieces / sizeof pieces[0])

/* Something that a reader of separators could trip over in place of the piece: more than one of it,
 * none of it, another byte, another piece. */
static void add_spoiled(struct buffer *line, const char *piece)
{
    uint32_t times = draw(3) == 0 ? draw(80) : draw(3);
    for (uint32_t n = times; n > 0; n--) {
        buffer_add_text(line, piece);
    }
    if (draw(3) == 0) {
        buffer_add_byte(line, (char)draw(256));
    }
    if (draw(3) == 0) {
        buffer_add_text(line, parts[draw(PARTS)]);
    }
}

/* Days and zones that change now and then, and times that there are not. */
static const char *draw_time(void)
{
    static const char *const months[] = {"Feb", "Mar", "mar", "Xxx"};
    static char text[48];
    uint32_t odd = draw(40);
    (void)snprintf(text, sizeof text, "[%02u/%s/2026:%02u:%02u:%02u %c%02u00]",
                   odd == 0 ? draw(40) : 27 + draw(2), months[draw(odd == 1 ? 4 : 2)],
                   draw(odd == 2 ? 30 : 24), draw(odd == 3 ? 70 : 60), draw(odd == 4 ? 70 : 61),
                   draw(30) == 0 ? '-' : '+', draw(9) == 0 ? 5 : 0);
    return text;
}

static void draw_spoiled_line(struct buffer *line)
{
    uint32_t spoil = draw(3) + (draw(20) == 0 ? 20 : 0);
    uint32_t end = draw(4) == 0 ? draw(PIECES) : PIECES;
    buffer_clear(line);
    for (uint32_t i = 0; i < end; i++) {
        if (draw(PIECES) < spoil) {
            add_spoiled(line, pieces[i]);
        } else {
            buffer_add_text(line, pieces[i][0] == '[' ? draw_time() : pieces[i]);
        }
    }
}

/* A quote at the host's end, and a user agent of nothing but what follows one: seen from the right,
 * the fields of the server begin at either quote. */
static void a_quote_that_could_end_a_host_is_left_to_the_strict_way(void **state)
{
    (void)state;
    static const char *const behind[] = {" TLSv1.2 - -",
                                         " TLSv1.2 arn:aws:s3:r:1:accesspoint/a Yes", " - - - r1"};
    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        char line[800];
        int len = snprintf(line, sizeof line,
                           OWNER " photos [06/Feb/2026:00:00:38 +0000] 192.0.2.3 ann 3E5 "
                                 "REST.GET.OBJECT a/b.jpg \"GET /a HTTP/1.1\" 200 - 17 34 51 68 "
                                 "\"x\" \" V7 " HOST_ID " SigV4 C AuthHeader h\"%s",
                           behind[i]);
        assert_false(s3access_agree((struct str){line, (size_t)len}));
    }
}

static void both_ways_to_split_a_line_agree(void **state)
{
    (void)state;
    struct buffer line = {0};
    uint32_t taken = 0;
    random_state = 7;
    for (uint32_t round = 0; round < 10 * ROUNDS; round++) {
        draw_spoiled_line(&line);
        taken += s3access_agree(guarded_copy(buffer_str(&line))) ? 1 : 0;
    }
    /* Spoiled lines are mostly not ordinary, the others are. */
    assert_in_range(taken, 2 * ROUNDS, 8 * ROUNDS);
    buffer_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quote_that_could_end_a_host_is_left_to_the_strict_way),
        cmocka_unit_test(both_ways_to_split_a_line_agree),
        cmocka_unit_test(senders_write_their_own_fields_only),
        cmocka_unit_test(not_even_with_spaces_in_the_target),
    };
    return cmocka_run_group_tests_name("s3access", tests, NULL, NULL);
}
