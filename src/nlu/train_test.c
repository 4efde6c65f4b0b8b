/* SPDX-License-Identifier: Apache-2.0 */
/* The trainer: the same talks give the same bytes, near-duplicates stay together, and what is
 * learnt is known afterwards. CONTENT_DIR is set by the build. */
#include "nlu/lexicon_files.h"
#include "nlu/train.h"
#include "nlu/train_internal.h"
#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    Arena *arena;
    NluModel *rules;
    NluTalks talks;
} Fixture;

/* Talks of two matters that the words tell apart. */
static const char *talk_text(Arena *a)
{
    static const char *const stock[] = {"蓝的还有吗", "黑的有现货没", "红色几时补货",
                                        "这款断货了吗", "白的有没有货"};
    static const char *const refund[] = {"我要退掉它", "帮我办退货吧", "东西不要了退钱",
                                         "怎么把货退回去", "这个我想退了"};
    static const char *const there[] = {"有货的 今天给您发", "还有三件 我给您留一件",
                                        "到货了短信通知您"};
    static const char *const back[] = {"可以退的 您点申请售后", "好的 收到货三天内退款",
                                       "退回来就行"};
    Buf b;
    buf_init(&b, a, 1 << 20);
    for (int i = 0; i < 60; i++) {
        buf_fmt(&b, "== T%04d presale\nc calm0 stock pre | %s%d号\na answer_fact%s | %s\n", i,
                stock[i % 5], i, i % 3 == 1 ? ",promise" : "", there[i % 3]);
        buf_fmt(
            &b, "== R%04d aftersale\nc %s return_refund after | %s 编号%d\na guide_steps%s | %s\n",
            i, i % 2 ? "calm0" : "angry2", refund[i % 5], i, i % 4 ? "" : " !vague", back[i % 3]);
    }
    buf_byte(&b, 0);
    return b.p;
}

static int setup(void **state)
{
    static const char *const files[] = NLU_LEXICON_FILES;
    Arena *arena = arena_create(256u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    Str texts[NLU_LEXICON_FILE_COUNT];
    ErrSlot e = {0};
    f->arena = arena;
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT; i++)
        if (file_read(arena, &e, str_c(arena, str_fmt(arena, "%s/%s", CONTENT_DIR, files[i])),
                      4 << 20, &texts[i]))
            return -1;
    f->rules = nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, &e);
    f->talks.arena = arena;
    *state = f;
    if (!f->rules || nlu_talks_read_corpus(&f->talks, &e, STR("t"), str_of(talk_text(arena))))
        return -1;
    return 0;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    nlu_model_destroy(f->rules);
    arena_destroy(f->arena);
    return 0;
}

static void same_talks_same_bytes(void **state)
{
    Fixture *f = *state;
    NluTrainOptions o = nlu_train_defaults();
    NluTrainReport r;
    ErrSlot e = {0};
    Str first, second, other;
    o.epochs = 4;
    assert_int_equal(nlu_train(f->rules, &f->talks, &o, &e, &first, &r), ERR_OK);
    assert_int_equal(nlu_train(f->rules, &f->talks, &o, &e, &second, &r), ERR_OK);
    assert_int_equal(first.n, second.n);
    assert_memory_equal(first.p, second.p, first.n);
    o.seed = 2;
    assert_int_equal(nlu_train(f->rules, &f->talks, &o, &e, &other, &r), ERR_OK);
    assert_false(other.n == first.n && memcmp(other.p, first.p, first.n) == 0);
    free((void *)(uintptr_t)first.p);
    free((void *)(uintptr_t)second.p);
    free((void *)(uintptr_t)other.p);
}

static void what_was_taught_is_known(void **state)
{
    Fixture *f = *state;
    NluTrainOptions o = nlu_train_defaults();
    NluTrainReport r;
    ErrSlot e = {0};
    Str file;
    o.c_customer = o.c_agent = 1;
    assert_int_equal(nlu_train(f->rules, &f->talks, &o, &e, &file, &r), ERR_OK);
    assert_int_equal(r.customer_rows, 120);
    NluModel m = *f->rules; /* shares the lexicon */
    assert_int_equal(nlu_model_train_with(&m, file, &e), ERR_OK);
    assert_memory_equal(nlu_model_version(&m), "linear-1.", 9);
    NluUnderstanding u;
    nlu_understand(&m, f->arena, NULL, 0, STR("绿色的有没有货"), &u);
    assert_string_equal(u.intents[0].code, "stock");
    assert_int_equal(u.stage, NLU_PRE);
    assert_true(u.evidence_n > 0);
    nlu_understand(&m, f->arena, NULL, 0, STR("这件我想退了"), &u);
    assert_string_equal(u.intents[0].code, "return_refund");
    assert_int_equal(u.stage, NLU_AFTER);
    free((void *)(uintptr_t)file.p);
}

