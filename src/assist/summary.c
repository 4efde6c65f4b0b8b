/* SPDX-License-Identifier: Apache-2.0 */
/* Five lines from the turns of a conversation. */
#include "assist/summary.h"

#include "assist/summary_internal.h"

enum { MATTERS = 5, SLOTS = 8, ANSWERS = 2, NAMES = 3, ACTS = 8, PROMISES = 4, FOUND = 64 };

const char *assist_summary_kind(AssistSummaryKind k)
{
    static const char *const codes[ASSIST_SUMMARY_LINES] = {"who", "wish", "feeling", "done",
                                                            "promised"};
    return codes[k];
}

static Str number(Arena *a, size_t n)
{
    return str_fmt(a, "%zu", n);
}

static bool heard(const AssistSummaryTurn *t)
{
    return t->role == NLU_CUSTOMER && t->understood;
}

static const AssistSummaryMark *mark_of(const AssistSummaryTurn *t, Str label)
{
    for (size_t i = 0; i < t->mark_n; i++)
        if (str_eq(t->marks[i].label, label))
            return &t->marks[i];
    return NULL;
}

/* The clause that decided a label, or the head of the message. */
static Str deciding(Arena *a, const AssistSummaryTurn *t, Str label)
{
    const AssistSummaryMark *m = mark_of(t, label);
    return m ? summary_clause(a, t->text, m->start, m->end) : summary_head(a, t->text);
}

/* ---- who ---- */
static void who(SummaryLine *l, const AssistSummaryTalk *talk)
{
    if (!talk->name.n)
        summary_part(l, summary_text(l->w, "who.anonymous"));
    else if (talk->vip.n)
        summary_part(l, summary_fill(l, "who.vip", "name", talk->name, "vip", talk->vip));
    else
        summary_part(l, summary_fill(l, "who.name", "name", talk->name, NULL, STR_NONE));
    summary_part(l, summary_text(l->w, talk->returning ? "who.returning" : "who.new"));
    summary_part(l, summary_fill(l, "who.channel", "channel", talk->channel, NULL, STR_NONE));
    for (size_t i = talk->n; i > 0; i--) { /* the last order spoken of */
        const AssistSummaryTurn *t = &talk->turns[i - 1];
        const AssistSummaryMark *m = heard(t) ? mark_of(t, STR("order_no")) : NULL;
        if (!m)
            continue;
        summary_part(l, summary_fill(l, "who.order", "order_no", m->text, NULL, STR_NONE));
        summary_seq(l, t->seq);
        return;
    }
}

/* ---- wish ---- */
typedef struct {
    Str code, name, value;
    const AssistSummaryTurn *turn;
} Named;

static Named *find(Named *list, size_t n, Str code)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i].code, code))
            return &list[i];
    return NULL;
}

/* Matters in the order in which they came up, each with the words that first raised it. */
static void matters(SummaryLine *l, const AssistSummaryTalk *talk)
{
    Named found[FOUND];
    size_t n = 0;
    for (size_t i = 0; i < talk->n; i++) {
        const AssistSummaryTurn *t = &talk->turns[i];
        for (size_t k = 0; heard(t) && k < t->intent_n && n < FOUND; k++) {
            Str code = str_of(nlu_intent_code((size_t)t->intents[k]));
            Str name = summary_name(l->w, "matters", code);
            if (name.n && !find(found, n, code))
                found[n++] = (Named){.code = code, .name = name, .turn = t};
        }
    }
    size_t from = n > MATTERS ? n - MATTERS : 0; /* the newest count for whoever goes on */
    if (from)
        summary_part(l, summary_fill(l, "more", "n", number(l->a, from), NULL, STR_NONE));
    for (size_t i = from; i < n; i++) {
        Str words = deciding(l->a, found[i].turn, found[i].code);
        summary_part(l, summary_fill(l, "wish.matter", "matter", found[i].name, "words", words));
        summary_seq(l, found[i].turn->seq);
    }
}

/* What was said of each need, the last word on it. */
static void slots(SummaryLine *l, const AssistSummaryTalk *talk)
{
    Named found[SLOTS];
    size_t n = 0;
    for (size_t i = 0; i < talk->n; i++) {
        const AssistSummaryTurn *t = &talk->turns[i];
        for (size_t k = 0; heard(t) && k < t->mark_n; k++) {
            const AssistSummaryMark *m = &t->marks[k];
            Str name = summary_name(l->w, "slots", m->label);
            Named *slot = find(found, n, m->label);
            if (!name.n || !m->text.n || (!slot && n == SLOTS))
                continue;
            if (!slot)
                slot = &found[n++];
            if (slot->turn != t) /* of one message the heaviest */
                *slot = (Named){m->label, name, summary_head(l->a, m->text), t};
        }
    }
    Str words[SLOTS];
    for (size_t i = 0; i < n; i++) {
        words[i] = summary_fill(l, "wish.slot", "slot", found[i].name, "value", found[i].value);
        summary_seq(l, found[i].turn->seq);
    }
    Str all = str_join(l->a, words, n, summary_text(l->w, "list"));
    summary_part(l, summary_fill(l, "wish.slots", "slots", all, NULL, STR_NONE));
}

