/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: fired once and in time, set anew, cleared, tried again, kept over a restart. */
#include "store/test_store.h"

#include "base/clock.h"
#include "sql/timer.h"

enum { FOUND_MAX = 200, WAIT_MS = 8000, TEST_WAKE = 7 };

typedef struct {
    pthread_mutex_t mutex;
    int fired_n, committed, failures_left;
    int64_t subjects[FOUND_MAX], data[FOUND_MAX];
    bool again; /* sets itself once more */
} Seen;

static Err fire(Ctx *c, void *arg)
{
    const StoreTimerFire *f = arg;
    Seen *seen = f->user;
    assert_int_equal(c->actor.role, ROLE_SYSTEM);
    assert_true(f->timer.due_at_ms <= c->now_ms);
    pthread_mutex_lock(&seen->mutex);
    bool fails = seen->failures_left > 0;
    bool again = seen->again;
    seen->failures_left -= fails;
    seen->again = false;
    pthread_mutex_unlock(&seen->mutex);
    if (fails)
        return ctx_err(c, ERR_INTERNAL, "test.failed", "not now");
    Err err = store_exec(c, &NOTE_PUT,
                         BINDS(i64(f->timer.subject_id * 1000 + f->timer.data), text(STR("fired"))),
                         NULL);
    if (!err && again)
        err = store_timer_set(c, f->timer.kind, f->timer.subject_id, c->now_ms, 2);
    if (err)
        return err;
    pthread_mutex_lock(&seen->mutex);
    if (seen->fired_n < FOUND_MAX) {
        seen->subjects[seen->fired_n] = f->timer.subject_id;
        seen->data[seen->fired_n] = f->timer.data;
    }
    seen->fired_n++;
    pthread_mutex_unlock(&seen->mutex);
    ctx_wake(c, TEST_WAKE, f->timer.subject_id, 0, NULL);
    return ERR_OK;
}

static void fired(Ctx *c, void *user)
{
    Seen *seen = user;
    assert_non_null(c->wakes);
    assert_int_equal(c->wakes->kind, TEST_WAKE);
    pthread_mutex_lock(&seen->mutex);
    seen->committed++;
    pthread_mutex_unlock(&seen->mutex);
}

static void start(TestStore *t, Seen *seen)
{
    StoreTimerHandler list[] = {{.kind = "test.one", .fire = fire, .user = seen, .fired = fired}};
    ErrSlot e = {0};
    assert_int_equal(store_timers_start(t->store, list, 1, &e), ERR_OK);
}

typedef struct {
    const char *kind;
    int64_t subject, due, data;
    bool clear;
} Order;

static Err obey(Ctx *c, void *arg)
{
    const Order *o = arg;
    return o->clear ? store_timer_clear(c, o->kind, o->subject)
                    : store_timer_set(c, o->kind, o->subject, o->due, o->data);
}

static void order(TestStore *t, Order o)
{
    TestCtx x = test_ctx(t);
    if (store_write(t->store, x.c, STORE_CHAT, obey, &o) != ERR_OK)
        fail_msg("%s", x.c->err.text);
    test_ctx_end(&x);
}

static void set(TestStore *t, int64_t subject, int64_t in_ms, int64_t data)
{
    order(t, (Order){"test.one", subject, clock_wall_ms() + in_ms, data, false});
}

static int committed(Seen *seen)
{
    pthread_mutex_lock(&seen->mutex);
    int n = seen->committed;
    pthread_mutex_unlock(&seen->mutex);
    return n;
}

static int64_t wait_for(Seen *seen, int n)
{
    int64_t start_ns = clock_steady_ns();
    while (committed(seen) < n) {
        assert_true(clock_steady_ns() - start_ns < (int64_t)WAIT_MS * 1000000);
        test_sleep_ms(2);
    }
    return (clock_steady_ns() - start_ns) / 1000000;
}

#define SEEN                                                                                       \
    {                                                                                              \
        .mutex = PTHREAD_MUTEX_INITIALIZER                                                         \
    }

static void fired_once_and_in_time(void **state)
{
    TestStore *t = *state;
    Seen seen = SEEN;
    start(t, &seen);
    test_sleep_ms(50);
    set(t, 1, 300, 5);
    int64_t took = wait_for(&seen, 1);
    assert_in_range(took, 200, 10000); /* in time is measured by benchmarks, not here */
    test_sleep_ms(100);
    assert_int_equal(committed(&seen), 1);
    assert_int_equal(seen.subjects[0], 1);
    assert_int_equal(seen.data[0], 5);
    assert_int_equal(test_number(t, &NOTE_COUNT), 1);
    assert_int_equal(test_number(t, &TIMER_NEXT), -1);
}

