/* SPDX-License-Identifier: Apache-2.0 */
/* Guard rails: checking a text (and what it promises), reading and changing the rules. */
#include "api/api_assist.h"
#include "api/help.h"

#include "accounts/setting.h"

enum { RULES_MAX = 64, RULES_JSON_MAX = 250000 };

Err api_guard_check(ApiCall *call)
{
    Ctx *c = call->c;
    const ServiceShop *shop;
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    ServicePromise promises[NLU_PROMISE_MAX];
    AssistLevel level = ASSIST_OFF;
    Str text;
    NluTurn asked[NLU_PROMISE_CONTEXT];
    size_t asked_n = 0;
    int64_t conversation = 0; /* without one the words alone decide */
    Err err = json_need_str(call->body, &c->err, "text", 0, DESK_TEXT_MAX, &text);
    if (!err)
        err = service_shop(api_service(call->api), c, &shop);
    if (!err && json_id(call->body, "conversation", &conversation))
        err = service_promise_asked(c, conversation, asked, &asked_n);
    if (err)
        return err;
    size_t n = service_guard_check(api_service(call->api), c, shop, conversation, text, hits);
    for (size_t i = 0; i < n; i++)
        if (hits[i].level > level)
            level = hits[i].level;
    jw_obj(&call->w);
    jw_kstr(&call->w, "level", str_of(assist_level_code(level)));
    jw_key(&call->w, "hits");
    shape_hits(&call->w, hits, n);
    jw_key(&call->w, "promises");
    n = service_promises(api_service(call->api), c, shop, asked, asked_n, text, promises);
    shape_promises(&call->w, promises, n);
    jw_obj_end(&call->w);
    return ERR_OK;
}

/* ---- rules ---- */

static const Json *rules_of(const Json *root)
{
    return json_has(root, "rules") ? json_get(root, "rules") : json_get(root, "items");
}

static const Json *rule_named(const Json *list, Str id)
{
    for (const Json *r = json_first(list); r; r = json_next(r))
        if (str_eq(json_str(r, "id"), id))
            return r;
    return NULL;
}

/* One rule with all its members in one order; what it does not say is taken from `was`. */
static void write_rule(JsonW *w, Arena *a, const Json *rule, const Json *was, Str version)
{
    static const char *const members[] = {
        "id",      "level", "rule",    "fault",      "check",  "only",    "shortest",
        "longest", "when",  "words",   "exceptions", "unless", "pairs",   "policy",
        "before",  "needs", "fillers", "asked",      "model",  "message", "rewrites"};
    jw_obj(w);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const Json *m = json_get(json_has(rule, members[i]) ? rule : was, members[i]);
        if (m && !json_is_null(json_has(rule, members[i]) ? rule : was, members[i]))
            jw_kraw(w, members[i], json_print(a, m));
    }
    if (version.n)
        jw_kstr(w, "version", version);
    Str rewrite = json_str(json_has(rule, "rewrite") ? rule : was, "rewrite");
    if (rewrite.n)
        jw_kstr(w, "rewrite", rewrite);
    else
        jw_knull(w, "rewrite");
    jw_obj_end(w);
}

static Str rule_text(Arena *a, const Json *rule, const Json *was)
{
    Buf b;
    JsonW w;
    buf_init(&b, a, RULES_JSON_MAX);
    jw_init(&w, &b);
    write_rule(&w, a, rule, was, STR_NONE);
    return buf_str(&b);
}

/* A rule that says something else than before has a version of its own. */
static Str next_version(Arena *a, const Json *rule, const Json *was)
{
    int64_t n = 0;
    if (!was)
        return STR("1");
    Str now = json_str(was, "version");
    if (str_eq(rule_text(a, rule, was), rule_text(a, was, NULL)))
        return now.n ? now : STR("1");
    if (!str_i64(now, &n) || n < 1)
        n = 1;
    return str_fmt(a, "%lld", (long long)n + 1);
}

