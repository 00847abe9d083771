/* SPDX-License-Identifier: Apache-2.0
 *
 * test_decode_s3access.c - S3 access log lines of all ages and operations, crafted ones, broken
 * ones. Each case says what some fields are: "name=value", "name" is null, "!name" is absent.
 */
#include "tests/decoding.h"

#include <stdio.h>
#include <string.h>

#define OWNER    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HOST_ID  "aB3+dEf6hIj9LmN2pQrS5tUv8xYz1aB3dEf6/IjLmN2pQrS5tUv8xYz1aB3dEf6hIj9LmN2pQrS="
#define ANA      "arn:aws:iam::111122223333:user/ana"
#define FRONT_OF OWNER " photos [06/Feb/2026:00:00:38 +0000] 192.0.2.3 "
#define FRONT    FRONT_OF ANA " 3E57427F33A59F07 "
#define CIPHER   "ECDHE-RSA-AES128-GCM-SHA256"
#define HOST     "photos.s3.eu-west-1.amazonaws.com"
#define SIGNED   " " HOST_ID " SigV4 " CIPHER " AuthHeader " HOST " TLSv1.2"
#define TAIL     " -" SIGNED " - - eu-west-1"
#define GET      FRONT "REST.GET.OBJECT a/b.jpg \"GET /a/b.jpg HTTP/1.1\" 200 - 17 34 51 68 "

#define EXPECTATIONS_MAX 14
struct example {
    const char *line;
    const char *expect[EXPECTATIONS_MAX];
};

static void check_expectation(struct decoding *decoding, const char *expect)
{
    char name[40];
    const char *equals = strchr(expect, '=');
    size_t len = equals == NULL ? strlen(expect) : (size_t)(equals - expect);
    assert_true(len < sizeof name);
    memcpy(name, expect, len);
    name[len] = '\0';
    if (name[0] == '!') {
        assert_field_absent(decoding, name + 1);
    } else if (equals == NULL) {
        assert_field_null(decoding, name);
    } else {
        assert_field(decoding, name, equals + 1);
    }
}

/* flags: what every one of the examples must have. */
static void check_examples(const struct example *examples, size_t count, uint32_t flags)
{
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    for (size_t i = 0; i < count; i++) {
        enum decode_verdict verdict = decode_text(&decoding, str_of(examples[i].line));
        if (verdict != DECODE_EVENT || decoding.event.flags != flags) {
            fail_msg("verdict %d, flags %u: %s", verdict, decoding.event.flags, examples[i].line);
        }
        assert_logsource(&decoding, "aws/s3access");
        for (int k = 0; k < EXPECTATIONS_MAX && examples[i].expect[k] != NULL; k++) {
            check_expectation(&decoding, examples[i].expect[k]);
        }
    }
    decoding_stop(&decoding);
}

#define CHECK(examples, flags)                                                                     \
    check_examples(examples, sizeof(examples) / sizeof *(examples), flags)

