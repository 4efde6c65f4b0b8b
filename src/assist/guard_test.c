/* SPDX-License-Identifier: Apache-2.0 */
/* The guard with the rules that ship. CONTENT_DIR is set by the build. */
#include "assist/guard.h"
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
    AssistGuard *guard;
} Fixture;

static int setup(void **state)
{
    Arena *arena = arena_create(256u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    f->arena = arena;
    ErrSlot e = {0};
    Str rules;
    if (file_read(arena, &e, CONTENT_DIR "/guard/rules.json", 4 << 20, &rules))
        return -1;
    f->guard = assist_guard_create(rules, &e);
    *state = f;
    return f->guard ? 0 : -1;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    assist_guard_destroy(f->guard);
    arena_destroy(f->arena);
    return 0;
}

static void each_rule_has_its_cases(void **state)
{
    static const struct {
        const char *text, *rule; /* NULL: must pass */
        AssistLevel level;
    } cases[] = {
        {"不行哦", "blunt_refusal", ASSIST_WARN},
        {"这个我也没办法", "blunt_refusal", ASSIST_WARN},
        {"不归我们管", "pass_the_buck", ASSIST_WARN},
        {"实在不行的话，换一个颜色可以吗", NULL, ASSIST_OFF},
        {"您看这样行不行", NULL, ASSIST_OFF},
        {"改不了了，因为已经出库，您看拒收重拍可以吗", NULL, ASSIST_OFF},
        {"这一条现在办不了，我去问主管", NULL, ASSIST_OFF},
        {"是您自己没看清页面", "blame", ASSIST_WARN},
        {"谁让您不早说", "blame", ASSIST_WARN},
        {"这不怪您", NULL, ASSIST_OFF},
        {"这是最便宜的价格", "absolute_term", ASSIST_WARN},
        {"百分百不会坏", "absolute_term", ASSIST_WARN},
        {"质量绝对没有问题", "absolute_term", ASSIST_WARN},
        {"最近三天到货", NULL, ASSIST_OFF},
        {"最晚明天发出，第一时间告诉您", NULL, ASSIST_OFF},
        {"我们是全网第一的牌子", "absolute_claim", ASSIST_BLOCK},
        {"国家级品质", "absolute_claim", ASSIST_BLOCK},
        {"你有病吧", "rude", ASSIST_BLOCK},
        {"爱买不买", "rude", ASSIST_BLOCK},
        {"您妈妈的衣服已经发出", NULL, ASSIST_OFF},
        {"改到15日你看可以吗", NULL, ASSIST_OFF},
        {"tmdb接口，型号htmd5", NULL, ASSIST_OFF},
        {"型号 x TMD", "rude", ASSIST_BLOCK},
    };
    Fixture *f = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AssistGuardHit h[ASSIST_GUARD_HITS];
        size_t n = assist_guard_check(f->guard, f->arena, NULL, str_of(cases[i].text), h);
        if ((n > 0) != (cases[i].rule != NULL) || (n > 0 && !str_is(h[0].rule, cases[i].rule)))
            print_message("%s: %.*s\n", cases[i].text, STR_ARG(n ? h[0].rule : STR("passes")));
        assert_int_equal(n > 0, cases[i].rule != NULL);
        if (n == 0)
            continue;
        assert_true(str_is(h[0].rule, cases[i].rule));
        assert_int_equal(h[0].level, cases[i].level);
        assert_true(h[0].message.n > 0 && h[0].version.n > 0 && h[0].rewrite.n > 0);
        assert_int_equal(str_find(h[0].message, STR("{words}")), -1);
        assert_true(str_find(h[0].message, h[0].words) >= 0);
    }
}

static void tricks_do_not_slip_past(void **state)
{
    static const char *const tricks[] = {"滚 开",
                                         "滚\xE2\x80\x8B开",
                                         "滚\xEF\xBB\xBF\xE2\x81\xA0开",
                                         "滚*开",
                                         "滾開",
                                         "滚·_·开",
                                         "ＴＭＤ",
                                         "t m d",
                                         ("T\xC2\xADm\xE2\x80\x8D"
                                          "d"),
                                         "滚\n开",
                                         "滚\xE3\x80\x80开",
                                         "滚\xCC\xB6开",
                                         "脑\xEF\xB8\x8F残",
                                         "𝐓𝐌𝐃"};
    Fixture *f = *state;
    for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
        AssistGuardHit h[ASSIST_GUARD_HITS];
        size_t n = assist_guard_check(f->guard, f->arena, NULL, str_of(tricks[i]), h);
        if (n != 1)
            print_message("slipped past: %s\n", tricks[i]);
        assert_int_equal(n, 1);
        assert_true(str_is(h[0].rule, "rude"));
        assert_int_equal(h[0].start, 0);
        assert_int_equal(h[0].end, utf8_count(str_of(tricks[i])));
        assert_true(str_eq(h[0].words, str_of(tricks[i])));
    }
}

