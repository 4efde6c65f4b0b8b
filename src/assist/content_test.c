/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content that ships is sound: scripts unique and unlike each other, every intent and stage
 * served, every fact in the list, nothing in them that the guard would object to, an address form
 * that can be changed, no shouting. Prints which rules of the trade are covered. CONTENT_DIR is set
 * by the build.
 */
#include "assist/guard.h"
#include "assist/library.h"
#include "assist/script_files.h"
#include "nlu/nlu.h"
#include "nlu/norm.h"
#include "base/file.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SCRIPTS_MIN = 640, FACTS_MAX = 512, GRAMS_MAX = 512, TEXTS_MAX = 4096 };
static const double ALIKE =
    0.5; /* share of common bigrams from which two texts are the same situation refilled */

typedef struct {
    uint64_t gram[GRAMS_MAX];
    size_t n;
} Grams;

typedef struct {
    Arena *arena;
    AssistLibrary *library;
    AssistGuard *guard;
    Str facts[FACTS_MAX];
    size_t fact_n;
} Fixture;

static void read_facts(Fixture *f, Str page)
{
    while (page.p) {
        Str line = str_cut(&page, '\n');
        if (!str_starts(line, STR("| `")))
            continue;
        line = str_sub(line, 3, line.n);
        Str name = str_cut(&line, '`');
        assert_true(f->fact_n < FACTS_MAX);
        f->facts[f->fact_n++] = name;
    }
}

