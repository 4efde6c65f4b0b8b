/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar from its files: words with their values, the calendar, the rules. */
#include "nlu/span_internal.h"
#include "nlu/when_cal.h"
#include "base/assert.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { GRAMMAR_MEMORY = 32 << 20, WORD_CHARS = 24, WORDS_MAX = 8192 };

typedef struct {
    NluGrammar *g;
    NluAcBuilder *ac;
    Arena *scratch;
    ErrSlot *e;
    const Json *units, *dayparts, *parts, *holidays; /* for values that are named */
} Load;

static Err bad(Load *l, const char *what, Str where)
{
    return err_set(l->e, ERR_INVALID, "nlu.grammar_invalid", "%s: %.*s", what, STR_ARG(where));
}

const char *nlu_span_kind_name(NluSpanKind k)
{
#define NLU_KIND_TEXT(id, name) name,
    static const char *const names[] = {NLU_SPAN_KINDS(NLU_KIND_TEXT)};
#undef NLU_KIND_TEXT
    return (unsigned)k < NLU_SPAN_KIND_COUNT ? names[k] : "";
}

/* "day|week" as a set. */
static bool kinds_of(Str names, char sep, NluKinds *ret)
{
    *ret = 0;
    while (names.p) {
        Str name = str_cut(&names, sep);
        size_t k = 0;
        while (k < NLU_SPAN_KIND_COUNT && !str_is(name, nlu_span_kind_name((NluSpanKind)k)))
            k++;
        if (k == NLU_SPAN_KIND_COUNT)
            return false;
        *ret |= (NluKinds)1 << k;
    }
    return *ret != 0;
}

static NluWord word_of(NluKinds kinds)
{
    return (NluWord){.kinds = kinds,
                     .unit = NLU_UNSET,
                     .day = NLU_UNSET,
                     .week = NLU_UNSET,
                     .dow = NLU_UNSET,
                     .month = NLU_UNSET,
                     .year = NLU_UNSET,
                     .part = NLU_UNSET,
                     .daypart = NLU_UNSET,
                     .holiday = NLU_UNSET,
                     .shift = NLU_UNSET};
}

static void merge(int8_t *into, int8_t value)
{
    if (value != NLU_UNSET)
        *into = value;
}

/* One word of any kind; a word given twice is of both kinds. */
static Err add(Load *l, Str text, NluWord w)
{
    NluGrammar *g = l->g;
    NluText norm;
    nlu_normalise(l->scratch, text, NLU_NORM_CHAT, WORD_CHARS + 1, &norm);
    if (norm.n == 0 || norm.n > WORD_CHARS)
        return bad(l, "word empty or too long", text);
    uint32_t at = nlu_ac_add(l->ac, norm.cp, norm.n);
    if (at >= WORDS_MAX)
        return bad(l, "too many words at", text);
    if (at == g->word_n) {
        g->words[at] = word_of(0);
        g->word_n++;
    }
    NluWord *have = &g->words[at];
    have->kinds |= w.kinds;
    merge(&have->unit, w.unit);
    merge(&have->day, w.day);
    merge(&have->week, w.week);
    merge(&have->dow, w.dow);
    merge(&have->month, w.month);
    merge(&have->year, w.year);
    merge(&have->part, w.part);
    merge(&have->daypart, w.daypart);
    merge(&have->holiday, w.holiday);
    merge(&have->shift, w.shift);
    have->masked = have->masked || w.masked;
    have->latin = nlu_is_letter(norm.cp[0]) || nlu_is_letter(norm.cp[norm.n - 1]);
    have->digit_head = nlu_is_digit(norm.cp[0]);
    have->digit_tail = nlu_is_digit(norm.cp[norm.n - 1]);
    if (w.next)
        have->next = w.next;
    return ERR_OK;
}

static Err add_all(Load *l, const Json *list, NluWord w)
{
    Err err = ERR_OK;
    for (const Json *x = json_first(list); x && !err; x = json_next(x))
        err = add(l, json_value_str(x), w);
    return err;
}

static int index_of(const Json *list, Str id)
{
    int i = 0;
    for (const Json *x = json_first(list); x; x = json_next(x), i++)
        if (str_eq(json_str(x, "id"), id))
            return i;
    return -1;
}

