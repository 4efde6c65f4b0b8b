/* SPDX-License-Identifier: Apache-2.0 */
/* Visitors: who they are, and what they may do besides writing. */
#include "service/internal.h"

#include "base/codec.h"
#include "base/rng.h"
#include "base/utf8.h"

enum {
    NAME_CHARS = 60,
    CONTACT_CHARS = 200,
    URL_CHARS = 1000,
    TITLE_CHARS = 200,
    LANG_CHARS = 16,
    RATING_NOTE_CHARS = 500,
    RATING_TAGS = 10
};

static void act_as(Ctx *c, const DeskChannel *ch, const DeskCustomer *cu)
{
    c->actor = (Actor){.role = ROLE_VISITOR,
                       .shop_id = ch->shop_id,
                       .customer_id = cu ? cu->id : 0,
                       .channel_id = ch->id,
                       .name = cu ? cu->name : STR_NONE,
                       .address = c->actor.address};
}

/* The customer behind a token of this channel; false: nobody. Whom the desk has merged into
 * somebody else is followed, but never into a proved identity: a word to the agent is no proof. */
static Err customer_of(Ctx *c, const ServiceToken *t, const DeskChannel *ch, DeskCustomer *cu,
                       bool *ret_found)
{
    *ret_found = false;
    int64_t id = t->customer_id;
    for (int hops = 0; hops < 8; hops++) {
        Err err = desk_customer_get(c, id, cu);
        if (err == ERR_NOT_FOUND) {
            err_clear(&c->err);
            return ERR_OK;
        }
        if (err)
            return err;
        bool first = hops == 0;
        if (first && !service_token_ok(t, ch->secret, cu->is_signed, c->now_ms))
            return ERR_OK;
        if (cu->erased_at || (!first && cu->is_signed))
            return ERR_OK;
        if (!cu->merged_into) {
            *ret_found = true;
            return ERR_OK;
        }
        id = cu->merged_into;
    }
    return ERR_OK;
}

Err service_visitor_actor(Service *s, Ctx *c, Str token, Actor *ret)
{
    (void)s;
    ServiceToken t;
    DeskChannel ch;
    DeskCustomer cu;
    bool found = false;
    Actor keep = c->actor;
    Err err = ERR_OK;
    if (service_token_read(c, token, &t)) {
        err = desk_channel_by_id(c, t.channel_id, &ch);
        if (!err) {
            act_as(c, &ch, NULL);
            err = customer_of(c, &t, &ch, &cu, &found);
        } else if (err == ERR_NOT_FOUND) {
            err = ERR_OK;
        }
    }
    if (found)
        act_as(c, &ch, &cu);
    Actor visitor = c->actor;
    c->actor = keep; /* before *ret is written: it may be c->actor */
    if (err)
        return err;
    if (!found)
        return ctx_err(c, ERR_AUTH, "visitor.token", "begin a new session");
    *ret = visitor;
    return ERR_OK;
}

/* Two open talks of one customer on one channel would leave the older one unheard. */
static Err join_talks(Service *s, Ctx *c, const DeskChannel *ch, int64_t from, int64_t into)
{
    DeskConversation a, b;
    bool has_a, has_b;
    Err err = desk_conversation_current(c, from, ch->id, &a, &has_a);
    if (!err)
        err = desk_conversation_current(c, into, ch->id, &b, &has_b);
    if (!err)
        err = desk_customer_merge(c, from, into);
    if (err || !has_a || !has_b || service_closed(&a) || service_closed(&b))
        return err;
    const ServiceShop *shop;
    err = service_shop(s, c, &shop);
    if (err)
        return err;
    DeskRules rules = service_shop_rules(shop, ch);
    bool a_newer = a.id > b.id;
    DeskConversation *older = a_newer ? &b : &a, *newer = a_newer ? &a : &b;
    older->customer_id = newer->customer_id = into;
    return desk_conversation_merge(c, &rules, older, newer);
}

