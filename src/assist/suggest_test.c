/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/suggest.h"
#include "nlu/lexicon_files.h"
#include "assist/script_files.h"
#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    Arena *arena;
    NluModel *model;
    AssistLibrary *library;
} Fixture;

#define STR_INIT(lit)                                                                              \
    {                                                                                              \
        (lit), sizeof(lit) - 1                                                                     \
    } /* constant initialiser of a Str */
static const AssistFact facts[] = {
    {STR_INIT("agent.nickname"), STR_INIT("小雨"), STR_INIT("user")},
    {STR_INIT("agent.number"), STR_INIT("008"), STR_INIT("user")},
    {STR_INIT("shop.name"), STR_INIT("拾光小铺"), STR_INIT("shop")},
    {STR_INIT("shop.ship_time"), STR_INIT("48 小时内"), STR_INIT("policy")},
    {STR_INIT("shop.ship_cutoff"), STR_INIT("16:00"), STR_INIT("policy")},
    {STR_INIT("shop.return_days"), STR_INIT("7 天"), STR_INIT("policy")},
    {STR_INIT("shop.warranty"), STR_INIT("一年内免费保修"), STR_INIT("policy")},
    {STR_INIT("shop.invoice"), STR_INIT("电子普通发票"), STR_INIT("policy")},
    {STR_INIT("shop.invoice_time"), STR_INIT("三个工作日内"), STR_INIT("policy")},
    {STR_INIT("promise.time"), STR_INIT("今天 15:30"), STR_INIT("clock")},
    {STR_INIT("conversation.order_no"), STR_INIT("D1001"), STR_INIT("order")},
};
enum { FACTS = sizeof(facts) / sizeof(facts[0]) };

static Err read_all(Arena *a, const char *const *files, size_t n, Str *ret)
{
    ErrSlot e = {0};
    Err err = ERR_OK;
    for (size_t i = 0; i < n && !err; i++)
        err = file_read(a, &e, str_c(a, str_fmt(a, "%s/%s", CONTENT_DIR, files[i])), 4 << 20,
                        &ret[i]);
    return err;
}

static int setup(void **state)
{
    static const char *const lexicons[] = NLU_LEXICON_FILES;
    static const char *const scripts[] = ASSIST_SCRIPT_FILES;
    Arena *arena = arena_create(256u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    Str texts[32];
    ErrSlot e = {0};
    f->arena = arena;
    if (read_all(arena, lexicons, NLU_LEXICON_FILE_COUNT, texts))
        return -1;
    f->model = nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, &e);
    if (read_all(arena, scripts, ASSIST_SCRIPT_FILE_COUNT, texts))
        return -1;
    f->library = assist_library_create(texts, ASSIST_SCRIPT_FILE_COUNT, &e);
    if (!f->library)
        print_message("%s\n", e.text);
    *state = f;
    return f->model && f->library ? 0 : -1;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    nlu_model_destroy(f->model);
    assist_library_destroy(f->library);
    arena_destroy(f->arena);
    return 0;
}

static size_t ask_with(Fixture *f, const char *text, size_t fact_n, const Str *used, size_t used_n,
                       AssistSuggestion *ret)
{
    NluUnderstanding u;
    nlu_understand(f->model, f->arena, NULL, 0, str_of(text), &u);
    AssistQuestion q = {.understanding = &u,
                        .text = str_of(text),
                        .facts = facts,
                        .fact_n = fact_n,
                        .used = used,
                        .used_n = used_n};
    return assist_suggest(f->library, f->arena, &q, ret);
}

static size_t ask(Fixture *f, const char *text, const Str *used, size_t used_n,
                  AssistSuggestion *ret)
{
    return ask_with(f, text, FACTS, used, used_n, ret);
}

static bool offers(const AssistSuggestion *s, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(s[i].script->id, id))
            return true;
    return false;
}

