/* SPDX-License-Identifier: Apache-2.0 */
/* The edge without sockets: doors, headers, and subscriptions on a loop that turns only when the
 * test says so. */
#include "api/internal.h"
#include "service/test_desk.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct {
    Desk *d;
    Api *a;
} Edge;

static int edge_setup(void **state)
{
    void *desk = NULL;
    desk_setup(&desk);
    Edge *e = calloc(1, sizeof *e);
    e->d = desk;
    NetOptions net;
    net_options_default(&net);
    net.listen = "127.0.0.1:0";
    ApiConfig c;
    api_config_default(&c);
    c.accounts = e->d->accounts;
    c.service = e->d->service;
    c.log = &e->d->log;
    c.ids = store_ids(e->d->store);
    c.workers = 2;
    c.net = &net;
    ErrSlot slot = {0};
    if (api_edge_open(&c, &slot, &e->a))
        fail_msg("%s: %s", slot.code, slot.text);
    api_use_store(e->a, e->d->store);
    *state = e;
    return 0;
}

static int edge_teardown(void **state)
{
    Edge *e = *state;
    void *desk = e->d;
    api_edge_drain(e->a);
    api_edge_close(e->a);
    free(e);
    return desk_teardown(&desk);
}
#define EDGE_TEST(fn) cmocka_unit_test_setup_teardown(fn, edge_setup, edge_teardown)

/* ---- doors ---- */

static NetRequest asked(const char *address, NetHeader *headers, size_t n)
{
    return (NetRequest){.method = NET_POST,
                        .address = str_of(address),
                        .host = STR("desk.example"),
                        .headers = headers,
                        .headers_n = n};
}

static int let_in(Api *a, const NetRequest *r, const ApiRoute *route, int times)
{
    int n = 0;
    int64_t wait = -1;
    for (int i = 0; i < times; i++)
        n += door_call(a, r, route, &wait);
    assert_true(n == times || wait > 0);
    return n;
}

static void one_address_is_counted_as_one(void **state)
{
    Edge *e = *state;
    ApiRoute session = {.access = API_ANYONE, .tx = API_TX_WRITE};
    NetRequest v4 = asked("203.0.113.9", NULL, 0), other = asked("203.0.113.10", NULL, 0);
    assert_int_equal(let_in(e->a, &v4, &session, 1100), 1000);
    assert_int_equal(let_in(e->a, &other, &session, 10), 10);
    /* a customer's whole /64 is one */
    NetRequest here = asked("2001:db8:1:2::1", NULL, 0),
               there = asked("2001:db8:1:2:ffff::9", NULL, 0),
               far = asked("2001:db8:1:3::1", NULL, 0);
    assert_int_equal(let_in(e->a, &here, &session, 1000), 1000);
    assert_int_equal(let_in(e->a, &there, &session, 5), 0);
    assert_int_equal(let_in(e->a, &far, &session, 5), 5);
}

static void proofs_that_cost_are_few(void **state)
{
    Edge *e = *state;
    ApiRoute login = {.access = API_ANYONE, .tx = API_TX_WRITE, .slow = true};
    NetRequest r = asked("203.0.113.9", NULL, 0), other = asked("203.0.113.10", NULL, 0);
    assert_int_equal(let_in(e->a, &r, &login, 200), 60);
    assert_int_equal(let_in(e->a, &other, &login, 1), 1);
}

static void one_log_in_does_not_take_all(void **state)
{
    Edge *e = *state;
    NetHeader one = {STR("cookie"), STR("zx_session=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")},
              two = {STR("authorization"), STR("Bearer zxk_bbbb")},
              visitor = {STR("authorization"), STR("Bearer cccc")};
    ApiRoute read = {.access = API_AGENT, .tx = API_TX_READ},
             leave = {.access = API_VISITOR, .tx = API_TX_WRITE};
    NetRequest r = asked("203.0.113.9", &one, 1), key = asked("203.0.113.9", &two, 1),
               v = asked("203.0.113.9", &visitor, 1);
    assert_int_equal(let_in(e->a, &r, &read, 3000), 2500);
    assert_int_equal(let_in(e->a, &key, &read, 100), 100);
    assert_int_equal(let_in(e->a, &v, &leave, 30), 20);
    NetRequest nobody = asked("203.0.113.11", NULL, 0);
    assert_int_equal(let_in(e->a, &nobody, &read, 20000), 10000);
}

