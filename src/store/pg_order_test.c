/* SPDX-License-Identifier: Apache-2.0 */
/* Followers on PostgreSQL: an event that commits late is never skipped, whatever position it got.
 * Run with tests/with_pg.py. */
#include <stdio.h>
#include <stdlib.h>

#include "store/pg_test.h"

#include "base/clock.h"

#include <string.h>

enum { SEEN_MAX = 4000, WAIT_MS = 10000 };

PG_TEST_SQL(OLD_EVENT, 0,
            "INSERT INTO event (xid, shop_id, conversation_id, subject_id, seq, kind, at_ms) "
            "VALUES (5000000000, 1, 1, 1, 777, 'test.old.1', 1)",
            0);
PG_TEST_SQL(OLD_CURSOR, 1,
            "INSERT INTO follower (name, xid, position, updated_at) SELECT 'test', xid, position, "
            "1 FROM event",
            0);
PG_TEST_SQL(XID, 2, "SELECT pg_current_xact_id()::text::bigint", 0);
PG_TEST_SQL(XID_BASE, 3, "SELECT xid_base FROM event_base", 0);

typedef struct {
    TestStore t; /* first: the others' state */
    pthread_mutex_t mutex;
    int64_t seqs[SEEN_MAX]; /* of the events the follower was given and that were committed */
    size_t n;
    int64_t fresh[SEEN_MAX];
    size_t fresh_n;
} Order;

static Err note(Ctx *c, void *arg)
{
    (void)c;
    StoreFollowerBatch *b = arg;
    Order *o = b->user;
    pthread_mutex_lock(&o->mutex);
    o->fresh_n = 0; /* an earlier run of this step did not count */
    for (size_t i = 0; i < b->n && o->fresh_n < SEEN_MAX; i++)
        o->fresh[o->fresh_n++] = b->events[i].seq;
    pthread_mutex_unlock(&o->mutex);
    return ERR_OK;
}

static void noted(Ctx *c, void *user)
{
    (void)c;
    Order *o = user;
    pthread_mutex_lock(&o->mutex);
    for (size_t i = 0; i < o->fresh_n && o->n < SEEN_MAX; i++)
        o->seqs[o->n++] = o->fresh[i];
    o->fresh_n = 0;
    pthread_mutex_unlock(&o->mutex);
}

static void follow(Order *o)
{
    StoreFollower f = {.name = "test", .batch = 50, .step = note, .user = o, .stepped = noted};
    ErrSlot e = {0};
    if (store_followers_start(o->t.store, &f, 1, &e) != ERR_OK)
        fail_msg("%s: %s", e.code, e.text);
}

static int setup(void **state)
{
    Order *o = store_alloc(sizeof *o);
    *state = o;
    pthread_mutex_init(&o->mutex, NULL);
    test_store_make(&o->t);
    test_store_open(&o->t);
    return 0;
}

static int teardown(void **state)
{
    Order *o = *state;
    test_store_remove(&o->t);
    pthread_mutex_destroy(&o->mutex);
    free(o);
    return 0;
}

static void pause_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static size_t seen(Order *o)
{
    pthread_mutex_lock(&o->mutex);
    size_t n = o->n;
    pthread_mutex_unlock(&o->mutex);
    return n;
}

static bool wait_seen(Order *o, size_t n)
{
    for (int64_t waited = 0; waited < WAIT_MS && seen(o) < n; waited += 10)
        pause_ms(10);
    return seen(o) >= n;
}

static Err append(Ctx *c, int64_t seq)
{
    StoreEvent ev = {.shop_id = 1,
                     .conversation_id = 1,
                     .subject_id = 1,
                     .seq = seq,
                     .at_ms = c->now_ms,
                     .kind = STR("test.thing.1")};
    return store_event_append(c, &ev);
}

static Err append_one(Ctx *c, void *arg)
{
    return append(c, *(int64_t *)arg);
}

static void add(Order *o, int64_t seq)
{
    TestCtx x = test_ctx(&o->t);
    if (store_write(o->t.store, x.c, STORE_CHAT, append_one, &seq) != ERR_OK)
        fail_msg("%s: %s", x.c->err.code, x.c->err.text);
    test_ctx_end(&x);
}

/* A transaction with a number, and perhaps an event, that is held open. */
typedef struct {
    Order *o;
    bool event_first;
    _Atomic bool began, go;
    Err err;
} Held;

