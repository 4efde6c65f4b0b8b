/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers: rows, and one thread that fires what is due. The row goes in the same transaction as
 * what the handler does, so a timer fires once, and is still there after a crash. One that fails
 * is tried again later and later; one whose kind nobody handles is put off, not lost.
 */
#include "base/clock.h"
#include "store/internal.h"

#include "sql/timer.h"

#include <stdlib.h>
#include <sys/prctl.h>

enum {
    AT_ONCE = 32,    /* fired together, sharing commits */
    IDLE_MS = 1000,  /* the clock may jump, another node may set timers */
    RETRY_MS = 1000, /* doubles with each failure */
    RETRY_MAX_MS = 60000,
    UNKNOWN_MS = 3600000,
    ARENA_BYTES = 16 << 20
};

Err store_timer_set(Ctx *c, const char *kind, int64_t subject_id, int64_t due_at_ms, int64_t data)
{
    Err err = store_exec(
        c, &TIMER_SET, BINDS(text(str_of(kind)), i64(subject_id), i64(due_at_ms), i64(data)), NULL);
    if (!err && due_at_ms < c->tx->timer_due_ms)
        c->tx->timer_due_ms = due_at_ms;
    return err;
}

Err store_timer_clear(Ctx *c, const char *kind, int64_t subject_id)
{
    return store_exec(c, &TIMER_CLEAR, BINDS(text(str_of(kind)), i64(subject_id)), NULL);
}

/* ---- the thread ---- */
typedef struct {
    Str kind;
    int64_t subject_id, due_at_ms, data, failures;
} DueRow;

static const StoreField DUE_FIELDS[] = {STORE_FIELD(DueRow, kind), STORE_FIELD(DueRow, subject_id),
                                        STORE_FIELD(DueRow, due_at_ms), STORE_FIELD(DueRow, data),
                                        STORE_FIELD(DueRow, failures)};
static const StoreMap DUE_MAP = STORE_MAP(DueRow, DUE_FIELDS);

typedef struct {
    StoreUnit unit; /* first: done gets its address */
    struct StoreTimers *timers;
    Ctx c;
    Arena *arena;
    DueRow row;
    const StoreTimerHandler *handler; /* NULL: nobody's */
    bool submitted, taken;
    Err err;
} Firing;

struct StoreTimers {
    Store *store;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    int64_t next_ms; /* the earliest known time, INT64_MAX: none */
    bool stopping;
    size_t flying; /* units handed in and not yet done */
    Arena *arena;
    Firing firings[AT_ONCE];
    size_t n;
    StoreTimerHandler list[];
};

typedef struct {
    DueRow *rows;
    size_t n;
    int64_t next_ms;
} Due;

static Err read_due(Ctx *c, void *arg)
{
    Due *d = arg;
    return store_all(c, &TIMER_DUE, BINDS(i64(c->now_ms), i64(AT_ONCE)), &DUE_MAP, &d->rows, &d->n);
}

static Err read_next(Ctx *c, void *arg)
{
    return store_i64(c, &TIMER_NEXT, NO_BINDS, INT64_MAX, &((Due *)arg)->next_ms);
}

static Err fire(Ctx *c, void *arg)
{
    Firing *f = arg;
    int64_t rows = 0;
    f->taken = false;
    Err err = store_exec(c, &TIMER_TAKE,
                         BINDS(text(f->row.kind), i64(f->row.subject_id), i64(f->row.due_at_ms),
                               i64(f->row.data), i64(c->now_ms)),
                         &rows);
    if (err || rows == 0)
        return err; /* fired elsewhere, cleared or set anew */
    f->taken = true;
    StoreTimerFire arg2 = {.timer = {.kind = f->handler->kind,
                                     .subject_id = f->row.subject_id,
                                     .due_at_ms = f->row.due_at_ms,
                                     .data = f->row.data},
                           .user = f->handler->user};
    return f->handler->fire(c, &arg2);
}