static void a_plain_question_gets_its_answer(void **state)
{
    Fixture *f = *state;
    AssistSuggestion s[ASSIST_SUGGEST_MAX];
    size_t n = ask_with(f, "付款以后什么时候发货", FACTS - 1, NULL, 0, s); /* no order is known */
    assert_true(offers(s, n, "ship.when"));
    assert_true(str_is(s[0].script->id, "ship.when"));
    assert_true(str_find(s[0].text, STR("48 小时内")) > 0 && str_find(s[0].text, STR("{")) < 0);
    assert_int_equal(s[0].fact_n, 2);
    for (size_t i = 1; i < n; i++)
        assert_true(s[i - 1].score >= s[i].score);
    n = ask(f, "付款以后什么时候发货", NULL, 0, s);
    assert_false(offers(s, n, "ship.when")); /* it is, and this one has to be looked up */
    assert_true(str_is(s[0].script->id, "hold.ship") && str_find(s[0].text, STR("D1001")) >= 0);
    n = ask(f, "请帮我开发票", NULL, 0, s);
    assert_true(offers(s, n, "invoice.how"));
}

static void without_facts_nothing_is_claimed(void **state)
{
    Fixture *f = *state;
    AssistSuggestion s[ASSIST_SUGGEST_MAX];
    size_t n = ask(f, "这件衣服是什么面料", NULL, 0, s);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < s[i].script->fact_n; k++)
            assert_non_null(assist_fact(facts, FACTS, s[i].script->facts[k]));
        assert_int_equal(str_find(s[i].text, STR("{")), -1);
    }
    assert_false(offers(s, n, "goods.material")); /* no product card is known */
    assert_true(offers(s, n, "goods.not_sure"));
    n = ask(f, "能便宜点吗", NULL, 0, s);
    assert_true(offers(s, n, "bargain.firm"));
    assert_false(offers(
        s, n, "bargain.bulk")); /* its text needs promise.time only; the condition is not met */
}

static void strong_feeling_comes_first(void **state)
{
    Fixture *f = *state;
    AssistSuggestion s[ASSIST_SUGGEST_MAX];
    size_t n = ask(f, "怎么还没发货，都五天了急死了", NULL, 0, s);
    assert_true(n == 3 && s[0].script->step == ASSIST_ACCEPT &&
                s[1].script->step == ASSIST_EMPATHISE && s[2].script->step == ASSIST_ACT);
    n = ask(f, "都五天了怎么还没发货，你们什么态度，我要投诉！！", NULL, 0, s);
    assert_true(n >= 2);
    assert_int_equal(s[0].script->step, ASSIST_ACCEPT);
    for (size_t i = 1; i < n; i++)
        assert_true(s[i - 1].script->step <= s[i].script->step ||
                    s[i].script->step >= ASSIST_ANSWER);
    for (size_t i = 0; i < n; i++)
        assert_int_not_equal(s[i].script->step, ASSIST_CLOSE);
}

static void nobody_calm_is_comforted(void **state)
{
    Fixture *f = *state;
    AssistSuggestion s[ASSIST_SUGGEST_MAX];
    static const char *const calm[] = {"你好", "蓝色的还有货吗", "运费多少钱",
                                       "七天无理由退货怎么办理", "谢谢"};
    for (size_t k = 0; k < sizeof(calm) / sizeof(calm[0]); k++) {
        size_t n = ask(f, calm[k], NULL, 0, s);
        for (size_t i = 0; i < n; i++) {
            assert_int_not_equal(s[i].script->step, ASSIST_EMPATHISE);
            assert_false(s[i].script->intent_n == 0 && s[i].script->step == ASSIST_ACCEPT);
        }
    }
}

static void need_before_recommendation(void **state)
{
    Fixture *f = *state;
    AssistSuggestion s[ASSIST_SUGGEST_MAX];
    size_t n = ask(f, "有什么好的口红推荐", NULL, 0, s);
    assert_true(n > 0);
    assert_int_equal(s[0].script->step, ASSIST_ASK);
}

static void never_twice_in_one_conversation(void **state)
{
    Fixture *f = *state;
    AssistSuggestion s[ASSIST_SUGGEST_MAX];
    Str used[64];
    size_t used_n = 0;
    for (int round = 0; round < 8; round++) {
        size_t n = ask(f, "付款以后什么时候发货", used, used_n, s);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < used_n; k++)
                assert_false(str_eq(s[i].script->id, used[k]));
        for (size_t i = 0; i < n; i++)
            used[used_n++] = s[i].script->id;
    }
    assert_int_equal(ask(f, "付款以后什么时候发货", used, used_n, s),
                     0); /* rather nothing than a repetition */
}

