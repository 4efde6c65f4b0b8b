/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks: where they may go, what they tell to whom, when they are sent again. */
#include "service/hook_internal.h"
#include "service/privacy.h"
#include "service/test_desk.h"

#include "sql/hook.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <time.h>

#define SECRET_TEXT "我的手机号是一三八"

/* ---- where they may go ---- */
static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return hook_addr_public((struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return hook_addr_public((struct sockaddr *)&v6);
}

static void private_addresses_are_known(void **state)
{
    static const char *const no[] = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.2.7",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "2001:0:4136:e378::1",
        "::127.0.0.1",
        "4000::1",
        "203.0.113.9",
    };
    static const char *const yes[] = {
        "1.1.1.1",        "100.63.255.255",   "100.128.0.1",     "172.15.0.1",   "172.32.0.1",
        "9.255.0.1",      "192.169.0.1",      "223.255.255.255", "2400:cb00::1", "2606:4700::1111",
        "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::",
    };
    (void)state;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (is_public(no[i]))
            fail_msg("%s is not public", no[i]);
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!is_public(yes[i]))
            fail_msg("%s is public", yes[i]);
}

static Err url(Desk *d, const char *text, bool private_too)
{
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    return hook_url_check(&d->c, str_of(text), private_too);
}

static void addresses_are_checked(void **state)
{
    Desk *d = *state;
    static const char *const bad[] = {
        "",
        "example.com/x",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://",
        "gopher://x",
        "https://u:p@example.com/",
        "https://exa mple.com/",
        "https://例子.com/",

    };
    static const char *const inside[] = {
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "https://[::1]:8443/x",
        "http://10.0.0.1:80",
        "http://[::ffff:10.0.0.1]/",
        "http://0/",
        "http://169.254.169.254/latest/meta-data",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        REFUSED(url(d, bad[i], true), ERR_INVALID, "webhook.url");
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        REFUSED(url(d, inside[i], false), ERR_INVALID, "webhook.address");
        OK(url(d, inside[i], true));
    }
    OK(url(d, "https://hooks.example.com:8443/a?b=c", false));
    OK(url(d, "http://8.8.8.8/", false));
    char *much = arena_alloc(d->arena, SERVICE_HOOK_URL + 50);
    memset(much, 'a', SERVICE_HOOK_URL + 20);
    memcpy(much, "https://e.com/", 14);
    REFUSED(url(d, much, true), ERR_INVALID, "webhook.url");
}

static void tries_grow_rare_and_end(void **state)
{
    (void)state;
    int64_t last = 0, sum = 0;
    for (int64_t n = 1; n < SERVICE_HOOK_TRIES; n++) {
        int64_t wait = service_hook_wait_ms(n);
        assert_true(wait > last);
        sum += last = wait;
    }
    assert_int_equal(service_hook_wait_ms(1), 10000);
    assert_int_equal(last, 24 * 3600 * 1000);
    assert_int_equal(service_hook_wait_ms(SERVICE_HOOK_TRIES), 0);
    assert_true(sum < INT64_C(3) * 86400000);
}

static void signature_is_the_documented_one(void **state)
{
    Arena *a = arena_create(1 << 16);
    (void)state;
    Str s = service_hook_signature(a, STR("whs_test"), DESK_NOW + 999, STR("{\"id\":\"1\"}"));
    assert_str(s,
               "t=1790042400,v1=2bc55382b45f4f151039a2867195f4c15aaa0050e06ebdf7ea5b89094670c08d");
    arena_destroy(a);
}

/* ---- what they tell ---- */
typedef struct {
    Desk *d;
    ServiceHook h;
    Str secret;
} Make;
static Err make(Ctx *c, void *arg)
{
    Make *m = arg;
    return service_hook_create(m->d->service, c, &m->h, &m->secret);
}
static int64_t hook(Desk *d, Actor owner, const char *events, bool texts)
{
    Make m = {.d = d,
              .h = {.url = STR("https://hooks.example.com/"),
                    .events = str_of(events),
                    .texts = texts,
                    .active = true}};
    OK(desk_write(d, owner, make, &m));
    assert_true(str_starts(m.secret, STR("whs_")) && m.secret.n > 40);
    assert_true(str_find(m.h.secret, m.secret) < 0); /* sealed */
    return m.h.id;
}

