/* SPDX-License-Identifier: Apache-2.0
 *
 * command_dlq_replay.c - `tocsin dlq replay`: records that could not be decoded, decoded again, and
 * written back to where they are read.
 */
#include "cli/dlq/dlq.h"
#include "cli/dlq/dlq_seen.h"
#include "cli/dlq/dlq_target.h"

#include "base/limits.h"
#include "base/timestamp.h"
#include "cli/engine/trial.h"
#include "cli/json_out.h"
#include "cli/rule_paths.h"
#include "cli/scan_defaults.h"
#include "ingest/source/kafka_properties.h"

#include <stdio.h>
#include <string.h>

/* What became of a letter: the rows of the report. */
#define FATE_TABLE(FATE)                                                                           \
    FATE(REPLAYED, "replayed", "decoded now")                                                      \
    FATE(FORCED, "forced", "not decoded now, but written by --all")                                \
    FATE(REPEATED, "repeated", "stood in the input before")                                        \
    FATE(CUT, "cut", "the letter has not the whole record")                                        \
    FATE(FILTERED, "filtered", "decoded now: nothing to analyse")                                  \
    FATE(FAILED, "failed", "not decoded now")                                                      \
    FATE(LINES, "lines", "has line feeds: only a topic can take it")

#define FATE_ENUM(name, text, sentence) FATE_##name,
enum fate { FATE_TABLE(FATE_ENUM) FATES };
#undef FATE_ENUM

struct replay {
    struct dlq_request request;
    struct rule_paths rules;
    const char *decoder;
    const char *path; /* --to, or "-"; NULL: the topic or --dry-run */
    const char *topic;
    const char *to_brokers;
    uint64_t after;
    bool all;
    bool dry;
    bool json;
    struct engine_options engine;
    struct trial *trial;
    struct dlq_seen *seen;
    struct dlq_target target;
    uint64_t fates[FATES];
    uint64_t faults[RECORD_FAULTS]; /* of those that fail */
    uint64_t alerts;
    uint64_t last; /* number of the last letter that was given out */
};

/* --- one letter ------------------------------------------------------------------------------- */

/* Decodes the record as tocsin run would where it is written to. */
static enum fate try_again(struct replay *replay, const struct dead_letter *letter)
{
    const struct source_options *source = &replay->engine.source;
    char name[256];
    snprintf(name, sizeof name, "%.*s", (int)(letter->source.len < 200 ? letter->source.len : 200),
             letter->source.ptr);
    const char *read_as = replay->topic != NULL ? replay->topic : name;
    struct trial_input input = {
        .bytes = letter->record,
        .source = name,
        .decoder = replay->decoder != NULL ? replay->decoder : source_decoder(source, read_as),
        .logsource = source_logsource(source, read_as),
        .reference_ns = letter->reference_ns,
    };
    trial_begin(replay->trial);
    trial_feed(replay->trial, &input);
    trial_end(replay->trial);
    enum record_fault fault = trial_fault(replay->trial);
    if (fault != RECORD_FAULT_NONE) {
        replay->faults[fault]++;
        return replay->all ? FATE_FORCED : FATE_FAILED;
    }
    if (trial_events(replay->trial) == 0) {
        return replay->all ? FATE_FORCED : FATE_FILTERED;
    }
    replay->alerts += trial_alerts(replay->trial).count;
    return FATE_REPLAYED;
}

static enum fate judge(struct replay *replay, const struct dead_letter *letter)
{
    if (letter->cut || letter->record.len == 0) {
        return FATE_CUT;
    }
    if ((replay->path != NULL && !dlq_target_takes(&replay->target, letter))) {
        return FATE_LINES;
    }
    return try_again(replay, letter);
}

/* dlq_visit_fn */
static int replay_entry(void *context, const struct dlq_entry *entry, struct err *err)
{
    struct replay *replay = context;
    const struct dead_letter *letter = &entry->letter;
    if (entry->number <= replay->after) {
        return 0;
    }
    enum dlq_sight sight = dlq_seen_add(replay->seen, letter);
    if (sight == DLQ_FULL) {
        return err_set(err, ERR_DATA,
                       "%d records are all that can be told apart in one call; go on with --after "
                       "%llu",
                       LIMIT_DEAD_LETTER_SEEN, (unsigned long long)entry->number - 1);
    }
    enum fate fate = sight == DLQ_SEEN ? FATE_REPEATED : judge(replay, letter);
    replay->fates[fate]++;
    if (replay->dry || (fate != FATE_REPLAYED && fate != FATE_FORCED)) {
        return 0;
    }
    replay->last = entry->number;
    return dlq_target_write(&replay->target, letter, err);
}

/* --- the report ------------------------------------------------------------------------------- */

#define FATE_ROW(name, text, sentence) {text, sentence},
static const struct {
    const char *name;
    const char *sentence;
} fate_table[] = {FATE_TABLE(FATE_ROW)};
#undef FATE_ROW

