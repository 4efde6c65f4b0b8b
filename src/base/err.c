/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

Err err_set_at(ErrSlot *e, const char *file, int line, Err err, const char *code, const char *fmt,
               ...)
{
    e->err = err;
    e->code = code;
    e->file = file;
    e->line = line;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    /* a cut in the middle of a character would make the JSON invalid */
    size_t n = strlen(e->text);
    if (n == sizeof e->text - 1) {
        while (n > 0 && ((unsigned char)e->text[n - 1] & 0xc0) == 0x80)
            n--;
        if (n > 0 && (unsigned char)e->text[n - 1] >= 0xc0)
            n--;
        e->text[n] = '\0';
    }
    return err;
}

Err err_retry(ErrSlot *e, Err kind, const char *code, long retry_after_ms, const char *text)
{
    e->retry_after_ms = retry_after_ms;
    return err_set(e, kind, code, "%s", text);
}

void err_clear(ErrSlot *e)
{
    *e = (ErrSlot){0};
}

int err_status(Err err)
{
    switch (err) {
    case ERR_OK:
        return 200;
    case ERR_INVALID:
        return 400;
    case ERR_AUTH:
        return 401;
    case ERR_DENIED:
        return 403;
    case ERR_NOT_FOUND:
        return 404;
    case ERR_CONFLICT:
        return 409;
    case ERR_TOO_LARGE:
        return 413;
    case ERR_LIMIT:
        return 429;
    case ERR_BUSY:
        return 503;
    case ERR_UPSTREAM:
        return 502;
    case ERR_STORAGE:
        return 507;
    case ERR_INTERNAL:
        break;
    }
    return 500;
}
