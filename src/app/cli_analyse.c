/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zhixin analyse: conversations in, labels out, one line for one line, each as soon as it was read.
 */
#include "app/cli.h"
#include "app/cli_store.h"
#include "app/labeller.h"
#include "base/json.h"
#include "base/opt.h"

#include <stdio.h>
#include <string.h>

enum { LINE_BYTES = 4 << 20, ARENA_BYTES = 128 << 20, OUT_BYTES = 64 << 20 };

typedef struct {
    const char *model;
    bool help;
} Options;
#define AT(member) offsetof(Options, member)
static const OptRow OPTIONS[] = {
    {"model", OPT_TEXT, "DIR|FILE", NULL, 0, 0,
     "a folder with lexicon/, guard/ or understanding.zxm, or a model file, in place of what is "
     "built in",
     AT(model)},
    {"help", OPT_FLAG, NULL, NULL, 0, 0, "this text", AT(help)},
};
enum { OPTIONS_N = sizeof OPTIONS / sizeof OPTIONS[0] };

typedef struct {
    Options o;
    Arena *files, *arena; /* of the whole run; of a line */
    Labeller labeller;
} Analyse;

/* ---- one turn ---- */
static void evidence(JsonW *w, const NluEvidence *ev)
{
    jw_obj(w);
    jw_kstr(w, "label", str_of(ev->label));
    jw_ki64(w, "start", ev->start);
    jw_ki64(w, "end", ev->end);
    jw_kstr(w, "text", ev->text);
    jw_kstr(w, "why", ev->rule);
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

static void codes(JsonW *w, const char *key, const NluIntent *list, size_t n)
{
    jw_key(w, key);
    jw_arr(w);
    for (size_t i = 0; i < n; i++)
        jw_str(w, str_of(list[i].code));
    jw_arr_end(w);
}

static void user_turn(JsonW *w, const NluUnderstanding *u)
{
    jw_obj(w);
    jw_kstr(w, "emotion", str_of(nlu_emotion_code(u->emotion)));
    jw_ki64(w, "intensity", u->intensity);
    jw_key(w, "intents");
    jw_arr(w);
    for (size_t i = 0; i < u->intent_n; i++) {
        jw_obj(w);
        jw_kstr(w, "code", str_of(u->intents[i].code));
        jw_key(w, "p");
        jw_f64(w, u->intents[i].p);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_kstr(w, "stage", str_of(nlu_stage_code(u->stage)));
    slots(w, u);
    jw_key(w, "evidence");
    jw_arr(w);
    for (size_t i = 0; i < u->evidence_n; i++)
        evidence(w, &u->evidence[i]);
    for (size_t i = 0; i < u->slot_n; i++) {
        const NluSlot *s = &u->slots[i];
        evidence(w, &(NluEvidence){.label = s->name,
                                   .rule = STR("slot"),
                                   .text = s->value,
                                   .start = s->start,
                                   .end = s->end});
    }
    jw_arr_end(w);
    jw_obj_end(w);
}

static void agent_turn(JsonW *w, const LabelledTurn *turn)
{
    const NluAgentTurn *t = &turn->agent;
    jw_obj(w);
    codes(w, "acts", t->acts, t->act_n);
    codes(w, "faults", t->faults, t->fault_n);
    jw_key(w, "commitments");
    jw_arr(w);
    for (size_t i = 0; i < turn->promise_n; i++) {
        jw_obj(w);
        jw_kstr(w, "what", turn->promises[i].what);
        jw_kstr(w, "due", turn->promises[i].due);
        jw_obj_end(w);
    }
    jw_arr_end(w);
    jw_key(w, "evidence");
    jw_arr(w);
    for (size_t i = 0; i < t->evidence_n; i++)
        evidence(w, &t->evidence[i]);
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
    LabellerTalk so_far = labeller_talk();
    JsonW w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_key(&w, "turns");
    jw_arr(&w);
    for (size_t i = 0; i < n && !arena_full(an->arena); i++) {
        LabelledTurn t;
        labeller_turn(&an->labeller, an->arena, &turns[i], &so_far, &t);
        if (t.role == NLU_CUSTOMER)
            user_turn(&w, &t.customer);
        else
            agent_turn(&w, &t);
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
    if (labeller_open(&an->labeller, an->files, &e, an->o.model, true))
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
    fprintf(stderr, "usage: zhixin analyse [--model DIR|FILE] <CONVERSATIONS.jsonl\n");
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
    labeller_close(&an.labeller);
    arena_destroy(an.arena);
    arena_destroy(an.files);
    return code;
}
