/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/mutex.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum {
    ARENA_CAP = 24 << 20,
    FREE_MAX = 2048,
    FREE_KEPT = 16,
    OWN_TIMES = 8,
    AT_ONCE = 8,
    WAITERS = 4,
    WAITING = 16
};

static void drain(void *arg)
{
    Api *a = arg;
    pthread_mutex_lock(&a->done_mutex);
    ApiJob *list = a->done_head;
    a->done_head = NULL;
    a->done_tail = &a->done_head;
    a->done_posted = false;
    pthread_mutex_unlock(&a->done_mutex);
    while (list) {
        ApiJob *j = list;
        list = j->next;
        j->finish(j);
        job_free(j);
    }
}

/* post: wake the net thread now; the store's threads leave that to batch_done, so that one commit
 * wakes it once. */
static void put_done(ApiJob *j, bool post)
{
    Api *a = j->api;
    j->next = NULL;
    pthread_mutex_lock(&a->done_mutex);
    *a->done_tail = j;
    a->done_tail = &j->next;
    bool wake = post && !a->done_posted;
    if (wake)
        a->done_posted = true;
    pthread_mutex_unlock(&a->done_mutex);
    if (wake)
        net_post(a->net, drain, a);
}

void api_batch_done(void *api_ref)
{
    Api *a = atomic_load((ApiRef *)api_ref); /* NULL while the desk is being opened */
    if (!a)
        return;
    pthread_mutex_lock(&a->done_mutex);
    bool wake = a->done_head && !a->done_posted;
    if (wake)
        a->done_posted = true;
    pthread_mutex_unlock(&a->done_mutex);
    if (wake)
        net_post(a->net, drain, a);
}

void job_done(ApiJob *j, Err e)
{
    j->err = e;
    put_done(j, true);
}

static void unit_done(StoreUnit *u, Err err)
{
    ApiJob *j = u->arg;
    j->err = err;
    put_done(j, false);
}

static Err unit_run(Ctx *c, void *arg)
{
    ApiJob *j = arg;
    Err err = j->run(j);
    return err ? err : publish_enrich(c);
}

void job_submit(ApiJob *j)
{
    j->unit = (StoreUnit){
        .c = &j->ctx, .run = unit_run, .arg = j, .done = unit_done, .priority = STORE_CHAT};
    Err err = store_submit(j->api->store, &j->unit, &j->ctx.err);
    if (err)
        job_done(j, err);
}

Err job_read(ApiJob *j, StoreRun run, void *arg)
{
    return store_read(j->api->store, &j->ctx, run, arg);
}

/* Waits for work and takes one worker's share of what is there, a few at most: the lock is taken
 * less often when much waits, and nobody waits behind a colleague when little does. NULL: the end.
 */
static ApiJob *take(ApiQueue *q)
{
    pthread_mutex_lock(&q->mutex);
    while (!q->head && !q->closing) {
        q->idle++;
        pthread_cond_wait(&q->filled, &q->mutex);
        q->idle--;
    }
    ApiJob *first = q->head, *last = first;
    int64_t n = q->depth / q->threads_wanted;
    if (first) {
        q->depth--;
        for (int64_t i = 1; i < n && i < q->at_once; i++, q->depth--)
            last = last->next;
        q->head = last->next;
        last->next = NULL;
        if (!q->head)
            q->tail = &q->head;
    }
    pthread_mutex_unlock(&q->mutex);
    return first;
}

static void *worker(void *arg)
{
    ApiQueue *q = arg;
    prctl(PR_SET_NAME, "zx-work"); /* as top and perf show it */
    for (ApiJob *j; (j = take(q)) != NULL;) {
        for (ApiJob *next; j; j = next) {
            next = j->next; /* the job may be gone after its work */
            j->ctx.now_ms = clock_wall_ms();
            j->work(j);
        }
    }
    return NULL;
}

