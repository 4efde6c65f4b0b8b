/* SPDX-License-Identifier: Apache-2.0 */
/* Promises: the cases of promise_cases.tsv, written for this test. CONTENT_DIR and PROMISE_CASES
 * are set by the build. */
#include "nlu/grammar_files.h"
#include "nlu/promise.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

typedef struct {
    Arena *arena;
    NluGrammar *grammar;
    Str cases, files[NLU_GRAMMAR_FILE_COUNT];
} Fixture;

static int setup(void **state)
{
    static const char *const files[] = NLU_GRAMMAR_FILES;
    Arena *arena = arena_create(256u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    ErrSlot e = {0};
    f->arena = arena;
    for (size_t i = 0; i < NLU_GRAMMAR_FILE_COUNT; i++)
        if (file_read(arena, &e, str_c(arena, str_fmt(arena, "%s/%s", CONTENT_DIR, files[i])),
                      4 << 20, &f->files[i]))
            return -1;
    f->grammar = nlu_grammar_create(f->files, NLU_GRAMMAR_FILE_COUNT, &e);
    if (!f->grammar)
        print_message("%s\n", e.text);
    *state = f;
    return f->grammar && !file_read(arena, &e, PROMISE_CASES, 4 << 20, &f->cases) ? 0 : -1;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    nlu_grammar_destroy(f->grammar);
    arena_destroy(f->arena);
    return 0;
}

static bool line(Fixture *f, Str row)
{
    static const char *const strengths[] = {"firm", "estimate", "vague"};
    Str col[5];
    for (size_t i = 0; i < 5; i++)
        col[i] = str_cut(&row, '\t');
    NluTurn before = {NLU_CUSTOMER, col[0]};
    NluPromise p[NLU_PROMISE_MAX];
    bool none = str_is(col[0], "-");
    size_t n =
        nlu_promises(f->grammar, f->arena, &before, none ? 0 : 1, col[1], p, NLU_PROMISE_MAX);
    Str due = n && p[0].due.n ? p[0].due : STR("-");
    Str strength = n ? str_of(strengths[p[0].strength]) : STR("-");
    int64_t want = -1;
    str_i64(col[2], &want);
    if (want == (int64_t)n && str_eq(due, col[3]) && str_eq(strength, col[4]))
        return true;
    print_message("%.*s\t%.*s\t%zu\t%.*s\t%.*s\n", STR_ARG(col[0]), STR_ARG(col[1]), n,
                  STR_ARG(due), STR_ARG(strength));
    for (size_t i = 0; i < n; i++)
        print_message("  %s: %.*s | %.*s\n", p[i].rule, STR_ARG(p[i].what), STR_ARG(p[i].due));
    return false;
}

static void cases(void **state)
{
    Fixture *f = *state;
    Str rest = f->cases;
    size_t n = 0, wrong = 0;
    while (rest.p) {
        Str row = str_cut(&rest, '\n');
        if (row.n == 0 || row.p[0] == '#')
            continue;
        n++;
        wrong += !line(f, row);
    }
    if (wrong)
        fail_msg("%zu of %zu cases are wrong; what came out is above", wrong, n);
    assert_true(n > 80);
}

/* The example of each rule is found, by that rule or by an earlier one; "（…）" is the turn before.
 */
static void examples(void **state)
{
    Fixture *f = *state;
    size_t rules = 0;
    for (size_t i = 0; i < NLU_GRAMMAR_FILE_COUNT; i++) {
        const Json *root = NULL;
        ErrSlot e = {0};
        assert_int_equal(json_parse(f->arena, &e, f->files[i], &root), ERR_OK);
        bool promises = str_is(json_str(root, "kind"), "promise_rules");
        if (!promises && !str_is(json_str(root, "kind"), "time_rules"))
            continue;
        for (const Json *r = json_first(json_get(root, "rules")); r; r = json_next(r), rules++) {
            Str text = json_str(r, "example");
            NluTurn before = {NLU_CUSTOMER, STR_NONE};
            ptrdiff_t close = str_find(text, STR("）"));
            if (close > 0) {
                before.text = str_sub(text, 3, (size_t)close - 3);
                text = str_sub(text, (size_t)close + 3, text.n);
            }
            NluPromise p;
            NluTime t;
            size_t n = promises ? nlu_promises(f->grammar, f->arena, &before, 1, text, &p, 1)
                                : nlu_times(f->grammar, f->arena, text, &t, 1);
            Str id = json_str(r, "id");
            if (n == 0 || (!promises && t.end - t.start != utf8_count(text)))
                fail_msg("the example of %.*s is not read: %.*s", STR_ARG(id), STR_ARG(text));
        }
    }
    assert_true(rules > 50);
}

static void places(void **state)
{
    Fixture *f = *state;
    NluPromise p[NLU_PROMISE_MAX];
    Str text = STR("亲，放心哦，明天上午帮您催一下快递哦");
    assert_int_equal(nlu_promises(f->grammar, f->arena, NULL, 0, text, p, NLU_PROMISE_MAX), 1);
    assert_true(p[0].timed && str_is(p[0].due, "明天上午"));
    assert_true(str_is(p[0].what, "帮您催一下快递"));
    assert_int_equal(p[0].start, 10);
    assert_true(p[0].end > 12 && p[0].end <= utf8_count(text));
    assert_int_equal(nlu_promises(f->grammar, f->arena, NULL, 0, text, p, 0), 0);
}

static void bad_input(void **state)
{
    Fixture *f = *state;
    static const char *const units[] = {"帮您",       "帮您催", "会",     "明天",
                                        "会尽快给您", "我",     "好的，", "了"};
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        ArenaMark mark = arena_mark(f->arena);
        size_t len = strlen(units[u]), size = 1 << 20;
        char *text = arena_alloc(f->arena, size);
        for (size_t i = 0; i + len <= size; i += len)
            memcpy(text + i, units[u], len);
        Str all = {text, size - size % len};
        NluTurn before = {NLU_CUSTOMER, all};
        NluPromise p[NLU_PROMISE_MAX];
        clock_t start = clock();
        size_t n = nlu_promises(f->grammar, f->arena, &before, 1, all, p, NLU_PROMISE_MAX);
        assert_true(n <= NLU_PROMISE_MAX);
        for (size_t i = 0; i < n; i++)
            assert_true(p[i].start < p[i].end && p[i].end <= NLU_TEXT_MAX);
        assert_true(clock() - start < CLOCKS_PER_SEC);
        arena_release(f->arena, mark);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cases), cmocka_unit_test(examples),
                                       cmocka_unit_test(places), cmocka_unit_test(bad_input)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
