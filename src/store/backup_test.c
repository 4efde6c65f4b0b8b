/* SPDX-License-Identifier: Apache-2.0 */
/* Copies taken while others write, and what the check of the store finds. */
#include "store/test_store.h"

#include "base/file.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    TestStore *t;
    atomic_bool stop;
    _Atomic int64_t pairs;
} Writer;

/* Two rows in each unit: a copy with half a unit would show. */
static Err put_pair(Ctx *c, void *arg)
{
    int64_t id = *(int64_t *)arg * 2;
    Err err = store_exec(c, &NOTE_PUT, BINDS(i64(id), text(STR("left"))), NULL);
    return err ? err : store_exec(c, &NOTE_PUT, BINDS(i64(id + 1), text(STR("right"))), NULL);
}

static void *write_pairs(void *arg)
{
    Writer *w = arg;
    Err err = ERR_OK;
    for (int64_t i = 1; !err && !atomic_load(&w->stop); i++) {
        TestCtx x = test_ctx(w->t);
        err = store_write(w->t->store, x.c, STORE_CHAT, put_pair, &i);
        if (!err)
            atomic_store(&w->pairs, i);
        test_ctx_end(&x);
    }
    return NULL;
}

static void wait_for_pairs(Writer *w, int64_t n)
{
    for (int waited = 0; atomic_load(&w->pairs) < n; waited += 5) {
        assert_true(waited < 20000);
        test_sleep_ms(5);
    }
}

static void a_copy_while_others_write(void **state)
{
    TestStore *t = *state;
    Writer w = {.t = t};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_pairs, &w), 0);
    char dir[128], path[160];
    int64_t before[3];
    for (int i = 0; i < 3; i++) {
        wait_for_pairs(&w, 200 * (i + 1));
        before[i] = atomic_load(&w.pairs);
        snprintf(dir, sizeof dir, "%s/backups/copy%d", t->dir, i);
        ErrSlot e = {0};
        if (store_backup(t->store, dir, &e) != ERR_OK)
            fail_msg("%s: %s", e.code, e.text);
        assert_int_equal(store_backup(t->store, dir, &e), ERR_CONFLICT);
        assert_string_equal(e.code, "store.backup_exists");
    }
    wait_for_pairs(&w, atomic_load(&w.pairs) + 10); /* it goes on */
    atomic_store(&w.stop, true);
    pthread_join(thread, NULL);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/backups/copy%d/zhixin.%s", t->dir, i,
                 store_is_pg(t->store) ? "dump" : "db");
        assert_true(file_size(path) > 0);
        if (store_is_pg(t->store))
            continue;
        ErrSlot e = {0};
        assert_int_equal(store_sqlite_check_file(path, &e), ERR_OK);
        sqlite3 *db;
        assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
        sqlite3_stmt *st;
        assert_int_equal(sqlite3_prepare_v2(db, NOTE_COUNT.sqlite, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        int64_t rows = sqlite3_column_int64(st, 0);
        assert_int_equal(rows % 2, 0);
        assert_true(rows >= 2 * before[i]); /* all that was acknowledged before it began */
        sqlite3_finalize(st);
        sqlite3_close(db);
    }
}

static void a_sound_store_is_called_so(void **state)
{
    TestStore *t = *state;
    TestCtx x = test_ctx(t);
    ErrSlot e = {0};
    Str report = STR_NONE;
    Err err = store_check(t->store, &e, x.arena, &report);
    if (err)
        fail_msg("%s", e.text);
    assert_true(str_find(report, STR("\"ok\":true")) >= 0);
    assert_true(str_find(report, STR("\"parked_events\":0")) >= 0);
    test_ctx_end(&x);
}

static void damage(const char *path, long page)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    char junk[2048];
    memset(junk, 0x5a, sizeof junk);
    assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096 + 100), sizeof junk);
    close(fd);
}

static void damage_is_found(void **state)
{
    TestStore *t = *state;
    if (store_is_pg(t->store))
        skip();
    for (int64_t i = 1; i < 3000; i++) {
        TestCtx x = test_ctx(t);
        assert_int_equal(store_write(t->store, x.c, STORE_CHAT, put_pair, &i), ERR_OK);
        test_ctx_end(&x);
    }
    char path[128];
    snprintf(path, sizeof path, "%s/zhixin.db", t->dir);
    store_close(t->store);
    t->store = NULL;
    damage(path, file_size(path) / 4096 - 3);
    test_store_open(t);
    TestCtx x = test_ctx(t);
    ErrSlot e = {0};
    Str report = STR_NONE;
    assert_int_equal(store_check(t->store, &e, x.arena, &report), ERR_STORAGE);
    assert_true(str_find(report, STR("\"ok\":false")) >= 0);
    assert_true(str_find(report, STR("integrity: ")) >= 0);
    test_ctx_end(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_while_others_write, test_note_setup,
                                        test_store_teardown),
        cmocka_unit_test_setup_teardown(a_sound_store_is_called_so, test_store_setup,
                                        test_store_teardown),
        cmocka_unit_test_setup_teardown(damage_is_found, test_note_setup, test_store_teardown),
    };
    return cmocka_run_group_tests_name("store/backup", tests, NULL, NULL);
}
