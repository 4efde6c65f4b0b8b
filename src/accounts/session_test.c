/* SPDX-License-Identifier: Apache-2.0 */
/* The cookie: standing, turning over, replay, ending. */
#include "accounts/test_world.h"

#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)

static Err found(Ctx *c, Str token, AccountsSession *ret, bool *ret_is)
{
    *ret = (AccountsSession){0};
    return accounts_session_find(c, token, ret, ret_is);
}

/* What every request does. */
static Err request(Ctx *c, Str token, bool *ret_is, Str *ret_new)
{
    AccountsSession s;
    *ret_new = STR_NONE;
    Err err = found(c, token, &s, ret_is);
    return err || !*ret_is || !s.touch_due ? err : accounts_session_touch(c, &s, ret_new);
}

static Err begin(Ctx *c, World *w, int64_t user, AccountsNewSession *ret)
{
    OK(world_as(c, w->a, user));
    OK(accounts_session_create(c, user, w->a, STR("a browser"), ret));
    return ERR_OK;
}

static Err stands_for_the_person(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession one, two;
    AccountsSession s;
    bool is, alive;
    OK(begin(c, w, w->bo, &one));
    OK(begin(c, w, w->bo, &two));
    CHECK(!str_eq(one.token, two.token) && !str_eq(one.csrf, two.csrf) && one.token.n == 43);
    OK(found(c, one.token, &s, &is));
    CHECK(is && s.id == one.id && s.actor.user_id == w->bo && s.actor.role == ROLE_AGENT);
    CHECK(s.actor.shop_id == w->a && str_is(s.actor.name, "bo") && s.actor.scopes == UINT32_MAX);
    CHECK(!s.touch_due);
    OK(accounts_session_alive(c, one.id, &alive));
    CHECK(alive);
    OK(found(c, str_sub(one.token, 0, 42), &s, &is));
    CHECK(!is);
    OK(found(c, accounts_token_hash(c, one.token), &s, &is)); /* what the database keeps */
    CHECK(!is);
    OK(found(c, STR(""), &s, &is));
    CHECK(!is);
    OK(found(c, accounts_token_new(c), &s, &is));
    CHECK(!is);
    return ERR_OK;
}

static Err csrf_belongs_to_one_session(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession one, two;
    AccountsSession s;
    bool is;
    OK(begin(c, w, w->bo, &one));
    OK(begin(c, w, w->bo, &two));
    OK(found(c, one.token, &s, &is));
    CHECK(is && accounts_csrf_ok(&s, one.csrf));
    CHECK(!accounts_csrf_ok(&s, two.csrf));
    CHECK(!accounts_csrf_ok(&s, STR("")) && !accounts_csrf_ok(&s, STR_NONE));
    CHECK(!accounts_csrf_ok(&s, str_sub(one.csrf, 0, one.csrf.n - 1)));
    CHECK(!accounts_csrf_ok(&(AccountsSession){0}, STR("")));
    return ERR_OK;
}

static Err turns_over_with_grace(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession s;
    AccountsSession seen;
    Str fresh, again;
    bool is;
    OK(begin(c, w, w->bo, &s));
    c->now_ms += 29 * MINUTE;
    OK(request(c, s.token, &is, &fresh));
    CHECK(is && !fresh.n);
    c->now_ms += MINUTE;
    OK(request(c, s.token, &is, &fresh));
    CHECK(is && fresh.n == 43 && !str_eq(fresh, s.token));
    /* requests that were under way, and one whose answer got lost: the old one still stands */
    c->now_ms += 30000;
    OK(request(c, s.token, &is, &again));
    CHECK(is && !again.n);
    /* the new one comes back: the old one has a minute left */
    OK(request(c, fresh, &is, &again));
    CHECK(is && !again.n);
    OK(found(c, fresh, &seen, &is));
    CHECK(is && !seen.unconfirmed && str_eq(seen.csrf, s.csrf) && seen.id == s.id);
    c->now_ms += ACCOUNTS_SESSION_GRACE_MS - 1;
    OK(request(c, s.token, &is, &again));
    CHECK(is && !again.n);
    c->now_ms += 1;
    OK(request(c, s.token, &is, &again)); /* replayed after its turn */
    CHECK(!is);
    OK(request(c, fresh, &is, &again));
    CHECK(is);
    return ERR_OK;
}

static Err an_answer_that_was_lost(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession s;
    Str lost, fresh, none;
    bool is;
    OK(begin(c, w, w->bo, &s));
    c->now_ms += 31 * MINUTE;
    OK(request(c, s.token, &is, &lost));
    CHECK(is && lost.n);
    c->now_ms += 2 * MINUTE; /* the browser never got it and goes on with the old one */
    OK(request(c, s.token, &is, &fresh));
    CHECK(is && fresh.n && !str_eq(fresh, lost));
    OK(request(c, lost, &is, &none));
    CHECK(!is);
    OK(request(c, fresh, &is, &none));
    CHECK(is);
    c->now_ms += MINUTE;
    OK(request(c, s.token, &is, &none));
    CHECK(!is);
    return ERR_OK;
}

