/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/library_internal.h"
#include "assist/fill.h"
#include "base/assert.h"
#include "base/json.h"
#include "base/utf8.h"
#include "nlu/nlu.h"

#include <stdlib.h>
#include <string.h>

enum { LIBRARY_MEMORY = 512 << 20, ID_MAX = 80, TITLE_MAX = 200 };

static const char *const steps[ASSIST_STEP_COUNT] = {"accept", "empathise", "act",
                                                     "answer", "ask",       "close"};

const char *assist_step_code(AssistStep s)
{
    return (unsigned)s < ASSIST_STEP_COUNT ? steps[s] : "answer";
}

static Err bad(ErrSlot *e, const char *field, const char *what, Str id)
{
    return err_field(e, field, "script.invalid", "%s in script %.*s", what, STR_ARG(id));
}

static Err read_list(Arena *a, ErrSlot *e, const Json *j, const char *key, Str id, Str **ret,
                     size_t *ret_n)
{
    const Json *list = json_get(j, key);
    size_t n = 0;
    for (const Json *v = json_first(list); v && n < ASSIST_SCRIPT_LIST_MAX; v = json_next(v))
        n++;
    *ret = ARENA_ARRAY(a, Str, n + 1);
    *ret_n = 0;
    for (const Json *v = json_first(list); v; v = json_next(v)) {
        if (*ret_n == ASSIST_SCRIPT_LIST_MAX || !json_is_string(v))
            return err_set(e, ERR_INVALID, "script.invalid",
                           "too many or no text in %s of script %.*s", key, STR_ARG(id));
        (*ret)[(*ret_n)++] = str_dup(a, json_value_str(v));
    }
    return ERR_OK;
}

/* Every variable is listed among the facts, so that missing ones are noticed before anything is
 * filled. */
static bool variables_listed(const AssistScript *s, Str pattern)
{
    size_t at = 0;
    Str name;
    while (assist_fill_next(pattern, &at, &name)) {
        bool known = str_is(name, "you");
        for (size_t i = 0; i < s->fact_n && !known; i++)
            known = str_eq(s->facts[i], name);
        if (!known)
            return false;
    }
    for (; at < pattern.n; at++)
        if (pattern.p[at] == '{' || pattern.p[at] == '}')
            return false; /* the walk ended at a broken brace */
    return true;
}

static Err read_codes(Arena *a, ErrSlot *e, const Json *j, AssistScript *s)
{
    Str *list;
    size_t n;
    Err err = read_list(a, e, j, "stage", s->id, &list, &n);
    if (err)
        return err;
    for (size_t i = 0; i < n; i++) {
        NluStage stage = NLU_PRE;
        if (!nlu_stage_parse(list[i], &stage))
            return bad(e, "stage", "unknown stage", s->id);
        s->stages |= 1u << stage;
    }
    err = read_list(a, e, j, "emotions", s->id, &list, &n);
    if (err)
        return err;
    for (size_t i = 0; i < n; i++) {
        NluEmotion emotion = NLU_CALM;
        if (!nlu_emotion_parse(list[i], &emotion))
            return bad(e, "emotions", "unknown emotion", s->id);
        s->emotions |= 1u << emotion;
    }
    err = read_list(a, e, j, "intents", s->id, &list, &n);
    if (err)
        return err;
    s->intents = ARENA_ARRAY(a, int, n + 1);
    for (size_t i = 0; i < n; i++)
        if ((s->intents[s->intent_n++] = nlu_intent_index(list[i])) < 0)
            return bad(e, "intents", "unknown intent", s->id);
    return ERR_OK;
}

