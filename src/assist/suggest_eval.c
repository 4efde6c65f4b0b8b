/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent would have been offered in real talk, for a person to read and judge:
 * suggest_eval CONTENT MODEL FACTS [FILE.jsonl[.gz]…] [--random N] [--seed S] [--grades FILE] [-q]
 * CONTENT is a folder laid out like content/ (lexicon, scripts); MODEL the trained understanding or
 * "-" for the lexicon's rules; FACTS what is known, as the shop's setting "facts"
 * ({"items":[{"name","value"}]}). Rows: {"id","turns":[{"role":"user"|"agent","text"}…]}, of
 * several with one id the first counts. Without files, the conversations of the folder that
 * ZHIXIN_DATA names; absent, it says so and succeeds.
 *
 * Each conversation is played turn by turn as the server does (service/listen.c): the customer's
 * turn is understood after the memory of those before, with the conversation's stage; what the
 * agent really said is remembered and no script counts as sent. --random N reads N conversations,
 * the same for the same seed and files.
 *
 * --grades: a person's judgement, one a line: conversation, turn, script (or "-"), mark of the
 * suggested text, grade, separated by tabs; "#" begins a remark. Grades: A may be sent as it is, B
 * after a small edit, C beside the point, D false or harmful, N silence was right, M silence where
 * something should have been offered. They are counted by stage and feeling (those of the labels
 * where the row has them); a first suggestion that nobody has judged yet is counted as "open".
 * -q: the counts only.
 */
#include "assist/script_files.h"
#include "assist/suggest.h"
#include "base/file.h"
#include "base/json.h"
#include "nlu/lexicon_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { FILE_BYTES = 64 << 20, TALKS = 100000, FACTS = 200, GRADES = 20000, MARK = 0xffffff };

static const char GRADE[] = "ABCDNM?"; /* the last: open */
enum { GRADE_COUNT = sizeof GRADE - 1, FILES_MAX = 8 };

typedef struct {
    Str talk, script;
    int64_t turn;
    unsigned mark;
    size_t grade;
} Graded;

typedef struct {
    Arena *keep, *a;
    NluModel *nlu;
    AssistLibrary *scripts;
    AssistFact facts[FACTS + 2]; /* room for the order number */
    size_t fact_n;
    const Json **talks;
    size_t talk_n;
    Graded *graded;
    size_t graded_n;
    bool quiet;
    size_t all[GRADE_COUNT], stage[NLU_STAGE_COUNT][GRADE_COUNT],
        feeling[NLU_EMOTION_COUNT][GRADE_COUNT], any_offer, turns;
} Eval;

typedef struct {
    const char *content, *model, *facts, *grades, *files[FILES_MAX];
    size_t file_n;
    int64_t random, seed;
    bool quiet;
} Args;

/* ---- what is read ---- */
static Err read_facts(Eval *v, ErrSlot *e, const char *path)
{
    Str text;
    const Json *j = NULL;
    Err err = file_read(v->keep, e, path, FILE_BYTES, &text);
    if (!err)
        err = json_parse(v->keep, e, text, &j);
    for (const Json *i = err ? NULL : json_first(json_get(j, "items")); i && v->fact_n < FACTS;
         i = json_next(i))
        v->facts[v->fact_n++] = (AssistFact){
            .name = json_str(i, "name"), .value = json_str(i, "value"), .source = STR("店铺政策")};
    return err;
}

static Err read_content(Eval *v, ErrSlot *e, const Args *args)
{
    static const char *const lexicon[] = NLU_LEXICON_FILES, *const script[] = ASSIST_SCRIPT_FILES;
    Str words[NLU_LEXICON_FILE_COUNT], scripts[ASSIST_SCRIPT_FILE_COUNT], weights;
    Err err = ERR_OK;
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT && !err; i++)
        err = file_read(v->keep, e,
                        str_c(v->keep, str_fmt(v->keep, "%s/%s", args->content, lexicon[i])),
                        FILE_BYTES, &words[i]);
    for (size_t i = 0; i < ASSIST_SCRIPT_FILE_COUNT && !err; i++)
        err = file_read(v->keep, e,
                        str_c(v->keep, str_fmt(v->keep, "%s/%s", args->content, script[i])),
                        FILE_BYTES, &scripts[i]);
    if (err)
        return err;
    v->nlu = nlu_model_create(words, NLU_LEXICON_FILE_COUNT, e);
    v->scripts = v->nlu ? assist_library_create(scripts, ASSIST_SCRIPT_FILE_COUNT, e) : NULL;
    if (!v->scripts)
        return e->err;
    if (strcmp(args->model, "-") != 0) {
        err = file_read(v->keep, e, args->model, FILE_BYTES, &weights);
        if (!err)
            err = nlu_model_train_with(v->nlu, weights, e);
    }
    return err ? err : read_facts(v, e, args->facts);
}