static void every_documented_field_has_its_name(void **state)
{
    (void)state;
    struct decoding decoding;
    static const char *const want[][2] = {
        {"bucket_owner", OWNER},
        {"bucket", "photos"},
        {"time", "06/Feb/2026:00:00:38 +0000"},
        {"remote_ip", "192.0.2.3"},
        {"requester", ANA},
        {"request_id", "3E57427F33A59F07"},
        {"operation", "REST.GET.OBJECT"},
        {"key", "2026/01/a%2520b.jpg"},
        {"request_uri", "GET /2026/01/a%20b.jpg?versionId=v1 HTTP/1.1"},
        {"http_status", "404"},
        {"error_code", "NoSuchKey"},
        {"bytes_sent", "17"},
        {"object_size", "34"},
        {"total_time", "51"},
        {"turn_around_time", "68"},
        {"referer", "https://example.org/?q=1"},
        {"user_agent", "aws-cli/2.15 Python/3.11"},
        {"version_id", "yn5YAJiwT36Rv78jGYLM71GZumWL.QWn"},
        {"host_id", HOST_ID},
        {"signature_version", "SigV4"},
        {"cipher_suite", CIPHER},
        {"authentication_type", "AuthHeader"},
        {"host_header", HOST},
        {"tls_version", "TLSv1.2"},
        {"access_point_arn", "arn:aws:s3:eu-west-1:111122223333:accesspoint/reports"},
        {"acl_required", "Yes"},
        {"source_region", "eu-west-1"},
        {"http_method", "GET"},
        {"http_path", "/2026/01/a%20b.jpg"},
        {"http_query", "versionId=v1"},
        {"http_version", "HTTP/1.1"},
        {"operation_api", "REST"},
        {"operation_method", "GET"},
        {"operation_resource", "OBJECT"},
    };
    decoding_start(&decoding, NULL);
    assert_int_equal(
        decode_text(&decoding,
                    STR(FRONT
                        "REST.GET.OBJECT 2026/01/a%2520b.jpg \"GET "
                        "/2026/01/a%20b.jpg?versionId=v1 HTTP/1.1\" 404 NoSuchKey 17 34 51 68 "
                        "\"https://example.org/?q=1\" \"aws-cli/2.15 Python/3.11\" "
                        "yn5YAJiwT36Rv78jGYLM71GZumWL.QWn" SIGNED
                        " arn:aws:s3:eu-west-1:111122223333:accesspoint/reports Yes eu-west-1")),
        DECODE_EVENT);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_field(&decoding, want[i][0], want[i][1]);
    }
    assert_field_absent(&decoding, "extra");
    assert_time(&decoding, "2026-02-06T00:00:38Z");
    assert_int_equal(decoding.event.flags, 0);
    decoding_stop(&decoding);
}

static void a_dash_is_null_and_not_absent(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {OWNER
         " photos [06/Feb/2026:00:00:38 +0000] - - 3E57427F33A59F07 REST.GET.BUCKET - \"-\" - "
         "- - - - - \"-\" \"-\" - - - - - - - - - -",
         {"remote_ip", "requester", "key", "request_uri", "http_status", "error_code",
          "object_size", "referer", "user_agent", "host_id", "tls_version", "access_point_arn",
          "acl_required", "source_region"}},
        {OWNER
         " photos [06/Feb/2026:00:00:38 +0000] - - 3E57427F33A59F07 REST.GET.BUCKET - \"-\" - "
         "- - - - - \"-\" \"-\" - - - - - - - - - -",
         {"bytes_sent", "total_time", "turn_around_time", "version_id", "signature_version",
          "cipher_suite", "authentication_type", "host_header", "!http_method", "!http_path",
          "!http_version", "!http_query", "!extra"}},
        {GET "\"-\" \"--\"" TAIL, {"user_agent=--", "referer"}},
        {GET "\"\" \"\"" TAIL, {"user_agent=", "referer=", ("host_id=" HOST_ID)}},
    };
    CHECK(examples, 0);
}

