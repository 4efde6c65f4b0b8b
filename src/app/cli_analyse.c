/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zhixin analyse: conversations in, labels out, one line for one line, each as soon as it was read.
 * The customer's side is read by nlu. Of the agent's side the guard rails find some faults; acts
 * and commitments have nobody yet who finds them, and their lists stay empty.
 */
#include "app/cli.h"
#include "app/cli_store.h"
#include "assist/guard.h"
#include "assist/script_files.h"
#include "base/file.h"
#include "base/json.h"
#include "base/opt.h"
#include "nlu/lexicon_files.h"
#include "nlu/nlu.h"
#include "service/content.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 4 << 20, FILE_BYTES = 4 << 20, ARENA_BYTES = 128 << 20, OUT_BYTES = 64 << 20 };

typedef struct {
    const char *model;
    bool help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"model", OPT_TEXT, "DIR", NULL, 0, 0,
     "a folder laid out like content/ (lexicon, guard) instead of what is built in", AT(model)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

typedef struct {
    Options o;
    Arena *files, *arena; /* of the whole run; of a line */
    NluModel *nlu;
    AssistGuard *guard;
} Analyse;

/* ---- what it knows ---- */
static Err content(const Analyse *an, ErrSlot *e, const char *name, Str *ret)
{
    if (an->o.model)
        return file_read(an->files, e, str_fmt(an->files, "%s/%s", an->o.model, name).p, FILE_BYTES,
                         ret);
    for (const EmbedFile *f = CONTENT_FILES; f->name; f++)
        if (strcmp(f->name, name) == 0) {
            *ret = (Str){f->bytes, f->n};
            return ERR_OK;
        }
    return err_set(e, ERR_INTERNAL, "analyse.content", "%s is not in the program", name);
}

static Err load(Analyse *an, ErrSlot *e)
{
    static const char *const names[] = NLU_LEXICON_FILES;
    Str texts[NLU_LEXICON_FILE_COUNT], rules;
    for (size_t i = 0; i < NLU_LEXICON_FILE_COUNT; i++) {
        Err err = content(an, e, names[i], &texts[i]);
        if (err)
            return err;
    }
    an->nlu = nlu_model_create(texts, NLU_LEXICON_FILE_COUNT, e);
    if (!an->nlu)
        return e->err;
    Err err = content(an, e, ASSIST_GUARD_FILE, &rules);
    if (err)
        return err;
    an->guard = assist_guard_create(rules, e);
    return an->guard ? ERR_OK : e->err;
}

/* ---- one turn ---- */
static void evidence(JsonW *w, Str label, uint32_t start, uint32_t end, Str text, Str why)
{
    jw_obj(w);
    jw_kstr(w, "label", label);
    jw_ki64(w, "start", start);
    jw_ki64(w, "end", end);
    jw_kstr(w, "text", text);
    jw_kstr(w, "why", why);
    jw_obj_end(w);
}

/* The first of each name: the labels have one value a slot. */
static void slots(JsonW *w, const NluUnderstanding *u)
{
    jw_key(w, "slots");
    jw_obj(w);
    for (size_t i = 0; i < u->slot_n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(u->slots[k].name, u->slots[i].name) == 0;
        if (!seen)
            jw_kstr(w, u->slots[i].name, u->slots[i].value);
    }
    jw_obj_end(w);
}

static void user_turn(const Analyse *an, JsonW *w, const NluTurn *before, size_t n, Str text)
{
    NluUnderstanding u;
    nlu_understand(an->nlu, an->arena, before, n, text, &u);
    jw_obj(w);
    jw_kstr(w, "emotion", str_of(nlu_emotion_code(u.emotion)));
    jw_ki64(w, "intensity", u.intensity);
    jw_key(w, "intents");
    jw_arr(w);
    for (size_t i = 0; i < u.intent_n; i++) {
        jw_obj(w);
        jw_kstr(w, "code", str_of(u.intents[i].code));
        jw_key(w, "p");
        jw_f64(w, u.intents[i].p);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_kstr(w, "stage", str_of(nlu_stage_code(u.stage)));
    slots(w, &u);
    jw_key(w, "evidence");
    jw_arr(w);
    for (size_t i = 0; i < u.evidence_n; i++) {
        const NluEvidence *ev = &u.evidence[i];
        evidence(w, str_of(ev->label), ev->start, ev->end, ev->text, ev->rule);
    }
    for (size_t i = 0; i < u.slot_n; i++) {
        const NluSlot *s = &u.slots[i];
        evidence(w, str_of(s->name), s->start, s->end, s->value, STR("slot"));
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

/* A rule of the guard as a fault of the labels; NULL: it is about something else. */
static const char *fault_of(Str rule)
{
    static const struct {
        const char *rule, *fault;
    } same[] = {
        {"blunt_refusal", "blunt_refusal"},
        {"blame", "blame"},
        {"absolute_term", "absolute_term"},
        {"absolute_claim", "absolute_term"},
        {"over_promise", "over_promise"},
        {"off_platform", "off_platform"},
        {"competitor", "competitor"},
        {"privacy", "privacy"},
        {"review_bribe", "review_bribe"},
        {"rude", "rude"},
        {"argue", "argue"},
        {"vague", "vague"},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (str_is(rule, same[i].rule))
            return same[i].fault;
    return NULL;
}

static void agent_turn(const Analyse *an, JsonW *w, Str text)
{
    AssistGuardHit hits[ASSIST_GUARD_HITS];
    const char *faults[ASSIST_GUARD_HITS];
    size_t n = assist_guard_check(an->guard, an->arena, text, hits), faults_n = 0;
    jw_obj(w);
    jw_key(w, "acts");
    jw_arr(w);
    jw_arr_end(w);
    jw_key(w, "faults");
    jw_arr(w);
    for (size_t i = 0; i < n; i++) {
        const char *fault = fault_of(hits[i].rule);
        bool seen = !fault;
        for (size_t k = 0; k < faults_n && !seen; k++)
            seen = strcmp(faults[k], fault) == 0;
        if (seen)
            continue;
        faults[faults_n++] = fault;
        jw_str(w, str_of(fault));
    }
    jw_arr_end(w);
    jw_key(w, "commitments");
    jw_arr(w);
    jw_arr_end(w);
    jw_key(w, "evidence");
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        if (fault_of(hits[i].rule))
            evidence(w, str_of(fault_of(hits[i].rule)), hits[i].start, hits[i].end, hits[i].words,
                     hits[i].rule);
    jw_arr_end(w);
    jw_obj_end(w);
}

/* ---- one line ---- */
static Err bad(ErrSlot *e, const char *what, size_t turn)
{
    return err_set(e, ERR_INVALID, "analyse.turn", "turn %zu: %s", turn, what);
}

static Err read_turns(const Analyse *an, ErrSlot *e, const Json *list, NluTurn **ret, size_t *ret_n)
{
    if (!json_is_array(list))
        return err_set(e, ERR_INVALID, "analyse.turns", "turns is a list of {role, text}");
    NluTurn *turns = ARENA_ARRAY(an->arena, NluTurn, json_count(list) + 1);
    size_t n = 0;
    for (const Json *t = json_first(list); t; t = json_next(t), n++) {
        Str role = json_str(t, "role");
        const Json *text = json_get(t, "text");
        if (!str_is(role, "user") && !str_is(role, "agent"))
            return bad(e, "role is user or agent", n + 1);
        if (!json_is_string(text))
            return bad(e, "text is missing", n + 1);
        turns[n] = (NluTurn){.role = str_is(role, "user") ? NLU_CUSTOMER : NLU_AGENT,
                             .text = json_value_str(text)};
    }
    *ret = turns;
    *ret_n = n;
    return ERR_OK;
}

static Err analyse_line(const Analyse *an, ErrSlot *e, Str line, Buf *out)
{
    const Json *j;
    NluTurn *turns = NULL;
    size_t n = 0;
    Err err = json_parse(an->arena, e, line, &j);
    if (!err)
        err = read_turns(an, e, json_get(j, "turns"), &turns, &n);
    if (err)
        return err;
    JsonW w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key(&w, "turns");
    jw_arr(&w);
    for (size_t i = 0; i < n && !arena_full(an->arena); i++) {
        if (turns[i].role == NLU_CUSTOMER)
            user_turn(an, &w, turns, i, turns[i].text);
        else
            agent_turn(an, &w, turns[i].text);
    }
    jw_arr_end(&w);
    jw_obj_end(&w);
    return out->over || arena_full(an->arena)
               ? err_set(e, ERR_LIMIT, "analyse.too_large", "the conversation is too large")
               : ERR_OK;
}

static void error_line(Buf *out, const ErrSlot *e, int64_t number)
{
    JsonW w;
    out->n = 0;
    out->over = false;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key(&w, "error");
    jw_obj(&w);
    jw_kstr(&w, "code", str_of(e->code ? e->code : "internal"));
    jw_kstr(&w, "message", str_of(e->text));
    jw_ki64(&w, "line", number);
    jw_obj_end(&w);
    jw_obj_end(&w);
}

typedef enum { LINE_END, LINE_READ, LINE_LONG } LineRead;

/* One line without its end. A longer one than LINE_BYTES is read to its end and told as such. */
static LineRead read_line(char *line, size_t *ret_n)
{
    size_t n = 0;
    bool any = false;
    int ch;
    while ((ch = getc_unlocked(stdin)) != EOF) {
        any = true;
        if (ch == '\n')
            break;
        if (n < LINE_BYTES)
            line[n] = (char)ch;
        n++;
    }
    if (!any)
        return LINE_END;
    if (n > LINE_BYTES)
        return LINE_LONG;
    *ret_n = n && line[n - 1] == '\r' ? n - 1 : n;
    return LINE_READ;
}

static int run(Analyse *an)
{
    ErrSlot e = {0};
    if (load(an, &e))
        return cli_refused("analyse", &e);
    char *line = arena_alloc(an->files, LINE_BYTES);
    size_t n = 0;
    int64_t number = 0;
    LineRead got;
    while ((got = read_line(line, &n)) != LINE_END) {
        Buf out;
        arena_reset(an->arena);
        buf_init(&out, an->arena, OUT_BYTES);
        err_clear(&e);
        number++;
        Err err = got == LINE_LONG ? err_set(&e, ERR_TOO_LARGE, "analyse.too_large",
                                             "a line has at most %d MB", LINE_BYTES >> 20)
                                   : analyse_line(an, &e, (Str){line, n}, &out);
        if (err)
            error_line(&out, &e, number);
        buf_byte(&out, '\n');
        if (fwrite(out.p, 1, out.n, stdout) != out.n || fflush(stdout) != 0)
            return CLI_FAILED;
    }
    return ferror(stdin) ? CLI_FAILED : CLI_OK;
}

static int usage(const char *why)
{
    if (why)
        fprintf(stderr, "zhixin analyse: %s\n", why);
    fprintf(stderr, "usage: zhixin analyse [--model DIR] <CONVERSATIONS.jsonl\n");
    opt_help(OPTIONS, OPTIONS_N);
    return why ? CLI_USAGE : CLI_OK;
}

int cli_analyse(int argc, char **argv)
{
    Analyse an = {.files = arena_create(ARENA_BYTES), .arena = arena_create(ARENA_BYTES)};
    ErrSlot e = {0};
    char **words;
    int n, code;
    Err err = opt_parse(an.files, &e, OPTIONS, OPTIONS_N, argc - 1, argv + 1, &an.o, &words, &n);
    if (err)
        code = usage(e.text);
    else if (an.o.help)
        code = usage(NULL);
    else if (n)
        code = usage("it reads standard input");
    else
        code = run(&an);
    assist_guard_destroy(an.guard);
    nlu_model_destroy(an.nlu);
    arena_destroy(an.arena);
    arena_destroy(an.files);
    return code;
}
