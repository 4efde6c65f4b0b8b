/* SPDX-License-Identifier: Apache-2.0 */
/* What the turns so far leave behind. */
#include "nlu/model_internal.h"
#include "nlu/feat.h"

#include <string.h>

enum { UPSET_MAX = 15, TURNS_MAX = 200, ASKS_MAX = 15, SURE_MAX = 3 };

NluMemory nlu_memory_none(void)
{
    return (NluMemory){.matter = -1, .stage = -1};
}

bool nlu_is_talk(int intent)
{
    return intent >= 0 && intent <= NLU_I_OTHER;
}

void nlu_memory_customer(const NluReading *r, NluEmotion emotion, int intensity, int stage,
                         int stage_sure, int matter, NluMemory *b)
{
    b->greeted_only = b->matter < 0 && matter < 0 && r->greetings > 0;
    b->emotion = emotion;
    b->intensity = intensity;
    if (emotion > NLU_PLEASED && b->upset < UPSET_MAX)
        b->upset++;
    if (stage >= 0) {
        b->stage = stage;
        b->stage_sure = stage_sure;
    }
    if (matter >= 0) {
        b->asks = matter == b->matter ? b->asks + (b->asks < ASKS_MAX) : 1;
        b->matter = matter;
    }
    if (b->turns < TURNS_MAX)
        b->turns++;
    b->asked =
        r->has_question || (r->tags & (1u << NLU_TAG_QUESTION | 1u << NLU_TAG_ASK_WORD)) != 0;
    b->unanswered = true;
    b->text = r->text;
    b->agent_text = STR_NONE;
}

void nlu_memory_agent(const NluModel *m, const NluReading *r, uint32_t acts, NluMemory *b)
{
    unsigned tags = r->tags | (r->has_question ? 1u << NLU_TAG_QUESTION : 0);
    b->tags = b->unanswered ? tags : b->tags | tags;
    b->acts = b->unanswered ? acts : b->acts | acts;
    uint32_t heard = 0;
    for (size_t i = 0; i < r->said_n; i++)
        heard |= 1u << (m->cues[r->said[i].cue].code & 31);
    b->heard = b->unanswered ? heard : b->heard | heard;
    b->unanswered = false;
    b->agent_text = r->text;
    uint32_t said[NLU_SAID_MAX];
    size_t n = nlu_clause_hashes(&r->norm, said, NLU_SAID_MAX);
    for (size_t i = 0; i < n; i++) {
        if (b->said_n == NLU_SAID_MAX)
            memmove(b->said, b->said + 1, sizeof b->said - sizeof b->said[0]);
        else
            b->said_n++;
        b->said[b->said_n - 1] = said[i];
    }
}

/* ---- as text: numbers with commas, hexadecimal where bits */

void nlu_memory_write(const NluMemory *b, Buf *out)
{
    buf_fmt(out, "%s,%s,%d,%s,%d,%d,%u,%u,%u,%d,%x,%x,%x,",
            b->matter >= 0 ? nlu_intent_code((size_t)b->matter) : "",
            b->stage >= 0 ? nlu_stage_code((NluStage)b->stage) : "", b->stage_sure,
            nlu_emotion_code(b->emotion), b->intensity, b->greeted_only, b->upset, b->turns,
            b->asks, b->asked, b->tags, b->acts, b->heard);
    for (size_t i = 0; i < b->intent_n; i++)
        buf_fmt(out, "%s%s", i ? "+" : "", nlu_intent_code((size_t)b->intents[i]));
    buf_lit(out, ",");
    for (size_t i = 0; i < b->said_n; i++)
        buf_fmt(out, "%08x", b->said[i]);
}

static bool number(Str s, int64_t max, int64_t *ret)
{
    return str_i64(s, ret) && *ret >= 0 && *ret <= max;
}

static bool bits(Str s, uint32_t *ret)
{
    if (s.n == 0 || s.n > 8)
        return false;
    *ret = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        *ret = *ret << 4 | (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

bool nlu_memory_read(Str s, Str text, NluMemory *ret)
{
    NluMemory b = nlu_memory_none();
    NluStage stage;
    int64_t sure, intensity, greeted, upset, turns, asks, asked;
    uint32_t tags = 0;
    b.matter = nlu_intent_index(str_cut(&s, ','));
    if (nlu_stage_parse(str_cut(&s, ','), &stage))
        b.stage = (int)stage;
    if (!number(str_cut(&s, ','), SURE_MAX, &sure) ||
        !nlu_emotion_parse(str_cut(&s, ','), &b.emotion) ||
        !number(str_cut(&s, ','), 3, &intensity) || !number(str_cut(&s, ','), 1, &greeted) ||
        !number(str_cut(&s, ','), UPSET_MAX, &upset) ||
        !number(str_cut(&s, ','), TURNS_MAX, &turns) ||
        !number(str_cut(&s, ','), ASKS_MAX, &asks) || !number(str_cut(&s, ','), 1, &asked) ||
        !bits(str_cut(&s, ','), &tags) || !bits(str_cut(&s, ','), &b.acts) ||
        !bits(str_cut(&s, ','), &b.heard))
        return false;
    Str intents = str_cut(&s, ',');
    while (intents.n && b.intent_n < NLU_INTENT_MAX) {
        int code = nlu_intent_index(str_cut(&intents, '+'));
        if (code < 0)
            return false;
        b.intents[b.intent_n++] = (int8_t)code;
    }
    for (; s.n >= 8 && b.said_n < NLU_SAID_MAX; s = str_sub(s, 8, s.n))
        if (!bits(str_sub(s, 0, 8), &b.said[b.said_n++]))
            return false;
    b.stage_sure = (int)sure;
    b.intensity = (int)intensity;
    b.asks = (unsigned)asks;
    b.greeted_only = greeted;
    b.upset = (unsigned)upset;
    b.turns = (unsigned)turns;
    b.asked = asked;
    b.tags = tags;
    b.unanswered = true;
    b.text = text;
    *ret = b;
    return true;
}