static Err two_requests_turn_it_once(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession s;
    AccountsSession one, two;
    Str fresh, other;
    bool is;
    OK(begin(c, w, w->bo, &s));
    c->now_ms += 31 * MINUTE;
    OK(found(c, s.token, &one, &is));
    OK(found(c, s.token, &two, &is));
    CHECK(one.touch_due && two.touch_due);
    OK(accounts_session_touch(c, &one, &fresh));
    OK(accounts_session_touch(c, &two, &other));
    CHECK(fresh.n && !other.n);
    OK(found(c, fresh, &one, &is));
    CHECK(is);
    return ERR_OK;
}

static Err ends_when_idle_and_when_old(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession s, t;
    AccountsSession x;
    Str token, fresh;
    bool is, alive;
    OK(begin(c, w, w->bo, &s));
    c->now_ms += ACCOUNTS_SESSION_IDLE_MS - 1;
    OK(found(c, s.token, &x, &is));
    CHECK(is);
    c->now_ms += 1;
    OK(found(c, s.token, &x, &is));
    CHECK(!is);
    /* in daily use for thirty days, and not a day longer */
    OK(begin(c, w, w->bo, &t));
    token = t.token;
    int64_t start = c->now_ms;
    while (c->now_ms + HOUR < start + 30 * DAY_MS) {
        c->now_ms += HOUR;
        OK(request(c, token, &is, &fresh));
        CHECK(is);
        token = fresh.n ? fresh : token;
    }
    OK(accounts_session_alive(c, t.id, &alive));
    CHECK(alive);
    c->now_ms = start + 30 * DAY_MS;
    OK(found(c, token, &x, &is));
    CHECK(!is);
    OK(accounts_session_alive(c, t.id, &alive));
    CHECK(!alive);
    return ERR_OK;
}

static Err the_sign_of_life_is_kept_roughly(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession s;
    AccountsSession x;
    Str fresh;
    bool is;
    OK(begin(c, w, w->bo, &s));
    c->now_ms += ACCOUNTS_SESSION_SEEN_MS - 1;
    OK(found(c, s.token, &x, &is));
    CHECK(is && !x.touch_due); /* no write for every request */
    c->now_ms += 1;
    OK(found(c, s.token, &x, &is));
    CHECK(is && x.touch_due);
    OK(accounts_session_touch(c, &x, &fresh));
    CHECK(!fresh.n);
    OK(found(c, s.token, &x, &is));
    CHECK(is && !x.touch_due && x.seen_at == c->now_ms);
    return ERR_OK;
}

static Err ending(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession s[3], other;
    AccountsSession x;
    int64_t *ids;
    size_t n;
    bool is, alive;
    for (int i = 0; i < 3; i++)
        OK(begin(c, w, w->bo, &s[i]));
    OK(begin(c, w, w->ben, &other));
    OK(accounts_session_end(c, w->bo, other.id)); /* another person's: nothing happens */
    OK(found(c, other.token, &x, &is));
    CHECK(is);
    OK(accounts_session_end(c, w->bo, s[0].id));
    OK(found(c, s[0].token, &x, &is));
    CHECK(!is);
    OK(accounts_session_alive(c, s[0].id, &alive));
    CHECK(!alive);
    OK(accounts_session_end_all(c, w->bo, s[1].id, &ids, &n));
    CHECK(n == 1 && ids[0] == s[2].id);
    OK(found(c, s[1].token, &x, &is));
    CHECK(is);
    OK(found(c, s[2].token, &x, &is));
    CHECK(!is);
    OK(accounts_session_end_all(c, w->bo, 0, &ids, &n));
    CHECK(n == 1 && ids[0] == s[1].id);
    OK(found(c, other.token, &x, &is));
    CHECK(is);
    return ERR_OK;
}

static Err sweeping_takes_only_the_old(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession idle, used;
    AccountsSession x;
    Str fresh;
    bool is;
    int64_t wait;
    OK(begin(c, w, w->bo, &idle));
    OK(begin(c, w, w->bo, &used));
    OK(accounts_throttle_fail(c, STR("u1"), &wait));
    c->now_ms += 11 * HOUR;
    OK(request(c, used.token, &is, &fresh));
    CHECK(is && fresh.n);
    c->now_ms += 2 * HOUR;
    OK(accounts_sweep(c));
    c->now_ms -= 2 * HOUR; /* a swept one does not come back with the clock */
    OK(found(c, idle.token, &x, &is));
    CHECK(!is);
    OK(found(c, fresh, &x, &is));
    CHECK(is);
    return ERR_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(stands_for_the_person),
        WORLD_TEST(csrf_belongs_to_one_session),
        WORLD_TEST(turns_over_with_grace),
        WORLD_TEST(an_answer_that_was_lost),
        WORLD_TEST(two_requests_turn_it_once),
        WORLD_TEST(ends_when_idle_and_when_old),
        WORLD_TEST(the_sign_of_life_is_kept_roughly),
        WORLD_TEST(ending),
        WORLD_TEST(sweeping_takes_only_the_old),
    };
    return cmocka_run_group_tests_name("accounts/session", tests, NULL, NULL);
}
