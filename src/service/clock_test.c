/* SPDX-License-Identifier: Apache-2.0 */
/* SLA clocks through the use cases: when they start and stop, what they say, and why a late round
 * counts (PRE-1, PRE-2). The clock is the test's. */
#include "service/test_desk.h"

static void greeting_then_reply(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    assert_str(conv.clock_kind, "greeting");
    assert_int_equal(conv.clock_due_at, d->now + 15000);
    d->now += 3000;
    desk_said(d, v, "在吗"); /* the clock runs on, from the first */
    assert_int_equal(desk_row(d, conv.id).clock_due_at, d->now + 12000);
    /* notes do not stop it */
    ServiceSend note = {.conversation_id = conv.id,
                        .client_id = STR("n"),
                        .kind = STR("note"),
                        .text = STR("老客户")};
    OK(desk_send(d, d->bo, &note));
    assert_str(desk_row(d, conv.id).clock_kind, "greeting");
    d->now += 12000; /* on the dot is in time */
    desk_answer(d, d->bo, conv.id, "您好，我是小雨");
    DeskRound r = desk_round(d, conv.id, 0);
    assert_false(r.late);
    assert_str(r.kind, "greeting");
    assert_int_equal(r.stopped_at - r.started_at, 15000);
    assert_int_equal(r.agent_id, d->bo.user_id);
    assert_int_equal(r.queue_ms, 0);
    assert_int_equal(desk_row(d, conv.id).clock_kind.n, 0);
    assert_str(desk_row(d, conv.id).status, "waiting");
    /* from now on replies */
    d->now += 60000;
    desk_said(d, v, "什么时候发货");
    assert_str(desk_row(d, conv.id).clock_kind, "reply");
    assert_int_equal(desk_row(d, conv.id).clock_due_at, d->now + 20000);
    assert_str(desk_row(d, conv.id).status, "open");
    d->now += 20001;
    desk_answer(d, d->bo, conv.id, "今天就发");
    r = desk_round(d, conv.id, 1);
    assert_true(r.late);
    assert_str(r.reason, "agent");
    assert_int_equal(desk_rounds(d, conv.id), 2);
}

static void warning_then_late(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    d->now += 10000;
    OK(desk_fire(d, service_timer_sla, conv.id, 0));
    const CtxWake *w = desk_wake_of(d, DESK_WAKE_SLA);
    assert_non_null(w);
    const DeskPush *p = w->data;
    assert_false(p->late);
    assert_int_equal(p->shop_id, d->a);
    assert_int_equal(p->assignee_id, d->bo.user_id);
    d->now += 5001;
    OK(desk_fire(d, service_timer_sla, conv.id, 1));
    w = desk_wake_of(d, DESK_WAKE_SLA);
    assert_non_null(w);
    p = w->data;
    assert_true(p->late);
    assert_true(desk_round(d, conv.id, 0).late); /* seen as late while it still runs */
    desk_answer(d, d->bo, conv.id, "您好");
    OK(desk_fire(d, service_timer_sla, conv.id, 1)); /* a timer that lost the race: nothing */
    assert_null(desk_wake_of(d, DESK_WAKE_SLA));
    OK(desk_fire(d, service_timer_sla, 424242, 1)); /* a conversation that is gone */
}

static void limits_of_shop_and_channel(void **state)
{
    Desk *d = *state;
    desk_setting(d, "sla", "{\"greeting_ms\":30000,\"reply_ms\":60000,\"warning_ms\":7000}");
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    assert_int_equal(conv.clock_limit_ms, 30000);
    assert_int_equal(desk_round(d, conv.id, 0).config_version, 1);
}

typedef struct {
    DeskChannel ch;
} PutArg;
static Err put_run(Ctx *c, void *arg)
{
    return desk_channel_put(c, &((PutArg *)arg)->ch);
}

static void limits_of_channel(void **state)
{
    Desk *d = *state;
    PutArg p = {d->app};
    p.ch.greeting_ms = 12000;
    OK(desk_write(d, d->ann, put_run, &p));
    Actor v = desk_visitor(d, &d->app), w = desk_visitor(d, &d->web);
    assert_int_equal(desk_said(d, v, "你好").clock_limit_ms, 12000);
    assert_int_equal(desk_said(d, w, "你好").clock_limit_ms, 15000);
}

