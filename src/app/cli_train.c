/* SPDX-License-Identifier: Apache-2.0 */
/* zhixin train: labelled conversations in, a model file out. The same input gives the same bytes.
 */
#include "app/cli.h"
#include "app/cli_store.h"
#include "app/labeller.h"
#include "app/talk_files.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/opt.h"
#include "nlu/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 30, OUT_BYTES = 4 << 20, EXTRA_MAX = 64 };

typedef struct {
    const char *corpus, *out, *model, *c_customer, *c_agent;
    int64_t seed, folds, epochs;
    bool plain, exact, help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"corpus", OPT_TEXT, "DIR", "content/corpus", 0, 0,
     "talks in the corpus' form (see content/README.md)", AT(corpus)},
    {"out", OPT_TEXT, "FILE", "understanding.zxm", 0, 0, "the model file to write", AT(out)},
    {"seed", OPT_INT, "N", "1", 1, 1000000, "for whatever is drawn by lot", AT(seed)},
    {"folds", OPT_INT, "N", "4", 2, 10, "parts for calibrating and measuring", AT(folds)},
    {"epochs", OPT_INT, "N", "12", 1, 200, "passes over the talks", AT(epochs)},
    {"cost-customer", OPT_TEXT, "X", "0.01", 0, 0, "cost of an error on the customer's side",
     AT(c_customer)},
    {"cost-agent", OPT_TEXT, "X", "0.05", 0, 0, "and on the agent's", AT(c_agent)},
    {"plain", OPT_FLAG, NULL, NULL, 0, 0, "only pieces of characters, without context: a yardstick",
     AT(plain)},
    {"exact", OPT_FLAG, NULL, NULL, 0, 0, "no misspelt copies of the messages", AT(exact)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

static void say(const char *line)
{
    fprintf(stderr, "%s\n", line);
}

static bool cost(const char *text, double *ret)
{
    char *end;
    *ret = strtod(text, &end);
    return *text && !*end && *ret > 0 && *ret <= 1000;
}

static int report(Arena *a, const NluTrainReport *r, const Options *o, Str file, int64_t ns)
{
    Buf out;
    JsonW w;
    buf_init(&out, a, OUT_BYTES);
    jw_init(&w, &out);
    jw_obj(&w);
    jw_kstr(&w, "model", str_of(o->out));
    jw_ki64(&w, "bytes", (int64_t)file.n);
    jw_ki64(&w, "seed", o->seed);
    jw_ki64(&w, "talks", (int64_t)r->talks);
    jw_ki64(&w, "clusters", (int64_t)r->clusters);
    jw_ki64(&w, "customer_messages", (int64_t)r->customer_rows);
    jw_ki64(&w, "agent_messages", (int64_t)r->agent_rows);
    jw_ki64(&w, "customer_features", (int64_t)r->features[0]);
    jw_ki64(&w, "agent_features", (int64_t)r->features[1]);
    jw_ki64(&w, "seconds", ns / 1000000000);
    jw_key(&w, "dev");
    nlu_measure_write(&r->dev, &w);
    jw_obj_end(&w);
    buf_byte(&out, '\n');
    return fwrite(out.p, 1, out.n, stdout) == out.n && fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int run(Arena *a, const Options *o, char **extra, int extra_n)
{
    ErrSlot e = {0};
    NluTalks talks = {.arena = a};
    Labeller rules = {NULL, NULL};
    NluTrainOptions how = nlu_train_defaults();
    NluTrainReport *r = ARENA_NEW(a, NluTrainReport);
    how.seed = (uint32_t)o->seed;
    how.folds = (int)o->folds;
    how.epochs = (int)o->epochs;
    how.plain = o->plain;
    how.augment = !o->exact && !o->plain;
    how.say = say;
    if (!cost(o->c_customer, &how.c_customer) || !cost(o->c_agent, &how.c_agent))
        return fprintf(stderr, "zhixin train: a cost is a number above 0\n"), CLI_USAGE;
    int64_t from = clock_steady_ns();
    Str file = STR_NONE;
    Err err = talk_files_read(&talks, &e, o->corpus);
    for (int i = 0; i < extra_n && !err; i++)
        err = talk_files_read(&talks, &e, extra[i]);
    if (!err)
        err = labeller_open(&rules, a, &e, NULL, false);
    if (!err)
        err = nlu_train(rules.nlu, &talks, &how, &e, &file, r);
    if (!err)
        err = file_write(&e, o->out, file, 0644);
    labeller_close(&rules);
    int code = err ? cli_refused("train", &e) : report(a, r, o, file, clock_steady_ns() - from);
    free((void *)(uintptr_t)file.p);
    return code;
}

static int usage(const char *why)
{
    if (why)
        fprintf(stderr, "zhixin train: %s\n", why);
    fprintf(stderr,
            "usage: zhixin train [--corpus DIR] [--extra FILE]… [--out FILE] [--seed N]\n"
            "  --extra FILE      more labelled conversations (JSON lines), also several times\n");
    opt_help(OPTIONS, OPTIONS_N);
    return why ? CLI_USAGE : CLI_OK;
}

/* --extra may stand several times, which the option table does not know: taken out before. */
static int take_extras(int argc, char **argv, char **extra, char **rest)
{
    int n = 0;
    for (int i = 0; i < argc; i++) {
        Str word = str_of(argv[i]);
        if (str_is(word, "--extra") && i + 1 < argc && n < EXTRA_MAX)
            extra[n++] = argv[++i];
        else if (str_starts(word, STR("--extra=")) && n < EXTRA_MAX)
            extra[n++] = argv[i] + 8;
        else
            *rest++ = argv[i];
    }
    *rest = NULL;
    return n;
}

int cli_train(int argc, char **argv)
{
    Arena *a = arena_create(ARENA_BYTES);
    Options o = {.corpus = NULL};
    ErrSlot e = {0};
    char *extra[EXTRA_MAX], **words, **rest = ARENA_ARRAY(a, char *, (size_t)argc + 1);
    int n, code, rest_n = 0, extra_n = take_extras(argc - 1, argv + 1, extra, rest);
    while (rest[rest_n])
        rest_n++;
    Err err = opt_parse(a, &e, OPTIONS, OPTIONS_N, rest_n, rest, &o, &words, &n);
    if (err)
        code = usage(e.text);
    else if (o.help)
        code = usage(NULL);
    else if (n)
        code = usage("conversations are named with --corpus and --extra");
    else
        code = run(a, &o, extra, extra_n);
    arena_destroy(a);
    return code;
}