static void sockets_cannot_be_opened_in_a_loop(void **state)
{
    Edge *e = *state;
    NetRequest r = asked("203.0.113.9", NULL, 0);
    int64_t wait = 0;
    int n = 0;
    for (int i = 0; i < 3000; i++)
        n += door_socket(e->a, &r, &wait);
    assert_int_equal(n, 2000);
    assert_true(wait > 0 && wait <= 1000);
}

static void nobody_sends_ten_megabytes_unasked(void **state)
{
    (void)state;
    NetHeader bearer = {STR("authorization"), STR("Bearer cccc")};
    ApiRoute upload = {.access = API_VISITOR, .tx = API_TX_WRITE, .body_bytes = 10 << 20},
             small = {.access = API_AGENT, .tx = API_TX_WRITE, .body_bytes = 4096};
    NetRequest none = asked("203.0.113.9", NULL, 0), some = asked("203.0.113.9", &bearer, 1);
    assert_int_equal(door_body(&none, &upload), -401);
    assert_int_equal(door_body(&some, &upload), 10 << 20);
    assert_int_equal(door_body(&none, &small), 4096); /* a clear answer costs little */
}

static void measures_are_for_this_machine(void **state)
{
    Edge *e = *state;
    NetHeader far = {STR("x-forwarded-for"), STR("198.51.100.7")},
              real = {STR("x-real-ip"), STR("198.51.100.7")},
              near = {STR("x-forwarded-for"), STR("198.51.100.7, 127.0.0.1")};
    struct {
        NetRequest r;
        bool open;
    } rows[] = {
        {asked("127.0.0.1", NULL, 0), true},    {asked("127.8.8.8", NULL, 0), true},
        {asked("::1", NULL, 0), true},          {asked("203.0.113.9", NULL, 0), false},
        {asked("2001:db8::1", NULL, 0), false}, {asked("", NULL, 0), false},
        {asked("127.0.0.1", &far, 1), false}, /* a proxy that we were not told of */
        {asked("127.0.0.1", &real, 1), false},  {asked("127.0.0.1", &near, 1), true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (door_metrics(e->a, &rows[i].r) != rows[i].open)
            fail_msg("row %zu", i);
}

/* ---- headers ---- */

static Str headers(Edge *e, Buf *b, bool secure, ReplyKind kind, const char *ancestors)
{
    NetRequest r = {.secure = secure, .host = STR("desk.example")};
    buf_init(b, e->d->arena, 8192);
    reply_headers(e->a, b, &r, kind, ancestors ? str_of(ancestors) : STR_NONE);
    return buf_str(b);
}

static void has(Str s, const char *what, bool wanted)
{
    if ((str_find(s, str_of(what)) >= 0) != wanted)
        fail_msg("%s %s: %.*s", wanted ? "no" : "a", what, STR_ARG(s));
}

static void every_reply_bears_its_policy(void **state)
{
    Edge *e = *state;
    Buf b;
    Str h = headers(e, &b, false, REPLY_API, NULL);
    has(h, "X-Request-Id: ", true);
    has(h, "X-Content-Type-Options: nosniff\r\n", true);
    has(h, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n", true);
    has(h, "Cache-Control: no-store\r\n", true);
    has(h, "Strict-Transport-Security", false);
    h = headers(e, &b, true, REPLY_PAGE, NULL);
    has(h, "Strict-Transport-Security: max-age=31536000\r\n", true);
    has(h, "script-src 'self';", true);
    has(h, "unsafe", false);
    has(h, "frame-ancestors 'self'\r\n", true);
    has(h, "Cross-Origin-Opener-Policy: same-origin\r\n", true);
    h = headers(e, &b, true, REPLY_FRAMED, "'self' https://shop.example");
    has(h, "frame-ancestors 'self' https://shop.example\r\n", true);
    has(h, "Cross-Origin-Opener-Policy", false);
    h = headers(e, &b, false, REPLY_FILE, NULL);
    has(h, "default-src 'none'; sandbox\r\n", true);
    has(h, "Cache-Control", false); /* the file's own word */
}

static void inner_faults_are_not_told(void **state)
{
    Edge *e = *state;
    Buf b;
    ErrSlot slot = {0};
    Err err = err_set(&slot, ERR_STORAGE, "store.failed", "disk /var/lib/secret is full");
    buf_init(&b, e->d->arena, 8192);
    reply_error_body(&b, &slot, err);
    has(buf_str(&b), "secret", false);
    has(buf_str(&b), "store.failed", true);
    buf_init(&b, e->d->arena, 8192);
    reply_error_body(&b, NULL, ERR_INTERNAL);
    has(buf_str(&b), "\"internal\"", true);
    err = err_retry(&slot, ERR_LIMIT, "request.too_many", 1500, "wait \"a\" bit");
    buf_init(&b, e->d->arena, 8192);
    reply_error_body(&b, &slot, err);
    has(buf_str(&b), "wait \\\"a\\\" bit", true);
    has(buf_str(&b), "\"retry_after_ms\":1500", true);
}

/* ---- subscriptions ---- */

/* A worker has finished its part; the loop has not heard of it yet. */
static void until_done(Api *a)
{
    for (int i = 0; i < 5000; i++) {
        pthread_mutex_lock(&a->done_mutex);
        bool there = a->done_head != NULL;
        pthread_mutex_unlock(&a->done_mutex);
        if (there)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fail_msg("no worker has finished");
}

static Socket *visitor_socket(Edge *e, Actor v)
{
    Socket *s = socket_new(e->a, (NetConn){UINT32_MAX, 0}, false);
    socket_actor(s, &v);
    socket_register(s);
    return s;
}

static CtxWake wake_of(Edge *e, DeskPush *p, const DeskConversation *v, int64_t seq)
{
    *p = (DeskPush){.shop_id = v->shop_id, .customer_id = v->customer_id, .conv = *v};
    p->msg = (DeskMessage){.conversation_id = v->id,
                           .seq = seq,
                           .role = STR("agent"),
                           .kind = STR("text"),
                           .body = STR("hi"),
                           .extra = STR("{}")};
    (void)e;
    return (CtxWake){.kind = DESK_WAKE_MESSAGE, .id = v->id, .seq = seq, .data = p};
}

/* A message may be committed after the catch-up has read and told before the loop has heard of that
 * reading: it must not count as sent. */
static void told_while_catching_up_is_not_lost(void **state)
{
    Edge *e = *state;
    Actor v = desk_visitor(e->d, &e->d->web);
    DeskConversation conv = desk_said(e->d, v, "one");
    conv = desk_row(e->d, conv.id);
    Socket *s = visitor_socket(e, v);
    Sub *sub = sub_add(s, conv.id, conv.shop_id, conv.customer_id, conv.last_seq);
    sub_catch_up(sub);
    until_done(e->a); /* read: nothing new */
    int64_t stood = conv.last_seq;
    desk_said(e->d, v, "two"); /* committed after that */
    conv = desk_row(e->d, conv.id);
    assert_true(conv.last_seq > stood);
    DeskPush push;
    CtxWake w = wake_of(e, &push, &conv, conv.last_seq);
    Ctx c = {.wakes = &w};
    publish_wakes(e->a, &c, NULL);
    assert_int_equal(sub->want, conv.last_seq);
    api_jobs_drain(e->a);
    assert_int_equal(sub->last_seq, stood); /* not taken for sent */
    assert_true(sub->catching);
    until_done(e->a);
    api_jobs_drain(e->a);
    assert_int_equal(sub->last_seq, conv.last_seq); /* read and sent */
    socket_closed(s);
}

/* What is told but nowhere to be found (merged away) must not be looked for again and again. */
static void what_is_gone_is_looked_for_once(void **state)
{
    Edge *e = *state;
    Actor v = desk_visitor(e->d, &e->d->web);
    DeskConversation conv = desk_said(e->d, v, "one");
    conv = desk_row(e->d, conv.id);
    Socket *s = visitor_socket(e, v);
    Sub *sub = sub_add(s, conv.id, conv.shop_id, conv.customer_id, conv.last_seq);
    DeskPush push;
    CtxWake w = wake_of(e, &push, &conv, conv.last_seq + 5);
    Ctx c = {.wakes = &w};
    publish_wakes(e->a, &c, NULL);
    for (int i = 0; i < 3 && sub->catching; i++) {
        until_done(e->a);
        api_jobs_drain(e->a);
    }
    assert_false(sub->catching);
    assert_int_equal(sub->last_seq, conv.last_seq + 5);
    socket_closed(s);
}

/* Another tab begins the talk while this one's hello is being answered. */
static void a_talk_that_began_during_hello_is_followed(void **state)
{
    Edge *e = *state;
    Actor v = desk_visitor(e->d, &e->d->web);
    Socket *s = socket_new(e->a, (NetConn){UINT32_MAX, 0}, false);
    socket_actor(s, &v);
    DeskConversation conv = desk_said(e->d, v, "one"); /* told: nobody is registered */
    conv = desk_row(e->d, conv.id);
    socket_register(s);
    assert_null(sub_find(s, conv.id));
    publish_meta(s); /* as after a hello that saw no conversation */
    until_done(e->a);
    api_jobs_drain(e->a);
    Sub *sub = sub_find(s, conv.id);
    assert_non_null(sub);
    assert_true(sub->catching);
    until_done(e->a);
    api_jobs_drain(e->a);
    assert_int_equal(sub->last_seq, conv.last_seq);
    socket_closed(s);
}

/* The sign "is writing" goes with the one who wrote. */
static void typing_ends_with_the_socket(void **state)
{
    Edge *e = *state;
    Actor v = desk_visitor(e->d, &e->d->web);
    DeskConversation conv = desk_said(e->d, v, "one");
    Socket *s = visitor_socket(e, v), *one = socket_new(e->a, (NetConn){UINT32_MAX, 0}, true),
           *two = socket_new(e->a, (NetConn){UINT32_MAX, 0}, true);
    sub_add(s, conv.id, conv.shop_id, conv.customer_id, conv.last_seq);
    Topic *t = hub_topic(&e->a->hub, conv.id);
    sub_add(one, conv.id, conv.shop_id, conv.customer_id, conv.last_seq)->typing = 'r';
    hub_typing(t);
    assert_true(t->staff_typing);
    sub_add(two, conv.id, conv.shop_id, conv.customer_id, conv.last_seq)->typing = 'r';
    hub_typing(t);
    socket_closed(one);
    assert_true(t->staff_typing); /* the other still writes */
    socket_closed(two);
    assert_false(t->staff_typing);
    socket_closed(s);
    assert_null(hub_topic(&e->a->hub, conv.id));
}

/* The queue moved: those who wait are told, without anything else having to happen. */
static void who_waits_learns_the_place(void **state)
{
    Edge *e = *state;
    Actor v = desk_visitor(e->d, &e->d->web);
    Socket *s = visitor_socket(e, v);
    s->waiting = true;
    e->a->now_ms += 10000;
    publish_queue_dirty(e->a, v.shop_id);
    assert_true(s->meta_busy);
    for (int i = 0; i < 3 && s->meta_busy; i++) {
        until_done(e->a);
        api_jobs_drain(e->a);
    }
    assert_false(s->waiting); /* as it has no conversation */
    socket_closed(s);
}

/* A full queue sends callers away, but not what the edge owes its sockets. */
static void a_full_queue_still_takes_our_own(void **state)
{
    Edge *e = *state;
    int64_t limit = e->a->work.limit;
    e->a->work.limit = 0;
    ApiJob *j = job_new(e->a);
    assert_false(job_start(j, false));
    job_free(j);
    e->a->work.limit = 1;
    Actor v = desk_visitor(e->d, &e->d->web);
    DeskConversation conv = desk_said(e->d, v, "one");
    Socket *s = visitor_socket(e, v);
    Sub *sub = sub_add(s, conv.id, conv.shop_id, conv.customer_id, 0);
    atomic_store(&e->a->work.depth, 1);
    sub_catch_up(sub);
    assert_true(sub->catching);
    atomic_store(&e->a->work.depth, 0);
    e->a->work.limit = limit;
    until_done(e->a);
    api_jobs_drain(e->a);
    assert_true(sub->last_seq > 0);
    socket_closed(s);
}

/* ---- frames ---- */

static Err understood(Edge *e, Actor who, bool ready, const char *text, FrameCall *f, Ctx *c)
{
    ctx_init(c, e->d->arena, store_ids(e->d->store), e->d->now);
    c->actor = who;
    *f = (FrameCall){.c = c,
                     .api = e->a,
                     .staff = who.role != ROLE_VISITOR,
                     .ready = ready,
                     .text = str_of(text)};
    return frame_understand(f);
}

static void frames_want_the_right_to_send_them(void **state)
{
    Edge *e = *state;
    Desk *d = e->d;
    Actor reads = d->bo, chats = d->bo, admin = d->bo;
    reads.scopes = SCOPE_READ;
    chats.scopes = SCOPE_CHAT;
    admin.scopes = SCOPE_ADMIN;
    d->bo.scopes = d->tom.scopes = UINT32_MAX;
    struct {
        Actor who;
        const char *text;
        const char *code; /* NULL: may */
    } rows[] = {
        {d->bo, "{\"type\":\"send\"}", NULL},
        {d->tom, "{\"type\":\"send\"}", "auth.role"},
        {d->tom, "{\"type\":\"watch\",\"conversation\":\"1\"}", "auth.role"},
        {d->tom, "{\"type\":\"status\"}", "auth.role"},
        {d->tom, "{\"type\":\"ping\"}", NULL},
        {reads, "{\"type\":\"watch\"}", NULL},
        {reads, "{\"type\":\"send\"}", "auth.scope"},
        {reads, "{\"type\":\"status\"}", "auth.scope"},
        {reads, "{\"type\":\"recall\"}", "auth.scope"},
        {chats, "{\"type\":\"send\"}", NULL},
        {admin, "{\"type\":\"watch\"}", "auth.scope"},
        {d->bo, "{\"type\":\"hello\"}", "frame.hello_again"},
        {d->bo, "{\"type\":7}", "frame.unknown_type"},
        {d->bo, "[]", "json.object"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        FrameCall f;
        Ctx c;
        Err err = understood(e, rows[i].who, true, rows[i].text, &f, &c);
        if (err ? !rows[i].code || strcmp(c.err.code, rows[i].code) : rows[i].code != NULL)
            fail_msg("row %zu: %s", i, err ? c.err.code : "let in");
    }
    FrameCall f;
    Ctx c;
    assert_int_equal(understood(e, admin, false, "{\"type\":\"hello\"}", &f, &c), ERR_DENIED);
    assert_int_equal(understood(e, d->bo, false, "{\"type\":\"send\"}", &f, &c), ERR_AUTH);
    assert_int_equal(f.close_code, 4401);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EDGE_TEST(one_address_is_counted_as_one),
        EDGE_TEST(proofs_that_cost_are_few),
        EDGE_TEST(one_log_in_does_not_take_all),
        EDGE_TEST(sockets_cannot_be_opened_in_a_loop),
        EDGE_TEST(nobody_sends_ten_megabytes_unasked),
        EDGE_TEST(measures_are_for_this_machine),
        EDGE_TEST(every_reply_bears_its_policy),
        EDGE_TEST(inner_faults_are_not_told),
        EDGE_TEST(told_while_catching_up_is_not_lost),
        EDGE_TEST(what_is_gone_is_looked_for_once),
        EDGE_TEST(a_talk_that_began_during_hello_is_followed),
        EDGE_TEST(typing_ends_with_the_socket),
        EDGE_TEST(who_waits_learns_the_place),
        EDGE_TEST(a_full_queue_still_takes_our_own),
        EDGE_TEST(frames_want_the_right_to_send_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
