/* SPDX-License-Identifier: Apache-2.0 */
/* Times: the cases of when_cases.tsv. CONTENT_DIR and WHEN_CASES are set by the build. */
#include "nlu/grammar_files.h"
#include "nlu/nlu.h"
#include "nlu/when.h"
#include "nlu/when_cal.h"
#include "base/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

enum { MINUTE_MS = 60000 };

typedef struct {
    Arena *arena;
    NluGrammar *grammar;
    Str cases;
} Fixture;

static int setup(void **state)
{
    static const char *const files[] = NLU_GRAMMAR_FILES;
    Arena *arena = arena_create(256u << 20);
    Fixture *f = ARENA_NEW(arena, Fixture);
    Str texts[NLU_GRAMMAR_FILE_COUNT];
    ErrSlot e = {0};
    f->arena = arena;
    for (size_t i = 0; i < NLU_GRAMMAR_FILE_COUNT; i++)
        if (file_read(arena, &e, str_c(arena, str_fmt(arena, "%s/%s", CONTENT_DIR, files[i])),
                      4 << 20, &texts[i]))
            return -1;
    f->grammar = nlu_grammar_create(texts, NLU_GRAMMAR_FILE_COUNT, &e);
    if (!f->grammar)
        print_message("%s\n", e.text);
    *state = f;
    return f->grammar && !file_read(arena, &e, WHEN_CASES, 4 << 20, &f->cases) ? 0 : -1;
}

static int teardown(void **state)
{
    Fixture *f = *state;
    nlu_grammar_destroy(f->grammar);
    arena_destroy(f->arena);
    return 0;
}

/* The zone's offset as libc knows it; zone is its name. */
static int32_t offset_s(const void *zone, int64_t utc_s)
{
    struct tm tm;
    time_t at = (time_t)utc_s;
    setenv("TZ", zone, 1);
    tzset();
    localtime_r(&at, &tm);
    int64_t local = civil_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 +
                    tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
    return (int32_t)(local - utc_s);
}

/* A shop in Shanghai, Monday to Saturday 9:00-18:00 with a break from 12:00 to 13:00, closed from 1
 * to 3 October and on 1 January. Minute by minute: slow and plain. */
static bool open_at(int64_t at_ms)
{
    int64_t local = at_ms / MINUTE_MS + 480, day = local / 1440, y;
    int minute = (int)(local % 1440), m, d;
    civil_date(day, &y, &m, &d);
    bool closed = nlu_weekday(day) == 7 || (m == 10 && d <= 3) || (m == 1 && d == 1);
    return !closed && minute >= 540 && minute < 1080 && (minute < 720 || minute >= 780);
}

static int64_t next_open(const void *hours, int64_t at_ms)
{
    (void)hours;
    for (int64_t at = at_ms;; at = (at / MINUTE_MS + 1) * MINUTE_MS)
        if (open_at(at))
            return at;
}

static int64_t add(const void *hours, int64_t start_ms, int64_t work_ms)
{
    (void)hours;
    int64_t at = start_ms;
    while (work_ms > 0) {
        int64_t end = (at / MINUTE_MS + 1) * MINUTE_MS;
        if (open_at(at)) {
            if (end - at >= work_ms)
                return at + work_ms;
            work_ms -= end - at;
        }
        at = end;
    }
    return at;
}

static int64_t between(const void *hours, int64_t from_ms, int64_t to_ms)
{
    (void)hours;
    int64_t sum = 0;
    for (int64_t at = from_ms; at < to_ms;) {
        int64_t end = (at / MINUTE_MS + 1) * MINUTE_MS;
        if (end > to_ms)
            end = to_ms;
        sum += open_at(at) ? end - at : 0;
        at = end;
    }
    return sum;
}

/* "2026-11-25 14:30", wall clock of the zone; 24:00 is the last millisecond of the day. */
static int64_t instant(const NluNow *n, Str s)
{
    int64_t y = 0, m = 0, d = 0, h = 0, min = 0, sec = 0;
    if (str_is(s, "now"))
        return n->now_ms;
    if (str_is(s, "never"))
        return NLU_TIME_NEVER;
    bool ok = (s.n == 16 || s.n == 19) && str_i64(str_sub(s, 0, 4), &y) &&
              str_i64(str_sub(s, 5, 2), &m) && str_i64(str_sub(s, 8, 2), &d) &&
              str_i64(str_sub(s, 11, 2), &h) && str_i64(str_sub(s, 14, 2), &min) &&
              (s.n == 16 || str_i64(str_sub(s, 17, 2), &sec));
    if (!ok)
        fail_msg("not an instant: %.*s", STR_ARG(s));
    int64_t day = civil_days(y, (int)m, (int)d);
    return h == 24 ? nlu_day_end(n, day) : nlu_at(n, day, (int)(h * 60 + min)) + sec * 1000;
}

