/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of both sides: labels, idempotence, guard rails, who may write where, files, races. */
#include "service/internal.h"
#include "service/test_desk.h"

#include "desk/file.h"

static const Json *json_of(Desk *d, Str text)
{
    const Json *j;
    ErrSlot e = {0};
    if (json_parse(d->arena, &e, text, &j))
        fail_msg("%s: %.*s", e.text, STR_ARG(text));
    return j;
}

static void understood(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    ServiceSend m;
    OK(desk_say(d, v, "c1", "你好", &m));
    assert_str(m.conversation.subject, "");
    OK(desk_say(d, v, "c2", "气死我了，快递三天没动，什么时候能到？", &m));
    const Json *u = json_of(d, m.message.understanding);
    assert_str(json_str(u, "emotion"), "angry");
    assert_int_equal(json_i64(u, "saw_seq", -1), 1);
    assert_str(json_str(u, "model"), nlu_model_version(service_nlu(d->service)));
    assert_true(json_count(json_get(u, "intents")) > 0);
    assert_true(json_count(json_get(u, "evidence")) > 0);
    /* and the agent is told what could be said */
    const CtxWake *w = desk_wake_of(d, SERVICE_WAKE_SUGGEST);
    assert_non_null(w);
    assert_int_equal(w->seq, 2);
    const ServiceSuggested *s = w->data;
    assert_int_equal(s->assignee_id, d->bo.user_id);
    assert_true(s->n > 0);
    assert_int_equal(desk_woken(d, DESK_WAKE_MESSAGE), 1);
    DeskConversation row = desk_row(d, m.conversation.id);
    assert_str(row.emotion, "angry");
    assert_true(row.subject.n > 0);
    assert_int_equal(row.unread, 2);
    assert_str(row.status, "open");
}

