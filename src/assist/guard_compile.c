/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as they are written, made ready for matching. "@name" among words stands for a named set.
 */
#include "assist/guard_internal.h"
#include "base/assert.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 20000, GUARD_MEMORY = 64 << 20 };

typedef struct {
    AssistGuard *g;
    NluAcBuilder *words;
    const Json *sets;
    Arena *scratch;
    ErrSlot *e;
    GuardUse *uses;
    size_t use_n, use_cap;
} Compiler;

static Err bad(Compiler *c, const char *what, Str id)
{
    return err_set(c->e, ERR_INVALID, "guard.rules_invalid", "%s: %.*s", what, STR_ARG(id));
}

static Str rule_name(const Compiler *c, uint16_t rule)
{
    return rule < c->g->rule_n ? c->g->rules[rule].id : STR("sets");
}

static Err add_word(Compiler *c, Str text, GuardUse use)
{
    NluText norm;
    nlu_normalise(c->scratch, text, NLU_NORM_TIGHT, GUARD_WORD_POINTS + 1, &norm);
    if (norm.n == 0 || norm.n > GUARD_WORD_POINTS)
        return bad(c, "word empty or too long in", rule_name(c, use.rule));
    if (c->use_n == WORDS_MAX)
        return bad(c, "too many words at", rule_name(c, use.rule));
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

static Err add_list(Compiler *c, const Json *rule, const Json *list, GuardUse use, bool inside)
{
    Err err = ERR_OK;
    for (const Json *w = json_first(list); w && !err; w = json_next(w)) {
        Str text = json_value_str(w);
        if (text.n > 1 && text.p[0] == '@' && text.n < 60) {
            char name[64];
            memcpy(name, text.p + 1, text.n - 1);
            name[text.n - 1] = 0;
            const Json *set = json_get(c->sets, name);
            if (inside || !json_is_array(set)) /* a set names no other set */
                return bad(c, "no such set of words", text);
            err = add_list(c, rule, set, use, true);
            continue;
        }
        GuardUse one = use;
        if (use.kind == GUARD_WORD || use.kind == GUARD_PAIR_B)
            one.rewrite = str_dup(c->g->arena, rewrite_for(rule, text));
        err = add_word(c, text, one);
    }
    return err;
}

static Err add_words(Compiler *c, const Json *rule, const char *key, GuardUse use,
                     GuardUseKind kind)
{
    use.kind = (uint8_t)kind;
    return add_list(c, rule, json_get(rule, key), use, false);
}

static Err add_pairs(Compiler *c, const Json *rule, GuardUse use)
{
    Err err = ERR_OK;
    for (const Json *p = json_first(json_get(rule, "pairs")); p && !err; p = json_next(p)) {
        use.pair = c->g->pair_n++;
        use.within = (int)json_i64(p, "within", 6);
        if (use.within < 0 || use.within > GUARD_WORD_POINTS)
            return bad(c, "a pair is at most 64 characters apart in", rule_name(c, use.rule));
        use.kind = GUARD_PAIR_A;
        err = add_list(c, rule, json_get(p, "a"), use, false);
        use.kind = GUARD_PAIR_B;
        err = err ? err : add_list(c, rule, json_get(p, "b"), use, false);
    }
    return err;
}

/* "policy": [{"words":[…],"fact":"shop.return_days","less":false}] */
static Err add_policies(Compiler *c, const Json *rule, GuardUse use)
{
    AssistGuard *g = c->g;
    Err err = ERR_OK;
    use.kind = GUARD_POLICY;
    for (const Json *p = json_first(json_get(rule, "policy")); p && !err; p = json_next(p)) {
        if (g->policy_n == GUARD_POLICIES_MAX || json_str(p, "fact").n == 0)
            return bad(c, "a policy without a fact, or too many, in", rule_name(c, use.rule));
        use.pair = g->policy_n;
        g->policies[g->policy_n++] = (GuardPolicy){.fact = str_dup(g->arena, json_str(p, "fact")),
                                                   .less = json_bool(p, "less", false)};
        err = add_list(c, rule, json_get(p, "words"), use, false);
    }
    return err;
}

static size_t names(Compiler *c, const Json *list, Str *ret, size_t cap)
{
    size_t n = 0;
    for (const Json *x = json_first(list); x && n < cap; x = json_next(x))
        if (json_value_str(x).n)
            ret[n++] = str_dup(c->g->arena, json_value_str(x));
    return n;
}

static void read_when(Compiler *c, const Json *j, GuardWhen *w)
{
    if (!j)
        return;
    int64_t feeling = json_i64(j, "feeling", 0);
    *w = (GuardWhen){.given = true,
                     .feeling = feeling < 0   ? 0
                                : feeling > 3 ? 3
                                              : (int)feeling,
                     .upset = json_bool(j, "upset", false),
                     .asked = json_bool(j, "asked", false),
                     .question = json_bool(j, "question", false)};
    w->intent_n = names(c, json_get(j, "intents"), w->intents, GUARD_INTENTS_MAX);
    w->slot_n = names(c, json_get(j, "slots"), w->slots, GUARD_LIST_MAX);
    w->fact_n = names(c, json_get(j, "facts"), w->facts, GUARD_LIST_MAX);
    w->not_fact_n = names(c, json_get(j, "not_facts"), w->not_facts, GUARD_LIST_MAX);
}

static bool read_check(Str name, GuardCheckKind *ret)
{
    static const char *const kinds[] = {"", "phone", "card", "handle", "hidden", "repeat", "whole"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(name, kinds[i]) || (i == 0 && name.n == 0)) {
            *ret = (GuardCheckKind)i;
            return true;
        }
    return false;
}

static bool read_level(Str code, AssistLevel *ret)
{
    for (AssistLevel l = ASSIST_OFF; l <= ASSIST_BLOCK; l++)
        if (str_is(code, assist_level_code(l))) {
            *ret = l;
            return true;
        }
    return false;
}

/* The texts of a rule; what it looks for comes after. */
static Err read_rule(Compiler *c, const Json *j, GuardRule *r)
{
    AssistGuard *g = c->g;
    const Json *model = json_get(j, "model");
    Str version = json_str(j, "version");
    *r = (GuardRule){.id = str_dup(g->arena, json_str(j, "id")),
                     .version = version.n ? str_dup(g->arena, version) : STR("1"),
                     .message = str_dup(g->arena, json_str(j, "message")),
                     .rewrite = str_dup(g->arena, json_str(j, "rewrite")),
                     .model_message = str_dup(g->arena, json_str(model, "message")),
                     .model_at = json_f64(model, "at", 0),
                     .fault = assist_fault_parse(json_str(j, "fault")),
                     .only = json_bool(j, "only", false),
                     .shortest = json_i64(j, "shortest", 0),
                     .longest = json_i64(j, "longest", 0)};
    if (r->id.n == 0 || r->message.n == 0)
        return bad(c, "id or message missing in", r->id);
    for (size_t i = 0; i < g->rule_n; i++)
        if (str_eq(g->rules[i].id, r->id))
            return bad(c, "two rules named", r->id);
    if (g->rule_n == GUARD_RULES_MAX)
        return bad(c, "too many rules at", r->id);
    if (!read_level(json_str(j, "level"), &r->level))
        return bad(c, "level must be off, warn, approve or block in", r->id);
    if (!read_check(json_str(j, "check"), &r->check))
        return bad(c, "no such check in", r->id);
    read_when(c, json_get(j, "when"), &r->when);
    return ERR_OK;
}

static Err add_rule(Compiler *c, const Json *j)
{
    AssistGuard *g = c->g;
    GuardRule rule;
    Err err = read_rule(c, j, &rule);
    if (err)
        return err;
    rule.needs = json_count(json_get(j, "needs")) > 0;
    rule.asks = json_count(json_get(j, "asked")) > 0;
    g->rules[g->rule_n] = rule;
    GuardUse use = {.rule = (uint16_t)g->rule_n++, .pair = -1};
    if (rule.level == ASSIST_OFF)
        return ERR_OK;
    static const struct {
        const char *key;
        GuardUseKind kind;
    } lists[] = {{"words", GUARD_WORD},    {"exceptions", GUARD_EXCEPTION},
                 {"unless", GUARD_UNLESS}, {"before", GUARD_BEFORE},
                 {"needs", GUARD_NEED},    {"fillers", GUARD_FILLER},
                 {"asked", GUARD_ASKED}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !err; i++)
        err = add_words(c, j, lists[i].key, use, lists[i].kind);
    err = err ? err : add_pairs(c, j, use);
    return err ? err : add_policies(c, j, use);
}

static void index_uses(Compiler *c)
{
    AssistGuard *g = c->g;
    size_t words = nlu_ac_words(g->ac);
    g->use_from = ARENA_ARRAY(g->arena, uint32_t, words + 2);
    g->uses = ARENA_ARRAY(g->arena, GuardUse, c->use_n + 1);
    g->use_n = c->use_n;
    for (size_t i = 0; i < c->use_n; i++)
        g->use_from[c->uses[i].word + 1]++;
    for (size_t w = 0; w < words; w++)
        g->use_from[w + 1] += g->use_from[w];
    uint32_t *fill = ARENA_ARRAY(c->scratch, uint32_t, words + 1);
    for (size_t i = 0; i < c->use_n; i++)
        g->uses[g->use_from[c->uses[i].word] + fill[c->uses[i].word]++] = c->uses[i];
}

/* What the customer's words are read for, whatever the rules. */
static Err add_signs(Compiler *c)
{
    static const struct {
        const char *set;
        GuardUseKind kind;
    } signs[] = {{"question", GUARD_QUESTION}, {"call", GUARD_CALL}, {"close", GUARD_CLOSE}};
    Err err = ERR_OK;
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !err; i++)
        err = add_list(
            c, NULL, json_get(c->sets, signs[i].set),
            (GuardUse){.rule = GUARD_RULES_MAX, .kind = (uint8_t)signs[i].kind, .pair = -1}, true);
    return err;
}

AssistGuard *assist_guard_create(Str rules_json, ErrSlot *e)
{
    AssistGuard *g = calloc(1, sizeof(*g));
    ASSERT(g != NULL);
    g->arena = arena_create(GUARD_MEMORY);
    g->rules = ARENA_ARRAY(g->arena, GuardRule, GUARD_RULES_MAX);
    Compiler c = {
        .g = g, .words = nlu_ac_builder_create(), .scratch = arena_create(GUARD_MEMORY), .e = e};
    const Json *root = NULL;
    Err err = json_parse(c.scratch, e, rules_json, &root);
    const Json *list = err                       ? NULL
                       : json_has(root, "rules") ? json_get(root, "rules")
                                                 : json_get(root, "items");
    if (!err && !json_is_array(list))
        err = bad(&c, "no list of rules in", STR("the text"));
    c.sets = err ? NULL : json_get(root, "sets");
    if (!err)
        err = add_signs(&c);
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
