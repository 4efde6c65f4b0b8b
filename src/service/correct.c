/* SPDX-License-Identifier: Apache-2.0 */
#include "service/correct.h"

#include "accounts/audit.h"
#include "nlu/mask.h"
#include "service/internal.h"

enum { MARK_BYTES = 4096, CONTEXT_ROWS = 24 };

/* ---- what is said ---- */
static Err check(Ctx *c, const ServiceLabels *l)
{
    NluEmotion emotion;
    NluStage stage;
    if (!nlu_emotion_parse(l->emotion, &emotion))
        return ctx_field(c, "emotion", "request.field_value", "no emotion has this code");
    if (emotion == NLU_CALM ? l->intensity != 0 : l->intensity < 1 || l->intensity > 3)
        return ctx_field(c, "intensity", "request.field_value",
                         "calm is 0, every other emotion 1 to 3");
    if (!l->intent_n || l->intent_n > NLU_INTENT_MAX)
        return ctx_field(c, "intents", "request.field_value", "one to %d intents", NLU_INTENT_MAX);
    for (size_t i = 0; i < l->intent_n; i++) {
        if (nlu_intent_index(l->intents[i]) < 0)
            return ctx_field(c, "intents", "request.field_value", "no intent has the code '%.*s'",
                             STR_ARG(str_sub(l->intents[i], 0, 40)));
        for (size_t k = 0; k < i; k++)
            if (str_eq(l->intents[k], l->intents[i]))
                return ctx_field(c, "intents", "request.field_value", "each intent once");
    }
    if (!nlu_stage_parse(l->stage, &stage))
        return ctx_field(c, "stage", "request.field_value", "no stage has this code");
    return ERR_OK;
}

static Str code_list(Arena *a, const Str *codes, size_t n)
{
    Buf b;
    JsonW w;
    buf_init(&b, a, 1024);
    jw_init(&w, &b);
    jw_arr(&w);
    for (size_t i = 0; i < n; i++)
        jw_str(&w, codes[i]);
    jw_arr_end(&w);
    return buf_str(&b);
}

static Err need_role(Ctx *c, Role least)
{
    return c->actor.role >= least && c->actor.user_id
               ? ERR_OK
               : ctx_err(c, ERR_DENIED, "role.denied", "this is for others than you");
}

/* ---- what the machine had read ---- */
static Err read_machine(Ctx *c, const DeskMessage *m, DeskCorrection *k, Str *ret_intent)
{
    const Json *u;
    Err err = json_parse(c->arena, &c->err, m->understanding, &u);
    if (err)
        return err;
    Str codes[NLU_INTENT_MAX];
    size_t n = 0;
    for (const Json *i = json_first(json_get(u, "intents")); i && n < NLU_INTENT_MAX;
         i = json_next(i))
        codes[n++] = json_str(i, "code");
    k->was_emotion = json_str(u, "emotion");
    k->was_intensity = json_i64(u, "intensity", 0);
    k->was_intents = code_list(c->arena, codes, n);
    k->was_stage = json_str(u, "stage");
    k->model = json_str(u, "model");
    *ret_intent = n ? codes[0] : STR("");
    return ERR_OK;
}

static Err open_message(Ctx *c, int64_t conversation_id, int64_t seq, DeskConversation *conv,
                        DeskMessage *m)
{
    bool found = false;
    Err err = need_role(c, ROLE_AGENT);
    if (!err)
        err = desk_conversation_lock(c, conversation_id, conv);
    if (!err && conv->assignee_id != c->actor.user_id && c->actor.role < ROLE_SUPERVISOR)
        err = ctx_err(c, ERR_DENIED, "conversation.not_mine", "%s",
                      conv->assignee_id ? "a colleague has this one" : "take it first");
    if (!err)
        err = desk_message_get(c, conversation_id, seq, m, &found);
    if (!err && (!found || !str_is(m->role, "customer") || !m->understanding.n || m->recalled_at))
        err = ctx_err(c, ERR_NOT_FOUND, "correction.message",
                      "no message of the customer that was read has this seq");
    return err;
}

/* The newest message's feeling is the conversation's; and who looks on is told. */
static Err tell(Ctx *c, DeskConversation *conv, const DeskMessage *m, Str emotion,
                int64_t intensity)
{
    bool newest;
    Err err = desk_correction_is_newest(c, conv->id, m->seq, &newest);
    if (err)
        return err;
    desk_correction_wake(c, conv, m);
    if (!newest || (str_eq(conv->emotion, emotion) && conv->intensity == intensity))
        return ERR_OK;
    conv->emotion = emotion;
    conv->intensity = intensity;
    err = desk_conversation_save(c, conv);
    if (!err)
        desk_conversation_wake(c, conv, conv->assignee_id, false);
    return err;
}