static Err follow(Ctx *c, void *arg)
{
    return service_hook_follow(c, arg);
}
static void happen(Desk *d, StoreEvent ev)
{
    if (!ev.shop_id)
        ev.shop_id = d->a;
    if (!ev.at_ms)
        ev.at_ms = d->now;
    OK(desk_write(d, desk_system(d, 0), follow,
                  &(StoreFollowerBatch){.events = &ev, .n = 1, .user = d->service}));
}

typedef struct {
    int64_t id;
    Str event, body;
    int64_t attempts;
} Due;
static const StoreField DUE_FIELDS[] = {STORE_FIELD(Due, id), STORE_FIELD(Due, event),
                                        STORE_FIELD(Due, body), STORE_FIELD(Due, attempts)};
static const StoreMap DUE_MAP = STORE_MAP(Due, DUE_FIELDS);
typedef struct {
    int64_t hook_id;
    Due *rows;
    size_t n;
} Look;
static Err look(Ctx *c, void *arg)
{
    Look *l = arg;
    return store_all(c, &HOOK_DUE, BINDS(i64(l->hook_id), i64(INT64_MAX), i64(100)), &DUE_MAP,
                     &l->rows, &l->n);
}
static Look due(Desk *d, int64_t hook_id)
{
    Look l = {.hook_id = hook_id};
    OK(desk_read(d, d->ann, look, &l));
    return l;
}
static bool says(Str body, const char *words)
{
    return str_find(body, str_of(words)) >= 0;
}

static void words_only_where_they_are_asked_for(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    int64_t plain = hook(d, d->ann, "[\"message.created\"]", false);
    int64_t all = hook(d, d->ann, "[\"*\"]", true);
    int64_t closed = hook(d, d->ann, "[\"conversation.closed\"]", true);
    DeskConversation conv = desk_said(d, v, SECRET_TEXT);
    StoreEvent ev = {.kind = STR("message.added.1"), .conversation_id = conv.id, .seq = 1};
    happen(d, ev);
    Look a = due(d, plain), b = due(d, all);
    assert_int_equal(a.n, 1);
    assert_int_equal(b.n, 1);
    assert_int_equal(due(d, closed).n, 0);
    assert_str(a.rows[0].event, "message.created");
    assert_false(says(a.rows[0].body, SECRET_TEXT) || says(a.rows[0].body, "\"text\":"));
    assert_true(says(b.rows[0].body, SECRET_TEXT));
    const Json *json;
    ErrSlot e = {0};
    int64_t id;
    assert_int_equal(json_parse(d->arena, &e, a.rows[0].body, &json), ERR_OK);
    assert_true(json_id(json, "id", &id) && id == a.rows[0].id);
    assert_true(json_id(json_get(json, "message"), "conversation", &id) && id == conv.id);
    assert_int_equal(json_i64(json_get(json, "message"), "seq", 0), 1);
    assert_true(json_id(json_get(json_get(json, "conversation"), "customer"), "id", &id) &&
                id == v.customer_id);

    OK(desk_close_it(d, d->sue, conv.id)); /* a system line tells nothing by itself */
    ev.seq = 2;
    happen(d, ev);
    assert_int_equal(due(d, plain).n, 1);
    happen(d, (StoreEvent){.kind = STR("conversation.closed.1"), .conversation_id = conv.id});
    assert_int_equal(due(d, closed).n, 1);
    happen(d, (StoreEvent){.kind = STR("agent.status.1"), .subject_id = 1});
    happen(d, (StoreEvent){.kind = STR("customer.changed.1"), .subject_id = v.customer_id});
    assert_int_equal(due(d, all).n, 3);
    happen(d, (StoreEvent){.kind = STR("message.added.1"), .conversation_id = 77, .seq = 1});
    assert_int_equal(due(d, all).n, 3); /* there is no such one */
}

typedef struct {
    Desk *d;
    int64_t id;
    bool active;
} Change;
static Err change(Ctx *c, void *arg)
{
    Change *m = arg;
    ServiceHook h;
    Str secret;
    Err err = service_hook_get(c, m->id, &h);
    h.active = m->active;
    return err ? err : service_hook_change(m->d->service, c, &h, false, &secret);
}
static Err drop(Ctx *c, void *arg)
{
    return service_hook_remove(c, *(int64_t *)arg);
}

