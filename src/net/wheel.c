/* SPDX-License-Identifier: Apache-2.0 */
#include "net/wheel.h"

static void place(NetWheel *w, NetDue *d)
{
    uint32_t far_s = w->now_s + NET_WHEEL_SLOTS - 1, soon_s = w->now_s + 1;
    d->place_s = d->at_s > far_s ? far_s : d->at_s < soon_s ? soon_s : d->at_s;
    NetDue *head = &w->slots[d->place_s % NET_WHEEL_SLOTS];
    d->prev = head->prev;
    d->next = head;
    head->prev->next = d;
    head->prev = d;
}

void net_wheel_init(NetWheel *w, uint32_t now_s)
{
    w->now_s = now_s;
    for (uint32_t i = 0; i < NET_WHEEL_SLOTS; i++)
        w->slots[i].next = w->slots[i].prev = &w->slots[i];
}

void net_wheel_add(NetWheel *w, NetDue *d, uint32_t at_s)
{
    d->at_s = at_s;
    place(w, d);
}

void net_wheel_remove(NetDue *d)
{
    if (!d->next)
        return;
    d->prev->next = d->next;
    d->next->prev = d->prev;
    d->next = d->prev = 0;
}

void net_wheel_set(NetWheel *w, NetDue *d, uint32_t at_s)
{
    d->at_s = at_s;
    if (at_s >= d->place_s)
        return;
    net_wheel_remove(d);
    place(w, d);
}

void net_wheel_run(NetWheel *w, uint32_t now_s, void (*fn)(void *user, NetDue *d), void *user)
{
    while (w->now_s < now_s) {
        w->now_s++;
        /* Taken off as one list first: entries that are put back must not be met again in this
         * turn. */
        NetDue *head = &w->slots[w->now_s % NET_WHEEL_SLOTS], turn = *head;
        if (head->next == head)
            continue;
        turn.next->prev = turn.prev->next = &turn;
        head->next = head->prev = head;
        while (turn.next != &turn) {
            NetDue *d = turn.next;
            net_wheel_remove(d);
            int due = d->at_s <= w->now_s;
            if (due)
                d->at_s = UINT32_MAX;
            place(w, d);
            if (due)
                fn(user, d);
        }
    }
}
