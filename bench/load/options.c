/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "conn.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char usage[] =
    "usage: zx_load MODE --port N [options]; the answer is one JSON object\n"
    "  echo   --connections N --send text|ping|json --bytes N [--protocol bare|zhixin]\n"
    "  http   --connections N --path PATH|--paths FILE [--login USER:PASSWORD]\n"
    "  idle   --connections N --protocol bare|socketio|zhixin [--settle S]\n"
    "  chat   --senders N --pool N --protocol slice|socketio|zhixin [--rate N] [--budget N]\n"
    "         [--agent USER:PASSWORD]... [--per-watch N] [--channel KEY]\n"
    "  all    [--tls] [--pid PID]... [--seconds S] [--warmup S] [--per-address N]\n";

static uint32_t number(const char *text)
{
    return (uint32_t)strtoul(text, NULL, 10);
}

static bool set(Options *o, const char *name, const char *value)
{
    if (strcmp(name, "--port") == 0)
        o->port = (uint16_t)number(value);
    else if (strcmp(name, "--protocol") == 0)
        o->protocol = value;
    else if (strcmp(name, "--path") == 0)
        o->path = value;
    else if (strcmp(name, "--paths") == 0)
        o->paths = value;
    else if (strcmp(name, "--login") == 0)
        o->login = value;
    else if (strcmp(name, "--send") == 0)
        o->send_kind = value;
    else if (strcmp(name, "--channel") == 0)
        o->channel = value;
    else if (strcmp(name, "--agent") == 0 && o->agent_count < OPTIONS_AGENTS_MAX)
        o->agent[o->agent_count++] = value;
    else if (strcmp(name, "--pid") == 0 && o->pids.count < PROC_PIDS_MAX)
        o->pids.pid[o->pids.count++] = (pid_t)number(value);
    else if (strcmp(name, "--connections") == 0)
        o->connections = number(value);
    else if (strcmp(name, "--senders") == 0)
        o->senders = number(value);
    else if (strcmp(name, "--pool") == 0)
        o->pool = number(value);
    else if (strcmp(name, "--budget") == 0)
        o->budget = number(value);
    else if (strcmp(name, "--per-address") == 0)
        o->per_address = number(value);
    else if (strcmp(name, "--per-watch") == 0)
        o->per_watch = number(value);
    else if (strcmp(name, "--bytes") == 0)
        o->bytes = number(value);
    else if (strcmp(name, "--rate") == 0)
        o->rate = strtod(value, NULL);
    else if (strcmp(name, "--seconds") == 0)
        o->seconds = strtod(value, NULL);
    else if (strcmp(name, "--warmup") == 0)
        o->warmup = strtod(value, NULL);
    else if (strcmp(name, "--settle") == 0)
        o->settle = strtod(value, NULL);
    else
        return false;
    return true;
}

bool options_parse(Options *options, int argc, char **argv)
{
    *options = (Options){.protocol = "bare",
                         .path = "/",
                         .send_kind = "text",
                         .channel = "demo",
                         .connections = 100,
                         .senders = 100,
                         .per_address = 8,
                         .per_watch = 100,
                         .bytes = 100,
                         .seconds = 4,
                         .warmup = 1,
                         .settle = 2};
    if (argc < 2)
        return false;
    options->mode = argv[1];
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--tls") == 0) {
            options->tls = true;
            continue;
        }
        if (i + 1 >= argc || !set(options, argv[i], argv[i + 1])) {
            fprintf(stderr, "unknown option or missing value: %s\n", argv[i]);
            return false;
        }
        i++;
    }
    if (options->pool < options->senders)
        options->pool = options->senders;
    return options->port > 0 && options->connections > 0 && options->senders > 0 &&
           options->connections <= OPTIONS_CONNECTIONS_MAX &&
           options->pool <= OPTIONS_CONNECTIONS_MAX && options->bytes >= 32 &&
           options->bytes <= 4096;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const Options *);
    } modes[] = {
        {"echo", mode_echo}, {"http", mode_http}, {"idle", mode_idle}, {"chat", mode_chat}};
    Options options;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    signal(SIGPIPE, SIG_IGN);
    if (options_parse(&options, argc, argv))
        for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
            if (strcmp(options.mode, modes[i].name) == 0)
                return modes[i].run(&options);
    fputs(usage, stderr);
    return 2;
}
