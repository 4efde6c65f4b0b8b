/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures promises against hand-made labels: promise_eval CONTENT_DIR [LABELS.jsonl[.gz]] [-v]
 * Without a file, zh_gold/dev.jsonl.gz in the folder that ZHIXIN_DATA names; absent, it says so and
 * succeeds. Rows: {"turns":[{"role","text","commitments":[{"what","due"}] (agent)}]}. Prints one
 * JSON object: presence (a message has a promise), due text (exact; overlapping), µs a message.
 * With -v every wrong message first, on stderr, for people who improve the grammar.
 */
#include "nlu/grammar_files.h"
#include "nlu/promise.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum { TURNS_MAX = 512, ROW_BYTES = 4 << 20 };

typedef struct {
    size_t hit, told, truth;
} Count;

typedef struct {
    NluGrammar *grammar;
    Arena *arena;
    Count presence, exact, overlap;
    size_t messages;
    double us;
    bool verbose;
} Eval;

static double f1(const Count *c)
{
    return c->hit ? 2.0 * (double)c->hit / (double)(c->told + c->truth) : 0;
}

static double share(size_t a, size_t b)
{
    return b ? (double)a / (double)b : 0;
}

static void show(const char *what, Str before, Str text, const Json *gold, const NluPromise *p,
                 size_t n)
{
    fprintf(stderr, "%s\t[%.*s]\t%.*s\n\tgold:", what, STR_ARG(before), STR_ARG(text));
    for (const Json *c = json_first(gold); c; c = json_next(c)) {
        Str w = json_str(c, "what"), d = json_str(c, "due");
        fprintf(stderr, " {%.*s | %.*s}", STR_ARG(w), STR_ARG(d));
    }
    fprintf(stderr, "\n\ttold:");
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, " {%s: %.*s | %.*s}", p[i].rule, STR_ARG(p[i].what), STR_ARG(p[i].due));
    fputc('\n', stderr);
}

/* Without its spaces: "明天 10点" and "明天10点" say the same. */
static Str packed(Arena *a, Str s)
{
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ')
            p[n++] = s.p[i];
    return (Str){p, n};
}

/* Due texts are paired first come, first served. */
static void judge_due(Eval *e, const Json *gold, const NluPromise *p, size_t n)
{
    bool used_exact[NLU_PROMISE_MAX] = {false}, used_overlap[NLU_PROMISE_MAX] = {false};
    for (size_t i = 0; i < n; i++) {
        e->exact.told += p[i].due.n > 0;
        e->overlap.told += p[i].due.n > 0;
    }
    for (const Json *c = json_first(gold); c; c = json_next(c)) {
        Str due = packed(e->arena, json_str(c, "due"));
        if (due.n == 0)
            continue;
        e->exact.truth++;
        e->overlap.truth++;
        bool exact = false, overlap = false;
        for (size_t i = 0; i < n; i++) {
            Str told = packed(e->arena, p[i].due);
            if (told.n == 0)
                continue;
            if (!exact && !used_exact[i] && str_eq(told, due))
                exact = used_exact[i] = true;
            if (!overlap && !used_overlap[i] &&
                (str_find(due, told) >= 0 || str_find(told, due) >= 0))
                overlap = used_overlap[i] = true;
        }
        e->exact.hit += exact;
        e->overlap.hit += overlap;
    }
}

