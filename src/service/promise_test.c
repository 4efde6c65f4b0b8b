/* SPDX-License-Identifier: Apache-2.0 */
/* Promises of a shop with working hours: the same clock as the desk's own. */
#include "service/internal.h"
#include "service/test_desk.h"

enum { HOUR = 3600000 };

typedef struct {
    const char *text, *due;
    int64_t to_ms; /* 0: no instant */
} Case;

static size_t found(Desk *d, const char *text, ServicePromise *ret)
{
    const ServiceShop *shop;
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = d->bo;
    OK(service_shop(d->service, &d->c, &shop));
    return service_promises(d->service, &d->c, shop, NULL, 0, str_of(text), ret);
}

static void check(Desk *d, const Case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ServicePromise p[NLU_PROMISE_MAX];
        assert_int_equal(found(d, cases[i].text, p), 1);
        assert_true(str_is(p[0].said.due, cases[i].due));
        assert_int_equal(p[0].known, cases[i].to_ms != 0);
        if (p[0].known)
            assert_int_equal(p[0].at.to_ms, cases[i].to_ms);
        else
            assert_true(p[0].at.to_ms == NLU_TIME_NEVER);
    }
}

/* Friday 27 November 2026, 17:00 in Shanghai; Monday to Friday from nine to six. */
static void working_hours(void **state)
{
    Desk *d = *state;
    const int64_t friday = INT64_C(1795770000000);
    d->now = friday;
    desk_setting(
        d, "hours",
        "{\"timezone\":\"Asia/Shanghai\",\"week\":[[{\"from\":\"09:00\",\"to\":\"18:00\"}],"
        "[{\"from\":\"09:00\",\"to\":\"18:00\"}],[{\"from\":\"09:00\",\"to\":\"18:00\"}],"
        "[{\"from\":\"09:00\",\"to\":\"18:00\"}],[{\"from\":\"09:00\",\"to\":\"18:00\"}],"
        "[],[]],\"breaks\":[],\"holidays\":[{\"date\":\"2026-11-30\",\"open\":[]}]}");
    static const Case cases[] = {
        {"今天下班前给您回电", "今天下班前", INT64_C(1795770000000) + HOUR},
        {"24小时内给您答复", "24小时内", INT64_C(1795770000000) + 24 * HOUR},
        {"两个工作小时内给您答复", "两个工作小时内", INT64_C(1795770000000) + 89 * HOUR},
        {"一个工作日内给您退款", "一个工作日内", INT64_C(1795770000000) + 97 * HOUR},
        {"尽快给您安排", "尽快", 0},
        {"收到货后给您退款", "收到货后", 0},
    };
    check(d, cases, sizeof cases / sizeof cases[0]);
}

static void always_open(void **state)
{
    Desk *d = *state;
    d->now = INT64_C(1795770000000);
    static const Case cases[] = {
        {"今天之内给您发货", "今天之内", INT64_C(1795770000000) + 7 * HOUR - 1},
        {"一个工作日内给您退款", "一个工作日内", INT64_C(1795770000000) + 79 * HOUR - 1},
    };
    check(d, cases, sizeof cases / sizeof cases[0]);
    ServicePromise p[NLU_PROMISE_MAX];
    assert_int_equal(found(d, "一般三天左右到货", p), 0);
}

typedef struct {
    int64_t id;
    NluTurn turns[NLU_PROMISE_CONTEXT];
    size_t n;
} Asked;

static Err read_asked(Ctx *c, void *arg)
{
    Asked *a = arg;
    return service_promise_asked(c, a->id, a->turns, &a->n);
}

/* A bare time answers the customer's question; after an answer it is only a time. */
static void what_was_asked(void **state)
{
    Desk *d = *state;
    d->now = INT64_C(1795770000000);
    Actor v = desk_visitor(d, &d->web);
    Asked a = {.id = desk_said(d, v, "在吗").id};
    desk_said(d, v, "什么时候发货");
    OK(desk_take(d, d->bo, a.id, false));
    OK(desk_read(d, d->bo, read_asked, &a));
    assert_int_equal(a.n, 2);
    assert_str(a.turns[0].text, "在吗");
    assert_str(a.turns[1].text, "什么时候发货");
    const ServiceShop *shop;
    ServicePromise p[NLU_PROMISE_MAX];
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    d->c.actor = d->bo;
    OK(service_shop(d->service, &d->c, &shop));
    assert_int_equal(service_promises(d->service, &d->c, shop, a.turns, a.n, STR("明天上午"), p),
                     1);
    assert_true(p[0].known && p[0].at.to_ms == INT64_C(1795770000000) + 19 * HOUR);
    desk_answer(d, d->bo, a.id, "明天上午");
    OK(desk_read(d, d->bo, read_asked, &a));
    assert_int_equal(a.n, 0);
    a.id = 12345;
    REFUSED(desk_read(d, d->bo, read_asked, &a), ERR_NOT_FOUND, "conversation.unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {DESK_TEST(working_hours), DESK_TEST(always_open),
                                       DESK_TEST(what_was_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
