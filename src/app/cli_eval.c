/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zhixin eval: how well the understanding does on labelled conversations that it has never seen,
 * beside what else could be used: the rules of the lexicon alone, and with --yardstick a plain
 * linear model of character pieces without context, trained on the same talks.
 */
#include "app/cli.h"
#include "app/cli_store.h"
#include "app/labeller.h"
#include "app/talk_files.h"
#include "base/clock.h"
#include "base/opt.h"
#include "nlu/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { ARENA_BYTES = 512 << 20, TURN_BYTES = 64 << 20, OUT_BYTES = 4 << 20, ENGINES_MAX = 3 };
static const double PLAIN_COST = 0.3; /* the best of .02 .. 3 for it on the corpus itself */

typedef struct {
    const char *model, *yardstick;
    bool json, verbose, help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"model", OPT_TEXT, "DIR|FILE", NULL, 0, 0, "as of zhixin analyse", AT(model)},
    {"yardstick", OPT_TEXT, "CORPUS", NULL, 0, 0,
     "beside it a plain model of character pieces, trained here on these talks", AT(yardstick)},
    {"json", OPT_FLAG, NULL, NULL, 0, 0, "every figure as JSON on standard output", AT(json)},
    {"verbose", OPT_FLAG, NULL, NULL, 0, 0, "every turn that was read wrongly, on standard error",
     AT(verbose)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

typedef struct {
    const char *name;
    Labeller labeller;
    NluMeasure measure;
    Str weights; /* malloc's, or nothing */
} Engine;

typedef struct {
    Options o;
    Arena *files, *arena;
    NluTalks talks;
    size_t n;
    Engine *engines[ENGINES_MAX];
} Eval;

static void show_customer(const NluTalkTurn *t, const NluUnderstanding *u, Str id)
{
    bool in = false;
    for (size_t i = 0; i < t->intent_n; i++)
        in = in || nlu_intent_index(str_of(u->intents[0].code)) == t->intents[i];
    if (t->emotion == u->emotion && in && t->stage == u->stage)
        return;
    fprintf(stderr, "%c%c%c %.*s %s%d>%s%d ", t->emotion == u->emotion ? '.' : 'E', in ? '.' : 'I',
            t->stage == u->stage ? '.' : 'S', STR_ARG(id), nlu_emotion_code(t->emotion),
            t->intensity, nlu_emotion_code(u->emotion), u->intensity);
    for (size_t i = 0; i < t->intent_n; i++)
        fprintf(stderr, "%s%s", i ? "," : "", nlu_intent_code((size_t)t->intents[i]));
    for (size_t i = 0; i < u->intent_n; i++)
        fprintf(stderr, "%s%s %.2f", i ? ", " : ">", u->intents[i].code, u->intents[i].p);
    fprintf(stderr, " %s>%s | %.*s", nlu_stage_code(t->stage), nlu_stage_code(u->stage),
            STR_ARG(t->text));
    for (size_t i = 0; i < u->evidence_n; i++)
        fprintf(stderr, " {%.*s=%s}", STR_ARG(u->evidence[i].text), u->evidence[i].label);
    fputc('\n', stderr);
}

static void show_agent(const NluTalkTurn *t, const NluAgentTurn *u, Str id)
{
    uint32_t faults = 0;
    for (size_t i = 0; i < u->fault_n; i++)
        faults |= 1u << nlu_fault_index(str_of(u->faults[i].code));
    if ((t->promise_n > 0) == u->promise && t->faults == faults)
        return;
    fprintf(
        stderr, "%c%c %.*s promise %d>%d %.2f true:", (t->promise_n > 0) == u->promise ? '.' : 'P',
        t->faults == faults ? '.' : 'F', STR_ARG(id), t->promise_n > 0, u->promise, u->promise_p);
    for (size_t i = 0; i < NLU_FAULT_COUNT; i++)
        if (t->faults >> i & 1)
            fprintf(stderr, " %s", nlu_fault_code(i));
    fprintf(stderr, " told:");
    for (size_t i = 0; i < u->fault_n; i++)
        fprintf(stderr, " %s %.2f", u->faults[i].code, u->faults[i].p);
    fprintf(stderr, " | %.*s\n", STR_ARG(t->text));
}

static void read_talk(const Eval *ev, Engine *g, const NluTalk *talk)
{
    LabellerTalk so_far = labeller_talk();
    LabelledTurn got;
    for (size_t i = 0; i < talk->n; i++) {
        const NluTalkTurn *t = &talk->turns[i];
        NluTurn turn = {t->role, t->text};
        int64_t from = clock_steady_ns();
        labeller_turn(&g->labeller, ev->arena, &turn, &so_far, &got);
        g->measure.us += (double)(clock_steady_ns() - from) / 1000;
        if (!t->labelled)
            continue;
        if (t->role == NLU_CUSTOMER)
            nlu_measure_customer(&g->measure, t, &got.customer);
        else
            nlu_measure_agent(&g->measure, t, &got.agent);
        if (ev->o.verbose && g == ev->engines[0] && t->role == NLU_CUSTOMER)
            show_customer(t, &got.customer, talk->id);
        else if (ev->o.verbose && g == ev->engines[0])
            show_agent(t, &got.agent, talk->id);
    }
}

static void run_engine(const Eval *ev, Engine *g)
{
    nlu_measure_init(&g->measure);
    for (size_t i = 0; i < ev->talks.n; i++) {
        read_talk(ev, g, &ev->talks.talks[i]);
        arena_reset(ev->arena);
    }
}

static int64_t memory_kb(void)
{
    struct rusage u;
    return getrusage(RUSAGE_SELF, &u) ? 0 : u.ru_maxrss;
}

static void write_json(const Eval *ev, Buf *out)
{
    JsonW w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_ki64(&w, "conversations", (int64_t)ev->talks.n);
    jw_ki64(&w, "memory_kb", memory_kb());
    for (size_t i = 0; i < ev->n; i++) {
        const Engine *g = ev->engines[i];
        jw_key(&w, g->name);
        jw_obj(&w);
        jw_kstr(&w, "model", str_of(nlu_model_version(g->labeller.nlu)));
        jw_key(&w, "measures");
        nlu_measure_write(&g->measure, &w);
        jw_obj_end(&w);
    }
    jw_obj_end(&w);
    buf_byte(out, '\n');
}

typedef double (*Figure)(const NluMeasure *m);
static double part(size_t a, size_t n)
{
    return n ? (double)a / (double)n : 0;
}
static double emotion_accuracy(const NluMeasure *m)
{
    return nlu_confusion_accuracy(&m->emotion);
}
static double emotion_f1(const NluMeasure *m)
{
    return nlu_confusion_macro_f1(&m->emotion);
}
static double negative_f1(const NluMeasure *m)
{
    return nlu_retrieved_f1(&m->negative);
}
static double emotion_error(const NluMeasure *m)
{
    return nlu_bins_error(&m->emotion_bins);
}
static double intensity_accuracy(const NluMeasure *m)
{
    return part(m->intensity_right, m->customer_n);
}
static double first_in_set(const NluMeasure *m)
{
    return part(m->first_in_set, m->customer_n);
}
static double any_in_three(const NluMeasure *m)
{
    return part(m->any_in_three, m->customer_n);
}
static double intent_f1(const NluMeasure *m)
{
    return nlu_confusion_macro_f1(&m->intent);
}
static double intent_error(const NluMeasure *m)
{
    return nlu_bins_error(&m->intent_bins);
}
static double stage_accuracy(const NluMeasure *m)
{
    return nlu_confusion_accuracy(&m->stage);
}
static double promise_f1(const NluMeasure *m)
{
    return nlu_retrieved_f1(&m->promise);
}
static double fault_f1(const NluMeasure *m)
{
    return nlu_retrieved_f1(&m->any_fault);
}
static double act_f1(const NluMeasure *m)
{
    return nlu_retrieved_f1(&m->acts);
}
static double us_per_message(const NluMeasure *m)
{
    return part((size_t)(m->us * 1000), (m->customer_n + m->agent_n) * 1000);
}

static void print_table(const Eval *ev)
{
    static const struct {
        const char *name;
        Figure of;
    } rows[] = {{"emotion accuracy", emotion_accuracy},
                {"emotion macro-F1", emotion_f1},
                {"negative or not, F1", negative_f1},
                {"emotion calibration error", emotion_error},
                {"intensity accuracy", intensity_accuracy},
                {"first intent is a labelled one", first_in_set},
                {"one of three is a labelled one", any_in_three},
                {"first intent macro-F1", intent_f1},
                {"intent calibration error", intent_error},
                {"stage accuracy", stage_accuracy},
                {"commitment F1", promise_f1},
                {"any fault F1", fault_f1},
                {"acts F1", act_f1},
                {"us per message", us_per_message}};
    const NluMeasure *first = &ev->engines[0]->measure;
    printf("%zu conversations, %zu customer and %zu agent turns, %lld KB\n%-32s", ev->talks.n,
           first->customer_n, first->agent_n, (long long)memory_kb(), "");
    for (size_t i = 0; i < ev->n; i++)
        printf("%10s", ev->engines[i]->name);
    putchar('\n');
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        printf("%-32s", rows[r].name);
        for (size_t i = 0; i < ev->n; i++)
            printf("%10.3f", rows[r].of(&ev->engines[i]->measure));
        putchar('\n');
    }
}