static void address_and_variants(void **state)
{
    Fixture *f = *state;
    NluUnderstanding u;
    nlu_understand(f->model, f->arena, NULL, 0, STR("谢谢"), &u);
    AssistQuestion q = {.understanding = &u, .facts = facts, .fact_n = FACTS, .you = STR("你")};
    AssistSuggestion a[ASSIST_SUGGEST_MAX], b[ASSIST_SUGGEST_MAX];
    size_t n = assist_suggest(f->library, f->arena, &q, a);
    q.seed = 1;
    size_t m = assist_suggest(f->library, f->arena, &q, b);
    assert_true(n > 0 && n == m);
    bool differ = false;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(str_find(a[i].text, STR("您")), -1);
        differ = differ || !str_eq(a[i].text, b[i].text);
    }
    assert_true(differ);
}

static void the_picker_finds(void **state)
{
    Fixture *f = *state;
    AssistFound found[ASSIST_SEARCH_MAX];
    size_t n =
        assist_search(f->library, f->arena, STR("/fapiao"), facts, FACTS, STR("您"), found, 10);
    assert_true(n >= 1 && str_is(found[0].script->id, "invoice.how"));
    assert_int_equal(found[0].missing_n, 0);
    n = assist_search(f->library, f->arena, STR("發票"), facts, FACTS, STR("您"), found, 10);
    assert_true(n >= 3);
    n = assist_search(f->library, f->arena, STR("答材质"), facts, FACTS, STR("您"), found, 10);
    assert_true(n >= 1 && str_is(found[0].script->id, "goods.material"));
    assert_int_equal(found[0].missing_n, 2);
    assert_true(str_find(found[0].text, STR("{product.material}")) > 0);
    assert_int_equal(
        assist_search(f->library, f->arena, STR("没有这样的话术吧"), NULL, 0, STR(""), found, 10),
        0);
    assert_int_equal(assist_search(f->library, f->arena, STR(""), NULL, 0, STR(""), found, 7), 7);
    assert_int_equal(assist_search(f->library, f->arena, STR("您"), NULL, 0, STR(""), found, 0), 0);
}

static void templates(void **state)
{
    Fixture *f = *state;
    Str out = STR("untouched");
    const AssistFact two[] = {{STR_INIT("a.b"), STR_INIT("{c}"), STR_INIT("")},
                              {STR_INIT("c"), STR_INIT(""), STR_INIT("")}};
    assert_true(assist_fill(f->arena, STR("{you}好，{a.b}"), two, 2, STR("亲"), &out));
    assert_true(str_is(out, "亲好，{c}")); /* a value is not read again */
    static const char *const refused[] = {"{c}", "{d}",   "{",     "}",      "{}",
                                          "{A}", "{a b}", "x{you", "{{you}}"};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        assert_false(assist_fill(f->arena, str_of(refused[i]), two, 2, STR("您"), &out));
    assert_true(str_is(out, "亲好，{c}"));
    char *longer = arena_alloc(f->arena, 2100);
    memset(longer, 'x', 2100);
    assert_false(assist_fill(f->arena, (Str){longer, 2001}, NULL, 0, STR("您"), &out));
    assert_true(assist_fill(f->arena, (Str){longer, 2000}, NULL, 0, STR("您"), &out));
}

