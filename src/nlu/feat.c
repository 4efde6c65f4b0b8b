/* SPDX-License-Identifier: Apache-2.0 */
#include "nlu/feat.h"
#include "nlu/pinyin.h"

#include <math.h>
#include <string.h>

/* Tokens beyond Unicode: what stands for a whole kind of text. */
enum {
    T_EDGE = 0x110000, /* begin, end, and whatever parts two clauses */
    T_NUMBER,
    T_ORDER,
    T_PHONE,
    T_LINK,
    T_GLAD,
    T_LOVE,
    T_LAUGH,
    T_SAD,
    T_CROSS,
    T_AWKWARD,
    T_FACE, /* any other picture */
    T_MASK = 0x120000
};

typedef struct {
    uint32_t *t;
    uint16_t *start, *end;
    size_t n;
} Tokens;

static uint32_t mix(uint32_t h, uint32_t v)
{
    h ^= v;
    h *= 0x85EBCA6Bu;
    h ^= h >> 13;
    h *= 0xC2B2AE35u;
    return h ^ h >> 16;
}

static uint32_t hash_str(Str s)
{
    uint64_t h = str_hash(s);
    return (uint32_t)(h ^ h >> 32);
}

void nlu_features_init(NluFeatures *f, Arena *a, uint32_t seed, bool plain, size_t points)
{
    size_t cap = points * 6 + 1400; /* 5 pieces a point, and the turns before */
    *f = (NluFeatures){
        .cap = cap < NLU_FEATURE_MAX ? cap : NLU_FEATURE_MAX, .seed = seed, .plain = plain};
    f->mask = 2047;
    while (f->mask < f->cap * 3 / 2)
        f->mask = f->mask * 2 + 1;
    f->list = ARENA_ARRAY(a, NluFeature, f->cap);
    f->seen = ARENA_ARRAY(a, uint32_t, f->mask + 1);
}

static void put(NluFeatures *f, NluFamily family, uint32_t hash, size_t start, size_t end)
{
    if (f->n == f->cap)
        return;
    uint32_t key = mix(mix(f->seed, (uint32_t)family + 1), hash);
    key += key == 0;
    uint32_t i = key & f->mask;
    for (; f->seen[i]; i = (i + 1) & f->mask)
        if (f->seen[i] == key)
            return;
    f->seen[i] = key;
    f->list[f->n++] = (NluFeature){
        .key = key, .family = (uint8_t)family, .start = (uint16_t)start, .end = (uint16_t)end};
}

/* A feature that has a name and perhaps numbers. */
static void flag(NluFeatures *f, NluFamily family, const char *name, uint32_t a, uint32_t b)
{
    if (!f->plain)
        put(f, family, mix(mix(hash_str(str_of(name)), a + 1), b + 1), 0, 0);
}

/* ---- tokens */

static bool in(uint32_t cp, const uint32_t *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (set[i] == cp)
            return true;
    return false;
}
#define IN(cp, set) in((cp), (set), sizeof(set) / sizeof((set)[0]))

static uint32_t picture(uint32_t cp)
{
    static const uint32_t glad[] = {0x1F600, 0x1F601, 0x1F603, 0x1F604, 0x1F60A, 0x263A,
                                    0x1F642, 0x1F60B, 0x1F44D, 0x1F44F, 0x1F389, 0x1F60E,
                                    0x1F973, 0x1F44C, 0x2728,  0x1F4AA};
    static const uint32_t love[] = {0x2764,  0x1F60D, 0x1F970, 0x1F618, 0x1F339, 0x1F490,
                                    0x1F495, 0x1F64F, 0x1F49B, 0x1F31F, 0x1F917};
    static const uint32_t laugh[] = {0x1F602, 0x1F606, 0x1F605, 0x1F923};
    static const uint32_t sad[] = {0x1F622, 0x1F62D, 0x1F61E, 0x1F614, 0x1F641, 0x2639,
                                   0x1F625, 0x1F494, 0x1F62B, 0x1F629, 0x1F62A, 0x1F97A};
    static const uint32_t cross[] = {0x1F620, 0x1F621, 0x1F624, 0x1F92C, 0x1F44E, 0x1F4A2, 0x1F595};
    static const uint32_t awkward[] = {0x1F613, 0x1F612, 0x1F644, 0x1F611, 0x1F610, 0x1F926,
                                       0x1F615, 0x1F914, 0x1F630, 0x1F628, 0x1F631};
    if (IN(cp, glad))
        return T_GLAD;
    if (IN(cp, love))
        return T_LOVE;
    if (IN(cp, laugh))
        return T_LAUGH;
    if (IN(cp, sad))
        return T_SAD;
    if (IN(cp, cross))
        return T_CROSS;
    if (IN(cp, awkward))
        return T_AWKWARD;
    return cp >= 0x1F300 && cp < 0x1FB00 ? T_FACE : 0;
}

