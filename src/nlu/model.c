/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/model_internal.h"
#include "base/assert.h"
#include "base/json.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEXICON_MEMORY = 64 << 20,
    WORD_MAX = 32,
    CUES_MAX = 4096,
    WORDS_MAX = 100000,
    SAID_KINDS = 32
};

static const char *const tag_names[NLU_TAG_COUNT] = {"closing", "ask_data", "question", "refusal",
                                                     "opening", "wait",     "ask_word"};
static const char *const slot_names[] = {
    "budget",   "recipient", "occasion", "scene", "size",    "colour",  "model", "quantity",
    "deadline", "order_no",  "product",  "phone", "address", "symptom", "link",  "number"};

/* While the lexicon is compiled. */
typedef struct {
    NluModel *m;
    NluAcBuilder *words;
    Arena *scratch;
    ErrSlot *e;
    struct {
        uint32_t word;
        NluUse use;
    } * uses;
    size_t use_n, use_cap, cue_cap;
} Compiler;

static Err bad(Compiler *c, const char *where, Str what)
{
    return err_set(c->e, ERR_INVALID, "nlu.lexicon_invalid", "%s: %.*s", where, STR_ARG(what));
}

static int name_index(const char *const *names, size_t n, Str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(name, names[i]))
            return (int)i;
    return -1;
}

static Err add_words(Compiler *c, const Json *list, uint32_t cue, int side)
{
    if (!json_is_array(list))
        return bad(c, "words missing in", c->m->cues[cue].id);
    for (const Json *w = json_first(list); w; w = json_next(w)) {
        Str text = json_value_str(w);
        NluText norm;
        nlu_normalise(c->scratch, text, NLU_NORM_CHAT, WORD_MAX + 1, &norm);
        if (norm.n == 0 || norm.n > WORD_MAX)
            return bad(c, "word empty or too long in", c->m->cues[cue].id);
        if (c->use_n == WORDS_MAX)
            return bad(c, "too many words at", c->m->cues[cue].id);
        if (c->use_n == c->use_cap) {
            c->use_cap = c->use_cap ? c->use_cap * 2 : 1024;
            c->uses = realloc(c->uses, c->use_cap * sizeof(*c->uses));
            ASSERT(c->uses != NULL);
        }
        c->uses[c->use_n].word = nlu_ac_add(c->words, norm.cp, norm.n);
        c->uses[c->use_n].use = (NluUse){.cue = cue, .side = side};
        c->use_n++;
    }
    return ERR_OK;
}

static Err new_cue(Compiler *c, NluCue cue, uint32_t *ret)
{
    NluModel *m = c->m;
    if (m->cue_n == CUES_MAX)
        return bad(c, "too many cues at", cue.id);
    if (m->cue_n == c->cue_cap) {
        c->cue_cap = c->cue_cap ? c->cue_cap * 2 : 256;
        m->cues = realloc(m->cues, c->cue_cap * sizeof(*m->cues));
        ASSERT(m->cues != NULL);
    }
    cue.id = str_dup(m->arena, cue.id);
    m->cues[m->cue_n] = cue;
    *ret = (uint32_t)m->cue_n++;
    return ERR_OK;
}

/* One object of a "cues" list. */
static Err add_cue(Compiler *c, const Json *j, NluCueKind kind, int code)
{
    Str after = json_str(j, "after");
    const Json *pair = json_get(j, "pair");
    NluCue cue = {.kind = kind,
                  .code = code,
                  .weight = json_f64(j, "weight", 1.0),
                  .intensity = (int)json_i64(j, "intensity", 1),
                  .after = -1,
                  .pair = -1,
                  .whole = json_bool(j, "whole", false),
                  .negate = json_bool(j, "negate", false),
                  .id = json_str(j, "id")};
    if (cue.id.n == 0)
        return bad(c, "a cue without id for",
                   str_of(kind == NLU_CUE_INTENT ? nlu_intent_code((size_t)code) : "a code"));
    if (cue.intensity < 0 || cue.intensity > 3)
        return bad(c, "intensity out of 0..3 in", cue.id);
    if (after.n > 0 && (cue.after = name_index(tag_names, NLU_TAG_COUNT, after)) < 0)
        return bad(c, "unknown 'after' in", cue.id);
    if (pair) {
        if (c->m->pair_n == NLU_PAIR_MAX)
            return bad(c, "too many pairs at", cue.id);
        cue.pair = c->m->pair_n++;
        cue.within = (int)json_i64(pair, "within", 8);
    }
    uint32_t at = 0;
    Err err = new_cue(c, cue, &at);
    if (err)
        return err;
    if (!pair)
        return add_words(c, json_get(j, "words"), at, 0);
    err = add_words(c, json_get(pair, "a"), at, 1);
    return err ? err : add_words(c, json_get(pair, "b"), at, 2);
}

