/* SPDX-License-Identifier: Apache-2.0 */
#include "service/privacy.h"

#include "accounts/audit.h"
#include "accounts/setting.h"
#include "desk/privacy.h"
#include "service/hook.h"
#include "service/internal.h"
#include "service/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { CONVERSATIONS = 20, FILES = 100, SWEEP_CONVERSATIONS = 200, SWEEP_FILES = 500 };
#define DAY_MS INT64_C(86400000)

/* What one erasure works with. */
typedef struct {
    Service *s;
    Ctx *c;
    const char *data_dir;
    ServiceErased done;
} Job;

/* ---- files: bytes first, so that a crash leaves a row to go by ---- */
static Err remove_bytes(const Job *j, int64_t id)
{
    Str path = upload_path(j->c->arena, j->data_dir, id);
    if (unlink(path.p) != 0 && errno != ENOENT)
        return ctx_err(j->c, ERR_STORAGE, "file.not_removed", "%s: %s", path.p, strerror(errno));
    char *folder = str_c(j->c->arena, path);
    *strrchr(folder, '/') = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) { /* the row must not go before the name has gone for good */
        (void)fsync(fd);
        close(fd);
    }
    return ERR_OK;
}

typedef struct {
    const int64_t *ids;
    size_t n;
    int64_t dropped;
} Drop;

static Err drop_rows(Ctx *c, void *arg)
{
    Drop *d = arg;
    d->dropped = 0;
    for (size_t i = 0; i < d->n; i++) {
        bool one;
        Err err = desk_privacy_drop_file(c, d->ids[i], &one);
        if (err)
            return err;
        d->dropped += one;
    }
    return ERR_OK;
}

static Err remove_files(Job *j, const int64_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        Err err = remove_bytes(j, ids[i]);
        if (err)
            return err;
    }
    if (!n)
        return ERR_OK;
    Drop d = {.ids = ids, .n = n};
    Err err = store_write(j->s->store, j->c, STORE_IMPORT, drop_rows, &d);
    j->done.files += d.dropped;
    return err;
}

/* ---- one conversation ---- */
typedef struct {
    int64_t id, after, last, messages;
    int64_t *files;
    size_t file_n;
    bool done;
} Talk;

static Err look(Ctx *c, void *arg)
{
    Talk *t = arg;
    return desk_privacy_named_files(c, t->id, t->after, &t->last, &t->files, &t->file_n);
}

static Err blank(Ctx *c, void *arg)
{
    Talk *t = arg;
    return desk_privacy_blank_messages(c, t->id, t->after, t->last, &t->messages);
}

/* The place where others forget a conversation at once; what may wait follows the event. */
static Err finish(Ctx *c, void *arg)
{
    Talk *t = arg;
    Err err = service_hook_forget_conversation(c, t->id);
    return err ? err : desk_privacy_blank_conversation(c, t->id, &t->done);
}

static Err erase_conversation(Job *j, int64_t id)
{
    Talk t = {.id = id};
    for (;; t.after = t.last) {
        ArenaMark mark = arena_mark(j->c->arena);
        Err err = store_read(j->s->store, j->c, look, &t);
        if (!err && t.last > t.after)
            err = remove_files(j, t.files, t.file_n);
        if (!err && t.last > t.after)
            err = store_write(j->s->store, j->c, STORE_IMPORT, blank, &t);
        ctx_wakes_drop(j->c);
        arena_release(j->c->arena, mark);
        if (err)
            return err;
        if (t.last == t.after)
            break;
        j->done.messages += t.messages;
    }
    Err err = store_write(j->s->store, j->c, STORE_IMPORT, finish, &t);
    ctx_wakes_drop(j->c);
    j->done.conversations += !err && t.done;
    return err;
}

/* ---- one customer ---- */
typedef struct {
    Service *s;
    int64_t customer_id, *records;
    size_t record_n;
    DeskLeft *left;
    size_t left_n;
    int64_t conversation_id, record, after_id;
    DeskFile *files;
    size_t file_n;
} Person;

static Err find_person(Ctx *c, void *arg)
{
    Person *p = arg;
    DeskCustomer cu;
    Err err = desk_customer_get(c, p->customer_id, &cu);
    if (!err && cu.merged_into)
        err = ctx_err(c, ERR_CONFLICT, "customer.merged",
                      "this record was merged into %lld: that one is asked for",
                      (long long)cu.merged_into);
    return err ? err : desk_privacy_records(c, p->customer_id, &p->records, &p->record_n);
}

