/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sender: one thread with a few transfers at once. What is due is claimed in the database
 * before it is sent, so that of several nodes one does it; a claim that its sender did not live to
 * answer is free again after CLAIM_MS. No hook gets more than PER_HOOK of the places: a slow one
 * delays itself.
 */
#include "service/hook_internal.h"

#include "accounts/seal.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/utf8.h"
#include "sql/hook.h"

#include <curl/curl.h>
#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    PLACES = 16,
    PER_HOOK = 4,
    TIMEOUT_MS = 10000,
    CONNECT_MS = 5000,
    CLAIM_MS = 60000,
    READ_MAX = 4096,
    POLL_MS = 1000,
    ARENA_BYTES = 16 << 20
};

typedef struct {
    CURL *easy; /* NULL: the place is free */
    struct curl_slist *headers;
    char *body; /* owned */
    int64_t hook_id, id, attempts, began_ns;
    bool refused, private_too;
    char answer[SERVICE_HOOK_ANSWER];
    size_t answer_n, read_n;
} Place;

struct ServiceHooks {
    Service *s;
    CURLM *multi;
    pthread_t thread;
    bool started;
    atomic_bool stopping, wanted; /* wanted: there is something new to send */
    bool said;                    /* the log knows that the store fails */
    Arena *arena;
    Place place[PLACES];
};

int64_t service_hook_wait_ms(int64_t attempts)
{
    static const int64_t seconds[SERVICE_HOOK_TRIES - 1] = {10,   30,    120,   600,   1800, 3600,
                                                            7200, 14400, 28800, 57600, 86400};
    return attempts >= 1 && attempts < SERVICE_HOOK_TRIES ? seconds[attempts - 1] * 1000 : 0;
}

Str service_hook_signature(Arena *a, Str secret, int64_t at_ms, Str body)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state st;
    Str t = str_fmt(a, "%lld", (long long)(at_ms / 1000));
    crypto_auth_hmacsha256_init(&st, (const unsigned char *)secret.p, secret.n);
    crypto_auth_hmacsha256_update(&st, (const unsigned char *)t.p, t.n);
    crypto_auth_hmacsha256_update(&st, (const unsigned char *)".", 1);
    crypto_auth_hmacsha256_update(&st, (const unsigned char *)body.p, body.n);
    crypto_auth_hmacsha256_final(&st, mac);
    Str hex = codec_hex(a, (Str){(const char *)mac, sizeof mac});
    return str_fmt(a, "t=%.*s,v1=%.*s", STR_ARG(t), STR_ARG(hex));
}

/* ---- curl's calls ---- */

/* The address that will be used, whatever name it came from: there is no second look-up to cheat.
 */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
    Place *p = user;
    (void)purpose;
    if (!p->private_too && !hook_addr_public(&a->addr)) {
        p->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t on_answer(char *bytes, size_t size, size_t n, void *user)
{
    Place *p = user;
    n *= size;
    size_t keep = sizeof p->answer - p->answer_n;
    if (keep > n)
        keep = n;
    memcpy(p->answer + p->answer_n, bytes, keep);
    p->answer_n += keep;
    p->read_n += n;
    return p->read_n > READ_MAX ? 0 : n; /* 0: enough, curl ends it */
}

/* ---- claiming ---- */
typedef struct {
    int64_t id;
    Str event, body;
    int64_t attempts;
} Due;
static const StoreField DUE_FIELDS[] = {STORE_FIELD(Due, id), STORE_FIELD(Due, event),
                                        STORE_FIELD(Due, body), STORE_FIELD(Due, attempts)};
static const StoreMap DUE_MAP = STORE_MAP(Due, DUE_FIELDS);

typedef struct {
    ServiceHook *hooks;
    size_t n;
    int64_t hook_id, room;
    Due *due;
    size_t due_n;
    bool claimed[PER_HOOK];
} Claim;

static Err find_ready(Ctx *c, void *arg)
{
    Claim *k = arg;
    return store_all(c, &HOOK_READY, BINDS(i64(c->now_ms)), &SERVICE_HOOK_MAP, &k->hooks, &k->n);
}

static Err claim(Ctx *c, void *arg)
{
    Claim *k = arg;
    Err err = store_all(c, &HOOK_DUE, BINDS(i64(k->hook_id), i64(c->now_ms), i64(k->room)),
                        &DUE_MAP, &k->due, &k->due_n);
    for (size_t i = 0; i < k->due_n && !err; i++) {
        int64_t rows = 0;
        err = store_exec(
            c, &HOOK_CLAIM,
            BINDS(i64(k->due[i].id), i64(k->due[i].attempts), i64(c->now_ms + CLAIM_MS)), &rows);
        k->claimed[i] = rows == 1;
    }
    return err;
}

static void init_ctx(ServiceHooks *h, Ctx *c)
{
    arena_reset(h->arena);
    ctx_init(c, h->arena, store_ids(h->s->store), clock_wall_ms());
    c->actor.role = ROLE_SYSTEM;
}

/* ---- what came of it ---- */
typedef struct {
    int64_t id, attempts, code, duration_ms, next_at;
    const char *status;
    Str error, answer;
} Result;

static Err save(Ctx *c, void *arg)
{
    const Result *r = arg;
    return store_exec(c, &HOOK_RESULT,
                      BINDS(i64(r->id), i64(r->attempts), text(str_of(r->status)), i64(r->next_at),
                            i64(c->now_ms), null_if_0(r->code), text_or_null(r->error),
                            i64(r->duration_ms), text_or_null(r->answer)),
                      NULL);
}

/* Text that may be stored and shown, whatever the receiver sent. */
static Str clean(Arena *a, Str s)
{
    Buf b;
    buf_init(&b, a, 4 * SERVICE_HOOK_ANSWER);
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t cp = utf8_next(s, &at);
        bool odd = cp == 0xFFFD || (cp < 0x20 && cp != '\n' && cp != '\t') || cp == 0x7f;
        if (odd)
            buf_byte(&b, '?');
        else
            buf_put(&b, str_sub(s, from, at - from));
    }
    return buf_str(&b);
}

