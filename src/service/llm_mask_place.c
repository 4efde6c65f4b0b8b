/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and names: by the words that make a place, and by what stands beside a name. */
#include "service/llm_internal.h"

#include "base/utf8.h"

enum { GAP = 14, HEAD = 8, TAIL = 8, NAME_CUE = 4 };

static bool in_set(uint32_t cp, const char *set)
{
    Str s = str_of(set);
    for (size_t at = 0; at < s.n;)
        if (utf8_next(s, &at) == cp)
            return true;
    return false;
}

/* The hundred and some most usual family names. */
bool llm_is_name_start(uint32_t cp)
{
    return llm_is_han(cp) && in_set(cp, "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董"
                                        "萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
                                        "余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江"
                                        "史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
                                        "庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向"
                                        "柳邢路岳齐梅庄辛管祝左涂谷时舒耿牟卜詹关苗凌费"
                                        "纪靳盛童欧甄项曲游阳裴席卫查屈鲍覃霍翁隋甘单包司柏宁柯阮桂"
                                        "闵张陳劉楊趙黃吳孫鄭謝韓馮許鄧蕭葉蘇盧蔣賈閻鍾");
}

static bool ascii_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

static bool clause_ends(uint32_t cp)
{
    return cp == '\n' || cp == ',' || cp == '!' || cp == '?' || cp == ';' ||
           in_set(cp, "。，！？；、");
}

/* ---- addresses ---- */
typedef struct {
    const char *word;
    bool strong;            /* names a street or a house, not a region */
    const char *not_before; /* characters before it that make it another word */
    const char *not_after;
} Mark;

static const Mark MARKS[] = {
    {"小区", true, "", ""},
    {"大厦", true, "", ""},
    {"单元", true, "", ""},
    {"公寓", true, "", ""},
    {"花园", true, "", ""},
    {"广场", true, "", ""},
    {"大道", true, "", ""},
    {"社区", true, "", ""},
    {"街道", true, "", ""},
    {"工业园", true, "", ""},
    {"校区", true, "", ""},
    {"路", true, "一线半顺网思套走迷公铁", "上由过线径灯"},
    {"街", true, "逛", ""},
    {"巷", true, "", ""},
    {"弄", true, "别能乱", "错坏好丢"},
    {"村", true, "", ""},
    {"镇", true, "冰", ""},
    {"乡", true, "老家", ""},
    {"栋", true, "", ""},
    {"幢", true, "", ""},
    {"棟", true, "", ""},
    {"室", true, "卧浴", "内外"},
    {"省", false, "", "钱事心下点着了得"},
    {"市", false, "超门上夜", "场面价"},
    {"区", false, "", "别分"},
    {"區", false, "", "別分"},
    {"县", false, "", ""},
    {"縣", false, "", ""},
    {"号", false, "", "发到前后之左"},
    {"號", false, "", "發到前後"},
    {"楼", false, "", "上"},
    {"樓", false, "", "上"},
    {"层", false, "", ""},
};

/* A mark of a place at i; its end, or 0. */
static size_t mark_at(const LlmText *t, size_t i, bool *ret_strong)
{
    for (size_t k = 0; k < sizeof MARKS / sizeof *MARKS; k++) {
        const Mark *m = &MARKS[k];
        size_t end;
        if (!llm_word_at(t, i, m->word, &end))
            continue;
        uint32_t before = i ? t->cp[i - 1] : 0, after = end < t->n ? t->cp[end] : 0;
        bool number = t->cp[i] == 0x53F7 || t->cp[i] == 0x865F /* 号 */;
        if (in_set(before, m->not_before) || in_set(after, m->not_after) ||
            (number && !ascii_digit(before)))
            continue;
        *ret_strong = m->strong;
        return end;
    }
    return 0;
}

/* Where the address may begin: the words before its first mark, but for those that lead to it. */
static size_t head_of(const LlmText *t, size_t first, size_t floor)
{
    size_t from = first;
    while (from > floor && first - from < HEAD &&
           (llm_is_han(t->cp[from - 1]) || ascii_digit(t->cp[from - 1])) &&
           !in_set(t->cp[from - 1], "在到是至寄送址发發往从我住改为為成给給"))
        from--;
    return from;
}

static size_t tail_of(const LlmText *t, size_t end)
{
    size_t to = end;
    while (to < t->n && to - end < TAIL &&
           (ascii_digit(t->cp[to]) || in_set(t->cp[to], "-#号號室楼樓层座栋") ||
            (t->cp[to] >= 'A' && t->cp[to] <= 'Z')))
        to++;
    return to;
}

void llm_find_addresses(const LlmText *t, LlmSpan *spans, size_t *n)
{
    size_t first = 0, last = 0, marks = 0, strong = 0, floor = 0;
    for (size_t i = 0; i <= t->n; i++) {
        bool is_strong = false;
        bool over = i == t->n || clause_ends(t->cp[i]);
        size_t end = over ? 0 : mark_at(t, i, &is_strong);
        if (marks && (over || i > last + GAP)) {
            size_t to = tail_of(t, last);
            bool house = strong && to > last && ascii_digit(t->cp[last]);
            if ((marks >= 2 && strong) || marks >= 3 || house) {
                llm_span(spans, n, "ADDRESS", head_of(t, first, floor), to);
                floor = to;
            }
            marks = strong = 0;
        }
        if (over)
            floor = i + 1;
        if (!end)
            continue;
        if (!marks)
            first = i;
        last = end;
        marks++;
        strong += is_strong;
        i = end - 1;
    }
}

