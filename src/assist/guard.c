/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/guard.h"
#include "base/assert.h"
#include "base/json.h"
#include "nlu/ac.h"
#include "nlu/norm.h"

#include <stdlib.h>
#include <string.h>

enum {
    RULES_MAX = 64,
    WORDS_MAX = 20000,
    WORD_POINTS = 64,
    HITS_PER_POINT = 6,
    GUARD_MEMORY = 64 << 20
};

typedef enum { USE_WORD, USE_EXCEPTION, USE_UNLESS, USE_PAIR_A, USE_PAIR_B } UseKind;

typedef struct {
    uint32_t word;
    uint16_t rule;
    UseKind kind;
    int within;  /* of a pair */
    int pair;    /* number of the pair within all rules */
    Str rewrite; /* for words that have one of their own */
} Use;

typedef struct {
    Str id, version, message, rewrite;
    AssistLevel level;
} Rule;

struct AssistGuard {
    Arena *arena;
    NluAc *ac;
    Rule *rules;
    size_t rule_n;
    uint32_t *use_from;
    Use *uses;
    size_t use_n;
    int pair_n;
};

typedef struct {
    AssistGuard *g;
    NluAcBuilder *words;
    Arena *scratch;
    ErrSlot *e;
    Use *uses;
    size_t use_n, use_cap;
} Compiler;

const char *assist_level_code(AssistLevel l)
{
    return l == ASSIST_BLOCK ? "block" : l == ASSIST_WARN ? "warn" : "off";
}

static Err bad(Compiler *c, const char *what, Str id)
{
    return err_set(c->e, ERR_INVALID, "guard.rules_invalid", "%s: %.*s", what, STR_ARG(id));
}

static Err add_word(Compiler *c, Str text, Use use)
{
    NluText norm;
    nlu_normalise(c->scratch, text, NLU_NORM_TIGHT, WORD_POINTS + 1, &norm);
    if (norm.n == 0 || norm.n > WORD_POINTS)
        return bad(c, "word empty or too long in", c->g->rules[use.rule].id);
    if (c->use_n == WORDS_MAX)
        return bad(c, "too many words at", c->g->rules[use.rule].id);
    if (c->use_n == c->use_cap) {
        c->use_cap = c->use_cap ? c->use_cap * 2 : 512;
        c->uses = realloc(c->uses, c->use_cap * sizeof(*c->uses));
        ASSERT(c->uses != NULL);
    }
    use.word = nlu_ac_add(c->words, norm.cp, norm.n);
    c->uses[c->use_n++] = use;
    return ERR_OK;
}

/* The rewrite of a word: the first whose own words are part of it. */
static Str rewrite_for(const Json *rule, Str word)
{
    for (const Json *r = json_first(json_get(rule, "rewrites")); r; r = json_next(r))
        for (const Json *w = json_first(json_get(r, "words")); w; w = json_next(w))
            if (json_value_str(w).n > 0 && str_find(word, json_value_str(w)) >= 0)
                return json_str(r, "rewrite");
    return STR_NONE;
}

static Err add_words(Compiler *c, const Json *rule, const Json *list, Use use)
{
    Err err = ERR_OK;
    for (const Json *w = json_first(list); w && !err; w = json_next(w)) {
        Str text = json_value_str(w);
        Use one = use;
        if (use.kind != USE_EXCEPTION && use.kind != USE_UNLESS)
            one.rewrite = str_dup(c->g->arena, rewrite_for(rule, text));
        err = add_word(c, text, one);
    }
    return err;
}

