/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the understanding against hand-made labels: nlu_eval CONTENT_DIR [LABELS.jsonl[.gz]]
 * [-v] Without a file, zh_gold/dev.jsonl.gz in the folder that ZHIXIN_DATA names; absent, it says
 * so and succeeds. Rows: {"turns":[{"role":"user","text","emotion","intensity","intents","stage"} |
 * {"role":"agent","text"}]}. Prints one JSON object; with -v every wrong turn first, on stderr (for
 * people who improve the lexicon).
 */
#include "nlu/lexicon_files.h"
#include "nlu/nlu.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum { CLASSES = 64, TURNS_MAX = 512, ROW_BYTES = 4 << 20 };

typedef struct {
    const char *name;
    size_t n;
    size_t right, total;
    size_t hit[CLASSES], told[CLASSES], true_n[CLASSES];
} Score;

typedef struct {
    NluModel *model;
    Arena *arena;
    Score emotion, intent, stage;
    size_t intensity_right, top3, any, set_hit, set_told, set_true;
    double us;
    bool verbose;
} Eval;

static void score(Score *s, size_t truth, size_t told)
{
    s->total++;
    s->true_n[truth]++;
    s->told[told]++;
    if (truth == told) {
        s->right++;
        s->hit[truth]++;
    }
}

static double macro_f1(const Score *s)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) {
        if (s->true_n[i] == 0)
            continue;
        n++;
        if (s->hit[i] > 0)
            sum += 2.0 * (double)s->hit[i] / (double)(s->told[i] + s->true_n[i]);
    }
    return n ? sum / (double)n : 0;
}

static double share(size_t a, size_t b)
{
    return b ? (double)a / (double)b : 0;
}

static void judge(Eval *e, const Json *turn, const NluTurn *context, size_t n)
{
    NluUnderstanding u;
    Str text = json_str(turn, "text");
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    nlu_understand(e->model, e->arena, context, n, text, &u);
    clock_gettime(CLOCK_MONOTONIC, &b);
    e->us += (double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3;
    NluEmotion emotion = NLU_CALM;
    NluStage stage = NLU_PRE;
    const Json *first = json_first(json_get(turn, "intents"));
    int truth = nlu_intent_index(json_value_str(first));
    if (!nlu_emotion_parse(json_str(turn, "emotion"), &emotion) ||
        !nlu_stage_parse(json_str(turn, "stage"), &stage) || truth < 0)
        return;
    score(&e->emotion, emotion, u.emotion);
    score(&e->stage, stage, u.stage);
    size_t told = (size_t)nlu_intent_index(str_of(u.intents[0].code));
    score(&e->intent, (size_t)truth, told);
    e->intensity_right += json_i64(turn, "intensity", 0) == u.intensity;
    bool top = false;
    size_t true_n = 0, hit = 0;
    for (const Json *i = first; i; i = json_next(i)) {
        true_n++;
        for (size_t k = 0; k < u.intent_n; k++) {
            hit += str_is(json_value_str(i), u.intents[k].code);
            top = top || (i == first && str_is(json_value_str(i), u.intents[k].code));
        }
    }
    e->top3 += top;
    e->set_hit += hit;
    e->set_true += true_n;
    e->set_told += u.intent_n;
    if (e->verbose && (emotion != u.emotion || (size_t)truth != told || stage != u.stage)) {
        fprintf(stderr, "%c%c%c %-12s>%-12s %-16s>%s", emotion == u.emotion ? '.' : 'E',
                (size_t)truth == told ? '.' : 'I', stage == u.stage ? '.' : 'S',
                nlu_emotion_code(emotion), nlu_emotion_code(u.emotion),
                nlu_intent_code((size_t)truth), u.intents[0].code);
        fprintf(stderr, " %s>%s | %.*s", nlu_stage_code(stage), nlu_stage_code(u.stage),
                STR_ARG(text));
        for (size_t i = 0; i < u.evidence_n; i++)
            fprintf(stderr, " {%.*s=%s}", STR_ARG(u.evidence[i].text), u.evidence[i].label);
        fputc('\n', stderr);
    }
}

static void row(Eval *e, Str line)
{
    ErrSlot slot = {0};
    const Json *root = NULL;
    if (json_parse(e->arena, &slot, line, &root) != ERR_OK) {
        fprintf(stderr, "bad row: %s\n", slot.text);
        return;
    }
    NluTurn *turns = ARENA_ARRAY(e->arena, NluTurn, TURNS_MAX);
    size_t n = 0;
    for (const Json *t = json_first(json_get(root, "turns")); t && n < TURNS_MAX;
         t = json_next(t)) {
        bool customer = str_is(json_str(t, "role"), "user");
        if (customer && json_has(t, "emotion"))
            judge(e, t, turns, n);
        turns[n++] =
            (NluTurn){.role = customer ? NLU_CUSTOMER : NLU_AGENT, .text = json_str(t, "text")};
    }
}

static NluModel *load(Arena *arena, const char *content, ErrSlot *e)
{
    static const char *const files[] = NLU_LEXICON_FILES;
    Str texts[NLU_LEXICON_FILE_COUNT];
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT; i++) {
        char *path = str_c(arena, str_fmt(arena, "%s/%s", content, files[i]));
        if (file_read(arena, e, path, ROW_BYTES, &texts[i]) != ERR_OK)
            return NULL;
    }
    return nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, e);
}

