/* SPDX-License-Identifier: Apache-2.0 */
#include "service/test_desk.h"

#include "accounts/setting.h"
#include "accounts/shop.h"
#include "accounts/user.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ARENA_BYTES = 512 << 20, ROWS = 200 };

/* With texts that are gone afterwards, as those of a request are. */
static void moved(Desk *d, const DeskPush *p)
{
    DeskPush gone = *p;
    Arena *a = arena_create(1u << 20);
    gone.msg.body = str_dup(a, p->msg.body);
    gone.conv.stage = str_dup(a, p->conv.stage);
    gone.conv.status = str_dup(a, p->conv.status);
    gone.conv.scripts_used = str_dup(a, p->conv.scripts_used);
    service_recent_moved(d->service, a, &gone);
    memset((char *)(uintptr_t)gone.msg.body.p, '?', gone.msg.body.n);
    arena_destroy(a);
}

/* What the edge does after a commit with what is kept of talks. */
static void told(Desk *d, const ServiceSend *m)
{
    if (m)
        service_recent_said(d->service, m);
    for (const CtxWake *w = d->c.wakes; w; w = w->next) {
        const DeskPush *p = w->data;
        if ((w->kind == DESK_WAKE_MESSAGE || w->kind == DESK_WAKE_ROW) && p)
            moved(d, p);
        if (w->kind == DESK_WAKE_RECALLED && p)
            service_recent_forget(d->service, p->customer_id);
        if (w->kind == DESK_WAKE_CUSTOMER)
            service_recent_forget(d->service, w->id);
        if (w->kind == DESK_WAKE_SETTINGS)
            service_recent_forget(d->service, 0);
    }
}

Err desk_write(Desk *d, Actor who, StoreRun run, void *arg)
{
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = who;
    Err err = store_write(d->store, &d->c, STORE_CHAT, run, arg);
    if (!err)
        told(d, NULL);
    return err;
}

Err desk_read(Desk *d, Actor who, StoreRun run, void *arg)
{
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = who;
    return store_read(d->store, &d->c, run, arg);
}

void desk_ok(Desk *d, Err err, const char *file, int line)
{
    if (err)
        fail_msg("%s:%d: %s: %s", file, line, d->c.err.code, d->c.err.text);
}

Actor desk_system(const Desk *d, int64_t shop_id)
{
    (void)d;
    return (Actor){.role = ROLE_SYSTEM, .shop_id = shop_id};
}

/* ---- the world ---- */
typedef struct {
    Desk *d;
    int64_t *shop;
    const char *name;
} MakeShop;
static Err make_shop(Ctx *c, void *arg)
{
    MakeShop *m = arg;
    return accounts_shop_create(c, str_of(m->name), STR("Asia/Shanghai"), m->shop);
}

typedef struct {
    const char *login;
    Role role;
    Actor *ret;
} MakeUser;
static Err make_user(Ctx *c, void *arg)
{
    MakeUser *m = arg;
    int64_t id;
    Err err = accounts_user_create(c,
                                   &(AccountsNewUser){.login = str_of(m->login),
                                                      .name = str_of(m->login),
                                                      .nickname = str_of(m->login),
                                                      .role = m->role},
                                   &id);
    *m->ret = (Actor){.role = m->role,
                      .shop_id = c->actor.shop_id,
                      .user_id = id,
                      .name = str_of(m->login),
                      .scopes = ~0u};
    return err;
}

static Err make_channel(Ctx *c, void *arg)
{
    DeskChannel *ch = arg;
    Str key = ch->key;
    *ch = (DeskChannel){
        .key = key, .kind = STR("web"), .name = key, .config = STR("{\"address_form\":\"您\"}")};
    return desk_channel_put(c, ch);
}

