/* SPDX-License-Identifier: Apache-2.0 */
/* Token buckets: a rate on average, a burst at once. */
#include "api/internal.h"

bool bucket_take(Bucket *b, int64_t now_ms, int64_t rate_milli, int64_t burst, int64_t *ret_wait_ms)
{
    int64_t full = burst * 1000;
    if (b->at_ms == 0) {
        b->milli = full;
    } else if (now_ms > b->at_ms) {
        int64_t passed = now_ms - b->at_ms;
        int64_t gained = passed > INT32_MAX ? full : passed * rate_milli / 1000;
        if (gained == 0) { /* too soon to gain a whole thousandth: keep the older time */
            now_ms = b->at_ms;
        }
        b->milli = b->milli + gained > full ? full : b->milli + gained;
    }
    b->at_ms = now_ms ? now_ms : 1;
    if (b->milli >= 1000) {
        b->milli -= 1000;
        *ret_wait_ms = 0;
        return true;
    }
    *ret_wait_ms =
        rate_milli > 0 ? ((1000 - b->milli) * 1000 + rate_milli - 1) / rate_milli : 60000;
    return false;
}

/* Four places for each key; the one that has waited longest gives way. */
Bucket *bucket_of(Bucket *table, uint64_t key)
{
    size_t base = (size_t)(key % (BUCKETS_N / 4)) * 4;
    Bucket *oldest = &table[base];
    for (size_t i = 0; i < 4; i++) {
        Bucket *b = &table[base + i];
        if (b->key == key)
            return b;
        if (b->at_ms < oldest->at_ms)
            oldest = b;
    }
    *oldest = (Bucket){.key = key};
    return oldest;
}
