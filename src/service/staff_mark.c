/* SPDX-License-Identifier: Apache-2.0 */
/* What staff note on a conversation: put aside, tags, stage of a purchase. Agents are locked before
 * conversations, as everywhere. */
#include "service/internal.h"

#include "base/utf8.h"

enum { TAG_CHARS = 24 };

static Err need_agent(Ctx *c)
{
    return c->actor.role >= ROLE_AGENT && c->actor.user_id
               ? ERR_OK
               : ctx_err(c, ERR_DENIED, "role.denied", "agents and their supervisors do this");
}

Err service_staff_snooze(Ctx *c, int64_t conversation_id, int64_t until, DeskConversation *ret)
{
    DeskConversation conv;
    Err err = need_agent(c);
    if (!err)
        err = desk_route_lock(c); /* a slot becomes free */
    if (!err)
        err = desk_conversation_lock(c, conversation_id, &conv);
    if (!err && conv.assignee_id != c->actor.user_id && c->actor.role < ROLE_SUPERVISOR)
        err = ctx_err(c, ERR_DENIED, "conversation.not_mine", "%s",
                      conv.assignee_id ? "a colleague has this one" : "take it first");
    if (!err)
        err = desk_conversation_snooze(c, &conv, until);
    return err ? err : desk_conversation_get(c, conversation_id, ret);
}

/* Tags are looked for in their JSON text: nothing in them may end a string or match by pattern. */
static Err check_tag(Ctx *c, Str s)
{
    bool ok = s.n > 0 && utf8_count(s) <= TAG_CHARS;
    for (size_t i = 0; i < s.n && ok; i++)
        ok = (unsigned char)s.p[i] >= 0x20 && s.p[i] != '"' && s.p[i] != '\\' && s.p[i] != '%';
    return ok ? ERR_OK
              : ctx_field(c, "add", "request.field_value",
                          "a tag has 1 to %d characters and no quotation marks, backslashes or per "
                          "cent signs",
                          TAG_CHARS);
}

static bool among(const Str *items, size_t n, Str s)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(items[i], s))
            return true;
    return false;
}

static Str write_tags(Arena *a, const Str *tags, size_t n)
{
    Buf b;
    JsonW w;
    buf_init(&b, a, 16384);
    jw_init(&w, &b);
    jw_arr(&w);
    for (size_t i = 0; i < n; i++)
        jw_str(&w, tags[i]);
    jw_arr_end(&w);
    return buf_str(&b);
}

static Err join_tags(Ctx *c, Str now_json, const Str *add, size_t add_n, const Str *drop,
                     size_t drop_n, Str *ret)
{
    const Json *now;
    Err err = json_parse(c->arena, &c->err, now_json.n ? now_json : STR("[]"), &now);
    if (err)
        return err;
    Str *kept = ARENA_ARRAY(c->arena, Str, json_count(now) + add_n + 1);
    size_t n = 0;
    for (const Json *v = json_first(now); v; v = json_next(v))
        if (!among(drop, drop_n, json_value_str(v)))
            kept[n++] = json_value_str(v);
    for (size_t i = 0; i < add_n; i++) {
        err = check_tag(c, add[i]);
        if (err)
            return err;
        if (!among(kept, n, add[i]))
            kept[n++] = add[i];
    }
    if (n > SERVICE_TAGS_MAX)
        return ctx_field(c, "add", "request.field_length", "at most %d tags", SERVICE_TAGS_MAX);
    *ret = write_tags(c->arena, kept, n);
    return ERR_OK;
}

Err service_staff_tags(Ctx *c, int64_t conversation_id, const Str *add, size_t add_n,
                       const Str *drop, size_t drop_n, DeskConversation *ret)
{
    DeskConversation conv;
    Str tags;
    Err err = need_agent(c);
    if (!err)
        err = desk_conversation_lock(c, conversation_id, &conv);
    if (!err)
        err = join_tags(c, conv.tags, add, add_n, drop, drop_n, &tags);
    if (!err && !str_eq(tags, conv.tags))
        err = desk_conversation_tag(c, &conv, tags);
    return err ? err : desk_conversation_get(c, conversation_id, ret);
}

Err service_staff_stage(Ctx *c, int64_t conversation_id, Str stage, DeskConversation *ret)
{
    DeskConversation conv;
    Err err = need_agent(c);
    if (!err)
        err = desk_conversation_lock(c, conversation_id, &conv);
    if (!err)
        err = desk_conversation_stage(c, &conv, stage);
    return err ? err : desk_conversation_get(c, conversation_id, ret);
}
