/* SPDX-License-Identifier: Apache-2.0 */
/* People, roles, owners, links to come in. */
#include "accounts/test_world.h"

static AccountsUserChange no_change(void)
{
    AccountsUserChange ch;
    accounts_user_change_none(&ch);
    return ch;
}

static Err change(Ctx *c, int64_t id, AccountsUserChange ch)
{
    int64_t *ids;
    size_t n;
    return accounts_user_update(c, id, &ch, &ids, &n);
}

static Err set_role(Ctx *c, int64_t id, Role role)
{
    AccountsUserChange ch = no_change();
    ch.role = role;
    return change(c, id, ch);
}

static Err set_active(Ctx *c, int64_t id, int active)
{
    AccountsUserChange ch = no_change();
    ch.active = active;
    return change(c, id, ch);
}

static Err making_people(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsUser u;
    int64_t id, n;
    const AccountsNewUser good = {.login = STR(" LiLei "),
                                  .email = STR("Li.Lei@Example.COM"),
                                  .name = STR(" 李雷 "),
                                  .role = ROLE_AGENT,
                                  .skills = STR("[ \"售前\" ]")};
    OK(world_as(c, w->a, w->sue));
    REFUSED(accounts_user_create(c, &good, &id), ERR_DENIED, "role.denied");
    OK(world_as(c, w->a, w->ann));
    OK(accounts_user_create(c, &good, &id));
    OK(accounts_user_get(c, id, &u));
    CHECK(str_is(u.login, "lilei") && str_is(u.email, "li.lei@example.com"));
    CHECK(str_is(u.name, "李雷") && str_is(u.nickname, "李雷") && str_is(u.number, ""));
    CHECK(u.role == ROLE_AGENT && u.active && u.capacity == 5 && u.max_channels == 3);
    CHECK(str_is(u.skills, "[\"售前\"]") && !u.totp && u.home_shop_id == w->a);
    OK(world_audited(c, "user.created", &n));
    CHECK(n == 5);
    /* taken: either name, of any shop, in any case */
    AccountsNewUser bad = good;
    bad.email = STR_NONE;
    REFUSED(accounts_user_create(c, &bad, &id), ERR_CONFLICT, "user.taken");
    bad = good;
    bad.login = STR_NONE;
    REFUSED(accounts_user_create(c, &bad, &id), ERR_CONFLICT, "user.taken");
    bad.email = STR("ZED@example.com");
    REFUSED(accounts_user_create(c, &bad, &id), ERR_CONFLICT, "user.taken");
    return ERR_OK;
}

static Err fields_are_checked(Ctx *c, void *arg)
{
    World *w = arg;
    int64_t id;
    const AccountsNewUser good = {.login = STR("x1"), .name = STR("X"), .role = ROLE_AGENT};
    AccountsNewUser bad;
    OK(world_as(c, w->a, w->ann));
#define BAD(field_, value, code_)                                                                  \
    bad = good;                                                                                    \
    bad.field_ = value;                                                                            \
    REFUSED(accounts_user_create(c, &bad, &id), ERR_INVALID, code_)
    BAD(login, STR_NONE, "request.field_missing");
    BAD(login, STR("a@b"), "request.field_value");
    BAD(email, STR("nonsense"), "request.field_value");
    BAD(name, STR("  "), "request.field_length");
    BAD(name, STR("a\tb"), "request.field_value");
    BAD(name, STR("\xff\xfe"), "request.field_value");
    BAD(nickname, STR("1234567890123456789012345678901"), "request.field_length");
    BAD(number, STR("123456789012345678901"), "request.field_length");
    BAD(role, ROLE_NONE, "request.field_value");
    BAD(role, ROLE_SYSTEM, "request.field_value");
    BAD(capacity, -1, "request.field_value");
    BAD(capacity, 101, "request.field_value");
    BAD(max_channels, 21, "request.field_value");
    BAD(skills, STR("{}"), "request.field_value");
    BAD(skills, STR("[1]"), "request.field_value");
    BAD(skills, STR("[\"\"]"), "request.field_length");
    BAD(skills, STR("[\"a\""), "request.field_value");
#undef BAD
    OK(accounts_user_create(c, &good, &id));
    return ERR_OK;
}

