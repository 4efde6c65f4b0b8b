/* SPDX-License-Identifier: Apache-2.0 */
/* What people say a message means: set, taken back, counted, and handed out as training data. */
#include "api/help.h"

#include "accounts/audit.h"
#include "service/correct.h"

enum { NOTE_CHARS = 200, CODE_CHARS = 40, TRAIN_ROWS = 5000, TRAIN_ENOUGH = 8 << 20 };

static Err answer(ApiCall *call, Err err, const DeskMessage *m)
{
    if (err)
        return err;
    jw_obj(&call->w);
    jw_key(&call->w, "message");
    shape_message(&call->w, m, api_viewer(call->c));
    jw_obj_end(&call->w);
    return ERR_OK;
}

static Err label_put(ApiCall *call)
{
    Ctx *c = call->c;
    ServiceLabels l = {0};
    ApiTexts intents;
    DeskMessage m;
    Err err = json_need_str(call->body, &c->err, "emotion", 1, CODE_CHARS, &l.emotion);
    if (!err)
        err = json_need_str(call->body, &c->err, "stage", 1, CODE_CHARS, &l.stage);
    if (!err)
        err = api_body_i64(call, call->body, "intensity", 0, 3, &l.intensity);
    if (!err)
        err = api_body_texts(call, "intents", NLU_INTENT_MAX, CODE_CHARS, &intents);
    if (!err)
        err = api_body_line(call, "note", NOTE_CHARS, &l.note);
    if (err)
        return err;
    for (size_t i = 0; i < intents.n; i++)
        l.intents[l.intent_n++] = intents.item[i];
    err = service_correct(c, call->id[0], call->id[1], &l, &m);
    return answer(call, err, &m);
}

static Err label_drop(ApiCall *call)
{
    DeskMessage m;
    Err err = service_correct_undo(call->c, call->id[0], call->id[1], &m);
    return answer(call, err, &m);
}

/* ---- for the supervisor ---- */
static void labels(JsonW *w, const char *key, Str emotion, int64_t intensity, Str intents,
                   Str stage)
{
    jw_key(w, key);
    jw_obj(w);
    jw_kstr(w, "emotion", emotion);
    jw_ki64(w, "intensity", intensity);
    jw_kraw(w, "intents", intents);
    jw_kstr(w, "stage", stage);
    jw_obj_end(w);
}

static void one(JsonW *w, const DeskCorrection *k)
{
    jw_obj(w);
    jw_kid(w, "id", k->id);
    jw_kid(w, "conversation", k->conversation_id);
    jw_ki64(w, "seq", k->seq);
    jw_kstr(w, "text", k->recalled_at ? STR("") : k->text);
    labels(w, "was", k->was_emotion, k->was_intensity, k->was_intents, k->was_stage);
    labels(w, "now", k->emotion, k->intensity, k->intents, k->stage);
    jw_kstr(w, "model", k->model);
    jw_kstr(w, "note", k->note);
    jw_key(w, "by");
    jw_obj(w);
    jw_kid(w, "id", k->user_id);
    jw_kstr(w, "name", k->user_name);
    jw_obj_end(w);
    jw_ki64(w, "at", k->at_ms);
    jw_obj_end(w);
}

static Err read_page(ApiCall *call, int64_t dflt, int64_t most, DeskCorrection **ret, size_t *ret_n,
                     int64_t *ret_since, int64_t *ret_limit)
{
    int64_t before;
    Err err = api_query_i64(call, "cursor", INT64_MAX, 1, INT64_MAX, &before);
    if (!err)
        err = api_query_i64(call, "limit", dflt, 1, most, ret_limit);
    if (!err)
        err = api_query_i64(call, "since", 0, 0, INT64_MAX, ret_since);
    return err ? err : desk_correction_list(call->c, before, *ret_since, *ret_limit, ret, ret_n);
}

