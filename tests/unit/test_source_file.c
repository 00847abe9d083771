/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source_file.c - the file source: plain and gzip files, read once or followed, positions.
 */
#include "base/buffer.h"
#include "base/limits.h"
#include "ingest/framing/framing.h"
#include "ingest/source/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static const struct framing_options framing = {
    .record_bytes_max = LIMIT_RECORD_BYTES,
    .document_record_bytes_max = LIMIT_DOCUMENT_RECORD_BYTES,
};

static char folder[64];
static char paths[8][96]; /* of in_folder: a ring */

/* What a test has read: records joined by |, faults as !name, an ended stream as $. */
static struct buffer seen;

static const char *in_folder(const char *name)
{
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *mode, struct str text)
{
    FILE *file = fopen(in_folder(name), mode);
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

/* text as one gzip member, appended to out. */
static void add_member(struct buffer *out, struct str text)
{
    z_stream stream = {0};
    char *room = buffer_reserve(out, text.len + 128);
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text.ptr;
    stream.avail_in = (uInt)text.len;
    stream.next_out = (Bytef *)room;
    stream.avail_out = (uInt)(text.len + 128);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len += text.len + 128 - stream.avail_out;
    deflateEnd(&stream);
}

static void note_batch(const struct batch *batch)
{
    for (uint32_t i = 0; i < batch->records_count; i++) {
        const struct record *record = &batch->records[i];
        if (record->fault != RECORD_FAULT_NONE) {
            buffer_printf(&seen, "!%s", record_fault_name((enum record_fault)record->fault));
        }
        buffer_add(&seen, record->bytes);
        buffer_add_byte(&seen, '|');
    }
    for (uint32_t i = 0; i < batch->chunks_count; i++) {
        buffer_add(&seen, batch->chunks[i].end ? STR("$") : STR(""));
    }
}

static void open_source(struct source *source, const struct source_options *options)
{
    struct err err = {0};
    struct source_options file = *options;
    file.kind = "file";
    file.framing = framing;
    if (source_open(source, &file, &err) != 0) {
        fail_msg("%s", err.text);
    }
}

/* Polls until quiet polls brought nothing, or the end. Batches are delivered when asked for. */
static enum source_poll read_some(struct source *source, int quiet, bool deliver)
{
    struct batch *batch = batch_new();
    struct err err = {0};
    enum source_poll polled = SOURCE_NOTHING_YET;
    while (quiet > 0 && polled != SOURCE_END) {
        polled = source->ops->poll(source, batch, 1, &err);
        assert_int_not_equal(polled, SOURCE_FAILED);
        if (polled == SOURCE_BATCH) {
            framing_run(batch, &framing);
            note_batch(batch);
            if (deliver) {
                source->ops->delivered(source, batch);
                assert_int_equal(source->ops->committed(source, &err), 0);
            }
        }
        quiet -= polled == SOURCE_NOTHING_YET ? 1 : 0;
        source->ops->release(source, batch);
        batch_clear(batch);
    }
    batch_free(batch);
    return polled;
}

static void assert_seen(const char *expected)
{
    buffer_add_byte(&seen, '\0');
    buffer_clear(&seen); /* also when the assertion does not return */
    assert_string_equal(seen.ptr, expected);
}

static void scan_once(const char *path, size_t block_bytes, struct source *source)
{
    open_source(source, &(struct source_options){
                            .paths = &path, .paths_count = 1, .block_bytes = block_bytes});
    assert_int_equal(read_some(source, 1, true), SOURCE_END);
}

static void a_plain_file_gives_its_lines_and_ends(void **state)
{
    (void)state;
    struct source source;
    static const size_t blocks[] = {1, 3, 0};
    write_file("plain", "wb", STR("one\ntwo\n\nthe last is not ended"));
    for (size_t i = 0; i < 3; i++) {
        scan_once(in_folder("plain"), blocks[i], &source);
        assert_seen("one|two||the last is not ended|$");
        assert_int_equal(source.bytes_read, 30);
        assert_int_equal(source.bytes_expected, 30);
        assert_int_equal(source.streams[0]->offset, 30);
        source_close(&source);
    }
}

static void a_folder_is_read_in_the_order_of_names_and_many_files_are_one_batch(void **state)
{
    (void)state;
    struct source source;
    struct err err = {0};
    struct batch *batch = batch_new();
    const char *path = in_folder("many");
    assert_int_equal(mkdir(path, 0700), 0);
    write_file("many/b", "wb", STR("b\n"));
    write_file("many/a", "wb", STR("a\n"));
    write_file("many/.hidden", "wb", STR("not read\n"));
    write_file("many/c", "wb", STR(""));
    open_source(&source, &(struct source_options){.paths = &path, .paths_count = 1});
    assert_int_equal(source.ops->poll(&source, batch, 1, &err), SOURCE_BATCH);
    framing_run(batch, &framing);
    note_batch(batch);
    assert_seen("a|b|$$$");
    batch_clear(batch);
    assert_int_equal(source.ops->poll(&source, batch, 1, &err), SOURCE_END);
    assert_int_equal(source.streams_count, 3);
    batch_free(batch);
    source_close(&source);
}

static void a_missing_file_is_an_error_and_an_unreadable_one_is_counted(void **state)
{
    (void)state;
    struct source source;
    struct err err = {0};
    const char *list[] = {in_folder("absent")};
    struct source_options options = {.kind = "file", .paths = list, .paths_count = 1};
    assert_int_equal(source_open(&source, &options, &err), ERR_IO);
    assert_non_null(strstr(err.text, "absent: No such file or directory"));
    write_file("vanishes", "wb", STR("x\n"));
    list[0] = in_folder("vanishes");
    open_source(&source, &options);
    assert_int_equal(unlink(in_folder("vanishes")), 0);
    assert_int_equal(read_some(&source, 1, true), SOURCE_END);
    assert_int_equal(source.errors, 1);
    assert_seen("");
    source_close(&source);
}

static void gzip_members_are_one_stream_whatever_the_block(void **state)
{
    (void)state;
    struct source source;
    struct buffer bytes = {0};
    static const size_t blocks[] = {1, 7, 0};
    add_member(&bytes, STR("first\nsec"));
    add_member(&bytes, STR(""));
    add_member(&bytes, STR("ond\nthird\n"));
    write_file("log.gz", "wb", buffer_str(&bytes));
    for (size_t i = 0; i < 3; i++) {
        scan_once(in_folder("log.gz"), blocks[i], &source);
        assert_seen("first|second|third|$");
        assert_int_equal(source.bytes_read, bytes.len);
        assert_int_equal(source.streams[0]->offset, 19);
        source_close(&source);
    }
    buffer_release(&bytes);
}

static void a_gzip_file_that_is_cut_or_damaged_gives_what_came_before_and_one_fault(void **state)
{
    (void)state;
    struct source source;
    struct buffer bytes = {0};
    add_member(&bytes, STR("whole\n"));
    size_t first = bytes.len;
    add_member(&bytes, STR("second\n"));
    write_file("cut.gz", "wb", (struct str){bytes.ptr, first + 6});
    scan_once(in_folder("cut.gz"), 0, &source);
    assert_seen("whole|!gzip|$");
    source_close(&source);
    bytes.ptr[first - 8] ^= 1; /* the first member's check sum */
    write_file("bad.gz", "wb", buffer_str(&bytes));
    scan_once(in_folder("bad.gz"), 0, &source);
    assert_seen("whole|!gzip|$");
    source_close(&source);
    buffer_release(&bytes);
}

static void a_followed_file_goes_on_and_a_rotated_one_is_read_to_its_end_first(void **state)
{
    (void)state;
    struct source source;
    const char *path = in_folder("log");
    write_file("log", "wb", STR("one\ntw"));
    open_source(&source,
                &(struct source_options){.paths = &path, .paths_count = 1, .follow = true});
    read_some(&source, 2, true);
    assert_seen("one|");
    write_file("log", "ab", STR("o\nthree\n"));
    read_some(&source, 2, true);
    assert_seen("two|three|");
    write_file("log", "ab", STR("four\nunended"));
    assert_int_equal(rename(in_folder("log"), in_folder("log.1")), 0);
    write_file("log", "wb", STR("five\n"));
    read_some(&source, 2, true);
    assert_seen("four|unended|$five|");
    assert_int_equal(source.streams_count, 2);
    write_file("log", "wb", STR("six\n")); /* cut, as copytruncate does */
    read_some(&source, 2, true);
    assert_seen("$six|");
    source_close(&source);
    assert_int_equal(unlink(in_folder("log.1")), 0);
}

static void a_followed_gzip_file_is_waited_for_read_once_and_closed(void **state)
{
    (void)state;
    struct source source;
    struct buffer bytes = {0};
    const char *path = in_folder("spool");
    assert_int_equal(mkdir(path, 0700), 0);
    add_member(&bytes, STR("a line that is in two writes\n"));
    write_file("spool/a.gz", "wb", (struct str){bytes.ptr, bytes.len - 4});
    open_source(&source,
                &(struct source_options){.paths = &path, .paths_count = 1, .follow = true});
    read_some(&source, 3, true);
    assert_int_equal(source.streams[0]->tally.records, 0);
    write_file("spool/a.gz", "ab", str_slice(buffer_str(&bytes), bytes.len - 4, 4));
    read_some(&source, 3, true);
    assert_seen("a line that is in two writes|$");
    usleep(1100000); /* until the folder is looked at again */
    read_some(&source, 2, true);
    assert_seen("");
    assert_int_equal(source.streams_count, 1);
    source_close(&source);
    buffer_release(&bytes);
}

static struct source_options followed(const char *const *path, const char *positions)
{
    return (struct source_options){
        .paths = path, .paths_count = 1, .follow = true, .positions_path = positions};
}

static void a_position_is_where_delivery_came_to(void **state)
{
    (void)state;
    struct source source;
    char positions[96];
    snprintf(positions, sizeof positions, "%s/positions", folder);
    const char *path = in_folder("followed");
    struct source_options options = followed(&path, positions);
    write_file("followed", "wb", STR("one\ntwo\nunen"));
    open_source(&source, &options);
    read_some(&source, 2, true);
    assert_seen("one|two|");
    write_file("followed", "ab", STR("ded\nthree\n"));
    read_some(&source, 2, false); /* read, but not delivered: it comes again */
    assert_seen("unended|three|");
    source_close(&source);
    open_source(&source, &options);
    read_some(&source, 2, true);
    assert_seen("unended|three|");
    assert_int_equal(source.streams[0]->offset, 22);
    source_close(&source);
    open_source(&source, &options);
    read_some(&source, 2, true);
    assert_seen("");
    source_close(&source);
    write_file("followed", "wb", STR("other beginning, longer than before\n"));
    open_source(&source, &options);
    read_some(&source, 2, true);
    assert_seen("other beginning, longer than before|");
    source_close(&source);
    assert_int_equal(unlink(positions), 0);
}

static void the_end_of_a_rotated_file_is_a_position_too(void **state)
{
    (void)state;
    struct source source;
    char positions[96];
    snprintf(positions, sizeof positions, "%s/positions", folder);
    const char *path = in_folder("rotating");
    struct source_options options = followed(&path, positions);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file("rotating/log", "wb", STR("one\n"));
    open_source(&source, &options);
    read_some(&source, 2, true);
    write_file("rotating/log", "ab", STR("two\n"));
    assert_int_equal(rename(in_folder("rotating/log"), in_folder("rotating/log.1")), 0);
    write_file("rotating/log", "wb", STR("three\n"));
    read_some(&source, 2, true);
    assert_seen("one|two|$three|");
    source_close(&source);
    open_source(&source, &options);
    read_some(&source, 2, true);
    assert_seen(""); /* neither log.1 nor log is read again */
    source_close(&source);
    assert_int_equal(unlink(positions), 0);
}

static void damaged_positions_are_refused_with_what_to_do(void **state)
{
    (void)state;
    struct source source;
    struct err err = {0};
    char positions[96];
    snprintf(positions, sizeof positions, "%s/positions", folder);
    const char *path = in_folder("plain");
    struct source_options options = followed(&path, positions);
    options.kind = "file";
    write_file("positions", "wb", STR("tocsin positions 1\n1 2 3 4\n"));
    assert_int_equal(source_open(&source, &options, &err), ERR_DATA);
    assert_non_null(strstr(err.text, "positions:2: damaged; remove the file"));
    assert_int_equal(unlink(positions), 0);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tocsin_source_file_XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {
        "plain",    "many/a",       "many/b",         "many/.hidden", "many/c",     "many",
        "log.gz",   "cut.gz",       "bad.gz",         "log",          "spool/a.gz", "spool",
        "followed", "rotating/log", "rotating/log.1", "rotating"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        remove(in_folder(names[i]));
    }
    buffer_release(&seen);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_file_gives_its_lines_and_ends),
        cmocka_unit_test(a_folder_is_read_in_the_order_of_names_and_many_files_are_one_batch),
        cmocka_unit_test(a_missing_file_is_an_error_and_an_unreadable_one_is_counted),
        cmocka_unit_test(gzip_members_are_one_stream_whatever_the_block),
        cmocka_unit_test(a_gzip_file_that_is_cut_or_damaged_gives_what_came_before_and_one_fault),
        cmocka_unit_test(a_followed_file_goes_on_and_a_rotated_one_is_read_to_its_end_first),
        cmocka_unit_test(a_followed_gzip_file_is_waited_for_read_once_and_closed),
        cmocka_unit_test(a_position_is_where_delivery_came_to),
        cmocka_unit_test(the_end_of_a_rotated_file_is_a_position_too),
        cmocka_unit_test(damaged_positions_are_refused_with_what_to_do),
    };
    return cmocka_run_group_tests_name("source_file", tests, set_up, tear_down);
}