static Err add_cues(Compiler *c, const Json *list, NluCueKind kind, int code)
{
    Err err = ERR_OK;
    for (const Json *j = json_first(list); j && !err; j = json_next(j))
        err = add_cue(c, j, kind, code);
    return err;
}

/* Lists that carry no cue objects: degree, negation, masks, slots, tags. */
static Err add_list(Compiler *c, const Json *words, NluCueKind kind, int code, double weight,
                    Str id)
{
    uint32_t at = 0;
    NluCue cue = {.kind = kind, .code = code, .weight = weight, .after = -1, .pair = -1, .id = id};
    Err err = new_cue(c, cue, &at);
    return err ? err : add_words(c, words, at, 0);
}

static Err load_intents(Compiler *c, const Json *root)
{
    Err err = ERR_OK;
    for (const Json *i = json_first(json_get(root, "intents")); i && !err; i = json_next(i)) {
        int code = nlu_intent_index(json_str(i, "code"));
        if (code < 0)
            return bad(c, "unknown intent", json_str(i, "code"));
        c->m->talk[code] = json_bool(i, "talk", false);
        err = add_cues(c, json_get(i, "cues"), NLU_CUE_INTENT, code);
    }
    return err;
}

static Err load_emotions(Compiler *c, const Json *root)
{
    NluModel *m = c->m;
    m->calm_bias = json_f64(root, "calm_bias", 1.0);
    Err err = ERR_OK;
    for (const Json *d = json_first(json_get(root, "degree")); d && !err; d = json_next(d))
        err = add_list(c, json_get(d, "words"), NLU_CUE_DEGREE, 0, json_f64(d, "factor", 1.0),
                       json_str(d, "id"));
    const Json *negation = json_get(root, "negation");
    m->negation_window = (int)json_i64(negation, "window", 3);
    if (!err && negation)
        err = add_list(c, json_get(negation, "words"), NLU_CUE_NEGATION, 0, 1, STR("negation"));
    for (const Json *i = json_first(json_get(root, "emotions")); i && !err; i = json_next(i)) {
        NluEmotion code = NLU_CALM;
        if (!nlu_emotion_parse(json_str(i, "code"), &code) || code == NLU_CALM)
            return bad(c, "unknown emotion", json_str(i, "code"));
        err = add_cues(c, json_get(i, "cues"), NLU_CUE_EMOTION, (int)code);
    }
    const Json *shape = json_get(root, "shape");
    m->shape =
        (NluShape){.question_run = json_f64(json_get(shape, "question_run"), "weight", 0),
                   .exclaim_boost = json_f64(json_get(shape, "exclaim_run"), "boost", 1),
                   .repeat_message = json_f64(json_get(shape, "repeat_message"), "weight", 0),
                   .repeat_greeting = json_f64(json_get(shape, "repeat_greeting"), "weight", 0),
                   .only_question = json_f64(json_get(shape, "only_question"), "weight", 0),
                   .carry = json_f64(json_get(shape, "carry"), "weight", 0)};
    return err;
}

static Err load_stages(Compiler *c, const Json *root)
{
    const Json *prior = json_get(root, "prior");
    Str unknown = json_str(root, "unknown");
    if (unknown.n > 0 && !nlu_stage_parse(unknown, &c->m->unknown_stage))
        return bad(c, "unknown stage", unknown);
    for (const Json *p = json_first(prior); p; p = json_next(p)) {
        int intent = nlu_intent_index(json_key(p));
        NluStage stage = NLU_PRE;
        if (intent < 0 || !nlu_stage_parse(json_value_str(p), &stage))
            return bad(c, "unknown prior", json_key(p));
        c->m->prior[intent] = (int)stage;
    }
    Err err = ERR_OK;
    for (const Json *i = json_first(json_get(root, "stages")); i && !err; i = json_next(i)) {
        NluStage code = NLU_PRE;
        if (!nlu_stage_parse(json_str(i, "code"), &code))
            return bad(c, "unknown stage", json_str(i, "code"));
        err = add_cues(c, json_get(i, "cues"), NLU_CUE_STAGE, (int)code);
    }
    return err;
}

static Err load_tags(Compiler *c, const Json *root)
{
    Err err = ERR_OK;
    for (const Json *t = json_first(json_get(root, "tags")); t && !err; t = json_next(t)) {
        int tag = name_index(tag_names, NLU_TAG_COUNT, json_str(t, "code"));
        if (tag < 0)
            return bad(c, "unknown tag", json_str(t, "code"));
        err = add_list(c, json_get(t, "words"), NLU_CUE_TAG, tag, 1, str_of(tag_names[tag]));
    }
    return err;
}