static void populate(Desk *d)
{
    MakeShop shops[] = {{d, &d->a, "Shop A"}, {d, &d->b, "Shop B"}};
    for (size_t i = 0; i < 2; i++)
        OK(desk_write(d, desk_system(d, 0), make_shop, &shops[i]));
    MakeUser users[] = {{"ann", ROLE_OWNER, &d->ann},
                        {"sue", ROLE_SUPERVISOR, &d->sue},
                        {"bo", ROLE_AGENT, &d->bo},
                        {"ben", ROLE_AGENT, &d->ben},
                        {"tom", ROLE_TRAINER, &d->tom}};
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        OK(desk_write(d, desk_system(d, d->a), make_user, &users[i]));
    OK(desk_write(d, desk_system(d, d->b), make_user, &(MakeUser){"yan", ROLE_AGENT, &d->yan}));
    struct {
        DeskChannel *ch;
        Str key;
        int64_t shop;
    } channels[] = {{&d->web, STR("web"), d->a},
                    {&d->app, STR("app"), d->a},
                    {&d->mini, STR("mini"), d->a},
                    {&d->fourth, STR("fourth"), d->a},
                    {&d->other, STR("other"), d->b}};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        channels[i].ch->key = channels[i].key;
        OK(desk_write(d, desk_system(d, channels[i].shop), make_channel, channels[i].ch));
    }
}

static void empty_pg(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    PGresult *r = PQexec(conn, "SET client_min_messages = error; DROP SCHEMA public CASCADE; "
                               "CREATE SCHEMA public");
    bool done = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    PQfinish(conn);
    assert_true(done);
}

int desk_setup_empty(void **state)
{
    ErrSlot e = {0};
    Arena *arena = arena_create(ARENA_BYTES);
    Desk *d = ARENA_NEW(arena, Desk);
    *d = (Desk){.dir = "/tmp/zhixin-service-XXXXXX",
                .log = {.level = LOG_ERROR},
                .arena = arena,
                .now = DESK_NOW};
    assert_non_null(mkdtemp(d->dir));
    const char *url = getenv("ZHIXIN_TEST_PG");
    if (url)
        empty_pg(url);
    StoreConfig config = {.data_dir = d->dir,
                          .database_url = url,
                          .lane_queue = 256,
                          .pg_connections = 4,
                          .node = 1,
                          .log = &d->log};
    if (accounts_open(d->dir, &e, &d->accounts) || store_open(&config, &e, &d->store))
        fail_msg("%s: %s", e.code, e.text);
    ServiceConfig service = {.store = d->store, .accounts = d->accounts, .log = &d->log};
    if (service_open(&service, &e, &d->service))
        fail_msg("%s: %s", e.code, e.text);
    *state = d;
    return 0;
}

int desk_setup(void **state)
{
    int rc = desk_setup_empty(state);
    populate(*state);
    return rc;
}

static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) {
        unlink(path);
        return;
    }
    char inner[512];
    for (struct dirent *f; (f = readdir(dir)) != NULL;) {
        if (strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, f->d_name);
        remove_folder(inner);
    }
    closedir(dir);
    rmdir(path);
}

int desk_teardown(void **state)
{
    Desk *d = *state;
    Service *service = d->service;
    Accounts *accounts = d->accounts;
    char dir[sizeof d->dir];
    memcpy(dir, d->dir, sizeof dir);
    service_stop(service); /* nobody reads while the store closes */
    store_close(d->store);
    arena_destroy(d->arena); /* drops the references to shops */
    service_close(service);
    accounts_close(accounts);
    remove_folder(dir);
    return 0;
}

/* ---- visitors ---- */
typedef struct {
    Desk *d;
    ServiceSession *ss;
    Actor actor;
} SessionArg;
static Err session_run(Ctx *c, void *arg)
{
    SessionArg *a = arg;
    Err err = service_visitor_session(a->d->service, c, a->ss);
    a->actor = c->actor;
    return err;
}
Err desk_session(Desk *d, ServiceSession *ss)
{
    SessionArg a = {.d = d, .ss = ss};
    return desk_write(d, (Actor){0}, session_run, &a);
}

Actor desk_visitor(Desk *d, const DeskChannel *ch)
{
    ServiceSession ss = {.channel_key = ch->key};
    SessionArg a = {.d = d, .ss = &ss};
    OK(desk_write(d, (Actor){0}, session_run, &a));
    return a.actor;
}

