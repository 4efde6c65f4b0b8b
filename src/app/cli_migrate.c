/* SPDX-License-Identifier: Apache-2.0 */
/* zhixin migrate: shows which schema changes were applied and which are not, and applies them, as
 * the server does when it starts (with a backup before). */
#include "app/cli.h"
#include "app/cli_store.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"

#include <stdio.h>

enum { WORK_ARENA = 4 << 20, OUT_BYTES = 1 << 20, NODE = 1022 };

typedef struct {
    const char *data, *database;
    bool show, help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"data", OPT_TEXT, "DIR", "./data", 0, 0, "the data folder of the server", AT(data)},
    {"database", OPT_TEXT, "URL", NULL, 0, 0, "postgres://… instead of SQLite", AT(database)},
    {"show", OPT_FLAG, NULL, NULL, 0, 0, "only show, change nothing", AT(show)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

typedef struct {
    Options o;
    Arena *arena;
    Log log;
    StoreConfig config;
    StoreMigrationState *all;
    size_t n;
} Migrate;

static size_t pending(const Migrate *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        n += m->all[i].applied_at == 0;
    return n;
}

static void list(JsonW *w, const Migrate *m, bool applied)
{
    jw_key(w, applied ? "applied" : "pending");
    jw_arr(w);
    for (size_t i = 0; i < m->n; i++) {
        const StoreMigrationState *s = &m->all[i];
        if ((s->applied_at != 0) != applied)
            continue;
        jw_obj(w);
        jw_ki64(w, "number", s->number);
        jw_kstr(w, "name", s->name);
        if (applied)
            jw_ki64(w, "at", s->applied_at);
        if (!s->known)
            jw_kbool(w, "unknown", true);
        jw_obj_end(w);
    }
    jw_arr_end(w);
}

static int print(const Migrate *m)
{
    Buf b;
    JsonW w;
    buf_init(&b, m->arena, OUT_BYTES);
    jw_init(&w, &b);
    jw_obj(&w);
    list(&w, m, true);
    list(&w, m, false);
    jw_obj_end(&w);
    printf("%.*s\n", STR_ARG(buf_str(&b)));
    fprintf(stderr, "%zu applied, %zu pending\n", m->n - pending(m), pending(m));
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static Err look(Migrate *m, ErrSlot *e)
{
    return store_migration_list(&m->config, e, m->arena, &m->all, &m->n);
}

/* Opening does it, and judges what cannot be done. */
static Err apply(Migrate *m, ErrSlot *e)
{
    Store *s;
    Err err = store_open(&m->config, e, &s);
    if (!err)
        store_close(s);
    return err;
}

static Err need_known(const Migrate *m, ErrSlot *e)
{
    for (size_t i = 0; i < m->n; i++)
        if (!m->all[i].known)
            return err_set(e, ERR_CONFLICT, "store.newer_schema",
                           "the database has %.*s, which this version does not know",
                           STR_ARG(m->all[i].name));
    return ERR_OK;
}

static int run(Migrate *m)
{
    ErrSlot e = {0};
    m->config = (StoreConfig){.data_dir = m->o.data,
                              .database_url = m->o.database,
                              .pg_connections = 1,
                              .node = NODE,
                              .log = &m->log};
    Err err = look(m, &e);
    bool strange = !err && need_known(m, &e) != ERR_OK;
    if (!err && !strange && !m->o.show && pending(m)) {
        err = apply(m, &e);
        if (!err)
            err = look(m, &e);
    }
    if (err)
        return cli_refused("migrate", &e);
    int code = print(m);
    return strange ? cli_refused("migrate", &e) : code;
}

static int usage(const char *why)
{
    if (why)
        fprintf(stderr, "zhixin migrate: %s\n", why);
    fprintf(stderr, "usage: zhixin migrate [options]\n");
    opt_help(OPTIONS, OPTIONS_N);
    return why ? CLI_USAGE : CLI_OK;
}

int cli_migrate(int argc, char **argv)
{
    Migrate m = {.arena = arena_create(WORK_ARENA), .log = {.level = LOG_INFO}};
    ErrSlot e = {0};
    char **words;
    int n, code;
    Err err = opt_parse(m.arena, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &m.o, &words, &n);
    if (err)
        code = usage(e.text);
    else if (m.o.help)
        code = usage(NULL);
    else if (n)
        code = usage("it takes options only");
    else
        code = run(&m);
    arena_destroy(m.arena);
    return code;
}
