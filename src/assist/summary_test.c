/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over summary with the wording that ships. CONTENT_DIR is set by the build. */
#include "assist/summary.h"

#include "base/file.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

typedef struct {
    Arena *arena;
    Str json;
    AssistSummaryWords *words;
    AssistSummaryTurn turns[40];
    size_t n;
    AssistSummary got;
} Fixture;

static int setup(void **state)
{
    Arena *arena = arena_create(64u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    ErrSlot e = {0};
    f->arena = arena;
    *state = f;
    if (file_read(arena, &e, CONTENT_DIR "/summary/lines.json", 1 << 20, &f->json))
        return -1;
    f->words = assist_summary_words_create(f->json, &e);
    if (!f->words)
        print_message("%s\n", e.text);
    return f->words ? 0 : -1;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    assist_summary_words_destroy(f->words);
    arena_destroy(f->arena);
    return 0;
}

/* A customer's message with one intent and the words that showed it. */
static AssistSummaryTurn *customer(Fixture *f, const char *text, NluEmotion emotion, int intensity,
                                   const char *intent, const char *words)
{
    AssistSummaryTurn *t = &f->turns[f->n++];
    int *intents = ARENA_ARRAY(f->arena, int, 2);
    AssistSummaryMark *marks = ARENA_ARRAY(f->arena, AssistSummaryMark, 4);
    intents[0] = nlu_intent_index(str_of(intent));
    assert_true(intents[0] >= 0);
    *t = (AssistSummaryTurn){.seq = (int64_t)f->n,
                             .at_ms = (int64_t)f->n * 1000,
                             .role = NLU_CUSTOMER,
                             .text = str_of(text),
                             .understood = true,
                             .emotion = emotion,
                             .intensity = intensity,
                             .intents = intents,
                             .intent_n = 1,
                             .marks = marks};
    ptrdiff_t at = words ? str_find(t->text, str_of(words)) : -1;
    if (at >= 0) {
        uint32_t start = (uint32_t)utf8_count(str_sub(t->text, 0, (size_t)at));
        marks[t->mark_n++] = (AssistSummaryMark){str_of(intent), str_of(words), start,
                                                 start + (uint32_t)utf8_count(str_of(words))};
    }
    return t;
}

static void slot(AssistSummaryTurn *t, const char *name, const char *value)
{
    ((AssistSummaryMark *)(size_t)t->marks)[t->mark_n++] =
        (AssistSummaryMark){str_of(name), str_of(value), 0, 0};
}

static AssistSummaryTurn *agent(Fixture *f, const char *name, const char *text)
{
    AssistSummaryTurn *t = &f->turns[f->n++];
    *t = (AssistSummaryTurn){.seq = (int64_t)f->n,
                             .at_ms = (int64_t)f->n * 1000,
                             .role = NLU_AGENT,
                             .text = str_of(text),
                             .name = str_of(name)};
    return t;
}

static void promise(Fixture *f, AssistSummaryTurn *t, const char *what, const char *due,
                    int64_t due_ms, const char *due_words)
{
    AssistSummaryPromise *p = ARENA_NEW(f->arena, AssistSummaryPromise);
    *p = (AssistSummaryPromise){str_of(what), str_of(due), str_of(due_words), due_ms};
    t->promises = p;
    t->promise_n = 1;
}

static void make(Fixture *f, AssistSummaryTalk talk)
{
    talk.turns = f->turns;
    talk.n = f->n;
    assist_summary(f->words, f->arena, &talk, &f->got);
}

static void is(const Fixture *f, AssistSummaryKind k, const char *text)
{
    Str have = f->got.lines[k].text;
    if (!str_is(have, text))
        print_message("have %.*s\nwant %s\n", STR_ARG(have), text);
    assert_true(str_is(have, text));
}

static void rests_on(const Fixture *f, AssistSummaryKind k, const int64_t *seqs, size_t n)
{
    const AssistSummaryLine *l = &f->got.lines[k];
    assert_int_equal(l->seq_n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(l->seqs[i], seqs[i]);
}
#define RESTS_ON(f, k, ...)                                                                        \
    rests_on(f, k, (const int64_t[]){__VA_ARGS__},                                                 \
             sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void nothing_known(void **state)
{
    Fixture *f = *state;
    make(f, (AssistSummaryTalk){0});
    is(f, ASSIST_SUMMARY_WHO, "没有留名的访客；第一次来");
    is(f, ASSIST_SUMMARY_WISH, "客户的话里还没有读出要办的事");
    is(f, ASSIST_SUMMARY_FEELING, "没有可以判断情绪的话");
    is(f, ASSIST_SUMMARY_DONE, "还没有人答复");
    is(f, ASSIST_SUMMARY_PROMISED, "客服的话里没有读出承诺");
    for (int k = 0; k < ASSIST_SUMMARY_LINES; k++)
        assert_int_equal(f->got.lines[k].seq_n, 0);
    assert_int_equal(f->got.curve_n, 0);
}

static void a_late_parcel(void **state)
{
    Fixture *f = *state;
    customer(f, "您好", NLU_CALM, 0, "greeting", NULL);
    agent(f, "小雨", "您好，请问有什么可以帮您");
    AssistSummaryTurn *t =
        customer(f, "杯子收到了，盖子裂了一道，怎么弄", NLU_CALM, 0, "damaged_defect", "裂了");
    slot(t, "order_no", "88120033");
    slot(t, "product", "杯子");
    agent(f, "小雨", "这边给您补寄一个盖子");
    promise(f, &f->turns[3], "给您补寄一个盖子", "今天之内", 900000, "今天 23:59");
    customer(f, "都等三天了！盖子还没寄，太离谱", NLU_ANGRY, 2, "track", "还没寄");
    agent(f, "小满", "实在抱歉，盖子没有寄出，是我们漏了");
    customer(f, "好吧，那尽快", NLU_ANXIOUS, 1, "confirm", NULL);
    make(f, (AssistSummaryTalk){.name = STR("林女士"),
                                .vip = STR("金卡"),
                                .channel = STR("官网"),
                                .returning = true,
                                .now_ms = 800000});
    is(f, ASSIST_SUMMARY_WHO, "林女士（金卡）；以前来过；从“官网”进来；说过订单号 88120033");
    RESTS_ON(f, ASSIST_SUMMARY_WHO, 3);
    is(f, ASSIST_SUMMARY_WISH,
       "东西坏了或有瑕疵：“盖子裂了一道”；查物流：“盖子还没寄”；已经说明：商品“杯子”");
    RESTS_ON(f, ASSIST_SUMMARY_WISH, 3, 5);
    is(f, ASSIST_SUMMARY_FEELING,
       "起初平静；最重时生气，在说“都等三天了！盖子还没寄，太离谱”时；现在有些着急");
    RESTS_ON(f, ASSIST_SUMMARY_FEELING, 1, 5, 7);
    is(f, ASSIST_SUMMARY_DONE,
       "小雨、小满答复了 3 "
       "条；“这边给您补寄一个盖子”；“实在抱歉，盖子没有寄出，是我们漏了”；客户最后说的还没有答复");
    RESTS_ON(f, ASSIST_SUMMARY_DONE, 4, 6, 7);
    is(f, ASSIST_SUMMARY_PROMISED,
       "“给您补寄一个盖子”，说的是今天之内（今天 23:59 前），还没看到办好");
    RESTS_ON(f, ASSIST_SUMMARY_PROMISED, 4);
    assert_int_equal(f->got.curve_n, 4);
    assert_int_equal(f->got.curve[2].seq, 5);
    assert_int_equal(f->got.curve[2].emotion, NLU_ANGRY);
    assert_int_equal(f->got.curve[2].intensity, 2);
}

/* What was promised is done only where later words show it: not a wish, a question, another thing.
 */
static void kept_or_not(void **state)
{
    static const struct {
        const char *later;
        bool kept;
    } cases[] = {{"补寄的盖子已经发出，单号稍后给您", true},
                 {"盖子补寄好了，您留意快递", true},
                 {"盖子还没有补寄，库房正在找", false},
                 {"盖子已经补寄了吗？我问一下", false},
                 {"已经下班了，补寄明天弄", false},
                 {"您的发票已经开好了", false},
                 {"已经给您登记了", false}};
    Fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        f->n = 0;
        promise(f, agent(f, "", "给您补寄一个盖子"), "给您补寄一个盖子", "", NLU_TIME_NEVER, "");
        agent(f, "", cases[i].later);
        make(f, (AssistSummaryTalk){.now_ms = 100});
        Str line = f->got.lines[ASSIST_SUMMARY_PROMISED].text;
        bool kept = str_find(line, STR("后来说")) >= 0;
        if (kept != cases[i].kept)
            print_message("%s: %.*s\n", cases[i].later, STR_ARG(line));
        assert_int_equal(kept, cases[i].kept);
        assert_int_equal(f->got.lines[ASSIST_SUMMARY_PROMISED].seq_n, kept ? 2 : 1);
    }
}

static void late_and_said_again(void **state)
{
    Fixture *f = *state;
    promise(f, agent(f, "", "下午给您回电"), "给您回电", "下午", 5000, "今天 18:00");
    promise(f, agent(f, "", "晚上给您回电"), "给您回电", "晚上", 9000, "今天 21:00");
    make(f, (AssistSummaryTalk){.now_ms = 9001});
    is(f, ASSIST_SUMMARY_PROMISED,
       "“给您回电”，说的是晚上（今天 21:00 前），时间已过，还没看到办好");
    RESTS_ON(f, ASSIST_SUMMARY_PROMISED, 2);
    make(f, (AssistSummaryTalk){.now_ms = 8999});
    assert_true(str_find(f->got.lines[ASSIST_SUMMARY_PROMISED].text, STR("已过")) < 0);
}

static void acts_from_labels(void **state)
{
    Fixture *f = *state;
    int acts[] = {nlu_act_index(STR("greet")), nlu_act_index(STR("apologise")),
                  nlu_act_index(STR("propose_solution"))};
    customer(f, "坏了", NLU_CALM, 0, "damaged_defect", "坏了");
    AssistSummaryTurn *t = agent(f, "小雨", "您好，给您添麻烦了，换一个新的可以吗");
    t->acts = acts;
    t->act_n = 3;
    make(f, (AssistSummaryTalk){0});
    is(f, ASSIST_SUMMARY_DONE,
       "小雨答复了 1 条；做了：道了歉、给了办法；“您好，给您添麻烦了，换一个新的可以吗”");
    is(f, ASSIST_SUMMARY_FEELING, "一直平静");
    RESTS_ON(f, ASSIST_SUMMARY_DONE, 2);
}

/* Where only the newest were read, that is said, whether or not they show anything. */
static void what_was_not_read_is_said(void **state)
{
    Fixture *f = *state;
    agent(f, "小雨", "今天会给您回电话的");
    make(f, (AssistSummaryTalk){.clipped = true});
    is(f, ASSIST_SUMMARY_FEELING, "没有可以判断情绪的话；只看了最近 1 条消息");
    assert_int_equal(f->got.lines[ASSIST_SUMMARY_FEELING].seq_n, 0);
}

/* Courtesy is no answer; long words are cut; many matters keep the newest; nothing runs over. */
static void bounds(void **state)
{
    Fixture *f = *state;
    static const char *const matters[] = {"stock",   "size_fit", "coupon", "ship_when",
                                          "invoice", "exchange", "review", "gift"};
    for (size_t i = 0; i < 8; i++)
        customer(f, "我把这件事从头到尾一个字一个字地写下来一直写到你看不完为止才算说清楚",
                 NLU_DISAPPOINTED, 1 + (int)(i % 3), matters[i], NULL);
    customer(f, "", NLU_CALM, 0, "other", NULL)->understood = false; /* a picture */
    agent(f, "小雨", "您好，在的呢");
    make(f, (AssistSummaryTalk){.clipped = true});
    Str wish = f->got.lines[ASSIST_SUMMARY_WISH].text;
    assert_true(str_find(wish, STR("另有 3 项更早的")) == 0);
    assert_true(str_find(wish, STR("…”")) > 0);
    assert_int_equal(f->got.lines[ASSIST_SUMMARY_WISH].seq_n, 5);
    is(f, ASSIST_SUMMARY_DONE, "小雨答复了 1 条");
    assert_int_equal(f->got.lines[ASSIST_SUMMARY_DONE].seq_n, 0);
    assert_true(str_find(f->got.lines[ASSIST_SUMMARY_FEELING].text, STR("只看了最近 10 条消息")) >
                0);
    assert_int_equal(f->got.curve_n, 8);
}

static void braces_of_a_customer_stay_words(void **state)
{
    Fixture *f = *state;
    customer(f, "{words}{matter} 有货吗", NLU_CALM, 0, "stock", NULL);
    make(f, (AssistSummaryTalk){.name = STR("{vip}"), .channel = STR("{name}")});
    is(f, ASSIST_SUMMARY_WHO, "{vip}；第一次来；从“{name}”进来");
    is(f, ASSIST_SUMMARY_WISH, "问有没有货：“{words}{matter} 有货吗”");
}

static void broken_wording_is_refused(void **state)
{
    Fixture *f = *state;
    static const char *const gone[] = {"\"wish.none\"", "\"angry\"", "\"matters\"", "\"courtesy\"",
                                       "\"stop_chars\""};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        ErrSlot e = {0};
        char *copy = str_c(f->arena, f->json);
        char *at = strstr(copy, gone[i]);
        assert_non_null(at);
        at[1] = 'X';
        assert_null(assist_summary_words_create(str_of(copy), &e));
        assert_string_equal(e.code, "summary.invalid");
    }
    ErrSlot e = {0};
    assert_null(assist_summary_words_create(STR("{"), &e));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(nothing_known),
                                       T(a_late_parcel),
                                       T(kept_or_not),
                                       T(late_and_said_again),
                                       T(acts_from_labels),
                                       T(bounds),
                                       T(what_was_not_read_is_said),
                                       T(braces_of_a_customer_stay_words),
                                       T(broken_wording_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
