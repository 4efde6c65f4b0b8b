/* SPDX-License-Identifier: Apache-2.0 */
/* Clauses and sentences: nothing but stock words, and stock sentences said once more (ETQ-3). */
#include "assist/guard_internal.h"

enum { SENTENCES_MAX = 96, SENTENCE_MIN = 8, WHOLE_MIN = 5, SCRAP = 3 };

bool guard_clause_starts(const NluText *t, size_t at)
{
    return at == 0 || nlu_is_divider(t->cp[at - 1]) || t->at[at] != t->at[at - 1] + 1;
}

/* Comma and colon end a clause, not a sentence. */
static bool sentence_starts(const NluText *t, size_t at)
{
    if (at == 0)
        return true;
    uint32_t cp = t->cp[at - 1];
    if (t->at[at] != t->at[at - 1] + 1 && cp != ',' && cp != ':')
        return true; /* white space parts sentences where people write no full stop */
    return cp == '.' || cp == '!' || cp == '?' || cp == ';' || cp == '~';
}

static bool is_content(uint32_t cp)
{
    return nlu_is_han(cp) || nlu_is_letter(cp) || nlu_is_digit(cp);
}

/* Particles and terms of address come and go within the same stock sentence. */
static bool is_particle(uint32_t cp)
{
    static const uint32_t list[] = {
        0x5462 /* ne */, 0x54E6 /* o */,  0x54C8 /* ha */, 0x5440 /* ya */,
        0x554A /* a */,  0x5566 /* la */, 0x54DF /* yo */, 0x4EB2 /* qin */,
        0x561B /* ma */, 0x5594 /* o */,  0x5450 /* na */};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i] == cp)
            return true;
    return false;
}

bool guard_only(const GuardCheck *c, uint16_t rule)
{
    const NluText *t = &c->text;
    uint8_t *held = arena_alloc(c->arena, t->n + 1);
    for (size_t i = 0; i < c->word_n; i++)
        if (c->words[i].rule == rule)
            for (uint32_t p = c->words[i].start; p < c->words[i].end; p++)
                held[p] = 1;
    const uint8_t *filler = c->filler[rule];
    size_t content = 0;
    bool spoken = false;
    for (size_t i = 0; i <= t->n; i++) {
        if (i == t->n || guard_clause_starts(t, i)) {
            if (content > SCRAP && !spoken)
                return false;
            content = 0;
            spoken = false;
        }
        if (i == t->n)
            break;
        content += is_content(t->cp[i]) && !is_particle(t->cp[i]);
        spoken |= held[i] || (filler && filler[i]);
    }
    return true;
}

/* ---- repeated sentences ---- */

typedef struct {
    uint64_t hash;
    uint32_t start, end;
} Sentence;

/* FNV-1a over what is not particle or mark; sentences of fewer than SENTENCE_MIN such points are
 * left out: short answers repeat themselves rightly. Elongated ends are one place. */
static size_t sentences(const NluText *t, Sentence ret[SENTENCES_MAX])
{
    size_t n = 0, points = 0;
    uint64_t hash = UINT64_C(14695981039346656037);
    uint32_t start = 0, end = 0;
    for (size_t i = 0; i <= t->n && n < SENTENCES_MAX; i++) {
        if (i == t->n || sentence_starts(t, i)) {
            if (points >= SENTENCE_MIN)
                ret[n++] = (Sentence){.hash = hash, .start = start, .end = end};
            hash = UINT64_C(14695981039346656037);
            points = 0;
        }
        if (i == t->n || !is_content(t->cp[i]) || is_particle(t->cp[i]))
            continue;
        if (points++ == 0)
            start = (uint32_t)i;
        end = (uint32_t)i + 1;
        hash = (hash ^ t->cp[i]) * UINT64_C(1099511628211);
    }
    return n;
}

/* The message as one sentence; 0 when it is too short to jar. */
static uint64_t whole(const NluText *t)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    size_t points = 0;
    for (size_t i = 0; i < t->n; i++)
        if (is_content(t->cp[i]) && !is_particle(t->cp[i])) {
            hash = (hash ^ t->cp[i]) * UINT64_C(1099511628211);
            points++;
        }
    return points >= WHOLE_MIN ? hash : 0;
}

static bool among(const Sentence *list, size_t n, uint64_t hash)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].hash == hash)
            return true;
    return false;
}

void guard_repeat(GuardCheck *c, uint16_t rule)
{
    const AssistGuardContext *b = c->before;
    Sentence *mine = ARENA_ARRAY(c->arena, Sentence, SENTENCES_MAX);
    Sentence *theirs = ARENA_ARRAY(c->arena, Sentence, SENTENCES_MAX);
    size_t n = sentences(&c->text, mine);
    for (size_t i = 1; i < n; i++)
        if (among(mine, i, mine[i].hash))
            guard_found(c, rule, mine[i].start, mine[i].end, STR_NONE);
    uint64_t all = whole(&c->text);
    for (size_t k = 0; k < b->said_n && k < ASSIST_GUARD_SAID; k++) {
        NluText t;
        nlu_normalise(c->arena, b->said[k], NLU_NORM_TIGHT, ASSIST_GUARD_TURN_MAX, &t);
        size_t said = sentences(&t, theirs);
        if (all && whole(&t) == all)
            guard_found(c, rule, 0, (uint32_t)c->text.n, STR_NONE);
        for (size_t i = 0; i < n; i++)
            if (among(theirs, said, mine[i].hash))
                guard_found(c, rule, mine[i].start, mine[i].end, STR_NONE);
    }
}