static void the_last_word_counts(void **state)
{
    TestStore *t = *state;
    Seen seen = SEEN;
    set(t, 1, 100, 1);
    set(t, 1, 200, 2);
    set(t, 2, 100, 3);
    order(t, (Order){.kind = "test.one", .subject = 2, .clear = true});
    start(t, &seen);
    wait_for(&seen, 1);
    test_sleep_ms(300);
    assert_int_equal(committed(&seen), 1);
    assert_int_equal(seen.data[0], 2);
}

static void many_at_once(void **state)
{
    TestStore *t = *state;
    Seen seen = SEEN;
    for (int i = 1; i <= 100; i++)
        set(t, i, -1000, 0);
    start(t, &seen);
    wait_for(&seen, 100);
    assert_int_equal(test_number(t, &NOTE_COUNT), 100);
    assert_int_equal(seen.fired_n, 100);
}

static void a_handler_may_set_it_anew(void **state)
{
    TestStore *t = *state;
    Seen seen = SEEN;
    seen.again = true;
    start(t, &seen);
    set(t, 1, 0, 1);
    wait_for(&seen, 2);
    assert_int_equal(seen.data[1], 2);
    assert_int_equal(test_number(t, &TIMER_NEXT), -1);
}

static void a_failure_is_tried_again(void **state)
{
    TestStore *t = *state;
    Seen seen = SEEN;
    seen.failures_left = 2; /* SQLite runs a unit that fails after writing a second time */
    start(t, &seen);
    set(t, 1, 0, 1);
    int64_t took = wait_for(&seen, 1);
    assert_in_range(took, 900, 5000);
    assert_int_equal(test_number(t, &NOTE_COUNT), 1);
}

static void an_unknown_kind_stops_nobody(void **state)
{
    TestStore *t = *state;
    Seen seen = SEEN;
    for (int i = 0; i < 100; i++)
        order(t, (Order){"test.nobody", i + 1, 1, 0, false});
    set(t, 1, 0, 1);
    start(t, &seen);
    wait_for(&seen, 1);
    for (int waited = 0; test_number(t, &TIMER_NEXT) < clock_wall_ms() + 60000; waited += 20) {
        assert_true(waited < WAIT_MS);
        test_sleep_ms(20);
    }
    assert_int_equal(test_number(t, &NOTE_COUNT), 1);
}

typedef struct {
    TestStore *t;
    atomic_bool entered;
} Holder;

/* Sets the timer anew and stays in its transaction while the thread wants to fire the old one. */
static Err hold_and_set(Ctx *c, void *arg)
{
    Holder *h = arg;
    Err err = store_timer_set(c, "test.one", 1, clock_wall_ms() + 600, 2);
    atomic_store(&h->entered, true);
    test_sleep_ms(300);
    return err;
}

static void *hold_thread(void *arg)
{
    Holder *h = arg;
    TestCtx x = test_ctx(h->t);
    Err err = store_write(h->t->store, x.c, STORE_CHAT, hold_and_set, h);
    test_ctx_end(&x);
    return err ? h : NULL;
}

static void what_was_set_anew_is_not_fired(void **state)
{
    TestStore *t = *state;
    Seen seen = SEEN;
    Holder h = {.t = t};
    set(t, 1, 0, 1);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hold_thread, &h), 0);
    for (int waited = 0; !atomic_load(&h.entered); waited++) {
        assert_true(waited < WAIT_MS);
        test_sleep_ms(1);
    }
    start(t, &seen); /* reads the old row, fires behind the holder */
    void *failed;
    pthread_join(thread, &failed);
    assert_null(failed);
    test_sleep_ms(100);
    assert_int_equal(committed(&seen), 0);
    wait_for(&seen, 1);
    assert_int_equal(seen.data[0], 2);
    assert_int_equal(test_number(t, &NOTE_COUNT), 1);
}

static void kept_over_a_restart(void **state)
{
    TestStore *t = *state;
    set(t, 1, 0, 1);
    store_close(t->store);
    t->store = NULL;
    test_store_open(t);
    Seen seen = SEEN;
    start(t, &seen);
    wait_for(&seen, 1);
}

int main(void)
{
#define TIMER_TEST(name) cmocka_unit_test_setup_teardown(name, test_note_setup, test_store_teardown)
    const struct CMUnitTest tests[] = {
        TIMER_TEST(fired_once_and_in_time),
        TIMER_TEST(the_last_word_counts),
        TIMER_TEST(many_at_once),
        TIMER_TEST(a_handler_may_set_it_anew),
        TIMER_TEST(a_failure_is_tried_again),
        TIMER_TEST(an_unknown_kind_stops_nobody),
        TIMER_TEST(what_was_set_anew_is_not_fired),
        TIMER_TEST(kept_over_a_restart),
    };
    return cmocka_run_group_tests_name("store/timer", tests, NULL, NULL);
}
