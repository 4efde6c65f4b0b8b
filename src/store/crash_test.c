/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at each named point: what was acknowledged is there, whole, and nothing is there twice.
 */
#include "store/test_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNITS = 4000, BODY = 12000 };

typedef struct {
    TestStore *t;
    const char *fault;
    int64_t from;
} Child;

typedef struct {
    int64_t id;
    bool large;
} Row;

/* A row and its event, in one unit. */
static Err put_row(Ctx *c, void *arg)
{
    const Row *r = arg;
    size_t n = r->large ? BODY : 20;
    char *body = arena_alloc(c->arena, n);
    memset(body, 'x', n);
    Err err = store_exec(c, &NOTE_PUT, BINDS(i64(r->id), text((Str){body, n})), NULL);
    return err ? err
               : store_event_append(c, &(StoreEvent){.shop_id = 1,
                                                     .seq = r->id,
                                                     .at_ms = c->now_ms,
                                                     .kind = STR("note.added.1")});
}

static void write_and_die(int to_parent, void *arg)
{
    Child *k = arg;
    setenv("ZHIXIN_FAULT", k->fault, 1);
    test_store_open(k->t);
    bool large = strncmp(k->fault, "mid_checkpoint", 14) == 0;
    for (int64_t id = k->from; id < k->from + UNITS; id++) {
        TestCtx x = test_ctx(k->t);
        Row r = {.id = id, .large = large};
        if (store_write(k->t->store, x.c, STORE_CHAT, put_row, &r) != ERR_OK ||
            write(to_parent, &id, sizeof id) != sizeof id)
            _exit(4);
        test_ctx_end(&x);
    }
}

static void killed_at(TestStore *t, const char *fault)
{
    store_close(t->store);
    t->store = NULL;
    int64_t *acked = store_alloc(UNITS * sizeof *acked);
    Child child = {.t = t, .fault = fault, .from = 1};
    size_t n = test_child(write_and_die, &child, acked, UNITS);
    test_store_open(t);
    int64_t rows = test_number(t, &NOTE_COUNT);
    /* one unit was under way: it may have been kept, then with its event */
    assert_in_range(rows, n, n + 1);
    assert_int_equal(test_number(t, &NOTE_EVENTS), rows);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(acked[i], (int64_t)i + 1);
    free(acked);
    TestCtx x = test_ctx(t);
    if (!store_is_pg(t->store)) {
        ErrSlot e = {0};
        Str report;
        Err err = store_check(t->store, &e, x.arena, &report);
        (void)err; /* statements of other rooms have no tables here */
        assert_true(str_find(report, STR("integrity: ")) < 0);
    }
    Row r = {.id = rows + 1}; /* and it goes on */
    assert_int_equal(store_write(t->store, x.c, STORE_CHAT, put_row, &r), ERR_OK);
    test_ctx_end(&x);
    if (strncmp(fault, "after_commit", 12) == 0)
        assert_int_equal(rows, n + 1);
    if (strncmp(fault, "after_write", 11) == 0 || strncmp(fault, "before_commit", 13) == 0)
        assert_int_equal(rows, n);
}

static void after_write(void **state)
{
    killed_at(*state, "after_write:1");
}

static void after_write_later(void **state)
{
    killed_at(*state, "after_write:37");
}

static void before_commit(void **state)
{
    killed_at(*state, "before_commit:11");
}

static void in_commit(void **state)
{
    killed_at(*state, "in_commit:23");
}

static void after_commit(void **state)
{
    killed_at(*state, "after_commit:19");
}

static void mid_checkpoint(void **state)
{
    TestStore *t = *state;
    if (store_is_pg(t->store))
        skip();
    killed_at(t, "mid_checkpoint:1");
}

static void mid_checkpoint_later(void **state)
{
    TestStore *t = *state;
    if (store_is_pg(t->store))
        skip();
    killed_at(t, "mid_checkpoint:900");
}

int main(void)
{
#define CRASH_TEST(name) cmocka_unit_test_setup_teardown(name, test_note_setup, test_store_teardown)
    const struct CMUnitTest tests[] = {
        CRASH_TEST(after_write),          CRASH_TEST(after_write_later),
        CRASH_TEST(before_commit),        CRASH_TEST(in_commit),
        CRASH_TEST(after_commit),         CRASH_TEST(mid_checkpoint),
        CRASH_TEST(mid_checkpoint_later),
    };
    return cmocka_run_group_tests_name("store/crash", tests, NULL, NULL);
}
