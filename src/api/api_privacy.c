/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of one customer: handed out, erased; and how long the shop keeps things. */
#include "api/help.h"

#include "desk/privacy.h"
#include "service/privacy.h"

enum { PAGE = 500, EXPORT_MAX = 16 << 20, EXPORT_ENOUGH = 8 << 20 };

/* ---- the export ---- */
typedef struct {
    ApiCall *call;
    Buf out; /* owned: pages of rows come and go beside it */
    JsonW w;
    int64_t next; /* conversation to go on after; 0: that was all */
} Export;

static void finish_buf(void *buf)
{
    buf_finish(buf);
}

static Err write_person(Export *x, int64_t id)
{
    Ctx *c = x->call->c;
    DeskCustomer cu;
    DeskIdentity *list;
    int64_t *records;
    size_t n;
    Err err = desk_customer_get(c, id, &cu);
    if (!err)
        err = desk_privacy_identities(c, id, &list, &n);
    if (err)
        return err;
    jw_key(&x->w, "customer");
    shape_customer(&x->w, &cu, true);
    jw_key(&x->w, "identities");
    jw_arr(&x->w);
    for (size_t i = 0; i < n; i++) {
        jw_obj(&x->w);
        jw_kid(&x->w, "channel", list[i].channel_id);
        jw_kstr(&x->w, "value", list[i].value);
        jw_ki64(&x->w, "created_at", list[i].created_at);
        jw_obj_end(&x->w);
    }
    jw_arr_end(&x->w);
    err = desk_privacy_records(c, id, &records, &n);
    jw_key(&x->w, "merged");
    jw_arr(&x->w);
    for (size_t i = 1; i < n && !err; i++) {
        err = desk_customer_get(c, records[i], &cu);
        if (!err)
            shape_customer(&x->w, &cu, true);
    }
    jw_arr_end(&x->w);
    return err;
}

static Err write_files(Export *x, int64_t id)
{
    Ctx *c = x->call->c;
    int64_t *records;
    size_t record_n, n = PAGE;
    Err err = desk_privacy_records(c, id, &records, &record_n);
    jw_key(&x->w, "files");
    jw_arr(&x->w);
    for (size_t r = 0; r < record_n && !err; r++) {
        int64_t after = 0;
        do {
            DeskFile *files;
            ArenaMark mark = arena_mark(c->arena);
            err = desk_privacy_files(c, records[r], after, PAGE, &files, &n);
            for (size_t i = 0; i < n && !err; i++) {
                jw_raw(&x->w, desk_file_json(c->arena, &files[i]));
                after = files[i].id;
            }
            arena_release(c->arena, mark);
        } while (!err && n == PAGE);
    }
    jw_arr_end(&x->w);
    return err;
}

static Err write_messages(Export *x, int64_t id)
{
    Ctx *c = x->call->c;
    int64_t after = 0;
    size_t n = PAGE;
    Err err = ERR_OK;
    jw_key(&x->w, "messages");
    jw_arr(&x->w);
    while (!err && n == PAGE && !x->out.over) {
        DeskMessage *m;
        ArenaMark mark = arena_mark(c->arena);
        err = desk_message_list(c, id, after, 0, PAGE, &m, &n);
        for (size_t i = 0; i < n && !err; i++) {
            shape_message(&x->w, &m[i], SHAPE_SUPERVISOR);
            after = m[i].seq;
        }
        arena_release(c->arena, mark);
    }
    jw_arr_end(&x->w);
    return err;
}

static Err write_conversation(Export *x, int64_t id)
{
    Ctx *c = x->call->c;
    DeskConversation row;
    Str tags;
    Err err = desk_conversation_get(c, id, &row);
    if (!err)
        err = desk_privacy_rating_tags(c, id, &tags);
    if (err)
        return err;
    jw_obj(&x->w);
    jw_key(&x->w, "conversation");
    shape_row(&x->w, &row);
    jw_kraw(&x->w, "rating_tags", tags.n ? tags : STR("[]"));
    err = write_messages(x, id);
    jw_obj_end(&x->w);
    return err;
}

static Err write_conversations(Export *x, int64_t customer_id, int64_t after)
{
    Ctx *c = x->call->c;
    size_t n = PAGE;
    Err err = ERR_OK;
    jw_key(&x->w, "conversations");
    jw_arr(&x->w);
    x->next = 0;
    while (!err && n == PAGE && !x->next) {
        int64_t *ids;
        ArenaMark mark = arena_mark(c->arena);
        err = desk_privacy_conversations(c, customer_id, after, PAGE, &ids, &n);
        for (size_t i = 0; i < n && !err && !x->next; i++) {
            ArenaMark one = arena_mark(c->arena);
            err = write_conversation(x, ids[i]);
            arena_release(c->arena, one);
            after = ids[i];
            if (x->out.n > EXPORT_ENOUGH && (i + 1 < n || n == PAGE))
                x->next = after;
        }
        arena_release(c->arena, mark);
    }
    jw_arr_end(&x->w);
    return err;
}

