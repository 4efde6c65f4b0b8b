/* SPDX-License-Identifier: Apache-2.0 */
/* The guard rails in a conversation: what was said before decides, approval needs a supervisor, the
 * last days are read within bounds, and a fault in reading holds nobody up. */
#include "service/test_desk.h"

#include "assist/guard.h"

static bool hit(const ServiceSend *m, const char *rule)
{
    for (size_t i = 0; i < m->hit_n; i++)
        if (str_is(m->hits[i].rule, rule))
            return true;
    return false;
}

static ServiceSend say(int64_t id, const char *client_id, const char *text, const Str *seen,
                       size_t n)
{
    return (ServiceSend){.conversation_id = id,
                         .client_id = str_of(client_id),
                         .text = str_of(text),
                         .guard_seen = seen,
                         .guard_seen_n = n};
}

static void what_was_asked_decides(void **state)
{
    Desk *d = *state;
    int64_t id = desk_said(d, desk_visitor(d, &d->web), "我要开发票怎么开？").id;
    OK(desk_take(d, d->bo, id, false));
    ServiceSend m = say(id, "i1", "您好，请问有什么可以帮您", NULL, 0);
    REFUSED(desk_send(d, d->bo, &m), ERR_CONFLICT, "guard.hit");
    assert_true(hit(&m, "ignored"));
    assert_int_equal(m.level, ASSIST_WARN);
    m = say(id, "i2", "可以开的，您把抬头发我，我马上开", NULL, 0);
    OK(desk_send(d, d->bo, &m));
    /* after an answer the same words are courtesy */
    m = say(id, "i3", "还有其他可以帮您的吗", NULL, 0);
    OK(desk_send(d, d->bo, &m));
    m = say(id, "i4", "还有其他可以帮您的吗，随时叫我就好", NULL, 0);
    OK(desk_send(d, d->bo, &m));
    m = say(id, "i5", "还有其他可以帮您的吗，随时叫我就好", NULL, 0);
    REFUSED(desk_send(d, d->bo, &m), ERR_CONFLICT, "guard.hit");
    assert_true(hit(&m, "repeated_template"));
}

/* The same client_id again is no second saying, whatever the rules say by now. */
static void a_message_sent_again_is_not_judged_again(void **state)
{
    Desk *d = *state;
    int64_t id = desk_said(d, desk_visitor(d, &d->web), "今天能发吗").id;
    OK(desk_take(d, d->bo, id, false));
    ServiceSend m = say(id, "r1", "今天下午三点前从仓库发出，单号我发您", NULL, 0);
    OK(desk_send(d, d->bo, &m));
    m = say(id, "r1", "今天下午三点前从仓库发出，单号我发您", NULL, 0);
    OK(desk_send(d, d->bo, &m));
    assert_true(m.again && m.hit_n == 0);
    m = say(id, "r2", "今天下午三点前从仓库发出，单号我发您", NULL, 0);
    REFUSED(desk_send(d, d->bo, &m), ERR_CONFLICT, "guard.hit");
}

static void a_phone_number_that_the_customer_gave(void **state)
{
    Desk *d = *state;
    int64_t id = desk_said(d, desk_visitor(d, &d->web), "电话改成 13800138000").id;
    OK(desk_take(d, d->bo, id, false));
    ServiceSend m = say(id, "p1", "13900001111 这个对吧", NULL, 0);
    REFUSED(desk_send(d, d->bo, &m), ERR_CONFLICT, "guard.hit");
    assert_true(hit(&m, "privacy"));
    m = say(id, "p2", "13800138000 已经改好了", NULL, 0);
    OK(desk_send(d, d->bo, &m));
}

static void approval_is_a_supervisors(void **state)
{
    Desk *d = *state;
    const Str seen[] = {STR("beyond_policy")};
    int64_t id = desk_said(d, desk_visitor(d, &d->web), "便宜点吧").id;
    OK(desk_take(d, d->bo, id, false));
    ServiceSend m = say(id, "a1", "给您免单", seen, 1);
    REFUSED(desk_send(d, d->bo, &m), ERR_CONFLICT, "guard.hit");
    assert_int_equal(m.level, ASSIST_APPROVE);
    assert_true(hit(&m, "beyond_policy"));
    m = say(id, "a2", "给您免单", NULL, 0); /* a supervisor too looks twice */
    REFUSED(desk_send(d, d->sue, &m), ERR_CONFLICT, "guard.hit");
    m = say(id, "a2", "给您免单", seen, 1);
    OK(desk_send(d, d->sue, &m));
    assert_true(str_find(m.message.extra, STR("beyond_policy")) >= 0);
}

