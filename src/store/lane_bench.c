/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many durable units a second. `store_lane_bench DIR [SECONDS [URL]]` makes an empty store in
 * DIR (or uses the PostgreSQL of URL), writes events with 1, 100 and 1,000 units under way, and
 * prints one JSON line for each.
 */
#include "store/internal.h"

#include "base/clock.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 1000, SAMPLES = 1 << 20 };

typedef struct {
    Store *store;
    sem_t finished;
    atomic_bool stop;
    _Atomic int64_t units, errors, flying;
    _Atomic size_t samples_n;
    int32_t *samples_us;
} Bench;

typedef struct {
    StoreUnit unit; /* first: done gets its address */
    Bench *b;
    Arena *arena;
    Ctx c;
    int64_t seq, begun_ns;
} Slot;

/* What a message costs at least: one event. */
static Err append(Ctx *c, void *arg)
{
    Slot *s = arg;
    return store_event_append(c, &(StoreEvent){.shop_id = 1,
                                               .conversation_id = 2,
                                               .subject_id = s->seq,
                                               .seq = s->seq,
                                               .at_ms = c->now_ms,
                                               .kind = STR("bench.unit.1")});
}

static void hand_in(Slot *s);

static void done(StoreUnit *u, Err err)
{
    Slot *s = (Slot *)(void *)u;
    Bench *b = s->b;
    int64_t took = (clock_steady_ns() - s->begun_ns) / 1000;
    size_t at = atomic_fetch_add(&b->samples_n, 1);
    if (at < SAMPLES)
        b->samples_us[at] = (int32_t)took;
    atomic_fetch_add(err ? &b->errors : &b->units, 1);
    if (!atomic_load(&b->stop))
        hand_in(s);
    else if (atomic_fetch_sub(&b->flying, 1) == 1)
        sem_post(&b->finished);
}

static void hand_in(Slot *s)
{
    arena_reset(s->arena);
    ctx_init(&s->c, s->arena, store_ids(s->b->store), clock_wall_ms());
    s->seq++;
    s->unit = (StoreUnit){.c = &s->c, .run = append, .arg = s, .done = done};
    s->begun_ns = clock_steady_ns();
    if (store_submit(s->b->store, &s->unit, &s->c.err) != ERR_OK)
        abort(); /* the queue holds more than MOST */
}

static int by_size(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void run(Store *store, size_t under_way, double seconds)
{
    Bench b = {.store = store, .samples_us = store_alloc(SAMPLES * sizeof(int32_t))};
    sem_init(&b.finished, 0, 0);
    Slot *slots = store_alloc(under_way * sizeof *slots);
    StoreStats before, after;
    store_stats(store, &before);
    int64_t start = clock_steady_ns();
    atomic_store(&b.flying, (int64_t)under_way);
    for (size_t i = 0; i < under_way; i++) {
        slots[i].b = &b;
        slots[i].arena = arena_create(1u << 20);
        hand_in(&slots[i]);
    }
    struct timespec ts = {.tv_sec = (time_t)seconds,
                          .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&ts, NULL);
    atomic_store(&b.stop, true);
    sem_wait(&b.finished);
    double took = (double)(clock_steady_ns() - start) / 1e9;
    store_stats(store, &after);
    size_t n = atomic_load(&b.samples_n);
    n = n < SAMPLES ? n : SAMPLES;
    qsort(b.samples_us, n, sizeof b.samples_us[0], by_size);
    printf("{\"engine\":\"%s\",\"outstanding\":%zu,\"units_per_s\":%.0f,\"commits_per_s\":%.0f,"
           "\"p50_us\":%d,\"p99_us\":%d,\"max_us\":%d,\"errors\":%lld,\"wal_mb\":%.1f}\n",
           store_is_pg(store) ? "postgresql" : "sqlite", under_way,
           (double)atomic_load(&b.units) / took, (double)(after.commits - before.commits) / took,
           (int)b.samples_us[n / 2], (int)b.samples_us[n * 99 / 100], (int)b.samples_us[n - 1],
           (long long)atomic_load(&b.errors), (double)after.wal_bytes / 1e6);
    fflush(stdout);
    for (size_t i = 0; i < under_way; i++)
        arena_destroy(slots[i].arena);
    free(slots);
    free(b.samples_us);
    sem_destroy(&b.finished);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: store_lane_bench DIR [SECONDS [URL]]\n");
        return 2;
    }
    double seconds = argc > 2 ? strtod(argv[2], NULL) : 5;
    Log log = {.level = LOG_WARN};
    StoreConfig config = {
        .data_dir = argv[1], .database_url = argc > 3 ? argv[3] : NULL, .log = &log};
    ErrSlot e = {0};
    Store *store;
    if (store_open(&config, &e, &store) != ERR_OK) {
        fprintf(stderr, "%s: %s\n", e.code, e.text);
        return 1;
    }
    static const size_t WAYS[] = {1, 100, MOST};
    for (size_t i = 0; i < sizeof WAYS / sizeof WAYS[0]; i++)
        run(store, WAYS[i], seconds);
    store_close(store);
    return 0;
}
