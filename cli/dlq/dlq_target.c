/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_target.c - see dlq_target.h.
 */
#include "cli/dlq/dlq_target.h"

#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_stdout(const struct dlq_target *target)
{
    return strcmp(target->path, "-") == 0;
}

/* A file whose last line has no end gets one: the next record must not go on with it. */
static int begin_line(struct dlq_target *target, struct err *err)
{
    char last = '\n';
    struct stat status;
    int reader = open(target->path, O_RDONLY | O_CLOEXEC);
    bool failed = reader < 0 || fstat(reader, &status) != 0;
    if (!failed && S_ISREG(status.st_mode) && status.st_size > 0) {
        failed = pread(reader, &last, 1, status.st_size - 1) != 1;
    }
    int reason = errno;
    if (reader >= 0) {
        close(reader);
    }
    if (failed) {
        return err_set(err, ERR_IO, "%s: its end can not be read: %s", target->path,
                       strerror(reason));
    }
    if (last != '\n') {
        fputc('\n', target->file);
    }
    return 0;
}

int dlq_target_open(struct dlq_target *target, const char *path, const struct sink_options *options,
                    struct err *err)
{
    *target = (struct dlq_target){.path = path, .file = stdout};
    if (path == NULL) {
        return sink_open(&target->sink, options, err);
    }
    if (is_stdout(target)) {
        return 0;
    }
    target->file = fopen(path, "ae");
    if (target->file == NULL) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    int failed = begin_line(target, err);
    if (failed != 0) {
        dlq_target_close(target);
    }
    return failed;
}

bool dlq_target_takes(const struct dlq_target *target, const struct dead_letter *letter)
{
    return target->path == NULL || str_find_byte(letter->record, '\n') == STR_NOT_FOUND;
}

static int produce(struct dlq_target *target, const struct dead_letter *letter, struct err *err)
{
    struct buffer place = {0};
    buffer_clear(&target->text);
    buffer_add(&target->text, letter->record);
    buffer_add_byte(&target->text, '\n'); /* the sink leaves a line's end out */
    bool back = str_equal(letter->source, str_of(target->sink.options.topic));
    dead_letter_place(letter, &place);
    struct sink_origin origin = {.place = buffer_str(&place),
                                 .partition = back ? letter->partition : -1,
                                 .time_ns = letter->reference_ns};
    struct sink_item item = {.origin = &origin, .json = buffer_str(&target->text)};
    int failed = sink_write(&target->sink, &item, err);
    buffer_release(&place);
    return failed;
}

static int tell_failure(const struct dlq_target *target, struct err *err)
{
    return err_set(err, ERR_IO, "%s can not be written: %s", target->path, strerror(errno));
}

int dlq_target_write(struct dlq_target *target, const struct dead_letter *letter, struct err *err)
{
    if (target->path == NULL) {
        return produce(target, letter, err);
    }
    struct str record = letter->record;
    bool whole = fwrite(record.ptr, 1, record.len, target->file) == record.len &&
                 fputc('\n', target->file) != EOF;
    return whole ? 0 : tell_failure(target, err);
}

int dlq_target_finish(struct dlq_target *target, struct err *err)
{
    if (target->path == NULL) {
        return sink_flush(&target->sink, err);
    }
    if (fflush(target->file) != 0) {
        return tell_failure(target, err);
    }
    if (is_stdout(target)) {
        return 0;
    }
    /* A pipe or a device can't be synced. */
    if (fdatasync(fileno(target->file)) != 0 && errno != EINVAL) {
        return err_set(err, ERR_IO, "%s can not be put on the disk: %s", target->path,
                       strerror(errno));
    }
    return folder_sync(target->path, err);
}

void dlq_target_close(struct dlq_target *target)
{
    buffer_release(&target->text);
    if (target->path == NULL) {
        sink_close(&target->sink);
    } else if (!is_stdout(target)) {
        fclose(target->file);
    }
}
