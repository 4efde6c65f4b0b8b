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
    char headers[VISITOR_COOKIE_BYTES + 128];
    char *text; /* owned: the path file */
    char **paths;
    size_t path_count, path_next;
    uint64_t wrong;
    uint64_t answer_bytes;
    bool stopping;
} HttpMode;

typedef struct {
    int64_t sent_ns;
} Asker;

/* One path a line; without a file the one path of the command line. */
static bool read_paths(HttpMode *mode)
{
    enum { FILE_MAX = 1 << 20, PATHS_MAX = 20000 };
    mode->text = calloc(1, FILE_MAX + 1);
    mode->paths = calloc(PATHS_MAX, sizeof *mode->paths);
    if (!mode->text || !mode->paths)
        abort();
    if (mode->options->paths) {
        FILE *file = fopen(mode->options->paths, "rb");
        if (!file)
            return false;
        mode->text[fread(mode->text, 1, FILE_MAX, file)] = '\0';
        fclose(file);
    } else {
        snprintf(mode->text, FILE_MAX, "%s", mode->options->path);
    }
    char *rest = mode->text;
    while (*rest != '\0' && mode->path_count < PATHS_MAX) {
        size_t length = strcspn(rest, "\n");
        bool last = rest[length] == '\0';
        rest[length] = '\0';
        if (length > 0)
            mode->paths[mode->path_count++] = rest;
        rest += length + (last ? 0 : 1);
    }
    return mode->path_count > 0;
}

static void ask(Loop *loop, Conn *conn)
{
    HttpMode *mode = loop->user;
    Asker *asker = conn->user;
    char request[4096];
    int length =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
                 mode->paths[mode->path_next++ % mode->path_count], (unsigned)mode->options->port,
                 mode->headers);
    if (length < 0 || (size_t)length >= sizeof request)
        abort();
    asker->sent_ns = clock_ns();
    conn_write(loop, conn, request, (size_t)length);
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
    if (!mode)
        abort();
    mode->options = options;
    loop->user = mode;
    bool good = read_paths(mode) &&
                (!options->login ||
                 visitor_agent_login(loop, options->login, mode->headers, sizeof mode->headers));
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
    free(mode->text);
    free(mode->paths);
    free(mode);
    return good ? 0 : 1;
}