static Err put_off(Ctx *c, void *arg)
{
    Firing *f = arg;
    int64_t shift = f->row.failures < 6 ? f->row.failures : 6;
    int64_t wait = (int64_t)RETRY_MS << shift;
    if (wait > RETRY_MAX_MS)
        wait = RETRY_MAX_MS;
    if (!f->handler)
        wait = UNKNOWN_MS;
    return store_exec(c, &TIMER_PUT_OFF,
                      BINDS(text(f->row.kind), i64(f->row.subject_id), i64(f->row.due_at_ms),
                            i64(c->now_ms + wait)),
                      NULL);
}

static void fired(StoreUnit *u, Err err)
{
    Firing *f = (Firing *)(void *)u;
    StoreTimers *t = f->timers;
    pthread_mutex_lock(&t->mutex);
    f->err = err;
    if (--t->flying == 0)
        pthread_cond_signal(&t->woken);
    pthread_mutex_unlock(&t->mutex);
}

static const StoreTimerHandler *handler_of(const StoreTimers *t, Str kind)
{
    for (size_t i = 0; i < t->n; i++)
        if (str_is(kind, t->list[i].kind))
            return &t->list[i];
    return NULL;
}

static void submit(StoreTimers *t, Firing *f)
{
    f->submitted = f->taken = false;
    f->err = ERR_OK;
    f->unit = (StoreUnit){.c = &f->c,
                          .run = f->handler ? fire : put_off,
                          .arg = f,
                          .done = fired,
                          .priority = STORE_CHAT};
    pthread_mutex_lock(&t->mutex);
    t->flying++;
    pthread_mutex_unlock(&t->mutex);
    Err err = store_submit(t->store, &f->unit, &f->c.err);
    if (!err) {
        f->submitted = true;
        return;
    }
    pthread_mutex_lock(&t->mutex);
    t->flying--;
    f->err = err;
    pthread_mutex_unlock(&t->mutex);
}

static void log_timer(const Store *s, const char *msg, const Firing *f, const ErrSlot *e)
{
    if (s->config.log)
        log_line(s->config.log, LOG_WARN, msg, "kind", f->row.kind, "code", str_of(e->code),
                 "error", str_of(e->text), NULL);
}

/* After the commit, or the refusal; false: nothing more is to be tried now. */
static bool settle(StoreTimers *t, Firing *f)
{
    Store *s = t->store;
    if (!f->err) {
        if (!f->handler)
            log_timer(s, "timer put off: nobody handles its kind", f, &f->c.err);
        else if (f->taken && f->handler->fired)
            f->handler->fired(&f->c, f->handler->user);
        return true;
    }
    log_timer(s, "timer failed", f, &f->c.err);
    if (!f->submitted || f->err == ERR_BUSY || f->err == ERR_STORAGE)
        return false;
    err_clear(&f->c.err);
    return store_write(s, &f->c, STORE_CHAT, put_off, f) == ERR_OK;
}

/* One round; false: wait before the next one. */
static bool fire_round(StoreTimers *t, const Due *d)
{
    for (size_t i = 0; i < d->n; i++) {
        Firing *f = &t->firings[i];
        arena_reset(f->arena);
        ctx_init(&f->c, f->arena, t->store->ids, clock_wall_ms());
        f->c.actor.role = ROLE_SYSTEM;
        f->timers = t;
        f->row = d->rows[i];
        f->handler = handler_of(t, f->row.kind);
        submit(t, f);
    }
    pthread_mutex_lock(&t->mutex);
    while (t->flying > 0)
        pthread_cond_wait(&t->woken, &t->mutex);
    pthread_mutex_unlock(&t->mutex);
    bool go_on = true;
    for (size_t i = 0; i < d->n; i++)
        go_on &= settle(t, &t->firings[i]);
    return go_on;
}

static bool stopping(StoreTimers *t)
{
    pthread_mutex_lock(&t->mutex);
    bool yes = t->stopping;
    pthread_mutex_unlock(&t->mutex);
    return yes;
}