/* 10:00 to 10:00:10, then a break until 11:00: five of fifteen seconds are left after it. */
static void pauses_outside_hours(void **state)
{
    Desk *d = *state;
    desk_setting(
        d, "hours",
        "{\"timezone\":\"Asia/Shanghai\",\"week\":[[{\"from\":\"09:00\",\"to\":\"18:00\"}],[{"
        "\"from\":\"09:00\",\"to\":\"18:00\"}],[],[],[],[],[]],\"breaks\":[{\"from\":\"10:01\","
        "\"to\":\"11:00\"}]}");
    d->now = DESK_NOW + 50000; /* ten seconds before the break */
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    assert_int_equal(conv.clock_due_at, DESK_NOW + 3600000 + 5000);
    /* after the last working day of the week: never within sight is no deadline now */
    d->now = DESK_NOW + INT64_C(8) * 3600000 + 1;
    Actor w = desk_visitor(d, &d->web);
    DeskConversation night = desk_said(d, w, "你好");
    assert_int_equal(night.clock_due_at, DESK_NOW + INT64_C(6) * 86400000 - 3600000 + 15000);
}

/* ---- why late ---- */
static void late_in_the_queue(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    d->now += 16000;
    OK(desk_take(d, d->bo, conv.id, false));
    d->now += 1000;
    desk_answer(d, d->bo, conv.id, "您好");
    DeskRound r = desk_round(d, conv.id, 0);
    assert_true(r.late);
    assert_str(r.reason, "queue");
    assert_int_equal(r.queue_ms, 16000);
}

static void late_because_it_changed_hands(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "你好");
    d->now += 2000;
    OK(desk_take(d, d->bo, conv.id, false));
    d->now += 9000; /* eleven of fifteen are gone */
    OK(desk_take(d, d->sue, conv.id, true));
    d->now += 6000;
    desk_answer(d, d->sue, conv.id, "您好");
    DeskRound r = desk_round(d, conv.id, 0);
    assert_true(r.late);
    assert_str(r.reason, "transfer");
    assert_int_equal(r.queue_ms, 2000);
    assert_int_equal(r.agent_id, d->sue.user_id);
    /* handed over early on it is the agent's */
    d->now += 1000;
    desk_said(d, v, "多久发货");
    d->now += 3000;
    OK(desk_take(d, d->ann, conv.id, true));
    d->now += 18000;
    desk_answer(d, d->ann, conv.id, "今天");
    r = desk_round(d, conv.id, 1);
    assert_str(r.reason, "agent");
    /* and what had turned late before it was handed over stays the first one's */
    d->now += 1000;
    desk_said(d, v, "好的，用什么快递");
    d->now += 21000;
    OK(desk_take(d, d->sue, conv.id, true));
    d->now += 1000;
    desk_answer(d, d->sue, conv.id, "中通");
    assert_str(desk_round(d, conv.id, 2).reason, "agent");
}

static void late_because_the_agent_left(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    d->now += 1000;
    DeskConversation conv = desk_said(d, v, "你好");
    assert_int_equal(conv.assignee_id, d->bo.user_id);
    d->now += 5000;
    desk_status(d, d->bo, "offline");
    DeskConversation row = desk_row(d, conv.id);
    assert_str(row.status, "queued");
    assert_int_equal(row.queued_at, row.clock_started_at); /* keeps the place that it has earned */
    assert_int_equal(desk_lines(d, conv.id, "conversation.requeued"), 1);
    d->now += 11000;
    OK(desk_take(d, d->ben, conv.id, false));
    desk_answer(d, d->ben, conv.id, "您好");
    DeskRound r = desk_round(d, conv.id, 0);
    assert_true(r.late);
    assert_str(r.reason, "requeued");
    assert_int_equal(r.queue_ms, 11000); /* five were spent in bo's hands */
}

static void late_under_load(void **state)
{
    Desk *d = *state;
    desk_people_set(d, d->bo, 2, 3, NULL);
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web);
    int64_t one = desk_said(d, v, "你好").id, two = desk_said(d, w, "你好").id;
    assert_int_equal(desk_row(d, two).assignee_id, d->bo.user_id);
    d->now += 15001;
    desk_answer(d, d->bo, one, "您好");
    assert_str(desk_round(d, one, 0).reason, "agent_load");
}

static void closed_without_answer(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    int64_t one = desk_said(d, v, "你好").id;
    d->now += 20000;
    OK(desk_close_it(d, d->sue, one));
    DeskRound r = desk_round(d, one, 0);
    assert_true(r.late);
    assert_str(r.reason, "closed");
    assert_int_equal(r.queue_ms, 20000);
    assert_int_equal(desk_row(d, one).clock_kind.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(greeting_then_reply),
        DESK_TEST(warning_then_late),
        DESK_TEST(limits_of_shop_and_channel),
        DESK_TEST(limits_of_channel),
        DESK_TEST(pauses_outside_hours),
        DESK_TEST(late_in_the_queue),
        DESK_TEST(late_because_it_changed_hands),
        DESK_TEST(late_because_the_agent_left),
        DESK_TEST(late_under_load),
        DESK_TEST(closed_without_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
