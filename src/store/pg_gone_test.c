/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens when the server goes away: cut connections, a COMMIT without an answer, a server
 * that is not there for a while. The store reaches the server through a link to its socket, which a
 * test can take away. Run with tests/with_pg.py.
 */
#include <stdio.h>
#include <stdlib.h>

#include "store/pg_test.h"

#include "base/clock.h"
#include "base/file.h"
#include "store/pg.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

PG_TEST_SQL(MAKE, 0, "CREATE TABLE t (id BIGINT GENERATED ALWAYS AS IDENTITY, n BIGINT)", 0);
PG_TEST_SQL(ADD, 1, "INSERT INTO t (n) VALUES (1)", 0);
PG_TEST_SQL(COUNT, 2, "SELECT count(*) FROM t", 0);
PG_TEST_SQL(CUT_OTHERS, 3,
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name "
            "= 'zhixin' "
            "AND pid <> pg_backend_pid()",
            0);
PG_TEST_SQL(CUT_SELF, 4, "SELECT pg_terminate_backend(pg_backend_pid())", 0);
PG_TEST_SQL(CUT_IN_COMMIT_1, 5,
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN PERFORM "
            "pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $f$",
            0);
PG_TEST_SQL(
    CUT_IN_COMMIT_2, 6,
    "CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
    "EXECUTE FUNCTION cut()",
    0);
PG_TEST_SQL(SLEEP, 7, "SELECT pg_sleep(20)::text", 0);

typedef struct {
    TestStore t; /* first: the others' state */
    char sockets[64], link[160], target[160], url[256];
} Gone;

static Str part_of(const char *url, const char *key)
{
    const char *at = strstr(url, key);
    assert_non_null(at);
    at += strlen(key);
    return (Str){at, strcspn(at, "&")};
}

static int setup(void **state)
{
    Gone *g = store_alloc(sizeof *g);
    *state = g;
    test_store_make(&g->t);
    const char *url = g->t.config.database_url;
    Str dir = part_of(url, "host="), port = part_of(url, "port="), user = part_of(url, "user=");
    snprintf(g->sockets, sizeof g->sockets, "/tmp/zhixin-sock-XXXXXX");
    assert_non_null(mkdtemp(g->sockets));
    snprintf(g->target, sizeof g->target, "%.*s/.s.PGSQL.%.*s", STR_ARG(dir), STR_ARG(port));
    snprintf(g->link, sizeof g->link, "%s/.s.PGSQL.%.*s", g->sockets, STR_ARG(port));
    snprintf(g->url, sizeof g->url, "postgres:///zhixin?host=%s&port=%.*s&user=%.*s", g->sockets,
             STR_ARG(port), STR_ARG(user));
    assert_int_equal(symlink(g->target, g->link), 0);
    g->t.config.database_url = g->url;
    test_store_open(&g->t);
    pg_test_must(&g->t, &MAKE);
    return 0;
}

static int teardown(void **state)
{
    Gone *g = *state;
    test_store_remove(&g->t);
    unlink(g->link);
    rmdir(g->sockets);
    free(g);
    return 0;
}

