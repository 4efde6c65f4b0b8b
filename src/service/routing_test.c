/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets which conversation, and what becomes of it when they go. */
#include "service/test_desk.h"

static void capacity_and_order(void **state)
{
    Desk *d = *state;
    desk_people_set(d, d->bo, 2, 3, NULL);
    desk_status(d, d->bo, "online");
    int64_t id[4];
    Actor v[4];
    for (size_t i = 0; i < 4; i++) {
        v[i] = desk_visitor(d, &d->web);
        d->now += 1000;
        id[i] = desk_said(d, v[i], "你好").id;
    }
    assert_int_equal(desk_row(d, id[0]).assignee_id, d->bo.user_id);
    assert_int_equal(desk_row(d, id[1]).assignee_id, d->bo.user_id);
    assert_str(desk_row(d, id[2]).status, "queued");
    assert_str(desk_row(d, id[3]).status, "queued");
    /* served from the first moment: no line; out of the queue: a line */
    assert_int_equal(desk_lines(d, id[0], "conversation.assigned"), 0);
    /* strong anger goes first (EMO-3) */
    desk_said(d, v[3], "气死我了，你们什么态度，我要投诉！！！");
    assert_int_equal(desk_row(d, id[3]).priority, 1);
    OK(desk_close_it(d, d->bo, id[0]));
    assert_int_equal(desk_row(d, id[3]).assignee_id, d->bo.user_id);
    assert_int_equal(desk_lines(d, id[3], "conversation.assigned"), 1);
    assert_str(desk_row(d, id[2]).status, "queued");
    /* a raised capacity counts with the next event; a slot freed gives the longest waiting */
    OK(desk_close_it(d, d->bo, id[1]));
    assert_int_equal(desk_row(d, id[2]).assignee_id, d->bo.user_id);
    assert_int_equal(desk_agent_row(d, d->bo.user_id).open, 2);
}

static void channels_count(void **state)
{
    Desk *d = *state;
    desk_people_set(d, d->bo, 10, 2, NULL);
    desk_status(d, d->bo, "online");
    Actor web = desk_visitor(d, &d->web), app = desk_visitor(d, &d->app),
          mini = desk_visitor(d, &d->mini), web2 = desk_visitor(d, &d->web);
    int64_t one = desk_said(d, web, "你好").id, two = desk_said(d, app, "你好").id;
    assert_int_equal(desk_row(d, two).assignee_id, d->bo.user_id);
    int64_t third = desk_said(d, mini, "你好").id;
    assert_str(desk_row(d, third).status, "queued"); /* a third channel is too many (CH-3) */
    d->now += 1000;
    int64_t more = desk_said(d, web2, "你好").id;
    assert_int_equal(desk_row(d, more).assignee_id, d->bo.user_id); /* a channel served already */
    OK(desk_close_it(d, d->bo, one)); /* web is still served by another */
    assert_str(desk_row(d, third).status, "queued");
    OK(desk_close_it(d, d->bo, two)); /* app is not: one channel has become free */
    assert_int_equal(desk_row(d, third).assignee_id, d->bo.user_id);
}

static void longest_idle_then_sticky(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    d->now += 1000;
    desk_status(d, d->ben, "online");
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web), x = desk_visitor(d, &d->web);
    d->now += 1000;
    DeskConversation first = desk_said(d, v, "你好");
    d->now += 1000;
    DeskConversation second = desk_said(d, w, "你好");
    assert_int_not_equal(first.assignee_id, second.assignee_id); /* in turn */
    Actor who = first.assignee_id == d->bo.user_id ? d->bo : d->ben;
    OK(desk_close_it(d, who, first.id));
    d->now += DESK_REOPEN_MS + 1000;
    /* somebody else's turn comes up for the newcomer, the returning one gets who served (CARE-7) */
    DeskConversation third = desk_said(d, x, "你好");
    assert_int_equal(third.assignee_id, first.assignee_id); /* longest without a new one */
    d->now += 1000;
    DeskConversation back = desk_said(d, v, "我又来了");
    assert_int_not_equal(back.id, first.id);
    assert_int_equal(back.assignee_id, first.assignee_id);
    /* unless they are not there */
    OK(desk_close_it(d, who, back.id));
    desk_status(d, who, "break");
    d->now += DESK_REOPEN_MS + 1000;
    DeskConversation other = desk_said(d, v, "还有");
    assert_int_equal(other.assignee_id, second.assignee_id);
}