static bool have_talk(const Eval *v, Str id)
{
    for (size_t i = 0; i < v->talk_n; i++)
        if (str_eq(json_str(v->talks[i], "id"), id))
            return true;
    return false;
}

/* False: the file cannot be opened. Rows that are no JSON are passed over. */
static bool read_talks(Eval *v, const char *path)
{
    gzFile in = gzopen(path, "rb");
    if (!in)
        return false;
    char *bytes = arena_alloc(v->keep, FILE_BYTES);
    int n = gzread(in, bytes, FILE_BYTES);
    gzclose(in);
    Str rest = {bytes, n > 0 ? (size_t)n : 0};
    while (rest.n && v->talk_n < TALKS) {
        Str line = str_cut(&rest, '\n');
        ErrSlot e = {0};
        const Json *j = NULL;
        if (line.n && json_parse(v->keep, &e, line, &j) == ERR_OK &&
            !have_talk(v, json_str(j, "id")))
            v->talks[v->talk_n++] = j;
    }
    return true;
}

static Err read_grades(Eval *v, ErrSlot *e, const char *path)
{
    Str rest;
    Err err = file_read(v->keep, e, path, FILE_BYTES, &rest);
    for (int64_t line_no = 1; !err && rest.n; line_no++) {
        Str line = str_cut(&rest, '\n');
        if (!line.n || line.p[0] == '#' || v->graded_n == GRADES)
            continue;
        Graded g = {.talk = str_cut(&line, '\t')};
        bool fine = str_i64(str_cut(&line, '\t'), &g.turn);
        g.script = str_cut(&line, '\t');
        g.mark = (unsigned)strtoul(str_c(v->keep, str_cut(&line, '\t')), NULL, 16);
        Str grade = str_cut(&line, '\t');
        const char *at = grade.n == 1 ? memchr(GRADE, grade.p[0], GRADE_COUNT - 1) : NULL;
        if (!fine || !at)
            return err_set(e, ERR_INVALID, "eval.grades", "line %lld of %s is no judgement",
                           (long long)line_no, path);
        g.grade = (size_t)(at - GRADE);
        v->graded[v->graded_n++] = g;
    }
    return err;
}

/* ---- choosing: the first N of a shuffle ---- */
static uint64_t next_random(uint64_t *state) /* splitmix64, Steele, Lea and Flood 2014 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void choose_talks(Eval *v, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n && i + 1 < v->talk_n; i++) {
        size_t k = i + (size_t)(next_random(&seed) % (v->talk_n - i));
        const Json *one = v->talks[i];
        v->talks[i] = v->talks[k];
        v->talks[k] = one;
    }
    v->talk_n = n < v->talk_n ? n : v->talk_n;
}

/* ---- playing ---- */
typedef struct {
    NluMemory memory;
    NluUnderstanding before; /* of the customer's last turn */
    bool has_before;
    NluStage stage; /* the conversation's, as the desk keeps it */
    Str order_no;   /* given by the customer so far */
    Str id;
} Talk;

static size_t grade_of(const Eval *v, Str talk, size_t turn, Str script, unsigned mark)
{
    for (size_t i = 0; i < v->graded_n; i++) {
        const Graded *g = &v->graded[i];
        if (g->turn == (int64_t)turn && g->mark == mark && str_eq(g->talk, talk) &&
            str_eq(g->script, script))
            return g->grade;
    }
    return GRADE_COUNT - 1;
}

