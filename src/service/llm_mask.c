/* SPDX-License-Identifier: Apache-2.0 */
/* Personal data becomes {{KIND_number}}, and back only where that returns unharmed. */
#include "service/llm_internal.h"

#include "base/utf8.h"

enum { TEXT_BYTES = 65536 };

void llm_note(LlmNotes *l, Str s)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(l->items[i], s))
            return;
    if (l->n < SERVICE_LLM_NOTES)
        l->items[l->n++] = s;
}

/* NULL: there are too many. */
static const LlmMasked *intern(LlmMask *m, const char *kind, Str value)
{
    int number = 1;
    for (size_t i = 0; i < m->n; i++) {
        if (str_eq(m->items[i].value, value))
            return &m->items[i];
        number += str_is(str_of(m->items[i].kind), kind);
    }
    if (m->n == LLM_MASKS)
        return NULL;
    m->items[m->n] = (LlmMasked){kind, number, value};
    return &m->items[m->n++];
}

void llm_mask_name(LlmMask *m, Str name)
{
    name = str_trim(name);
    if (utf8_count(name) >= 2)
        (void)intern(m, "NAME", name);
}

static Str placeholder(Arena *a, const LlmMasked *x)
{
    return x ? str_fmt(a, "{{%s_%d}}", x->kind, x->number) : STR("{{HIDDEN}}");
}

static Str slice(Str text, const LlmText *t, size_t start, size_t end)
{
    return str_sub(text, t->at[start], t->at[end] - t->at[start]);
}

void llm_mask_learn(LlmMask *m, Str text)
{
    LlmText t = llm_text(m->arena, text);
    LlmSpan spans[LLM_SPANS];
    size_t n = llm_find(m->arena, &t, m, spans);
    for (size_t i = 0; i < n; i++)
        (void)intern(m, spans[i].kind, slice(text, &t, spans[i].start, spans[i].end));
}

/* What is not masked; a brace beside a brace is parted, so that nobody writes a placeholder. */
static void put_plain(Buf *b, Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char last = b->n ? b->p[b->n - 1] : 0;
        if ((s.p[i] == '{' || s.p[i] == '}') && last == s.p[i])
            buf_byte(b, ' ');
        buf_byte(b, s.p[i]);
    }
}

Str llm_mask_text(LlmMask *m, Str text)
{
    LlmText t = llm_text(m->arena, text);
    LlmSpan spans[LLM_SPANS];
    size_t n = llm_find(m->arena, &t, m, spans), at = 0;
    Buf b;
    buf_init(&b, m->arena, TEXT_BYTES);
    if (n == LLM_SPANS) /* so much of it is personal that some may have been left out */
        return STR("{{HIDDEN}}");
    for (size_t i = 0; i < n; i++) {
        put_plain(&b, slice(text, &t, at, spans[i].start));
        if (b.n && b.p[b.n - 1] == '{')
            buf_byte(&b, ' ');
        buf_put(&b, placeholder(m->arena, intern(m, spans[i].kind,
                                                 slice(text, &t, spans[i].start, spans[i].end))));
        at = spans[i].end;
    }
    put_plain(&b, slice(text, &t, at, t.n));
    return b.over ? STR("{{HIDDEN}}") : buf_str(&b);
}

Str llm_mask_restore(const LlmMask *m, Str text, LlmNotes *ret_broken)
{
    Buf b;
    buf_init(&b, m->arena, TEXT_BYTES);
    while (text.n) {
        ptrdiff_t from = str_find(text, STR("{{"));
        if (from < 0)
            break;
        buf_put(&b, str_sub(text, 0, (size_t)from));
        text = str_sub(text, (size_t)from, text.n);
        ptrdiff_t end = str_find(text, STR("}}"));
        Str whole = end < 0 ? utf8_head(text, 24) : str_sub(text, 0, (size_t)end + 2);
        const LlmMasked *found = NULL;
        for (size_t i = 0; i < m->n && !found; i++)
            if (str_eq(placeholder(m->arena, &m->items[i]), whole))
                found = &m->items[i];
        if (found) {
            buf_put(&b, found->value);
            text = str_sub(text, whole.n, text.n);
        } else {
            llm_note(ret_broken, utf8_head(whole, 24));
            buf_lit(&b, "{{");
            text = str_sub(text, 2, text.n);
        }
    }
    buf_put(&b, text);
    return buf_str(&b);
}

void llm_mask_lost(const LlmMask *m, Str before, Str after, LlmNotes *ret_lost)
{
    for (size_t i = 0; i < m->n; i++) {
        Str p = placeholder(m->arena, &m->items[i]);
        if (str_find(before, p) >= 0 && str_find(after, p) < 0)
            llm_note(ret_lost, m->items[i].value);
    }
}
