/* SPDX-License-Identifier: Apache-2.0 */
/* The PostgreSQL driver: values, errors, reruns. Run with tests/with_pg.py. */
#include <stdio.h>
#include <stdlib.h>

#include "store/pg_test.h"

#include "store/pg.h"

#include <float.h>
#include <string.h>

PG_TEST_SQL(
    MAKE, 0,
    "CREATE TABLE t (id BIGINT PRIMARY KEY, n BIGINT NOT NULL DEFAULT 0, r DOUBLE PRECISION, "
    "s TEXT, b BYTEA, parent BIGINT REFERENCES t (id))",
    0);
PG_TEST_SQL(PUT, 1, "INSERT INTO t (id, n, r, s, b, parent) VALUES ($1, $2, $3, $4, $5, $6)", 6);
PG_TEST_SQL(GET, 2,
            "SELECT n, r, s, b, n > 0, parent, sum(n) OVER (), avg(n) OVER () FROM t WHERE id = $1",
            1);
PG_TEST_SQL(COUNT, 3, "SELECT count(*) FROM t", 0);
PG_TEST_SQL(MANY, 4, "SELECT g FROM generate_series(1, $1::bigint) g", 1);
PG_TEST_SQL(ADD, 5, "UPDATE t SET n = n + 1 WHERE id = $1 RETURNING n", 1);
PG_TEST_SQL(LOCK, 6, "SELECT n FROM t WHERE id = $1 FOR UPDATE", 1);
PG_TEST_SQL(SET, 7, "UPDATE t SET n = $2 WHERE id = $1", 2);
PG_TEST_SQL(LOSE, 8, "DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$", 0);
PG_TEST_SQL(NO_TABLE, 9, "SELECT 1 FROM no_such_table", 0);
PG_TEST_SQL(SUM, 10, "SELECT sum(n) FROM t", 0);
PG_TEST_SQL(TWO_ROWS, 11, "INSERT INTO t (id) VALUES (901), (902)", 0);
PG_TEST_SQL(ALL_N, 12, "UPDATE t SET n = n + $1 WHERE id > 900", 1);
PG_TEST_SQL(READ_N, 13, "SELECT n FROM t WHERE id = $1", 1);

typedef struct {
    int64_t n;
    double r;
    Str s, b;
    bool positive;
    int64_t parent, sum;
    int avg;
} Row;
static const StoreField ROW_FIELDS[] = {STORE_FIELD(Row, n),        STORE_FIELD(Row, r),
                                        STORE_FIELD(Row, s),        STORE_FIELD(Row, b),
                                        STORE_FIELD(Row, positive), STORE_FIELD(Row, parent),
                                        STORE_FIELD(Row, sum),      STORE_FIELD(Row, avg)};
static const StoreMap ROW_MAP = STORE_MAP(Row, ROW_FIELDS);

static int setup(void **state)
{
    test_store_setup(state);
    pg_test_must(*state, &MAKE);
    return 0;
}

/* ---- values ---- */
typedef struct {
    StoreValue v[6];
    Row row;
    bool found;
} Case;

static Err put_and_get(Ctx *c, void *arg)
{
    Case *k = arg;
    int64_t rows = 0;
    Err err = store_exec(c, &PUT, k->v, 6, &rows);
    if (!err && rows != 1)
        return ctx_err(c, ERR_INTERNAL, "test", "%lld rows", (long long)rows);
    return err ? err : store_one(c, &GET, k->v, 1, &ROW_MAP, &k->row, &k->found);
}