/* What is wrong is said before anything is stored. */
static void refused_drafts(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    char *long_text = arena_alloc(d->arena, 3 * 4001 + 1);
    for (size_t i = 0; i < 4001; i++)
        for (size_t k = 0; k < 3; k++)
            long_text[3 * i + k] = "好"[k];
    static const char id65[] = "12345678901234567890123456789012345678901234567890123456789012345";
    struct {
        ServiceSend m;
        const char *code;
    } cases[] = {
        {{.client_id = STR("a"), .text = STR("")}, "message.empty"},
        {{.client_id = STR("a"), .text = STR(" \n\t　​")}, "message.empty"},
        {{.client_id = STR("a"), .text = {long_text, 3 * 2001}}, "message.too_long"},
        {{.client_id = STR(""), .text = STR("x")}, "message.client_id"},
        {{.client_id = STR(id65), .text = STR("x")}, "message.client_id"},
        {{.client_id = STR("a"), .kind = STR("note"), .text = STR("x")}, "message.kind"},
        {{.client_id = STR("a"), .kind = STR("video"), .text = STR("x")}, "message.kind"},
        {{.client_id = STR("a"), .kind = STR("image")}, "file.unknown"},
        {{.client_id = STR("a"), .kind = STR("card"), .card_json = STR("{\"url\":\"https://x\"}")},
         "message.card"},
        {{.client_id = STR("a"),
          .kind = STR("card"),
          .card_json = STR("{\"title\":\"t\",\"url\":\"javascript:alert(1)\"}")},
         "message.card"},
        {{.client_id = STR("a"), .kind = STR("card"), .card_json = STR("{")}, "json.invalid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        REFUSED(desk_send(d, v, &cases[i].m), ERR_INVALID, cases[i].code);
    ServiceSend m = {.client_id = STR("a"), .text = {long_text, 3 * 2000}};
    OK(desk_send(d, v, &m));
    /* staff may write more */
    OK(desk_take(d, d->bo, m.conversation.id, false));
    ServiceSend r = {
        .conversation_id = m.conversation.id, .client_id = STR("s"), .text = {long_text, 3 * 4000}};
    OK(desk_send(d, d->bo, &r));
    r = (ServiceSend){
        .conversation_id = m.conversation.id, .client_id = STR("t"), .text = {long_text, 3 * 4001}};
    REFUSED(desk_send(d, d->bo, &r), ERR_INVALID, "message.too_long");
}

static void stored_once(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    ServiceSend m, again;
    OK(desk_say(d, v, "c1", "你好", &m));
    OK(desk_say(d, v, "c1", "你好", &again));
    assert_true(again.again);
    assert_int_equal(again.message.seq, m.message.seq);
    assert_int_equal(desk_row(d, m.conversation.id).last_seq, 1);
    assert_int_equal(desk_row(d, m.conversation.id).unread, 1);
    /* the answer was lost, the talk ended: the repeated send neither stores nor reopens */
    OK(desk_close_it(d, d->bo, m.conversation.id));
    OK(desk_say(d, v, "c1", "你好", &again));
    assert_true(again.again);
    assert_str(desk_row(d, m.conversation.id).status, "closed");
    /* nor does it begin another talk when the old one is past reopening */
    d->now += DESK_REOPEN_MS + 1;
    OK(desk_say(d, v, "c1", "你好", &again));
    assert_true(again.again);
    assert_int_equal(again.conversation.id, m.conversation.id);
    ServiceSend fresh;
    OK(desk_say(d, v, "c2", "又有事", &fresh));
    assert_int_not_equal(fresh.conversation.id, m.conversation.id);
    OK(desk_say(d, v, "c2", "又有事", &again));
    assert_true(again.again);
    assert_int_equal(again.message.seq, 1);
    /* staff: repeated after somebody else has closed it */
    ServiceSend r = {.conversation_id = fresh.conversation.id,
                     .client_id = STR("s1"),
                     .text = STR("您好，我在")};
    OK(desk_send(d, d->bo, &r));
    OK(desk_close_it(d, d->sue, fresh.conversation.id));
    ServiceSend r2 = {.conversation_id = fresh.conversation.id,
                      .client_id = STR("s1"),
                      .text = STR("您好，我在")};
    OK(desk_send(d, d->bo, &r2));
    assert_true(r2.again);
    assert_int_equal(r2.message.seq, r.message.seq);
    ServiceSend other = {.conversation_id = fresh.conversation.id,
                         .client_id = STR("s1"),
                         .text = STR("您好，我在")};
    REFUSED(desk_send(d, d->ben, &other), ERR_CONFLICT, "conversation.closed"); /* not ben's */
    r2.client_id = STR("s2");
    REFUSED(desk_send(d, d->bo, &r2), ERR_CONFLICT, "conversation.closed");
    /* another's id is not answered with their message */
    OK(desk_say(d, v, "c3", "在吗", &m));
    r2 = (ServiceSend){
        .conversation_id = m.conversation.id, .client_id = STR("c3"), .text = STR("在的")};
    REFUSED(desk_send(d, d->bo, &r2), ERR_INVALID, "message.client_id_taken");
}

static void reopened_by_writing(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    OK(desk_close_it(d, d->bo, conv.id));
    d->now += DESK_REOPEN_MS;
    DeskConversation again = desk_said(d, v, "还有一件事");
    assert_int_equal(again.id, conv.id);
    DeskConversation row = desk_row(d, conv.id);
    assert_str(row.status, "open");
    assert_int_equal(row.assignee_id, d->bo.user_id);
    assert_str(row.clock_kind, "greeting");
    assert_int_equal(desk_lines(d, conv.id, "conversation.closed"), 1);
    assert_int_equal(desk_lines(d, conv.id, "conversation.reopened"), 1);
}

static void guard_rails(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "可以改地址吗").id;
    OK(desk_take(d, d->bo, id, false));
    ServiceSend m = {.conversation_id = id, .client_id = STR("g1"), .text = STR("不行，改不了")};
    REFUSED(desk_send(d, d->bo, &m), ERR_CONFLICT, "guard.hit");
    assert_true(m.hit_n > 0);
    assert_int_equal(m.level, ASSIST_WARN);
    Str rule = m.hits[0].rule;
    assert_str(rule, "blunt_refusal");
    assert_int_equal(desk_row(d, id).last_seq, 2); /* the question, the assigned line */
    /* another rule's acknowledgement does not count; this one's does, and is kept */
    Str seen[] = {STR("other"), rule};
    m = (ServiceSend){.conversation_id = id,
                      .client_id = STR("g1"),
                      .text = STR("不行，改不了"),
                      .guard_seen = seen,
                      .guard_seen_n = 1};
    REFUSED(desk_send(d, d->bo, &m), ERR_CONFLICT, "guard.hit");
    m = (ServiceSend){.conversation_id = id,
                      .client_id = STR("g1"),
                      .text = STR("不行，改不了"),
                      .guard_seen = seen,
                      .guard_seen_n = 2};
    OK(desk_send(d, d->bo, &m));
    assert_int_equal(m.hit_n, 0);
    const Json *kept = json_get(json_of(d, m.message.extra), "guard");
    assert_int_equal(json_count(kept), 1);
    assert_str(json_value_str(json_first(kept)), "blunt_refusal");
    /* among colleagues nothing is checked */
    m = (ServiceSend){.conversation_id = id,
                      .client_id = STR("g2"),
                      .kind = STR("note"),
                      .text = STR("不行，改不了")};
    OK(desk_send(d, d->bo, &m));
    /* the shop makes it a block: seen or not */
    desk_setting(
        d, "guard",
        "{\"items\":[{\"id\":\"blunt_refusal\",\"version\":\"2\",\"level\":\"block\",\"words\":["
        "\"改不了\"],\"message\":\"换个说法\",\"rewrite\":null}]}");
    m = (ServiceSend){.conversation_id = id,
                      .client_id = STR("g3"),
                      .text = STR("改不了"),
                      .guard_seen = seen,
                      .guard_seen_n = 2};
    REFUSED(desk_send(d, d->bo, &m), ERR_CONFLICT, "guard.hit");
    assert_int_equal(m.level, ASSIST_BLOCK);
    assert_str(m.hits[0].version, "2");
    desk_setting(d, "guard", "{\"items\":[]}");
    m = (ServiceSend){.conversation_id = id, .client_id = STR("g3"), .text = STR("改不了")};
    OK(desk_send(d, d->bo, &m));
}

static void who_may_write(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    ServiceSend m;
#define SEND(who, kind_, cid)                                                                      \
    (m = (ServiceSend){.conversation_id = id,                                                      \
                       .client_id = STR(cid),                                                      \
                       .kind = STR(kind_),                                                         \
                       .text = STR("好的")},                                                       \
     desk_send(d, (who), &m))
    REFUSED(SEND(d->bo, "text", "1"), ERR_DENIED, "conversation.not_mine");
    REFUSED(SEND(d->sue, "text", "1"), ERR_DENIED, "conversation.not_mine"); /* queued: take it */
    OK(SEND(d->ben, "note", "2"));
    REFUSED(SEND(d->tom, "note", "3"), ERR_DENIED, "role.denied");
    OK(desk_take(d, d->bo, id, false));
    REFUSED(SEND(d->ben, "text", "4"), ERR_DENIED, "conversation.not_mine");
    OK(SEND(d->bo, "text", "5"));
    d->now += 1000;
    desk_said(d, v, "谢谢");
    OK(SEND(d->sue, "text", "6")); /* lends a hand; it stays bo's */
    DeskConversation row = desk_row(d, id);
    assert_int_equal(row.assignee_id, d->bo.user_id);
    assert_int_equal(row.clock_kind.n, 0);
    assert_str(row.status, "waiting");
    assert_int_equal(m.message.sender_id, d->sue.user_id);
    m = (ServiceSend){
        .conversation_id = id, .client_id = STR("7"), .text = STR("好的"), .reply_to = 99};
    REFUSED(desk_send(d, d->bo, &m), ERR_INVALID, "request.field_value");
    m.conversation_id = 12345;
    REFUSED(desk_send(d, d->bo, &m), ERR_NOT_FOUND, "conversation.unknown");
    OK(desk_close_it(d, d->bo, id));
    REFUSED(SEND(d->bo, "text", "8"), ERR_CONFLICT, "conversation.closed");
    OK(SEND(d->ben, "note", "9"));
    /* notes change neither the row's head nor who waits */
    assert_str(desk_row(d, id).last_kind, "text");
#undef SEND
}

typedef struct {
    Desk *d;
    DeskFile file;
    int64_t id, seq;
    AssistSuggestion items[ASSIST_SUGGEST_MAX];
    size_t n;
    Str name;
} Arg;

static Err file_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    a->file = (DeskFile){.id = ctx_id(c),
                         .name = STR("a.png"),
                         .type = a->name,
                         .bytes = 10,
                         .width = 1,
                         .height = 1};
    return desk_file_create(c, &a->file);
}

