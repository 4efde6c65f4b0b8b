/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords, sealed secrets, codes of the second factor: what needs no database. */
#include "accounts/test_world.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Ctx a_context(IdSource *ids)
{
    Ctx c;
    id_source_init(ids, 1);
    ctx_init(&c, arena_create(1 << 20), ids, WORLD_NOW);
    return c;
}

static const char *code_of(Ctx *c, Err err)
{
    const char *code = err ? c->err.code : "";
    err_clear(&c->err);
    return code;
}

static void passwords_are_hashed_and_found_again(void **state)
{
    (void)state;
    IdSource ids;
    Ctx c = a_context(&ids);
    Str hash;
    bool ok, weak;
    assert_int_equal(accounts_password_hash(&c, NULL, STR("晴天-sunshine"), &hash), 0);
    assert_true(str_starts(hash, STR("$argon2id$v=19$m=19456,t=2,p=1$")));
    assert_int_equal(accounts_password_verify(&c, NULL, hash, STR("晴天-sunshine"), &ok, &weak), 0);
    assert_true(ok && !weak);
    assert_int_equal(accounts_password_verify(&c, NULL, hash, STR("晴天-sunshinE"), &ok, &weak), 0);
    assert_false(ok);
    /* a hash made with less work is good, and says that it is weak */
    char cheap[crypto_pwhash_STRBYTES];
    assert_int_equal(crypto_pwhash_str(cheap, "晴天-sunshine", strlen("晴天-sunshine"), 1, 8 << 20),
                     0);
    assert_int_equal(
        accounts_password_verify(&c, NULL, str_of(cheap), STR("晴天-sunshine"), &ok, &weak), 0);
    assert_true(ok && weak);
    arena_destroy(c.arena);
}

static void nobody_costs_the_same_and_never_passes(void **state)
{
    (void)state;
    IdSource ids;
    Ctx c = a_context(&ids);
    bool ok, weak;
    assert_int_equal(
        crypto_pwhash_str_needs_rehash(ACCOUNTS_NOBODY, ACCOUNTS_PASSES, ACCOUNTS_MEMORY_BYTES), 0);
    assert_int_equal(accounts_password_verify(&c, NULL, STR_NONE, STR("anything"), &ok, &weak), 0);
    assert_false(ok || weak);
    assert_int_equal(accounts_password_verify(&c, NULL, STR_NONE, STR(""), &ok, &weak), 0);
    assert_false(ok || weak);
    arena_destroy(c.arena);
}