static Err who_may_change_what(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsUser u;
    AccountsUserChange ch;
    OK(world_as(c, w->a, w->bo));
    ch = no_change();
    ch.capacity = 9;
    REFUSED(change(c, w->ben, ch), ERR_DENIED, "role.denied");
    REFUSED(change(c, w->bo, ch), ERR_DENIED, "role.denied");
    OK(world_as(c, w->a, w->sue));
    ch.nickname = STR("小本");
    ch.number = STR("007");
    ch.skills = STR("[\"退款\"]");
    ch.max_channels = 2;
    OK(change(c, w->ben, ch));
    OK(accounts_user_get(c, w->ben, &u));
    CHECK(u.capacity == 9 && u.max_channels == 2 && str_is(u.nickname, "小本"));
    CHECK(str_is(u.number, "007") && str_is(u.skills, "[\"退款\"]"));
    CHECK(str_is(u.name, "Name of ben") && str_is(u.email, "ben@example.com"));
    REFUSED(set_role(c, w->ben, ROLE_SUPERVISOR), ERR_DENIED, "user.role_denied");
    REFUSED(set_role(c, w->sue, ROLE_OWNER), ERR_DENIED, "user.role_denied");
    REFUSED(set_active(c, w->ben, 0), ERR_DENIED, "user.role_denied");
    ch = no_change();
    ch.email = STR("mine@example.com");
    REFUSED(change(c, w->ann, ch), ERR_DENIED, "user.role_denied");
    OK(world_as(c, w->a, w->ann));
    REFUSED(set_role(c, w->ben, ROLE_SYSTEM), ERR_INVALID, "request.field_value");
    ch = no_change();
    ch.email = STR("zed@example.com");
    REFUSED(change(c, w->ben, ch), ERR_CONFLICT, "user.taken");
    ch.email = STR("");
    REFUSED(change(c, w->ben, ch), ERR_INVALID, "request.field_value");
    ch.email = STR("Ben2@example.com");
    ch.login = STR("BEN2");
    ch.name = STR("Ben the Second");
    OK(change(c, w->ben, ch));
    OK(set_role(c, w->ben, ROLE_SUPERVISOR));
    OK(accounts_user_get(c, w->ben, &u));
    CHECK(str_is(u.login, "ben2") && str_is(u.email, "ben2@example.com"));
    CHECK(u.role == ROLE_SUPERVISOR && u.capacity == 9 && str_is(u.name, "Ben the Second"));
    REFUSED(change(c, 12345, no_change()), ERR_NOT_FOUND, "user.unknown");
    return ERR_OK;
}

static Err oneself(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsUser u;
    OK(world_as(c, w->a, w->bo));
    OK(accounts_user_update_self(c, STR_NONE, STR(" 波波 ")));
    OK(accounts_user_get(c, w->bo, &u));
    CHECK(str_is(u.name, "Name of bo") && str_is(u.nickname, "波波"));
    REFUSED(accounts_user_update_self(c, STR(" "), STR_NONE), ERR_INVALID, "request.field_length");
    return ERR_OK;
}

static Err less_power_ends_sessions(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession s;
    AccountsSession x;
    AccountsUserChange ch = no_change();
    int64_t *ids;
    size_t n;
    bool is;
    OK(accounts_session_create(c, w->sue, w->a, STR_NONE, &s));
    OK(world_as(c, w->a, w->ann));
    ch.role = ROLE_OWNER;
    OK(accounts_user_update(c, w->sue, &ch, &ids, &n));
    CHECK(n == 0);
    OK(accounts_session_find(c, s.token, &x, &is));
    CHECK(is && x.actor.role == ROLE_OWNER); /* at once */
    ch.role = ROLE_AGENT;
    OK(accounts_user_update(c, w->sue, &ch, &ids, &n));
    CHECK(n == 1 && ids[0] == s.id);
    OK(accounts_session_find(c, s.token, &x, &is));
    CHECK(!is);
    OK(accounts_session_create(c, w->sue, w->a, STR_NONE, &s));
    ch = no_change();
    ch.active = 0;
    OK(accounts_user_update(c, w->sue, &ch, &ids, &n));
    CHECK(n == 1 && ids[0] == s.id);
    return ERR_OK;
}

static Err agents_are_those_who_can_be_given_work(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsUser *u;
    size_t n;
    OK(world_as(c, w->a, w->ann));
    OK(accounts_agents_list(c, &u, &n));
    CHECK(n == 4);
    OK(set_active(c, w->bo, 0));
    OK(set_role(c, w->ben, ROLE_TRAINER));
    OK(accounts_agents_list(c, &u, &n));
    CHECK(n == 2 && u[0].id == w->ann && u[1].id == w->sue);
    OK(accounts_user_list(c, &u, &n));
    CHECK(n == 4);
    OK(set_active(c, w->bo, 1));
    OK(accounts_agents_list(c, &u, &n));
    CHECK(n == 3);
    return ERR_OK;
}

