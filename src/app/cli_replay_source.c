/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_replay_source.h"

#include "base/assert.h"
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct ReplaySource {
    gzFile file;
    char *line;
    size_t n, size;
    long number;
};

Err source_open(ErrSlot *e, const char *path, ReplaySource **ret)
{
    errno = 0;
    gzFile file = gzopen(path, "rb");
    if (!file)
        return err_set(e, ERR_NOT_FOUND, "replay.read", "%s: %s", path,
                       errno ? strerror(errno) : "cannot be opened");
    gzbuffer(file, 1u << 16);
    ReplaySource *s = calloc(1, sizeof *s);
    ASSERT(s);
    s->file = file;
    *ret = s;
    return ERR_OK;
}

void source_close(ReplaySource *s)
{
    if (!s)
        return;
    gzclose(s->file);
    free(s->line);
    free(s);
}

/* One line into s->line without its end; *ret_end at the end of the file. */
static Err read_line(ReplaySource *s, ErrSlot *e, bool *ret_end)
{
    s->n = 0;
    *ret_end = false;
    for (;;) {
        if (s->n + 4096 > s->size) {
            s->size = s->size ? s->size * 2 : 1u << 16;
            s->line = realloc(s->line, s->size);
            ASSERT(s->line);
        }
        if (!gzgets(s->file, s->line + s->n, (int)(s->size - s->n))) {
            int code;
            const char *why = gzerror(s->file, &code);
            if (code != Z_OK && code != Z_STREAM_END)
                return err_set(e, ERR_INVALID, "replay.read", "after line %ld: %s", s->number, why);
            *ret_end = s->n == 0;
            break;
        }
        s->n += strlen(s->line + s->n);
        if (s->line[s->n - 1] == '\n') {
            s->n--;
            break;
        }
        if (s->n > SOURCE_ROW_MAX_BYTES)
            return err_set(e, ERR_TOO_LARGE, "replay.row", "line %ld is longer than %d bytes",
                           s->number + 1, SOURCE_ROW_MAX_BYTES);
    }
    if (!*ret_end)
        s->number++;
    return ERR_OK;
}

static Err read_turns(ReplaySource *s, Arena *a, ErrSlot *e, const Json *turns, SourceRow *row)
{
    size_t n = json_count(turns);
    if (!json_is_array(turns) || n < 1 || n > SOURCE_TURNS_MAX)
        return err_set(e, ERR_INVALID, "replay.row", "line %ld: turns must be 1 to %d", s->number,
                       SOURCE_TURNS_MAX);
    row->turns = ARENA_ARRAY(a, SourceTurn, n);
    row->turns_n = 0;
    for (const Json *t = json_first(turns); t; t = json_next(t)) {
        Str role = json_str(t, "role");
        Str text = json_str(t, "text");
        if ((!str_is(role, "user") && !str_is(role, "agent")) || text.n == 0)
            return err_set(e, ERR_INVALID, "replay.row",
                           "line %ld turn %zu: needs role user or agent, and text", s->number,
                           row->turns_n + 1);
        row->turns[row->turns_n++] = (SourceTurn){str_is(role, "agent"), text};
    }
    return ERR_OK;
}

Err source_next(ReplaySource *s, Arena *a, ErrSlot *e, SourceRow *ret, bool *ret_end)
{
    Err err;
    do {
        err = read_line(s, e, ret_end);
        if (err || *ret_end)
            return err;
    } while (str_trim((Str){s->line, s->n}).n == 0);
    const Json *json;
    err = json_parse(a, e, str_dup(a, (Str){s->line, s->n}), &json);
    if (err)
        return err_set(e, ERR_INVALID, "replay.row", "line %ld is not JSON in UTF-8", s->number);
    SourceRow row = {.id = json_str(json, "id")};
    if (row.id.n == 0)
        return err_set(e, ERR_INVALID, "replay.row", "line %ld: id is missing", s->number);
    err = read_turns(s, a, e, json_get(json, "turns"), &row);
    if (err)
        return err;
    *ret = row;
    return ERR_OK;
}
