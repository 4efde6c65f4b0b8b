/* SPDX-License-Identifier: Apache-2.0 */
/* Invitations and new passwords: each link works once and not for long. */
#include "accounts/test_world.h"

#define GOOD STR(WORLD_PASSWORD)

static Err invitations_work_once(Ctx *c, void *arg)
{
    World *w = arg;
    Str token, hash;
    int64_t expires, id, other, n;
    AccountsInvitation inv, *all;
    AccountsUser u;
    AccountsProof p;
    AccountsNewSession s;
    size_t all_n;
    OK(accounts_password_hash(c, NULL, STR("fresh-horse-1"), &hash));
    OK(world_as(c, w->a, w->ann));
    OK(accounts_invite(c, STR("New@Example.com "), STR("新人"), ROLE_SUPERVISOR, &token, &expires));
    CHECK(expires == c->now_ms + 7 * DAY_MS && token.n == 43);
    OK(accounts_invite_list(c, &all, &all_n));
    CHECK(all_n == 1 && str_is(all[0].email, "new@example.com") && !all[0].accepted_at_ms);
    c->actor = (Actor){.address = STR("192.0.2.9")};
    OK(accounts_invite_find(c, token, &inv));
    CHECK(inv.shop_id == w->a && str_is(inv.role_name, "supervisor"));
    REFUSED(accounts_invite_find(c, accounts_token_new(c), &inv), ERR_NOT_FOUND,
            "invitation.unknown");
    REFUSED(accounts_invite_find(c, accounts_token_hash(c, token), &inv), ERR_NOT_FOUND,
            "invitation.unknown");
    REFUSED(accounts_invite_find(c, STR(""), &inv), ERR_NOT_FOUND, "invitation.unknown");
    OK(accounts_invite_accept(c, token, 0, STR("我自己的名字"), hash, &id));
    CHECK(c->actor.user_id == id && c->actor.role == ROLE_SUPERVISOR && c->actor.shop_id == w->a);
    OK(accounts_user_get(c, id, &u));
    CHECK(str_is(u.name, "我自己的名字") && str_is(u.email, "new@example.com") && !u.login.n);
    OK(world_audited(c, "invitation.accepted", &n));
    CHECK(n == 1);
    REFUSED(accounts_invite_accept(c, token, 0, STR("Again"), hash, &other), ERR_NOT_FOUND,
            "invitation.unknown");
    OK(world_log_in(c, w, STR("new@example.com"), STR("fresh-horse-1"), STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS && c->actor.user_id == id);
    OK(world_as(c, w->a, w->ann));
    REFUSED(accounts_invite_withdraw(c, all[0].id), ERR_NOT_FOUND, "invitation.unknown");
    return ERR_OK;
}

static Err invitations_end(Ctx *c, void *arg)
{
    World *w = arg;
    Str old, gone, hash = STR("$argon2id$");
    int64_t expires, id;
    AccountsInvitation inv, *all;
    size_t n;
    OK(world_as(c, w->a, w->ann));
    OK(accounts_invite(c, STR("x@example.com"), STR(""), ROLE_AGENT, &old, &expires));
    OK(accounts_invite(c, STR("y@example.com"), STR(""), ROLE_AGENT, &gone, &expires));
    OK(accounts_invite_list(c, &all, &n));
    CHECK(n == 2);
    OK(accounts_invite_withdraw(c, all[0].id)); /* newest first */
    REFUSED(accounts_invite_find(c, gone, &inv), ERR_NOT_FOUND, "invitation.unknown");
    c->now_ms += 7 * DAY_MS - 1;
    OK(accounts_invite_find(c, old, &inv));
    c->now_ms += 1;
    REFUSED(accounts_invite_find(c, old, &inv), ERR_NOT_FOUND, "invitation.unknown");
    REFUSED(accounts_invite_accept(c, old, 0, STR("X"), hash, &id), ERR_NOT_FOUND,
            "invitation.unknown");
    OK(accounts_sweep(c));
    OK(accounts_invite_list(c, &all, &n));
    CHECK(n == 1);
    c->now_ms += 31 * DAY_MS;
    OK(accounts_sweep(c));
    OK(accounts_invite_list(c, &all, &n));
    CHECK(n == 0);
    return ERR_OK;
}

static Err who_may_invite_whom(Ctx *c, void *arg)
{
    World *w = arg;
    Str token;
    int64_t expires;
    OK(world_as(c, w->a, w->sue));
    REFUSED(accounts_invite(c, STR("x@example.com"), STR(""), ROLE_AGENT, &token, &expires),
            ERR_DENIED, "role.denied");
    OK(world_as(c, w->a, w->ann));
    REFUSED(accounts_invite(c, STR("nonsense"), STR(""), ROLE_AGENT, &token, &expires), ERR_INVALID,
            "request.field_value");
    REFUSED(accounts_invite(c, STR("x@example.com"), STR(""), ROLE_NONE, &token, &expires),
            ERR_INVALID, "request.field_value");
    REFUSED(accounts_invite(c, STR("BO@example.com"), STR(""), ROLE_AGENT, &token, &expires),
            ERR_CONFLICT, "user.member");
    return ERR_OK;
}

/* Somebody of shop b joins shop a, keeps home, password and role there, and leaves again. */
static Err people_of_other_shops_join(Ctx *c, void *arg)
{
    World *w = arg;
    Str token;
    int64_t expires, id, shop;
    AccountsShop *mine;
    AccountsUser u, *agents;
    AccountsUserChange ch;
    AccountsNewSession s;
    AccountsSession x;
    int64_t *ids;
    size_t n;
    bool is;
    OK(world_as(c, w->a, w->ann));
    OK(accounts_invite(c, STR("yan@example.com"), STR(""), ROLE_SUPERVISOR, &token, &expires));
    OK(accounts_invite_accept(c, token, w->yan, STR_NONE, STR_NONE, &id));
    CHECK(id == w->yan && c->actor.role == ROLE_SUPERVISOR && c->actor.shop_id == w->a);
    OK(accounts_shop_list_mine(c, &mine, &n));
    CHECK(n == 2);
    OK(accounts_user_first_shop(c, w->yan, &shop));
    CHECK(shop == w->b); /* home first */
    OK(accounts_agents_list(c, &agents, &n));
    CHECK(n == 4); /* chats go to people at home here */
    OK(world_as(c, w->b, w->yan));
    CHECK(c->actor.role == ROLE_AGENT);
    /* one session goes on in the other shop, with the role there */
    OK(accounts_session_create(c, w->yan, w->b, STR_NONE, &s));
    c->actor.session_id = s.id;
    OK(accounts_session_switch_shop(c, w->a));
    OK(accounts_session_find(c, s.token, &x, &is));
    CHECK(is && x.shop_id == w->a && x.actor.role == ROLE_SUPERVISOR);
    REFUSED(accounts_session_switch_shop(c, 4711), ERR_NOT_FOUND, "shop.unknown");
    /* shop a sets the role here and nothing else */
    OK(world_as(c, w->a, w->ann));
    accounts_user_change_none(&ch);
    ch.nickname = STR("taken over");
    REFUSED(accounts_user_update(c, w->yan, &ch, &ids, &n), ERR_DENIED, "user.other_home");
    REFUSED(accounts_reset_create(c, w->yan, &token, &expires), ERR_DENIED, "user.other_home");
    REFUSED(accounts_totp_off(c, w->yan, "totp.reset"), ERR_DENIED, "user.other_home");
    accounts_user_change_none(&ch);
    ch.active = 0;
    OK(accounts_user_update(c, w->yan, &ch, &ids, &n));
    CHECK(n == 1 && ids[0] == s.id);
    OK(world_as(c, w->b, w->yan));
    OK(accounts_user_get(c, w->yan, &u));
    CHECK(u.active && u.role == ROLE_AGENT);
    /* and comes back with another invitation, in another role */
    OK(world_as(c, w->a, w->ann));
    OK(accounts_invite(c, STR("yan@example.com"), STR(""), ROLE_TRAINER, &token, &expires));
    OK(accounts_invite_accept(c, token, w->yan, STR_NONE, STR_NONE, &id));
    CHECK(c->actor.role == ROLE_TRAINER);
    OK(world_as(c, w->a, w->ann));
    REFUSED(accounts_user_join(c, w->zed, ROLE_AGENT), ERR_DENIED, "role.denied");
    return ERR_OK;
}

static Err resets_work_once(Ctx *c, void *arg)
{
    World *w = arg;
    Str first, token, hash;
    int64_t expires, *ids, n_audit, wait;
    AccountsProofRow who;
    AccountsProof p;
    AccountsNewSession open, s;
    AccountsSession x;
    size_t n;
    bool is;
    OK(accounts_password_hash(c, NULL, STR("fresh-horse-1"), &hash));
    OK(world_as(c, w->a, w->sue));
    REFUSED(accounts_reset_create(c, w->bo, &token, &expires), ERR_DENIED, "role.denied");
    OK(world_as(c, w->a, w->ann));
    OK(accounts_session_create(c, w->bo, w->a, STR_NONE, &open));
    OK(accounts_reset_create(c, w->bo, &first, &expires));
    CHECK(expires == c->now_ms + DAY_MS);
    OK(accounts_reset_create(c, w->bo, &token, &expires));
    c->actor = (Actor){.address = STR("192.0.2.9")};
    REFUSED(accounts_reset_find(c, first, &who), ERR_NOT_FOUND, "reset.unknown"); /* replaced */
    REFUSED(accounts_reset_find(c, accounts_token_new(c), &who), ERR_NOT_FOUND, "reset.unknown");
    OK(accounts_reset_find(c, token, &who));
    CHECK(who.id == w->bo);
    for (int i = 0; i < 6; i++)
        OK(accounts_throttle_fail(c, str_fmt(c->arena, "u%lld", (long long)w->bo), &wait));
    OK(accounts_reset_use(c, token, hash, &ids, &n));
    CHECK(n == 1 && ids[0] == open.id);
    OK(accounts_session_find(c, open.token, &x, &is));
    CHECK(!is);
    REFUSED(accounts_reset_use(c, token, hash, &ids, &n), ERR_NOT_FOUND, "reset.unknown");
    OK(world_log_in(c, w, STR("bo"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG);
    OK(world_log_in(c, w, STR("bo"), STR("fresh-horse-1"), STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    OK(world_audited(c, "password.link", &n_audit));
    CHECK(n_audit == 2);
    OK(world_audited(c, "password.reset", &n_audit));
    CHECK(n_audit == 1);
    return ERR_OK;
}

static Err resets_end(Ctx *c, void *arg)
{
    World *w = arg;
    Str token, hash;
    int64_t expires, *ids;
    AccountsProofRow who;
    size_t n;
    OK(accounts_password_hash(c, NULL, STR("fresh-horse-1"), &hash));
    OK(world_as(c, w->a, w->ann));
    OK(accounts_reset_create(c, w->bo, &token, &expires));
    c->now_ms += DAY_MS - 1;
    OK(accounts_reset_find(c, token, &who));
    c->now_ms += 1;
    REFUSED(accounts_reset_find(c, token, &who), ERR_NOT_FOUND, "reset.unknown");
    REFUSED(accounts_reset_use(c, token, hash, &ids, &n), ERR_NOT_FOUND, "reset.unknown");
    OK(accounts_sweep(c));
    /* a password that was changed meanwhile is not undone by a link sent earlier */
    OK(accounts_reset_create(c, w->bo, &token, &expires));
    OK(accounts_user_set_password(c, w->bo, hash));
    REFUSED(accounts_reset_find(c, token, &who), ERR_NOT_FOUND, "reset.unknown");
    return ERR_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(invitations_work_once), WORLD_TEST(invitations_end),
        WORLD_TEST(who_may_invite_whom),   WORLD_TEST(people_of_other_shops_join),
        WORLD_TEST(resets_work_once),      WORLD_TEST(resets_end),
    };
    return cmocka_run_group_tests_name("accounts/link", tests, NULL, NULL);
}
