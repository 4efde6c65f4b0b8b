/* SPDX-License-Identifier: Apache-2.0 */
/* Reading one message by itself: hits of the automaton become evidence for emotions, intents and
 * stages. */
#include "nlu/model_internal.h"
#include "base/utf8.h"

#include <string.h>

enum { ORDER_DIGITS = 9, DATA_DIGITS = 4 };

/* Working memory of one reading; arrays have norm.n + 1 cells. */
typedef struct {
    const NluModel *m;
    NluReading *r;
    uint32_t *reach[NLU_CUE_SAID +
                    1]; /* per kind: how far hits reach that start at or before this place */
    bool *tiled_from, *tiled_to; /* a clause of whole words can be cut before / behind this place */
    bool *tiled;                 /* covered by such words */
    bool *negation_ends;
    double *degree_ends;
    bool *data;    /* covered by masks and words of an order card */
    uint8_t *seen; /* per cue */
    struct {
        uint32_t start, end;
        bool any;
    } pair[NLU_PAIR_MAX][2];
    unsigned tags;
} Work;

static bool is_particle(uint32_t cp)
{
    static const uint32_t particles[] = {
        0x7684 /* 的 */, 0x5440 /* 呀 */, 0x554A /* 啊 */, 0x54E6 /* 哦 */, 0x5462 /* 呢 */,
        0x5427 /* 吧 */, 0x5566 /* 啦 */, 0x54C8 /* 哈 */, 0x4E86 /* 了 */, 0x561B /* 嘛 */,
        0x54DF /* 哟 */, 0x5457 /* 呗 */, 0x54D2 /* 哒 */, 0x54AF /* 咯 */, 0x6EF4 /* 滴 */,
        0x4EB2 /* 亲 */, 0x5582 /* 喂 */, 0x90A3 /* 那 */, 0x54CE /* 哎 */, 0x6076 /* 恶 */,
        0x5594 /* 喔 */, 0x563F /* 嘿 */, 0x8BF6 /* 诶 */, 0x6B38 /* 欸 */};
    for (size_t i = 0; i < sizeof(particles) / sizeof(particles[0]); i++)
        if (particles[i] == cp)
            return true;
    return false;
}

static bool hit_is_whole(const NluModel *m, const NluHit *h)
{
    for (uint32_t u = m->use_from[h->word]; u < m->use_from[h->word + 1]; u++) {
        const NluCue *cue = &m->cues[m->uses[u].cue];
        if (cue->kind == NLU_CUE_SAID)
            continue;
        if (cue->whole || cue->kind == NLU_CUE_MASK)
            return true;
        if (cue->kind == NLU_CUE_INTENT && m->talk[cue->code] && cue->pair < 0)
            return true;
    }
    return false;
}

/* Which places of a clause can be reached from its beginning, and which lead to its end, by whole
 * words only. */
static void tile(Work *w)
{
    const NluText *t = &w->r->norm;
    const NluHit *hits = w->r->hits;
    size_t n = w->r->hit_n, h = 0;
    for (size_t i = 0; i <= t->n; i++) {
        if (i == 0 || nlu_is_divider(t->cp[i - 1]))
            w->tiled_from[i] = true;
        else if (w->tiled_from[i - 1] && is_particle(t->cp[i - 1]))
            w->tiled_from[i] = true;
        for (; h < n && hits[h].end == i; h++)
            if (w->tiled_from[hits[h].start] && hit_is_whole(w->m, &hits[h]))
                w->tiled_from[i] = true;
    }
    h = n;
    for (size_t i = t->n + 1; i-- > 0;) {
        if (i == t->n || nlu_is_divider(t->cp[i]))
            w->tiled_to[i] = true;
        else if (w->tiled_to[i + 1] && is_particle(t->cp[i]))
            w->tiled_to[i] = true;
        for (; h > 0 && hits[h - 1].end == i; h--)
            if (w->tiled_to[i] && hit_is_whole(w->m, &hits[h - 1]))
                w->tiled_to[hits[h - 1].start] = true;
    }
}

