/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq.c - see dlq.h.
 */
#include "cli/dlq/dlq.h"

#include "base/memory.h"
#include "base/timestamp.h"
#include "ingest/source/kafka_properties.h"

#include <fnmatch.h>
#include <stdio.h>

/* So many lines that are no dead letters are told one by one. */
#define UNREADABLE_TOLD 10

void dlq_request_begin(struct dlq_request *request, const struct command *command, int argc)
{
    *request = (struct dlq_request){
        .command = command,
        .arena = arena_new(0),
        .filter = {.partition = -1, .since_ns = TIMESTAMP_NONE, .until_ns = TIMESTAMP_NONE}};
    size_t count = (size_t)argc + 1;
    request->properties = arena_take_zeroed(request->arena, count, sizeof *request->properties);
    request->place.paths = arena_take_zeroed(request->arena, count, sizeof *request->place.paths);
}

void dlq_request_release(struct dlq_request *request)
{
    config_free(request->config);
    arena_free(request->arena);
}

/* --- options ---------------------------------------------------------------------------------- */

static void take_property(struct dlq_request *request, struct options *options)
{
    size_t len = strcspn(options->value, "=");
    if (options->value[len] != '=') {
        options_refuse(options, "use NAME=VALUE");
        return;
    }
    struct str text = str_of(options->value);
    request->properties[request->properties_count++] = (struct source_property){
        .name = arena_copy(request->arena, str_slice(text, 0, len)).ptr,
        .value = arena_copy(request->arena, str_slice(text, len + 1, text.len)).ptr,
    };
}

static void take_time(struct options *options, int64_t *time_ns)
{
    size_t used = 0;
    struct str text = str_of(options->value);
    *time_ns = timestamp_parse_rfc3339(text, 0, &used);
    if (used == 0 || used != text.len) {
        options_refuse(options, "use a time such as 2026-03-02T10:00:00Z");
    }
}

static void take_reason(struct dlq_request *request, struct options *options)
{
    int fault = RECORD_FAULT_NONE + 1;
    while (fault < RECORD_FAULTS &&
           strcmp(options->value, record_fault_name((enum record_fault)fault)) != 0) {
        fault++;
    }
    if (fault == RECORD_FAULTS) {
        options_refuse(options, "there is no such reason; see `tocsin version --faults`");
    }
    request->filter.reason = options->value;
}

static void take_config(struct dlq_request *request, struct options *options)
{
    struct err err = {0};
    config_free(request->config);
    if (config_load(options->value, &request->config, &err) != 0) {
        options->stopped = true;
        options->exit_code = command_fail(&err);
    }
}

bool dlq_request_take(struct dlq_request *request, struct options *options)
{
    struct dlq_filter *filter = &request->filter;
    if (options_is(options, "config")) {
        take_config(request, options);
    } else if (options_is(options, "brokers")) {
        request->place.brokers = options->value;
    } else if (options_is(options, "topic")) {
        request->place.topic = options->value;
    } else if (options_is(options, "property")) {
        take_property(request, options);
    } else if (options_is(options, "reason")) {
        take_reason(request, options);
    } else if (options_is(options, "source")) {
        filter->source = options->value;
    } else if (options_is(options, "since")) {
        take_time(options, &filter->since_ns);
    } else if (options_is(options, "until")) {
        take_time(options, &filter->until_ns);
    } else if (options_is(options, "partition")) {
        if (!str_to_i64(str_of(options->value), &filter->partition) || filter->partition < 0) {
            options_refuse(options, "use a whole number");
        }
    } else {
        return false;
    }
    return true;
}

/* --- where the letters are -------------------------------------------------------------------- */

/* What the sink's producer needs may be what no consumer may have: the latter is left out. */
static void borrow_properties(struct dlq_request *request, const struct sink_options *sink)
{
    struct err unused = {0};
    struct source_property *kept =
        arena_take_zeroed(request->arena, (size_t)sink->properties_count + 1, sizeof *kept);
    for (uint32_t i = 0; i < sink->properties_count; i++) {
        if (kafka_properties_check(&sink->properties[i], 1, KAFKA_CONSUMER, &unused) == 0) {
            kept[request->place.properties_count++] = sink->properties[i];
        }
    }
    request->place.properties = kept;
}

