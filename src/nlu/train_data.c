/* SPDX-License-Identifier: Apache-2.0 */
/* Talks become rows: each message with the memory of the turns before it, as it will be read later.
 */
#include "nlu/train_internal.h"
#include "base/assert.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_ARENA = 64 << 20, REPLY_EVERY = 5, REPEAT_EVERY = 15 };

void *nlu_train_grow(void *p, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap)
        return p;
    size_t more = *cap ? *cap : 16;
    while (more < need)
        more *= 2;
    p = realloc(p, more * size);
    ASSERT(p != NULL);
    *cap = more;
    return p;
}

/* ---- labels */

static void name(NluHead *h, const char *kind, const char *code)
{
    *h = (NluHead){.scale = 1, .a = 1, .threshold = 0.5f};
    snprintf(h->name, sizeof h->name, "%s%s%s", kind, code[0] ? "." : "", code);
}

void nlu_train_heads(NluRole role, NluHead *h)
{
    if (role == NLU_AGENT) {
        for (size_t i = 0; i < NLU_ACT_COUNT; i++)
            name(&h[H_ACT + i], "act", nlu_act_code(i));
        for (size_t i = 0; i < NLU_FAULT_COUNT; i++)
            name(&h[H_FAULT + i], "fault", nlu_fault_code(i));
        name(&h[H_ANY_FAULT], "fault", "");
        name(&h[H_PROMISE], "promise", "");
        return;
    }
    for (size_t i = 0; i < NLU_EMOTION_COUNT; i++)
        name(&h[H_EMOTION + i], "emotion", nlu_emotion_code((NluEmotion)i));
    for (size_t i = 0; i < NLU_INTENT_COUNT; i++)
        name(&h[H_INTENT + i], "intent", nlu_intent_code(i));
    for (size_t i = 0; i < NLU_STAGE_COUNT; i++)
        name(&h[H_STAGE + i], "stage", nlu_stage_code((NluStage)i));
    name(&h[H_NEGATIVE], "negative", "");
    name(&h[H_INTENSITY], "intensity", "2");
    name(&h[H_INTENSITY + 1], "intensity", "3");
    name(&h[H_CARRY], "carry", "");
}

static int8_t sign(bool yes)
{
    return yes ? 1 : -1;
}

static void customer_label(int8_t *l, const NluTalkTurn *t, const NluMemory *b)
{
    for (int i = 0; i < NLU_EMOTION_COUNT; i++)
        l[H_EMOTION + i] = sign((int)t->emotion == i);
    l[H_NEGATIVE] = sign(t->emotion > NLU_PLEASED);
    l[H_INTENSITY] = t->emotion == NLU_CALM ? 0 : sign(t->intensity > 1);
    l[H_INTENSITY + 1] = t->intensity < 2 ? 0 : sign(t->intensity > 2);
    for (int i = 0; i < NLU_INTENT_COUNT; i++)
        l[H_INTENT + i] = -1;
    for (size_t i = 0; i < t->intent_n; i++) {
        l[H_INTENT + t->intents[i]] = 1;
        if (t->intents[i] == b->matter)
            l[H_CARRY] = 1;
    }
    if (b->matter >= 0 && !l[H_CARRY])
        l[H_CARRY] = -1;
    for (int i = 0; i < NLU_STAGE_COUNT; i++)
        l[H_STAGE + i] = sign((int)t->stage == i);
}

static void agent_label(int8_t *l, const NluTalkTurn *t)
{
    for (int i = 0; i < NLU_ACT_COUNT; i++)
        l[H_ACT + i] = sign(t->acts >> i & 1);
    for (int i = 0; i < NLU_FAULT_COUNT; i++)
        l[H_FAULT + i] = sign(t->faults >> i & 1);
    l[H_ANY_FAULT] = sign(t->faults != 0);
    l[H_PROMISE] = sign(t->promise_n > 0);
}

/* ---- rows */

