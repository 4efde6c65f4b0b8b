/* SPDX-License-Identifier: Apache-2.0 */
#include "chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t minute_ns = 60000000000;

static void ring_push(Chat *chat, uint32_t index)
{
    chat->ring[(chat->ring_first + chat->ring_count++) % chat->options->pool] = index;
}

/* The visitor who has waited longest, if the limit allows another message; NULL otherwise. */
static ChatVisitor *ring_take(Chat *chat)
{
    while (chat->ring_count > 0) {
        ChatVisitor *visitor = &chat->visitors[chat->ring[chat->ring_first]];
        int64_t now = clock_ns();
        if (now - visitor->window_ns > minute_ns) {
            visitor->window_ns = now;
            visitor->window_used = 0;
        }
        if (chat->options->budget > 0 && visitor->window_used >= chat->options->budget)
            return NULL;
        chat->ring_first = (chat->ring_first + 1) % chat->options->pool;
        chat->ring_count--;
        if (visitor->conn) {
            visitor->window_used++;
            return visitor;
        }
    }
    return NULL;
}

static void send_one(Chat *chat, ChatVisitor *visitor, int64_t since_ns)
{
    visitor->message = chat->next_id++;
    visitor->since_ns = since_ns;
    visitor->busy = true;
    chat->in_flight++;
    chat->track[visitor->message % CHAT_TRACK] =
        (ChatTrack){.sent_ns = since_ns, .counted = chat->measure.counting};
    chat_protocol_send(chat, visitor);
}

static void fill_slots(Chat *chat)
{
    uint32_t slots = chat->preparing ? 32 : chat->options->senders;
    bool open_loop = !chat->preparing && chat->options->rate > 0;
    while (!chat->stopping && !open_loop && chat->in_flight < slots) {
        ChatVisitor *visitor = ring_take(chat);
        if (!visitor) {
            chat->starved++;
            return;
        }
        send_one(chat, visitor, clock_ns());
    }
}

/* Open loop: what is due is sent, or is waiting for a free visitor with its clock running. */
static void send_due(Loop *loop, uint64_t times)
{
    Chat *chat = loop->user;
    chat->due += times;
    while (!chat->stopping && !chat->preparing && chat->due > 0) {
        ChatVisitor *visitor = ring_take(chat);
        if (!visitor) {
            chat->starved++;
            return;
        }
        double late_s = (double)(chat->due - 1) / chat->options->rate;
        chat->due--;
        send_one(chat, visitor, clock_ns() - (int64_t)(late_s * 1e9));
    }
}

static void message_settled(Chat *chat, ChatVisitor *visitor, bool acked)
{
    visitor->busy = false;
    chat->in_flight--;
    if (acked) {
        chat->acked++;
        chat->track[visitor->message % CHAT_TRACK].acked = true;
        measure_done(&chat->measure, visitor->since_ns);
    }
    if (chat->preparing) {
        if (acked) {
            chat->prepare_left--;
            chat_protocol_watch(chat, visitor);
        } else {
            ring_push(chat, visitor->index);
        }
        if (acked && chat->prepare_left == 0)
            for (uint32_t i = 0; i < chat->options->pool; i++)
                ring_push(chat, i);
        if (chat->prepare_left > 0)
            fill_slots(chat);
        return;
    }
    ring_push(chat, visitor->index);
    if (chat->options->rate > 0)
        send_due(chat->loop, 0);
    else
        fill_slots(chat);
}

static void refused(Chat *chat, WireFrame frame)
{
    chat->refused++;
    if (chat->refused_print++ < 3)
        fprintf(stderr, "refused: %.*s\n", (int)(frame.length < 300 ? frame.length : 300),
                (const char *)frame.payload);
}

static void visitor_ready(Chat *chat, ChatVisitor *visitor)
{
    visitor->ready = true;
    chat->opener.ready++;
    ring_push(chat, visitor->index);
}

static void visitor_opened(Loop *loop, Conn *conn)
{
    Chat *chat = loop->user;
    ChatVisitor *visitor = conn->user;
    visitor->conn = conn;
    if (visitor_socket_hello(loop, conn, chat->options,
                             chat->tokens ? &chat->tokens[visitor->index] : NULL))
        visitor_ready(chat, visitor);
}

static void visitor_frame(Loop *loop, Conn *conn, WireFrame frame)
{
    Chat *chat = loop->user;
    ChatVisitor *visitor = conn->user;
    ChatNews news = chat_protocol_read(chat, visitor, frame);
    if (news == CHAT_READY) {
        visitor_ready(chat, visitor);
    } else if ((news == CHAT_ACK || news == CHAT_REFUSED) && visitor->busy) {
        if (news == CHAT_REFUSED) {
            refused(chat, frame);
            visitor->window_used = chat->options->budget; /* it pauses until the next minute */
            visitor->window_ns = clock_ns();
        }
        message_settled(chat, visitor, news == CHAT_ACK);
    } else {
        chat->other_frames++;
    }
}