static Err hold(Ctx *c, void *arg)
{
    Held *h = arg;
    int64_t xid;
    Err err = h->event_first ? append(c, 1) : store_i64(c, &XID, NO_BINDS, 0, &xid);
    atomic_store(&h->began, true);
    for (int64_t waited = 0; waited < WAIT_MS && !atomic_load(&h->go); waited += 5)
        pause_ms(5);
    return err ? err : append(c, h->event_first ? 2 : 1);
}

static void *hold_thread(void *arg)
{
    Held *h = arg;
    TestCtx x = test_ctx(&h->o->t);
    h->err = store_write(h->o->t.store, x.c, STORE_CHAT, hold, h);
    test_ctx_end(&x);
    return NULL;
}

static void held_open(Order *o, bool event_first, size_t own)
{
    follow(o);
    Held h = {.o = o, .event_first = event_first};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hold_thread, &h), 0);
    for (int64_t waited = 0; waited < WAIT_MS && !atomic_load(&h.began); waited += 5)
        pause_ms(5);
    for (int64_t seq = 10; seq < 15; seq++)
        add(o, seq); /* begun later, committed earlier */
    pause_ms(1500);  /* longer than the follower's own clock */
    size_t early = seen(o);
    atomic_store(&h.go, true);
    pthread_join(thread, NULL);
    assert_int_equal(h.err, ERR_OK);
    assert_int_equal(early, 0);
    assert_true(wait_seen(o, own + 5));
    for (size_t i = 0; i < own; i++)
        assert_int_equal(o->seqs[i], i + 1);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(o->seqs[own + i], 10 + i);
}

static void an_older_transaction_is_waited_for(void **state)
{
    held_open(*state, true, 2);
}

/* Its number is old, its event's position is the newest of all. */
static void a_late_event_of_an_old_transaction_is_not_skipped(void **state)
{
    held_open(*state, false, 1);
}

enum { THREADS = 6, EACH = 150 };
typedef struct {
    Order *o;
    int64_t from;
    int failed;
} Writer;

static void *write_many(void *arg)
{
    Writer *w = arg;
    for (int i = 0; i < EACH; i++) {
        TestCtx x = test_ctx(&w->o->t);
        int64_t seq = w->from + i;
        w->failed += store_write(w->o->t.store, x.c, STORE_CHAT, append_one, &seq) != ERR_OK;
        test_ctx_end(&x);
    }
    return NULL;
}

static void many_writers_each_event_once(void **state)
{
    Order *o = *state;
    follow(o);
    pthread_t threads[THREADS];
    Writer writers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (Writer){.o = o, .from = (int64_t)i * EACH};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(writers[i].failed, 0);
    }
    assert_true(wait_seen(o, (size_t)THREADS * EACH));
    pause_ms(50);
    assert_int_equal(o->n, THREADS * EACH);
    char times[THREADS * EACH] = {0};
    int64_t last[THREADS];
    for (int i = 0; i < THREADS; i++)
        last[i] = -1;
    for (size_t i = 0; i < o->n; i++) {
        times[o->seqs[i]]++;
        int64_t w = o->seqs[i] / EACH;
        assert_true(o->seqs[i] > last[w]); /* one writer's own order is kept */
        last[w] = o->seqs[i];
    }
    for (size_t i = 0; i < sizeof times; i++)
        assert_int_equal(times[i], 1);
}

/* A dump read into a new cluster: its events bear numbers that are far from being reached. */
static void a_restored_database_goes_on(void **state)
{
    Order *o = *state;
    pg_test_must(&o->t, &OLD_EVENT);
    pg_test_must(&o->t, &OLD_CURSOR);
    store_close(o->t.store);
    o->t.store = NULL;
    test_store_open(&o->t);
    assert_true(o->t.store->xid_base > 4000000000);
    follow(o);
    add(o, 1);
    assert_true(wait_seen(o, 1));
    assert_int_equal(o->seqs[0], 1);
    int64_t base = o->t.store->xid_base;
    store_close(o->t.store);
    o->t.store = NULL;
    test_store_open(&o->t);
    assert_int_equal(o->t.store->xid_base, base); /* once is enough */
    assert_int_equal(pg_test_number(&o->t, &XID_BASE), base);
    follow(o);
    add(o, 2);
    assert_true(wait_seen(o, 2));
    assert_int_equal(o->seqs[1], 2);
}

int main(void)
{
    if (pg_test_needs_server())
        return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_older_transaction_is_waited_for),
        TEST(a_late_event_of_an_old_transaction_is_not_skipped),
        TEST(many_writers_each_event_once),
        TEST(a_restored_database_goes_on),
    };
    return cmocka_run_group_tests_name("store/pg_order", tests, NULL, NULL);
}
