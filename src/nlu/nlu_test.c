/* SPDX-License-Identifier: Apache-2.0 */
/* The understanding with the lexicon that ships. CONTENT_DIR is set by the build. */
#include "nlu/lexicon_files.h"
#include "nlu/nlu.h"
#include "base/file.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

typedef struct {
    Arena *arena;
    NluModel *model;
    Str texts[NLU_LEXICON_FILE_COUNT];
} Fixture;

static int setup(void **state)
{
    static const char *const files[] = NLU_LEXICON_FILES;
    Arena *arena = arena_create(256u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    f->arena = arena;
    ErrSlot e = {0};
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT; i++)
        if (file_read(arena, &e, str_c(arena, str_fmt(arena, "%s/%s", CONTENT_DIR, files[i])),
                      4 << 20, &f->texts[i]))
            return -1;
    f->model = nlu_model_create(f->texts, NLU_LEXICON_FILE_COUNT, &e);
    if (!f->model)
        print_message("%s\n", e.text);
    *state = f;
    return f->model ? 0 : -1;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    nlu_model_destroy(f->model);
    arena_destroy(f->arena);
    return 0;
}

static NluUnderstanding read(Fixture *f, const char *text)
{
    NluUnderstanding u;
    nlu_understand(f->model, f->arena, NULL, 0, str_of(text), &u);
    return u;
}