static void print(const Eval *e)
{
    printf("{\"model\":\"%s\",\"turns\":%zu,\n", nlu_model_version(e->model), e->emotion.total);
    printf(
        " \"emotion\":{\"accuracy\":%.3f,\"macro_f1\":%.3f},\"intensity\":{\"accuracy\":%.3f},\n",
        share(e->emotion.right, e->emotion.total), macro_f1(&e->emotion),
        share(e->intensity_right, e->emotion.total));
    printf(" \"first_intent\":{\"accuracy\":%.3f,\"macro_f1\":%.3f},\"first_in_top3\":%.3f,\n",
           share(e->intent.right, e->intent.total), macro_f1(&e->intent),
           share(e->top3, e->intent.total));
    printf(" \"intent_set\":{\"precision\":%.3f,\"recall\":%.3f},\n",
           share(e->set_hit, e->set_told), share(e->set_hit, e->set_true));
    printf(" \"stage\":{\"accuracy\":%.3f,\"macro_f1\":%.3f},\n",
           share(e->stage.right, e->stage.total), macro_f1(&e->stage));
    printf(" \"us_per_message\":%.1f}\n", e->emotion.total ? e->us / (double)e->emotion.total : 0);
    if (!e->verbose)
        return;
    for (size_t i = 0; i < NLU_EMOTION_COUNT; i++)
        fprintf(stderr, "%-16s true %zu told %zu hit %zu\n", nlu_emotion_code((NluEmotion)i),
                e->emotion.true_n[i], e->emotion.told[i], e->emotion.hit[i]);
    for (size_t i = 0; i < nlu_intent_count(); i++)
        fprintf(stderr, "%-16s true %zu told %zu hit %zu\n", nlu_intent_code(i),
                e->intent.true_n[i], e->intent.told[i], e->intent.hit[i]);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "nlu_eval CONTENT_DIR [LABELS.jsonl[.gz]] [-v]\n");
        return 2;
    }
    Arena *files = arena_create(64u << 20);
    const char *path = argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
    const char *data = getenv("ZHIXIN_DATA");
    if (!path && data)
        path = str_c(files, str_fmt(files, "%s/zh_gold/dev.jsonl.gz", data));
    gzFile in = path ? gzopen(path, "rb") : NULL;
    if (!in) {
        fprintf(stderr, "nlu_eval: no labels here (set ZHIXIN_DATA); skipped\n");
        arena_destroy(files);
        return 0;
    }
    ErrSlot e = {0};
    Eval *ev = ARENA_NEW(files, Eval);
    ev->model = load(files, argv[1], &e);
    if (!ev->model) {
        fprintf(stderr, "nlu_eval: %s: %s\n", e.code, e.text);
        return 1;
    }
    ev->emotion.n = NLU_EMOTION_COUNT;
    ev->intent.n = nlu_intent_count();
    ev->stage.n = NLU_STAGE_COUNT;
    ev->verbose = strcmp(argv[argc - 1], "-v") == 0;
    ev->arena = arena_create(64u << 20);
    char *line = arena_alloc(files, ROW_BYTES);
    while (gzgets(in, line, ROW_BYTES)) {
        row(ev, str_of(line));
        arena_reset(ev->arena);
    }
    gzclose(in);
    print(ev);
    nlu_model_destroy(ev->model);
    arena_destroy(ev->arena);
    arena_destroy(files);
    return 0;
}
