/* SPDX-License-Identifier: Apache-2.0 */
/* Units of work: shared commits, failing neighbours, order, refusals, a full disk. */
#include "store/test_store.h"

#include <semaphore.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 400 };

/* A unit under test, with what became of it. */
typedef struct {
    StoreUnit unit;
    TestCtx x;
    TestStore *t;
    int64_t id;
    int runs, told;
    int order; /* in which it ran */
    Err err;
    bool seen; /* by another connection when it was reported */
} Job;

typedef struct {
    sem_t entered, go, done;
    _Atomic int order;
} Gate;

static Err put(Ctx *c, int64_t id)
{
    return store_exec(c, &NOTE_PUT, BINDS(i64(id), text(STR("text"))), NULL);
}

static Err put_note(Ctx *c, void *arg)
{
    Job *j = arg;
    j->runs++;
    ctx_wake(c, 1, j->id, 0, NULL);
    return put(c, j->id);
}

static Err put_and_refuse(Ctx *c, void *arg)
{
    Job *j = arg;
    j->runs++;
    Err err = put(c, j->id);
    return err ? err : ctx_err(c, ERR_CONFLICT, "test.refused", "after writing");
}

static Err put_twice(Ctx *c, void *arg)
{
    Job *j = arg;
    Err err = put(c, j->id);
    return err ? err : put(c, j->id);
}

static Err swallow(Ctx *c, void *arg)
{
    Job *j = arg;
    if (put(c, j->id) != ERR_OK || put(c, j->id) != ERR_OK)
        return ERR_OK;
    return ERR_OK;
}

static Gate *gate_of(TestStore *t)
{
    return t->config.user;
}

static void told(StoreUnit *u, Err err)
{
    Job *j = (Job *)(void *)u;
    j->told++;
    j->err = err;
    sem_post(&gate_of(j->t)->done);
}

static int setup(void **state)
{
    TestStore *t = store_alloc(sizeof *t);
    Gate *g = store_alloc(sizeof *g);
    sem_init(&g->entered, 0, 0);
    sem_init(&g->go, 0, 0);
    sem_init(&g->done, 0, 0);
    *state = t;
    test_store_make(t);
    test_store_note(t);
    t->config.user = g;
    t->config.pg_connections = 1;
    t->config.lane_queue = MANY;
    test_store_open(t);
    return 0;
}

static int teardown(void **state)
{
    Gate *g = gate_of(*state);
    test_store_teardown(state);
    free(g);
    return 0;
}

static Job job(TestStore *t, int64_t id, StoreRun run)
{
    Job j = {.t = t, .id = id, .x = test_ctx(t)};
    j.unit = (StoreUnit){.run = run, .done = told, .priority = STORE_CHAT};
    return j;
}

static void submit(Job *j)
{
    j->unit.c = j->x.c;
    j->unit.arg = j;
    if (store_submit(j->t->store, &j->unit, &j->x.c->err) != ERR_OK)
        fail_msg("%s", j->x.c->err.text);
}

static void wait_for(TestStore *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sem_wait(&gate_of(t)->done);
}

static Err hold(Ctx *c, void *arg)
{
    (void)c;
    Gate *g = gate_of(((Job *)arg)->t);
    sem_post(&g->entered);
    sem_wait(&g->go);
    return ERR_OK;
}

/* Holds the lane until `go`, so that what is submitted meanwhile becomes one batch. */
static void close_gate(Job *j, TestStore *t)
{
    *j = job(t, 0, hold);
    submit(j);
    sem_wait(&gate_of(t)->entered);
}

static void open_gate(TestStore *t)
{
    sem_post(&gate_of(t)->go);
}

static void end(Job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        test_ctx_end(&jobs[i].x);
}

static void what_is_written_is_read(void **state)
{
    TestStore *t = *state;
    Job j = job(t, 7, put_note);
    assert_int_equal(store_write(t->store, j.x.c, STORE_CHAT, put_note, &j), ERR_OK);
    assert_int_equal(test_number(t, &NOTE_COUNT), 1);
    assert_null(j.x.c->tx);
    end(&j, 1);
}

