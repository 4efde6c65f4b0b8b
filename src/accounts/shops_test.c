/* SPDX-License-Identifier: Apache-2.0 */
/* Two shops in one installation: nothing of one is seen or moved from the other. Also keys,
 * settings and the audit log, which belong to a shop. */
#include "accounts/test_world.h"

#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

/* ---- everything that takes an id or lists, tried from shop b on what is shop a's ---- */

typedef struct {
    int64_t invitation, key, session;
} Things;

static Err furnish(Ctx *c, World *w, Things *t)
{
    Str token, key;
    int64_t expires, version;
    AccountsInvitation *inv;
    AccountsNewSession s;
    size_t n;
    OK(world_as(c, w->a, w->ann));
    OK(accounts_invite(c, STR("x@example.com"), STR(""), ROLE_AGENT, &token, &expires));
    OK(accounts_invite_list(c, &inv, &n));
    t->invitation = inv[0].id;
    OK(accounts_apikey_create(c, STR("a's key"), ACCOUNTS_SCOPE_READ, &t->key, &key));
    OK(accounts_session_create(c, w->bo, w->a, STR_NONE, &s));
    t->session = s.id;
    OK(accounts_setting_put(c, STR("hours"), STR("{\"a\":1}"), 0, &version));
    return ERR_OK;
}

/* A text that changes with anything of shop a. */
static Err print_of_a(Ctx *c, World *w, Str *ret)
{
    AccountsUser *u;
    AccountsInvitation *inv;
    AccountsApiKey *keys;
    AccountsAudit *acts;
    AccountsSetting s;
    AccountsShop shop;
    AccountsProofRow p;
    int64_t owners;
    size_t users_n, inv_n, keys_n, acts_n;
    Buf b;
    buf_init(&b, c->arena, 1 << 16);
    OK(world_as(c, w->a, w->ann));
    OK(accounts_user_list(c, &u, &users_n));
    OK(accounts_invite_list(c, &inv, &inv_n));
    OK(accounts_apikey_list(c, &keys, &keys_n));
    OK(accounts_audit_list(c, INT64_MAX, 1000, &acts, &acts_n));
    OK(accounts_setting_get(c, STR("hours"), &s));
    OK(accounts_shop_get(c, &shop));
    OK(accounts_shop_owners(c, &owners));
    for (size_t i = 0; i < users_n; i++) {
        OK(accounts_user_proof(c, u[i].id, &p));
        buf_fmt(&b, "%lld %.*s %.*s %.*s %.*s %.*s %d %lld %.*s %.*s\n", (long long)u[i].id,
                STR_ARG(u[i].login), STR_ARG(u[i].email), STR_ARG(u[i].name),
                STR_ARG(u[i].nickname), STR_ARG(u[i].role_name), u[i].active,
                (long long)u[i].capacity, STR_ARG(p.password_hash), STR_ARG(p.totp_secret));
    }
    buf_fmt(&b, "%zu %zu %lld %zu %lld %lld %.*s %.*s %lld", inv_n, keys_n,
            (long long)keys[0].revoked_at_ms, acts_n, (long long)s.version, (long long)s.at_ms,
            STR_ARG(s.value), STR_ARG(shop.name), (long long)owners);
    *ret = buf_str(&b);
    return ERR_OK;
}

static Err people_are_out_of_reach(Ctx *c, World *w)
{
    AccountsUser u, *list;
    AccountsUserChange ch;
    Str token;
    int64_t *ids, expires;
    size_t n;
    REFUSED(accounts_user_get(c, w->bo, &u), ERR_NOT_FOUND, "user.unknown");
    accounts_user_change_none(&ch);
    REFUSED(accounts_user_update(c, w->bo, &ch, &ids, &n), ERR_NOT_FOUND, "user.unknown");
    ch.role = ROLE_OWNER;
    REFUSED(accounts_user_update(c, w->bo, &ch, &ids, &n), ERR_NOT_FOUND, "user.unknown");
    ch.active = 0;
    REFUSED(accounts_user_update(c, w->ann, &ch, &ids, &n), ERR_NOT_FOUND, "user.unknown");
    REFUSED(accounts_user_need_home(c, w->bo), ERR_NOT_FOUND, "user.unknown");
    REFUSED(accounts_user_join(c, w->bo, ROLE_AGENT), ERR_DENIED, "role.denied");
    REFUSED(accounts_user_list_installation(c, &list, &n), ERR_DENIED, "role.denied");
    REFUSED(accounts_reset_create(c, w->bo, &token, &expires), ERR_NOT_FOUND, "user.unknown");
    REFUSED(accounts_totp_off(c, w->bo, "totp.reset"), ERR_NOT_FOUND, "user.unknown");
    OK(accounts_user_list(c, &list, &n));
    CHECK(n == 2 && list[0].id == w->zed && list[1].id == w->yan);
    OK(accounts_agents_list(c, &list, &n));
    CHECK(n == 2);
    return ERR_OK;
}