static void report_text(const struct replay *replay, struct buffer *out)
{
    buffer_add_text(out, replay->dry ? "nothing is written; of the letters selected\n" : "");
    for (int fate = 0; fate < FATES; fate++) {
        if (replay->fates[fate] > 0 || fate == FATE_REPLAYED) {
            buffer_printf(out, "%10llu  %-10s  %s\n", (unsigned long long)replay->fates[fate],
                          fate_table[fate].name, fate_table[fate].sentence);
        }
    }
    for (int fault = 1; fault < RECORD_FAULTS; fault++) {
        if (replay->faults[fault] > 0) {
            enum record_fault reason = (enum record_fault)fault;
            buffer_printf(out, "%10llu  of them %s: %s\n",
                          (unsigned long long)replay->faults[fault], record_fault_name(reason),
                          record_fault_sentence(reason));
        }
    }
    buffer_printf(out, "%10llu  alerts of rules without correlations\n",
                  (unsigned long long)replay->alerts);
}

static void report_json(const struct replay *replay, const struct dlq_totals *totals,
                        struct buffer *out)
{
    cJSON *root = cJSON_CreateObject();
    for (int fate = 0; fate < FATES; fate++) {
        json_out_count(root, fate_table[fate].name, replay->fates[fate]);
    }
    cJSON *faults = cJSON_AddObjectToObject(root, "faults");
    for (int fault = 1; fault < RECORD_FAULTS; fault++) {
        if (replay->faults[fault] > 0) {
            json_out_count(faults, record_fault_name((enum record_fault)fault),
                           replay->faults[fault]);
        }
    }
    json_out_count(root, "alerts", replay->alerts);
    json_out_count(root, "unreadable", totals->unreadable);
    json_out_finish(root, out);
}

