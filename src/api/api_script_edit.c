/* SPDX-License-Identifier: Apache-2.0 */
/* Changing scripts. A shop's own row takes the place of a built-in script, which stays as it is. */
#include "api/api_assist.h"
#include "api/help.h"
#include "desk/script.h"

enum { SCRIPT_JSON_MAX = 60000, TITLE_CHARS = 200, CODES_MAX = ASSIST_SCRIPT_LIST_MAX };

typedef struct {
    DeskScript row;   /* as it will be stored */
    int64_t based_on; /* version that was edited; 0: a new one */
    bool removed;
} Edit;

/* ---- reading the body ---- */

/* A list of codes: ["in","after"], or "in,after". */
static Err read_codes(ApiCall *call, const char *key, ApiTexts *ret)
{
    const Json *v = json_get(call->body, key);
    if (!v || !json_is_string(v))
        return api_body_texts(call, key, CODES_MAX, 40, ret);
    Str *items = ARENA_ARRAY(call->c->arena, Str, CODES_MAX);
    Str rest = json_value_str(v);
    *ret = (ApiTexts){.item = items, .present = true};
    while (rest.n && ret->n < CODES_MAX) {
        Str one = str_trim(str_cut(&rest, ','));
        if (one.n)
            items[ret->n++] = one;
    }
    return ERR_OK;
}

static Err unknown_code(ApiCall *call, const char *key, Str code)
{
    return ctx_field(call->c, key, "script.invalid", "unknown code %.*s", STR_ARG(code));
}

static Err read_stages(ApiCall *call, AssistScript *s)
{
    ApiTexts t;
    Err err = read_codes(call, "stage", &t);
    if (err || !t.present)
        return err;
    s->stages = 0;
    for (size_t i = 0; i < t.n; i++) {
        NluStage one;
        if (!nlu_stage_parse(t.item[i], &one))
            return unknown_code(call, "stage", t.item[i]);
        s->stages |= 1u << one;
    }
    return ERR_OK;
}

static Err read_emotions(ApiCall *call, AssistScript *s)
{
    ApiTexts t;
    Err err = read_codes(call, "emotion", &t);
    if (err || !t.present)
        return err;
    s->emotions = 0;
    for (size_t i = 0; i < t.n; i++) {
        NluEmotion one;
        if (!nlu_emotion_parse(t.item[i], &one))
            return unknown_code(call, "emotion", t.item[i]);
        s->emotions |= 1u << one;
    }
    return ERR_OK;
}

static Err read_intents(ApiCall *call, AssistScript *s)
{
    ApiTexts t;
    Err err = read_codes(call, "intents", &t);
    if (err || !t.present)
        return err;
    s->intents = ARENA_ARRAY(call->c->arena, int, CODES_MAX);
    s->intent_n = 0;
    for (size_t i = 0; i < t.n; i++) {
        int one = nlu_intent_index(t.item[i]);
        if (one < 0)
            return unknown_code(call, "intents", t.item[i]);
        s->intents[s->intent_n++] = one;
    }
    return ERR_OK;
}

static Err read_list(ApiCall *call, const char *key, size_t max_chars, Str **items, size_t *n)
{
    ApiTexts t;
    Err err = api_body_texts(call, key, CODES_MAX, max_chars, &t);
    if (err || !t.present)
        return err;
    Str *copy = ARENA_ARRAY(call->c->arena, Str, CODES_MAX);
    for (size_t i = 0; i < t.n; i++)
        copy[i] = t.item[i];
    *items = copy;
    *n = t.n;
    return ERR_OK;
}

static Err read_text(ApiCall *call, const char *key, size_t max, Str *s)
{
    Str v;
    Err err = json_opt_str(call->body, &call->c->err, key, max, &v);
    if (!err && v.p)
        *s = v;
    return err;
}

static Err read_step(ApiCall *call, AssistScript *s)
{
    Str step;
    Err err = json_opt_str(call->body, &call->c->err, "step", 20, &step);
    if (err || !step.n)
        return err;
    for (int i = 0; i < ASSIST_STEP_COUNT; i++)
        if (str_is(step, assist_step_code((AssistStep)i))) {
            s->step = (AssistStep)i;
            return ERR_OK;
        }
    return unknown_code(call, "step", step);
}

