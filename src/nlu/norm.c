/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/norm.h"
#include "nlu/trad_table.h"
#include "base/utf8.h"

enum { RUN_MAX = 3 };

static uint32_t fold_trad(uint32_t cp)
{
    size_t lo = 0, hi = sizeof(trad_table) / sizeof(trad_table[0]);
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (trad_table[mid].from == cp)
            return trad_table[mid].to;
        if (trad_table[mid].from < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    return cp;
}

static uint32_t fold_punctuation(uint32_t cp)
{
    switch (cp) {
    case 0x3002: /* ideographic full stop */
    case 0xFF61:
    case 0x2026: /* ellipsis */
    case 0x22EF:
        return '.';
    case 0x3001:
        return ',';
    case 0x3010:
    case 0x3014:
    case 0x300C:
        return '[';
    case 0x3011:
    case 0x3015:
    case 0x300D:
        return ']';
    case 0x201C:
    case 0x201D:
        return '"';
    case 0x2018:
    case 0x2019:
        return '\'';
    case 0x2014:
    case 0x2013:
    case 0x2212:
        return '-';
    case 0x301C:
    case 0x223C:
        return '~';
    case 0x00B7:
    case 0x2022:
    case 0x30FB:
    case 0x2027:
        return 0xB7;
    default:
        return cp;
    }
}

static bool invisible(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0xAD || cp == 0x34F || cp == 0x61C ||
           cp == 0x115F || cp == 0x1160 || cp == 0x17B4 || cp == 0x17B5 || cp == 0x180E ||
           (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2060 && cp <= 0x206F) || cp == 0x3164 || cp == 0xFEFF || cp == 0xFFA0 ||
           (cp >= 0xFE00 && cp <= 0xFE0F) || (cp >= 0xE0000 && cp <= 0xE0FFF) ||
           (cp >= 0x0300 && cp <= 0x036F) || (cp >= 0x20D0 && cp <= 0x20FF) ||
           (cp >= 0xFFF0 && cp <= 0xFFFB);
}

static bool white(uint32_t cp)
{
    return cp == ' ' || cp == '\t' || cp == '\n' || cp == '\r' || cp == 0xA0 || cp == 0x3000 ||
           cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x2028 || cp == 0x2029 ||
           cp == 0x202F || cp == 0x205F;
}

uint32_t nlu_fold(uint32_t cp)
{
    if (cp < 0x80) {
        if (cp >= 'A' && cp <= 'Z')
            return cp + 32;
        if (white(cp))
            return ' ';
        return invisible(cp) ? 0 : cp;
    }
    if (cp >= 0x4E00 && cp <= 0x9FFF)
        return fold_trad(cp);
    if (cp >= 0xFF01 && cp <= 0xFF5E)
        return nlu_fold(cp - 0xFEE0);
    if (white(cp))
        return ' ';
    if (invisible(cp))
        return 0;
    if (cp >= 0x1D400 &&
        cp <= 0x1D6A3) /* mathematical letters: bold, italic, script ... in rows of 52 */
        return (uint32_t)('a' + (cp - 0x1D400) % 26);
    if (cp >= 0x24B6 && cp <= 0x24E9) /* letters in circles */
        return (uint32_t)('a' + (cp - 0x24B6) % 26);
    return fold_punctuation(cp);
}

bool nlu_is_han(uint32_t cp)
{
    return (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x3400 && cp <= 0x4DBF) ||
           (cp >= 0x20000 && cp <= 0x3FFFF);
}

bool nlu_is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

bool nlu_is_letter(uint32_t cp)
{
    return cp >= 'a' && cp <= 'z';
}

bool nlu_is_divider(uint32_t cp)
{
    return cp == ' ' || cp == ',' || cp == '.' || cp == '!' || cp == '?' || cp == ';' ||
           cp == ':' || cp == '~' || cp == '(' || cp == ')' || cp == '"' || cp == '\'' ||
           cp == '\\' || cp == '/' || cp == '|' || cp == '*' || cp == '^' || cp == '_' ||
           cp == '=' || cp == '<' || cp == '>' || cp == '{' || cp == '}';
}

/* Marks that people put between the characters of one word to slip it past a filter. */
static bool joins(uint32_t cp)
{
    return cp == 0xB7 || cp == '*' || cp == '_' || cp == '-' || cp == '~' || cp == '.' ||
           cp == '|' || cp == '/' || cp == '\\' || cp == '+' || cp == '=' || cp == '^' ||
           cp == '`' || cp == '\'' || cp == '#' || cp == '&' || cp == '@' || cp == '%';
}

static void push(NluText *t, uint32_t cp, uint32_t at, size_t byte)
{
    t->cp[t->n] = cp;
    t->at[t->n] = at;
    t->byte[t->n] = (uint32_t)byte;
    t->n++;
}

static void tighten(NluText *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (joins(t->cp[i]) && n > 0 && nlu_is_han(t->cp[n - 1])) {
            size_t j = i;
            while (j < t->n && joins(t->cp[j]))
                j++;
            if (j < t->n && nlu_is_han(t->cp[j]))
                i = j; /* the marks stood inside a word */
        }
        t->cp[n] = t->cp[i];
        t->at[n] = t->at[i];
        t->byte[n] = t->byte[i];
        n++;
    }
    t->n = n;
}

void nlu_normalise(Arena *a, Str text, NluNormMode mode, size_t max_points, NluText *ret)
{
    size_t room = (text.n < max_points ? text.n : max_points) + 1;
    NluText t = {.cp = ARENA_ARRAY(a, uint32_t, room),
                 .at = ARENA_ARRAY(a, uint32_t, room),
                 .byte = ARENA_ARRAY(a, uint32_t, room)};
    size_t byte = 0, run = 0;
    uint32_t point = 0, last = 0;
    for (; byte < text.n && point < max_points; point++) {
        size_t from = byte;
        uint32_t cp = nlu_fold(utf8_next(text, &byte));
        if (cp == 0 || (cp == ' ' && mode == NLU_NORM_TIGHT))
            continue;
        run = cp == last ? run + 1 : 1;
        last = cp;
        if (cp == ' ' ? run > 1 : run > RUN_MAX && !nlu_is_digit(cp))
            continue;
        push(&t, cp, point, from);
    }
    t.points = point;
    t.bytes = byte;
    if (mode == NLU_NORM_TIGHT)
        tighten(&t);
    *ret = t;
}

uint32_t nlu_text_end(const NluText *t, size_t end)
{
    if (end == 0 || t->n == 0)
        return 0;
    return t->at[end - 1] + 1;
}

Str nlu_text_slice(const NluText *t, Str original, size_t start, size_t end)
{
    if (start >= end || end > t->n)
        return STR_NONE;
    size_t from = t->byte[start], to = t->byte[end - 1];
    utf8_next(original, &to);
    return str_sub(original, from, to - from);
}
