/* SPDX-License-Identifier: Apache-2.0
 *
 * command_table.c - see command.h: the commands in the order of --help.
 */
#include "cli/command.h"

#include <stddef.h>

const struct command *const command_table[] = {
    &command_scan,           &command_run_daemon, &command_relay,
    &command_rules_check,    &command_rules_list, &command_rules_explain,
    &command_rules_profile,  &command_rules_test, &command_rules_diff,
    &command_rules_backtest, &command_rules_new,  &command_rules_convert,
    &command_rules_fmt,      &command_dlq_list,   &command_dlq_show,
    &command_dlq_replay,     &command_accounts,   &command_version,
    &command_completion,     &command_help,       NULL,
};
