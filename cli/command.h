/* SPDX-License-Identifier: Apache-2.0
 *
 * command.h - the commands of the program: one row of command_table for each.
 *
 * Exit codes: 0 done; 1 done, and something was found that the command's help names (rules check:
 * problems); 2 wrong usage or configuration; 3 the world failed (file, broker); 4 an accounting
 * residue: our bug.
 */
#ifndef TOCSIN_CLI_COMMAND_H
#define TOCSIN_CLI_COMMAND_H

struct command {
    const char *name;
    const char *summary;               /* one line of `tocsin --help` */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
};

/* The rows; a NULL name ends them. */
extern const struct command command_table[];

/* Runs the command that argv names. Returns the exit code. */
int command_run(int argc, char **argv);

#endif