/* Plain cases that every version must get right; written for this test. */
static void plain_messages(void **state)
{
    static const struct {
        const char *text, *emotion, *intent;
    } cases[] = {
        {"你好", "calm", "greeting"},
        {"谢谢", "calm", "thanks"},
        {"好的", "calm", "confirm"},
        {"没有其他问题了", "calm", "bye"},
        {"我要找人工客服", "calm", "handoff"},
        {"这件大衣是什么面料的", "calm", "product_info"},
        {"身高168体重52公斤穿什么码", "calm", "size_fit"},
        {"这个锅怎么清洗比较好", "calm", "usage_care"},
        {"想给爸爸挑一款茶叶，哪款好", "calm", "recommend"},
        {"蓝色的还有货吗", "calm", "stock"},
        {"你家卖的是正品吗", "calm", "authenticity"},
        {"现在下单有赠品吗", "calm", "gift"},
        {"最近有什么优惠活动", "calm", "price_promo"},
        {"能不能再便宜点", "calm", "bargain"},
        {"优惠券在哪里领", "calm", "coupon"},
        {"我刚买就降价了，能申请价保吗", "calm", "price_protect"},
        {"第一次网购，请问怎么下单", "calm", "order_how"},
        {"可以用花呗分期吗", "calm", "payment"},
        {"颜色拍错了，帮我改一下订单", "calm", "order_change"},
        {"帮我取消订单吧", "calm", "order_cancel"},
        {"请帮我开一张公司抬头的发票", "calm", "invoice"},
        {"我的积分怎么查", "calm", "account"},
        {"付款以后什么时候发货", "calm", "ship_when"},
        {"你们发什么快递", "calm", "courier"},
        {"新疆能送到吗", "calm", "delivery_area"},
        {"大概几天能到上海", "calm", "ship_eta"},
        {"我的快递到哪了", "calm", "track"},
        {"运费多少钱", "calm", "ship_fee"},
        {"收货地址写错了，可以改地址吗", "calm", "address_change"},
        {"可以自提吗", "calm", "pickup"},
        {"七天无理由退货怎么办理", "calm", "return_refund"},
        {"退款什么时候到账", "calm", "refund_progress"},
        {"我想换货", "calm", "exchange"},
        {"保修期是几年", "calm", "repair_warranty"},
        {"箱子里少了一个配件", "calm", "missing_wrong"},
        {"热水器什么时候上门安装", "calm", "install"},
        {"怎么评价这个订单", "calm", "review"},
    };
    Fixture *f = *state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NluUnderstanding u = read(f, cases[i].text);
        if (strcmp(u.intents[0].code, cases[i].intent) != 0 ||
            strcmp(nlu_emotion_code(u.emotion), cases[i].emotion) != 0) {
            print_message("%s: %s %s, not %s %s\n", cases[i].text, nlu_emotion_code(u.emotion),
                          u.intents[0].code, cases[i].emotion, cases[i].intent);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

static void feelings(void **state)
{
    static const struct {
        const char *text;
        NluEmotion emotion;
        int at_least;
    } cases[] = {
        {"太好了，服务真周到，下次还来", NLU_PLEASED, 2},
        {"怎么还没发货啊，都五天了", NLU_ANXIOUS, 1},
        {"人呢？？？", NLU_ANXIOUS, 2},
        {"？", NLU_ANXIOUS, 1},
        {"唉，太让人失望了", NLU_DISAPPOINTED, 2},
        {"算了，以后不会再来了", NLU_DISAPPOINTED, 1},
        {"你们这是什么态度，我要投诉到12315！！", NLU_ANGRY, 3},
        {"騙子！垃圾店鋪", NLU_ANGRY, 3},
        {"不满意", NLU_DISAPPOINTED, 1},
        {"不好意思，我看错了", NLU_CALM, 0},
        {"不急，慢慢来", NLU_CALM, 0},
    };
    Fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        NluUnderstanding u = read(f, cases[i].text);
        if (u.emotion != cases[i].emotion || u.intensity < cases[i].at_least)
            print_message("%s: %s %d\n", cases[i].text, nlu_emotion_code(u.emotion), u.intensity);
        assert_int_equal(u.emotion, cases[i].emotion);
        assert_in_range(u.intensity, cases[i].at_least, cases[i].emotion == NLU_CALM ? 0 : 3);
    }
}

static void short_answers_read_the_turns_before(void **state)
{
    Fixture *f = *state;
    NluUnderstanding u;
    const NluTurn talk[] = {{NLU_CUSTOMER, STR("我要开发票")},
                            {NLU_AGENT, STR("好的，请把订单号发我一下")}};
    nlu_understand(f->model, f->arena, talk, 2, STR("202411248877665"), &u);
    assert_string_equal(u.intents[0].code, "invoice");
    assert_int_equal(u.stage, NLU_AFTER);
    nlu_understand(f->model, f->arena, NULL, 0, STR("202411248877665"), &u);
    assert_string_equal(u.intents[0].code, "order_ref");
    const NluTurn closing[] = {{NLU_CUSTOMER, STR("快递到哪了")},
                               {NLU_AGENT, STR("今天派送。请问还有其他可以帮您的吗")}};
    nlu_understand(f->model, f->arena, closing, 2, STR("没有"), &u);
    assert_string_equal(u.intents[0].code, "bye");
    assert_int_equal(u.stage, NLU_IN);
    const NluTurn again[] = {{NLU_CUSTOMER, STR("在吗")}};
    nlu_understand(f->model, f->arena, again, 1, STR("在吗"), &u);
    assert_int_equal(u.emotion, NLU_ANXIOUS);
    assert_int_equal(read(f, "在吗").emotion, NLU_CALM);
}

static void evidence_points_into_the_original(void **state)
{
    Fixture *f = *state;
    const char *text = "你好，我要ＴＵＩ貨？不，退\xE2\x80\x8B貨！";
    NluUnderstanding u = read(f, text);
    assert_true(u.evidence_n > 0);
    bool found = false;
    for (size_t i = 0; i < u.evidence_n; i++) {
        Str head = utf8_head(str_of(text), u.evidence[i].start);
        assert_memory_equal(text + head.n, u.evidence[i].text.p, u.evidence[i].text.n);
        assert_int_equal(utf8_count(u.evidence[i].text), u.evidence[i].end - u.evidence[i].start);
        assert_true(u.evidence[i].rule.n > 0);
        found = found || str_is(u.evidence[i].text, "退\xE2\x80\x8B貨");
    }
    assert_true(found);
}

static void slots_as_written(void **state)
{
    Fixture *f = *state;
    NluUnderstanding u =
        read(f, "订单号2024112488776655，电话13812345678，要2件红色的，生日用，周五之前要");
    static const struct {
        const char *name, *value;
    } expect[] = {{"order_no", "2024112488776655"},
                  {"phone", "13812345678"},
                  {"quantity", "2件"},
                  {"colour", "红色"},
                  {"occasion", "生日"},
                  {"deadline", "周五"}};
    for (size_t k = 0; k < sizeof(expect) / sizeof(expect[0]); k++) {
        bool found = false;
        for (size_t i = 0; i < u.slot_n; i++)
            found = found || (strcmp(u.slots[i].name, expect[k].name) == 0 &&
                              str_is(u.slots[i].value, expect[k].value));
        if (!found)
            print_message("missing slot %s\n", expect[k].name);
        assert_true(found);
    }
}

static void nothing_odd_from_odd_text(void **state)
{
    Fixture *f = *state;
    static const char *const odd[] = {
        "", " ", "\n", "？", "。。。", "\xE2\x80\x8B", "😡", "\xF4\x8F\xBF\xBF", "aaaaaaaa", "{}[]"};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        NluUnderstanding u = read(f, odd[i]);
        assert_in_range(u.intent_n, 1, NLU_INTENT_MAX);
        assert_in_range(u.intensity, 0, 3);
        assert_true((u.emotion == NLU_CALM) == (u.intensity == 0));
    }
}

/* A megabyte of one character, and of one cue, costs no more than the first NLU_TEXT_MAX code
 * points of it. */
