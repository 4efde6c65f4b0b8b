/* SPDX-License-Identifier: Apache-2.0 */
/* GET in a closed loop over kept-alive connections. */
#include "measure.h"
#include "opener.h"
#include "visitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const Options *options;
    Measure measure;
    Opener opener;
    char request[2048];
    size_t request_length;
    uint64_t wrong;
    uint64_t answer_bytes;
    bool stopping;
} HttpMode;

typedef struct {
    int64_t sent_ns;
} Asker;

static void ask(Loop *loop, Conn *conn)
{
    HttpMode *mode = loop->user;
    Asker *asker = conn->user;
    asker->sent_ns = clock_ns();
    conn_write(loop, conn, mode->request, mode->request_length);
}

static void opened(Loop *loop, Conn *conn)
{
    HttpMode *mode = loop->user;
    mode->opener.ready++;
    ask(loop, conn);
}

static size_t answered(Loop *loop, Conn *conn, uint8_t *data, size_t length)
{
    HttpMode *mode = loop->user;
    const uint8_t *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - data) + 4;
    size_t value_length = 0;
    const char *value = wire_head_value((const char *)data, head, "Content-Length", &value_length);
    size_t total = head + (value ? strtoul(value, NULL, 10) : 0);
    if (length < total)
        return 0;
    if (memcmp(data + 9, "200", 3) != 0 && mode->wrong++ == 0)
        fprintf(stderr, "%.*s\n", (int)(total < 600 ? total : 600), (const char *)data);
    mode->answer_bytes = total;
    measure_done(&mode->measure, ((Asker *)conn->user)->sent_ns);
    if (!mode->stopping)
        ask(loop, conn);
    return total;
}

static void closed(Loop *loop, Conn *conn)
{
    HttpMode *mode = loop->user;
    free(conn->user);
    if (!mode->stopping) /* an HTTP server may close a kept-alive connection */
        mode->wrong++;
}

static bool start(Loop *loop, uint32_t index)
{
    static const ConnHandlers handlers = {.opened = opened, .bytes = answered, .closed = closed};
    Asker *asker = calloc(1, sizeof *asker);
    (void)index;
    return asker && conn_open(loop, NULL, "", &handlers, asker);
}

int mode_http(const Options *options)
{
    HttpMode *mode = calloc(1, sizeof *mode);
    Loop *loop = loop_create(options->port, options->tls, options->per_address);
    char headers[VISITOR_COOKIE_BYTES + 128] = "";
    if (!mode)
        abort();
    mode->options = options;
    loop->user = mode;
    bool good = !options->login ||
                visitor_agent_login(loop, options->login, headers, sizeof headers);
    mode->request_length = (size_t)snprintf(mode->request, sizeof mode->request,
                                            "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
                                            options->path, (unsigned)options->port, headers);
    good = good && opener_run(&mode->opener, loop, options->connections, start);
    if (good) {
        measure_begin(&mode->measure, options);
        while (measure_running(&mode->measure))
            loop_turn(loop, 20);
        mode->stopping = true;
        printf("{\"mode\":\"http\",\"path\":\"%s\",\"connections\":%u,", options->path,
               options->connections);
        measure_print(&mode->measure);
        printf(",\"answer_bytes\":%llu,\"wrong\":%llu}\n", (unsigned long long)mode->answer_bytes,
               (unsigned long long)mode->wrong);
        good = mode->wrong == 0;
    }
    loop_destroy(loop);
    free(mode);
    return good ? 0 : 1;
}