static void lines_of_every_age_are_whole(void **state)
{
    (void)state;
    static const struct example examples[] = {
        /* version_id is the last field */
        {GET "\"-\" \"S3Console/0.4\" -", {"user_agent=S3Console/0.4", "version_id", "!host_id"}},
        {GET "\"-\" \"S3Console/0.4\" V1", {"user_agent=S3Console/0.4", "version_id=V1"}},
        /* up to the host header */
        {GET "\"-\" \"x\" - " HOST_ID " SigV2 - QueryString " HOST,
         {("host_id=" HOST_ID), "signature_version=SigV2", "cipher_suite",
          "authentication_type=QueryString", ("host_header=" HOST), "!tls_version"}},
        {GET "\"-\" \"x\" -" SIGNED, {"tls_version=TLSv1.2", "!access_point_arn"}},
        {GET "\"-\" \"x\" -" SIGNED " -", {"access_point_arn", "!acl_required"}},
        {GET "\"-\" \"x\" -" SIGNED " - Yes", {"acl_required=Yes", "!source_region"}},
        {GET "\"-\" \"x\" -" SIGNED " - Yes ", {"acl_required=Yes", "!source_region"}},
        {GET "\"-\" \"x\" -" SIGNED " - - us-west-2", {"source_region=us-west-2", "!extra"}},
        /* fields that are not documented yet, and names not seen before */
        {GET "\"-\" \"x\" -" SIGNED " - - us-west-2 new1 - new3", {"extra=new1"}},
        {GET "\"-\" \"x\" - " HOST_ID " SigV9 C NewHeader " HOST " TLSv1.9 - - r1",
         {"user_agent=x", "signature_version=SigV9", "authentication_type=NewHeader",
          "tls_version=TLSv1.9", "source_region=r1"}},
        {FRONT_OF "- 3e57427f-33a5-4f07-9b1c-0a2b3c4d5e6f REST.HEAD.OBJECT k \"HEAD /k HTTP/1.1\" "
                  "200 - - 5 6 7 \"-\" \"x\"" TAIL,
         {"request_id=3e57427f-33a5-4f07-9b1c-0a2b3c4d5e6f", "requester", "http_method=HEAD"}},
        {OWNER " photos [06/Feb/2026:00:00:38 +0000] 2001:db8::7 - 3E57427F33A59F07 REST.GET.ACL - "
               "\"GET /?acl HTTP/1.1\" 403 AccessDenied 243 - 9 - \"-\" \"-\"" TAIL,
         {"remote_ip=2001:db8::7", "error_code=AccessDenied", "http_path=/", "http_query=acl",
          "key"}},
    };
    CHECK(examples, 0);
}

static void extra_fields_are_all_kept_in_order(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    decode_text(&decoding, STR(GET "\"-\" \"x\"" TAIL " new1 - new3"));
    const struct value *value = field_value(&decoding, "extra");
    assert_true(str_equal((struct str){value->ptr, value->len}, STR("new1")));
    value = event_next(&decoding.event, value);
    assert_int_equal(value->kind, VALUE_NULL);
    value = event_next(&decoding.event, value);
    assert_true(str_equal((struct str){value->ptr, value->len}, STR("new3")));
    assert_field_null(&decoding, "access_point_arn");
    assert_true(event_next(&decoding.event, value) == NULL);
    decoding_stop(&decoding);
}

static void operations_of_two_to_four_parts_are_taken_apart(void **state)
{
    (void)state;
#define BEHIND " k \"GET /k HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"x\"" TAIL
    static const struct example examples[] = {
        {FRONT "WEBSITE.GET.OBJECT" BEHIND,
         {"operation=WEBSITE.GET.OBJECT", "operation_api=WEBSITE", "operation_method=GET",
          "operation_resource=OBJECT"}},
        {FRONT "S3.CREATE.DELETEMARKER" BEHIND,
         {"operation_api=S3", "operation_method=CREATE", "operation_resource=DELETEMARKER"}},
        {FRONT "REST.POST.MULTI_OBJECT_DELETE" BEHIND,
         {"operation_method=POST", "operation_resource=MULTI_OBJECT_DELETE"}},
        {FRONT "S3.TRANSITION_SIA.OBJECT" BEHIND,
         {"operation_method=TRANSITION_SIA", "operation_resource=OBJECT"}},
        {FRONT "REST.PUT.OBJECT.TAGGING" BEHIND,
         {"operation=REST.PUT.OBJECT.TAGGING", "operation_method=PUT",
          "operation_resource=OBJECT.TAGGING"}},
        {FRONT "SOAP.CreateBucket" BEHIND,
         {"operation=SOAP.CreateBucket", "operation_api=SOAP", "operation_method=CreateBucket",
          "!operation_resource", "key=k", "http_status=200"}},
    };
#undef BEHIND
    CHECK(examples, 0);
}

