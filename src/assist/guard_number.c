/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that tell who somebody is, account names, and writing that hides itself. */
#include "assist/guard_internal.h"
#include "base/utf8.h"

enum { DIGITS_MAX = 24, HANDLE_MIN = 5, HANDLE_REACH = 6, HANDLE_MAX = 40 };

/* A digit in whatever clothes: Arabic, Chinese, formal Chinese, in a circle. -1: none. */
static int digit_of(uint32_t cp)
{
    static const struct {
        uint32_t cp;
        int digit;
    } han[] = {{0x3007, 0}, {0x96F6, 0}, {0x5E7A, 1}, {0x4E00, 1}, {0x58F9, 1}, {0x4E8C, 2},
               {0x8D30, 2}, {0x4E09, 3}, {0x53C1, 3}, {0x56DB, 4}, {0x8086, 4}, {0x4E94, 5},
               {0x4F0D, 5}, {0x516D, 6}, {0x9646, 6}, {0x4E03, 7}, {0x67D2, 7}, {0x516B, 8},
               {0x634C, 8}, {0x4E5D, 9}, {0x7396, 9}, {0x24EA, 0}, {0x24FF, 0}};
    if (nlu_is_digit(cp))
        return (int)(cp - '0');
    if (cp >= 0x2460 && cp <= 0x2468)
        return (int)(cp - 0x2460) + 1;
    if (cp >= 0x2776 && cp <= 0x277E)
        return (int)(cp - 0x2776) + 1;
    for (size_t i = 0; i < sizeof han / sizeof *han; i++)
        if (han[i].cp == cp)
            return han[i].digit;
    return -1;
}

static bool between_digits(uint32_t cp)
{
    return cp == '-' || cp == '.' || cp == ',' || cp == '_' || cp == '~' || cp == '/' || cp == 0xB7;
}

typedef struct {
    char digit[DIGITS_MAX]; /* values 0..9 */
    size_t n;               /* more than DIGITS_MAX: too long to be anything */
    bool x;                 /* an x follows: the check character of an identity card */
    uint32_t start, end;
} Number;

/* The next run of digits at or after *at; false: no more. */
static bool next_number(const NluText *t, size_t *at, Number *ret)
{
    size_t i = *at;
    while (i < t->n && digit_of(t->cp[i]) < 0)
        i++;
    if (i == t->n)
        return false;
    *ret = (Number){.start = (uint32_t)i};
    while (i < t->n) {
        int d = digit_of(t->cp[i]);
        if (d >= 0) {
            if (ret->n < DIGITS_MAX)
                ret->digit[ret->n] = (char)d;
            ret->n++;
            ret->end = (uint32_t)i + 1;
            i++;
        } else if (between_digits(t->cp[i]) && i + 1 < t->n && digit_of(t->cp[i + 1]) >= 0) {
            i++;
        } else {
            break;
        }
    }
    if (ret->n == 17 && i < t->n && t->cp[i] == 'x') {
        ret->x = true;
        ret->end = (uint32_t)++i;
    }
    *at = i;
    return true;
}

static bool letter_at(const NluText *t, int64_t at)
{
    return at >= 0 && (size_t)at < t->n && nlu_is_letter(t->cp[at]);
}

/* Order and parcel numbers begin with letters, or a mask hides a part: neither is a whole number of
 * somebody's. */
static bool stands_free(const NluText *t, const Number *n)
{
    return !letter_at(t, (int64_t)n->start - 1) && !letter_at(t, n->end) &&
           !(n->x && n->end < t->n && digit_of(t->cp[n->end]) >= 0) &&
           !(n->start > 0 && t->cp[n->start - 1] == '*') &&
           !(n->end < t->n && t->cp[n->end] == '*');
}

/* Where the eleven digits of a mobile number begin in it, or -1. */
static int mobile_from(const Number *n)
{
    int from = n->n == 11                                           ? 0
               : n->n == 13 && n->digit[0] == 8 && n->digit[1] == 6 ? 2
               : n->n == 15 && n->digit[2] == 8 && n->digit[3] == 6 && !n->digit[0] && !n->digit[1]
                   ? 4
                   : -1;
    return from >= 0 && n->digit[from] == 1 && n->digit[from + 1] >= 3 ? from : -1;
}

/* The customer wrote it: showing it to them gives nothing away. */
static bool customer_gave(const GuardCheck *c, const char *digits, size_t count)
{
    const AssistGuardContext *b = c->before;
    for (size_t k = 0; k < b->turn_n && k < ASSIST_GUARD_TURNS; k++) {
        NluText t;
        Number n;
        nlu_normalise(c->arena, b->turns[k].text, NLU_NORM_TIGHT, ASSIST_GUARD_TURN_MAX, &t);
        for (size_t at = 0; next_number(&t, &at, &n);) {
            size_t same = 0;
            if (n.n < count || n.n > DIGITS_MAX)
                continue;
            while (same < count && n.digit[n.n - count + same] == digits[same])
                same++;
            if (same == count)
                return true;
        }
    }
    return false;
}