static void push(Tokens *k, uint32_t t, size_t start, size_t end)
{
    if (t == T_EDGE && k->n && k->t[k->n - 1] == T_EDGE)
        return;
    k->t[k->n] = t;
    k->start[k->n] = (uint16_t)start;
    k->end[k->n++] = (uint16_t)end;
}

/* A placeholder [订单x] that begins here, as one token; its length, or 0. */
static size_t mask_at(const NluText *t, size_t i, uint32_t *ret)
{
    static const uint32_t order[] = {0x8BA2, 0x5355}, phone[] = {0x7535, 0x8BDD},
                          link[] = {0x94FE, 0x63A5}, number[] = {0x6570, 0x5B57};
    size_t j = i + 1;
    uint32_t h = 1;
    for (; j < t->n && j < i + 8 && nlu_is_han(t->cp[j]); j++)
        h = mix(h, t->cp[j]);
    if (j + 1 >= t->n || j == i + 1 || t->cp[j] != 'x' || t->cp[j + 1] != ']')
        return 0;
    bool two = j == i + 3;
    const uint32_t *cp = &t->cp[i + 1];
    *ret = two && !memcmp(cp, order, sizeof order)     ? T_ORDER
           : two && !memcmp(cp, phone, sizeof phone)   ? T_PHONE
           : two && !memcmp(cp, link, sizeof link)     ? T_LINK
           : two && !memcmp(cp, number, sizeof number) ? T_NUMBER
                                                       : T_MASK + (h & 0xFFFF);
    return j + 2 - i;
}

static size_t number_at(const NluText *t, size_t i, uint32_t *ret)
{
    size_t j = i;
    while (j < t->n && (nlu_is_digit(t->cp[j]) ||
                        (t->cp[j] == '.' && j + 1 < t->n && nlu_is_digit(t->cp[j + 1]))))
        j++;
    *ret = j - i == 11 && t->cp[i] == '1' ? T_PHONE : j - i >= 9 ? T_ORDER : T_NUMBER;
    return j - i;
}

static size_t link_at(const NluText *t, size_t i)
{
    if (i + 7 >= t->n || t->cp[i] != 'h' || t->cp[i + 1] != 't' || t->cp[i + 2] != 't' ||
        t->cp[i + 3] != 'p')
        return 0;
    size_t j = i;
    while (j < t->n && t->cp[j] > ' ' && !nlu_is_han(t->cp[j]))
        j++;
    return j - i;
}

static Tokens tokens(Arena *a, const NluText *t)
{
    size_t room = t->n + 3;
    Tokens k = {.t = ARENA_ARRAY(a, uint32_t, room),
                .start = ARENA_ARRAY(a, uint16_t, room),
                .end = ARENA_ARRAY(a, uint16_t, room)};
    push(&k, T_EDGE, 0, 0);
    for (size_t i = 0; i < t->n && i < 60000;) {
        uint32_t cp = t->cp[i], token = cp;
        size_t n = 1, got = 0;
        if (cp == '[' && (got = mask_at(t, i, &token)) > 0)
            n = got;
        else if (nlu_is_digit(cp))
            n = number_at(t, i, &token);
        else if (cp == 'h' && (got = link_at(t, i)) > 0)
            n = got, token = T_LINK;
        else if (cp != '?' && cp != '!' &&
                 (nlu_is_divider(cp) || cp == '[' || cp == ']' || cp == '-'))
            token = T_EDGE;
        else if (cp >= 0x2600 && picture(cp))
            token = picture(cp);
        push(&k, token, i, i + n);
        i += n;
    }
    push(&k, T_EDGE, t->n, t->n);
    return k;
}

/* ---- pieces */

static void pieces(NluFeatures *f, NluFamily family, const Tokens *k, size_t longest)
{
    for (size_t i = 0; i < k->n; i++) {
        if (i == NLU_FEATURE_TOKENS && k->n > NLU_FEATURE_TOKENS + 100)
            i = k->n - 100; /* of a very long text the beginning and the end */
        uint32_t h = 0;
        for (size_t n = 1; n <= longest && i + n <= k->n; n++) {
            h = mix(h, k->t[i + n - 1]);
            if (n == 1 && k->t[i] == T_EDGE)
                continue;
            put(f, family, mix(h, (uint32_t)n), k->start[i], k->end[i + n - 1]);
        }
    }
}