/* The service itself did this, so there was no request: bare dashes instead of quoted fields. */
static void what_s3_does_itself_is_read(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {FRONT "BATCH.DELETE.OBJECT a/b.jpg - 204 - - 18 - - - - -" SIGNED " - -",
         {"operation=BATCH.DELETE.OBJECT", ("requester=" ANA), "request_id=3E57427F33A59F07",
          "key=a/b.jpg", "request_uri", "http_status=204", "object_size=18", "referer",
          "user_agent", "version_id", ("host_id=" HOST_ID), "tls_version=TLSv1.2", "!http_method"}},
        {FRONT "BATCH.DELETE.OBJECT x - 204 - - - - - - - V7" SIGNED,
         {"version_id=V7", "object_size", ("host_header=" HOST)}},
        {FRONT "REST.COPY.OBJECT_GET a.jpg - 200 - - 345 - - - - -",
         {"operation_resource=OBJECT_GET", "key=a.jpg", "object_size=345", "version_id"}},
        {FRONT_OF "AmazonS3 3E57427F33A59F07 S3.EXPIRE.OBJECT old/a.jpg \"-\" - - - 17 - - \"-\" "
                  "\"-\" - " HOST_ID " - - - - - - -",
         {"requester=AmazonS3", "key=old/a.jpg", "request_uri", "http_status", "object_size=17",
          ("host_id=" HOST_ID), "user_agent"}},
        {FRONT_OF "AmazonS3 3E57427F33A59F07 S3.EXPIRE.OBJECT old - - - - - - - - - - - -",
         {"operation=S3.EXPIRE.OBJECT", "key=old", "user_agent", "host_id"}},
        {FRONT "REST.GET.OBJECT k - 200 - 1 2 3 4 - \"agent \" 5\" -" SIGNED " - -",
         {"request_uri", "referer", "user_agent=agent \" 5", ("host_id=" HOST_ID)}},
    };
    CHECK(examples, 0);
}

static void requesters_may_have_spaces(void **state)
{
    (void)state;
#define SESSION "arn:aws:sts::111122223333:assumed-role/Admin/Ana Maria de la Cruz"
#define BEHIND  " k \"GET /k HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"x\"" TAIL
    static const struct example examples[] = {
        {FRONT_OF SESSION " 3E57427F33A59F07 REST.GET.OBJECT" BEHIND,
         {("requester=" SESSION), "request_id=3E57427F33A59F07", "operation=REST.GET.OBJECT",
          "key=k", "bucket=photos"}},
        /* a session that calls itself an operation */
        {FRONT_OF "arn:aws:sts::1:assumed-role/R/x A REST.GET.BUCKET B 3E57427F33A59F07 "
                  "REST.DELETE.OBJECT" BEHIND,
         {"requester=arn:aws:sts::1:assumed-role/R/x A REST.GET.BUCKET B",
          "operation=REST.DELETE.OBJECT", "key=k", "request_id=3E57427F33A59F07"}},
        {FRONT_OF SESSION " 3E57427F33A59F07 BATCH.DELETE.OBJECT k - 204 - - 1 - - - - -" SIGNED,
         {("requester=" SESSION), "operation=BATCH.DELETE.OBJECT", "http_status=204"}},
        /* two spaces are one */
        {OWNER "  photos  [06/Feb/2026:00:00:38 +0000]  192.0.2.3   " ANA
               "  3E57427F33A59F07 REST.GET.OBJECT" BEHIND,
         {("requester=" ANA), "request_id=3E57427F33A59F07", "bucket=photos",
          "remote_ip=192.0.2.3"}},
        {GET "\"-\" \"x\" -  " HOST_ID "  SigV4 C AuthHeader " HOST "  TLSv1.2 - -  r1",
         {("host_id=" HOST_ID), "signature_version=SigV4", "tls_version=TLSv1.2",
          "source_region=r1", "!extra"}},
    };
#undef SESSION
#undef BEHIND
    CHECK(examples, 0);
}

