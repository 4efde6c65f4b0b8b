/* SPDX-License-Identifier: Apache-2.0 */
#include "net/out.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

static NetFrame *frame_create(size_t n)
{
    ASSERT(n < UINT32_MAX);
    NetFrame *f = malloc(sizeof *f + n);
    ASSERT(f);
    atomic_init(&f->refs, 1);
    f->n = (uint32_t)n;
    f->p = f->bytes;
    return f;
}

NetFrame *net_frame_bytes(Str a, Str b)
{
    NetFrame *f = frame_create(a.n + b.n);
    if (a.n)
        memcpy(f->bytes, a.p, a.n);
    if (b.n)
        memcpy(f->bytes + a.n, b.p, b.n);
    return f;
}

NetFrame *net_frame_static(Str s)
{
    NetFrame *f = frame_create(0);
    ASSERT(s.n < UINT32_MAX);
    f->n = (uint32_t)s.n;
    f->p = s.p;
    return f;
}

NetFrame *net_frame_ws(WsOpcode opcode, Str payload)
{
    uint8_t head[WS_HEAD_MAX];
    size_t n = ws_head_put(head, opcode, payload.n, NULL);
    return net_frame_bytes((Str){(const char *)head, n}, payload);
}

NetFrame *net_frame_text(Str payload)
{
    return net_frame_ws(WS_OP_TEXT, payload);
}

NetFrame *net_frame_ref(NetFrame *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void net_frame_unref(NetFrame *f)
{
    if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        free(f);
}

NetOut *net_out_take(NetOutSpare *spare)
{
    NetOut *o = spare->list;
    if (o) {
        spare->list = o->next;
        spare->n--;
    } else {
        o = malloc(sizeof *o);
        ASSERT(o);
        o->items = o->few;
        o->size = NET_OUT_FEW;
    }
    o->next = NULL;
    o->first = o->n = o->sent = o->tls_held = 0;
    o->bytes = 0;
    return o;
}

void net_out_give(NetOutSpare *spare, NetOut *o)
{
    if (!o)
        return;
    for (uint32_t i = o->first; i < o->n; i++)
        net_frame_unref(o->items[i]);
    if (o->items != o->few) { /* peaks are given back */
        free(o->items);
        o->items = o->few;
        o->size = NET_OUT_FEW;
    }
    if (spare->n == NET_OUT_SPARE) {
        free(o);
        return;
    }
    o->next = spare->list;
    spare->list = o;
    spare->n++;
}

void net_out_spare_finish(NetOutSpare *spare)
{
    while (spare->list) {
        NetOut *o = spare->list;
        spare->list = o->next;
        free(o);
    }
    spare->n = 0;
}

void net_out_add(NetOut *o, NetFrame *f)
{
    if (o->n == o->size && o->first > o->size / 2) {
        o->n -= o->first;
        memmove(o->items, o->items + o->first, o->n * sizeof *o->items);
        o->first = 0;
    } else if (o->n == o->size) {
        uint32_t size = o->size * 2;
        NetFrame **grown = realloc(o->items == o->few ? NULL : o->items, size * sizeof *grown);
        ASSERT(grown);
        if (o->items == o->few)
            memcpy(grown, o->few, sizeof o->few);
        o->items = grown;
        o->size = size;
    }
    o->items[o->n++] = f;
    o->bytes += f->n;
}

int net_out_vec(const NetOut *o, struct iovec *iov, int max)
{
    int k = 0;
    uint32_t skip = o->sent;
    for (uint32_t i = o->first; i < o->n && k < max; i++) {
        const NetFrame *f = o->items[i];
        /* iovec has no const; the kernel only reads here */
        iov[k++] =
            (struct iovec){.iov_base = (void *)(uintptr_t)(f->p + skip), .iov_len = f->n - skip};
        skip = 0;
    }
    return k;
}

size_t net_out_copy(const NetOut *o, char *p, size_t max)
{
    size_t at = 0;
    uint32_t skip = o->sent;
    for (uint32_t i = o->first; i < o->n && at < max; i++) {
        const NetFrame *f = o->items[i];
        size_t take = f->n - skip < max - at ? f->n - skip : max - at;
        if (take)
            memcpy(p + at, f->p + skip, take);
        at += take;
        skip = 0;
    }
    return at;
}

void net_out_sent(NetOut *o, size_t n)
{
    o->bytes -= n;
    n += o->sent;
    while (o->first < o->n && n >= o->items[o->first]->n) {
        n -= o->items[o->first]->n;
        net_frame_unref(o->items[o->first++]);
    }
    o->sent = (uint32_t)n;
}

void net_out_cut(NetOut *o)
{
    size_t keep = (size_t)o->sent + o->tls_held; /* bytes from the start of the first frame */
    uint32_t i = o->first;
    for (; i < o->n && keep > 0; i++)
        keep -= keep < o->items[i]->n ? keep : o->items[i]->n;
    for (uint32_t k = i; k < o->n; k++) {
        o->bytes -= o->items[k]->n;
        net_frame_unref(o->items[k]);
    }
    o->n = i;
}
