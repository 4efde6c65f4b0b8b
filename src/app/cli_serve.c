/* SPDX-License-Identifier: Apache-2.0 */
/* zhixin serve: options, and the whole desk wired on one screen. */
#include "api/server.h"
#include "app/cli.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "service/llm.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *data, *listen, *database, *bus, *tls_cert, *tls_key, *proxies, *log;
    const char *metrics;
    int64_t node, workers, connections, per_address, pg_connections, visitor_rate, visitor_burst;
    int64_t call_rate;
    bool demo, hooks_private, log_json, help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"data", OPT_TEXT, "DIR", "./data", 0, 0, "database (SQLite), uploads, back-ups", AT(data)},
    {"listen", OPT_TEXT, "ADDR:PORT", "127.0.0.1:8080", 0, 0, "where to listen; port 0 picks one",
     AT(listen)},
    {"database", OPT_TEXT, "URL", NULL, 0, 0, "postgres://… instead of SQLite", AT(database)},
    {"bus", OPT_TEXT, "URL", NULL, 0, 0, "for many nodes; not there yet", AT(bus)},
    {"demo", OPT_FLAG, NULL, NULL, 0, 0, "a shop to try out, with known passwords", AT(demo)},
    {"tls-cert", OPT_TEXT, "FILE", NULL, 0, 0, "certificate chain (PEM); SIGHUP reads it again",
     AT(tls_cert)},
    {"tls-key", OPT_TEXT, "FILE", NULL, 0, 0, "its private key (PEM)", AT(tls_key)},
    {"trusted-proxies", OPT_TEXT, "LIST", NULL, 0, 0,
     "addresses or CIDR whose X-Forwarded-For is believed", AT(proxies)},
    {"workers", OPT_INT, "N", "0", 0, 32,
     "threads for requests and frames (0: one a core, at least 2)", AT(workers)},
    {"max-connections", OPT_INT, "N", "20000", 10, 1000000, "open connections", AT(connections)},
    {"max-per-address", OPT_INT, "N", "256", 1, 1000000, "open connections of one address",
     AT(per_address)},
    {"visitor-rate", OPT_INT, "N", "120", 1, 1000000, "messages a minute of one visitor",
     AT(visitor_rate)},
    {"visitor-burst", OPT_INT, "N", "30", 1, 100000, "and at once", AT(visitor_burst)},
    {"call-rate", OPT_INT, "N", "500", 1, 1000000, "calls a second of one log-in, key or visitor",
     AT(call_rate)},
    {"metrics-for", OPT_TEXT, "LIST", "127.0.0.0/8, ::1", 0, 0,
     "addresses or CIDR that may read /metrics", AT(metrics)},
    {"pg-connections", OPT_INT, "N", "8", 1, 64, "PostgreSQL connections for writing",
     AT(pg_connections)},
    {"node", OPT_INT, "N", "0", 0, 1000, "this node's number, for ids", AT(node)},
    {"hooks-private", OPT_FLAG, NULL, NULL, 0, 0, "webhooks, language model: private addresses too",
     AT(hooks_private)},
    {"log", OPT_TEXT, "LEVEL", "info", 0, 0, "debug, info, warn, error", AT(log)},
    {"log-json", OPT_FLAG, NULL, NULL, 0, 0, "log lines as JSON", AT(log_json)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0], STARTED_ARENA = 1 << 20 };

typedef struct {
    Options o;
    Log log;
    Store *store;
    Accounts *accounts;
    Service *service;
    Api *api;
    ApiRef api_ref; /* the same, for the store's threads */
    sigset_t signals;
    pthread_t signal_thread;
    bool signal_running;
    atomic_bool ending; /* the loop is through: SIGUSR1 from ourselves ends the signals' thread */
} Desk;

static int failed(const Desk *d, const ErrSlot *e)
{
    log_line(&d->log, LOG_ERROR, "cannot start", "code", str_of(e->code ? e->code : "?"), "why",
             str_of(e->text), NULL);
    return CLI_FAILED;
}

static bool log_level(const char *name, LogLevel *ret)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret = (LogLevel)i;
            return true;
        }
    return false;
}

/* Signals come to one thread that waits for them, so that no handler runs amid other work. */
static void *wait_for_signals(void *arg)
{
    Desk *d = arg;
    for (;;) {
        int sig;
        if (sigwait(&d->signals, &sig))
            return NULL;
        if (sig == SIGUSR1 && atomic_load(&d->ending))
            return NULL;
        if (sig == SIGUSR1)
            continue; /* somebody else's */
        if (sig == SIGHUP) {
            ErrSlot e = {0};
            if (!d->o.tls_cert)
                continue;
            /* on failure the old certificate stays in use */
            if (api_reload_tls(d->api, &e))
                log_line(&d->log, LOG_ERROR, "certificate not read", "why", str_of(e.text), NULL);
            else
                log_line(&d->log, LOG_INFO, "certificate read again", NULL);
            continue;
        }
        log_line(&d->log, LOG_INFO, "stopping", NULL);
        service_llm_stop(d->service); /* nobody waits for a model now */
        api_edge_stop(d->api);
    }
}