static Str mark_json(Ctx *c, const DeskCorrection *k)
{
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, MARK_BYTES);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "emotion", k->emotion);
    jw_ki64(&w, "intensity", k->intensity);
    jw_kraw(&w, "intents", k->intents);
    jw_kstr(&w, "stage", k->stage);
    jw_key(&w, "by");
    jw_obj(&w);
    jw_kid(&w, "id", c->actor.user_id);
    jw_kstr(&w, "name", c->actor.name);
    jw_obj_end(&w);
    jw_ki64(&w, "at", c->now_ms);
    if (k->note.n)
        jw_kstr(&w, "note", k->note);
    jw_obj_end(&w);
    return buf_str(&b);
}

/* Codes and numbers only: the audit log is read by many, and outlives the words. */
static Str audit_line(Ctx *c, int64_t seq, const DeskCorrection *k)
{
    Buf b;
    JsonW w;
    buf_init(&b, c->arena, MARK_BYTES);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kstr(&w, "seq", str_fmt(c->arena, "%lld", (long long)seq));
    if (k) {
        jw_kstr(&w, "emotion",
                str_fmt(c->arena, "%.*s%lld", STR_ARG(k->emotion), (long long)k->intensity));
        jw_kstr(&w, "intents", k->intents);
        jw_kstr(&w, "stage", k->stage);
    }
    jw_obj_end(&w);
    return buf_str(&b);
}

Err service_correct(Ctx *c, int64_t conversation_id, int64_t seq, const ServiceLabels *l,
                    DeskMessage *ret)
{
    DeskConversation conv;
    DeskCorrection k = {.conversation_id = conversation_id,
                        .seq = seq,
                        .emotion = l->emotion,
                        .intensity = l->intensity,
                        .intents = code_list(c->arena, l->intents, l->intent_n),
                        .stage = l->stage,
                        .note = l->note.n ? l->note : STR("")};
    Str was_intent;
    Err err = check(c, l);
    if (!err)
        err = open_message(c, conversation_id, seq, &conv, ret);
    if (!err)
        err = read_machine(c, ret, &k, &was_intent);
    if (err)
        return err;
    ret->corrected = mark_json(c, &k);
    err = desk_correction_put(c, &k, was_intent, l->intents[0], ret->corrected);
    if (!err)
        err = accounts_audit(c, "message.corrected", conversation_id, audit_line(c, seq, &k));
    return err ? err : tell(c, &conv, ret, k.emotion, k.intensity);
}

Err service_correct_undo(Ctx *c, int64_t conversation_id, int64_t seq, DeskMessage *ret)
{
    DeskConversation conv;
    DeskCorrection k;
    Str unused;
    Err err = open_message(c, conversation_id, seq, &conv, ret);
    if (err || !ret->corrected.n)
        return err;
    ret->corrected = STR_NONE;
    err = desk_correction_drop(c, conversation_id, seq);
    if (!err)
        err = read_machine(c, ret, &k, &unused);
    if (!err)
        err = accounts_audit(c, "message.correction_undone", conversation_id,
                             audit_line(c, seq, NULL));
    return err ? err : tell(c, &conv, ret, k.was_emotion, k.was_intensity);
}

/* ---- training data ---- */
static bool is_said(const DeskMessage *m)
{
    return !str_is(m->role, "system") && !str_is(m->kind, "note") && !m->recalled_at && m->body.n;
}

Err service_correct_turns(Ctx *c, const DeskCorrection *k,
                          ServiceTrainTurn ret[NLU_CONTEXT_MAX + 1], size_t *ret_n)
{
    DeskMessage *rows;
    size_t n, from, said = 0;
    *ret_n = 0;
    Err err = need_role(c, ROLE_SUPERVISOR);
    if (!err && (k->recalled_at || !k->text.n))
        return ERR_OK;
    if (!err)
        err = desk_message_list(c, k->conversation_id, 0, k->seq, CONTEXT_ROWS, &rows, &n);
    if (err)
        return err;
    for (from = n; from > 0 && said < NLU_CONTEXT_MAX; from--)
        said += is_said(&rows[from - 1]);
    for (size_t i = from; i < n; i++)
        if (is_said(&rows[i]))
            ret[(*ret_n)++] = (ServiceTrainTurn){
                .role = str_is(rows[i].role, "customer") ? NLU_CUSTOMER : NLU_AGENT,
                .text = nlu_mask(c->arena, rows[i].body, &k->customer_name, 1)};
    ret[(*ret_n)++] = (ServiceTrainTurn){.role = NLU_CUSTOMER,
                                         .text = nlu_mask(c->arena, k->text, &k->customer_name, 1)};
    return ERR_OK;
}
