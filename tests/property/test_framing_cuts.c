/* SPDX-License-Identifier: Apache-2.0
 *
 * test_framing_cuts.c - the records of a stream do not depend on where its bytes were cut.
 *
 * Each text is framed whole, then cut at every byte, in pieces of every small size, and at random;
 * records, offsets and faults must be the same each time.
 */
#include "base/buffer.h"
#include "base/memory.h"
#include "ingest/framing/framing.h"
#include "ingest/record/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct framing_options options = {.record_bytes_max = 60,
                                               .document_record_bytes_max = 90};

#define LONG_40 "0123456789012345678901234567890123456789"

static const char *const texts[] = {
    "",
    "one line\n",
    "no end",
    "a\nb\r\n\nc\n",
    "short\n" LONG_40 LONG_40 "\nafter\n" LONG_40 LONG_40 LONG_40,
    "\xEF\xBB\xBF<13>after a mark\nnext\n",
    "5 <1>ab7 <2>cdef\n4 <3>x",
    "5 <1>ab9 broken count\nline\n",
    "20 <1>truncated",
    "{\"a\":1}\n{\"a\":2}\n{\"a\":3}",
    "{\"a\":1}{\"a\":2}{\"b\":\"}{\"}\n{\"a\":3}\n",
    "{\"a\":1} {\"a\":2}\n\n\n{\"a\":3}\n",
    "{\"a\":1\n{\"a\":2}\n{\"broken\":\"\n{\"a\":3}\n",
    "{\n  \"a\": 1,\n  \"b\": [\n 2 ]\n}\n{\n \"c\": {} }\n",
    "{\"Records\":[{\"x\":1},{\"x\":\"]}\\\"\"}, "
    "{\"x\":[3,{}]}],\"tail\":{\"y\":[1,\"}\"]}}\n{\"z\":1}\n",
    "{ \"Records\" : [\n  { \"x\" : 1 },\n  { \"x\" : 2 }\n] }\n",
    "{\"first\":{\"k\":[1]},\"Records\":[{\"x\":1}]}",
    "{\"Records\":[]}",
    "{\"Records\":[{\"x\":1},{\"x\":",
    "{\"Records\":[{\"x\":1},junk,{\"x\":2}]}",
    "{\"Records\":[{\"x\":\"" LONG_40 LONG_40 LONG_40 "\"},{\"x\":2}]}",
    "[{\"x\":1},{\"x\":2}]\n[{\"x\":3}]",
    "[Thu Jun 09 06:07:04 2005] [notice] line\n[x\n",
    "{\"long\":\"" LONG_40 LONG_40 "\"}\n{\"a\":1}\n",
    "{\"long\":[\n\"" LONG_40 "\",\n\"" LONG_40 "\"\n]}\n{\"a\":1}\n",
    "{\"a\":1}\nplain line among them\n{\"a\":2}\n",
    "{\"version\":\"0\",\"detail-type\":\"t\",\"detail\":{\"x\":1}}\n{\"a\":2}\n",
    "{\"Type\":\"Notification\",\"Message\":\"{\\\"x\\\":1}\"}\n",
    "}\n{\"a\":1}\n",
    "   \n  {\"a\":1}\n",
    "\n\n<13>x\n",
    "{\"a\":\n{\"x\":1},\"Records\":[{\"x\":1},{\"x\":2}]}\n",
    "{\"ke\ny\":1,\"Records\":[{\"x\":1}]}\n",
    "[\"" LONG_40 LONG_40 LONG_40 "\",{\"x\":2},\"[\"]",
    "{\"a\":\n\\\"" LONG_40 LONG_40 "{\\{}}\\\\\"}\"}}\n{\"b\":1}\n",
    "{\"R\\u0065cords\":[{\"x\":1},{\"x\":2}]}",
    "{\"Records\":[\n{\"x\":1},\n{\"x\":2}\n]}\n",
    "{\"x\":[\n{\"x\":[\r\n\n{\"x\":1}\n",
};
#define TEXTS (sizeof texts / sizeof texts[0])

