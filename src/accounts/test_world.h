/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_TEST_WORLD_H
#define ACCOUNTS_TEST_WORLD_H
/*
 * Two shops to test with, over a real store: SQLite in a folder of its own, or an emptied
 * PostgreSQL when ZHIXIN_TEST_PG names one. A test body runs inside one write transaction, on the
 * store's thread, so it does not assert but returns: OK, REFUSED and CHECK below do that, and
 * world_test reports it.
 */
#include "accounts/internal.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WORLD_PASSWORD "correct-horse-9"
#define WORLD_NOW      INT64_C(1790000000000) /* 2026-09-21 */

typedef struct {
    char dir[64];
    Log log;
    IdSource ids;
    Store *store;
    Accounts *accounts;
    /* shop a: owner ann, supervisor sue, agents bo and ben; shop b: owner zed, agent yan */
    int64_t a, b, ann, sue, bo, ben, zed, yan;
} World;

typedef struct {
    StoreRun body; /* arg: World * */
} WorldBody;
void world_test(void **state); /* *state: WorldBody * */
#define WORLD_TEST(fn)                                                                             \
    {                                                                                              \
#fn, world_test, NULL, NULL, (void *)(uintptr_t) & (const WorldBody)                       \
        {                                                                                          \
            fn                                                                                     \
        }                                                                                          \
    }

void world_open(World *w);
void world_open_empty(World *w); /* no shop, no people */
void world_close(World *w);
/* A context in an arena of its own; give to world_ctx_end. */
Ctx world_ctx(World *w);
void world_ctx_end(Ctx *c);
/* One write transaction; reports what it returns. */
void world_do(World *w, StoreRun run, void *arg);

/* c->actor becomes that person, or the program itself (user_id 0), in that shop. */
Err world_as(Ctx *c, int64_t shop_id, int64_t user_id) WARN_UNUSED;
/* Lines of that kind in the audit log of c->actor's shop. */
Err world_audited(Ctx *c, const char *kind, int64_t *ret) WARN_UNUSED;
/* Read, check and settle of a log-in. */
Err world_log_in(Ctx *c, World *w, Str name, Str password, Str code, AccountsProof *ret,
                 AccountsNewSession *ret_session) WARN_UNUSED;

Err world_fault(Ctx *c, const char *file, int line, const char *what) WARN_UNUSED;
bool world_refused(Ctx *c, Err err, Err kind, const char *code);
#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != ERR_OK)                                                                      \
            return world_fault(c, __FILE__, __LINE__, #call);                                      \
    } while (0)
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond))                                                                               \
            return world_fault(c, __FILE__, __LINE__, #cond);                                      \
    } while (0)
/* The call is refused with this kind and code, and the error is forgotten again. */
#define REFUSED(call, kind, code)                                                                  \
    do {                                                                                           \
        if (!world_refused(c, (call), (kind), (code)))                                             \
            return world_fault(c, __FILE__, __LINE__, #call " is not refused with " code);         \
    } while (0)
#endif
