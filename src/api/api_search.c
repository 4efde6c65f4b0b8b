/* SPDX-License-Identifier: Apache-2.0 */
/* Finding messages by any part of their text. */
#include "api/help.h"

#include "desk/search.h"

static void write_found(JsonW *w, const DeskFound *f)
{
    jw_obj(w);
    jw_kid(w, "conversation", f->conversation_id);
    jw_ki64(w, "seq", f->seq);
    jw_ki64(w, "at", f->at_ms);
    jw_kstr(w, "role", f->role);
    jw_kstr(w, "kind", f->kind);
    jw_kstr(w, "text", f->body);
    jw_key(w, "spans");
    jw_arr(w);
    for (size_t i = 0; i < f->span_n; i++) {
        jw_arr(w);
        jw_i64(w, f->spans[i].start);
        jw_i64(w, f->spans[i].end);
        jw_arr_end(w);
    }
    jw_arr_end(w);
    jw_key(w, "customer");
    jw_obj(w);
    jw_kid(w, "id", f->customer_id);
    jw_kstr(w, "name", f->customer_name);
    jw_obj_end(w);
    jw_obj_end(w);
}

static Err search(ApiCall *call)
{
    Ctx *c = call->c;
    DeskFoundPage page;
    int64_t limit;
    Str kind = api_query(call, "kind");
    Err err = api_query_i64(call, "limit", 20, 1, DESK_SEARCH_PAGE, &limit);
    if (!err && kind.n && !str_is(kind, "messages"))
        err = ctx_field(c, "kind", "request.query_value", "kind is messages");
    if (!err)
        err = desk_search(c, api_query(call, "q"), limit, api_query(call, "cursor"), &page);
    if (err)
        return err;
    JsonW *w = &call->w;
    jw_obj(w);
    jw_key(w, "items");
    jw_arr(w);
    for (size_t i = 0; i < page.n; i++)
        write_found(w, &page.items[i]);
    jw_arr_end(w);
    if (page.next.n)
        jw_kstr(w, "next", page.next);
    else
        jw_knull(w, "next");
    jw_ki64(w, "watermark", page.watermark_ms);
    jw_kbool(w, "complete", page.complete);
    jw_obj_end(w);
    return ERR_OK;
}

static const ApiRoute ROWS[] = {
    {NET_GET, "/api/search", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = search,
     .summary = "Messages that contain every word asked for, the newest first",
     .gives = "SearchHits", .query = "q kind limit cursor"},
};
const ApiRoutes API_ROUTES_SEARCH = {ROWS, sizeof ROWS / sizeof *ROWS};