static Err add_engine(Eval *ev, ErrSlot *e, const char *name, bool trained)
{
    Engine *g = ARENA_NEW(ev->files, Engine);
    g->name = name;
    ev->engines[ev->n++] = g;
    return labeller_open(&g->labeller, ev->files, e, ev->o.model, trained);
}

static Err add_yardstick(Eval *ev, ErrSlot *e)
{
    NluTalks talks = {.arena = ev->files};
    NluTrainOptions how = nlu_train_defaults();
    NluTrainReport *report = ARENA_NEW(ev->files, NluTrainReport);
    how.plain = true;
    how.augment = false;
    how.c_customer = how.c_agent = PLAIN_COST;
    Err err = talk_files_read(&talks, e, ev->o.yardstick);
    if (!err)
        err = add_engine(ev, e, "n-grams", false);
    if (err)
        return err;
    Engine *g = ev->engines[ev->n - 1];
    g->labeller.bare = true;
    err = nlu_train(g->labeller.nlu, &talks, &how, e, &g->weights, report);
    return err ? err : nlu_model_train_with(g->labeller.nlu, g->weights, e);
}

static int run(Eval *ev, char **paths, int n)
{
    ErrSlot e = {0};
    Err err = ERR_OK;
    for (int i = 0; i < n && !err; i++)
        err = talk_files_read(&ev->talks, &e, paths[i]);
    if (!err)
        err = add_engine(ev, &e, "trained", true);
    if (!err)
        err = add_engine(ev, &e, "rules", false);
    if (!err && ev->o.yardstick)
        err = add_yardstick(ev, &e);
    if (err)
        return cli_refused("eval", &e);
    for (size_t i = 0; i < ev->n; i++)
        run_engine(ev, ev->engines[i]);
    if (!ev->o.json) {
        print_table(ev);
        return CLI_OK;
    }
    Buf out;
    buf_init(&out, ev->files, OUT_BYTES);
    write_json(ev, &out);
    return fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int usage(const char *why)
{
    if (why)
        fprintf(stderr, "zhixin eval: %s\n", why);
    fprintf(stderr, "usage: zhixin eval [--json] [--model DIR|FILE] [--yardstick CORPUS] "
                    "FILE.jsonl[.gz]|CORPUS…\n");
    opt_help(OPTIONS, OPTIONS_N);
    return why ? CLI_USAGE : CLI_OK;
}

int cli_eval(int argc, char **argv)
{
    Eval ev = {.files = arena_create(ARENA_BYTES), .arena = arena_create(TURN_BYTES)};
    ev.talks.arena = ev.files;
    ErrSlot e = {0};
    char **words;
    int n, code;
    Err err = opt_parse(ev.files, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &ev.o, &words, &n);
    if (err)
        code = usage(e.text);
    else if (ev.o.help)
        code = usage(NULL);
    else if (!n)
        code = usage("which labelled conversations?");
    else
        code = run(&ev, words, n);
    for (size_t i = 0; i < ev.n; i++) {
        labeller_close(&ev.engines[i]->labeller);
        free((void *)(uintptr_t)ev.engines[i]->weights.p);
    }
    arena_destroy(ev.arena);
    arena_destroy(ev.files);
    return code;
}
