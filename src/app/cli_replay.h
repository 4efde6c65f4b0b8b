/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_REPLAY_H
#define APP_CLI_REPLAY_H
/*
 * zhixin replay: plays recorded conversations through a running server, both sides, over the very
 * routes, frames and limits that widget and workbench use, and checks that every message arrives at
 * the other side exactly once and in order. Summary JSON on stdout; exit 0 clean, 1 something lost,
 * doubled, disordered or refused, 2 usage. It opens no door of its own: if it cannot play a
 * conversation, neither could a person.
 */
int cli_replay(int argc, char **argv); /* argv[0] is "replay" */
#endif