static Err queue_open(ApiQueue *q, int threads, int64_t limit, int64_t at_once, ErrSlot *e)
{
    mutex_init_short(&q->mutex);
    pthread_cond_init(&q->filled, NULL);
    q->tail = &q->head;
    q->limit = limit;
    q->at_once = at_once;
    q->threads_wanted = threads;
    for (; q->threads_n < threads; q->threads_n++)
        if (pthread_create(&q->threads[q->threads_n], NULL, worker, q))
            return err_set(e, ERR_INTERNAL, "api.threads", "no thread for the workers");
    return ERR_OK;
}

static void queue_stop(ApiQueue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->closing = true;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->mutex);
    for (int i = 0; i < q->threads_n; i++)
        pthread_join(q->threads[i], NULL);
    q->threads_n = 0;
}

Err api_jobs_open(Api *a, ErrSlot *e)
{
    mutex_init_short(&a->done_mutex);
    a->done_tail = &a->done_head;
    proofs_init(&a->proofs);
    Err err = queue_open(&a->work, (int)a->config.workers, a->config.queue, AT_ONCE, e);
    if (!err)
        err = queue_open(&a->slow, 1, 64, AT_ONCE, e);
    if (!err)
        err = queue_open(&a->waits, WAITERS, WAITING, 1, e); /* none behind one that waits */
    return err;
}

void api_jobs_stop(Api *a)
{
    queue_stop(&a->work);
    queue_stop(&a->slow);
    queue_stop(&a->waits);
}

void api_jobs_drain(Api *a)
{
    drain(a);
}

void api_jobs_close(Api *a)
{
    drain(a);
    while (a->free_jobs) {
        ApiJob *j = a->free_jobs;
        a->free_jobs = j->next;
        arena_destroy(j->arena);
        free(j);
    }
    pthread_mutex_destroy(&a->done_mutex);
    proofs_finish(&a->proofs);
    pthread_mutex_destroy(&a->work.mutex);
    pthread_cond_destroy(&a->work.filled);
    pthread_mutex_destroy(&a->slow.mutex);
    pthread_cond_destroy(&a->slow.filled);
    pthread_mutex_destroy(&a->waits.mutex);
    pthread_cond_destroy(&a->waits.filled);
}

ApiJob *job_new(Api *a)
{
    ApiJob *j = a->free_jobs;
    Arena *arena;
    if (j) {
        a->free_jobs = j->next;
        a->free_n--;
        arena = j->arena;
    } else {
        j = malloc(sizeof *j);
        if (!j)
            abort();
        arena = arena_create(ARENA_CAP);
    }
    memset(j, 0, sizeof *j);
    j->api = a;
    j->arena = arena;
    ctx_init(&j->ctx, arena, a->config.ids, 0);
    return j;
}

void job_free(ApiJob *j)
{
    Api *a = j->api;
    arena_reset(j->arena);
    if (a->free_n >= FREE_MAX) {
        arena_destroy(j->arena);
        free(j);
        return;
    }
    j->next = a->free_jobs;
    a->free_jobs = j;
    a->free_n++;
}

void jobs_trim(Api *a)
{
    for (int64_t n = (a->free_n - FREE_KEPT) / 2; n > 0; n--) {
        ApiJob *j = a->free_jobs;
        a->free_jobs = j->next;
        a->free_n--;
        arena_destroy(j->arena);
        free(j);
    }
}

static bool put(ApiQueue *q, ApiJob *j, int64_t limit)
{
    j->next = NULL;
    pthread_mutex_lock(&q->mutex);
    bool room = q->depth < limit && !q->closing, wake = false;
    if (room) {
        *q->tail = j;
        q->tail = &j->next;
        q->depth++;
        wake = q->idle > 0; /* who works looks again before it sleeps */
    }
    pthread_mutex_unlock(&q->mutex);
    if (wake)
        pthread_cond_signal(&q->filled);
    return room;
}

bool job_start(ApiJob *j, bool slow)
{
    ApiQueue *q = slow ? &j->api->slow : &j->api->work;
    return put(q, j, q->limit);
}

bool job_start_waiting(ApiJob *j)
{
    return put(&j->api->waits, j, j->api->waits.limit);
}

bool job_start_own(ApiJob *j)
{
    ApiQueue *q = &j->api->work;
    return put(q, j, q->limit * OWN_TIMES);
}
