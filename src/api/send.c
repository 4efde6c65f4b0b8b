/* SPDX-License-Identifier: Apache-2.0 */
#include "api/send.h"

#include "api/help.h"

enum { GUARD_SEEN_MAX = 32 };

static Err card_link(Ctx *c, const Json *card, const char *key, JsonW *w)
{
    Str s;
    Err err = json_opt_str(card, &c->err, key, 1000, &s);
    if (err || !s.n)
        return err;
    if (!api_web_url(s))
        return ctx_field(c, key, "request.field_value", "%s of a card is an http or https address",
                         key);
    jw_kstr(w, key, s);
    return ERR_OK;
}

static Err card_text(Ctx *c, const Json *card, const char *key, size_t max, JsonW *w)
{
    Str s;
    Err err = json_opt_str(card, &c->err, key, max, &s);
    if (!err && s.n)
        jw_kstr(w, key, s);
    return err;
}

static Err read_card(Ctx *c, const Json *card, Str *ret)
{
    Buf b;
    JsonW w;
    Str title;
    buf_init(&b, c->arena, 16384);
    jw_init(&w, &b);
    Err err = json_need_str(card, &c->err, "title", 1, 120, &title);
    if (err)
        return err;
    jw_obj(&w);
    jw_kstr(&w, "title", title);
    err = card_text(c, card, "subtitle", 200, &w);
    if (!err)
        err = card_text(c, card, "price", 40, &w);
    if (!err)
        err = card_link(c, card, "image", &w);
    if (!err)
        err = card_link(c, card, "url", &w);
    jw_obj_end(&w);
    if (!err)
        *ret = buf_str(&b);
    return err;
}

static Err read_seen(Ctx *c, const Json *list, ServiceSend *m)
{
    if (!json_is_array(list) || json_count(list) > GUARD_SEEN_MAX)
        return ctx_field(c, "guard_seen", "request.field_type", "guard_seen is a list of rule ids");
    Str *seen = ARENA_ARRAY(c->arena, Str, GUARD_SEEN_MAX);
    for (const Json *v = json_first(list); v; v = json_next(v))
        if (json_is_string(v))
            seen[m->guard_seen_n++] = json_value_str(v);
    m->guard_seen = seen;
    return ERR_OK;
}

Err api_read_send(Ctx *c, const Json *j, ServiceSend *ret)
{
    ServiceSend m = {.conversation_id = ret->conversation_id,
                     .client_id = json_str(j, "client_id"),
                     .kind = json_str(j, "kind"),
                     .text = json_str(j, "text"),
                     .reply_to = json_i64(j, "reply_to", 0)};
    if (!m.kind.n)
        m.kind = STR("text");
    if (!m.text.p)
        m.text = STR("");
    Err err = json_opt_str(j, &c->err, "suggestion", 80, &m.script_id);
    if (!err && json_has(j, "file") && !json_is_null(j, "file") && !json_id(j, "file", &m.file_id))
        err = ctx_field(c, "file", "request.field_type", "file is the id of an upload");
    if (!err && json_has(j, "card") && !json_is_null(j, "card"))
        err = read_card(c, json_get(j, "card"), &m.card_json);
    if (!err && json_has(j, "guard_seen") && !json_is_null(j, "guard_seen"))
        err = read_seen(c, json_get(j, "guard_seen"), &m);
    if (!err)
        *ret = m;
    return err;
}
