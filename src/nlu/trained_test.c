/* SPDX-License-Identifier: Apache-2.0 */
/* The model that ships: plain talk that every version must get right, written for this test, and
 * what must hold for any text. CONTENT_DIR and MODEL_FILE are set by the build. */
#include "nlu/lexicon_files.h"
#include "nlu/nlu.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    Arena *arena;
    NluModel *model;
} Fixture;

static int setup(void **state)
{
    static const char *const files[] = NLU_LEXICON_FILES;
    Arena *arena = arena_create(512u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    Str texts[NLU_LEXICON_FILE_COUNT], weights;
    ErrSlot e = {0};
    f->arena = arena;
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT; i++)
        if (file_read(arena, &e, str_c(arena, str_fmt(arena, "%s/%s", CONTENT_DIR, files[i])),
                      4 << 20, &texts[i]))
            return -1;
    f->model = nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, &e);
    *state = f;
    if (!f->model || file_read(arena, &e, MODEL_FILE, 64 << 20, &weights) ||
        nlu_model_train_with(f->model, weights, &e)) {
        print_message("%s\n", e.text);
        return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    nlu_model_destroy(f->model);
    arena_destroy(f->arena);
    return 0;
}

static void plain_messages(void **state)
{
    static const struct {
        const char *text;
        NluEmotion emotion;
        const char *intent;
    } cases[] = {
        {"你好", NLU_CALM, "greeting"},
        {"谢谢", NLU_CALM, "thanks"},
        {"好的", NLU_CALM, "confirm"},
        {"我要找人工客服", NLU_CALM, "handoff"},
        {"这件大衣是什么面料的", NLU_CALM, "product_info"},
        {"身高168体重52公斤穿什么码", NLU_CALM, "size_fit"},
        {"这個鍋怎麼清洗比較好", NLU_CALM, "usage_care"},
        {"蓝色的还有货吗", NLU_CALM, "stock"},
        {"你家卖的是正品吗", NLU_CALM, "authenticity"},
        {"能不能再便宜点", NLU_CALM, "bargain"},
        {"优惠券在哪里领", NLU_CALM, "coupon"},
        {"我刚买就降价了，能申请价保吗", NLU_CALM, "price_protect"},
        {"帮我取消订单吧", NLU_CALM, "order_cancel"},
        {"请帮我开一张公司抬头的发票", NLU_CALM, "invoice"},
        {"付款以后什么时候发货", NLU_CALM, "ship_when"},
        {"我的快递到哪了", NLU_CALM, "track"},
        {"收货地址写错了，可以改地址吗", NLU_CALM, "address_change"},
        {"七天无理由退货怎么办理", NLU_CALM, "return_refund"},
        {"退款什么时候到账", NLU_CALM, "refund_progress"},
        {"我想换货", NLU_CALM, "exchange"},
        {"保修期是几年", NLU_CALM, "repair_warranty"},
        {"你们这是什么态度，我要投诉到12315！！", NLU_ANGRY, "complaint"},
        {"人呢？？？", NLU_ANXIOUS, "greeting"},
        {"太好了，谢谢你，服务真周到", NLU_PLEASED, "thanks"},
        {"唉，太让人失望了", NLU_DISAPPOINTED, NULL},
    };
    Fixture *f = *state;
    size_t wrong = 0, n = sizeof cases / sizeof cases[0];
    for (size_t i = 0; i < n; i++) {
        NluUnderstanding u;
        nlu_understand(f->model, f->arena, NULL, 0, str_of(cases[i].text), &u);
        if (u.emotion == cases[i].emotion &&
            (!cases[i].intent || strcmp(u.intents[0].code, cases[i].intent) == 0))
            continue;
        print_message("%s: %s %s\n", cases[i].text, nlu_emotion_code(u.emotion), u.intents[0].code);
        wrong++;
    }
    assert_in_range(wrong, 0, 2); /* a new training may lose one; not many */
}

static void the_talk_before_is_read(void **state)
{
    Fixture *f = *state;
    NluUnderstanding u;
    const NluTurn closing[] = {{NLU_CUSTOMER, STR("快递到哪了")},
                               {NLU_AGENT, STR("今天派送。请问还有其他可以帮您的吗")}};
    nlu_understand(f->model, f->arena, closing, 2, STR("没有了"), &u);
    assert_string_equal(u.intents[0].code, "bye");
    assert_int_equal(u.stage, NLU_IN);
    const NluTurn data[] = {{NLU_CUSTOMER, STR("我要开发票")},
                            {NLU_AGENT, STR("好的，请把税号发我一下")}};
    nlu_understand(f->model, f->arena, data, 2, STR("91440300MA5EXAMPLE"), &u);
    assert_string_equal(u.intents[0].code, "invoice");
}

