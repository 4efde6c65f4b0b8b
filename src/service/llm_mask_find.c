/* SPDX-License-Identifier: Apache-2.0 */
/* Where personal data stands in a text: numbers, contacts, addresses of the net. It rather finds
 * too much: what is masked comes back from a placeholder unharmed, what is missed has left. */
#include "service/llm_internal.h"

#include "base/utf8.h"

enum { GROUPS = 16, CUE_BACK = 10, NUMBER_MIN = 7, CUED_MIN = 4, PHONE_DIGITS = 11 };

/* ---- text ---- */
static uint32_t fold(uint32_t cp)
{
    return cp >= 0xFF01 && cp <= 0xFF5E ? cp - 0xFEE0 : cp == 0x3000 ? ' ' : cp;
}

LlmText llm_text(Arena *a, Str s)
{
    LlmText t = {.cp = ARENA_ARRAY(a, uint32_t, s.n + 1), .at = ARENA_ARRAY(a, uint32_t, s.n + 1)};
    for (size_t i = 0; i < s.n;) {
        t.at[t.n] = (uint32_t)i;
        t.cp[t.n++] = fold(utf8_next(s, &i));
    }
    t.at[t.n] = (uint32_t)s.n;
    return t;
}

bool llm_word_at(const LlmText *t, size_t i, const char *word, size_t *ret_end)
{
    Str w = str_of(word);
    for (size_t at = 0; at < w.n; i++) {
        uint32_t cp = utf8_next(w, &at), have = i < t->n ? t->cp[i] : 0;
        if (have >= 'A' && have <= 'Z')
            have += 'a' - 'A';
        if (have != cp)
            return false;
    }
    if (ret_end)
        *ret_end = i;
    return true;
}

bool llm_is_han(uint32_t cp)
{
    return cp >= 0x4E00 && cp <= 0x9FFF;
}

/* Seen by nobody, so it parts nothing. */
static bool unseen(uint32_t cp)
{
    return cp == 0xAD || cp == 0xFEFF || (cp >= 0x200B && cp <= 0x200F) ||
           (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x2069) || cp == 0x20E3 ||
           cp == 0xFE0F;
}

