/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include "base/assert.h"
#include "base/codec.h"

#include <sys/random.h>

void rng_bytes(void *p, size_t n)
{
    char *at = p;
    while (n) {
        ssize_t got = getrandom(at, n < 256 ? n : 256, 0);
        ASSERT(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

Str rng_token(Arena *a, size_t bytes)
{
    char raw[64];
    ASSERT(bytes <= sizeof raw);
    rng_bytes(raw, bytes);
    return codec_base64url(a, (Str){raw, bytes});
}
