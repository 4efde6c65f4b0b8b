/* SPDX-License-Identifier: Apache-2.0 */
/* Reading labelled conversations, and counting what was told about them. */
#include "nlu/measure.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static const char CORPUS[] =
    "# SPDX-License-Identifier: Apache-2.0\n# writer: T\n"
    "== T0001 presale\n"
    "c calm0 size_fit,stock pre | 我170，L码有吗 | size=L码\n"
    "a promise,answer_fact !vague,ignored | 有的，今天发 | 发货 @ 今天; 送袜子\n"
    "\n"
    "== T0002 aftersale\n"
    "c angry3 complaint after | 骗子！\n";

static void the_corpus_is_read(void **state)
{
    (void)state;
    NluTalks t = {.arena = arena_create(1 << 20)};
    ErrSlot e = {0};
    assert_int_equal(nlu_talks_read_corpus(&t, &e, STR("t.txt"), str_of(CORPUS)), ERR_OK);
    assert_int_equal(t.n, 2);
    assert_true(str_is(t.talks[0].id, "T0001") && str_is(t.talks[0].type, "presale"));
    assert_int_equal(t.talks[0].n, 2);
    const NluTalkTurn *c = &t.talks[0].turns[0], *a = &t.talks[0].turns[1];
    assert_int_equal(c->intent_n, 2);
    assert_string_equal(nlu_intent_code((size_t)c->intents[1]), "stock");
    assert_true(c->stage == NLU_PRE && c->emotion == NLU_CALM && str_is(c->text, "我170，L码有吗"));
    assert_int_equal(a->acts,
                     1u << nlu_act_index(STR("promise")) | 1u << nlu_act_index(STR("answer_fact")));
    assert_int_equal(a->faults,
                     1u << nlu_fault_index(STR("vague")) | 1u << nlu_fault_index(STR("ignored")));
    assert_int_equal(a->promise_n, 2);
    assert_true(str_is(a->promises[0].what, "发货") && str_is(a->promises[0].due, "今天") &&
                !a->promises[1].due.n);
    assert_true(t.talks[1].turns[0].emotion == NLU_ANGRY && t.talks[1].turns[0].intensity == 3);
    assert_int_equal(nlu_talks_turns(&t, NLU_CUSTOMER), 2);
    arena_destroy(t.arena);
}

static void faults_are_told_with_their_line(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "c calm0 stock pre | 有吗",                                 /* before any talk */
        "== X1 nonsense\nc calm0 stock pre | 有吗",                 /* type */
        "== X1 presale\nc calm1 stock pre | 有吗",                  /* calm is 0 */
        "== X1 presale\nc angry0 stock pre | 有吗",                 /* angry is not */
        "== X1 presale\nc furious1 stock pre | 有吗",               /* emotion */
        "== X1 presale\nc calm0 stocks pre | 有吗",                 /* intent */
        "== X1 presale\nc calm0 stock,stock pre | 有吗",            /* twice */
        "== X1 presale\nc calm0 stock,gift,bye,coupon pre | 有吗",  /* four */
        "== X1 presale\nc calm0 stock soon | 有吗",                 /* stage */
        "== X1 presale\nc calm0 stock pre |",                       /* no text */
        "== X1 presale\na nothing | 有的",                          /* act */
        "== X1 presale\na greet !nothing | 有的",                   /* fault */
        "== X1 presale\na greet vague | 有的",                      /* fault without mark */
        "== X1 presale\nx calm0 stock pre | 有吗",                  /* speaker */
        "== X1 presale\n\n== X2 presale\nc calm0 stock pre | 有吗", /* empty talk */
        "== X1 presale\nc calm0 stock pre | \xff",                  /* UTF-8 */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        NluTalks t = {.arena = arena_create(1 << 20)};
        ErrSlot e = {0};
        assert_int_equal(nlu_talks_read_corpus(&t, &e, STR("t.txt"), str_of(bad[i])), ERR_INVALID);
        assert_string_equal(e.code, "nlu.talk_invalid");
        assert_non_null(strstr(e.text, "t.txt line "));
        arena_destroy(t.arena);
    }
}