static void near_duplicates_share_a_fold(void **state)
{
    Fixture *f = *state;
    uint32_t fold[256];
    size_t clusters = nlu_train_split(&f->talks, 4, 1, fold);
    assert_in_range(clusters, 2, 119);
    size_t seen[4] = {0};
    for (size_t i = 0; i < f->talks.n; i++) {
        assert_in_range(fold[i], 0, 3);
        seen[fold[i]]++;
    }
    /* the agent's sentences repeat: whoever has one of them lies with all others that have it */
    for (size_t i = 0; i < f->talks.n; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq(f->talks.talks[i].turns[1].text, f->talks.talks[k].turns[1].text) &&
                f->talks.talks[i].turns[1].text.n > 24)
                assert_int_equal(fold[i], fold[k]);
}

static void few_talks_are_refused(void **state)
{
    Fixture *f = *state;
    NluTalks few = f->talks;
    NluTrainOptions o = nlu_train_defaults();
    NluTrainReport r;
    ErrSlot e = {0};
    Str file;
    few.n = 5;
    assert_int_equal(nlu_train(f->rules, &few, &o, &e, &file, &r), ERR_INVALID);
    assert_string_equal(e.code, "nlu.train_few");
}

static void foreign_models_are_refused(void **state)
{
    Fixture *f = *state;
    static NluHead const head = {.name = "weather"};
    uint32_t key = 1;
    uint8_t idf = 16;
    float weight = 1;
    NluWeightPart part = {
        .heads = &head, .head_n = 1, .rows = 1, .keys = &key, .idf = &idf, .weights = &weight};
    NluWeightPart both[NLU_WEIGHTS_SIDES] = {part, part};
    Str file = nlu_weights_pack(both, 1, false);
    NluModel m = *f->rules;
    ErrSlot e = {0};
    assert_int_equal(nlu_model_train_with(&m, file, &e), ERR_INVALID);
    assert_string_equal(e.code, "nlu.model_damaged");
    NluUnderstanding u;
    nlu_understand(&m, f->arena, NULL, 0, STR("你好"), &u); /* still the rules */
    assert_string_equal(u.intents[0].code, "greeting");
    free((void *)(uintptr_t)file.p);
}

static void templates_are_filled_in(void **state)
{
    Fixture *f = *state;
    NluTalks t = {.arena = f->arena};
    ErrSlot e = {0};
    Str text = STR("== T1 presale\na greet | {您好/亲}{，/}在的\na promise | 这就{发/寄} | 发 @\nc "
                   "calm0 stock pre | {有/没}货吗\n");
    assert_int_equal(nlu_talks_read_templates(&t, &e, STR("x.txt"), text, 4, 7), ERR_OK);
    assert_int_equal(t.n, 3 * 4 + 2 * 4);
    bool joined = false;
    for (size_t i = 0; i < t.n; i++) {
        const NluTalkTurn *turn = &t.talks[i].turns[0];
        assert_true(t.talks[i].made && t.talks[i].n == 1);
        assert_true(str_find(turn->text, STR("{")) < 0 && str_find(turn->text, STR("/")) < 0);
        joined = joined || (turn->acts & (turn->acts - 1)) != 0;
    }
    assert_true(joined);
    t.n = 0;
    assert_int_equal(nlu_talks_read_templates(&t, &e, STR("after_when_x.txt"), text, 1, 7), ERR_OK);
    assert_int_equal(t.talks[0].after, NLU_AFTER_WHEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_talks_same_bytes),        cmocka_unit_test(what_was_taught_is_known),
        cmocka_unit_test(near_duplicates_share_a_fold), cmocka_unit_test(few_talks_are_refused),
        cmocka_unit_test(foreign_models_are_refused),   cmocka_unit_test(templates_are_filled_in),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