static Err things_are_out_of_reach(Ctx *c, World *w, const Things *t)
{
    AccountsInvitation *inv;
    AccountsApiKey *keys;
    AccountsAudit *acts;
    AccountsSetting s, *history;
    AccountsShop shop, *mine;
    int64_t owners, version, *ids;
    size_t n;
    bool alive;
    REFUSED(accounts_invite_withdraw(c, t->invitation), ERR_NOT_FOUND, "invitation.unknown");
    REFUSED(accounts_apikey_revoke(c, t->key), ERR_NOT_FOUND, "apikey.unknown");
    OK(accounts_invite_list(c, &inv, &n));
    CHECK(n == 0);
    OK(accounts_apikey_list(c, &keys, &n));
    CHECK(n == 0);
    OK(accounts_audit_list(c, INT64_MAX, 1000, &acts, &n));
    for (size_t i = 0; i < n; i++)
        CHECK(acts[i].subject_id == w->zed || acts[i].subject_id == w->yan);
    CHECK(n == 2);
    OK(accounts_setting_get(c, STR("hours"), &s));
    CHECK(s.version == 0 && !s.value.p);
    REFUSED(accounts_setting_at(c, STR("hours"), 1, &s), ERR_NOT_FOUND, "setting.unknown");
    OK(accounts_setting_history(c, STR("hours"), &history, &n));
    CHECK(n == 0);
    OK(accounts_setting_put(c, STR("hours"), STR("{\"b\":2}"), 0, &version));
    CHECK(version == 1);
    OK(accounts_shop_get(c, &shop));
    CHECK(shop.id == w->b);
    OK(accounts_shop_update(c, STR("B2"), STR_NONE));
    OK(accounts_shop_owners(c, &owners));
    CHECK(owners == 1);
    OK(accounts_shop_list_mine(c, &mine, &n));
    CHECK(n == 1 && mine[0].id == w->b);
    REFUSED(accounts_session_switch_shop(c, w->a), ERR_NOT_FOUND, "shop.unknown");
    OK(accounts_session_end(c, w->zed, t->session)); /* names its person, or does nothing */
    OK(accounts_session_end_in_shop(c, w->bo, w->b, &ids, &n));
    CHECK(n == 0);
    OK(accounts_session_alive(c, t->session, &alive));
    CHECK(alive);
    return ERR_OK;
}

static Err shops_are_kept_apart(Ctx *c, void *arg)
{
    World *w = arg;
    Things t;
    Str before, after;
    OK(furnish(c, w, &t));
    OK(print_of_a(c, w, &before));
    OK(world_as(c, w->b, w->zed));
    OK(people_are_out_of_reach(c, w));
    OK(world_as(c, w->b, w->zed));
    OK(things_are_out_of_reach(c, w, &t));
    OK(print_of_a(c, w, &after));
    CHECK(str_eq(before, after));
    /* the print is worth something: it shows a change */
    OK(world_as(c, w->a, w->ann));
    OK(accounts_apikey_revoke(c, t.key));
    OK(print_of_a(c, w, &after));
    CHECK(!str_eq(before, after));
    return ERR_OK;
}

/* ---- API keys ---- */

static Err keys_have_scopes(Ctx *c, void *arg)
{
    World *w = arg;
    int64_t read_id, admin_id;
    Str read_key, admin_key, none;
    AccountsKey k;
    bool is;
    OK(world_as(c, w->a, w->sue));
    REFUSED(accounts_apikey_create(c, STR("k"), ACCOUNTS_SCOPE_READ, &read_id, &none), ERR_DENIED,
            "role.denied");
    OK(world_as(c, w->a, w->ann));
    REFUSED(accounts_apikey_create(c, STR("k"), 0, &read_id, &none), ERR_INVALID,
            "request.field_value");
    REFUSED(accounts_apikey_create(c, STR("k"), 8, &read_id, &none), ERR_INVALID,
            "request.field_value");
    REFUSED(accounts_apikey_create(c, STR(""), 1, &read_id, &none), ERR_INVALID,
            "request.field_length");
    OK(accounts_apikey_create(c, STR("reader"), ACCOUNTS_SCOPE_READ | ACCOUNTS_SCOPE_CHAT, &read_id,
                              &read_key));
    OK(accounts_apikey_create(c, STR("admin"), ACCOUNTS_SCOPE_ADMIN, &admin_id, &admin_key));
    CHECK(str_starts(read_key, STR("zxk_")) && read_key.n == 47);
    OK(accounts_apikey_find(c, read_key, &k, &is));
    CHECK(is && k.actor.role == ROLE_AGENT && k.actor.scopes == 3 && k.actor.shop_id == w->a);
    CHECK(k.actor.session_id == read_id && k.actor.user_id == w->ann && k.touch_due);
    OK(accounts_apikey_used(c, read_id));
    OK(accounts_apikey_find(c, read_key, &k, &is));
    CHECK(is && !k.touch_due);
    c->now_ms += 3600000;
    OK(accounts_apikey_find(c, read_key, &k, &is));
    CHECK(is && k.touch_due);
    OK(accounts_apikey_find(c, admin_key, &k, &is));
    CHECK(is && k.actor.role == ROLE_OWNER && k.actor.scopes == 4);
    OK(accounts_apikey_find(c, str_sub(read_key, 4, 99), &k, &is));
    CHECK(!is);
    OK(accounts_apikey_find(c, STR("zxk_"), &k, &is));
    CHECK(!is);
    OK(accounts_apikey_revoke(c, read_id));
    OK(accounts_apikey_find(c, read_key, &k, &is));
    CHECK(!is);
    REFUSED(accounts_apikey_revoke(c, read_id), ERR_NOT_FOUND, "apikey.unknown");
    return ERR_OK;
}