static void units_share_a_commit(void **state)
{
    TestStore *t = *state;
    Job *jobs = store_alloc(MANY * sizeof *jobs);
    Job gate;
    close_gate(&gate, t);
    StoreStats before, after;
    store_stats(t->store, &before);
    for (int i = 0; i < MANY; i++) {
        jobs[i] = job(t, i + 1, put_note);
        submit(&jobs[i]);
    }
    open_gate(t);
    wait_for(t, MANY + 1);
    store_stats(t->store, &after);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(jobs[i].told, 1);
        assert_int_equal(jobs[i].err, ERR_OK);
        assert_int_equal(jobs[i].runs, 1);
    }
    assert_int_equal(test_number(t, &NOTE_COUNT), MANY);
    if (!store_is_pg(t->store)) {
        assert_true(after.commits - before.commits <= 4);
        assert_true(after.max_batch > 100);
    }
    end(jobs, MANY);
    free(jobs);
    end(&gate, 1);
}

static void a_failing_unit_harms_nobody(void **state)
{
    TestStore *t = *state;
    enum { N = 20 };
    Job jobs[N], gate;
    close_gate(&gate, t);
    StoreStats before, after;
    store_stats(t->store, &before);
    for (int i = 0; i < N; i++) {
        StoreRun run = i == 7 ? put_and_refuse : i == 11 ? put_twice : i == 15 ? swallow : put_note;
        jobs[i] = job(t, i + 1, run);
        submit(&jobs[i]);
    }
    open_gate(t);
    wait_for(t, N + 1);
    store_stats(t->store, &after);
    /* with savepoints they still share a commit */
    assert_true(store_is_pg(t->store) || after.commits - before.commits <= 3);
    for (int i = 0; i < N; i++) {
        assert_int_equal(jobs[i].told, 1);
        bool good = i != 7 && i != 11 && i != 15;
        assert_int_equal(jobs[i].err == ERR_OK, good);
        if (!good)
            continue;
        assert_non_null(jobs[i].x.c->wakes); /* once, although it may have run twice */
        assert_null(jobs[i].x.c->wakes->next);
    }
    assert_string_equal(jobs[7].x.c->err.code, "test.refused");
    assert_string_equal(jobs[11].x.c->err.code, "store.conflict");
    assert_string_equal(jobs[15].x.c->err.code, "store.swallowed_error");
    assert_int_equal(test_number(t, &NOTE_COUNT), N - 3);
    end(jobs, N);
    end(&gate, 1);
}

static Err note_order(Ctx *c, void *arg)
{
    Job *j = arg;
    j->order = atomic_fetch_add(&gate_of(j->t)->order, 1);
    return put(c, j->id);
}

static void chat_goes_first(void **state)
{
    TestStore *t = *state;
    enum { EACH = 4, N = 3 * EACH };
    Job jobs[N], gate;
    close_gate(&gate, t);
    for (int i = 0; i < N; i++) {
        jobs[i] = job(t, i + 1, note_order);
        jobs[i].unit.priority = i < EACH       ? STORE_IMPORT
                                : i < 2 * EACH ? STORE_FOLLOWER
                                               : STORE_CHAT;
        submit(&jobs[i]);
    }
    open_gate(t);
    wait_for(t, N + 1);
    for (int i = 0; i < EACH; i++) {
        assert_in_range(jobs[2 * EACH + i].order, 0, EACH - 1);
        if (!store_is_pg(t->store))
            assert_in_range(jobs[EACH + i].order, EACH, 2 * EACH - 1);
    }
    end(jobs, N);
    end(&gate, 1);
}

