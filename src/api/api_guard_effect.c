/* SPDX-License-Identifier: Apache-2.0 */
/* Before rules are changed: what they say to a text, and would have said to the last days'
 * messages. */
#include "api/api_assist.h"
#include "api/help.h"

static void example(JsonW *w, const ServiceGuardExample *e)
{
    jw_obj(w);
    jw_kid(w, "conversation", e->conversation_id);
    jw_ki64(w, "seq", e->seq);
    jw_ki64(w, "at", e->at_ms);
    jw_kstr(w, "text", e->text);
    jw_ki64(w, "start", e->start);
    jw_ki64(w, "end", e->end);
    jw_obj_end(w);
}

static void write_effect(JsonW *w, const ServiceGuardEffect *e, const AssistGuardHit *hits,
                         size_t n)
{
    jw_obj(w);
    jw_key(w, "hits");
    shape_hits(w, hits, n);
    jw_ki64(w, "since", e->since_ms);
    jw_ki64(w, "conversations", e->conversations);
    jw_ki64(w, "messages", e->messages);
    jw_ki64(w, "hit", e->hit);
    jw_ki64(w, "stopped", e->stopped);
    jw_kbool(w, "whole", e->whole);
    jw_key(w, "rules");
    jw_arr(w);
    for (size_t i = 0; i < e->rule_n; i++) {
        const ServiceGuardCount *r = &e->rules[i];
        jw_obj(w);
        jw_kstr(w, "rule", r->rule);
        jw_kstr(w, "level", str_of(assist_level_code(r->level)));
        jw_ki64(w, "messages", r->messages);
        jw_key(w, "examples");
        jw_arr(w);
        for (size_t k = 0; k < r->example_n; k++)
            example(w, &r->examples[k]);
        jw_arr_end(w);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

Err api_guard_effect(ApiCall *call)
{
    Ctx *c = call->c;
    const ServiceShop *shop;
    ServiceGuardEffect *effect = ARENA_NEW(c->arena, ServiceGuardEffect);
    AssistGuard *draft = NULL;
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    size_t n = 0;
    Str text;
    Err err = json_opt_str(call->body, &c->err, "text", DESK_TEXT_MAX, &text);
    if (!err)
        err = service_shop(api_service(call->api), c, &shop);
    if (!err && json_has(call->body, "items")) { /* not saved yet */
        Str json;
        err = api_guard_rules_json(call, shop->guard_json, &json);
        draft = err ? NULL : assist_guard_create(json, &c->err);
        if (!err && !draft)
            err = c->err.err;
    }
    const AssistGuard *guard = draft ? draft : shop->guard;
    if (!err && text.n)
        n = assist_guard_check(guard, c->arena, NULL, text, hits);
    if (!err && json_bool(call->body, "scan", true))
        err = service_guard_effect(api_service(call->api), c, shop, guard, effect);
    if (!err)
        write_effect(&call->w, effect, hits, n);
    assist_guard_destroy(draft); /* the hits borrow from it */
    return err;
}