static void files_and_cards(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web);
    Arg a = {.d = d, .name = STR("image/png")};
    OK(desk_write(d, v, file_run, &a));
    ServiceSend m = {.client_id = STR("f1"), .kind = STR("image"), .file_id = a.file.id};
    REFUSED(desk_send(d, w, &m), ERR_NOT_FOUND, "file.unknown"); /* somebody else's */
    m = (ServiceSend){.client_id = STR("f1"), .kind = STR("image"), .file_id = a.file.id};
    OK(desk_send(d, v, &m));
    const Json *f = json_get(json_of(d, m.message.extra), "file");
    assert_str(json_str(f, "name"), "a.png");
    assert_true(json_str(f, "url").n > 0);
    OK(desk_send(d, v, &m)); /* again: the same */
    assert_true(m.again);
    a.name = STR("application/pdf");
    OK(desk_write(d, v, file_run, &a));
    m = (ServiceSend){.client_id = STR("f2"), .kind = STR("image"), .file_id = a.file.id};
    REFUSED(desk_send(d, v, &m), ERR_INVALID, "message.kind");
    m = (ServiceSend){.client_id = STR("f3"),
                      .kind = STR("card"),
                      .card_json = STR("{\"title\":\"杯子\",\"price\":\"39 元\",\"url\":"
                                       "\"https://shop.example/1\",\"more\":{\"x\":1}}")};
    OK(desk_send(d, v, &m));
    const Json *card = json_get(json_of(d, m.message.extra), "card");
    assert_str(json_str(card, "title"), "杯子");
    assert_false(json_has(card, "more"));
}

