/* SPDX-License-Identifier: Apache-2.0 */
#include "accounts/internal.h"

#include "base/codec.h"
#include "base/rng.h"

#include <sodium.h>
#include <string.h>

enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES
};
_Static_assert(ACCOUNTS_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key size");

static const unsigned char *bytes_of(Str s)
{
    return (const unsigned char *)(s.n ? s.p : "");
}

Str accounts_seal(Ctx *c, const Accounts *a, Str purpose, Str plain)
{
    unsigned char *out = arena_alloc(c->arena, NONCE + TAG + plain.n);
    rng_bytes(out, NONCE);
    unsigned long long n = 0;
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE, &n, bytes_of(plain), plain.n,
                                               bytes_of(purpose), purpose.n, NULL, out, a->key);
    Str text = codec_base64url(c->arena, (Str){(const char *)out, NONCE + (size_t)n});
    return str_fmt(c->arena, "s1.%.*s", STR_ARG(text));
}

Err accounts_unseal(Ctx *c, const Accounts *a, Str purpose, Str sealed, Str *ret_plain)
{
    Str raw;
    if (!str_starts(sealed, STR("s1.")) ||
        !codec_base64url_decode(c->arena, str_sub(sealed, 3, sealed.n), &raw) ||
        raw.n < NONCE + TAG)
        return ctx_err(c, ERR_INTERNAL, "seal.broken", "a sealed value is damaged");
    unsigned char *out = arena_alloc(c->arena, raw.n);
    unsigned long long n = 0;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, &n, NULL, bytes_of(raw) + NONCE,
                                                   raw.n - NONCE, bytes_of(purpose), purpose.n,
                                                   bytes_of(raw), a->key) != 0)
        return ctx_err(c, ERR_INTERNAL, "seal.broken",
                       "a sealed value does not open: is secret.key the one of this database?");
    *ret_plain = (Str){(const char *)out, (size_t)n};
    return ERR_OK;
}

Str accounts_token_new(Ctx *c)
{
    return rng_token(c->arena, 32);
}

Str accounts_token_hash(Ctx *c, Str token)
{
    unsigned char h[32];
    crypto_generichash(h, sizeof h, bytes_of(token), token.n, NULL, 0);
    return codec_base64url(c->arena, (Str){(const char *)h, sizeof h});
}
