/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_ACCOUNTS_H
#define ACCOUNTS_ACCOUNTS_H
/*
 * accounts: shops, the people who work in them, how they prove who they are, settings with a
 * history, the audit log. Refuses to decide who gets which conversation (desk) and to speak HTTP
 * (api).
 *
 * Unless it says otherwise a function runs in a transaction of its caller and touches only
 * c->actor.shop_id. "Cross-shop" functions say so: their proof is a token, a password or the
 * command line. argon2 takes some 30 ms and 19 MiB: functions that take it say "slow" and run
 * without a transaction, on a worker.
 *
 * This page is what the rest of the program uses; user.h, login.h, link.h … are for the api and the
 * command line.
 */
#include "base/ctx.h"

/* Opened once at start and shared by all threads: the sealing key and the gate that lets few argon2
 * runs in at a time. */
typedef struct Accounts Accounts;
/* Reads data_dir/secret.key, or creates it (0600) on the first start. Codes: accounts.key. Owned;
 * give to accounts_close. */
Err accounts_open(const char *data_dir, ErrSlot *e, Accounts **ret) WARN_UNUSED;
void accounts_close(Accounts *a); /* NULL is fine */

const char *accounts_role_name(Role r); /* static: owner supervisor agent trainer, "" for others */
bool accounts_role_parse(Str s, Role *ret); /* staff roles only */

/* ---- sessions: the cookie ---- */
enum {
    ACCOUNTS_SESSION_DAYS = 30, /* absolute */
    ACCOUNTS_SESSION_IDLE_MS = 12 * 3600 * 1000,
    ACCOUNTS_SESSION_ROTATE_MS = 30 * 60 * 1000,
    ACCOUNTS_SESSION_GRACE_MS = 60 * 1000,   /* the old token, after the new one has been seen */
    ACCOUNTS_SESSION_SEEN_MS = 5 * 60 * 1000 /* how exactly the last sign of life is kept */
};
typedef struct {
    int64_t id, user_id, shop_id;
    Str csrf;       /* what X-CSRF-Token must say; compare with accounts_csrf_ok */
    bool touch_due; /* call accounts_session_touch in a write transaction of this request */
    Actor actor;    /* ready for c->actor; address is taken from c->actor.address */
    /* for accounts_session_touch */
    Str token_hash;
    bool by_old, unconfirmed;
    int64_t rotated_at, seen_at;
} AccountsSession;
Str accounts_session_hash(Ctx *c, Str token); /* arena; what token_hash of its session is */
/* Cross-shop, read-only. Not found: unknown, expired, idle too long, replayed after its turn, or no
 * longer a member. */
Err accounts_session_find(Ctx *c, Str token, AccountsSession *ret, bool *ret_found) WARN_UNUSED;
/* Writes the sign of life and, every 30 minutes, turns the token over: then *ret_token (arena) is
 * the new cookie, else STR_NONE. */
Err accounts_session_touch(Ctx *c, const AccountsSession *s, Str *ret_token) WARN_UNUSED;
/* For long-lived sockets: does the session still stand? Cross-shop. */
Err accounts_session_alive(Ctx *c, int64_t session_id, bool *ret_alive) WARN_UNUSED;
bool accounts_csrf_ok(const AccountsSession *s, Str header);

/* ---- API keys: Authorization: Bearer zxk_… ---- */
typedef struct {
    Actor actor; /* acts as its maker, never above their role; without the admin scope never above
                    agent */
    bool touch_due; /* call accounts_apikey_used in a write transaction, at most once an hour */
} AccountsKey;
Err accounts_apikey_find(Ctx *c, Str key, AccountsKey *ret,
                         bool *ret_found) WARN_UNUSED; /* cross-shop, read-only */
Err accounts_apikey_used(Ctx *c, int64_t key_id) WARN_UNUSED;
/* For open sockets: is it still good? */
Err accounts_apikey_alive(Ctx *c, int64_t key_id, bool *ret_alive) WARN_UNUSED;

/* ---- audit: every privileged act, in the act's own transaction ---- */
/* kind: "noun.verb". detail: a JSON object without secrets and customers' words; STR_NONE is {}. */
Err accounts_audit(Ctx *c, const char *kind, int64_t subject_id, Str detail_json) WARN_UNUSED;

/* ---- people ---- */
typedef struct {
    int64_t id, home_shop_id;
    Str login, email, name, nickname, number, role_name;
    bool active;
    int64_t capacity, max_channels;
    Str skills; /* JSON array */
    bool totp;
    int64_t created_at_ms;
    Role role;
} AccountsUser;
/* Who may be given conversations: active agents, supervisors and owners at home in the shop. */
Err accounts_agents_list(Ctx *c, AccountsUser **ret, size_t *ret_n) WARN_UNUSED;
Err accounts_user_get(Ctx *c, int64_t id, AccountsUser *ret)
    WARN_UNUSED; /* NOT_FOUND user.unknown, also of another shop */

/* ---- shops ---- */
typedef struct {
    int64_t id;
    Str name, timezone;
    int64_t created_at_ms;
} AccountsShop;
Err accounts_shop_get(Ctx *c, AccountsShop *ret) WARN_UNUSED; /* the actor's */
Err accounts_shop_list_all(Ctx *c, AccountsShop **ret,
                           size_t *ret_n) WARN_UNUSED; /* cross-shop: jobs and command line */

/* ---- upkeep ---- */
/* Removes what is past its time: sessions, links, throttle counts. Cross-shop; call it once an
 * hour. */
Err accounts_sweep(Ctx *c) WARN_UNUSED;
/* The demo shop with owner laoban, supervisor zhuguan, agents xiaoyu and xiaolin (password
 * zhixin-demo). Slow, idempotent. Leaves c->actor as the program itself in that shop, so that the
 * caller can go on to create its channel. */
Err accounts_demo(Ctx *c) WARN_UNUSED;
#endif
