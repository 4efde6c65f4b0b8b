/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_RNG_H
#define BASE_RNG_H
#include "base/str.h"
/* From the kernel. Tokens and ids that must not be guessed. */
void rng_bytes(void *p, size_t n);
Str rng_token(Arena *a, size_t bytes); /* base64url of that many random bytes */
#endif