static void request_lines_are_parsed_from_their_ends(void **state)
{
    (void)state;
#define WITH(uri) FRONT "REST.GET.OBJECT k \"" uri "\" 400 - 1 2 3 4 \"-\" \"x\"" TAIL
    static const struct example examples[] = {
        {WITH("GET /a?b?c HTTP/1.1"), {"http_path=/a", "http_query=b?c", "http_version=HTTP/1.1"}},
        {WITH("GET /a HTTP/2"), {"http_path=/a", "http_version=HTTP/2", "!http_query"}},
        {WITH("GET /a b c HTTP/1.0"), {"http_path=/a b c", "http_version=HTTP/1.0"}},
        {WITH("GET /old"), {"request_uri=GET /old", "http_path=/old", "!http_version"}},
        {WITH("nonsense"), {"request_uri=nonsense", "!http_method", "http_status=400"}},
        {WITH(""), {"request_uri=", "http_status=400", ("host_id=" HOST_ID)}},
        {WITH("GET http://h/a HTTP/1.1"), {"http_path=http://h/a"}},
        {WITH("PROPFIND /\xff\x01 HTTP/1.1"), {"http_method=PROPFIND", "http_path=/\xff\x01"}},
    };
#undef WITH
    CHECK(examples, 0);
}

#define FORGED_TAIL "- FORGEDHOSTID SigV4 FORGED AuthHeader forged.example TLSv1.9 - - forged-1"

/* What a request's sender can't choose must not depend on what he can. */
static void nobody_writes_fields_of_others(void **state)
{
    (void)state;
    static const struct {
        const char *target; /* no spaces: a request's target can't have any */
        const char *referer;
        const char *agent;
    } attacks[] = {
        {"/\"", "-", "-"},
        {"/\"\"\"", "\"", "\""},
        {"/a\"200-\"b", "https://x/\"q\"", "Mozilla/5.0 \"(X11)\""},
        {"/HTTP/1.1\"", "-", "-"},
        {"/[06/Feb/2020:00:00:00+0000]", "[", "]"},
        {"/", "x\" \"y\" \"z", "a\" \"b"},
        {"/", "-", "x\" " FORGED_TAIL},
        {"/", "-", "x\" " FORGED_TAIL " \""},
        {"/", "-", "x\" " FORGED_TAIL "\" "},
        {"/", "x\" \"y\" " FORGED_TAIL, "z"},
        {"/", "x HTTP/1.1\" 500 Forged 9 9 9 9 \"-", "z"},
        {"/", "x HTTP/1.1\" 500 Forged 9 9 9 9 \"-\" \"y\" " FORGED_TAIL, "z"},
        {"/", "-", "x HTTP/1.1\" 500 Forged 9 9 9 9 \"-\" \"y\" " FORGED_TAIL},
        {"/", "\" 500 Forged 9 9 9 9 \"", "\" 500 Forged 9 9 9 9 \""},
        {"/\"-\"", "- - - -", "- \" - \" -"},
        {"/", "", ""},
        {"/", " ", " "},
        {"/", "\" -", "\" - -"},
        {"/", "-", "x\" TLSv1.2"},
        {"/", "-", "x\" TLSv1.9 - -"},
        {"/", "\xff\x80\x01", "\x7f\x1b[31m"},
    };
    struct decoding decoding;
    char line[2048];
    decoding_start(&decoding, NULL);
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        snprintf(line, sizeof line,
                 FRONT
                 "REST.GET.OBJECT a/b.jpg \"GET %s HTTP/1.1\" 200 - 17 34 51 68 \"%s\" \"%s\" "
                 "V7" SIGNED " - - eu-west-1",
                 attacks[i].target, attacks[i].referer, attacks[i].agent);
        assert_int_equal(decode_text(&decoding, str_of(line)), DECODE_EVENT);
        assert_int_equal(decoding.event.flags, 0);
        assert_field(&decoding, "bucket", "photos");
        assert_field(&decoding, "requester", ANA);
        assert_field(&decoding, "operation", "REST.GET.OBJECT");
        assert_field(&decoding, "key", "a/b.jpg");
        assert_field(&decoding, "http_method", "GET");
        assert_field(&decoding, "http_path", attacks[i].target);
        assert_field(&decoding, "http_version", "HTTP/1.1");
        assert_field(&decoding, "http_status", "200");
        assert_field_null(&decoding, "error_code");
        assert_field(&decoding, "turn_around_time", "68");
        assert_field(&decoding, "version_id", "V7");
        assert_field(&decoding, "host_id", HOST_ID);
        assert_field(&decoding, "host_header", HOST);
        assert_field(&decoding, "tls_version", "TLSv1.2");
        assert_field(&decoding, "source_region", "eu-west-1");
        assert_field_absent(&decoding, "extra");
        struct str agent = field_text(&decoding, "user_agent");
        assert_true(strcmp(attacks[i].agent, "-") == 0 ||
                    str_ends_with(agent, str_of(attacks[i].agent)));
    }
    decoding_stop(&decoding);
}