static void values_come_back(void **state)
{
    TestStore *t = *state;
    char big[100000];
    memset(big, 'x', sizeof big);
    memcpy(big, "\xe7\x9f\xa5\xe5\xbf\x83 ' \\ \" $1", 14);
    Case cases[] = {
        {.v = {i64(1), i64(INT64_MAX), f64(DBL_MAX), text(STR("\xe7\x9f\xa5")),
               blob(STR("a\0b\\\xff")), null_if_0(0)}},
        {.v = {i64(2), i64(INT64_MIN), f64(-0.1), text(STR("")), blob(STR("")), i64(1)}},
        {.v = {i64(3), i64(0), f64(5e-324), text((Str){big, sizeof big}),
               blob((Str){big, sizeof big}), i64(2)}},
        {.v = {i64(4), i64(-1), null_if_0(0), text_or_null(STR_NONE), null_if_0(0), null_if_0(0)}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TestCtx x = test_ctx(t);
        Case *k = &cases[i];
        Err err = store_write(t->store, x.c, STORE_CHAT, put_and_get, k);
        if (err)
            fail_msg("case %zu: %s: %s", i, x.c->err.code, x.c->err.text);
        assert_true(k->found);
        assert_int_equal(k->row.n, k->v[1].i64);
        assert_true(k->row.r == (k->v[2].type == STORE_NULL ? 0 : k->v[2].f64));
        assert_true(str_eq(k->row.s, k->v[3].str));
        assert_true(str_eq(k->row.b, k->v[4].type == STORE_NULL ? STR_NONE : k->v[4].str));
        assert_int_equal(k->row.s.p == NULL, k->v[3].type == STORE_NULL);
        assert_int_equal(k->row.b.p == NULL, k->v[4].type == STORE_NULL);
        assert_int_equal(k->row.positive, k->row.n > 0);
        assert_int_equal(k->row.parent, k->v[5].type == STORE_NULL ? 0 : k->v[5].i64);
        test_ctx_end(&x);
    }
    assert_int_equal(pg_test_number(t, &COUNT), 4);
    assert_int_equal(pg_test_number(t, &SUM), -2); /* a numeric */
}

/* The server may infer int4 from the surroundings of a parameter, and would then refuse our ids. */
static void parameters_are_wide(void **state)
{
    TestStore *t = *state;
    ErrSlot e = {0};
    StoreConn *conn;
    assert_int_equal(store_pg_connect(t->store, &e, &conn), ERR_OK);
    PGconn *db = pg_self(conn)->db;
    int faults = 0;
    for (size_t i = 0; STORE_ALL_SQL[i]; i++) {
        const StoreSql *sql = STORE_ALL_SQL[i];
        if (!sql->pg)
            continue;
        if (conn->ops->prepare(conn, &e, sql))
            fail_msg("%s: %s", sql->name, e.text);
        char name[16];
        snprintf(name, sizeof name, "s%d", sql->slot);
        PGresult *r = PQdescribePrepared(db, name);
        assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
        assert_int_equal(PQnparams(r), sql->params);
        for (int p = 0; p < PQnparams(r); p++) {
            Oid type = PQparamtype(r, p);
            bool ok = type == 20 || type == 25 || type == 17 ||
                      type == 701; /* bigint text bytea double */
            if (!ok)
                print_error("%s: $%d has type %u\n", sql->name, p + 1, type);
            faults += !ok;
        }
        PQclear(r);
    }
    conn->ops->close(conn);
    assert_int_equal(faults, 0);
}

/* ---- errors ---- */
static void expect_put(TestStore *t, const StoreValue *v, Err err, const char *code)
{
    TestCtx x = test_ctx(t);
    Case k;
    memcpy(k.v, v, sizeof k.v);
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, put_and_get, &k), err);
    assert_string_equal(x.c->err.code, code);
    assert_null(strstr(x.c->err.text, "secret"));
    test_ctx_end(&x);
}

static void errors_have_their_kinds(void **state)
{
    TestStore *t = *state;
    StoreValue none = null_if_0(0);
    TestCtx x = test_ctx(t);
    Case ok = {.v = {i64(1), i64(1), none, none, none, none}};
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, put_and_get, &ok), ERR_OK);
    test_ctx_end(&x);
    expect_put(t, (StoreValue[6]){i64(1), i64(1), none, text(STR("secret")), none, none},
               ERR_CONFLICT, "store.conflict");
    expect_put(t, (StoreValue[6]){i64(2), i64(1), none, text(STR("secret")), none, i64(77)},
               ERR_CONFLICT, "store.reference");
    expect_put(t, (StoreValue[6]){i64(2), none, none, text(STR("secret")), none, none},
               ERR_INTERNAL, "store.constraint");
    expect_put(t, (StoreValue[6]){i64(2), i64(1), none, text(STR("secret\0")), none, none},
               ERR_INVALID, "store.text");
    expect_put(t, (StoreValue[6]){i64(2), i64(1), none, text(STR("secret\xff")), none, none},
               ERR_INVALID, "store.text");
    ErrSlot e;
    assert_int_equal(pg_test_do(t, &NO_TABLE, &e), ERR_INTERNAL);
    assert_string_equal(e.code, "store.sql");
    assert_int_equal(pg_test_number(t, &COUNT), 1); /* and the connections are good */
}

static Err write_in_read(Ctx *c, void *arg)
{
    (void)arg;
    return store_exec(c, &TWO_ROWS, NO_BINDS, NULL);
}

static void a_read_cannot_write(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    assert_int_equal(store_read(t->store, x.c, write_in_read, NULL), ERR_STORAGE);
    assert_string_equal(x.c->err.code, "storage.failed");
    test_ctx_end(&x);
    assert_int_equal(pg_test_number(t, &COUNT), 0);
}

static Err swallow(Ctx *c, void *arg)
{
    (void)arg;
    Err err = store_exec(c, &TWO_ROWS, NO_BINDS, NULL);
    if (err)
        return err;
    return store_exec(c, &NO_TABLE, NO_BINDS, NULL) == ERR_OK ? ERR_INTERNAL : ERR_OK;
}

