/* SPDX-License-Identifier: Apache-2.0 */
#include "api/shape.h"

#include "base/clock.h"

#include <stdio.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t skip_space(Str s, size_t i)
{
    while (i < s.n && is_space(s.p[i]))
        i++;
    return i;
}

/* From an opening quote to behind the closing one. */
static size_t skip_string(Str s, size_t i)
{
    for (i++; i < s.n; i++) {
        if (s.p[i] == '\\')
            i++;
        else if (s.p[i] == '"')
            return i + 1;
    }
    return s.n;
}

static size_t skip_value(Str s, size_t i)
{
    int depth = 0;
    while (i < s.n) {
        char c = s.p[i];
        if (c == '"') {
            i = skip_string(s, i);
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return i;
        if (c == '{' || c == '[')
            depth++;
        else if (c == '}' || c == ']')
            depth--;
        i++;
    }
    return i;
}

Str shape_member(Str json, const char *key)
{
    size_t i = skip_space(json, 0);
    if (i >= json.n || json.p[i] != '{')
        return STR_NONE;
    while (i < json.n && json.p[i] != '}') {
        i = skip_space(json, i + 1);
        if (i >= json.n || json.p[i] != '"')
            return STR_NONE;
        size_t end = skip_string(json, i);
        bool wanted = end > i + 1 && str_is(str_sub(json, i + 1, end - i - 2), key);
        i = skip_space(json, end);
        if (i >= json.n || json.p[i] != ':')
            return STR_NONE;
        i = skip_space(json, i + 1);
        end = skip_value(json, i);
        if (wanted)
            return str_trim(str_sub(json, i, end - i));
        i = end;
    }
    return STR_NONE;
}

static void key_raw(JsonW *w, const char *key, Str json)
{
    if (json.n && !str_is(json, "null"))
        jw_kraw(w, key, json);
}

static void key_raw_or(JsonW *w, const char *key, Str json, const char *otherwise)
{
    jw_kraw(w, key, json.n ? json : str_of(otherwise));
}

static void named(JsonW *w, const char *key, int64_t id, Str name)
{
    jw_key(w, key);
    if (!id) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_kid(w, "id", id);
    jw_kstr(w, "name", name);
    jw_obj_end(w);
}

static void time_or_null(JsonW *w, const char *key, int64_t at_ms)
{
    if (at_ms)
        jw_ki64(w, key, at_ms);
    else
        jw_knull(w, key);
}

static void text_or_nothing(JsonW *w, const char *key, Str s)
{
    if (s.n)
        jw_kstr(w, key, s);
    else
        jw_knull(w, key);
}

bool shape_message_seen(const DeskMessage *m, ShapeFor who)
{
    if (who != SHAPE_VISITOR)
        return true;
    if (str_is(m->kind, "note"))
        return false;
    if (!str_is(m->role, "system"))
        return true;
    return str_is(m->body, "conversation.assigned") || str_is(m->body, "conversation.closed") ||
           str_is(m->body, "conversation.reopened");
}

/* One encoding serves all who look, so "only its sender" means the sender's side. */
static bool own_side(const DeskMessage *m, ShapeFor who)
{
    return str_is(m->role, who == SHAPE_VISITOR ? "customer" : "agent");
}

bool shape_message(JsonW *w, const DeskMessage *m, ShapeFor who)
{
    if (!shape_message_seen(m, who))
        return false;
    bool recalled = m->recalled_at != 0, whole = !recalled || who == SHAPE_SUPERVISOR;
    jw_obj(w);
    jw_kid(w, "conversation", m->conversation_id);
    jw_ki64(w, "seq", m->seq);
    jw_kstr(w, "role", m->role);
    jw_kstr(w, "kind", m->kind);
    jw_kstr(w, "text", recalled ? STR("") : m->body);
    if (whole) {
        key_raw(w, "file", shape_member(m->extra, "file"));
        key_raw(w, "card", shape_member(m->extra, "card"));
    }
    if (m->sender_id)
        named(w, "sender", m->sender_id, m->sender_name);
    if (m->client_id.n && own_side(m, who))
        jw_kstr(w, "client_id", m->client_id);
    jw_ki64(w, "at", m->at_ms);
    if (recalled)
        jw_kbool(w, "recalled", true);
    if (recalled && whole)
        jw_kstr(w, "original", m->body);
    if (whole && who != SHAPE_VISITOR)
        key_raw(w, "understanding", m->understanding);
    if (whole && who != SHAPE_VISITOR)
        key_raw(w, "corrected", m->corrected);
    jw_obj_end(w);
    return true;
}

void shape_last(JsonW *w, const DeskConversation *v)
{
    if (!v->last_role.n) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_kstr(w, "role", v->last_role);
    jw_kstr(w, "kind", v->last_kind);
    jw_kstr(w, "text", v->last_text);
    jw_ki64(w, "at", v->last_at);
    jw_obj_end(w);
}

void shape_sla(JsonW *w, const DeskConversation *v)
{
    if (!v->clock_kind.n) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_kstr(w, "kind", v->clock_kind);
    jw_ki64(w, "started_at", v->clock_started_at);
    jw_ki64(w, "due_at", v->clock_due_at);
    jw_ki64(w, "limit_ms", v->clock_limit_ms);
    /* More time is left than the limit allows for: closed hours lie before the deadline. */
    jw_kbool(w, "paused", clock_wall_ms() < v->clock_due_at - v->clock_limit_ms);
    jw_obj_end(w);
}

static void row_customer(JsonW *w, const DeskConversation *v)
{
    jw_key(w, "customer");
    jw_obj(w);
    jw_kid(w, "id", v->customer_id);
    jw_kstr(w, "name", v->customer_name);
    jw_kbool(w, "visitor", !v->customer_signed);
    jw_kbool(w, "blocked", v->customer_blocked);
    jw_kstr(w, "vip", v->customer_vip);
    jw_kbool(w, "returning", v->returning);
    jw_obj_end(w);
}

static void row_channel(JsonW *w, const DeskConversation *v)
{
    jw_key(w, "channel");
    jw_obj(w);
    jw_kid(w, "id", v->channel_id);
    jw_kstr(w, "name", v->channel_name);
    jw_kstr(w, "kind", v->channel_kind);
    jw_obj_end(w);
}

static void page(JsonW *w, Str url, Str title)
{
    jw_key(w, "page");
    if (!url.n) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_kstr(w, "url", url);
    jw_kstr(w, "title", title);
    jw_obj_end(w);
}

static void rating(JsonW *w, const DeskConversation *v)
{
    jw_key(w, "rating");
    if (!v->rating_score) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_ki64(w, "score", v->rating_score);
    jw_kstr(w, "note", v->rating_note);
    jw_obj_end(w);
}

void shape_row(JsonW *w, const DeskConversation *v)
{
    jw_obj(w);
    jw_kid(w, "id", v->id);
    row_channel(w, v);
    row_customer(w, v);
    jw_kstr(w, "status", v->status);
    jw_kstr(w, "stage", v->stage);
    named(w, "assignee", v->assignee_id, v->assignee_name);
    jw_ki64(w, "last_seq", v->last_seq);
    jw_key(w, "last");
    shape_last(w, v);
    jw_ki64(w, "unread", v->unread);
    jw_ki64(w, "agent_read_seq", v->agent_read_seq);
    jw_ki64(w, "visitor_read_seq", v->visitor_read_seq);
    jw_kstr(w, "emotion", v->emotion);
    jw_ki64(w, "intensity", v->intensity);
    jw_ki64(w, "priority", v->priority);
    key_raw_or(w, "tags", v->tags, "[]");
    jw_ki64(w, "queued_at", v->queued_at);
    jw_ki64(w, "created_at", v->created_at);
    jw_ki64(w, "updated_at", v->updated_at);
    time_or_null(w, "closed_at", v->closed_at);
    text_or_nothing(w, "close_reason", v->close_reason);
    time_or_null(w, "snooze_until", v->snooze_until);
    jw_key(w, "sla");
    shape_sla(w, v);
    jw_kbool(w, "online", v->online);
    page(w, v->page_url, v->page_title);
    rating(w, v);
    jw_kstr(w, "subject", v->subject);
    jw_obj_end(w);
}

void shape_agent_members(JsonW *w, const DeskAgent *a)
{
    jw_kid(w, "id", a->user_id);
    jw_kstr(w, "name", a->name);
    jw_kstr(w, "status", a->status);
    jw_kstr(w, "reason", a->reason);
    jw_ki64(w, "open", a->open);
    jw_ki64(w, "capacity", a->capacity);
}

void shape_customer(JsonW *w, const DeskCustomer *cu, bool see_contact)
{
    jw_obj(w);
    jw_kid(w, "id", cu->id);
    jw_kstr(w, "name", cu->name);
    jw_kstr(w, "note", cu->note);
    jw_kstr(w, "vip", cu->vip);
    if (see_contact)
        jw_kstr(w, "contact", cu->contact);
    jw_kbool(w, "visitor", !cu->is_signed);
    jw_kbool(w, "blocked", cu->blocked_at != 0);
    if (cu->blocked_at)
        jw_kstr(w, "blocked_reason", cu->blocked_reason);
    jw_kid(w, "channel", cu->channel_id);
    page(w, cu->page_url, cu->page_title);
    jw_kstr(w, "lang", cu->lang);
    if (cu->merged_into)
        jw_kid(w, "merged_into", cu->merged_into);
    if (cu->erased_at)
        jw_ki64(w, "erased_at", cu->erased_at);
    jw_ki64(w, "created_at", cu->created_at);
    jw_ki64(w, "seen_at", cu->seen_at);
    jw_obj_end(w);
}

static void suggestion(JsonW *w, const AssistSuggestion *s)
{
    jw_obj(w);
    jw_kstr(w, "id", s->script->id);
    jw_kstr(w, "version", s->script->version);
    jw_kstr(w, "title", s->script->title);
    jw_kstr(w, "text", s->text);
    jw_kstr(w, "situation", s->script->situation);
    jw_key(w, "facts");
    jw_arr(w);
    for (size_t i = 0; i < s->fact_n; i++) {
        jw_obj(w);
        jw_kstr(w, "name", s->facts[i].name);
        jw_kstr(w, "value", s->facts[i].value);
        jw_kstr(w, "source", s->facts[i].source);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_key(w, "rules");
    jw_arr(w);
    for (size_t i = 0; i < s->script->rule_n; i++)
        jw_str(w, s->script->rules[i]);
    jw_arr_end(w);
    jw_key(w, "score");
    jw_f64(w, s->score);
    jw_kstr(w, "step", str_of(assist_step_code(s->script->step)));
    jw_obj_end(w);
}

void shape_suggestions(JsonW *w, const AssistSuggestion *items, size_t n)
{
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        suggestion(w, &items[i]);
    jw_arr_end(w);
}

void shape_hits(JsonW *w, const AssistGuardHit *hits, size_t n)
{
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        const AssistGuardHit *h = &hits[i];
        jw_obj(w);
        jw_kstr(w, "rule", h->rule);
        jw_kstr(w, "version", h->version);
        jw_kstr(w, "level", str_of(assist_level_code(h->level)));
        jw_ki64(w, "start", h->start);
        jw_ki64(w, "end", h->end);
        jw_kstr(w, "words", h->words);
        jw_kstr(w, "message", h->message);
        text_or_nothing(w, "rewrite", h->rewrite);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

/* The instant, or null where none follows from the words. */
static void instant(JsonW *w, const char *key, bool known, int64_t at_ms)
{
    if (known && at_ms != NLU_TIME_NEVER)
        jw_ki64(w, key, at_ms);
    else
        jw_knull(w, key);
}

void shape_promises(JsonW *w, const ServicePromise *list, size_t n)
{
    static const char *const strengths[] = {"firm", "estimate", "vague"};
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        const NluPromise *p = &list[i].said;
        jw_obj(w);
        jw_kstr(w, "what", p->what);
        jw_kstr(w, "due", p->due);
        jw_ki64(w, "start", p->start);
        jw_ki64(w, "end", p->end);
        jw_kstr(w, "strength", str_of(strengths[p->strength]));
        instant(w, "from", list[i].known, list[i].at.from_ms);
        instant(w, "to", list[i].known, list[i].at.to_ms);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

void shape_channel_face(JsonW *w, const DeskChannel *ch)
{
    static const char *const texts[] = {"agent_label",  "color",        "greeting",
                                        "address_form", "offline_text", "privacy_text"};
    jw_kstr(w, "key", ch->key);
    jw_kstr(w, "name", ch->name);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        key_raw_or(w, texts[i], shape_member(ch->config, texts[i]), "\"\"");
    key_raw_or(w, "quick_questions", shape_member(ch->config, "quick_questions"), "[]");
    /* only where the shop told its visitors that it looks on while they type */
    if (str_is(shape_member(ch->config, "typing_preview"), "true"))
        jw_kbool(w, "typing_preview", true);
}

static void snippet(JsonW *w, const DeskChannel *ch, Str base_url)
{
    char room[512];
    int n = snprintf(room, sizeof room,
                     "<script src=\"%.*s/widget/loader.js\" data-channel=\"%.*s\" async></script>",
                     STR_ARG(base_url), STR_ARG(ch->key));
    jw_kstr(w, "snippet", (Str){room, n > 0 && (size_t)n < sizeof room ? (size_t)n : 0});
}

void shape_channel(JsonW *w, const DeskChannel *ch, Str base_url, bool see_secret)
{
    jw_obj(w);
    jw_kid(w, "id", ch->id);
    jw_kstr(w, "kind", ch->kind);
    shape_channel_face(w, ch);
    key_raw_or(w, "allowed_origins", shape_member(ch->config, "allowed_origins"), "[]");
    jw_kbool(w, "active", ch->active);
    if (see_secret)
        jw_kstr(w, "secret", ch->secret);
    jw_key(w, "sla"); /* 0: the shop's limit */
    jw_obj(w);
    jw_ki64(w, "greeting_ms", ch->greeting_ms);
    jw_ki64(w, "reply_ms", ch->reply_ms);
    jw_ki64(w, "version", ch->sla_version);
    jw_obj_end(w);
    snippet(w, ch, base_url);
    jw_obj_end(w);
}