static void faulty_scripts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "{}",
        "{\"id\":\"a\",\"title\":\"t\"}",
        "{\"id\":\"a\",\"title\":\"t\",\"text\":\"{x.y}\"}",
        "{\"id\":\"a\",\"title\":\"t\",\"text\":\"{broken\"}",
        "{\"id\":\"a\",\"title\":\"t\",\"text\":\"x\",\"step\":\"dance\"}",
        "{\"id\":\"a\",\"title\":\"t\",\"text\":\"x\",\"intents\":[\"nonsense\"]}",
        "{\"id\":\"a\",\"title\":\"t\",\"text\":\"x\",\"stage\":[\"never\"]}",
        "{\"id\":\"a\",\"title\":\"t\",\"text\":\"x\",\"emotions\":[\"bored\"]}",
        "{\"id\":\"a\",\"title\":\"t\",\"text\":\"x\",\"variants\":[\"{y}\"]}",
        "{\"id\":\"a\",\"title\":\"t\",\"text\":\"x\",\"variants\":[7]}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ErrSlot e = {0};
        assert_int_not_equal(assist_script_check(str_of(bad[i]), &e), ERR_OK);
        assert_non_null(e.code);
    }
    ErrSlot e = {0};
    const Str twice[] = {STR("{\"id\":\"a\",\"title\":\"t\",\"text\":\"x\"}"),
                         STR("{\"id\":\"a\",\"title\":\"t\",\"text\":\"y\"}")};
    assert_int_equal(assist_script_check(twice[0], &e), ERR_OK);
    assert_null(assist_library_create(twice, 2, &e));
    AssistLibrary *none = assist_library_create(NULL, 0, &e);
    assert_non_null(none);
    assert_int_equal(assist_library_count(none), 0);
    assert_null(assist_library_find(none, STR("a")));
    assist_library_destroy(none);
}

/* ---- a small library of its own ---- */

typedef struct {
    AssistLibrary *library;
    NluUnderstanding now, before;
    AssistQuestion q;
    AssistSuggestion s[ASSIST_SUGGEST_MAX];
} Small;

static void small(Small *m, const char *scripts)
{
    ErrSlot e = {0};
    Str text = str_of(scripts);
    *m = (Small){.now = {.emotion = NLU_CALM,
                         .stage = NLU_IN,
                         .stage_shown = true,
                         .intent_n = 1,
                         .intents = {{.code = "track", .p = 0.9}}}};
    m->library = assist_library_create(&text, 1, &e);
    if (!m->library)
        print_message("%s\n", e.text);
    assert_non_null(m->library);
    m->q = (AssistQuestion){.understanding = &m->now, .text = STR("到哪了"), .matter = -1};
}

static size_t ask_small(Fixture *f, Small *m)
{
    return assist_suggest(m->library, f->arena, &m->q, m->s);
}

#define ONE(id, more)                                                                              \
    "{\"id\":\"" id "\",\"title\":\"t\",\"text\":\"" id "\",\"intents\":[\"track\"]" more "}"
#define FILE_OF(list) "{\"scripts\":[" list "]}"

static void three_at_most_and_no_situation_twice(void **state)
{
    Small m;
    small(&m,
          FILE_OF(ONE("a.x", "") "," ONE("a.x.calm", ",\"emotions\":[\"calm\"]") "," ONE(
              "a.y", ",\"step\":\"act\"") "," ONE("b.x", ",\"step\":\"ask\"") "," ONE("b.y", "")));
    size_t n = ask_small(*state, &m);
    assert_int_equal(n, 3);
    assert_true(str_is(m.s[0].script->id, "a.x.calm")); /* written for the feeling */
    for (size_t i = 1; i < n; i++)
        assert_false(str_is(m.s[i].script->id, "a.x"));
    const Str used[] = {STR("a.x.calm")};
    m.q.used = used;
    m.q.used_n = 1;
    n = ask_small(*state, &m);
    assert_true(n > 0 && !str_is(m.s[0].script->id, "a.x")); /* it would sound alike */
    assist_library_destroy(m.library);
}

static void what_is_known_is_not_asked_for(void **state)
{
    Small m;
    small(&m,
          FILE_OF(ONE("ask.no",
                      ",\"absent\":[\"order.no\"]") ","
                                                    "{\"id\":\"say.it\",\"title\":\"t\",\"text\":"
                                                    "\"{order.no}\",\"facts\":[\"order.no\"],"
                                                    "\"intents\":[\"track\"]}"));
    assert_int_equal(ask_small(*state, &m), 1);
    assert_true(str_is(m.s[0].script->id, "ask.no"));
    AssistFact known[] = {{STR("order.no"), STR("D1"), STR("order")}};
    m.q.facts = known;
    m.q.fact_n = 1;
    assert_int_equal(ask_small(*state, &m), 1);
    assert_true(str_is(m.s[0].script->id, "say.it") && str_is(m.s[0].text, "D1"));
    known[0].value = STR(""); /* known to be empty is not known */
    assert_int_equal(ask_small(*state, &m), 1);
    assert_true(str_is(m.s[0].script->id, "ask.no"));
    assist_library_destroy(m.library);
}