static Str told(Arena *a, const NluNow *n, int64_t at)
{
    int64_t y, day = nlu_local_day(n, at);
    int m, d, minute = nlu_local_minute(n, at);
    if (at == NLU_TIME_NEVER)
        return STR("never");
    if (at == n->now_ms)
        return STR("now");
    if (at == nlu_day_end(n, day))
        minute = 1440;
    civil_date(day, &y, &m, &d);
    int64_t sec = minute == 1440 ? 0 : at / 1000 % 60;
    Str s = str_fmt(a, "%04d-%02d-%02d %02d:%02d", (int)y, m, d, minute / 60, minute % 60);
    return sec ? str_fmt(a, "%.*s:%02d", STR_ARG(s), (int)sec) : s;
}

/* One line: now, zone, hours (shop or -), expression, from, to, strength. "-": no time is found in
 * it; "?" in from: found, but no instant follows. */
static bool line(Fixture *f, Str row)
{
    static const char *const strengths[] = {"firm", "estimate", "vague"};
    Str col[7];
    for (size_t i = 0; i < 7; i++)
        col[i] = str_cut(&row, '\t');
    NluNow now = {.offset_s = offset_s, .zone = str_c(f->arena, col[1])};
    if (str_is(col[2], "shop")) {
        now.next_open = next_open;
        now.add = add;
        now.between = between;
    }
    now.now_ms = instant(&now, col[0]);
    NluTime t[4];
    NluRange r;
    size_t n = nlu_times(f->grammar, f->arena, col[3], t, 4);
    Str from = STR("-"), to = STR("-"), strength = STR("-");
    if (n > 0) {
        bool known = nlu_time_resolve(f->grammar, &t[0], &now, &r);
        from = known ? told(f->arena, &now, r.from_ms) : STR("?");
        to = known ? told(f->arena, &now, r.to_ms) : STR("?");
        strength = str_of(strengths[r.strength]);
        if (known && str_eq(from, col[4]) && str_eq(to, col[5])) {
            assert_true(instant(&now, from) == r.from_ms);
            assert_true(instant(&now, to) == r.to_ms);
        }
    }
    if (str_eq(from, col[4]) && str_eq(to, col[5]) && str_eq(strength, col[6]))
        return true;
    print_message("%.*s\t%.*s\t%.*s\t%.*s\t%.*s\t%.*s\t%.*s\n", STR_ARG(col[0]), STR_ARG(col[1]),
                  STR_ARG(col[2]), STR_ARG(col[3]), STR_ARG(from), STR_ARG(to), STR_ARG(strength));
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
    assert_true(n >= 300);
}

/* Every rule of the data has an example, and is needed for it or for another case. */
static void places(void **state)
{
    Fixture *f = *state;
    NluTime t[4];
    size_t n = nlu_times(f->grammar, f->arena, STR("亲，明天上午十点前会发出，24小时内到"), t, 4);
    assert_int_equal(n, 2);
    assert_int_equal(t[0].start, 2);
    assert_int_equal(t[0].end, 9);
    assert_int_equal(t[1].start, 13);
    assert_int_equal(t[1].end, 18);
}

/* A day, a part of it or an hour that was named on purpose may be over; nothing else may. */
static bool may_be_past(const NluTime *t)
{
    bool ago = t->form == NLU_TIME_SPAN && t->bound == NLU_BOUND_BEFORE;
    bool named = t->a.on == NLU_ON_DAY || (t->a.on == NLU_ON_WEEK && t->a.rel != NLU_REL_OPEN) ||
                 (t->a.on == NLU_ON_DATE && t->a.year > 0) ||
                 (t->a.on == NLU_ON_MONTH && t->a.rel != NLU_REL_OPEN) ||
                 (t->a.on == NLU_ON_YEAR && t->a.rel != NLU_REL_OPEN);
    return ago || named;
}

/* Every expression at many moments: ordered, and never in the past unless it names the past. */
static void at_any_time(void **state)
{
    static const char *const zones[] = {"Asia/Shanghai", "America/New_York"};
    Fixture *f = *state;
    Str rest = f->cases;
    uint64_t seed = 20261125;
    while (rest.p) {
        Str row = str_cut(&rest, '\n');
        if (row.n == 0 || row.p[0] == '#')
            continue;
        for (int i = 0; i < 3; i++)
            str_cut(&row, '\t');
        Str text = str_cut(&row, '\t');
        NluTime t;
        if (nlu_times(f->grammar, f->arena, text, &t, 1) == 0)
            continue;
        for (int i = 0; i < 40; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            NluNow now = {.offset_s = offset_s, .zone = zones[i % 2]};
            now.now_ms = 1735660800000 + (int64_t)(seed >> 24) % (14 * INT64_C(31536000000));
            NluRange r;
            if (!nlu_time_resolve(f->grammar, &t, &now, &r))
                continue;
            if (r.from_ms > r.to_ms || (r.to_ms < now.now_ms && !may_be_past(&t)))
                fail_msg("%.*s at %lld: %lld to %lld", STR_ARG(text), (long long)now.now_ms,
                         (long long)r.from_ms, (long long)r.to_ms);
        }
    }
}