/* Lays what the body says over *s. */
static Err read_script(ApiCall *call, AssistScript *s)
{
    Err err = read_text(call, "title", TITLE_CHARS, &s->title);
    if (!err)
        err = read_text(call, "text", ASSIST_TEXT_MAX, &s->text);
    if (!err)
        err = read_text(call, "situation", TITLE_CHARS, &s->situation);
    if (!err)
        err = read_text(call, "shortcut", 40, &s->shortcut);
    if (!err)
        err = read_step(call, s);
    if (!err)
        err = read_stages(call, s);
    if (!err)
        err = read_emotions(call, s);
    if (!err)
        err = read_intents(call, s);
    if (!err)
        err = read_list(call, "rules", 40, &s->rules, &s->rule_n);
    if (!err)
        err = read_list(call, "absent", 48, &s->absent, &s->absent_n);
    if (!err)
        err = read_list(call, "cues", 40, &s->cues, &s->cue_n);
    if (!err)
        err = read_list(call, "variants", ASSIST_TEXT_MAX, &s->variants, &s->variant_n);
    return err;
}

/* ---- facts: what a script needs to be known ---- */

static bool among(const Str *items, size_t n, Str s)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(items[i], s))
            return true;
    return false;
}

static void add_variables(Str *facts, size_t *n, Str pattern)
{
    size_t at = 0;
    Str name;
    while (assist_fill_next(pattern, &at, &name))
        if (!str_is(name, "you") && *n < CODES_MAX && !among(facts, *n, name))
            facts[(*n)++] = name;
}

/* Variables of the new texts, and the conditions of the old script: facts that stood in no text. */
static void find_facts(Arena *a, const AssistScript *was, AssistScript *s)
{
    Str *facts = ARENA_ARRAY(a, Str, CODES_MAX), used[CODES_MAX];
    size_t n = 0, used_n = 0;
    if (was) {
        add_variables(used, &used_n, was->text);
        for (size_t i = 0; i < was->variant_n; i++)
            add_variables(used, &used_n, was->variants[i]);
        for (size_t i = 0; i < was->fact_n; i++)
            if (!among(used, used_n, was->facts[i]))
                facts[n++] = was->facts[i];
    }
    add_variables(facts, &n, s->text);
    for (size_t i = 0; i < s->variant_n; i++)
        add_variables(facts, &n, s->variants[i]);
    s->facts = facts;
    s->fact_n = n;
    Str *absent = ARENA_ARRAY(a, Str, s->absent_n + 1); /* what the text now says is not excluded */
    size_t kept = 0;
    for (size_t i = 0; i < s->absent_n; i++)
        if (!among(facts, n, s->absent[i]))
            absent[kept++] = s->absent[i];
    s->absent = absent;
    s->absent_n = kept;
}

/* ---- the row ---- */

static void write_list(JsonW *w, const char *key, const Str *items, size_t n)
{
    jw_key(w, key);
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        jw_str(w, items[i]);
    jw_arr_end(w);
}

static void write_codes(JsonW *w, const AssistScript *s)
{
    jw_key(w, "stage");
    jw_arr(w);
    for (int i = 0; i < NLU_STAGE_COUNT; i++)
        if (s->stages & 1u << i)
            jw_str(w, str_of(nlu_stage_code((NluStage)i)));
    jw_arr_end(w);
    jw_key(w, "emotions");
    jw_arr(w);
    for (int i = 0; i < NLU_EMOTION_COUNT; i++)
        if (s->emotions & 1u << i)
            jw_str(w, str_of(nlu_emotion_code((NluEmotion)i)));
    jw_arr_end(w);
    jw_key(w, "intents");
    jw_arr(w);
    for (size_t i = 0; i < s->intent_n; i++)
        jw_str(w, str_of(nlu_intent_code((size_t)s->intents[i])));
    jw_arr_end(w);
}

