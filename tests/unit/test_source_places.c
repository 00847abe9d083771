/* SPDX-License-Identifier: Apache-2.0
 *
 * test_source_places.c - the file source when somebody else keeps where its streams go on: a
 * restart at any place reads exactly the rest.
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

#define KEPT_MAX 16

static char folder[64];
static struct buffer seen; /* records joined by | */

/* What the caller keeps: for each name the last text. */
static struct {
    char name[128];
    struct buffer text;
} kept[KEPT_MAX];
static uint32_t kept_count;

static const char *in_folder(const char *name)
{
    static char paths[64][128];
    static unsigned turn;
    char *path = paths[turn++ % 64];
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

static int forget_all(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < kept_count; i++) {
        buffer_release(&kept[i].text);
    }
    kept_count = 0;
    return 0;
}

static void keep(struct source *source, const struct stream *stream)
{
    struct buffer text = {0};
    uint32_t i = 0;
    source->ops->place(source, stream, &text);
    while (i < kept_count && strcmp(kept[i].name, stream->name) != 0) {
        i++;
    }
    if (text.len == 0) {
        buffer_release(&text);
        return;
    }
    assert_true(i < KEPT_MAX);
    kept_count = i == kept_count ? i + 1 : kept_count;
    snprintf(kept[i].name, sizeof kept[i].name, "%s", stream->name);
    buffer_release(&kept[i].text);
    kept[i].text = text;
}

/* Opens with what is kept. */
static void start(struct source *source, const char *path, const struct source_options *options)
{
    struct err err = {0};
    struct source_options all = *options;
    all.kind = "file";
    all.placed = true;
    all.framing = framing;
    all.paths = &path;
    all.paths_count = 1;
    if (source_open(source, &all, &err) != 0) {
        fail_msg("%s", err.text);
    }
    for (uint32_t i = 0; i < kept_count; i++) {
        struct str name = str_of(kept[i].name);
        if (source->ops->resume(source, name, -1, buffer_str(&kept[i].text), &err) != 0) {
            fail_msg("%s", err.text);
        }
    }
}

/* Reads at most so many batches, until two polls brought nothing or the end came. Batches are
 * delivered, and their streams' places kept, but for the last `lost` ones of max. */
static void read_batches(struct source *source, uint32_t max, uint32_t lost)
{
    struct batch *batch = batch_new();
    struct err err = {0};
    enum source_poll polled = SOURCE_NOTHING_YET;
    uint32_t batches = 0;
    for (int quiet = 2; quiet > 0 && batches < max && polled != SOURCE_END;) {
        polled = source->ops->poll(source, batch, 1, &err);
        assert_int_not_equal(polled, SOURCE_FAILED);
        quiet -= polled == SOURCE_NOTHING_YET ? 1 : 0;
        if (polled == SOURCE_BATCH && batches++ < max - lost) {
            framing_run(batch, &framing);
            for (uint32_t i = 0; i < batch->records_count; i++) {
                buffer_add(&seen, batch->records[i].bytes);
                buffer_add_byte(&seen, '|');
            }
            source->ops->delivered(source, batch);
            for (uint32_t i = 0; i < batch->chunks_count; i++) {
                keep(source, batch->chunks[i].stream);
            }
        } else if (polled == SOURCE_BATCH) {
            framing_run(batch, &framing);
        }
        source->ops->release(source, batch);
        batch_clear(batch);
    }
    batch_free(batch);
}

static void assert_seen(const char *expected)
{
    buffer_add_byte(&seen, '\0');
    buffer_clear(&seen); /* also when the assertion does not return */
    assert_string_equal(seen.ptr, expected);
}

/* Stops after every number of batches of one byte each, two of which were read in vain, and starts
 * again. */
static void stop_everywhere(const char *path, uint64_t bytes, bool follow, const char *expected)
{
    struct source source;
    for (uint32_t stop = 1; stop <= bytes + 3; stop++) {
        start(&source, path, &(struct source_options){.block_bytes = 1, .follow = follow});
        read_batches(&source, stop + 2, 2);
        source_close(&source);
        start(&source, path,
              &(struct source_options){.block_bytes = 1 + stop % 5, .follow = follow});
        read_batches(&source, UINT32_MAX, 0);
        source_close(&source);
        start(&source, path, &(struct source_options){.follow = follow});
        read_batches(&source, UINT32_MAX, 0);
        source_close(&source);
        assert_seen(expected);
        (void)forget_all(NULL);
    }
}

