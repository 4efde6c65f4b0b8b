/* SPDX-License-Identifier: Apache-2.0 */
/* What every reply bears: security headers, the request's number, errors in one shape. */
#include "api/internal.h"

#include "base/codec.h"

#include <string.h>

#define PAGE_POLICY                                                                                \
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:%s; "      \
    "font-src 'self'; connect-src 'self'; media-src 'self' blob:; object-src 'none'; "             \
    "base-uri 'none'; form-action 'self'; frame-ancestors "

void reply_headers(Api *a, Buf *out, const NetRequest *r, ReplyKind kind, Str frame_ancestors)
{
    int64_t n = atomic_fetch_add(&a->request_n, 1) + 1;
    buf_fmt(out, "X-Request-Id: %llx-%llx\r\n", (unsigned long long)a->started_ms,
            (unsigned long long)n);
    buf_lit(out, "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n");
    if (kind == REPLY_API)
        buf_lit(out, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
                     "Cache-Control: no-store\r\n");
    else if (kind == REPLY_FILE)
        buf_lit(out, "Content-Security-Policy: default-src 'none'; sandbox\r\n"
                     "Cross-Origin-Resource-Policy: same-origin\r\n");
    else {
        /* the panel shows pictures of the shop's own goods */
        buf_fmt(out, "Content-Security-Policy: " PAGE_POLICY,
                kind == REPLY_FRAMED ? " https:" : "");
        buf_put(out, frame_ancestors.n ? frame_ancestors : STR("'self'"));
        buf_lit(out, "\r\nPermissions-Policy: camera=(), microphone=(), geolocation=(), "
                     "payment=()\r\n");
        if (kind == REPLY_PAGE)
            buf_lit(out, "Cross-Origin-Opener-Policy: same-origin\r\n");
    }
    if (r->secure)
        buf_lit(out, "Strict-Transport-Security: max-age=31536000\r\n");
}

void reply_error_body(Buf *out, const ErrSlot *e, Err err)
{
    JsonW w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key(&w, "error");
    jw_obj(&w);
    bool known = e && e->err && e->code;
    jw_kstr(&w, "code", known ? str_of(e->code) : STR("internal"));
    /* inner faults are for the log, not for strangers */
    bool inner = err == ERR_INTERNAL || err == ERR_STORAGE || !known;
    jw_kstr(&w, "message",
            inner ? STR("something went wrong here; it was written to the log") : str_of(e->text));
    if (known && e->field)
        jw_kstr(&w, "field", str_of(e->field));
    if (known && e->retry_after_ms)
        jw_ki64(&w, "retry_after_ms", e->retry_after_ms);
    jw_obj_end(&w);
    jw_obj_end(&w);
}

void reply_error(Api *a, NetConn conn, const NetRequest *r, Err err, const ErrSlot *e)
{
    Buf headers, body;
    buf_init(&headers, NULL, 4096);
    buf_init(&body, NULL, 4096);
    reply_headers(a, &headers, r, REPLY_API, STR_NONE);
    reply_error_body(&body, e, err);
    if (e && e->retry_after_ms)
        buf_fmt(&headers, "Retry-After: %ld\r\n", (e->retry_after_ms + 999) / 1000);
    NetResponse out = {.status = err_status(err),
                       .headers = buf_str(&headers),
                       .content_type = STR("application/json"),
                       .body = buf_str(&body)};
    if (err == ERR_INTERNAL || err == ERR_STORAGE) {
        atomic_fetch_add(&a->errors, 1);
        log_line(a->config.log, LOG_ERROR, "request failed", "path", r->path, "code",
                 str_of(e && e->code ? e->code : "internal"), "detail", str_of(e ? e->text : ""),
                 NULL);
    }
    net_respond(a->net, conn, &out);
    buf_finish(&headers);
    buf_finish(&body);
}

void reply_status(Api *a, NetConn conn, const NetRequest *r, int status, const char *code,
                  const char *text)
{
    Buf headers, body;
    buf_init(&headers, NULL, 4096);
    buf_init(&body, NULL, 1024);
    reply_headers(a, &headers, r, REPLY_API, STR_NONE);
    ErrSlot e = {.err = ERR_INVALID, .code = code};
    size_t n = strlen(text) < sizeof e.text ? strlen(text) : sizeof e.text - 1;
    memcpy(e.text, text, n);
    reply_error_body(&body, &e, ERR_INVALID);
    NetResponse out = {.status = status,
                       .headers = buf_str(&headers),
                       .content_type = STR("application/json"),
                       .body = buf_str(&body)};
    net_respond(a->net, conn, &out);
    buf_finish(&headers);
    buf_finish(&body);
}

Str reply_base_url(Arena *a, const NetRequest *r)
{
    return str_fmt(a, "%s://%.*s", r->secure ? "https" : "http", STR_ARG(r->host));
}

/* ---- for handlers ---- */

Str api_query(ApiCall *call, const char *key)
{
    return codec_query(call->c->arena, call->request->query, key);
}

Err api_query_i64(ApiCall *call, const char *key, int64_t dflt, int64_t min, int64_t max,
                  int64_t *ret)
{
    Str s = api_query(call, key);
    *ret = dflt;
    if (!s.n)
        return ERR_OK;
    if (!str_i64(s, ret) || *ret < min || *ret > max)
        return ctx_field(call->c, key, "request.query_value", "%s is a number from %lld to %lld",
                         key, (long long)min, (long long)max);
    return ERR_OK;
}

void api_cookie(ApiCall *call, const char *name, Str value, int64_t max_age_s)
{
    call->headers =
        str_fmt(call->c->arena,
                "%.*sSet-Cookie: %s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s\r\n",
                STR_ARG(call->headers), name, STR_ARG(value), (long long)max_age_s,
                call->request->secure ? "; Secure" : "");
}

Store *api_store(Api *a)
{
    return a->store;
}
Accounts *api_accounts(Api *a)
{
    return a->config.accounts;
}
Service *api_service(Api *a)
{
    return a->config.service;
}
bool api_demo(const Api *a)
{
    return a->config.demo;
}
const char *api_data_dir(const Api *a)
{
    return a->config.data_dir;
}