static Err add_rule(Compiler *c, const Json *j)
{
    AssistGuard *g = c->g;
    Rule rule = {.id = json_str(j, "id"),
                 .version = json_str(j, "version"),
                 .message = json_str(j, "message"),
                 .rewrite = json_str(j, "rewrite")};
    Str level = json_str(j, "level");
    if (rule.id.n == 0 || rule.message.n == 0)
        return bad(c, "id or message missing in", rule.id);
    for (size_t i = 0; i < g->rule_n; i++)
        if (str_eq(g->rules[i].id, rule.id))
            return bad(c, "two rules named", rule.id);
    if (g->rule_n == RULES_MAX)
        return bad(c, "too many rules at", rule.id);
    if (str_is(level, "block"))
        rule.level = ASSIST_BLOCK;
    else if (str_is(level, "warn"))
        rule.level = ASSIST_WARN;
    else if (!str_is(level, "off"))
        return bad(c, "level must be off, warn or block in", rule.id);
    rule.id = str_dup(g->arena, rule.id);
    rule.version = rule.version.n ? str_dup(g->arena, rule.version) : STR("1");
    rule.message = str_dup(g->arena, rule.message);
    rule.rewrite = str_dup(g->arena, rule.rewrite);
    g->rules[g->rule_n] = rule;
    Use use = {.rule = (uint16_t)g->rule_n++, .pair = -1};
    if (rule.level == ASSIST_OFF)
        return ERR_OK;
    use.kind = USE_WORD;
    Err err = add_words(c, j, json_get(j, "words"), use);
    use.kind = USE_EXCEPTION;
    err = err ? err : add_words(c, j, json_get(j, "exceptions"), use);
    use.kind = USE_UNLESS;
    err = err ? err : add_words(c, j, json_get(j, "unless"), use);
    for (const Json *p = json_first(json_get(j, "pairs")); p && !err; p = json_next(p)) {
        use.pair = g->pair_n++;
        use.within = (int)json_i64(p, "within", 6);
        use.kind = USE_PAIR_A;
        err = add_words(c, j, json_get(p, "a"), use);
        use.kind = USE_PAIR_B;
        err = err ? err : add_words(c, j, json_get(p, "b"), use);
    }
    return err;
}

static void index_uses(Compiler *c)
{
    AssistGuard *g = c->g;
    size_t words = nlu_ac_words(g->ac);
    g->use_from = ARENA_ARRAY(g->arena, uint32_t, words + 2);
    g->uses = ARENA_ARRAY(g->arena, Use, c->use_n + 1);
    g->use_n = c->use_n;
    for (size_t i = 0; i < c->use_n; i++)
        g->use_from[c->uses[i].word + 1]++;
    for (size_t w = 0; w < words; w++)
        g->use_from[w + 1] += g->use_from[w];
    uint32_t *fill = ARENA_ARRAY(c->scratch, uint32_t, words + 1);
    for (size_t i = 0; i < c->use_n; i++)
        g->uses[g->use_from[c->uses[i].word] + fill[c->uses[i].word]++] = c->uses[i];
}

AssistGuard *assist_guard_create(Str rules_json, ErrSlot *e)
{
    AssistGuard *g = calloc(1, sizeof(*g));
    ASSERT(g != NULL);
    g->arena = arena_create(GUARD_MEMORY);
    g->rules = ARENA_ARRAY(g->arena, Rule, RULES_MAX);
    Compiler c = {
        .g = g, .words = nlu_ac_builder_create(), .scratch = arena_create(GUARD_MEMORY), .e = e};
    const Json *root = NULL;
    Err err = json_parse(c.scratch, e, rules_json, &root);
    const Json *list = err                       ? NULL
                       : json_has(root, "rules") ? json_get(root, "rules")
                                                 : json_get(root, "items");
    if (!err && !json_is_array(list))
        err = bad(&c, "no list of rules in", STR("the text"));
    for (const Json *j = json_first(list); j && !err; j = json_next(j))
        err = add_rule(&c, j);
    if (err) {
        nlu_ac_builder_destroy(c.words);
    } else {
        g->ac = nlu_ac_build(c.words);
        index_uses(&c);
    }
    free(c.uses);
    arena_destroy(c.scratch);
    if (!err)
        return g;
    assist_guard_destroy(g);
    return NULL;
}

void assist_guard_destroy(AssistGuard *g)
{
    if (!g)
        return;
    nlu_ac_destroy(g->ac);
    arena_destroy(g->arena);
    free(g);
}

/* ---- checking */

typedef struct {
    uint32_t start, end;
    const Use *use;
} Found;

typedef struct {
    const AssistGuard *g;
    NluText text;
    Found *words, *exceptions;
    size_t word_n, exception_n;
    bool pardoned[RULES_MAX]; /* an "unless" word stands in the message */
} Check;

static bool is_word_char(uint32_t cp)
{
    return nlu_is_letter(cp) || nlu_is_digit(cp);
}

/* A Latin word must stand by itself: "usb" holds no "sb". White space that was dropped separates as
 * well. */
static bool stands_alone(const NluText *t, uint32_t start, uint32_t end)
{
    if (start > 0 && is_word_char(t->cp[start]) && is_word_char(t->cp[start - 1]) &&
        t->at[start] == t->at[start - 1] + 1)
        return false;
    return !(end < t->n && is_word_char(t->cp[end - 1]) && is_word_char(t->cp[end]) &&
             t->at[end] == t->at[end - 1] + 1);
}

