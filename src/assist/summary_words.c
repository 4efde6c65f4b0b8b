/* SPDX-License-Identifier: Apache-2.0 */
/* The wording of the summary: content/summary/lines.json, and a line put together from it. */
#include "assist/summary_internal.h"

#include <string.h>

enum { WORDS_ARENA = 4 << 20 };

static const char *const TEXTS[] = {"join",
                                    "list",
                                    "more",
                                    "who.name",
                                    "who.vip",
                                    "who.anonymous",
                                    "who.returning",
                                    "who.new",
                                    "who.channel",
                                    "who.order",
                                    "wish.matter",
                                    "wish.slots",
                                    "wish.slot",
                                    "wish.none",
                                    "feeling.steady",
                                    "feeling.start",
                                    "feeling.worst",
                                    "feeling.worst_wordless",
                                    "feeling.now",
                                    "feeling.clipped",
                                    "feeling.none",
                                    "done.count",
                                    "done.count_nameless",
                                    "done.acts",
                                    "done.answer",
                                    "done.waiting",
                                    "done.none",
                                    "promised.what",
                                    "promised.due",
                                    "promised.instant",
                                    "promised.done",
                                    "promised.open",
                                    "promised.late",
                                    "promised.none"};

static Err check(const AssistSummaryWords *w, ErrSlot *e)
{
    static const char *const lists[] = {"courtesy", "done_words", "undone_words"};
    static const char *const tables[] = {"matters", "slots", "acts"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++)
        if (!summary_text(w, TEXTS[i]).n)
            return err_set(e, ERR_INVALID, "summary.invalid", "texts.%s is missing", TEXTS[i]);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (!json_is_object(json_get(w->root, tables[i])))
            return err_set(e, ERR_INVALID, "summary.invalid", "%s is missing", tables[i]);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (!json_is_array(json_get(w->root, lists[i])))
            return err_set(e, ERR_INVALID, "summary.invalid", "%s is missing", lists[i]);
    for (int k = 0; k < NLU_EMOTION_COUNT; k++)
        for (int n = k == NLU_CALM ? 0 : 1; n <= (k == NLU_CALM ? 0 : 3); n++)
            if (!summary_feeling(w, (NluEmotion)k, n).n)
                return err_set(e, ERR_INVALID, "summary.invalid", "emotions.%s is not whole",
                               nlu_emotion_code((NluEmotion)k));
    if (!json_str(w->root, "stop_chars").n)
        return err_set(e, ERR_INVALID, "summary.invalid", "stop_chars is missing");
    return ERR_OK;
}

AssistSummaryWords *assist_summary_words_create(Str json, ErrSlot *e)
{
    Arena *arena = arena_create(WORDS_ARENA);
    AssistSummaryWords *w = ARENA_NEW(arena, AssistSummaryWords);
    w->arena = arena;
    Err err = json_parse(arena, e, str_dup(arena, json), &w->root);
    if (!err)
        err = check(w, e);
    if (!err)
        return w;
    arena_destroy(arena);
    return NULL;
}

void assist_summary_words_destroy(AssistSummaryWords *w)
{
    if (w)
        arena_destroy(w->arena);
}

Str summary_text(const AssistSummaryWords *w, const char *key)
{
    return json_str(json_get(w->root, "texts"), key);
}

Str summary_name(const AssistSummaryWords *w, const char *group, Str code)
{
    for (const Json *x = json_first(json_get(w->root, group)); x; x = json_next(x))
        if (str_eq(json_key(x), code))
            return json_value_str(x);
    return STR_NONE;
}

Str summary_feeling(const AssistSummaryWords *w, NluEmotion e, int intensity)
{
    const Json *x = json_first(json_get(json_get(w->root, "emotions"), nlu_emotion_code(e)));
    for (int i = 1; x && i < intensity; i++)
        x = json_next(x);
    return x ? json_value_str(x) : STR_NONE;
}

bool summary_any(const AssistSummaryWords *w, const char *group, Str text)
{
    for (const Json *x = json_first(json_get(w->root, group)); x; x = json_next(x))
        if (str_find(text, json_value_str(x)) >= 0)
            return true;
    return false;
}

Str summary_fill(SummaryLine *l, const char *key, const char *n1, Str v1, const char *n2, Str v2)
{
    AssistFact facts[2] = {{.name = str_of(n1), .value = v1}, {.name = str_of(n2), .value = v2}};
    Str ret = STR_NONE;
    return assist_fill(l->a, summary_text(l->w, key), facts, n2 ? 2 : 1, STR_NONE, &ret) ? ret
                                                                                         : STR_NONE;
}

void summary_begin(SummaryLine *l, const AssistSummaryWords *w, Arena *a, AssistSummaryLine *line)
{
    *l = (SummaryLine){.w = w, .a = a, .line = line};
    buf_init(&l->text, a, SUMMARY_LINE_BYTES);
}

void summary_part(SummaryLine *l, Str part)
{
    Str join = summary_text(l->w, "join");
    if (!part.n || l->text.n + join.n + part.n > SUMMARY_LINE_BYTES)
        return; /* parts are short and few: never, unless a record is monstrous */
    if (l->text.n)
        buf_put(&l->text, join);
    buf_put(&l->text, part);
}

void summary_seq(SummaryLine *l, int64_t seq)
{
    AssistSummaryLine *line = l->line;
    for (size_t i = 0; i < line->seq_n; i++)
        if (line->seqs[i] == seq)
            return;
    if (line->seq_n < ASSIST_SUMMARY_SEQS)
        line->seqs[line->seq_n++] = seq;
}

void summary_end(SummaryLine *l, const char *none)
{
    if (!l->text.n)
        buf_put(&l->text, summary_text(l->w, none));
    l->line->text = buf_str(&l->text);
}