static Err create(Ctx *c, const ServiceSession *ss, Str name, bool is_signed, DeskCustomer *cu)
{
    *cu = (DeskCustomer){.name = service_plain(name),
                         .note = STR(""),
                         .vip = STR(""),
                         .contact = STR(""),
                         .is_signed = is_signed,
                         .channel_id = ss->channel.id,
                         .page_url = service_plain(ss->page_url),
                         .page_title = service_plain(ss->page_title),
                         .lang = service_plain(ss->lang)};
    return desk_customer_create(c, cu);
}

/* The customer of a proved identity: known; or whoever comes with the token, from now on known; or
 * new. */
static Err sign_in(Service *s, Ctx *c, const ServiceSession *ss, Str user_id, Str name, bool known,
                   DeskCustomer *cu)
{
    bool anonymous = known && !cu->is_signed;
    int64_t id;
    Err err = desk_customer_by_identity(c, ss->channel.id, user_id, &id);
    if (err)
        return err;
    if (!id) {
        if (anonymous)
            err = desk_customer_sign(c, cu->id, name);
        else
            err = create(c, ss, name, true, cu);
        if (!err)
            err = desk_customer_identify(c, ss->channel.id, user_id, cu->id);
        return err ? err : desk_customer_get(c, cu->id, cu);
    }
    if (anonymous && cu->id != id)
        err = join_talks(s, c, &ss->channel, cu->id, id);
    if (!err)
        err = desk_customer_sign(c, id, name);
    return err ? err : desk_customer_get(c, id, cu);
}

static void clip(ServiceSession *ss)
{
    ss->page_url = service_plain(utf8_head(ss->page_url, URL_CHARS));
    ss->page_title = service_plain(utf8_head(ss->page_title, TITLE_CHARS));
    ss->lang = service_plain(utf8_head(ss->lang, LANG_CHARS));
}

/* A talk that ended a while ago is history: the panel begins empty. */
static bool still_shown(const Ctx *c, const DeskConversation *v)
{
    return !service_closed(v) || c->now_ms - v->closed_at <= DESK_REOPEN_MS;
}

static Err find_talk(Service *s, Ctx *c, DeskConversation *conv, bool *ret_has, bool *ret_open,
                     int64_t *ret_next)
{
    const ServiceShop *shop;
    Err err = desk_conversation_newest(c, c->actor.customer_id, c->actor.channel_id, conv, ret_has);
    if (err)
        return err;
    *ret_has = *ret_has && still_shown(c, conv);
    err = service_shop(s, c, &shop);
    if (err)
        return err;
    *ret_open = hours_open_at(shop->rules.hours, c->now_ms);
    *ret_next = *ret_open ? 0 : hours_next_open(shop->rules.hours, c->now_ms);
    return ERR_OK;
}

Err service_visitor_session(Service *s, Ctx *c, ServiceSession *ss)
{
    Err err = desk_channel_by_key(c, ss->channel_key, &ss->channel);
    if (err)
        return err;
    act_as(c, &ss->channel, NULL);
    clip(ss);
    ServiceToken t;
    bool known = false;
    Str user_id, name;
    err = service_identity(c, ss, ss->channel.secret, &user_id, &name);
    if (!err && service_token_read(c, ss->token, &t) && t.channel_id == ss->channel.id)
        err = customer_of(c, &t, &ss->channel, &ss->customer, &known);
    if (err)
        return err;
    bool created = false;
    if (user_id.n) {
        err = sign_in(s, c, ss, user_id, utf8_head(service_plain(name), NAME_CHARS), known,
                      &ss->customer);
    } else if (!known) {
        err = create(c, ss, STR_NONE, false, &ss->customer);
        created = true;
    }
    if (!err && !created) {
        if (!ss->page_url.n) {
            ss->page_url = ss->customer.page_url;
            ss->page_title = ss->customer.page_title;
        }
        if (!ss->lang.n)
            ss->lang = ss->customer.lang;
        ss->customer.page_url = ss->page_url;
        ss->customer.page_title = ss->page_title;
        ss->customer.lang = ss->lang;
        err = desk_customer_seen(c, ss->customer.id, ss->page_url, ss->page_title, ss->lang);
    }
    if (err)
        return err;
    act_as(c, &ss->channel, &ss->customer);
    ss->new_token = service_token_make(c, &ss->channel, &ss->customer);
    return find_talk(s, c, &ss->conversation, &ss->has_conversation, &ss->open, &ss->next_open_at);
}