static void judge(Eval *e, const Json *turn, const NluTurn *before, size_t n)
{
    NluPromise p[NLU_PROMISE_MAX];
    Str text = json_str(turn, "text");
    const Json *gold = json_get(turn, "commitments");
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    size_t told = nlu_promises(e->grammar, e->arena, before, n, text, p, NLU_PROMISE_MAX);
    clock_gettime(CLOCK_MONOTONIC, &b);
    e->us += (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
    bool truth = json_count(gold) > 0;
    e->messages++;
    e->presence.told += told > 0;
    e->presence.truth += truth;
    e->presence.hit += truth && told > 0;
    judge_due(e, gold, p, told);
    if (e->verbose && truth != (told > 0))
        show(truth ? "missed" : "false", n ? before[n - 1].text : STR_NONE, text, gold, p, told);
    else if (e->verbose && truth)
        show("right", n ? before[n - 1].text : STR_NONE, text, gold, p, told);
}

static void conversation(Eval *e, const Json *row)
{
    NluTurn turns[TURNS_MAX];
    size_t n = 0;
    for (const Json *t = json_first(json_get(row, "turns")); t && n < TURNS_MAX; t = json_next(t)) {
        bool agent = str_is(json_str(t, "role"), "agent");
        if (agent && json_get(t, "commitments"))
            judge(e, t, turns, n);
        turns[n++] = (NluTurn){agent ? NLU_AGENT : NLU_CUSTOMER, json_str(t, "text")};
    }
}

static int load(Eval *e, const char *dir)
{
    static const char *const files[] = NLU_GRAMMAR_FILES;
    Str texts[NLU_GRAMMAR_FILE_COUNT];
    ErrSlot err = {0};
    for (size_t i = 0; i < NLU_GRAMMAR_FILE_COUNT; i++)
        if (file_read(e->arena, &err, str_c(e->arena, str_fmt(e->arena, "%s/%s", dir, files[i])),
                      4 << 20, &texts[i]))
            break;
    if (!err.err)
        e->grammar = nlu_grammar_create(texts, NLU_GRAMMAR_FILE_COUNT, &err);
    if (!e->grammar)
        fprintf(stderr, "promise_eval: %s\n", err.text);
    return e->grammar ? 0 : 1;
}

static int run(Eval *e, const char *path)
{
    gzFile in = gzopen(path, "rb");
    if (!in) {
        fprintf(stderr, "promise_eval: cannot read %s\n", path);
        return 1;
    }
    char *line = malloc(ROW_BYTES);
    ErrSlot err = {0};
    while (line && gzgets(in, line, ROW_BYTES)) {
        const Json *row = NULL;
        arena_reset(e->arena);
        if (json_parse(e->arena, &err, str_of(line), &row))
            fprintf(stderr, "promise_eval: %s\n", err.text);
        else
            conversation(e, row);
    }
    free(line);
    gzclose(in);
    const Count *p = &e->presence, *x = &e->exact, *o = &e->overlap;
    printf("{\"messages\":%zu,\"presence\":{\"precision\":%.4f,\"recall\":%.4f,\"f1\":%.4f},"
           "\"due_exact\":{\"precision\":%.4f,\"recall\":%.4f,\"f1\":%.4f},"
           "\"due_overlap\":{\"precision\":%.4f,\"recall\":%.4f,\"f1\":%.4f},"
           "\"us_per_message\":%.2f}\n",
           e->messages, share(p->hit, p->told), share(p->hit, p->truth), f1(p),
           share(x->hit, x->told), share(x->hit, x->truth), f1(x), share(o->hit, o->told),
           share(o->hit, o->truth), f1(o), e->messages ? e->us / (double)e->messages : 0);
    return 0;
}

int main(int argc, char **argv)
{
    Eval e = {.arena = arena_create(512u << 20)};
    const char *path = NULL, *data = getenv("ZHIXIN_DATA");
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "-v") == 0)
            e.verbose = true;
        else
            path = argv[i];
    if (argc < 2) {
        fprintf(stderr, "usage: promise_eval CONTENT_DIR [LABELS.jsonl[.gz]] [-v]\n");
        return 2;
    }
    if (!path && !data) {
        printf("{\"skipped\":\"no labels: set ZHIXIN_DATA\"}\n");
        arena_destroy(e.arena);
        return 0;
    }
    if (!path)
        path = str_fmt(e.arena, "%s/zh_gold/dev.jsonl.gz", data).p;
    path = strdup(path);
    int code = load(&e, argv[1]);
    if (code == 0)
        code = run(&e, path);
    free((void *)path);
    nlu_grammar_destroy(e.grammar);
    arena_destroy(e.arena);
    return code;
}
