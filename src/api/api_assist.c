/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of what helps an agent to answer: suggestions, scripts, guard rails. */
#include "api/api_assist.h"
#include "api/help.h"

enum { SCRIPT_BYTES = 65536, RULES_BYTES = 196608 };

static Err suggestions(ApiCall *call)
{
    Ctx *c = call->c;
    AssistSuggestion items[ASSIST_SUGGEST_MAX];
    size_t n = 0;
    int64_t id, for_seq = 0;
    Err err = api_query_i64(call, "conversation", 0, 1, INT64_MAX, &id);
    if (!err && !id)
        err = ctx_field(c, "conversation", "request.field_missing", "which conversation?");
    if (!err)
        err = service_suggest(api_service(call->api), c, id, items, &n, &for_seq);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_kid(&call->w, "conversation", id);
    jw_ki64(&call->w, "for_seq", for_seq);
    jw_key(&call->w, "items");
    shape_suggestions(&call->w, items, n);
    jw_obj_end(&call->w);
    return ERR_OK;
}

static const ApiRoute ROWS[] = {
    {NET_GET, "/api/suggestions", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = suggestions,
     .summary = "What could be answered to the customer's last message", .gives = "Suggestions",
     .query = "conversation"},
    {NET_POST, "/api/guard/check", API_AGENT, SCOPE_READ, API_TX_READ, 8 * API_SMALL,
     .run = api_guard_check, .summary = "Which rules a text would break; nothing is stored",
     .takes = "GuardCheck", .gives = "GuardChecked"},
    {NET_GET, "/api/guard/rules", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_guard_rules,
     .summary = "The rules in force", .gives = "GuardRules"},
    {NET_PUT, "/api/guard/rules", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, RULES_BYTES,
     .prepare = api_guard_put_prepare, .run = api_guard_put, .summary = "Change the rules",
     .takes = "GuardRulesPut", .gives = "GuardRules"},
    {NET_POST, "/api/guard/effect", API_SUPERVISOR, SCOPE_ADMIN, API_TX_NONE, RULES_BYTES,
     .slow = true, .prepare = api_guard_effect,
     .summary = "What rules would have said to the messages of the last 7 days; nothing is stored",
     .takes = "GuardEffectAsk", .gives = "GuardEffect"},
    {NET_GET, "/api/scripts", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_scripts,
     .summary = "Scripts that fit a word, or all of them page by page", .gives = "Scripts",
     .query = "q limit cursor"},
    {NET_POST, "/api/scripts", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, SCRIPT_BYTES,
     .prepare = api_script_create_prepare, .run = api_script_store, .summary = "A new script",
     .takes = "ScriptPut", .gives = "ScriptStored"},
    {NET_PATCH, "/api/scripts/{key}", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, SCRIPT_BYTES,
     .prepare = api_script_change_prepare, .run = api_script_store, .summary = "Change a script",
     .takes = "ScriptPut", .gives = "ScriptStored"},
    {NET_DELETE, "/api/scripts/{key}", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, 0,
     .prepare = api_script_remove_prepare, .run = api_script_store,
     .summary = "Take a script away, a built-in one too", .gives = "ScriptStored"},
};
const ApiRoutes API_ROUTES_ASSIST = {ROWS, sizeof ROWS / sizeof ROWS[0]};