/* ---- feeling ---- */
/* The height on the curve: the kind of feeling first, then how strong it is. */
static int height(const AssistSummaryTurn *t)
{
    static const int step[NLU_EMOTION_COUNT] = {[NLU_PLEASED] = 1,
                                                [NLU_CALM] = 0,
                                                [NLU_ANXIOUS] = -1,
                                                [NLU_DISAPPOINTED] = -2,
                                                [NLU_ANGRY] = -3};
    int k = step[t->emotion] * 4;
    return k < 0 ? k - t->intensity : k + t->intensity;
}

static void feel(SummaryLine *l, const char *key, const char *name, const AssistSummaryTurn *t)
{
    Str words = summary_feeling(l->w, t->emotion, t->intensity);
    summary_part(l, summary_fill(l, key, name, words, NULL, STR_NONE));
    summary_seq(l, t->seq);
}

static void feeling(SummaryLine *l, const AssistSummaryTalk *talk)
{
    const AssistSummaryTurn *start = NULL, *worst = NULL, *now = NULL;
    bool steady = true;
    for (size_t i = 0; i < talk->n; i++) {
        const AssistSummaryTurn *t = &talk->turns[i];
        if (!heard(t))
            continue;
        if (!start)
            start = worst = t;
        if (height(t) < height(worst))
            worst = t;
        steady = steady && height(t) == height(start);
        now = t;
    }
    if (!start) {
        if (talk->clipped) /* among those that were read */
            summary_part(l, summary_text(l->w, "feeling.none"));
    } else if (steady) {
        feel(l, "feeling.steady", "start", start);
        summary_seq(l, now->seq);
    } else {
        feel(l, "feeling.start", "start", start);
        if (height(worst) < 0) {
            Str how = summary_feeling(l->w, worst->emotion, worst->intensity);
            Str words = deciding(l->a, worst, str_of(nlu_emotion_code(worst->emotion)));
            const char *key = words.n ? "feeling.worst" : "feeling.worst_wordless";
            summary_part(l, summary_fill(l, key, "worst", how, "words", words.n ? words : how));
            summary_seq(l, worst->seq);
        }
        feel(l, "feeling.now", "now", now);
    }
    if (talk->clipped)
        summary_part(
            l, summary_fill(l, "feeling.clipped", "n", number(l->a, talk->n), NULL, STR_NONE));
}

static void curve(const AssistSummaryTalk *talk, Arena *a, AssistSummary *ret)
{
    ret->curve = ARENA_ARRAY(a, AssistSummaryPoint, talk->n ? talk->n : 1);
    for (size_t i = 0; i < talk->n; i++) {
        const AssistSummaryTurn *t = &talk->turns[i];
        if (heard(t))
            ret->curve[ret->curve_n++] =
                (AssistSummaryPoint){t->seq, t->at_ms, t->emotion, t->intensity};
    }
}

/* ---- done ---- */
static void acts(SummaryLine *l, const AssistSummaryTalk *talk)
{
    Named found[ACTS];
    size_t n = 0;
    for (size_t i = 0; i < talk->n; i++) {
        const AssistSummaryTurn *t = &talk->turns[i];
        for (size_t k = 0; t->role == NLU_AGENT && k < t->act_n && n < ACTS; k++) {
            Str code = str_of(nlu_act_code((size_t)t->acts[k]));
            Str name = summary_name(l->w, "acts", code);
            if (name.n && !find(found, n, code))
                found[n++] = (Named){.code = code, .name = name, .turn = t};
        }
    }
    Str words[ACTS];
    for (size_t i = 0; i < n; i++) {
        words[i] = found[i].name;
        summary_seq(l, found[i].turn->seq);
    }
    Str all = str_join(l->a, words, n, summary_text(l->w, "list"));
    summary_part(l, summary_fill(l, "done.acts", "acts", all, NULL, STR_NONE));
}

static void count_answers(SummaryLine *l, const AssistSummaryTalk *talk)
{
    Str names[NAMES];
    size_t names_n = 0, n = 0;
    for (size_t i = 0; i < talk->n; i++) {
        const AssistSummaryTurn *t = &talk->turns[i];
        bool known = !t->name.n || names_n == NAMES;
        if (t->role != NLU_AGENT)
            continue;
        n++;
        for (size_t k = 0; k < names_n; k++)
            known = known || str_eq(names[k], t->name);
        if (!known)
            names[names_n++] = t->name;
    }
    if (!n)
        return;
    Str who_all = str_join(l->a, names, names_n, summary_text(l->w, "list"));
    summary_part(l, summary_fill(l, names_n ? "done.count" : "done.count_nameless", "n",
                                 number(l->a, n), names_n ? "agents" : NULL, who_all));
}

