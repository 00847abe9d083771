/* SPDX-License-Identifier: Apache-2.0
 *
 * command_version.c - `tocsin version`: the version, and the tables that the program is made of.
 */
#include "analyze/rule/rule_modifier.h"
#include "base/limits.h"
#include "cli/command.h"
#include "cli/options.h"
#include "ingest/decode/decoder.h"
#include "ingest/record/record.h"
#include "ingest/source/source.h"
#include "respond/sink/sink.h"

#include <inttypes.h>
#include <stdio.h>

static void print_limits(void)
{
    for (const struct limit *limit = limit_table; limit->name != NULL; limit++) {
        printf("%-24s %12" PRId64 " %-8s %s\n", limit->name, limit->value, limit->unit,
               limit->effect);
    }
}

static void print_decoders(void)
{
    for (size_t i = 0; decoder_table[i] != NULL; i++) {
        printf("%-12s %s\n", decoder_table[i]->name, decoder_table[i]->doc);
    }
}

static void print_sources(void)
{
    for (size_t i = 0; source_table[i] != NULL; i++) {
        printf("%-12s %s\n", source_table[i]->name, source_table[i]->doc);
    }
}

static void print_sinks(void)
{
    for (size_t i = 0; sink_table[i] != NULL; i++) {
        printf("%-12s %s\n", sink_table[i]->name, sink_table[i]->doc);
    }
}

static void print_faults(void)
{
    for (int fault = 1; fault < RECORD_FAULTS; fault++) {
        printf("%-16s %s\n", record_fault_name((enum record_fault)fault),
               record_fault_sentence((enum record_fault)fault));
    }
}

static void print_modifiers(void)
{
    for (const struct modifier *modifier = modifier_table; modifier->name != NULL; modifier++) {
        printf("%-16s %s\n", modifier->name, modifier->doc);
    }
}

static const struct option_row version_options[] = {
    {"limits", NULL, NULL, "every cap, its value, and what happens at it"},
    {"decoders", NULL, NULL, "the log formats that are understood"},
    {"sources", NULL, NULL, "where logs can be read from"},
    {"sinks", NULL, NULL, "where alerts and dead letters can go"},
    {"faults", NULL, NULL, "why a record can end in the dead letter"},
    {"modifiers", NULL, NULL, "Sigma's modifiers of values"},
    {NULL, NULL, NULL, NULL},
};
/* Parallel to version_options. */
static void (*const printers[])(void) = {print_limits, print_decoders, print_sources,
                                         print_sinks,  print_faults,   print_modifiers};

static int run_version(int argc, char **argv)
{
    struct options options;
    bool printed = false;
    options_begin(&options, &command_version, argc, argv);
    while (options_next(&options)) {
        for (size_t i = 0; i < sizeof printers / sizeof printers[0]; i++) {
            if (options_is(&options, version_options[i].name)) {
                printers[i]();
                printed = true;
            }
        }
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (options.first < argc) {
        return options_wrong(&command_version, "takes no arguments");
    }
    if (!printed) {
        printf("tocsin %s\n", TOCSIN_VERSION);
    }
    return EXIT_DONE;
}

const struct command command_version = {
    "version",       "print the version, or a table of what is built in",        "",
    version_options, "examples:\n  tocsin version\n  tocsin version --limits\n", run_version,
};