static void blocking_hits_come_first(void **state)
{
    Fixture *f = *state;
    AssistGuardHit h[ASSIST_GUARD_HITS];
    size_t n = assist_guard_check(f->guard, f->arena, NULL, STR("这是最便宜的。滚开！"), h);
    assert_int_equal(n, 2);
    assert_int_equal(h[0].level, ASSIST_BLOCK);
    assert_int_equal(h[0].start, 7);
    assert_int_equal(h[0].end, 9);
    assert_int_equal(h[1].level, ASSIST_WARN);
    assert_int_equal(h[1].start, 2);
}

static void a_flood_hides_nothing_and_is_bounded(void **state)
{
    Fixture *f = *state;
    Arena *a = arena_create(64u << 20);
    static const char piece[] = "您看帮您行不行";
    size_t each = sizeof(piece) - 1, n = 200;
    char *big = arena_alloc(a, n * each + 64);
    for (size_t i = 0; i < n; i++)
        memcpy(big + i * each, piece, each);
    memcpy(big + n * each, "滚开", 6);
    AssistGuardHit h[ASSIST_GUARD_HITS];
    assert_int_equal(assist_guard_check(f->guard, a, NULL, (Str){big, n * each + 6}, h), 1);
    assert_int_equal(h[0].level, ASSIST_BLOCK);
    size_t huge = 1u << 20;
    char *mb = arena_alloc(a, huge);
    for (size_t i = 0; i + 6 <= huge; i += 6)
        memcpy(mb + i, "不行", 6);
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    assist_guard_check(f->guard, a, NULL, (Str){mb, huge / 6 * 6}, h);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    assert_true((double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9 < 2);
    arena_destroy(a);
}

/* A megabyte of one character, and of each thing that a check looks for, with everything said
 * before just as long: none takes more than a moment. */
static void anything_is_judged_in_bounded_time(void **state)
{
    static const char *const pieces[] = {
        "啊",   "1",    "一",          "吗",         "加微信",      "\u202E",
        "a1",   "，",   " ",           "有什么问题", "13800138000", "。您好在吗有什么可以帮您",
        "可能", "有货", "好评返现5元", "\u200B",     "行不行"};
    Fixture *f = *state;
    enum { HUGE_BYTES = 1 << 20 };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        Arena *a = arena_create(256u << 20);
        Str piece = str_of(pieces[i]);
        char *big = arena_alloc(a, HUGE_BYTES + 64);
        size_t n = 0;
        for (; n + piece.n <= HUGE_BYTES; n += piece.n)
            memcpy(big + n, piece.p, piece.n);
        Str text = {big, n};
        NluUnderstanding u = {.emotion = NLU_ANGRY, .intensity = 3, .intent_n = 1};
        u.intents[0].code = "ship_when";
        AssistGuardContext before = {.turn_n = ASSIST_GUARD_TURNS,
                                     .open_n = ASSIST_GUARD_TURNS,
                                     .said_n = ASSIST_GUARD_SAID};
        for (size_t k = 0; k < ASSIST_GUARD_TURNS; k++)
            before.turns[k] = (AssistGuardTurn){.text = text, .understanding = &u};
        for (size_t k = 0; k < ASSIST_GUARD_SAID; k++)
            before.said[k] = text;
        AssistGuardHit h[ASSIST_GUARD_HITS];
        struct timespec t0, t1;
        clock_gettime(CLOCK_MONOTONIC, &t0);
        assert_true(assist_guard_check(f->guard, a, &before, text, h) <= ASSIST_GUARD_HITS);
        clock_gettime(CLOCK_MONOTONIC, &t1);
        double took = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
        if (took > 0.5)
            print_message("%s: %.3f s\n", pieces[i], took);
        assert_true(took < 2);
        arena_destroy(a);
    }
}

/* Whatever hides between the characters, the place is that of the words as they were written. */
static void places_are_those_of_the_original(void **state)
{
    Fixture *f = *state;
    AssistGuardHit h[ASSIST_GUARD_HITS];
    Str text = STR("好的，全\u200B 網 最·低 价哦");
    assert_int_equal(assist_guard_check(f->guard, f->arena, NULL, text, h), 1);
    assert_true(str_is(h[0].rule, "absolute_claim"));
    assert_int_equal(h[0].start, 3);
    assert_int_equal(h[0].end, 11);
    assert_true(str_is(h[0].words, "全\u200B 網 最·低"));
    assert_int_equal(h[0].fault, ASSIST_ABSOLUTE_TERM);
}

