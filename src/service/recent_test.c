/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a talk must say the same as reading it would, and go when it no longer holds. */
#include "service/internal.h"
#include "service/test_desk.h"

static bool kept(Desk *d, Actor visitor)
{
    DeskConversation conv;
    ServiceHeard h;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = visitor;
    return service_recent_get(d->service, &d->c, &conv, &h);
}

typedef struct {
    char who; /* c: customer, a: agent, n: a note, t: bo hands it to ben, b: back */
    const char *text;
} Line;
static const Line TALK[] = {
    {'c', "你好"},
    {'c', "我上周买的电饭煲到现在还没收到"},
    {'a', "您好，请提供一下订单号"},
    {'c', "2026112500017"},
    {'n', "仓库说昨天已经出库"},
    {'c', "到底什么时候能到？急用"},
    {'t', NULL},
    {'c', "还在吗？？"},
    {'a', "在的，这边马上为您查询"},
    {'c', "你们也太慢了，再不到我就退款"},
    {'b', NULL},
    {'c', "那能不能赔我运费"},
    {'a', "可以为您申请 10 元运费补偿，您看可以吗？"},
    {'c', "好的"},
    {'c', "谢谢"},
};

typedef struct {
    int64_t id, to;
} Hand;
typedef struct {
    Desk *d;
    Hand h;
} HandArg;
static Err transfer_run(Ctx *c, void *arg)
{
    HandArg *a = arg;
    DeskConversation row;
    return service_staff_transfer(a->d->service, c, a->h.id, a->h.to, STR_NONE, STR("换班"), &row);
}

/* Plays the talk; each customer line's stored understanding and offers, one text a line. */
static size_t play(Desk *d, bool forgetful, Str *ret)
{
    Actor v = desk_visitor(d, &d->web);
    int64_t id = 0;
    size_t n = 0, hits = 0;
    const Actor *has = &d->bo;
    for (size_t i = 0; i < sizeof TALK / sizeof *TALK; i++) {
        const Line *l = &TALK[i];
        Str client_id = str_fmt(d->arena, "l%zu", i);
        d->now += 5000;
        if (forgetful)
            service_recent_forget(d->service, 0);
        if (l->who == 't' || l->who == 'b') {
            const Actor *other = has == &d->bo ? &d->ben : &d->bo;
            HandArg a = {d, {id, other->user_id}};
            OK(desk_write(d, *has, transfer_run, &a));
            has = other;
            continue;
        }
        ServiceSend m = {.conversation_id = id,
                         .client_id = client_id,
                         .text = str_of(l->text),
                         .kind = l->who == 'n' ? STR("note") : STR("text")};
        if (l->who != 'c') {
            m.guard_seen = (const Str[]){STR("vague"), STR("promise_without_time")};
            m.guard_seen_n = 2;
            OK(desk_send(d, *has, &m));
            continue;
        }
        hits += kept(d, v);
        m.conversation_id = 0;
        OK(desk_send(d, v, &m));
        if (!id && m.conversation.assignee_id == d->ben.user_id)
            has = &d->ben;
        id = m.conversation.id;
        Buf b;
        buf_init(&b, d->arena, 1 << 20);
        buf_fmt(&b, "%lld %.*s %zu:", (long long)m.message.seq, STR_ARG(m.message.understanding),
                m.suggestion_n);
        for (size_t k = 0; k < m.suggestion_n; k++)
            buf_fmt(&b, " %.*s", STR_ARG(m.suggestions[k].script->id));
        ret[n++] = buf_str(&b);
    }
    OK(desk_close_it(d, d->sue, id));
    return hits;
}

static void says_what_reading_says(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    desk_status(d, d->ben, "online");
    Str read[sizeof TALK / sizeof *TALK] = {0}, known[sizeof TALK / sizeof *TALK] = {0};
    assert_int_equal(play(d, true, read), 0);
    size_t hits = play(d, false, known);
    /* all but the first and those after the conversation changed hands */
    assert_in_range(hits, 6, 8);
    for (size_t i = 0; i < sizeof TALK / sizeof *TALK && read[i].n; i++)
        if (!str_eq(read[i], known[i]))
            fail_msg("line %zu\nread  %.*s\nkept  %.*s", i, STR_ARG(read[i]), STR_ARG(known[i]));
}

