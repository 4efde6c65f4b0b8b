/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_HOOK_INTERNAL_H
#define SERVICE_HOOK_INTERNAL_H
/* Shared by the files of hook only. */
#include "service/hook.h"
#include "service/internal.h"

#include <sys/socket.h>

extern const StoreMap SERVICE_HOOK_MAP; /* columns of hook.list */

/* ---- hook_addr.c: pure ---- */
/* An address on the open Internet: none of private, local, shared, documentation and multicast
 * ones, nor an IPv4 one of these inside an IPv6 one. */
bool hook_addr_public(const struct sockaddr *sa);
/* What an address may be used for; *ret_tls: https. Pure. */
typedef enum { HOOK_URL_GOOD, HOOK_URL_BAD, HOOK_URL_PRIVATE } HookUrl;
HookUrl hook_url_judge(Arena *a, Str url, bool private_too, bool *ret_tls);
/* http or https, with a host, without a name and password. INVALID webhook.url; webhook.address for
 * an address that is written out and not public. */
Err hook_url_check(Ctx *c, Str url, bool private_too) WARN_UNUSED;

/* ---- hook_body.c ---- */
/* What an event tells. *ret_body empty: nothing. Ids and codes; with texts also what people said,
 * their names and addresses of pages. */
typedef struct {
    int64_t delivery_id, hook_id;
    const char *name;
    bool texts;
} HookTelling;
Err hook_body(Ctx *c, const StoreEvent *ev, const HookTelling *t, Str *ret_body,
              int64_t *ret_customer_id) WARN_UNUSED;
#endif
