/* SPDX-License-Identifier: Apache-2.0
 *
 * options.c - see options.h.
 */
#include "cli/options.h"

#include "base/ensure.h"
#include "base/suggest.h"
#include "ingest/decode/decoder.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_HELP = 'h', OPTION_FIRST = 256 };

void options_begin(struct options *options, const struct command *command, int argc, char **argv)
{
    *options = (struct options){.command = command, .argc = argc, .argv = argv};
    optind = 0; /* glibc: begin anew */
    opterr = 0; /* the messages are ours */
}

static void fill_rows(const struct command *command, struct option *rows)
{
    size_t count = 0;
    for (; command->options[count].name != NULL; count++) {
        const struct option_row *row = &command->options[count];
        ENSURE(count < OPTIONS_MAX);
        int takes = row->value != NULL ? required_argument : no_argument;
        rows[count] = (struct option){row->name, takes, NULL, OPTION_FIRST + (int)count};
    }
    rows[count] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    rows[count + 1] = (struct option){NULL, 0, NULL, 0};
}

static void stop(struct options *options, int exit_code)
{
    options->stopped = true;
    options->exit_code = exit_code;
}

static void say_unknown(struct options *options, const char *word)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + strspn(word, "-"), "="),
             word + strspn(word, "-"));
    struct suggestion nearest;
    suggest_begin(&nearest, str_of(name));
    for (const struct option_row *row = options->command->options; row->name != NULL; row++) {
        suggest_offer(&nearest, str_of(row->name));
    }
    fputs("tocsin ", stderr);
    fprintf(stderr, "%s: no option is called \"", options->command->name);
    suggest_print_word(stderr, word);
    fputs("\"", stderr);
    if (nearest.name.len > 0) {
        fprintf(stderr, "; did you mean \"--%.*s\"?", STR_ARG(nearest.name));
    }
    fprintf(stderr, "\n`tocsin %s --help` lists the options.\n", options->command->name);
    stop(options, EXIT_USAGE);
}

/* getopt_long has refused something. Where it is in argv depends on its kind: a letter may be one
 * of several in its word, and words before it may not be moved behind it yet. */
static void say_wrong(struct options *options)
{
    char letter[] = {'-', (char)optopt, '\0'};
    if (optopt >= OPTION_FIRST || optopt == OPTION_HELP) {
        options->name =
            optopt == OPTION_HELP ? "help" : options->command->options[optopt - OPTION_FIRST].name;
        options->value = NULL;
        options_refuse(options, "takes no value");
    } else {
        say_unknown(options, optopt != 0 ? letter : options->argv[optind - 1]);
    }
}

static bool is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *at = choices; *at != '\0' && len > 0;) {
        size_t word = strcspn(at, " ");
        if (word == len && memcmp(at, value, len) == 0) {
            return true;
        }
        at += word;
        at += strspn(at, " ");
    }
    return false;
}

bool options_next(struct options *options)
{
    struct option rows[OPTIONS_MAX + 2];
    fill_rows(options->command, rows);
    if (options->stopped) {
        return false;
    }
    int code = getopt_long(options->argc, options->argv, ":h", rows, NULL);
    options->first = optind;
    if (code == -1) {
        return false;
    }
    if (code == OPTION_HELP) {
        options_print_help(options->command);
        stop(options, EXIT_DONE);
        return false;
    }
    if (code == '?') {
        say_wrong(options);
        return false;
    }
    if (code == ':') {
        options->name = options->argv[optind - 1] + 2;
        options->value = "";
        options_refuse(options, "needs a value");
        return false;
    }
    const struct option_row *row = &options->command->options[code - OPTION_FIRST];
    options->name = row->name;
    options->value = optarg;
    if (row->choices != NULL && !is_choice(row->choices, optarg)) {
        char reason[256];
        snprintf(reason, sizeof reason, "use one of: %s", row->choices);
        options_refuse(options, reason);
        return false;
    }
    return true;
}

bool options_is(const struct options *options, const char *name)
{
    return strcmp(options->name, name) == 0;
}

void options_refuse(struct options *options, const char *reason)
{
    fprintf(stderr, "tocsin %s: --%s: ", options->command->name, options->name);
    if (options->value != NULL && options->value[0] != '\0') {
        fputs("\"", stderr);
        suggest_print_word(stderr, options->value);
        fputs("\": ", stderr);
    }
    fprintf(stderr, "%s\n", reason);
    stop(options, EXIT_USAGE);
}

const char *options_decoder(struct options *options)
{
    if (decoder_index(options->value) < 0) {
        options_refuse(options, "there is no such decoder; see `tocsin version --decoders`");
    }
    return options->value;
}

int options_wrong(const struct command *command, const char *reason)
{
    fprintf(stderr, "tocsin %s: %s; see `tocsin %s --help`\n", command->name, reason,
            command->name);
    return EXIT_USAGE;
}

void options_print_help(const struct command *command)
{
    printf("tocsin %s - %s\n\nusage: tocsin %s [OPTION]... %s\n\noptions:\n", command->name,
           command->summary, command->name, command->arguments);
    for (const struct option_row *row = command->options; row->name != NULL; row++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", row->name, row->value != NULL ? " " : "",
                 row->value != NULL ? row->value : "");
        printf("  %-22s %s", left, row->doc);
        if (row->choices != NULL) {
            printf(" (%s)", row->choices);
        }
        putchar('\n');
    }
    printf("  %-22s %s\n\n%s", "-h, --help", "print this and end", command->text);
}