static struct stream *stream_new(void)
{
    struct stream *stream = memory_new(1, sizeof *stream);
    stream->source = "file";
    stream->name = "test";
    stream->partition = -1;
    stream->framer = framer_new(&options);
    return stream;
}

static void stream_free(struct stream *stream)
{
    framer_free(stream->framer);
    buffer_release(&stream->carry);
    memory_free(stream);
}

/* Frames one more piece of the stream, as a source would, and describes its records. */
static void feed(struct stream *stream, struct batch *batch, struct str piece, bool end,
                 struct buffer *out)
{
    /* An exact-size block, so that a sanitizer sees what is read beyond it. */
    size_t len = stream->carry.len + piece.len;
    char *block = memory_new(len, 1);
    if (stream->carry.len > 0) {
        memcpy(block, stream->carry.ptr, stream->carry.len);
    }
    if (piece.len > 0) {
        memcpy(block + stream->carry.len, piece.ptr, piece.len);
    }
    batch_clear(batch);
    struct chunk *chunk = batch_add_chunk(batch, stream, (struct str){block, len});
    chunk->offset = stream->offset;
    chunk->end = end;
    framing_run(batch, &options);
    for (uint32_t i = 0; i < batch->records_count; i++) {
        const struct record *record = &batch->records[i];
        size_t shown = record->fault == RECORD_FAULT_NONE ? record->bytes.len : 0;
        buffer_printf(out, "@%llu.%u %s/%u '%.*s'\n", (unsigned long long)record->offset,
                      record->sub, record_fault_name((enum record_fault)record->fault),
                      record->outcome, (int)shown, record->bytes.ptr);
    }
    assert_int_equal(batch->chunks[0].tally.records, batch->records_count);
    memory_free(block);
}

static void frame_in_pieces(struct str text, size_t size, size_t first, struct buffer *out)
{
    struct stream *stream = stream_new();
    struct batch *batch = batch_new();
    size_t at = first < text.len ? first : text.len;
    buffer_clear(out);
    if (first > 0) {
        feed(stream, batch, str_slice(text, 0, at), false, out);
    }
    while (text.len - at > size) {
        feed(stream, batch, str_slice(text, at, size), false, out);
        at += size;
    }
    feed(stream, batch, str_slice(text, at, text.len), true, out);
    buffer_add_byte(out, '\0');
    batch_clear(batch);
    batch_free(batch);
    stream_free(stream);
}

static void cuts_change_nothing(void **state)
{
    (void)state;
    struct buffer whole = {0};
    struct buffer cut = {0};
    for (size_t n = 0; n < TEXTS; n++) {
        struct str text = str_of(texts[n]);
        frame_in_pieces(text, text.len + 1, 0, &whole);
        for (size_t first = 0; first <= text.len; first++) {
            frame_in_pieces(text, text.len + 1, first, &cut);
            if (strcmp(cut.ptr, whole.ptr) != 0) {
                print_error("text %zu cut at %zu\n", n, first);
            }
            assert_string_equal(cut.ptr, whole.ptr);
        }
        for (size_t size = 1; size < 20; size++) {
            frame_in_pieces(text, size, 0, &cut);
            if (strcmp(cut.ptr, whole.ptr) != 0) {
                print_error("text %zu in pieces of %zu\n", n, size);
            }
            assert_string_equal(cut.ptr, whole.ptr);
        }
    }
    buffer_release(&whole);
    buffer_release(&cut);
}

