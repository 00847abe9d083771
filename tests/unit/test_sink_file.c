/* SPDX-License-Identifier: Apache-2.0
 *
 * test_sink_file.c - lines in files: whole, in order, rotated, and what happens when the disk
 * fails.
 */
#include "base/buffer.h"
#include "respond/sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Stands in for the system's: what a crash of the machine would leave can't be seen otherwise. */
static int syncs;
static bool sync_fails;
static long synced_size;

int fdatasync(int descriptor)
{
    struct stat status;
    syncs++;
    synced_size = fstat(descriptor, &status) == 0 ? (long)status.st_size : -1;
    errno = EIO;
    return sync_fails ? -1 : 0;
}

static char folder[64];
static char path[128];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/tocsin_sink_XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/alerts.jsonl", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char name[160];
    unlink(path);
    for (int i = 1; i < 6; i++) {
        snprintf(name, sizeof name, "%s.%d", path, i);
        unlink(name);
    }
    return rmdir(folder);
}

static void open_sink(struct sink *sink, struct sink_options options)
{
    struct err err = {0};
    options.kind = "file";
    options.path = path;
    assert_int_equal(sink_open(sink, &options, &err), 0);
}

static void write_line(struct sink *sink, const char *line)
{
    struct err err = {0};
    struct sink_item item = {.key = STR("source"), .json = str_of(line)};
    assert_int_equal(sink_write(sink, &item, &err), 0);
}

static void flush(struct sink *sink)
{
    struct err err = {0};
    assert_int_equal(sink_flush(sink, &err), 0);
}

/* The content of path, or of path.number; "(none)" when there is none. */
static const char *content(int number)
{
    static char text[4096];
    char name[160];
    snprintf(name, sizeof name, number == 0 ? "%s" : "%s.%d", path, number);
    FILE *file = fopen(name, "r");
    if (file == NULL) {
        return "(none)";
    }
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void a_flush_puts_all_lines_into_the_file_in_order(void **state)
{
    (void)state;
    struct sink sink;
    open_sink(&sink, (struct sink_options){0});
    write_line(&sink, "{\"a\":1}\n");
    write_line(&sink, "{\"a\":2}\n");
    assert_string_equal(content(0), "");
    flush(&sink);
    assert_string_equal(content(0), "{\"a\":1}\n{\"a\":2}\n");
    assert_int_equal(sink.items, 2);
    sink_close(&sink);
}

/* What the file has after a run that found text in it and wrote one line. */
static const char *after_a_second_run(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    struct sink sink;
    open_sink(&sink, (struct sink_options){0});
    write_line(&sink, "{\"new\":1}\n");
    sink_close(&sink);
    return content(0);
}

static void a_second_run_appends_and_removes_a_line_that_a_crash_cut(void **state)
{
    (void)state;
    assert_string_equal(after_a_second_run("{\"whole\":1}\n{\"cut\":"),
                        "{\"whole\":1}\n{\"new\":1}\n");
    assert_string_equal(after_a_second_run("{\"whole\":1}\n"), "{\"whole\":1}\n{\"new\":1}\n");
    assert_string_equal(after_a_second_run("{\"all of it is cut\""), "{\"new\":1}\n");
    static char text[20000];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "{}\n{", 4);
    assert_string_equal(after_a_second_run(text), "{}\n{\"new\":1}\n");
}

static void a_cut_line_that_is_no_json_object_is_closed_and_kept(void **state)
{
    (void)state;
    assert_string_equal(after_a_second_run("notes\nof somebody"),
                        "notes\nof somebody\n{\"new\":1}\n");
}

static void a_file_is_rotated_at_its_size_and_the_oldest_goes(void **state)
{
    (void)state;
    struct sink sink;
    open_sink(&sink, (struct sink_options){.file_bytes_max = 10, .files_max = 2});
    write_line(&sink, "11111\n");
    write_line(&sink, "222\n");
    write_line(&sink, "33333333333333333\n");
    write_line(&sink, "4\n");
    write_line(&sink, "555555555\n");
    flush(&sink);
    assert_string_equal(content(0), "555555555\n");
    assert_string_equal(content(1), "4\n");
    assert_string_equal(content(2), "33333333333333333\n");
    assert_string_equal(content(3), "(none)");
    sink_close(&sink);
}

static void csv_has_its_header_once_in_each_file(void **state)
{
    (void)state;
    struct buffer header = {0};
    sink_render_csv_header(&header);
    buffer_add_byte(&header, '\0');
    for (int i = 0; i < 2; i++) {
        struct sink sink;
        open_sink(&sink, (struct sink_options){.format = SINK_CSV});
        flush(&sink);
        sink_close(&sink);
    }
    assert_string_equal(content(0), header.ptr);
    buffer_release(&header);
}

static void a_full_disk_fails_the_flush_and_names_the_file(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    struct sink_options options = {.kind = "file", .path = "/dev/full"};
    if (access("/dev/full", W_OK) != 0) {
        skip();
    }
    assert_int_equal(sink_open(&sink, &options, &err), 0);
    write_line(&sink, "{}\n");
    assert_int_equal(sink_flush(&sink, &err), ERR_IO);
    assert_non_null(strstr(err.text, "/dev/full"));
    assert_int_equal(sink_flush(&sink, &err), ERR_IO);
    sink_close(&sink);
}