static void count(Eval *v, const Json *turn, const NluUnderstanding *u, size_t grade)
{
    NluStage stage = u->stage;
    NluEmotion feeling = u->emotion;
    NluStage labelled_stage;
    NluEmotion labelled_feeling;
    if (nlu_stage_parse(json_str(turn, "stage"), &labelled_stage))
        stage = labelled_stage;
    if (nlu_emotion_parse(json_str(turn, "emotion"), &labelled_feeling))
        feeling = labelled_feeling;
    v->all[grade]++;
    v->stage[stage][grade]++;
    v->feeling[feeling][grade]++;
}

static void tell(const Talk *t, size_t at, Str text, const NluUnderstanding *u,
                 const AssistSuggestion *s, size_t n, size_t grade, unsigned mark)
{
    printf("%.*s %zu CUSTOMER %.*s\n    [%s %d, %s%s", STR_ARG(t->id), at, STR_ARG(text),
           nlu_emotion_code(u->emotion), u->intensity, nlu_stage_code(t->stage),
           u->stage_shown ? "" : "?");
    for (size_t i = 0; i < u->intent_n; i++)
        printf(", %s %.2f", u->intents[i].code, u->intents[i].p);
    printf("] %c %06x\n", GRADE[grade], mark);
    for (size_t i = 0; i < n; i++)
        printf("    %zu %.*s (%s %.2f): %.*s\n", i + 1, STR_ARG(s[i].script->id),
               assist_step_code(s[i].script->step), s[i].score, STR_ARG(s[i].text));
}

static void customer_turn(Eval *v, Talk *t, const Json *turn, size_t at)
{
    Str text = json_str(turn, "text");
    NluUnderstanding *u = ARENA_NEW(v->a, NluUnderstanding);
    NluMemory after;
    nlu_understand_after(v->nlu, v->a, &t->memory, text, u, &after);
    if (u->stage_shown)
        t->stage = u->stage;
    size_t fact_n = v->fact_n;
    for (size_t i = 0; i < u->slot_n && fact_n == v->fact_n; i++)
        if (strcmp(u->slots[i].name, "order_no") == 0) {
            t->order_no = u->slots[i].value;
            v->facts[fact_n++] = (AssistFact){
                .name = STR("conversation.order_now"), .value = STR("是"), .source = STR("会话")};
        }
    if (t->order_no.n)
        v->facts[fact_n++] = (AssistFact){
            .name = STR("conversation.order_no"), .value = t->order_no, .source = STR("会话")};
    AssistQuestion q = {.understanding = u,
                        .text = text,
                        .earlier = t->has_before ? &t->before : NULL,
                        .matter = t->memory.matter,
                        .stage = &t->stage,
                        .facts = v->facts,
                        .fact_n = fact_n,
                        .seed = str_hash(t->id)};
    AssistSuggestion s[ASSIST_SUGGEST_MAX];
    size_t n = assist_suggest(v->scripts, v->a, &q, s);
    unsigned mark = n ? (unsigned)(str_hash(s[0].text) & MARK) : 0;
    size_t grade = grade_of(v, t->id, at, n ? s[0].script->id : STR("-"), mark);
    if (!v->quiet)
        tell(t, at, text, u, s, n, grade, mark);
    count(v, turn, u, grade);
    v->any_offer += n > 0;
    v->turns++;
    t->memory = after;
    t->before = *u;
    t->has_before = u->intent_n > 0;
}

static void play(Eval *v, const Json *talk)
{
    Talk t = {.memory = nlu_memory_none(), .stage = NLU_PRE, .id = json_str(talk, "id")};
    size_t at = 0;
    for (const Json *turn = json_first(json_get(talk, "turns")); turn; turn = json_next(turn)) {
        if (!str_is(json_str(turn, "role"), "agent")) {
            customer_turn(v, &t, turn, at++);
            continue;
        }
        NluTurn said = {.role = NLU_AGENT, .text = json_str(turn, "text")};
        nlu_remember(v->nlu, v->a, &said, &t.memory);
        if (!v->quiet)
            printf("%.*s %zu agent %.*s\n", STR_ARG(t.id), at, STR_ARG(said.text));
        at++;
    }
}