static void nothing_from_other_shops_times_or_when_paused(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    Actor ben = d->ann; /* an owner of the other shop */
    ben.shop_id = d->b;
    int64_t ours = hook(d, d->ann, "[\"*\"]", false), theirs = hook(d, ben, "[\"*\"]", true);
    StoreEvent ev = {.kind = STR("message.added.1"), .conversation_id = conv.id, .seq = 1};
    happen(d, ev);
    assert_int_equal(due(d, ours).n, 1);
    assert_int_equal(due(d, theirs).n, 0);
    ev.at_ms = d->now - 1; /* before there was a hook */
    happen(d, ev);
    assert_int_equal(due(d, ours).n, 1);
    ev.at_ms = 0;
    OK(desk_write(d, d->ann, change, &(Change){d, ours, false}));
    happen(d, ev);
    assert_int_equal(due(d, ours).n, 1);
    REFUSED(desk_write(d, d->ann, change, &(Change){d, theirs, true}), ERR_NOT_FOUND,
            "webhook.unknown");
    REFUSED(desk_write(d, d->ann, drop, &theirs), ERR_NOT_FOUND, "webhook.unknown");
    OK(desk_write(d, d->ann, drop, &ours));
    REFUSED(desk_write(d, d->ann, drop, &ours), ERR_NOT_FOUND, "webhook.unknown");
    bool more;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    OK(service_hook_sweep(d->service, &d->c, &more));
    assert_false(more);
    assert_int_equal(due(d, ours).n, 0); /* its log too */
}

static Err pile(Ctx *c, void *arg)
{
    Err err = ERR_OK;
    for (int i = 0; i < SERVICE_HOOK_WAITING && !err; i++)
        err = store_exec(c, &HOOK_DELIVER,
                         BINDS(i64(ctx_id(c)), i64(*(int64_t *)arg), i64(c->actor.shop_id),
                               text(STR("message.created")), i64(5), i64(6), text(STR("{}")),
                               i64(c->now_ms)),
                         NULL);
    return err;
}
typedef struct {
    ServiceHook *list;
    size_t n;
} List;
static Err list(Ctx *c, void *arg)
{
    List *l = arg;
    return service_hook_list(c, &l->list, &l->n);
}

static void a_dead_receiver_does_not_fill_the_disk(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    int64_t id = hook(d, d->ann, "[\"*\"]", false);
    StoreEvent ev = {.kind = STR("message.added.1"), .conversation_id = conv.id, .seq = 1};
    OK(desk_write(d, d->ann, pile, &id));
    happen(d, ev);
    happen(d, ev);
    List l;
    OK(desk_read(d, d->ann, list, &l));
    assert_int_equal(l.list[0].dropped, 2);
}

/* ---- sending ---- */
static Err claim(Ctx *c, void *arg)
{
    int64_t rows, *id = arg;
    Err err = store_exec(c, &HOOK_CLAIM, BINDS(i64(*id), i64(0), i64(c->now_ms + 60000)), &rows);
    *id = rows;
    return err;
}

static void one_sender_gets_it(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    int64_t id = hook(d, d->ann, "[\"*\"]", false);
    happen(d, (StoreEvent){.kind = STR("message.added.1"), .conversation_id = conv.id, .seq = 1});
    int64_t first = due(d, id).rows[0].id, second = first;
    OK(desk_write(d, desk_system(d, 0), claim, &first));
    OK(desk_write(d, desk_system(d, 0), claim, &second));
    assert_int_equal(first, 1);
    assert_int_equal(second, 0);
}

typedef struct {
    int64_t hook_id, delivery_id;
    ServiceDelivery *list, one;
    size_t n;
} HookLog;
static Err read_log(Ctx *c, void *arg)
{
    HookLog *l = arg;
    return service_hook_deliveries(c, l->hook_id, INT64_MAX, 100, &l->list, &l->n);
}
static Err retry(Ctx *c, void *arg)
{
    HookLog *l = arg;
    return service_hook_retry(c, l->delivery_id, &l->one);
}
static HookLog log_of(Desk *d, int64_t hook_id)
{
    HookLog l = {.hook_id = hook_id};
    OK(desk_read(d, d->ann, read_log, &l));
    return l;
}