/* ---- names ---- */
static size_t han_end(const LlmText *t, size_t at, size_t max)
{
    size_t end = at;
    while (end < t->n && end - at < max && llm_is_han(t->cp[end]) &&
           !in_set(t->cp[end], "的在是地电電手收我你您要想和就把请請，"))
        end++;
    return end;
}

static bool compound(const LlmText *t, size_t at)
{
    return llm_word_at(t, at, "欧阳", NULL) || llm_word_at(t, at, "司马", NULL) ||
           llm_word_at(t, at, "上官", NULL) || llm_word_at(t, at, "诸葛", NULL) ||
           llm_word_at(t, at, "皇甫", NULL) || llm_word_at(t, at, "夏侯", NULL);
}

/* Everyday words that begin like a name. */
static bool everyday(const LlmText *t, size_t at)
{
    static const char *const words[] = {
        "单号", "单子", "单价", "包裹", "包邮", "方便", "时间", "时候", "时效", "高兴",
        "常用", "万一", "金额", "金色", "安排", "安装", "安全", "温馨", "温度", "计划",
        "查下", "查单", "查件", "查询", "查一", "查到", "向您", "成功", "任何", "关于",
        "关门", "白色", "黄色", "毛衣", "左右", "严重", "谢谢", "谢了", "马上", "路上",
        "应该", "曾经", "程序", "和我", "房子", "全部", "单独"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (llm_word_at(t, at, words[i], NULL))
            return true;
    return false;
}

/* A name that begins here, or `at`. */
static size_t name_end(const LlmText *t, size_t at)
{
    bool two = at < t->n && compound(t, at);
    if (at >= t->n || (!two && !llm_is_name_start(t->cp[at])) || everyday(t, at))
        return at;
    return han_end(t, at, two ? 4 : 3);
}

static void after_words(const LlmText *t, LlmSpan *spans, size_t *n)
{
    static const char *const cues[] = {"我叫",   "我姓",   "名字叫", "姓名",   "收件人", "收貨人",
                                       "收货人", "联系人", "聯繫人", "签收人", "寄件人", "称呼我"};
    for (size_t i = 0; i < t->n; i++)
        for (size_t k = 0; k < sizeof cues / sizeof *cues; k++) {
            size_t from;
            if (!llm_word_at(t, i, cues[k], &from))
                continue;
            for (size_t skip = 0;
                 skip < NAME_CUE && from < t->n && in_set(t->cp[from], ":： 是叫为為改成写寫");
                 skip++)
                from++;
            llm_span(spans, n, "NAME", from, name_end(t, from));
        }
}

static void before_titles(const LlmText *t, LlmSpan *spans, size_t *n)
{
    static const char *const titles[] = {"先生", "女士", "小姐", "太太",
                                         "同学", "老师", "師傅", "师傅"};
    for (size_t i = 1; i < t->n; i++)
        for (size_t k = 0; k < sizeof titles / sizeof *titles; k++) {
            size_t end;
            if (!llm_word_at(t, i, titles[k], &end))
                continue;
            for (size_t back = 1; back <= 3 && back <= i; back++)
                if (llm_is_name_start(t->cp[i - back])) {
                    llm_span(spans, n, "NAME", i - back, end);
                    break;
                } else if (!llm_is_han(t->cp[i - back])) {
                    break;
                }
        }
}

static bool gap(uint32_t cp)
{
    return cp == ' ' || cp == '\n' || cp == ':' || cp == '/' || cp == '|' || clause_ends(cp);
}

/* Short words that stand alone beside a number or an address are who lives there. */
static void beside(const LlmText *t, LlmSpan *spans, size_t *n, LlmSpan s)
{
    size_t end = s.start, from;
    for (size_t k = 0; k < 3 && end > 0 && gap(t->cp[end - 1]); k++)
        end--;
    for (from = end; from > 0 && end - from < 5 && llm_is_han(t->cp[from - 1]);)
        from--;
    if (end - from >= 2 && end - from <= 4 && !everyday(t, from) &&
        (llm_is_name_start(t->cp[from]) || compound(t, from)))
        llm_span(spans, n, "NAME", from, end);
    from = s.end;
    for (size_t k = 0; k < 3 && from < t->n && gap(t->cp[from]); k++)
        from++;
    end = name_end(t, from);
    bool alone = end == t->n || !llm_is_han(t->cp[end]);
    if (end - from >= 2 && alone)
        llm_span(spans, n, "NAME", from, end);
}

void llm_find_names(const LlmText *t, LlmSpan *spans, size_t *n)
{
    size_t others = *n;
    after_words(t, spans, n);
    before_titles(t, spans, n);
    for (size_t i = 0; i < others; i++)
        if (str_is(str_of(spans[i].kind), "PHONE") || str_is(str_of(spans[i].kind), "ADDRESS"))
            beside(t, spans, n, spans[i]);
}
