/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/test_search.h"

#include "base/clock.h"
#include "sql/conversation.h"
#include "sql/message.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_BYTES = 512 << 20, WAIT_MS = 60000 };

unsigned search_draw(Fix *f, unsigned n)
{
    f->seed = f->seed * 1103515245u + 12345u;
    return (f->seed >> 8) % n;
}

static void ctx(Fix *f, size_t shop)
{
    ctx_init(&f->c, f->arena, store_ids(f->store), clock_wall_ms());
    f->c.actor = (Actor){.role = ROLE_AGENT, .shop_id = f->shop[shop], .user_id = 7};
}

void search_write_it(Fix *f, size_t shop, StoreRun run, void *arg)
{
    ctx(f, shop);
    if (store_write(f->store, &f->c, STORE_CHAT, run, arg))
        fail_msg("%s: %s", f->c.err.code, f->c.err.text);
}

Err search_read_it(Fix *f, size_t shop, StoreRun run, void *arg)
{
    ctx(f, shop);
    return store_read(f->store, &f->c, run, arg);
}

/* ---- the world ---- */
static Err make_shop(Ctx *c, void *arg)
{
    Fix *f = arg;
    size_t shop = c->actor.shop_id == f->shop[1];
    DeskChannel ch = {.kind = STR("web"), .name = STR("web"), .config = STR("{}")};
    DeskCustomer cu = {.name = shop ? STR("乙店客") : STR("甲店客"), .lang = STR("zh-CN")};
    Err err = desk_channel_put(c, &ch);
    cu.channel_id = ch.id;
    if (!err)
        err = desk_customer_create(c, &cu);
    for (size_t i = 0; i < CONVS && !err; i++) {
        f->conv[shop][i] = ctx_id(c);
        err = store_exec(c, &CONVERSATION_INSERT,
                         BINDS(i64(f->conv[shop][i]), i64(c->actor.shop_id), i64(ch.id), i64(cu.id),
                               text(STR("queued")), i64(0), i64(c->now_ms), text(STR("")),
                               text(STR(""))),
                         NULL);
    }
    return err;
}

void search_open(Fix *f)
{
    ErrSlot e = {0};
    if (store_open(&f->config, &e, &f->store))
        fail_msg("%s: %s", e.code, e.text);
}

static void empty_pg(const char *url)
{
    PGconn *conn = PQconnectdb(url);
    PGresult *r = PQexec(conn, "SET client_min_messages = error; DROP SCHEMA public CASCADE; "
                               "CREATE SCHEMA public");
    assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
    PQclear(r);
    PQfinish(conn);
}

int search_setup(void **state)
{
    Arena *arena = arena_create(ARENA_BYTES);
    Fix *f = ARENA_NEW(arena, Fix);
    *f = (Fix){.dir = "/tmp/zhixin-search-XXXXXX",
               .log = {.level = LOG_ERROR},
               .arena = arena,
               .shop = {1001, 1002},
               .seed = 20261124};
    assert_non_null(mkdtemp(f->dir));
    f->config = (StoreConfig){.data_dir = f->dir,
                              .database_url = getenv("ZHIXIN_TEST_PG"),
                              .lane_queue = 256,
                              .pg_connections = 4,
                              .node = 1,
                              .log = &f->log};
    if (f->config.database_url)
        empty_pg(f->config.database_url);
    search_open(f);
    for (size_t shop = 0; shop < 2; shop++)
        search_write_it(f, shop, make_shop, f);
    *state = f;
    return 0;
}

static void remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) {
        unlink(path);
        return;
    }
    char inner[512];
    for (struct dirent *one; (one = readdir(dir)) != NULL;) {
        if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, one->d_name);
        remove_folder(inner);
    }
    closedir(dir);
    rmdir(path);
}

int search_teardown(void **state)
{
    Fix *f = *state;
    store_close(f->store);
    remove_folder(f->dir);
    arena_destroy(f->arena);
    return 0;
}

/* ---- saying ---- */
/* Characters that fold to themselves, so that a plain search for bytes is the measure. Some are far
 * more frequent than others, as in life. */
