/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_TEST_STORE_H
#define STORE_TEST_STORE_H
/* A store to test with: a folder of its own, or an emptied PostgreSQL when ZHIXIN_TEST_PG names
 * one. */
#include "store/internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

typedef struct {
    char dir[64];
    StoreConfig config;
    const StoreMigration *migrations;
    StoreMigration list[4];
    Store *store;
    Log log;
} TestStore;

/* A table of the tests' own: note (id, body), made by test_store_note's second migration. Its
 * statements borrow the slots of statements that these tests never run. */
extern const StoreSql NOTE_PUT, NOTE_GET, NOTE_COUNT, NOTE_EVENTS;
void test_store_note(TestStore *t); /* sets t->list as the migrations */

int test_store_setup(void **state); /* opened, with the schema of the program */
int test_note_setup(void **state);  /* opened, with the store's own tables and note */
int test_store_teardown(void **state);
void test_store_make(TestStore *t); /* the folder, nothing open */
void test_store_open(TestStore *t);
void test_store_remove(TestStore *t);

/* A context in an arena of its own. */
typedef struct {
    Arena *arena;
    Ctx *c; /* in the arena: it points into itself */
} TestCtx;
TestCtx test_ctx(TestStore *t);
void test_ctx_end(TestCtx *x);
/* Counts and single numbers, read on their own. */
int64_t test_number(TestStore *t, const StoreSql *sql);
void test_events(TestStore *t, int64_t from, int64_t to); /* events with seq from..to, one unit */
void test_sleep_ms(int64_t ms);
/* ids are read from a child that was to die by SIGKILL; gives how many it sent before. */
size_t test_child(void (*child)(int to_parent, void *arg), void *arg, int64_t *ret_ids, size_t max);
#endif
