/* SPDX-License-Identifier: Apache-2.0 */
/* Followers: each event once and in order, whatever fails or dies; what cannot be taken is parked.
 */
#include "store/test_store.h"

#include "sql/follower.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAIT_MS = 15000 };

typedef struct {
    int64_t last_seq; /* the steps see events in order */
    int64_t poison;   /* this seq always fails */
    int fail_times;   /* so many steps fail, then none */
    Err fail_with;
    bool out_of_order;
    _Atomic int calls, stepped;
} Follow;

static Err step(Ctx *c, void *arg)
{
    const StoreFollowerBatch *batch = arg;
    Follow *f = batch->user;
    atomic_fetch_add(&f->calls, 1);
    if (f->fail_times > 0) {
        f->fail_times--;
        return ctx_err(c, f->fail_with, "test.failed", "not now");
    }
    for (size_t i = 0; i < batch->n; i++) {
        const StoreEvent *ev = &batch->events[i];
        assert_true(str_is(ev->kind, "note.added.1"));
        /* a step may run again after a failure, but never skips forward past what it has not taken
         */
        if (ev->seq > f->last_seq + 1)
            f->out_of_order = true;
        if (ev->seq == f->last_seq + 1)
            f->last_seq = ev->seq;
        /* the primary key refuses an event that counts twice */
        Err err = store_exec(c, &NOTE_PUT, BINDS(i64(ev->seq), text(ev->kind)), NULL);
        if (err)
            return err;
        if (ev->seq == f->poison)
            return ctx_err(c, ERR_INTERNAL, "test.poison", "cannot take %d", (int)ev->seq);
    }
    return ERR_OK;
}

static void stepped(Ctx *c, void *user)
{
    assert_null(c->tx);
    atomic_fetch_add(&((Follow *)user)->stepped, 1);
}

static void start(TestStore *t, Follow *f, size_t batch)
{
    StoreFollower list[] = {
        {.name = "notes", .batch = batch, .step = step, .user = f, .stepped = stepped}};
    ErrSlot e = {0};
    if (store_followers_start(t->store, list, 1, &e) != ERR_OK)
        fail_msg("%s", e.text);
}

static Err read_lag(Ctx *c, void *arg)
{
    return store_follower_lag(c, "notes", arg);
}

static int64_t lag(TestStore *t)
{
    TestCtx x = test_ctx(t);
    int64_t n = -1;
    if (store_read(t->store, x.c, read_lag, &n) != ERR_OK)
        fail_msg("%s", x.c->err.text);
    test_ctx_end(&x);
    return n;
}

static void catch_up(TestStore *t)
{
    for (int waited = 0; lag(t) != 0; waited += 10) {
        assert_true(waited < WAIT_MS);
        test_sleep_ms(10);
    }
}

static void each_event_once_in_order(void **state)
{
    TestStore *t = *state;
    Follow f = {0};
    test_events(t, 1, 250); /* before it starts */
    assert_int_equal(lag(t), 250);
    start(t, &f, 100);
    catch_up(t);
    for (int64_t seq = 251; seq <= 400; seq += 10)
        test_events(t, seq, seq + 9);
    catch_up(t);
    assert_int_equal(test_number(t, &NOTE_COUNT), 400);
    assert_false(f.out_of_order);
    assert_int_equal(test_number(t, &FOLLOWER_PARKED), 0);
    assert_true(atomic_load(&f.stepped) >= 3);
}

static void an_event_wakes_it(void **state)
{
    TestStore *t = *state;
    Follow f = {0};
    start(t, &f, 100);
    test_sleep_ms(100); /* asleep now, for a second */
    test_events(t, 1, 1);
    int waited = 0;
    while (lag(t) != 0 && waited < 700) {
        test_sleep_ms(5);
        waited += 5;
    }
    assert_true(waited < 500);
}

static void it_goes_on_where_it_was(void **state)
{
    TestStore *t = *state;
    Follow f = {0};
    test_events(t, 1, 30);
    start(t, &f, 7);
    catch_up(t);
    store_close(t->store);
    t->store = NULL;
    test_store_open(t);
    test_events(t, 31, 60);
    start(t, &f, 7);
    catch_up(t);
    assert_int_equal(test_number(t, &NOTE_COUNT), 60);
    assert_false(f.out_of_order);
    assert_int_equal(test_number(t, &FOLLOWER_PARKED), 0);
}

static void a_bad_event_is_parked(void **state)
{
    TestStore *t = *state;
    Follow f = {.poison = 13};
    test_events(t, 1, 40);
    start(t, &f, 20);
    catch_up(t);
    assert_int_equal(test_number(t, &NOTE_COUNT), 39);
    assert_int_equal(test_number(t, &FOLLOWER_PARKED), 1);
    ErrSlot e = {0};
    TestCtx x = test_ctx(t);
    Str report;
    Err err = store_check(t->store, &e, x.arena, &report);
    (void)err; /* the tables of other rooms are not there */
    assert_true(str_find(report, STR("\"parked_events\":1")) >= 0);
    assert_true(str_find(report, STR("test.poison")) >= 0);
    test_ctx_end(&x);
}

