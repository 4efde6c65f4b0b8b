/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Followers: one thread takes events to each of them in turn. A step and the move of its cursor are
 * one transaction, and the move names where the cursor was, so that a step counts once whoever else
 * runs. A batch that fails is taken again event by event; an event that fails ALONE_TRIES times is
 * parked. Failures of the disk or of a full queue are nobody's fault and are not counted.
 */
#include "base/clock.h"
#include "store/internal.h"

#include "sql/follower.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

enum {
    ALONE_TRIES = 5,
    IDLE_MS = 1000,
    LATER_MS = 500,
    LEASE_MS = 15000,
    RENEW_MS = 5000,
    ARENA_BYTES = 64 << 20,
    DEFAULT_BATCH = 100
};

typedef struct {
    StoreFollower def; /* the name is owned */
    size_t alone;      /* this many events are still taken one by one */
    int failures;      /* of the event it stands before, alone */
    int64_t not_before_ns;
} Follower;

struct StoreFollowers {
    Store *store;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t woken_cond;
    bool woken, sleeping, stopping;
    Arena *arena;
    int64_t lease_until_ns; /* ours until then */
    size_t n;
    Follower list[];
};

typedef struct {
    Store *store;
    Follower *f;
    StoreCursor from;
    StoreEvent *events;
    size_t n;
    bool moved;         /* another process moved the cursor */
    const ErrSlot *why; /* parking: what went wrong */
} Step;

static void init_ctx(StoreFollowers *fs, Ctx *c)
{
    arena_reset(fs->arena);
    ctx_init(c, fs->arena, fs->store->ids, clock_wall_ms());
    c->actor.role = ROLE_SYSTEM;
}

static Err look(Ctx *c, void *arg)
{
    Step *st = arg;
    Err err = store_cursor_get(c, st->f->def.name, &st->from);
    if (err)
        return err;
    size_t limit = st->f->alone ? 1 : st->f->def.batch;
    return store_event_after(c, st->from, limit, &st->events, &st->n);
}

static Err move(Ctx *c, Step *st)
{
    const StoreEvent *last = &st->events[st->n - 1];
    int64_t rows = 0;
    Err err =
        store_exec(c, &FOLLOWER_MOVE,
                   BINDS(text(str_of(st->f->def.name)), i64(st->from.xid), i64(st->from.position),
                         i64(last->xid), i64(last->position), i64(c->now_ms)),
                   &rows);
    if (!err && rows == 0) {
        st->moved = true;
        return ctx_err(c, ERR_CONFLICT, "store.follower_moved", "%s was moved by another process",
                       st->f->def.name);
    }
    return err;
}

static Err take_step(Ctx *c, void *arg)
{
    Step *st = arg;
    StoreFollowerBatch batch = {.events = st->events, .n = st->n, .user = st->f->def.user};
    Err err = st->f->def.step(c, &batch);
    store_fault_kill(&st->store->fault, FAULT_MID_FOLLOWER);
    return err ? err : move(c, st);
}

static Err park(Ctx *c, void *arg)
{
    Step *st = arg;
    const StoreEvent *ev = &st->events[0];
    Err err = store_exec(c, &FOLLOWER_PARK,
                         BINDS(text(str_of(st->f->def.name)), i64(ev->xid), i64(ev->position),
                               text(ev->kind), text(str_of(st->why->code ? st->why->code : "")),
                               text(str_of(st->why->text)), i64(c->now_ms)),
                         NULL);
    return err ? err : move(c, st);
}

static void log_event(const Store *s, LogLevel level, const char *msg, const Step *st,
                      const ErrSlot *e)
{
    if (!s->config.log)
        return;
    char at[64];
    snprintf(at, sizeof at, "%lld/%lld", (long long)st->events[0].xid,
             (long long)st->events[0].position);
    log_line(s->config.log, level, msg, "follower", str_of(st->f->def.name), "event", str_of(at),
             "kind", st->events[0].kind, "code", str_of(e->code), "error", str_of(e->text), NULL);
}