static Err keys_follow_their_maker(Ctx *c, void *arg)
{
    World *w = arg;
    int64_t id, *ids;
    size_t n;
    Str key;
    AccountsKey k;
    AccountsUserChange ch;
    bool is;
    OK(world_as(c, w->a, 0));
    accounts_user_change_none(&ch);
    ch.role = ROLE_OWNER;
    OK(accounts_user_update(c, w->sue, &ch, &ids, &n));
    OK(world_as(c, w->a, w->sue));
    OK(accounts_apikey_create(c, STR("sue's"), ACCOUNTS_SCOPE_ADMIN, &id, &key));
    OK(world_as(c, w->a, w->ann));
    ch.role = ROLE_SUPERVISOR;
    OK(accounts_user_update(c, w->sue, &ch, &ids, &n));
    OK(accounts_apikey_find(c, key, &k, &is));
    CHECK(is && k.actor.role == ROLE_SUPERVISOR);
    ch.active = 0;
    OK(accounts_user_update(c, w->sue, &ch, &ids, &n));
    OK(accounts_apikey_find(c, key, &k, &is));
    CHECK(!is);
    return ERR_OK;
}

static Err keys_have_an_end(Ctx *c, void *arg)
{
    World *w = arg;
    int64_t id = 0;
    Str key;
    OK(world_as(c, w->a, w->ann));
    for (int i = 0; i < ACCOUNTS_APIKEYS_MAX; i++)
        OK(accounts_apikey_create(c, STR("k"), 1, &id, &key));
    REFUSED(accounts_apikey_create(c, STR("k"), 1, &id, &key), ERR_LIMIT, "apikey.many");
    OK(accounts_apikey_revoke(c, id));
    OK(accounts_apikey_create(c, STR("k"), 1, &id, &key));
    return ERR_OK;
}

/* ---- settings ---- */

static Err settings_have_a_history(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsSetting s, *all;
    int64_t v, n_audit;
    size_t n;
    OK(world_as(c, w->a, w->ann));
    OK(accounts_setting_get(c, STR("sla"), &s));
    CHECK(s.version == 0 && !s.value.p);
    OK(accounts_setting_put(c, STR("sla"), STR("{\"n\":1}"), 0, &v));
    CHECK(v == 1);
    OK(accounts_setting_put(c, STR("sla"), STR("{\"n\":1}"), 1, &v)); /* no change, no version */
    CHECK(v == 1);
    c->now_ms += 1000;
    OK(accounts_setting_put(c, STR("sla"), STR("{\"n\":2}"), 1, &v));
    CHECK(v == 2);
    REFUSED(accounts_setting_put(c, STR("sla"), STR("{\"n\":3}"), 1, &v), ERR_CONFLICT,
            "setting.changed");
    OK(accounts_setting_put(c, STR("sla"), STR("{\"n\":3}"), -1, &v));
    CHECK(v == 3);
    OK(accounts_setting_at(c, STR("sla"), 1, &s));
    CHECK(str_is(s.value, "{\"n\":1}") && s.by_user == w->ann && s.at_ms == WORLD_NOW);
    OK(accounts_setting_history(c, STR("sla"), &all, &n));
    CHECK(n == 3 && all[0].version == 3 && all[2].version == 1);
    OK(accounts_setting_get(c, STR("sla:7"), &s));
    CHECK(s.version == 0);
    OK(world_audited(c, "setting.changed", &n_audit));
    CHECK(n_audit == 3);
    char *big = arena_alloc(c->arena, 262145);
    memset(big, ' ', 262145);
    REFUSED(accounts_setting_put(c, STR("sla"), (Str){big, 262145}, -1, &v), ERR_TOO_LARGE,
            "setting.too_large");
    return ERR_OK;
}

