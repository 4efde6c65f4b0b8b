/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts what the guard rules hit in real talk: guard_eval RULES.json [SESSIONS.jsonl[.gz]] [-v]
 * Without a file, zh_jddc_sessions/train.jsonl.gz in the folder that ZHIXIN_DATA names; absent, it
 * says so and succeeds. Rows: {"turns":[{"role":"agent","text"}…]}. Prints one JSON object; with -v
 * each hit on stderr.
 */
#include "assist/guard.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { ROW_BYTES = 4 << 20, NAMES = 64 };

typedef struct {
    Str name[NAMES];
    size_t hits[NAMES], turns[NAMES], n;
    size_t agent_turns, blocked;
} Count;

static size_t slot_of(Count *c, Arena *keep, Str name)
{
    for (size_t i = 0; i < c->n; i++)
        if (str_eq(c->name[i], name))
            return i;
    if (c->n == NAMES)
        return NAMES - 1;
    c->name[c->n] = str_dup(keep, name);
    return c->n++;
}

static void row(const AssistGuard *g, Arena *a, Arena *keep, Count *c, Str line, bool verbose)
{
    ErrSlot e = {0};
    const Json *root = NULL;
    if (json_parse(a, &e, line, &root) != ERR_OK)
        return;
    for (const Json *t = json_first(json_get(root, "turns")); t; t = json_next(t)) {
        if (!str_is(json_str(t, "role"), "agent"))
            continue;
        c->agent_turns++;
        AssistGuardHit hits[ASSIST_GUARD_HITS];
        size_t n = assist_guard_check(g, a, json_str(t, "text"), hits);
        bool seen[NAMES] = {false};
        for (size_t i = 0; i < n; i++) {
            size_t at = slot_of(c, keep, hits[i].rule);
            c->hits[at]++;
            c->turns[at] += !seen[at];
            seen[at] = true;
            if (verbose)
                fprintf(stderr, "%s %.*s {%.*s} %.*s\n", assist_level_code(hits[i].level),
                        STR_ARG(hits[i].rule), STR_ARG(hits[i].words),
                        STR_ARG(json_str(t, "text")));
        }
        c->blocked += n > 0 && hits[0].level == ASSIST_BLOCK;
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "guard_eval RULES.json [SESSIONS.jsonl[.gz]] [-v]\n");
        return 2;
    }
    Arena *keep = arena_create(64u << 20), *a = arena_create(256u << 20);
    const char *data = getenv("ZHIXIN_DATA");
    const char *path = argc > 2 && argv[2][0] != '-' ? argv[2] : NULL;
    if (!path && data)
        path = str_c(keep, str_fmt(keep, "%s/zh_jddc_sessions/train.jsonl.gz", data));
    gzFile in = path ? gzopen(path, "rb") : NULL;
    ErrSlot e = {0};
    Str rules;
    AssistGuard *g = NULL;
    int rc = 0;
    if (!in) {
        fprintf(stderr, "guard_eval: no sessions here (set ZHIXIN_DATA); skipped\n");
    } else if (file_read(keep, &e, argv[1], ROW_BYTES, &rules) ||
               !(g = assist_guard_create(rules, &e))) {
        fprintf(stderr, "guard_eval: %s: %s\n", e.code, e.text);
        rc = 1;
    } else {
        Count *c = ARENA_NEW(keep, Count);
        char *line = arena_alloc(keep, ROW_BYTES);
        while (gzgets(in, line, ROW_BYTES)) {
            row(g, a, keep, c, str_of(line), strcmp(argv[argc - 1], "-v") == 0);
            arena_reset(a);
        }
        printf("{\"agent_turns\":%zu,\"blocked_turns\":%zu", c->agent_turns, c->blocked);
        for (size_t i = 0; i < c->n; i++)
            printf(",\"%.*s\":{\"hits\":%zu,\"turns\":%zu}", STR_ARG(c->name[i]), c->hits[i],
                   c->turns[i]);
        printf("}\n");
    }
    if (in)
        gzclose(in);
    assist_guard_destroy(g);
    arena_destroy(a);
    arena_destroy(keep);
    return rc;
}