static bool minute_of(Str s, int *ret)
{
    int64_t h = 0, m = 0;
    if (s.n != 5 || s.p[2] != ':' || !str_i64(str_sub(s, 0, 2), &h) ||
        !str_i64(str_sub(s, 3, 2), &m) || h < 0 || h > 24 || m < 0 || m > 59)
        return false;
    *ret = (int)(h * 60 + m);
    return true;
}

static Err load_numbers(Load *l, const Json *root)
{
    NluGrammar *g = l->g;
    for (const Json *x = json_first(json_get(root, "numbers")); x; x = json_next(x)) {
        Str chars = json_str(x, "chars");
        for (size_t at = 0; at < chars.n;) {
            if (g->digit_n == NLU_DIGITS)
                return bad(l, "too many digits at", chars);
            g->digits[g->digit_n].cp = nlu_fold(utf8_next(chars, &at));
            g->digits[g->digit_n].digit = (int32_t)json_i64(x, "digit", -1);
            g->digits[g->digit_n].times = (int32_t)json_i64(x, "times", -1);
            g->digits[g->digit_n++].some = json_bool(x, "some", false);
        }
    }
    g->some_lo = (int)json_i64(json_get(root, "some"), "lo", 2);
    g->some_hi = (int)json_i64(json_get(root, "some"), "hi", 5);
    return ERR_OK;
}

static Err load_units(Load *l, const Json *root)
{
    static const char *const ids[NLU_UNIT_COUNT] = {"second",    "minute", "quarter",  "hour",
                                                    "work_hour", "day",    "work_day", "week",
                                                    "month",     "season", "year"};
    Err err = ERR_OK;
    for (const Json *x = json_first(json_get(root, "units")); x && !err; x = json_next(x)) {
        NluWord w = word_of(NLU_KIND(UNIT));
        for (int i = 0; i < NLU_UNIT_COUNT; i++)
            if (str_is(json_str(x, "id"), ids[i]))
                w.unit = (int8_t)i;
        if (w.unit == NLU_UNSET)
            return bad(l, "unknown unit", json_str(x, "id"));
        err = add_all(l, json_get(x, "words"), w);
    }
    return err;
}

static Err load_dayparts(Load *l, const Json *root)
{
    NluGrammar *g = l->g;
    l->dayparts = json_get(root, "dayparts");
    for (const Json *x = json_first(l->dayparts); x; x = json_next(x)) {
        NluWord w = word_of(NLU_KIND(DAYPART));
        w.daypart = (int8_t)g->daypart_n;
        NluDaypart *p = &g->dayparts[g->daypart_n];
        if (g->daypart_n == NLU_DAYPARTS || !minute_of(json_str(x, "from"), &p->from) ||
            !minute_of(json_str(x, "to"), &p->to) || !minute_of(json_str(x, "before"), &p->before))
            return bad(l, "a part of the day", json_str(x, "id"));
        g->daypart_n++;
        Err err = add_all(l, json_get(x, "words"), w);
        if (err)
            return err;
    }
    return ERR_OK;
}

static bool pair(const Json *list, int max, int *ret_from, int *ret_to)
{
    const Json *a = json_first(list), *b = a ? json_next(a) : NULL;
    *ret_from = (int)json_value_i64(a, -1);
    *ret_to = (int)json_value_i64(b, -1);
    return *ret_from >= 0 && *ret_to >= *ret_from && *ret_to <= max;
}

static Err load_parts(Load *l, const Json *root)
{
    NluGrammar *g = l->g;
    for (const Json *x = json_first(json_get(root, "parts")); x; x = json_next(x)) {
        NluPart *p = &g->parts[g->part_n];
        if (g->part_n == NLU_PARTS ||
            !pair(json_get(x, "month"), 31, &p->month_from, &p->month_to) ||
            !pair(json_get(x, "year"), 12, &p->year_from, &p->year_to))
            return bad(l, "a part of the month", json_str(x, "id"));
        if (str_is(json_str(x, "id"), "end"))
            g->part_end = g->part_n;
        NluWord w = word_of(NLU_KIND(PART));
        w.part = (int8_t)g->part_n++;
        Err err = add_all(l, json_get(x, "words"), w);
        w.kinds = NLU_KIND(OWN_PART);
        w.month = NLU_REL_OPEN;
        if (!err)
            err = add_all(l, json_get(x, "of_month"), w);
        w.month = NLU_UNSET;
        w.year = NLU_REL_OPEN;
        if (!err)
            err = add_all(l, json_get(x, "of_year"), w);
        if (err)
            return err;
    }
    return ERR_OK;
}

