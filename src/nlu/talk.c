/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/talk.h"
#include "base/json.h"
#include "base/utf8.h"

#include <string.h>

typedef struct {
    ErrSlot *e;
    Str source;
    uint32_t line;
} Where;

static Err bad(const Where *w, const char *what, Str value)
{
    return err_set(w->e, ERR_INVALID, "nlu.talk_invalid", "%.*s line %u: %s '%.*s'",
                   STR_ARG(w->source), w->line, what, STR_ARG(str_sub(value, 0, 60)));
}

static NluTalk *new_talk(NluTalks *t)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 64;
        NluTalk *more = ARENA_ARRAY(t->arena, NluTalk, cap);
        if (t->n)
            memcpy(more, t->talks, t->n * sizeof *more);
        t->talks = more;
        t->cap = cap;
    }
    t->talks[t->n] = (NluTalk){.n = 0};
    return &t->talks[t->n++];
}

/* ---- codes */

static Err take_intent(const Where *w, NluTalkTurn *t, Str code)
{
    int i = nlu_intent_index(code);
    if (i < 0)
        return bad(w, "unknown intent", code);
    if (t->intent_n == NLU_INTENT_MAX)
        return bad(w, "more than three intents, at", code);
    for (size_t k = 0; k < t->intent_n; k++)
        if (t->intents[k] == i)
            return bad(w, "an intent twice:", code);
    t->intents[t->intent_n++] = i;
    return ERR_OK;
}

static Err take_bit(const Where *w, uint32_t *bits, int i, const char *what, Str code)
{
    if (i < 0)
        return bad(w, what, code);
    *bits |= 1u << i;
    return ERR_OK;
}

static Err check_feeling(const Where *w, const NluTalkTurn *t)
{
    if (t->intensity < 0 || t->intensity > 3 || (t->emotion == NLU_CALM) != (t->intensity == 0))
        return bad(w,
                   "calm is 0, every other emotion 1 to 3:", str_of(nlu_emotion_code(t->emotion)));
    return t->intent_n ? ERR_OK : bad(w, "no intent for", t->text);
}

/* ---- the corpus */

static Err customer_labels(const Where *w, NluTalkTurn *t, Str labels)
{
    Str feeling = str_cut(&labels, ' '), intents = str_cut(&labels, ' ');
    if (feeling.n < 2)
        return bad(w, "no emotion in", feeling);
    t->intensity = feeling.p[feeling.n - 1] - '0';
    if (!nlu_emotion_parse(str_sub(feeling, 0, feeling.n - 1), &t->emotion))
        return bad(w, "unknown emotion", feeling);
    while (intents.n) {
        Err err = take_intent(w, t, str_cut(&intents, ','));
        if (err)
            return err;
    }
    if (!nlu_stage_parse(str_trim(labels), &t->stage))
        return bad(w, "unknown stage", labels);
    return check_feeling(w, t);
}

static Err agent_labels(const Where *w, NluTalkTurn *t, Str labels)
{
    Err err = ERR_OK;
    Str acts = str_cut(&labels, ' '), faults = str_trim(labels);
    if (!acts.n)
        return bad(w, "no act", labels);
    if (faults.n && faults.p[0] != '!')
        return bad(w, "faults begin with !, not", faults);
    while (acts.n && !err) {
        Str code = str_cut(&acts, ',');
        err = take_bit(w, &t->acts, nlu_act_index(code), "unknown act", code);
    }
    faults = str_sub(faults, 1, faults.n);
    while (faults.n && !err) {
        Str code = str_cut(&faults, ',');
        if (code.n && code.p[0] == '!')
            code = str_sub(code, 1, code.n);
        err = take_bit(w, &t->faults, nlu_fault_index(code), "unknown fault", code);
    }
    return err;
}

static Err promises(const Where *w, NluTalkTurn *t, Str list)
{
    while (list.n) {
        Str due = str_cut(&list, ';'), what = str_trim(str_cut(&due, '@'));
        if (!what.n)
            continue;
        if (t->promise_n == NLU_TALK_PROMISE_MAX)
            return bad(w, "too many promises at", what);
        t->promises[t->promise_n].what = what;
        t->promises[t->promise_n++].due = str_trim(due);
    }
    return ERR_OK;
}

static Err corpus_turn(const Where *w, NluTalkTurn *t, Str line)
{
    Str rest = line, head = str_trim(str_cut(&rest, '|'));
    t->text = str_trim(str_cut(&rest, '|'));
    t->line = w->line;
    t->labelled = true;
    if (head.n < 3 || head.p[1] != ' ' || (head.p[0] != 'c' && head.p[0] != 'a'))
        return bad(w, "a line begins with ==, c or a, not", line);
    if (!t->text.n)
        return bad(w, "no text in", line);
    t->role = head.p[0] == 'c' ? NLU_CUSTOMER : NLU_AGENT;
    Str labels = str_trim(str_sub(head, 2, head.n));
    if (t->role == NLU_CUSTOMER)
        return customer_labels(w, t, labels);
    Err err = agent_labels(w, t, labels);
    return err ? err : promises(w, t, rest);
}