static void sounds(NluFeatures *f, const Tokens *k)
{
    uint32_t last = 0;
    for (size_t i = 0; i < k->n && i < NLU_FEATURE_TOKENS; i++) {
        uint32_t s = nlu_pinyin(k->t[i]);
        if (!s && k->t[i] >= 'a' && k->t[i] <= 'z')
            s = 2000 + k->t[i];
        if (s) {
            put(f, NLU_F_SOUND, mix(s, 1), k->start[i], k->end[i]);
            if (last)
                put(f, NLU_F_SOUND, mix(mix(last, s), 2), k->start[i - 1], k->end[i]);
        }
        last = s;
    }
}

/* ---- the lexicon and the shape */

static uint32_t level(double v)
{
    return v <= 0 ? 0 : v < 0.85 ? 1 : v < 2 ? 2 : v < 3.5 ? 3 : 4;
}

static void cues(NluFeatures *f, const NluModel *m, const NluReading *r)
{
    for (size_t i = 0; i < r->found_n; i++) {
        const NluFound *c = &r->found[i];
        if (!f->plain)
            put(f, NLU_F_CUE, hash_str(m->cues[c->cue].id), c->start, c->end);
    }
    double score = 0;
    int best = nlu_best_matter(m, r, &score);
    for (uint32_t i = 0; i < NLU_INTENT_COUNT; i++)
        for (uint32_t l = 1; l <= level(r->intent[i]); l++)
            flag(f, NLU_F_CUE, "intent", i, l);
    if (best >= 0)
        flag(f, NLU_F_CUE, "matter", (uint32_t)best, 0);
    flag(f, NLU_F_CUE, "matter.level", level(score), 0);
    double worst = 0;
    for (uint32_t i = 0; i < NLU_EMOTION_COUNT; i++) {
        for (uint32_t l = 1; l <= level(r->emotion[i]); l++)
            flag(f, NLU_F_CUE, "emotion", i, l);
        worst = i > NLU_PLEASED && r->emotion[i] > worst ? r->emotion[i] : worst;
    }
    flag(f, NLU_F_CUE, "upset", level(worst), 0);
    for (uint32_t i = 0; i < NLU_STAGE_COUNT; i++)
        if (r->stage[i] > 0.4)
            flag(f, NLU_F_CUE, "stage", i, 0);
    if (r->degree_high)
        flag(f, NLU_F_CUE, "degree", 0, 0);
}

static uint32_t bucket(size_t n)
{
    static const size_t edges[] = {0, 1, 2, 3, 4, 6, 8, 12, 18, 28, 45, 80};
    uint32_t i = 0;
    while (i < sizeof edges / sizeof edges[0] && n > edges[i])
        i++;
    return i;
}

/* One clause two times in one message. */
static bool says_twice(const NluText *t)
{
    uint32_t said[16], n = 0, h = 5, size = 0;
    for (size_t i = 0; i <= t->n && n < 16; i++) {
        if (i < t->n && !nlu_is_divider(t->cp[i])) {
            h = mix(h, t->cp[i]);
            size++;
            continue;
        }
        for (uint32_t k = 0; k < n && size > 1; k++)
            if (said[k] == h)
                return true;
        if (size > 1)
            said[n++] = h;
        h = 5;
        size = 0;
    }
    return false;
}