static Err suggest_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_suggest(a->d->service, c, a->id, a->items, &a->n, &a->seq);
}

static void suggestions(void **state)
{
    Desk *d = *state;
    desk_setting(
        d, "facts",
        "{\"items\":[{\"name\":\"shop.ship_time\",\"value\":\"48 "
        "小时内\"},{\"name\":\"shop.ship_cutoff\",\"value\":\"每天 16:00\"},{\"name\":\"bad\"}]}");
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    OK(desk_take(d, d->bo, id, false));
    Arg a = {.d = d, .id = id};
    OK(desk_read(d, d->bo, suggest_run, &a));
    assert_int_equal(a.seq, 1);
    assert_true(a.n > 0);
    bool named = false;
    for (size_t i = 0; i < a.n; i++)
        named |= str_find(a.items[i].text, STR("bo")) >= 0;
    assert_true(named); /* in the words of whoever asks */
    d->now += 1000;
    desk_said(d, v, "付款了，什么时候发货？");
    OK(desk_read(d, d->bo, suggest_run, &a));
    assert_int_equal(a.seq, 3);
    const AssistSuggestion *ship = NULL;
    for (size_t i = 0; i < a.n; i++)
        if (str_find(a.items[i].text, STR("48 小时内")) >= 0)
            ship = &a.items[i];
    assert_non_null(ship);
    bool sourced = false;
    for (size_t i = 0; i < ship->fact_n; i++)
        sourced |= str_is(ship->facts[i].name, "shop.ship_time") &&
                   str_is(ship->facts[i].source, "店铺政策 v1");
    assert_true(sourced);
    /* accepted: noted with the message, and not offered again */
    Str used = str_dup(d->arena, ship->script->id);
    ServiceSend m = {
        .conversation_id = id, .client_id = STR("s1"), .text = ship->text, .script_id = used};
    OK(desk_send(d, d->bo, &m));
    assert_true(str_eq(json_str(json_of(d, m.message.extra), "script"), used));
    desk_said(d, v, "那什么时候发货？");
    OK(desk_read(d, d->bo, suggest_run, &a));
    for (size_t i = 0; i < a.n; i++)
        assert_false(str_eq(a.items[i].script->id, used));
    /* an unknown script is no script */
    m = (ServiceSend){.conversation_id = id,
                      .client_id = STR("s2"),
                      .text = STR("好的"),
                      .script_id = STR("no\"such")};
    OK(desk_send(d, d->bo, &m));
    assert_int_equal(m.message.extra.n, 0);
}

