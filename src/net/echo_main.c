/* SPDX-License-Identifier: Apache-2.0 */
/* Echo server over net.h, for measuring the path itself; not installed.
 * usage: net_echo [--port N] [--cert FILE --key FILE] [--per-address N] */
#include "net/net.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <pthread.h>
#include <unistd.h>

typedef struct {
    NetServer *server;
    sigset_t signals;
} Echo;

static void on_request(void *user, NetConn c, const NetRequest *r)
{
    Echo *echo = user;
    if (r->upgrade) {
        net_ws_accept(echo->server, c, NULL, STR_NONE);
        return;
    }
    NetResponse answer = {.status = 200,
                          .content_type = STR("application/json"),
                          .body = STR("{\"status\":\"ok\"}"),
                          .body_static = true};
    net_respond(echo->server, c, &answer);
}

static void on_message(void *user, NetConn c, void *tag, Str text)
{
    Echo *echo = user;
    (void)tag;
    NetFrame *f = net_frame_text(text);
    net_ws_send(echo->server, c, f);
    net_frame_unref(f);
    net_ws_next(echo->server, c);
}

static void *wait_signal(void *arg)
{
    Echo *echo = arg;
    int sig;
    sigwait(&echo->signals, &sig);
    net_server_stop(echo->server, 1000);
    return NULL;
}

int main(int argc, char **argv)
{
    char listen_at[64];
    long port = 0;
    NetOptions o;
    net_options_default(&o);
    o.max_connections_per_address = 65536;
    o.max_connections = 65536;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--port") == 0)
            port = strtol(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--cert") == 0)
            o.tls_cert = argv[i + 1];
        else if (strcmp(argv[i], "--key") == 0)
            o.tls_key = argv[i + 1];
        else if (strcmp(argv[i], "--per-address") == 0)
            o.max_connections_per_address = strtol(argv[i + 1], NULL, 10);
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    snprintf(listen_at, sizeof listen_at, "127.0.0.1:%ld", port);
    o.listen = listen_at;
    Echo echo = {0};
    NetHandlers h = {.request = on_request, .ws_message = on_message, .user = &echo};
    ErrSlot e = {0};
    if (net_server_create(&o, &h, &e, &echo.server)) {
        fprintf(stderr, "%s: %s\n", e.code, e.text);
        return 1;
    }
    sigemptyset(&echo.signals);
    sigaddset(&echo.signals, SIGTERM);
    sigaddset(&echo.signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &echo.signals, NULL);
    pthread_t waiter;
    pthread_create(&waiter, NULL, wait_signal, &echo);
    printf("{\"port\":%d}\n", net_server_port(echo.server));
    fflush(stdout);
    net_server_run(echo.server);
    pthread_join(waiter, NULL);
    net_server_destroy(echo.server);
    return 0;
}
