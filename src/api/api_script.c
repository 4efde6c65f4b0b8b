/* SPDX-License-Identifier: Apache-2.0 */
/* Reading scripts: the picker behind "/", and the list of the admin pages. */
#include "api/api_assist.h"
#include "api/help.h"

static void write_texts(JsonW *w, const char *key, const Str *items, size_t n)
{
    jw_key(w, key);
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        jw_str(w, items[i]);
    jw_arr_end(w);
}

/* Codes of the set bits, joined by commas; "" for any. */
static void write_bits(JsonW *w, const char *key, unsigned bits, int n, const char *(*code)(int))
{
    char room[128];
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        if (!(bits & 1u << i))
            continue;
        Str s = str_of(code(i));
        if (at && at < sizeof room)
            room[at++] = ',';
        for (size_t k = 0; k < s.n && at < sizeof room; k++)
            room[at++] = s.p[k];
    }
    jw_kstr(w, key, (Str){room, at});
}

static const char *stage_code(int i)
{
    return nlu_stage_code((NluStage)i);
}

static const char *emotion_code(int i)
{
    return nlu_emotion_code((NluEmotion)i);
}

static void write_script(JsonW *w, const AssistScript *s, Str filled, const Str *missing, size_t n)
{
    jw_obj(w);
    jw_kstr(w, "id", s->id);
    jw_kstr(w, "version", s->version);
    jw_kstr(w, "title", s->title);
    jw_kstr(w, "text", filled);
    jw_kstr(w, "template", s->text);
    jw_kstr(w, "situation", s->situation);
    jw_key(w, "intents");
    jw_arr(w);
    for (size_t i = 0; i < s->intent_n; i++)
        jw_str(w, str_of(nlu_intent_code((size_t)s->intents[i])));
    jw_arr_end(w);
    write_bits(w, "stage", s->stages, NLU_STAGE_COUNT, stage_code);
    write_bits(w, "emotion", s->emotions, NLU_EMOTION_COUNT, emotion_code);
    jw_kstr(w, "step", str_of(assist_step_code(s->step)));
    write_texts(w, "rules", s->rules, s->rule_n);
    write_texts(w, "facts", s->facts, s->fact_n);
    write_texts(w, "absent", s->absent, s->absent_n);
    write_texts(w, "cues", s->cues, s->cue_n);
    write_texts(w, "variants", s->variants, s->variant_n);
    write_texts(w, "missing", missing, n);
    jw_kstr(w, "shortcut", s->shortcut);
    jw_obj_end(w);
}

static void write_search(ApiCall *call, const ServiceShop *shop, Str q, size_t limit)
{
    AssistFound *found = ARENA_ARRAY(call->c->arena, AssistFound, ASSIST_SEARCH_MAX);
    size_t cap = limit < ASSIST_SEARCH_MAX ? limit : ASSIST_SEARCH_MAX;
    size_t n = assist_search(shop->scripts, call->c->arena, q, shop->facts, shop->fact_n, STR_NONE,
                             found, cap);
    api_items(call);
    for (size_t i = 0; i < n; i++)
        write_script(&call->w, found[i].script, found[i].text, found[i].missing,
                     found[i].missing_n);
    api_items_end(call, STR_NONE);
}

static void write_page(ApiCall *call, const ServiceShop *shop, size_t from, size_t limit)
{
    Arena *a = call->c->arena;
    size_t all = assist_library_count(shop->scripts), end = from + limit < all ? from + limit : all;
    api_items(call);
    for (size_t i = from; i < end; i++) {
        const AssistScript *s = assist_library_at(shop->scripts, i);
        Str missing[ASSIST_SCRIPT_LIST_MAX];
        size_t n = 0;
        Str filled = assist_fill_known(a, s->text, shop->facts, shop->fact_n, STR("您"), missing,
                                       ASSIST_SCRIPT_LIST_MAX, &n);
        write_script(&call->w, s, filled, missing, n);
    }
    api_items_end(call, end < all ? str_fmt(a, "%zu", end) : STR_NONE);
}

Err api_scripts(ApiCall *call)
{
    Str q = str_trim(api_query(call, "q"));
    const ServiceShop *shop;
    int64_t limit, from;
    Err err = api_query_i64(call, "limit", 50, 1, 200, &limit);
    if (!err)
        err = api_query_i64(call, "cursor", 0, 0, ASSIST_SCRIPTS_MAX, &from);
    if (!err)
        err = service_shop(api_service(call->api), call->c, &shop);
    if (err)
        return err;
    if (q.n)
        write_search(call, shop, q, (size_t)limit);
    else
        write_page(call, shop, (size_t)from, (size_t)limit);
    return ERR_OK;
}