static void done(SummaryLine *l, const AssistSummaryTalk *talk)
{
    count_answers(l, talk);
    acts(l, talk);
    const AssistSummaryTurn *last[ANSWERS];
    size_t n = 0;
    for (size_t i = talk->n; i > 0 && n < ANSWERS; i--) {
        const AssistSummaryTurn *t = &talk->turns[i - 1];
        if (t->role == NLU_AGENT && summary_says(l->w, t->text))
            last[n++] = t;
    }
    for (; n > 0; n--) {
        Str words = summary_head(l->a, last[n - 1]->text);
        summary_part(l, summary_fill(l, "done.answer", "words", words, NULL, STR_NONE));
        summary_seq(l, last[n - 1]->seq);
    }
    const AssistSummaryTurn *end = talk->n ? &talk->turns[talk->n - 1] : NULL;
    if (!end || end->role != NLU_CUSTOMER || !l->text.n)
        return;
    summary_part(l, summary_text(l->w, "done.waiting"));
    summary_seq(l, end->seq);
}

/* ---- promised ---- */
typedef struct {
    const AssistSummaryPromise *said;
    const AssistSummaryTurn *turn, *kept; /* kept NULL: nothing shows that it was done */
    Str shown;
} Given;

static size_t given(SummaryLine *l, const AssistSummaryTalk *talk, Given out[FOUND])
{
    size_t n = 0;
    for (size_t i = 0; i < talk->n; i++) {
        const AssistSummaryTurn *t = &talk->turns[i];
        if (t->role != NLU_AGENT)
            continue;
        for (size_t k = 0; k < n; k++) {
            if (out[k].kept)
                continue;
            out[k].shown = summary_shows_done(l->w, l->a, out[k].said->what, t->text);
            if (out[k].shown.n)
                out[k].kept = t;
        }
        for (size_t k = 0; k < t->promise_n; k++) {
            size_t at = 0; /* said again: the last time counts */
            while (at < n &&
                   (out[at].kept || !summary_same(l->w, out[at].said->what, t->promises[k].what)))
                at++;
            if (at == FOUND)
                continue;
            n += at == n;
            out[at] = (Given){.said = &t->promises[k], .turn = t};
        }
    }
    return n;
}

static Str promise_words(SummaryLine *l, const AssistSummaryPromise *p)
{
    Str what = summary_head(l->a, p->what);
    if (!p->due.n)
        return summary_fill(l, "promised.what", "what", what, NULL, STR_NONE);
    Str text = summary_fill(l, "promised.due", "what", what, "due", p->due);
    if (!p->due_words.n)
        return text;
    AssistFact facts[] = {{.name = STR("what"), .value = what},
                          {.name = STR("due"), .value = p->due},
                          {.name = STR("instant"), .value = p->due_words}};
    (void)assist_fill(l->a, summary_text(l->w, "promised.instant"), facts, 3, STR_NONE, &text);
    return text;
}

static void promised(SummaryLine *l, const AssistSummaryTalk *talk)
{
    Given *list = ARENA_ARRAY(l->a, Given, FOUND);
    size_t n = given(l, talk, list), from = n > PROMISES ? n - PROMISES : 0;
    if (from)
        summary_part(l, summary_fill(l, "more", "n", number(l->a, from), NULL, STR_NONE));
    for (size_t i = from; i < n; i++) {
        const Given *g = &list[i];
        Str said = promise_words(l, g->said);
        bool late = g->said->due_ms < talk->now_ms;
        const char *key = g->kept ? "promised.done" : late ? "promised.late" : "promised.open";
        summary_part(l, summary_fill(l, key, "promise", said, g->kept ? "words" : NULL, g->shown));
        summary_seq(l, g->turn->seq);
        if (g->kept)
            summary_seq(l, g->kept->seq);
    }
}

void assist_summary(const AssistSummaryWords *w, Arena *a, const AssistSummaryTalk *talk,
                    AssistSummary *ret)
{
    static void (*const parts[ASSIST_SUMMARY_LINES])(SummaryLine *, const AssistSummaryTalk *) = {
        who, matters, feeling, done, promised};
    static const char *const none[ASSIST_SUMMARY_LINES] = {
        "who.anonymous", "wish.none", "feeling.none", "done.none", "promised.none"};
    *ret = (AssistSummary){0};
    for (int k = 0; k < ASSIST_SUMMARY_LINES; k++) {
        SummaryLine l;
        summary_begin(&l, w, a, &ret->lines[k]);
        parts[k](&l, talk);
        if (k == ASSIST_SUMMARY_WISH)
            slots(&l, talk);
        summary_end(&l, none[k]);
    }
    curve(talk, a, ret);
}