static Err read_script(Arena *a, ErrSlot *e, const Json *j, AssistScript *ret)
{
    AssistScript s = {.step = ASSIST_ANSWER};
    Err err = json_need_str(j, e, "id", 1, ID_MAX, &s.id);
    err = err ? err : json_need_str(j, e, "title", 1, TITLE_MAX, &s.title);
    err = err ? err : json_need_str(j, e, "text", 1, ASSIST_TEXT_MAX, &s.text);
    err = err ? err : json_opt_str(j, e, "situation", TITLE_MAX, &s.situation);
    err = err ? err : json_opt_str(j, e, "shortcut", ID_MAX, &s.shortcut);
    err = err ? err : json_opt_str(j, e, "version", ID_MAX, &s.version);
    if (err)
        return err;
    s.id = str_dup(a, s.id);
    s.title = str_dup(a, s.title);
    s.text = str_dup(a, s.text);
    s.situation = str_dup(a, s.situation);
    s.shortcut = str_dup(a, s.shortcut);
    s.version = s.version.n ? str_dup(a, s.version) : STR("1");
    Str step = json_str(j, "step");
    if (step.n > 0) {
        size_t i = 0;
        while (i < ASSIST_STEP_COUNT && !str_is(step, steps[i]))
            i++;
        if (i == ASSIST_STEP_COUNT)
            return bad(e, "step", "unknown step", s.id);
        s.step = (AssistStep)i;
    }
    err = read_codes(a, e, j, &s);
    err = err ? err : read_list(a, e, j, "rules", s.id, &s.rules, &s.rule_n);
    err = err ? err : read_list(a, e, j, "facts", s.id, &s.facts, &s.fact_n);
    err = err ? err : read_list(a, e, j, "absent", s.id, &s.absent, &s.absent_n);
    err = err ? err : read_list(a, e, j, "cues", s.id, &s.cues, &s.cue_n);
    err = err ? err : read_list(a, e, j, "variants", s.id, &s.variants, &s.variant_n);
    if (err)
        return err;
    for (size_t i = 0; i < s.cue_n; i++)
        if (!assist_cue_sound(a, s.cues[i]))
            return bad(e, "cues", "an empty word", s.id);
    for (size_t i = 0; i < s.absent_n; i++)
        for (size_t k = 0; k < s.fact_n; k++)
            if (str_eq(s.absent[i], s.facts[k]))
                return bad(e, "absent", "a fact both needed and excluded", s.id);
    if (!variables_listed(&s, s.text))
        return bad(e, "text", "a variable that facts do not list", s.id);
    for (size_t i = 0; i < s.variant_n; i++)
        if (!variables_listed(&s, s.variants[i]))
            return bad(e, "variants", "a variable that facts do not list", s.id);
    *ret = s;
    return ERR_OK;
}

static Err add(AssistLibrary *l, ErrSlot *e, const Json *j)
{
    if (l->n == ASSIST_SCRIPTS_MAX)
        return err_set(e, ERR_LIMIT, "script.too_many", "more than %d scripts", ASSIST_SCRIPTS_MAX);
    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 256;
        l->scripts = realloc(l->scripts, l->cap * sizeof(*l->scripts));
        ASSERT(l->scripts != NULL);
    }
    Err err = read_script(l->arena, e, j, &l->scripts[l->n]);
    if (!err)
        l->n++;
    return err;
}

static int by_id(const void *a, const void *b)
{
    return str_cmp(((const AssistScript *)a)->id, ((const AssistScript *)b)->id);
}

AssistLibrary *assist_library_create(const Str *texts, size_t n, ErrSlot *e)
{
    AssistLibrary *l = calloc(1, sizeof(*l));
    ASSERT(l != NULL);
    l->arena = arena_create(LIBRARY_MEMORY);
    Err err = ERR_OK;
    for (size_t i = 0; i < n && !err; i++) {
        Arena *scratch = arena_create(LIBRARY_MEMORY);
        const Json *root = NULL;
        err = json_parse(scratch, e, texts[i], &root);
        if (!err && json_is_array(json_get(root, "scripts"))) {
            for (const Json *j = json_first(json_get(root, "scripts")); j && !err; j = json_next(j))
                err = add(l, e, j);
        } else if (!err) {
            err = add(l, e, root);
        }
        arena_destroy(scratch);
    }
    if (!err && l->n > 0)
        qsort(l->scripts, l->n, sizeof(*l->scripts), by_id);
    for (size_t i = 1; i < l->n && !err; i++)
        if (str_eq(l->scripts[i].id, l->scripts[i - 1].id))
            err = bad(e, "id", "the same id twice", l->scripts[i].id);
    if (!err) {
        assist_library_index(l);
        return l;
    }
    assist_library_destroy(l);
    return NULL;
}

void assist_library_destroy(AssistLibrary *l)
{
    if (!l)
        return;
    nlu_ac_destroy(l->words);
    arena_destroy(l->arena);
    free(l->scripts);
    free(l);
}

Err assist_script_check(Str json, ErrSlot *e)
{
    Arena *a = arena_create(4 << 20);
    const Json *root = NULL;
    AssistScript s;
    Err err = json_parse(a, e, json, &root);
    err = err ? err : read_script(a, e, root, &s);
    arena_destroy(a);
    return err;
}

size_t assist_library_count(const AssistLibrary *l)
{
    return l->n;
}

const AssistScript *assist_library_at(const AssistLibrary *l, size_t i)
{
    return i < l->n ? &l->scripts[i] : NULL;
}

const AssistScript *assist_library_find(const AssistLibrary *l, Str id)
{
    size_t lo = 0, hi = l->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int cmp = str_cmp(l->scripts[mid].id, id);
        if (cmp == 0)
            return &l->scripts[mid];
        if (cmp < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}
