/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_HOOK_H
#define SERVICE_HOOK_H
/*
 * hook: telling a shop's other systems what happened. A follower writes a delivery row for each
 * event that a hook asked for; a thread of its own sends them, so that a slow receiver delays
 * nothing else. At least once, in no order: receivers go by X-Zhixin-Delivery.
 *
 * A delivery is sent by POST with `X-Zhixin-Signature: t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256
 * with the hook's secret over "SECONDS." and the body. 2xx within 10 s is success; redirects are
 * not followed; of the answer 4 KiB are read. Failures are repeated after 10 s, later less often,
 * SERVICE_HOOK_TRIES times in all (two and a half days), then the delivery is "failed" until
 * somebody sends it again. Addresses inside private networks are refused when connecting, whatever
 * name led there, unless the program was started with --hooks-private.
 */
#include "service/service.h"

enum {
    SERVICE_HOOKS_MAX = 20, /* of one shop */
    SERVICE_HOOK_URL = 1000,
    SERVICE_HOOK_TRIES = 12,
    SERVICE_HOOK_WAITING = 10000, /* deliveries of one hook; more are left out and counted */
    SERVICE_HOOK_LOG_DAYS = 7,
    SERVICE_HOOK_ANSWER = 1024, /* of an answer kept */
    SERVICE_HOOK_BATCH = 100    /* events that the follower takes at a time */
};
#define SERVICE_HOOK_FOLLOWER "hook"

typedef struct {
    int64_t id, shop_id;
    Str url, events; /* JSON array */
    Str secret;      /* sealed */
    bool texts, active;
    int64_t dropped, created_at;
} ServiceHook;

typedef struct {
    int64_t id, hook_id;
    Str event;
    int64_t conversation_id;
    Str status; /* pending delivered failed */
    int64_t attempts, next_at, created_at, finished_at, code;
    Str error;
    int64_t duration_ms;
    Str answer;
    bool erased;
} ServiceDelivery;

const char *service_hook_event(size_t i); /* names that can be asked for; NULL past the last */
/* "*", or one of them. */
bool service_hook_event_known(Str name);

/* All in c->actor.shop_id; changes are audited. */
Err service_hook_list(Ctx *c, ServiceHook **ret, size_t *ret_n) WARN_UNUSED;
Err service_hook_get(Ctx *c, int64_t id, ServiceHook *ret) WARN_UNUSED; /* webhook.unknown */
/* url, events, texts, active as asked; *ret_secret (arena) is shown once. INVALID webhook.url,
 * webhook.address; LIMIT webhook.many. */
Err service_hook_create(Service *s, Ctx *c, ServiceHook *h, Str *ret_secret) WARN_UNUSED;
/* new_secret: the old one is void at once. */
Err service_hook_change(Service *s, Ctx *c, ServiceHook *h, bool new_secret,
                        Str *ret_secret) WARN_UNUSED;
Err service_hook_remove(Ctx *c, int64_t id) WARN_UNUSED;
/* Newest first; before_id INT64_MAX starts. */
Err service_hook_deliveries(Ctx *c, int64_t hook_id, int64_t before_id, int64_t limit,
                            ServiceDelivery **ret, size_t *ret_n) WARN_UNUSED;
/* NOT_FOUND delivery.unknown; CONFLICT delivery.erased. */
Err service_hook_retry(Ctx *c, int64_t delivery_id, ServiceDelivery *ret) WARN_UNUSED;

/* ---- erasing ---- */
Err service_hook_forget_conversation(Ctx *c, int64_t conversation_id) WARN_UNUSED;
Err service_hook_forget_customer(Ctx *c, int64_t customer_id) WARN_UNUSED;
/* In no transaction, once an hour: old lines of the logs, and removed hooks, so many at a time. */
Err service_hook_sweep(Service *s, Ctx *c, bool *ret_more) WARN_UNUSED;

/* ---- following and sending ---- */
/* arg = StoreFollowerBatch *. */
Err service_hook_follow(Ctx *c, void *arg) WARN_UNUSED;
void service_hook_followed(Ctx *c, void *service); /* wakes the sender */
Err service_hook_send_start(Service *s, ErrSlot *e) WARN_UNUSED;
void service_hook_send_stop(Service *s); /* the thread ends; before store_close */
void service_hook_send_free(Service *s);
/* How long to wait after so many attempts; 0: no more. Pure. */
int64_t service_hook_wait_ms(int64_t attempts);
/* "t=…,v1=…". Arena. */
Str service_hook_signature(Arena *a, Str secret, int64_t at_ms, Str body);
#endif
