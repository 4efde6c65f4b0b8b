/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who calls: the cookie of a log-in, or an API key. A log-in that was looked up within the last
 * second is not looked up again by a read. What ends or changes log-ins is a write of somebody's,
 * and each committed one empties the table before its answer is sent; the second is for other
 * processes.
 */
#include "api/internal.h"

#include "base/clock.h"
#include "base/mutex.h"

#include <string.h>

static const int64_t GOOD_MS = 1000;

void proofs_init(ApiProofs *p)
{
    mutex_init_short(&p->lock);
}

void proofs_finish(ApiProofs *p)
{
    pthread_mutex_destroy(&p->lock);
}

void proofs_forget(ApiProofs *p)
{
    pthread_mutex_lock(&p->lock);
    p->generation++;
    pthread_mutex_unlock(&p->lock);
}

Str proof_bearer(const NetRequest *r)
{
    Str h = net_header(r, "authorization");
    return str_starts(h, STR("Bearer ")) ? str_trim(str_sub(h, 7, h.n)) : STR_NONE;
}

static ApiProofSlot *slot_of(ApiProofs *p, Str hash)
{
    return &p->slots[str_hash(hash) % PROOF_SLOTS];
}

/* Copies of strings that stand in the slot's text. */
static void lend(Arena *a, const ApiProofSlot *s, AccountsSession *ret)
{
    *ret = s->session;
    Str *all[] = {&ret->csrf, &ret->token_hash, &ret->actor.name};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        *all[i] = all[i]->p ? str_dup(a, *all[i]) : STR_NONE;
}

bool proof_recent(Api *a, Ctx *c, const NetRequest *r, ApiProof *ret)
{
    Str token = net_cookie(r, "zx_session");
    if (!token.n || proof_bearer(r).n)
        return false;
    ApiProofs *p = &a->proofs;
    Str hash = accounts_session_hash(c, token);
    pthread_mutex_lock(&p->lock);
    ret->generation = p->generation;
    const ApiProofSlot *s = slot_of(p, hash);
    bool hit = s->generation == p->generation && s->used &&
               clock_steady_ns() / 1000000 < s->good_until_ms &&
               str_eq_secret(s->session.token_hash, hash);
    if (hit)
        lend(c->arena, s, &ret->session);
    pthread_mutex_unlock(&p->lock);
    if (!hit)
        return false;
    Str address = c->actor.address;
    c->actor = ret->session.actor;
    c->actor.address = address;
    return ret->by_cookie = true;
}

static bool keep(ApiProofSlot *s, Str *str)
{
    if (str->n > sizeof s->text - s->used)
        return false;
    char *at = s->text + s->used;
    if (str->n)
        memcpy(at, str->p, str->n);
    s->used += str->n;
    *str = (Str){at, str->n};
    return true;
}

void proof_keep(Api *a, const ApiProof *proof)
{
    const AccountsSession *from = &proof->session;
    if (!proof->by_cookie || from->by_old || from->touch_due)
        return;
    ApiProofs *p = &a->proofs;
    pthread_mutex_lock(&p->lock);
    /* something has ended or changed since it was read: it may be what was read */
    if (proof->generation == p->generation) {
        ApiProofSlot *s = slot_of(p, from->token_hash);
        *s = (ApiProofSlot){.session = *from, .generation = p->generation};
        s->session.actor.address = STR_NONE;
        bool whole = keep(s, &s->session.token_hash) && keep(s, &s->session.csrf) &&
                     keep(s, &s->session.actor.name);
        s->good_until_ms = clock_steady_ns() / 1000000 + GOOD_MS;
        if (!whole)
            s->used = 0;
    }
    pthread_mutex_unlock(&p->lock);
}

Err proof_staff(Ctx *c, const NetRequest *r, ApiProof *ret)
{
    Str address = c->actor.address;
    Str token = net_cookie(r, "zx_session"), key = proof_bearer(r);
    Err err = ERR_OK;
    if (key.n) {
        err = accounts_apikey_find(c, key, &ret->key, &ret->by_key);
        if (!err && ret->by_key)
            c->actor = ret->key.actor;
    } else if (token.n) {
        err = accounts_session_find(c, token, &ret->session, &ret->by_cookie);
        if (!err && ret->by_cookie)
            c->actor = ret->session.actor;
    }
    c->actor.address = address;
    if (err)
        return err;
    if (!ret->by_key && !ret->by_cookie)
        return ctx_err(c, ERR_AUTH, "auth.needed", "please log in");
    return ERR_OK;
}