typedef struct {
    Desk *d;
    int64_t id, to, until;
    Str skill, note;
    DeskConversation row;
} Arg;
static Err transfer_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_staff_transfer(a->d->service, c, a->id, a->to, a->skill, a->note, &a->row);
}
static Err snooze_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    Err err = desk_conversation_lock(c, a->id, &a->row);
    return err ? err : desk_conversation_snooze(c, &a->row, a->until);
}

static void skills_and_transfer(void **state)
{
    Desk *d = *state;
    desk_people_set(d, d->ben, 5, 3, "[\"售后\"]");
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    DeskConversation conv = desk_said(d, v, "要退货");
    Arg a = {.d = d, .id = conv.id, .skill = STR("售后"), .note = STR("客户要退货，单号已核对")};
    /* nobody with the skill is there: it waits, and does not come back to who gave it away */
    OK(desk_write(d, d->bo, transfer_run, &a));
    assert_str(a.row.status, "queued");
    assert_int_equal(desk_lines(d, conv.id, "conversation.transferred"), 1);
    desk_status(d, d->bo, "online");
    assert_str(desk_row(d, conv.id).status, "queued");
    desk_status(d, d->ben, "online");
    assert_int_equal(desk_row(d, conv.id).assignee_id, d->ben.user_id);
    /* back to the queue without a skill: to anybody but the giver */
    a.skill = STR_NONE;
    OK(desk_write(d, d->ben, transfer_run, &a));
    assert_int_equal(a.row.assignee_id, d->bo.user_id);
    /* to a person: must be there, must be another */
    a.to = d->bo.user_id;
    REFUSED(desk_write(d, d->bo, transfer_run, &a), ERR_CONFLICT, "conversation.same_agent");
    a.to = d->sue.user_id;
    REFUSED(desk_write(d, d->bo, transfer_run, &a), ERR_CONFLICT, "agent.offline");
    a.to = d->yan.user_id; /* another shop's */
    REFUSED(desk_write(d, d->bo, transfer_run, &a), ERR_CONFLICT, "agent.offline");
    a.to = d->ben.user_id;
    REFUSED(desk_write(d, d->ben, transfer_run, &a), ERR_DENIED, "conversation.not_mine");
    OK(desk_write(d, d->bo, transfer_run, &a));
    assert_int_equal(a.row.assignee_id, d->ben.user_id);
    assert_str(a.row.status, "open"); /* the customer still waits */
    /* nobody else there: it stays in the queue, the giver's free slot does not pull it back */
    desk_status(d, d->bo, "break");
    a.to = 0;
    OK(desk_write(d, d->ben, transfer_run, &a));
    assert_str(a.row.status, "queued");
    assert_int_equal(desk_agent_row(d, d->ben.user_id).open, 0);
    OK(desk_take(d, d->ben, conv.id, false));
    OK(desk_close_it(d, d->ben, conv.id));
    REFUSED(desk_write(d, d->ben, transfer_run, &a), ERR_CONFLICT, "conversation.closed");
}

static void take_and_takeover(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    REFUSED(desk_take(d, d->tom, id, false), ERR_DENIED, "role.denied");
    OK(desk_take(d, d->bo, id, false));
    OK(desk_take(d, d->bo, id, false)); /* twice is once */
    assert_int_equal(desk_lines(d, id, "conversation.assigned"), 1);
    REFUSED(desk_take(d, d->ben, id, false), ERR_CONFLICT, "conversation.taken");
    REFUSED(desk_take(d, d->ben, id, true), ERR_DENIED, "role.denied");
    OK(desk_take(d, d->sue, id, true));
    const CtxWake *w = desk_wake_of(d, DESK_WAKE_ROW);
    const DeskPush *p = w->data;
    assert_int_equal(p->assignee_before, d->bo.user_id);
    assert_int_equal(p->assignee_id, d->sue.user_id);
    OK(desk_close_it(d, d->sue, id));
    REFUSED(desk_take(d, d->bo, id, false), ERR_CONFLICT, "conversation.closed");
}

