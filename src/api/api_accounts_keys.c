/* SPDX-License-Identifier: Apache-2.0 */
/* API keys and the audit log. */
#include "accounts/apikey.h"
#include "accounts/audit.h"
#include "api/api_accounts.h"

_Static_assert((int)SCOPE_READ == (int)ACCOUNTS_SCOPE_READ &&
                   (int)SCOPE_CHAT == (int)ACCOUNTS_SCOPE_CHAT &&
                   (int)SCOPE_ADMIN == (int)ACCOUNTS_SCOPE_ADMIN,
               "the stored bits are the routes' bits");

static const struct {
    const char *name;
    int64_t bit;
} SCOPES[] = {{"read", SCOPE_READ}, {"chat", SCOPE_CHAT}, {"admin", SCOPE_ADMIN}};
enum { SCOPES_N = sizeof SCOPES / sizeof *SCOPES };

/* Members only; the braces are the caller's. */
static void write_key(JsonW *w, const AccountsApiKey *k)
{
    jw_kid(w, "id", k->id);
    jw_kstr(w, "name", k->name);
    jw_kstr(w, "prefix", k->hint);
    jw_key(w, "scopes");
    jw_arr(w);
    for (size_t i = 0; i < SCOPES_N; i++) {
        if (k->scopes & SCOPES[i].bit)
            jw_str(w, str_of(SCOPES[i].name));
    }
    jw_arr_end(w);
    jw_kid(w, "user", k->user_id);
    jw_ki64(w, "created_at", k->created_at_ms);
    if (k->used_at_ms)
        jw_ki64(w, "last_used_at", k->used_at_ms);
    else
        jw_knull(w, "last_used_at");
}

Err api_keys(ApiCall *call)
{
    JsonW *w = &call->w;
    AccountsApiKey *keys;
    size_t n;
    Err err = accounts_apikey_list(call->c, &keys, &n);
    if (err)
        return err;
    jw_obj(w);
    jw_key(w, "items");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        if (keys[i].revoked_at_ms) /* kept for the log */
            continue;
        jw_obj(w);
        write_key(w, &keys[i]);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_knull(w, "next");
    jw_obj_end(w);
    return ERR_OK;
}

static Err body_scopes(ApiCall *call, int64_t *ret)
{
    const Json *list = json_get(call->body, "scopes");
    *ret = 0;
    for (const Json *s = json_is_array(list) ? json_first(list) : NULL; s; s = json_next(s)) {
        int64_t bit = 0;
        for (size_t i = 0; i < SCOPES_N; i++)
            bit |= str_is(json_value_str(s), SCOPES[i].name) ? SCOPES[i].bit : 0;
        if (!bit)
            *ret = -1;
        if (*ret >= 0)
            *ret |= bit;
    }
    return *ret > 0 ? ERR_OK
                    : ctx_field(call->c, "scopes", "request.field_value",
                                "a list of read, chat and admin");
}

Err api_key_create(ApiCall *call)
{
    Ctx *c = call->c;
    Str name, key;
    int64_t scopes, id;
    Err err = accounts_need_person(call); /* a key does not make others, which might outlive it */
    if (!err)
        err = json_need_str(call->body, &c->err, "name", 1, 60, &name);
    if (!err)
        err = body_scopes(call, &scopes);
    if (!err)
        err = accounts_apikey_create(c, name, scopes, &id, &key);
    if (err)
        return err;
    call->status = 201;
    jw_obj(&call->w);
    write_key(&call->w, &(AccountsApiKey){.id = id,
                                          .name = name,
                                          .hint = str_sub(key, 0, 8),
                                          .scopes = scopes,
                                          .user_id = c->actor.user_id,
                                          .created_at_ms = c->now_ms});
    jw_kstr(&call->w, "key", key);
    jw_obj_end(&call->w);
    return ERR_OK;
}

Err api_key_revoke(ApiCall *call)
{
    Err err = accounts_apikey_revoke(call->c, call->id[0]);
    if (!err)
        accounts_kick(call->c, &call->id[0], 1); /* its sockets close at once */
    return err ? err : accounts_write_nothing(call);
}

/* ---- audit ---- */

/* {"role":"agent","fields":""} as "role: agent". */
static Str detail_words(Ctx *c, Str detail)
{
    const Json *obj;
    ErrSlot why = {0};
    Buf b;
    buf_init(&b, c->arena, 4096);
    if (json_parse(c->arena, &why, detail, &obj) != ERR_OK)
        return STR("");
    for (const Json *v = json_first(obj); v; v = json_next(v)) {
        if (json_is_string(v) && json_value_str(v).n)
            buf_fmt(&b, "%s%.*s: %.*s", b.n ? "; " : "", STR_ARG(json_key(v)),
                    STR_ARG(json_value_str(v)));
    }
    return b.n ? buf_str(&b) : STR("");
}

static void write_act(Ctx *c, JsonW *w, const AccountsAudit *a)
{
    jw_obj(w);
    jw_kid(w, "id", a->id);
    jw_ki64(w, "at", a->at_ms);
    jw_key(w, "actor"); /* null: nobody was logged in, or the program itself */
    if (a->actor_id) {
        jw_obj(w);
        jw_kid(w, "id", a->actor_id);
        jw_kstr(w, "name", a->actor_name);
        jw_obj_end(w);
    } else {
        jw_null(w);
    }
    jw_kstr(w, "role", a->actor_role);
    jw_kstr(w, "action", a->kind);
    jw_kid(w, "object", a->subject_id);
    jw_kstr(w, "detail", detail_words(c, a->detail));
    jw_kstr(w, "ip", a->address);
    jw_obj_end(w);
}

Err api_audit(ApiCall *call)
{
    JsonW *w = &call->w;
    AccountsAudit *acts;
    int64_t before, limit;
    size_t n;
    Err err = api_query_i64(call, "cursor", INT64_MAX, 1, INT64_MAX, &before);
    if (!err)
        err = api_query_i64(call, "limit", 50, 1, 200, &limit);
    if (!err)
        err = accounts_audit_list(call->c, before, limit, &acts, &n);
    if (err)
        return err;
    jw_obj(w);
    jw_key(w, "items");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        write_act(call->c, w, &acts[i]);
    jw_arr_end(w);
    jw_kid(w, "next", n > 0 && (int64_t)n == limit ? acts[n - 1].id : 0);
    jw_obj_end(w);
    return ERR_OK;
}
