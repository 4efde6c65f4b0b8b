/* SPDX-License-Identifier: Apache-2.0 */
#include "net/addr.h"

#include "base/assert.h"
#include "base/rng.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool is_v4(const NetAddr *a)
{
    return memcmp(a->b, MAPPED, 12) == 0;
}

bool net_addr_of(const struct sockaddr *sa, NetAddr *ret)
{
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        memcpy(ret->b, MAPPED, 12);
        memcpy(ret->b + 12, &in.sin_addr, 4);
        return true;
    }
    if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sa, sizeof in6);
        memcpy(ret->b, &in6.sin6_addr, 16);
        return true;
    }
    return false;
}

static bool is_port(Str s)
{
    int64_t port;
    return s.n <= 5 && str_i64(s, &port) && port >= 0 && port <= 65535;
}

bool net_addr_parse(Str text, NetAddr *ret)
{
    char c[NET_ADDR_TEXT + 1];
    NetAddr a;
    Str host = text;
    if (host.n && host.p[0] == '[') {
        const char *end = memchr(host.p, ']', host.n);
        if (!end)
            return false;
        Str rest = {end + 1, (size_t)(host.p + host.n - end) - 1};
        if (rest.n && (rest.p[0] != ':' || !is_port(str_sub(rest, 1, rest.n))))
            return false;
        host = (Str){host.p + 1, (size_t)(end - host.p) - 1};
    } else if (host.n) {
        const char *colon = memchr(host.p, ':', host.n);
        size_t after = colon ? (size_t)(host.p + host.n - colon) - 1 : 0;
        if (colon && !memchr(colon + 1, ':', after)) { /* one colon: IPv4 with a port */
            if (!is_port((Str){colon + 1, after}))
                return false;
            host.n = (size_t)(colon - host.p);
        }
    }
    if (host.n == 0 || host.n >= sizeof c || memchr(host.p, '\0', host.n))
        return false;
    memcpy(c, host.p, host.n);
    c[host.n] = '\0';
    memcpy(a.b, MAPPED, 12);
    if (inet_pton(AF_INET, c, a.b + 12) != 1 && inet_pton(AF_INET6, c, a.b) != 1)
        return false;
    *ret = a;
    return true;
}

size_t net_addr_print(const NetAddr *a, char out[NET_ADDR_TEXT])
{
    if (!is_v4(a)) {
        if (!inet_ntop(AF_INET6, a->b, out, NET_ADDR_TEXT))
            return 0;
        return strlen(out);
    }
    size_t n = 0; /* by hand: once for each request */
    for (size_t i = 12; i < 16; i++) {
        unsigned v = a->b[i];
        if (v >= 100)
            out[n++] = (char)('0' + v / 100);
        if (v >= 10)
            out[n++] = (char)('0' + v / 10 % 10);
        out[n++] = (char)('0' + v % 10);
        if (i < 15)
            out[n++] = '.';
    }
    return n;
}

static bool parse_network(Str text, NetAddr *ret, unsigned *ret_bits)
{
    Str rest = text;
    Str host = str_cut(&rest, '/');
    int64_t bits = 128;
    if (!net_addr_parse(host, ret))
        return false;
    if (rest.p) {
        int64_t most = is_v4(ret) ? 32 : 128;
        if (!str_i64(rest, &bits) || bits < 0 || bits > most)
            return false;
        bits += 128 - most;
    }
    *ret_bits = (unsigned)bits;
    return true;
}

Err net_addr_list_parse(ErrSlot *e, const char *text, NetAddrList *ret)
{
    NetAddrList l = {0};
    for (Str rest = str_of(text); rest.p;) {
        Str item = str_trim(str_cut(&rest, ','));
        if (item.n == 0)
            continue;
        void *grown = realloc(l.rows, (l.n + 1) * sizeof *l.rows);
        ASSERT(grown);
        l.rows = grown;
        if (!parse_network(item, &l.rows[l.n].addr, &l.rows[l.n].bits)) {
            net_addr_list_finish(&l);
            return err_set(e, ERR_INVALID, "net.proxies", "not an address or network: %.*s",
                           STR_ARG(item));
        }
        l.n++;
    }
    *ret = l;
    return ERR_OK;
}