static void survey(Work *w)
{
    NluReading *r = w->r;
    const NluModel *m = w->m;
    for (size_t i = 0; i < r->hit_n; i++) {
        const NluHit *h = &r->hits[i];
        for (uint32_t u = m->use_from[h->word]; u < m->use_from[h->word + 1]; u++) {
            const NluCue *cue = &m->cues[m->uses[u].cue];
            if (cue->kind <= NLU_CUE_SAID) {
                if (w->reach[cue->kind][h->start] < h->end)
                    w->reach[cue->kind][h->start] = h->end;
            } else if (cue->kind == NLU_CUE_NEGATION) {
                w->negation_ends[h->end] = true;
            } else if (cue->kind == NLU_CUE_DEGREE) {
                w->degree_ends[h->end] = cue->weight;
            } else if (cue->kind == NLU_CUE_TAG) {
                r->tags |= 1u << cue->code;
            } else if (cue->kind == NLU_CUE_MASK || cue->kind == NLU_CUE_CARD) {
                memset(w->data + h->start, 1, h->end - h->start);
                if (cue->kind == NLU_CUE_MASK) {
                    const char *slot = m->slot_names[cue->code];
                    r->has_order = r->has_order || strcmp(slot, "order_no") == 0;
                    r->has_phone = r->has_phone || strcmp(slot, "phone") == 0;
                    r->has_link = r->has_link || strcmp(slot, "link") == 0;
                    r->data_only = true; /* for now: there is data */
                }
            }
        }
    }
    for (int k = 0; k <= NLU_CUE_SAID; k++)
        for (size_t i = 1; i <= r->norm.n; i++)
            if (w->reach[k][i] < w->reach[k][i - 1])
                w->reach[k][i] = w->reach[k][i - 1];
}

/* Inside a longer word of the same kind: that one speaks. */
static bool is_covered(const Work *w, const NluHit *h, NluCueKind kind)
{
    const uint32_t *reach = w->reach[kind];
    return reach[h->start] > h->end || (h->start > 0 && reach[h->start - 1] >= h->end);
}

static bool is_negated(const Work *w, uint32_t start)
{
    for (uint32_t k = 0; k < (uint32_t)w->m->negation_window && k <= start; k++) {
        if (w->negation_ends[start - k])
            return true;
        if (start > k && nlu_is_divider(w->r->norm.cp[start - k - 1]))
            return false;
    }
    return false;
}

static void note(Work *w, uint32_t cue, uint32_t start, uint32_t end, double weight)
{
    NluReading *r = w->r;
    if (r->found_n < NLU_EVIDENCE_MAX)
        r->found[r->found_n++] =
            (NluFound){.cue = cue, .start = start, .end = end, .weight = weight};
}

static void count_emotion(Work *w, uint32_t at, const NluCue *cue, uint32_t start, uint32_t end)
{
    NluReading *r = w->r;
    double weight = cue->weight * (w->seen[at] ? 0.4 : 1.0);
    if (w->seen[at] > 1)
        return;
    int code = cue->code, intensity = cue->intensity;
    if (cue->negate && is_negated(w, start)) {
        if (code != NLU_PLEASED)
            return;
        code = NLU_DISAPPOINTED;
        intensity = 1;
    }
    double degree = w->degree_ends[start] > 0 ? w->degree_ends[start]
                    : start > 0               ? w->degree_ends[start - 1]
                                              : 0;
    if (degree > 1)
        r->degree_high = true;
    if (degree > 0)
        weight *= degree;
    w->seen[at]++;
    r->emotion[code] += weight;
    if (r->intensity[code] < intensity)
        r->intensity[code] = intensity;
    note(w, at, start, end, weight);
}

static void count(Work *w, uint32_t at, uint32_t start, uint32_t end)
{
    NluReading *r = w->r;
    const NluCue *cue = &w->m->cues[at];
    if (cue->kind == NLU_CUE_INTENT && cue->code == NLU_I_GREETING)
        r->greetings++;
    if (cue->kind == NLU_CUE_EMOTION) {
        count_emotion(w, at, cue, start, end);
        return;
    }
    if (w->seen[at])
        return;
    w->seen[at] = 1;
    if (cue->kind == NLU_CUE_SAID) {
        if (r->said_n < NLU_SAID_CUES)
            r->said[r->said_n++] =
                (NluFound){.cue = at, .start = start, .end = end, .weight = cue->weight};
        return;
    }
    if (cue->kind == NLU_CUE_INTENT)
        r->intent[cue->code] += cue->weight;
    else
        r->stage[cue->code] += cue->weight;
    if (cue->weight > 0)
        note(w, at, start, end, cue->weight);
}

static void take_pair(Work *w, uint32_t at, int side, const NluHit *h)
{
    const NluCue *cue = &w->m->cues[at];
    int other = 2 - side; /* index of the other side: 1 -> 1, 2 -> 0 */
    if (w->pair[cue->pair][other].any && w->pair[cue->pair][other].end <= h->start &&
        h->start - w->pair[cue->pair][other].end <= (uint32_t)cue->within)
        count(w, at, w->pair[cue->pair][other].start, h->end);
    w->pair[cue->pair][side - 1].any = true;
    w->pair[cue->pair][side - 1].start = h->start;
    w->pair[cue->pair][side - 1].end = h->end;
}