static void receiver_opened(Loop *loop, Conn *conn)
{
    Chat *chat = loop->user;
    ChatReceiver *receiver = conn->user;
    receiver->conn = conn;
    if (chat_protocol_receiver_hello(chat, receiver)) {
        receiver->ready = true;
        chat->opener.ready++;
    }
}

static void message_pushed(Chat *chat, const ChatReceiver *receiver, ChatTrack *track)
{
    uint64_t socket_bit = 1ull << (receiver->index & 63);
    uint8_t agent_bit = (uint8_t)(1u << (receiver->index / chat->receivers_per_agent & 7));
    if (chat->receiver_count <= 64 && (track->sockets & socket_bit) != 0)
        chat->doubled++;
    track->sockets |= socket_bit;
    if ((track->agents & agent_bit) != 0 ||
        receiver->index / chat->receivers_per_agent >= CHAT_FAN_OUT) {
        chat->extra++;
        return;
    }
    track->agents |= agent_bit;
    chat->pushed++;
    if (track->counted && chat->measure.counting)
        hist_add(&chat->measure.push_us, (clock_ns() - track->sent_ns) / 1000);
}

/* Acknowledged messages that an agent never got; exact for the newest CHAT_TRACK. */
static uint64_t count_missing(const Chat *chat, uint64_t first_id)
{
    uint64_t missing = 0;
    if (first_id + CHAT_TRACK < chat->next_id)
        first_id = chat->next_id - CHAT_TRACK;
    for (uint64_t id = first_id; id < chat->next_id; id++) {
        const ChatTrack *track = &chat->track[id % CHAT_TRACK];
        if (track->acked)
            missing += CHAT_FAN_OUT - (uint64_t)__builtin_popcount(track->agents);
    }
    return missing;
}

static void receiver_frame(Loop *loop, Conn *conn, WireFrame frame)
{
    Chat *chat = loop->user;
    ChatReceiver *receiver = conn->user;
    uint64_t id = 0;
    ChatNews news = chat_protocol_receive(chat, receiver, frame, &id);
    if (news == CHAT_READY) {
        receiver->ready = true;
        chat->opener.ready++;
    } else if (news == CHAT_REFUSED) {
        refused(chat, frame);
    } else if (news == CHAT_PUSH && id < chat->next_id && id + CHAT_TRACK > chat->next_id) {
        message_pushed(chat, receiver, &chat->track[id % CHAT_TRACK]);
    } else {
        chat->other_frames++;
        chat->other_bytes += frame.length;
    }
}

static void closed(Loop *loop, Conn *conn)
{
    Chat *chat = loop->user;
    if (*(ChatSide *)conn->user == SIDE_VISITOR)
        ((ChatVisitor *)conn->user)->conn = NULL;
    else
        ((ChatReceiver *)conn->user)->conn = NULL;
    if (chat->lost++ < 3)
        fprintf(stderr, "%s lost, code %u\n",
                *(ChatSide *)conn->user == SIDE_VISITOR ? "visitor" : "receiver", conn->close_code);
    chat->opener.lost++;
}

static bool start_visitor(Loop *loop, uint32_t index)
{
    static const ConnHandlers handlers = {
        .opened = visitor_opened, .frame = visitor_frame, .closed = closed};
    Chat *chat = loop->user;
    ChatVisitor *visitor = &chat->visitors[index];
    *visitor = (ChatVisitor){.side = SIDE_VISITOR, .index = index};
    return conn_open(loop, visitor_socket_path(chat->options), "", &handlers, visitor);
}

static bool start_receiver(Loop *loop, uint32_t index)
{
    static const ConnHandlers handlers = {
        .opened = receiver_opened, .frame = receiver_frame, .closed = closed};
    Chat *chat = loop->user;
    ChatReceiver *receiver = &chat->receivers[index];
    *receiver = (ChatReceiver){.side = SIDE_RECEIVER, .index = index};
    return conn_open(loop, chat_protocol_receiver_path(chat->options),
                     chat->agent_headers[index / chat->receivers_per_agent], &handlers, receiver);
}

/* Agents log in and get as many sockets as the conversations they watch need. */
static bool open_receivers(Chat *chat)
{
    const Options *o = chat->options;
    bool product = strcmp(o->protocol, "zhixin") == 0;
    chat->receivers_per_agent = product ? (o->pool + o->per_watch - 1) / o->per_watch : 1;
    uint32_t agents = product && o->agent_count > CHAT_FAN_OUT ? o->agent_count : CHAT_FAN_OUT;
    chat->receiver_count = agents * chat->receivers_per_agent;
    chat->receivers = calloc(chat->receiver_count, sizeof *chat->receivers);
    chat->agent_headers = calloc(agents, sizeof *chat->agent_headers);
    if (!chat->receivers || !chat->agent_headers)
        abort();
    static const char *const demo[] = {"xiaoyu:zhixin-demo", "xiaolin:zhixin-demo"};
    for (uint32_t i = 0; product && i < agents; i++)
        if (!visitor_agent_login(chat->loop, i < o->agent_count ? o->agent[i] : demo[i % 2],
                                 chat->agent_headers[i], sizeof *chat->agent_headers))
            return false;
    return opener_run(&chat->opener, chat->loop, chat->receiver_count, start_receiver);
}

