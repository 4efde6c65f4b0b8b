/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void http_client_init(HttpClient *client, Loop *loop, uint32_t per_connection)
{
    client->loop = loop;
    client->fd = -1;
    client->ssl = NULL;
    client->used = 0;
    client->per_connection = per_connection > 0 ? per_connection : 1;
    client->answer_length = client->body_at = 0;
}

void http_client_finish(HttpClient *client)
{
    SSL_free(client->ssl);
    client->ssl = NULL;
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    client->used = 0;
}

static bool connected(HttpClient *client)
{
    if (client->fd >= 0 && client->used < client->per_connection)
        return true;
    http_client_finish(client);
    client->loop->address_used = client->loop->per_address; /* force the next address */
    client->fd = conn_socket(client->loop, true);
    if (client->fd < 0)
        return false;
    struct timeval limit = {.tv_sec = 30};
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (client->loop->tls) {
        client->ssl = SSL_new(client->loop->tls);
        SSL_set_fd(client->ssl, client->fd);
        if (SSL_connect(client->ssl) != 1)
            return false;
    }
    return true;
}

static bool send_all(HttpClient *client, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t sent = client->ssl ? SSL_write(client->ssl, data, (int)length)
                                   : send(client->fd, data, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool receive(HttpClient *client)
{
    size_t room = sizeof client->answer - 1 - client->answer_length;
    char *at = client->answer + client->answer_length;
    ssize_t got = room == 0     ? -1
                  : client->ssl ? SSL_read(client->ssl, at, (int)room)
                                : recv(client->fd, at, room, 0);
    if (got <= 0)
        return false;
    client->answer_length += (size_t)got;
    client->answer[client->answer_length] = '\0';
    return true;
}

static bool read_answer(HttpClient *client)
{
    client->answer_length = 0;
    client->answer[0] = '\0';
    const char *end = NULL;
    while (!(end = strstr(client->answer, "\r\n\r\n")))
        if (!receive(client))
            return false;
    client->body_at = (size_t)(end - client->answer) + 4;
    size_t value_length = 0;
    const char *value =
        wire_head_value(client->answer, client->body_at, "Content-Length", &value_length);
    size_t body = value ? strtoul(value, NULL, 10) : 0;
    while (client->answer_length < client->body_at + body)
        if (!receive(client))
            return false;
    return true;
}

int http_client_request(HttpClient *client, const char *method, const char *path,
                        const char *headers, const char *body)
{
    char request[8192];
    size_t body_length = body ? strlen(body) : 0;
    int length = snprintf(request, sizeof request,
                          "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s",
                          method, path, (unsigned)client->loop->port, body_length, headers,
                          body ? body : "");
    if (length < 0 || (size_t)length >= sizeof request)
        return -1;
    for (int attempt = 0; attempt < 3; attempt++) {
        if (connected(client) && send_all(client, request, (size_t)length) && read_answer(client)) {
            client->used++;
            return (int)strtol(client->answer + 9, NULL, 10);
        }
        http_client_finish(client);
    }
    return -1;
}

static bool copy_until(const char *from, const char *stops, char *out, size_t capacity)
{
    size_t length = strcspn(from, stops);
    if (length >= capacity)
        return false;
    memcpy(out, from, length);
    out[length] = '\0';
    return true;
}

bool http_client_field(const HttpClient *client, const char *name, char *out, size_t capacity)
{
    char mark[64];
    snprintf(mark, sizeof mark, "\"%s\":\"", name);
    const char *at = strstr(client->answer + client->body_at, mark);
    return at && copy_until(at + strlen(mark), "\"", out, capacity);
}

bool http_client_cookie(const HttpClient *client, const char *name, char *out, size_t capacity)
{
    char mark[64];
    snprintf(mark, sizeof mark, " %s=", name);
    const char *at = strstr(client->answer, mark);
    return at && at < client->answer + client->body_at &&
           copy_until(at + strlen(mark), ";\r\n", out, capacity);
}