static Err write_export(Ctx *c, void *arg)
{
    Export *x = arg;
    int64_t after;
    Err err = api_query_i64(x->call, "cursor", 0, 0, INT64_MAX, &after);
    if (err)
        return err;
    x->out.n = 0;
    jw_init(&x->w, &x->out);
    jw_obj(&x->w);
    jw_ki64(&x->w, "exported_at", c->now_ms);
    err = write_person(x, x->call->id[0]);
    if (!err)
        err = write_files(x, x->call->id[0]);
    if (!err)
        err = write_conversations(x, x->call->id[0], after);
    if (x->next)
        jw_kstr(&x->w, "next", str_fmt(c->arena, "%lld", (long long)x->next));
    else
        jw_knull(&x->w, "next");
    jw_obj_end(&x->w);
    return err;
}

static Err export_prepare(ApiCall *call)
{
    Export *x = ARENA_NEW(call->c->arena, Export);
    x->call = call;
    buf_init(&x->out, NULL, EXPORT_MAX);
    arena_defer(call->c->arena, finish_buf, &x->out);
    call->work = x;
    return store_read(api_store(call->api), call->c, write_export, x);
}

static Err export_customer(ApiCall *call)
{
    const Export *x = call->work;
    Err err = accounts_audit(call->c, "customer.exported", call->id[0], STR_NONE);
    if (err)
        return err;
    call->headers = str_fmt(call->c->arena,
                            "Content-Disposition: attachment; filename=\"customer-%lld.json\"\r\n",
                            (long long)call->id[0]);
    call->out = x->out;
    return ERR_OK;
}

/* ---- erasing ---- */
static Err erase_prepare(ApiCall *call)
{
    ServiceErased *done = ARENA_NEW(call->c->arena, ServiceErased);
    call->work = done;
    return service_erase_prepare(api_service(call->api), call->c, api_data_dir(call->api),
                                 call->id[0], done);
}

static Err erase(ApiCall *call)
{
    Ctx *c = call->c;
    JsonW *w = &call->w;
    const ServiceErased *done = call->work;
    DeskConversation *rows;
    DeskCustomer cu;
    size_t n;
    Err err = service_erase(c, call->id[0], done);
    if (!err)
        err = desk_customer_get(c, call->id[0], &cu);
    if (!err)
        err = desk_conversation_history(c, call->id[0], 0, &rows, &n);
    if (err)
        return err;
    for (size_t i = 0; i < n; i++) /* who looks at one of them sees it empty */
        desk_conversation_wake(c, &rows[i], rows[i].assignee_id, false);
    jw_obj(w);
    jw_key(w, "customer");
    shape_customer(w, &cu, true);
    jw_key(w, "erased");
    jw_obj(w);
    jw_ki64(w, "conversations", done->conversations);
    jw_ki64(w, "messages", done->messages);
    jw_ki64(w, "files", done->files);
    jw_obj_end(w);
    jw_obj_end(w);
    return ERR_OK;
}

/* ---- how long things are kept ---- */
static void write_retention(ApiCall *call, const ServiceRetention *r)
{
    JsonW *w = &call->w;
    jw_obj(w);
    jw_ki64(w, "messages_days", r->messages_days);
    jw_ki64(w, "files_days", r->files_days);
    jw_ki64(w, "audit_days", r->audit_days);
    jw_ki64(w, "version", r->version);
    jw_obj_end(w);
}

static Err retention(ApiCall *call)
{
    ServiceRetention r;
    Err err = service_retention(call->c, &r);
    if (!err)
        write_retention(call, &r);
    return err;
}

static Err retention_put(ApiCall *call)
{
    ServiceRetention r;
    int64_t expected;
    const Json *body = call->body;
    Err err = service_retention(call->c, &r);
    if (!err)
        err = api_body_i64(call, body, "messages_days", 0, SERVICE_RETENTION_DAYS_MAX,
                           &r.messages_days);
    if (!err)
        err = api_body_i64(call, body, "files_days", 0, SERVICE_RETENTION_DAYS_MAX, &r.files_days);
    if (!err)
        err = api_body_i64(call, body, "audit_days", 0, SERVICE_RETENTION_DAYS_MAX, &r.audit_days);
    if (!err)
        err = api_body_version(call, body, &expected);
    if (!err)
        err = service_retention_put(call->c, &r, expected);
    if (!err)
        write_retention(call, &r);
    return err;
}

static const ApiRoute ROWS[] = {
    {NET_GET, "/api/customers/{id}/export", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, 0,
     .slow = true, .prepare = export_prepare, .run = export_customer,
     .summary = "All that is known of one customer; page by cursor when it is very much",
     .gives = "CustomerExport", .query = "cursor"},
    {NET_POST, "/api/customers/{id}/erase", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, API_SMALL,
     .slow = true, .prepare = erase_prepare, .run = erase,
     .summary = "Erase what is known of one customer; counts and ids stay", .takes = "Nothing",
     .gives = "CustomerErased"},
    {NET_GET, "/api/retention", API_OWNER, SCOPE_ADMIN, API_TX_READ, 0, .run = retention,
     .summary = "How many days things are kept; 0 is for ever", .gives = "Retention"},
    {NET_PUT, "/api/retention", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, API_SMALL,
     .run = retention_put, .summary = "Change how long things are kept", .takes = "RetentionPut",
     .gives = "Retention"},
};
const ApiRoutes API_ROUTES_PRIVACY = {ROWS, sizeof ROWS / sizeof ROWS[0]};
