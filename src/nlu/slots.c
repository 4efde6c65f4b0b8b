/* SPDX-License-Identifier: Apache-2.0 */
/* Slots: what is said, as it is written. Words come from the lexicon, numbers from their shape and
 * surroundings. */
#include "nlu/model_internal.h"

#include <string.h>

typedef struct {
    const NluModel *m;
    const NluReading *r;
    NluUnderstanding *u;
} Slots;

static bool is_one_of(uint32_t cp, const uint32_t *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (set[i] == cp)
            return true;
    return false;
}
#define IS_ONE_OF(cp, set) is_one_of((cp), (set), sizeof(set) / sizeof((set)[0]))

/* 件 个 台 双 箱 包 盒 瓶 套 条 只 袋 斤 张 本 支 部 份 */
static const uint32_t units[] = {0x4EF6, 0x4E2A, 0x53F0, 0x53CC, 0x7BB1, 0x5305,
                                 0x76D2, 0x74F6, 0x5957, 0x6761, 0x53EA, 0x888B,
                                 0x65A4, 0x5F20, 0x672C, 0x652F, 0x90E8, 0x4EFD};
/* 一 二 两 三 四 五 六 七 八 九 十 */
static const uint32_t numerals[] = {0x4E00, 0x4E8C, 0x4E24, 0x4E09, 0x56DB, 0x4E94,
                                    0x516D, 0x4E03, 0x516B, 0x4E5D, 0x5341};
static const uint32_t money[] = {0x5143 /* 元 */, 0x5757 /* 块 */};
static const uint32_t dates[] = {0x53F7 /* 号 */, 0x65E5 /* 日 */, 0x70B9 /* 点 */};
/* 路 街 村 镇 栋 幢 巷 弄 乡 室 */
static const uint32_t places[] = {0x8DEF, 0x8857, 0x6751, 0x9547, 0x680B,
                                  0x5E62, 0x5DF7, 0x5F04, 0x4E61, 0x5BA4};

static void put(Slots *s, const char *name, size_t start, size_t end)
{
    NluUnderstanding *u = s->u;
    const NluText *t = &s->r->norm;
    for (size_t i = 0; i < u->slot_n; i++)
        if (strcmp(u->slots[i].name, name) == 0)
            return; /* the first mention holds */
    if (u->slot_n == NLU_SLOT_MAX || end <= start)
        return;
    u->slots[u->slot_n++] = (NluSlot){.name = name,
                                      .value = nlu_text_slice(t, s->r->text, start, end),
                                      .start = t->at[start],
                                      .end = nlu_text_end(t, end)};
}

static void take_number(Slots *s, size_t start, size_t end)
{
    const NluText *t = &s->r->norm;
    uint32_t next = end < t->n ? t->cp[end] : 0;
    if (end - start == 11 && t->cp[start] == '1')
        put(s, "phone", start, end);
    else if (end - start >= 9)
        put(s, "order_no", start, end);
    else if (IS_ONE_OF(next, units))
        put(s, "quantity", start, end + 1);
    else if (IS_ONE_OF(next, money))
        put(s, "budget", start, end + 1);
    else if (IS_ONE_OF(next, dates) && end - start <= 2)
        put(s, "deadline", start, end + 1);
}

/* Latin letters with digits among them: p30, rtx4060, 256g. */
static void take_model(Slots *s, size_t start, size_t end)
{
    const NluText *t = &s->r->norm;
    bool letter = false, digit = false;
    for (size_t i = start; i < end; i++) {
        letter = letter || nlu_is_letter(t->cp[i]);
        digit = digit || nlu_is_digit(t->cp[i]);
    }
    if (letter && digit && end - start >= 2 && end - start <= 16)
        put(s, "model", start, end);
}

static void scan_shapes(Slots *s)
{
    const NluText *t = &s->r->norm;
    for (size_t i = 0; i < t->n;) {
        size_t j = i;
        bool letters = false;
        while (j < t->n &&
               (nlu_is_digit(t->cp[j]) || nlu_is_letter(t->cp[j]) || (t->cp[j] == '-' && j > i))) {
            letters = letters || nlu_is_letter(t->cp[j]);
            j++;
        }
        if (j > i) {
            if (letters)
                take_model(s, i, j);
            else
                take_number(s, i, j);
            i = j;
            continue;
        }
        if (i + 1 < t->n && IS_ONE_OF(t->cp[i], numerals) && IS_ONE_OF(t->cp[i + 1], units) &&
            t->cp[i] != 0x4E00)
            put(s, "quantity", i, i + 2);
        i++;
    }
}

static size_t clause_start(const NluText *t, size_t at)
{
    while (at > 0 && !nlu_is_divider(t->cp[at - 1]))
        at--;
    return at;
}

static size_t clause_end(const NluText *t, size_t at)
{
    while (at < t->n && !nlu_is_divider(t->cp[at]))
        at++;
    return at;
}

/* A clause with at least two marks of a place, or one and a number, is an address. */
static void scan_address(Slots *s)
{
    const NluText *t = &s->r->norm;
    for (size_t i = 0; i < t->n;) {
        size_t end = clause_end(t, i), marks = 0, digits = 0;
        for (size_t k = i; k < end; k++) {
            marks += IS_ONE_OF(t->cp[k], places);
            digits += nlu_is_digit(t->cp[k]);
        }
        if (end - i >= 6 && (marks > 1 || (marks > 0 && digits > 0)))
            put(s, "address", i, end);
        i = end + 1;
    }
}

void nlu_slots(const NluModel *m, const NluReading *r, NluUnderstanding *u)
{
    Slots s = {.m = m, .r = r, .u = u};
    int damage = nlu_intent_index(STR("damaged_defect"));
    for (size_t i = 0; i < r->hit_n; i++) {
        const NluHit *h = &r->hits[i];
        if (i + 1 < r->hit_n && r->hits[i + 1].start <= h->start && r->hits[i + 1].end > h->end)
            continue; /* a longer word follows at once */
        for (uint32_t w = m->use_from[h->word]; w < m->use_from[h->word + 1]; w++) {
            const NluCue *cue = &m->cues[m->uses[w].cue];
            if (cue->kind == NLU_CUE_MASK && strcmp(m->slot_names[cue->code], "number") != 0 &&
                strcmp(m->slot_names[cue->code], "link") != 0)
                put(&s, m->slot_names[cue->code], h->start, h->end);
            else if (cue->kind == NLU_CUE_SLOT)
                put(&s, m->slot_names[cue->code], h->start, h->end);
            else if (cue->kind == NLU_CUE_INTENT && cue->code == damage && m->uses[w].side == 0)
                put(&s, "symptom", clause_start(&r->norm, h->start), clause_end(&r->norm, h->end));
        }
    }
    scan_shapes(&s);
    scan_address(&s);
}