static Err list(ApiCall *call)
{
    JsonW *w = &call->w;
    DeskCorrection *rows;
    DeskDrift *drift;
    size_t n, drift_n;
    int64_t since, limit, total;
    Err err = read_page(call, 50, 200, &rows, &n, &since, &limit);
    if (!err)
        err = desk_correction_drift(call->c, since, &total, &drift, &drift_n);
    if (err)
        return err;
    jw_obj(w);
    jw_key(w, "items");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        one(w, &rows[i]);
    jw_arr_end(w);
    jw_kid(w, "next", (int64_t)n == limit ? rows[n - 1].id : 0);
    jw_ki64(w, "total", total);
    jw_key(w, "drift");
    jw_arr(w);
    for (size_t i = 0; i < drift_n; i++) {
        jw_obj(w);
        jw_kstr(w, "kind", drift[i].kind);
        jw_kstr(w, "from", drift[i].from);
        jw_kstr(w, "to", drift[i].to);
        jw_ki64(w, "count", drift[i].n);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_obj_end(w);
    return ERR_OK;
}

/* A line as `zhixin train --extra` reads it: the turns before are context only, the last one has
 * its labels. */
static void train_line(Buf *out, const DeskCorrection *k, const ServiceTrainTurn *turns, size_t n)
{
    JsonW w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key(&w, "id");
    char id[48];
    Buf b = {.p = id, .size = sizeof id, .max = sizeof id};
    buf_fmt(&b, "desk-%lld-%lld", (long long)k->conversation_id, (long long)k->seq);
    jw_str(&w, buf_str(&b));
    jw_key(&w, "turns");
    jw_arr(&w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(&w);
        jw_kstr(&w, "role", turns[i].role == NLU_CUSTOMER ? STR("user") : STR("agent"));
        jw_kstr(&w, "text", turns[i].text);
        if (i == n - 1) {
            jw_kstr(&w, "emotion", k->emotion);
            jw_ki64(&w, "intensity", k->intensity);
            jw_kraw(&w, "intents", k->intents);
            jw_kstr(&w, "stage", k->stage);
        }
        jw_obj_end(&w);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    buf_byte(out, '\n');
}

static void finish_buf(void *buf)
{
    buf_finish(buf);
}

typedef struct {
    ApiCall *call;
    Buf out;      /* owned: rows come and go beside it */
    int64_t next; /* 0: that was all */
} Export;

/* Runs again from its beginning when the connection was lost. */
static Err write_lines(Ctx *c, void *arg)
{
    Export *x = arg;
    DeskCorrection *rows;
    size_t n, done = 0;
    int64_t since, limit;
    x->out.n = 0;
    x->next = 0;
    Err err = read_page(x->call, TRAIN_ROWS, TRAIN_ROWS, &rows, &n, &since, &limit);
    for (; !err && done < n && x->out.n < TRAIN_ENOUGH; done++) {
        ServiceTrainTurn turns[NLU_CONTEXT_MAX + 1];
        size_t turn_n;
        ArenaMark mark = arena_mark(c->arena);
        err = service_correct_turns(c, &rows[done], turns, &turn_n);
        if (!err && turn_n)
            train_line(&x->out, &rows[done], turns, turn_n);
        arena_release(c->arena, mark);
    }
    if (!err && done && (done < n || (int64_t)n == limit))
        x->next = rows[done - 1].id;
    return err;
}

static Err export_prepare(ApiCall *call)
{
    Export *x = ARENA_NEW(call->c->arena, Export);
    x->call = call;
    buf_init(&x->out, NULL, 2 * TRAIN_ENOUGH);
    arena_defer(call->c->arena, finish_buf, &x->out);
    call->work = x;
    return store_read(api_store(call->api), call->c, write_lines, x);
}

static Err export_lines(ApiCall *call)
{
    Ctx *c = call->c;
    const Export *x = call->work;
    Err err = accounts_audit(c, "corrections.exported", 0, STR_NONE);
    if (err)
        return err;
    call->out = x->out;
    call->content_type = STR("application/x-ndjson; charset=utf-8");
    call->headers = STR("Content-Disposition: attachment; filename=\"corrections.jsonl\"\r\n");
    if (x->next)
        call->headers = str_fmt(c->arena, "%.*sX-Next-Cursor: %lld\r\n", STR_ARG(call->headers),
                                (long long)x->next);
    return ERR_OK;
}

#define LABEL "/api/conversations/{id}/messages/{seq}/label"
static const ApiRoute ROWS[] = {
    {NET_PUT, LABEL, API_AGENT, SCOPE_CHAT, API_TX_WRITE, API_SMALL, .run = label_put,
     .summary = "Say what a customer's message means, in place of what the machine read",
     .takes = "LabelsPut", .gives = "MessageAnswer"},
    {NET_DELETE, LABEL, API_AGENT, SCOPE_CHAT, API_TX_WRITE, 0, .run = label_drop,
     .summary = "Take that back", .gives = "MessageAnswer"},
    {NET_GET, "/api/corrections", API_SUPERVISOR, SCOPE_READ, API_TX_READ, 0, .run = list,
     .summary = "What was corrected, the latest first, and from which label to which how often",
     .gives = "Corrections", .query = "since limit cursor"},
    {NET_GET, "/api/corrections/export", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, 0,
     .prepare = export_prepare, .run = export_lines,
     .summary = "The same as lines for `zhixin train --extra`, personal data masked; the header "
                "X-Next-Cursor says that there is more",
     .gives = "text", .query = "since limit cursor"},
};
const ApiRoutes API_ROUTES_CORRECTIONS = {ROWS, sizeof ROWS / sizeof ROWS[0]};