static const char *const CHARS[] = {
    "的", "了", "我", "是", "不", "你", "有", "这", "一", "好", "在", "吗", "什", "么", "货", "发",
    "快", "递", "退", "款", "到", "单", "号", "您", "请", "问", "可", "以", "换", "颜", "色", "尺",
    "码", "大", "小", "质", "量", "客", "服", "谢", "多", "久", "买", "家", "店", "，", "？", "a",
    "b",  "c",  "x",  "o",  "k",  "0",  "1",  "2",  "3",  "8",  "9",  "-",  "😀",  "🙏",  "é"};
enum { CHARS_N = sizeof CHARS / sizeof *CHARS };

static Str made_text(Fix *f, unsigned from, unsigned to)
{
    unsigned n = from + search_draw(f, to - from + 1);
    Str parts[64];
    assert_true(n <= 64);
    for (unsigned i = 0; i < n; i++) {
        unsigned one = search_draw(f, CHARS_N), two = search_draw(f, CHARS_N);
        parts[i] = str_of(CHARS[one < two ? one : two]);
    }
    return str_join(f->arena, parts, n, STR(""));
}

Err search_say_run(Ctx *c, void *arg)
{
    Saying *s = arg;
    Err err = ERR_OK;
    for (size_t i = 0; i < s->n && !err; i++) {
        const Said *m = &s->list[i];
        err = store_exec(c, &MESSAGE_INSERT,
                         BINDS(i64(m->conversation_id), i64(m->seq), text(STR("agent")),
                               text(str_of(s->kind)), text(m->text), text_or_null(STR_NONE), i64(7),
                               text(STR("小雨")), text_or_null(STR_NONE), text_or_null(STR_NONE),
                               i64(c->now_ms)),
                         NULL);
        if (!err)
            err = desk_event(c, "message.added.1", m->conversation_id, 7, m->seq);
    }
    return err;
}

Said *search_prepare(Fix *f, size_t shop, Str text)
{
    size_t i = search_draw(f, CONVS - 1); /* the last one is for merging */
    assert_true(f->said_n < SAID_MAX);
    Said *m = &f->said[f->said_n++];
    *m = (Said){f->conv[shop][i], ++f->last_seq[shop][i], text, shop, false};
    return m;
}

Said *search_say(Fix *f, size_t shop, const char *words)
{
    Said *m = search_prepare(f, shop, str_of(words));
    search_write_it(f, shop, search_say_run, &(Saying){f, m, 1, "text"});
    return m;
}

void search_say_many(Fix *f, size_t shop, size_t n)
{
    Said *first = &f->said[f->said_n];
    for (size_t i = 0; i < n; i++)
        search_prepare(f, shop, made_text(f, 1, 40));
    search_write_it(f, shop, search_say_run, &(Saying){f, first, n, "text"});
}

/* ---- following ---- */
static Err step(Ctx *c, void *arg)
{
    StoreFollowerBatch *b = arg;
    Fix *f = b->user;
    Err err = f->merge_base ? search_follow(c, b, f->merge_base, 2 * f->merge_base)
                            : desk_search_follow(c, arg);
    if (!err && atomic_load(&f->fail_steps) > 0) {
        atomic_fetch_sub(&f->fail_steps, 1);
        return ctx_err(c, ERR_INTERNAL, "test.failed", "after all of it was done");
    }
    return err;
}

void search_run_follower(Fix *f, size_t batch)
{
    ErrSlot e = {0};
    search_write_it(f, 0, desk_search_start, NULL);
    const StoreFollower list[] = {
        {.name = DESK_SEARCH_FOLLOWER, .batch = batch, .step = step, .user = f}};
    if (store_followers_start(f->store, list, 1, &e))
        fail_msg("%s", e.text);
}

static Err lag_run(Ctx *c, void *arg)
{
    return store_follower_lag(c, DESK_SEARCH_FOLLOWER, arg);
}

