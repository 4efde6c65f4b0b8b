/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_POST_H
#define NET_POST_H
/* Calls from other threads to the loop: many push without a lock, one takes all at once, in order
 * of pushing. */
#include <stdatomic.h>
#include <stdbool.h>

typedef struct NetPost {
    struct NetPost *next;
    void (*fn)(void *arg);
    void *arg;
} NetPost;

typedef struct {
    _Atomic(NetPost *) newest;
} NetPostQueue;

bool net_post_push(NetPostQueue *q, void (*fn)(void *arg),
                   void *arg);      /* true: was empty, wake the loop */
bool net_post_run(NetPostQueue *q); /* runs what was there; false: nothing was */
#endif
