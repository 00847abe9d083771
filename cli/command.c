/* SPDX-License-Identifier: Apache-2.0
 *
 * command.c - see command.h.
 */
#include "cli/command.h"

#include <stdio.h>

int command_run(int argc, char **argv)
{
    (void)argv;
    printf("tocsin %s\n", TOCSIN_VERSION);
    return argc > 0 ? 0 : 2;
}
