/* SPDX-License-Identifier: Apache-2.0
 *
 * command.h - the commands of the program: one row of command_table for each.
 *
 * Exit codes: 0 done; 1 done, and something was found that the command's help names (rules check:
 * problems; scan --fail-on); 2 wrong usage or configuration; 3 the world failed (file, broker); 4
 * an accounting residue: our bug.
 *
 * To add a command: a file command_<name>.c with its struct command, declared below, and its row in
 * command_table.c. Its options are rows, too: parsing, --help and completion are made from them.
 */
#ifndef TOCSIN_CLI_COMMAND_H
#define TOCSIN_CLI_COMMAND_H

struct err;

enum exit_code { EXIT_DONE, EXIT_FOUND, EXIT_USAGE, EXIT_WORLD, EXIT_RESIDUE };

/* One option. A NULL name ends a list of them. */
struct option_row {
    const char *name;    /* without its dashes */
    const char *value;   /* what --help calls its value; NULL: it takes none */
    const char *choices; /* the values, with spaces between; NULL: any */
    const char *doc;
};

struct command {
    const char *name;      /* "scan"; "rules check": two words */
    const char *summary;   /* one line of `tocsin --help` */
    const char *arguments; /* of the usage line, after the options; "" if none */
    const struct option_row *options;
    const char *text;                  /* --help: what to know, exit codes and examples */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
};

/* The rows; a NULL ends them. */
extern const struct command *const command_table[];

extern const struct command command_scan;
extern const struct command command_run_daemon;
extern const struct command command_relay;
extern const struct command command_rules_check;
extern const struct command command_rules_list;
extern const struct command command_rules_explain;
extern const struct command command_rules_profile;
extern const struct command command_rules_test;
extern const struct command command_rules_convert;
extern const struct command command_rules_fmt;
extern const struct command command_rules_diff;
extern const struct command command_rules_backtest;
extern const struct command command_rules_new;
extern const struct command command_dlq_list;
extern const struct command command_dlq_show;
extern const struct command command_dlq_replay;
extern const struct command command_accounts;
extern const struct command command_version;
extern const struct command command_completion;
extern const struct command command_help;

/* Runs the command that argv names. Returns the exit code: EXIT_WORLD when what it printed could
 * not be written. */
int command_run(int argc, char **argv);
/* `tocsin --help`, on standard output. */
void command_print_help(void);
/* The row that words name, or NULL; *used gets the number of words of its name. */
const struct command *command_find(int words_count, char *const *words, int *used);
/* Says on standard error that no command is called word. Returns the exit code. */
int command_unknown(const char *word);
/* Prints err on standard error; returns the exit code that goes with its code. */
int command_fail(const struct err *err);

#endif
