/* SPDX-License-Identifier: Apache-2.0 */
/* Readers beside a writer: they see what was committed, hold nobody up and change nothing. */
#include "store/test_store.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

static Err count(Ctx *c, void *arg)
{
    return store_i64(c, &NOTE_EVENTS, NO_BINDS, -1, arg);
}

static Err put(Ctx *c, void *arg)
{
    (void)arg;
    return store_exec(c, &NOTE_PUT, BINDS(i64(1), text(STR("x"))), NULL);
}

static Store *reader(TestStore *t)
{
    StoreConfig config = t->config;
    config.read_only = true;
    ErrSlot e = {0};
    Store *s = NULL;
    if (store_open_with(&config, t->migrations, &e, &s) != ERR_OK)
        fail_msg("%s: %s", e.code, e.text);
    return s;
}

static int64_t events(TestStore *t, Store *s)
{
    TestCtx x = test_ctx(t);
    int64_t n = -2;
    assert_int_equal(store_read(s, x.c, count, &n), ERR_OK);
    test_ctx_end(&x);
    return n;
}

static void it_reads_beside_the_writer(void **state)
{
    TestStore *t = *state;
    test_events(t, 1, 3);
    Store *s = reader(t);
    assert_int_equal(store_schema_version(s), 2);
    assert_int_equal(events(t, s), 3);
    test_events(t, 4, 9);
    assert_int_equal(events(t, s), 9);
    store_close(s);
    test_events(t, 10, 10); /* the writer did not notice */
    assert_int_equal(test_number(t, &NOTE_EVENTS), 10);
}

static void it_refuses_to_write(void **state)
{
    TestStore *t = *state;
    Store *s = reader(t);
    TestCtx x = test_ctx(t);
    assert_int_not_equal(store_write(s, x.c, STORE_CHAT, put, NULL), ERR_OK);
    assert_string_equal(x.c->err.code, "store.read_only");
    err_clear(&x.c->err);
    assert_int_not_equal(store_read(s, x.c, put, NULL), ERR_OK); /* not that way either */
    test_ctx_end(&x);
    ErrSlot e = {0};
    StoreFollower f = {.name = "f", .batch = 1};
    assert_int_not_equal(store_followers_start(s, &f, 1, &e), ERR_OK);
    StoreTimerHandler h = {.kind = "k"};
    assert_int_not_equal(store_timers_start(s, &h, 1, &e), ERR_OK);
    store_close(s);
    assert_int_equal(test_number(t, &NOTE_COUNT), 0);
}

static void refuse(TestStore *t, const char *code)
{
    StoreConfig config = t->config;
    config.read_only = true;
    ErrSlot e = {0};
    Store *s = NULL;
    assert_int_not_equal(store_open_with(&config, t->migrations, &e, &s), ERR_OK);
    assert_null(s);
    assert_string_equal(e.code, code);
}

static void it_refuses_another_schema(void **state)
{
    TestStore *t = *state;
    StoreMigration second = t->list[1];
    t->list[1] = (StoreMigration){0};
    refuse(t, "store.newer_schema");
    t->list[1] = second;
    t->list[2] = (StoreMigration){3, "0003_more", "x", "bad", "bad"};
    refuse(t, "store.older_schema"); /* and the bad text of 0003 was not run */
    t->list[2] = (StoreMigration){0};
    t->list[1].checksum = "other";
    refuse(t, "store.changed_migration");
    t->list[1] = second;
    store_close(reader(t));
}

static void it_makes_no_database(void **state)
{
    TestStore *t = *state;
    if (t->config.database_url)
        skip();
    store_close(t->store);
    t->store = NULL;
    char path[128];
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"zhixin.db", "zhixin.db-wal", "zhixin.db-shm"};
        snprintf(path, sizeof path, "%s/%s", t->dir, names[i]);
        remove(path);
    }
    refuse(t, "store.open");
    snprintf(path, sizeof path, "%s/zhixin.db", t->dir);
    assert_false(file_exists(path));
}

static void what_was_applied_is_listed(void **state)
{
    TestStore *t = *state;
    Arena *a = arena_create(1 << 20);
    ErrSlot e = {0};
    StoreMigrationState *all;
    size_t n;
    assert_int_equal(store_migration_list(&t->config, &e, a, &all, &n), ERR_OK);
    size_t known = 0;
    while (STORE_ALL_MIGRATIONS[known].number)
        known++;
    assert_int_equal(n, known);
    assert_true(all[0].known && all[0].applied_at > 0);
    assert_true(str_is(all[0].name, "0001_store"));
    assert_false(all[1].known); /* the tests' own 0002 */
    assert_true(all[2].known && all[2].applied_at == 0);
    arena_destroy(a);
}

int main(void)
{
#define INSPECT_TEST(name)                                                                         \
    cmocka_unit_test_setup_teardown(name, test_note_setup, test_store_teardown)
    const struct CMUnitTest tests[] = {
        INSPECT_TEST(it_reads_beside_the_writer), INSPECT_TEST(it_refuses_to_write),
        INSPECT_TEST(it_refuses_another_schema),  INSPECT_TEST(it_makes_no_database),
        INSPECT_TEST(what_was_applied_is_listed),
    };
    return cmocka_run_group_tests_name("store/inspect", tests, NULL, NULL);
}