/* ---- counting ---- */
static void print_counts(const char *name, const size_t grades[GRADE_COUNT])
{
    printf("\"%s\":{", name);
    for (size_t i = 0; i < GRADE_COUNT; i++) {
        if (i + 1 < GRADE_COUNT)
            printf("\"%c\":%zu,", GRADE[i], grades[i]);
        else
            printf("\"open\":%zu}", grades[i]);
    }
}

static void print_all(const Eval *v)
{
    printf("{\"model\":\"%s\",\"scripts\":%zu,\"conversations\":%zu,\"customer_turns\":%zu,"
           "\"offered\":%zu,",
           nlu_model_version(v->nlu), assist_library_count(v->scripts), v->talk_n, v->turns,
           v->any_offer);
    print_counts("all", v->all);
    for (NluStage s = 0; s < NLU_STAGE_COUNT; s++) {
        putchar(',');
        print_counts(nlu_stage_code(s), v->stage[s]);
    }
    for (NluEmotion f = 0; f < NLU_EMOTION_COUNT; f++) {
        putchar(',');
        print_counts(nlu_emotion_code(f), v->feeling[f]);
    }
    puts("}");
}

static bool parse_args(Args *ret, Arena *a, int argc, char **argv)
{
    const char **const place[] = {&ret->content, &ret->model, &ret->facts};
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        bool value = i + 1 < argc;
        if (strcmp(argv[i], "-q") == 0)
            ret->quiet = true;
        else if (strcmp(argv[i], "--random") == 0 && value &&
                 str_i64(str_of(argv[i + 1]), &ret->random))
            i++;
        else if (strcmp(argv[i], "--seed") == 0 && value &&
                 str_i64(str_of(argv[i + 1]), &ret->seed))
            i++;
        else if (strcmp(argv[i], "--grades") == 0 && value)
            ret->grades = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1])
            return false;
        else if (n < 3)
            *place[n++] = argv[i];
        else if (ret->file_n < FILES_MAX)
            ret->files[ret->file_n++] = argv[i];
        else
            return false;
    }
    const char *data = getenv("ZHIXIN_DATA");
    if (!ret->file_n && data) {
        ret->files[ret->file_n++] = str_c(a, str_fmt(a, "%s/zh_gold/dev.jsonl.gz", data));
        ret->files[ret->file_n++] = str_c(a, str_fmt(a, "%s/zh_jddc_sessions/dev.jsonl.gz", data));
    }
    return n == 3 && ret->random >= 0;
}

int main(int argc, char **argv)
{
    Eval *v = calloc(1, sizeof *v);
    if (!v)
        return 1;
    v->keep = arena_create((size_t)1 << 30);
    v->a = arena_create(256u << 20);
    Args args = {.seed = 1};
    ErrSlot e = {0};
    int rc = 2;
    if (!parse_args(&args, v->keep, argc, argv)) {
        fprintf(stderr,
                "suggest_eval CONTENT MODEL FACTS [FILE.jsonl[.gz]...] [--random N] [--seed S] "
                "[--grades FILE] [-q]\n");
        goto done;
    }
    v->quiet = args.quiet;
    v->talks = ARENA_ARRAY(v->keep, const Json *, TALKS);
    v->graded = ARENA_ARRAY(v->keep, Graded, GRADES);
    bool any = false;
    for (size_t i = 0; i < args.file_n; i++)
        any |= read_talks(v, args.files[i]);
    rc = 1;
    if (!any) {
        fprintf(stderr, "suggest_eval: no conversations here (set ZHIXIN_DATA); skipped\n");
        rc = 0;
    } else if (read_content(v, &e, &args) || (args.grades && read_grades(v, &e, args.grades))) {
        fprintf(stderr, "suggest_eval: %s: %s\n", e.code, e.text);
    } else {
        if (args.random)
            choose_talks(v, (size_t)args.random, (uint64_t)args.seed);
        for (size_t i = 0; i < v->talk_n; i++) {
            play(v, v->talks[i]);
            arena_reset(v->a);
        }
        print_all(v);
        rc = 0;
    }
done:
    assist_library_destroy(v->scripts);
    nlu_model_destroy(v->nlu);
    arena_destroy(v->a);
    arena_destroy(v->keep);
    free(v);
    return rc;
}
