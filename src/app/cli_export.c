/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zhixin export conversations: one JSON object a line, oldest conversation first. Each conversation
 * is read in one snapshot of its own, so a long export holds nobody up and no line is torn; what
 * begins after the export began is left out. Nothing but the line at hand is kept in memory.
 */
#include "api/shape.h"
#include "app/cli.h"
#include "app/cli_store.h"
#include "base/clock.h"
#include "base/opt.h"
#include "sql/export.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 512 << 20, OPEN_ARENA = 1 << 20 };

typedef struct {
    const char *data, *database, *from, *to;
    int64_t shop;
    bool notes, help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"data", OPT_TEXT, "DIR", "./data", 0, 0, "the data folder of the server", AT(data)},
    {"database", OPT_TEXT, "URL", NULL, 0, 0, "postgres://… instead of SQLite", AT(database)},
    {"from", OPT_TEXT, "T", NULL, 0, 0, "begun at or after (2026-11-24, 2026-11-24T09:41:07Z, ms)",
     AT(from)},
    {"to", OPT_TEXT, "T", NULL, 0, 0, "begun before; default: now", AT(to)},
    {"shop", OPT_INT, "ID", "0", 0, INT64_MAX, "of one shop (0: all)", AT(shop)},
    {"notes", OPT_FLAG, NULL, NULL, 0, 0, "with the notes that staff wrote to each other",
     AT(notes)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

typedef struct {
    int64_t id, shop_id;
    Str status, stage, subject, tags, page_url, page_title;
    int64_t created_at, closed_at;
    Str close_reason;
    int64_t merged_into, rating_score;
    Str rating_tags, rating_note;
    int64_t channel_id;
    Str channel_name, channel_kind;
    int64_t customer_id;
    Str customer_name;
    int64_t assignee_id;
    Str assignee_name;
} Conversation;

static const StoreField CONVERSATION_FIELDS[] = {
    STORE_FIELD(Conversation, id),           STORE_FIELD(Conversation, shop_id),
    STORE_FIELD(Conversation, status),       STORE_FIELD(Conversation, stage),
    STORE_FIELD(Conversation, subject),      STORE_FIELD(Conversation, tags),
    STORE_FIELD(Conversation, page_url),     STORE_FIELD(Conversation, page_title),
    STORE_FIELD(Conversation, created_at),   STORE_FIELD(Conversation, closed_at),
    STORE_FIELD(Conversation, close_reason), STORE_FIELD(Conversation, merged_into),
    STORE_FIELD(Conversation, rating_score), STORE_FIELD(Conversation, rating_tags),
    STORE_FIELD(Conversation, rating_note),  STORE_FIELD(Conversation, channel_id),
    STORE_FIELD(Conversation, channel_name), STORE_FIELD(Conversation, channel_kind),
    STORE_FIELD(Conversation, customer_id),  STORE_FIELD(Conversation, customer_name),
    STORE_FIELD(Conversation, assignee_id),  STORE_FIELD(Conversation, assignee_name),
};
static const StoreMap CONVERSATION_MAP = STORE_MAP(Conversation, CONVERSATION_FIELDS);

typedef struct {
    int64_t seq;
    Str role, kind, body, extra;
    int64_t sender_id;
    Str sender_name, understanding;
    int64_t at_ms, recalled_at;
} Message;

static const StoreField MESSAGE_FIELDS[] = {
    STORE_FIELD(Message, seq),         STORE_FIELD(Message, role),
    STORE_FIELD(Message, kind),        STORE_FIELD(Message, body),
    STORE_FIELD(Message, extra),       STORE_FIELD(Message, sender_id),
    STORE_FIELD(Message, sender_name), STORE_FIELD(Message, understanding),
    STORE_FIELD(Message, at_ms),       STORE_FIELD(Message, recalled_at),
};
static const StoreMap MESSAGE_MAP = STORE_MAP(Message, MESSAGE_FIELDS);

typedef struct {
    Options o;
    CliStore db;
    int64_t from_ms, to_ms;
    int64_t after; /* the last conversation written */
    Buf line;
    bool found;
} Export;

/* ---- one line ---- */
static void text_or_null_json(JsonW *w, const char *key, Str s)
{
    if (s.n)
        jw_kstr(w, key, s);
    else
        jw_knull(w, key);
}

static void who(JsonW *w, const char *key, int64_t id, Str name, Str kind)
{
    jw_key(w, key);
    if (!id) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_kid(w, "id", id);
    jw_kstr(w, "name", name);
    if (kind.n)
        jw_kstr(w, "kind", kind);
    jw_obj_end(w);
}

static void member(JsonW *w, const char *key, Str json)
{
    Str v = shape_member(json, key);
    if (v.n && !str_is(v, "null"))
        jw_kraw(w, key, v);
}

static void head(JsonW *w, const Conversation *v)
{
    jw_kid(w, "id", v->id);
    jw_kstr(w, "external", v->page_title);
    jw_kid(w, "shop", v->shop_id);
    who(w, "channel", v->channel_id, v->channel_name, v->channel_kind);
    who(w, "customer", v->customer_id, v->customer_name, STR_NONE);
    who(w, "agent", v->assignee_id, v->assignee_name, STR_NONE);
    jw_kstr(w, "status", v->status);
    jw_ki64(w, "created_at", v->created_at);
    if (v->closed_at)
        jw_ki64(w, "closed_at", v->closed_at);
    else
        jw_knull(w, "closed_at");
    text_or_null_json(w, "close_reason", v->close_reason);
    if (v->merged_into)
        jw_kid(w, "merged_into", v->merged_into);
    jw_kstr(w, "page_url", v->page_url);
    jw_kstr(w, "stage", v->stage);
    text_or_null_json(w, "subject", v->subject);
    jw_kraw(w, "tags", v->tags.n ? v->tags : STR("[]"));
    jw_key(w, "rating");
    if (!v->rating_score) {
        jw_null(w);
        return;
    }
    jw_obj(w);
    jw_ki64(w, "score", v->rating_score);
    jw_kraw(w, "tags", v->rating_tags.n ? v->rating_tags : STR("[]"));
    text_or_null_json(w, "note", v->rating_note);
    jw_obj_end(w);
}

static void turn(JsonW *w, const Message *m)
{
    bool recalled = m->recalled_at != 0;
    jw_obj(w);
    jw_kstr(w, "role", str_is(m->role, "customer") ? STR("user") : m->role);
    jw_kstr(w, "kind", m->kind);
    jw_kstr(w, "text", recalled ? STR("") : m->body);
    jw_ki64(w, "seq", m->seq);
    jw_ki64(w, "at", m->at_ms);
    if (m->sender_id)
        who(w, "sender", m->sender_id, m->sender_name, STR_NONE);
    if (recalled) {
        jw_kbool(w, "recalled", true);
    } else {
        member(w, "file", m->extra);
        member(w, "card", m->extra);
        member(w, "emotion", m->understanding);
        member(w, "intensity", m->understanding);
        member(w, "intents", m->understanding);
        member(w, "stage", m->understanding);
    }
    jw_obj_end(w);
}

static Err turns(Ctx *c, const Export *x, JsonW *w, int64_t conversation)
{
    size_t n = 1;
    for (int64_t seq = 0; n > 0;) {
        ArenaMark mark = arena_mark(c->arena);
        Message *rows;
        Err err = store_all(c, &EXPORT_MESSAGES, BINDS(i64(conversation), i64(seq)), &MESSAGE_MAP,
                            &rows, &n);
        if (err)
            return err;
        for (size_t i = 0; i < n; i++) {
            seq = rows[i].seq;
            if (x->o.notes || !str_is(rows[i].kind, "note"))
                turn(w, &rows[i]);
        }
        arena_release(c->arena, mark);
    }
    return ERR_OK;
}

/* The next conversation as a line; runs again from its beginning when the connection was lost. */
static Err next_line(Ctx *c, void *arg)
{
    Export *x = arg;
    Conversation v;
    x->line.n = 0;
    x->line.over = false;
    x->found = false;
    Err err = store_one(c, &EXPORT_NEXT,
                        BINDS(i64(x->after), i64(x->from_ms), i64(x->to_ms), i64(x->o.shop)),
                        &CONVERSATION_MAP, &v, &x->found);
    if (err || !x->found)
        return err;
    JsonW w;
    jw_init(&w, &x->line);
    jw_obj(&w);
    head(&w, &v);
    jw_key(&w, "turns");
    jw_arr(&w);
    err = turns(c, x, &w, v.id);
    jw_arr_end(&w);
    jw_obj_end(&w);
    buf_byte(&x->line, '\n');
    if (!err && x->line.over)
        err = ctx_err(c, ERR_LIMIT, "export.too_large", "conversation %lld is larger than %d MB",
                      (long long)v.id, LINE_BYTES >> 20);
    x->after = err ? x->after : v.id;
    return err;
}

static Err write_all(Export *x, ErrSlot *e)
{
    for (;;) {
        arena_reset(x->db.arena);
        Err err = cli_store_read(&x->db, next_line, x, e);
        if (err || !x->found)
            return err;
        if (fwrite(x->line.p, 1, x->line.n, stdout) != x->line.n)
            return err_set(e, ERR_STORAGE, "export.write", "standard output takes no more");
    }
}

static int run(Export *x)
{
    ErrSlot e = {0};
    Err err = cli_store_open(&x->db, x->o.data, x->o.database, &e);
    if (err)
        return cli_refused("export", &e);
    buf_init(&x->line, NULL, LINE_BYTES);
    err = write_all(x, &e);
    if (fflush(stdout) != 0 && !err)
        err = err_set(&e, ERR_STORAGE, "export.write", "standard output takes no more");
    buf_finish(&x->line);
    cli_store_close(&x->db);
    return err ? cli_refused("export", &e) : CLI_OK;
}

static int usage(const char *why)
{
    if (why)
        fprintf(stderr, "zhixin export: %s\n", why);
    fprintf(stderr, "usage: zhixin export conversations [options]\n");
    opt_help(OPTIONS, OPTIONS_N);
    return why ? CLI_USAGE : CLI_OK;
}

int cli_export(int argc, char **argv)
{
    Export x = {0};
    ErrSlot e = {0};
    Arena *arena = arena_create(OPEN_ARENA);
    char **words;
    int n, code;
    Err err = opt_parse(arena, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &x.o, &words, &n);
    x.to_ms = clock_wall_ms() + 1;
    if (err)
        code = usage(e.text);
    else if (x.o.help)
        code = usage(NULL);
    else if (n != 1 || strcmp(words[0], "conversations") != 0)
        code = usage("say what: conversations");
    else if ((x.o.from && !cli_moment(x.o.from, &x.from_ms)) ||
             (x.o.to && !cli_moment(x.o.to, &x.to_ms)))
        code = usage("--from and --to are moments like 2026-11-24 or 2026-11-24T09:41:07Z");
    else
        code = run(&x);
    arena_destroy(arena);
    return code;
}