static Err send_run(Ctx *c, void *arg)
{
    ServiceSend *m = ((void **)arg)[1];
    return service_visitor_send(((void **)arg)[0], c, m);
}

/* Somebody speaks between understanding a message and storing it. */
static void understood_anew_when_it_comes_later(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "怎么还没发货");
    for (int round = 0; round < 2; round++) {
        if (round) /* prepared from what was read, too */
            service_recent_forget(d->service, 0);
        ServiceSend m = {.client_id = str_fmt(d->arena, "late%d", round), .text = STR("昨天买的")};
        Ctx c;
        ctx_init(&c, d->arena, store_ids(d->store), d->now);
        c.actor = v;
        OK(service_visitor_send_prepare(d->service, &c, &m));
        assert_int_equal(m.heard->recent, round == 0);
        desk_answer(d, d->bo, conv.id, round ? "那天下单的是几件呢？" : "您好，您是哪天下单的呢？");
        int64_t last = desk_row(d, conv.id).last_seq;
        assert_int_not_equal(m.heard->saw_seq, last);
        void *arg[] = {d->service, &m};
        OK(store_write(d->store, &c, STORE_CHAT, send_run, arg));
        assert_int_equal(m.message.seq, last + 1);
        const Json *j;
        OK(json_parse(d->arena, &d->c.err, m.message.understanding, &j));
        assert_int_equal(json_i64(j, "saw_seq", -1), last);
        service_recent_said(d->service, &m);
    }
}

typedef struct {
    int64_t id;
    bool flag;
} Block;
static Err block_run(Ctx *c, void *arg)
{
    const Block *b = arg;
    return desk_customer_block(c, b->id, b->flag, STR("骂人"));
}
static Err rename_run(Ctx *c, void *arg)
{
    return desk_customer_update(c, *(int64_t *)arg, STR("王女士"), STR(""), STR(""));
}

static void goes_when_it_no_longer_holds(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    ServiceSend m;
    DeskConversation conv = desk_said(d, v, "有白色的吗");
    (void)desk_said(d, v, "L 码的"); /* the first one's transaction also assigned */
    assert_true(kept(d, v));
    Actor elsewhere = v;
    elsewhere.channel_id = d->app.id;
    assert_false(kept(d, elsewhere));
    OK(desk_write(d, d->bo, block_run, &(Block){v.customer_id, true}));
    assert_false(kept(d, v));
    REFUSED(desk_say(d, v, "b1", "喂", &m), ERR_DENIED, "customer.blocked");
    OK(desk_write(d, d->bo, block_run, &(Block){v.customer_id, false}));
    (void)desk_said(d, v, "喂");
    assert_true(kept(d, v));
    OK(desk_write(d, d->bo, rename_run, &v.customer_id));
    assert_false(kept(d, v));
    (void)desk_said(d, v, "多少钱");
    assert_true(kept(d, v));
    OK(desk_close_it(d, d->bo, conv.id));
    assert_false(kept(d, v));
    /* more than may be kept is not kept */
    char *words = arena_alloc(d->arena, 3 * 1200);
    for (size_t i = 0; i < 1200; i++)
        memcpy(words + 3 * i, "好", 3);
    (void)desk_said(d, v, "在吗");
    (void)desk_said(d, v, "在吗");
    assert_true(kept(d, v));
    m = (ServiceSend){.client_id = STR("long"), .text = {words, 3 * 1200}};
    OK(desk_send(d, v, &m));
    assert_false(kept(d, v));
    (void)desk_said(d, v, "在吗");
    assert_true(kept(d, v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(says_what_reading_says),
        DESK_TEST(understood_anew_when_it_comes_later),
        DESK_TEST(goes_when_it_no_longer_holds),
    };
    return cmocka_run_group_tests_name("service/recent", tests, NULL, NULL);
}