typedef struct {
    Desk *d;
    ServiceSend *m;
} SendArg;
static Err visitor_run(Ctx *c, void *arg)
{
    SendArg *a = arg;
    return service_visitor_send(a->d->service, c, a->m);
}
static Err staff_run(Ctx *c, void *arg)
{
    SendArg *a = arg;
    return service_staff_send(a->d->service, c, a->m);
}

Err desk_send(Desk *d, Actor who, ServiceSend *m)
{
    bool visitor = who.role == ROLE_VISITOR;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = who;
    Err err = visitor ? service_visitor_send_prepare(d->service, &d->c, m)
                      : service_staff_send_prepare(d->service, &d->c, m);
    if (err)
        return err;
    SendArg a = {d, m};
    err = store_write(d->store, &d->c, STORE_CHAT, visitor ? visitor_run : staff_run, &a);
    if (!err)
        told(d, visitor ? m : NULL);
    return err;
}

Err desk_say(Desk *d, Actor visitor, const char *client_id, const char *text, ServiceSend *ret)
{
    *ret = (ServiceSend){.client_id = str_of(client_id), .text = str_of(text)};
    return desk_send(d, visitor, ret);
}

DeskConversation desk_said(Desk *d, Actor visitor, const char *text)
{
    ServiceSend m;
    Str id = str_fmt(d->arena, "v%lld", (long long)++d->n);
    OK(desk_say(d, visitor, str_c(d->arena, id), text, &m));
    assert_false(m.again);
    return m.conversation;
}

void desk_answer(Desk *d, Actor staff, int64_t conversation_id, const char *text)
{
    ServiceSend m = {.conversation_id = conversation_id,
                     .client_id = str_fmt(d->arena, "s%lld", (long long)++d->n),
                     .text = str_of(text)};
    OK(desk_send(d, staff, &m));
}

/* ---- looking ---- */
typedef struct {
    int64_t id;
    DeskConversation conv;
    DeskMessage *messages;
    DeskRound *rounds;
    DeskAgent agent;
    size_t n;
    bool found;
} Look;
static Err look_conv(Ctx *c, void *arg)
{
    Look *l = arg;
    int64_t shop;
    Err err = desk_conversation_shop(c, l->id, &shop);
    c->actor.shop_id = shop;
    return err ? err : desk_conversation_get(c, l->id, &l->conv);
}
DeskConversation desk_row(Desk *d, int64_t conversation_id)
{
    Look l = {.id = conversation_id};
    OK(desk_read(d, desk_system(d, d->a), look_conv, &l));
    return l.conv;
}

static Err look_messages(Ctx *c, void *arg)
{
    Look *l = arg;
    return desk_message_list(c, l->id, 0, 0, ROWS, &l->messages, &l->n);
}
DeskMessage *desk_messages(Desk *d, int64_t conversation_id, size_t *ret_n)
{
    Look l = {.id = conversation_id};
    OK(desk_read(d, desk_system(d, d->a), look_messages, &l));
    *ret_n = l.n;
    return l.messages;
}

size_t desk_lines(Desk *d, int64_t conversation_id, const char *code)
{
    size_t n, found = 0;
    DeskMessage *m = desk_messages(d, conversation_id, &n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(m[i].seq, i + 1);
        found += str_is(m[i].role, "system") && str_is(m[i].body, code);
    }
    assert_int_equal(desk_row(d, conversation_id).last_seq, n);
    return found;
}

static Err look_rounds(Ctx *c, void *arg)
{
    Look *l = arg;
    return desk_clock_rounds(c, l->id, &l->rounds, &l->n);
}
DeskRound desk_round(Desk *d, int64_t conversation_id, size_t i)
{
    Look l = {.id = conversation_id};
    OK(desk_read(d, desk_system(d, d->a), look_rounds, &l));
    assert_true(i < l.n);
    return l.rounds[i];
}
size_t desk_rounds(Desk *d, int64_t conversation_id)
{
    Look l = {.id = conversation_id};
    OK(desk_read(d, desk_system(d, d->a), look_rounds, &l));
    return l.n;
}