static void cues_narrow(void **state)
{
    Small m;
    small(&m, FILE_OF(ONE("wide.x", "") "," ONE("two.x", ",\"cues\":[\"签收+没\"]") "," ONE(
                  "not.x", ",\"step\":\"act\",\"cues\":[\"!签收\"]")));
    size_t n = ask_small(*state, &m);
    assert_true(offers(m.s, n, "wide.x") && offers(m.s, n, "not.x") && !offers(m.s, n, "two.x"));
    m.q.text = STR("顯示簽收了，可是我沒拿到"); /* folded like everything that is read */
    n = ask_small(*state, &m);
    assert_true(str_is(m.s[0].script->id, "two.x") && !offers(m.s, n, "not.x"));
    m.q.text = STR("签收了");
    n = ask_small(*state, &m);
    assert_false(offers(m.s, n, "two.x"));
    m.now.intents[0].code = "invoice"; /* a cue alone is no matter */
    m.q.text = STR("签收了没");
    assert_int_equal(ask_small(*state, &m), 0);
    assist_library_destroy(m.library);
    ErrSlot e = {0};
    static const char *const bad[] = {ONE("a", ",\"cues\":[\"\"]"), ONE("a", ",\"cues\":[\"!\"]"),
                                      ONE("a", ",\"cues\":[\"a++b\"]"), ONE("a", ",\"cues\":[1]"),
                                      ONE("a", ",\"facts\":[\"x.y\"],\"absent\":[\"x.y\"]")};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(assist_script_check(str_of(bad[i]), &e), ERR_INVALID);
}

static void what_the_talk_shows(void **state)
{
    Small m;
    small(&m,
          FILE_OF(ONE("open.x", ",\"facts\":[\"talk.opening\"]") "," ONE(
              "again.x", ",\"facts\":[\"talk.again\"]") "," ONE("several.x",
                                                                ",\"facts\":[\"talk.several\"]")));
    assert_int_equal(ask_small(*state, &m), 1);
    assert_true(str_is(m.s[0].script->id, "open.x"));
    m.before = m.now;
    m.q.earlier = &m.before;
    assert_int_equal(ask_small(*state, &m), 1);
    assert_true(str_is(m.s[0].script->id, "again.x"));
    m.before.intents[0].code = "invoice";
    assert_int_equal(ask_small(*state, &m), 0);
    m.now.intents[m.now.intent_n++] = (NluIntent){.code = "invoice", .p = 0.8};
    assert_int_equal(ask_small(*state, &m), 1);
    assert_true(str_is(m.s[0].script->id, "several.x"));
    assist_library_destroy(m.library);
}

static void what_was_asked_for_is_taken(void **state)
{
    Small m;
    small(&m,
          FILE_OF(ONE(
              "a.x",
              "") ","
                  "{\"id\":\"got.x\",\"title\":\"t\",\"text\":\"x\",\"intents\":[\"inform\"]}"));
    m.q.text = STR("20260712 345678"); /* nothing but a number: not the question once more */
    assert_true(ask_small(*state, &m) == 1 && str_is(m.s[0].script->id, "a.x"));
    m.q.matter = nlu_intent_index(STR("track"));
    assert_true(ask_small(*state, &m) == 1 && str_is(m.s[0].script->id, "got.x"));
    m.q.text = STR("20260712 345678 到哪了");
    assert_true(ask_small(*state, &m) == 1 && str_is(m.s[0].script->id, "a.x"));
    m.now.intents[m.now.intent_n++] = (NluIntent){.code = "order_ref", .p = 0.3};
    assert_true(ask_small(*state, &m) == 1 && str_is(m.s[0].script->id, "a.x"));
    m.now.intents[0].p = 0.5; /* a card of the order; its matter is from before */
    assert_true(ask_small(*state, &m) == 1 && str_is(m.s[0].script->id, "got.x"));
    /* the same when the card is all that is understood, and not when something is asked with it */
    m.now.intents[0] = (NluIntent){.code = "order_ref", .p = 0.9};
    m.now.intents[1] = (NluIntent){.code = "track", .p = 0.3};
    assert_true(ask_small(*state, &m) == 1 && str_is(m.s[0].script->id, "got.x"));
    m.now.intents[1].p = 0.8;
    assert_int_equal(ask_small(*state, &m), 0);
    assist_library_destroy(m.library);
}

