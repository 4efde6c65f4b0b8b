/* SPDX-License-Identifier: Apache-2.0 */
/* What `zhixin doctor` asks the store: a report for people and programs, and an error when
 * something is broken. Parked events are told, they are not a broken store. */
#include "store/internal.h"

#include "base/clock.h"
#include "base/json.h"
#include "sql/event.h"
#include "sql/follower.h"
#include "sql/timer.h"

enum { REPORT_BYTES = 1 << 20, OVERDUE_MS = 60000, FAULTS_TOLD = 50 };

typedef struct {
    Str name;
    int64_t xid, position, updated_at, lag;
} FollowerRow;

static const StoreField FOLLOWER_FIELDS[] = {
    STORE_FIELD(FollowerRow, name), STORE_FIELD(FollowerRow, xid),
    STORE_FIELD(FollowerRow, position), STORE_FIELD(FollowerRow, updated_at)};
static const StoreMap FOLLOWER_MAP = STORE_MAP(FollowerRow, FOLLOWER_FIELDS);

typedef struct {
    Str follower;
    int64_t xid, position;
    Str kind, code, detail;
    int64_t parked_at;
} ParkedRow;

static const StoreField PARKED_FIELDS[] = {
    STORE_FIELD(ParkedRow, follower), STORE_FIELD(ParkedRow, xid),
    STORE_FIELD(ParkedRow, position), STORE_FIELD(ParkedRow, kind),
    STORE_FIELD(ParkedRow, code),     STORE_FIELD(ParkedRow, detail),
    STORE_FIELD(ParkedRow, parked_at)};
static const StoreMap PARKED_MAP = STORE_MAP(ParkedRow, PARKED_FIELDS);

typedef struct {
    Store *store;
    Ctx c;
    FollowerRow *followers;
    size_t followers_n;
    ParkedRow *parked;
    size_t parked_n;
    int64_t parked_count, beyond, overdue, statements;
    Str faults[FAULTS_TOLD];
    int faults_n;
} Check;

static void fault(Check *k, Str what)
{
    if (k->faults_n < FAULTS_TOLD)
        k->faults[k->faults_n] = what;
    k->faults_n++;
}

static Err read_state(Ctx *c, void *arg)
{
    Check *k = arg;
    Err err = store_all(c, &FOLLOWER_LIST, NO_BINDS, &FOLLOWER_MAP, &k->followers, &k->followers_n);
    for (size_t i = 0; i < k->followers_n && !err; i++) {
        FollowerRow *f = &k->followers[i];
        err = store_i64(c, &EVENT_LAG, BINDS(i64(f->xid), i64(f->position)), 0, &f->lag);
    }
    if (!err)
        err = store_i64(c, &EVENT_BEYOND, NO_BINDS, 0, &k->beyond);
    if (!err)
        err = store_i64(c, &FOLLOWER_PARKED, NO_BINDS, 0, &k->parked_count);
    if (!err)
        err = store_all(c, &FOLLOWER_PARKED_LIST, NO_BINDS, &PARKED_MAP, &k->parked, &k->parked_n);
    if (!err)
        err = store_i64(c, &TIMER_OVERDUE, BINDS(i64(c->now_ms - OVERDUE_MS)), 0, &k->overdue);
    return err;
}

static Err integrity(Ctx *c, void *arg)
{
    (void)arg;
    return store_sqlite_integrity(store_sqlite_handle(c->tx->conn), false, &c->err);
}

static Err prepare(Ctx *c, void *sql)
{
    StoreConn *conn = c->tx->conn;
    return conn->ops->prepare(conn, &c->err, sql);
}

static void run_part(Check *k, const char *what, StoreRun run, void *arg)
{
    if (store_read(k->store, &k->c, run, arg) != ERR_OK)
        fault(k, str_fmt(k->c.arena, "%s: %s", what, k->c.err.text));
    err_clear(&k->c.err);
}

static void write_parked(JsonW *w, const ParkedRow *p)
{
    jw_obj(w);
    jw_kstr(w, "follower", p->follower);
    jw_kid(w, "position", p->position);
    jw_kstr(w, "kind", p->kind);
    jw_kstr(w, "code", p->code);
    jw_kstr(w, "detail", p->detail);
    jw_ki64(w, "parked_at", p->parked_at);
    jw_obj_end(w);
}

static Str report(const Check *k)
{
    Buf b;
    JsonW w;
    buf_init(&b, k->c.arena, REPORT_BYTES);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kbool(&w, "ok", k->faults_n == 0);
    jw_kstr(&w, "engine", k->store->pg ? STR("postgresql") : STR("sqlite"));
    jw_ki64(&w, "schema", k->store->schema);
    jw_ki64(&w, "statements", k->statements);
    jw_key(&w, "followers");
    jw_arr(&w);
    for (size_t i = 0; i < k->followers_n; i++) {
        jw_obj(&w);
        jw_kstr(&w, "name", k->followers[i].name);
        jw_ki64(&w, "lag", k->followers[i].lag);
        jw_ki64(&w, "moved_at", k->followers[i].updated_at);
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_ki64(&w, "overdue_timers", k->overdue);
    jw_ki64(&w, "parked_events", k->parked_count);
    jw_key(&w, "parked");
    jw_arr(&w);
    for (size_t i = 0; i < k->parked_n; i++)
        write_parked(&w, &k->parked[i]);
    jw_arr_end(&w);
    jw_key(&w, "faults");
    jw_arr(&w);
    for (int i = 0; i < k->faults_n && i < FAULTS_TOLD; i++)
        jw_str(&w, k->faults[i]);
    jw_arr_end(&w);
    jw_obj_end(&w);
    return buf_str(&b);
}

Err store_check(Store *s, ErrSlot *e, Arena *a, Str *ret_report)
{
    Check *k = ARENA_NEW(a, Check);
    k->store = s;
    ctx_init(&k->c, a, s->ids, clock_wall_ms());
    if (!s->pg)
        run_part(k, "integrity", integrity, NULL);
    for (size_t i = 0; STORE_ALL_SQL[i]; i++, k->statements++)
        run_part(k, STORE_ALL_SQL[i]->name, prepare, (void *)(uintptr_t)STORE_ALL_SQL[i]);
    run_part(k, "state", read_state, k);
    if (k->beyond > 0)
        fault(k, str_fmt(a, "cursors: %lld followers stand behind the last event",
                         (long long)k->beyond));
    *ret_report = report(k);
    if (k->faults_n == 0)
        return ERR_OK;
    return err_set(e, ERR_STORAGE, "store.check", "%d faults, the first: %.*s", k->faults_n,
                   STR_ARG(k->faults[0]));
}
