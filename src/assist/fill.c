/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/fill.h"
#include "base/buf.h"
#include "base/utf8.h"

enum { TEXT_BYTES = 64 << 10, NAME_MAX = 48 };

const AssistFact *assist_fact(const AssistFact *facts, size_t n, Str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(facts[i].name, name))
            return facts[i].value.n > 0 ? &facts[i] : NULL;
    return NULL;
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

/* At p[at] stands '{': the length of the name behind it, 0 if there is no variable. */
static size_t name_length(Str s, size_t at)
{
    size_t end = at + 1;
    while (end < s.n && name_char(s.p[end]) && end - at <= NAME_MAX)
        end++;
    return end < s.n && s.p[end] == '}' ? end - at - 1 : 0;
}

bool assist_fill_next(Str pattern, size_t *at, Str *ret_name)
{
    for (; *at < pattern.n; (*at)++) {
        if (pattern.p[*at] != '{')
            continue;
        size_t n = name_length(pattern, *at);
        if (n == 0)
            return false;
        *ret_name = str_sub(pattern, *at + 1, n);
        *at += n + 2;
        return true;
    }
    return false;
}

Str assist_fill_known(Arena *a, Str pattern, const AssistFact *facts, size_t n, Str you,
                      Str *missing, size_t cap, size_t *ret_missing)
{
    Buf out;
    buf_init(&out, a, TEXT_BYTES);
    *ret_missing = 0;
    for (size_t i = 0; i < pattern.n;) {
        size_t len = pattern.p[i] == '{' ? name_length(pattern, i) : 0;
        if (len == 0) {
            buf_byte(&out, pattern.p[i++]);
            continue;
        }
        Str name = str_sub(pattern, i + 1, len);
        const AssistFact *fact = assist_fact(facts, n, name);
        if (str_is(name, "you")) {
            buf_put(&out, you);
        } else if (fact) {
            buf_put(&out, fact->value);
        } else {
            buf_put(&out, str_sub(pattern, i, len + 2));
            if (*ret_missing < cap)
                missing[*ret_missing] = name;
            (*ret_missing)++;
        }
        i += len + 2;
    }
    return buf_str(&out);
}

bool assist_fill(Arena *a, Str pattern, const AssistFact *facts, size_t n, Str you, Str *ret)
{
    for (size_t i = 0; i < pattern.n; i++) {
        if (pattern.p[i] == '}')
            return false;
        if (pattern.p[i] == '{') {
            size_t len = name_length(pattern, i);
            if (len == 0)
                return false;
            i += len + 1;
        }
    }
    size_t missing = 0;
    Str text = assist_fill_known(a, pattern, facts, n, you, NULL, 0, &missing);
    if (missing > 0 || text.n >= TEXT_BYTES || utf8_count(text) > ASSIST_TEXT_MAX)
        return false;
    *ret = text;
    return true;
}
