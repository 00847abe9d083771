/* SPDX-License-Identifier: Apache-2.0
 *
 * command_scan.c - `tocsin scan`: files and directories through the rules, alerts on the screen.
 */
#include "base/limits.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/engine/engine.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/rule_paths.h"
#include "cli/scan_defaults.h"
#include "cli/signals.h"
#include "cli/summary.h"
#include "cli/units.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCAN_ALERT_SINKS = 2, SCAN_BLOCK_BYTES = 1 << 30 };

struct scan {
    struct engine_options engine;
    struct sink_options alerts[SCAN_ALERT_SINKS];
    struct sink_options dead_letter;
    struct sink_options exceptions;
    struct rule_paths rules;
    enum rule_level fail_on; /* RULE_LEVELS: never */
    bool no_progress;
    bool quiet;
    const char *summary;
};

static const struct option_row scan_options[] = {
    {"rules", "PATH", NULL, "rules: a file or directory; may be repeated"},
    {"pipeline", "PATH", NULL, RULE_PATHS_PIPELINE_DOC},
    {"format", "NAME", "pretty json csv", "how alerts are printed; default pretty"},
    {"output", "FILE", NULL, "write the alerts to FILE, too, as JSON lines"},
    {"dead-letter", "FILE", NULL, "write records that could not be decoded to FILE"},
    {"exceptions", "FILE", NULL, "write matches that an exception covers to FILE"},
    {"level", "NAME", "informational low medium high critical", "leave out alerts below"},
    {"fail-on", "NAME", "informational low medium high critical",
     "exit code 1 if an alert of this level or above was raised"},
    {"threads", "N", NULL, "worker threads; default one a processor, at most 8"},
    {"decoder", "NAME", NULL, "format of all input; default by content (version --decoders)"},
    {"logsource", "PARTS", NULL, "what rules call JSON events: product=..,service=..,category=.."},
    {"timezone", "OFFSET", NULL, "of times without a zone: UTC or +hh:mm; default UTC"},
    {"syslog-year", "YEAR", NULL, "of times without a year; default by the file's time"},
    {"strict-json", NULL, NULL, "check all of every JSON record; dead-letter what is not valid"},
    {"follow", NULL, NULL, "wait for more lines, until interrupted"},
    {"lateness", "DURATION", NULL, "with --follow: how long correlations wait; default 1m"},
    {"summary", "NAME", "text json none", "what is printed at the end; default text"},
    {"no-progress", NULL, NULL, "no progress line on a terminal"},
    {"quiet", NULL, NULL, "neither progress nor summary"},
    {"batch-bytes", "SIZE", NULL, "read in blocks of this size; default 256KiB"},
    {NULL, NULL, NULL, NULL},
};

static bool read_number(const char *text, int64_t smallest, int64_t largest, int64_t *number)
{
    return str_to_i64(str_of(text), number) && *number >= smallest && *number <= largest;
}

static void take_number(struct scan *scan, struct options *options)
{
    int64_t number = 0;
    uint64_t bytes = 0;
    if (options_is(options, "threads")) {
        if (!read_number(options->value, 1, LIMIT_THREADS, &number)) {
            options_refuse(options, "use a number from 1 to 256");
        }
        scan->engine.threads = (uint32_t)number;
    } else if (options_is(options, "syslog-year")) {
        if (!read_number(options->value, 1970, 2261, &number)) {
            options_refuse(options, "use a year from 1970 to 2261");
        }
        scan->engine.decoder.year = (int32_t)number;
    } else if (options_is(options, "timezone")) {
        if (!units_zone(str_of(options->value), &scan->engine.decoder.zone_offset_seconds)) {
            options_refuse(options, "use UTC or an offset such as +02:00");
        }
    } else if (options_is(options, "lateness")) {
        if (!units_duration(str_of(options->value), &scan->engine.window.lateness_ns)) {
            options_refuse(options, "use a whole number with ms, s, m, h or d, such as 30s");
        }
    } else if (options_is(options, "batch-bytes")) {
        bool fits =
            units_bytes(str_of(options->value), &bytes) && bytes >= 1 && bytes <= SCAN_BLOCK_BYTES;
        if (!fits) {
            options_refuse(options, "use a size from 1 to 1GiB, such as 256KiB");
        }
        scan->engine.source.block_bytes = (size_t)bytes;
    }
}

static void take_logsource(struct scan *scan, struct options *options)
{
    struct err err = {0};
    if (logsource_give(options->value, &scan->engine.source.logsource, &err) != 0) {
        options_refuse(options, "write product=..,service=..,category=.., each at most once");
    }
}

static enum sink_format format_named(const char *name)
{
    enum sink_format other = strcmp(name, "csv") == 0 ? SINK_CSV : SINK_PRETTY;
    return strcmp(name, "json") == 0 ? SINK_JSON : other;
}

static void take_option(struct scan *scan, struct options *options)
{
    const char *value = options->value;
    if (options_is(options, "rules")) {
        rule_paths_add(&scan->rules, value);
    } else if (options_is(options, "pipeline")) {
        rule_paths_add_pipeline(&scan->rules, value);
    } else if (options_is(options, "format")) {
        scan->alerts[0].format = format_named(value);
    } else if (options_is(options, "output")) {
        scan->alerts[1].path = value;
        scan->engine.alerts_count = SCAN_ALERT_SINKS;
    } else if (options_is(options, "dead-letter")) {
        scan->dead_letter.path = value;
        scan->engine.dead_letters_count = 1;
    } else if (options_is(options, "exceptions")) {
        scan->exceptions.path = value;
        scan->engine.exceptions_count = 1;
    } else if (options_is(options, "level")) {
        scan->alerts[0].level_min = units_level(str_of(value));
        scan->alerts[1].level_min = scan->alerts[0].level_min;
    } else if (options_is(options, "fail-on")) {
        scan->fail_on = units_level(str_of(value));
    } else if (options_is(options, "decoder")) {
        scan->engine.source.decoder = options_decoder(options);
    } else if (options_is(options, "logsource")) {
        take_logsource(scan, options);
    } else if (options_is(options, "strict-json")) {
        scan->engine.decoder.strict_json = true;
    } else if (options_is(options, "follow")) {
        scan->engine.source.follow = true;
        scan->engine.window.ordered_at_end = false;
    } else if (options_is(options, "summary")) {
        scan->summary = value;
    } else if (options_is(options, "no-progress")) {
        scan->no_progress = true;
    } else if (options_is(options, "quiet")) {
        scan->quiet = true;
    } else {
        take_number(scan, options);
    }
}