static void a_swallowed_error_is_an_error(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, swallow, NULL), ERR_INTERNAL);
    assert_string_equal(x.c->err.code, "store.swallowed_error");
    test_ctx_end(&x);
    assert_int_equal(pg_test_number(t, &COUNT), 0);
}

/* ---- rows ---- */
typedef struct {
    int64_t ask;
    size_t n;
    int64_t last, changes;
} Many;

typedef struct {
    int64_t g;
} One;
static const StoreField ONE_FIELDS[] = {STORE_FIELD(One, g)};
static const StoreMap ONE_MAP = STORE_MAP(One, ONE_FIELDS);

static Err read_many(Ctx *c, void *arg)
{
    Many *m = arg;
    One *rows;
    Err err = store_all(c, &MANY, BINDS(i64(m->ask)), &ONE_MAP, &rows, &m->n);
    if (!err && m->n)
        m->last = rows[m->n - 1].g;
    return err;
}

static void too_many_rows_are_refused(void **state)
{
    TestStore *t = *state;
    static const struct {
        int64_t ask;
        Err err;
    } cases[] = {
        {0, ERR_OK}, {10000, ERR_OK}, {10001, ERR_LIMIT}, {300000, ERR_LIMIT}, {3, ERR_OK}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        TestCtx x = test_ctx(t);
        Many m = {.ask = cases[i].ask};
        assert_int_equal(store_read(t->store, x.c, read_many, &m), cases[i].err);
        if (cases[i].err) {
            assert_string_equal(x.c->err.code, "store.too_many_rows");
        } else {
            assert_int_equal(m.n, cases[i].ask);
            assert_int_equal(m.last, cases[i].ask);
        }
        test_ctx_end(&x);
    }
}

static Err wrong_map(Ctx *c, void *arg)
{
    (void)arg;
    Row row;
    bool found;
    return store_one(c, &MANY, BINDS(i64(5)), &ROW_MAP, &row, &found);
}

static void a_wrong_map_is_found(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    assert_int_equal(store_read(t->store, x.c, wrong_map, NULL), ERR_INTERNAL);
    assert_string_equal(x.c->err.code, "store.columns");
    test_ctx_end(&x);
}

static Err count_changes(Ctx *c, void *arg)
{
    Many *m = arg;
    Err err = store_exec(c, &TWO_ROWS, NO_BINDS, &m->changes);
    if (!err && m->changes == 2)
        err = store_exec(c, &ALL_N, BINDS(i64(3)), &m->changes);
    if (!err && m->changes == 2)
        err = store_exec(c, &ADD, BINDS(i64(901)), &m->changes);
    if (!err && m->changes == 1)
        err = store_i64(c, &ADD, BINDS(i64(901)), 0, &m->last);
    return err;
}

static void changes_are_counted(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    Many m = {0};
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, count_changes, &m), ERR_OK);
    assert_int_equal(m.changes, 1);
    assert_int_equal(m.last, 5);
    test_ctx_end(&x);
}

/* ---- reruns ---- */
typedef struct {
    int runs, lose; /* loses the first `lose` runs */
} Loser;

static Err lose_some(Ctx *c, void *arg)
{
    Loser *l = arg;
    ctx_wake(c, 1, l->runs, 0, NULL);
    if (++l->runs <= l->lose)
        return store_exec(c, &LOSE, NO_BINDS, NULL);
    return store_exec(c, &TWO_ROWS, NO_BINDS, NULL);
}

static void a_lost_race_runs_again(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    ctx_wakes_drop(x.c); /* it has moved */
    Loser l = {.lose = 3};
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, lose_some, &l), ERR_OK);
    assert_int_equal(l.runs, 4);
    assert_non_null(x.c->wakes);
    assert_int_equal(x.c->wakes->id, 3); /* that of the run that counted */
    assert_null(x.c->wakes->next);
    assert_int_equal(x.c->err.err, ERR_OK);
    test_ctx_end(&x);
    assert_int_equal(pg_test_number(t, &COUNT), 2);
    StoreStats stats;
    store_stats(t->store, &stats);
    assert_int_equal(stats.reruns, 3);
}

static void a_race_lost_for_ever_is_refused(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    ctx_wakes_drop(x.c);
    Loser l = {.lose = 1000};
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, lose_some, &l), ERR_BUSY);
    assert_string_equal(x.c->err.code, "storage.busy");
    assert_in_range(l.runs, 2, 50);
    assert_null(x.c->wakes);
    test_ctx_end(&x);
}

enum { THREADS = 12, EACH = 60 };
typedef struct {
    TestStore *t;
    int64_t first, second;
    bool locked;
    int failed;
    _Atomic int *met; /* both hold their first row: then a deadlock is certain */
} Rival;