/* A trained model is one more witness, and never the only judge of its own message. */
static void a_model_may_speak_where_words_do_not(void **state)
{
    Fixture *f = *state;
    AssistGuardHit h[ASSIST_GUARD_HITS];
    double p[ASSIST_FAULT_COUNT] = {0};
    AssistGuardContext before = {.fault_p = p};
    Str text = STR("布料是棉的哈");
    assert_int_equal(assist_guard_check(f->guard, f->arena, &before, text, h), 0);
    p[ASSIST_IGNORED] = 0.95;
    p[ASSIST_OFF_PLATFORM] = 1; /* this rule asks no model */
    assert_int_equal(assist_guard_check(f->guard, f->arena, &before, text, h), 1);
    assert_true(str_is(h[0].rule, "ignored") && h[0].level == ASSIST_WARN);
    assert_int_equal(h[0].start, 0);
    assert_int_equal(h[0].end, utf8_count(text));
    assert_int_equal(str_find(h[0].message, STR("{words}")), -1);
    p[ASSIST_IGNORED] = 0.1;
    assert_int_equal(assist_guard_check(f->guard, f->arena, &before, text, h), 0);
}

static void what_was_said_just_before_counts(void **state)
{
    Fixture *f = *state;
    AssistGuardHit h[ASSIST_GUARD_HITS];
    NluUnderstanding u = {.emotion = NLU_ANGRY, .intensity = 2, .intent_n = 1};
    u.intents[0].code = "delivery_problem";
    AssistGuardContext before = {
        .turns = {{.text = STR("五天了还没到"), .understanding = &u}}, .turn_n = 1, .open_n = 1};
    Str text = STR("快递那边爆仓了");
    assert_int_equal(assist_guard_check(f->guard, f->arena, &before, text, h), 1);
    assert_true(str_is(h[0].rule, "excuse_first"));
    before.open_n = 0; /* the agent has answered meanwhile, and the feeling is met */
    before.said[0] = STR("实在抱歉，让您等这么久");
    before.said_n = 1;
    assert_int_equal(assist_guard_check(f->guard, f->arena, &before, text, h), 0);
    assert_int_equal(assist_guard_check(f->guard, f->arena, NULL, text, h), 0);
}

static void stored_rules_and_faulty_ones(void **state)
{
    (void)state;
    ErrSlot e = {0};
    Arena *a = arena_create(1 << 20);
    AssistGuardHit h[ASSIST_GUARD_HITS];
    AssistGuard *g =
        assist_guard_create(STR("{\"items\":[{\"id\":\"x\",\"version\":\"7\",\"level\":\"off\","
                                "\"words\":[\"保证\"],\"message\":\"m\"},"
                                "{\"id\":\"y\",\"level\":\"block\",\"words\":[],\"pairs\":[{\"a\":["
                                "\"您\"],\"b\":[\"没看\"],\"within\":2}],"
                                "\"message\":\"{words}!\",\"rewrite\":\"r\"}]}"),
                            &e);
    assert_non_null(g);
    assert_int_equal(assist_guard_check(g, a, NULL, STR("保证"), h), 0);
    assert_int_equal(assist_guard_check(g, a, NULL, STR("您是不是没看"), h), 0); /* too far apart */
    assert_int_equal(assist_guard_check(g, a, NULL, STR("哦您又没看"), h), 1);
    assert_true(str_is(h[0].message, "您又没看!"));
    assert_true(str_is(h[0].version, "1"));
    assist_guard_destroy(g);
    static const char *const bad[] = {
        "",
        "{}",
        "{\"rules\":[{}]}",
        "{\"rules\":[{\"id\":\"a\",\"level\":\"loud\",\"message\":\"m\",\"words\":[]}]}",
        "{\"rules\":[{\"id\":\"a\",\"level\":\"warn\",\"message\":\"m\",\"words\":[\"\"]}]}",
        "{\"rules\":[{\"id\":\"a\",\"level\":\"warn\",\"message\":\"m\",\"words\":[\"@no\"]}]}",
        "{\"rules\":[{\"id\":\"a\",\"level\":\"warn\",\"message\":\"m\",\"check\":\"no\"}]}",
        ("{\"rules\":[{\"id\":\"a\",\"level\":\"warn\",\"message\":\"m\",\"pairs\":[{\"a\":[\"x\"],"
         "\"b\":[\"y\"],\"within\":9000}]}]}"),
        "{\"sets\":{\"a\":[\"@a\"]},\"rules\":[{\"id\":\"a\",\"level\":\"warn\",\"message\":\"m\","
        "\"words\":[\"@a\"]}]}",
        ("{\"rules\":[{\"id\":\"a\",\"level\":\"warn\",\"message\":\"m\",\"words\":[]},"
         "{\"id\":\"a\",\"level\":\"warn\",\"message\":\"m\",\"words\":[]}]}")};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ErrSlot slot = {0};
        assert_null(assist_guard_create(str_of(bad[i]), &slot));
        assert_non_null(slot.code);
    }
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_its_cases),
        cmocka_unit_test(tricks_do_not_slip_past),
        cmocka_unit_test(blocking_hits_come_first),
        cmocka_unit_test(a_flood_hides_nothing_and_is_bounded),
        cmocka_unit_test(anything_is_judged_in_bounded_time),
        cmocka_unit_test(places_are_those_of_the_original),
        cmocka_unit_test(a_model_may_speak_where_words_do_not),
        cmocka_unit_test(what_was_said_just_before_counts),
        cmocka_unit_test(stored_rules_and_faulty_ones),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
