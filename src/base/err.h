/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H
/*
 * Err: a small kind (-> HTTP status) plus a slot that holds the stable code (-> interface,
 * docs/errors.md), the field that is wrong, and a sentence that says how to mend it. Libraries
 * return; only the edge logs, once. return err_set(e, ERR_CONFLICT, "conversation.closed", "closed
 * at %lld", at);
 */
#include <stddef.h>

typedef enum {
    ERR_OK = 0,
    ERR_INVALID,   /* 400 the request is malformed */
    ERR_AUTH,      /* 401 nobody is logged in, or the proof is wrong */
    ERR_DENIED,    /* 403 logged in, but not allowed */
    ERR_NOT_FOUND, /* 404 also: exists in another shop */
    ERR_CONFLICT,  /* 409 the state does not allow it (closed, taken, guard) */
    ERR_TOO_LARGE, /* 413 */
    ERR_LIMIT,     /* 429 too many; retry_after_ms says when */
    ERR_BUSY,      /* 503 queue full, database locked; retry_after_ms says when */
    ERR_UPSTREAM,  /* 502 somebody else's server */
    ERR_STORAGE,   /* 507/500 disk full, database gone */
    ERR_INTERNAL   /* 500 our bug */
} Err;

typedef struct {
    Err err;
    const char *code;    /* static, e.g. "message.too_long" */
    const char *field;   /* static or NULL */
    long retry_after_ms; /* 0: none */
    const char *file;
    int line;
    char text[240];
} ErrSlot;

#define WARN_UNUSED __attribute__((warn_unused_result))

Err err_set_at(ErrSlot *e, const char *file, int line, Err err, const char *code, const char *fmt,
               ...) __attribute__((format(printf, 6, 7)));
#define err_set(e, kind, code, ...) err_set_at((e), __FILE__, __LINE__, (kind), (code), __VA_ARGS__)
/* As err_set, naming the field at fault: INVALID only. */
#define err_field(e, name, code, ...)                                                              \
    ((e)->field = (name), err_set_at((e), __FILE__, __LINE__, ERR_INVALID, (code), __VA_ARGS__))
Err err_retry(ErrSlot *e, Err kind, const char *code, long retry_after_ms, const char *text);
void err_clear(ErrSlot *e);
int err_status(Err err); /* HTTP status */
#endif
