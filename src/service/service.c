/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: what is embedded in the program is compiled once and shared by all shops. */
#include "service/internal.h"

#include "assist/script_files.h"
#include "base/mutex.h"
#include "nlu/grammar_files.h"
#include "nlu/lexicon_files.h"
#include "service/content.h"
#include "service/hook.h"
#include "service/llm_internal.h"

#include <stdlib.h>
#include <string.h>

enum { OPEN_ARENA = 64 << 20, BUILTIN_MAX = 4096 };

static Err embedded_in(const EmbedFile *files, ErrSlot *e, const char *name, Str *ret)
{
    for (const EmbedFile *f = files; f->name; f++)
        if (strcmp(f->name, name) == 0) {
            *ret = (Str){f->bytes, f->n};
            return ERR_OK;
        }
    return err_set(e, ERR_INTERNAL, "service.content", "%s is not in the program", name);
}

static Err embedded(ErrSlot *e, const char *name, Str *ret)
{
    return embedded_in(CONTENT_FILES, e, name, ret);
}

static Err open_nlu(Service *s, ErrSlot *e)
{
    static const char *const files[] = NLU_LEXICON_FILES;
    Str texts[NLU_LEXICON_FILE_COUNT];
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT; i++) {
        Err err = embedded(e, files[i], &texts[i]);
        if (err)
            return err;
    }
    s->nlu = nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, e);
    if (!s->nlu)
        return e->err;
    Str weights;
    Err err = embedded_in(MODELS_FILES, e, MODEL_UNDERSTANDING, &weights);
    return err ? err : nlu_model_train_with(s->nlu, weights, e);
}

static Err open_grammar(Service *s, ErrSlot *e)
{
    static const char *const files[] = NLU_GRAMMAR_FILES;
    Str texts[NLU_GRAMMAR_FILE_COUNT];
    for (size_t i = 0; i < NLU_GRAMMAR_FILE_COUNT; i++) {
        Err err = embedded(e, files[i], &texts[i]);
        if (err)
            return err;
    }
    s->grammar = nlu_grammar_create(texts, NLU_GRAMMAR_FILE_COUNT, e);
    return s->grammar ? ERR_OK : e->err;
}

static Err open_summary(Service *s, ErrSlot *e)
{
    Str words;
    Err err = embedded(e, "summary/lines.json", &words);
    if (err)
        return err;
    s->summary_words = assist_summary_words_create(words, e);
    return s->summary_words ? ERR_OK : e->err;
}

static Err open_scripts(Service *s, ErrSlot *e)
{
    static const char *const files[] = ASSIST_SCRIPT_FILES;
    Str texts[ASSIST_SCRIPT_FILE_COUNT];
    s->builtin = ARENA_ARRAY(s->arena, ServiceBuiltin, BUILTIN_MAX);
    for (size_t i = 0; i < ASSIST_SCRIPT_FILE_COUNT; i++) {
        const Json *j;
        Err err = embedded(e, files[i], &texts[i]);
        if (!err)
            err = json_parse(s->arena, e, texts[i], &j);
        if (err)
            return err;
        for (const Json *x = json_first(json_get(j, "scripts")); x; x = json_next(x)) {
            ASSERT(s->builtin_n < BUILTIN_MAX);
            s->builtin[s->builtin_n++] =
                (ServiceBuiltin){.id = json_str(x, "id"), .json = json_print(s->arena, x)};
        }
    }
    s->scripts = assist_library_create(texts, ASSIST_SCRIPT_FILE_COUNT, e);
    return s->scripts ? ERR_OK : e->err;
}

static Err open_guard(Service *s, ErrSlot *e)
{
    Err err = embedded(e, ASSIST_GUARD_FILE, &s->guard_json);
    if (err)
        return err;
    s->guard = assist_guard_create(s->guard_json, e);
    return s->guard ? ERR_OK : e->err;
}

Err service_open(const ServiceConfig *config, ErrSlot *e, Service **ret)
{
    Service *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->store = config->store;
    s->accounts = config->accounts;
    s->log = config->log;
    s->demo = config->demo;
    s->hooks_private = config->hooks_private;
    s->arena = arena_create(OPEN_ARENA);
    s->forgotten_ns = INT64_MIN / 2;
    map_init(&s->shops);
    s->llm = llm_gate_create();
    s->recent = service_recent_create(config->store && store_is_pg(config->store));
    mutex_init_short(&s->lock);
    Err err = open_nlu(s, e);
    if (!err)
        err = open_grammar(s, e);
    if (!err)
        err = open_summary(s, e);
    if (!err)
        err = open_scripts(s, e);
    if (!err)
        err = open_guard(s, e);
    if (err) {
        service_close(s);
        return err;
    }
    *ret = s;
    return ERR_OK;
}

void service_close(Service *s)
{
    if (!s)
        return;
    service_hook_send_free(s);
    size_t at = 0;
    int64_t key;
    void *value;
    while (map_each(&s->shops, &at, &key, &value)) {
        ServiceSnapshot *snap = value;
        ASSERT(snap->references == 1); /* no request is on its way any more */
        assist_guard_destroy(snap->own_guard);
        assist_library_destroy(snap->own_scripts);
        arena_destroy(snap->arena);
    }
    map_finish(&s->shops);
    service_recent_destroy(s->recent);
    llm_gate_destroy(s->llm);
    pthread_mutex_destroy(&s->lock);
    nlu_model_destroy(s->nlu);
    nlu_grammar_destroy(s->grammar);
    assist_summary_words_destroy(s->summary_words);
    assist_guard_destroy(s->guard);
    assist_library_destroy(s->scripts);
    arena_destroy(s->arena);
    free(s);
}

void service_stop(Service *s)
{
    if (s)
        service_hook_send_stop(s);
}

const NluModel *service_nlu(const Service *s)
{
    return s->nlu;
}
