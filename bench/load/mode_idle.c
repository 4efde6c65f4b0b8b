/* SPDX-License-Identifier: Apache-2.0 */
/* Opens sockets that say hello and then nothing; reports the server's memory before and after. */
#include "opener.h"
#include "visitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const Options *options;
    Opener opener;
    VisitorToken *tokens;
    bool *ready; /* by connection number */
    bool stopping;
} IdleMode;

static uint32_t index_of(Conn *conn)
{
    return (uint32_t)(uintptr_t)conn->user;
}

static void ready(IdleMode *mode, Conn *conn)
{
    if (mode->ready[index_of(conn)])
        return;
    mode->ready[index_of(conn)] = true;
    mode->opener.ready++;
}

static void opened(Loop *loop, Conn *conn)
{
    IdleMode *mode = loop->user;
    if (visitor_socket_hello(loop, conn, mode->options,
                             mode->tokens ? &mode->tokens[index_of(conn)] : NULL))
        ready(mode, conn);
}

static void frame_came(Loop *loop, Conn *conn, WireFrame frame)
{
    IdleMode *mode = loop->user;
    if (frame.length == 1 && frame.payload[0] == '2')
        conn_send(loop, conn, WIRE_TEXT, "3", 1); /* engine.io heart-beat */
    if (visitor_socket_ready(loop, conn, mode->options, frame))
        ready(mode, conn);
}

static void closed(Loop *loop, Conn *conn)
{
    IdleMode *mode = loop->user;
    if (mode->stopping)
        return;
    if (mode->opener.lost++ == 0)
        fprintf(stderr, "idle connection %u closed, code %u\n", index_of(conn), conn->close_code);
}

static bool start(Loop *loop, uint32_t index)
{
    static const ConnHandlers handlers = {.opened = opened, .frame = frame_came, .closed = closed};
    IdleMode *mode = loop->user;
    return conn_open(loop, visitor_socket_path(mode->options), "", &handlers,
                     (void *)(uintptr_t)index);
}

static void wait_s(Loop *loop, double seconds)
{
    int64_t until_ns = clock_ns() + (int64_t)(seconds * 1e9);
    while (clock_ns() < until_ns)
        loop_turn(loop, 50);
}

int mode_idle(const Options *options)
{
    IdleMode *mode = calloc(1, sizeof *mode);
    Loop *loop = loop_create(options->port, options->tls, options->per_address);
    bool good = mode != NULL;
    if (!mode)
        abort();
    mode->options = options;
    mode->ready = calloc(options->connections, sizeof *mode->ready);
    loop->user = mode;
    if (strcmp(options->protocol, "zhixin") == 0) {
        mode->tokens = visitor_tokens_create(loop, options, options->connections);
        good = mode->tokens != NULL;
    }
    wait_s(loop, options->settle);
    ProcUse before = proc_use_read(&options->pids);
    int64_t start_ns = clock_ns();
    good = good && opener_run(&mode->opener, loop, options->connections, start);
    int64_t opened_ns = clock_ns() - start_ns;
    ProcUse opened_use = proc_use_read(&options->pids);
    wait_s(loop, options->settle);
    ProcUse after = proc_use_read(&options->pids);
    wait_s(loop, options->settle);
    ProcUse later = proc_use_read(&options->pids);
    double each = (double)(mode->opener.ready > 0 ? mode->opener.ready : 1);
    printf("{\"mode\":\"idle\",\"connections\":%u,\"lost\":%u,\"connects_per_second\":%.0f,"
           "\"cpu_us_per_connect\":%.1f,\"rss_kb_before\":%llu,\"rss_kb_after\":%llu,"
           "\"pss_kb_after\":%llu,\"kb_per_connection\":%.3f,\"private_kb_per_connection\":%.3f,"
           "\"idle_cpu_percent\":%.2f}\n",
           mode->opener.ready, mode->opener.lost, each / ((double)opened_ns / 1e9),
           (double)(opened_use.cpu_ns - before.cpu_ns) / 1000.0 / each,
           (unsigned long long)before.rss_kb, (unsigned long long)after.rss_kb,
           (unsigned long long)after.pss_kb, ((double)after.rss_kb - (double)before.rss_kb) / each,
           ((double)after.private_kb - (double)before.private_kb) / each,
           (double)(later.cpu_ns - after.cpu_ns) / (options->settle * 1e9) * 100.0);
    good = good && mode->opener.lost == 0;
    mode->stopping = true;
    free(mode->tokens);
    free(mode->ready);
    loop_destroy(loop);
    free(mode);
    return good ? 0 : 1;
}
