/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_H
#define APP_CLI_H
/* cli: one function a command; argv[0] is the command's name. What a program may read goes to
 * stdout as JSON, people's text to stderr. Exit: 0 ok, 1 failure, 2 usage. */
#define CLI_VERSION "0.1.0"
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };
int cli_serve(int argc, char **argv);
int cli_routes(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_backup(int argc, char **argv);
int cli_restore(int argc, char **argv);
int cli_migrate(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_analyse(int argc, char **argv);
int cli_eval(int argc, char **argv);
int cli_train(int argc, char **argv);
#endif
