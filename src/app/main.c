/* SPDX-License-Identifier: Apache-2.0 */
/* zhixin: the command line. */
#include "app/cli.h"
#include "app/cli_replay.h"
#include "app/cli_user.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} COMMANDS[] = {
    {"serve", cli_serve, "run the desk"},
    {"user", cli_user, "add people, new passwords, lost second factors"},
    {"replay", cli_replay,
     "play recorded conversations through a running desk and check every message"},
    {"export", cli_export, "write conversations as JSON lines, also beside a running desk"},
    {"backup", cli_backup, "copy database and uploads into a folder, also beside a running desk"},
    {"restore", cli_restore, "put a backup back; the server must not run"},
    {"migrate", cli_migrate, "show schema changes and apply those that are missing"},
    {"doctor", cli_doctor, "look whether everything is as it should be"},
    {"analyse", cli_analyse, "label conversations: JSON lines in, JSON lines out"},
    {"train", cli_train, "make the model of the understanding from labelled conversations"},
    {"eval", cli_eval, "measure the understanding on labelled conversations"},
    {"routes", cli_routes, "list the HTTP routes (--json for programs)"},
};
enum { COMMANDS_N = sizeof COMMANDS / sizeof COMMANDS[0] };

static void usage(FILE *to)
{
    fprintf(to,
            "知心 Zhixin %s, a customer-service desk for online shops\n\nusage: zhixin COMMAND …\n",
            CLI_VERSION);
    for (size_t i = 0; i < COMMANDS_N; i++)
        fprintf(to, "  %-9s %s\n", COMMANDS[i].name, COMMANDS[i].help);
    fprintf(to, "zhixin COMMAND --help tells the options of one.\n");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts(CLI_VERSION);
        return CLI_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return CLI_OK;
    }
    for (size_t i = 0; i < COMMANDS_N; i++)
        if (strcmp(argv[1], COMMANDS[i].name) == 0)
            return COMMANDS[i].run(argc - 1, argv + 1);
    fprintf(stderr, "zhixin: there is no command %s\n", argv[1]);
    usage(stderr);
    return CLI_USAGE;
}