static Err close_talk(const Where *w, NluTalks *t, const NluTalkTurn *turns, size_t n)
{
    if (!n)
        return t->n && !t->talks[t->n - 1].turns
                   ? bad(w, "a talk without a message:", t->talks[t->n - 1].id)
                   : ERR_OK;
    NluTalk *talk = &t->talks[t->n - 1];
    talk->turns = arena_dup(t->arena, turns, n * sizeof *turns);
    talk->n = n;
    return ERR_OK;
}

Err nlu_talks_read_corpus(NluTalks *t, ErrSlot *e, Str source, Str text)
{
    Where w = {.e = e, .source = str_dup(t->arena, source)};
    if (!utf8_valid(text))
        return bad(&w, "not UTF-8:", source);
    NluTalkTurn *turns = ARENA_ARRAY(t->arena, NluTalkTurn, NLU_TALK_TURN_MAX);
    size_t n = 0, first = t->n;
    while (text.p) {
        Str line = str_trim(str_cut(&text, '\n'));
        w.line++;
        if (!line.n || line.p[0] == '#')
            continue;
        Err err = ERR_OK;
        if (str_starts(line, STR("=="))) {
            if (t->n > first)
                err = close_talk(&w, t, turns, n);
            n = 0;
            Str words = str_trim(str_sub(line, 2, line.n));
            NluTalk *talk = new_talk(t);
            talk->source = w.source;
            talk->id = str_cut(&words, ' ');
            talk->type = str_trim(words);
            if (!err && !str_is(talk->type, "presale") && !str_is(talk->type, "insale") &&
                !str_is(talk->type, "aftersale"))
                err = bad(&w, "unknown type of talk", talk->type);
        } else if (t->n == first) {
            err = bad(&w, "a message before the first talk:", line);
        } else if (n == NLU_TALK_TURN_MAX) {
            err = bad(&w, "too long a talk at", line);
        } else {
            turns[n] = (NluTalkTurn){.line = w.line};
            err = corpus_turn(&w, &turns[n++], line);
        }
        if (err)
            return err;
    }
    return t->n > first ? close_talk(&w, t, turns, n) : ERR_OK;
}

static Err json_customer(const Where *w, NluTalkTurn *t, const Json *j)
{
    if (!nlu_emotion_parse(json_str(j, "emotion"), &t->emotion))
        return bad(w, "unknown emotion", json_str(j, "emotion"));
    if (!nlu_stage_parse(json_str(j, "stage"), &t->stage))
        return bad(w, "unknown stage", json_str(j, "stage"));
    t->intensity = (int)json_i64(j, "intensity", 0);
    for (const Json *i = json_first(json_get(j, "intents")); i; i = json_next(i)) {
        Err err = take_intent(w, t, json_value_str(i));
        if (err)
            return err;
    }
    return check_feeling(w, t);
}

static Err json_agent(const Where *w, NluTalkTurn *t, const Json *j)
{
    Err err = ERR_OK;
    for (const Json *i = json_first(json_get(j, "acts")); i && !err; i = json_next(i))
        err = take_bit(w, &t->acts, nlu_act_index(json_value_str(i)), "unknown act",
                       json_value_str(i));
    for (const Json *i = json_first(json_get(j, "faults")); i && !err; i = json_next(i))
        err = take_bit(w, &t->faults, nlu_fault_index(json_value_str(i)), "unknown fault",
                       json_value_str(i));
    for (const Json *i = json_first(json_get(j, "commitments")); i && !err; i = json_next(i)) {
        if (t->promise_n == NLU_TALK_PROMISE_MAX)
            return bad(w, "too many commitments at", json_str(i, "what"));
        t->promises[t->promise_n].what = json_str(i, "what");
        t->promises[t->promise_n++].due = json_str(i, "due");
    }
    return err;
}

/* ---- templates */

static uint64_t draw(uint64_t *random, uint64_t n)
{
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (*random >> 33) % n;
}

/* One of the parts of each {a/b/c}. Braces do not nest. */
static Str expand(Arena *a, Str text, uint64_t *random)
{
    Buf b;
    buf_init(&b, a, text.n + 64);
    while (text.p) {
        Str plain = str_cut(&text, '{');
        buf_put(&b, plain);
        if (!text.p)
            break;
        Str parts = str_cut(&text, '}'), count = parts;
        uint64_t n = 0;
        while (count.p) {
            str_cut(&count, '/');
            n++;
        }
        for (uint64_t k = draw(random, n); k > 0; k--)
            str_cut(&parts, '/');
        buf_put(&b, str_cut(&parts, '/'));
    }
    return str_trim(buf_str(&b));
}