/* {"今天": 0}: keys are words, values go where `into` says. */
static Err load_map(Load *l, const Json *map, NluKinds kinds, size_t into)
{
    Err err = ERR_OK;
    for (const Json *x = json_first(map); x && !err; x = json_next(x)) {
        NluWord w = word_of(kinds);
        ((int8_t *)&w)[into] = (int8_t)json_value_i64(x, 0);
        err = add(l, json_key(x), w);
    }
    return err;
}

/* "下" + "周" + "一" and all other combinations. */
static Err load_weeks(Load *l, const Json *weeks)
{
    for (const Json *name = json_first(json_get(weeks, "names")); name; name = json_next(name)) {
        Str week = json_value_str(name);
        for (const Json *rel = json_first(json_get(weeks, "rel")); rel; rel = json_next(rel)) {
            NluWord w = word_of(NLU_KIND(WEEK));
            Str head = json_key(rel);
            w.week = (int8_t)json_value_i64(rel, 0);
            w.dow = 0;
            Err err = add(l, str_fmt(l->scratch, "%.*s%.*s", STR_ARG(head), STR_ARG(week)), w);
            if (err)
                return err;
        }
        for (const Json *d = json_first(json_get(weeks, "days")); d; d = json_next(d)) {
            NluWord w = word_of(NLU_KIND(WEEK));
            Str day = json_key(d);
            w.dow = (int8_t)json_value_i64(d, 0);
            w.week = NLU_REL_OPEN;
            Err err = add(l, str_fmt(l->scratch, "%.*s%.*s", STR_ARG(week), STR_ARG(day)), w);
            for (const Json *rel = json_first(json_get(weeks, "rel")); rel && !err;
                 rel = json_next(rel)) {
                Str head = json_key(rel);
                w.week = (int8_t)json_value_i64(rel, 0);
                err = add(
                    l,
                    str_fmt(l->scratch, "%.*s%.*s%.*s", STR_ARG(head), STR_ARG(week), STR_ARG(day)),
                    w);
            }
            if (err)
                return err;
        }
    }
    return ERR_OK;
}

static Err load_months(Load *l, const Json *months)
{
    Err err = ERR_OK;
    for (const Json *name = json_first(json_get(months, "names")); name; name = json_next(name))
        for (const Json *rel = json_first(json_get(months, "rel")); rel && !err;
             rel = json_next(rel)) {
            NluWord w = word_of(NLU_KIND(MONTH));
            Str head = json_key(rel), month = json_value_str(name);
            w.month = (int8_t)json_value_i64(rel, 0);
            err = add(l, str_fmt(l->scratch, "%.*s%.*s", STR_ARG(head), STR_ARG(month)), w);
        }
    return err;
}

static Err load_days(Load *l, const Json *root)
{
    Err err = load_map(l, json_get(root, "days"), NLU_KIND(DAY), offsetof(NluWord, day));
    if (!err)
        err = load_map(l, json_get(root, "years"), NLU_KIND(YEAR), offsetof(NluWord, year));
    for (const Json *x = json_first(json_get(root, "day_and_part")); x && !err; x = json_next(x)) {
        NluWord w = word_of(NLU_KIND(DAY));
        int part = index_of(l->dayparts, json_str(x, "daypart"));
        if (part < 0)
            return bad(l, "unknown part of the day", json_str(x, "daypart"));
        w.day = (int8_t)json_i64(x, "day", 0);
        w.daypart = (int8_t)part;
        err = add_all(l, json_get(x, "words"), w);
    }
    int n = 0;
    for (const Json *x = json_first(json_get(root, "shifts")); x && !err; x = json_next(x)) {
        NluWord w = word_of(NLU_KIND(SHIFT));
        w.shift = (int8_t)n;
        if (n == 2 || !minute_of(json_str(x, "at"), &l->g->shift_minute[n++]))
            return bad(l, "a shift", json_str(x, "id"));
        err = add_all(l, json_get(x, "words"), w);
    }
    return err;
}

static bool month_day(Str s, int *ret_month, int *ret_day)
{
    int64_t m = 0, d = 0;
    if (s.n != 5 || !str_i64(str_sub(s, 0, 2), &m) || !str_i64(str_sub(s, 3, 2), &d) || m < 1 ||
        m > 12 || d < 1 || d > 31)
        return false;
    *ret_month = (int)m;
    *ret_day = (int)d;
    return true;
}

