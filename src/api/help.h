/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HELP_H
#define API_HELP_H
/* help: what handlers of several resources need alike. */
#include "api/api.h"
#include "api/shape.h"

enum { API_SMALL = 4096 }; /* bytes of a small JSON body */

typedef struct {
    const Str *item; /* arena */
    size_t n;
    bool present;
} ApiTexts;

static inline bool api_supervises(const Ctx *c)
{
    return c->actor.role >= ROLE_SUPERVISOR;
}
ShapeFor api_viewer(const Ctx *c); /* staff */
/* {"items":[…],"next":…}: begin, write the items, end. */
void api_items(ApiCall *call);
void api_items_end(ApiCall *call, Str next); /* STR_NONE: null */
/* A JSON object of texts, for audit lines: pairs "key", Str, ended by NULL. Arena. */
Str api_detail(Ctx *c, ...);

/* ---- the body ---- */
/* Texts of a list: at most max_n of 1..max_chars code points. */
Err api_body_texts(ApiCall *call, const char *key, size_t max_n, size_t max_chars,
                   ApiTexts *ret) WARN_UNUSED;
/* The version of what was edited, a number or its text; -1: not said. */
Err api_body_version(ApiCall *call, const Json *obj, int64_t *ret) WARN_UNUSED;
/* A whole number; absent or null keeps *ret. */
Err api_body_i64(ApiCall *call, const Json *obj, const char *key, int64_t min, int64_t max,
                 int64_t *ret) WARN_UNUSED;
/* One line of text without control characters; absent: STR_NONE. */
Err api_body_line(ApiCall *call, const char *key, size_t max, Str *ret) WARN_UNUSED;
bool api_plain(Str s);   /* no control characters; line feeds neither */
bool api_web_url(Str s); /* http:// or https://, nothing that ends a quotation */
#endif