static void add_made(NluTalks *t, Str source, const NluTalkTurn *turn, const char *what, size_t i)
{
    NluTalk *talk = new_talk(t);
    *talk = (NluTalk){.id = str_fmt(t->arena, "%.*s:%s%zu", STR_ARG(source), what, i),
                      .source = source,
                      .made = true,
                      .n = 1};
    talk->turns = arena_dup(t->arena, turn, sizeof *turn);
}

/* Two or three agent lines as one message. */
static NluTalkTurn joined(Arena *a, const NluTalkTurn *const *lines, size_t n, uint64_t *random)
{
    static const char *const between[] = {" ", " ", "，", "。", "~ "};
    NluTalkTurn out = {.role = NLU_AGENT, .labelled = true};
    Str parts[3];
    size_t k = 2 + draw(random, 2);
    for (size_t i = 0; i < k; i++) {
        const NluTalkTurn *one = lines[draw(random, n)];
        parts[i] = expand(a, one->text, random);
        out.acts |= one->acts;
        out.faults |= one->faults;
        if (one->promise_n)
            out.promises[out.promise_n++] = one->promises[0];
        out.line = one->line;
    }
    out.text =
        str_join(a, parts, k, str_of(between[draw(random, sizeof between / sizeof between[0])]));
    return out;
}

Err nlu_talks_read_templates(NluTalks *t, ErrSlot *e, Str source, Str text, int times,
                             uint32_t seed)
{
    NluTalks lines = {.arena = t->arena};
    Err err = nlu_talks_read_corpus(&lines, e, source, text);
    if (err)
        return err;
    NluAfter after = str_starts(source, STR("after_question"))   ? NLU_AFTER_QUESTION
                     : str_starts(source, STR("after_when"))     ? NLU_AFTER_WHEN
                     : str_starts(source, STR("after_greeting")) ? NLU_AFTER_GREETING
                                                                 : NLU_AFTER_ANY;
    size_t n = nlu_talks_turns(&lines, NLU_AGENT), agent_n = 0, first = t->n;
    const NluTalkTurn **agent = ARENA_ARRAY(t->arena, const NluTalkTurn *, n + 1);
    uint64_t random = seed;
    source = str_dup(t->arena, source);
    for (size_t i = 0; i < lines.n; i++)
        for (size_t k = 0; k < lines.talks[i].n; k++) {
            const NluTalkTurn *one = &lines.talks[i].turns[k];
            if (one->role == NLU_AGENT)
                agent[agent_n++] = one;
            for (int j = 0; j < times; j++) {
                NluTalkTurn turn = *one;
                turn.text = expand(t->arena, one->text, &random);
                add_made(t, source, &turn, "line", one->line);
            }
        }
    for (size_t i = first; i < t->n; i++)
        t->talks[i].after = after;
    for (size_t i = 0; agent_n > 1 && after == NLU_AFTER_ANY && i < agent_n * (size_t)times; i++) {
        NluTalkTurn turn = joined(t->arena, agent, agent_n, &random);
        add_made(t, source, &turn, "joined", i);
    }
    return ERR_OK;
}

/* ---- JSON */

Err nlu_talks_read_json(NluTalks *t, ErrSlot *e, Str source, uint32_t line, Str json)
{
    Where w = {.e = e, .source = str_dup(t->arena, source), .line = line};
    const Json *root = NULL;
    ErrSlot inner = {0};
    if (json_parse(t->arena, &inner, json, &root))
        return bad(&w, "no JSON:", str_of(inner.text));
    const Json *list = json_get(root, "turns");
    size_t n = json_is_array(list) ? json_count(list) : 0;
    if (n == 0 || n > NLU_TALK_TURN_MAX)
        return bad(&w, "turns is a list of 1 to 512, in", json_str(root, "id"));
    NluTalk *talk = new_talk(t);
    *talk = (NluTalk){.id = json_str(root, "id"),
                      .source = w.source,
                      .type = json_str(root, "type"),
                      .turns = ARENA_ARRAY(t->arena, NluTalkTurn, n)};
    for (const Json *j = json_first(list); j; j = json_next(j)) {
        NluTalkTurn *turn = &talk->turns[talk->n++];
        bool customer = str_is(json_str(j, "role"), "user");
        if (!customer && !str_is(json_str(j, "role"), "agent"))
            return bad(&w, "role is user or agent, not", json_str(j, "role"));
        turn->role = customer ? NLU_CUSTOMER : NLU_AGENT;
        turn->text = json_str(j, "text");
        turn->line = line;
        turn->labelled = json_has(j, customer ? "emotion" : "acts");
        Err err = !turn->labelled ? ERR_OK
                  : customer      ? json_customer(&w, turn, j)
                                  : json_agent(&w, turn, j);
        if (err)
            return err;
    }
    return ERR_OK;
}

size_t nlu_talks_turns(const NluTalks *t, NluRole role)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < t->talks[i].n; k++)
            n += t->talks[i].turns[k].labelled && t->talks[i].turns[k].role == role;
    return n;
}