static Err make_row(Ctx *c, const AssistScript *s, int64_t version, DeskScript *ret)
{
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, SCRIPT_JSON_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "id", s->id);
    jw_kstr(&w, "version", str_fmt(c->arena, "%lld", (long long)version));
    jw_kstr(&w, "title", s->title);
    jw_kstr(&w, "situation", s->situation);
    write_codes(&w, s);
    write_list(&w, "rules", s->rules, s->rule_n);
    jw_kstr(&w, "step", str_of(assist_step_code(s->step)));
    write_list(&w, "facts", s->facts, s->fact_n);
    write_list(&w, "absent", s->absent, s->absent_n);
    write_list(&w, "cues", s->cues, s->cue_n);
    jw_kstr(&w, "text", s->text);
    write_list(&w, "variants", s->variants, s->variant_n);
    jw_kstr(&w, "shortcut", s->shortcut);
    jw_obj_end(&w);
    if (b.over)
        return ctx_err(c, ERR_TOO_LARGE, "script.too_large", "text and variants are too long");
    *ret = (DeskScript){.id = s->id, .version = version, .body = buf_str(&b), .active = true};
    return assist_script_check(ret->body, &c->err);
}

/* ---- handlers ---- */

Err api_script_create_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    Edit *e = ARENA_NEW(c->arena, Edit);
    AssistScript s = {.id = str_fmt(c->arena, "own.%lld", (long long)ctx_id(c)),
                      .step = ASSIST_ANSWER};
    Str must;
    call->work = e;
    Err err = json_need_str(call->body, &c->err, "title", 1, TITLE_CHARS, &must);
    if (!err)
        err = json_need_str(call->body, &c->err, "text", 1, ASSIST_TEXT_MAX, &must);
    if (!err)
        err = read_script(call, &s);
    if (err)
        return err;
    find_facts(c->arena, NULL, &s);
    return make_row(c, &s, 1, &e->row);
}

static Err find(ApiCall *call, AssistScript *ret, int64_t *ret_version)
{
    const ServiceShop *shop;
    Err err = service_shop(api_service(call->api), call->c, &shop);
    if (err)
        return err;
    const AssistScript *s = assist_library_find(shop->scripts, call->text_id);
    if (!s)
        return ctx_err(call->c, ERR_NOT_FOUND, "script.unknown", "no such script");
    *ret = *s;
    *ret_version = 1;
    if (str_i64(s->version, ret_version) && *ret_version < 1)
        *ret_version = 1;
    return ERR_OK;
}

Err api_script_change_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    Edit *e = ARENA_NEW(c->arena, Edit);
    AssistScript was, s;
    int64_t said;
    call->work = e;
    Err err = find(call, &was, &e->based_on);
    if (!err)
        err = api_body_version(call, call->body, &said);
    if (!err && said >= 0 && said != e->based_on)
        err =
            ctx_err(c, ERR_CONFLICT, "script.changed", "version %lld was edited, %lld is in force",
                    (long long)said, (long long)e->based_on);
    s = was;
    if (!err)
        err = read_script(call, &s);
    if (err)
        return err;
    find_facts(c->arena, &was, &s);
    return make_row(c, &s, e->based_on + 1, &e->row);
}

Err api_script_remove_prepare(ApiCall *call)
{
    Edit *e = ARENA_NEW(call->c->arena, Edit);
    AssistScript s;
    call->work = e;
    e->removed = true;
    Err err = find(call, &s, &e->based_on);
    if (!err)
        err = make_row(call->c, &s, e->based_on + 1, &e->row);
    e->row.active = false;
    return err;
}

Err api_script_store(ApiCall *call)
{
    Ctx *c = call->c;
    const Edit *e = call->work;
    DeskScript now;
    bool found;
    Err err = desk_script_get(c, e->row.id, &now, &found);
    if (!err && found && now.version != e->based_on)
        err = ctx_err(c, ERR_CONFLICT, "script.changed",
                      "somebody else has changed this script; look again");
    if (!err)
        err = desk_script_put(c, &e->row, found ? now.version : 0);
    if (!err)
        err =
            accounts_audit(c,
                           e->removed    ? "script.removed"
                           : e->based_on ? "script.changed"
                                         : "script.created",
                           0,
                           api_detail(c, "id", e->row.id, "version",
                                      str_fmt(c->arena, "%lld", (long long)e->row.version), NULL));
    if (err)
        return err;
    call->status = e->based_on ? 200 : 201;
    jw_obj(&call->w);
    jw_kstr(&call->w, "id", e->row.id);
    jw_kstr(&call->w, "version", str_fmt(c->arena, "%lld", (long long)e->row.version));
    jw_kraw(&call->w, "script", e->removed ? STR("null") : e->row.body);
    jw_obj_end(&call->w);
    return ERR_OK;
}
