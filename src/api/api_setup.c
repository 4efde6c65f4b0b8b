/* SPDX-License-Identifier: Apache-2.0 */
/* The first start: an owner, a shop and a channel, then a page to chat on. */
#include "accounts/password.h"
#include "accounts/shop.h"
#include "api/api_accounts.h"
#include "api/shape.h"
#include "desk/desk.h"

static Err setup_state(ApiCall *call)
{
    int64_t shops;
    Err err = accounts_shop_count(call->c, &shops);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_kbool(&call->w, "needed", shops == 0);
    jw_kbool(&call->w, "demo", api_demo(call->api));
    jw_obj_end(&call->w);
    return ERR_OK;
}

typedef struct {
    Str email, name, password, hash;
    Str shop, timezone, channel, site;
} Setup;

static Err still_needed(Ctx *c, void *arg)
{
    (void)arg;
    int64_t shops;
    Err err = accounts_shop_count(c, &shops);
    if (!err && shops)
        err = ctx_err(c, ERR_CONFLICT, "setup.done", "this installation is set up already");
    return err;
}

static Err read_form(const Json *body, ErrSlot *e, Setup *s)
{
    const Json *owner = json_get(body, "owner"), *shop = json_get(body, "shop"),
               *channel = json_get(body, "channel");
    Err err = json_need_str(owner, e, "email", 3, 254, &s->email);
    if (!err)
        err = json_need_str(owner, e, "name", 1, 60, &s->name);
    if (!err)
        err = json_need_str(owner, e, "password", 1, 1000, &s->password);
    if (!err)
        err = json_need_str(shop, e, "name", 1, 60, &s->shop);
    if (!err)
        err = json_need_str(shop, e, "timezone", 1, 64, &s->timezone);
    if (!err)
        err = json_opt_str(channel, e, "name", 60, &s->channel);
    return err ? err : json_opt_str(channel, e, "site", 200, &s->site);
}

static Err setup_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    Setup *s = ARENA_NEW(c->arena, Setup);
    call->work = s;
    Err err = store_read(api_store(call->api), c, still_needed, NULL);
    if (!err)
        err = read_form(call->body, &c->err, s);
    if (err)
        return err;
    Str words[] = {s->email, s->name, s->shop};
    err = accounts_password_check(c, "password", s->password, words, sizeof words / sizeof *words);
    return err ? err : accounts_password_hash(c, api_accounts(call->api), s->password, &s->hash);
}

static Err make_shop(Ctx *c, const Setup *s, int64_t *ret_owner)
{
    c->actor = (Actor){.role = ROLE_SYSTEM, .address = c->actor.address};
    Err err = accounts_setup_claim(c);
    if (!err)
        err = accounts_shop_create(c, s->shop, s->timezone, &c->actor.shop_id);
    return err ? err
               : accounts_user_create(c,
                                      &(AccountsNewUser){.email = s->email,
                                                         .name = s->name,
                                                         .role = ROLE_OWNER,
                                                         .password_hash = s->hash},
                                      ret_owner);
}

/* The new owner is logged in and acts from here on. */
static Err enter(ApiCall *call, int64_t owner, AccountsNewSession *ret)
{
    Ctx *c = call->c;
    AccountsUser u;
    Err err = accounts_user_get(c, owner, &u);
    if (!err)
        err = accounts_session_create(c, owner, c->actor.shop_id,
                                      net_header(call->request, "user-agent"), ret);
    if (err)
        return err;
    c->actor = (Actor){.role = ROLE_OWNER,
                       .shop_id = c->actor.shop_id,
                       .user_id = owner,
                       .session_id = ret->id,
                       .name = u.nickname,
                       .address = c->actor.address,
                       .scopes = UINT32_MAX};
    return accounts_audit(c, "setup.done", c->actor.shop_id, STR_NONE);
}

static Err setup(ApiCall *call)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    const Setup *s = call->work;
    AccountsNewSession session;
    DeskChannel channel;
    int64_t owner, channel_id;
    Err err = make_shop(c, s, &owner);
    if (!err)
        err = enter(call, owner, &session);
    if (!err)
        err =
            desk_channel_create_first(c, s->channel.n ? s->channel : s->shop, s->site, &channel_id);
    if (!err)
        err = desk_channel_get(c, channel_id, &channel);
    if (err)
        return err;
    accounts_set_cookie(call, session.token);
    jw_obj(w);
    err = accounts_write_me(call);
    jw_key(w, "channel");
    shape_channel(w, &channel, call->base_url, true);
    jw_kstr(w, "snippet",
            str_fmt(c->arena,
                    "<script src=\"%.*s/widget/loader.js\" data-channel=\"%.*s\" async></script>",
                    STR_ARG(call->base_url), STR_ARG(channel.key)));
    jw_kstr(w, "csrf", session.csrf);
    jw_obj_end(w);
    return err;
}

static const ApiRoute ROWS[] = {
    {NET_GET, "/api/setup", API_ANYONE, 0, API_TX_READ, 0, .run = setup_state,
     .summary = "Does this installation wait for its first owner?", .gives = "SetupState"},
    {NET_POST, "/api/setup", API_ANYONE, 0, API_TX_WRITE, 8192, .slow = true,
     .prepare = setup_prepare, .run = setup,
     .summary = "First owner, shop and channel; logs in. Once only", .takes = "Setup",
     .gives = "SetupDone"},
};
const ApiRoutes API_ROUTES_SETUP = {ROWS, sizeof ROWS / sizeof *ROWS};
