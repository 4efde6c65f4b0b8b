/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_ASSIST_H
#define API_API_ASSIST_H
/* Handlers behind API_ROUTES_ASSIST (api_assist.c). */
#include "api/api.h"

/* api_script.c */
Err api_scripts(ApiCall *call);
/* api_script_edit.c */
Err api_script_create_prepare(ApiCall *call);
Err api_script_change_prepare(ApiCall *call);
Err api_script_remove_prepare(ApiCall *call);
Err api_script_store(ApiCall *call);
/* api_guard.c */
Err api_guard_check(ApiCall *call);
Err api_guard_rules(ApiCall *call);
Err api_guard_put_prepare(ApiCall *call);
Err api_guard_put(ApiCall *call);
/* The rules of the body's "items" as they would be stored, completed from was_json. */
Err api_guard_rules_json(ApiCall *call, Str was_json, Str *ret) WARN_UNUSED;
/* api_guard_effect.c */
Err api_guard_effect(ApiCall *call);
#endif