/* Every visitor opens a conversation by its first message; then the agents watch it. */
static bool prepare(Chat *chat)
{
    chat->preparing = true;
    chat->prepare_left = chat->options->pool;
    int64_t give_up_ns = clock_ns() + 2 * minute_ns;
    fill_slots(chat);
    while (chat->prepare_left > 0 && chat->lost == 0) {
        loop_turn(chat->loop, 50);
        if (chat->in_flight == 0 && chat->prepare_left > 0)
            fill_slots(chat);
        if (clock_ns() > give_up_ns) {
            fprintf(stderr, "%u conversations could not be opened\n", chat->prepare_left);
            return false;
        }
    }
    int64_t settled_ns = clock_ns() + 1000000000;
    while (clock_ns() < settled_ns)
        loop_turn(chat->loop, 50);
    chat->preparing = false;
    return chat->lost == 0;
}

static void measure_chat(Chat *chat)
{
    uint64_t first_id = chat->next_id;
    chat->acked = chat->pushed = chat->extra = chat->doubled = chat->other_frames =
        chat->other_bytes = 0;
    if (chat->options->rate > 0) {
        chat->loop->ticked = send_due;
        loop_timer_every(chat->loop, (int64_t)(1e9 / chat->options->rate));
    }
    measure_begin(&chat->measure, chat->options);
    fill_slots(chat);
    while (measure_running(&chat->measure)) {
        loop_turn(chat->loop, 20);
        fill_slots(chat);
    }
    chat->stopping = true;
    int64_t give_up_ns = clock_ns() + 10000000000;
    while ((chat->in_flight > 0 || chat->pushed < chat->acked * CHAT_FAN_OUT) &&
           clock_ns() < give_up_ns)
        loop_turn(chat->loop, 20);
    uint64_t sent = chat->next_id - first_id;
    printf("{\"mode\":\"chat\",\"protocol\":\"%s\",\"senders\":%u,\"pool\":%u,\"rate\":%.0f,",
           chat->options->protocol, chat->options->senders, chat->options->pool,
           chat->options->rate);
    measure_print(&chat->measure);
    printf(",\"push_p50_ms\":%.4f,\"push_p99_ms\":%.4f,\"sent\":%llu,\"acked\":%llu,"
           "\"push_missing\":%llu,\"push_doubled\":%llu,\"refused\":%llu,\"lost\":%llu,"
           "\"starved\":%llu,\"push_extra\":%llu,\"other_frames\":%llu,\"receiver_sockets\":%u}\n",
           hist_quantile_ms(&chat->measure.push_us, 0.5),
           hist_quantile_ms(&chat->measure.push_us, 0.99), (unsigned long long)sent,
           (unsigned long long)chat->acked, (unsigned long long)count_missing(chat, first_id),
           (unsigned long long)chat->doubled, (unsigned long long)chat->refused,
           (unsigned long long)chat->lost, (unsigned long long)chat->starved,
           (unsigned long long)chat->extra, (unsigned long long)chat->other_frames,
           chat->receiver_count);
}

int mode_chat(const Options *options)
{
    Chat *chat = calloc(1, sizeof *chat);
    if (!chat)
        abort();
    chat->options = options;
    chat->loop = loop_create(options->port, options->tls, options->per_address);
    chat->loop->user = chat;
    chat->visitors = calloc(options->pool, sizeof *chat->visitors);
    chat->ring = calloc(options->pool, sizeof *chat->ring);
    chat->track = calloc(CHAT_TRACK, sizeof *chat->track);
    bool good = chat->visitors && chat->ring && chat->track;
    if (good && strcmp(options->protocol, "zhixin") == 0) {
        chat->tokens = visitor_tokens_create(chat->loop, options, options->pool);
        good = chat->tokens != NULL;
    }
    good = good && open_receivers(chat) &&
           opener_run(&chat->opener, chat->loop, options->pool, start_visitor) && prepare(chat);
    if (good) {
        measure_chat(chat);
        good = chat->lost == 0 && chat->acked > 0;
    }
    free(chat->tokens);
    free(chat->track);
    free(chat->ring);
    free(chat->visitors);
    free(chat->receivers);
    free(chat->agent_headers);
    loop_destroy(chat->loop);
    free(chat);
    return good ? 0 : 1;
}