static void a_forged_tail_is_no_tail_when_the_true_one_is_unknown(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {GET "\"-\" \"x\" " FORGED_TAIL " \" - " HOST_ID " SigV9 C NewHeader " HOST " TLSv9 - - r1",
         {("host_id=" HOST_ID), "signature_version=SigV9", ("host_header=" HOST),
          "source_region=r1", ("user_agent=x\" " FORGED_TAIL " "), "!extra"}},
        {GET "\"-\" \"x\" " FORGED_TAIL "\" -", {"version_id", "!host_id", "!extra"}},
    };
    CHECK(examples, 0);
}

static void a_target_with_spaces_forges_no_status(void **state)
{
    (void)state;
    static const struct example examples[] = {
        {FRONT "REST.GET.OBJECT k \"GET /a\" 500 Forged 9 9 9 9 \"-\" \"y HTTP/1.1\" 200 - 1 2 3 4 "
               "\"-\" \"x\"" TAIL,
         {"http_status=200", "error_code", "total_time=3", "referer", "user_agent=x",
          "http_path=/a\" 500 Forged 9 9 9 9 \"-\" \"y"}},
    };
    CHECK(examples, 0);
}

static void host_headers_have_quotes_and_nothing_moves(void **state)
{
    (void)state;
#define HOSTED(host, rest)                                                                         \
    GET "\"-\" \"agent\" V7 " HOST_ID " SigV4 " CIPHER " AuthHeader " host " " rest
    static const struct example examples[] = {
        {HOSTED("ev\"il", "TLSv1.2 - - r1"), {"host_header=ev\"il", "user_agent=agent"}},
        {HOSTED("evil\"", "TLSv1.2 - - r1"),
         {"host_header=evil\"", "user_agent=agent", "version_id=V7", ("host_id=" HOST_ID),
          "tls_version=TLSv1.2", "source_region=r1", "!extra"}},
        {HOSTED("\"evil\"\"", "- - - r1"),
         {"host_header=\"evil\"\"", "user_agent=agent", "version_id=V7", "source_region=r1"}},
        {HOSTED("evil\"", "TLSv1.2"), {"host_header=evil\"", "tls_version=TLSv1.2"}},
        {HOSTED("evil\"", "TLSv1.2 arn:aws:s3:r1:1:accesspoint/a Yes r1 new"),
         {"host_header=evil\"", "acl_required=Yes", "extra=new"}},
    };
#undef HOSTED
    CHECK(examples, 0);
}