static Err load_slots(Compiler *c, const Json *root)
{
    static const struct {
        const char *key;
        NluCueKind kind;
    } lists[] = {{"masks", NLU_CUE_MASK}, {"slots", NLU_CUE_SLOT}};
    Err err = ERR_OK;
    for (size_t k = 0; k < 2; k++)
        for (const Json *s = json_first(json_get(root, lists[k].key)); s && !err;
             s = json_next(s)) {
            int slot = name_index(slot_names, sizeof(slot_names) / sizeof(slot_names[0]),
                                  json_str(s, "slot"));
            if (slot < 0)
                return bad(c, "unknown slot", json_str(s, "slot"));
            err =
                add_list(c, json_get(s, "words"), lists[k].kind, slot, 1, str_of(slot_names[slot]));
        }
    const Json *card = json_get(root, "card_words");
    return err || !card ? err : add_list(c, card, NLU_CUE_CARD, 0, 1, STR("card"));
}

static Err load_agent(Compiler *c, const Json *root)
{
    Err err = ERR_OK;
    int number = 0; /* the memory of a talk keeps them as bits */
    for (const Json *j = json_first(json_get(root, "cues")); j && !err; j = json_next(j))
        err = add_cue(c, j, NLU_CUE_SAID,
                      number < SAID_KINDS - 1 ? number++ : number); /* the last ones share a bit */
    return err;
}

static Err load(Compiler *c, Str json)
{
    static const struct {
        const char *kind;
        Err (*load)(Compiler *c, const Json *root);
    } loaders[] = {{"agent", load_agent},  {"intent", load_intents}, {"emotion", load_emotions},
                   {"stage", load_stages}, {"context", load_tags},   {"slots", load_slots}};
    const Json *root = NULL;
    Err err = json_parse(c->scratch, c->e, json, &root);
    if (err)
        return err;
    for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++)
        if (str_is(json_str(root, "kind"), loaders[i].kind))
            return loaders[i].load(c, root);
    return bad(c, "unknown kind of lexicon", json_str(root, "kind"));
}

static void index_uses(Compiler *c)
{
    NluModel *m = c->m;
    size_t words = nlu_ac_words(m->ac);
    m->use_from = ARENA_ARRAY(m->arena, uint32_t, words + 2);
    m->uses = ARENA_ARRAY(m->arena, NluUse, c->use_n + 1);
    m->use_n = c->use_n;
    for (size_t i = 0; i < c->use_n; i++)
        m->use_from[c->uses[i].word + 1]++;
    for (size_t w = 0; w < words; w++)
        m->use_from[w + 1] += m->use_from[w];
    uint32_t *fill = ARENA_ARRAY(c->scratch, uint32_t, words + 1);
    for (size_t i = 0; i < c->use_n; i++) {
        uint32_t w = c->uses[i].word;
        m->uses[m->use_from[w] + fill[w]++] = c->uses[i].use;
    }
}

NluModel *nlu_model_create(const Str *lexicons, size_t n, ErrSlot *e)
{
    NluModel *m = calloc(1, sizeof(*m));
    ASSERT(m != NULL);
    m->arena = arena_create(LEXICON_MEMORY);
    m->slot_names = ARENA_ARRAY(m->arena, const char *, sizeof(slot_names) / sizeof(slot_names[0]));
    m->slot_name_n = sizeof(slot_names) / sizeof(slot_names[0]);
    memcpy(m->slot_names, slot_names, sizeof(slot_names));
    m->calm_bias = 1;
    for (size_t i = 0; i < NLU_INTENT_COUNT; i++)
        m->prior[i] = -1;
    Compiler c = {
        .m = m, .words = nlu_ac_builder_create(), .scratch = arena_create(LEXICON_MEMORY), .e = e};
    Err err = ERR_OK;
    uint64_t hash = 0;
    for (size_t i = 0; i < n && !err; i++) {
        err = load(&c, lexicons[i]);
        hash ^= str_hash(lexicons[i]); /* whatever the order of the files */
    }
    if (!err && m->cue_n == 0)
        err = bad(&c, "no cues in", STR("the lexicons"));
    if (err) {
        nlu_ac_builder_destroy(c.words);
    } else {
        m->ac = nlu_ac_build(c.words);
        index_uses(&c);
        m->lexicon_hash = (unsigned)(hash & 0xFFFFFF);
        snprintf(m->version, sizeof(m->version), "rules-1.%06x", m->lexicon_hash);
    }
    free(c.uses);
    arena_destroy(c.scratch);
    if (!err)
        return m;
    nlu_model_destroy(m);
    return NULL;
}

void nlu_model_destroy(NluModel *m)
{
    if (!m)
        return;
    nlu_ac_destroy(m->ac);
    free(m->cues);
    arena_destroy(m->arena);
    free(m);
}

const char *nlu_model_version(const NluModel *m)
{
    return m->version;
}
