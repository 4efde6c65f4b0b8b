/* SPDX-License-Identifier: Apache-2.0 */
#include "desk/tz.h"

#include "base/file.h"

#include <string.h>

static int64_t be(const unsigned char *p, size_t n)
{
    uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

static bool sane_name(Str name)
{
    if (name.n == 0 || name.n > 64 || name.p[0] == '/' || name.p[0] == '.')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char ch = name.p[i];
        bool ok = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                  (ch >= '0' && ch <= '9') || ch == '/' || ch == '_' || ch == '-' || ch == '+';
        if (!ok)
            return false;
    }
    return true;
}

static Err bad(ErrSlot *e, Str name)
{
    return err_field(e, "timezone", "hours.timezone",
                     "unknown time zone \"%.*s\"; use a name such as Asia/Shanghai", STR_ARG(name));
}

/* The header's six counts; false when the bytes are no TZif. */
static bool header(const unsigned char *p, size_t n, int64_t count[6])
{
    if (n < 44 || memcmp(p, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < 6; i++) {
        count[i] = be(p + 20 + 4 * i, 4);
        if (count[i] < 0 || count[i] > 100000)
            return false;
    }
    return true;
}

Err tz_load(Arena *a, ErrSlot *e, Str name, Tz *ret)
{
    *ret = (Tz){0};
    if (str_is(name, "UTC"))
        return ERR_OK;
    if (!sane_name(name))
        return bad(e, name);
    Str path = str_fmt(a, "/usr/share/zoneinfo/%.*s", STR_ARG(name));
    Str file;
    ErrSlot quiet = {0};
    if (file_read(a, &quiet, path.p, 1u << 16, &file))
        return bad(e, name);
    const unsigned char *p = (const unsigned char *)file.p;
    size_t left = file.n;
    int64_t k[6]; /* isutc isstd leap time type char */
    if (!header(p, left, k) || p[4] < '2')
        return bad(e, name);
    size_t skip = 44 + (size_t)(k[3] * 5 + k[4] * 6 + k[5] + k[2] * 8 + k[1] + k[0]);
    if (skip > left || !header(p + skip, left - skip, k))
        return bad(e, name);
    p += skip + 44;
    left -= skip + 44;
    size_t times = (size_t)k[3], types = (size_t)k[4];
    if (types == 0 || times * 9 + types * 6 > left)
        return bad(e, name);
    const unsigned char *index = p + times * 8, *type = index + times;
    ret->at = ARENA_ARRAY(a, int64_t, times + 1);
    ret->offset = ARENA_ARRAY(a, int32_t, times + 1);
    ret->n = times;
    ret->first = (int32_t)be(type, 4);
    for (size_t i = 0; i < times; i++) {
        if (index[i] >= types)
            return bad(e, name);
        ret->at[i] = be(p + 8 * i, 8);
        ret->offset[i] = (int32_t)be(type + 6 * index[i], 4);
    }
    return ERR_OK;
}

int32_t tz_offset(const Tz *tz, int64_t utc_s)
{
    size_t lo = 0, hi = tz->n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (tz->at[mid] <= utc_s)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo == 0 ? tz->first : tz->offset[lo - 1];
}

int64_t tz_to_utc(const Tz *tz, int64_t local_s)
{
    int32_t before = tz_offset(tz, local_s - 86400), after = tz_offset(tz, local_s + 86400);
    int64_t first = local_s - before, second = local_s - after;
    if (tz_offset(tz, first) == before)
        return first;
    if (tz_offset(tz, second) == after)
        return second;
    return first;
}
