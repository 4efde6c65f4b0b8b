/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer: frames of one visitor of the demo shop, one a line, each through the same steps as in
 * ws.c, over a real SQLite store. TOKEN in a line stands for the visitor's token. Every answer must
 * be one JSON object of a known type; nothing that is not for visitors may be in it.
 *
 * Coverage of the whole program: configure with
 *   CC=clang meson setup build-fuzz -Dweb=false -Dfuzz=true -Db_lundef=false \
 *     -Dc_args=-fsanitize=fuzzer-no-link,address,undefined
 * -Dc_link_args=-fsanitize=address,undefined
 */
#include "api/internal.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/utf8.h"

#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FRAMES_MAX = 40, FRAME_BYTES = 16384, OUT_BYTES = 1 << 20, ARENA_BYTES = 64 << 20 };

typedef struct {
    Log log;
    Store *store;
    Accounts *accounts;
    Service *service;
    Api *api; /* only its config is looked at */
    Arena *arena;
    Actor visitor;
    char token[256], dir[64];
} World;

static void must(const ErrSlot *e, Err err)
{
    if (!err)
        return;
    fprintf(stderr, "%s: %s\n", e->code, e->text);
    abort();
}

static Err begin(Ctx *c, void *arg)
{
    World *w = arg;
    ServiceSession ss = {.channel_key = STR("demo")};
    Err err = service_visitor_session(w->service, c, &ss);
    if (err)
        return err;
    ASSERT(ss.new_token.n < sizeof w->token);
    memcpy(w->token, ss.new_token.p, ss.new_token.n);
    w->token[ss.new_token.n] = 0;
    return service_visitor_actor(w->service, c, ss.new_token, &w->visitor);
}

static void open_world(World *w)
{
    ErrSlot e = {0};
    Ctx c;
    snprintf(w->dir, sizeof w->dir, "/tmp/zhixin-frames-XXXXXX");
    ASSERT(sodium_init() >= 0 && mkdtemp(w->dir));
    w->log.level = LOG_ERROR;
    StoreConfig sc = {.data_dir = w->dir, .lane_queue = 64, .log = &w->log};
    must(&e, store_open(&sc, &e, &w->store));
    must(&e, accounts_open(w->dir, &e, &w->accounts));
    ServiceConfig vc = {.store = w->store, .accounts = w->accounts, .log = &w->log, .demo = true};
    must(&e, service_open(&vc, &e, &w->service));
    must(&e, service_demo(w->service, &e));
    w->api = calloc(1, sizeof *w->api);
    w->arena = arena_create(ARENA_BYTES);
    ASSERT(w->api && w->arena);
    w->api->config.service = w->service;
    w->api->store = w->store;
    ctx_init(&c, w->arena, store_ids(w->store), clock_wall_ms());
    must(&c.err, store_write(w->store, &c, STORE_CHAT, begin, w));
    w->visitor.name = w->visitor.address = STR_NONE;
}

static _Thread_local World *the_world; /* of this process: libFuzzer has no place for it */

static void close_world(void)
{
    World *w = the_world;
    char path[512];
    store_close(w->store);
    arena_destroy(w->arena);
    service_close(w->service);
    accounts_close(w->accounts);
    DIR *d = opendir(w->dir);
    for (struct dirent *f; d && (f = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", w->dir, f->d_name);
        unlink(path);
    }
    if (d)
        closedir(d);
    rmdir(w->dir);
    free(w->api);
    free(w);
}

static World *world(void)
{
    if (!the_world) {
        the_world = calloc(1, sizeof *the_world);
        ASSERT(the_world);
        open_world(the_world);
        ASSERT(atexit(close_world) == 0);
    }
    return the_world;
}

static Err run_in(Ctx *c, void *arg)
{
    Err err = frame_run(arg);
    return err ? err : publish_enrich(c);
}

static Str with_token(Arena *a, Str line, const char *token)
{
    long at = (long)str_find(line, STR("TOKEN"));
    if (at < 0)
        return str_dup(a, line);
    return str_fmt(a, "%.*s%s%.*s", (int)at, line.p, token, (int)(line.n - (size_t)at - 5),
                   line.p + at + 5);
}

static void check_answer(const World *w, FrameCall *f)
{
    static const char *const types[] = {"welcome", "ack", "pong"};
    if (!f->out.n)
        return;
    const Json *j;
    ErrSlot e = {0};
    must(&e, json_parse(w->arena, &e, buf_str(&f->out), &j));
    ASSERT(json_is_object(j));
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        known |= str_is(json_str(j, "type"), types[i]);
    ASSERT(known);
    ASSERT(!json_has(j, "understanding") && !json_has(j, "original"));
}

/* What the wake-ups would show to visitors. */
static void check_wakes(const World *w, const Ctx *c)
{
    for (const CtxWake *k = c->wakes; k; k = k->next) {
        const DeskPush *p = k->data;
        if (k->kind != DESK_WAKE_MESSAGE || !p)
            continue;
        Buf b;
        JsonW jw;
        const Json *j;
        ErrSlot e = {0};
        buf_init(&b, w->arena, OUT_BYTES);
        jw_init(&jw, &b);
        if (!shape_message(&jw, &p->msg, SHAPE_VISITOR))
            continue;
        must(&e, json_parse(w->arena, &e, buf_str(&b), &j));
        ASSERT(!json_has(j, "understanding") && !json_has(j, "original"));
        ASSERT(json_i64(j, "seq", 0) == k->seq);
    }
}

static void one_frame(World *w, Str line, bool *ready)
{
    Ctx c;
    ctx_init(&c, w->arena, store_ids(w->store), clock_wall_ms());
    c.actor = *ready ? w->visitor : (Actor){.role = ROLE_VISITOR};
    FrameCall f = {.c = &c, .api = w->api, .ready = *ready};
    f.text = with_token(w->arena, line, w->token);
    buf_init(&f.out, w->arena, OUT_BYTES);
    jw_init(&f.w, &f.out);
    Err err = frame_understand(&f);
    if (!err)
        err = frame_prepare(&f);
    if (!err && !f.answered && f.kind->tx == API_TX_WRITE)
        err = store_write(w->store, &c, STORE_CHAT, run_in, &f);
    else if (!err && !f.answered && f.kind->tx == API_TX_READ)
        err = store_read(w->store, &c, run_in, &f);
    else if (!err && !f.answered && f.kind->run)
        err = frame_run(&f);
    ASSERT(err != ERR_INTERNAL && err != ERR_STORAGE);
    ASSERT(!err || c.err.code);
    if (!err && strcmp(f.kind->type, "hello") == 0) {
        ASSERT(f.actor.customer_id == w->visitor.customer_id);
        *ready = true;
    }
    if (!err) {
        check_answer(w, &f);
        check_wakes(w, &c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    World *w = world();
    Str rest = {(const char *)data, size};
    bool ready = false;
    for (int i = 0; i < FRAMES_MAX && rest.n; i++) {
        Str line = str_cut(&rest, '\n');
        if (line.n > FRAME_BYTES || !utf8_valid(line)) /* net refuses these */
            continue;
        one_frame(w, line, &ready);
        arena_reset(w->arena);
    }
    return 0;
}
