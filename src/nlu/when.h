/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NLU_WHEN_H
#define NLU_WHEN_H
/*
 * Chinese expressions of time, and the instants they mean for a shop: "明天上午", "两个工作日内",
 * "下周一前", "尽快". Reading (nlu_times) needs no clock; resolving needs the moment when it was
 * said, the shop's time zone and its working time, and may be done later from what was read.
 *
 * How terms are counted follows China's Civil Code, book one, chapter ten: the day on which a term
 * of days begins does not count (art. 201), a term of months ends on the same day of the month or
 * on the month's last day (art. 202), a term ends at midnight of its last day, or at closing time
 * where there are business hours (art. 203, used for working days); hours count from the moment
 * itself (art. 201); "within" includes the number (art. 1259). "Before a day" ends with the day
 * before it: the earlier reading is the safe one for whoever promised. Weeks begin on Monday.
 *
 * Pure; bounded by NLU_TEXT_MAX. Refuses: to guess what a masked number was, when an event will
 * be ("after you received it"), or a time for "soon".
 */
#include "nlu/span.h"

enum { NLU_TIMES_MAX = 16 };
#define NLU_TIME_NEVER INT64_MAX

typedef enum { NLU_FIRM, NLU_ESTIMATE, NLU_VAGUE } NluStrength;
typedef enum {
    NLU_TIME_MOMENT, /* a day, a part of it, a time of day */
    NLU_TIME_RANGE,  /* from one to another */
    NLU_TIME_SPAN,   /* so many hours, days, working days */
    NLU_TIME_EVENT,  /* counted from something that is yet to happen */
    NLU_TIME_SOON    /* soon, later: no time at all */
} NluTimeForm;
typedef enum {
    NLU_BOUND_NONE,
    NLU_BOUND_BEFORE,
    NLU_BOUND_WITHIN,
    NLU_BOUND_LATEST,
    NLU_BOUND_AFTER,
    NLU_BOUND_SINCE
} NluBound;
typedef enum {
    NLU_UNIT_SECOND,
    NLU_UNIT_MINUTE,
    NLU_UNIT_QUARTER,
    NLU_UNIT_HOUR,
    NLU_UNIT_WORK_HOUR,
    NLU_UNIT_DAY,
    NLU_UNIT_WORK_DAY,
    NLU_UNIT_WEEK,
    NLU_UNIT_MONTH,
    NLU_UNIT_SEASON,
    NLU_UNIT_YEAR,
    NLU_UNIT_COUNT
} NluUnit;
typedef enum {
    NLU_ON_NOTHING,
    NLU_ON_DAY,    /* rel: days from today */
    NLU_ON_WEEK,   /* rel: weeks, NLU_REL_OPEN the next that fits; dow 1..7, 8 weekend, 0 all */
    NLU_ON_DATE,   /* year, month, day; 0 is open: the next that fits */
    NLU_ON_MONTH,  /* rel: months; day may be set */
    NLU_ON_YEAR,   /* rel: years; month and day may be set */
    NLU_ON_HOLIDAY /* rel: its number in the grammar; dow 1: one day of it, day: which, from 0;
                      year: 0 the next, else 1 + years from this one */
} NluOn;
enum { NLU_REL_OPEN = 127 };

/* Which day, and when in it. */
typedef struct {
    uint8_t on; /* NluOn */
    int8_t rel, dow, month, day;
    int8_t part, daypart; /* numbers in the grammar, -1: none */
    int8_t shift;         /* 0 closing time, 1 opening time, -1: neither */
    bool masked;          /* a placeholder stands where a number was */
    bool exact;           /* the hour is written on 24 */
    bool weak;            /* "一点": as likely "a bit" */
    int16_t year;
    int16_t minute; /* of the day, -1: none */
} NluMoment;

/* A time as it was said. A plain value: keep it as long as you like. */
typedef struct {
    uint8_t form, bound, strength, unit; /* NluTimeForm, NluBound, NluStrength, NluUnit */
    int64_t lo, hi;                      /* of a span, thousandths of the unit */
    NluMoment a, b;                      /* of a moment; of a range */
    uint32_t start, end;                 /* code points of the message */
} NluTime;

/* When it is, for whom. The three functions of working time have the meaning of desk/hours, so that
 * a caller hands those on: the next open instant from at_ms on (0: never); the instant when work_ms
 * of open time have passed since start_ms (INT64_MAX: never); open milliseconds in
 * [from_ms, to_ms). All NULL: there are no business hours. */
typedef struct {
    int64_t now_ms;                                     /* UTC */
    int32_t (*offset_s)(const void *zone, int64_t utc); /* seconds east; NULL: UTC+8 */
    const void *zone;
    int64_t (*next_open)(const void *hours, int64_t at_ms);
    int64_t (*add)(const void *hours, int64_t start_ms, int64_t work_ms);
    int64_t (*between)(const void *hours, int64_t from_ms, int64_t to_ms);
    const void *hours;
    /* Whether a local date (days since 1970) is a working day (工作日) for those who promise; NULL:
     * Monday to Friday, and where there are business hours only days that are open. */
    bool (*work_day)(const void *hours, int64_t day);
} NluNow;

typedef struct {
    int64_t from_ms, to_ms; /* to_ms is late by one; days end in their last millisecond */
    NluStrength strength;
} NluRange;

/* The times in a text, in order. At most max are written; the number. */
size_t nlu_times(const NluGrammar *g, Arena *a, Str text, NluTime *out, size_t max);
/* false: no instant follows from the words (an event, a placeholder, "soon"); *ret then only has
 * the strength, and NLU_TIME_NEVER in to_ms. A range may be open: to_ms NLU_TIME_NEVER. */
bool nlu_time_resolve(const NluGrammar *g, const NluTime *t, const NluNow *now, NluRange *ret);
/* What is left of a time that waits for an event once it has happened: "收到货后三天内" becomes
 * "三天内", to be resolved with the event's instant as now. false: nothing more was said
 * ("到货后"), it is due from then on; or t waits for no event. */
bool nlu_time_after_event(const NluTime *t, NluTime *ret);
#endif