static void cut_all(TestStore *t)
{
    /* on a connection of the test's own, so that all of the store's are cut */
    ErrSlot e = {0};
    StoreConn *conn;
    Store blank = {.config = t->config, .pg = true, .sql_n = t->store->sql_n};
    blank.config.database_url = getenv("ZHIXIN_TEST_PG");
    assert_int_equal(store_pg_connect(&blank, &e, &conn), ERR_OK);
    assert_int_equal(conn->ops->script(conn, &e, CUT_OTHERS.pg), ERR_OK);
    conn->ops->close(conn);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

/* Reads inside reads: as many connections as levels. */
typedef struct {
    TestStore *t;
    int levels;
} Nest;

static Err nest(Ctx *c, void *arg)
{
    Nest *n = arg;
    if (--n->levels == 0)
        return ERR_OK;
    (void)c;
    TestCtx x = test_ctx(n->t);
    Err err = store_read(n->t->store, x.c, nest, n);
    test_ctx_end(&x);
    return err;
}

static void read_nested(TestStore *t, int levels)
{
    TestCtx x = test_ctx(t);
    Nest n = {.t = t, .levels = levels};
    assert_int_equal(store_read(t->store, x.c, nest, &n), ERR_OK);
    test_ctx_end(&x);
}

static void cut_connections_cost_nobody_anything(void **state)
{
    TestStore *t = *state;
    for (int i = 0; i < 12; i++) /* several threads have connected */
        pg_test_must(t, &ADD);
    read_nested(t, 7);
    assert_int_equal(pg_test_number(t, &COUNT), 12);
    cut_all(t);
    assert_int_equal(pg_test_number(t, &COUNT), 12);
    read_nested(t, 7);
    for (int i = 0; i < 12; i++)
        pg_test_must(t, &ADD);
    assert_int_equal(pg_test_number(t, &COUNT), 24);
    StoreStats stats;
    store_stats(t->store, &stats);
    assert_in_range(stats.reruns, 1, 12);
    assert_false(stats.failing);
}

typedef struct {
    int runs;
    bool cut;
} Cut;

static Err add_then_cut(Ctx *c, void *arg)
{
    Cut *k = arg;
    k->runs++;
    Err err = store_exec(c, &ADD, NO_BINDS, NULL);
    if (!err && (k->cut || k->runs == 1))
        err = store_exec(c, &CUT_SELF, NO_BINDS, NULL);
    return err;
}

static void a_cut_before_commit_runs_again_once(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    Cut k = {0};
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, add_then_cut, &k), ERR_OK);
    assert_int_equal(k.runs, 2);
    test_ctx_end(&x);
    assert_int_equal(pg_test_number(t, &COUNT), 1);
    /* a unit that kills its connection each time is not tried for ever */
    x = test_ctx(t);
    k = (Cut){.cut = true};
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, add_then_cut, &k), ERR_BUSY);
    assert_string_equal(x.c->err.code, "store.unavailable");
    assert_true(x.c->err.retry_after_ms > 0);
    assert_int_equal(k.runs, 2);
    test_ctx_end(&x);
    assert_int_equal(pg_test_number(t, &COUNT), 1);
}

static void an_unanswered_commit_is_said_to_be_unknown(void **state)
{
    TestStore *t = *state;
    pg_test_must(t, &CUT_IN_COMMIT_1);
    pg_test_must(t, &CUT_IN_COMMIT_2);
    TestCtx x = test_ctx(t);
    PgTestDo d = {.sql = &ADD};
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, pg_test_exec, &d), ERR_BUSY);
    assert_string_equal(x.c->err.code, "store.commit_unknown");
    assert_true(x.c->err.retry_after_ms > 0);
    assert_int_equal(d.runs, 1); /* never run again by us */
    test_ctx_end(&x);
    StoreStats stats;
    store_stats(t->store, &stats);
    assert_true(stats.failing);
    assert_int_equal(pg_test_number(t, &COUNT), 0);
}

static void an_absent_server_refuses_quickly_and_comes_back(void **state)
{
    Gone *g = *state;
    TestStore *t = &g->t;
    pg_test_must(t, &ADD);
    assert_int_equal(unlink(g->link), 0);
    cut_all(t);
    int64_t start = clock_steady_ns();
    for (int i = 0; i < 20; i++) {
        ErrSlot e;
        assert_int_equal(pg_test_do(t, &ADD, &e), ERR_BUSY);
        assert_string_equal(e.code, "store.unavailable");
        assert_true(e.retry_after_ms > 0);
        TestCtx x = test_ctx(t);
        PgTestNumber n = {.sql = &COUNT};
        assert_int_equal(store_read(t->store, x.c, pg_test_read_number, &n), ERR_BUSY);
        assert_string_equal(x.c->err.code, "store.unavailable");
        test_ctx_end(&x);
    }
    assert_true(clock_steady_ns() - start < 2000000000);
    StoreStats stats;
    store_stats(t->store, &stats);
    assert_true(stats.failing);
    assert_int_equal(symlink(g->target, g->link), 0);
    ErrSlot e;
    Err err = ERR_BUSY;
    for (int i = 0; i < 100 && err; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        err = pg_test_do(t, &ADD, &e);
    }
    assert_int_equal(err, ERR_OK);
    assert_int_equal(pg_test_number(t, &COUNT), 2);
    store_stats(t->store, &stats);
    assert_false(stats.failing);
}