static void rows_are_read(void **state)
{
    (void)state;
    NluTalks t = {.arena = arena_create(1 << 20)};
    ErrSlot e = {0};
    assert_int_equal(
        nlu_talks_read_json(&t, &e, STR("g"), 7,
                            STR("{\"id\":\"a\",\"turns\":[{\"role\":\"user\",\"text\":\"在吗\","
                                "\"emotion\":\"anxious\",\"intensity\":1,"
                                "\"intents\":[\"greeting\"],\"stage\":\"in\"},{\"role\":\"agent\","
                                "\"text\":\"在\"},{\"role\":\"agent\",\"text\":\"今天发\","
                                "\"acts\":[\"promise\"],\"faults\":[],\"commitments\":[{\"what\":"
                                "\"发\",\"due\":\"今天\"}]}]}")),
        ERR_OK);
    assert_int_equal(t.talks[0].n, 3);
    assert_true(t.talks[0].turns[0].labelled && !t.talks[0].turns[1].labelled &&
                t.talks[0].turns[2].promise_n == 1);
    static const char *const bad[] = {
        "", "[]", "{\"turns\":[]}", "{\"turns\":[{\"role\":\"boss\",\"text\":\"x\"}]}",
        ("{\"turns\":[{\"role\":\"user\",\"text\":\"x\",\"emotion\":\"calm\",\"intensity\":0,"
         "\"intents\":[],\"stage\":\"in\"}]}")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ErrSlot f = {0};
        assert_int_equal(nlu_talks_read_json(&t, &f, STR("g"), 7, str_of(bad[i])), ERR_INVALID);
        assert_non_null(strstr(f.text, "g line 7"));
    }
    arena_destroy(t.arena);
}

static void figures_are_counted(void **state)
{
    (void)state;
    NluMeasure m;
    nlu_measure_init(&m);
    NluTalkTurn truth = {
        .emotion = NLU_ANXIOUS, .intensity = 1, .stage = NLU_IN, .intent_n = 2, .intents = {0, 1}};
    NluUnderstanding told = {
        .emotion = NLU_ANGRY, .emotion_p = 0.9, .intensity = 1, .stage = NLU_IN, .intent_n = 2};
    told.intents[0] = (NluIntent){nlu_intent_code(1), 0.8};
    told.intents[1] = (NluIntent){nlu_intent_code(5), 0.1};
    nlu_measure_customer(&m, &truth, &told);
    assert_true(m.first_in_set == 1 && m.any_in_three == 1 && m.first_in_three == 0 &&
                m.intensity_right == 1);
    assert_true(m.negative.hit == 1 && nlu_confusion_accuracy(&m.emotion) < 0.01);
    assert_float_equal(nlu_bins_error(&m.emotion_bins), 0.9, 1e-9);
    assert_float_equal(nlu_bins_error(&m.intent_bins), 0.2, 1e-9);
    truth = (NluTalkTurn){.emotion = NLU_CALM, .stage = NLU_IN, .intent_n = 1, .intents = {5}};
    told.emotion = NLU_CALM;
    nlu_measure_customer(&m, &truth, &told);
    assert_float_equal(nlu_confusion_accuracy(&m.emotion), 0.5, 1e-9);
    assert_float_equal(nlu_confusion_macro_f1(&m.emotion), 0.5, 1e-9); /* calm 1, anxious 0 */
    NluTalkTurn said = {.role = NLU_AGENT, .acts = 3, .faults = 1, .promise_n = 1};
    NluAgentTurn heard = {.act_n = 1, .fault_n = 1, .promise = true};
    heard.acts[0].code = nlu_act_code(1);
    heard.faults[0].code = nlu_fault_code(2);
    nlu_measure_agent(&m, &said, &heard);
    assert_true(m.any_fault.hit == 1 && m.faults.hit == 0 && m.promise.hit == 1 &&
                m.acts.hit == 1 && m.acts.truth == 2);
    assert_float_equal(nlu_retrieved_f1(&m.acts), 2.0 / 3, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_corpus_is_read),
        cmocka_unit_test(faults_are_told_with_their_line),
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(figures_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
