/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket echo in a closed loop: text frames against the bare echo, control pings (text ""
 * handled by the edge) or the JSON ping of the widget protocol against the product. */
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
    VisitorToken *tokens;
    uint8_t message[4096];
    size_t message_length;
    uint8_t opcode;
    uint64_t other_frames;
    bool stopping;
} EchoMode;

typedef struct {
    uint32_t index;
    bool ready;
    int64_t sent_ns;
} Echoer;

static void say(Loop *loop, Conn *conn)
{
    EchoMode *mode = loop->user;
    Echoer *echoer = conn->user;
    echoer->sent_ns = clock_ns();
    conn_send(loop, conn, mode->opcode, mode->message, mode->message_length);
}

static void ready(Loop *loop, Conn *conn)
{
    EchoMode *mode = loop->user;
    ((Echoer *)conn->user)->ready = true;
    mode->opener.ready++;
    say(loop, conn);
}

static void opened(Loop *loop, Conn *conn)
{
    EchoMode *mode = loop->user;
    Echoer *echoer = conn->user;
    if (visitor_socket_hello(loop, conn, mode->options,
                             mode->tokens ? &mode->tokens[echoer->index] : NULL))
        ready(loop, conn);
}

static bool is_echo(const EchoMode *mode, WireFrame frame)
{
    if (mode->opcode == WIRE_PING)
        return frame.opcode == WIRE_PONG;
    if (strcmp(mode->options->send_kind, "json") == 0)
        return memmem(frame.payload, frame.length, "\"pong\"", 6) != NULL;
    return frame.length == mode->message_length;
}

static void frame_came(Loop *loop, Conn *conn, WireFrame frame)
{
    EchoMode *mode = loop->user;
    Echoer *echoer = conn->user;
    if (!echoer->ready) {
        if (visitor_socket_ready(loop, conn, mode->options, frame))
            ready(loop, conn);
        return;
    }
    if (!is_echo(mode, frame)) {
        mode->other_frames++;
        return;
    }
    measure_done(&mode->measure, echoer->sent_ns);
    if (!mode->stopping)
        say(loop, conn);
}

static void closed(Loop *loop, Conn *conn)
{
    EchoMode *mode = loop->user;
    if (!mode->stopping) {
        fprintf(stderr, "echo connection closed, code %u\n", conn->close_code);
        mode->opener.lost++;
    }
    free(conn->user);
}

static bool start(Loop *loop, uint32_t index)
{
    static const ConnHandlers handlers = {.opened = opened, .frame = frame_came, .closed = closed};
    EchoMode *mode = loop->user;
    Echoer *echoer = calloc(1, sizeof *echoer);
    if (!echoer)
        abort();
    echoer->index = index;
    return conn_open(loop, visitor_socket_path(mode->options), "", &handlers, echoer);
}

int mode_echo(const Options *options)
{
    EchoMode *mode = calloc(1, sizeof *mode);
    Loop *loop = loop_create(options->port, options->tls, options->per_address);
    if (!mode)
        abort();
    mode->options = options;
    loop->user = mode;
    mode->opcode = strcmp(options->send_kind, "ping") == 0 ? WIRE_PING : WIRE_TEXT;
    mode->message_length = options->bytes < 126 ? options->bytes : 125;
    memset(mode->message, 'x', sizeof mode->message);
    if (strcmp(options->send_kind, "json") == 0)
        mode->message_length =
            (size_t)snprintf((char *)mode->message, sizeof mode->message, "{\"type\":\"ping\"}");
    bool good = true;
    if (strcmp(options->protocol, "zhixin") == 0) {
        mode->tokens = visitor_tokens_create(loop, options, options->connections);
        good = mode->tokens != NULL;
    }
    good = good && opener_run(&mode->opener, loop, options->connections, start);
    if (good) {
        measure_begin(&mode->measure, options);
        while (measure_running(&mode->measure))
            loop_turn(loop, 20);
        mode->stopping = true;
        printf("{\"mode\":\"echo\",\"send\":\"%s\",\"connections\":%u,", options->send_kind,
               options->connections);
        measure_print(&mode->measure);
        printf(",\"lost\":%u}\n", mode->opener.lost);
        good = mode->opener.lost == 0;
    }
    free(mode->tokens);
    loop_destroy(loop);
    free(mode);
    return good ? 0 : 1;
}
