/* SPDX-License-Identifier: Apache-2.0 */
/* Closing, reopening, merging; settings in force; the timers of a running store; the demo shop. */
#include "service/internal.h"
#include "service/test_desk.h"

#include "accounts/setting.h"
#include "base/clock.h"
#include "desk/script.h"

#include <stdatomic.h>
#include <time.h>

typedef struct {
    Desk *d;
    int64_t id, into;
    Str reason, note;
    DeskConversation row;
    DeskScript script;
    const ServiceShop *shop;
} Arg;

static Err close_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_staff_close(a->d->service, c, a->id, a->reason, a->note, &a->row);
}
static Err reopen_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_staff_reopen(a->d->service, c, a->id, &a->row);
}
static Err merge_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_staff_merge(a->d->service, c, a->id, a->into, &a->row);
}

static void close_and_reopen(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    Arg a = {.d = d, .id = id};
    REFUSED(desk_write(d, d->bo, close_run, &a), ERR_DENIED, "conversation.not_mine");
    OK(desk_take(d, d->bo, id, false));
    REFUSED(desk_write(d, d->ben, close_run, &a), ERR_DENIED, "conversation.not_mine");
    a.reason = STR("spam");
    a.note = STR("广告");
    OK(desk_write(d, d->bo, close_run, &a));
    assert_str(a.row.status, "closed");
    assert_str(a.row.close_reason, "spam");
    assert_int_equal(a.row.closed_at, d->now);
    size_t n;
    DeskMessage *m = desk_messages(d, id, &n);
    assert_str(m[n - 2].kind, "note");
    assert_str(m[n - 1].body, "conversation.closed");
    OK(desk_write(d, d->sue, close_run, &a)); /* closed already: done, nothing added */
    assert_int_equal(desk_lines(d, id, "conversation.closed"), 1);
    /* reopened by somebody: it is theirs */
    OK(desk_write(d, d->ben, reopen_run, &a));
    assert_int_equal(a.row.assignee_id, d->ben.user_id);
    assert_int_equal(desk_lines(d, id, "conversation.reopened"), 1);
    REFUSED(desk_write(d, d->ben, reopen_run, &a), ERR_CONFLICT, "conversation.open");
    /* a newer talk of the same customer goes first */
    OK(desk_write(d, d->ben, close_run, &a));
    d->now += DESK_REOPEN_MS + 1;
    int64_t newer = desk_said(d, v, "又来了").id;
    assert_int_not_equal(newer, id);
    REFUSED(desk_write(d, d->ben, reopen_run, &a), ERR_CONFLICT, "conversation.newer");
}

static void visitors_lines(void **state)
{
    Desk *d = *state;
    desk_status(d, d->bo, "online");
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    Arg a = {.d = d, .id = id};
    OK(desk_write(d, d->bo, close_run, &a));
    bool seen = false;
    for (const CtxWake *w = d->c.wakes; w; w = w->next)
        if (w->kind == DESK_WAKE_MESSAGE)
            seen |= ((const DeskPush *)w->data)->visible_to_visitor;
    assert_true(seen);
    desk_said(d, v, "还有事");
    desk_status(d, d->bo, "offline");
    for (const CtxWake *w = d->c.wakes; w; w = w->next)
        if (w->kind == DESK_WAKE_MESSAGE) /* that it went back to the queue is the desk's affair */
            assert_false(((const DeskPush *)w->data)->visible_to_visitor);
    assert_true(desk_woken(d, DESK_WAKE_MESSAGE) > 0);
}

typedef struct {
    int64_t from, into;
} CustomerMerge;
static Err customer_merge_run(Ctx *c, void *arg)
{
    CustomerMerge *m = arg;
    return desk_customer_merge(c, m->from, m->into);
}

