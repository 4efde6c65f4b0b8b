/* SPDX-License-Identifier: Apache-2.0 */
/* Who a visitor is: tokens, signed identities, two shops kept apart, blocking, meta. */
#include "service/internal.h"
#include "service/test_desk.h"

typedef struct {
    Desk *d;
    Str token, secret;
    int64_t id, other;
    Actor actor;
    ServiceMeta meta;
    DeskConversation conv;
    Str receipt, text, user_id, name;
    ServiceSession ss;
    bool flag;
    int64_t score;
} Arg;

static Err actor_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_visitor_actor(a->d->service, c, a->token, &a->actor);
}
static Err actor_of(Desk *d, Str token, Actor *ret)
{
    Arg a = {.d = d, .token = token};
    Err err = desk_read(d, (Actor){0}, actor_run, &a);
    *ret = a.actor;
    return err;
}

static void token_is_the_visitor(void **state)
{
    Desk *d = *state;
    ServiceSession ss = {.channel_key = STR("web"), .page_url = STR("https://shop.example/a")};
    OK(desk_session(d, &ss));
    assert_true(ss.open);
    assert_false(ss.has_conversation);
    Actor v;
    OK(actor_of(d, ss.new_token, &v));
    assert_int_equal(v.role, ROLE_VISITOR);
    assert_int_equal(v.customer_id, ss.customer.id);
    assert_int_equal(v.shop_id, d->a);
    /* again: the same one, with a newer page */
    ServiceSession back = {.channel_key = STR("web"),
                           .token = ss.new_token,
                           .page_url = STR("https://shop.example/b")};
    OK(desk_session(d, &back));
    assert_int_equal(back.customer.id, ss.customer.id);
    assert_str(back.customer.page_url, "https://shop.example/b");
    /* another channel, even of this shop, does not know it */
    ServiceSession app = {.channel_key = STR("app"), .token = ss.new_token};
    OK(desk_session(d, &app));
    assert_int_not_equal(app.customer.id, ss.customer.id);
    /* ret may be the context's own actor */
    ctx_init(&d->c, d->arena, store_ids(d->store), d->now);
    Arg self = {.d = d, .token = ss.new_token};
    OK(store_read(d->store, &d->c, actor_run, &self));
    assert_int_equal(self.actor.customer_id, ss.customer.id);
}

static void bad_tokens(void **state)
{
    Desk *d = *state;
    ServiceSession ss = {.channel_key = STR("web")};
    OK(desk_session(d, &ss));
    Actor v;
    for (size_t i = 0; i < ss.new_token.n; i += 3) { /* any character changed */
        char *bad = str_c(d->arena, ss.new_token);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        REFUSED(actor_of(d, str_of(bad), &v), ERR_AUTH, "visitor.token");
    }
    REFUSED(actor_of(d, STR(""), &v), ERR_AUTH, "visitor.token");
    REFUSED(actor_of(d, STR("AAAA"), &v), ERR_AUTH, "visitor.token");
    d->now += INT64_C(180) * 86400000;
    OK(actor_of(d, ss.new_token, &v));
    d->now += 1;
    REFUSED(actor_of(d, ss.new_token, &v), ERR_AUTH, "visitor.token");
    ServiceSession again = {.channel_key = STR("web"), .token = ss.new_token};
    OK(desk_session(d, &again)); /* silently somebody new */
    assert_int_not_equal(again.customer.id, ss.customer.id);
    ServiceSession no = {.channel_key = STR("nowhere")};
    REFUSED(desk_session(d, &no), ERR_NOT_FOUND, "channel.unknown");
}