static Err open_all(Desk *d, ErrSlot *e)
{
    const Options *o = &d->o;
    Err err = file_mkdirs(e, o->data, 0700);
    StoreConfig sc = {.data_dir = o->data,
                      .database_url = o->database,
                      .lane_queue = 8192,
                      .pg_connections = o->pg_connections,
                      .node = o->node,
                      .log = &d->log,
                      .batch_done = api_batch_done,
                      .user = &d->api_ref};
    if (!err)
        err = store_open(&sc, e, &d->store);
    if (!err)
        err = accounts_open(o->data, e, &d->accounts);
    ServiceConfig vc = {.store = d->store,
                        .accounts = d->accounts,
                        .log = &d->log,
                        .demo = o->demo,
                        .hooks_private = o->hooks_private || o->demo};
    if (!err)
        err = service_open(&vc, e, &d->service);
    if (!err && o->demo)
        err = service_demo(d->service, e);
    return err;
}

static int64_t cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 2 ? 2 : n > 16 ? 16 : n;
}

static Err open_edge(Desk *d, ErrSlot *e)
{
    const Options *o = &d->o;
    NetOptions net;
    net_options_default(&net);
    net.listen = o->listen;
    net.tls_cert = o->tls_cert;
    net.tls_key = o->tls_key;
    net.trusted_proxies = o->proxies;
    net.max_connections = (long)o->connections;
    net.max_connections_per_address = (long)o->per_address;
    net.max_frame_bytes = 16384;
    net.log = &d->log;
    ApiConfig ac;
    api_config_default(&ac);
    ac.accounts = d->accounts;
    ac.service = d->service;
    ac.log = &d->log;
    ac.ids = store_ids(d->store); /* one source, or two calls could be given one id */
    ac.data_dir = o->data;
    ac.demo = o->demo;
    ac.workers = o->workers ? o->workers : cores();
    ac.visitor_rate = o->visitor_rate;
    ac.visitor_burst = o->visitor_burst;
    ac.call_rate = o->call_rate;
    ac.metrics_for = o->metrics;
    ac.net = &net;
    Err err = api_edge_open(&ac, e, &d->api);
    if (err)
        return err;
    api_use_store(d->api, d->store);
    atomic_store(&d->api_ref, d->api);
    return service_start(d->service, api_publish, d->api, e);
}

static void say_ready(const Desk *d, int64_t began_ns)
{
    char port[16], ms[16];
    snprintf(port, sizeof port, "%d", api_edge_port(d->api));
    snprintf(ms, sizeof ms, "%lld", (long long)((clock_steady_ns() - began_ns) / 1000000));
    log_line(&d->log, LOG_INFO, "ready", "listen", str_of(d->o.listen), "port", str_of(port),
             "database", d->o.database ? STR("postgres") : STR("sqlite"), "demo",
             d->o.demo ? STR("yes") : STR("no"), "ms", str_of(ms), NULL);
}

static void close_all(Desk *d)
{
    if (d->api)
        api_edge_drain(d->api);
    service_stop(d->service);
    if (d->store)
        store_close(d->store);
    if (d->api)
        api_edge_close(d->api);
    service_close(d->service);
    accounts_close(d->accounts);
}

static Err check(const Options *o, ErrSlot *e)
{
    if (o->bus)
        return err_set(e, ERR_INVALID, "usage.value",
                       "--bus is not there yet: one node serves the shop");
    if (!o->tls_cert != !o->tls_key)
        return err_set(e, ERR_INVALID, "usage.value", "--tls-cert and --tls-key go together");
    return ERR_OK;
}

static int serve(Desk *d, int64_t began_ns)
{
    ErrSlot e = {0};
    sigemptyset(&d->signals);
    sigaddset(&d->signals, SIGINT);
    sigaddset(&d->signals, SIGTERM);
    sigaddset(&d->signals, SIGHUP);
    sigaddset(&d->signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &d->signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    Err err = open_all(d, &e);
    if (!err)
        err = open_edge(d, &e);
    if (!err) {
        d->signal_running = pthread_create(&d->signal_thread, NULL, wait_for_signals, d) == 0;
        if (!d->signal_running) /* it could never be told to stop */
            err = err_set(&e, ERR_INTERNAL, "api.threads", "no thread for the signals");
    }
    if (!err) {
        say_ready(d, began_ns);
        api_edge_run(d->api);
        atomic_store(&d->ending, true);
        pthread_kill(d->signal_thread, SIGUSR1);
        pthread_join(d->signal_thread, NULL);
    }
    int code = err ? failed(d, &e) : CLI_OK;
    close_all(d);
    if (!err)
        log_line(&d->log, LOG_INFO, "stopped", NULL);
    return code;
}

int cli_serve(int argc, char **argv)
{
    int64_t began = clock_steady_ns();
    /* few arenas: memory that one thread frees is used by the next */
    mallopt(M_ARENA_MAX, 2);
    Desk d = {0};
    ErrSlot e = {0};
    Arena *arena = arena_create(STARTED_ARENA);
    char **rest;
    int rest_n, code = CLI_USAGE;
    Err err = opt_parse(arena, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &d.o, &rest, &rest_n);
    if (!err && d.o.help) {
        opt_help(OPTIONS, OPTIONS_N);
        code = CLI_OK;
    } else if (!err && !rest_n && !(err = check(&d.o, &e)) && log_level(d.o.log, &d.log.level)) {
        d.log.json = d.o.log_json;
        code = sodium_init() < 0 ? CLI_FAILED : serve(&d, began);
    } else {
        fprintf(stderr, "zhixin serve: %s\n",
                err      ? e.text
                : rest_n ? "it takes options only"
                         : "--log is one of debug, info, warn, error");
        opt_help(OPTIONS, OPTIONS_N);
    }
    arena_destroy(arena);
    return code;
}