static Err set_url(Ctx *c, void *arg)
{
    Make *m = arg;
    return store_exec(c, &HOOK_CHANGE,
                      BINDS(i64(m->h.id), i64(c->actor.shop_id), text(m->h.url),
                            text(STR("[\"*\"]")), text(m->h.secret), i64(0), i64(1),
                            i64(c->now_ms)),
                      NULL);
}

/* By name, and written out by somebody who went round the check. */
static void private_networks_are_refused_when_connecting(void **state)
{
    Desk *d = *state;
    ErrSlot e = {0};
    static const char *const urls[] = {"http://localhost:9/", "http://127.0.0.1:9/"};
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    int64_t ids[2];
    for (size_t i = 0; i < 2; i++) {
        Make m = {
            .d = d,
            .h = {.url = STR("https://e.example/"), .events = STR("[\"*\"]"), .active = true}};
        OK(desk_write(d, d->ann, make, &m));
        m.h.url = str_of(urls[i]);
        OK(desk_write(d, d->ann, set_url, &m));
        ids[i] = m.h.id;
    }
    happen(d, (StoreEvent){.kind = STR("message.added.1"), .conversation_id = conv.id, .seq = 1});
    assert_int_equal(service_hook_send_start(d->service, &e), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        HookLog l = log_of(d, ids[i]);
        for (int k = 0; k < 100 && !l.list[0].finished_at; k++) {
            nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
            l = log_of(d, ids[i]);
        }
        assert_int_equal(l.n, 1);
        assert_str(l.list[0].status, "pending"); /* names may lead elsewhere later */
        assert_int_equal(l.list[0].attempts, 1);
        assert_true(says(l.list[0].error, "private network"));
        assert_int_equal(l.list[0].code, 0);
    }
    service_hook_send_stop(d->service);
}

/* ---- erasing ---- */
static Err prepare_and_erase(Desk *d, int64_t customer_id)
{
    ServiceErased done;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = d->ann;
    return service_erase_prepare(d->service, &d->c, d->dir, customer_id, &done);
}
static Err erase(Ctx *c, void *arg)
{
    ServiceErased done = {0};
    return service_erase(c, *(int64_t *)arg, &done);
}

static void what_is_erased_is_not_sent(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, SECRET_TEXT), other = desk_said(d, w, SECRET_TEXT);
    int64_t id = hook(d, d->ann, "[\"*\"]", true);
    StoreEvent ev = {.kind = STR("message.added.1"), .conversation_id = conv.id, .seq = 1};
    happen(d, ev);
    ev.conversation_id = other.id;
    happen(d, ev);
    happen(d, (StoreEvent){.kind = STR("customer.changed.1"), .subject_id = v.customer_id});
    OK(prepare_and_erase(d, v.customer_id));
    OK(desk_write(d, d->ann, erase, &v.customer_id));
    Look l = due(d, id);
    assert_int_equal(l.n, 1); /* the other customer's */
    assert_true(says(l.rows[0].body, SECRET_TEXT));
    HookLog log = log_of(d, id);
    assert_int_equal(log.n, 3);
    size_t erased = 0;
    for (size_t i = 0; i < log.n; i++)
        if (log.list[i].erased) {
            erased++;
            assert_str(log.list[i].status, "failed");
            log.delivery_id = log.list[i].id;
        }
    assert_int_equal(erased, 2);
    REFUSED(desk_write(d, d->ann, retry, &log), ERR_CONFLICT, "delivery.erased");
    log.delivery_id = 1;
    REFUSED(desk_write(d, d->ann, retry, &log), ERR_NOT_FOUND, "delivery.unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(private_addresses_are_known),
        cmocka_unit_test(tries_grow_rare_and_end),
        cmocka_unit_test(signature_is_the_documented_one),
        DESK_TEST(addresses_are_checked),
        DESK_TEST(words_only_where_they_are_asked_for),
        DESK_TEST(nothing_from_other_shops_times_or_when_paused),
        DESK_TEST(a_dead_receiver_does_not_fill_the_disk),
        DESK_TEST(one_sender_gets_it),
        DESK_TEST(private_networks_are_refused_when_connecting),
        DESK_TEST(what_is_erased_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