static void add_row(NluTrainSet *s, const NluFeatures *f, const NluTalkTurn *t,
                    const NluMemory *before, uint32_t fold, bool copy, bool made)
{
    size_t cap = s->cap;
    if (s->n + 2 > cap) {
        s->from = nlu_train_grow(s->from, &cap, s->n + 2, sizeof *s->from);
        size_t c = s->cap;
        s->fold = nlu_train_grow(s->fold, &c, s->n + 2, sizeof *s->fold);
        c = s->cap;
        s->copy = nlu_train_grow(s->copy, &c, s->n + 2, sizeof *s->copy);
        c = s->cap;
        s->made = nlu_train_grow(s->made, &c, s->n + 2, sizeof *s->made);
        c = s->cap;
        s->label = nlu_train_grow(s->label, &c, s->n + 2, s->stride);
        s->cap = cap;
    }
    size_t c = s->cell_cap;
    s->key = nlu_train_grow(s->key, &c, s->cell_n + f->n, sizeof *s->key);
    c = s->cell_cap;
    s->family = nlu_train_grow(s->family, &c, s->cell_n + f->n, sizeof *s->family);
    s->cell_cap = c;
    s->from[s->n] = s->cell_n;
    for (size_t i = 0; i < f->n; i++) {
        s->key[s->cell_n] = f->list[i].key;
        s->family[s->cell_n++] = f->list[i].family;
    }
    s->from[s->n + 1] = s->cell_n;
    s->fold[s->n] = fold;
    s->copy[s->n] = copy;
    s->made[s->n] = made;
    int8_t *label = s->label + s->n * s->stride;
    memset(label, 0, s->stride);
    if (s->role == NLU_CUSTOMER)
        customer_label(label, t, before);
    else
        agent_label(label, t);
    if (made && s->role == NLU_CUSTOMER) /* what needs the turns before stays open */
        memset(label + H_STAGE, 0, NLU_STAGE_COUNT);
    else if (made && !t->faults)
        memset(label + H_FAULT, 0, NLU_FAULT_COUNT + 1);
    s->n++;
}

static void features_of(const NluModel *m, Arena *a, const NluTrainOptions *o, NluRole role,
                        Str text, const NluMemory *before, bool alone, NluFeatures *f,
                        NluReading *r)
{
    nlu_read(m, a, text, NLU_TEXT_MAX, role == NLU_CUSTOMER ? before->tags : 0, r);
    nlu_features_init(f, a, o->seed, o->plain, r->norm.n);
    f->alone = alone;
    if (role == NLU_CUSTOMER)
        nlu_features_customer(f, m, a, r, before);
    else
        nlu_features_agent(f, m, a, r, before);
}

/* The memory as the true labels have it. */
static void remember_truth(const NluModel *m, const NluReading *r, const NluTalkTurn *t,
                           NluMemory *b)
{
    if (t->role == NLU_AGENT) {
        nlu_memory_agent(m, r, t->acts, b);
        return;
    }
    int matter = -1;
    b->intent_n = 0;
    for (size_t i = 0; i < t->intent_n && i < NLU_INTENT_MAX; i++) {
        b->intents[b->intent_n++] = (int8_t)t->intents[i];
        if (matter < 0 && !nlu_is_talk(t->intents[i]))
            matter = t->intents[i];
    }
    nlu_memory_customer(r, t->emotion, t->intensity, t->labelled ? (int)t->stage : -1, 2, matter,
                        b);
}

/* ---- templates set among written turns */

typedef struct {
    const NluTalkTurn **list[NLU_AFTER_KINDS];
    size_t n[NLU_AFTER_KINDS];
} Replies;

static Replies replies_of(Arena *a, const NluTalks *talks)
{
    Replies r = {.n = {0}};
    for (int k = 0; k < NLU_AFTER_KINDS; k++)
        r.list[k] = ARENA_ARRAY(a, const NluTalkTurn *, talks->n + 1);
    for (size_t i = 0; i < talks->n; i++) {
        const NluTalk *talk = &talks->talks[i];
        if (talk->made && talk->after != NLU_AFTER_ANY && talk->turns[0].role == NLU_AGENT)
            r.list[talk->after][r.n[talk->after]++] = &talk->turns[0];
    }
    return r;
}