Err service_visitor_meta(Service *s, Ctx *c, ServiceMeta *ret)
{
    *ret = (ServiceMeta){0};
    Err err =
        find_talk(s, c, &ret->conversation, &ret->has_conversation, &ret->open, &ret->next_open_at);
    if (err || !ret->has_conversation)
        return err;
    return desk_conversation_position(c, &ret->conversation, &ret->position);
}

Err service_visitor_place(Service *s, Ctx *c, DeskChannel *ch, DeskCustomer *cu,
                          const ServiceShop **shop)
{
    Err err = desk_channel_get(c, c->actor.channel_id, ch);
    if (!err)
        err = desk_customer_get(c, c->actor.customer_id, cu);
    if (!err && cu->erased_at) /* a socket that was open then: what is said now has no owner */
        err = ctx_err(c, ERR_AUTH, "visitor.token", "begin a new session");
    return err ? err : service_shop(s, c, shop);
}

Err service_not_blocked(Ctx *c, const DeskCustomer *cu)
{
    return cu->blocked_at ? ctx_err(c, ERR_DENIED, "customer.blocked",
                                    "the shop does not take messages from here")
                          : ERR_OK;
}

Err service_visitor_start(Service *s, Ctx *c, Str client_id, Str page_url, Str page_title,
                          DeskConversation *ret)
{
    (void)client_id; /* asking twice opens one conversation, whatever the id */
    DeskChannel ch;
    DeskCustomer cu;
    const ServiceShop *shop;
    Err err = service_visitor_place(s, c, &ch, &cu, &shop);
    if (!err)
        err = service_not_blocked(c, &cu);
    if (!err && page_url.n) {
        cu.page_url = utf8_head(page_url, URL_CHARS);
        cu.page_title = service_plain(utf8_head(page_title, TITLE_CHARS));
        err = desk_customer_seen(c, cu.id, cu.page_url, cu.page_title, cu.lang);
    }
    if (err)
        return err;
    DeskRules rules = service_shop_rules(shop, &ch);
    bool opened;
    err = desk_conversation_open(c, &rules, &cu, ch.id, true, ret, &opened);
    return err ? err : desk_conversation_get(c, ret->id, ret);
}

/* ---- the form that is shown while nobody is there ---- */
static Str receipt_new(Arena *a)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"; /* no 0 O 1 I */
    unsigned char r[6];
    char out[6];
    rng_bytes(r, sizeof r);
    for (size_t i = 0; i < sizeof r; i++)
        out[i] = letters[r[i] % 32];
    return str_dup(a, (Str){out, sizeof out});
}

static Str offline_json(Ctx *c, Str name, Str contact, Str receipt)
{
    Buf b;
    buf_init(&b, c->arena, 4096);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "name", name);
    jw_kstr(&w, "contact", contact);
    jw_kstr(&w, "receipt", receipt);
    jw_obj_end(&w);
    return buf_str(&b);
}

static Str receipt_of(Ctx *c, const DeskMessage *m)
{
    const Json *j;
    ErrSlot e = {0};
    if (json_parse(c->arena, &e, m->extra, &j))
        return STR_NONE;
    return json_str(json_get(j, "offline"), "receipt");
}

