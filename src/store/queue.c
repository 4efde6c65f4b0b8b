/* SPDX-License-Identifier: Apache-2.0 */
#include "store/internal.h"

#include "base/mutex.h"

void store_queue_init(StoreQueue *q, int64_t limit)
{
    *q = (StoreQueue){.limit = limit};
    for (int p = 0; p < STORE_PRIORITIES; p++)
        q->tail[p] = &q->head[p];
    mutex_init_short(&q->mutex);
    pthread_cond_init(&q->filled, NULL);
}

void store_queue_finish(StoreQueue *q)
{
    pthread_cond_destroy(&q->filled);
    pthread_mutex_destroy(&q->mutex);
}

Err store_queue_push(StoreQueue *q, StoreUnit *u, ErrSlot *e)
{
    u->next = NULL;
    pthread_mutex_lock(&q->mutex);
    bool closing = q->closing, full = q->depth >= q->limit;
    bool wake = false;
    if (!closing && !full) {
        *q->tail[u->priority] = u;
        q->tail[u->priority] = &u->next;
        q->depth++;
        /* whoever is not asleep looks again before sleeping: no system call while the lane is busy
         */
        wake = q->waiting > 0;
    }
    pthread_mutex_unlock(&q->mutex);
    if (closing)
        return err_retry(e, ERR_BUSY, "store.closing", 1000, "the server is stopping");
    if (full)
        return err_retry(e, ERR_BUSY, "store.queue_full", 500, "too many changes are waiting");
    if (wake)
        pthread_cond_signal(&q->filled);
    return ERR_OK;
}

static StoreUnit *pop(StoreQueue *q, int priority)
{
    StoreUnit *u = q->head[priority];
    if (!u)
        return NULL;
    q->head[priority] = u->next;
    if (!u->next)
        q->tail[priority] = &q->head[priority];
    u->next = NULL;
    q->depth--;
    return u;
}

size_t store_queue_take(StoreQueue *q, StoreUnit **ret_units, size_t max)
{
    pthread_mutex_lock(&q->mutex);
    while (q->depth == 0 && !q->closing) {
        q->waiting++;
        pthread_cond_wait(&q->filled, &q->mutex);
        q->waiting--;
    }
    size_t n = 0;
    StoreUnit *u;
    /* the last two places are kept for the others, so that nobody waits for ever */
    size_t chat = max > 2 ? max - 2 : max;
    while (n < chat && (u = pop(q, STORE_CHAT)) != NULL)
        ret_units[n++] = u;
    size_t before = n;
    while (n < max && (n == before || before < chat) && (u = pop(q, STORE_FOLLOWER)) != NULL)
        ret_units[n++] = u;
    if (n < max && (u = pop(q, STORE_IMPORT)) != NULL)
        ret_units[n++] = u;
    pthread_mutex_unlock(&q->mutex);
    return n;
}

void store_queue_put_back(StoreQueue *q, StoreUnit **units, size_t n)
{
    if (n == 0)
        return;
    pthread_mutex_lock(&q->mutex);
    for (size_t i = n; i-- > 0;) {
        StoreUnit *u = units[i];
        u->next = q->head[u->priority];
        q->head[u->priority] = u;
        if (!u->next)
            q->tail[u->priority] = &u->next;
        q->depth++;
    }
    pthread_mutex_unlock(&q->mutex);
}

void store_queue_close(StoreQueue *q)
{
    pthread_mutex_lock(&q->mutex);
    q->closing = true;
    pthread_cond_broadcast(&q->filled);
    pthread_mutex_unlock(&q->mutex);
}

int64_t store_queue_depth(StoreQueue *q)
{
    pthread_mutex_lock(&q->mutex);
    int64_t depth = q->depth;
    pthread_mutex_unlock(&q->mutex);
    return depth;
}