/* Computed with another program; the same as in the fact sheet on web widgets. */
static void identity_vectors(void **state)
{
    Desk *d = *state;
    static const char secret[] = "widget-identity-secret-0123456789";
    static const struct {
        const char *id, *hash;
    } vectors[] = {
        {"buyer-1001", "9d524768d8a0045b68a40bcfe6cafb22f2f3649c08c4bb13e2ba0d03b30d2958"},
        {"买家-1001", "885de9637599e9ca710be84566925ee3e73ddeba019f42e9eb3889952ea37ddb"}};
    Str id, name;
    ctx_init(&d->c, d->arena, store_ids(d->store), INT64_C(1767225700000));
    for (size_t i = 0; i < 2; i++) {
        ServiceSession ss = {.user_id = str_of(vectors[i].id),
                             .user_hash = str_of(vectors[i].hash)};
        OK(service_identity(&d->c, &ss, str_of(secret), &id, &name));
        assert_str(id, vectors[i].id);
        ss.user_hash = str_of(vectors[1 - i].hash);
        REFUSED(service_identity(&d->c, &ss, str_of(secret), &id, &name), ERR_AUTH,
                "identity.forged");
        ss.user_hash = STR("");
        REFUSED(service_identity(&d->c, &ss, str_of(secret), &id, &name), ERR_AUTH,
                "identity.forged");
    }
    static const char jwt[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
                              "eyJ1c2VyX2lkIjoiYnV5ZXItMTAwMSIsImVtYWlsIjoiYnV5ZXJAZX"
                              "hhbXBsZS5jb20iLCJpYXQiOjE3NjcyMjU2MDAsImV4cCI6MTc2NzIyOTIwMH0."
                              "eh1LQh9fgsyF1oZpw-Qz_dzcdDWUl"
                              "EHBvC6F54luZ2Y";
    ServiceSession ss = {.jwt = str_of(jwt)};
    OK(service_identity(&d->c, &ss, str_of(secret), &id, &name));
    assert_str(id, "buyer-1001");
    REFUSED(service_identity(&d->c, &ss, STR("another secret"), &id, &name), ERR_AUTH,
            "identity.forged");
    d->c.now_ms = INT64_C(1767229200000);
    REFUSED(service_identity(&d->c, &ss, str_of(secret), &id, &name), ERR_AUTH, "identity.expired");
    /* no algorithm: {"alg":"none"} with the same claims */
    ss.jwt = STR("eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiYnV5ZXItMTAwMSIsImV4cCI6MTc2NzIyOTIwMH0.");
    d->c.now_ms = INT64_C(1767225700000);
    REFUSED(service_identity(&d->c, &ss, str_of(secret), &id, &name), ERR_AUTH, "identity.forged");
}

static Err set_secret(Ctx *c, void *arg)
{
    Arg *a = arg;
    DeskChannel ch = {
        .key = STR("signed"), .kind = STR("web"), .name = STR("s"), .config = STR("{}")};
    Err err = desk_channel_put(c, &ch);
    a->secret = ch.secret;
    return err;
}

#include <sodium.h>
static Str sign(Desk *d, Str secret, const char *user_id)
{
    unsigned char mac[32];
    crypto_auth_hmacsha256_state st;
    crypto_auth_hmacsha256_init(&st, (const unsigned char *)secret.p, secret.n);
    crypto_auth_hmacsha256_update(&st, (const unsigned char *)user_id, strlen(user_id));
    crypto_auth_hmacsha256_final(&st, mac);
    char hex[65];
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    return str_dup(d->arena, (Str){hex, 64});
}

static void identity_joins_histories(void **state)
{
    Desk *d = *state;
    Arg a = {.d = d};
    OK(desk_write(d, d->ann, set_secret, &a));
    DeskChannel ch = {.key = STR("signed")};
    /* somebody unknown writes, then logs in at the shop: the same customer, now known */
    ServiceSession one = {.channel_key = ch.key};
    OK(desk_session(d, &one));
    Actor v;
    OK(actor_of(d, one.new_token, &v));
    int64_t talk = desk_said(d, v, "你好").id;
    ServiceSession in = {.channel_key = ch.key,
                         .token = one.new_token,
                         .user_id = STR("u1"),
                         .user_name = STR("小明"),
                         .user_hash = sign(d, a.secret, "u1")};
    OK(desk_session(d, &in));
    assert_int_equal(in.customer.id, one.customer.id);
    assert_true(in.customer.is_signed);
    assert_str(in.customer.name, "小明");
    assert_true(in.has_conversation);
    assert_int_equal(in.conversation.id, talk);
    /* the token from before the proof is worth nothing now */
    REFUSED(actor_of(d, one.new_token, &v), ERR_AUTH, "visitor.token");
    OK(actor_of(d, in.new_token, &v));
    /* another browser, unknown, writes; then the same person logs in there: one history */
    ServiceSession two = {.channel_key = ch.key};
    OK(desk_session(d, &two));
    assert_int_not_equal(two.customer.id, in.customer.id);
    Actor w;
    OK(actor_of(d, two.new_token, &w));
    int64_t later = desk_said(d, w, "在吗").id;
    ServiceSession join = {.channel_key = ch.key,
                           .token = two.new_token,
                           .user_id = STR("u1"),
                           .user_hash = sign(d, a.secret, "u1")};
    OK(desk_session(d, &join));
    assert_int_equal(join.customer.id, in.customer.id);
    assert_true(join.has_conversation);
    assert_int_equal(join.conversation.id, later); /* the older talk was merged into the newer */
    assert_int_equal(desk_row(d, talk).merged_into, later);
    assert_int_equal(desk_lines(d, later, "conversation.merged"), 1);
    /* the unknown one's token does not lead into the known one's history */
    REFUSED(actor_of(d, two.new_token, &w), ERR_AUTH, "visitor.token");
    /* somebody else at the same browser */
    ServiceSession sister = {.channel_key = ch.key,
                             .token = join.new_token,
                             .user_id = STR("u2"),
                             .user_hash = sign(d, a.secret, "u2")};
    OK(desk_session(d, &sister));
    assert_int_not_equal(sister.customer.id, in.customer.id);
    assert_false(sister.has_conversation);
    ServiceSession forged = sister;
    forged.user_id = STR("u3");
    REFUSED(desk_session(d, &forged), ERR_AUTH, "identity.forged");
}

static Err block_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return desk_customer_block(c, a->id, a->flag, STR("骂人"));
}
static Err start_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_visitor_start(a->d->service, c, STR("x1"), STR("https://shop.example/p"),
                                 STR("商品"), &a->conv);
}
static Err offline_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_visitor_offline(a->d->service, c, STR("王女士"), a->name, a->text, &a->receipt);
}
static Err meta_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_visitor_meta(a->d->service, c, &a->meta);
}
static Err close_run(Ctx *c, void *arg)
{
    return service_visitor_close(((Arg *)arg)->d->service, c);
}
static Err rate_run(Ctx *c, void *arg)
{
    Arg *a = arg;
    return service_visitor_rate(a->d->service, c, a->score, a->text, STR("谢谢"));
}

