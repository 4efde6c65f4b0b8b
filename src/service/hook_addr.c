/* SPDX-License-Identifier: Apache-2.0 */
#include "service/hook_internal.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>

typedef struct {
    unsigned char b[16];
    int bits;
} Range;

static const Range V4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};
/* Of 2000::/3, which is all that is given out; the rest is refused as a whole. */
static const Range V6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocols, Teredo and others */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static bool within(const unsigned char *a, const Range *r)
{
    int whole = r->bits / 8, rest = r->bits % 8;
    if (memcmp(a, r->b, (size_t)whole) != 0)
        return false;
    unsigned mask = 0xffu << (8 - rest) & 0xffu;
    return !rest || (a[whole] & mask) == (r->b[whole] & mask);
}

static bool v4_public(const unsigned char *a)
{
    for (size_t i = 0; i < sizeof V4 / sizeof *V4; i++)
        if (within(a, &V4[i]))
            return false;
    return true;
}

static bool v6_public(const unsigned char *a)
{
    static const Range mapped = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96},
                       nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96}, six_to_four = {{0x20, 0x02}, 16},
                       given_out = {{0x20}, 3};
    if (within(a, &mapped) || within(a, &nat64))
        return v4_public(a + 12);
    if (within(a, &six_to_four))
        return v4_public(a + 2);
    if (!within(a, &given_out))
        return false;
    for (size_t i = 0; i < sizeof V6 / sizeof *V6; i++)
        if (within(a, &V6[i]))
            return false;
    return true;
}

bool hook_addr_public(const struct sockaddr *sa)
{
    unsigned char a[16];
    if (sa->sa_family == AF_INET) {
        memcpy(a, &((const struct sockaddr_in *)(const void *)sa)->sin_addr, 4);
        return v4_public(a);
    }
    if (sa->sa_family == AF_INET6) {
        memcpy(a, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr, 16);
        return v6_public(a);
    }
    return false;
}

/* "[::1]", "10.1" and "0x7f000001" are addresses too: curl has written them out by now. */
static bool host_allowed(const char *host)
{
    char plain[64];
    size_t n = strlen(host);
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (host[0] == '[' && n > 2 && n < sizeof plain) {
        memcpy(plain, host + 1, n - 2);
        plain[n - 2] = '\0';
        return inet_pton(AF_INET6, plain, &v6.sin6_addr) == 1 &&
               hook_addr_public((const struct sockaddr *)&v6);
    }
    return inet_pton(AF_INET, host, &v4.sin_addr) != 1 ||
           hook_addr_public((const struct sockaddr *)&v4);
}

static bool part(CURLU *u, CURLUPart what, char **ret)
{
    *ret = NULL;
    return curl_url_get(u, what, ret, 0) == CURLUE_OK;
}

static bool plain_url(Str url)
{
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] <= ' ' || (unsigned char)url.p[i] >= 0x7f)
            return false;
    return url.n > 0;
}

HookUrl hook_url_judge(Arena *a, Str url, bool private_too, bool *ret_tls)
{
    char *scheme = NULL, *host = NULL, *user = NULL;
    CURLU *u = curl_url();
    bool good = u && plain_url(url) && url.n <= SERVICE_HOOK_URL &&
                curl_url_set(u, CURLUPART_URL, str_c(a, url), 0) == CURLUE_OK &&
                part(u, CURLUPART_SCHEME, &scheme) && part(u, CURLUPART_HOST, &host) &&
                (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
                !part(u, CURLUPART_USER, &user);
    bool allowed = good && (private_too || host_allowed(host));
    *ret_tls = good && strcmp(scheme, "https") == 0;
    curl_free(scheme);
    curl_free(host);
    curl_free(user);
    curl_url_cleanup(u);
    return !good ? HOOK_URL_BAD : allowed ? HOOK_URL_GOOD : HOOK_URL_PRIVATE;
}

Err hook_url_check(Ctx *c, Str url, bool private_too)
{
    bool tls;
    HookUrl is = hook_url_judge(c->arena, url, private_too, &tls);
    if (is == HOOK_URL_BAD)
        return ctx_field(c, "url", "webhook.url",
                         "an address that begins with https:// or http://, at most %d characters, "
                         "no name and password in it",
                         SERVICE_HOOK_URL);
    if (is == HOOK_URL_PRIVATE)
        return ctx_field(c, "url", "webhook.address",
                         "an address inside a private network; --hooks-private allows it");
    return ERR_OK;
}