static void nothing_at_the_address_is_said_at_start(void **state)
{
    (void)state;
    ErrSlot e = {0};
    Store *s;
    StoreConfig config = {.data_dir = "/tmp",
                          .database_url = "postgres://u:secret@127.0.0.1:1/none"};
    assert_int_equal(store_open(&config, &e, &s), ERR_STORAGE);
    assert_string_equal(e.code, "store.open");
    assert_null(strstr(e.text, "secret"));
}

/* A server that says nothing: the limit is shortened, the answer would take 20 s. */
static void silence_ends(void **state)
{
    TestStore *t = *state;
    ErrSlot e = {0};
    StoreConn *conn;
    assert_int_equal(store_pg_connect(t->store, &e, &conn), ERR_OK);
    pg_self(conn)->limit_ms = 300;
    int64_t start = clock_steady_ns();
    assert_int_equal(conn->ops->script(conn, &e, SLEEP.pg), ERR_BUSY);
    assert_string_equal(e.code, "store.unavailable");
    assert_true(clock_steady_ns() - start < 5000000000);
    assert_false(store_pg_alive(conn));
    conn->ops->close(conn);
}

/* ---- dumps ---- */
static void a_dump_is_made(void **state)
{
    TestStore *t = *state;
    pg_test_must(t, &ADD);
    char url[256], path[128];
    /* over TCP, with a password */
    snprintf(url, sizeof url, "%s", getenv("ZHIXIN_TEST_PG_TCP"));
    Store dumped = {.config = {.database_url = url}, .pg = true};
    snprintf(path, sizeof path, "%s/a.dump", t->dir);
    ErrSlot e = {0};
    if (store_pg_dump(&dumped, path, &e) != ERR_OK)
        fail_msg("%s: %s", e.code, e.text);
    assert_true(file_size(path) > 1000);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    Arena *a = arena_create(1 << 24);
    Str bytes;
    assert_int_equal(file_read(a, &e, path, 1 << 20, &bytes), ERR_OK);
    assert_true(str_starts(bytes, STR("PGDMP")));
    arena_destroy(a);
    /* a wrong password: said, not shown */
    char *colon = strchr(strchr(url, ':') + 1, ':');
    colon[1] = colon[1] == 'x' ? 'y' : 'x';
    snprintf(path, sizeof path, "%s/b.dump", t->dir);
    assert_int_equal(store_pg_dump(&dumped, path, &e), ERR_STORAGE);
    assert_string_equal(e.code, "store.backup");
    assert_non_null(strstr(e.text, "password"));
    assert_null(strstr(e.text, "://"));
    assert_false(file_exists(path));
    snprintf(path, sizeof path, "%s/b.dump.part", t->dir);
    assert_false(file_exists(path));
}

static void no_pg_dump_is_said(void **state)
{
    TestStore *t = *state;
    char *old = store_strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    char path[128];
    snprintf(path, sizeof path, "%s/c.dump", t->dir);
    ErrSlot e = {0};
    Err err = store_pg_dump(t->store, path, &e);
    setenv("PATH", old, 1);
    free(old);
    assert_int_equal(err, ERR_STORAGE);
    assert_non_null(strstr(e.text, "PATH"));
    assert_false(file_exists(path));
}

int main(void)
{
    if (pg_test_needs_server())
        return 1;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(cut_connections_cost_nobody_anything),
        TEST(a_cut_before_commit_runs_again_once),
        TEST(an_unanswered_commit_is_said_to_be_unknown),
        TEST(an_absent_server_refuses_quickly_and_comes_back),
        cmocka_unit_test(nothing_at_the_address_is_said_at_start),
        TEST(silence_ends),
        TEST(a_dump_is_made),
        TEST(no_pg_dump_is_said),
    };
    return cmocka_run_group_tests_name("store/pg_gone", tests, NULL, NULL);
}
