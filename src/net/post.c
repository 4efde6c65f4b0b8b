/* SPDX-License-Identifier: Apache-2.0 */
#include "net/post.h"

#include "base/assert.h"

#include <stdlib.h>

bool net_post_push(NetPostQueue *q, void (*fn)(void *arg), void *arg)
{
    NetPost *post = malloc(sizeof *post);
    ASSERT(post);
    post->fn = fn;
    post->arg = arg;
    NetPost *newest = atomic_load_explicit(&q->newest, memory_order_relaxed);
    do {
        post->next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&q->newest, &newest, post, memory_order_release,
                                                    memory_order_relaxed));
    return newest == NULL;
}

bool net_post_run(NetPostQueue *q)
{
    NetPost *newest = atomic_exchange_explicit(&q->newest, NULL, memory_order_acquire);
    NetPost *oldest = NULL;
    for (NetPost *p = newest; p;) {
        NetPost *before = p->next;
        p->next = oldest;
        oldest = p;
        p = before;
    }
    for (NetPost *p = oldest; p;) {
        NetPost *after = p->next;
        p->fn(p->arg);
        free(p);
        p = after;
    }
    return oldest != NULL;
}