Err service_visitor_offline(Service *s, Ctx *c, Str name, Str contact, Str text, Str *ret_receipt)
{
    DeskChannel ch;
    DeskCustomer cu;
    /* pressed twice: the same words bear the same id and are stored once */
    Str both[] = {contact, text};
    uint64_t hash = str_hash(str_join(c->arena, both, 2, STR("\n")));
    ServiceSend m = {.client_id = str_fmt(c->arena, "offline-%016llx", (unsigned long long)hash),
                     .kind = STR("text"),
                     .text = text};
    if (utf8_count(name) > NAME_CHARS)
        return ctx_field(c, "name", "request.field_length", "at most %d characters", NAME_CHARS);
    contact = str_trim(contact);
    if (!contact.n || utf8_count(contact) > CONTACT_CHARS)
        return ctx_field(c, "contact", "request.field_length",
                         "how can we reach you? 1 to %d characters", CONTACT_CHARS);
    Err err = service_draft(c, &m, false);
    if (!err)
        err = service_visitor_place(s, c, &ch, &cu, &m.shop);
    if (!err)
        err = service_not_blocked(c, &cu);
    bool before = false;
    if (!err)
        err = desk_message_sent_before(c, cu.id, m.client_id, &m.message, &before);
    if (err)
        return err;
    if (before) {
        *ret_receipt = receipt_of(c, &m.message);
        return ERR_OK;
    }
    DeskRules rules = service_shop_rules(m.shop, &ch);
    *ret_receipt = receipt_new(c->arena);
    name = service_plain(name);
    ServiceHeard *h = ARENA_NEW(c->arena, ServiceHeard);
    h->memory = nlu_memory_none();
    service_understand(s, c, h, &h->memory, text, &m.draft);
    err = service_draft_extra(c, &m, offline_json(c, name, contact, *ret_receipt));
    if (!err)
        err = desk_customer_contact(c, cu.id, name, contact);
    bool opened;
    if (!err)
        err = desk_conversation_open(c, &rules, &cu, ch.id, false, &m.conversation, &opened);
    if (!err)
        err = desk_message_add(c, &rules, &m.conversation, STR("customer"), &m.draft, &m.message,
                               &m.again);
    return err;
}

/* ---- the end ---- */
static Err own_talk(Ctx *c, DeskConversation *conv)
{
    bool found;
    Err err = desk_conversation_current(c, c->actor.customer_id, c->actor.channel_id, conv, &found);
    return err || found ? err
                        : ctx_err(c, ERR_NOT_FOUND, "conversation.unknown", "there is no talk yet");
}

Err service_visitor_close(Service *s, Ctx *c)
{
    DeskConversation conv;
    DeskChannel ch;
    const ServiceShop *shop;
    Err err = desk_route_lock(c);
    if (!err)
        err = own_talk(c, &conv);
    if (err || service_closed(&conv))
        return err; /* closed is what they wanted */
    err = desk_channel_get(c, c->actor.channel_id, &ch);
    if (!err)
        err = service_shop(s, c, &shop);
    if (err)
        return err;
    DeskRules rules = service_shop_rules(shop, &ch);
    return desk_conversation_close(c, &rules, &conv, STR("visitor"), STR_NONE);
}

Err service_visitor_rate(Service *s, Ctx *c, int64_t score, Str tags_json, Str note)
{
    (void)s;
    DeskConversation conv;
    const Json *tags = NULL;
    if (utf8_count(note) > RATING_NOTE_CHARS)
        return ctx_field(c, "note", "request.field_length", "at most %d characters",
                         RATING_NOTE_CHARS);
    Err err = tags_json.n ? json_parse(c->arena, &c->err, tags_json, &tags) : ERR_OK;
    if (err)
        return err;
    if (tags && (!json_is_array(tags) || json_count(tags) > RATING_TAGS))
        return ctx_field(c, "tags", "request.field_value", "a list of at most %d words",
                         RATING_TAGS);
    for (const Json *x = json_first(tags); x; x = json_next(x))
        if (!json_is_string(x) || utf8_count(json_value_str(x)) > NAME_CHARS)
            return ctx_field(c, "tags", "request.field_value", "each tag is a short word");
    err = own_talk(c, &conv);
    return err ? err
               : desk_conversation_rate(c, &conv, score, tags ? tags_json : STR("[]"),
                                        service_plain(note));
}