static Err write_rules(ApiCall *call, Str json, int64_t version)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    const Json *root;
    Err err = json_parse(c->arena, &c->err, json, &root);
    if (err)
        return err;
    jw_obj(w);
    jw_key(w, "items");
    jw_arr(w);
    for (const Json *r = json_first(rules_of(root)); r; r = json_next(r)) {
        Str own = json_str(r, "version");
        write_rule(w, c->arena, r, NULL, own.n ? own : STR("1"));
    }
    jw_arr_end(w);
    jw_knull(w, "next");
    jw_ki64(w, "version", version);
    jw_obj_end(w);
    return ERR_OK;
}

Err api_guard_rules(ApiCall *call)
{
    const ServiceShop *shop;
    Err err = service_shop(api_service(call->api), call->c, &shop);
    return err ? err : write_rules(call, shop->guard_json, shop->guard_version);
}

typedef struct {
    Str json;
    int64_t expected;
} Put;

static Err read_rule(ApiCall *call, const Json *rule)
{
    Str s;
    ErrSlot *e = &call->c->err;
    Err err = json_need_str(rule, e, "id", 1, 60, &s);
    if (!err && !api_plain(s))
        err = err_field(e, "id", "request.field_value", "an id is one line of text");
    if (!err)
        err = json_need_str(rule, e, "level", 1, 10, &s);
    if (!err)
        err = json_opt_str(rule, e, "message", 300, &s);
    if (!err)
        err = json_opt_str(rule, e, "rewrite", 300, &s);
    return err;
}

/* The whole list as it will be stored; what a rule leaves out stays as it was, and so do the sets
 * of words that rules name. */
Err api_guard_rules_json(ApiCall *call, Str was_json, Str *ret)
{
    Ctx *c = call->c;
    const Json *root;
    Err err = json_parse(c->arena, &c->err, was_json, &root);
    if (err)
        return err;
    const Json *was = rules_of(root);
    const Json *list = json_get(call->body, "items");
    Buf b;
    JsonW w;
    if (!json_is_array(list) || json_count(list) > RULES_MAX)
        return ctx_field(c, "items", "request.field_type", "items is a list of at most %d rules",
                         RULES_MAX);
    buf_init(&b, c->arena, RULES_JSON_MAX);
    jw_init(&w, &b);
    jw_obj(&w);
    if (json_get(root, "sets"))
        jw_kraw(&w, "sets", json_print(c->arena, json_get(root, "sets")));
    jw_key(&w, "items");
    jw_arr(&w);
    for (const Json *r = json_first(list); r; r = json_next(r)) {
        err = read_rule(call, r);
        if (err)
            return err;
        const Json *old = rule_named(was, json_str(r, "id"));
        write_rule(&w, c->arena, r, old, next_version(c->arena, r, old));
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    *ret = buf_str(&b);
    return b.over ? ctx_err(c, ERR_TOO_LARGE, "setting.too_large", "the rules are too long")
                  : ERR_OK;
}

Err api_guard_put_prepare(ApiCall *call)
{
    Ctx *c = call->c;
    Put *p = ARENA_NEW(c->arena, Put);
    const ServiceShop *shop;
    call->work = p;
    Err err = service_shop(api_service(call->api), c, &shop);
    if (!err)
        err = api_body_version(call, call->body, &p->expected);
    if (!err)
        err = api_guard_rules_json(call, shop->guard_json, &p->json);
    if (err)
        return err;
    if (p->expected < 0) /* what is not said was taken from this version */
        p->expected = shop->guard_version;
    AssistGuard *g = assist_guard_create(p->json, &c->err);
    if (!g)
        return c->err.err;
    assist_guard_destroy(g);
    return ERR_OK;
}

Err api_guard_put(ApiCall *call)
{
    Ctx *c = call->c;
    const Put *p = call->work;
    int64_t version;
    Err err = accounts_setting_put(c, STR("guard"), p->json, p->expected, &version);
    if (err)
        return err;
    ctx_wake(c, DESK_WAKE_SETTINGS, c->actor.shop_id, 0, NULL);
    return write_rules(call, p->json, version);
}
