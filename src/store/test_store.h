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
    Store *store;
    Log log;
} TestStore;

int test_store_setup(void **state); /* opened, with the schema of the program */
int test_store_teardown(void **state);
void test_store_make(TestStore *t); /* the folder, nothing open */
void test_store_open(TestStore *t);
void test_store_remove(TestStore *t);

/* A context in an arena of its own. */
typedef struct {
    Arena *arena;
    Ctx c;
} TestCtx;
TestCtx test_ctx(TestStore *t);
void test_ctx_end(TestCtx *x);
#endif
