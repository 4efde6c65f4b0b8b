/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/internal.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/rng.h"
#include "sql/channel.h"

static const StoreField FIELDS[] = {
    STORE_FIELD(DeskChannel, id),       STORE_FIELD(DeskChannel, shop_id),
    STORE_FIELD(DeskChannel, key),      STORE_FIELD(DeskChannel, kind),
    STORE_FIELD(DeskChannel, name),     STORE_FIELD(DeskChannel, secret),
    STORE_FIELD(DeskChannel, config),   STORE_FIELD(DeskChannel, greeting_ms),
    STORE_FIELD(DeskChannel, reply_ms), STORE_FIELD(DeskChannel, sla_version),
    STORE_FIELD(DeskChannel, active),
};
static const StoreMap MAP = STORE_MAP(DeskChannel, FIELDS);

Err desk_event(Ctx *c, const char *kind, int64_t conversation_id, int64_t subject_id, int64_t seq)
{
    return store_event_append(c, &(StoreEvent){.shop_id = desk_shop(c),
                                               .kind = str_of(kind),
                                               .conversation_id = conversation_id,
                                               .subject_id = subject_id,
                                               .seq = seq,
                                               .at_ms = c->now_ms});
}

Err desk_channel_by_key(Ctx *c, Str key, DeskChannel *ret)
{
    bool found;
    Err err = store_one(c, &CHANNEL_BY_KEY, BINDS(text(key)), &MAP, ret, &found);
    if (err)
        return err;
    if (!found || !ret->active)
        return ctx_err(c, ERR_NOT_FOUND, "channel.unknown", "no active channel has this key");
    return ERR_OK;
}

Err desk_channel_by_id(Ctx *c, int64_t id, DeskChannel *ret)
{
    bool found;
    Err err = store_one(c, &CHANNEL_BY_ID, BINDS(i64(id)), &MAP, ret, &found);
    if (!err && (!found || !ret->active))
        err = ctx_err(c, ERR_NOT_FOUND, "channel.unknown", "no active channel has this id");
    return err;
}

Err desk_channel_get(Ctx *c, int64_t id, DeskChannel *ret)
{
    bool found;
    Err err = store_one(c, &CHANNEL_GET, BINDS(i64(id), i64(desk_shop(c))), &MAP, ret, &found);
    if (!err && !found)
        err = ctx_err(c, ERR_NOT_FOUND, "channel.unknown", "no such channel");
    return err;
}

Err desk_channel_list(Ctx *c, DeskChannel **ret, size_t *ret_n)
{
    return store_all(c, &CHANNEL_LIST, BINDS(i64(desk_shop(c))), &MAP, ret, ret_n);
}

Err desk_channel_put(Ctx *c, DeskChannel *ch)
{
    if (ch->id == 0) {
        ch->id = ctx_id(c);
        ch->shop_id = desk_shop(c);
        if (!ch->key.n)
            ch->key = rng_token(c->arena, 12);
        ch->secret = rng_token(c->arena, 32);
        ch->sla_version = 1;
        ch->active = true;
        Err err =
            store_exec(c, &CHANNEL_INSERT,
                       BINDS(i64(ch->id), i64(ch->shop_id), text(ch->key), text(ch->kind),
                             text(ch->name), text(ch->secret), text(ch->config),
                             null_if_0(ch->greeting_ms), null_if_0(ch->reply_ms), i64(c->now_ms)),
                       NULL);
        return err ? err : desk_event(c, "channel.created.1", 0, ch->id, 0);
    }
    int64_t rows;
    Err err = store_exec(c, &CHANNEL_UPDATE,
                         BINDS(i64(ch->id), i64(desk_shop(c)), text(ch->name), text(ch->config),
                               null_if_0(ch->greeting_ms), null_if_0(ch->reply_ms),
                               i64(ch->sla_version), i64(ch->active)),
                         &rows);
    if (!err && rows == 0)
        err = ctx_err(c, ERR_NOT_FOUND, "channel.unknown", "no such channel");
    return err ? err : desk_event(c, "channel.changed.1", 0, ch->id, 0);
}

Err desk_channel_create_first(Ctx *c, Str name, Str site, int64_t *ret_channel_id)
{
    Buf b;
    buf_init(&b, c->arena, 4096);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "color", STR("#0b5cd7"));
    jw_kstr(&w, "greeting", STR("您好，请问有什么可以帮您？"));
    jw_kstr(&w, "agent_label", name);
    jw_kstr(&w, "address_form", STR("您"));
    jw_kstr(&w, "offline_text", STR("现在是休息时间。留下联系方式，上班后我们第一时间回复您。"));
    jw_kstr(&w, "privacy_text", STR("聊天内容会保存下来用于处理您的问题。"));
    jw_key(&w, "quick_questions");
    jw_arr(&w);
    jw_str(&w, STR("什么时候发货？"));
    jw_str(&w, STR("怎么退换货？"));
    jw_str(&w, STR("帮我查一下物流"));
    jw_arr_end(&w);
    jw_key(&w, "allowed_origins");
    jw_arr(&w);
    if (site.n)
        jw_str(&w, site);
    jw_arr_end(&w);
    jw_obj_end(&w);
    DeskChannel ch = {.kind = STR("web"), .name = name, .config = buf_str(&b)};
    Err err = desk_channel_put(c, &ch);
    if (!err)
        *ret_channel_id = ch.id;
    return err;
}
