/* SPDX-License-Identifier: Apache-2.0 */
#include "app/labeller.h"
#include "assist/script_files.h"
#include "base/file.h"
#include "nlu/grammar_files.h"
#include "nlu/lexicon_files.h"
#include "service/content.h"

#include <string.h>
#include <sys/stat.h>

enum { MODEL_BYTES = 64 << 20 };

static Err content(const EmbedFile *built_in, Arena *files, ErrSlot *e, const char *dir,
                   const char *name, Str *ret)
{
    if (dir) {
        const char *path = str_fmt(files, "%s/%s", dir, name).p;
        if (file_exists(path))
            return file_read(files, e, path, MODEL_BYTES, ret);
    }
    for (const EmbedFile *f = built_in; f->name; f++)
        if (strcmp(f->name, name) == 0) {
            *ret = (Str){f->bytes, f->n};
            return ERR_OK;
        }
    return err_set(e, ERR_INTERNAL, "analyse.content", "%s is not in the program", name);
}

static Err open_grammar(Labeller *l, Arena *files, ErrSlot *e, const char *dir)
{
    static const char *const names[] = NLU_GRAMMAR_FILES;
    Str texts[NLU_GRAMMAR_FILE_COUNT];
    for (size_t i = 0; i < NLU_GRAMMAR_FILE_COUNT; i++) {
        Err err = content(CONTENT_FILES, files, e, dir, names[i], &texts[i]);
        if (err)
            return err;
    }
    l->grammar = nlu_grammar_create(texts, NLU_GRAMMAR_FILE_COUNT, e);
    return l->grammar ? ERR_OK : e->err;
}

/* Of the folder, of the file, or what is built in. */
static Err add_weights(Labeller *l, Arena *files, ErrSlot *e, const char *dir, const char *file)
{
    Str bytes; /* arenas give 16-byte places, as the model wants */
    Err err = file ? file_read(files, e, file, MODEL_BYTES, &bytes)
                   : content(MODELS_FILES, files, e, dir, MODEL_UNDERSTANDING, &bytes);
    return err ? err : nlu_model_train_with(l->nlu, bytes, e);
}

Err labeller_open(Labeller *l, Arena *files, ErrSlot *e, const char *model, bool trained)
{
    static const char *const names[] = NLU_LEXICON_FILES;
    Str texts[NLU_LEXICON_FILE_COUNT], rules;
    struct stat st;
    *l = (Labeller){0};
    if (model && stat(model, &st) != 0)
        return err_set(e, ERR_NOT_FOUND, "analyse.model", "there is no folder or file %s", model);
    const char *dir = model && S_ISDIR(st.st_mode) ? model : NULL;
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT; i++) {
        Err err = content(CONTENT_FILES, files, e, dir, names[i], &texts[i]);
        if (err)
            return err;
    }
    l->nlu = nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, e);
    if (!l->nlu)
        return e->err;
    Err err = trained ? add_weights(l, files, e, dir, dir ? NULL : model) : ERR_OK;
    if (!err)
        err = open_grammar(l, files, e, dir);
    if (!err)
        err = content(CONTENT_FILES, files, e, dir, ASSIST_GUARD_FILE, &rules);
    if (err)
        return err;
    l->guard = assist_guard_create(rules, e);
    return l->guard ? ERR_OK : e->err;
}

void labeller_close(Labeller *l)
{
    assist_guard_destroy(l->guard);
    nlu_model_destroy(l->nlu);
    nlu_grammar_destroy(l->grammar);
    *l = (Labeller){0};
}

static void add_fault(NluAgentTurn *t, const char *code)
{
    for (size_t i = 0; i < t->fault_n; i++)
        if (t->faults[i].code == code)
            return;
    if (t->fault_n < NLU_FAULT_MAX)
        t->faults[t->fault_n++] = (NluIntent){.code = code, .p = 1};
}

/* The faults are those that the guard tells: the model's findings are one witness of its. */
static void judge(const Labeller *l, Arena *a, const LabellerTalk *talk, Str text, NluAgentTurn *t)
{
    double p[ASSIST_FAULT_COUNT];
    AssistGuardContext before = talk->before;
    assist_guard_model(t, p);
    before.fault_p = p;
    t->fault_n = 0;
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    size_t n = assist_guard_check(l->guard, a, &before, text, hits);
    for (size_t i = 0; i < n; i++) {
        int fault = nlu_fault_index(str_of(assist_fault_code(hits[i].fault)));
        if (fault < 0) /* it is about something else */
            continue;
        const char *code = nlu_fault_code((size_t)fault);
        add_fault(t, code);
        if (t->evidence_n < NLU_EVIDENCE_MAX)
            t->evidence[t->evidence_n++] = (NluEvidence){.label = code,
                                                         .rule = hits[i].rule,
                                                         .text = hits[i].words,
                                                         .start = hits[i].start,
                                                         .end = hits[i].end};
    }
}

/* The act "promise" is set exactly when there is a commitment. */
static void add_promises(const Labeller *l, Arena *a, const LabellerTalk *talk, Str text,
                         LabelledTurn *ret)
{
    static const char *const act = "promise";
    NluAgentTurn *t = &ret->agent;
    size_t kept = 0;
    ret->promise_n = nlu_promises(l->grammar, a, talk->asked, talk->asked_n, text, ret->promises,
                                  NLU_PROMISE_MAX);
    t->promise = ret->promise_n > 0;
    t->promise_p = t->promise ? 1 : 0;
    for (size_t i = 0; i < t->act_n; i++)
        if (strcmp(t->acts[i].code, act) != 0)
            t->acts[kept++] = t->acts[i];
    t->act_n = kept;
    if (t->promise && t->act_n < NLU_ACT_MAX)
        t->acts[t->act_n++] = (NluIntent){.code = act, .p = 1};
}

static void hear_customer(LabellerTalk *talk, const NluTurn *turn)
{
    if (talk->asked_n == NLU_PROMISE_CONTEXT) {
        memmove(talk->asked, talk->asked + 1, (NLU_PROMISE_CONTEXT - 1) * sizeof talk->asked[0]);
        talk->asked_n--;
    }
    talk->asked[talk->asked_n++] = *turn;
}

LabellerTalk labeller_talk(void)
{
    return (LabellerTalk){.memory = nlu_memory_none()};
}

void labeller_turn(const Labeller *l, Arena *a, const NluTurn *turn, LabellerTalk *talk,
                   LabelledTurn *ret)
{
    const NluMemory before = talk->memory;
    ret->role = turn->role;
    if (turn->role == NLU_CUSTOMER) {
        hear_customer(talk, turn);
        nlu_understand_after(l->nlu, a, &before, turn->text, &ret->customer, &talk->memory);
        assist_guard_heard(&talk->before, turn->text,
                           arena_dup(a, &ret->customer, sizeof ret->customer));
        return;
    }
    nlu_hear_agent(l->nlu, a, &before, turn->text, &ret->agent, &talk->memory);
    ret->promise_n = 0;
    if (l->bare)
        return;
    add_promises(l, a, talk, turn->text, ret);
    talk->asked_n = 0;
    judge(l, a, talk, turn->text, &ret->agent);
    assist_guard_said(&talk->before, turn->text);
}