static Err load_holiday(Load *l, const Json *x, NluHoliday *h)
{
    Str id = json_str(x, "id"), on = json_str(x, "on");
    const Json *dates = json_get(x, "dates");
    h->length = (int)json_i64(x, "days", 1);
    h->off = json_bool(x, "off", false);
    h->next = !dates && on.n == 0;
    if (on.n && !month_day(on, &h->month, &h->day))
        return bad(l, "the date of", id);
    int32_t *days = ARENA_ARRAY(l->g->arena, int32_t, json_count(dates) + 1);
    for (const Json *d = json_first(dates); d; d = json_next(d)) {
        Str s = json_value_str(d);
        int64_t y = 0;
        int m = 0, day = 0;
        if (s.n != 10 || !str_i64(str_sub(s, 0, 4), &y) || !month_day(str_sub(s, 5, 5), &m, &day))
            return bad(l, "a date of", id);
        days[h->n++] = (int32_t)civil_days(y, m, day);
        if (h->n > 1 && days[h->n - 1] <= days[h->n - 2])
            return bad(l, "dates out of order in", id);
    }
    h->days = days;
    return ERR_OK;
}

static Err load_holidays(Load *l, const Json *root)
{
    NluGrammar *g = l->g;
    for (const Json *x = json_first(json_get(root, "holidays")); x; x = json_next(x)) {
        if (g->holiday_n == NLU_HOLIDAYS)
            return bad(l, "too many holidays at", json_str(x, "id"));
        Err err = load_holiday(l, x, &g->holidays[g->holiday_n]);
        NluWord w = word_of(NLU_KIND(HOLIDAY));
        w.holiday = (int8_t)g->holiday_n++;
        if (!err)
            err = add_all(l, json_get(x, "words"), w);
        w.next = str_c(g->arena, json_str(x, "next"));
        if (!err)
            err = add_all(l, json_get(x, "weak"), w);
        if (err)
            return err;
    }
    return ERR_OK;
}

static Err load_lists(Load *l, const Json *list, bool masked)
{
    Err err = ERR_OK;
    for (const Json *x = json_first(list); x && !err; x = json_next(x)) {
        NluWord w = word_of(0);
        if (!kinds_of(json_str(x, "is"), ' ', &w.kinds))
            return bad(l, "unknown kind of word", json_str(x, "is"));
        w.masked = masked;
        err = add_all(l, json_get(x, "words"), w);
    }
    return err;
}

static Err load_time_words(Load *l, const Json *root)
{
    Err err = load_numbers(l, root);
    if (!err)
        err = load_units(l, root);
    if (!err)
        err = load_dayparts(l, root);
    if (!err)
        err = load_parts(l, root);
    if (!err)
        err = load_weeks(l, json_get(root, "weeks"));
    if (!err)
        err = load_months(l, json_get(root, "months"));
    if (!err)
        err = load_days(l, root);
    if (!err)
        err = load_holidays(l, root);
    if (!err)
        err = load_lists(l, json_get(root, "masks"), true);
    return err ? err : load_lists(l, json_get(root, "words"), false);
}

static Err load_promise_words(Load *l, const Json *root)
{
    return load_lists(l, json_get(root, "words"), false);
}

/* "daypart? clock ~4 commit|look": ~4 lets four characters lie before the next. */
static Err load_seq(Load *l, Str seq, NluSeqItem *out, size_t *ret_n)
{
    size_t n = 0;
    uint8_t gap = 0;
    Str rest = seq;
    while (rest.p) {
        Str word = str_cut(&rest, ' ');
        int64_t g = 0;
        if (word.n > 1 && word.p[0] == '~') {
            if (!str_i64(str_sub(word, 1, word.n), &g) || g < 0 || g > 60)
                return bad(l, "a gap in", seq);
            gap = (uint8_t)g;
            continue;
        }
        if (n == NLU_SEQ_MAX)
            return bad(l, "too long a sequence", seq);
        out[n] = (NluSeqItem){.gap = gap, .optional = str_ends(word, STR("?"))};
        if (out[n].optional)
            word.n--;
        if (!kinds_of(word, '|', &out[n].kinds))
            return bad(l, "unknown kind in", seq);
        n++;
        gap = 0;
    }
    bool needed = false;
    for (size_t i = 0; i < n; i++)
        needed = needed || !out[i].optional;
    if (!needed)
        return bad(l, "nothing is needed in", seq);
    *ret_n = n;
    return ERR_OK;
}

