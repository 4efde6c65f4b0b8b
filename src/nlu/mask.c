/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/mask.h"

#include "base/buf.h"
#include "base/utf8.h"

enum { DIGITS_MIN = 5, HAN_DIGITS_MIN = 7, WORD_DIGITS_MIN = 3, WORD_MIN = 6, NAME_MIN = 2 };

static const char NUMBER[] = "[数字x]", MAIL[] = "[邮箱x]", SITE[] = "[站点x]", NAME[] = "[姓名x]";

static uint32_t half_width(uint32_t cp)
{
    return cp >= 0xFF01 && cp <= 0xFF5E ? cp - 0xFEE0 : cp;
}

static uint32_t peek(Str s, size_t at, size_t *next)
{
    *next = at;
    return at < s.n ? half_width(utf8_next(s, next)) : 0;
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

static bool is_letter(uint32_t cp)
{
    return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
}

static bool is_han_digit(uint32_t cp)
{
    static const uint32_t digits[] = {
        0x3007, 0x96F6, 0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94,
        0x516D, 0x4E03, 0x516B, 0x4E5D, 0x5E7A, 0x4E24}; /* 〇零一二三四五六七八九幺两 */
    for (size_t i = 0; i < sizeof digits / sizeof *digits; i++)
        if (digits[i] == cp)
            return true;
    return false;
}

/* Digits in groups: behind the last one, and how many there are. A date or a price with a point, a
 * slash or a colon is not one number. */
static size_t number_end(Str s, size_t from, size_t *ret_n)
{
    size_t end = from, next, after;
    *ret_n = 0;
    for (size_t at = from;;) {
        uint32_t cp = peek(s, at, &next);
        if (is_digit(cp)) {
            ++*ret_n;
            at = end = next;
        } else if (at > from && (cp == '-' || cp == ' ' || cp == '_') &&
                   is_digit(peek(s, next, &after))) {
            at = next;
        } else {
            return end;
        }
    }
}

static size_t han_number_end(Str s, size_t from, size_t *ret_n)
{
    size_t end = from, next;
    *ret_n = 0;
    while (is_han_digit(peek(s, end, &next))) {
        ++*ret_n;
        end = next;
    }
    return end;
}

typedef struct {
    size_t end, chars, digits;
    bool letters, at; /* an @ with something on both sides */
} Word;

/* Latin letters, digits and what stands within addresses. */
static Word word_at(Str s, size_t from)
{
    Word w = {.end = from};
    size_t next;
    for (size_t at = from;;) {
        uint32_t cp = peek(s, at, &next);
        bool inner = cp == '.' || cp == '-' || cp == '_' || cp == '@' || cp == '+';
        if (!is_digit(cp) && !is_letter(cp) && !(inner && w.chars))
            return w;
        w.at |= cp == '@';
        w.digits += is_digit(cp);
        w.letters |= is_letter(cp);
        w.chars++;
        at = next;
        if (!inner)
            w.end = at; /* a full stop behind the word is not of it */
    }
}

static size_t link_end(Str s, size_t from)
{
    size_t at = from;
    while (at < s.n && (unsigned char)s.p[at] > ' ' && (unsigned char)s.p[at] < 0x7F)
        at++;
    return at;
}

static size_t name_at(Str s, size_t at, const Str *names, size_t n)
{
    size_t best = 0;
    for (size_t i = 0; i < n; i++)
        if (names[i].n > best && utf8_count(names[i]) >= NAME_MIN &&
            str_starts(str_sub(s, at, s.n), names[i]))
            best = names[i].n;
    return best;
}

/* What is masked at this place: where it ends, and as what; NULL: nothing. */
static const char *find(Str s, size_t at, const Str *names, size_t n, size_t *ret_end)
{
    size_t digits, name = name_at(s, at, names, n);
    Str rest = str_sub(s, at, s.n);
    if (name) {
        *ret_end = at + name;
        return NAME;
    }
    if (str_starts(rest, STR("http://")) || str_starts(rest, STR("https://")) ||
        str_starts(rest, STR("www."))) {
        *ret_end = link_end(s, at);
        return SITE;
    }
    Word w = word_at(s, at);
    *ret_end = w.end;
    if (w.at && w.end > at)
        return MAIL;
    if (w.letters && w.chars >= WORD_MIN && w.digits >= WORD_DIGITS_MIN)
        return NUMBER;
    *ret_end = number_end(s, at, &digits);
    if (digits >= DIGITS_MIN)
        return NUMBER;
    *ret_end = han_number_end(s, at, &digits);
    return digits >= HAN_DIGITS_MIN ? NUMBER : NULL;
}

Str nlu_mask(Arena *a, Str text, const Str *names, size_t n)
{
    Buf b;
    buf_init(&b, a, text.n * 3 + 64); /* two letters of a name may become nine bytes */
    bool inside = false;              /* a word that was looked at as a whole */
    for (size_t at = 0; at < text.n;) {
        size_t end = at, next = at;
        uint32_t cp = peek(text, at, &next);
        bool part = is_digit(cp) || is_letter(cp);
        const char *as = part && inside ? NULL : find(text, at, names, n, &end);
        inside = part;
        if (as) {
            buf_put(&b, str_of(as));
            at = end;
            inside = false;
        } else {
            buf_put(&b, str_sub(text, at, next - at));
            at = next;
        }
    }
    return b.n ? buf_str(&b) : STR("");
}
