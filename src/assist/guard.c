/* SPDX-License-Identifier: Apache-2.0 */
#include "assist/guard_internal.h"
#include "base/assert.h"

#include <stdlib.h>

enum { HITS_PER_POINT = 6 };

const char *assist_level_code(AssistLevel l)
{
    static const char *const codes[] = {"off", "warn", "approve", "block"};
    return (unsigned)l <= ASSIST_BLOCK ? codes[l] : "off";
}

const char *assist_fault_code(AssistFault f)
{
    static const char *const codes[] = {
        "blunt_refusal",     "blame",        "excuse_first", "vague",        "ignored",
        "repeated_template", "over_promise", "argue",        "off_platform", "competitor",
        "absolute_term",     "privacy",      "review_bribe", "rude"};
    return (unsigned)f < ASSIST_FAULT_COUNT ? codes[f] : "";
}

AssistFault assist_fault_parse(Str code)
{
    for (AssistFault f = ASSIST_BLUNT_REFUSAL; f < ASSIST_FAULT_COUNT; f++)
        if (str_is(code, assist_fault_code(f)))
            return f;
    return ASSIST_FAULT_COUNT;
}

/* ---- finding ---- */

static bool is_word_char(uint32_t cp)
{
    return nlu_is_letter(cp) || nlu_is_digit(cp);
}

/* White space that was dropped separates as well. */
bool guard_stands_alone(const NluText *t, uint32_t start, uint32_t end)
{
    if (start > 0 && is_word_char(t->cp[start]) && is_word_char(t->cp[start - 1]) &&
        t->at[start] == t->at[start - 1] + 1)
        return false;
    return !(end < t->n && is_word_char(t->cp[end - 1]) && is_word_char(t->cp[end]) &&
             t->at[end] == t->at[end - 1] + 1);
}

void guard_found(GuardCheck *c, uint16_t rule, uint32_t start, uint32_t end, Str rewrite)
{
    if (start >= end || end > c->text.n)
        return;
    if (c->word_n == c->word_cap) {
        size_t cap = c->word_cap ? c->word_cap * 2 : 64;
        GuardFound *more = ARENA_ARRAY(c->arena, GuardFound, cap);
        for (size_t i = 0; i < c->word_n; i++)
            more[i] = c->words[i];
        c->words = more;
        c->word_cap = cap;
    }
    c->words[c->word_n++] =
        (GuardFound){.start = start, .end = end, .rule = rule, .rewrite = rewrite};
}

static void cover(GuardCheck *c, uint16_t rule, uint32_t start, uint32_t end)
{
    if (!c->cover[rule])
        c->cover[rule] = ARENA_ARRAY(c->arena, uint32_t, c->text.n + 1);
    if (c->cover[rule][start] < end)
        c->cover[rule][start] = end;
}

static void fill(GuardCheck *c, uint16_t rule, uint32_t start, uint32_t end)
{
    if (!c->filler[rule])
        c->filler[rule] = arena_alloc(c->arena, c->text.n + 1);
    for (uint32_t p = start; p < end; p++)
        c->filler[rule][p] = 1;
}

static void use_word(GuardCheck *c, const GuardUse *use, uint32_t start, uint32_t end)
{
    uint32_t to = end;
    if (c->g->rules[use->rule].check == GUARD_CHECK_HANDLE && !guard_handle(&c->text, end, &to))
        return;
    guard_found(c, use->rule, start, to, use->rewrite);
}

static void use_one(GuardCheck *c, const GuardUse *use, uint32_t start, uint32_t end,
                    uint32_t *open)
{
    switch ((GuardUseKind)use->kind) {
    case GUARD_WORD:
        use_word(c, use, start, end);
        break;
    case GUARD_EXCEPTION:
        cover(c, use->rule, start, end);
        break;
    case GUARD_UNLESS:
        c->pardoned[use->rule] = true;
        break;
    case GUARD_NEED:
        c->needed[use->rule] = true;
        break;
    case GUARD_BEFORE:
        if (end < c->excused_from[use->rule])
            c->excused_from[use->rule] = end;
        break;
    case GUARD_FILLER:
        fill(c, use->rule, start, end);
        break;
    case GUARD_PAIR_A:
        open[use->pair * 2] = start + 1;
        open[use->pair * 2 + 1] = end;
        break;
    case GUARD_PAIR_B:
        if (open[use->pair * 2] && open[use->pair * 2 + 1] <= start &&
            start - open[use->pair * 2 + 1] <= (uint32_t)use->within)
            guard_found(c, use->rule, open[use->pair * 2] - 1, end, use->rewrite);
        break;
    case GUARD_POLICY:
        guard_policy(c, use, start, end);
        break;
    case GUARD_ASKED: /* of the customer's side */
    case GUARD_QUESTION:
    case GUARD_CALL:
    case GUARD_CLOSE:
        break;
    }
}

