/* SPDX-License-Identifier: Apache-2.0
 *
 * options.h - reads a command's options from its rows, and writes its --help from the same rows.
 *
 * In:  argc, argv, a struct command.   Out: one option at a time, then the arguments.
 * Thread: one (getopt_long keeps its state in globals).   Owns: nothing; values point into argv.
 * Invariants: (1) an option that is not a row, lacks its value or has one that is not among its
 *                 choices ends the reading with a message and EXIT_USAGE.
 * Bounds: OPTIONS_MAX rows.
 * Tested: tests/golden/test_cli.sh.
 */
#ifndef TOCSIN_CLI_OPTIONS_H
#define TOCSIN_CLI_OPTIONS_H

#include "cli/command.h"

#include <stdbool.h>

#define OPTIONS_MAX 32

struct options {
    const struct command *command;
    int argc;
    char **argv; /* reordered: arguments come last */
    int first;   /* after the end: index of the first argument */
    const char *name;
    const char *value;
    int exit_code; /* when stopped */
    bool stopped;  /* --help was printed, or the usage is wrong: return exit_code */
};

void options_begin(struct options *options, const struct command *command, int argc, char **argv);
/* True: name and value hold an option. False: at the end, or stopped. */
bool options_next(struct options *options);
/* Is the option that options_next gave called name? */
bool options_is(const struct options *options, const char *name);
/* Says that the current option's value is wrong: "--threads: 900: use 1 to 256". Stops. */
void options_refuse(struct options *options, const char *reason);
/* The value of --decoder, which is refused when it names none. */
const char *options_decoder(struct options *options);
/* Says what else is wrong with the command line and points to --help. Returns EXIT_USAGE. */
int options_wrong(const struct command *command, const char *reason);
void options_print_help(const struct command *command);

#endif