/* Fires all that is due; gives the time of the next one. */
static int64_t fire_due(StoreTimers *t)
{
    Store *s = t->store;
    for (;;) {
        Ctx c;
        arena_reset(t->arena);
        ctx_init(&c, t->arena, s->ids, clock_wall_ms());
        Due d = {.next_ms = INT64_MAX};
        Err err = store_read(s, &c, read_due, &d);
        if (!err && d.n == 0)
            err = store_read(s, &c, read_next, &d);
        if (err) {
            store_log(s, LOG_WARN, "timers cannot be read", &c.err);
            return c.now_ms + RETRY_MS;
        }
        if (d.n == 0)
            return d.next_ms;
        if (!fire_round(t, &d))
            return c.now_ms + RETRY_MS;
        if (stopping(t))
            return INT64_MAX;
    }
}

static void *work(void *arg)
{
    StoreTimers *t = arg;
    prctl(PR_SET_NAME, "zx-timer");
    pthread_mutex_lock(&t->mutex);
    while (!t->stopping) {
        int64_t now = clock_wall_ms();
        if (t->next_ms > now) {
            int64_t wait = t->next_ms - now < IDLE_MS ? t->next_ms - now : IDLE_MS;
            store_cond_wait_ms(&t->woken, &t->mutex, wait);
        }
        if (t->stopping || (t->next_ms > clock_wall_ms() && !t->store->pg))
            continue;
        t->next_ms = INT64_MAX; /* what is set while we work is added by store_timers_wake */
        pthread_mutex_unlock(&t->mutex);
        int64_t next = fire_due(t);
        pthread_mutex_lock(&t->mutex);
        if (next < t->next_ms)
            t->next_ms = next;
    }
    pthread_mutex_unlock(&t->mutex);
    return NULL;
}

Err store_timers_start(Store *s, const StoreTimerHandler *list, size_t n, ErrSlot *e)
{
    ASSERT(!atomic_load(&s->timers));
    if (s->config.read_only)
        return store_refuse_read_only(e);
    StoreTimers *t = store_alloc(sizeof *t + n * sizeof t->list[0]);
    t->store = s;
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        t->list[i] = list[i];
        t->list[i].kind = store_strdup(list[i].kind);
    }
    t->arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < AT_ONCE; i++)
        t->firings[i].arena = arena_create(ARENA_BYTES);
    pthread_mutex_init(&t->mutex, NULL);
    store_cond_init(&t->woken);
    atomic_store(&s->timers, t);
    if (pthread_create(&t->thread, NULL, work, t) != 0)
        return err_set(e, ERR_INTERNAL, "store.open", "no thread for the timers");
    t->started = true;
    return ERR_OK;
}

void store_timers_wake(Store *s, int64_t due_at_ms)
{
    StoreTimers *t = atomic_load(&s->timers);
    if (!t)
        return;
    pthread_mutex_lock(&t->mutex);
    if (due_at_ms < t->next_ms) {
        t->next_ms = due_at_ms;
        pthread_cond_signal(&t->woken);
    }
    pthread_mutex_unlock(&t->mutex);
}

void store_timers_stop(Store *s)
{
    StoreTimers *t = atomic_load(&s->timers);
    if (!t || !t->started)
        return;
    pthread_mutex_lock(&t->mutex);
    t->stopping = true;
    pthread_cond_signal(&t->woken);
    pthread_mutex_unlock(&t->mutex);
    pthread_join(t->thread, NULL);
    t->started = false;
}

void store_timers_free(Store *s)
{
    StoreTimers *t = atomic_exchange(&s->timers, NULL);
    if (!t)
        return;
    for (size_t i = 0; i < t->n; i++)
        free((char *)(uintptr_t)t->list[i].kind);
    for (size_t i = 0; i < AT_ONCE; i++)
        arena_destroy(t->firings[i].arena);
    arena_destroy(t->arena);
    pthread_cond_destroy(&t->woken);
    pthread_mutex_destroy(&t->mutex);
    free(t);
}