static void merging(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->app);
    DeskConversation from = desk_said(d, v, "你好");
    ServiceSend same;
    OK(desk_say(d, v, "same", "气死我了，我的快递呢！", &same));
    d->now += 4000;
    DeskConversation into = desk_said(d, w, "在吗");
    OK(desk_say(d, w, "same", "在吗在吗", &same));
    OK(desk_take(d, d->bo, into.id, false));
    desk_answer(d, d->bo, into.id, "您好");
    assert_str(desk_row(d, into.id).status, "waiting");
    Arg a = {.d = d, .id = from.id, .into = into.id};
    REFUSED(desk_write(d, d->bo, merge_run, &a), ERR_DENIED, "role.denied");
    REFUSED(desk_write(d, d->sue, merge_run, &a), ERR_CONFLICT, "conversation.other_customer");
    CustomerMerge cm = {from.customer_id, into.customer_id};
    OK(desk_write(d, d->sue, customer_merge_run, &cm));
    int64_t before = desk_row(d, into.id).last_seq;
    OK(desk_write(d, d->sue, merge_run, &a));
    assert_int_equal(a.row.id, into.id);
    assert_int_equal(a.row.last_seq, before + 2 + 1);
    assert_int_equal(desk_lines(d, into.id, "conversation.merged"), 1); /* and gapless */
    assert_str(a.row.status, "open"); /* the other talk's customer was waiting */
    assert_str(a.row.clock_kind, "greeting");
    assert_int_equal(a.row.clock_started_at, from.clock_started_at);
    assert_int_equal(a.row.unread, 2);
    assert_int_equal(a.row.priority, 1); /* strong anger comes along */
    size_t n;
    DeskMessage *m = desk_messages(d, into.id, &n);
    size_t with_id = 0;
    for (size_t i = 0; i < n; i++)
        with_id += str_is(m[i].client_id, "same");
    assert_int_equal(with_id, 1); /* both had it: one keeps it */
    DeskConversation gone = desk_row(d, from.id);
    assert_str(gone.status, "closed");
    assert_int_equal(gone.merged_into, into.id);
    assert_int_equal(desk_rounds(d, from.id), 0);
    assert_int_equal(desk_rounds(d, into.id), 2);
    d->now += 1000;
    desk_answer(d, d->bo, into.id, "都看到了");
    assert_int_equal(desk_row(d, into.id).clock_kind.n, 0);
    /* not again, not into itself */
    REFUSED(desk_write(d, d->sue, merge_run, &a), ERR_CONFLICT, "conversation.closed");
    a.into = from.id;
    REFUSED(desk_write(d, d->sue, merge_run, &a), ERR_CONFLICT, "conversation.same");
    REFUSED(desk_write(d, d->sue, reopen_run, &a), ERR_CONFLICT, "conversation.merged");
}

/* ---- settings ---- */
static Err shop_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_shop(a->d->service, c, &a->shop);
}
static const ServiceShop *shop_of(Desk *d)
{
    Arg a = {.d = d};
    OK(desk_read(d, d->bo, shop_run, &a));
    return a.shop;
}
static Err script_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return desk_script_put(c, &a->script, a->script.version - 1);
}
static Str fact(const ServiceShop *shop, const char *name)
{
    const AssistFact *f = assist_fact(shop->facts, shop->fact_n, str_of(name));
    return f ? f->value : STR_NONE;
}

static void settings_in_force(void **state)
{
    Desk *d = *state;
    const ServiceShop *before = shop_of(d);
    assert_int_equal(before->hours_version, 0);
    assert_true(hours_open_at(before->rules.hours, d->now));
    assert_int_equal(before->rules.greeting_ms, 15000);
    assert_int_equal(before->rules.reply_ms, 20000);
    assert_int_equal(before->rules.warning_ms, 5000);
    assert_str(fact(before, "shop.name"), "Shop A");
    assert_str(fact(before, "shop.hours"), "全天");
    assert_ptr_equal(shop_of(d), before); /* read once */
    desk_setting(
        d, "hours",
        "{\"timezone\":\"Asia/Shanghai\",\"week\":[[{\"from\":\"09:00\",\"to\":\"12:00\"},{"
        "\"from\":\"13:00\",\"to\":\"18:00\"}],[{\"from\":\"09:00\",\"to\":\"12:00\"},{"
        "\"from\":\"13:00\",\"to\":\"18:00\"}],[],[],[],[],[{\"from\":\"10:00\",\"to\":\"24:00\"}]"
        "]}");
    const ServiceShop *after = shop_of(d);
    assert_int_equal(after->hours_version, 1);
    assert_str(fact(after, "shop.hours"), "周一至周二 09:00-12:00、13:00-18:00，周日 10:00-24:00");
    /* who still holds the old one may go on with it */
    assert_str(fact(before, "shop.hours"), "全天");
    Str when = service_promise_time(d->arena, (const ServiceSnapshot *)(const void *)after,
                                    DESK_NOW + INT64_C(119) * 60000); /* 11:59 */
    assert_str(when, "今天 13:30");
    when = service_promise_time(d->arena, (const ServiceSnapshot *)(const void *)after,
                                DESK_NOW + INT64_C(9) * 3600000);
    assert_str(when, "9 月 27 日 10:30");
    /* what cannot be read is replaced by the default: chat goes on */
    desk_setting(d, "hours", "{\"timezone\":\"Nowhere/None\"}");
    desk_setting(d, "sla", "{\"greeting_ms\":-5,\"reply_ms\":\"x\"}");
    desk_setting(d, "guard", "{\"items\":[{\"id\":1}]}");
    const ServiceShop *broken = shop_of(d);
    assert_true(hours_open_at(broken->rules.hours, d->now));
    assert_int_equal(broken->rules.greeting_ms, 15000);
    assert_int_equal(broken->rules.reply_ms, 20000);
    assert_non_null(broken->guard);
}

