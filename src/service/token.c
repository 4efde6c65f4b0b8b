/* SPDX-License-Identifier: Apache-2.0 */
/* Who a visitor is: the token that the widget keeps (nothing of it is stored here), and the
 * identity that a shop's server signs (HMAC of the user id, or a JWT with HS256). */
#include "service/internal.h"

#include "base/codec.h"
#include "base/utf8.h"

#include <sodium.h>
#include <string.h>

enum { NUMBERS = 24, MAC = crypto_auth_hmacsha256_BYTES, JWT_BYTES = 4096, USER_ID_CHARS = 128 };

static void hmac(Str key, Str text, unsigned char more, bool with_more, unsigned char ret[MAC])
{
    crypto_auth_hmacsha256_state st;
    crypto_auth_hmacsha256_init(&st, (const unsigned char *)key.p, key.n);
    crypto_auth_hmacsha256_update(&st, (const unsigned char *)text.p, text.n);
    if (with_more)
        crypto_auth_hmacsha256_update(&st, &more, 1);
    crypto_auth_hmacsha256_final(&st, ret);
}

/* Another key than the one that signs identities: a user id that somebody chose must not come out
 * of the shop's server as a valid token. */
static void token_mac(Str secret, Str bytes, bool is_signed, unsigned char ret[MAC])
{
    static const char purpose[] = "zhixin visitor token";
    unsigned char key[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state st;
    crypto_hash_sha256_init(&st);
    crypto_hash_sha256_update(&st, (const unsigned char *)purpose, sizeof purpose);
    crypto_hash_sha256_update(&st, (const unsigned char *)secret.p, secret.n);
    crypto_hash_sha256_final(&st, key);
    hmac((Str){(const char *)key, sizeof key}, bytes, is_signed, true, ret);
}

static void put_i64(unsigned char *p, int64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)((uint64_t)v >> (56 - 8 * i));
}

static int64_t get_i64(const char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | (unsigned char)p[i];
    return (int64_t)v;
}

Str service_token_make(Ctx *c, const DeskChannel *ch, const DeskCustomer *cu)
{
    unsigned char bytes[NUMBERS + MAC];
    put_i64(bytes, cu->id);
    put_i64(bytes + 8, ch->id);
    put_i64(bytes + 16, c->now_ms);
    token_mac(ch->secret, (Str){(const char *)bytes, NUMBERS}, cu->is_signed, bytes + NUMBERS);
    return codec_base64url(c->arena, (Str){(const char *)bytes, sizeof bytes});
}

bool service_token_read(Ctx *c, Str token, ServiceToken *ret)
{
    Str raw;
    if (token.n > 200 || !codec_base64url_decode(c->arena, token, &raw) || raw.n != NUMBERS + MAC)
        return false;
    *ret = (ServiceToken){.customer_id = get_i64(raw.p),
                          .channel_id = get_i64(raw.p + 8),
                          .issued_at = get_i64(raw.p + 16),
                          .bytes = str_sub(raw, 0, NUMBERS),
                          .mac = str_sub(raw, NUMBERS, MAC)};
    return ret->customer_id > 0 && ret->channel_id > 0 && ret->issued_at > 0;
}

bool service_token_ok(const ServiceToken *t, Str secret, bool is_signed, int64_t now_ms)
{
    unsigned char mac[MAC];
    token_mac(secret, t->bytes, is_signed, mac);
    return str_eq_secret((Str){(const char *)mac, MAC}, t->mac) &&
           now_ms - t->issued_at <= SERVICE_TOKEN_DAYS * INT64_C(86400000);
}

static Err forged(Ctx *c, const char *why)
{
    return ctx_err(c, ERR_AUTH, "identity.forged", "%s", why);
}

static Err from_jwt(Ctx *c, Str jwt, Str secret, Str *ret_user_id, Str *ret_name)
{
    Str rest = jwt, head = str_cut(&rest, '.'), body = str_cut(&rest, '.');
    Str head_json, body_json, given;
    if (jwt.n > JWT_BYTES || !head.n || !body.n || !rest.n ||
        !codec_base64url_decode(c->arena, head, &head_json) ||
        !codec_base64url_decode(c->arena, body, &body_json) ||
        !codec_base64url_decode(c->arena, rest, &given) || given.n != MAC)
        return forged(c, "the identity is no JWT");
    unsigned char mac[MAC];
    hmac(secret, str_sub(jwt, 0, head.n + 1 + body.n), 0, false, mac);
    if (!str_eq_secret((Str){(const char *)mac, MAC}, given))
        return forged(c, "the signature does not match the channel's secret");
    const Json *h, *b;
    ErrSlot e = {0};
    if (json_parse(c->arena, &e, head_json, &h) || json_parse(c->arena, &e, body_json, &b) ||
        !str_is(json_str(h, "alg"), "HS256"))
        return forged(c, "the JWT must be JSON signed with HS256");
    int64_t now_s = c->now_ms / 1000, exp = json_i64(b, "exp", 0);
    if (exp <= 0)
        return forged(c, "the JWT needs exp");
    if (exp <= now_s)
        return ctx_err(c, ERR_AUTH, "identity.expired", "the JWT has expired");
    if (json_i64(b, "nbf", 0) > now_s + 60)
        return forged(c, "the JWT does not hold yet");
    *ret_user_id = json_str(b, "user_id");
    *ret_name = json_str(b, "name");
    return ERR_OK;
}

Err service_identity(Ctx *c, const ServiceSession *ss, Str secret, Str *ret_user_id, Str *ret_name)
{
    *ret_user_id = STR_NONE;
    *ret_name = ss->user_name;
    if (ss->jwt.n) {
        Err err = from_jwt(c, ss->jwt, secret, ret_user_id, ret_name);
        if (err)
            return err;
        if (!ret_name->n)
            *ret_name = ss->user_name;
    } else if (ss->user_id.n || ss->user_hash.n) {
        unsigned char mac[MAC];
        hmac(secret, ss->user_id, 0, false, mac);
        Str want = codec_hex(c->arena, (Str){(const char *)mac, MAC});
        if (!ss->user_id.n || !str_eq_secret(want, ss->user_hash))
            return forged(c, "the hash does not match the channel's secret");
        *ret_user_id = ss->user_id;
    } else {
        return ERR_OK;
    }
    size_t n = utf8_count(*ret_user_id);
    if (n == 0 || n > USER_ID_CHARS)
        return forged(c, "user_id is text of 1 to 128 characters");
    return ERR_OK;
}
