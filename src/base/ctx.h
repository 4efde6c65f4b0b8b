/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CTX_H
#define BASE_CTX_H
/*
 * Ctx: what every domain function gets first. One per request, socket frame, timer or follower
 * step. It lives in its own arena, has one thread at a time, and is handed from net to worker to
 * the write lane and back. `now_ms` is fixed for the whole unit of work, so that everything in one
 * transaction bears one time.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"

typedef enum {
    ROLE_NONE,
    ROLE_VISITOR,
    ROLE_TRAINER,
    ROLE_AGENT,
    ROLE_SUPERVISOR,
    ROLE_OWNER,
    ROLE_SYSTEM
} Role;

typedef struct {
    Role role;
    int64_t shop_id;     /* everything is read and written inside this shop only */
    int64_t user_id;     /* staff; 0 otherwise */
    int64_t customer_id; /* visitor; 0 otherwise */
    int64_t channel_id;  /* visitor's channel */
    int64_t session_id;  /* or API key id */
    Str name;            /* shown name */
    Str address;         /* network address, for the audit log */
    uint32_t scopes;     /* API key: bit set; all bits for a person */
} Actor;

/* A wake-up to publish after the commit: "topic X is at seq". Data is an arena object the
 * publisher's edge may use to spare a read; a wake-up without it costs a read, never data. */
typedef struct CtxWake {
    struct CtxWake *next;
    int kind; /* DESK_WAKE_… */
    int64_t id;
    int64_t seq;
    void *data;
} CtxWake;

typedef struct Ctx {
    Arena *arena;
    ErrSlot err;
    int64_t now_ms;
    IdSource *ids;
    struct StoreTx *tx; /* NULL outside a transaction */
    Actor actor;
    Str request_id;
    CtxWake *wakes; /* in order */
    CtxWake **wakes_tail;
} Ctx;

void ctx_init(Ctx *c, Arena *arena, IdSource *ids, int64_t now_ms);
int64_t ctx_id(Ctx *c); /* a new id */
void ctx_wake(Ctx *c, int kind, int64_t id, int64_t seq, void *data);
void ctx_wakes_drop(Ctx *c); /* a rerun starts clean */

#define ctx_err(c, kind, code, ...)   err_set(&(c)->err, (kind), (code), __VA_ARGS__)
#define ctx_field(c, name, code, ...) err_field(&(c)->err, (name), (code), __VA_ARGS__)
#endif