/* ---- audit ---- */

static Err the_log_says_who_and_what(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsAudit *acts;
    size_t n;
    OK(world_as(c, w->a, w->ann));
    c->actor.session_id = 77;
    for (int i = 0; i < 5; i++)
        OK(accounts_audit(c, "thing.done", 100 + i,
                          accounts_detail(c, "name", STR("a \"b\"\n"), NULL)));
    OK(accounts_audit_list(c, INT64_MAX, 2, &acts, &n));
    CHECK(n == 2 && acts[0].subject_id == 104 && acts[1].subject_id == 103);
    CHECK(acts[0].actor_id == w->ann && str_is(acts[0].actor_name, "Name of ann"));
    CHECK(str_is(acts[0].actor_role, "owner") && str_is(acts[0].address, "192.0.2.1"));
    CHECK(str_is(acts[0].detail, "{\"name\":\"a \\\"b\\\"\\n\"}") && acts[0].at_ms == WORLD_NOW);
    OK(accounts_audit_list(c, acts[1].id, 10, &acts, &n));
    CHECK(n > 0 && acts[0].subject_id == 102);
    OK(world_as(c, w->a, w->bo));
    REFUSED(accounts_audit_list(c, INT64_MAX, 2, &acts, &n), ERR_DENIED, "role.denied");
    return ERR_OK;
}

/* ---- the first start ---- */

static Err set_up_once(Ctx *c, void *arg)
{
    (void)arg;
    int64_t n;
    OK(world_as(c, 0, 0));
    OK(accounts_shop_count(c, &n));
    CHECK(n == 0);
    OK(accounts_demo(c));
    CHECK(c->actor.role == ROLE_SYSTEM && c->actor.shop_id != 0);
    int64_t shop = c->actor.shop_id;
    OK(accounts_demo(c)); /* as at every later start */
    CHECK(c->actor.shop_id == shop);
    OK(accounts_shop_count(c, &n));
    CHECK(n == 1);
    REFUSED(accounts_setup_claim(c), ERR_CONFLICT, "setup.done");
    return ERR_OK;
}

static Err demo_people_log_in(Ctx *c, void *arg)
{
    World *w = arg;
    static const struct {
        const char *login;
        Role role;
    } ALL[] = {{"laoban", ROLE_OWNER},
               {"zhuguan", ROLE_SUPERVISOR},
               {"xiaoyu", ROLE_AGENT},
               {"xiaolin", ROLE_AGENT}};
    AccountsProof p;
    AccountsNewSession s;
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++) {
        OK(world_log_in(c, w, str_of(ALL[i].login), STR("zhixin-demo"), STR_NONE, &p, &s));
        CHECK(p.outcome == ACCOUNTS_PASS && c->actor.role == ALL[i].role);
    }
    return ERR_OK;
}

static void demo_in_an_empty_installation(void **state)
{
    (void)state;
    World w;
    world_open_empty(&w);
    world_do(&w, set_up_once, &w);
    world_do(&w, demo_people_log_in, &w);
    world_close(&w);
}

static Err claim(Ctx *c, void *arg)
{
    (void)arg;
    int64_t id;
    Err err = accounts_setup_claim(c);
    return err ? err : accounts_shop_create(c, STR("First"), STR("Asia/Shanghai"), &id);
}

typedef struct {
    World *w;
    Err err;
    const char *code;
} Claim;

static void *claim_thread(void *arg)
{
    Claim *x = arg;
    Ctx c = world_ctx(x->w);
    x->err = store_write(x->w->store, &c, STORE_CHAT, claim, NULL);
    x->code = c.err.code;
    world_ctx_end(&c);
    return NULL;
}

static void two_set_ups_at_once(void **state)
{
    (void)state;
    World w;
    world_open_empty(&w);
    Claim x[4];
    pthread_t t[4];
    int won = 0;
    for (int i = 0; i < 4; i++) {
        x[i] = (Claim){.w = &w};
        assert_int_equal(pthread_create(&t[i], NULL, claim_thread, &x[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(t[i], NULL), 0);
        won += x[i].err == ERR_OK;
        if (x[i].err != ERR_OK)
            assert_string_equal(x[i].code, "setup.done");
    }
    assert_int_equal(won, 1);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(shops_are_kept_apart),
        WORLD_TEST(keys_have_scopes),
        WORLD_TEST(keys_follow_their_maker),
        WORLD_TEST(keys_have_an_end),
        WORLD_TEST(settings_have_a_history),
        WORLD_TEST(the_log_says_who_and_what),
        cmocka_unit_test(demo_in_an_empty_installation),
        cmocka_unit_test(two_set_ups_at_once),
    };
    return cmocka_run_group_tests_name("accounts/shops", tests, NULL, NULL);
}
