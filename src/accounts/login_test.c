/* SPDX-License-Identifier: Apache-2.0 */
/* The log-in in its three steps, with throttle and second factor. */
#include "accounts/test_world.h"

#define GOOD  STR(WORLD_PASSWORD)
#define WRONG STR("wrong-horse-9")

static Err right_and_wrong(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p;
    AccountsNewSession s;
    AccountsSession found;
    bool is;
    int64_t n;
    OK(world_log_in(c, w, STR(" ANN@Example.com "), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS && c->actor.user_id == w->ann);
    CHECK(c->actor.role == ROLE_OWNER && c->actor.shop_id == w->a && c->actor.session_id == s.id);
    OK(accounts_session_find(c, s.token, &found, &is));
    CHECK(is && found.user_id == w->ann && found.shop_id == w->a && found.id == s.id);
    OK(world_log_in(c, w, STR("ann"), WRONG, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG && c->actor.role == ROLE_NONE && c->actor.user_id == 0);
    OK(world_log_in(c, w, STR("nobody"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG && c->actor.role == ROLE_NONE);
    OK(world_log_in(c, w, STR(""), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG);
    OK(world_log_in(c, w, STR("ann"), STR(""), STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG);
    OK(world_as(c, w->a, 0));
    OK(world_audited(c, "login.passed", &n));
    CHECK(n == 1);
    OK(world_audited(c, "login.failed", &n));
    CHECK(n == 2);
    return ERR_OK;
}

static Err without_password_nobody_enters(Ctx *c, void *arg)
{
    World *w = arg;
    int64_t id;
    AccountsProof p;
    AccountsNewSession s;
    OK(world_as(c, w->a, w->ann));
    OK(accounts_user_create(
        c, &(AccountsNewUser){.login = STR("fresh"), .name = STR("F"), .role = ROLE_AGENT}, &id));
    OK(world_log_in(c, w, STR("fresh"), STR(""), STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG);
    OK(world_log_in(c, w, STR("fresh"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG);
    return ERR_OK;
}

static Err many_wrong_ones_wait(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p;
    AccountsNewSession s;
    for (int i = 0; i < 5; i++) {
        OK(world_log_in(c, w, STR("ann"), WRONG, STR_NONE, &p, &s));
        CHECK(p.outcome == ACCOUNTS_WRONG);
    }
    CHECK(p.wait_ms == 5000);
    /* the right one has to wait as well: otherwise the wait would tell which one it is */
    REFUSED(world_log_in(c, w, STR("ann"), GOOD, STR_NONE, &p, &s), ERR_LIMIT, "login.throttled");
    REFUSED(world_log_in(c, w, STR("ANN"), GOOD, STR_NONE, &p, &s), ERR_LIMIT, "login.throttled");
    REFUSED(world_log_in(c, w, STR("ann@example.com"), GOOD, STR_NONE, &p, &s), ERR_LIMIT,
            "login.throttled");
    /* other people here, and the same person elsewhere, are not held up */
    OK(world_log_in(c, w, STR("bo"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    c->actor.address = STR("198.51.100.7");
    OK(world_log_in(c, w, STR("ann"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    c->actor.address = STR("192.0.2.1");
    c->now_ms += 5000;
    OK(world_log_in(c, w, STR("ann"), WRONG, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG && p.wait_ms == 10000);
    c->now_ms += 10000;
    OK(world_log_in(c, w, STR("ann"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    /* passing forgets */
    OK(world_log_in(c, w, STR("ann"), WRONG, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG && p.wait_ms == 0);
    return ERR_OK;
}

static Err unknown_names_wait_as_well(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p;
    AccountsNewSession s;
    for (int i = 0; i < 5; i++) {
        OK(world_log_in(c, w, STR("nobody"), WRONG, STR_NONE, &p, &s));
        CHECK(p.outcome == ACCOUNTS_WRONG);
    }
    CHECK(p.wait_ms == 5000);
    REFUSED(world_log_in(c, w, STR("nobody"), WRONG, STR_NONE, &p, &s), ERR_LIMIT,
            "login.throttled");
    return ERR_OK;
}

/* All of them are read before the first one is settled, as when they arrive at once. */
static Err tries_at_once_count_one_by_one(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p[8];
    AccountsNewSession s;
    for (int i = 0; i < 8; i++) {
        p[i] = (AccountsProof){.name = STR("ann"), .password = WRONG};
        OK(accounts_proof_read(c, &p[i]));
        if (i == 7) /* and one of them is even right */
            p[i].password = GOOD;
        OK(accounts_proof_check(c, w->accounts, &p[i]));
    }
    for (int i = 0; i < 8; i++) {
        OK(accounts_login_settle(c, w->accounts, &p[i], STR_NONE, &s));
        CHECK(p[i].outcome == (i < 5 ? ACCOUNTS_WRONG : ACCOUNTS_WAIT));
    }
    return ERR_OK;
}

static Err a_password_changed_meanwhile_does_not_pass(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsNewSession s;
    Str hash;
    AccountsProof p = {.name = STR("ann"), .password = GOOD};
    OK(accounts_proof_read(c, &p));
    OK(accounts_proof_check(c, w->accounts, &p));
    OK(accounts_password_hash(c, NULL, STR("another-one-1"), &hash));
    OK(accounts_user_set_password(c, w->ann, hash));
    OK(accounts_login_settle(c, w->accounts, &p, STR_NONE, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG);
    /* settling again, as after a lost race, judges the same */
    OK(accounts_login_settle(c, w->accounts, &p, STR_NONE, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG);
    return ERR_OK;
}

static Err one_address_guesses_many_names(Ctx *c, void *arg)
{
    (void)arg;
    int64_t wait;
    c->actor.address = STR("2001:db8:1:2::1");
    for (int i = 0; i < 30; i++) {
        OK(accounts_throttle_fail(c, str_fmt(c->arena, "nname%d", i), &wait));
        CHECK(wait == (i < 29 ? 0 : 5000));
    }
    OK(accounts_throttle_wait(c, STR("nanother"), &wait));
    CHECK(wait == 5000);
    c->actor.address = STR("2001:db8:1:2:ffff::9"); /* the same /64 */
    OK(accounts_throttle_wait(c, STR("nanother"), &wait));
    CHECK(wait == 5000);
    c->actor.address = STR("2001:db8:1:3::1");
    OK(accounts_throttle_wait(c, STR("nanother"), &wait));
    CHECK(wait == 0);
    return ERR_OK;
}

static Err many_addresses_guess_one_name(Ctx *c, void *arg)
{
    (void)arg;
    int64_t wait;
    OK(accounts_throttle_pass(c, STR("u1"))); /* from the usual place */
    for (int i = 0; i < 31; i++) {
        c->actor.address = str_fmt(c->arena, "198.51.100.%d", i);
        OK(accounts_throttle_fail(c, STR("u1"), &wait));
    }
    CHECK(wait == 10000);
    c->actor.address = STR("203.0.113.5"); /* nobody has been here */
    OK(accounts_throttle_wait(c, STR("u1"), &wait));
    CHECK(wait == 10000);
    c->actor.address = STR("192.0.2.1"); /* the usual place goes on */
    OK(accounts_throttle_wait(c, STR("u1"), &wait));
    CHECK(wait == 0);
    c->actor.address = STR("203.0.113.5");
    c->now_ms += 10000;
    OK(accounts_throttle_wait(c, STR("u1"), &wait));
    CHECK(wait == 0);
    for (int i = 0; i < 12; i++) /* never for ever */
        OK(accounts_throttle_fail(c, STR("u1"), &wait));
    CHECK(wait <= 900000);
    c->now_ms += 3600001;
    OK(accounts_throttle_fail(c, STR("u1"), &wait));
    CHECK(wait == 0);
    return ERR_OK;
}

/* ---- second factor ---- */

/* The other way round of accounts_base32. */
static Str unbase32(Ctx *c, Str s)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    char *out = arena_alloc(c->arena, s.n + 1);
    size_t n = 0;
    unsigned held = 0, bits = 0;
    for (size_t i = 0; i < s.n; i++) {
        ptrdiff_t at = str_find(STR(ALPHABET), str_sub(s, i, 1));
        held = (held << 5 | (unsigned)at) & 0xffff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (char)(held >> bits & 0xff);
        }
    }
    return (Str){out, n};
}

static Str code_at(Ctx *c, Str secret_text, int64_t off)
{
    return accounts_totp_code(c, unbase32(c, secret_text), c->now_ms / 30000 + off, 6);
}

static Err turn_on(Ctx *c, World *w, int64_t user_id, Str *ret_secret, Str codes[10])
{
    Str uri;
    OK(world_as(c, w->a, user_id));
    OK(accounts_totp_begin(c, w->accounts, ret_secret, &uri));
    CHECK(ret_secret->n == 32 && str_find(uri, *ret_secret) > 0);
    CHECK(str_starts(uri, STR("otpauth://totp/Zhixin:")));
    OK(accounts_totp_confirm(c, w->accounts, code_at(c, *ret_secret, 0), codes));
    return ERR_OK;
}

static Err codes_are_needed_and_work_once(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p;
    AccountsNewSession s;
    Str secret, codes[10], code;
    OK(turn_on(c, w, w->ann, &secret, codes));
    OK(world_log_in(c, w, STR("ann"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_CODE_NEEDED && c->actor.role == ROLE_NONE);
    OK(world_log_in(c, w, STR("ann"), WRONG, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG); /* does not tell that a code would follow */
    /* the code that turned it on was used by that */
    OK(world_log_in(c, w, STR("ann"), GOOD, code_at(c, secret, 0), &p, &s));
    CHECK(p.outcome == ACCOUNTS_CODE_WRONG && c->actor.role == ROLE_NONE);
    c->now_ms += 60000;
    code = code_at(c, secret, 0);
    OK(world_log_in(c, w, STR("ann"), GOOD, STR("000000"), &p, &s));
    CHECK(p.outcome == ACCOUNTS_CODE_WRONG || str_is(code, "000000"));
    OK(world_log_in(c, w, STR("ann"), GOOD, str_fmt(c->arena, "%.3s %.3s", code.p, code.p + 3), &p,
                    &s));
    CHECK(p.outcome == ACCOUNTS_PASS && c->actor.user_id == w->ann);
    OK(world_log_in(c, w, STR("ann"), GOOD, code, &p, &s));
    CHECK(p.outcome == ACCOUNTS_CODE_WRONG);
    /* nor the one before it, although its time is not over */
    OK(world_log_in(c, w, STR("ann"), GOOD, code_at(c, secret, -1), &p, &s));
    CHECK(p.outcome == ACCOUNTS_CODE_WRONG);
    OK(world_log_in(c, w, STR("ann"), GOOD, code_at(c, secret, 1), &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    return ERR_OK;
}

static Err wrong_codes_are_counted(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p;
    AccountsNewSession s;
    Str secret, codes[10];
    OK(turn_on(c, w, w->ann, &secret, codes));
    c->now_ms += 60000;
    for (int i = 0; i < 5; i++) {
        OK(world_log_in(c, w, STR("ann"), GOOD, STR("12345"), &p, &s));
        CHECK(p.outcome == ACCOUNTS_CODE_WRONG);
        if (i < 4) { /* asking for the code again does not forget the wrong ones */
            OK(world_log_in(c, w, STR("ann"), GOOD, STR_NONE, &p, &s));
            CHECK(p.outcome == ACCOUNTS_CODE_NEEDED);
        }
    }
    REFUSED(world_log_in(c, w, STR("ann"), GOOD, code_at(c, secret, 0), &p, &s), ERR_LIMIT,
            "login.throttled");
    return ERR_OK;
}

static Err recovery_codes_work_once(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p;
    AccountsNewSession s;
    Str secret, codes[10], typed;
    int64_t n;
    OK(turn_on(c, w, w->ann, &secret, codes));
    for (int i = 0; i < 10; i++)
        CHECK(codes[i].n == 19 && (i == 0 || !str_eq(codes[i], codes[0])));
    typed = accounts_lower(c, codes[3]);
    OK(world_log_in(c, w, STR("ann"), GOOD, typed, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    OK(world_audited(c, "totp.recovery_used", &n));
    CHECK(n == 1);
    OK(world_log_in(c, w, STR("ann"), GOOD, typed, &p, &s));
    CHECK(p.outcome == ACCOUNTS_CODE_WRONG);
    OK(world_log_in(c, w, STR("ann"), GOOD, codes[4], &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    /* another person's code is worth nothing */
    OK(turn_on(c, w, w->bo, &secret, (Str[10]){{0}}));
    OK(world_log_in(c, w, STR("bo"), GOOD, codes[5], &p, &s));
    CHECK(p.outcome == ACCOUNTS_CODE_WRONG);
    return ERR_OK;
}

static Err turning_on_and_off(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p;
    AccountsNewSession s;
    Str secret, uri, codes[10];
    int64_t n;
    OK(world_as(c, w->a, w->bo));
    REFUSED(accounts_totp_confirm(c, w->accounts, STR("123456"), codes), ERR_CONFLICT,
            "totp.not_begun");
    OK(accounts_totp_begin(c, w->accounts, &secret, &uri));
    REFUSED(accounts_totp_confirm(c, w->accounts, code_at(c, secret, 5), codes), ERR_INVALID,
            "totp.code");
    /* begun only: the password alone still does */
    OK(world_log_in(c, w, STR("bo"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    OK(turn_on(c, w, w->bo, &secret, codes));
    REFUSED(accounts_totp_begin(c, w->accounts, &secret, &uri), ERR_CONFLICT, "totp.on");
    /* not the colleague, not the supervisor; the owner may */
    OK(world_as(c, w->a, w->ben));
    REFUSED(accounts_totp_off(c, w->bo, "totp.reset"), ERR_DENIED, "role.denied");
    OK(world_as(c, w->a, w->sue));
    REFUSED(accounts_totp_off(c, w->bo, "totp.reset"), ERR_DENIED, "role.denied");
    OK(world_as(c, w->a, w->ann));
    OK(accounts_totp_off(c, w->bo, "totp.reset"));
    OK(world_audited(c, "totp.reset", &n));
    CHECK(n == 1);
    OK(world_log_in(c, w, STR("bo"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_PASS);
    return ERR_OK;
}

static Err who_left_does_not_come_in(Ctx *c, void *arg)
{
    World *w = arg;
    AccountsProof p;
    AccountsNewSession s;
    AccountsUserChange ch;
    int64_t *ids;
    size_t n;
    accounts_user_change_none(&ch);
    ch.active = 0;
    OK(world_as(c, w->a, w->ann));
    OK(accounts_user_update(c, w->bo, &ch, &ids, &n));
    OK(world_log_in(c, w, STR("bo"), GOOD, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_NOWHERE && c->actor.role == ROLE_NONE);
    OK(world_log_in(c, w, STR("bo"), WRONG, STR_NONE, &p, &s));
    CHECK(p.outcome == ACCOUNTS_WRONG);
    return ERR_OK;
}

static Err proving_again(Ctx *c, void *arg)
{
    World *w = arg;
    OK(world_as(c, w->a, w->bo));
    AccountsProof p = {.user_id = w->bo, .password = WRONG};
    OK(accounts_proof_read(c, &p));
    OK(accounts_proof_check(c, w->accounts, &p));
    OK(accounts_proof_settle(c, &p));
    CHECK(p.outcome == ACCOUNTS_WRONG && c->actor.user_id == w->bo && c->actor.shop_id == w->a);
    p = (AccountsProof){.user_id = w->bo, .password = GOOD};
    OK(accounts_proof_read(c, &p));
    OK(accounts_proof_check(c, w->accounts, &p));
    OK(accounts_proof_settle(c, &p));
    CHECK(p.outcome == ACCOUNTS_PASS);
    return ERR_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(right_and_wrong),
        WORLD_TEST(without_password_nobody_enters),
        WORLD_TEST(many_wrong_ones_wait),
        WORLD_TEST(unknown_names_wait_as_well),
        WORLD_TEST(tries_at_once_count_one_by_one),
        WORLD_TEST(a_password_changed_meanwhile_does_not_pass),
        WORLD_TEST(one_address_guesses_many_names),
        WORLD_TEST(many_addresses_guess_one_name),
        WORLD_TEST(codes_are_needed_and_work_once),
        WORLD_TEST(wrong_codes_are_counted),
        WORLD_TEST(recovery_codes_work_once),
        WORLD_TEST(turning_on_and_off),
        WORLD_TEST(who_left_does_not_come_in),
        WORLD_TEST(proving_again),
    };
    return cmocka_run_group_tests_name("accounts/login", tests, NULL, NULL);
}
