/* SPDX-License-Identifier: Apache-2.0
 *
 * command_completion.c - `tocsin completion`: scripts for shells, made from the command table.
 */
#include "cli/command.h"
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

static void print_commands(void)
{
    const char *last = "";
    size_t last_len = 0;
    for (size_t i = 0; command_table[i] != NULL; i++) {
        const char *name = command_table[i]->name;
        size_t len = strcspn(name, " ");
        if (len != last_len || memcmp(name, last, len) != 0) {
            printf("%s%.*s", i > 0 ? " " : "", (int)len, name);
        }
        last = name;
        last_len = len;
    }
}

/* The second words of the commands that begin with the first word of command. */
static void print_second_words(const struct command *command)
{
    size_t len = strcspn(command->name, " ");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        const char *name = command_table[i]->name;
        if (strncmp(name, command->name, len) == 0 && name[len] == ' ') {
            printf("%s ", name + len + 1);
        }
    }
}

static bool is_first_of_group(size_t index)
{
    const char *name = command_table[index]->name;
    size_t len = strcspn(name, " ");
    return name[len] == ' ' &&
           (index == 0 || strncmp(command_table[index - 1]->name, name, len + 1) != 0);
}

static void print_bash_command(const struct command *command)
{
    printf("        \"%s\")\n            case \"$previous\" in\n", command->name);
    for (const struct option_row *row = command->options; row->name != NULL; row++) {
        if (row->choices != NULL) {
            printf("                --%s) words=\"%s\" ;;\n", row->name, row->choices);
        } else if (row->value != NULL) {
            printf("                --%s) files=1 ;;\n", row->name);
        }
    }
    printf("                *) files=1; words=\"--help");
    for (const struct option_row *row = command->options; row->name != NULL; row++) {
        printf(" --%s", row->name);
    }
    printf("\" ;;\n            esac ;;\n");
}

static void print_bash_function(void)
{
    printf("_tocsin() {\n"
           "    local current=\"${COMP_WORDS[COMP_CWORD]}\" "
           "previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
           "    local command=\"${COMP_WORDS[1]}\" words=\"\" files=\"\"\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \"");
    print_commands();
    printf("\" -- \"$current\"))\n        return\n    fi\n    case \"$command\" in\n");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        if (is_first_of_group(i)) {
            printf("        %.*s)\n            if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
                   "                COMPREPLY=($(compgen -W \"",
                   (int)strcspn(command_table[i]->name, " "), command_table[i]->name);
            print_second_words(command_table[i]);
            printf("\" -- \"$current\"))\n                return\n            fi\n"
                   "            command=\"$command ${COMP_WORDS[2]}\" ;;\n");
        }
    }
    printf("    esac\n    case \"$command\" in\n");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        print_bash_command(command_table[i]);
    }
    printf("    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "    if [ -n \"$files\" ] && [ \"${current#-}\" = \"$current\" ]; then\n"
           "        local IFS=$'\\n'\n"
           "        COMPREPLY+=($(compgen -f -- \"$current\"))\n"
           "    fi\n}\n");
}

static void print_bash(void)
{
    printf("# bash completion of tocsin: source <(tocsin completion bash)\n");
    print_bash_function();
    printf("complete -o filenames -F _tocsin tocsin\n");
}

/* zsh runs bash's function by its own emulation. */
static void print_zsh(void)
{
    printf("#compdef tocsin\n# zsh completion of tocsin: source <(tocsin completion zsh)\n"
           "autoload -Uz bashcompinit && bashcompinit\n");
    print_bash_function();
    printf("complete -o filenames -F _tocsin tocsin\n");
}

/* text between the single quotes of fish. */
static void print_fish_text(const char *text)
{
    putchar('\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text);
    }
    putchar('\'');
}

static void print_fish_command(const struct command *command)
{
    int len = (int)strcspn(command->name, " ");
    char seen[128];
    snprintf(seen, sizeof seen, "-n '__fish_seen_subcommand_from %.*s%s%s'", len, command->name,
             command->name[len] == ' ' ? "; and __fish_seen_subcommand_from " : "",
             command->name[len] == ' ' ? command->name + len + 1 : "");
    for (const struct option_row *row = command->options; row->name != NULL; row++) {
        printf("complete -c tocsin %s -l %s%s -d ", seen, row->name,
               row->value != NULL ? " -r" : "");
        print_fish_text(row->doc);
        if (row->choices != NULL) {
            printf(" -f -a ");
            print_fish_text(row->choices);
        }
        putchar('\n');
    }
}

static void print_fish(void)
{
    printf("# fish completion of tocsin: tocsin completion fish | source\n"
           "complete -c tocsin -n __fish_use_subcommand -f -a '");
    print_commands();
    printf("'\n");
    for (size_t i = 0; command_table[i] != NULL; i++) {
        if (is_first_of_group(i)) {
            printf("complete -c tocsin -f -n '__fish_seen_subcommand_from %.*s' -a '",
                   (int)strcspn(command_table[i]->name, " "), command_table[i]->name);
            print_second_words(command_table[i]);
            printf("'\n");
        }
        print_fish_command(command_table[i]);
    }
}

static const struct {
    const char *name;
    void (*print)(void);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

static int run_completion(int argc, char **argv)
{
    struct options options;
    options_begin(&options, &command_completion, argc, argv);
    while (options_next(&options)) {
    }
    if (options.stopped) {
        return options.exit_code;
    }
    if (options.first + 1 == argc) {
        for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
            if (strcmp(shells[i].name, argv[options.first]) == 0) {
                shells[i].print();
                return EXIT_DONE;
            }
        }
    }
    return options_wrong(&command_completion, "name one shell: bash, zsh or fish");
}

static const struct option_row completion_options[] = {{NULL, NULL, NULL, NULL}};

const struct command command_completion = {
    "completion",
    "print a shell's completion script",
    "bash|zsh|fish",
    completion_options,
    "examples:\n  source <(tocsin completion bash)\n  tocsin completion fish | source\n",
    run_completion,
};