static bool nobodys_fault(Err err)
{
    return err == ERR_BUSY || err == ERR_STORAGE;
}

static void later(Follower *f, int64_t ms)
{
    f->not_before_ns = clock_steady_ns() + ms * 1000000;
}

static void failed(StoreFollowers *fs, Step *st, Ctx *c, Err err)
{
    Store *s = fs->store;
    Follower *f = st->f;
    if (st->moved)
        return;
    if (nobodys_fault(err)) {
        store_log(s, LOG_WARN, "follower waits", &c->err);
        later(f, LATER_MS);
        return;
    }
    if (st->n > 1) {
        f->alone = st->n;
        return;
    }
    if (!f->alone)
        f->alone = 1;
    f->failures++;
    log_event(s, LOG_WARN, "follower failed", st, &c->err);
    if (f->failures < ALONE_TRIES) {
        later(f, 25 << f->failures);
        return;
    }
    ErrSlot why = c->err;
    st->why = &why;
    err_clear(&c->err);
    err = store_write(s, c, STORE_FOLLOWER, park, st);
    if (err) {
        f->failures = ALONE_TRIES - 1;
        later(f, LATER_MS);
        return;
    }
    log_event(s, LOG_ERROR, "event parked", st, &why);
    f->failures = 0;
    f->alone--;
}

/* One step of one follower; true when there may be more to do at once. */
static bool advance(StoreFollowers *fs, Follower *f)
{
    Store *s = fs->store;
    if (clock_steady_ns() < f->not_before_ns)
        return false;
    Ctx c;
    init_ctx(fs, &c);
    Step st = {.store = s, .f = f};
    Err err = store_read(s, &c, look, &st);
    if (err) {
        store_log(s, LOG_WARN, "follower cannot read", &c.err);
        later(f, LATER_MS);
        return false;
    }
    if (st.n == 0)
        return false;
    err = store_write(s, &c, STORE_FOLLOWER, take_step, &st);
    if (err) {
        failed(fs, &st, &c, err);
        return true;
    }
    f->failures = 0;
    if (f->alone)
        f->alone--;
    if (f->def.stepped)
        f->def.stepped(&c, f->def.user);
    return true;
}

typedef struct {
    bool held;
} LeaseTry;

static Err try_lease(Ctx *c, void *arg)
{
    return store_lease_take(c, "followers", LEASE_MS, &((LeaseTry *)arg)->held);
}

/* PostgreSQL: one process of several runs the followers. */
static bool may_run(StoreFollowers *fs)
{
    Store *s = fs->store;
    if (!s->pg)
        return true;
    int64_t now = clock_steady_ns();
    if (now < fs->lease_until_ns - (int64_t)(LEASE_MS - RENEW_MS) * 1000000)
        return true;
    Ctx c;
    init_ctx(fs, &c);
    LeaseTry try = {0};
    Err err = store_write(s, &c, STORE_FOLLOWER, try_lease, &try);
    if (!err && try.held)
        fs->lease_until_ns = now + (int64_t)LEASE_MS * 1000000;
    else if (!err)
        fs->lease_until_ns = 0;
    return now < fs->lease_until_ns;
}

static Err start_rows(Ctx *c, void *arg)
{
    StoreFollowers *fs = arg;
    Err err = ERR_OK;
    for (size_t i = 0; i < fs->n && !err; i++)
        err = store_exec(c, &FOLLOWER_START,
                         BINDS(text(str_of(fs->list[i].def.name)), i64(c->now_ms)), NULL);
    return err;
}

/* How long to sleep: until somebody may try again. */
static int64_t rest_ms(const StoreFollowers *fs)
{
    int64_t now = clock_steady_ns(), rest = IDLE_MS;
    for (size_t i = 0; i < fs->n; i++) {
        int64_t ms = (fs->list[i].not_before_ns - now) / 1000000 + 1;
        if (fs->list[i].not_before_ns > now && ms < rest)
            rest = ms;
    }
    return rest;
}