static void first_guesses_are_refused(void **state)
{
    (void)state;
    IdSource ids;
    Ctx c = a_context(&ids);
    Str words[] = {STR("Xiaoyu-2026"), STR_NONE};
    char big[202];
    memset(big, 'x', sizeof big);
    const struct {
        Str password;
        const char *code;
    } CASES[] = {
        {STR("1234567"), "password.short"},
        {STR("七个字的密码呀"), "password.short"},
        {STR("八个字的密码好呀"), ""},
        {STR("12345678"), "password.common"},
        {STR("PassWord"), "password.common"},
        {STR("WoAiNi1314"), "password.common"},
        {STR("        "), "password.common"},
        {STR("xiaoyu-2026"), "password.common"},
        {STR("xiaoyu-2027"), ""},
        {{big, 201}, "password.long"},
        {{big, 200}, ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_string_equal(
            code_of(&c, accounts_password_check(&c, "password", CASES[i].password, words, 2)),
            CASES[i].code);
    arena_destroy(c.arena);
}

static void a_full_gate_turns_away(void **state)
{
    (void)state;
    IdSource ids;
    Ctx c = a_context(&ids);
    Accounts a = {.gate_free = 0, .gate_waiting = ACCOUNTS_GATE_WAITING};
    assert_int_equal(pthread_mutex_init(&a.lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&a.freed, NULL), 0);
    Str hash;
    assert_int_equal(accounts_password_hash(&c, &a, STR("x"), &hash), ERR_BUSY);
    assert_string_equal(c.err.code, "login.busy");
    assert_true(c.err.retry_after_ms > 0);
    a.gate_free = 1;
    a.gate_waiting = 0;
    assert_int_equal(accounts_password_hash(&c, &a, STR("x"), &hash), ERR_OK);
    assert_int_equal(a.gate_free, 1);
    assert_int_equal(a.gate_waiting, 0);
    pthread_cond_destroy(&a.freed);
    pthread_mutex_destroy(&a.lock);
    arena_destroy(c.arena);
}

static void sealed_secrets_open_where_they_belong(void **state)
{
    (void)state;
    IdSource ids;
    Ctx c = a_context(&ids);
    Accounts *a, *again, *other;
    ErrSlot e = {0};
    char dir[] = "/tmp/zhixin-seal-XXXXXX", dir2[] = "/tmp/zhixin-seal-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    assert_non_null(mkdtemp(dir2));
    assert_int_equal(accounts_open(dir, &e, &a), 0);
    assert_int_equal(accounts_open(dir, &e, &again), 0);
    assert_int_equal(accounts_open(dir2, &e, &other), 0);
    Str sealed = accounts_seal(&c, a, STR("webhook:1"), STR("geheim")), plain;
    assert_true(str_find(sealed, STR("geheim")) < 0);
    assert_false(str_eq(sealed, accounts_seal(&c, a, STR("webhook:1"), STR("geheim"))));
    assert_int_equal(accounts_unseal(&c, again, STR("webhook:1"), sealed, &plain), 0);
    assert_true(str_is(plain, "geheim"));
    /* another purpose, another key, a changed byte, a cut one, no seal at all */
    assert_string_equal(code_of(&c, accounts_unseal(&c, a, STR("webhook:2"), sealed, &plain)),
                        "seal.broken");
    assert_string_equal(code_of(&c, accounts_unseal(&c, other, STR("webhook:1"), sealed, &plain)),
                        "seal.broken");
    char *bent = str_c(c.arena, sealed);
    bent[sealed.n - 3] = bent[sealed.n - 3] == 'A' ? 'B' : 'A';
    assert_string_equal(code_of(&c, accounts_unseal(&c, a, STR("webhook:1"), str_of(bent), &plain)),
                        "seal.broken");
    assert_string_equal(
        code_of(&c, accounts_unseal(&c, a, STR("webhook:1"), str_sub(sealed, 0, 20), &plain)),
        "seal.broken");
    assert_string_equal(code_of(&c, accounts_unseal(&c, a, STR("webhook:1"), STR(""), &plain)),
                        "seal.broken");
    accounts_close(a);
    accounts_close(again);
    accounts_close(other);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/secret.key", i ? dir2 : dir);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(i ? dir2 : dir), 0);
    }
    arena_destroy(c.arena);
}

/* RFC 6238, appendix B, SHA-1: eight digits. */
static void codes_are_those_of_the_standard(void **state)
{
    (void)state;
    IdSource ids;
    Ctx c = a_context(&ids);
    const struct {
        int64_t at_s;
        const char *code;
    } CASES[] = {{59, "94287082"},         {1111111109, "07081804"}, {1111111111, "14050471"},
                 {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_true(
            str_is(accounts_totp_code(&c, STR("12345678901234567890"), CASES[i].at_s / 30, 8),
                   CASES[i].code));
    arena_destroy(c.arena);
}

static void codes_fit_one_step_each_way(void **state)
{
    (void)state;
    IdSource ids;
    Ctx c = a_context(&ids);
    Str secret = STR("12345678901234567890");
    int64_t now = c.now_ms / 30000;
    for (int64_t off = -3; off <= 3; off++) {
        Str code = accounts_totp_code(&c, secret, now + off, 6);
        assert_int_equal(accounts_totp_match(&c, secret, code),
                         off >= -1 && off <= 1 ? now + off : 0);
    }
    assert_int_equal(accounts_totp_match(&c, secret, STR("")), 0);
    assert_int_equal(
        accounts_totp_match(&c, secret, str_sub(accounts_totp_code(&c, secret, now, 6), 0, 5)), 0);
    arena_destroy(c.arena);
}

/* RFC 4648, section 10, without padding. */
static void base32_is_that_of_the_standard(void **state)
{
    (void)state;
    IdSource ids;
    Ctx c = a_context(&ids);
    static const char *const CASES[][2] = {{"", ""},
                                           {"f", "MY"},
                                           {"fo", "MZXQ"},
                                           {"foo", "MZXW6"},
                                           {"foob", "MZXW6YQ"},
                                           {"fooba", "MZXW6YTB"},
                                           {"foobar", "MZXW6YTBOI"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_true(str_is(accounts_base32(&c, str_of(CASES[i][0])), CASES[i][1]));
    assert_true(str_is(accounts_base32(&c, (Str){"\xff\xfe\xfd\xfc\xfb", 5}), "777P37H3"));
    arena_destroy(c.arena);
}

static void names_and_addresses_are_checked(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool login, email;
    } CASES[] = {
        {"xiaoyu", true, false},      {"小雨", true, false},        {"a", false, false},
        {"a b", false, false},        {"a@b", false, true},         {"a@b@c", false, false},
        {"@b.com", false, false},     {"a@", false, false},         {"a@.com", false, false},
        {"a@b.com.", false, false},   {"a<x>@b.com", false, false}, {"li.lei_2-x", true, false},
        {"a@例子.公司", false, true}, {"", false, false},           {"a\n@b.com", false, false},
        {"Caps", false, false}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(accounts_login_ok(str_of(CASES[i].text)), CASES[i].login);
        assert_int_equal(accounts_email_ok(str_of(CASES[i].text)), CASES[i].email);
    }
    assert_true(accounts_timezone_ok(STR("Asia/Shanghai")));
    assert_false(accounts_timezone_ok(STR("Asia/Nowhere")));
    assert_false(accounts_timezone_ok(STR("../../etc/passwd")));
    assert_false(accounts_timezone_ok(STR("/etc/passwd")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passwords_are_hashed_and_found_again),
        cmocka_unit_test(nobody_costs_the_same_and_never_passes),
        cmocka_unit_test(first_guesses_are_refused),
        cmocka_unit_test(a_full_gate_turns_away),
        cmocka_unit_test(sealed_secrets_open_where_they_belong),
        cmocka_unit_test(codes_are_those_of_the_standard),
        cmocka_unit_test(codes_fit_one_step_each_way),
        cmocka_unit_test(base32_is_that_of_the_standard),
        cmocka_unit_test(names_and_addresses_are_checked),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests_name("accounts/proof", tests, NULL, NULL);
}