static void a_restart_at_any_place_of_a_plain_file_reads_exactly_the_rest(void **state)
{
    (void)state;
    struct str text = STR("one\n2 two\n\nthree {\n[not a list]\nthe last is not ended");
    write_file("plain", "wb", text);
    stop_everywhere(in_folder("plain"), text.len, false,
                    "one|2 two||three {|[not a list]|the last is not ended|");
    write_file("plain", "wb", text);
    stop_everywhere(in_folder("plain"), text.len, true, "one|2 two||three {|[not a list]|");
}

static void a_restart_in_the_middle_of_a_document_knows_that_it_is_one(void **state)
{
    (void)state;
    struct str text =
        STR("{\"x\":[{\"a\":\"]}\"}],\"Records\":[{\"n\":1},\n{\"n\":{\"m\":\"}{\"}},{\"n\":3}],"
            "\"end\":{\"of\":\"]\"}}\n{\"Records\":[{\"n\":4}]}");
    const char *expected = "{\"n\":1}|{\"n\":{\"m\":\"}{\"}}|{\"n\":3}|{\"n\":4}|";
    struct buffer bytes = {0};
    write_file("document", "wb", text);
    stop_everywhere(in_folder("document"), text.len, false, expected);
    add_member(&bytes, str_slice(text, 0, 50));
    add_member(&bytes, str_slice(text, 50, text.len));
    write_file("document.gz", "wb", buffer_str(&bytes));
    stop_everywhere(in_folder("document.gz"), text.len, false, expected);
    stop_everywhere(in_folder("document.gz"), text.len, true, expected);
    buffer_release(&bytes);
}

static void octet_counted_records_are_not_read_as_lines_after_a_restart(void **state)
{
    (void)state;
    struct str text = STR("10 <1>one\ntwo8 <2>three7 <3>four");
    write_file("octets", "wb", text);
    stop_everywhere(in_folder("octets"), text.len, false, "<1>one\ntwo|<2>three|<3>four|");
}

static void whole_files_are_done_and_only_new_ones_are_read(void **state)
{
    (void)state;
    struct source source;
    const char *path = in_folder("spool");
    struct buffer bytes = {0};
    assert_int_equal(mkdir(path, 0700), 0);
    add_member(&bytes, STR("b\n"));
    write_file("spool/a", "wb", STR("a\n"));
    write_file("spool/b.gz", "wb", buffer_str(&bytes));
    write_file("spool/c", "wb", STR("c1\n"));
    assert_int_equal(link(in_folder("spool/a"), in_folder("spool/d")), 0);
    start(&source, path, &(struct source_options){0});
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("a|b|c1|"); /* of two names of a file only one is read */
    assert_int_equal(source.errors, 0);
    source_close(&source);
    assert_int_equal(kept_count, 3);
    write_file("spool/c", "ab", STR("c2\n"));
    write_file("spool/e", "wb", STR("e\n"));
    start(&source, path, &(struct source_options){0});
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("c2|e|");
    assert_int_equal(source.streams_count, 2); /* the others are not even opened */
    source_close(&source);
    add_member(&bytes, STR("more\n"));
    write_file("spool/b.gz", "wb", buffer_str(&bytes)); /* the same beginning, longer */
    start(&source, path, &(struct source_options){.follow = true});
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("more|");
    source_close(&source);
    buffer_release(&bytes);
}

static void a_rotation_while_running_or_while_not_loses_and_repeats_nothing(void **state)
{
    (void)state;
    struct source source;
    const char *path = in_folder("rotating");
    struct source_options follow = {.follow = true};
    assert_int_equal(mkdir(path, 0700), 0);
    write_file("rotating/log", "wb", STR("one\n"));
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    write_file("rotating/log", "ab", STR("two\n"));
    assert_int_equal(rename(in_folder("rotating/log"), in_folder("rotating/log.1")), 0);
    write_file("rotating/log", "wb", STR("three\n"));
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("one|two|three|");
    source_close(&source);
    assert_int_equal(kept_count, 1); /* both were read under one name: one text tells of both */
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("");
    source_close(&source);
    write_file("rotating/log", "ab", STR("four\n"));
    assert_int_equal(rename(in_folder("rotating/log.1"), in_folder("rotating/log.2")), 0);
    assert_int_equal(rename(in_folder("rotating/log"), in_folder("rotating/log.1")), 0);
    write_file("rotating/log", "wb", STR("five\n"));
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("five|four|"); /* log, log.1 in the order of their names */
    source_close(&source);
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("");
    source_close(&source);
}

