/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line of zx_load may say. Strings are borrowed from argv. */
#ifndef ZX_BENCH_LOAD_OPTIONS_H
#define ZX_BENCH_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "proc.h"

enum { OPTIONS_AGENTS_MAX = 64, OPTIONS_CONNECTIONS_MAX = 19500 };

typedef struct {
    const char *mode;
    const char *protocol;  /* bare | slice | socketio | zhixin */
    const char *path;      /* http, echo */
    const char *paths;     /* http: file with one path a line, asked in turn */
    const char *login;     /* http: user:password */
    const char *send_kind; /* echo: text | ping | json */
    const char *channel;   /* zhixin: widget channel key */
    const char *agent[OPTIONS_AGENTS_MAX];
    uint32_t agent_count;
    uint16_t port;
    bool tls;
    ProcSet pids;
    uint32_t connections; /* echo, idle, http */
    uint32_t senders;     /* chat: messages in flight */
    uint32_t pool;        /* chat: visitors that take turns, 0 = as many as senders */
    uint32_t budget;      /* chat: messages a visitor may send in a minute, 0 = any */
    uint32_t per_address; /* connections of one source address */
    uint32_t per_watch;   /* zhixin: conversations one desk socket watches */
    uint32_t bytes;
    double rate; /* chat: open loop, messages a second; 0 = closed loop */
    double seconds;
    double warmup;
    double settle;
} Options;

bool options_parse(Options *options, int argc, char **argv);

int mode_echo(const Options *options);
int mode_http(const Options *options);
int mode_idle(const Options *options);
int mode_chat(const Options *options);

#endif
