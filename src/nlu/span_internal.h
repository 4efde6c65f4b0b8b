/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_SPAN_INTERNAL_H
#define NLU_SPAN_INTERNAL_H
/* What the grammar is made of, for span, when and promise. A word may be of several kinds at once
 * ("到" is a bound and a verb); a rule asks whether one of them fits. */
#include "nlu/ac.h"
#include "nlu/span.h"
#include "nlu/when.h"

/* clang-format off */
#define NLU_SPAN_KINDS(X)                                                                          \
    X(NUM, "num") X(HALF, "half") X(GE, "ge") X(MORE, "more") X(UNIT, "unit")                      \
    X(POINT, "point") X(MINUTE, "minute") X(QUARTER, "quarter") X(SHARP, "sharp")                  \
    X(COLON, "colon") X(SLASH, "slash") X(DASH, "dash") X(SHORT, "short") X(TO, "to")                  \
    X(ORDINAL, "ordinal") X(YEAR_MARK, "year_mark") X(MONTH_MARK, "month_mark")                    \
    X(DAY_MARK, "day_mark") X(DAY, "day") X(WEEK, "week") X(MONTH, "month") X(YEAR, "year")        \
    X(PART, "part") X(OWN_PART, "own_part") X(DAYPART, "daypart") X(SHIFT, "shift")                \
    X(HOLIDAY, "holiday") X(BEFORE, "before") X(WITHIN, "within") X(ABOUT, "about")                \
    X(AFTER, "after") X(SINCE, "since") X(LATEST, "latest") X(FROM, "from") X(PROCESS, "process")            \
    X(RECENT, "recent") X(VAGUE, "vague") X(HEDGE, "hedge") X(EVENT, "event") X(STOP, "stop")      \
    X(CLOCK, "clock") X(DATE, "date") X(SPAN, "span") X(MOMENT, "moment") X(TIME, "time")          \
    X(COMMIT, "commit") X(LOOK, "look") X(FOR_YOU, "for_you") X(SELF, "self") X(PARTY, "party")    \
    X(YOU, "you") X(WILL, "will") X(CAN, "can") X(DONE, "done") X(NEG, "neg") X(ASK, "ask")        \
    X(POLICY, "policy") X(COND, "cond") X(NEED, "need") X(QUESTION, "question")                    \
    X(AFFIRM, "affirm") X(ARRIVE, "arrive") X(PENDING, "pending") X(LE, "le")
/* clang-format on */
#define NLU_KIND_ENUM(id, name) NLU_SPAN_##id,
typedef enum { NLU_SPAN_KINDS(NLU_KIND_ENUM) NLU_SPAN_KIND_COUNT } NluSpanKind;
#undef NLU_KIND_ENUM
_Static_assert(NLU_SPAN_KIND_COUNT <= 64, "a set of kinds is 64 bits");
typedef uint64_t NluKinds;
#define NLU_KIND(id) ((NluKinds)1 << NLU_SPAN_##id)

enum {
    NLU_GRAMMAR_RULES = 128,
    NLU_SEQ_MAX = 10,
    NLU_DAYPARTS = 16,
    NLU_PARTS = 8,
    NLU_HOLIDAYS = 40,
    NLU_DIGITS = 64,
    NLU_UNSET = -128 /* of a word's values */
};

/* A word of the grammar with its values; those that its kinds do not use are NLU_UNSET. */
typedef struct {
    NluKinds kinds;
    int8_t unit, day, week, dow, month, year, part, daypart, holiday, shift;
    bool masked, latin, digit_head, digit_tail;
    const char *next; /* UTF-8: one of these characters must follow; NULL: anything. Arena. */
} NluWord;

typedef struct {
    NluKinds kinds;
    uint32_t start, end;  /* normalised text */
    const NluWord *word;  /* NULL for a number and for what rules made */
    int64_t lo, hi;       /* of a number, in thousandths */
    bool masked, literal; /* a placeholder; written in digits */
    bool dotted;          /* a number written with a decimal point */
    NluTime *time;        /* of clock, date, span, moment and time; arena */
} NluSpan;

typedef struct {
    NluSpan *v;
    size_t n;
} NluSpans;

typedef struct {
    NluKinds kinds;
    bool optional;
    uint8_t gap; /* at most so many characters may lie before it (rules of promises) */
} NluSeqItem;

typedef struct {
    const char *id;
    NluSpanKind out; /* clock, date, span, moment or time */
    NluSeqItem seq[NLU_SEQ_MAX];
    size_t n;
    uint8_t gap;             /* characters that may lie between */
    const char *unless_next; /* UTF-8 or NULL */
} NluTimeRule;

typedef struct {
    const char *id;
    NluSeqItem seq[NLU_SEQ_MAX];
    size_t n;
    NluKinds without; /* none of these in the clause */
    NluKinds between; /* none of these within the match */
    NluKinds needs;   /* one of these in the clause; 0: nothing asked */
    bool answers;     /* only when the customer's last turn asked for it */
    bool whole;       /* only when the message says nothing else */
} NluPromiseRule;

typedef struct {
    int from, to, before; /* minutes of the day */
} NluDaypart;

typedef struct {
    int month_from, month_to; /* days */
    int year_from, year_to;   /* months */
} NluPart;

typedef struct {
    int month, day;      /* 0: the dates */
    const int32_t *days; /* since 1970, ascending */
    size_t n;
    int length; /* days */
    bool off;   /* a public holiday */
    bool next;  /* whichever public holiday comes next */
} NluHoliday;

struct NluGrammar {
    Arena *arena;
    NluAc *ac;
    NluWord *words;
    size_t word_n;
    struct {
        uint32_t cp;
        int32_t digit, times; /* -1: none */
        bool some;
    } digits[NLU_DIGITS];
    size_t digit_n;
    int some_lo, some_hi;
    NluDaypart dayparts[NLU_DAYPARTS];
    NluPart parts[NLU_PARTS];
    size_t part_end; /* which of them is the end: before it means at its end */
    NluHoliday holidays[NLU_HOLIDAYS];
    size_t daypart_n, part_n, holiday_n;
    int shift_minute[2]; /* close, open: where no calendar knows better */
    NluTimeRule time_rules[NLU_GRAMMAR_RULES];
    NluPromiseRule promise_rules[NLU_GRAMMAR_RULES];
    size_t time_rule_n, promise_rule_n;
};

/* The spans of a normalised text, ascending, never overlapping. Arena. */
void nlu_spans(const NluGrammar *g, Arena *a, const NluText *t, NluSpans *ret);
/* Joins them by the rules of times, in place: what is left are times and the words around them. */
void nlu_spans_join(const NluGrammar *g, Arena *a, const NluText *t, NluSpans *spans);
/* A number at `at` of the text: the place behind it, or `at` when there is none. */
size_t nlu_number(const NluGrammar *g, const NluText *t, size_t at, NluSpan *ret);
/* The time that a rule's spans make; false: they make none (a 13th month). */
bool nlu_time_compose(const NluGrammar *g, const NluText *t, NluSpanKind out, const NluSpan *s,
                      size_t n, NluTime *ret);
bool nlu_is_one_of(uint32_t cp, const char *utf8);
const char *nlu_span_kind_name(NluSpanKind k); /* static */
#endif