/* Records that go to standard output must not be mixed with the report. */
static int report(const struct replay *replay, const struct dlq_totals *totals)
{
    struct buffer out = {0};
    if (replay->json) {
        report_json(replay, totals, &out);
    } else {
        report_text(replay, &out);
    }
    fwrite(out.ptr, 1, out.len,
           replay->path != NULL && strcmp(replay->path, "-") == 0 ? stderr : stdout);
    buffer_release(&out);
    bool all = replay->fates[FATE_CUT] + replay->fates[FATE_FAILED] + replay->fates[FATE_LINES] +
                   totals->unreadable ==
               0;
    return all ? EXIT_DONE : EXIT_FOUND;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Where the topic is: --to-brokers, else the service's own input, else where the letters are. */
static void find_topic(struct replay *replay, struct arena *arena, struct sink_options *sink)
{
    const struct source_options *source = &replay->engine.source;
    const struct dlq_place *place = &replay->request.place;
    bool own = replay->to_brokers == NULL && source->brokers != NULL;
    const struct source_property *items = own ? source->properties : place->properties;
    uint32_t count = own ? source->properties_count : place->properties_count;
    struct source_property *kept = arena_take_zeroed(arena, (size_t)count + 1, sizeof *kept);
    struct err unused = {0};
    *sink = (struct sink_options){.kind = "kafka", .topic = replay->topic};
    sink->brokers = replay->to_brokers != NULL ? replay->to_brokers : place->brokers;
    sink->brokers = own ? source->brokers : sink->brokers;
    for (uint32_t i = 0; i < count; i++) {
        if (kafka_properties_check(&items[i], 1, KAFKA_PRODUCER, &unused) == 0) {
            kept[sink->properties_count++] = items[i];
        }
    }
    sink->properties = kept;
}

static int run_through(struct replay *replay, struct dlq_totals *totals, struct err *err)
{
    struct sink_options sink = {0};
    find_topic(replay, replay->request.arena, &sink);
    int failed = trial_new_of(&replay->engine, &replay->trial, err);
    if (failed != 0) {
        return failed;
    }
    if (!replay->dry) {
        failed = dlq_target_open(&replay->target, replay->path, &sink, err);
    }
    if (failed == 0) {
        failed = dlq_walk(&replay->request, replay_entry, replay, totals, err);
        int unfinished =
            replay->dry ? 0
                        : dlq_target_finish(&replay->target, failed == 0 ? err : &(struct err){0});
        failed = failed != 0 ? failed : unfinished;
        if (failed != 0 && replay->last > 0) {
            err_prefix(err, "after letter %llu; records up to it may be written",
                       (unsigned long long)replay->last);
        }
        if (!replay->dry) {
            dlq_target_close(&replay->target);
        }
    }
    trial_free(replay->trial);
    return failed;
}

static int replay_all(struct replay *replay)
{
    struct err err = {0};
    struct dlq_totals totals = {0};
    if (replay->request.config != NULL) {
        replay->engine = replay->request.config->engine;
    } else {
        scan_defaults(&replay->engine);
    }
    if (replay->request.config == NULL || replay->rules.count > 0) {
        rule_paths_finish(&replay->rules);
        replay->engine.rules = replay->rules.items;
        replay->engine.rules_count = replay->rules.count;
    }
    replay->seen = dlq_seen_new();
    int failed = run_through(replay, &totals, &err);
    dlq_seen_free(replay->seen);
    return failed != 0 ? command_fail(&err) : report(replay, &totals);
}

static void take_option(struct replay *replay, struct options *options)
{
    if (options_is(options, "rules")) {
        rule_paths_add(&replay->rules, options->value);
    } else if (options_is(options, "decoder")) {
        replay->decoder = options_decoder(options);
    } else if (options_is(options, "to")) {
        replay->path = options->value;
    } else if (options_is(options, "to-stdout")) {
        replay->path = "-";
    } else if (options_is(options, "to-topic")) {
        replay->topic = options->value;
    } else if (options_is(options, "to-brokers")) {
        replay->to_brokers = options->value;
    } else if (options_is(options, "after")) {
        if (!str_to_u64(str_of(options->value), &replay->after)) {
            options_refuse(options, "use a letter's number");
        }
    } else if (options_is(options, "all")) {
        replay->all = true;
    } else if (options_is(options, "dry-run")) {
        replay->dry = true;
    } else if (options_is(options, "format")) {
        replay->json = strcmp(options->value, "json") == 0;
    } else {
        dlq_request_take(&replay->request, options);
    }
}

/* What is missing, or too much, on the command line. */
static const char *find_wrong(const struct replay *replay)
{
    const struct dlq_request *request = &replay->request;
    if (replay->path == NULL && replay->topic == NULL && !replay->dry) {
        return "say where to: --to, --to-stdout or --to-topic; or --dry-run";
    }
    if (replay->path != NULL && replay->topic != NULL) {
        return "--to and --to-topic do not go together";
    }
    bool brokers = replay->to_brokers != NULL || request->place.brokers != NULL ||
                   (request->config != NULL && request->config->engine.source.brokers != NULL);
    return replay->topic != NULL && !replay->dry && !brokers ? "--to-topic needs --to-brokers"
                                                             : NULL;
}

static int run_replay(int argc, char **argv)
{
    struct replay replay = {0};
    struct options options;
    dlq_request_begin(&replay.request, &command_dlq_replay, argc);
    options_begin(&options, &command_dlq_replay, argc, argv);
    while (options_next(&options)) {
        take_option(&replay, &options);
    }
    int code = options.exit_code;
    if (!options.stopped) {
        code = dlq_request_finish(&replay.request, &options, options.first);
        const char *wrong = code == EXIT_DONE ? find_wrong(&replay) : NULL;
        code = wrong != NULL ? options_wrong(&command_dlq_replay, wrong) : code;
        code = code == EXIT_DONE ? replay_all(&replay) : code;
    }
    rule_paths_release(&replay.rules);
    dlq_request_release(&replay.request);
    return code;
}

static const struct option_row replay_options[] = {
    DLQ_OPTIONS,
    {"after", "NUMBER", NULL, "only letters behind this one"},
    {"rules", "PATH", NULL, "rules: a file or directory; may be repeated"},
    {"decoder", "NAME", NULL, "format of all records; default as configured, else by content"},
    {"to", "FILE", NULL, "add the records to this file, one a line"},
    {"to-stdout", NULL, NULL, "write them to standard output, one a line"},
    {"to-topic", "NAME", NULL, "write them to this topic, one a message"},
    {"to-brokers", "LIST", NULL,
     "of that topic; default: of the configuration's source, of --brokers"},
    {"all", NULL, NULL, "write those that can't be decoded now, too"},
    {"dry-run", NULL, NULL, "write nothing; say what would be written"},
    {"format", "NAME", "text json", "how the counts are printed; default text"},
    {NULL, NULL, NULL, NULL},
};

const struct command command_dlq_replay = {
    "dlq replay",
    "decode the records of dead letters again, and write them back",
    "[PATH]...",
    replay_options,
    "Decodes each record anew, with the decoders, options and rules of the configuration "
    "(--config)\n"
    "or of the program, and writes the bytes of those that become events to where tocsin reads\n"
    "them. PATH and the first options are those of `tocsin dlq list`. A record that stands in the\n"
    "input more than once (same place, same bytes) is written once in a call; a second call "
    "writes\n"
    "it again. A letter that has only a record's beginning is never written.\n\n"
    "A replayed record is a new record: its place, and with it event.id and alert ids, are those\n"
    "where it was written to. Its event time is its own. In a topic it has the header\n"
    "tocsin.replay_of with its first place, its old message's time, and in its old topic its old\n"
    "partition; a record without a time of its own stays as old as it was.\n\n"
    "exit codes: 0 done; 1 some letters could not be replayed; 2 wrong usage or configuration; 3 "
    "a\n"
    "file or broker failed\n\n"
    "examples:\n"
    "  tocsin dlq replay --dry-run --config /etc/tocsin/tocsin.yml\n"
    "  tocsin dlq replay --reason unrecognized --decoder json --to-stdout dead.jsonl | tocsin scan "
    "-\n"
    "  tocsin dlq replay --config /etc/tocsin/tocsin.yml --source calls --to-topic calls\n",
    run_replay,
};
