/* SPDX-License-Identifier: Apache-2.0 */
/* Schema changes: applied once, backed up first, refused when they are not ours. */
#include "store/test_store.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int make(void **state)
{
    TestStore *t = store_alloc(sizeof *t);
    *state = t;
    test_store_make(t);
    test_store_note(t);
    return 0;
}

static void refuse(TestStore *t, const char *code)
{
    ErrSlot e = {0};
    Store *s = NULL;
    assert_int_not_equal(store_open_with(&t->config, t->migrations, &e, &s), ERR_OK);
    assert_null(s);
    assert_string_equal(e.code, code);
    assert_true(e.text[0] != '\0');
}

static void reopen(TestStore *t)
{
    store_close(t->store);
    t->store = NULL;
    test_store_open(t);
}

/* Backups made, and the path of one of them. */
static int backups(TestStore *t, char *ret_path, size_t room)
{
    char dir[128];
    snprintf(dir, sizeof dir, "%s/backups", t->dir);
    DIR *d = opendir(dir);
    if (!d)
        return 0;
    int n = 0;
    for (struct dirent *f; (f = readdir(d)) != NULL;)
        if (f->d_name[0] != '.') {
            snprintf(ret_path, room, "%s/%s", dir, f->d_name);
            n++;
        }
    closedir(d);
    return n;
}

static void all_of_the_program(void **state)
{
    TestStore *t = *state;
    t->migrations = STORE_ALL_MIGRATIONS;
    test_store_open(t);
    int last = 0;
    for (const StoreMigration *m = STORE_ALL_MIGRATIONS; m->number; m++) {
        assert_int_equal(m->number, last + 1);
        last = m->number;
    }
    assert_int_equal(store_schema_version(t->store), last);
    reopen(t);
    assert_int_equal(store_schema_version(t->store), last);
    char path[512];
    assert_int_equal(backups(t, path, sizeof path), 0); /* there was nothing to lose */
}

static void an_upgrade_keeps_a_copy(void **state)
{
    TestStore *t = *state;
    StoreMigration second = t->list[1];
    t->list[1] = (StoreMigration){0};
    test_store_open(t);
    assert_int_equal(store_schema_version(t->store), 1);
    test_events(t, 1, 5);
    store_close(t->store);
    t->store = NULL;
    t->list[1] = second;
    test_store_open(t);
    assert_int_equal(store_schema_version(t->store), 2);
    assert_int_equal(test_number(t, &NOTE_COUNT), 0);
    assert_int_equal(test_number(t, &NOTE_EVENTS), 5);
    char path[512];
    assert_int_equal(backups(t, path, sizeof path), 1);
    assert_non_null(strstr(path, "before-0002_note"));
    if (store_is_pg(t->store))
        return;
    ErrSlot e = {0};
    assert_int_equal(store_sqlite_check_file(path, &e), ERR_OK);
    sqlite3 *db;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_prepare_v2(db, NOTE_EVENTS.sqlite, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 0), 5);
    sqlite3_finalize(st);
    assert_int_not_equal(sqlite3_prepare_v2(db, NOTE_COUNT.sqlite, -1, &st, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_newer_schema_is_refused(void **state)
{
    TestStore *t = *state;
    test_store_open(t);
    store_close(t->store);
    t->store = NULL;
    t->list[1] = (StoreMigration){0};
    refuse(t, "store.newer_schema");
}

static void a_changed_migration_is_refused(void **state)
{
    TestStore *t = *state;
    test_store_open(t);
    store_close(t->store);
    t->store = NULL;
    t->list[1].checksum = "second";
    refuse(t, "store.changed_migration");
}

static void a_failing_upgrade_changes_nothing(void **state)
{
    TestStore *t = *state;
    StoreMigration good = t->list[1];
    t->list[1] = (StoreMigration){0};
    test_store_open(t);
    store_close(t->store);
    t->store = NULL;
    t->list[1] = good;
    t->list[2] = (StoreMigration){3, "0003_bad", "x", "CREATE TABLE a (b BIGINT); CREATE TABLE a;",
                                  "CREATE TABLE a (b BIGINT); CREATE TABLE a;"};
    refuse(t, "store.sql");
    t->list[1] = t->list[2] = (StoreMigration){0};
    test_store_open(t); /* neither 0002 nor half of 0003 was kept */
    assert_int_equal(store_schema_version(t->store), 1);
    t->list[1] = good;
    reopen(t);
    assert_int_equal(store_schema_version(t->store), 2);
}

static void one_process_has_the_folder(void **state)
{
    TestStore *t = *state;
    test_store_open(t);
    if (store_is_pg(t->store))
        skip();
    refuse(t, "store.locked");
    reopen(t);
}

static void an_impossible_folder_is_told(void **state)
{
    TestStore *t = *state;
    if (t->config.database_url)
        skip();
    t->config.data_dir = "/proc/nobody/here";
    ErrSlot e = {0};
    Store *s = NULL;
    assert_int_not_equal(store_open_with(&t->config, t->migrations, &e, &s), ERR_OK);
    assert_null(s);
    assert_true(e.text[0] != '\0');
}

int main(void)
{
#define MIGRATE_TEST(name) cmocka_unit_test_setup_teardown(name, make, test_store_teardown)
    const struct CMUnitTest tests[] = {
        MIGRATE_TEST(all_of_the_program),
        MIGRATE_TEST(an_upgrade_keeps_a_copy),
        MIGRATE_TEST(a_newer_schema_is_refused),
        MIGRATE_TEST(a_changed_migration_is_refused),
        MIGRATE_TEST(a_failing_upgrade_changes_nothing),
        MIGRATE_TEST(one_process_has_the_folder),
        MIGRATE_TEST(an_impossible_folder_is_told),
    };
    return cmocka_run_group_tests_name("store/migrate", tests, NULL, NULL);
}