static void a_file_that_was_renamed_while_nobody_looked_is_found_in_its_folder(void **state)
{
    (void)state;
    struct source source;
    const char *path = in_folder("single");
    struct source_options follow = {.follow = true};
    write_file("single", "wb", STR("one\n"));
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("one|");
    source_close(&source);
    write_file("single", "ab", STR("two\n"));
    assert_int_equal(rename(in_folder("single"), in_folder("single.1")), 0);
    write_file("single", "wb", STR("three\n"));
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("three|two|");
    assert_int_equal(source.streams_count, 2);
    assert_string_equal(source.streams[1]->name, path); /* not single.1 */
    source_close(&source);
    write_file("single.1", "ab", STR("four\n"));       /* by a writer that has it open still */
    start(&source, path, &(struct source_options){0}); /* also when it is read once */
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("four|");
    source_close(&source);
    assert_int_equal(kept_count, 1);
}

static void places_of_deleted_files_do_not_pile_up(void **state)
{
    (void)state;
    struct source source;
    struct buffer text = {0};
    const char *path = in_folder("daily");
    uint32_t lines = 1;
    write_file("daily", "wb", STR("one\n"));
    start(&source, path, &(struct source_options){.follow = true});
    read_batches(&source, UINT32_MAX, 0);
    for (int day = 0; day < 100; day++) {
        assert_int_equal(rename(in_folder("daily"), in_folder("daily.1")), 0);
        usleep(10000); /* so that it is made at another time than the one whose inode it may have */
        write_file("daily", "wb", STR("two\n"));
        read_batches(&source, UINT32_MAX, 0);
    }
    assert_int_equal(source.streams_count, 101);
    buffer_clear(&seen);
    source.ops->place(&source, source.streams[0], &text);
    for (size_t i = 0; i < text.len; i++) {
        lines += text.ptr[i] == '\n' ? 1 : 0;
    }
    assert_in_range(lines, 1, 66);
    buffer_release(&text);
    source_close(&source);
}

static void a_file_that_is_gone_is_told_once_and_forgotten(void **state)
{
    (void)state;
    struct source source;
    struct buffer text = {0};
    const char *path = in_folder("gone");
    write_file("gone", "wb", STR("one\n"));
    start(&source, path, &(struct source_options){.follow = true});
    read_batches(&source, UINT32_MAX, 0);
    source_close(&source);
    assert_seen("one|");
    assert_int_equal(unlink(in_folder("gone")), 0);
    write_file("taker", "wb", STR("x")); /* may have its inode now */
    write_file("gone", "wb", STR("another file\n"));
    start(&source, path, &(struct source_options){.follow = true});
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("another file|");
    source.ops->place(&source, source.streams[0], &text);
    assert_int_equal(str_find_byte(buffer_str(&text), '\n'), STR_NOT_FOUND);
    buffer_release(&text);
    source_close(&source);
}

static void a_file_that_was_cut_or_replaced_is_read_from_its_beginning(void **state)
{
    (void)state;
    struct source source;
    const char *path = in_folder("cut");
    struct source_options follow = {.follow = true};
    write_file("cut", "wb", STR("one\ntwo\n"));
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("one|two|");
    source_close(&source);
    write_file("cut", "wb", STR("seven\n")); /* the same inode, shorter */
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("seven|");
    write_file("cut", "wb", STR("six\n")); /* while it is read */
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("six|");
    source_close(&source);
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("");
    source_close(&source);
    write_file("cut", "wb", STR("another beginning\n"));
    start(&source, path, &follow);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("another beginning|");
    source_close(&source);
}

