/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_TEST_DESK_H
#define SERVICE_TEST_DESK_H
/*
 * Two shops to test use cases with, over a real store: SQLite in a folder of its own, or an emptied
 * PostgreSQL when ZHIXIN_TEST_PG names one. Each call below is one unit of work at d->now, a clock
 * that only the test moves; what it gave lives until the end of the test.
 */
#include "service/service.h"
#include "service/timers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define DESK_NOW INT64_C(1790042400000) /* 2026-09-22, a Tuesday, 10:00 in Shanghai */

typedef struct {
    char dir[64];
    Log log;
    Store *store;
    Accounts *accounts;
    Service *service;
    Arena *arena;
    int64_t now;
    Ctx c; /* of the last call: its error and its wake-ups */
    /* shop A: owner ann, supervisor sue, agents bo and ben, trainer tom; shop B: agent yan */
    int64_t a, b;
    Actor ann, sue, bo, ben, tom, yan;
    DeskChannel web, app, mini, fourth, other; /* other: shop B's */
    int64_t n;                                 /* numbers client ids */
} Desk;

int desk_setup(void **state);       /* *state = Desk *, owned */
int desk_setup_empty(void **state); /* nobody there yet */
int desk_teardown(void **state);
#define DESK_TEST(fn) cmocka_unit_test_setup_teardown(fn, desk_setup, desk_teardown)

/* One write or read transaction as `who`. */
Err desk_write(Desk *d, Actor who, StoreRun run, void *arg);
Err desk_read(Desk *d, Actor who, StoreRun run, void *arg);
void desk_ok(Desk *d, Err err, const char *file, int line);
#define OK(call) desk_ok(d, (call), __FILE__, __LINE__)
#define REFUSED(call, kind, the_code)                                                              \
    do {                                                                                           \
        assert_int_equal((call), (kind));                                                          \
        assert_string_equal(d->c.err.code, (the_code));                                            \
    } while (0)
#define assert_str(s, lit) assert_true(str_is((s), (lit)))

Actor desk_system(const Desk *d, int64_t shop_id);
Actor desk_visitor(Desk *d, const DeskChannel *ch); /* a new one */
Err desk_session(Desk *d, ServiceSession *ss);

Err desk_say(Desk *d, Actor visitor, const char *client_id, const char *text, ServiceSend *ret);
/* A visitor's message that must arrive; its conversation. */
DeskConversation desk_said(Desk *d, Actor visitor, const char *text);
/* m->conversation_id, text … as asked */
Err desk_send(Desk *d, Actor who, ServiceSend *m);
void desk_answer(Desk *d, Actor staff, int64_t conversation_id, const char *text);
DeskConversation desk_row(Desk *d, int64_t conversation_id);
DeskMessage *desk_messages(Desk *d, int64_t conversation_id, size_t *ret_n);
/* How many system lines with this code, and that seq has no gap. */
size_t desk_lines(Desk *d, int64_t conversation_id, const char *code);
DeskRound desk_round(Desk *d, int64_t conversation_id, size_t i); /* fails when there are fewer */
size_t desk_rounds(Desk *d, int64_t conversation_id);
DeskAgent desk_agent_row(Desk *d, int64_t user_id);

void desk_status(Desk *d, Actor staff, const char *status);
void desk_socket(Desk *d, Actor staff, bool open);
void desk_people_set(Desk *d, Actor staff, int64_t capacity, int64_t max_channels,
                     const char *skills_json);
Err desk_close_it(Desk *d, Actor staff, int64_t conversation_id);
Err desk_take(Desk *d, Actor staff, int64_t conversation_id, bool takeover);
Err desk_fire(Desk *d, StoreRun handler, int64_t subject_id, int64_t data);
void desk_setting(Desk *d, const char *name, const char *json);
size_t desk_woken(const Desk *d, int kind); /* wake-ups of the last call */
const CtxWake *desk_wake_of(const Desk *d, int kind);
#endif