static void a_passing_failure_parks_nothing(void **state)
{
    TestStore *t = *state;
    Follow f = {.fail_times = 3, .fail_with = ERR_INTERNAL};
    test_events(t, 1, 10);
    start(t, &f, 20);
    catch_up(t);
    assert_int_equal(test_number(t, &NOTE_COUNT), 10);
    assert_int_equal(test_number(t, &FOLLOWER_PARKED), 0);
}

static void a_failing_disk_parks_nothing(void **state)
{
    TestStore *t = *state;
    Follow f = {.fail_times = 7, .fail_with = ERR_STORAGE};
    test_events(t, 1, 1);
    start(t, &f, 20);
    catch_up(t);
    assert_int_equal(test_number(t, &NOTE_COUNT), 1);
    assert_int_equal(test_number(t, &FOLLOWER_PARKED), 0);
}

/* ---- killed in the middle of a step ---- */
typedef struct {
    TestStore *t;
    char fault[32];
} Child;

static void follow_and_die(int to_parent, void *arg)
{
    Child *k = arg;
    (void)to_parent;
    setenv("ZHIXIN_FAULT", k->fault, 1);
    test_store_open(k->t);
    Follow f = {0};
    f.last_seq = test_number(k->t, &NOTE_COUNT);
    start(k->t, &f, 10);
    test_sleep_ms(20000);
}

static void killed_in_a_step_it_counts_once(void **state)
{
    TestStore *t = *state;
    test_events(t, 1, 100);
    store_close(t->store);
    t->store = NULL;
    Child child = {.t = t};
    int64_t none[1];
    for (int nth = 1; nth <= 5; nth += 2) {
        snprintf(child.fault, sizeof child.fault, "mid_follower:%d", nth);
        test_child(follow_and_die, &child, none, 1);
    }
    test_store_open(t);
    int64_t taken = test_number(t, &NOTE_COUNT);
    assert_int_equal(taken, 0 + 2 * 10 + 4 * 10); /* the n-th step of each was lost, not the rest */
    assert_int_equal(lag(t), 100 - taken);
    Follow f = {.last_seq = taken};
    start(t, &f, 10);
    catch_up(t);
    assert_int_equal(test_number(t, &NOTE_COUNT), 100);
    assert_false(f.out_of_order);
    assert_int_equal(test_number(t, &FOLLOWER_PARKED), 0);
}

typedef struct {
    bool first, second, renewed;
} Leases;

static Err take_leases(Ctx *c, void *arg)
{
    Leases *l = arg;
    Store *s = c->tx->conn->store;
    Err err = store_lease_take(c, "job", 60000, &l->first);
    char mine = s->holder[0];
    s->holder[0] = '#'; /* as another process */
    if (!err)
        err = store_lease_take(c, "job", 60000, &l->second);
    s->holder[0] = mine;
    if (!err)
        err = store_lease_take(c, "job", 1, &l->renewed);
    return err;
}

static Err take_late(Ctx *c, void *arg)
{
    Leases *l = arg;
    Store *s = c->tx->conn->store;
    char mine = s->holder[0];
    s->holder[0] = '#';
    Err err = store_lease_take(c, "job", 60000, &l->second);
    s->holder[0] = mine;
    return err;
}

static void a_lease_has_one_holder(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    Leases l = {0};
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, take_leases, &l), ERR_OK);
    assert_true(l.first);
    assert_false(l.second);
    assert_true(l.renewed);
    x.c->now_ms += 5; /* it has ended */
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, take_late, &l), ERR_OK);
    assert_true(l.second);
    test_ctx_end(&x);
}

int main(void)
{
#define FOLLOWER_TEST(name)                                                                        \
    cmocka_unit_test_setup_teardown(name, test_note_setup, test_store_teardown)
    const struct CMUnitTest tests[] = {
        FOLLOWER_TEST(each_event_once_in_order),        FOLLOWER_TEST(an_event_wakes_it),
        FOLLOWER_TEST(it_goes_on_where_it_was),         FOLLOWER_TEST(a_bad_event_is_parked),
        FOLLOWER_TEST(a_passing_failure_parks_nothing), FOLLOWER_TEST(a_failing_disk_parks_nothing),
        FOLLOWER_TEST(killed_in_a_step_it_counts_once), FOLLOWER_TEST(a_lease_has_one_holder),
    };
    return cmocka_run_group_tests_name("store/follower", tests, NULL, NULL);
}
