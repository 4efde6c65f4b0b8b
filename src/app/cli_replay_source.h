/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_REPLAY_SOURCE_H
#define APP_CLI_REPLAY_SOURCE_H
/*
 * ReplaySource: reads conversations one row at a time from JSON lines, plain or gzip, so that a
 * file of any size needs the memory of one row. Refuses a row that is not {id, turns:[{role:
 * user|agent, text}…]}.
 */
#include "base/err.h"
#include "base/str.h"

enum { SOURCE_ROW_MAX_BYTES = 4 << 20, SOURCE_TURNS_MAX = 5000 };

typedef struct {
    bool agent;
    Str text;
} SourceTurn;

typedef struct {
    Str id;
    SourceTurn *turns;
    size_t turns_n;
} SourceRow;

typedef struct ReplaySource ReplaySource;

Err source_open(ErrSlot *e, const char *path, ReplaySource **ret) WARN_UNUSED;
void source_close(ReplaySource *s); /* NULL is fine */
/* The next row, its memory in `a`; *ret_end when there is none. Codes: replay.row with the line
 * number, replay.read. */
Err source_next(ReplaySource *s, Arena *a, ErrSlot *e, SourceRow *ret, bool *ret_end) WARN_UNUSED;
#endif
