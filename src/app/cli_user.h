/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_USER_H
#define APP_CLI_USER_H
/*
 * zhixin user: people from the command line: list, add, passwd, reset, totp-reset. For the person
 * who runs the server and has lost the way in. It opens the database itself: with SQLite only while
 * no server runs there, with PostgreSQL also beside one. Passwords come from the terminal or from
 * standard input, never from an argument that other people on the machine can see. Every act is in
 * the audit log. Exit 0 done, 1 refused, 2 usage.
 */
int cli_user(int argc, char **argv); /* argv[0] is "user" */
#endif
