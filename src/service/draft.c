/* SPDX-License-Identifier: Apache-2.0 */
/* What a message must be before it is stored, the same for both sides, and what goes with it.
 * `extra` of a message: {"file":{…},"card":{…}} as in the protocol, {"script":id},
 * {"guard":[rules that the agent has seen and overridden]}, {"reply_to":seq}, {"offline":{…}}. */
#include "service/internal.h"

#include "base/utf8.h"
#include "desk/file.h"

enum { EXTRA_BYTES = 16384, CARD_TITLE = 200, CARD_LINK = 2000, CARD_BYTES = 8192 };

static bool blank(Str s)
{
    size_t at = 0;
    while (at < s.n) {
        uint32_t cp = utf8_next(s, &at);
        if (cp > 0x20 && cp != 0xA0 && cp != 0x3000 && cp != 0xFEFF && (cp < 0x2000 || cp > 0x200F))
            return false;
    }
    return true;
}

static bool client_id_ok(Str s)
{
    if (s.n == 0 || s.n > SERVICE_CLIENT_ID_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20)
            return false;
    return true;
}

/* Nothing that a browser would run. */
static bool link_ok(Str s)
{
    return s.n == 0 || str_starts(s, STR("https://")) || str_starts(s, STR("http://"));
}

/* Written anew, so that nothing else travels with it. */
static Err card(Ctx *c, ServiceSend *m)
{
    const Json *j;
    if (m->card_json.n > CARD_BYTES)
        return ctx_field(c, "card", "message.card", "a card has at most %d bytes", CARD_BYTES);
    Err err = json_parse(c->arena, &c->err, m->card_json, &j);
    if (err)
        return err;
    static const struct {
        const char *key;
        size_t max;
        bool link;
    } fields[] = {{"title", CARD_TITLE, false},
                  {"subtitle", CARD_TITLE, false},
                  {"price", 40, false},
                  {"image", CARD_LINK, true},
                  {"url", CARD_LINK, true}};
    Buf b;
    buf_init(&b, c->arena, EXTRA_BYTES);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        Str v = json_str(j, fields[i].key);
        if (utf8_count(v) > fields[i].max || (fields[i].link && !link_ok(v)))
            return ctx_field(c, "card", "message.card",
                             "%s of the card is too long or no http link", fields[i].key);
        if (v.n)
            jw_kstr(&w, fields[i].key, v);
    }
    jw_obj_end(&w);
    if (blank(json_str(j, "title")))
        return ctx_field(c, "card", "message.card", "a card needs a title");
    m->card_json = buf_str(&b);
    return ERR_OK;
}

Err service_draft(Ctx *c, ServiceSend *m, bool staff)
{
    size_t max = staff ? (size_t)DESK_TEXT_MAX : (size_t)SERVICE_VISITOR_TEXT_MAX;
    Str kind = m->kind.n ? m->kind : STR("text");
    bool is_text = str_is(kind, "text"), note = staff && str_is(kind, "note");
    bool file = str_is(kind, "image") || str_is(kind, "file"), is_card = str_is(kind, "card");
    if (!client_id_ok(m->client_id))
        return ctx_field(c, "client_id", "message.client_id",
                         "client_id is text of 1 to %d bytes, another one for each message",
                         SERVICE_CLIENT_ID_MAX);
    if (!is_text && !note && !file && !is_card)
        return ctx_field(c, "kind", "message.kind", "kind is one of text, image, file, card%s",
                         staff ? ", note" : "");
    if (utf8_count(m->text) > max)
        return ctx_field(c, "text", "message.too_long", "at most %zu characters", max);
    if ((is_text || note) && blank(m->text))
        return ctx_field(c, "text", "message.empty", "there is nothing in the message");
    if (file && m->file_id <= 0)
        return ctx_field(c, "file", "file.unknown", "upload the file first and name its id");
    if (is_card) {
        Err err = card(c, m);
        if (err)
            return err;
    }
    m->draft = (DeskDraft){.kind = kind, .body = service_plain(m->text), .client_id = m->client_id};
    return ERR_OK;
}

Err service_draft_extra(Ctx *c, ServiceSend *m, Str offline_json)
{
    bool image = str_is(m->draft.kind, "image"), file = image || str_is(m->draft.kind, "file");
    Buf b;
    buf_init(&b, c->arena, EXTRA_BYTES);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    size_t empty = b.n;
    if (file) {
        DeskFile f;
        Err err = desk_file_use(c, m->file_id, &f);
        if (err)
            return err;
        if (image && !str_starts(f.type, STR("image/")))
            return ctx_field(c, "kind", "message.kind", "this file is no image");
        jw_kraw(&w, "file", desk_file_json(c->arena, &f));
    }
    if (str_is(m->draft.kind, "card"))
        jw_kraw(&w, "card", m->card_json);
    if (m->draft.script_id.n)
        jw_kstr(&w, "script", m->draft.script_id);
    if (m->overridden_n) {
        jw_key(&w, "guard");
        jw_arr(&w);
        for (size_t i = 0; i < m->overridden_n; i++)
            jw_str(&w, m->overridden[i]);
        jw_arr_end(&w);
    }
    if (m->reply_to > 0)
        jw_ki64(&w, "reply_to", m->reply_to);
    if (offline_json.n)
        jw_kraw(&w, "offline", offline_json);
    if (b.n == empty) {
        m->draft.extra = STR_NONE;
        return ERR_OK;
    }
    jw_obj_end(&w);
    m->draft.extra = buf_str(&b);
    return b.over ? ctx_err(c, ERR_TOO_LARGE, "message.too_long", "too much goes with this message")
                  : ERR_OK;
}
