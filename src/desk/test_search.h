/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_TEST_SEARCH_H
#define DESK_TEST_SEARCH_H
/*
 * Two shops and what was said in them, over a real store: SQLite in a folder of its own, or an
 * emptied PostgreSQL when ZHIXIN_TEST_PG names one. The follower runs only when asked for.
 */
#include "desk/search_internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SAID_MAX = 8192, CONVS = 10 };

typedef struct {
    int64_t conversation_id, seq;
    Str text;
    size_t shop;
    bool hidden;
} Said;

typedef struct {
    char dir[64];
    Log log;
    StoreConfig config;
    Store *store;
    Arena *arena;
    Ctx c; /* of the last call */
    int64_t shop[2], conv[2][CONVS], last_seq[2][CONVS];
    Said said[SAID_MAX];
    size_t said_n;
    unsigned seed;
    int64_t merge_base;     /* 0: as in life */
    _Atomic int fail_steps; /* so many steps of the follower fail after all they did */
} Fix;

typedef struct {
    Fix *f;
    Said *list;
    size_t n;
    const char *kind;
} Saying;
typedef struct {
    Str q, cursor;
    int64_t limit;
    DeskFoundPage page;
} Asked;
typedef struct {
    int64_t building, segments;
} Counts;

unsigned search_draw(Fix *f, unsigned n);
void search_write_it(Fix *f, size_t shop, StoreRun run, void *arg);
Err search_read_it(Fix *f, size_t shop, StoreRun run, void *arg);
int search_setup(void **state);
int search_teardown(void **state);
Said *search_prepare(Fix *f, size_t shop, Str text);
Said *search_say(Fix *f, size_t shop, const char *words);
void search_say_many(Fix *f, size_t shop, size_t n);
void search_run_follower(Fix *f, size_t batch);
void search_caught_up(Fix *f);
Err search_ask(Ctx *c, void *arg);
size_t search_check_from(Fix *f, size_t shop, Str q, int64_t limit, Str cursor, size_t below);
size_t search_check(Fix *f, size_t shop, Str q, int64_t limit);
Str search_made_query(Fix *f);
Counts search_counts(Fix *f);
Err search_say_run(Ctx *c, void *arg);
void search_open(Fix *f);
#endif