static void log_failing(ServiceHooks *h, const Ctx *c, Err err)
{
    if (err && !h->said)
        log_line(h->s->log, LOG_WARN, "webhooks wait for the database", "code", str_of(c->err.code),
                 "error", str_of(c->err.text), NULL);
    h->said = err != ERR_OK;
}

static void free_place(ServiceHooks *h, Place *p)
{
    curl_multi_remove_handle(h->multi, p->easy);
    curl_easy_cleanup(p->easy);
    curl_slist_free_all(p->headers);
    free(p->body);
    *p = (Place){0};
}

static void finish_place(ServiceHooks *h, Place *p, CURLcode curl, const char *why)
{
    Ctx c;
    long code = 0;
    init_ctx(h, &c);
    curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &code);
    bool enough = curl == CURLE_WRITE_ERROR && p->read_n > READ_MAX;
    bool good = (curl == CURLE_OK || enough) && code >= 200 && code < 300;
    int64_t wait = service_hook_wait_ms(p->attempts);
    Result r = {.id = p->id,
                .attempts = p->attempts,
                .code = code,
                .duration_ms = (clock_steady_ns() - p->began_ns) / 1000000,
                .next_at = c.now_ms + wait,
                .status = good   ? "delivered"
                          : wait ? "pending"
                                 : "failed"};
    if (p->refused)
        r.error = STR("the name leads to an address inside a private network");
    else if (curl != CURLE_OK && !enough)
        r.error = clean(c.arena, str_of(why));
    else if (code >= 300 && code < 400)
        r.error = STR("redirects are not followed");
    if (p->answer_n)
        r.answer = clean(c.arena, (Str){p->answer, p->answer_n});
    free_place(h, p);
    log_failing(h, &c, store_write(h->s->store, &c, STORE_FOLLOWER, save, &r));
}

/* ---- sending ---- */
static bool headers(Place *p, Arena *a, const Due *d, Str signature)
{
    const Str lines[] = {
        STR("Content-Type: application/json"),
        STR("Expect:"),
        str_fmt(a, "X-Zhixin-Event: %.*s", STR_ARG(d->event)),
        str_fmt(a, "X-Zhixin-Delivery: %lld", (long long)d->id),
        str_fmt(a, "X-Zhixin-Signature: %.*s", STR_ARG(signature)),
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct curl_slist *more = curl_slist_append(p->headers, str_c(a, lines[i]));
        if (!more)
            return false;
        p->headers = more;
    }
    return true;
}

static bool options(Place *p, const char *url, size_t body_n)
{
    CURL *e = p->easy;
    CURLcode bad = CURLE_OK;
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_URL, url);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    bad =
        bad ? bad
            : curl_easy_setopt(e, CURLOPT_PROXY, ""); /* the environment's would hide the address */
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_USERAGENT, "Zhixin-Webhook/1");
    /* a name that is slow to be found does not hold up the end of the program */
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    /* a kept connection would be used without asking open_socket again */
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_HTTPHEADER, p->headers);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_POST, 1L);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_POSTFIELDS, p->body);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE, (long)body_n);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_answer);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_WRITEDATA, p);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, p);
    bad = bad ? bad : curl_easy_setopt(e, CURLOPT_PRIVATE, p);
    return !bad;
}

/* With a NUL; NULL when there is no memory. */
static char *owned(Str s)
{
    char *p = malloc(s.n + 1);
    if (!p)
        return NULL;
    if (s.n)
        memcpy(p, s.p, s.n);
    p[s.n] = 0;
    return p;
}

