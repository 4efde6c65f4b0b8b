/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zhixin doctor: is everything as it should be? The store's own check, then what a desk must be
 * true to: numbers without gaps, no clock that runs in a closed conversation, bytes for each
 * upload, room on the disk, timers that fire. Changes nothing and may run beside a server. Long
 * looks are made of short ones, so that they hold nobody up.
 */
#include "app/cli.h"
#include "app/cli_counts.h"
#include "app/cli_store.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"
#include "service/upload.h"
#include "sql/doctor.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { WORK_ARENA = 64 << 20, OUT_BYTES = 4 << 20, PROBLEMS = 64, TOLD = 20 };
static const int64_t LOW_BYTES = 256 << 20;

typedef struct {
    const char *data, *database;
    bool json, help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"data", OPT_TEXT, "DIR", "./data", 0, 0, "the data folder of the server", AT(data)},
    {"database", OPT_TEXT, "URL", NULL, 0, 0, "postgres://… instead of SQLite", AT(database)},
    {"json", OPT_FLAG, NULL, NULL, 0, 0, "the report as JSON only, no text", AT(json)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

typedef struct {
    int64_t id, last_seq, n, top;
} Gap;
static const StoreField GAP_FIELDS[] = {STORE_FIELD(Gap, id), STORE_FIELD(Gap, last_seq),
                                        STORE_FIELD(Gap, n), STORE_FIELD(Gap, top)};
static const StoreMap GAP_MAP = STORE_MAP(Gap, GAP_FIELDS);

typedef struct {
    int64_t id;
} Id;
static const StoreField ID_FIELDS[] = {STORE_FIELD(Id, id)};
static const StoreMap ID_MAP = STORE_MAP(Id, ID_FIELDS);

typedef struct {
    Options o;
    Arena *arena; /* what outlives one look */
    CliStore db;
    const Json *store; /* the store's report */
    CliCounts counts;
    int64_t open, orphans, clocks, overdue, parked;
    bool running;       /* a server, beside us */
    int64_t after, end; /* the part of the ids that is looked at */
    Gap *gaps;
    size_t gaps_n;
    Id *ids;
    size_t ids_n;
    int64_t there;
    int64_t gaps_all, files_missing, free_bytes, total_bytes;
    Gap told[TOLD];
    Str problems[PROBLEMS];
    int problems_n;
} Doctor;

static void problem(Doctor *d, Str what)
{
    if (d->problems_n < PROBLEMS)
        d->problems[d->problems_n] = what;
    d->problems_n++;
}

/* One look; what it takes is given back. An error is a problem of its own. */
static bool look(Doctor *d, const char *what, StoreRun run)
{
    ErrSlot e = {0};
    arena_reset(d->db.arena);
    if (cli_store_read(&d->db, run, d, &e) == ERR_OK)
        return true;
    problem(d, str_fmt(d->arena, "%s: %s (%s)", what, e.text, e.code ? e.code : "internal"));
    return false;
}

/* ---- the database ---- */
static void check_store(Doctor *d)
{
    ErrSlot e = {0};
    Str report = STR_NONE;
    Err err = store_check(d->db.store, &e, d->arena, &report);
    ErrSlot broken = {0};
    if (json_parse(d->arena, &broken, report, &d->store))
        d->store = NULL;
    const Json *faults = json_get(d->store, "faults");
    for (const Json *f = json_first(faults); f; f = json_next(f))
        problem(d, json_value_str(f));
    if (err && !json_count(faults))
        problem(d, str_dup(d->arena, str_of(e.text)));
    d->overdue = json_i64(d->store, "overdue_timers", 0);
    d->parked = json_i64(d->store, "parked_events", 0);
    if (d->parked)
        problem(d, str_fmt(d->arena, "%lld events were parked: a follower failed on them",
                           (long long)d->parked));
}

/* Does a process hold the lock on the data folder? Asked of the kernel: taking the lock to find out
 * would keep a server out that starts at this moment. */
static bool folder_in_use(const Doctor *d)
{
    struct stat st;
    FILE *locks = fopen("/proc/locks", "r");
    bool held = false;
    char line[256], inode[32];
    if (locks && stat(str_fmt(d->arena, "%s/zhixin.lock", d->o.data).p, &st) == 0) {
        snprintf(inode, sizeof inode, ":%llu ", (unsigned long long)st.st_ino);
        while (!held && fgets(line, sizeof line, locks))
            held = strstr(line, "FLOCK") && strstr(line, inode);
    }
    if (locks)
        fclose(locks);
    return held;
}

static Err read_state(Ctx *c, void *arg)
{
    Doctor *d = arg;
    int64_t others = 0;
    Err err = store_i64(c, &DOCTOR_OPEN, NO_BINDS, 0, &d->open);
    if (!err)
        err = store_i64(c, &DOCTOR_ORPHANS, NO_BINDS, 0, &d->orphans);
    if (!err)
        err = store_i64(c, &DOCTOR_CLOCKS, NO_BINDS, 0, &d->clocks);
    if (!err && d->o.database)
        err = store_i64(c, &DOCTOR_OTHERS, NO_BINDS, 0, &others);
    d->running = d->o.database ? others > 0 : folder_in_use(d);
    return err;
}

static void check_state(Doctor *d)
{
    ErrSlot e = {0};
    if (cli_counts(&d->db, &d->counts, &e))
        problem(d, str_fmt(d->arena, "counts: %s", e.text));
    if (!look(d, "state", read_state))
        return;
    if (d->orphans)
        problem(d, str_fmt(d->arena, "%lld messages have no conversation", (long long)d->orphans));
    if (d->clocks)
        problem(d, str_fmt(d->arena, "a clock runs in %lld closed conversations",
                           (long long)d->clocks));
    /* with no server nobody fires timers: then it is a matter of course */
    if (d->overdue && d->running)
        problem(
            d, str_fmt(d->arena, "%lld timers are more than a minute late", (long long)d->overdue));
}

static Err read_gaps(Ctx *c, void *arg)
{
    Doctor *d = arg;
    Err err = store_i64(c, &DOCTOR_PAGE_END, BINDS(i64(d->after)), 0, &d->end);
    if (err || !d->end)
        return err;
    return store_all(c, &DOCTOR_GAPS, BINDS(i64(d->after), i64(d->end)), &GAP_MAP, &d->gaps,
                     &d->gaps_n);
}

static void check_gaps(Doctor *d)
{
    for (d->after = 0;; d->after = d->end) {
        d->gaps_n = 0;
        if (!look(d, "numbers", read_gaps) || !d->end)
            break;
        for (size_t i = 0; i < d->gaps_n; i++, d->gaps_all++)
            if (d->gaps_all < TOLD)
                d->told[d->gaps_all] = d->gaps[i];
    }
    if (d->gaps_all)
        problem(d,
                str_fmt(d->arena,
                        "%lld conversations whose messages are not numbered without a gap, the "
                        "first: %lld (%lld messages, last number %lld, said to be %lld)",
                        (long long)d->gaps_all, (long long)d->told[0].id, (long long)d->told[0].n,
                        (long long)d->told[0].top, (long long)d->told[0].last_seq));
}

/* ---- files ---- */
static Err read_files(Ctx *c, void *arg)
{
    Doctor *d = arg;
    return store_all(c, &DOCTOR_FILE_PAGE, BINDS(i64(d->after)), &ID_MAP, &d->ids, &d->ids_n);
}

static Err read_there(Ctx *c, void *arg)
{
    Doctor *d = arg;
    return store_i64(c, &DOCTOR_FILE_THERE, BINDS(i64(d->end)), 0, &d->there);
}

static void check_files(Doctor *d)
{
    int64_t missing[TOLD];
    size_t missing_n = 0;
    for (d->after = 0, d->ids_n = 1; d->ids_n;) {
        d->ids_n = 0;
        if (!look(d, "uploads", read_files))
            return;
        for (size_t i = 0; i < d->ids_n; i++) {
            d->after = d->ids[i].id;
            if (file_exists(upload_path(d->db.arena, d->o.data, d->after).p))
                continue;
            d->files_missing++;
            if (missing_n < TOLD)
                missing[missing_n++] = d->after;
        }
    }
    /* a file may have been removed between the two looks; its row is gone then */
    for (size_t i = 0; i < missing_n; i++) {
        d->end = missing[i];
        if (look(d, "uploads", read_there) && !d->there)
            d->files_missing--;
    }
    if (d->files_missing)
        problem(d, str_fmt(d->arena, "%lld uploads are in the database and not on the disk",
                           (long long)d->files_missing));
}

static void check_disk(Doctor *d)
{
    struct statvfs v;
    if (statvfs(d->o.data, &v) != 0) {
        problem(d, str_fmt(d->arena, "the data folder %s cannot be read", d->o.data));
        return;
    }
    d->free_bytes = (int64_t)(v.f_bavail * v.f_frsize);
    d->total_bytes = (int64_t)(v.f_blocks * v.f_frsize);
    if (d->free_bytes < LOW_BYTES)
        problem(d, str_fmt(d->arena, "the disk has only %lld MB left",
                           (long long)(d->free_bytes >> 20)));
}

/* ---- telling ---- */
static void write_counts(JsonW *w, const Doctor *d)
{
    jw_key(w, "counts");
    jw_obj(w);
    jw_ki64(w, "shops", d->counts.shops);
    jw_ki64(w, "people", d->counts.people);
    jw_ki64(w, "customers", d->counts.customers);
    jw_ki64(w, "conversations", d->counts.conversations);
    jw_ki64(w, "open", d->open);
    jw_ki64(w, "messages", d->counts.messages);
    jw_ki64(w, "files", d->counts.files);
    jw_ki64(w, "events", d->counts.events);
    jw_obj_end(w);
}

static void copy_member(JsonW *w, const Doctor *d, const char *key)
{
    const Json *v = json_get(d->store, key);
    if (v)
        jw_kraw(w, key, json_print(d->arena, v));
}

static Str report(const Doctor *d)
{
    Buf b;
    JsonW w;
    buf_init(&b, d->arena, OUT_BYTES);
    jw_init(&w, &b);
    jw_obj(&w);
    jw_kbool(&w, "ok", d->problems_n == 0);
    jw_kstr(&w, "zhixin", STR(CLI_VERSION));
    jw_kstr(&w, "engine", d->o.database ? STR("postgresql") : STR("sqlite"));
    jw_ki64(&w, "schema", store_schema_version(d->db.store));
    jw_kbool(&w, "server_running", d->running);
    copy_member(&w, d, "statements");
    write_counts(&w, d);
    copy_member(&w, d, "followers");
    jw_ki64(&w, "overdue_timers", d->overdue);
    jw_ki64(&w, "parked_events", d->parked);
    copy_member(&w, d, "parked");
    jw_ki64(&w, "gaps", d->gaps_all);
    jw_ki64(&w, "files_missing", d->files_missing);
    jw_key(&w, "disk");
    jw_obj(&w);
    jw_ki64(&w, "free_bytes", d->free_bytes);
    jw_ki64(&w, "total_bytes", d->total_bytes);
    jw_obj_end(&w);
    jw_key(&w, "problems");
    jw_arr(&w);
    for (int i = 0; i < d->problems_n && i < PROBLEMS; i++)
        jw_str(&w, d->problems[i]);
    jw_arr_end(&w);
    jw_obj_end(&w);
    return buf_str(&b);
}

static void tell(const Doctor *d)
{
    fprintf(stderr, "%s, schema %lld, server %s\n", d->o.database ? "PostgreSQL" : "SQLite",
            (long long)store_schema_version(d->db.store), d->running ? "running" : "not running");
    fprintf(stderr, "%lld conversations (%lld open), %lld messages, %lld customers, %lld uploads\n",
            (long long)d->counts.conversations, (long long)d->open, (long long)d->counts.messages,
            (long long)d->counts.customers, (long long)d->counts.files);
    for (const Json *f = json_first(json_get(d->store, "followers")); f; f = json_next(f))
        fprintf(stderr, "follower %.*s: %lld events behind\n", STR_ARG(json_str(f, "name")),
                (long long)json_i64(f, "lag", 0));
    if (d->overdue)
        fprintf(stderr, "%lld timers late%s\n", (long long)d->overdue,
                d->running ? "" : " (no server runs to fire them)");
    fprintf(stderr, "disk: %lld MB free of %lld\n", (long long)(d->free_bytes >> 20),
            (long long)(d->total_bytes >> 20));
    for (int i = 0; i < d->problems_n && i < PROBLEMS; i++)
        fprintf(stderr, "PROBLEM: %.*s\n", STR_ARG(d->problems[i]));
    if (d->problems_n > PROBLEMS)
        fprintf(stderr, "and %d more\n", d->problems_n - PROBLEMS);
    fprintf(stderr, "%s\n", d->problems_n ? "something is wrong" : "all is well");
}

static int run(Doctor *d)
{
    ErrSlot e = {0};
    if (cli_store_open(&d->db, d->o.data, d->o.database, &e))
        return cli_refused("doctor", &e);
    check_store(d);
    check_state(d);
    check_gaps(d);
    check_files(d);
    check_disk(d);
    Str json = report(d);
    if (!d->o.json)
        tell(d);
    if (d->o.json || !isatty(STDOUT_FILENO))
        printf("%.*s\n", STR_ARG(json));
    int code = d->problems_n || fflush(stdout) != 0 ? CLI_FAILED : CLI_OK;
    cli_store_close(&d->db);
    return code;
}

static int usage(const char *why)
{
    if (why)
        fprintf(stderr, "zhixin doctor: %s\n", why);
    fprintf(stderr, "usage: zhixin doctor [options]\n");
    opt_help(OPTIONS, OPTIONS_N);
    return why ? CLI_USAGE : CLI_OK;
}

int cli_doctor(int argc, char **argv)
{
    Arena *arena = arena_create(WORK_ARENA);
    Doctor *d = ARENA_NEW(arena, Doctor);
    d->arena = arena;
    ErrSlot e = {0};
    char **words;
    int n, code;
    Err err = opt_parse(arena, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &d->o, &words, &n);
    if (err)
        code = usage(e.text);
    else if (d->o.help)
        code = usage(NULL);
    else if (n)
        code = usage("it takes options only");
    else
        code = run(d);
    arena_destroy(arena);
    return code;
}