static Err load_time_rules(Load *l, const Json *root)
{
    NluGrammar *g = l->g;
    for (const Json *x = json_first(json_get(root, "rules")); x; x = json_next(x)) {
        NluTimeRule *r = &g->time_rules[g->time_rule_n];
        Str id = json_str(x, "id"), unless = json_str(x, "unless_next");
        NluKinds out = 0;
        if (g->time_rule_n == NLU_GRAMMAR_RULES || id.n == 0 ||
            !kinds_of(json_str(x, "out"), ' ', &out) || json_str(x, "example").n == 0)
            return bad(l, "a rule of times", id);
        r->id = str_c(g->arena, id);
        r->gap = (uint8_t)json_i64(x, "gap", 0);
        r->unless_next = unless.n ? str_c(g->arena, unless) : NULL;
        while (((NluKinds)1 << r->out) != out)
            r->out++;
        Err err = load_seq(l, json_str(x, "seq"), r->seq, &r->n);
        if (err)
            return err;
        g->time_rule_n++;
    }
    return ERR_OK;
}

static Err load_promise_rules(Load *l, const Json *root)
{
    NluGrammar *g = l->g;
    for (const Json *x = json_first(json_get(root, "rules")); x; x = json_next(x)) {
        NluPromiseRule *r = &g->promise_rules[g->promise_rule_n];
        Str id = json_str(x, "id"), without = json_str(x, "without"), needs = json_str(x, "needs"),
            between = json_str(x, "between");
        if (g->promise_rule_n == NLU_GRAMMAR_RULES || id.n == 0 || json_str(x, "example").n == 0 ||
            (without.n && !kinds_of(without, ' ', &r->without)) ||
            (between.n && !kinds_of(between, ' ', &r->between)) ||
            (needs.n && !kinds_of(needs, ' ', &r->needs)))
            return bad(l, "a rule of promises", id);
        r->id = str_c(g->arena, id);
        r->answers = json_bool(x, "answers", false);
        r->whole = json_bool(x, "whole", false);
        Err err = load_seq(l, json_str(x, "seq"), r->seq, &r->n);
        if (err)
            return err;
        g->promise_rule_n++;
    }
    return ERR_OK;
}

static Err load(Load *l, Str text)
{
    static const struct {
        const char *kind;
        Err (*load)(Load *l, const Json *root);
    } loaders[] = {{"time_words", load_time_words},
                   {"time_rules", load_time_rules},
                   {"promise_words", load_promise_words},
                   {"promise_rules", load_promise_rules}};
    const Json *root = NULL;
    Err err = json_parse(l->scratch, l->e, text, &root);
    if (err)
        return err;
    for (size_t i = 0; i < sizeof loaders / sizeof loaders[0]; i++)
        if (str_is(json_str(root, "kind"), loaders[i].kind))
            return loaders[i].load(l, root);
    return bad(l, "unknown kind of grammar", json_str(root, "kind"));
}

NluGrammar *nlu_grammar_create(const Str *files, size_t n, ErrSlot *e)
{
    NluGrammar *g = calloc(1, sizeof *g);
    ASSERT(g != NULL);
    g->arena = arena_create(GRAMMAR_MEMORY);
    g->words = ARENA_ARRAY(g->arena, NluWord, WORDS_MAX + 1);
    Load l = {
        .g = g, .ac = nlu_ac_builder_create(), .scratch = arena_create(GRAMMAR_MEMORY), .e = e};
    Err err = ERR_OK;
    for (size_t i = 0; i < n && !err; i++)
        err = load(&l, files[i]);
    if (!err && (g->word_n == 0 || g->time_rule_n == 0 || g->daypart_n == 0 || g->part_n == 0))
        err = bad(&l, "words or rules are missing in", STR("the grammar"));
    arena_destroy(l.scratch);
    if (err) {
        nlu_ac_builder_destroy(l.ac);
        nlu_grammar_destroy(g);
        return NULL;
    }
    g->ac = nlu_ac_build(l.ac);
    return g;
}

void nlu_grammar_destroy(NluGrammar *g)
{
    if (!g)
        return;
    nlu_ac_destroy(g->ac);
    arena_destroy(g->arena);
    free(g);
}
