/* SPDX-License-Identifier: Apache-2.0 */
#include "store/test_store.h"

#include "base/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    ctx_init(&x.c, x.arena, t->store->ids, clock_wall_ms());
    return x;
}

void test_ctx_end(TestCtx *x)
{
    arena_destroy(x->arena);
}