static int setup(void **state)
{
    static const char *const files[] = ASSIST_SCRIPT_FILES;
    Arena *arena = arena_create(256u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    f->arena = arena;
    ErrSlot e = {0};
    Str texts[ASSIST_SCRIPT_FILE_COUNT], page;
    for (size_t i = 0; i < ASSIST_SCRIPT_FILE_COUNT; i++)
        if (file_read(arena, &e, str_c(arena, str_fmt(arena, "%s/%s", CONTENT_DIR, files[i])),
                      4 << 20, &texts[i]))
            return -1;
    f->library = assist_library_create(texts, ASSIST_SCRIPT_FILE_COUNT, &e);
    if (!f->library)
        print_message("%s: %s\n", e.code, e.text);
    if (!f->library || file_read(arena, &e, CONTENT_DIR "/" ASSIST_GUARD_FILE, 4 << 20, &page))
        return -1;
    f->guard = assist_guard_create(page, &e);
    if (!f->guard || file_read(arena, &e, CONTENT_DIR "/facts.md", 4 << 20, &page))
        return -1;
    read_facts(f, page);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    assist_guard_destroy(f->guard);
    assist_library_destroy(f->library);
    arena_destroy(f->arena);
    return 0;
}

static int fault(const AssistScript *s, const char *what)
{
    print_message("%.*s: %s\n", STR_ARG(s->id), what);
    return 1;
}

static size_t count_of(Str text, Str what)
{
    size_t n = 0;
    ptrdiff_t at;
    while (text.n > 0 && (at = str_find(text, what)) >= 0) {
        n++;
        text = str_sub(text, (size_t)at + what.n, text.n);
    }
    return n;
}

static size_t emoji_in(Str text)
{
    size_t n = 0;
    for (size_t at = 0; at < text.n;)
        n += utf8_next(text, &at) >= 0x1F300;
    return n;
}

static int check_text(Fixture *f, const AssistScript *s, Str text)
{
    int faults = 0;
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    if (count_of(text, STR("！")) + count_of(text, STR("!")) > 1)
        faults += fault(s, "shouts");
    if (emoji_in(text) > 1)
        faults += fault(s, "more than one emoji");
    if (count_of(text, STR("您")) > 0)
        faults += fault(s, "writes 您 where {you} belongs");
    if (assist_guard_check(f->guard, f->arena, NULL, text, hits) > 0) {
        print_message("%.*s: {%.*s}\n", STR_ARG(hits[0].rule), STR_ARG(hits[0].words));
        faults += fault(s, "the guard objects");
    }
    if (utf8_count(text) > 200)
        faults += fault(s, "too long for one chat message");
    return faults;
}

static void scripts_are_sound(void **state)
{
    Fixture *f = *state;
    int faults = 0;
    size_t n = assist_library_count(f->library);
    assert_true(n >= SCRIPTS_MIN);
    for (size_t i = 0; i < n; i++) {
        const AssistScript *s = assist_library_at(f->library, i);
        if (s->situation.n == 0 || s->rule_n == 0 || s->shortcut.n == 0 || s->stages == 0)
            faults += fault(s, "situation, rules, stage or shortcut missing");
        unsigned calm = 1u << NLU_CALM | 1u << NLU_PLEASED;
        if (s->emotions && !(s->emotions & calm) && s->step == ASSIST_CLOSE)
            faults += fault(s, "takes leave of somebody who is upset");
        for (size_t k = 0; k < i; k++)
            if (str_eq(assist_library_at(f->library, k)->shortcut, s->shortcut))
                faults += fault(s, "the same shortcut as another");
        faults += check_text(f, s, s->text);
        for (size_t k = 0; k < s->variant_n; k++)
            faults += check_text(f, s, s->variants[k]);
    }
    assert_int_equal(faults, 0);
}

static void facts_are_listed(void **state)
{
    Fixture *f = *state;
    int faults = 0;
    bool used[FACTS_MAX] = {false};
    for (size_t i = 0; i < assist_library_count(f->library); i++) {
        const AssistScript *s = assist_library_at(f->library, i);
        for (size_t k = 0; k < s->fact_n + s->absent_n; k++) {
            Str name = k < s->fact_n ? s->facts[k] : s->absent[k - s->fact_n];
            bool known = false;
            for (size_t m = 0; m < f->fact_n; m++)
                if (str_eq(f->facts[m], name))
                    known = used[m] = true;
            if (!known) {
                print_message("unknown fact %.*s\n", STR_ARG(name));
                faults += fault(s, "names a fact that facts.md does not list");
            }
        }
    }
    for (size_t m = 0; m < f->fact_n; m++)
        if (!used[m]) {
            print_message("facts.md lists %.*s, which no script needs\n", STR_ARG(f->facts[m]));
            faults++;
        }
    assert_int_equal(faults, 0);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Bigrams of what is left without variables and punctuation, each once, sorted. */
static void grams_of(Arena *a, Str pattern, Grams *ret)
{
    NluText t;
    nlu_normalise(a, pattern, NLU_NORM_CHAT, 2000, &t);
    uint32_t before = 0;
    bool inside = false;
    ret->n = 0;
    for (size_t i = 0; i < t.n; i++) {
        inside = t.cp[i] == '{' ? true : t.cp[i] == '}' ? false : inside;
        if (inside || !(nlu_is_han(t.cp[i]) || nlu_is_letter(t.cp[i]) || nlu_is_digit(t.cp[i])))
            continue;
        if (before && ret->n < GRAMS_MAX)
            ret->gram[ret->n++] = (uint64_t)before << 32 | t.cp[i];
        before = t.cp[i];
    }
    if (ret->n > 0)
        qsort(ret->gram, ret->n, sizeof(ret->gram[0]), by_value);
    size_t n = 0;
    for (size_t i = 0; i < ret->n; i++)
        if (i == 0 || ret->gram[i] != ret->gram[i - 1])
            ret->gram[n++] = ret->gram[i];
    ret->n = n;
}

static double alike(const Grams *a, const Grams *b)
{
    size_t i = 0, k = 0, both = 0;
    while (i < a->n && k < b->n) {
        if (a->gram[i] == b->gram[k]) {
            both++;
            i++;
            k++;
        } else if (a->gram[i] < b->gram[k]) {
            i++;
        } else {
            k++;
        }
    }
    size_t all = a->n + b->n - both;
    return all ? (double)both / (double)all : 0;
}

static void no_two_are_alike(void **state)
{
    Fixture *f = *state;
    Grams *g = ARENA_ARRAY(f->arena, Grams, TEXTS_MAX);
    const AssistScript **of = ARENA_ARRAY(f->arena, const AssistScript *, TEXTS_MAX);
    size_t n = 0;
    for (size_t i = 0; i < assist_library_count(f->library); i++) {
        const AssistScript *s = assist_library_at(f->library, i);
        for (size_t k = 0; k <= s->variant_n; k++) {
            assert_true(n < TEXTS_MAX);
            of[n] = s;
            grams_of(f->arena, k ? s->variants[k - 1] : s->text, &g[n++]);
        }
    }
    double most = 0;
    int faults = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) {
            double share = alike(&g[i], &g[k]);
            most = share > most ? share : most;
            if (share >= ALIKE) {
                print_message("%.*s and %.*s: %.2f\n", STR_ARG(of[i]->id), STR_ARG(of[k]->id),
                              share);
                faults++;
            }
        }
    print_message("%zu scripts, %zu texts, closest pair %.2f\n", assist_library_count(f->library),
                  n, most);
    assert_int_equal(faults, 0);
}

static void every_intent_is_served(void **state)
{
    Fixture *f = *state;
    int faults = 0;
    for (size_t c = 0; c < nlu_intent_count(); c++) {
        size_t n = 0, plain = 0;
        for (size_t i = 0; i < assist_library_count(f->library); i++) {
            const AssistScript *s = assist_library_at(f->library, i);
            for (size_t k = 0; k < s->intent_n; k++)
                if (s->intents[k] == (int)c) {
                    n++;
                    plain += s->emotions == 0 || (s->emotions & 1u << NLU_CALM);
                }
        }
        if (n == 0 || (plain == 0 && strcmp(nlu_intent_code(c), "complaint") != 0)) {
            print_message("%s: %zu scripts, %zu for a calm customer\n", nlu_intent_code(c), n,
                          plain);
            faults++;
        }
    }
    assert_int_equal(faults, 0);
}

/* The rules that a script can serve: domain chapters 2 to 5, the types of chapter 6, feeling and
 * language. */
static const char *const trade_rules[] = {
    "PRE-1",  "PRE-2",  "PRE-4",  "PRE-5",  "PRE-6",  "PRE-7",  "PRE-8",  "PRE-9",  "PRE-10",
    "PRE-11", "PRE-12", "IN-1",   "IN-2",   "IN-3",   "IN-4",   "IN-5",   "IN-6",   "IN-7",
    "IN-8",   "AFT-1",  "AFT-2",  "AFT-3",  "AFT-4",  "AFT-5",  "AFT-6",  "AFT-7",  "AFT-8",
    "AFT-9",  "AFT-10", "CARE-1", "CARE-2", "CARE-3", "CARE-4", "CARE-5", "CARE-6", "CARE-7",
    "CUS-1",  "CUS-2",  "CUS-3",  "CUS-4",  "CUS-5",  "CUS-6",  "CUS-7",  "CUS-8",  "EMO-1",
    "EMO-2",  "ETQ-1",  "ETQ-2",  "ETQ-4"};

static void rules_of_the_trade_are_covered(void **state)
{
    Fixture *f = *state;
    int faults = 0;
    for (size_t r = 0; r < sizeof(trade_rules) / sizeof(trade_rules[0]); r++) {
        size_t n = 0;
        for (size_t i = 0; i < assist_library_count(f->library); i++) {
            const AssistScript *s = assist_library_at(f->library, i);
            for (size_t k = 0; k < s->rule_n; k++)
                n += str_is(s->rules[k], trade_rules[r]);
        }
        print_message("%s%s %zu", r % 8 ? "  " : r ? "\n" : "", trade_rules[r], n);
        if (n == 0)
            faults++;
    }
    print_message("\n");
    assert_int_equal(faults, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_are_sound),
        cmocka_unit_test(facts_are_listed),
        cmocka_unit_test(no_two_are_alike),
        cmocka_unit_test(every_intent_is_served),
        cmocka_unit_test(rules_of_the_trade_are_covered),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
