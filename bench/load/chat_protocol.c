/* SPDX-License-Identifier: Apache-2.0 */
#include "chat.h"

#include <stdio.h>
#include <string.h>

static bool is(const Options *options, const char *protocol)
{
    return strcmp(options->protocol, protocol) == 0;
}

static bool has(WireFrame frame, const char *text)
{
    return memmem(frame.payload, frame.length, text, strlen(text)) != NULL;
}

void chat_protocol_send(Chat *chat, ChatVisitor *visitor)
{
    char frame[1024];
    char text[TEXT_BYTES + 1];
    int length;
    text_message(visitor->message, text);
    if (is(chat->options, "slice")) {
        memcpy(frame, &visitor->message, 8);
        memcpy(frame + 8, text, TEXT_BYTES);
        conn_send(chat->loop, visitor->conn, WIRE_BINARY, frame, 8 + TEXT_BYTES);
        return;
    }
    if (is(chat->options, "socketio"))
        length =
            snprintf(frame, sizeof frame, "42%llu[\"message\",{\"room\":\"%u\",\"text\":\"%s\"}]",
                     (unsigned long long)visitor->message, visitor->index, text);
    else
        length = snprintf(frame, sizeof frame,
                          "{\"type\":\"send\",\"client_id\":\"b%llx\",\"kind\":\"text\","
                          "\"text\":\"%s\"}",
                          (unsigned long long)visitor->message, text);
    conn_send(chat->loop, visitor->conn, WIRE_TEXT, frame, (size_t)length);
}

static void keep_conversation(ChatVisitor *visitor, WireFrame frame)
{
    static const char mark[] = "\"conversation\":\"";
    const char *at = memmem(frame.payload, frame.length, mark, sizeof mark - 1);
    if (!at || visitor->conversation[0] != '\0')
        return;
    at += sizeof mark - 1;
    size_t left = frame.length - (size_t)(at - (const char *)frame.payload);
    const char *stop = memchr(at, '"', left);
    if (stop && (size_t)(stop - at) < sizeof visitor->conversation)
        memcpy(visitor->conversation, at, (size_t)(stop - at));
}

ChatNews chat_protocol_read(Chat *chat, ChatVisitor *visitor, WireFrame frame)
{
    if (!visitor->ready)
        return visitor_socket_ready(chat->loop, visitor->conn, chat->options, frame) ? CHAT_READY
                                                                                     : CHAT_OTHER;
    if (is(chat->options, "slice"))
        return CHAT_ACK;
    if (is(chat->options, "socketio")) {
        if (frame.length == 1 && frame.payload[0] == '2') {
            conn_send(chat->loop, visitor->conn, WIRE_TEXT, "3", 1);
            return CHAT_OTHER;
        }
        return frame.length > 2 && memcmp(frame.payload, "43", 2) == 0 ? CHAT_ACK : CHAT_OTHER;
    }
    if (has(frame, "\"type\":\"ack\"")) {
        keep_conversation(visitor, frame);
        return CHAT_ACK;
    }
    return has(frame, "\"type\":\"error\"") ? CHAT_REFUSED : CHAT_OTHER;
}

const char *chat_protocol_receiver_path(const Options *options)
{
    return is(options, "zhixin")     ? "/api/ws"
           : is(options, "socketio") ? visitor_socket_path(options)
                                     : "/listen";
}

bool chat_protocol_receiver_hello(Chat *chat, ChatReceiver *receiver)
{
    static const char hello[] = "{\"type\":\"hello\"}";
    if (is(chat->options, "zhixin"))
        conn_send(chat->loop, receiver->conn, WIRE_TEXT, hello, sizeof hello - 1);
    return is(chat->options, "slice");
}

ChatNews chat_protocol_receive(Chat *chat, ChatReceiver *receiver, WireFrame frame,
                               uint64_t *ret_id)
{
    static const char online[] = "{\"type\":\"status\",\"status\":\"online\"}";
    static const char listen[] = "42[\"listen\"]";
    if (!receiver->ready) {
        if (!visitor_socket_ready(chat->loop, receiver->conn, chat->options, frame))
            return CHAT_OTHER;
        if (is(chat->options, "socketio"))
            conn_send(chat->loop, receiver->conn, WIRE_TEXT, listen, sizeof listen - 1);
        else
            conn_send(chat->loop, receiver->conn, WIRE_TEXT, online, sizeof online - 1);
        return CHAT_READY;
    }
    if (is(chat->options, "slice")) {
        if (frame.length < 8)
            return CHAT_OTHER;
        memcpy(ret_id, frame.payload, 8);
        return CHAT_PUSH;
    }
    if (is(chat->options, "socketio")) {
        if (frame.length == 1 && frame.payload[0] == '2')
            conn_send(chat->loop, receiver->conn, WIRE_TEXT, "3", 1);
        return text_find_id(frame.payload, frame.length, ret_id) ? CHAT_PUSH : CHAT_OTHER;
    }
    if (has(frame, "\"type\":\"error\""))
        return CHAT_REFUSED;
    return has(frame, "\"type\":\"message\"") && text_find_id(frame.payload, frame.length, ret_id)
               ? CHAT_PUSH
               : CHAT_OTHER;
}

/* One socket of each agent watches the visitor's conversation, from its last message on. */
void chat_protocol_watch(Chat *chat, const ChatVisitor *visitor)
{
    char frame[128];
    if (!is(chat->options, "zhixin"))
        return;
    int length = snprintf(frame, sizeof frame,
                          "{\"type\":\"watch\",\"conversation\":\"%s\",\"after\":1000000}",
                          visitor->conversation);
    for (uint32_t agent = 0; agent < CHAT_FAN_OUT; agent++) {
        uint32_t at = agent * chat->receivers_per_agent +
                      visitor->index / chat->options->per_watch % chat->receivers_per_agent;
        if (chat->receivers[at].conn)
            conn_send(chat->loop, chat->receivers[at].conn, WIRE_TEXT, frame, (size_t)length);
    }
}