static void a_file_that_can_not_be_opened_is_named(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    struct sink_options options = {.kind = "file", .path = "/nonexistent/alerts.jsonl"};
    assert_int_equal(sink_open(&sink, &options, &err), ERR_IO);
    assert_non_null(strstr(err.text, "/nonexistent/alerts.jsonl"));
    options.kind = "carrier pigeon";
    assert_int_equal(sink_open(&sink, &options, &err), ERR_CONFIG);
    assert_non_null(strstr(err.text, "carrier pigeon"));
}

static void a_file_that_another_sink_writes_is_refused(void **state)
{
    (void)state;
    struct sink first;
    struct sink second;
    struct err err = {0};
    struct sink_options options = {.kind = "file", .path = path, .file_bytes_max = 8};
    open_sink(&first, options);
    assert_int_equal(sink_open(&second, &options, &err), ERR_IO);
    assert_non_null(strstr(err.text, "another output"));
    write_line(&first, "1234567\n");
    write_line(&first, "1234567\n");
    assert_int_equal(sink_open(&second, &options, &err), ERR_IO);
    sink_close(&first);
    open_sink(&second, options);
    sink_close(&second);
    options.path = "/dev/null";
    assert_int_equal(sink_open(&first, &options, &err), 0);
    assert_int_equal(sink_open(&second, &options, &err), 0);
    sink_close(&first);
    sink_close(&second);
}

static void alerts_are_not_readable_for_others(void **state)
{
    (void)state;
    struct sink sink;
    struct stat status;
    open_sink(&sink, (struct sink_options){0});
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07, 0);
    sink_close(&sink);
}

static void text_beyond_what_may_wait_is_written_without_a_flush(void **state)
{
    (void)state;
    struct sink sink;
    struct stat status;
    open_sink(&sink, (struct sink_options){0});
    for (int i = 0; i < 20000; i++) {
        write_line(&sink, "1234567\n");
    }
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_size >= 160000 - 65536 && status.st_size <= 160000);
    flush(&sink);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 160000);
    sink_close(&sink);
}

static void a_flush_puts_lines_on_the_disk_when_asked(void **state)
{
    (void)state;
    struct sink sink;
    syncs = 0;
    open_sink(&sink, (struct sink_options){0});
    write_line(&sink, "1234567\n");
    flush(&sink);
    sink_close(&sink);
    assert_int_equal(syncs, 0);
    open_sink(&sink, (struct sink_options){.sync = true});
    write_line(&sink, "1234567\n");
    write_line(&sink, "1234567\n");
    flush(&sink);
    assert_int_equal(syncs, 1);
    assert_int_equal(synced_size, 24);
    flush(&sink);
    assert_int_equal(syncs, 1);
    sink_close(&sink);
    assert_int_equal(syncs, 1);
}

static void what_a_rotation_closes_is_on_the_disk_before(void **state)
{
    (void)state;
    struct sink sink;
    syncs = 0;
    open_sink(&sink, (struct sink_options){.sync = true, .file_bytes_max = 16});
    write_line(&sink, "1234567\n");
    write_line(&sink, "1234567\n");
    assert_int_equal(syncs, 0);
    write_line(&sink, "1234567\n");
    assert_int_equal(syncs, 1);
    assert_int_equal(synced_size, 16);
    flush(&sink);
    assert_int_equal(syncs, 2);
    assert_int_equal(synced_size, 8);
    sink_close(&sink);
}

static void a_disk_that_does_not_take_the_lines_fails_the_flush(void **state)
{
    (void)state;
    struct sink sink;
    struct err err = {0};
    open_sink(&sink, (struct sink_options){.sync = true});
    write_line(&sink, "1234567\n");
    sync_fails = true;
    assert_int_equal(sink_flush(&sink, &err), ERR_IO);
    assert_non_null(strstr(err.text, path));
    sync_fails = false;
    flush(&sink);
    sink_close(&sink);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_flush_puts_all_lines_into_the_file_in_order),
        TEST(a_second_run_appends_and_removes_a_line_that_a_crash_cut),
        TEST(a_cut_line_that_is_no_json_object_is_closed_and_kept),
        TEST(a_file_is_rotated_at_its_size_and_the_oldest_goes),
        TEST(csv_has_its_header_once_in_each_file),
        TEST(a_full_disk_fails_the_flush_and_names_the_file),
        TEST(a_file_that_can_not_be_opened_is_named),
        TEST(a_file_that_another_sink_writes_is_refused),
        TEST(alerts_are_not_readable_for_others),
        TEST(text_beyond_what_may_wait_is_written_without_a_flush),
        TEST(a_flush_puts_lines_on_the_disk_when_asked),
        TEST(what_a_rotation_closes_is_on_the_disk_before),
        TEST(a_disk_that_does_not_take_the_lines_fails_the_flush),
    };
    return cmocka_run_group_tests_name("sink_file", tests, NULL, NULL);
}