/* "三天内" of "收到货后三天内" counts from the receipt. */
static void after_an_event(void **state)
{
    Fixture *f = *state;
    static const struct {
        const char *text, *from, *to;
    } rows[] = {{"收到货后三天内", "now", "2026-11-28 24:00"},
                {"签收24小时内", "now", "2026-11-26 14:30"},
                {"审核通过后两个工作日内", "now", "2026-11-27 24:00"},
                {"审核通过后次日", "2026-11-26 00:00", "2026-11-26 24:00"},
                {"到货后", NULL, NULL}};
    NluNow now = {.offset_s = offset_s, .zone = "Asia/Shanghai"};
    now.now_ms = instant(&now, STR("2026-11-25 14:30"));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        NluTime t, left;
        NluRange r;
        assert_int_equal(nlu_times(f->grammar, f->arena, str_of(rows[i].text), &t, 1), 1);
        assert_int_equal(t.form, NLU_TIME_EVENT);
        assert_false(nlu_time_resolve(f->grammar, &t, &now, &r));
        assert_int_equal(nlu_time_after_event(&t, &left), rows[i].from != NULL);
        if (!rows[i].from)
            continue;
        assert_true(nlu_time_resolve(f->grammar, &left, &now, &r));
        assert_true(str_is(told(f->arena, &now, r.from_ms), rows[i].from));
        assert_true(str_is(told(f->arena, &now, r.to_ms), rows[i].to));
    }
}

/* Whatever is thrown at it takes little time and gives ordered places. */
static void bad_input(void **state)
{
    Fixture *f = *state;
    static const char *const units[] = {
        "一",  "两天半到",         "周", "3-", "2026-", "点", "明天", "个", "的", "九九",
        "12:", "\xF0\x9F\x98\x82", "前", "几"};
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        ArenaMark mark = arena_mark(f->arena);
        size_t len = strlen(units[u]), size = 1 << 20;
        char *text = arena_alloc(f->arena, size);
        for (size_t i = 0; i + len <= size; i += len)
            memcpy(text + i, units[u], len);
        NluTime t[NLU_TIMES_MAX];
        NluRange r;
        NluNow now = {.now_ms = 1764000000000};
        clock_t start = clock();
        size_t n =
            nlu_times(f->grammar, f->arena, (Str){text, size - size % len}, t, NLU_TIMES_MAX);
        for (size_t i = 0; i < n; i++) {
            nlu_time_resolve(f->grammar, &t[i], &now, &r);
            assert_true(t[i].start < t[i].end && t[i].end <= NLU_TEXT_MAX);
        }
        assert_true(clock() - start < CLOCKS_PER_SEC);
        arena_release(f->arena, mark);
    }
}

static void refused_grammar(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "[]",
        "{\"kind\":\"poem\"}",
        "{\"kind\":\"time_words\",\"units\":[{\"id\":\"fortnight\",\"words\":[\"x\"]}]}",
        "{\"kind\":\"time_words\",\"dayparts\":[{\"id\":\"x\",\"from\":\"8\",\"to\":\"9\"}]}",
        "{\"kind\":\"time_rules\",\"rules\":[{\"id\":\"x\",\"out\":\"time\",\"seq\":\"nonsense\","
        "\"example\":\"x\"}]}",
        "{\"kind\":\"time_rules\",\"rules\":[{\"id\":\"x\",\"out\":\"time\",\"seq\":\"num\"}]}",
        "{\"kind\":\"time_rules\",\"rules\":[{\"id\":\"x\",\"out\":\"time\",\"seq\":\"num?\","
        "\"example\":\"x\"}]}",
        "{\"kind\":\"promise_words\",\"words\":[{\"is\":\"commit\",\"words\":[\"\"]}]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ErrSlot e = {0};
        Str file = str_of(wrong[i]);
        assert_null(nlu_grammar_create(&file, 1, &e));
        assert_true(e.err != ERR_OK && e.code != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),       cmocka_unit_test(places),
        cmocka_unit_test(at_any_time), cmocka_unit_test(after_an_event),
        cmocka_unit_test(bad_input),   cmocka_unit_test(refused_grammar)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
