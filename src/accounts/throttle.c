/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "base/codec.h"
#include "sql/throttle.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <string.h>

enum { FORGET_MS = 3600 * 1000, FIRST_WAIT_MS = 5000 };
#define KNOWN_MS (90 * DAY_MS)

typedef struct {
    char kind; /* b: name and address, l: name, a: address */
    int64_t free;
    int64_t cap_ms;
} Rule;
static const Rule RULES[] = {{'b', 5, 900000}, {'l', 30, 300000}, {'a', 30, 900000}};
enum { RULES_N = sizeof RULES / sizeof *RULES };

typedef struct {
    int64_t failures, last_at, blocked_until;
} Row;
static const StoreField FIELDS[] = {STORE_FIELD(Row, failures), STORE_FIELD(Row, last_at),
                                    STORE_FIELD(Row, blocked_until)};
static const StoreMap MAP = STORE_MAP(Row, FIELDS);

/* One customer line of IPv6 is a /64: a bigger net costs an attacker more than a new address. */
static Str address_group(Ctx *c)
{
    Str a = c->actor.address;
    unsigned char b[16];
    if (a.n && a.n < 64 && inet_pton(AF_INET6, str_c(c->arena, a), b) == 1) {
        static const unsigned char MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
        if (memcmp(b, MAPPED, sizeof MAPPED) == 0)
            return codec_hex(c->arena, (Str){(const char *)b + 12, 4});
        return codec_hex(c->arena, (Str){(const char *)b, 8});
    }
    return a.p ? a : STR("");
}

static Str bucket(Ctx *c, char kind, Str who)
{
    Str where = kind == 'l' ? STR("") : address_group(c);
    Str whom = kind == 'a' ? STR("") : who;
    Str joined = str_fmt(c->arena, "%zu:%.*s:%.*s", whom.n, STR_ARG(whom), STR_ARG(where));
    unsigned char h[16];
    crypto_generichash(h, sizeof h, (const unsigned char *)joined.p, joined.n, NULL, 0);
    Str hash = codec_base64url(c->arena, (Str){(const char *)h, sizeof h});
    return str_fmt(c->arena, "%c:%.*s", kind, STR_ARG(hash));
}

static int64_t wait_for(const Rule *r, int64_t failures)
{
    if (failures < r->free)
        return 0;
    int64_t over = failures - r->free, ms = FIRST_WAIT_MS;
    while (over-- > 0 && ms < r->cap_ms)
        ms *= 2;
    return ms < r->cap_ms ? ms : r->cap_ms;
}

Err accounts_throttle_wait(Ctx *c, Str who, int64_t *ret_wait_ms)
{
    int64_t wait = 0;
    bool found;
    Row known = {0};
    Err err = store_one(c, &THROTTLE_GET, BINDS(text(bucket(c, 'k', who))), &MAP, &known, &found);
    if (err)
        return err;
    bool is_known = found && c->now_ms - known.last_at < KNOWN_MS;
    for (size_t i = 0; i < RULES_N; i++) {
        if (RULES[i].kind == 'l' && is_known)
            continue;
        Row r = {0};
        err = store_one(c, &THROTTLE_GET, BINDS(text(bucket(c, RULES[i].kind, who))), &MAP, &r,
                        &found);
        if (err)
            return err;
        int64_t left = r.blocked_until - c->now_ms;
        /* more than the longest wait can only come of a clock that was set back */
        if (found && left > wait && left <= RULES[i].cap_ms)
            wait = left;
    }
    *ret_wait_ms = wait;
    return ERR_OK;
}

Err accounts_throttle_fail(Ctx *c, Str who, int64_t *ret_wait_ms)
{
    int64_t longest = 0;
    for (size_t i = 0; i < RULES_N; i++) {
        Str b = bucket(c, RULES[i].kind, who);
        Row r = {0};
        bool found;
        Err err = store_exec(c, &THROTTLE_FAIL,
                             BINDS(text(b), i64(c->now_ms), i64(c->now_ms - FORGET_MS)), NULL);
        if (!err)
            err = store_one(c, &THROTTLE_GET, BINDS(text(b)), &MAP, &r, &found);
        if (err)
            return err;
        int64_t wait = wait_for(&RULES[i], r.failures);
        if (wait)
            err = store_exec(c, &THROTTLE_BLOCK, BINDS(text(b), i64(c->now_ms + wait)), NULL);
        if (err)
            return err;
        longest = wait > longest ? wait : longest;
    }
    *ret_wait_ms = longest;
    return ERR_OK;
}

Err accounts_throttle_pass(Ctx *c, Str who)
{
    Err err = store_exec(c, &THROTTLE_CLEAR, BINDS(text(bucket(c, 'b', who))), NULL);
    return err ? err
               : store_exec(c, &THROTTLE_PUT,
                            BINDS(text(bucket(c, 'k', who)), i64(0), i64(c->now_ms), i64(0)), NULL);
}

Err accounts_throttle_sweep(Ctx *c)
{
    return store_exec(c, &THROTTLE_SWEEP, BINDS(i64(c->now_ms - DAY_MS), i64(c->now_ms - KNOWN_MS)),
                      NULL);
}
