/* SPDX-License-Identifier: Apache-2.0 */
#include "base/opt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Err put(ErrSlot *e, const OptRow *row, const char *value, const char *where, void *target)
{
    char *at = (char *)target + row->offset;
    int64_t v;
    switch (row->kind) {
    case OPT_TEXT:
        memcpy(at, &value, sizeof value);
        return ERR_OK;
    case OPT_INT:
        if (!str_i64(str_of(value), &v) || v < row->min || v > row->max)
            return err_set(e, ERR_INVALID, "usage.value",
                           "%s: \"%s\" is not a whole number from %lld to %lld", where, value,
                           (long long)row->min, (long long)row->max);
        memcpy(at, &v, sizeof v);
        return ERR_OK;
    case OPT_FLAG: {
        bool on = strcmp(value, "0") != 0 && strcmp(value, "false") != 0 && strcmp(value, "") != 0;
        memcpy(at, &on, sizeof on);
        return ERR_OK;
    }
    }
    return ERR_OK;
}

static void env_name(const char *name, char out[64])
{
    size_t n = 0;
    for (const char *p = "ZHIXIN_"; *p; p++)
        out[n++] = *p;
    for (const char *p = name; *p && n < 63; p++)
        out[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    out[n] = '\0';
}

static const OptRow *find(const OptRow *rows, size_t n, Str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(name, rows[i].name))
            return &rows[i];
    return NULL;
}

Err opt_parse(Arena *a, ErrSlot *e, const OptRow *rows, size_t n, int argc, char **argv,
              void *target, char ***ret_rest, int *ret_rest_n)
{
    char where[80];
    for (size_t i = 0; i < n; i++) {
        env_name(rows[i].name, where);
        const char *value = getenv(where);
        Err err = ERR_OK;
        if (value)
            err = put(e, &rows[i], value, where, target);
        else if (rows[i].dflt)
            err = put(e, &rows[i], rows[i].dflt, rows[i].name, target);
        if (err)
            return err;
    }
    char **rest = ARENA_ARRAY(a, char *, (size_t)argc + 1);
    int rest_n = 0;
    bool only_operands = false;
    for (int i = 0; i < argc; i++) {
        if (only_operands || strncmp(argv[i], "--", 2) != 0) {
            rest[rest_n++] = argv[i];
            continue;
        }
        if (argv[i][2] == '\0') {
            only_operands = true;
            continue;
        }
        Str name = str_of(argv[i] + 2);
        const char *eq = strchr(argv[i], '=');
        if (eq)
            name.n = (size_t)(eq - argv[i]) - 2;
        const OptRow *row = find(rows, n, name);
        if (!row)
            return err_set(e, ERR_INVALID, "usage.option", "unknown option --%.*s (see --help)",
                           STR_ARG(name));
        const char *value = eq ? eq + 1 : NULL;
        if (!value && row->kind == OPT_FLAG)
            value = "1";
        if (!value && i + 1 < argc)
            value = argv[++i];
        if (!value)
            return err_set(e, ERR_INVALID, "usage.value", "--%s needs a value: %s", row->name,
                           row->arg);
        snprintf(where, sizeof where, "--%s", row->name);
        Err err = put(e, row, value, where, target);
        if (err)
            return err;
    }
    *ret_rest = rest;
    *ret_rest_n = rest_n;
    return ERR_OK;
}

void opt_help(const OptRow *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s %s", rows[i].name, rows[i].arg ? rows[i].arg : "");
        fprintf(stderr, "  %-34s %s%s%s%s\n", left, rows[i].help, rows[i].dflt ? " [" : "",
                rows[i].dflt ? rows[i].dflt : "", rows[i].dflt ? "]" : "");
    }
}