static void a_full_queue_refuses_at_once(void **state)
{
    TestStore *t = *state;
    Job *jobs = store_alloc((MANY + 1) * sizeof *jobs);
    Job gate;
    close_gate(&gate, t);
    for (int i = 0; i < MANY; i++) {
        jobs[i] = job(t, i + 1, put_note);
        submit(&jobs[i]);
    }
    Job *over = &jobs[MANY];
    *over = job(t, MANY + 1, put_note);
    over->unit.c = over->x.c;
    over->unit.arg = over;
    assert_int_equal(store_submit(t->store, &over->unit, &over->x.c->err), ERR_BUSY);
    assert_string_equal(over->x.c->err.code, "store.queue_full");
    assert_true(over->x.c->err.retry_after_ms > 0);
    open_gate(t);
    wait_for(t, MANY + 1);
    assert_int_equal(over->told, 0);
    assert_int_equal(test_number(t, &NOTE_COUNT), MANY);
    end(jobs, MANY + 1);
    free(jobs);
    end(&gate, 1);
}

static Err look_for(Ctx *c, void *arg)
{
    Job *j = arg;
    int64_t n = 0;
    Err err = store_i64(c, &NOTE_GET, BINDS(i64(j->id)), 0, &n);
    j->seen = n == 1;
    return err;
}

static void told_and_looks(StoreUnit *u, Err err)
{
    Job *j = (Job *)(void *)u;
    TestCtx x = test_ctx(j->t);
    if (store_read(j->t->store, x.c, look_for, j) != ERR_OK)
        j->seen = false;
    test_ctx_end(&x);
    told(u, err);
}

static void done_comes_after_the_commit(void **state)
{
    TestStore *t = *state;
    Job j = job(t, 1, put_note);
    j.unit.done = told_and_looks;
    submit(&j);
    wait_for(t, 1);
    assert_int_equal(j.err, ERR_OK);
    assert_true(j.seen);
    end(&j, 1);
}

static Err count_twice(Ctx *c, void *arg)
{
    Job *j = arg;
    int64_t first, second;
    Err err = store_i64(c, &NOTE_COUNT, NO_BINDS, 0, &first);
    if (err)
        return err;
    Job other = job(j->t, 99, put_note);
    assert_int_equal(store_write(j->t->store, other.x.c, STORE_CHAT, put_note, &other), ERR_OK);
    end(&other, 1);
    err = store_i64(c, &NOTE_COUNT, NO_BINDS, 0, &second);
    j->seen = first == second;
    return err;
}

static void a_read_is_one_snapshot(void **state)
{
    TestStore *t = *state;
    Job j = job(t, 1, NULL);
    assert_int_equal(store_read(t->store, j.x.c, count_twice, &j), ERR_OK);
    assert_true(j.seen);
    assert_int_equal(test_number(t, &NOTE_COUNT), 1);
    end(&j, 1);
}

static void a_read_cannot_write(void **state)
{
    TestStore *t = *state;
    Job j = job(t, 1, NULL);
    assert_int_not_equal(store_read(t->store, j.x.c, put_note, &j), ERR_OK);
    assert_int_equal(test_number(t, &NOTE_COUNT), 0);
    end(&j, 1);
}

static void a_failed_statement_fails_its_unit(void **state)
{
    TestStore *t = *state;
    Job j = job(t, 1, NULL);
    atomic_store(&t->store->fault.left[FAULT_STATEMENT], 1);
    assert_int_equal(store_write(t->store, j.x.c, STORE_CHAT, put_note, &j), ERR_STORAGE);
    assert_string_equal(j.x.c->err.code, "storage.failed");
    err_clear(&j.x.c->err);
    assert_int_equal(store_write(t->store, j.x.c, STORE_CHAT, put_note, &j), ERR_OK);
    end(&j, 1);
}

/* ---- a full disk: SQLite ---- */
static void a_commit_that_fails_once_is_made_good(void **state)
{
    TestStore *t = *state;
    if (store_is_pg(t->store))
        skip();
    enum { N = 10 };
    Job jobs[N], gate;
    close_gate(&gate, t);
    for (int i = 0; i < N; i++) {
        jobs[i] = job(t, i + 1, put_note);
        submit(&jobs[i]);
    }
    atomic_store(&t->store->fault.left[FAULT_FULL], 1);
    open_gate(t);
    wait_for(t, N + 1);
    for (int i = 0; i < N; i++) {
        assert_int_equal(jobs[i].err, ERR_OK);
        assert_int_equal(jobs[i].told, 1);
        assert_int_equal(jobs[i].runs, 2);
    }
    assert_int_equal(test_number(t, &NOTE_COUNT), N);
    StoreStats stats;
    store_stats(t->store, &stats);
    assert_int_equal(stats.reruns, N);
    assert_false(stats.failing);
    end(jobs, N);
    end(&gate, 1);
}

