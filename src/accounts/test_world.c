/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/test_world.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 64 << 20 };

Ctx world_ctx(World *w)
{
    Ctx c;
    ctx_init(&c, arena_create(ARENA_BYTES), &w->ids, WORLD_NOW);
    c.actor.address = STR("192.0.2.1");
    return c;
}

void world_ctx_end(Ctx *c)
{
    arena_destroy(c->arena);
}

Err world_fault(Ctx *c, const char *file, int line, const char *what)
{
    Str before = str_fmt(c->arena, "%s: %s", c->err.code ? c->err.code : "no error", c->err.text);
    fprintf(stderr, "%s:%d: %s (%.*s)\n", file, line, what, STR_ARG(before));
    return ctx_err(c, ERR_INTERNAL, "test.failed", "%s:%d: %s", file, line, what);
}

bool world_refused(Ctx *c, Err err, Err kind, const char *code)
{
    bool as_said = err == kind && c->err.code && strcmp(c->err.code, code) == 0;
    if (as_said)
        err_clear(&c->err);
    return as_said;
}

void world_do(World *w, StoreRun run, void *arg)
{
    Ctx c = world_ctx(w);
    Err err = store_write(w->store, &c, STORE_CHAT, run, arg);
    char text[sizeof c.err.text];
    memcpy(text, c.err.text, sizeof text);
    world_ctx_end(&c);
    if (err)
        fail_msg("%s", text);
}

Err world_as(Ctx *c, int64_t shop_id, int64_t user_id)
{
    AccountsUser u;
    c->actor = (Actor){.role = ROLE_SYSTEM, .shop_id = shop_id, .address = c->actor.address};
    if (!user_id)
        return ERR_OK;
    Err err = accounts_user_get(c, user_id, &u);
    if (!err)
        accounts_act_as(c, &u);
    return err;
}

Err world_audited(Ctx *c, const char *kind, int64_t *ret)
{
    AccountsAudit *rows;
    size_t n;
    Actor was = c->actor;
    c->actor.role = ROLE_SYSTEM;
    Err err = accounts_audit_list(c, INT64_MAX, 1000, &rows, &n);
    c->actor = was;
    *ret = 0;
    for (size_t i = 0; !err && i < n; i++)
        *ret += str_is(rows[i].kind, kind);
    return err;
}

Err world_log_in(Ctx *c, World *w, Str name, Str password, Str code, AccountsProof *ret,
                 AccountsNewSession *ret_session)
{
    *ret = (AccountsProof){.name = name, .password = password, .code = code};
    Err err = accounts_proof_read(c, ret);
    if (!err)
        err = accounts_proof_check(c, w->accounts, ret);
    return err ? err : accounts_login_settle(c, w->accounts, ret, STR("a browser"), ret_session);
}

static Err person(Ctx *c, const char *login, Role role, Str hash, int64_t *ret)
{
    return accounts_user_create(
        c,
        &(AccountsNewUser){.login = str_of(login),
                           .email = str_fmt(c->arena, "%s@example.com", login),
                           .name = str_fmt(c->arena, "Name of %s", login),
                           .nickname = str_of(login),
                           .role = role,
                           .password_hash = hash},
        ret);
}

static Err people(Ctx *c, void *arg)
{
    World *w = arg;
    Str hash;
    OK(accounts_password_hash(c, NULL, STR(WORLD_PASSWORD), &hash));
    OK(world_as(c, 0, 0));
    OK(accounts_shop_create(c, STR("Shop A"), STR("Asia/Shanghai"), &w->a));
    OK(accounts_shop_create(c, STR("Shop B"), STR("Europe/Paris"), &w->b));
    OK(world_as(c, w->a, 0));
    OK(person(c, "ann", ROLE_OWNER, hash, &w->ann));
    OK(person(c, "sue", ROLE_SUPERVISOR, hash, &w->sue));
    OK(person(c, "bo", ROLE_AGENT, hash, &w->bo));
    OK(person(c, "ben", ROLE_AGENT, hash, &w->ben));
    OK(world_as(c, w->b, 0));
    OK(person(c, "zed", ROLE_OWNER, hash, &w->zed));
    OK(person(c, "yan", ROLE_AGENT, hash, &w->yan));
    return ERR_OK;
}

static void empty_pg(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    PGresult *r = PQexec(conn, "SET client_min_messages = error; DROP SCHEMA public CASCADE; "
                               "CREATE SCHEMA public");
    bool done = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    PQfinish(conn);
    assert_true(done);
}

void world_open_empty(World *w)
{
    ErrSlot e = {0};
    *w = (World){.dir = "/tmp/zhixin-accounts-XXXXXX", .log = {.level = LOG_ERROR}};
    assert_non_null(mkdtemp(w->dir));
    id_source_init(&w->ids, 2);
    const char *url = getenv("ZHIXIN_TEST_PG");
    if (url)
        empty_pg(url);
    StoreConfig config = {.data_dir = w->dir,
                          .database_url = url,
                          .lane_queue = 64,
                          .pg_connections = 4,
                          .node = 1,
                          .log = &w->log};
    if (accounts_open(w->dir, &e, &w->accounts) || store_open(&config, &e, &w->store))
        fail_msg("%s: %s", e.code, e.text);
}

void world_open(World *w)
{
    world_open_empty(w);
    world_do(w, people, w);
}

static void remove_folder(const char *path)
{
    DIR *d = opendir(path);
    if (!d) {
        unlink(path);
        return;
    }
    char inner[512];
    for (struct dirent *f; (f = readdir(d)) != NULL;) {
        if (strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, f->d_name);
        remove_folder(inner);
    }
    closedir(d);
    rmdir(path);
}

void world_close(World *w)
{
    store_close(w->store);
    accounts_close(w->accounts);
    remove_folder(w->dir);
}

void world_test(void **state)
{
    const WorldBody *body = *state;
    World w;
    world_open(&w);
    Ctx c = world_ctx(&w);
    Err err = store_write(w.store, &c, STORE_CHAT, body->body, &w);
    char text[sizeof c.err.text];
    memcpy(text, c.err.text, sizeof text);
    world_ctx_end(&c);
    world_close(&w);
    if (err)
        fail_msg("%s", text);
}