static void from_the_end_means_the_end_at_the_very_first_start(void **state)
{
    (void)state;
    struct source source;
    const char *path = in_folder("late");
    struct source_options end = {.follow = true, .from_end = true};
    write_file("late", "wb", STR("before\n"));
    start(&source, path, &end);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("");
    keep(&source, source.streams[0]); /* there is a place before anything was delivered */
    source_close(&source);
    write_file("late", "ab", STR("meanwhile\n"));
    start(&source, path, &end);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("meanwhile|");
    source_close(&source);
}

static void a_paused_source_gives_nothing_and_loses_nothing(void **state)
{
    (void)state;
    struct source source;
    const char *path = in_folder("plain");
    write_file("plain", "wb", STR("one\ntwo\n"));
    start(&source, path, &(struct source_options){.block_bytes = 4});
    read_batches(&source, 1, 0);
    source.ops->pause(&source, true);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("one|");
    source.ops->pause(&source, false);
    read_batches(&source, UINT32_MAX, 0);
    assert_seen("two|");
    source_close(&source);
}

static void a_text_that_is_no_place_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "1 2 0 3 4 5 6 7 8",
        "1 2 0 3 4 5 0 0 0 0 9",
        "1 2 0 3 4 5 0 0 0 4",     /* flags there are not */
        "1 2 0 3 257 5 0 0 0 0",   /* more first bytes than are looked at */
        "1 2 0 3 4 5 4 0 0 0",     /* a form of framing there is not */
        "1 2 0 3 4 5 65536 0 0 0", /* a flag of framing there is not */
        "1 2 0 9223372036854775808 4 5 0 0 0 0",
        "1 2 0 3 4 5 0 0 0 0\n",
        "1 2 0 3 4 5 0 0 0 0\nx",
        "1 2 0 -3 4 5 0 0 0 0",
    };
    const char *path = in_folder("plain");
    struct source source;
    struct err err = {0};
    start(&source, path, &(struct source_options){0});
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int failed = source.ops->resume(&source, STR("plain"), -1, str_of(texts[i]), &err);
        if (failed != ERR_DATA) {
            fail_msg("'%s' gave %d", texts[i], failed);
        }
        assert_non_null(strstr(err.text, "plain: what is kept of where it goes on is damaged"));
    }
    assert_int_equal(
        source.ops->resume(&source, STR("plain"), -1, STR("1 2 0 3 4 5 0 0 0 0"), &err), 0);
    source_close(&source);
}

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tocsin_source_places_XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {
        "plain",   "document", "document.gz",    "octets",   "spool/a",      "spool/b.gz",
        "spool/c", "spool/d",  "spool/e",        "spool",    "rotating/log", "rotating/log.1",
        "cut",     "late",     "rotating/log.2", "rotating", "single",       "single.1",
        "gone",    "taker",    "daily",          "daily.1"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        remove(in_folder(names[i]));
    }
    (void)forget_all(NULL);
    buffer_release(&seen);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_restart_at_any_place_of_a_plain_file_reads_exactly_the_rest,
                               forget_all),
        cmocka_unit_test_setup(a_restart_in_the_middle_of_a_document_knows_that_it_is_one,
                               forget_all),
        cmocka_unit_test_setup(octet_counted_records_are_not_read_as_lines_after_a_restart,
                               forget_all),
        cmocka_unit_test_setup(whole_files_are_done_and_only_new_ones_are_read, forget_all),
        cmocka_unit_test_setup(a_rotation_while_running_or_while_not_loses_and_repeats_nothing,
                               forget_all),
        cmocka_unit_test_setup(a_file_that_was_renamed_while_nobody_looked_is_found_in_its_folder,
                               forget_all),
        cmocka_unit_test_setup(places_of_deleted_files_do_not_pile_up, forget_all),
        cmocka_unit_test_setup(a_file_that_is_gone_is_told_once_and_forgotten, forget_all),
        cmocka_unit_test_setup(a_file_that_was_cut_or_replaced_is_read_from_its_beginning,
                               forget_all),
        cmocka_unit_test_setup(from_the_end_means_the_end_at_the_very_first_start, forget_all),
        cmocka_unit_test_setup(a_paused_source_gives_nothing_and_loses_nothing, forget_all),
        cmocka_unit_test_setup(a_text_that_is_no_place_is_refused, forget_all),
    };
    return cmocka_run_group_tests_name("source_places", tests, set_up, tear_down);
}
