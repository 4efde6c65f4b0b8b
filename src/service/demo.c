/* SPDX-License-Identifier: Apache-2.0 */
/* The demo shop: what a visitor of `serve --demo` finds. Everything in it is made up. */
#include "service/internal.h"

#include "accounts/setting.h"
#include "base/clock.h"

enum { DEMO_ARENA = 64 << 20 };

static const struct {
    const char *name, *value;
} FACTS[] = {
    {"shop.ship_time", "48 小时内"},
    {"shop.ship_cutoff", "每天 16:00"},
    {"shop.carrier", "顺丰和中通"},
    {"shop.carrier_choice", "默认中通包邮；指定顺丰补 8 元差价，下单时备注即可"},
    {"shop.ship_fee", "满 59 元包邮，不满收 6 元"},
    {"shop.delivery_area", "除港澳台和海外以外的全国各地"},
    {"shop.return_days", "7 天"},
    {"shop.return_condition", "商品完好、配件齐全、不影响再次销售"},
    {"shop.return_fee", "质量问题由我们承担来回邮费，个人原因由您承担寄回的邮费"},
    {"shop.return_steps", "订单页点“申请退货”，选原因并提交，审核后按页面地址寄回"},
    {"shop.exchange_days", "15 天"},
    {"shop.exchange_fee", "首次换货我们承担寄出的邮费"},
    {"shop.exchange_steps", "订单页点“申请换货”，写明要换的规格，寄回后当天发新的"},
    {"shop.refund_time", "收到退货后 24 小时内退款，原路返回，银行卡约 1 到 3 天到账"},
    {"shop.warranty", "一年，人为损坏除外"},
    {"shop.invoice", "电子普通发票，下单时填写抬头"},
    {"shop.invoice_time", "确认收货后 24 小时内"},
    {"shop.invoice_find", "订单详情页底部“查看发票”"},
    {"shop.payment", "支付宝、微信支付和银行卡"},
    {"shop.price_protect", "付款后 7 天内降价可申请补差"},
    {"shop.damage_rule", "签收 48 小时内拍照联系我们，核实后补发或退款"},
    {"shop.authentic", "品牌授权书在店铺首页“资质”里可以看到"},
    {"shop.member_rule", "每消费 1 元积 1 分，100 分抵 1 元"},
    {"shop.gift_wrap", "可以加礼盒和手写卡片，收 5 元"},
};

static Str facts_json(Arena *a)
{
    Buf b;
    buf_init(&b, a, 65536);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_key(&w, "items");
    jw_arr(&w);
    for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
        jw_obj(&w);
        jw_kstr(&w, "name", str_of(FACTS[i].name));
        jw_kstr(&w, "value", str_of(FACTS[i].value));
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    return buf_str(&b);
}

static Str channel_json(Arena *a)
{
    static const char *const questions[] = {"什么时候发货？", "怎么退换货？", "帮我查一下物流",
                                            "可以开发票吗？"};
    Buf b;
    buf_init(&b, a, 8192);
    JsonW w;
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "color", STR("#0b5cd7"));
    jw_kstr(&w, "greeting",
            STR("您好，欢迎来到知心小店。想了解哪件商品，或者有订单要查，直接告诉我就行。"));
    jw_kstr(&w, "agent_label", STR("知心小店"));
    jw_kstr(&w, "address_form", STR("您"));
    jw_kstr(&w, "offline_text", STR("现在是休息时间。留下联系方式，上班后我们第一时间回复您。"));
    jw_kstr(&w, "privacy_text", STR("聊天内容会保存下来用于处理您的问题。"));
    jw_key(&w, "quick_questions");
    jw_arr(&w);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        jw_str(&w, str_of(questions[i]));
    jw_arr_end(&w);
    jw_key(&w, "allowed_origins");
    jw_arr(&w);
    jw_arr_end(&w);
    jw_obj_end(&w);
    return buf_str(&b);
}

static Err make(Ctx *c, void *arg)
{
    (void)arg;
    Err err = accounts_demo(c);
    if (err)
        return err;
    DeskChannel ch;
    err = desk_channel_by_key(c, STR("demo"), &ch);
    if (err == ERR_NOT_FOUND) {
        err_clear(&c->err);
        ch = (DeskChannel){.key = STR("demo"),
                           .kind = STR("web"),
                           .name = STR("知心小店"),
                           .config = channel_json(c->arena)};
        err = desk_channel_put(c, &ch);
    }
    AccountsSetting set;
    if (!err)
        err = accounts_setting_get(c, STR("facts"), &set);
    int64_t version;
    if (!err && !set.version) /* working hours: always open is the default */
        err = accounts_setting_put(c, STR("facts"), facts_json(c->arena), 0, &version);
    return err;
}

Err service_demo(Service *s, ErrSlot *e)
{
    Arena *arena = arena_create(DEMO_ARENA);
    Ctx c;
    ctx_init(&c, arena, store_ids(s->store), clock_wall_ms());
    Err err = store_write(s->store, &c, STORE_CHAT, make, NULL);
    if (err)
        *e = c.err;
    else
        service_shop_forget(s, c.actor.shop_id);
    arena_destroy(arena);
    return err;
}
