/* SPDX-License-Identifier: Apache-2.0 */
/* Embedded pages, scripts, pictures: answered by the loop itself, from memory. */
#include "api/internal.h"

#include <string.h>

const WebFile *web_file(Str path)
{
    for (const WebFile *f = WEB_FILES; f->path; f++) /* some dozens */
        if (str_is(path, f->path))
            return f;
    return NULL;
}

static bool accepts(const NetRequest *r, const char *coding)
{
    Str list = net_header(r, "accept-encoding");
    while (list.n) {
        Str item = str_cut(&list, ','), name = str_trim(str_cut(&item, ';'));
        Str q = str_trim(item);
        if (str_is(name, coding))
            return !str_is(q, "q=0") && !str_starts(q, STR("q=0.0"));
    }
    return false;
}

static void answer(Api *a, NetConn conn, const NetRequest *r, const WebFile *f, ReplyKind kind)
{
    Buf headers;
    buf_init(&headers, NULL, 8192);
    reply_headers(a, &headers, r, kind, STR_NONE);
    buf_fmt(&headers, "ETag: \"%s\"\r\n", f->etag);
    if (f->immutable)
        buf_lit(&headers, "Cache-Control: public, max-age=31536000, immutable\r\n");
    else if (str_is(r->path, "/widget/loader.js")) /* shop pages fetch it each time they open */
        buf_lit(&headers, "Cache-Control: public, max-age=300\r\n");
    else
        buf_lit(&headers, "Cache-Control: no-cache\r\n");
    if (str_starts(r->path, STR("/widget/")))
        buf_lit(&headers, "Cross-Origin-Resource-Policy: cross-origin\r\n"
                          "Access-Control-Allow-Origin: *\r\n");
    Str known = net_header(r, "if-none-match");
    NetResponse out = {.status = 200, .body_static = true, .content_type = str_of(f->type)};
    if (known.n && str_find(known, str_of(f->etag)) >= 0) {
        out.status = 304;
        out.content_type = STR_NONE;
    } else if (f->brotli && accepts(r, "br")) {
        out.body = (Str){(const char *)f->brotli, f->brotli_n};
        buf_lit(&headers, "Content-Encoding: br\r\n");
    } else if (f->gzip && accepts(r, "gzip")) {
        out.body = (Str){(const char *)f->gzip, f->gzip_n};
        buf_lit(&headers, "Content-Encoding: gzip\r\n");
    } else
        out.body = (Str){(const char *)f->bytes, f->n};
    if (f->brotli || f->gzip)
        buf_lit(&headers, "Vary: Accept-Encoding\r\n");
    out.headers = buf_str(&headers);
    net_respond(a->net, conn, &out);
    buf_finish(&headers);
}

/* Which file a path means; NULL: none. */
static const WebFile *choose(const Api *a, Str path, ReplyKind *ret_kind)
{
    *ret_kind = REPLY_PAGE;
    if (str_is(path, "/demo") || str_starts(path, STR("/demo/"))) {
        if (!a->config.demo)
            return NULL;
        bool index = str_is(path, "/demo") || str_is(path, "/demo/");
        return web_file(index ? STR("/demo/index.html") : path);
    }
    if (str_starts(path, STR("/widget/")))
        return str_is(path, "/widget/panel.html") ? NULL : web_file(path);
    const WebFile *f = web_file(path);
    if (f || str_starts(path, STR("/assets/")))
        return f;
    return web_file(STR("/index.html")); /* the workbench finds its own way */
}

bool web_answer(Api *a, NetConn conn, const NetRequest *r)
{
    if (r->method != NET_GET && r->method != NET_HEAD)
        return false;
    ReplyKind kind;
    const WebFile *f = choose(a, r->path, &kind);
    if (!f)
        return false;
    answer(a, conn, r, f, kind);
    return true;
}