static bool is_when(int intent)
{
    static const char *const codes[] = {
        "ship_when",       "ship_eta", "refund_progress", "track", "delivery_problem",
        "repair_warranty", "install",  "stock",           "pickup"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (intent == nlu_intent_index(str_of(codes[i])))
            return true;
    return false;
}

/* What an agent could have said here, drawn by lot; NULL: nothing. */
static const NluTalkTurn *reply_to(const Replies *r, const NluTalkTurn *t, bool asks,
                                   uint64_t *random)
{
    uint64_t dice = nlu_train_random(random);
    bool matter = false;
    for (size_t i = 0; i < t->intent_n; i++)
        matter = matter || !nlu_is_talk(t->intents[i]);
    NluAfter kind = NLU_AFTER_ANY;
    if (!matter && (t->intents[0] == NLU_I_GREETING || t->intents[0] == NLU_I_ORDER_REF))
        kind = NLU_AFTER_GREETING;
    else if (matter && asks && is_when(t->intents[0]) && dice % 2)
        kind = NLU_AFTER_WHEN;
    else if (matter && asks)
        kind = NLU_AFTER_QUESTION;
    dice /= 2;
    if (kind == NLU_AFTER_ANY || !r->n[kind] || dice % REPLY_EVERY)
        return NULL;
    return r->list[kind][dice / REPLY_EVERY % r->n[kind]];
}

void nlu_train_collect(const NluModel *rules, const NluModel *models, const NluTalks *talks,
                       const uint32_t *fold, const NluTypist *typist, const NluTrainOptions *o,
                       NluTrainSet set[2])
{
    Arena *a = arena_create(SIDE_ARENA);
    Arena *keep = arena_create((size_t)256 << 20);
    Replies replies = replies_of(keep, talks);
    static const size_t heads[2] = {H_CUSTOMER_N, H_AGENT_N};
    for (int i = 0; i < 2; i++)
        set[i] = (NluTrainSet){
            .role = (NluRole)i, .heads = heads[i], .stride = (heads[i] + 15) / 16 * 16};
    for (size_t i = 0; i < talks->n; i++) {
        const NluTalk *talk = &talks->talks[i];
        if (talk->after != NLU_AFTER_ANY)
            continue;
        NluMemory memory = nlu_memory_none();
        uint64_t random = str_hash(talk->id) * 2 + 1;
        for (size_t k = 0; k < talk->n; k++) {
            const NluTalkTurn *t = &talk->turns[k];
            const NluMemory before = memory;
            NluFeatures f;
            NluReading r;
            features_of(rules, a, o, t->role, t->text, &before, talk->made, &f, &r);
            if (t->labelled)
                add_row(&set[t->role], &f, t, &before, fold[i], false, talk->made);
            if (models)
                nlu_remember(&models[fold[i]], a, &(NluTurn){t->role, t->text}, &memory);
            else
                remember_truth(rules, &r, t, &memory);
            const NluTalkTurn *reply = t->role == NLU_CUSTOMER && t->labelled && !talk->made
                                           ? reply_to(&replies, t, memory.asked, &random)
                                           : NULL;
            if (reply && !o->plain) {
                const NluMemory then = memory;
                features_of(rules, a, o, NLU_AGENT, reply->text, &then, false, &f, &r);
                add_row(&set[NLU_AGENT], &f, reply, &then, fold[i], false, true);
                if (reply->faults == 0) /* here it is known that it has none */
                    memset(set[NLU_AGENT].label + (set[NLU_AGENT].n - 1) * set[NLU_AGENT].stride +
                               H_FAULT,
                           -1, NLU_FAULT_COUNT + 1);
            }
            if (t->role == NLU_CUSTOMER && t->labelled && !talk->made && !o->plain && k > 0 &&
                talk->turns[k - 1].role == NLU_AGENT && talk->turns[k - 1].text.n > 24 &&
                nlu_train_random(&random) % REPEAT_EVERY == 0) {
                NluTalkTurn same = talk->turns[k - 1]; /* the same words once more */
                const NluMemory then = memory;
                same.faults = 1u << nlu_fault_index(STR("repeated_template"));
                features_of(rules, a, o, NLU_AGENT, same.text, &then, false, &f, &r);
                add_row(&set[NLU_AGENT], &f, &same, &then, fold[i], false, true);
            }
            if (typist && t->labelled) {
                Str text = nlu_typist_write(typist, a, t->text, &random);
                if (!str_eq(text, t->text)) {
                    features_of(rules, a, o, t->role, text, &before, talk->made, &f, &r);
                    add_row(&set[t->role], &f, t, &before, fold[i], true, talk->made);
                }
            }
        }
        arena_reset(a);
    }
    arena_destroy(a);
    arena_destroy(keep);
}

/* ---- columns */

typedef struct {
    uint32_t key, n;
    uint8_t family;
} Count;

static bool is_kept(const Count *c)
{
    return c->n >= (c->family == NLU_F_OTHER || c->family == NLU_F_OWN ? 5
                    : c->family <= NLU_F_SOUND                         ? 3
                                                                       : 2);
}

static Count *count_of(Count *table, uint32_t mask, uint32_t key)
{
    uint32_t k = key & mask;
    while (table[k].n && table[k].key != key)
        k = (k + 1) & mask;
    return &table[k];
}

/* How many messages have each feature; misspelt copies do not count. */
static Count *count_all(const NluTrainSet *s, uint32_t *ret_mask, size_t *ret_rows)
{
    uint32_t mask = (1u << 16) - 1, used = 0;
    size_t rows = 0;
    Count *table = calloc((size_t)mask + 1, sizeof *table);
    ASSERT(table != NULL);
    for (size_t i = 0; i < s->n; i++) {
        rows += !s->copy[i];
        for (size_t c = s->from[i]; !s->copy[i] && c < s->from[i + 1]; c++) {
            Count *k = count_of(table, mask, s->key[c]);
            used += k->n == 0;
            k->key = s->key[c];
            k->family = s->family[c];
            k->n++;
            if (used < mask / 4 * 3)
                continue;
            uint32_t wide = mask * 2 + 1;
            Count *more = calloc((size_t)wide + 1, sizeof *more);
            ASSERT(more != NULL);
            for (uint32_t j = 0; j <= mask; j++)
                if (table[j].n)
                    *count_of(more, wide, table[j].key) = table[j];
            free(table);
            table = more;
            mask = wide;
        }
    }
    *ret_mask = mask;
    *ret_rows = rows;
    return table;
}

void nlu_train_index(NluTrainSet *s)
{
    uint32_t kept = 0, mask;
    size_t rows;
    Count *table = count_all(s, &mask, &rows);
    uint32_t *column = calloc((size_t)mask + 1, sizeof *column);
    ASSERT(column != NULL);
    for (uint32_t k = 0; k <= mask; k++)
        kept += table[k].n && is_kept(&table[k]);
    s->columns = kept;
    s->column_key = malloc((kept + 1) * sizeof *s->column_key);
    s->column_idf = malloc(kept + 1);
    s->value = malloc((s->cell_n + 1) * sizeof *s->value);
    ASSERT(s->column_key && s->column_idf && s->value);
    kept = 0;
    for (uint32_t k = 0; k <= mask; k++) {
        if (!table[k].n || !is_kept(&table[k]))
            continue;
        double idf = log((double)(rows + 1) / (table[k].n + 1)) + 1;
        double steps = round(idf * NLU_IDF_STEPS);
        s->column_key[kept] = table[k].key;
        s->column_idf[kept] = (uint8_t)(steps > 255 ? 255 : steps);
        column[k] = ++kept;
    }
    size_t most = 0;
    for (size_t i = 0; i < s->n; i++)
        most = s->from[i + 1] - s->from[i] > most ? s->from[i + 1] - s->from[i] : most;
    NluFeature *list = calloc(most + 1, sizeof *list);
    uint8_t *idf = calloc(most + 1, 1);
    ASSERT(list && idf);
    size_t to = 0;
    for (size_t i = 0; i < s->n; i++) { /* unknown features leave the rows */
        size_t n = 0, begin = to;
        for (size_t c = s->from[i]; c < s->from[i + 1]; c++) {
            size_t k = (size_t)(count_of(table, mask, s->key[c]) - table);
            if (!column[k])
                continue;
            list[n].family = s->family[c];
            idf[n++] = s->column_idf[column[k] - 1];
            s->family[to] = s->family[c];
            s->key[to++] = column[k] - 1;
        }
        s->from[i] = begin;
        nlu_feature_values(list, n, idf, s->value + begin);
    }
    s->from[s->n] = to;
    s->cell_n = to;
    free(list);
    free(idf);
    free(table);
    free(column);
}

void nlu_train_free(NluTrainSet *s)
{
    free(s->from);
    free(s->key);
    free(s->family);
    free(s->value);
    free(s->label);
    free(s->fold);
    free(s->copy);
    free(s->made);
    free(s->column_key);
    free(s->column_idf);
    *s = (NluTrainSet){.n = 0};
}