static Str order_in(const AssistSuggestion *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < s[i].fact_n; k++)
            if (str_is(s[i].facts[k].name, "conversation.order_no"))
                return s[i].facts[k].value;
    return STR_NONE;
}

/* Nobody is asked twice for the number: it stays known for the rest of the talk. */
static void order_remembered(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "订单号20260312345678").id;
    OK(desk_take(d, d->bo, id, false));
    desk_said(d, v, "在吗");
    desk_said(d, v, "我的快递到哪了？");
    Arg a = {.d = d, .id = id};
    OK(desk_read(d, d->bo, suggest_run, &a));
    assert_str(order_in(a.items, a.n), "20260312345678");
    /* of another number the newest counts, and a talk of its own knows none */
    desk_said(d, v, "不对，订单号是20260399999999");
    desk_said(d, v, "快递现在到哪了？");
    OK(desk_read(d, d->bo, suggest_run, &a));
    assert_str(order_in(a.items, a.n), "20260399999999");
    Actor other = desk_visitor(d, &d->web);
    a.id = desk_said(d, other, "我的快递到哪了？").id;
    OK(desk_take(d, d->bo, a.id, false));
    OK(desk_read(d, d->bo, suggest_run, &a));
    assert_int_equal(order_in(a.items, a.n).n, 0);
}

/* ---- at once ---- */
enum { RACERS = 8 };
typedef struct {
    Desk *d;
    Actor who;
    int64_t id;
    Str client_id;
    pthread_t thread;
    Arena *arena;
    Ctx c;
    Err err;
    ServiceSend m;
    DeskConversation row;
} Racer;

static Err race_send_run(Ctx *c, void *arg)
{
    Racer *r = arg;
    return service_visitor_send(r->d->service, c, &r->m);
}
static Err race_take_run(Ctx *c, void *arg)
{
    Racer *r = arg;
    return service_staff_take(r->d->service, c, r->id, false, &r->row);
}

static void *race_send(void *arg)
{
    Racer *r = arg;
    r->m = (ServiceSend){.client_id = r->client_id, .text = STR("在吗")};
    r->err = service_visitor_send_prepare(r->d->service, &r->c, &r->m);
    if (!r->err)
        r->err = store_write(r->d->store, &r->c, STORE_CHAT, race_send_run, r);
    return NULL;
}
static void *race_take(void *arg)
{
    Racer *r = arg;
    r->err = store_write(r->d->store, &r->c, STORE_CHAT, race_take_run, r);
    return NULL;
}

static void race(Desk *d, Racer *r, void *(*run)(void *))
{
    for (size_t i = 0; i < RACERS; i++) {
        r[i].d = d;
        r[i].arena = arena_create(64 << 20);
        ctx_init(&r[i].c, r[i].arena, store_ids(d->store), d->now);
        r[i].c.actor = r[i].who;
        assert_int_equal(pthread_create(&r[i].thread, NULL, run, &r[i]), 0);
    }
    for (size_t i = 0; i < RACERS; i++)
        pthread_join(r[i].thread, NULL);
}

static void race_end(Racer *r)
{
    for (size_t i = 0; i < RACERS; i++)
        arena_destroy(r[i].arena);
}

static void first_messages_at_once(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    Racer r[RACERS];
    memset(r, 0, sizeof r);
    for (size_t i = 0; i < RACERS; i++) {
        r[i].who = v;
        r[i].client_id = str_fmt(d->arena, "r%zu", i / 2); /* each twice */
    }
    race(d, r, race_send);
    size_t again = 0;
    for (size_t i = 0; i < RACERS; i++) {
        assert_int_equal(r[i].err, ERR_OK);
        assert_int_equal(r[i].m.conversation.id, r[0].m.conversation.id);
        assert_int_equal(r[i].m.message.seq, r[i ^ 1].m.message.seq);
        again += r[i].m.again;
    }
    assert_int_equal(again, RACERS / 2);
    assert_int_equal(desk_lines(d, r[0].m.conversation.id, "none"), 0); /* gapless */
    assert_int_equal(desk_row(d, r[0].m.conversation.id).last_seq, RACERS / 2);
    race_end(r);
}