static Err lock_add(Ctx *c, void *arg)
{
    (void)arg;
    int64_t n;
    Err err = store_i64(c, &LOCK, BINDS(i64(901)), 0, &n);
    return err ? err : store_exec(c, &SET, BINDS(i64(901), i64(n + 1)), NULL);
}

static void *add_many(void *arg)
{
    Rival *r = arg;
    for (int i = 0; i < EACH; i++) {
        TestCtx x = test_ctx(r->t);
        r->failed += store_write(r->t->store, x.c, STORE_CHAT, lock_add, NULL) != ERR_OK;
        test_ctx_end(&x);
    }
    return NULL;
}

/* READ COMMITTED with a row lock: who waits goes on with the newest row. Nothing is lost, and
 * nobody has to run again. */
static void locked_rows_lose_nothing(void **state)
{
    TestStore *t = *state;
    pg_test_must(t, &TWO_ROWS);
    pthread_t threads[THREADS];
    Rival rivals[THREADS];
    for (int i = 0; i < THREADS; i++) {
        rivals[i] = (Rival){.t = t};
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &rivals[i]), 0);
    }
    int failed = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        failed += rivals[i].failed;
    }
    assert_int_equal(failed, 0);
    assert_int_equal(pg_test_number(t, &SUM), THREADS * EACH);
    StoreStats stats;
    store_stats(t->store, &stats);
    assert_int_equal(stats.reruns, 0);
    assert_int_equal(stats.units, THREADS * EACH + 2);
}

static Err cross(Ctx *c, void *arg)
{
    Rival *r = arg;
    int64_t n;
    Err err = store_i64(c, &ADD, BINDS(i64(r->first)), 0, &n);
    if (err)
        return err;
    atomic_fetch_add(r->met, 1);
    for (int i = 0; i < 3000 && atomic_load(r->met) < 2; i++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return store_i64(c, &ADD, BINDS(i64(r->second)), 0, &n);
}

static void *cross_once(void *arg)
{
    Rival *r = arg;
    TestCtx x = test_ctx(r->t);
    r->failed = store_write(r->t->store, x.c, STORE_CHAT, cross, r) != ERR_OK;
    test_ctx_end(&x);
    return NULL;
}

static void a_deadlock_is_run_again(void **state)
{
    TestStore *t = *state;
    pg_test_must(t, &TWO_ROWS);
    _Atomic int met = 0;
    Rival rivals[2] = {{.t = t, .first = 901, .second = 902, .met = &met},
                       {.t = t, .first = 902, .second = 901, .met = &met}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, cross_once, &rivals[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(rivals[0].failed + rivals[1].failed, 0);
    assert_int_equal(pg_test_number(t, &SUM), 4);
    StoreStats stats;
    store_stats(t->store, &stats);
    assert_in_range(stats.reruns, 1, 3);
}

typedef struct {
    TestStore *t;
    int64_t before, after;
} Snapshot;

static Err read_twice(Ctx *c, void *arg)
{
    Snapshot *s = arg;
    Err err = store_i64(c, &READ_N, BINDS(i64(901)), -1, &s->before);
    if (err)
        return err;
    TestCtx x = test_ctx(s->t);
    err = store_write(s->t->store, x.c, STORE_CHAT, lock_add, NULL);
    test_ctx_end(&x);
    return err ? err : store_i64(c, &READ_N, BINDS(i64(901)), -1, &s->after);
}

static void a_read_sees_one_moment(void **state)
{
    TestStore *t = *state;
    pg_test_must(t, &TWO_ROWS);
    TestCtx x = test_ctx(t);
    Snapshot s = {.t = t};
    assert_int_equal(store_read(t->store, x.c, read_twice, &s), ERR_OK);
    assert_int_equal(s.before, 0);
    assert_int_equal(s.after, 0);
    test_ctx_end(&x);
    assert_int_equal(pg_test_number(t, &SUM), 1);
}

int main(void)
{
    if (pg_test_needs_server())
        return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, test_store_teardown)
    const struct CMUnitTest tests[] = {
        TEST(values_come_back),
        TEST(parameters_are_wide),
        TEST(errors_have_their_kinds),
        TEST(a_read_cannot_write),
        TEST(a_swallowed_error_is_an_error),
        TEST(too_many_rows_are_refused),
        TEST(a_wrong_map_is_found),
        TEST(changes_are_counted),
        TEST(a_lost_race_runs_again),
        TEST(a_race_lost_for_ever_is_refused),
        TEST(locked_rows_lose_nothing),
        TEST(a_deadlock_is_run_again),
        TEST(a_read_sees_one_moment),
    };
    return cmocka_run_group_tests_name("store/pg", tests, NULL, NULL);
}