static void shop_scripts(void **state)
{
    Desk *d = *state;
    const ServiceShop *shop = shop_of(d);
    size_t builtin = assist_library_count(shop->scripts);
    assert_true(builtin >= 640); /* a new shop has the whole library */
    Arg a = {
        .d = d,
        .script = {
            .id = STR("own.1"),
            .version = 1,
            .active = true,
            .body = STR("{\"id\":\"own.1\",\"version\":\"1\",\"title\":\"自己的\",\"situation\":"
                        "\"s\",\"stage\":[],\"intents\":[],\"emotions\":[],\"rules\":[],\"step\":"
                        "\"answer\",\"facts\":[],\"text\":\"好的\",\"variants\":[]}")}};
    OK(desk_write(d, d->sue, script_run, &a));
    /* one built-in taken away, by its id */
    a.script =
        (DeskScript){.id = STR("greet.first"), .version = 1, .active = false, .body = STR("{}")};
    OK(desk_write(d, d->sue, script_run, &a));
    service_shop_forget(d->service, d->a);
    shop = shop_of(d);
    assert_int_equal(assist_library_count(shop->scripts), builtin);
    assert_non_null(assist_library_find(shop->scripts, STR("own.1")));
    assert_null(assist_library_find(shop->scripts, STR("greet.first")));
    assert_int_equal(shop->scripts_version, 2);
}