static void agent_disappears(void **state)
{
    Desk *d = *state;
    desk_socket(d, d->bo, true);
    assert_str(desk_agent_row(d, d->bo.user_id).status, "online");
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web);
    int64_t open = desk_said(d, v, "你好").id, answered = desk_said(d, w, "你好").id;
    desk_answer(d, d->bo, answered, "您好");
    desk_socket(d, d->bo, false);
    /* no new ones while the grace runs, the old ones stay */
    Actor x = desk_visitor(d, &d->web);
    int64_t fresh = desk_said(d, x, "你好").id;
    assert_str(desk_row(d, fresh).status, "queued");
    assert_int_equal(desk_row(d, open).assignee_id, d->bo.user_id);
    desk_socket(d, d->bo, true); /* back in time */
    assert_int_equal(desk_row(d, fresh).assignee_id, d->bo.user_id);
    OK(desk_fire(d, service_timer_gone, d->bo.user_id, d->a));
    assert_str(desk_agent_row(d, d->bo.user_id).status, "online");
    /* and not in time */
    desk_socket(d, d->bo, false);
    d->now += 60000;
    desk_socket(d, d->ben, true);
    OK(desk_fire(d, service_timer_gone, d->bo.user_id, d->a));
    assert_str(desk_agent_row(d, d->bo.user_id).status, "offline");
    assert_int_equal(desk_row(d, open).assignee_id, d->ben.user_id);
    assert_int_equal(desk_lines(d, open, "conversation.requeued"), 1);
    /* where nobody waits for an answer it stays, until the customer writes */
    assert_int_equal(desk_row(d, answered).assignee_id, d->bo.user_id);
    desk_said(d, w, "还在吗");
    assert_int_equal(desk_row(d, answered).assignee_id, d->ben.user_id);
    assert_int_equal(desk_lines(d, answered, "conversation.requeued"), 1);
    /* coming back is being online again; who left by their own word stays off */
    desk_socket(d, d->bo, true);
    assert_str(desk_agent_row(d, d->bo.user_id).status, "online");
    desk_status(d, d->bo, "offline");
    desk_socket(d, d->bo, false);
    OK(desk_fire(d, service_timer_gone, d->bo.user_id, d->a));
    desk_socket(d, d->bo, true);
    assert_str(desk_agent_row(d, d->bo.user_id).status, "offline");
}

/* The grace is over and its timer has not come yet: the customer need not wait for it. */
static void gone_past_grace(void **state)
{
    Desk *d = *state;
    desk_socket(d, d->bo, true);
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    desk_answer(d, d->bo, id, "您好");
    desk_socket(d, d->bo, false);
    d->now += 60000;
    desk_said(d, v, "一");
    assert_int_equal(desk_row(d, id).assignee_id, d->bo.user_id);
    d->now += 1;
    desk_said(d, v, "二");
    DeskConversation row = desk_row(d, id);
    assert_str(row.status, "queued");
    assert_int_equal(row.queued_at, row.clock_started_at);
    assert_int_equal(desk_lines(d, id, "conversation.requeued"), 1);
}

static Err all_gone_run(Ctx *c, void *arg)
{
    (void)arg;
    return desk_agents_all_gone(c);
}
static Err active_run(Ctx *c, void *arg)
{
    (void)arg;
    return desk_agent_active(c, c->actor.user_id);
}

