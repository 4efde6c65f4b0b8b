/* SPDX-License-Identifier: Apache-2.0 */
/* The circuit breaker: after some failures in a row a shop's endpoint is left alone for a while,
 * then one call tries it. Each node has its own. */
#include "service/llm_internal.h"

#include "base/mutex.h"

#include <curl/curl.h>
#include <stdlib.h>

typedef struct {
    int64_t version;  /* of the setting that it is about */
    int64_t until_ns; /* 0: closed, calls go through */
    int failures;     /* in a row */
    bool trying;      /* after the rest one call is on its way */
} Breaker;

ServiceLlm *llm_gate_create(void)
{
    ServiceLlm *g = calloc(1, sizeof *g);
    ASSERT(g);
    curl_global_init(CURL_GLOBAL_DEFAULT); /* counted: while there is one thread */
    map_init(&g->shops);
    mutex_init_short(&g->lock);
    return g;
}

void llm_gate_destroy(ServiceLlm *g)
{
    size_t at = 0;
    int64_t key;
    void *value;
    if (!g)
        return;
    while (map_each(&g->shops, &at, &key, &value))
        free(value);
    map_finish(&g->shops);
    pthread_mutex_destroy(&g->lock);
    curl_global_cleanup();
    free(g);
}

static Breaker *of(ServiceLlm *g, int64_t shop_id)
{
    Breaker *b = map_get(&g->shops, shop_id);
    if (!b) {
        b = calloc(1, sizeof *b);
        ASSERT(b);
        map_put(&g->shops, shop_id, b);
    }
    return b;
}

bool llm_gate_enter(ServiceLlm *g, int64_t shop_id, int64_t version, int64_t now_ns,
                    int64_t *ret_wait_ms)
{
    pthread_mutex_lock(&g->lock);
    Breaker *b = of(g, shop_id);
    if (b->version != version)
        *b = (Breaker){.version = version};
    bool free_to = !b->until_ns || (now_ns >= b->until_ns && !b->trying);
    if (free_to && b->until_ns)
        b->trying = true;
    *ret_wait_ms = free_to ? 0 : now_ns < b->until_ns ? (b->until_ns - now_ns) / 1000000 + 1 : 1000;
    pthread_mutex_unlock(&g->lock);
    return free_to;
}

void llm_gate_leave(ServiceLlm *g, int64_t shop_id, LlmOutcome o, int64_t now_ns)
{
    pthread_mutex_lock(&g->lock);
    Breaker *b = of(g, shop_id);
    b->trying = false;
    if (o == LLM_WENT_WELL) {
        b->failures = 0;
        b->until_ns = 0;
    } else if (o == LLM_WENT_WRONG && ++b->failures >= LLM_FAILURES) {
        b->until_ns = now_ns + (int64_t)LLM_REST_MS * 1000000;
    }
    pthread_mutex_unlock(&g->lock);
}

static bool rests(const Breaker *b, int64_t now_ns)
{
    return b->until_ns && now_ns < b->until_ns;
}

bool llm_gate_resting(ServiceLlm *g, int64_t shop_id, int64_t version, int64_t now_ns)
{
    pthread_mutex_lock(&g->lock);
    const Breaker *b = map_get(&g->shops, shop_id);
    bool yes = b && b->version == version && rests(b, now_ns);
    pthread_mutex_unlock(&g->lock);
    return yes;
}

int64_t llm_gate_resting_n(ServiceLlm *g, int64_t now_ns)
{
    int64_t n = 0, key;
    size_t at = 0;
    void *value;
    pthread_mutex_lock(&g->lock);
    while (map_each(&g->shops, &at, &key, &value))
        n += rests(value, now_ns);
    pthread_mutex_unlock(&g->lock);
    return n;
}
