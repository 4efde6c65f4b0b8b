/* SPDX-License-Identifier: Apache-2.0 */
/* Yardstick 1, the limit: a bare epoll WebSocket echo and a small HTTP reply.
 * usage: yard_echo [PORT] */
#include "bare.h"

#include <stdlib.h>

static void echo(void *context, BareServer *server, BareConn *conn, WireFrame frame)
{
    (void)context;
    bare_conn_send(server, conn, frame.opcode, frame.payload, frame.length);
}

int main(int argc, char **argv)
{
    long port = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    BareHandlers handlers = {.frame = echo};
    BareServer *server = bare_server_create((uint16_t)port, -1, &handlers, NULL);
    bare_server_run(server);
    bare_server_destroy(server);
    return 0;
}
