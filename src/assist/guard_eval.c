/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the guard rules do on real talk: guard_eval CONTENT [FILE.jsonl[.gz]] [-v] [--gold] [--model
 * FILE] CONTENT is a folder laid out like content/ (guard, lexicon). Without a file,
 * zh_gold/dev.jsonl.gz in the folder that ZHIXIN_DATA names; absent, it says so and succeeds. Rows:
 * {"turns":[{"role":"agent","text","faults":[…]}…]}; without "faults" hits are only counted.
 *
 * Prints one JSON object: precision, recall and F1 of "any fault" and of each fault of the labels,
 * and the turns that each rule hit. The customer's side is understood by nlu; with --model by the
 * trained one, whose findings are given to the guard; with --gold the labels' own feeling and
 * intents are taken, which shows what understanding costs. -v: each disagreement on stderr.
 */
#include "assist/guard.h"
#include "base/file.h"
#include "base/json.h"
#include "nlu/lexicon_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum { ROW_BYTES = 4 << 20, NAMES = 64, MODEL_BYTES = 64 << 20 };

typedef struct {
    size_t hit, miss, extra;
} Score;

typedef struct {
    Str name[NAMES];
    size_t turns[NAMES], n;
    size_t agent_turns, labelled, blocked;
    Score any, fault[ASSIST_FAULT_COUNT];
    double seconds;
} Tally;

typedef struct {
    const AssistGuard *guard;
    const NluModel *nlu;
    Arena *a, *keep;
    Tally tally;
    bool verbose, gold, trained;
    NluMemory memory;
    AssistGuardContext before;
} Eval;

static void count_rule(Eval *v, Str rule)
{
    Tally *t = &v->tally;
    size_t at = 0;
    while (at < t->n && !str_eq(t->name[at], rule))
        at++;
    if (at == NAMES)
        return;
    if (at == t->n)
        t->name[t->n++] = str_dup(v->keep, rule);
    t->turns[at]++;
}

static void tell(const Eval *v, const char *what, const char *fault, Str words, Str text)
{
    Str asked = v->before.turn_n ? v->before.turns[0].text : STR_NONE;
    if (v->verbose)
        fprintf(stderr, "%s %s {%.*s}\n    <%.*s>\n    %.*s\n", what, fault, STR_ARG(words),
                STR_ARG(asked), STR_ARG(text));
}

static void score(Score *s, bool want, bool got)
{
    s->hit += want && got;
    s->miss += want && !got;
    s->extra += !want && got;
}

static void judge(Eval *v, const Json *turn, const AssistGuardHit *hits, size_t n)
{
    Str text = json_str(turn, "text");
    bool want[ASSIST_FAULT_COUNT + 1] = {false}, got[ASSIST_FAULT_COUNT + 1] = {false};
    bool any_want = false, any_got = false;
    Str words[ASSIST_FAULT_COUNT + 1] = {{0}};
    for (const Json *f = json_first(json_get(turn, "faults")); f; f = json_next(f)) {
        want[assist_fault_parse(json_value_str(f))] = true;
        any_want = true;
    }
    for (size_t i = 0; i < n; i++) {
        got[hits[i].fault] = true;
        words[hits[i].fault] = hits[i].words;
        any_got |= hits[i].fault < ASSIST_FAULT_COUNT;
    }
    v->tally.labelled++;
    score(&v->tally.any, any_want, any_got);
    for (AssistFault f = ASSIST_BLUNT_REFUSAL; f < ASSIST_FAULT_COUNT; f++) {
        score(&v->tally.fault[f], want[f], got[f]);
        if (want[f] != got[f])
            tell(v,
                 want[f]    ? any_got ? "miss*" : "MISS"
                 : any_want ? "extra*"
                            : "EXTRA",
                 assist_fault_code(f), words[f], text);
    }
}