void net_addr_list_finish(NetAddrList *l)
{
    free(l->rows);
    *l = (NetAddrList){0};
}

bool net_addr_list_has(const NetAddrList *l, const NetAddr *a)
{
    for (size_t i = 0; i < l->n; i++) {
        unsigned bits = l->rows[i].bits, whole = bits / 8, left = bits % 8;
        const uint8_t *net = l->rows[i].addr.b;
        if (memcmp(net, a->b, whole) != 0)
            continue;
        if (left == 0 || ((net[whole] ^ a->b[whole]) & (0xff << (8 - left) & 0xff)) == 0)
            return true;
    }
    return false;
}

typedef struct NetAddrCount {
    uint64_t hi, lo;
    long count; /* 0: free */
} NetAddrCount;

void net_addr_table_init(NetAddrTable *t)
{
    *t = (NetAddrTable){.size = 64};
    rng_bytes(t->key, sizeof t->key);
    t->rows = calloc(t->size, sizeof *t->rows);
    ASSERT(t->rows);
}

void net_addr_table_finish(NetAddrTable *t)
{
    free(t->rows);
    *t = (NetAddrTable){0};
}

static NetAddrCount key_of(const NetAddr *a)
{
    NetAddrCount k = {0};
    memcpy(&k.hi, a->b, 8);
    if (is_v4(a))
        memcpy(&k.lo, a->b + 8, 8);
    return k;
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 30;
    h *= 0xbf58476d1ce4e5b9u;
    h ^= h >> 27;
    h *= 0x94d049bb133111ebu;
    return h ^ h >> 31;
}

static size_t home(const NetAddrTable *t, const NetAddrCount *k)
{
    return (size_t)mix(mix(k->hi ^ t->key[0]) + (k->lo ^ t->key[1])) & (t->size - 1);
}

/* The row of the key, or the free row where it would go. */
static size_t find(const NetAddrTable *t, const NetAddrCount *k)
{
    size_t i = home(t, k);
    while (t->rows[i].count && (t->rows[i].hi != k->hi || t->rows[i].lo != k->lo))
        i = (i + 1) & (t->size - 1);
    return i;
}

static void grow(NetAddrTable *t)
{
    NetAddrCount *old = t->rows;
    size_t old_size = t->size;
    t->size *= 2;
    t->rows = calloc(t->size, sizeof *t->rows);
    ASSERT(t->rows);
    for (size_t i = 0; i < old_size; i++)
        if (old[i].count)
            t->rows[find(t, &old[i])] = old[i];
    free(old);
}

long net_addr_table_add(NetAddrTable *t, const NetAddr *a)
{
    if ((t->used + 1) * 4 > t->size * 3)
        grow(t);
    NetAddrCount k = key_of(a);
    NetAddrCount *row = &t->rows[find(t, &k)];
    if (row->count == 0) {
        *row = k;
        t->used++;
    }
    return ++row->count;
}

void net_addr_table_remove(NetAddrTable *t, const NetAddr *a)
{
    NetAddrCount k = key_of(a);
    size_t hole = find(t, &k), mask = t->size - 1;
    ASSERT(t->rows[hole].count > 0);
    if (--t->rows[hole].count > 0)
        return;
    t->used--;
    /* Close the gap: a row that was pushed past the hole moves back into it. */
    for (size_t i = (hole + 1) & mask; t->rows[i].count; i = (i + 1) & mask) {
        size_t want = home(t, &t->rows[i]);
        if (((i - want) & mask) < ((i - hole) & mask))
            continue;
        t->rows[hole] = t->rows[i];
        t->rows[i].count = 0;
        hole = i;
    }
}
