/* SPDX-License-Identifier: Apache-2.0 */
/* Folding, terms, comparing, and which segments are merged. */
#include "desk/search_internal.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    Arena *arena;
    Ctx c;
} Fix;

static int setup(void **state)
{
    Arena *a = arena_create(16 << 20);
    Fix *f = ARENA_NEW(a, Fix);
    f->arena = a;
    ctx_init(&f->c, a, NULL, 1);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(((Fix *)*state)->arena);
    return 0;
}

static SearchQuery ask(Fix *f, const char *q)
{
    SearchQuery ret;
    assert_int_equal(search_query(&f->c, str_of(q), &ret), ERR_OK);
    return ret;
}

static void each_character_and_each_pair(void **state)
{
    Fix *f = *state;
    SearchText t;
    int64_t terms[16];
    search_fold(f->arena, STR("发Ａ\xE2\x80\x8B!"), &t); /* a zero-width space is nothing */
    assert_int_equal(t.n, 3);
    assert_int_equal(t.cp[1], 'a');
    assert_int_equal(t.at[2], 3);
    size_t n = search_terms(&t, terms);
    assert_int_equal(n, 5);
    assert_int_equal(terms[0], (int64_t)0x53D1 << 21);
    assert_int_equal(terms[1], (int64_t)0x53D1 << 21 | 'a');
    assert_int_equal(terms[4], (int64_t)'!' << 21);
    search_fold(f->arena, STR(""), &t);
    assert_int_equal(search_terms(&t, terms), 0);
    /* the highest code point fits */
    search_fold(f->arena, STR("\xF4\x8F\xBF\xBF\xF4\x8F\xBF\xBF"), &t);
    assert_int_equal(search_terms(&t, terms), 3);
    assert_true(terms[1] > 0 && terms[1] <= SEARCH_TERM_MAX);
}

static void what_is_asked(void **state)
{
    Fix *f = *state;
    SearchQuery q = ask(f, "  退货　運費 ");
    assert_int_equal(q.word_n, 2);
    assert_int_equal(q.term_n, 2);
    q = ask(f, "好好好好");
    assert_int_equal(q.term_n, 1); /* one pair, four times */
    q = ask(f, "快");
    assert_int_equal(q.term[0], (int64_t)0x5FEB << 21);
    static const struct {
        const char *q, *code;
    } bad[] = {{"", "search.empty"},
               {" \xE3\x80\x80\xE2\x80\x8B ", "search.empty"},
               {"一 二 三 四 五 六 七 八 九", "search.too_long"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        SearchQuery no;
        assert_int_equal(search_query(&f->c, str_of(bad[i].q), &no), ERR_INVALID);
        assert_string_equal(f->c.err.code, bad[i].code);
    }
    char chars[102];
    memset(chars, 'x', 101);
    chars[101] = '\0';
    SearchQuery no;
    assert_int_equal(search_query(&f->c, str_of(chars), &no), ERR_INVALID);
    chars[100] = '\0';
    assert_int_equal(search_query(&f->c, str_of(chars), &no), ERR_OK);
}

static void places(void **state)
{
    Fix *f = *state;
    DeskSpan s[DESK_SEARCH_SPANS];
    size_t n;
    SearchQuery q = ask(f, "运费");
    assert_true(search_match(f->arena, &q, STR("請問運費誰出，运费贵吗"), s, &n));
    assert_int_equal(n, 2);
    assert_int_equal(s[0].start, 2);
    assert_int_equal(s[0].end, 4);
    assert_int_equal(s[1].start, 7);
    q = ask(f, "贵 运费 费贵");
    assert_true(search_match(f->arena, &q, STR("請問運費誰出，运费贵吗"), s, &n));
    assert_int_equal(n, 3); /* in order, none inside another */
    assert_true(s[0].end <= s[1].start && s[1].end <= s[2].start);
    assert_int_equal(s[2].start, 9);
    q = ask(f, "运费 退货");
    assert_false(search_match(f->arena, &q, STR("請問運費誰出，运费贵吗"), s, &n));
    q = ask(f, "8812");
    assert_true(search_match(f->arena, &q,
                             STR("单号SF１３88\xE2\x80\x8B"
                                 "1266"),
                             s, &n));
    assert_int_equal(s[0].start, 6);
    assert_int_equal(s[0].end, 11); /* with what cannot be seen inside */
    q = ask(f, "😀😀");
    assert_false(search_match(f->arena, &q, STR("😀好😀"), s, &n));
    assert_true(search_match(f->arena, &q, STR("好😀😀😀"), s, &n));
    assert_int_equal(s[0].start, 1);
    q = ask(f, "a");
    assert_true(search_match(
        f->arena, &q, STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), s, &n));
    assert_int_equal(n, DESK_SEARCH_SPANS);
}

/* Singles come one by one, sometimes many at once; every merge is done at once. */
static void segments_stay_few(void **state)
{
    (void)state;
    SearchSegment list[128];
    size_t n = 0, most = 0;
    int64_t next = 1, rewritten = 0;
    for (int i = 0; i < 20000; i++) {
        int64_t size = i % 37 == 0 ? 200 : i % 5 == 0 ? 7 : 1;
        list[n++] = (SearchSegment){.id = i + 1, .lo = next, .hi = next + size - 1};
        next += size;
        size_t from, to;
        while (search_merge_pick(list, n, &from, &to)) {
            assert_true(to - from >= 2 && to <= n);
            list[from].hi = list[to - 1].hi;
            rewritten += list[from].hi - list[from].lo + 1;
            memmove(list + from + 1, list + to, (n - to) * sizeof *list);
            n -= to - from - 1;
        }
        if (n > most)
            most = n;
        for (size_t k = 1; k < n; k++)
            assert_int_equal(list[k].lo, list[k - 1].hi + 1);
    }
    print_message("%zu segments at most, each document written %.1f times\n", most,
                  (double)rewritten / (double)next);
    assert_true(most <= 32);
    assert_true(rewritten < next * 14);
    /* what is being merged is left alone, and parts its neighbours */
    for (size_t k = 0; k < 8; k++)
        list[k] = (SearchSegment){.lo = (int64_t)k + 1, .hi = (int64_t)k + 1};
    size_t from, to;
    list[3].into_id = 9;
    assert_true(search_merge_pick(list, 8, &from, &to));
    assert_int_equal(from, 4);
    assert_int_equal(to, 8);
    list[5].building = true;
    assert_false(search_merge_pick(list, 8, &from, &to));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {T(each_character_and_each_pair), T(what_is_asked), T(places),
                                       T(segments_stay_few)};
    return cmocka_run_group_tests_name("desk/search_terms", tests, NULL, NULL);
}