static bool is_latin(uint32_t cp)
{
    return (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
}

/* 0..9, also written in Chinese; -1: none. */
static int digit(uint32_t cp)
{
    static const uint32_t han[] = {0x96F6, 0x4E00, 0x4E8C, 0x4E09, 0x56DB,
                                   0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D};
    if (cp >= '0' && cp <= '9')
        return (int)(cp - '0');
    for (int i = 0; i < 10; i++)
        if (cp == han[i])
            return i;
    return cp == 0x5E7A /* 幺 */ ? 1 : cp == 0x3007 /* 〇 */ ? 0 : -1;
}

void llm_span(LlmSpan *spans, size_t *n, const char *kind, size_t start, size_t end)
{
    if (*n < LLM_SPANS && end > start)
        spans[(*n)++] = (LlmSpan){kind, start, end};
}

/* ---- numbers ---- */
typedef struct {
    size_t start, end;
    int digits;
    bool ascii;
} Group;
typedef struct {
    const LlmText *t;
    LlmSpan *spans;
    size_t *n;
    Group g[GROUPS];
    size_t g_n;
} Numbers;

static bool after_cue(const LlmText *t, size_t at)
{
    static const char *const cues[] = {"订单", "訂單", "单号", "單號",   "编号",   "運單",   "运单",
                                       "快递", "快遞", "尾号", "尾號",   "验证码", "驗證碼", "邮编",
                                       "密码", "密碼", "卡号", "账号",   "帐号",   "电话",   "電話",
                                       "手机", "手機", "座机", "身份证", "order",  "tel"};
    size_t from = at > CUE_BACK ? at - CUE_BACK : 0;
    for (size_t i = from; i < at; i++)
        for (size_t k = 0; k < sizeof cues / sizeof *cues; k++)
            if (llm_word_at(t, i, cues[k], NULL))
                return true;
    return false;
}

/* 元 块 万 件 个: an amount, no one's number. */
static bool amount(const LlmText *t, size_t end)
{
    static const char *const units[] = {"元", "块", "塊", "万", "萬", "件",
                                        "个", "個", "毫", "克", "rmb"};
    for (size_t k = 0; k < sizeof units / sizeof *units; k++)
        if (llm_word_at(t, end, units[k], NULL))
            return true;
    return false;
}

/* The digits of some groups, one after another. */
static size_t digits_of(const Numbers *x, size_t from, size_t to, char out[32])
{
    size_t n = 0;
    for (size_t i = x->g[from].start; i < x->g[to].end && n < 31; i++) {
        int d = digit(x->t->cp[i]);
        if (d >= 0)
            out[n++] = (char)('0' + d);
    }
    out[n] = 0;
    return n;
}

static bool is_date(const char *d, size_t n)
{
    int month = (d[4] - '0') * 10 + d[5] - '0', day = (d[6] - '0') * 10 + d[7] - '0';
    return n == 8 && (d[0] == '1' || d[0] == '2') && (d[1] == '9' || d[1] == '0') && month >= 1 &&
           month <= 12 && day >= 1 && day <= 31;
}

static const char *kind_of(const Numbers *x, size_t from, size_t to)
{
    char d[32];
    size_t n = digits_of(x, from, to, d), end = x->g[to].end;
    bool one = from == to;
    uint32_t next = end < x->t->n ? x->t->cp[end] : 0;
    if ((n == 11 && d[0] == '1') || (n == 13 && d[0] == '8' && d[1] == '6' && d[2] == '1') ||
        (n >= 10 && n <= 12 && d[0] == '0') ||
        (n == 10 && (d[0] == '4' || d[0] == '8') && d[1] == '0' && d[2] == '0'))
        return "PHONE";
    if (n == 18 || (n == 17 && (next == 'X' || next == 'x')))
        return one || n == 18 ? "ID" : NULL;
    if (!one)
        return n >= 15 && n <= 19 ? "ID" : NULL; /* a card in groups */
    bool cued = after_cue(x->t, x->g[from].start);
    if (amount(x->t, end) && n < 9)
        return NULL;
    if (n >= NUMBER_MIN)
        return is_date(d, n) && !cued ? NULL : "ORDER";
    return n >= CUED_MIN && cued && x->g[from].ascii ? "ORDER" : NULL;
}

/* Groups that stand with a number that is somebody's belong to it. */
static void decide_rest(Numbers *x, const bool *taken)
{
    for (size_t i = 0; i < x->g_n; i++)
        if (!taken[i] && x->g[i].digits >= CUED_MIN && !amount(x->t, x->g[i].end))
            llm_span(x->spans, x->n, "ORDER", x->g[i].start, x->g[i].end);
}

static void decide(Numbers *x)
{
    bool taken[GROUPS] = {false}, any = false;
    for (size_t from = 0; from < x->g_n; from++) {
        size_t to = x->g_n - 1 < from + 5 ? x->g_n - 1 : from + 5;
        const char *kind = kind_of(x, from, to);
        while (!kind && to > from)
            kind = kind_of(x, from, --to);
        if (!kind)
            continue;
        size_t end = x->g[to].end;
        if (end < x->t->n && (x->t->cp[end] | 0x20) == 'x')
            end++;
        llm_span(x->spans, x->n, kind, x->g[from].start, end);
        any = true;
        while (from < to)
            taken[from++] = true;
        taken[to] = true;
    }
    int digits = 0;
    for (size_t i = 0; i < x->g_n; i++)
        digits += x->g[i].digits;
    if (any || (x->g_n > 1 && digits >= PHONE_DIGITS && !amount(x->t, x->g[x->g_n - 1].end)))
        decide_rest(x, taken);
    x->g_n = 0;
}

static bool parts_digits(uint32_t cp)
{
    return cp == '-' || cp == ' ' || cp == '.' || cp == '(' || cp == ')' || cp == '/' ||
           cp == '_' || cp == 0x2013 || cp == 0x2014 || cp == 0xB7;
}

static void find_numbers(const LlmText *t, LlmSpan *spans, size_t *n)
{
    Numbers x = {.t = t, .spans = spans, .n = n};
    for (size_t i = 0; i < t->n;) {
        if (digit(t->cp[i]) < 0) {
            i++;
            continue;
        }
        Group g = {.start = i, .ascii = true};
        while (i < t->n && (digit(t->cp[i]) >= 0 || unseen(t->cp[i]))) {
            g.digits += digit(t->cp[i]) >= 0;
            g.ascii = g.ascii && (t->cp[i] < 0x80 || unseen(t->cp[i]));
            i++;
            if (digit(t->cp[i - 1]) >= 0)
                g.end = i;
        }
        x.g[x.g_n++] = g;
        size_t next = i;
        while (next < t->n && next < i + 2 && (parts_digits(t->cp[next]) || unseen(t->cp[next])))
            next++;
        bool goes_on = next > i && next < t->n && digit(t->cp[next]) >= 0;
        i = goes_on ? next : i;
        if (!goes_on || x.g_n == GROUPS)
            decide(&x);
    }
}

/* ---- letters and digits ---- */
static void find_codes(const LlmText *t, LlmSpan *spans, size_t *n)
{
    static const char *const cues[] = {"微信", "weixin", "wechat", "vx",    "v信",
                                       "薇信", "qq",     "扣扣",   "支付宝"};
    for (size_t i = 0; i < t->n;) {
        size_t end = 0, k = 0;
        while (k < sizeof cues / sizeof *cues && !llm_word_at(t, i, cues[k], &end))
            k++;
        if (k < sizeof cues / sizeof *cues) { /* a contact: the next code, a few words on */
            size_t from = end, limit = end + 6;
            while (from < t->n && from < limit && !is_latin(t->cp[from]) && digit(t->cp[from]) < 0)
                from++;
            size_t to = from;
            while (to < t->n &&
                   (is_latin(t->cp[to]) || (t->cp[to] < 0x80 && digit(t->cp[to]) >= 0) ||
                    t->cp[to] == '_' || t->cp[to] == '-'))
                to++;
            if (to - from >= 5)
                llm_span(spans, n, "CONTACT", from, to);
            i = end;
            continue;
        }
        size_t to = i, letters = 0, digits = 0;
        while (to < t->n && t->cp[to] < 0x80 &&
               (is_latin(t->cp[to]) || digit(t->cp[to]) >= 0 || (t->cp[to] == '-' && to > i))) {
            letters += is_latin(t->cp[to]);
            digits += digit(t->cp[to]) >= 0;
            to++;
        }
        bool cued = to > i && letters + digits >= 6 && digits >= 3 && after_cue(t, i);
        if (letters && ((letters + digits >= 10 && digits >= 6) || cued))
            llm_span(spans, n, digits == 17 && letters == 1 ? "ID" : "ORDER", i, to);
        i = to > i ? to : i + 1;
    }
}

static bool url_byte(uint32_t cp)
{
    return cp > ' ' && cp < 0x7F && cp != '<' && cp != '>' && cp != '"';
}

static bool mail_byte(uint32_t cp)
{
    return is_latin(cp) || (cp < 0x80 && digit(cp) >= 0) || cp == '.' || cp == '_' || cp == '-' ||
           cp == '+' || cp == '%';
}

static void find_net(const LlmText *t, LlmSpan *spans, size_t *n)
{
    for (size_t i = 0; i < t->n; i++) {
        size_t from = i, to = i + 1;
        if (t->cp[i] == '@') {
            bool dot = false;
            while (from > 0 && mail_byte(t->cp[from - 1]))
                from--;
            for (; to < t->n && mail_byte(t->cp[to]); to++)
                dot = dot || t->cp[to] == '.';
            if (from < i && dot)
                llm_span(spans, n, "EMAIL", from, to);
        } else if (llm_word_at(t, i, "http://", &to) || llm_word_at(t, i, "https://", &to) ||
                   llm_word_at(t, i, "www.", &to)) {
            while (to < t->n && url_byte(t->cp[to]))
                to++;
            llm_span(spans, n, "LINK", i, to);
            i = to - 1;
        }
    }
}

/* ---- what is known from elsewhere ---- */
static void find_known(Arena *a, const LlmText *t, const LlmMask *m, LlmSpan *spans, size_t *n)
{
    for (size_t k = 0; k < m->n; k++) {
        LlmText v = llm_text(a, m->items[k].value);
        if (v.n < 2)
            continue;
        for (size_t i = 0; i + v.n <= t->n; i++) {
            size_t at = 0;
            while (at < v.n && t->cp[i + at] == v.cp[at])
                at++;
            if (at == v.n)
                llm_span(spans, n, m->items[k].kind, i, i + v.n);
        }
    }
}

/* By place; those that overlap become one, of the kind of the first or longer. */
static size_t join(LlmSpan *s, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        LlmSpan x = s[i];
        size_t k = i;
        for (; k > 0 &&
               (s[k - 1].start > x.start || (s[k - 1].start == x.start && s[k - 1].end < x.end));
             k--)
            s[k] = s[k - 1];
        s[k] = x;
    }
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        if (out && s[i].start < s[out - 1].end) {
            if (s[i].end > s[out - 1].end)
                s[out - 1].end = s[i].end;
        } else {
            s[out++] = s[i];
        }
    }
    return out;
}

size_t llm_find(Arena *a, const LlmText *t, const LlmMask *known, LlmSpan ret[LLM_SPANS])
{
    size_t n = 0;
    find_net(t, ret, &n);
    find_codes(t, ret, &n);
    find_numbers(t, ret, &n);
    llm_find_addresses(t, ret, &n);
    llm_find_names(t, ret, &n);
    find_known(a, t, known, ret, &n);
    return join(ret, n);
}