static Err look_agent(Ctx *c, void *arg)
{
    Look *l = arg;
    return desk_agent_get(c, l->id, &l->agent, &l->found);
}
DeskAgent desk_agent_row(Desk *d, int64_t user_id)
{
    Look l = {.id = user_id};
    OK(desk_read(d, desk_system(d, d->a), look_agent, &l));
    assert_true(l.found);
    return l.agent;
}

/* ---- doing ---- */
typedef struct {
    Desk *d;
    const char *status, *name;
    bool flag;
    int64_t id, capacity, max_channels;
    Str skills;
} Do;
static Err do_status(Ctx *c, void *arg)
{
    Do *a = arg;
    return desk_agent_status(c, c->actor.user_id, str_of(a->status), STR(""));
}
void desk_status(Desk *d, Actor staff, const char *status)
{
    OK(desk_write(d, staff, do_status, &(Do){.status = status}));
}

static Err do_socket(Ctx *c, void *arg)
{
    return desk_agent_socket(c, c->actor.user_id, ((Do *)arg)->flag);
}
void desk_socket(Desk *d, Actor staff, bool open)
{
    OK(desk_write(d, staff, do_socket, &(Do){.flag = open}));
}

static Err do_people(Ctx *c, void *arg)
{
    Do *a = arg;
    AccountsUserChange ch;
    int64_t *sessions;
    size_t n;
    accounts_user_change_none(&ch);
    ch.capacity = a->capacity;
    ch.max_channels = a->max_channels;
    ch.skills = a->skills;
    return accounts_user_update(c, a->id, &ch, &sessions, &n);
}
void desk_people_set(Desk *d, Actor staff, int64_t capacity, int64_t max_channels,
                     const char *skills_json)
{
    OK(desk_write(d, d->ann, do_people,
                  &(Do){.id = staff.user_id,
                        .capacity = capacity,
                        .max_channels = max_channels,
                        .skills = skills_json ? str_of(skills_json) : STR_NONE}));
}

static Err do_close(Ctx *c, void *arg)
{
    Do *a = arg;
    DeskConversation row;
    return service_staff_close(a->d->service, c, a->id, STR("resolved"), STR_NONE, &row);
}
Err desk_close_it(Desk *d, Actor staff, int64_t conversation_id)
{
    return desk_write(d, staff, do_close, &(Do){.d = d, .id = conversation_id});
}

static Err do_take(Ctx *c, void *arg)
{
    Do *a = arg;
    DeskConversation row;
    return service_staff_take(a->d->service, c, a->id, a->flag, &row);
}
Err desk_take(Desk *d, Actor staff, int64_t conversation_id, bool takeover)
{
    return desk_write(d, staff, do_take, &(Do){.d = d, .id = conversation_id, .flag = takeover});
}

Err desk_fire(Desk *d, StoreRun handler, int64_t subject_id, int64_t data)
{
    StoreTimerFire f = {.timer = {.subject_id = subject_id, .due_at_ms = d->now, .data = data},
                        .user = d->service};
    return desk_write(d, desk_system(d, 0), handler, &f);
}

static Err do_setting(Ctx *c, void *arg)
{
    Do *a = arg;
    int64_t version;
    return accounts_setting_put(c, str_of(a->name), a->skills, -1, &version);
}
void desk_setting(Desk *d, const char *name, const char *json)
{
    OK(desk_write(d, d->ann, do_setting, &(Do){.name = name, .skills = str_of(json)}));
    service_shop_forget(d->service, d->a);
}

size_t desk_woken(const Desk *d, int kind)
{
    size_t n = 0;
    for (const CtxWake *w = d->c.wakes; w; w = w->next)
        n += w->kind == kind;
    return n;
}

const CtxWake *desk_wake_of(const Desk *d, int kind)
{
    for (const CtxWake *w = d->c.wakes; w; w = w->next)
        if (w->kind == kind)
            return w;
    return NULL;
}