static void effect_of(Desk *d, const char *rules, ServiceGuardEffect *ret)
{
    const ServiceShop *shop;
    ErrSlot e = {0};
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = d->sue;
    OK(service_shop(d->service, &d->c, &shop));
    AssistGuard *own = rules ? assist_guard_create(str_of(rules), &e) : NULL;
    OK(service_guard_effect(d->service, &d->c, shop, own ? own : shop->guard, ret));
    assist_guard_destroy(own);
}

static void the_last_days_are_counted(void **state)
{
    Desk *d = *state;
    ServiceGuardEffect e;
    effect_of(d, NULL, &e);
    assert_true(e.whole && e.messages == 0 && e.hit == 0 && e.rule_n == 0);
    int64_t old = desk_said(d, desk_visitor(d, &d->web), "能便宜吗").id;
    OK(desk_take(d, d->bo, old, false));
    const Str seen[] = {STR("absolute_term"), STR("blunt_refusal")};
    ServiceSend m = say(old, "o1", "这是最便宜的", seen, 2);
    OK(desk_send(d, d->bo, &m));
    d->now += INT64_C(8) * 86400000;
    int64_t id = desk_said(d, desk_visitor(d, &d->web), "能便宜吗").id;
    OK(desk_take(d, d->bo, id, false));
    m = say(id, "n1", "这是最便宜的，不行", seen, 2);
    OK(desk_send(d, d->bo, &m));
    m = say(id, "n2", "我去问一下店长", seen, 2);
    OK(desk_send(d, d->bo, &m));
    m = (ServiceSend){.conversation_id = id,
                      .client_id = STR("n3"),
                      .kind = STR("note"),
                      .text = STR("这是最便宜的")};
    OK(desk_send(d, d->bo, &m)); /* notes are among colleagues */
    effect_of(d, NULL, &e);
    assert_true(e.whole);
    assert_int_equal(e.conversations, 1); /* the other one is eight days old */
    assert_int_equal(e.messages, 2);
    assert_int_equal(e.hit, 1);
    assert_int_equal(e.stopped, 0);
    assert_int_equal(e.rule_n, 2);
    for (size_t i = 0; i < e.rule_n; i++) {
        assert_int_equal(e.rules[i].messages, 1);
        assert_int_equal(e.rules[i].example_n, 1);
        assert_true(e.rules[i].examples[0].conversation_id == id);
        assert_str(e.rules[i].examples[0].text, "这是最便宜的，不行");
    }
    /* rules that are not in force yet */
    effect_of(d,
              "{\"items\":[{\"id\":\"x\",\"level\":\"block\",\"words\":[\"店长\"],"
              "\"message\":\"m\"}]}",
              &e);
    assert_int_equal(e.rule_n, 1);
    assert_int_equal(e.stopped, 1);
    assert_str(e.rules[0].rule, "x");
    assert_int_equal(e.rules[0].examples[0].seq, 4);
    assert_int_equal(e.rules[0].examples[0].start, 5);
    /* another shop's talk is none of this one's */
    d->sue.shop_id = d->b;
    effect_of(d, NULL, &e);
    assert_int_equal(e.messages, 0);
}

/* A conversation that cannot be read: the words alone decide, and nothing is refused for it. */
static void a_fault_in_reading_holds_nobody_up(void **state)
{
    Desk *d = *state;
    const ServiceShop *shop;
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = d->bo;
    OK(service_shop(d->service, &d->c, &shop));
    Str clean = STR("今天下午发出"), bad = STR("滚开");
    assert_int_equal(service_guard_check(d->service, &d->c, shop, 4711, clean, hits), 0);
    assert_null(d->c.err.code);
    assert_int_equal(service_guard_check(d->service, &d->c, shop, 4711, bad, hits), 1);
    assert_int_equal(hits[0].level, ASSIST_BLOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(what_was_asked_decides),
        DESK_TEST(a_message_sent_again_is_not_judged_again),
        DESK_TEST(a_phone_number_that_the_customer_gave),
        DESK_TEST(approval_is_a_supervisors),
        DESK_TEST(the_last_days_are_counted),
        DESK_TEST(a_fault_in_reading_holds_nobody_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