void guard_phones(GuardCheck *c, uint16_t rule)
{
    Number n;
    for (size_t at = 0; next_number(&c->text, &at, &n);) {
        int from = n.n <= DIGITS_MAX ? mobile_from(&n) : -1;
        if (from >= 0 && stands_free(&c->text, &n) && !customer_gave(c, n.digit + from, 11))
            guard_found(c, rule, n.start, n.end, STR_NONE);
    }
}

/* GB 11643-1999: weights 2^(17-i) mod 11, the check character from a table; the birth date must be
 * one. */
static bool identity_card(const Number *n)
{
    static const int weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    static const char check[] = "10X98765432";
    if (n->n != 18 && !(n->n == 17 && n->x))
        return false;
    int sum = 0;
    for (size_t i = 0; i < 17; i++)
        sum += weight[i] * n->digit[i];
    int year = n->digit[6] * 1000 + n->digit[7] * 100 + n->digit[8] * 10 + n->digit[9];
    int month = n->digit[10] * 10 + n->digit[11], day = n->digit[12] * 10 + n->digit[13];
    char last = n->n == 18 ? (char)('0' + n->digit[17]) : 'X';
    return n->digit[0] > 0 && year >= 1900 && year <= 2100 && month >= 1 && month <= 12 &&
           day >= 1 && day <= 31 && check[sum % 11] == last;
}

/* ISO/IEC 7812: issuer 62 with 16 to 19 digits, or 4, 35, 37, 51 to 55 with their lengths, and the
 * Luhn sum. Order numbers of nineteen digits begin otherwise. */
static bool bank_card(const Number *n)
{
    if (n->x || n->n < 15 || n->n > 19)
        return false;
    int two = n->digit[0] * 10 + n->digit[1];
    bool issuer = (two == 62 && n->n >= 16) || (n->digit[0] == 4 && n->n == 16) ||
                  (two == 35 && n->n == 16) || (two == 37 && n->n == 15) ||
                  (two >= 51 && two <= 55 && n->n == 16);
    int sum = 0;
    for (size_t i = 0; i < n->n; i++) {
        int d = n->digit[n->n - 1 - i];
        d = i % 2 ? d * 2 : d;
        sum += d > 9 ? d - 9 : d;
    }
    return issuer && sum % 10 == 0;
}

void guard_cards(GuardCheck *c, uint16_t rule)
{
    Number n;
    for (size_t at = 0; next_number(&c->text, &at, &n);)
        if (n.n <= DIGITS_MAX && stands_free(&c->text, &n) && (identity_card(&n) || bank_card(&n)))
            guard_found(c, rule, n.start, n.end, STR_NONE);
}

static bool handle_char(uint32_t cp)
{
    return nlu_is_letter(cp) || digit_of(cp) >= 0 || cp == '_' || cp == '-';
}

uint32_t guard_handle(const NluText *t, uint32_t at, uint32_t *ret_end)
{
    for (uint32_t i = at; i < t->n && i - at <= HANDLE_REACH; i++) {
        uint32_t end = i, digits = 0;
        while (end < t->n && end - i < HANDLE_MAX && handle_char(t->cp[end])) {
            digits += digit_of(t->cp[end]) >= 0;
            end++;
        }
        if (end - i >= HANDLE_MIN && digits > 0) {
            *ret_end = end;
            return i;
        }
        if (end > i)
            i = end - 1;
    }
    return 0;
}

/* Overrides make Han and Latin text read backwards; isolates and embeddings do not. */
static bool turns_around(uint32_t cp)
{
    return cp == 0x202D || cp == 0x202E;
}

/* The nearest place in the normalised text to a code point of the original. */
static uint32_t place_of(const NluText *t, uint32_t point)
{
    size_t lo = 0, hi = t->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->at[mid] < point)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (uint32_t)lo;
}

void guard_hidden(GuardCheck *c, uint16_t rule)
{
    const NluText *t = &c->text;
    uint32_t point = 0, found = 0;
    for (size_t byte = 0; byte < t->bytes && found < GUARD_HITS_PER_RULE; point++) {
        if (!turns_around(utf8_next(c->source, &byte)) || t->n == 0)
            continue;
        uint32_t at = place_of(t, point);
        uint32_t from = at > 0 ? at - 1 : 0, to = at < t->n ? at + 1 : (uint32_t)t->n;
        guard_found(c, rule, from, to, STR_NONE);
        found++;
    }
}