/* Texts joined from parts, so that forms follow each other in ways nobody wrote down. */
static void cuts_change_nothing_in_random_texts(void **state)
{
    (void)state;
    static const char *const parts[] = {"{\"a\":1}",
                                        "\n",
                                        "{\"Records\":[",
                                        "]}",
                                        ",",
                                        "{",
                                        "}",
                                        "\"",
                                        "\\",
                                        "[",
                                        "]",
                                        " ",
                                        "x",
                                        LONG_40,
                                        "{\"b\":\"}{\"}",
                                        "\r\n",
                                        "{\"a\":[\n2]}"};
    struct buffer text = {0};
    struct buffer whole = {0};
    struct buffer cut = {0};
    uint64_t random = 1;
    for (uint32_t round = 0; round < 3000; round++) {
        buffer_clear(&text);
        for (uint32_t i = 0; i < 12; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            buffer_add_text(&text, parts[(random >> 33) % (sizeof parts / sizeof parts[0])]);
        }
        frame_in_pieces(buffer_str(&text), text.len + 1, 0, &whole);
        for (size_t size = 1; size < 9; size += 2) {
            frame_in_pieces(buffer_str(&text), size, size / 2, &cut);
            if (strcmp(cut.ptr, whole.ptr) != 0) {
                print_error("round %u, pieces of %zu: %.*s\n", round, size,
                            STR_ARG(buffer_str(&text)));
            }
            assert_string_equal(cut.ptr, whole.ptr);
        }
    }
    buffer_release(&text);
    buffer_release(&whole);
    buffer_release(&cut);
}

static void records_are_what_the_forms_promise(void **state)
{
    (void)state;
    static const struct {
        size_t text;
        const char *records;
    } cases[] = {
        {3, "@0.0 none/0 'a'\n@2.0 none/0 'b'\n@5.0 none/0 ''\n@6.0 none/0 'c'\n"},
        {4, "@0.0 none/0 'short'\n@6.0 oversize/0 ''\n@87.0 none/0 'after'\n@93.0 oversize/0 ''\n"},
        {6, "@2.0 none/0 '<1>ab'\n@9.0 none/0 '<2>cdef'\n@19.0 none/0 '<3>x'\n"},
        {8, "@3.0 truncated/0 ''\n"},
        {10, "@0.0 none/0 '{\"a\":1}'\n@7.0 none/0 '{\"a\":2}'\n@14.0 none/0 '{\"b\":\"}{\"}'\n"
             "@25.0 none/0 '{\"a\":3}'\n"},
        {14, "@12.0 none/0 '{\"x\":1}'\n@20.0 none/0 '{\"x\":\"]}\\\"\"}'\n"
             "@34.0 none/0 '{\"x\":[3,{}]}'\n@70.0 none/0 '{\"z\":1}'\n"},
        {18, "@12.0 none/0 '{\"x\":1}'\n@20.0 truncated/0 ''\n"},
        {20, "@12.0 oversize/0 ''\n@141.0 none/0 '{\"x\":2}'\n"},
        {26, "@0.0 none/0 '{\"x\":1}'\n@51.0 none/0 '{\"a\":2}'\n"},
        {27, "@0.0 none/0 '{\"x\":1}'\n"},
        {31, "@0.0 none/0 '{\"a\":'\n"
             "@6.0 none/0 '{\"x\":1},\"Records\":[{\"x\":1},{\"x\":2}]}'\n"},
        {33, "@1.0 oversize/0 ''\n@124.0 none/0 '{\"x\":2}'\n@132.0 none/0 '\"[\"'\n"},
        {35, "@17.0 none/0 '{\"x\":1}'\n@25.0 none/0 '{\"x\":2}'\n"},
        {36, "@13.0 none/0 '{\"x\":1}'\n@22.0 none/0 '{\"x\":2}'\n"},
        {37, "@0.0 none/0 '{\"x\":['\n@7.0 none/0 '{\"x\":['\n@16.0 none/0 '{\"x\":1}'\n"},
    };
    struct buffer out = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str text = str_of(texts[cases[i].text]);
        frame_in_pieces(text, text.len + 1, 0, &out);
        assert_string_equal(out.ptr, cases[i].records);
    }
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_what_the_forms_promise),
        cmocka_unit_test(cuts_change_nothing),
        cmocka_unit_test(cuts_change_nothing_in_random_texts),
    };
    return cmocka_run_group_tests_name("framing_cuts", tests, NULL, NULL);
}