static void taken_at_once(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    Racer r[RACERS];
    memset(r, 0, sizeof r);
    const Actor *people[] = {&d->bo, &d->ben, &d->sue, &d->ann};
    for (size_t i = 0; i < RACERS; i++) {
        r[i].who = *people[i % 4];
        r[i].id = id;
    }
    race(d, r, race_take);
    int64_t owner = desk_row(d, id).assignee_id;
    size_t won = 0;
    for (size_t i = 0; i < RACERS; i++) {
        assert_true(r[i].err == ERR_OK ? r[i].who.user_id == owner : r[i].err == ERR_CONFLICT);
        if (r[i].err)
            assert_string_equal(r[i].c.err.code, "conversation.taken");
        won += r[i].err == ERR_OK;
    }
    assert_int_equal(won, 2); /* the winner pressed twice */
    assert_int_equal(desk_lines(d, id, "conversation.assigned"), 1);
    race_end(r);
}

/* ---- a unit that lost a race runs again with what was prepared once ---- */
typedef struct {
    Desk *d;
    ServiceSend *m;
    bool staff;
} Rerun;
static Err lost_run(Ctx *c, void *arg)
{
    Rerun *r = arg;
    Err err = r->staff ? service_staff_send(r->d->service, c, r->m)
                       : service_visitor_send(r->d->service, c, r->m);
    return err ? err : ctx_err(c, ERR_CONFLICT, "test.lost", "rolled back");
}
static Err won_run(Ctx *c, void *arg)
{
    Rerun *r = arg;
    return r->staff ? service_staff_send(r->d->service, c, r->m)
                    : service_visitor_send(r->d->service, c, r->m);
}
static void rerun(Desk *d, Actor who, ServiceSend *m)
{
    Rerun r = {d, m, who.role != ROLE_VISITOR};
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = who;
    OK(r.staff ? service_staff_send_prepare(d->service, &d->c, m)
               : service_visitor_send_prepare(d->service, &d->c, m));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(store_write(d->store, &d->c, STORE_CHAT, lost_run, &r), ERR_CONFLICT);
        assert_string_equal(d->c.err.code, "test.lost");
        err_clear(&d->c.err);
        ctx_wakes_drop(&d->c);
    }
    OK(store_write(d->store, &d->c, STORE_CHAT, won_run, &r));
}

static void run_again(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    ServiceSend m = {.client_id = STR("c1"), .text = STR("你好")};
    rerun(d, v, &m);
    assert_false(m.again);
    assert_int_equal(m.message.seq, 1);
    assert_int_equal(desk_woken(d, DESK_WAKE_MESSAGE), 1);
    assert_int_equal(desk_woken(d, SERVICE_WAKE_SUGGEST), 1);
    int64_t id = m.conversation.id;
    m = (ServiceSend){.conversation_id = id, .client_id = STR("s1"), .text = STR("您好")};
    rerun(d, d->bo, &m);
    assert_int_equal(m.message.seq, 2);
    Arg a = {.d = d, .name = STR("image/png")};
    OK(desk_write(d, v, file_run, &a));
    OK(desk_close_it(d, d->bo, id)); /* reopens, with a file */
    m = (ServiceSend){.client_id = STR("c2"), .kind = STR("image"), .file_id = a.file.id};
    rerun(d, v, &m);
    assert_int_equal(m.conversation.id, id);
    assert_int_equal(desk_lines(d, id, "conversation.reopened"), 1);
    assert_int_equal(desk_rounds(d, id), 2);
    assert_int_equal(desk_agent_row(d, d->bo.user_id).open, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(understood),          DESK_TEST(refused_drafts),
        DESK_TEST(stored_once),         DESK_TEST(guard_rails),
        DESK_TEST(reopened_by_writing), DESK_TEST(who_may_write),
        DESK_TEST(files_and_cards),     DESK_TEST(suggestions),
        DESK_TEST(order_remembered),    DESK_TEST(first_messages_at_once),
        DESK_TEST(taken_at_once),       DESK_TEST(run_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
