/* SPDX-License-Identifier: Apache-2.0 */
#include "store/test_store.h"

#include "base/clock.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const StoreSql NOTE_PUT = {"test.note_put", "INSERT INTO note (id, body) VALUES (?1, ?2)",
                           "INSERT INTO note (id, body) VALUES ($1, $2)", 2, 60};
const StoreSql NOTE_GET = {"test.note_get", "SELECT count(*) FROM note WHERE id = ?1",
                           "SELECT count(*) FROM note WHERE id = $1", 1, 61};
const StoreSql NOTE_COUNT = {"test.note_count", "SELECT count(*) FROM note",
                             "SELECT count(*) FROM note", 0, 62};
const StoreSql NOTE_EVENTS = {"test.note_events", "SELECT count(*) FROM event",
                              "SELECT count(*) FROM event", 0, 63};

static const char NOTE_TABLE[] = "CREATE TABLE note (id BIGINT PRIMARY KEY, body TEXT NOT NULL);";

void test_store_note(TestStore *t)
{
    t->list[0] = STORE_ALL_MIGRATIONS[0];
    t->list[1] = (StoreMigration){2, "0002_note", "first", NOTE_TABLE, NOTE_TABLE};
    t->list[2] = (StoreMigration){0};
    t->migrations = t->list;
}

static void empty_pg(TestStore *t)
{
    Store blank = {.config = t->config, .pg = true, .lock_fd = -1};
    while (STORE_ALL_SQL[blank.sql_n])
        blank.sql_n++;
    ErrSlot e = {0};
    StoreConn *conn;
    if (store_pg_connect(&blank, &e, &conn) != ERR_OK)
        fail_msg("%s: %s", e.code, e.text);
    Err err = conn->ops->script(conn, &e, "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    conn->ops->close(conn);
    if (err)
        fail_msg("%s: %s", e.code, e.text);
}

void test_store_make(TestStore *t)
{
    snprintf(t->dir, sizeof t->dir, "/tmp/zhixin-store-XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    t->log.level = getenv("ZHIXIN_TEST_LOG") ? LOG_DEBUG : LOG_ERROR + 1;
    t->config.data_dir = t->dir;
    t->config.database_url = getenv("ZHIXIN_TEST_PG");
    t->config.node = 1;
    t->config.log = &t->log;
    t->migrations = STORE_ALL_MIGRATIONS;
    if (t->config.database_url)
        empty_pg(t);
}

void test_store_open(TestStore *t)
{
    ErrSlot e = {0};
    if (store_open_with(&t->config, t->migrations, &e, &t->store) != ERR_OK)
        fail_msg("%s: %s", e.code, e.text);
}

static void remove_folder(const char *path)
{
    DIR *d = opendir(path);
    if (!d) {
        unlink(path);
        return;
    }
    char inner[512];
    for (struct dirent *f; (f = readdir(d)) != NULL;) {
        if (strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, f->d_name);
        remove_folder(inner);
    }
    closedir(d);
    rmdir(path);
}

void test_store_remove(TestStore *t)
{
    store_close(t->store);
    t->store = NULL;
    remove_folder(t->dir);
}

int test_store_setup(void **state)
{
    TestStore *t = store_alloc(sizeof *t);
    *state = t;
    test_store_make(t);
    test_store_open(t);
    return 0;
}

int test_note_setup(void **state)
{
    TestStore *t = store_alloc(sizeof *t);
    *state = t;
    test_store_make(t);
    test_store_note(t);
    test_store_open(t);
    return 0;
}

int test_store_teardown(void **state)
{
    test_store_remove(*state);
    free(*state);
    return 0;
}

TestCtx test_ctx(TestStore *t)
{
    (void)t;
    TestCtx x = {.arena = arena_create(16u << 20)};
    x.c = ARENA_NEW(x.arena, Ctx);
    ctx_init(x.c, x.arena, t->store->ids, clock_wall_ms());
    return x;
}

void test_ctx_end(TestCtx *x)
{
    arena_destroy(x->arena);
}

typedef struct {
    const StoreSql *sql;
    int64_t value;
} Number;

static Err read_number(Ctx *c, void *arg)
{
    Number *n = arg;
    return store_i64(c, n->sql, NO_BINDS, -1, &n->value);
}

int64_t test_number(TestStore *t, const StoreSql *sql)
{
    TestCtx x = test_ctx(t);
    Number n = {.sql = sql};
    if (store_read(t->store, x.c, read_number, &n) != ERR_OK)
        fail_msg("%s: %s", x.c->err.code, x.c->err.text);
    test_ctx_end(&x);
    return n.value;
}

static Err append(Ctx *c, void *arg)
{
    const int64_t *range = arg;
    Err err = ERR_OK;
    for (int64_t seq = range[0]; seq <= range[1] && !err; seq++)
        err = store_event_append(c, &(StoreEvent){.shop_id = 1,
                                                  .conversation_id = 2,
                                                  .subject_id = seq,
                                                  .seq = seq,
                                                  .at_ms = c->now_ms,
                                                  .kind = STR("note.added.1")});
    return err;
}

void test_events(TestStore *t, int64_t from, int64_t to)
{
    TestCtx x = test_ctx(t);
    int64_t range[2] = {from, to};
    if (store_write(t->store, x.c, STORE_CHAT, append, range) != ERR_OK)
        fail_msg("%s: %s", x.c->err.code, x.c->err.text);
    test_ctx_end(&x);
}

void test_sleep_ms(int64_t ms)
{
    struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&ts, NULL);
}

size_t test_child(void (*child)(int to_parent, void *arg), void *arg, int64_t *ret_ids, size_t max)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        alarm(60); /* a child that is not killed must not stay */
        child(ends[1], arg);
        _exit(3); /* it was to be killed */
    }
    close(ends[1]);
    size_t n = 0;
    int64_t id;
    while (read(ends[0], &id, sizeof id) == sizeof id)
        if (n < max)
            ret_ids[n++] = id;
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    return n;
}
