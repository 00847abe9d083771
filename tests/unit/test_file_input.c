/* SPDX-License-Identifier: Apache-2.0
 *
 * test_file_input.c - a file's bytes are the same in whatever pieces they are asked for; a gzip
 * file that was cut says so in the end, and not before its last byte was given.
 */
#include "base/buffer.h"
#include "ingest/source/file_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static char path[64];

static void write_file(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* All of the file, asked for in pieces; the last fault. */
static enum record_fault read_all(size_t capacity, struct buffer *out)
{
    struct file_input input;
    struct err err = {0};
    enum record_fault fault = RECORD_FAULT_NONE;
    buffer_clear(out);
    assert_int_equal(file_input_open(&input, path, &err), 0);
    while (!input.ended && fault == RECORD_FAULT_NONE) {
        size_t len = 0;
        char *room = buffer_reserve(out, capacity);
        assert_int_equal(file_input_read(&input, room, capacity, &len, &fault, &err), 0);
        assert_true(len <= capacity);
        out->len += len;
    }
    file_input_close(&input);
    return fault;
}

static size_t compress_text(char *out, size_t capacity, const char *text, size_t len)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)len;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return capacity - stream.avail_out;
}

static void a_gzip_file_gives_the_same_bytes_and_fault_in_any_pieces(void **state)
{
    (void)state;
    char text[700];
    char bytes[1024];
    struct buffer whole = {0};
    struct buffer pieces = {0};
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = "a long match "[i % 13];
    }
    size_t len = compress_text(bytes, sizeof bytes, text, sizeof text);
    for (size_t cut = 11; cut <= len; cut++) {
        write_file(bytes, cut);
        enum record_fault fault = read_all(4096, &whole);
        assert_int_equal(fault, cut < len ? RECORD_FAULT_GZIP : RECORD_FAULT_NONE);
        for (size_t capacity = 1; capacity < 20; capacity += 6) {
            assert_int_equal(read_all(capacity, &pieces), fault);
            assert_int_equal(pieces.len, whole.len);
            assert_true(str_equal(buffer_str(&pieces), buffer_str(&whole)));
        }
    }
    assert_true(str_equal(buffer_str(&whole), (struct str){text, sizeof text}));
    buffer_release(&whole);
    buffer_release(&pieces);
}

static void a_plain_file_gives_the_same_bytes_in_any_pieces(void **state)
{
    (void)state;
    struct buffer pieces = {0};
    write_file("some\nplain\0text", 15);
    for (size_t capacity = 1; capacity < 20; capacity++) {
        assert_int_equal(read_all(capacity, &pieces), RECORD_FAULT_NONE);
        assert_true(str_equal(buffer_str(&pieces), STR("some\nplain\0text")));
    }
    buffer_release(&pieces);
}

static int choose_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/tocsin_file_input_%d", (int)getpid());
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gzip_file_gives_the_same_bytes_and_fault_in_any_pieces),
        cmocka_unit_test(a_plain_file_gives_the_same_bytes_in_any_pieces),
    };
    return cmocka_run_group_tests_name("file_input", tests, choose_path, remove_file);
}