static Err find_left(Ctx *c, void *arg)
{
    Person *p = arg;
    return desk_privacy_left(c, p->customer_id, CONVERSATIONS, &p->left, &p->left_n);
}

static Err end_one(Ctx *c, void *arg)
{
    Person *p = arg;
    DeskConversation row;
    return service_staff_close(p->s, c, p->conversation_id, STR("erased"), STR_NONE, &row);
}

/* Who sees the queue, and the agent who has a free place now, are told like after a timer. */
static Err end_conversation(Job *j, Person *p, int64_t id)
{
    p->conversation_id = id;
    Err err = store_write(j->s->store, j->c, STORE_CHAT, end_one, p);
    if (!err && j->s->publish)
        j->s->publish(j->c, j->s->publish_user);
    ctx_wakes_drop(j->c);
    return err;
}

static Err erase_conversations(Job *j, Person *p)
{
    for (bool more = true; more;) {
        ArenaMark mark = arena_mark(j->c->arena);
        int64_t before = j->done.conversations;
        Err err = store_read(j->s->store, j->c, find_left, p);
        size_t n = p->left_n;
        for (size_t i = 0; i < n && !err; i++) {
            int64_t id = p->left[i].id;
            if (!p->left[i].closed)
                err = end_conversation(j, p, id);
            if (!err)
                err = erase_conversation(j, id);
        }
        arena_release(j->c->arena, mark);
        if (err)
            return err;
        more = n && j->done.conversations > before; /* else it goes on: service_erase says so */
    }
    return ERR_OK;
}

static Err find_files(Ctx *c, void *arg)
{
    Person *p = arg;
    return desk_privacy_files(c, p->record, p->after_id, FILES, &p->files, &p->file_n);
}

/* Those too that were never sent, and those of merged records. */
static Err erase_files(Job *j, Person *p)
{
    for (size_t r = 0; r < p->record_n; r++) {
        p->record = p->records[r];
        p->after_id = 0;
        do {
            int64_t ids[FILES];
            ArenaMark mark = arena_mark(j->c->arena);
            Err err = store_read(j->s->store, j->c, find_files, p);
            size_t n = err ? 0 : p->file_n;
            for (size_t i = 0; i < n; i++)
                ids[i] = p->after_id = p->files[i].id;
            if (!err)
                err = remove_files(j, ids, n);
            arena_release(j->c->arena, mark);
            if (err)
                return err;
        } while (p->file_n == FILES);
    }
    return ERR_OK;
}

Err service_erase_prepare(Service *s, Ctx *c, const char *data_dir, int64_t customer_id,
                          ServiceErased *ret)
{
    Job j = {.s = s, .c = c, .data_dir = data_dir};
    Person p = {.s = s, .customer_id = customer_id};
    Err err = store_read(s->store, c, find_person, &p);
    if (!err)
        err = erase_conversations(&j, &p);
    if (!err)
        err = erase_files(&j, &p);
    *ret = j.done;
    return err;
}

static Str number(Ctx *c, int64_t n)
{
    return str_fmt(c->arena, "%lld", (long long)n);
}

static Str detail(Ctx *c, const ServiceErased *done)
{
    return str_fmt(c->arena,
                   "{\"conversations\":\"%.*s\",\"messages\":\"%.*s\",\"files\":\"%.*s\"}",
                   STR_ARG(number(c, done->conversations)), STR_ARG(number(c, done->messages)),
                   STR_ARG(number(c, done->files)));
}

Err service_erase(Ctx *c, int64_t customer_id, const ServiceErased *done)
{
    Person p = {.customer_id = customer_id};
    Err err = find_person(c, &p);
    if (!err) /* from here on nobody opens a conversation for them */
        err = desk_customer_lock(c, customer_id);
    if (!err)
        err = find_left(c, &p);
    if (!err && p.left_n)
        err = ctx_err(c, ERR_CONFLICT, "customer.writes_now",
                      "the customer wrote in between; erase once more");
    for (size_t i = 0; i < p.record_n && !err; i++)
        if (!(err = service_hook_forget_customer(c, p.records[i])))
            err = desk_privacy_blank_customer(c, p.records[i]);
    return err ? err : accounts_audit(c, "customer.erased", customer_id, detail(c, done));
}

/* ---- how long things are kept ---- */
Err service_retention(Ctx *c, ServiceRetention *ret)
{
    AccountsSetting set;
    const Json *json = NULL;
    *ret = (ServiceRetention){0};
    Err err = accounts_setting_get(c, STR("retention"), &set);
    if (!err && set.value.n)
        err = json_parse(c->arena, &c->err, set.value, &json);
    if (err)
        return err;
    *ret = (ServiceRetention){.messages_days = json_i64(json, "messages_days", 0),
                              .files_days = json_i64(json, "files_days", 0),
                              .audit_days = json_i64(json, "audit_days", 0),
                              .version = set.version};
    return ERR_OK;
}