static void blocked(void **state)
{
    Desk *d = *state;
    ServiceSession ss = {.channel_key = STR("web")};
    OK(desk_session(d, &ss));
    Actor v;
    OK(actor_of(d, ss.new_token, &v));
    Arg a = {
        .d = d, .id = v.customer_id, .flag = true, .name = STR("13800000000"), .text = STR("在吗")};
    desk_said(d, v, "你好");
    OK(desk_write(d, d->bo, block_run, &a));
    ServiceSend m;
    REFUSED(desk_say(d, v, "b1", "再来", &m), ERR_DENIED, "customer.blocked");
    REFUSED(desk_write(d, v, start_run, &a), ERR_DENIED, "customer.blocked");
    REFUSED(desk_write(d, v, offline_run, &a), ERR_DENIED, "customer.blocked");
    ServiceSession again = {.channel_key = STR("web"), .token = ss.new_token};
    OK(desk_session(d, &again)); /* they may still read */
    assert_int_equal(again.customer.id, ss.customer.id);
    a.flag = false;
    OK(desk_write(d, d->bo, block_run, &a));
    OK(desk_say(d, v, "b1", "再来", &m));
}

static void start_and_meta(void **state)
{
    Desk *d = *state;
    Actor first = desk_visitor(d, &d->web), second = desk_visitor(d, &d->web);
    Arg a = {.d = d};
    OK(desk_write(d, first, meta_run, &a));
    assert_false(a.meta.has_conversation);
    OK(desk_write(d, first, start_run, &a));
    int64_t id = a.conv.id;
    assert_str(a.conv.clock_kind, "greeting");
    assert_int_equal(a.conv.last_seq, 0);
    assert_str(a.conv.page_url, "https://shop.example/p");
    OK(desk_write(d, first, start_run, &a)); /* twice is once */
    assert_int_equal(a.conv.id, id);
    assert_int_equal(desk_rounds(d, id), 1);
    d->now += 1000;
    OK(desk_write(d, second, start_run, &a));
    OK(desk_read(d, second, meta_run, &a));
    assert_int_equal(a.meta.position, 2);
    assert_str(a.meta.conversation.status, "queued");
    desk_status(d, d->bo, "online");
    OK(desk_read(d, second, meta_run, &a));
    assert_int_equal(a.meta.position, 0);
    assert_str(a.meta.conversation.assignee_name, "bo");
    /* rating needs sense; closing twice is closing */
    a.score = 6;
    REFUSED(desk_write(d, second, rate_run, &a), ERR_INVALID, "request.field_value");
    a.score = 5;
    a.text = STR("[\"快\"]");
    OK(desk_write(d, second, close_run, &a));
    OK(desk_write(d, second, close_run, &a));
    OK(desk_write(d, second, rate_run, &a));
    DeskConversation row = desk_row(d, a.meta.conversation.id);
    assert_str(row.close_reason, "visitor");
    assert_int_equal(row.rating_score, 5);
    a.text = STR("{\"x\":1}");
    REFUSED(desk_write(d, second, rate_run, &a), ERR_INVALID, "request.field_value");
}