static void agents_are_heard(void **state)
{
    Fixture *f = *state;
    NluMemory none = nlu_memory_none(), after;
    NluAgentTurn t;
    nlu_hear_agent(f->model, f->arena, &none, STR("抱歉让您久等了，我这就帮您催仓库，今天给您发出"),
                   &t, &after);
    assert_true(t.promise && t.promise_p > 0.5 && t.act_n > 0 && t.evidence_n > 0);
    assert_true(after.said_n > 0 && after.acts != 0);
    nlu_hear_agent(f->model, f->arena, &none, STR("您好，请问有什么可以帮您"), &t, NULL);
    assert_false(t.promise);
}

static void any_text_is_bounded(void **state)
{
    Fixture *f = *state;
    static const char *const odd[] = {"",
                                      " ",
                                      "\xE2\x80\x8B",
                                      "？",
                                      "。。。。",
                                      "🤔🤔🤔🤔",
                                      "\xF0\xA0\x80\x80",
                                      "a",
                                      "[订单x]",
                                      "[[[x]]]",
                                      "13800138000"};
    NluMemory memory = nlu_memory_none();
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        NluUnderstanding u;
        NluAgentTurn t;
        NluMemory before = memory;
        nlu_understand_after(f->model, f->arena, &before, str_of(odd[i]), &u, &memory);
        assert_in_range(u.intent_n, 1, NLU_INTENT_MAX);
        assert_true((u.emotion == NLU_CALM) == (u.intensity == 0));
        before = memory;
        nlu_hear_agent(f->model, f->arena, &before, str_of(odd[i]), &t, &memory);
        assert_in_range(t.act_n, 1, NLU_ACT_MAX);
    }
    Buf b;
    buf_init(&b, f->arena, 4 << 20);
    for (int i = 0; i < 300000; i++)
        buf_lit(&b, "退");
    int64_t from = clock_steady_ns();
    NluUnderstanding u;
    nlu_understand(f->model, f->arena, NULL, 0, buf_str(&b), &u);
    assert_true(clock_steady_ns() - from < 2000000000); /* far from it: bounded by NLU_TEXT_MAX */
    for (size_t i = 0; i < u.evidence_n; i++)
        assert_true(u.evidence[i].start < u.evidence[i].end && u.evidence[i].end <= NLU_TEXT_MAX);
}

static void evidence_points_into_the_original(void **state)
{
    Fixture *f = *state;
    const char *text = "你好，我要ＴＵＩ貨？不，退\xE2\x80\x8B貨！气死我了";
    NluUnderstanding u;
    nlu_understand(f->model, f->arena, NULL, 0, str_of(text), &u);
    assert_true(u.evidence_n > 0);
    for (size_t i = 0; i < u.evidence_n; i++) {
        Str head = utf8_head(str_of(text), u.evidence[i].start);
        assert_memory_equal(text + head.n, u.evidence[i].text.p, u.evidence[i].text.n);
        assert_int_equal(utf8_count(u.evidence[i].text), u.evidence[i].end - u.evidence[i].start);
    }
}

static void memory_is_stored_and_read(void **state)
{
    Fixture *f = *state;
    NluMemory m = nlu_memory_none(), back;
    const NluTurn talk[] = {{NLU_CUSTOMER, STR("怎么还没发货啊 都五天了")},
                            {NLU_AGENT, STR("抱歉让您久等了，马上帮您催一下仓库，明天给您发出")},
                            {NLU_CUSTOMER, STR("那快点吧")}};
    for (size_t i = 0; i < 3; i++)
        nlu_remember(f->model, f->arena, &talk[i], &m);
    char bytes[320];
    Buf b = {.p = bytes, .size = sizeof bytes, .max = sizeof bytes};
    nlu_memory_write(&m, &b);
    assert_false(b.over);
    assert_true(nlu_memory_read(buf_str(&b), talk[2].text, &back));
    NluUnderstanding one, two;
    nlu_understand_after(f->model, f->arena, &m, STR("今天能发吗"), &one, NULL);
    nlu_understand_after(f->model, f->arena, &back, STR("今天能发吗"), &two, NULL);
    assert_int_equal(one.emotion, two.emotion);
    assert_memory_equal(one.intents, two.intents, sizeof one.intents);
    assert_int_equal(one.stage, two.stage);
    assert_true(back.matter == m.matter && back.upset == m.upset && back.acts == m.acts &&
                back.said_n == m.said_n);
    static const char *const bad[] = {"",
                                      ",,,",
                                      "stock,pre,9,calm,0,0,0,0,0,0,0,0,0,,",
                                      "stock,pre,1,cross,0,0,0,0,0,0,0,0,0,,",
                                      "stock,pre,1,calm,0,0,0,0,0,0,zz,0,0,,",
                                      "stock,pre,1,calm,0,0,0,0,0,0,0,0,0,nonsense,"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(nlu_memory_read(str_of(bad[i]), STR_NONE, &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_messages),
        cmocka_unit_test(the_talk_before_is_read),
        cmocka_unit_test(agents_are_heard),
        cmocka_unit_test(any_text_is_bounded),
        cmocka_unit_test(evidence_points_into_the_original),
        cmocka_unit_test(memory_is_stored_and_read),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