/* Eight threads read while the settings change: everybody has a whole one. */
enum { READERS = 8 };
typedef struct {
    Desk *d;
    pthread_t thread;
    bool fine;
} Reader;
static void *read_shops(void *arg)
{
    Reader *r = arg;
    Arena *arena = arena_create(32 << 20);
    r->fine = true;
    for (size_t i = 0; i < 60; i++) {
        Ctx c;
        Arg a = {.d = r->d};
        ctx_init(&c, arena, store_ids(r->d->store), DESK_NOW);
        c.actor = r->d->bo;
        r->fine &= store_read(r->d->store, &c, shop_run, &a) == ERR_OK &&
                   str_is(fact(a.shop, "shop.name"), "Shop A") &&
                   a.shop->rules.greeting_ms == 10000 + a.shop->sla_version;
        arena_reset(arena);
    }
    arena_destroy(arena);
    return NULL;
}
static void settings_change_under_readers(void **state)
{
    Desk *d = *state;
    Reader r[READERS];
    desk_setting(d, "sla", "{\"greeting_ms\":10001}");
    for (size_t i = 0; i < READERS; i++) {
        r[i] = (Reader){.d = d};
        assert_int_equal(pthread_create(&r[i].thread, NULL, read_shops, &r[i]), 0);
    }
    for (int v = 2; v < 12; v++) {
        Str json = str_fmt(d->arena, "{\"greeting_ms\":%d}", 10000 + v);
        desk_setting(d, "sla", str_c(d->arena, json));
    }
    for (size_t i = 0; i < READERS; i++) {
        pthread_join(r[i].thread, NULL);
        assert_true(r[i].fine);
    }
    /* a reader that took longer than the moment after a change may have left an older one behind */
    int64_t ms = 0;
    for (int i = 0; i < 300 && ms != 10011; i++) {
        ms = shop_of(d)->rules.greeting_ms;
        if (ms != 10011)
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_int_equal(ms, 10011);
}

/* A transaction that began before the change reads the old settings after it: they do not stay. */
typedef struct {
    Desk *d;
    _Atomic int step;
    Str before, after;
} Late;
static Err late_run(Ctx *c, void *arg)
{
    Late *l = arg;
    AccountsSetting set;
    Err err = accounts_setting_get(c, STR("sla"), &set); /* the snapshot of this transaction */
    l->before = set.value;
    atomic_store(&l->step, 1);
    for (int i = 0; i < 500 && atomic_load(&l->step) < 2; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    const ServiceShop *shop;
    return err ? err : service_shop(l->d->service, c, &shop);
}
static void *read_late(void *arg)
{
    Late *l = arg;
    Arena *arena = arena_create(32 << 20);
    Ctx c;
    ctx_init(&c, arena, store_ids(l->d->store), DESK_NOW);
    c.actor = l->d->bo;
    if (store_read(l->d->store, &c, late_run, l))
        atomic_store(&l->step, 9);
    arena_destroy(arena);
    return NULL;
}
static void late_reader_leaves_nothing_stale(void **state)
{
    Desk *d = *state;
    Late l = {.d = d};
    pthread_t thread;
    desk_setting(d, "sla", "{\"greeting_ms\":11000}");
    assert_int_equal(pthread_create(&thread, NULL, read_late, &l), 0);
    for (int i = 0; i < 500 && atomic_load(&l.step) < 1; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    desk_setting(d, "sla", "{\"greeting_ms\":12000}");
    assert_int_equal(shop_of(d)->rules.greeting_ms, 12000); /* at once for who asks after it */
    nanosleep(&(struct timespec){.tv_nsec = 600000000}, NULL);
    atomic_store(&l.step, 2);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&l.step), 2);
    int64_t ms = 0;
    for (int i = 0; i < 300 && ms != 12000; i++) {
        ms = shop_of(d)->rules.greeting_ms;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    assert_int_equal(ms, 12000);
}

/* ---- for real ---- */
static void publish(Ctx *c, void *user)
{
    _Atomic int *late = user;
    for (const CtxWake *w = c->wakes; w; w = w->next)
        if (w->kind == DESK_WAKE_SLA)
            atomic_fetch_add(late, ((const DeskPush *)w->data)->late ? 100 : 1);
}

static void timers_run(void **state)
{
    Desk *d = *state;
    _Atomic int heard = 0;
    d->now = clock_wall_ms();
    desk_setting(d, "sla", "{\"greeting_ms\":2000,\"warning_ms\":1500}");
    desk_socket(d, d->bo, true);
    ErrSlot e = {0};
    assert_int_equal(service_start(d->service, publish, &heard, &e), ERR_OK);
    assert_true(desk_agent_row(d, d->bo.user_id).gone_at > 0); /* the last process's sockets */
    d->now = clock_wall_ms();
    Actor v = desk_visitor(d, &d->web);
    int64_t id = desk_said(d, v, "你好").id;
    for (int i = 0; i < 500 && atomic_load(&heard) < 101; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(atomic_load(&heard), 101); /* one warning, one late */
    assert_true(desk_round(d, id, 0).late);
    assert_str(desk_round(d, id, 0).reason, "queue");
}

static void demo_shop(void **state)
{
    Desk *d = *state;
    ErrSlot e = {0};
    assert_int_equal(service_demo(d->service, &e), ERR_OK);
    assert_int_equal(service_demo(d->service, &e), ERR_OK); /* idempotent */
    ServiceSession ss = {.channel_key = STR("demo")};
    OK(desk_session(d, &ss));
    assert_true(ss.open);
    assert_str(ss.channel.name, "知心小店");
    Arg a = {.d = d};
    Actor v = {.role = ROLE_VISITOR, .shop_id = ss.channel.shop_id};
    OK(desk_read(d, v, shop_run, &a));
    assert_true(fact(a.shop, "shop.ship_time").n > 0);
}

/* Known passwords have no place beside real customers. */
static void no_demo_beside_customers(void **state)
{
    Desk *d = *state;
    ErrSlot e = {0};
    assert_int_equal(service_demo(d->service, &e), ERR_CONFLICT);
    assert_string_equal(e.code, "setup.done");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(close_and_reopen),
        DESK_TEST(visitors_lines),
        DESK_TEST(merging),
        DESK_TEST(settings_in_force),
        DESK_TEST(shop_scripts),
        DESK_TEST(settings_change_under_readers),
        DESK_TEST(late_reader_leaves_nothing_stale),
        DESK_TEST(timers_run),
        cmocka_unit_test_setup_teardown(demo_shop, desk_setup_empty, desk_teardown),
        DESK_TEST(no_demo_beside_customers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