/* The configuration's first sink that can be read. */
static bool use_config(struct dlq_request *request)
{
    const struct engine_options *engine = &request->config->engine;
    for (uint32_t i = 0; i < engine->dead_letters_count; i++) {
        const struct sink_options *sink = &engine->dead_letters[i];
        if (strcmp(sink->kind, "kafka") == 0) {
            request->place.brokers = sink->brokers;
            request->place.topic = sink->topic;
            borrow_properties(request, sink);
            return true;
        }
        if (strcmp(sink->kind, "file") == 0) {
            request->place.paths[request->place.paths_count++] = sink->path;
            return true;
        }
    }
    return false;
}

int dlq_request_finish(struct dlq_request *request, const struct options *options, int first)
{
    struct dlq_place *place = &request->place;
    int count = options->argc - first;
    bool topic = place->topic != NULL || place->brokers != NULL;
    for (int i = 0; i < count; i++) {
        place->paths[place->paths_count++] = options->argv[first + i];
    }
    place->properties = request->properties;
    place->properties_count = request->properties_count;
    if (topic && (place->topic == NULL || place->brokers == NULL)) {
        return options_wrong(request->command, "--brokers and --topic need each other");
    }
    if (topic && count > 0) {
        return options_wrong(request->command, "name a topic or files, not both");
    }
    if (!topic && count == 0 && request->config == NULL) {
        return options_wrong(request->command,
                             "name where the dead letters are: PATH, --topic or --config");
    }
    if (!topic && count == 0 && !use_config(request)) {
        return options_wrong(request->command,
                             "the configuration has no output.dead_letters of kind file or kafka");
    }
    return EXIT_DONE;
}

/* --- the walk --------------------------------------------------------------------------------- */

static bool is_like(const char *pattern, struct str text)
{
    char *copy = memory_copy_str(text);
    bool like = strlen(copy) == text.len && fnmatch(pattern, copy, 0) == 0;
    memory_free(copy);
    return like;
}

bool dlq_filter_takes(const struct dlq_filter *filter, const struct dead_letter *letter)
{
    int64_t time_ns = letter->reference_ns;
    bool timed = time_ns != TIMESTAMP_NONE;
    bool takes = filter->reason == NULL || str_equal(str_of(filter->reason), letter->reason);
    takes = takes && (filter->partition < 0 || filter->partition == letter->partition);
    takes = takes && (filter->since_ns == TIMESTAMP_NONE || (timed && time_ns >= filter->since_ns));
    takes = takes && (filter->until_ns == TIMESTAMP_NONE || (timed && time_ns < filter->until_ns));
    return takes && (filter->source == NULL || is_like(filter->source, letter->source));
}

static void tell_unreadable(const struct dlq_line *line, const char *wrong, uint64_t count)
{
    if (count > UNREADABLE_TOLD) {
        return;
    }
    struct buffer text = {0};
    buffer_add_printable(&text, str_of(line->name));
    if (line->partition >= 0) {
        buffer_printf(&text, "/%d", (int)line->partition);
    }
    fprintf(stderr, "%.*s:%llu: no dead letter: %s\n", STR_ARG(buffer_str(&text)),
            (unsigned long long)line->at, wrong);
    if (count == UNREADABLE_TOLD) {
        fputs("further ones are only counted\n", stderr);
    }
    buffer_release(&text);
}

static int walk_line(const struct dlq_request *request, const struct dlq_line *line,
                     struct arena *arena, struct dlq_entry *entry, struct dlq_totals *totals)
{
    const char *wrong = line->too_long ? "the line is too long"
                                       : dead_letter_read(arena, line->text, &entry->letter);
    totals->lines++;
    if (wrong != NULL) {
        tell_unreadable(line, wrong, ++totals->unreadable);
        return 0;
    }
    entry->number = totals->lines;
    entry->line = line;
    bool takes = dlq_filter_takes(&request->filter, &entry->letter);
    totals->selected += takes ? 1 : 0;
    return takes ? 1 : 0;
}

int dlq_walk(const struct dlq_request *request, dlq_visit_fn *visit, void *context,
             struct dlq_totals *totals, struct err *err)
{
    struct dlq_input *input = NULL;
    struct dlq_line line;
    int got = dlq_input_open(&request->place, &input, err);
    if (got != 0) {
        return got;
    }
    struct arena *arena = arena_new(0);
    int decided = 0;
    while (decided == 0 && (got = dlq_input_next(input, &line, err)) > 0) {
        struct dlq_entry entry;
        arena_reset(arena);
        if (walk_line(request, &line, arena, &entry, totals) > 0) {
            decided = visit(context, &entry, err);
        }
    }
    arena_free(arena);
    dlq_input_close(input);
    return decided < 0 ? decided : got < 0 ? got : 0;
}
