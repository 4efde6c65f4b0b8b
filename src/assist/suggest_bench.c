/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a suggestion takes: suggest_bench CONTENT_DIR [SCRIPTS]. With the starter library
 * repeated under new ids until there are so many scripts (100,000 unless told), for a few questions
 * of every kind; the slowest question counts.
 */
#include "assist/script_files.h"
#include "assist/suggest.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <time.h>

enum { ROUNDS = 15 };

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* One file's text, its ids with a number before them. */
static Str renamed(Arena *a, Str text, int copy)
{
    static const Str mark = {"{\"id\": \"", 8};
    Buf b;
    buf_init(&b, a, 4 << 20);
    while (text.n > 0) {
        ptrdiff_t at = str_find(text, mark);
        size_t n = at < 0 ? text.n : (size_t)at + mark.n;
        buf_put(&b, str_sub(text, 0, n));
        if (at >= 0)
            buf_fmt(&b, "c%d_", copy);
        text = str_sub(text, n, text.n);
    }
    return buf_str(&b);
}

static AssistLibrary *load(Arena *a, const char *content, int wanted)
{
    static const char *const files[] = ASSIST_SCRIPT_FILES;
    enum { COPIES = 200 };
    Str *texts = ARENA_ARRAY(a, Str, ASSIST_SCRIPT_FILE_COUNT * COPIES),
        read[ASSIST_SCRIPT_FILE_COUNT];
    ErrSlot e = {0};
    for (size_t i = 0; i < ASSIST_SCRIPT_FILE_COUNT; i++)
        if (file_read(a, &e, str_c(a, str_fmt(a, "%s/%s", content, files[i])), 4 << 20, &read[i]))
            return NULL;
    AssistLibrary *one = assist_library_create(read, ASSIST_SCRIPT_FILE_COUNT, &e);
    if (!one)
        return NULL;
    int copies = wanted / (int)assist_library_count(one);
    assist_library_destroy(one);
    copies = copies < 1 ? 1 : copies > COPIES ? COPIES : copies;
    size_t n = 0;
    for (int c = 0; c < copies; c++)
        for (size_t i = 0; i < ASSIST_SCRIPT_FILE_COUNT; i++)
            texts[n++] = copies == 1 ? read[i] : renamed(a, read[i], c);
    return assist_library_create(texts, n, &e);
}

static double slowest(const AssistLibrary *l, Arena *a)
{
    static const AssistFact facts[] = {{{"promise.time", 12}, {"15:30", 5}, {"clock", 5}},
                                       {{"agent.nickname", 14}, {"A", 1}, {"user", 4}}};
    double worst = 0;
    for (size_t i = 0; i < nlu_intent_count(); i++)
        for (int feeling = 0; feeling < NLU_EMOTION_COUNT; feeling++) {
            NluUnderstanding u = {.emotion = (NluEmotion)feeling,
                                  .intensity = feeling ? 3 : 0,
                                  .stage = NLU_IN,
                                  .intent_n = 2,
                                  .intents = {{.code = nlu_intent_code(i), .p = 0.9},
                                              {.code = "return_refund", .p = 0.6}}};
            AssistQuestion q = {.understanding = &u,
                                .text = STR("退款怎么还没到，都问了三遍了"),
                                .matter = -1,
                                .facts = facts,
                                .fact_n = 2};
            double best = 1e12;
            for (int r = 0; r < ROUNDS; r++) {
                AssistSuggestion s[ASSIST_SUGGEST_MAX];
                ArenaMark mark = arena_mark(a);
                double at = now_us();
                (void)assist_suggest(l, a, &q, s);
                double us = now_us() - at;
                best = us < best ? us : best;
                arena_release(a, mark);
            }
            worst = best > worst ? best : worst;
        }
    return worst;
}

int main(int argc, char **argv)
{
    int64_t wanted = 100000;
    if (argc < 2 ||
        (argc > 2 && (!str_i64(str_of(argv[2]), &wanted) || wanted < 1 || wanted > 100000)))
        return 2;
    Arena *a = arena_create((size_t)4 << 30);
    double at = now_us();
    AssistLibrary *l = load(a, argv[1], (int)wanted);
    if (!l)
        return 1;
    printf("{\"scripts\":%zu,\"compile_ms\":%.1f,\"slowest_us\":%.1f}\n", assist_library_count(l),
           (now_us() - at) / 1e3, slowest(l, a));
    assist_library_destroy(l);
    arena_destroy(a);
    return 0;
}
