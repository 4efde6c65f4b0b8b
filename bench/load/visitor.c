/* SPDX-License-Identifier: Apache-2.0 */
#include "visitor.h"

#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

VisitorToken *visitor_tokens_create(Loop *loop, const Options *options, uint32_t count)
{
    VisitorToken *tokens = calloc(count, sizeof *tokens);
    HttpClient *client = calloc(1, sizeof *client);
    char body[256];
    if (!tokens || !client)
        abort();
    http_client_init(client, loop, options->per_address);
    snprintf(body, sizeof body,
             "{\"channel\":\"%s\",\"lang\":\"zh-CN\",\"page\":{\"url\":\"http://127.0.0.1/demo\","
             "\"title\":\"bench\"}}",
             options->channel);
    bool good = true;
    for (uint32_t i = 0; i < count && good; i++) {
        int status = http_client_request(client, "POST", "/api/widget/session", "", body);
        good = status == 200 &&
               http_client_field(client, "token", tokens[i].text, sizeof tokens[i].text);
        if (!good)
            fprintf(stderr, "session %u: status %d %s\n", i, status,
                    status > 0 ? client->answer + client->body_at : "");
    }
    http_client_finish(client);
    free(client);
    if (!good) {
        free(tokens);
        return NULL;
    }
    return tokens;
}

bool visitor_agent_login(Loop *loop, const char *user_password, char *ret_headers, size_t capacity)
{
    HttpClient *client = calloc(1, sizeof *client);
    char body[256];
    char origin[96];
    char cookie[VISITOR_COOKIE_BYTES];
    if (!client)
        abort();
    http_client_init(client, loop, 1000);
    int user = (int)strcspn(user_password, ":");
    snprintf(body, sizeof body, "{\"user\":\"%.*s\",\"password\":\"%s\"}", user, user_password,
             user_password[user] ? user_password + user + 1 : "");
    snprintf(origin, sizeof origin, "Origin: http%s://127.0.0.1:%u\r\n", loop->tls ? "s" : "",
             (unsigned)loop->port);
    int status = http_client_request(client, "POST", "/api/login", origin, body);
    bool good = status == 200 && http_client_cookie(client, "zx_session", cookie, sizeof cookie);
    if (good)
        snprintf(ret_headers, capacity, "%sCookie: zx_session=%s\r\n", origin, cookie);
    else
        fprintf(stderr, "log-in of %.*s: status %d\n", user, user_password, status);
    http_client_finish(client);
    free(client);
    return good;
}

static bool is(const Options *options, const char *protocol)
{
    return strcmp(options->protocol, protocol) == 0;
}

const char *visitor_socket_path(const Options *options)
{
    return is(options, "zhixin")     ? "/api/widget/ws"
           : is(options, "socketio") ? "/socket.io/?EIO=4&transport=websocket"
                                     : "/chat";
}

bool visitor_socket_hello(Loop *loop, Conn *conn, const Options *options, const VisitorToken *token)
{
    char text[VISITOR_TOKEN_BYTES + 64];
    if (!is(options, "zhixin"))
        return !is(options, "socketio");
    int length = snprintf(text, sizeof text, "{\"type\":\"hello\",\"token\":\"%s\",\"after\":0}",
                          token->text);
    conn_send(loop, conn, WIRE_TEXT, text, (size_t)length);
    return false;
}

bool visitor_socket_ready(Loop *loop, Conn *conn, const Options *options, WireFrame frame)
{
    if (is(options, "zhixin"))
        return memmem(frame.payload, frame.length, "\"type\":\"welcome\"", 16) != NULL;
    if (frame.length >= 1 && frame.payload[0] == '0')
        conn_send(loop, conn, WIRE_TEXT, "40", 2); /* engine.io open: join the namespace */
    return frame.length >= 2 && memcmp(frame.payload, "40", 2) == 0;
}
