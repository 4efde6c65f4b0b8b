/* SPDX-License-Identifier: Apache-2.0 */
/* Before rules are changed: what they would have said to the last days' messages. */
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

static void write_effect(JsonW *w, const ServiceGuardEffect *e)
{
    jw_obj(w);
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
    Err err = service_shop(api_service(call->api), c, &shop);
    if (!err && json_has(call->body, "items")) { /* not saved yet */
        Str json;
        err = api_guard_rules_json(call, shop->guard_json, &json);
        draft = err ? NULL : assist_guard_create(json, &c->err);
        if (!err && !draft)
            err = c->err.err;
    }
    if (!err)
        err = service_guard_effect(api_service(call->api), c, shop, draft ? draft : shop->guard,
                                   effect);
    assist_guard_destroy(draft);
    if (!err)
        write_effect(&call->w, effect);
    return err;
}
