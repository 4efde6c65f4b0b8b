/* SPDX-License-Identifier: Apache-2.0 */
/* Words out of a message, short enough for a line, and what they show. */
#include "assist/summary_internal.h"
#include "base/utf8.h"

enum { SAYS_AT_LEAST = 4 /* code points beside courtesy */ };

static bool ends_clause(uint32_t c)
{
    static const uint32_t marks[] = {0x3001, 0x3002, 0xFF01, 0xFF0C, 0xFF1B, 0xFF1F,
                                     0x2026, 0xFF5E, ',',    ';',    '!',    '?'};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (c == marks[i])
            return true;
    return c <= ' ';
}

/* At most SUMMARY_QUOTE code points of s. */
static Str shorten(Arena *a, Str s)
{
    Str head = utf8_head(s, SUMMARY_QUOTE);
    return head.n == s.n ? s : str_fmt(a, "%.*s…", STR_ARG(head));
}

Str summary_clause(Arena *a, Str text, uint32_t start, uint32_t end)
{
    size_t from = 0, to = text.n, words = 0;
    uint32_t i = 0;
    for (size_t at = 0; at < text.n; i++) {
        size_t here = at;
        bool mark = ends_clause(utf8_next(text, &at));
        if (i == start)
            words = here;
        if (mark && i < start)
            from = at;
        if (mark && i >= end) {
            to = here;
            break;
        }
    }
    Str all = str_sub(text, from, to - from);
    if (utf8_count(all) > SUMMARY_QUOTE && words > from && words < to) /* where it matters */
        all = str_sub(text, words, to - words);
    return shorten(a, all);
}

Str summary_head(Arena *a, Str text)
{
    Str flat = str_trim(text);
    for (size_t at = 0; at < flat.n;) {
        size_t here = at;
        if (utf8_next(flat, &at) < ' ')
            return shorten(a, str_sub(flat, 0, here)); /* the first line of several */
    }
    return shorten(a, flat);
}

bool summary_says(const AssistSummaryWords *w, Str text)
{
    size_t said = 0;
    for (size_t at = 0; at < text.n;) {
        Str rest = str_sub(text, at, text.n - at);
        size_t skip = 0;
        for (const Json *x = json_first(json_get(w->root, "courtesy")); x; x = json_next(x))
            if (str_starts(rest, json_value_str(x)) && json_value_str(x).n > skip)
                skip = json_value_str(x).n;
        if (skip) {
            at += skip;
            continue;
        }
        if (!ends_clause(utf8_next(text, &at)) && ++said >= SAYS_AT_LEAST)
            return true;
    }
    return false;
}

/* Whether a pair of neighbouring Han characters of `what` stands in s, both saying something. */
static bool shares_pair(const AssistSummaryWords *w, Str what, Str s)
{
    Str stop = json_str(w->root, "stop_chars");
    size_t before = 0;
    bool good = false;
    for (size_t at = 0; at < what.n;) {
        size_t here = at;
        bool was = good;
        good =
            utf8_is_cjk(utf8_next(what, &at)) && str_find(stop, str_sub(what, here, at - here)) < 0;
        if (was && good && str_find(s, str_sub(what, before, at - before)) >= 0)
            return true;
        before = here;
    }
    return false;
}

Str summary_shows_done(const AssistSummaryWords *w, Arena *a, Str what, Str text)
{
    for (size_t from = 0, at = 0; from < text.n; from = at) {
        size_t to = at = from;
        while (at < text.n) {
            to = at;
            if (ends_clause(utf8_next(text, &at)))
                break;
            to = at;
        }
        Str clause = str_sub(text, from, to - from);
        /* a question mark belongs to its clause */
        if (clause.n && summary_any(w, "done_words", clause) &&
            !summary_any(w, "undone_words", str_sub(text, from, at - from)) &&
            shares_pair(w, what, clause))
            return shorten(a, clause);
    }
    return STR_NONE;
}

bool summary_same(const AssistSummaryWords *w, Str a, Str b)
{
    return str_eq(a, b) ||
           (shares_pair(w, a, b) && shares_pair(w, b, a) && utf8_count(a) < 8 && utf8_count(b) < 8);
}