static void agent_turn(Eval *v, const Json *turn)
{
    Str text = json_str(turn, "text");
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    struct timespec t0, t1;
    double p[ASSIST_FAULT_COUNT];
    NluAgentTurn heard;
    NluMemory was = v->memory;
    nlu_hear_agent(v->nlu, v->a, &was, text, &heard, &v->memory);
    assist_guard_model(&heard, p);
    v->before.fault_p = v->trained ? p : NULL;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    size_t n = assist_guard_check(v->guard, v->a, &v->before, text, hits);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    v->tally.seconds += (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
    v->tally.agent_turns++;
    v->tally.blocked += n > 0 && hits[0].level == ASSIST_BLOCK;
    for (size_t i = 0; i < n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen |= str_eq(hits[k].rule, hits[i].rule);
        if (!seen)
            count_rule(v, hits[i].rule);
    }
    if (json_has(turn, "faults"))
        judge(v, turn, hits, n);
    assist_guard_said(&v->before, text);
}

static void labels_of(const Json *turn, NluUnderstanding *u)
{
    NluEmotion emotion;
    if (nlu_emotion_parse(json_str(turn, "emotion"), &emotion))
        u->emotion = emotion;
    u->intensity = (int)json_i64(turn, "intensity", u->intensity);
    size_t n = 0;
    for (const Json *i = json_first(json_get(turn, "intents")); i && n < NLU_INTENT_MAX;
         i = json_next(i)) {
        int at = nlu_intent_index(json_value_str(i));
        if (at >= 0)
            u->intents[n++] = (NluIntent){.code = nlu_intent_code((size_t)at), .p = 1};
    }
    if (n)
        u->intent_n = n;
}

static void customer_turn(Eval *v, const Json *turn)
{
    NluUnderstanding *u = ARENA_NEW(v->a, NluUnderstanding);
    NluMemory was = v->memory;
    nlu_understand_after(v->nlu, v->a, &was, json_str(turn, "text"), u, &v->memory);
    if (v->gold)
        labels_of(turn, u);
    assist_guard_heard(&v->before, json_str(turn, "text"), u);
}

static void row(Eval *v, Str line)
{
    ErrSlot e = {0};
    const Json *root = NULL;
    if (json_parse(v->a, &e, line, &root) != ERR_OK)
        return;
    v->before = (AssistGuardContext){0};
    v->memory = nlu_memory_none();
    for (const Json *t = json_first(json_get(root, "turns")); t; t = json_next(t)) {
        if (str_is(json_str(t, "role"), "agent"))
            agent_turn(v, t);
        else
            customer_turn(v, t);
    }
}

static void print_score(const char *name, const Score *s)
{
    double p = s->hit + s->extra ? (double)s->hit / (double)(s->hit + s->extra) : 0;
    double r = s->hit + s->miss ? (double)s->hit / (double)(s->hit + s->miss) : 0;
    printf("\"%s\":{\"labelled\":%zu,\"found\":%zu,\"precision\":%.3f,\"recall\":%.3f,\"f1\":%.3f}",
           name, s->hit + s->miss, s->hit + s->extra, p, r, p + r > 0 ? 2 * p * r / (p + r) : 0);
}

static void print_all(const Tally *t)
{
    printf("{\"agent_turns\":%zu,\"labelled_turns\":%zu,\"blocked_turns\":%zu,"
           "\"us_per_message\":%.1f,",
           t->agent_turns, t->labelled, t->blocked,
           t->agent_turns ? t->seconds * 1e6 / (double)t->agent_turns : 0);
    print_score("any_fault", &t->any);
    printf(",\"faults\":{");
    for (AssistFault f = ASSIST_BLUNT_REFUSAL; f < ASSIST_FAULT_COUNT; f++) {
        printf("%s", f ? "," : "");
        print_score(assist_fault_code(f), &t->fault[f]);
    }
    printf("},\"rules\":{");
    for (size_t i = 0; i < t->n; i++)
        printf("%s\"%.*s\":%zu", i ? "," : "", STR_ARG(t->name[i]), t->turns[i]);
    printf("}}\n");
}

static Err load(Eval *v, ErrSlot *e, const char *content, const char *model, AssistGuard **guard,
                NluModel **nlu)
{
    static const char *const names[NLU_LEXICON_FILE_COUNT] = NLU_LEXICON_FILES;
    Str texts[NLU_LEXICON_FILE_COUNT], rules;
    Err err =
        file_read(v->keep, e, str_c(v->keep, str_fmt(v->keep, "%s/guard/rules.json", content)),
                  ROW_BYTES, &rules);
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT && !err; i++)
        err = file_read(v->keep, e, str_c(v->keep, str_fmt(v->keep, "%s/%s", content, names[i])),
                        ROW_BYTES, &texts[i]);
    if (err)
        return err;
    *guard = assist_guard_create(rules, e);
    *nlu = *guard ? nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, e) : NULL;
    v->guard = *guard;
    v->nlu = *nlu;
    v->trained = model != NULL;
    if (!*nlu || !model)
        return *nlu ? ERR_OK : e->err;
    Str bytes;
    err = file_read(v->keep, e, model, MODEL_BYTES, &bytes);
    return err ? err : nlu_model_train_with(*nlu, bytes, e);
}

int main(int argc, char **argv)
{
    Eval *v = calloc(1, sizeof *v);
    if (argc < 2 || !v) {
        fprintf(stderr, "guard_eval CONTENT [FILE.jsonl[.gz]] [-v] [--gold]\n");
        free(v);
        return 2;
    }
    v->keep = arena_create(64u << 20);
    v->a = arena_create(256u << 20);
    const char *data = getenv("ZHIXIN_DATA"), *path = NULL, *model = NULL;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--model") == 0 && i + 1 < argc) {
            model = argv[++i];
            continue;
        }
        v->verbose |= strcmp(argv[i], "-v") == 0;
        v->gold |= strcmp(argv[i], "--gold") == 0;
        path = argv[i][0] != '-' ? argv[i] : path;
    }
    if (!path && data)
        path = str_c(v->keep, str_fmt(v->keep, "%s/zh_gold/dev.jsonl.gz", data));
    gzFile in = path ? gzopen(path, "rb") : NULL;
    ErrSlot e = {0};
    AssistGuard *guard = NULL;
    NluModel *nlu = NULL;
    int rc = 0;
    if (!in) {
        fprintf(stderr, "guard_eval: no conversations here (set ZHIXIN_DATA); skipped\n");
    } else if (load(v, &e, argv[1], model, &guard, &nlu)) {
        fprintf(stderr, "guard_eval: %s: %s\n", e.code, e.text);
        rc = 1;
    } else {
        char *line = arena_alloc(v->keep, ROW_BYTES);
        while (gzgets(in, line, ROW_BYTES)) {
            row(v, str_of(line));
            arena_reset(v->a);
        }
        print_all(&v->tally);
    }
    if (in)
        gzclose(in);
    nlu_model_destroy(nlu);
    assist_guard_destroy(guard);
    arena_destroy(v->a);
    arena_destroy(v->keep);
    free(v);
    return rc;
}