static void shape(NluFeatures *f, const NluReading *r, const Tokens *k)
{
    size_t q = 0, x = 0, dots = 0, run = 0, clauses = 0, marks = 0;
    uint32_t last = 0;
    const NluText *t = &r->norm;
    for (size_t i = 0; i < t->n; i++) {
        run = t->cp[i] == last ? run + 1 : 1;
        last = t->cp[i];
        q = last == '?' && run > q ? run : q;
        x = last == '!' && run > x ? run : x;
        dots = last == '.' && run > dots ? run : dots;
        marks += last == '?';
    }
    for (size_t i = 0; i < k->n; i++)
        clauses += k->t[i] == T_EDGE;
    flag(f, NLU_F_SHAPE, "length", bucket(k->n > 2 ? k->n - 2 : 0), 0);
    flag(f, NLU_F_SHAPE, "clauses", bucket(clauses), 0);
    for (uint32_t i = 1; i <= q && i <= 3; i++)
        flag(f, NLU_F_SHAPE, "?", i, 0);
    for (uint32_t i = 1; i <= x && i <= 3; i++)
        flag(f, NLU_F_SHAPE, "!", i, 0);
    if (dots > 1)
        flag(f, NLU_F_SHAPE, "...", 0, 0);
    if (says_twice(t))
        flag(f, NLU_F_SHAPE, "twice", 0, 0);
    if (marks > 1)
        flag(f, NLU_F_SHAPE, "questions", marks > 2, 0);
    const struct {
        const char *name;
        bool is;
    } yes[] = {{"data", r->data_only}, {"talk", r->talk_only},  {"order", r->has_order},
               {"link", r->has_link},  {"phone", r->has_phone}, {"greets", r->greetings > 1}};
    for (uint32_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (yes[i].is)
            flag(f, NLU_F_SHAPE, yes[i].name, 0, 0);
    for (uint32_t tag = 0; tag < NLU_TAG_COUNT; tag++)
        if (r->tags >> tag & 1)
            flag(f, NLU_F_SHAPE, "tag", tag, 0);
    flag(f, NLU_F_SHAPE, "bias", 0, 0);
}

/* Numbers that mean something by themselves: 12315, 7 (天), 618. */
static void figures(NluFeatures *f, const NluText *t)
{
    for (size_t i = 0; i < t->n;) {
        uint32_t token, h = 7;
        if (!nlu_is_digit(t->cp[i])) {
            i++;
            continue;
        }
        size_t n = number_at(t, i, &token);
        for (size_t j = i; j < i + n; j++)
            h = mix(h, t->cp[j]);
        if (n <= 5 && !f->plain)
            put(f, NLU_F_SHAPE, h, i, i + n);
        i += n;
    }
}

/* ---- what was before */

static uint32_t whole(const Tokens *k)
{
    uint32_t h = 3;
    for (size_t i = 0; i < k->n; i++)
        h = k->t[i] == T_EDGE ? h : mix(h, k->t[i]);
    return h;
}

static void memory(NluFeatures *f, const NluModel *m, const NluReading *r, const NluMemory *b,
                   const Tokens *k)
{
    double score = 0;
    int best = nlu_best_matter(m, r, &score);
    uint32_t size = k->n <= 5    ? 0
                    : k->n <= 10 ? 1
                                 : 2,
             own = level(score), matter = (uint32_t)(b->matter + 1);
    uint32_t state = r->data_only ? 1 : r->talk_only ? 2 : 0;
    flag(f, NLU_F_MEMORY, "matter", matter, 0);
    flag(f, NLU_F_MEMORY, "matter.own", matter, own * 4 + state);
    flag(f, NLU_F_MEMORY, "matter.size", matter, size * 4 + state);
    flag(f, NLU_F_MEMORY, "any.own", b->matter >= 0, own * 16 + size * 4 + state);
    if (best >= 0)
        flag(f, NLU_F_MEMORY, "same", best == b->matter, own);
    flag(f, NLU_F_MEMORY, "stage", (uint32_t)(b->stage + 1), 0);
    flag(f, NLU_F_MEMORY, "stage.sure", (uint32_t)(b->stage + 1), (uint32_t)b->stage_sure);
    flag(f, NLU_F_MEMORY, "asks", b->asks > 4 ? 4 : b->asks, own);
    flag(f, NLU_F_MEMORY, "asks.same", best >= 0 && best == b->matter, b->asks > 4 ? 4 : b->asks);
    for (uint32_t i = 0; i < 32; i++)
        if (b->heard >> i & 1) {
            flag(f, NLU_F_MEMORY, "heard", i, 0);
            flag(f, NLU_F_MEMORY, "heard.state", i, size * 16 + state * 4 + own);
        }
    flag(f, NLU_F_MEMORY, "stage.matter", (uint32_t)(b->stage + 1), matter);
    if (best >= 0)
        flag(f, NLU_F_MEMORY, "stage.best", (uint32_t)(b->stage + 1), (uint32_t)best);
    flag(f, NLU_F_MEMORY, "feeling", b->emotion, b->unanswered);
    flag(f, NLU_F_MEMORY, "feeling.size", b->emotion, size * 4 + state);
    flag(f, NLU_F_MEMORY, "upset", b->upset > 3 ? 3 : b->upset, 0);
    flag(f, NLU_F_MEMORY, "turn", b->turns > 6 ? 6 : b->turns, 0);
    flag(f, NLU_F_MEMORY, "unanswered", b->unanswered, b->greeted_only);
    if (r->greetings > 0 && b->turns > 0)
        flag(f, NLU_F_MEMORY, "greets.again", b->unanswered, b->matter >= 0);
    if (b->text.n > 6 && str_eq(b->text, r->text))
        flag(f, NLU_F_MEMORY, "again", 0, 0);
    for (size_t i = 0; i < b->intent_n; i++)
        flag(f, NLU_F_MEMORY, "intent", (uint32_t)b->intents[i], 0);
    uint32_t text = k->n <= 8 ? whole(k) : 0;
    for (uint32_t tag = 0; tag < NLU_TAG_COUNT; tag++)
        if (b->tags >> tag & 1) {
            flag(f, NLU_F_MEMORY, "tag", tag, 0);
            flag(f, NLU_F_MEMORY, "tag.size", tag, size * 16 + state * 4 + b->unanswered);
            if (text)
                flag(f, NLU_F_MEMORY, "tag.text", tag, text);
        }
    for (uint32_t act = 0; act < NLU_ACT_COUNT; act++)
        if (b->acts >> act & 1) {
            flag(f, NLU_F_MEMORY, "act", act, 0);
            flag(f, NLU_F_MEMORY, "act.state", act, size * 16 + state * 4 + own);
        }
    if (text && b->matter >= 0)
        flag(f, NLU_F_MEMORY, "matter.text", (uint32_t)b->matter, text);
}

static void said_before(NluFeatures *f, Arena *a, NluFamily family, Str text, size_t longest)
{
    if (f->plain || !text.n)
        return;
    NluText t;
    nlu_normalise(a, text, NLU_NORM_CHAT, NLU_CONTEXT_TEXT, &t);
    Tokens k = tokens(a, &t);
    pieces(f, family, &k, longest);
}

size_t nlu_clause_hashes(const NluText *t, uint32_t *ret, size_t max)
{
    size_t n = 0, from = 0;
    uint32_t h = 5;
    for (size_t i = 0; i <= t->n; i++) {
        bool ends = i == t->n || t->cp[i] == ' ' || t->cp[i] == ',' || t->cp[i] == '.' ||
                    t->cp[i] == '!' || t->cp[i] == '?' || t->cp[i] == ';' || t->cp[i] == '~';
        if (!ends) {
            h = mix(h, t->cp[i]);
            continue;
        }
        if (i - from >= 5 && n < max)
            ret[n++] = h;
        from = i + 1;
        h = 5;
    }
    return n;
}

void nlu_features_customer(NluFeatures *f, const NluModel *m, Arena *a, const NluReading *r,
                           const NluMemory *b)
{
    Tokens k = tokens(a, &r->norm);
    pieces(f, NLU_F_CHAR, &k, 3);
    if (f->plain) {
        put(f, NLU_F_SHAPE, 1, 0, 0);
        return;
    }
    sounds(f, &k);
    cues(f, m, r);
    shape(f, r, &k);
    figures(f, &r->norm);
    if (f->alone)
        return;
    memory(f, m, r, b, &k);
    said_before(f, a, NLU_F_OTHER, b->agent_text, 2);
    said_before(f, a, NLU_F_OWN, b->text, 2);
}

void nlu_features_agent(NluFeatures *f, const NluModel *m, Arena *a, const NluReading *r,
                        const NluMemory *b)
{
    Tokens k = tokens(a, &r->norm);
    pieces(f, NLU_F_CHAR, &k, 3);
    if (f->plain) {
        put(f, NLU_F_SHAPE, 1, 0, 0);
        return;
    }
    sounds(f, &k);
    for (size_t i = 0; i < r->said_n; i++)
        put(f, NLU_F_CUE, hash_str(m->cues[r->said[i].cue].id), r->said[i].start, r->said[i].end);
    shape(f, r, &k);
    figures(f, &r->norm);
    if (f->alone)
        return;
    uint32_t size = k.n <= 6 ? 0 : k.n <= 14 ? 1 : 2;
    uint32_t said[NLU_SAID_MAX];
    size_t n = nlu_clause_hashes(&r->norm, said, NLU_SAID_MAX), again = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < b->said_n; j++)
            if (b->said[j] == said[i]) {
                again++;
                break;
            }
    flag(f, NLU_F_MEMORY, "again", again > 2 ? 2 : (uint32_t)again, n > 0 && again == n);
    flag(f, NLU_F_MEMORY, "matter", (uint32_t)(b->matter + 1), 0);
    flag(f, NLU_F_MEMORY, "stage", (uint32_t)(b->stage + 1), 0);
    flag(f, NLU_F_MEMORY, "feeling", b->emotion, b->intensity > 1);
    flag(f, NLU_F_MEMORY, "turn", b->turns > 4 ? 4 : b->turns, 0);
    flag(f, NLU_F_MEMORY, "asked", b->asked, b->unanswered);
    flag(f, NLU_F_MEMORY, "asked.size", b->asked * 2u + b->unanswered, size);
    for (uint32_t tag = 0; tag < NLU_TAG_COUNT; tag++)
        if (r->tags >> tag & 1) {
            flag(f, NLU_F_MEMORY, "asked.tag", b->asked * 2u + b->unanswered, tag * 4 + size);
            flag(f, NLU_F_MEMORY, "feeling.tag", b->emotion, tag * 4 + size);
            flag(f, NLU_F_MEMORY, "matter.tag", (uint32_t)(b->matter + 1), tag);
        }
    uint32_t want =
        0; /* what the customer's turn before wants: nothing, a look, an act, an answer */
    for (size_t i = 0; i < b->intent_n; i++)
        want = !nlu_is_talk(b->intents[i])                     ? 2u + b->asked
               : want == 0 && b->intents[i] == NLU_I_ORDER_REF ? 1
                                                               : want;
    want = want * 2 + b->unanswered;
    flag(f, NLU_F_MEMORY, "want", want, size);
    for (uint32_t tag = 0; tag < NLU_TAG_COUNT; tag++)
        if (r->tags >> tag & 1)
            flag(f, NLU_F_MEMORY, "want.tag", want, tag * 4 + size);
    for (size_t i = 0; i < r->said_n; i++) {
        flag(f, NLU_F_MEMORY, "want.said", want, (uint32_t)m->cues[r->said[i].cue].code * 4 + size);
        for (size_t j = 0; j < b->intent_n; j++)
            flag(f, NLU_F_MEMORY, "intent.said", (uint32_t)b->intents[j],
                 (uint32_t)m->cues[r->said[i].cue].code * 2 + b->unanswered);
    }
    if (k.n <= 10)
        flag(f, NLU_F_MEMORY, "want.text", want, whole(&k));
    flag(f, NLU_F_MEMORY, "asks", b->asks > 4 ? 4 : b->asks, size);
    for (uint32_t i = 0; i < 32; i++)
        if (b->heard >> i & 1 && !b->unanswered)
            flag(f, NLU_F_MEMORY, "heard", i, 0);
    for (size_t i = 0; i < r->said_n; i++)
        flag(f, NLU_F_MEMORY, "asked.said", b->asked * 2u + b->unanswered,
             (uint32_t)m->cues[r->said[i].cue].code * 4 + size);
    if (r->said_n == 0)
        flag(f, NLU_F_MEMORY, "asked.nothing", b->asked * 2u + b->unanswered, size);
    for (size_t i = 0; i < b->intent_n; i++) {
        flag(f, NLU_F_MEMORY, "intent", (uint32_t)b->intents[i], 0);
        flag(f, NLU_F_MEMORY, "intent.size", (uint32_t)b->intents[i], size);
    }
    for (uint32_t act = 0; act < NLU_ACT_COUNT; act++)
        if (b->acts >> act & 1)
            flag(f, NLU_F_MEMORY, "act", act, b->unanswered);
    if (k.n <= 10)
        flag(f, NLU_F_MEMORY, "asked.text", b->asked, whole(&k));
    said_before(f, a, NLU_F_OTHER, b->text, 2);
    said_before(f, a, NLU_F_OWN, b->agent_text, 1);
}

void nlu_feature_values(const NluFeature *list, size_t n, const uint8_t *idf, float *ret)
{
    static const float weight[NLU_F_COUNT] = {1.0f, 0.5f, 0.22f, 0.2f, 0.22f, 0.5f, 0.3f};
    float sum[NLU_F_COUNT] = {0};
    for (size_t i = 0; i < n; i++)
        sum[list[i].family] += (float)idf[i] * (float)idf[i];
    for (size_t i = 0; i < n; i++) {
        NluFamily family = (NluFamily)list[i].family;
        bool flat = family == NLU_F_CUE || family == NLU_F_SHAPE || family == NLU_F_MEMORY;
        ret[i] = !idf[i] ? 0
                 : flat  ? weight[family]
                         : weight[family] * (float)idf[i] / sqrtf(sum[family]);
    }
}
