/* SPDX-License-Identifier: Apache-2.0
 *
 * command.c - see command.h.
 */
#include "cli/command.h"

#include "base/error.h"
#include "base/suggest.h"
#include "cli/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void command_print_help(void)
{
    printf("tocsin %s - reads logs, matches Sigma rules, raises alerts\n\n"
           "usage: tocsin COMMAND [OPTION]... [ARGUMENT]...\n\ncommands:\n",
           TOCSIN_VERSION);
    for (size_t i = 0; command_table[i] != NULL; i++) {
        printf("  %-14s %s\n", command_table[i]->name, command_table[i]->summary);
    }
    printf("\n`tocsin COMMAND --help` tells a command's options, exit codes and examples.\n\n"
           "examples:\n"
           "  tocsin scan /var/log/auth.log\n"
           "  tocsin scan --rules my-rules/ --format json logs/ | jq .rule.name\n"
           "  tocsin run --config /etc/tocsin/tocsin.yml\n");
}

/* True when name, of one or two words, is what words begin with. */
static bool is_called(const char *name, int words_count, char *const *words, int *used)
{
    const char *space = strchr(name, ' ');
    if (space == NULL) {
        *used = 1;
        return strcmp(name, words[0]) == 0;
    }
    size_t first = (size_t)(space - name);
    *used = 2;
    return words_count > 1 && strlen(words[0]) == first && memcmp(name, words[0], first) == 0 &&
           strcmp(space + 1, words[1]) == 0;
}

const struct command *command_find(int words_count, char *const *words, int *used)
{
    *used = 0;
    for (size_t i = 0; words_count > 0 && command_table[i] != NULL; i++) {
        if (is_called(command_table[i]->name, words_count, words, used)) {
            return command_table[i];
        }
    }
    *used = 0;
    return NULL;
}

/* `tocsin rules`: a first word alone. Prints the commands that begin with it. */
static bool print_group(FILE *out, const char *word)
{
    size_t len = strlen(word);
    bool found = false;
    for (size_t i = 0; command_table[i] != NULL; i++) {
        const char *name = command_table[i]->name;
        if (strncmp(name, word, len) == 0 && name[len] == ' ') {
            fprintf(out, "  tocsin %-14s %s\n", name, command_table[i]->summary);
            found = true;
        }
    }
    return found;
}

int command_unknown(const char *word)
{
    struct suggestion nearest;
    suggest_begin(&nearest, str_of(word));
    for (size_t i = 0; command_table[i] != NULL; i++) {
        suggest_offer(&nearest, str_of(command_table[i]->name));
    }
    fputs("tocsin: no command is called \"", stderr);
    suggest_print_word(stderr, word);
    fputs("\"", stderr);
    if (nearest.name.len > 0) {
        fprintf(stderr, "; did you mean \"%.*s\"?", STR_ARG(nearest.name));
    }
    fputs("\n`tocsin --help` lists the commands.\n", stderr);
    return EXIT_USAGE;
}

int command_fail(const struct err *err)
{
    fprintf(stderr, "tocsin: %s\n", err->text);
    return err->code == ERR_USAGE || err->code == ERR_CONFIG ? EXIT_USAGE : EXIT_WORLD;
}

static int run_word(int argc, char **argv)
{
    int used = 0;
    const struct command *command = command_find(argc, argv, &used);
    if (command != NULL) {
        return command->run(argc - used + 1, argv + used - 1);
    }
    bool asked = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    if ((argc == 1 || asked) && print_group(asked ? stdout : stderr, argv[0])) {
        return asked ? EXIT_DONE : EXIT_USAGE;
    }
    char both[64];
    if (argc == 1 || !print_group(stderr, argv[0])) {
        return command_unknown(argv[0]);
    }
    snprintf(both, sizeof both, "%s %s", argv[0], argv[1]);
    return command_unknown(both);
}

static int run_words(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: tocsin COMMAND [OPTION]...; `tocsin --help` lists the commands.\n", stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        command_print_help();
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("tocsin %s\n", TOCSIN_VERSION);
        return EXIT_DONE;
    }
    return run_word(argc - 1, argv + 1);
}

int command_run(int argc, char **argv)
{
    int code = run_words(argc, argv);
    /* What was printed may still wait: a disk that is full must not look like success. */
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fprintf(stderr, "tocsin: standard output can not be written: %s\n", strerror(errno));
        code = code == EXIT_RESIDUE ? code : EXIT_WORLD;
    }
    return code;
}

static int run_help(int argc, char **argv)
{
    struct options options;
    options_begin(&options, &command_help, argc, argv);
    while (options_next(&options)) {
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (argc < 2) {
        command_print_help();
        return EXIT_DONE;
    }
    int used = 0;
    const struct command *command = command_find(argc - 1, argv + 1, &used);
    if (command == NULL) {
        return print_group(stdout, argv[1]) ? EXIT_DONE : command_unknown(argv[1]);
    }
    options_print_help(command);
    return EXIT_DONE;
}

static const struct option_row no_options[] = {{NULL, NULL, NULL, NULL}};

const struct command command_help = {
    "help",
    "tell about a command",
    "[COMMAND]",
    no_options,
    "examples:\n  tocsin help scan\n  tocsin help rules check\n",
    run_help,
};
