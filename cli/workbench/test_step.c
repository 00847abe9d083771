/* SPDX-License-Identifier: Apache-2.0
 *
 * test_step.c - the events of a case, one after the other, each with its moment.
 */
#include "cli/workbench/test_file_internal.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/timestamp.h"
#include "cli/workbench/test_event.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static const char *const step_keys[] = {"event", "file", "repeat", "every", "at", NULL};

/* How an event is repeated. */
struct repetition {
    const struct yaml_node *event;
    uint64_t times;
    int64_t every_ns;
};

static struct test_step *add_step(const struct test_reader *reader, struct test_case *made)
{
    struct test_step *steps = made->steps;
    uint32_t count = made->steps_count;
    if ((count & (count - 1)) == 0) {
        size_t room = count == 0 ? 1 : 2 * (size_t)count;
        struct test_step *grown = arena_take_zeroed(reader->arena, room, sizeof *grown);
        if (count > 0) {
            memcpy(grown, steps, count * sizeof *grown);
        }
        made->steps = grown;
        steps = grown;
    }
    made->steps_count++;
    return &steps[count];
}

static int add_repeated(const struct test_reader *reader, const struct repetition *repetition,
                        struct test_clock *clock, struct test_case *made, struct err *err)
{
    const struct yaml_node *event = repetition->event;
    if (repetition->times > TEST_STEPS_MAX - made->steps_count) {
        return test_wrong(reader, event, err, "a test has at most 100000 events");
    }
    if (event->kind == YAML_SEQUENCE) {
        return test_wrong(reader, event, err,
                          "an event is a mapping (a JSON record) or a string (a line of a log)");
    }
    for (uint32_t i = 0; i < repetition->times; i++) {
        struct test_moment moment = {i + 1, clock->next_ns};
        struct test_step *step = add_step(reader, made);
        step->bytes = test_event_text(reader->arena, event, clock->defaults, &moment);
        clock->bytes += step->bytes.len;
        step->time_ns = clock->next_ns;
        step->line = event->line;
        if (clock->bytes > LIMIT_DOCUMENT_RECORD_BYTES) {
            return test_wrong(reader, event, err, "the events of a test are more than 64 MiB");
        }
        if (clock->next_ns > INT64_MAX - repetition->every_ns) {
            return test_wrong(reader, event, err, "the times run past the year 2261");
        }
        clock->next_ns += repetition->every_ns;
    }
    return 0;
}

int test_add_event(const struct test_reader *reader, const struct yaml_node *event,
                   struct test_clock *clock, struct test_case *made, struct err *err)
{
    struct repetition once = {event, 1, TIMESTAMP_SECOND_NS};
    return add_repeated(reader, &once, clock, made, err);
}

static int add_file(const struct test_reader *reader, const struct yaml_node *node,
                    const struct test_clock *clock, struct test_case *made, struct err *err)
{
    if (node->kind != YAML_SCALAR || node->text.len == 0) {
        return test_wrong(reader, node, err, "`file` is a path, seen from the test file's folder");
    }
    struct str path = test_path_from(reader, node->text);
    struct stat status;
    if (stat(path.ptr, &status) == 0 && !S_ISREG(status.st_mode)) {
        return test_wrong(reader, node, err, "`file` is not a regular file");
    }
    FILE *file = fopen(path.ptr, "rb");
    if (file == NULL) {
        return err_set(err, ERR_CONFIG, "%s:%u:%u: %s: %s", reader->path, node->line, node->column,
                       path.ptr, strerror(errno));
    }
    struct buffer text = {0};
    size_t got = 1;
    while (got > 0 && text.len <= LIMIT_DOCUMENT_RECORD_BYTES) {
        got = fread(buffer_reserve(&text, LIMIT_BATCH_BYTES), 1, LIMIT_BATCH_BYTES, file);
        text.len += got;
    }
    bool broken = ferror(file) != 0;
    fclose(file);
    int failed = 0;
    if (broken || text.len > LIMIT_DOCUMENT_RECORD_BYTES) {
        failed = test_wrong(reader, node, err,
                            broken ? "the file can't be read"
                                   : "the file is larger than 64 MiB: cut a part out of it");
    } else {
        struct test_step *step = add_step(reader, made);
        step->bytes = arena_copy(reader->arena, buffer_str(&text));
        step->time_ns = clock->next_ns;
        step->line = node->line;
    }
    buffer_release(&text);
    return failed;
}

/* A mapping of `event` or `file` and how often, or an event that is written bare. */
static bool is_step(const struct yaml_node *node)
{
    if (yaml_get(node, "event") == NULL && yaml_get(node, "file") == NULL) {
        return false;
    }
    for (size_t i = 0; i < node->count; i++) {
        size_t k = 0;
        while (step_keys[k] != NULL && !str_equal(node->pairs[i].key->text, str_of(step_keys[k]))) {
            k++;
        }
        if (step_keys[k] == NULL) {
            return false;
        }
    }
    return true;
}

static int add_entry(const struct test_reader *reader, const struct yaml_node *node,
                     struct test_clock *clock, struct test_case *made, struct err *err)
{
    if (!is_step(node)) {
        return test_add_event(reader, node, clock, made, err);
    }
    struct repetition repetition = {yaml_get(node, "event"), 1, TIMESTAMP_SECOND_NS};
    int failed = test_read_count(reader, yaml_get(node, "repeat"), &repetition.times, err);
    failed = failed != 0
                 ? failed
                 : test_read_duration(reader, yaml_get(node, "every"), &repetition.every_ns, err);
    failed =
        failed != 0 ? failed : test_read_time(reader, yaml_get(node, "at"), &clock->next_ns, err);
    if (failed != 0) {
        return failed;
    }
    return repetition.event != NULL ? add_repeated(reader, &repetition, clock, made, err)
                                    : add_file(reader, yaml_get(node, "file"), clock, made, err);
}

int test_read_steps(const struct test_reader *reader, const struct yaml_node *node,
                    struct test_clock *clock, struct test_case *made, struct err *err)
{
    const struct yaml_node *event = yaml_get(node, "event");
    const struct yaml_node *events = yaml_get(node, "events");
    const struct yaml_node *file = yaml_get(node, "file");
    if ((event != NULL) + (events != NULL) + (file != NULL) != 1) {
        return test_wrong(reader, node, err, "a test has one of `event`, `events` and `file`");
    }
    if (event != NULL) {
        return test_add_event(reader, event, clock, made, err);
    }
    if (file != NULL) {
        return add_file(reader, file, clock, made, err);
    }
    if (events->kind != YAML_SEQUENCE || events->count == 0) {
        return test_wrong(reader, events, err, "`events` is a list of at least one");
    }
    int failed = 0;
    for (size_t i = 0; i < events->count && failed == 0; i++) {
        failed = add_entry(reader, events->items[i], clock, made, err);
    }
    return failed;
}
