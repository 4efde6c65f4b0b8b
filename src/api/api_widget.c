/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of visitors. The panel is same-origin, and a token stands in for a log-in. */
#include "api/help.h"

#include "base/utf8.h"
#include "service/upload.h"

enum { PAGE_CHARS = 1000, TITLE_CHARS = 200, LOOK_PAGES = 5, TEXT_CHARS = 2000 };

static Err read_identity(ApiCall *call, ServiceSession *ss)
{
    const Json *j = json_get(call->body, "identity");
    ErrSlot *e = &call->c->err;
    if (!j || json_is_null(call->body, "identity"))
        return ERR_OK;
    if (!json_is_object(j))
        return ctx_field(call->c, "identity", "request.field_type",
                         "identity is an object with user_id and hash, or with jwt");
    Err err = json_opt_str(j, e, "jwt", 4000, &ss->jwt);
    if (err || ss->jwt.n)
        return err;
    err = json_need_str(j, e, "user_id", 1, 200, &ss->user_id);
    if (!err)
        err = json_need_str(j, e, "hash", 1, 200, &ss->user_hash);
    if (!err)
        err = json_opt_str(j, e, "name", 60, &ss->user_name);
    return err;
}

static Err session_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    ServiceSession *ss = ARENA_NEW(c->arena, ServiceSession);
    const Json *page = json_get(call->body, "page");
    call->work = ss;
    Err err = json_need_str(call->body, &c->err, "channel", 1, 80, &ss->channel_key);
    if (!err)
        err = api_body_line(call, "lang", 35, &ss->lang);
    if (!err)
        err = read_identity(call, ss);
    ss->token = json_str(call->body, "token");
    /* a page's address may be long; its head says where */
    ss->page_url = utf8_head(json_str(page, "url"), PAGE_CHARS);
    ss->page_title = utf8_head(json_str(page, "title"), TITLE_CHARS);
    return err;
}

static void write_limits(JsonW *w)
{
    jw_key(w, "limits");
    jw_obj(w);
    jw_ki64(w, "text_chars", TEXT_CHARS);
    jw_ki64(w, "file_bytes", UPLOAD_MAX_BYTES);
    jw_key(w, "file_types");
    jw_arr(w);
    for (size_t i = 0; upload_type(i); i++)
        jw_str(w, str_of(upload_type(i)));
    jw_arr_end(w);
    jw_obj_end(w);
}

static void write_session(JsonW *w, const ServiceSession *ss, int64_t now_ms)
{
    jw_obj(w);
    jw_kstr(w, "token", ss->new_token.n ? ss->new_token : ss->token);
    jw_key(w, "visitor");
    jw_obj(w);
    jw_kid(w, "id", ss->customer.id);
    jw_kstr(w, "name", ss->customer.name);
    jw_obj_end(w);
    jw_key(w, "channel");
    jw_obj(w);
    shape_channel_face(w, &ss->channel);
    jw_obj_end(w);
    write_limits(w);
    jw_kbool(w, "open", ss->open);
    if (ss->next_open_at)
        jw_ki64(w, "next_open_at", ss->next_open_at);
    else
        jw_knull(w, "next_open_at");
    jw_kid(w, "conversation", ss->has_conversation ? ss->conversation.id : 0);
    jw_ki64(w, "last_seq", ss->has_conversation ? ss->conversation.last_seq : 0);
    jw_ki64(w, "now", now_ms);
    jw_obj_end(w);
}

static Err session(ApiCall *call)
{
    ServiceSession ss = *(const ServiceSession *)call->work; /* a second run starts as the first */
    Err err = service_visitor_session(api_service(call->api), call->c, &ss);
    if (!err)
        write_session(&call->w, &ss, call->c->now_ms);
    return err;
}

/* The newest `limit` messages before a place that a visitor may see, filled from the end. */
static Err gather(ApiCall *call, int64_t conversation_id, int64_t before, DeskMessage *out,
                  size_t limit, size_t *ret_from)
{
    size_t from = limit;
    for (int page = 0; page < LOOK_PAGES && from > 0; page++) {
        DeskMessage *rows;
        size_t n;
        Err err = desk_message_list(call->c, conversation_id, 0, before, (int64_t)limit, &rows, &n);
        if (err)
            return err;
        for (size_t i = n; i > 0 && from > 0; i--)
            if (shape_message_seen(&rows[i - 1], SHAPE_VISITOR))
                out[--from] = rows[i - 1];
        if (n < limit)
            break;
        before = rows[0].seq;
    }
    *ret_from = from;
    return ERR_OK;
}

static Err messages(ApiCall *call)
{
    Ctx *c = call->c;
    ServiceMeta meta;
    int64_t before, limit;
    Err err = api_query_i64(call, "before", INT64_MAX, 1, INT64_MAX, &before);
    if (!err)
        err = api_query_i64(call, "limit", 30, 1, 100, &limit);
    if (!err)
        err = service_visitor_meta(api_service(call->api), c, &meta);
    if (err)
        return err;
    size_t n = (size_t)limit, from = n;
    DeskMessage *seen = ARENA_ARRAY(c->arena, DeskMessage, n);
    if (meta.has_conversation)
        err = gather(call, meta.conversation.id, before, seen, n, &from);
    api_items(call);
    for (size_t i = from; i < n; i++)
        shape_message(&call->w, &seen[i], SHAPE_VISITOR);
    api_items_end(call, STR_NONE);
    return err;
}

static Err offline(ApiCall *call)
{
    Ctx *c = call->c;
    Str name, contact, text, receipt;
    Err err = api_body_line(call, "name", 60, &name);
    if (!err)
        err = json_need_str(call->body, &c->err, "contact", 1, 120, &contact);
    if (!err && !api_plain(contact))
        err = ctx_field(c, "contact", "request.field_value", "contact is one line of text");
    if (!err)
        err = json_need_str(call->body, &c->err, "text", 1, TEXT_CHARS, &text);
    if (!err)
        err = service_visitor_offline(api_service(call->api), c, name.p ? name : STR(""),
                                      str_trim(contact), text, &receipt);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_kstr(&call->w, "receipt", receipt);
    jw_obj_end(&call->w);
    return ERR_OK;
}

static const ApiRoute ROWS[] = {
    {NET_POST, "/api/widget/session", API_ANYONE, 0, API_TX_WRITE, 16384,
     .prepare = session_prepare, .run = session,
     .summary = "Begin or go on as a visitor of a channel", .takes = "VisitorSession",
     .gives = "VisitorWelcome"},
    {NET_GET, "/api/widget/messages", API_VISITOR, 0, API_TX_READ, 0, .run = messages,
     .summary = "Earlier messages of the visitor's conversation, newest last", .gives = "Messages",
     .query = "before limit"},
    {NET_POST, "/api/widget/offline", API_VISITOR, 0, API_TX_WRITE, 32768, .run = offline,
     .summary = "Leave word and a way to be reached while nobody is there", .takes = "Offline",
     .gives = "Receipt"},
};
const ApiRoutes API_ROUTES_WIDGET = {ROWS, sizeof ROWS / sizeof ROWS[0]};