static Err a_shop_keeps_an_owner(Ctx *c, void *arg)
{
    World *w = arg;
    OK(world_as(c, w->a, w->ann));
    REFUSED(set_active(c, w->ann, 0), ERR_CONFLICT, "user.last_owner");
    return ERR_INTERNAL; /* the unit is undone, as the request's would be */
}

static Err not_a_supervisor_either(Ctx *c, void *arg)
{
    World *w = arg;
    OK(world_as(c, w->a, w->ann));
    REFUSED(set_role(c, w->ann, ROLE_SUPERVISOR), ERR_CONFLICT, "user.last_owner");
    return ERR_INTERNAL;
}

static Err another_owner_frees_the_first(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsUser u;
    OK(world_as(c, w->a, w->ann));
    OK(accounts_user_get(c, w->ann, &u));
    CHECK(u.active && u.role == ROLE_OWNER);
    OK(set_role(c, w->sue, ROLE_OWNER));
    OK(set_role(c, w->ann, ROLE_AGENT));
    return ERR_OK;
}

static void the_last_owner_stays(void **state)
{
    (void)state;
    World w;
    world_open(&w);
    const StoreRun UNDONE[] = {a_shop_keeps_an_owner, not_a_supervisor_either};
    for (size_t i = 0; i < 2; i++) {
        Ctx c = world_ctx(&w);
        Err err = store_write(w.store, &c, STORE_CHAT, UNDONE[i], &w);
        assert_int_equal(err, ERR_INTERNAL);
        assert_null(c.err.code); /* otherwise a check in it failed */
        world_ctx_end(&c);
    }
    world_do(&w, another_owner_frees_the_first, &w);
    world_close(&w);
}

/* Two owners take the other's ownership away at the same moment. */
typedef struct {
    World *w;
    int64_t by, of;
    Err err;
} Coup;

static Err coup(Ctx *c, void *arg)
{
    Coup *x = arg;
    OK(world_as(c, x->w->a, x->by));
    return set_role(c, x->of, ROLE_AGENT);
}

static void *coup_thread(void *arg)
{
    Coup *x = arg;
    Ctx c = world_ctx(x->w);
    x->err = store_write(x->w->store, &c, STORE_CHAT, coup, x);
    world_ctx_end(&c);
    return NULL;
}

static Err two_owners(Ctx *c, void *arg)
{
    World *w = arg;
    OK(world_as(c, w->a, 0));
    OK(set_role(c, w->ann, ROLE_OWNER));
    OK(set_role(c, w->sue, ROLE_OWNER));
    return ERR_OK;
}

static Err still_owned(Ctx *c, void *arg)
{
    World *w = arg;
    int64_t n;
    OK(world_as(c, w->a, 0));
    OK(accounts_shop_owners(c, &n));
    CHECK(n == 1);
    return ERR_OK;
}

static void two_owners_cannot_both_win(void **state)
{
    (void)state;
    World w;
    world_open(&w);
    for (int round = 0; round < 20; round++) {
        world_do(&w, two_owners, &w);
        Coup x[2] = {{.w = &w, .by = w.ann, .of = w.sue}, {.w = &w, .by = w.sue, .of = w.ann}};
        pthread_t t[2];
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&t[i], NULL, coup_thread, &x[i]), 0);
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_join(t[i], NULL), 0);
        assert_int_equal((x[0].err == ERR_OK) + (x[1].err == ERR_OK), 1);
        world_do(&w, still_owned, &w);
    }
    world_close(&w);
}

static Err demo_stays_away_from_real_shops(Ctx *c, void *arg)
{
    (void)arg;
    /* beside real shops it is refused */
    REFUSED(accounts_demo(c), ERR_CONFLICT, "setup.done");
    return ERR_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(making_people),
        WORLD_TEST(fields_are_checked),
        WORLD_TEST(who_may_change_what),
        WORLD_TEST(oneself),
        WORLD_TEST(less_power_ends_sessions),
        WORLD_TEST(agents_are_those_who_can_be_given_work),
        cmocka_unit_test(the_last_owner_stays),
        cmocka_unit_test(two_owners_cannot_both_win),
        WORLD_TEST(demo_stays_away_from_real_shops),
    };
    return cmocka_run_group_tests_name("accounts/people", tests, NULL, NULL);
}