static void scan_init(struct scan *scan)
{
    memset(scan, 0, sizeof *scan);
    scan->alerts[0] = (struct sink_options){.kind = "stdout", .format = SINK_PRETTY};
    scan->alerts[0].colour = isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
    scan->alerts[1] = (struct sink_options){.kind = "file", .format = SINK_JSON};
    scan->dead_letter = (struct sink_options){.kind = "file", .format = SINK_JSON};
    scan->exceptions = scan->dead_letter;
    scan->fail_on = RULE_LEVELS;
    scan->summary = "text";
    struct engine_options *engine = &scan->engine;
    scan_defaults(engine);
    engine->alerts = scan->alerts;
    engine->alerts_count = 1;
    engine->dead_letters = &scan->dead_letter;
    engine->exceptions = &scan->exceptions;
}

static void print_summary(const struct scan *scan, const struct engine_summary *summary,
                          const struct rule_set *rules)
{
    struct buffer text = {0};
    if (scan->quiet || strcmp(scan->summary, "none") == 0) {
        return;
    }
    if (strcmp(scan->summary, "json") == 0) {
        summary_render_json(summary, rules, &text);
    } else {
        summary_render_text(summary, rules, &text);
    }
    fwrite(text.ptr, 1, text.len, stderr);
    buffer_release(&text);
}

static int judge(const struct scan *scan, const struct engine_summary *summary)
{
    if (!engine_adds_up(summary)) {
        return EXIT_RESIDUE;
    }
    if (summary->input_errors > 0) {
        return EXIT_WORLD;
    }
    for (int level = (int)scan->fail_on; level < RULE_LEVELS; level++) {
        if (summary->alerts_by_level[level] > 0) {
            return EXIT_FOUND;
        }
    }
    return EXIT_DONE;
}

static int scan_run(struct scan *scan)
{
    struct err err = {0};
    struct engine *engine = NULL;
    if (engine_new(&scan->engine, &engine, &err) != 0) {
        return command_fail(&err);
    }
    struct progress progress;
    progress_begin(&progress, !scan->no_progress && !scan->quiet);
    engine_on_progress(engine, progress_draw, &progress);
    signals_begin(engine, false);
    int failed = engine_run(engine, &err);
    signals_end();
    progress_end(&progress);
    struct engine_summary summary;
    engine_summarize(engine, &summary);
    fflush(stdout);
    print_summary(scan, &summary, engine_rules(engine));
    int code = judge(scan, &summary);
    if (failed == 0 && signals_stopped() && !scan->engine.source.follow) {
        fputs("tocsin: interrupted; not all of the input was read\n", stderr);
        code = code == EXIT_RESIDUE ? code : EXIT_WORLD;
    }
    if (failed != 0 && code != EXIT_RESIDUE) {
        code = command_fail(&err);
    }
    engine_free(engine);
    return code;
}

static int run_scan(int argc, char **argv)
{
    struct scan scan;
    struct options options;
    scan_init(&scan);
    options_begin(&options, &command_scan, argc, argv);
    while (options_next(&options)) {
        take_option(&scan, &options);
    }
    int code = options.exit_code;
    if (!options.stopped && options.first == argc) {
        code = options_wrong(&command_scan, "name at least one file or directory (- is stdin)");
    } else if (!options.stopped) {
        rule_paths_finish(&scan.rules);
        const char **paths = memory_new((size_t)(argc - options.first), sizeof *paths);
        for (int i = options.first; i < argc; i++) {
            paths[scan.engine.source.paths_count++] = argv[i];
        }
        scan.engine.source.paths = paths;
        scan.engine.rules = scan.rules.items;
        scan.engine.rules_count = scan.rules.count;
        code = scan_run(&scan);
        memory_free(paths);
    }
    rule_paths_release(&scan.rules);
    return code;
}

const struct command command_scan = {
    "scan",
    "match files and directories against the rules",
    "PATH...",
    scan_options,
    "Directories are read with all that is in them; .gz files are inflated; - is standard input.\n"
    "Alerts go to standard output, progress and summary to standard error. Without --rules the\n"
    "rules that come with the program are used.\n\n"
    "exit codes:\n"
    "  0  done, with or without alerts\n"
    "  1  done, and an alert of --fail-on's level or above was raised\n"
    "  2  wrong usage\n"
    "  3  a file could not be read or written, or the scan was interrupted; what was read was\n"
    "     matched\n"
    "  4  the records do not add up: a bug, please report it\n\n"
    "examples:\n"
    "  tocsin scan /var/log/auth.log\n"
    "  tocsin scan --rules rules/ --level high --output alerts.jsonl cloudtrail/\n"
    "  tocsin scan --format json logs/ | jq -r .rule.name | sort | uniq -c\n"
    "  zcat old.log.gz | tocsin scan --decoder syslog --syslog-year 2025 -\n",
    run_scan,
};