static void begin_place(ServiceHooks *h, Place *p, Ctx *c, const ServiceHook *hook, Str secret,
                        const Due *d)
{
    *p = (Place){.easy = curl_easy_init(),
                 .body = owned(d->body),
                 .hook_id = hook->id,
                 .id = d->id,
                 .attempts = d->attempts + 1,
                 .began_ns = clock_steady_ns(),
                 .private_too = h->s->hooks_private};
    Str signature = service_hook_signature(c->arena, secret, clock_wall_ms(), d->body);
    if (p->easy && p->body && headers(p, c->arena, d, signature) &&
        options(p, str_c(c->arena, hook->url), d->body.n) &&
        curl_multi_add_handle(h->multi, p->easy) == CURLM_OK)
        return;
    /* no memory, or not to be sent at all: free again when its claim is over */
    if (p->easy)
        free_place(h, p);
    else
        free(p->body);
    p->easy = NULL;
}

static Place *free_one(ServiceHooks *h)
{
    for (size_t i = 0; i < PLACES; i++)
        if (!h->place[i].easy)
            return &h->place[i];
    return NULL;
}

static int64_t room_of(const ServiceHooks *h, int64_t hook_id)
{
    int64_t used = 0, places = 0;
    for (size_t i = 0; i < PLACES; i++) {
        used += h->place[i].easy && h->place[i].hook_id == hook_id;
        places += !h->place[i].easy;
    }
    return PER_HOOK - used < places ? PER_HOOK - used : places;
}

static Err send_hook(ServiceHooks *h, Ctx *c, Claim *k, const ServiceHook *hook)
{
    Str secret;
    k->hook_id = hook->id;
    k->room = room_of(h, hook->id);
    if (k->room <= 0)
        return ERR_OK;
    Err err = accounts_unseal(c, h->s->accounts, STR("webhook"), hook->secret, &secret);
    if (!err)
        err = store_write(h->s->store, c, STORE_FOLLOWER, claim, k);
    for (size_t i = 0; i < k->due_n && !err; i++) {
        Place *p = k->claimed[i] ? free_one(h) : NULL;
        if (p)
            begin_place(h, p, c, hook, secret, &k->due[i]);
    }
    return err;
}

static void send_due(ServiceHooks *h)
{
    Ctx c;
    if (!free_one(h))
        return;
    init_ctx(h, &c);
    Claim k = {0};
    Err err = store_read(h->s->store, &c, find_ready, &k);
    for (size_t i = 0; i < k.n && !err && free_one(h); i++) {
        ServiceHook hook = k.hooks[i];
        k.due_n = 0;
        err = send_hook(h, &c, &k, &hook);
    }
    log_failing(h, &c, err);
}

static bool take_finished(ServiceHooks *h)
{
    bool some = false;
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(h->multi, &left));) {
        Place *p = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
        finish_place(h, p, code, curl_easy_strerror(code)); /* m is void after this */
        some = true;
    }
    return some;
}

static void *sender(void *arg)
{
    ServiceHooks *h = arg;
    int64_t looked_ns = 0;
    bool woken = true;
    prctl(PR_SET_NAME, "zx-hooks");
    while (!atomic_load(&h->stopping)) {
        int running = 0;
        int64_t now = clock_steady_ns();
        if (woken || now - looked_ns >= (int64_t)POLL_MS * 1000000) {
            send_due(h);
            looked_ns = now;
        }
        curl_multi_perform(h->multi, &running);
        woken = take_finished(h); /* a place is free: look again at once */
        if (woken)
            continue;
        if (curl_multi_poll(h->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
            sleep(1);
        woken = atomic_exchange(&h->wanted, false);
    }
    for (size_t i = 0; i < PLACES; i++)
        if (h->place[i].easy) /* claimed: sent again by whoever comes next */
            free_place(h, &h->place[i]);
    return NULL;
}

void service_hook_followed(Ctx *c, void *service)
{
    ServiceHooks *h = ((Service *)service)->hooks;
    (void)c;
    if (!h)
        return;
    atomic_store(&h->wanted, true);
    curl_multi_wakeup(h->multi);
}

Err service_hook_send_start(Service *s, ErrSlot *e)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(e, ERR_INTERNAL, "webhook.start", "libcurl does not start");
    ServiceHooks *h = calloc(1, sizeof *h);
    ASSERT(h);
    h->s = s;
    h->arena = arena_create(ARENA_BYTES);
    h->multi = curl_multi_init();
    ASSERT(h->multi);
    s->hooks = h;
    h->started = pthread_create(&h->thread, NULL, sender, h) == 0;
    return h->started ? ERR_OK
                      : err_set(e, ERR_INTERNAL, "webhook.start", "no thread for the webhooks");
}

void service_hook_send_stop(Service *s)
{
    ServiceHooks *h = s->hooks;
    if (!h || !h->started)
        return;
    atomic_store(&h->stopping, true);
    curl_multi_wakeup(h->multi);
    pthread_join(h->thread, NULL);
    h->started = false;
}

/* After the store is closed: until then a follower may wake it. */
void service_hook_send_free(Service *s)
{
    ServiceHooks *h = s->hooks;
    if (!h)
        return;
    service_hook_send_stop(s);
    curl_multi_cleanup(h->multi);
    arena_destroy(h->arena);
    free(h);
    s->hooks = NULL;
    curl_global_cleanup();
}