static void away_and_restart(void **state)
{
    Desk *d = *state;
    desk_socket(d, d->bo, true);
    d->now += 300000;
    OK(desk_write(d, d->bo, active_run, NULL));
    d->now += 300000; /* ten minutes online, five since the last sign */
    OK(desk_fire(d, service_timer_away, d->bo.user_id, d->a));
    assert_str(desk_agent_row(d, d->bo.user_id).status, "online");
    d->now += 300000;
    OK(desk_fire(d, service_timer_away, d->bo.user_id, d->a));
    assert_str(desk_agent_row(d, d->bo.user_id).status, "break");
    assert_str(desk_agent_row(d, d->bo.user_id).reason, "away");
    OK(desk_write(d, d->bo, active_run, NULL));
    assert_str(desk_agent_row(d, d->bo.user_id).status, "online");
    /* trainers look on, nothing is routed to them */
    desk_socket(d, d->tom, true);
    /* after a restart nobody is connected */
    OK(desk_write(d, desk_system(d, 0), all_gone_run, NULL));
    assert_int_equal(desk_agent_row(d, d->bo.user_id).gone_at, d->now);
    Actor v = desk_visitor(d, &d->web);
    assert_str(desk_said(d, v, "你好").status, "queued");
}

static void snooze(void **state)
{
    Desk *d = *state;
    desk_people_set(d, d->bo, 1, 3, NULL);
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->web);
    int64_t one = desk_said(d, v, "你好").id, two = desk_said(d, w, "你好").id;
    desk_answer(d, d->bo, one, "明天答复您");
    Arg a = {.d = d, .id = one, .until = d->now};
    REFUSED(desk_write(d, d->bo, snooze_run, &a), ERR_INVALID, "request.time");
    a.until = d->now + 86400000;
    OK(desk_write(d, d->bo, snooze_run, &a));
    assert_int_equal(desk_row(d, two).assignee_id, d->bo.user_id); /* its slot is free */
    d->now += 86400000;
    OK(desk_fire(d, service_timer_snooze, one, 0));
    assert_str(desk_row(d, one).status, "open");
    assert_int_equal(desk_row(d, one).snooze_until, 0);
    /* the customer's word wakes it earlier; the timer then finds nothing to do */
    a.until = d->now + 86400000;
    OK(desk_write(d, d->bo, snooze_run, &a));
    desk_said(d, v, "有结果了吗");
    assert_str(desk_row(d, one).status, "open");
    assert_str(desk_row(d, one).clock_kind, "reply");
    OK(desk_fire(d, service_timer_snooze, one, 0));
    assert_str(desk_row(d, one).status, "open");
}

/* A row that says somebody has it and does not say who is mended by the next word. */
static Err orphan_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    Err err = desk_conversation_lock(c, a->id, &a->row);
    a->row.assignee_id = 0;
    return err ? err : desk_conversation_save(c, &a->row);
}
static void orphan(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    Arg a = {.d = d, .id = desk_said(d, v, "你好").id};
    desk_status(d, d->bo, "break");
    OK(desk_write(d, d->bo, orphan_run, &a));
    assert_str(desk_row(d, a.id).status, "open");
    desk_said(d, v, "在吗");
    assert_str(desk_row(d, a.id).status, "queued");
    desk_status(d, d->bo, "online");
    assert_int_equal(desk_row(d, a.id).assignee_id, d->bo.user_id);
}

/* A person who works in two shops is at one desk at a time. */
static Err elsewhere_run(Ctx *c, void *arg)
{
    (void)arg;
    return desk_agent_status(c, c->actor.user_id, STR("online"), STR(""));
}
static void one_desk_at_a_time(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    desk_answer(d, d->bo, id, "您好");
    Actor there = d->bo;
    there.shop_id = d->b;
    OK(desk_write(d, there, elsewhere_run, NULL));
    desk_said(d, v, "在吗");
    assert_str(desk_row(d, id).status, "queued");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(capacity_and_order),
        DESK_TEST(channels_count),
        DESK_TEST(longest_idle_then_sticky),
        DESK_TEST(skills_and_transfer),
        DESK_TEST(take_and_takeover),
        DESK_TEST(agent_disappears),
        DESK_TEST(gone_past_grace),
        DESK_TEST(away_and_restart),
        DESK_TEST(snooze),
        DESK_TEST(one_desk_at_a_time),
        DESK_TEST(orphan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