static void a_line_that_breaks_keeps_what_was_before(void **state)
{
    (void)state;
#define REQUEST FRONT "REST.GET.OBJECT k \"GET /k HTTP/1.1\" "
    static const struct example examples[] = {
        {FRONT "REST.GET.OBJECT", {"operation=REST.GET.OBJECT", ("requester=" ANA), "!key"}},
        {FRONT "REST.GET.OBJECT k", {"key=k", "operation=REST.GET.OBJECT", "!request_uri"}},
        {FRONT "REST.GET.OBJECT k \"GET /lo", {"key=k", "request_uri=GET /lo", "!http_status"}},
        {FRONT "REST.GET.OBJECT k \"GET /k HTTP/1.1\"", {"http_path=/k", "!http_status"}},
        {REQUEST "200 - 17", {"http_status=200", "bytes_sent=17", "!object_size"}},
        {REQUEST "200 - 17 x 3 4 \"-\" \"x\"", {"bytes_sent=17", "!object_size", "!host_id"}},
        {GET, {"turn_around_time=68", "!referer"}},
        {GET "\"https://exa", {"turn_around_time=68", "!user_agent"}},
        {GET "\"-\" \"Mozil", {"turn_around_time=68", "referer", "!user_agent"}},
        {GET "\"-\" \"Mozilla\"", {"user_agent=Mozilla", "!version_id"}},
        {FRONT "BATCH.DELETE.OBJECT k - 204 -", {"http_status=204", "key=k", "!bytes_sent"}},
    };
#undef REQUEST
    CHECK(examples, EVENT_MALFORMED);
}

static void the_place_of_the_break_is_said(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    decode_text(&decoding, STR(GET "oops"));
    assert_int_equal(decoding.event.flags, EVENT_MALFORMED);
    assert_int_equal(decoding.event.malformed_at, sizeof GET - 1);
    decode_text(&decoding, STR(FRONT "REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 17 x 1 2 \"-\""));
    assert_int_equal(decoding.event.malformed_at,
                     sizeof FRONT "REST.GET.OBJECT k \"GET /k HTTP/1.1\" 200 - 17 " - 1);
    decoding_stop(&decoding);
}

static void every_cut_of_a_line_is_an_event_or_a_fault(void **state)
{
    (void)state;
    static const char line[] = GET "\"-\" \"x y\"" TAIL;
    const size_t operation_end = sizeof FRONT "REST.GET.OBJECT" - 1;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    decoding.stream.decoder = "s3access";
    for (size_t len = 1; len < sizeof line; len++) {
        enum decode_verdict verdict = decode_text(&decoding, (struct str){line, len});
        if (len >= operation_end) {
            assert_int_equal(verdict, DECODE_EVENT);
            assert_true(decoding.event.malformed_at <= len);
            assert_field(&decoding, "operation", "REST.GET.OBJECT");
            assert_field(&decoding, "remote_ip", "192.0.2.3");
        } else if (verdict == DECODE_FAULT) {
            assert_int_equal(decoding.record.fault, RECORD_FAULT_S3ACCESS);
            assert_true(decoding.record.fault_at <= len);
        } else {
            /* REST.GET.O, cut, still has an operation's shape */
            assert_int_equal(decoding.event.flags & EVENT_MALFORMED, EVENT_MALFORMED);
        }
    }
    decoding_stop(&decoding);
}

