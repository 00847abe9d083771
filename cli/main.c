/* SPDX-License-Identifier: Apache-2.0
 *
 * main.c - the program's entry: hands the command line to command_run.
 */
#include "cli/command.h"

int main(int argc, char **argv)
{
    return command_run(argc, argv);
}