static Err set_limit(Ctx *c, void *arg)
{
    sqlite3 *db = store_sqlite_handle(c->tx->conn);
    int rc = sqlite3_exec(db, arg, NULL, NULL, NULL);
    return rc == SQLITE_OK ? ERR_OK : store_sqlite_err(db, rc, &c->err);
}

static Err put_much(Ctx *c, void *arg)
{
    Job *j = arg;
    j->runs++;
    char *body = arena_alloc(c->arena, 20000);
    memset(body, 'x', 20000);
    return store_exec(c, &NOTE_PUT, BINDS(i64(j->id), text((Str){body, 20000})), NULL);
}

static void a_full_disk_refuses_and_keeps(void **state)
{
    TestStore *t = *state;
    if (store_is_pg(t->store))
        skip();
    enum { N = 12 };
    Job jobs[N], gate;
    TestCtx x = test_ctx(t);
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, set_limit, "PRAGMA max_page_count=1"),
                     ERR_OK); /* the smallest it allows: what is there now */
    close_gate(&gate, t);
    for (int i = 0; i < N; i++) {
        jobs[i] = job(t, i + 1, put_much);
        submit(&jobs[i]);
    }
    open_gate(t);
    wait_for(t, N + 1);
    StoreStats stats;
    store_stats(t->store, &stats);
    for (int i = 0; i < N; i++) {
        assert_int_equal(jobs[i].told, 1);
        assert_int_equal(jobs[i].err, ERR_STORAGE);
        assert_string_equal(jobs[i].x.c->err.code, "storage.full");
    }
    assert_true(stats.failing);
    assert_int_equal(test_number(t, &NOTE_COUNT), 0); /* reading goes on */
    assert_int_equal(
        store_write(t->store, x.c, STORE_CHAT, set_limit, "PRAGMA max_page_count=1000000"), ERR_OK);
    Job later = job(t, 1, NULL);
    assert_int_equal(store_write(t->store, later.x.c, STORE_CHAT, put_much, &later), ERR_OK);
    store_stats(t->store, &stats);
    assert_false(stats.failing);
    assert_int_equal(test_number(t, &NOTE_COUNT), 1);
    end(jobs, N);
    end(&gate, 1);
    end(&later, 1);
    test_ctx_end(&x);
}

static void the_wal_is_copied_back(void **state)
{
    TestStore *t = *state;
    if (store_is_pg(t->store))
        skip();
    StoreStats stats;
    int64_t high = 0;
    for (int i = 0; i < 2500; i++) {
        Job j = job(t, i + 1, NULL);
        assert_int_equal(store_write(t->store, j.x.c, STORE_CHAT, put_much, &j), ERR_OK);
        store_stats(t->store, &stats);
        high = stats.wal_bytes > high ? stats.wal_bytes : high;
        end(&j, 1);
    }
    /* 2500 units of six pages and more: without the checkpointer more than 60 MB */
    assert_true(high > 0 && high < (40 << 20));
}

int main(void)
{
#define LANE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        LANE_TEST(what_is_written_is_read),
        LANE_TEST(units_share_a_commit),
        LANE_TEST(a_failing_unit_harms_nobody),
        LANE_TEST(chat_goes_first),
        LANE_TEST(a_full_queue_refuses_at_once),
        LANE_TEST(done_comes_after_the_commit),
        LANE_TEST(a_read_is_one_snapshot),
        LANE_TEST(a_read_cannot_write),
        LANE_TEST(a_failed_statement_fails_its_unit),
        LANE_TEST(a_commit_that_fails_once_is_made_good),
        LANE_TEST(a_full_disk_refuses_and_keeps),
        LANE_TEST(the_wal_is_copied_back),
    };
    return cmocka_run_group_tests_name("store/lane", tests, NULL, NULL);
}
