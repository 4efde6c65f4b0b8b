/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that ship against our own lines in guard_cases.txt: at least CASES_MIN of each kind for
 * every rule. CONTENT_DIR and CASES_FILE are set by the build. */
#include "assist/guard.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { CASES_MIN = 15, RULES = 64, FACTS = 8 };

typedef struct {
    Arena *a;
    AssistGuard *guard;
    Str rule;
    AssistGuardContext before;
    NluUnderstanding understanding;
    AssistFact facts[FACTS];
    size_t plus, minus, faults;
} Run;

static uint32_t hex4(Str s, size_t at)
{
    char digits[5] = {0};
    memcpy(digits, s.p + at, 4);
    return (uint32_t)strtoul(digits, NULL, 16);
}

/* \uXXXX stands for a code point that an editor would not show. */
static Str unescape(Arena *a, Str s)
{
    char *out = arena_alloc(a, s.n + 8);
    size_t n = 0;
    for (size_t i = 0; i < s.n;) {
        if (i + 6 <= s.n && s.p[i] == '\\' && s.p[i + 1] == 'u') {
            uint32_t cp = hex4(s, i + 2);
            out[n++] = (char)(0xE0 | (cp >> 12)); /* all of ours have three bytes */
            out[n++] = (char)(0x80 | ((cp >> 6) & 0x3F));
            out[n++] = (char)(0x80 | (cp & 0x3F));
            i += 6;
        } else {
            out[n++] = s.p[i++];
        }
    }
    return (Str){out, n};
}

static void context_line(Run *r, Str line)
{
    Str kind = str_cut(&line, ' ');
    AssistGuardContext *b = &r->before;
    if (str_is(kind, "none")) {
        *b = (AssistGuardContext){0};
    } else if (str_is(kind, "said")) {
        assert_true(b->said_n < ASSIST_GUARD_SAID);
        b->said[b->said_n++] = line;
    } else if (str_is(kind, "fact")) {
        assert_true(b->fact_n < FACTS);
        Str name = str_cut(&line, ' ');
        r->facts[b->fact_n] =
            (AssistFact){.name = name, .value = line.n ? line : STR("是"), .source = STR("test")};
        b->facts = r->facts;
        b->fact_n++;
    } else if (str_is(kind, "slot")) {
        r->understanding.slots[r->understanding.slot_n++] =
            (NluSlot){.name = str_c(r->a, line), .value = STR("1")};
    } else {
        assert_true(str_is(kind, "customer"));
        NluUnderstanding *u = &r->understanding;
        *u = (NluUnderstanding){0};
        assert_true(nlu_emotion_parse(str_cut(&line, ' '), &u->emotion));
        u->intensity = str_cut(&line, ' ').p[0] - '0';
        Str intent = str_cut(&line, ' ');
        u->intents[0] = (NluIntent){.code = str_c(r->a, intent), .p = 0.9};
        u->intent_n = 1;
        b->turns[0] = (AssistGuardTurn){.text = line, .understanding = u};
        b->turn_n = b->open_n = 1;
    }
}

static void one_case(Run *r, Str text, bool want)
{
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    bool got = false;
    text = unescape(r->a, str_trim(text));
    size_t n = assist_guard_check(r->guard, r->a, &r->before, text, hits);
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(hits[i].rule, r->rule))
            continue;
        got = true;
        assert_true(hits[i].start < hits[i].end && hits[i].end <= utf8_count(text));
        assert_true(str_find(hits[i].message, STR("{")) < 0);
        assert_true(hits[i].words.n > 0 && str_find(text, hits[i].words) >= 0);
    }
    *(want ? &r->plus : &r->minus) += 1;
    if (got == want)
        return;
    print_message("%.*s %s: %.*s", STR_ARG(r->rule), want ? "misses" : "wrongly hits",
                  STR_ARG(text));
    for (size_t i = 0; i < n; i++)
        print_message(" [%.*s {%.*s}]", STR_ARG(hits[i].rule), STR_ARG(hits[i].words));
    print_message("\n");
    r->faults++;
}

static void cases_line(Run *r, Str line, bool want)
{
    for (;;) {
        ptrdiff_t bar = str_find(line, STR(" | "));
        one_case(r, bar < 0 ? line : str_sub(line, 0, (size_t)bar), want);
        if (bar < 0)
            return;
        line = str_sub(line, (size_t)bar + 3, line.n);
    }
}

static void rule_ends(Run *r)
{
    if (r->rule.n && (r->plus < CASES_MIN || r->minus < CASES_MIN)) {
        print_message("%.*s has %zu and %zu cases\n", STR_ARG(r->rule), r->plus, r->minus);
        r->faults++;
    }
    r->plus = r->minus = 0;
    r->before = (AssistGuardContext){0};
}

static void every_rule_has_its_cases(void **state)
{
    (void)state;
    Arena *a = arena_create(256u << 20);
    Run r = {.a = a};
    ErrSlot e = {0};
    Str rules, cases;
    const Json *root;
    assert_int_equal(file_read(a, &e, CONTENT_DIR "/guard/rules.json", 4 << 20, &rules), ERR_OK);
    assert_int_equal(file_read(a, &e, CASES_FILE, 4 << 20, &cases), ERR_OK);
    r.guard = assist_guard_create(rules, &e);
    assert_non_null(r.guard);
    Str seen[RULES];
    size_t seen_n = 0;
    while (cases.n) {
        Str line = str_cut(&cases, '\n');
        Str rest = str_sub(line, 2, line.n);
        if (str_starts(line, STR("= "))) {
            rule_ends(&r);
            r.rule = rest;
            assert_true(seen_n < RULES);
            seen[seen_n++] = rest;
        } else if (str_starts(line, STR("@ "))) {
            context_line(&r, rest);
        } else if (str_starts(line, STR("+ ")) || str_starts(line, STR("- "))) {
            cases_line(&r, rest, line.p[0] == '+');
        }
    }
    rule_ends(&r);
    assert_int_equal(json_parse(a, &e, rules, &root), ERR_OK);
    for (const Json *j = json_first(json_get(root, "rules")); j; j = json_next(j)) {
        bool found = false;
        for (size_t i = 0; i < seen_n; i++)
            found |= str_eq(seen[i], json_str(j, "id"));
        if (!found) {
            print_message("no cases for %.*s\n", STR_ARG(json_str(j, "id")));
            r.faults++;
        }
        /* requirement numbers mean nothing to whoever reads the remark */
        assert_true(str_find(json_str(j, "message"), STR("ETQ-")) < 0);
    }
    assert_int_equal(r.faults, 0);
    assist_guard_destroy(r.guard);
    arena_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_rule_has_its_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