static void a_megabyte_is_bounded(void **state)
{
    Fixture *f = *state;
    static const char *const pieces[] = {"啊", "退货", "急", "1", "??", "垃圾 "};
    for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
        Arena *a = arena_create(64u << 20);
        size_t each = strlen(pieces[k]), n = (1u << 20) / each;
        char *big = arena_alloc(a, n * each);
        for (size_t i = 0; i < n; i++)
            memcpy(big + i * each, pieces[k], each);
        NluTurn same[NLU_CONTEXT_MAX];
        for (size_t i = 0; i < NLU_CONTEXT_MAX; i++)
            same[i] = (NluTurn){i % 2 ? NLU_AGENT : NLU_CUSTOMER, {big, n * each}};
        struct timespec t0, t1;
        clock_gettime(CLOCK_MONOTONIC, &t0);
        NluUnderstanding u;
        nlu_understand(f->model, a, same, NLU_CONTEXT_MAX, (Str){big, n * each}, &u);
        clock_gettime(CLOCK_MONOTONIC, &t1);
        double ms = (double)(t1.tv_sec - t0.tv_sec) * 1e3 + (double)(t1.tv_nsec - t0.tv_nsec) / 1e6;
        assert_true(
            ms < 1000); /* about 1 ms in truth; a loop over the megabyte squared would take hours */
        assert_in_range(u.intent_n, 1, NLU_INTENT_MAX);
        assert_false(arena_full(a));
        arena_destroy(a);
    }
}

static void same_answer_twice(void **state)
{
    Fixture *f = *state;
    NluUnderstanding a = read(f, "怎么还没发货，急用！"), b = read(f, "怎么还没发货，急用！");
    assert_memory_equal(a.intents, b.intents, sizeof(a.intents));
    assert_int_equal(a.emotion, b.emotion);
    assert_int_equal(a.evidence_n, b.evidence_n);
}

static void version_follows_the_lexicon(void **state)
{
    Fixture *f = *state;
    ErrSlot e = {0};
    NluModel *less = nlu_model_create(f->texts, NLU_LEXICON_FILE_COUNT - 1, &e);
    assert_non_null(less);
    assert_string_not_equal(nlu_model_version(less), nlu_model_version(f->model));
    assert_memory_equal(nlu_model_version(less), "rules-1.", 8);
    nlu_model_destroy(less);
}

static void faulty_lexicons_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "{\"kind\":\"poem\"}",
        "{\"kind\":\"intent\",\"intents\":[]}",
        "{\"kind\":\"intent\",\"intents\":[{\"code\":\"nonsense\",\"cues\":[]}]}",
        "{\"kind\":\"intent\",\"intents\":[{\"code\":\"stock\",\"cues\":[{\"id\":\"x\",\"words\":["
        "\"\"]}]}]}",
        "{\"kind\":\"intent\",\"intents\":[{\"code\":\"stock\",\"cues\":[{\"words\":[\"a\"]}]}]}",
        "{\"kind\":\"intent\",\"intents\":[{\"code\":\"stock\",\"cues\":[{\"id\":\"x\",\"after\":"
        "\"moon\",\"words\":[\"a\"]}]}]}",
        "{\"kind\":\"emotion\",\"emotions\":[{\"code\":\"calm\",\"cues\":[]}]}",
        "{\"kind\":\"slots\",\"slots\":[{\"slot\":\"soul\",\"words\":[\"a\"]}]}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ErrSlot e = {0};
        Str text = str_of(bad[i]);
        assert_null(nlu_model_create(&text, 1, &e));
        assert_int_not_equal(e.err, ERR_OK);
        assert_non_null(e.code);
    }
}

static void codes_go_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < nlu_intent_count(); i++)
        assert_int_equal(nlu_intent_index(str_of(nlu_intent_code(i))), i);
    assert_int_equal(nlu_intent_index(STR("nonsense")), -1);
    for (int i = 0; i < NLU_EMOTION_COUNT; i++) {
        NluEmotion e = NLU_CALM;
        assert_true(nlu_emotion_parse(str_of(nlu_emotion_code((NluEmotion)i)), &e));
        assert_int_equal(e, i);
    }
    for (int i = 0; i < NLU_STAGE_COUNT; i++) {
        NluStage s = NLU_PRE;
        assert_true(nlu_stage_parse(str_of(nlu_stage_code((NluStage)i)), &s));
        assert_int_equal(s, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_messages),
        cmocka_unit_test(feelings),
        cmocka_unit_test(short_answers_read_the_turns_before),
        cmocka_unit_test(evidence_points_into_the_original),
        cmocka_unit_test(slots_as_written),
        cmocka_unit_test(nothing_odd_from_odd_text),
        cmocka_unit_test(a_megabyte_is_bounded),
        cmocka_unit_test(same_answer_twice),
        cmocka_unit_test(version_follows_the_lexicon),
        cmocka_unit_test(faulty_lexicons_are_refused),
        cmocka_unit_test(codes_go_both_ways),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
