/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_WHEEL_H
#define NET_WHEEL_H
/*
 * Deadlines of all sockets in whole seconds, looked at once a second. Putting a deadline off is one
 * store: the entry stays where it lies and moves on when its old place comes round. No timer object
 * per socket.
 */
#include <stdint.h>

enum { NET_WHEEL_SLOTS = 128 };

typedef struct NetDue {
    struct NetDue *next, *prev;
    uint32_t at_s;    /* when it falls due; UINT32_MAX: not at all */
    uint32_t place_s; /* the second under which it lies */
} NetDue;

typedef struct {
    NetDue slots[NET_WHEEL_SLOTS]; /* list heads */
    uint32_t now_s;
} NetWheel;

void net_wheel_init(NetWheel *w, uint32_t now_s);
void net_wheel_add(NetWheel *w, NetDue *d, uint32_t at_s);
void net_wheel_set(NetWheel *w, NetDue *d, uint32_t at_s); /* of an entry that is in */
void net_wheel_remove(NetDue *d);
/* Steps to now_s and calls fn for each entry that is due (set to "not at all" before; fn may remove
 * it). */
void net_wheel_run(NetWheel *w, uint32_t now_s, void (*fn)(void *user, NetDue *d), void *user);
#endif