static void a_line_that_breaks_before_its_operation_is_a_fault(void **state)
{
    (void)state;
    static const char *const lines[] = {
        OWNER " photos [06/Feb/2026:00:00:38 +0000] 192.0.2.3",
        FRONT_OF "- 3E57427F33A59F07",
        FRONT_OF "REST.GET.OBJECT",
        FRONT_OF "REST.GET.OBJECT k",
        FRONT_OF "- 3E57427F33A59F07 operation k \"GET / HTTP/1.1\" 200 - 1 2 3 4 \"-\" \"-\" -",
        OWNER " photos [06/Feb/2026:00:00:61 +0000] 192.0.2.3 - R REST.GET.OBJECT k \"-\"",
        OWNER " photos [31/Feb/2026:00:00:00 +0000] 192.0.2.3 - R REST.GET.OBJECT k \"-\"",
        OWNER " photos [06/Foo/2026:00:00:00 +0000] 192.0.2.3 - R REST.GET.OBJECT k \"-\"",
    };
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (decode_text(&decoding, str_of(lines[i])) != DECODE_FAULT ||
            decoding.record.fault != RECORD_FAULT_S3ACCESS) {
            fail_msg("not refused: %s", lines[i]);
        }
    }
    decode_text(&decoding, STR(OWNER " photos [06/Foo/2026:00:00:00 +0000] 192.0.2.3"));
    assert_int_equal(decoding.record.fault_at, sizeof OWNER " photos " - 1);
    decoding_stop(&decoding);
}

static void times_have_zones(void **state)
{
    (void)state;
    struct decoding decoding;
    decoding_start(&decoding, NULL);
#define AT(time) OWNER " b [" time "] - - R REST.GET.OBJECT k \"-\""
    decode_text(&decoding, STR(AT("06/Feb/2026:00:00:38 +0130")));
    assert_time(&decoding, "2026-02-05T22:30:38Z");
    decode_text(&decoding, STR(AT("29/Feb/2024:23:59:59 -1100")));
    assert_time(&decoding, "2024-03-01T10:59:59Z");
#undef AT
    decoding_stop(&decoding);
}

static void lines_are_recognized_by_owner_and_time(void **state)
{
    (void)state;
    char bucket[300];
    char line[800];
    struct decoding decoding;
    decoding_start(&decoding, NULL);
    memset(bucket, 'b', 255);
    bucket[255] = '\0'; /* before 2018 names of this length were allowed in us-east-1 */
    snprintf(line, sizeof line, OWNER " %s [06/Feb/2026:00:00:38 +0000] - - R REST.GET.OBJECT k -",
             bucket);
    assert_int_equal(decode_text(&decoding, str_of(line)), DECODE_EVENT);
    assert_field(&decoding, "bucket", bucket);
    assert_int_equal(decode_text(&decoding, STR(OWNER " photos 06/Feb/2026 -")), DECODE_FAULT);
    assert_int_equal(decoding.record.fault, RECORD_FAULT_UNRECOGNIZED);
    decoding_stop(&decoding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_documented_field_has_its_name),
        cmocka_unit_test(a_dash_is_null_and_not_absent),
        cmocka_unit_test(lines_of_every_age_are_whole),
        cmocka_unit_test(extra_fields_are_all_kept_in_order),
        cmocka_unit_test(operations_of_two_to_four_parts_are_taken_apart),
        cmocka_unit_test(what_s3_does_itself_is_read),
        cmocka_unit_test(requesters_may_have_spaces),
        cmocka_unit_test(request_lines_are_parsed_from_their_ends),
        cmocka_unit_test(nobody_writes_fields_of_others),
        cmocka_unit_test(a_forged_tail_is_no_tail_when_the_true_one_is_unknown),
        cmocka_unit_test(a_target_with_spaces_forges_no_status),
        cmocka_unit_test(host_headers_have_quotes_and_nothing_moves),
        cmocka_unit_test(a_line_that_breaks_keeps_what_was_before),
        cmocka_unit_test(the_place_of_the_break_is_said),
        cmocka_unit_test(every_cut_of_a_line_is_an_event_or_a_fault),
        cmocka_unit_test(a_line_that_breaks_before_its_operation_is_a_fault),
        cmocka_unit_test(times_have_zones),
        cmocka_unit_test(lines_are_recognized_by_owner_and_time),
    };
    return cmocka_run_group_tests_name("decode s3access", tests, NULL, NULL);
}