Err service_retention_put(Ctx *c, ServiceRetention *r, int64_t expected)
{
    const struct {
        const char *name;
        int64_t days;
    } fields[] = {{"messages_days", r->messages_days},
                  {"files_days", r->files_days},
                  {"audit_days", r->audit_days}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].days < 0 || fields[i].days > SERVICE_RETENTION_DAYS_MAX)
            return ctx_field(c, fields[i].name, "request.field_value",
                             "days from 0 (for ever) to %d", SERVICE_RETENTION_DAYS_MAX);
    Str value =
        str_fmt(c->arena, "{\"messages_days\":%lld,\"files_days\":%lld,\"audit_days\":%lld}",
                (long long)r->messages_days, (long long)r->files_days, (long long)r->audit_days);
    return accounts_setting_put(c, STR("retention"), value, expected, &r->version);
}

typedef struct {
    ServiceRetention keep;
    int64_t *due, *files;
    size_t due_n, file_n;
} Old;

static Err find_old(Ctx *c, void *arg)
{
    Old *o = arg;
    Err err = service_retention(c, &o->keep);
    if (!err && o->keep.messages_days)
        err = desk_privacy_due(c, c->now_ms - o->keep.messages_days * DAY_MS, SWEEP_CONVERSATIONS,
                               &o->due, &o->due_n);
    if (!err && o->keep.files_days)
        err = desk_privacy_old_files(c, c->now_ms - o->keep.files_days * DAY_MS, SWEEP_FILES,
                                     &o->files, &o->file_n);
    return err;
}

typedef struct {
    int64_t before_ms, dropped;
    const ServiceErased *done;
} Tail;

/* The audit log is cut last, and what was erased is its newest line. */
static Err write_tail(Ctx *c, void *arg)
{
    Tail *t = arg;
    t->dropped = 0;
    Err err = t->before_ms ? accounts_audit_sweep(c, t->before_ms, &t->dropped) : ERR_OK;
    if (!err && (t->done->conversations || t->done->files))
        err = accounts_audit(c, "retention.applied", 0, detail(c, t->done));
    return err;
}

static Err sweep_shop(Job *j, bool *ret_more)
{
    Old o = {0};
    Err err = store_read(j->s->store, j->c, find_old, &o);
    for (size_t i = 0; i < o.due_n && !err; i++)
        err = erase_conversation(j, o.due[i]);
    for (size_t i = 0; i < o.file_n && !err; i += FILES)
        err = remove_files(j, o.files + i, o.file_n - i < FILES ? o.file_n - i : FILES);
    if (err)
        return err;
    Tail t = {.before_ms = o.keep.audit_days ? j->c->now_ms - o.keep.audit_days * DAY_MS : 0,
              .done = &j->done};
    if (t.before_ms || j->done.conversations || j->done.files)
        err = store_write(j->s->store, j->c, STORE_IMPORT, write_tail, &t);
    ctx_wakes_drop(j->c);
    *ret_more |= o.due_n == SWEEP_CONVERSATIONS || o.file_n == SWEEP_FILES ||
                 t.dropped >= ACCOUNTS_AUDIT_SWEEP;
    return err;
}

typedef struct {
    AccountsShop *shops;
    size_t n;
} Shops;
static Err find_shops(Ctx *c, void *arg)
{
    Shops *l = arg;
    return accounts_shop_list_all(c, &l->shops, &l->n);
}

Err service_retention_sweep(Service *s, Ctx *c, const char *data_dir, ServiceErased *ret,
                            bool *ret_more)
{
    Shops l = {0};
    *ret_more = false;
    *ret = (ServiceErased){0};
    c->actor = (Actor){.role = ROLE_SYSTEM};
    Err err = store_read(s->store, c, find_shops, &l);
    for (size_t i = 0; i < l.n && !err; i++) {
        ArenaMark mark = arena_mark(c->arena);
        Job j = {.s = s, .c = c, .data_dir = data_dir};
        c->actor = (Actor){.role = ROLE_SYSTEM, .shop_id = l.shops[i].id};
        err = sweep_shop(&j, ret_more);
        ret->conversations += j.done.conversations;
        ret->messages += j.done.messages;
        ret->files += j.done.files;
        arena_release(c->arena, mark);
    }
    return err;
}
