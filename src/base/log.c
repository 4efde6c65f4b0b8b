/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

#include <stdarg.h>
#include <unistd.h>

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};

static bool plain(Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
            return false;
    }
    return s.n > 0;
}

static void put_value(Buf *b, Str s)
{
    if (plain(s)) {
        buf_put(b, s);
        return;
    }
    JsonW w;
    jw_init(&w, b);
    jw_str(&w, s);
}

void log_line(const Log *log, LogLevel level, const char *msg, ...)
{
    if (level < log->level)
        return;
    Arena *a = arena_create(1u << 16);
    Buf b;
    buf_init(&b, a, 4000);
    JsonW w;
    jw_init(&w, &b);
    Str at = clock_iso(a, clock_wall_ms());
    if (log->json) {
        jw_obj(&w);
        jw_kstr(&w, "time", at);
        jw_kstr(&w, "level", str_of(LEVELS[level]));
        jw_kstr(&w, "msg", str_of(msg));
    } else {
        buf_fmt(&b, "time=%.*s level=%s msg=", STR_ARG(at), LEVELS[level]);
        put_value(&b, str_of(msg));
    }
    va_list ap;
    va_start(ap, msg);
    for (const char *key; (key = va_arg(ap, const char *)) != NULL;) {
        Str value = va_arg(ap, Str);
        if (log->json) {
            jw_kstr(&w, key, value);
        } else {
            buf_fmt(&b, " %s=", key);
            put_value(&b, value);
        }
    }
    va_end(ap);
    if (log->json)
        jw_obj_end(&w);
    buf_byte(&b, '\n');
    Str line = buf_str(&b);
    if (write(STDERR_FILENO, line.p, line.n) < 0) {
        /* nowhere left to say it */
    }
    arena_destroy(a);
}