void search_caught_up(Fix *f)
{
    for (int waited = 0; waited < WAIT_MS; waited += 5) {
        int64_t lag = -1;
        ArenaMark mark = arena_mark(f->arena);
        assert_int_equal(search_read_it(f, 0, lag_run, &lag), ERR_OK);
        arena_release(f->arena, mark);
        if (lag == 0)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    fail_msg("the follower does not come up");
}

/* ---- asking ---- */
Err search_ask(Ctx *c, void *arg)
{
    Asked *a = arg;
    return desk_search(c, a->q, a->limit, a->cursor, &a->page);
}

/* Compares page after page with the messages that hold the bytes; gives the number of hits. */
size_t search_check_from(Fix *f, size_t shop, Str q, int64_t limit, Str cursor, size_t below)
{
    size_t at = below, hits = 0;
    for (int pages = 0; pages < SAID_MAX; pages++) {
        ArenaMark mark = arena_mark(f->arena);
        Asked a = {.q = q, .cursor = cursor, .limit = limit};
        if (search_read_it(f, shop, search_ask, &a))
            fail_msg("%.*s: %s: %s", STR_ARG(q), f->c.err.code, f->c.err.text);
        assert_true(a.page.complete && (int64_t)a.page.n <= limit);
        for (size_t i = 0; i < a.page.n; i++) {
            do {
                if (at == 0)
                    fail_msg("%.*s: too much", STR_ARG(q));
                at--;
            } while (f->said[at].shop != shop || f->said[at].hidden ||
                     str_find(f->said[at].text, q) < 0);
            const DeskFound *hit = &a.page.items[i];
            if (hit->conversation_id != f->said[at].conversation_id ||
                hit->seq != f->said[at].seq || !str_eq(hit->body, f->said[at].text))
                fail_msg("%.*s: wrong or out of order at %zu", STR_ARG(q), at);
            assert_true(hit->span_n > 0);
            size_t from = (size_t)str_find(hit->body, q), point = 0;
            for (size_t k = 0; k < from; k++)
                point += (hit->body.p[k] & 0xc0) != 0x80;
            assert_int_equal(hit->spans[0].start, point);
            hits++;
        }
        Str next = a.page.next;
        char kept[96];
        assert_true(next.n < sizeof kept);
        if (next.n)
            memcpy(kept, next.p, next.n);
        arena_release(f->arena, mark);
        if (!next.n)
            break;
        cursor = str_dup(f->arena, (Str){kept, next.n});
    }
    while (at-- > 0)
        if (f->said[at].shop == shop && !f->said[at].hidden && str_find(f->said[at].text, q) >= 0)
            fail_msg("%.*s: message %zu is missing", STR_ARG(q), at);
    return hits;
}

size_t search_check(Fix *f, size_t shop, Str q, int64_t limit)
{
    return search_check_from(f, shop, q, limit, STR_NONE, f->said_n);
}

/* 1 to 6 characters, mostly cut from what was said. */
Str search_made_query(Fix *f)
{
    unsigned want = 1 + search_draw(f, 6);
    if (search_draw(f, 8) == 0)
        return made_text(f, want, want);
    Str s = f->said[search_draw(f, (unsigned)f->said_n)].text;
    size_t from = search_draw(f, (unsigned)s.n);
    while (from > 0 && (s.p[from] & 0xc0) == 0x80)
        from--;
    size_t to = from;
    for (unsigned i = 0; i < want && to < s.n; i++)
        do
            to++;
        while (to < s.n && (s.p[to] & 0xc0) == 0x80);
    return str_sub(s, from, to - from);
}

static Err counts_run(Ctx *c, void *arg)
{
    Counts *k = arg;
    SearchSegment *list;
    size_t n;
    Err err = search_segments(c, &list, &n);
    *k = (Counts){0};
    for (size_t i = 0; i < n && !err; i++) {
        k->building += list[i].building;
        k->segments++;
    }
    return err;
}
Counts search_counts(Fix *f)
{
    Counts k;
    assert_int_equal(search_read_it(f, 0, counts_run, &k), ERR_OK);
    return k;
}
