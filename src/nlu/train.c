/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/train.h"
#include "nlu/train_internal.h"
#include "base/assert.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS_MAX = 10, ROWS_MIN = 20, SPEAK = 160 };

NluTrainOptions nlu_train_defaults(void)
{
    return (NluTrainOptions){
        .seed = 1, .folds = 4, .epochs = 12, .c_customer = 0.01, .c_agent = 0.05, .augment = true};
}

typedef struct {
    const NluModel *rules;
    const NluTalks *talks;
    const NluTrainOptions *o;
    uint32_t *fold;
    NluTrainSet set[2];
    NluHead heads[2][NLU_HEAD_MAX];
    float *weights[2][FOLDS_MAX]; /* by side, of the model that has not seen the fold */
    NluModel models[FOLDS_MAX];
    Str files[FOLDS_MAX];
} Job;

static void say(const Job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(const Job *j, const char *fmt, ...)
{
    char line[SPEAK];
    va_list args;
    if (!j->o->say)
        return;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    j->o->say(line);
}

static float *new_weights(const NluTrainSet *s)
{
    float *w = calloc(s->columns * s->stride + 1, sizeof *w);
    ASSERT(w != NULL);
    return w;
}

/* ---- models */

/* Weights without the padding of the rows; rows that say almost nothing are left out. */
static Str pack(const Job *j, float *const weights[2])
{
    NluWeightPart part[2];
    float *dense[2];
    uint32_t *keys[2];
    uint8_t *idf[2];
    for (int side = 0; side < 2; side++) {
        const NluTrainSet *s = &j->set[side];
        dense[side] = malloc((s->columns * s->heads + 1) * sizeof *dense[side]);
        keys[side] = malloc((s->columns + 1) * sizeof *keys[side]);
        idf[side] = malloc(s->columns + 1);
        ASSERT(dense[side] && keys[side] && idf[side]);
        size_t n = 0;
        for (size_t c = 0; c < s->columns; c++) {
            memcpy(dense[side] + n * s->heads, weights[side] + c * s->stride,
                   s->heads * sizeof *dense[side]);
            keys[side][n] = s->column_key[c];
            idf[side][n++] = s->column_idf[c];
        }
        part[side] = (NluWeightPart){.heads = j->heads[side],
                                     .head_n = s->heads,
                                     .rows = n,
                                     .keys = keys[side],
                                     .idf = idf[side],
                                     .weights = dense[side]};
    }
    Str file = nlu_weights_pack(part, j->o->seed, j->o->plain);
    for (int side = 0; side < 2; side++) {
        free(dense[side]);
        free(keys[side]);
        free(idf[side]);
    }
    return file;
}

static void drop_models(Job *j)
{
    for (int k = 0; k < j->o->folds; k++) {
        free((void *)(uintptr_t)j->files[k].p);
        j->files[k] = STR_NONE;
        for (int side = 0; side < 2; side++) {
            free(j->weights[side][k]);
            j->weights[side][k] = NULL;
        }
    }
}

/* One model a fold, that has not seen it; chances are calibrated on what they say of it. */
static Err cross_fit(Job *j, ErrSlot *e)
{
    drop_models(j);
    for (int side = 0; side < 2; side++) {
        NluTrainSet *s = &j->set[side];
        float *scores = calloc(s->n * s->stride + 1, sizeof *scores);
        ASSERT(scores != NULL);
        for (int k = 0; k < j->o->folds; k++) {
            j->weights[side][k] = new_weights(s);
            nlu_train_solve(s, k, j->o, j->weights[side][k]);
            nlu_train_score(s, k, j->weights[side][k], scores);
        }
        nlu_train_heads(s->role, j->heads[side]);
        nlu_train_calibrate(s, scores, j->heads[side]);
        free(scores);
    }
    for (int k = 0; k < j->o->folds; k++) {
        float *const weights[2] = {j->weights[0][k], j->weights[1][k]};
        j->files[k] = pack(j, weights);
        j->models[k] = *j->rules; /* shares the lexicon */
        Err err = nlu_model_train_with(&j->models[k], j->files[k], e);
        if (err)
            return err;
    }
    return ERR_OK;
}

static void collect(Job *j, bool with_models)
{
    NluTypist *typist = j->o->augment ? nlu_typist_create(j->talks) : NULL;
    NluTrainSet next[2];
    nlu_train_collect(j->rules, with_models ? j->models : NULL, j->talks, j->fold, typist, j->o,
                      next);
    for (int side = 0; side < 2; side++) {
        nlu_train_free(&j->set[side]);
        j->set[side] = next[side];
        nlu_train_index(&j->set[side]);
        say(j, "%s: %zu rows, %zu features", side ? "agent" : "customer", j->set[side].n,
            j->set[side].columns);
    }
    nlu_typist_destroy(typist);
}

/* What the models say of the folds they have not seen. */
static void measure(const Job *j, NluMeasure *m)
{
    Arena *a = arena_create(64u << 20);
    nlu_measure_init(m);
    for (size_t i = 0; i < j->talks->n; i++) {
        const NluTalk *talk = &j->talks->talks[i];
        const NluModel *model = &j->models[j->fold[i]];
        NluMemory memory = nlu_memory_none();
        for (size_t k = 0; k < talk->n && !talk->made; k++) {
            const NluTalkTurn *t = &talk->turns[k];
            const NluMemory before = memory;
            if (t->role == NLU_CUSTOMER) {
                NluUnderstanding u;
                nlu_understand_after(model, a, &before, t->text, &u, &memory);
                if (t->labelled)
                    nlu_measure_customer(m, t, &u);
            } else {
                NluAgentTurn u;
                nlu_hear_agent(model, a, &before, t->text, &u, &memory);
                if (t->labelled)
                    nlu_measure_agent(m, t, &u);
            }
        }
        arena_reset(a);
    }
    arena_destroy(a);
}

/* The mean with the models of the folds is steadier than one model alone. */
static void mix_in(const Job *j, int side, float *w)
{
    const NluTrainSet *s = &j->set[side];
    for (size_t i = 0; i < s->columns * s->stride; i++) {
        float sum = 0;
        for (int k = 0; k < j->o->folds; k++)
            sum += j->weights[side][k][i];
        w[i] = 0.5f * w[i] + 0.5f * sum / (float)j->o->folds;
    }
}

static Err run(Job *j, ErrSlot *e, Str *ret_file, NluTrainReport *report)
{
    say(j, "first round: memory from the true labels");
    collect(j, false);
    Err err = cross_fit(j, e);
    if (err)
        return err;
    say(j, "second round: memory as it is read");
    collect(j, !j->o->plain);
    err = cross_fit(j, e);
    if (err)
        return err;
    measure(j, &report->dev);
    say(j, "all folds together");
    float *weights[2];
    for (int side = 0; side < 2; side++) {
        weights[side] = new_weights(&j->set[side]);
        nlu_train_solve(&j->set[side], -1, j->o, weights[side]);
        mix_in(j, side, weights[side]);
        report->features[side] = j->set[side].columns;
    }
    *ret_file = pack(j, weights);
    free(weights[0]);
    free(weights[1]);
    return ERR_OK;
}

Err nlu_train(const NluModel *rules, const NluTalks *talks, const NluTrainOptions *o, ErrSlot *e,
              Str *ret_file, NluTrainReport *report)
{
    *report = (NluTrainReport){.talks = talks->n,
                               .customer_rows = nlu_talks_turns(talks, NLU_CUSTOMER),
                               .agent_rows = nlu_talks_turns(talks, NLU_AGENT)};
    ASSERT(o->folds >= 2 && o->folds <= FOLDS_MAX);
    if (report->customer_rows < ROWS_MIN || report->agent_rows < ROWS_MIN)
        return err_set(e, ERR_INVALID, "nlu.train_few",
                       "%zu customer and %zu agent messages are too few to learn from",
                       report->customer_rows, report->agent_rows);
    Job *j = calloc(1, sizeof *j);
    uint32_t *fold = calloc(talks->n + 1, sizeof *fold);
    ASSERT(j && fold);
    j->rules = rules;
    j->talks = talks;
    j->o = o;
    j->fold = fold;
    report->clusters = nlu_train_split(talks, o->folds, o->seed, fold);
    say(j, "%zu talks in %zu clusters", talks->n, report->clusters);
    Err err = run(j, e, ret_file, report);
    drop_models(j);
    nlu_train_free(&j->set[0]);
    nlu_train_free(&j->set[1]);
    free(fold);
    free(j);
    return err;
}
