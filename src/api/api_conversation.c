/* SPDX-License-Identifier: Apache-2.0 */
/* Reading conversations: lists, one, its waits. */
#include "api/api_desk.h"
#include "api/help.h"

enum { FIND_PAGES = 10 }; /* pages looked through for a word before the caller asks on */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool has_word(Str hay, Str word)
{
    for (size_t i = 0; i + word.n <= hay.n; i++) {
        size_t k = 0;
        while (k < word.n && lower(hay.p[i + k]) == lower(word.p[k]))
            k++;
        if (k == word.n)
            return true;
    }
    return false;
}

static bool fits(Arena *a, const DeskConversation *v, Str q)
{
    return !q.n || has_word(v->customer_name, q) || has_word(v->last_text, q) ||
           has_word(v->tags, q) || has_word(v->assignee_name, q) ||
           str_eq(str_fmt(a, "%lld", (long long)v->id), q);
}

static Err write_counts(ApiCall *call)
{
    DeskCounts n;
    Err err = desk_conversation_counts(call->c, &n);
    JsonW *w = &call->w;
    jw_key(w, "counts");
    jw_obj(w);
    jw_ki64(w, "mine", err ? 0 : n.mine);
    jw_ki64(w, "queue", err ? 0 : n.queue);
    jw_ki64(w, "all", err ? 0 : n.all);
    jw_obj_end(w);
    return err;
}

/* A word is looked for page by page, at most FIND_PAGES of them: the cursor lets the caller go on.
 */
static Err write_found(ApiCall *call, Str view, int64_t limit, Str *cursor)
{
    Ctx *c = call->c;
    Str q = str_trim(api_query(call, "q")), tag = api_query(call, "tag");
    int64_t found = 0;
    for (int page = 0; page < FIND_PAGES; page++) {
        DeskConversation *rows;
        size_t n;
        Err err = desk_conversation_list(c, view, tag, limit, *cursor, &rows, &n, cursor);
        if (err)
            return err;
        for (size_t i = 0; i < n; i++) {
            if (!fits(c->arena, &rows[i], q))
                continue;
            shape_row(&call->w, &rows[i]);
            found++;
        }
        if (!cursor->n || found > 0)
            break;
    }
    return ERR_OK;
}

Err api_conversations(ApiCall *call)
{
    Str view = api_query(call, "view"), cursor = api_query(call, "cursor");
    int64_t limit;
    Err err = api_query_i64(call, "limit", 50, 1, 100, &limit);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_key(&call->w, "items");
    jw_arr(&call->w);
    err = write_found(call, view.n ? view : STR("mine"), limit, &cursor);
    jw_arr_end(&call->w);
    if (cursor.n)
        jw_kstr(&call->w, "next", cursor);
    else
        jw_knull(&call->w, "next");
    if (!err)
        err = write_counts(call);
    jw_obj_end(&call->w);
    return err;
}

static void write_history(JsonW *w, const DeskConversation *rows, size_t n)
{
    jw_key(w, "history");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(w);
        jw_kid(w, "id", rows[i].id);
        jw_ki64(w, "created_at", rows[i].created_at);
        if (rows[i].closed_at)
            jw_ki64(w, "closed_at", rows[i].closed_at);
        else
            jw_knull(w, "closed_at");
        jw_kstr(w, "subject", rows[i].subject);
        jw_key(w, "last");
        shape_last(w, &rows[i]);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

Err api_conversation(ApiCall *call)
{
    Ctx *c = call->c;
    DeskConversation v, *earlier;
    DeskCustomer cu;
    size_t n;
    Err err = desk_conversation_get(c, call->id[0], &v);
    if (!err)
        err = desk_customer_get(c, v.customer_id, &cu);
    if (!err)
        err = desk_conversation_history(c, v.customer_id, v.id, &earlier, &n);
    if (err)
        return err;
    /* what a customer left to be reached by is for who serves them */
    bool serves = v.assignee_id && v.assignee_id == c->actor.user_id;
    JsonW *w = &call->w;
    jw_obj(w);
    jw_key(w, "conversation");
    shape_row(w, &v);
    jw_key(w, "customer");
    shape_customer(w, &cu, serves || api_supervises(c));
    write_history(w, earlier, n);
    jw_obj_end(w);
    return ERR_OK;
}

static void write_round(JsonW *w, const DeskRound *r)
{
    int64_t paused = r->due_at - r->started_at - r->limit_ms;
    jw_obj(w);
    jw_kstr(w, "kind", r->kind);
    jw_ki64(w, "started_at", r->started_at);
    jw_ki64(w, "due_at", r->due_at);
    if (r->stopped_at)
        jw_ki64(w, "stopped_at", r->stopped_at);
    else
        jw_knull(w, "stopped_at");
    jw_ki64(w, "limit_ms", r->limit_ms);
    jw_ki64(w, "version", r->config_version);
    jw_kbool(w, "late", r->late);
    jw_kstr(w, "reason", r->reason);
    jw_ki64(w, "paused_ms", paused > 0 ? paused : 0); /* closed hours before the deadline */
    jw_ki64(w, "queue_ms", r->queue_ms);
    jw_key(w, "agent");
    if (r->agent_id) {
        jw_obj(w);
        jw_kid(w, "id", r->agent_id);
        jw_kstr(w, "name", r->agent_name);
        jw_obj_end(w);
    } else {
        jw_null(w);
    }
    jw_obj_end(w);
}

Err api_conversation_sla(ApiCall *call)
{
    DeskConversation v;
    DeskRound *rounds;
    size_t n;
    Err err = desk_conversation_get(call->c, call->id[0], &v);
    if (!err)
        err = desk_clock_rounds(call->c, v.id, &rounds, &n);
    if (err)
        return err;
    jw_obj(&call->w);
    jw_key(&call->w, "rounds");
    jw_arr(&call->w);
    for (size_t i = 0; i < n; i++)
        write_round(&call->w, &rounds[i]);
    jw_arr_end(&call->w);
    jw_obj_end(&call->w);
    return ERR_OK;
}

static void write_lines(JsonW *w, const AssistSummary *s)
{
    jw_key(w, "lines");
    jw_arr(w);
    for (int k = 0; k < ASSIST_SUMMARY_LINES; k++) {
        const AssistSummaryLine *line = &s->lines[k];
        jw_obj(w);
        jw_kstr(w, "kind", str_of(assist_summary_kind((AssistSummaryKind)k)));
        jw_kstr(w, "text", line->text);
        jw_key(w, "seqs");
        jw_arr(w);
        for (size_t i = 0; i < line->seq_n; i++)
            jw_i64(w, line->seqs[i]);
        jw_arr_end(w);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

Err api_conversation_summary(ApiCall *call)
{
    ServiceSummary s;
    const ServiceShop *shop;
    Err err = service_shop(api_service(call->api), call->c, &shop);
    if (!err)
        err = service_summary(api_service(call->api), call->c, shop, call->id[0], &s);
    if (err)
        return err;
    JsonW *w = &call->w;
    jw_obj(w);
    jw_ki64(w, "last_seq", s.last_seq);
    write_lines(w, &s.summary);
    jw_key(w, "curve");
    jw_arr(w);
    for (size_t i = 0; i < s.summary.curve_n; i++) {
        const AssistSummaryPoint *p = &s.summary.curve[i];
        jw_obj(w);
        jw_ki64(w, "seq", p->seq);
        jw_ki64(w, "at", p->at_ms);
        jw_kstr(w, "emotion", str_of(nlu_emotion_code(p->emotion)));
        jw_ki64(w, "intensity", p->intensity);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
    return ERR_OK;
}