static void collect(Check *c, const NluHit *hits, size_t n, Found *open)
{
    const AssistGuard *g = c->g;
    for (size_t i = 0; i < n; i++) {
        if (!stands_alone(&c->text, hits[i].start, hits[i].end))
            continue;
        for (uint32_t u = g->use_from[hits[i].word]; u < g->use_from[hits[i].word + 1]; u++) {
            const Use *use = &g->uses[u];
            Found f = {.start = hits[i].start, .end = hits[i].end, .use = use};
            if (use->kind == USE_WORD) {
                c->words[c->word_n++] = f;
            } else if (use->kind == USE_EXCEPTION) {
                c->exceptions[c->exception_n++] = f;
            } else if (use->kind == USE_UNLESS) {
                c->pardoned[use->rule] = true;
            } else if (use->kind == USE_PAIR_A) {
                open[use->pair] = f;
            } else if (open[use->pair].use && open[use->pair].end <= f.start &&
                       f.start - open[use->pair].end <= (uint32_t)use->within) {
                f.start = open[use->pair].start;
                c->words[c->word_n++] = f;
            }
        }
    }
}

static bool excused(const Check *c, const Found *f)
{
    for (size_t i = 0; i < c->exception_n; i++)
        if (c->exceptions[i].use->rule == f->use->rule && c->exceptions[i].start <= f->start &&
            c->exceptions[i].end >= f->end)
            return true;
    return false;
}

/* Another find of the same rule overlaps it and begins earlier or reaches further: one hit is
 * enough. */
static bool outdone(const Check *c, const Found *f)
{
    for (size_t i = 0; i < c->word_n; i++) {
        const Found *o = &c->words[i];
        if (o == f || o->use->rule != f->use->rule || o->end <= f->start || o->start >= f->end)
            continue;
        uint32_t mine = f->end - f->start, theirs = o->end - o->start;
        if (theirs > mine || (theirs == mine && o < f))
            return true;
    }
    return false;
}

static Str message_of(Arena *a, Str pattern, Str words)
{
    ptrdiff_t at = str_find(pattern, STR("{words}"));
    if (at < 0)
        return pattern;
    size_t after = (size_t)at + 7;
    const Str parts[] = {str_sub(pattern, 0, (size_t)at), words,
                         str_sub(pattern, after, pattern.n - after)};
    return str_join(a, parts, 3, STR(""));
}

size_t assist_guard_check(const AssistGuard *g, Arena *a, Str text,
                          AssistGuardHit ret_hits[ASSIST_GUARD_HITS])
{
    Check c = {.g = g};
    nlu_normalise(a, text, NLU_NORM_TIGHT, ASSIST_GUARD_TEXT_MAX, &c.text);
    size_t cap = c.text.n * HITS_PER_POINT +
                 HITS_PER_POINT; /* so that no flood of harmless words hides one behind it */
    NluHit *hits = ARENA_ARRAY(a, NluHit, cap);
    size_t n = nlu_ac_scan(g->ac, c.text.cp, c.text.n, hits, cap);
    if (n == 0)
        return 0;
    size_t room = 0;
    for (size_t i = 0; i < n; i++)
        room += g->use_from[hits[i].word + 1] - g->use_from[hits[i].word];
    c.words = ARENA_ARRAY(a, Found, room + 1);
    c.exceptions = ARENA_ARRAY(a, Found, room + 1);
    collect(&c, hits, n, ARENA_ARRAY(a, Found, (size_t)g->pair_n + 1));
    size_t count = 0;
    for (AssistLevel level = ASSIST_BLOCK; level >= ASSIST_WARN; level--)
        for (size_t i = 0; i < c.word_n && count < ASSIST_GUARD_HITS; i++) {
            const Found *f = &c.words[i];
            const Rule *rule = &g->rules[f->use->rule];
            if (rule->level != level || c.pardoned[f->use->rule] || excused(&c, f) ||
                outdone(&c, f))
                continue;
            Str words = nlu_text_slice(&c.text, text, f->start, f->end);
            ret_hits[count++] =
                (AssistGuardHit){.rule = rule->id,
                                 .version = rule->version,
                                 .level = level,
                                 .start = c.text.at[f->start],
                                 .end = nlu_text_end(&c.text, f->end),
                                 .words = words,
                                 .message = message_of(a, rule->message, words),
                                 .rewrite = f->use->rewrite.n ? f->use->rewrite : rule->rewrite};
        }
    return count;
}
