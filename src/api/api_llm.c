/* SPDX-License-Identifier: Apache-2.0 */
/* The optional language model: its settings, and drafts for the agent. */
#include "api/help.h"

#include "service/llm.h"

enum { SETTING_BYTES = 8192, DRAFT_BYTES = 8 * API_SMALL };

/* ---- settings; the key is taken, never shown ---- */
static const char *state_of(const ServiceLlmSetting *set, const ServiceLlmUse *use)
{
    return !set->enabled                      ? "off"
           : use->resting                     ? "resting"
           : use->tokens >= set->daily_tokens ? "budget"
                                              : "ready";
}

static Err write_setting(ApiCall *call, const ServiceLlmSetting *set)
{
    JsonW *w = &call->w;
    ServiceLlmUse use;
    Err err = service_llm_use(api_service(call->api), call->c, &use);
    if (err)
        return err;
    jw_obj(w);
    jw_kbool(w, "enabled", set->enabled);
    jw_kstr(w, "url", set->url);
    jw_kstr(w, "model", set->model);
    jw_kbool(w, "has_key", set->key.n > 0);
    jw_ki64(w, "timeout_ms", set->timeout_ms);
    jw_ki64(w, "daily_tokens", set->daily_tokens);
    jw_ki64(w, "version", set->version);
    jw_kstr(w, "state", str_of(state_of(set, &use)));
    jw_key(w, "today");
    jw_obj(w);
    jw_ki64(w, "calls", use.calls);
    jw_ki64(w, "failed", use.failed);
    jw_ki64(w, "tokens", use.tokens);
    jw_obj_end(w);
    jw_obj_end(w);
    return ERR_OK;
}

static Err llm(ApiCall *call)
{
    ServiceLlmSetting set;
    Err err = service_llm_setting(call->c, &set);
    return err ? err : write_setting(call, &set);
}

static Err llm_put(ApiCall *call)
{
    ServiceLlmSetting set;
    Str url, model, key;
    int64_t expected;
    const Json *body = call->body;
    bool new_key = json_has(body, "key");
    Err err = service_llm_setting(call->c, &set);
    if (!err)
        err = api_body_line(call, "url", SERVICE_LLM_URL, &url);
    if (!err)
        err = api_body_line(call, "model", SERVICE_LLM_MODEL, &model);
    if (!err)
        err = json_opt_str(body, &call->c->err, "key", SERVICE_LLM_KEY, &key);
    if (!err)
        err = api_body_i64(call, body, "timeout_ms", SERVICE_LLM_TIMEOUT_MIN,
                           SERVICE_LLM_TIMEOUT_MAX, &set.timeout_ms);
    if (!err)
        err =
            api_body_i64(call, body, "daily_tokens", 0, SERVICE_LLM_TOKENS_MAX, &set.daily_tokens);
    if (!err)
        err = api_body_version(call, body, &expected);
    if (err)
        return err;
    set.url = url.p ? url : set.url;
    set.model = model.p ? model : set.model;
    set.enabled = json_bool(body, "enabled", set.enabled);
    err = service_llm_setting_put(api_service(call->api), call->c, &set, new_key ? &key : NULL,
                                  expected);
    return err ? err : write_setting(call, &set);
}

/* ---- drafts ---- */
static void write_texts(JsonW *w, const char *key, const Str *list, size_t n)
{
    jw_key(w, key);
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        jw_str(w, list[i]);
    jw_arr_end(w);
}

static void write_draft(ApiCall *call, const ServiceLlmDraft *d)
{
    JsonW *w = &call->w;
    jw_obj(w);
    jw_kid(w, "conversation", d->conversation_id);
    jw_ki64(w, "for_seq", d->for_seq);
    jw_kstr(w, "kind", d->kind == SERVICE_LLM_REWRITE ? STR("rewrite") : STR("reply"));
    jw_kstr(w, "source", STR("llm"));
    jw_kstr(w, "model", d->model);
    jw_kstr(w, "text", d->draft);
    jw_kstr(w, "level", str_of(assist_level_code(d->level)));
    jw_key(w, "hits");
    shape_hits(w, d->hits, d->hit_n);
    jw_key(w, "facts");
    jw_arr(w);
    for (size_t i = 0; i < d->fact_n; i++) {
        jw_obj(w);
        jw_kstr(w, "name", d->facts[i].name);
        jw_kstr(w, "value", d->facts[i].value);
        jw_kstr(w, "source", d->facts[i].source);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    write_texts(w, "unproved", d->unproved, d->unproved_n);
    write_texts(w, "broken", d->broken, d->broken_n);
    write_texts(w, "lost", d->lost, d->lost_n);
    jw_ki64(w, "tokens", d->tokens);
    jw_obj_end(w);
}

static Err draft_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    ServiceLlmDraft *d = ARENA_NEW(c->arena, ServiceLlmDraft);
    Str kind;
    Err err = json_need_str(call->body, &c->err, "kind", 1, 10, &kind);
    if (err)
        return err;
    d->conversation_id = call->id[0];
    d->kind = str_is(kind, "rewrite") ? SERVICE_LLM_REWRITE : SERVICE_LLM_REPLY;
    if (d->kind == SERVICE_LLM_REPLY && !str_is(kind, "reply"))
        return ctx_field(c, "kind", "request.field_value", "kind is reply or rewrite");
    if (d->kind == SERVICE_LLM_REWRITE)
        err = json_need_str(call->body, &c->err, "text", 1, DESK_TEXT_MAX, &d->text);
    else
        err = json_opt_str(call->body, &c->err, "text", DESK_TEXT_MAX, &d->text);
    if (!err)
        err = service_llm_draft(api_service(call->api), c, d);
    if (!err)
        write_draft(call, d);
    return err;
}

static const ApiRoute ROWS[] = {
    {NET_GET, "/api/llm", API_SUPERVISOR, SCOPE_ADMIN, API_TX_READ, 0, .run = llm,
     .summary = "The language model that drafts: where it is, what it spent today; never its key",
     .gives = "Llm"},
    {NET_PUT, "/api/llm", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, SETTING_BYTES, .run = llm_put,
     .summary = "Connect a language model, turn it on or off", .takes = "LlmPut", .gives = "Llm"},
    {NET_POST, "/api/conversations/{id}/draft", API_AGENT, SCOPE_CHAT, API_TX_NONE, DRAFT_BYTES,
     .waits = true, .prepare = draft_prepare,
     .summary = "A language model's draft of a reply or rewrite, for the agent; nothing is sent",
     .takes = "DraftAsk", .gives = "Draft"},
};
const ApiRoutes API_ROUTES_LLM = {ROWS, sizeof ROWS / sizeof ROWS[0]};
