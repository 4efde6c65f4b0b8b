/* SPDX-License-Identifier: Apache-2.0 */
/* What staff note on a conversation: who may, and what a tag may be. */
#include "service/test_desk.h"

typedef struct {
    int64_t id, until;
    Str stage;
    const Str *add, *drop;
    size_t add_n, drop_n;
    DeskConversation ret;
} Act;

static Err snooze(Ctx *c, void *arg)
{
    Act *a = arg;
    return service_staff_snooze(c, a->id, a->until, &a->ret);
}
static Err tags(Ctx *c, void *arg)
{
    Act *a = arg;
    return service_staff_tags(c, a->id, a->add, a->add_n, a->drop, a->drop_n, &a->ret);
}
static Err stage(Ctx *c, void *arg)
{
    Act *a = arg;
    return service_staff_stage(c, a->id, a->stage, &a->ret);
}

static void snoozing_is_for_who_has_it(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    Act a = {.id = desk_said(d, v, "你好").id, .until = d->now + 60000};
    REFUSED(desk_write(d, d->ben, snooze, &a), ERR_DENIED, "conversation.not_mine");
    REFUSED(desk_write(d, d->tom, snooze, &a), ERR_DENIED, "role.denied");
    REFUSED(desk_write(d, d->yan, snooze, &a), ERR_NOT_FOUND, "conversation.unknown");
    OK(desk_write(d, d->bo, snooze, &a));
    assert_str(a.ret.status, "snoozed");
    assert_int_equal(a.ret.snooze_until, a.until);
    assert_true(a.ret.customer_id == v.customer_id && a.ret.channel_name.n > 0); /* joined */
    a.until = d->now + 120000;
    OK(desk_write(d, d->sue, snooze, &a)); /* a supervisor */
    a.until = d->now;
    REFUSED(desk_write(d, d->bo, snooze, &a), ERR_INVALID, "request.time");
}

static void tags_are_joined_once(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    const Str first[] = {STR("急"), STR("退货"), STR("急")}, drop[] = {STR("急"), STR("没有")};
    Act a = {.id = desk_said(d, v, "你好").id, .add = first, .add_n = 3};
    OK(desk_write(d, d->bo, tags, &a));
    assert_str(a.ret.tags, "[\"急\",\"退货\"]");
    int64_t updated = a.ret.updated_at;
    d->now += 1000;
    OK(desk_write(d, d->bo, tags, &a)); /* nothing new: nobody is told */
    assert_int_equal(a.ret.updated_at, updated);
    assert_int_equal(desk_woken(d, DESK_WAKE_ROW), 0);
    a.add_n = 0;
    a.drop = drop;
    a.drop_n = 2;
    OK(desk_write(d, d->bo, tags, &a));
    assert_str(a.ret.tags, "[\"退货\"]");
    assert_int_equal(desk_woken(d, DESK_WAKE_ROW), 1);
}

static void tags_that_are_none(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    static const char *const bad[] = {
        "", "a\"b", "a\\b", "100%", "a\nb", "一二三四五六七八九十一二三四五六七八九十一二三四五"};
    Act a = {.id = desk_said(d, v, "你好").id, .add_n = 1};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Str one = str_of(bad[i]);
        a.add = &one;
        REFUSED(desk_write(d, d->bo, tags, &a), ERR_INVALID, "request.field_value");
    }
    Str many[SERVICE_TAGS_MAX + 1];
    for (size_t i = 0; i < SERVICE_TAGS_MAX + 1; i++)
        many[i] = str_fmt(d->arena, "t%zu", i);
    a.add = many;
    a.add_n = SERVICE_TAGS_MAX + 1;
    REFUSED(desk_write(d, d->bo, tags, &a), ERR_INVALID, "request.field_length");
    a.add_n = SERVICE_TAGS_MAX;
    OK(desk_write(d, d->bo, tags, &a));
}

static void stages(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    Act a = {.id = desk_said(d, v, "你好").id, .stage = STR("after")};
    OK(desk_write(d, d->bo, stage, &a));
    assert_str(a.ret.stage, "after");
    a.stage = STR("later");
    REFUSED(desk_write(d, d->bo, stage, &a), ERR_INVALID, "request.field_value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(snoozing_is_for_who_has_it),
        DESK_TEST(tags_are_joined_once),
        DESK_TEST(tags_that_are_none),
        DESK_TEST(stages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