static void weigh(Work *w)
{
    const NluModel *m = w->m;
    for (size_t i = 0; i < w->r->hit_n; i++) {
        const NluHit *h = &w->r->hits[i];
        for (uint32_t u = m->use_from[h->word]; u < m->use_from[h->word + 1]; u++) {
            const NluUse *use = &m->uses[u];
            const NluCue *cue = &m->cues[use->cue];
            if (cue->kind > NLU_CUE_SAID)
                continue;
            if (cue->after >= 0 && !(w->tags & 1u << cue->after))
                continue;
            if (use->side)
                take_pair(w, use->cue, use->side, h);
            else if (cue->whole && h->end - h->start == 1 && is_particle(w->r->norm.cp[h->start]) &&
                     h->start > 0 && !nlu_is_divider(w->r->norm.cp[h->start - 1]))
                continue;
            else if (cue->whole ? w->tiled_from[h->start] && w->tiled_to[h->end] &&
                                      !is_covered(w, h, cue->kind)
                                : !is_covered(w, h, cue->kind))
                count(w, use->cue, h->start, h->end);
        }
        if (w->tiled_from[h->start] && w->tiled_to[h->end] && hit_is_whole(m, h))
            memset(w->tiled + h->start, 1, h->end - h->start);
    }
    bool all = w->r->norm.n > 0;
    for (size_t i = 0; i < w->r->norm.n && all; i++)
        all = w->tiled[i] || nlu_is_divider(w->r->norm.cp[i]) || is_particle(w->r->norm.cp[i]);
    w->r->talk_only = all;
}

/* Order numbers, telephones, links; and whether there is anything else than such data. */
static void look_for_data(Work *w)
{
    NluReading *r = w->r;
    const NluText *t = &r->norm;
    bool data = r->data_only, bare = true;
    for (size_t i = 0; i < t->n;) {
        size_t j = i;
        while (j < t->n && nlu_is_digit(t->cp[j]))
            j++;
        if (j - i == 11 && t->cp[i] == '1')
            r->has_phone = true;
        else if (j - i >= ORDER_DIGITS)
            r->has_order = true;
        if (j - i >= DATA_DIGITS)
            data = true;
        if (j > i) {
            i = j;
            continue;
        }
        if (t->cp[i] == 'h' && i + 4 < t->n && t->cp[i + 1] == 't' && t->cp[i + 2] == 't' &&
            t->cp[i + 3] == 'p') {
            r->has_link = data = true;
            while (i < t->n && t->cp[i] != ' ' && !nlu_is_han(t->cp[i]))
                i++;
            continue;
        }
        if (t->cp[i] == '?')
            r->has_question = true;
        if (!w->data[i] && !w->tiled[i] &&
            (nlu_is_han(t->cp[i]) || t->cp[i] == '?' || t->cp[i] > 0x2FFF))
            bare = false;
        i++;
    }
    r->data_only = data && bare;
}

void nlu_read(const NluModel *m, Arena *a, Str text, size_t max_points, unsigned tags,
              NluReading *ret)
{
    NluReading r = {.text = text,
                    .found = ARENA_ARRAY(a, NluFound, NLU_EVIDENCE_MAX),
                    .said = ARENA_ARRAY(a, NluFound, NLU_SAID_CUES)};
    nlu_normalise(a, text, NLU_NORM_CHAT, max_points, &r.norm);
    r.hits = ARENA_ARRAY(a, NluHit, NLU_HIT_MAX);
    r.hit_n = nlu_ac_scan(m->ac, r.norm.cp, r.norm.n, r.hits, NLU_HIT_MAX);
    size_t cells = r.norm.n + 1;
    Work w = {.m = m,
              .r = &r,
              .tags = tags,
              .tiled_from = ARENA_ARRAY(a, bool, cells),
              .tiled_to = ARENA_ARRAY(a, bool, cells),
              .negation_ends = ARENA_ARRAY(a, bool, cells),
              .degree_ends = ARENA_ARRAY(a, double, cells),
              .tiled = ARENA_ARRAY(a, bool, cells),
              .data = ARENA_ARRAY(a, bool, cells),
              .seen = ARENA_ARRAY(a, uint8_t, m->cue_n)};
    for (int k = 0; k <= NLU_CUE_SAID; k++)
        w.reach[k] = ARENA_ARRAY(a, uint32_t, cells);
    survey(&w);
    tile(&w);
    weigh(&w);
    look_for_data(&w);
    *ret = r;
}

int nlu_best_matter(const NluModel *m, const NluReading *r, double *ret_score)
{
    int best = -1;
    double score = 0;
    for (int i = 0; i < NLU_INTENT_COUNT; i++)
        if (!m->talk[i] && r->intent[i] > score) {
            best = i;
            score = r->intent[i];
        }
    *ret_score = score;
    return best;
}