static bool stopping(StoreFollowers *fs)
{
    pthread_mutex_lock(&fs->mutex);
    bool yes = fs->stopping;
    pthread_mutex_unlock(&fs->mutex);
    return yes;
}

static void *work(void *arg)
{
    StoreFollowers *fs = arg;
    prctl(PR_SET_NAME, "zx-follow");
    while (!stopping(fs)) {
        bool more = false;
        if (may_run(fs))
            for (size_t i = 0; i < fs->n && !stopping(fs); i++)
                more |= advance(fs, &fs->list[i]);
        if (more)
            continue;
        pthread_mutex_lock(&fs->mutex);
        if (!fs->woken && !fs->stopping) {
            fs->sleeping = true;
            store_cond_wait_ms(&fs->woken_cond, &fs->mutex, rest_ms(fs));
            fs->sleeping = false;
        }
        fs->woken = false;
        pthread_mutex_unlock(&fs->mutex);
    }
    return NULL;
}

Err store_followers_start(Store *s, const StoreFollower *list, size_t n, ErrSlot *e)
{
    ASSERT(!atomic_load(&s->followers));
    if (s->config.read_only)
        return store_refuse_read_only(e);
    StoreFollowers *fs = store_alloc(sizeof *fs + n * sizeof fs->list[0]);
    fs->store = s;
    fs->n = n;
    fs->arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < n; i++) {
        fs->list[i].def = list[i];
        fs->list[i].def.name = store_strdup(list[i].name);
        if (fs->list[i].def.batch == 0)
            fs->list[i].def.batch = DEFAULT_BATCH;
    }
    pthread_mutex_init(&fs->mutex, NULL);
    store_cond_init(&fs->woken_cond);
    atomic_store(&s->followers, fs); /* from here on store_close frees it */
    Ctx c;
    init_ctx(fs, &c);
    Err err = store_write(s, &c, STORE_CHAT, start_rows, fs);
    if (err) {
        *e = c.err;
        return err;
    }
    if (pthread_create(&fs->thread, NULL, work, fs) != 0)
        return err_set(e, ERR_INTERNAL, "store.open", "no thread for the followers");
    fs->started = true;
    return ERR_OK;
}

void store_followers_wake(Store *s)
{
    StoreFollowers *fs = atomic_load(&s->followers);
    if (!fs)
        return;
    pthread_mutex_lock(&fs->mutex);
    fs->woken = true;
    if (fs->sleeping)
        pthread_cond_signal(&fs->woken_cond);
    pthread_mutex_unlock(&fs->mutex);
}

void store_followers_stop(Store *s)
{
    StoreFollowers *fs = atomic_load(&s->followers);
    if (!fs || !fs->started)
        return;
    pthread_mutex_lock(&fs->mutex);
    fs->stopping = true;
    pthread_cond_signal(&fs->woken_cond);
    pthread_mutex_unlock(&fs->mutex);
    pthread_join(fs->thread, NULL);
    fs->started = false;
    if (!s->pg)
        return;
    Ctx c;
    init_ctx(fs, &c);
    if (store_write(s, &c, STORE_FOLLOWER, store_lease_drop_all, s) != ERR_OK)
        store_log(s, LOG_WARN, "leases kept", &c.err); /* they end by themselves */
}

void store_followers_free(Store *s)
{
    StoreFollowers *fs = atomic_exchange(&s->followers, NULL);
    if (!fs)
        return;
    for (size_t i = 0; i < fs->n; i++)
        free((char *)(uintptr_t)fs->list[i].def.name);
    arena_destroy(fs->arena);
    pthread_cond_destroy(&fs->woken_cond);
    pthread_mutex_destroy(&fs->mutex);
    free(fs);
}