static void offline_form(void **state)
{
    Desk *d = *state;
    desk_setting(
        d, "hours",
        "{\"timezone\":\"Asia/Shanghai\",\"week\":[[],[],[],[],[],[{\"from\":\"09:00\",\"to\":"
        "\"12:00\"}],[]]}");
    ServiceSession ss = {.channel_key = STR("web")};
    OK(desk_session(d, &ss));
    assert_false(ss.open);
    assert_int_equal(ss.next_open_at, DESK_NOW + INT64_C(4) * 86400000 - 3600000);
    Actor v;
    OK(actor_of(d, ss.new_token, &v));
    Arg a = {.d = d, .name = STR("13800000000"), .text = STR("我的快递三天没动了")};
    OK(desk_write(d, v, offline_run, &a));
    assert_int_equal(a.receipt.n, 6);
    Str receipt = a.receipt;
    OK(desk_write(d, v, offline_run, &a)); /* pressed twice */
    assert_true(str_eq(a.receipt, receipt));
    OK(desk_read(d, v, meta_run, &a));
    assert_int_equal(a.meta.conversation.last_seq, 1);
    assert_str(a.meta.conversation.status, "queued");
    assert_str(a.meta.conversation.customer_name, "王女士");
    a.name = STR("  ");
    REFUSED(desk_write(d, v, offline_run, &a), ERR_INVALID, "request.field_length");
}

static Err cross_get(Ctx *c, void *arg)
{
    Arg *a = arg;
    return desk_conversation_get(c, a->id, &a->conv);
}

static void shops_apart(void **state)
{
    Desk *d = *state;
    Actor v = desk_visitor(d, &d->web), w = desk_visitor(d, &d->other);
    assert_int_equal(w.shop_id, d->b);
    DeskConversation conv = desk_said(d, v, "你好");
    Arg a = {.d = d, .id = conv.id};
    REFUSED(desk_read(d, d->yan, cross_get, &a), ERR_NOT_FOUND, "conversation.unknown");
    ServiceSend m = {.conversation_id = conv.id, .client_id = STR("y1"), .text = STR("您好")};
    REFUSED(desk_send(d, d->yan, &m), ERR_NOT_FOUND, "conversation.unknown");
    m = (ServiceSend){
        .conversation_id = conv.id, .client_id = STR("y2"), .kind = STR("note"), .text = STR("记")};
    REFUSED(desk_send(d, d->yan, &m), ERR_NOT_FOUND, "conversation.unknown");
    REFUSED(desk_take(d, d->yan, conv.id, false), ERR_NOT_FOUND, "conversation.unknown");
    REFUSED(desk_close_it(d, d->yan, conv.id), ERR_NOT_FOUND, "conversation.unknown");
    /* agents of one shop get nothing from the other's queue */
    desk_status(d, d->yan, "online");
    assert_str(desk_row(d, conv.id).status, "queued");
    DeskConversation theirs = desk_said(d, w, "你好");
    assert_int_equal(theirs.assignee_id, d->yan.user_id);
    desk_status(d, d->bo, "online");
    assert_int_equal(desk_row(d, conv.id).assignee_id, d->bo.user_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK_TEST(token_is_the_visitor),
        DESK_TEST(bad_tokens),
        DESK_TEST(identity_vectors),
        DESK_TEST(identity_joins_histories),
        DESK_TEST(blocked),
        DESK_TEST(start_and_meta),
        DESK_TEST(offline_form),
        DESK_TEST(shops_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