static void find_words(GuardCheck *c)
{
    const AssistGuard *g = c->g;
    size_t cap = c->text.n * HITS_PER_POINT +
                 HITS_PER_POINT; /* so that no flood of harmless words hides one behind it */
    NluHit *hits = ARENA_ARRAY(c->arena, NluHit, cap);
    size_t n = nlu_ac_scan(g->ac, c->text.cp, c->text.n, hits, cap);
    uint32_t *open = ARENA_ARRAY(c->arena, uint32_t, (size_t)g->pair_n * 2 + 2);
    for (size_t i = 0; i < n; i++) {
        if (!guard_stands_alone(&c->text, hits[i].start, hits[i].end))
            continue;
        for (uint32_t u = g->use_from[hits[i].word]; u < g->use_from[hits[i].word + 1]; u++)
            if (g->uses[u].rule < g->rule_n)
                use_one(c, &g->uses[u], hits[i].start, hits[i].end, open);
    }
    for (size_t r = 0; r < g->rule_n; r++)
        for (size_t i = 1; c->cover[r] && i < c->text.n; i++)
            if (c->cover[r][i] < c->cover[r][i - 1])
                c->cover[r][i] = c->cover[r][i - 1];
}

static void find_others(GuardCheck *c)
{
    for (size_t r = 0; r < c->g->rule_n; r++) {
        if (c->g->rules[r].level == ASSIST_OFF)
            continue;
        switch (c->g->rules[r].check) {
        case GUARD_CHECK_PHONE:
            guard_phones(c, (uint16_t)r);
            break;
        case GUARD_CHECK_CARD:
            guard_cards(c, (uint16_t)r);
            break;
        case GUARD_CHECK_HIDDEN:
            guard_hidden(c, (uint16_t)r);
            break;
        case GUARD_CHECK_REPEAT:
            guard_repeat(c, (uint16_t)r);
            break;
        case GUARD_CHECK_WHOLE:
            guard_found(c, (uint16_t)r, 0, (uint32_t)c->text.n, STR_NONE);
            break;
        case GUARD_CHECK_HANDLE: /* with its words */
        case GUARD_CHECK_NONE:
            break;
        }
    }
}

/* ---- judging ---- */

static bool excused(const GuardCheck *c, const GuardFound *f)
{
    const uint32_t *reach = c->cover[f->rule];
    return (reach && reach[f->start] >= f->end) || c->excused_from[f->rule] <= f->start;
}

/* Rule by rule; within one, the longest first, then by place. */
static int by_rule(const void *a, const void *b)
{
    const GuardFound *x = a, *y = b;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    uint32_t lx = x->end - x->start, ly = y->end - y->start;
    if (lx != ly)
        return lx > ly ? -1 : 1;
    return x->start < y->start ? -1 : x->start > y->start;
}

static int by_place(const void *a, const void *b)
{
    const GuardFound *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static Str put(Arena *a, Str pattern, Str name, Str value)
{
    ptrdiff_t at = str_find(pattern, name);
    if (at < 0)
        return pattern;
    size_t after = (size_t)at + name.n;
    const Str parts[] = {str_sub(pattern, 0, (size_t)at), value,
                         str_sub(pattern, after, pattern.n - after)};
    return str_join(a, parts, 3, STR(""));
}

static AssistGuardHit hit_of(const GuardCheck *c, const GuardFound *f, Str pattern)
{
    const GuardRule *r = &c->g->rules[f->rule];
    Str words = nlu_text_slice(&c->text, c->source, f->start, f->end);
    return (AssistGuardHit){.rule = r->id,
                            .version = r->version,
                            .level = r->level,
                            .fault = r->fault,
                            .start = c->text.at[f->start],
                            .end = nlu_text_end(&c->text, f->end),
                            .words = words,
                            .message =
                                put(c->arena, put(c->arena, pattern, STR("{policy}"), f->policy),
                                    STR("{words}"), words),
                            .rewrite = f->rewrite.n ? f->rewrite : r->rewrite};
}

/* Those of one rule that neither an exception covers nor another find outdoes, by place. They are
 * sorted by length, so each place is marked once. */
static size_t keep(const GuardCheck *c, GuardFound *list, size_t n, uint8_t *taken)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        GuardFound f = list[i];
        bool over = excused(c, &f);
        for (uint32_t p = f.start; p < f.end && !over; p++)
            over = taken[p];
        if (over)
            continue;
        for (uint32_t p = f.start; p < f.end; p++)
            taken[p] = 1;
        list[kept++] = f;
    }
    for (size_t i = 0; i < kept; i++)
        for (uint32_t p = list[i].start; p < list[i].end; p++)
            taken[p] = 0;
    qsort(list, kept, sizeof *list, by_place);
    return kept < GUARD_HITS_PER_RULE ? kept : GUARD_HITS_PER_RULE;
}

