/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doors: how much one address, and one who is logged in, may ask of us. Looked at on the loop
 * before anything is read from the store, so that refusing costs next to nothing. Whoever owns an
 * IPv6 /64 counts as one.
 */
#include "api/internal.h"

enum {
    AN_ADDRESS_TIMES = 4, /* an address may do so much more than one who is logged in */
    CALL_BURST_S = 5,     /* seconds' worth at once */
    PROOF_MILLI = 5000,   /* log-ins and the like (argon2) of an address, a second x 1000 */
    PROOF_BURST = 60,
    LEAVE_MILLI = 1000, /* uploads and words left by one visitor */
    LEAVE_BURST = 20,
    LARGE_BODY = 65536
};

typedef enum { OF_CALLS, OF_PROOF, OF_SOCKETS, OF_TOKEN, OF_LEAVING } Door;

static uint64_t mixed(uint64_t h)
{
    h ^= h >> 31;
    h *= 0x9e3779b97f4a7c15u;
    return (h ^ (h >> 29)) | 1;
}

static uint64_t of_address(const NetRequest *r, Door what)
{
    NetAddr a;
    Str key = r->address;
    static const uint8_t v4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (net_addr_parse(r->address, &a)) {
        Str bytes = {(const char *)a.b, sizeof a.b};
        bool is_v4 = str_eq(str_sub(bytes, 0, sizeof v4), (Str){(const char *)v4, sizeof v4});
        key = is_v4 ? bytes : str_sub(bytes, 0, 8);
    }
    return mixed(str_hash(key) + (uint64_t)what);
}

static Str proof(const NetRequest *r)
{
    Str bearer = net_header(r, "authorization");
    return bearer.n ? bearer : net_cookie(r, "zx_session");
}

static bool take(Api *a, uint64_t key, int64_t rate_milli, int64_t burst, int64_t *ret_wait_ms)
{
    return bucket_take(bucket_of(a->doors, key), a->now_ms, rate_milli, burst, ret_wait_ms);
}

/* Strangers may not make customers without end. */
static bool stranger(Api *a, const NetRequest *r, const ApiRoute *route, int64_t *wait)
{
    const ApiConfig *c = &a->config;
    if (route->slow && !take(a, of_address(r, OF_PROOF), PROOF_MILLI, PROOF_BURST, wait))
        return false;
    return route->tx != API_TX_WRITE ||
           bucket_take(bucket_of(a->sessions, of_address(r, OF_CALLS)), a->now_ms,
                       c->session_rate * 1000, c->session_burst, wait);
}

bool door_call(Api *a, const NetRequest *r, const ApiRoute *route, int64_t *wait)
{
    int64_t rate = a->config.call_rate, address = rate * AN_ADDRESS_TIMES;
    if (!take(a, of_address(r, OF_CALLS), address * 1000, address * CALL_BURST_S, wait))
        return false;
    if (route->access == API_ANYONE)
        return stranger(a, r, route, wait);
    Str token = proof(r);
    uint64_t key = str_hash(token);
    if (token.n && !take(a, mixed(key + OF_TOKEN), rate * 1000, rate * CALL_BURST_S, wait))
        return false;
    return route->access != API_VISITOR || route->tx != API_TX_WRITE || !token.n ||
           take(a, mixed(key + OF_LEAVING), LEAVE_MILLI, LEAVE_BURST, wait);
}

/* Each opening costs reading what was missed: a page that reconnects in a loop has to wait. */
bool door_socket(Api *a, const NetRequest *r, int64_t *wait)
{
    const ApiConfig *c = &a->config;
    return take(a, of_address(r, OF_SOCKETS), c->session_rate * 2000, c->session_burst * 2, wait);
}

/* Whose proof is good is seen only after the body has come; who shows none need not send it. */
long door_body(const NetRequest *head, const ApiRoute *route)
{
    if (route->body_bytes > LARGE_BODY && route->access != API_ANYONE && !proof(head).n)
        return -401;
    return route->body_bytes;
}

/* A proxy on this host that is not in --trusted-proxies makes the whole world look local; it is
 * told by the addresses that it names. */
static bool came_through(const NetRequest *r, const NetAddr *address)
{
    bool named = false, found = false;
    for (size_t i = 0; i < r->headers_n; i++) {
        Str name = r->headers[i].name, list = r->headers[i].value;
        if (!str_is(name, "x-forwarded-for") && !str_is(name, "x-real-ip"))
            continue;
        named = true;
        while (list.n) {
            NetAddr one;
            if (net_addr_parse(str_trim(str_cut(&list, ',')), &one))
                found |= str_eq((Str){(const char *)one.b, sizeof one.b},
                                (Str){(const char *)address->b, sizeof address->b});
        }
    }
    return named && !found;
}

bool door_metrics(const Api *a, const NetRequest *r)
{
    NetAddr address;
    return net_addr_parse(r->address, &address) && net_addr_list_has(&a->metrics_for, &address) &&
           !came_through(r, &address);
}