static void a_guess_is_not_enough(void **state)
{
    Small m;
    small(&m,
          FILE_OF(ONE(
              "a.x",
              ",\"stage\":[\"in\"],\"emotions\":[\"calm\"]") ","
                                                             "{\"id\":\"f.x\",\"title\":\"t\","
                                                             "\"text\":\"x\",\"emotions\":["
                                                             "\"anxious\"],\"step\":\"accept\"}"));
    assert_int_equal(ask_small(*state, &m), 1);
    m.now.intents[0].p = 0.4;
    assert_int_equal(ask_small(*state, &m), 0); /* better nothing than something beside the point */
    m.now.emotion = NLU_ANXIOUS;
    m.now.intensity = 1;
    assert_int_equal(ask_small(*state, &m), 0); /* nor comfort for a hint of a feeling */
    m.now.intensity = 2;
    assert_int_equal(ask_small(*state, &m), 1);
    assert_true(str_is(m.s[0].script->id, "f.x"));
    assist_library_destroy(m.library);
}

static void without_the_records_something_can_be_said(void **state)
{
    Fixture *f = *state;
    static const AssistFact few[] = {
        {STR_INIT("agent.nickname"), STR_INIT("小雨"), STR_INIT("user")},
        {STR_INIT("promise.time"), STR_INIT("今天 15:30"), STR_INIT("clock")}};
    static const char *const questions[] = {
        "我的快递到哪了", "退款什么时候到账", "还有货吗",   "保修多久",   "怎么开发票",
        "少发了一件",     "收到是坏的",       "可以退货吗", "我要改地址", "有优惠券吗"};
    for (size_t k = 0; k < sizeof(questions) / sizeof(questions[0]); k++) {
        NluUnderstanding u;
        AssistSuggestion s[ASSIST_SUGGEST_MAX];
        Str text = str_of(questions[k]);
        nlu_understand(f->model, f->arena, NULL, 0, text, &u);
        AssistQuestion q = {
            .understanding = &u, .text = text, .matter = -1, .facts = few, .fact_n = 2};
        size_t n = assist_suggest(f->library, f->arena, &q, s);
        if (n == 0)
            print_message("nothing for %s\n", questions[k]);
        assert_true(n > 0);
        for (size_t i = 0; i < n; i++)
            assert_true(s[i].script->step == ASSIST_ASK || s[i].script->step == ASSIST_ACT ||
                        s[i].script->step == ASSIST_ACCEPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_question_gets_its_answer),
        cmocka_unit_test(without_facts_nothing_is_claimed),
        cmocka_unit_test(strong_feeling_comes_first),
        cmocka_unit_test(nobody_calm_is_comforted),
        cmocka_unit_test(need_before_recommendation),
        cmocka_unit_test(never_twice_in_one_conversation),
        cmocka_unit_test(address_and_variants),
        cmocka_unit_test(the_picker_finds),
        cmocka_unit_test(three_at_most_and_no_situation_twice),
        cmocka_unit_test(what_is_known_is_not_asked_for),
        cmocka_unit_test(cues_narrow),
        cmocka_unit_test(what_the_talk_shows),
        cmocka_unit_test(what_was_asked_for_is_taken),
        cmocka_unit_test(a_guess_is_not_enough),
        cmocka_unit_test(without_the_records_something_can_be_said),
        cmocka_unit_test(templates),
        cmocka_unit_test(faulty_scripts_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