static bool rule_speaks(const GuardCheck *c, uint16_t rule)
{
    const GuardRule *r = &c->g->rules[rule];
    return r->level != ASSIST_OFF && !c->pardoned[rule] && (!r->needs || c->needed[rule]) &&
           (!r->asks || c->asked_of[rule]) && (int64_t)c->text.n >= r->shortest &&
           (r->longest <= 0 || (int64_t)c->text.n <= r->longest) && guard_when(c, &r->when) &&
           (!r->only || guard_only(c, rule)) && !guard_met_before(c, rule);
}

/* A trained model is one more witness: where its probability is high and the words show nothing,
 * the whole text is the hit. It never speaks in the absence of its own message. */
static bool model_speaks(const GuardCheck *c, const GuardRule *r, size_t kept)
{
    bool reply = r->fault == ASSIST_IGNORED || r->fault == ASSIST_VAGUE ||
                 r->fault == ASSIST_EXCUSE_FIRST; /* faults of an answer */
    if (reply && c->before->open_n == 0 && c->before->turn_n > 0)
        return false; /* the customer was answered already: this adds to it */
    return kept == 0 && r->level != ASSIST_OFF && r->model_at > 0 && r->model_message.n > 0 &&
           r->fault < ASSIST_FAULT_COUNT && c->before->fault_p &&
           c->before->fault_p[r->fault] >= r->model_at && c->text.n > 0;
}

static size_t judge(GuardCheck *c, AssistGuardHit *all)
{
    size_t n = 0, at = 0;
    uint8_t *taken = arena_alloc(c->arena, c->text.n + 1);
    if (c->word_n)
        qsort(c->words, c->word_n, sizeof *c->words, by_rule);
    for (uint16_t r = 0; r < c->g->rule_n; r++) {
        size_t from = at, kept = 0;
        while (at < c->word_n && c->words[at].rule == r)
            at++;
        const GuardRule *rule = &c->g->rules[r];
        if (at > from && rule_speaks(c, r))
            kept = keep(c, c->words + from, at - from, taken);
        if (rule->when.given && kept > 1) /* the situation is one, whatever words show it */
            kept = 1;
        for (size_t i = 0; i < kept; i++)
            all[n++] = hit_of(c, &c->words[from + i], rule->message);
        if (model_speaks(c, rule, kept)) {
            GuardFound whole = {.end = (uint32_t)c->text.n, .rule = r};
            all[n++] = hit_of(c, &whole, rule->model_message);
        }
    }
    return n;
}

static int by_gravity(const void *a, const void *b)
{
    const AssistGuardHit *x = a, *y = b;
    if (x->level != y->level)
        return x->level > y->level ? -1 : 1;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return str_cmp(x->rule, y->rule);
}

/* A graver hit says the same of the same words. */
static bool told(const AssistGuardHit *hits, size_t n, const AssistGuardHit *h)
{
    for (size_t i = 0; i < n; i++)
        if (hits[i].fault == h->fault && hits[i].fault < ASSIST_FAULT_COUNT &&
            hits[i].start < h->end && h->start < hits[i].end)
            return true;
    return false;
}

size_t assist_guard_check(const AssistGuard *g, Arena *a, const AssistGuardContext *before,
                          Str text, AssistGuardHit ret_hits[ASSIST_GUARD_HITS])
{
    static const AssistGuardContext nothing = {0};
    GuardCheck *c = ARENA_NEW(a, GuardCheck);
    c->g = g;
    c->arena = a;
    c->before = before ? before : &nothing;
    c->source = text;
    nlu_normalise(a, text, NLU_NORM_TIGHT, ASSIST_GUARD_TEXT_MAX, &c->text);
    for (size_t r = 0; r < GUARD_RULES_MAX; r++)
        c->excused_from[r] = UINT32_MAX;
    guard_read_context(c);
    find_words(c);
    find_others(c);
    AssistGuardHit *all = ARENA_ARRAY(a, AssistGuardHit, g->rule_n * (GUARD_HITS_PER_RULE + 1) + 1);
    size_t n = judge(c, all);
    if (n > 1)
        qsort(all, n, sizeof *all, by_gravity);
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < ASSIST_GUARD_HITS; i++)
        if (!told(ret_hits, kept, &all[i]))
            ret_hits[kept++] = all[i];
    return kept;
}
