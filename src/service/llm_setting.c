/* SPDX-License-Identifier: Apache-2.0 */
/* The setting "llm": where the model is, and what may be spent. Its key is stored sealed. */
#include "service/hook_internal.h"
#include "service/llm_internal.h"

#include "accounts/seal.h"
#include "accounts/setting.h"

enum { SETTING_BYTES = 16384 };
#define NAME         STR("llm")
#define SEAL_PURPOSE STR("llm")

static int64_t within(int64_t v, int64_t min, int64_t max, int64_t dflt)
{
    return v >= min && v <= max ? v : dflt;
}

Err service_llm_setting(Ctx *c, ServiceLlmSetting *ret)
{
    AccountsSetting set;
    const Json *j = NULL;
    ErrSlot e = {0};
    Err err = accounts_setting_get(c, NAME, &set);
    if (err)
        return err;
    if (set.version && json_parse(c->arena, &e, set.value, &j))
        j = NULL;
    *ret = (ServiceLlmSetting){
        .enabled = json_bool(j, "enabled", false),
        .url = service_plain(json_str(j, "url")),
        .model = service_plain(json_str(j, "model")),
        .key = service_plain(json_str(j, "key")),
        .timeout_ms = within(json_i64(j, "timeout_ms", SERVICE_LLM_TIMEOUT),
                             SERVICE_LLM_TIMEOUT_MIN, SERVICE_LLM_TIMEOUT_MAX, SERVICE_LLM_TIMEOUT),
        .daily_tokens = within(json_i64(j, "daily_tokens", SERVICE_LLM_TOKENS), 0,
                               SERVICE_LLM_TOKENS_MAX, SERVICE_LLM_TOKENS),
        .version = set.version};
    return ERR_OK;
}

static Err check(Service *s, Ctx *c, const ServiceLlmSetting *set)
{
    bool tls = false;
    if (!set->url.n && !set->enabled)
        return ERR_OK;
    switch (hook_url_judge(c->arena, set->url, s->hooks_private, &tls)) {
    case HOOK_URL_BAD:
        return ctx_field(c, "url", "llm.url",
                         "an address like https://host/v1, at most %d characters, no name and "
                         "password in it",
                         SERVICE_LLM_URL);
    case HOOK_URL_PRIVATE:
        return ctx_field(c, "url", "llm.address",
                         "an address inside a private network; --hooks-private allows it");
    case HOOK_URL_GOOD:
        break;
    }
    if (!tls && !s->hooks_private)
        return ctx_field(c, "url", "llm.url", "what customers say leaves over https only");
    if (set->enabled && !set->model.n)
        return ctx_field(c, "model", "request.field_missing", "which model?");
    return ERR_OK;
}

static bool plain_key(Str k)
{
    for (size_t i = 0; i < k.n; i++)
        if (k.p[i] <= ' ' || k.p[i] >= 0x7f)
            return false;
    return k.n <= SERVICE_LLM_KEY;
}

static Str as_json(Ctx *c, const ServiceLlmSetting *set)
{
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, SETTING_BYTES);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kbool(&w, "enabled", set->enabled);
    jw_kstr(&w, "url", set->url);
    jw_kstr(&w, "model", set->model);
    jw_kstr(&w, "key", set->key);
    jw_ki64(&w, "timeout_ms", set->timeout_ms);
    jw_ki64(&w, "daily_tokens", set->daily_tokens);
    jw_obj_end(&w);
    return buf_str(&b);
}

Err service_llm_setting_put(Service *s, Ctx *c, ServiceLlmSetting *set, const Str *new_key,
                            int64_t expected)
{
    ServiceLlmSetting was;
    Err err = check(s, c, set);
    if (!err && new_key && !plain_key(*new_key))
        err = ctx_field(c, "key", "llm.key", "a key is one word of ASCII, at most %d characters",
                        SERVICE_LLM_KEY);
    if (!err)
        err = service_llm_setting(c, &was);
    if (err)
        return err;
    /* a key goes to the address it was given for, never to another one */
    if (new_key)
        set->key = new_key->n ? accounts_seal(c, s->accounts, SEAL_PURPOSE, *new_key) : STR("");
    else
        set->key = str_eq(was.url, set->url) ? was.key : STR("");
    return accounts_setting_put(c, NAME, as_json(c, set), expected, &set->version);
}
