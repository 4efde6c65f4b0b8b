/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters: numbers travel as text, so that the server reads them as whatever type it has
 * inferred; text and blobs in binary, because a Str has a length and no NUL. Results come as text:
 * one form for bigint, numeric (sum), double and boolean.
 */
#include "store/pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TYPE_BOOL = 16, TYPE_BYTEA = 17 }; /* fixed numbers of the catalogue */

void pg_params(PgParams *params, const StoreValue *v, size_t n)
{
    ASSERT(n <= PG_MAX_PARAMS);
    for (size_t i = 0; i < n; i++) {
        char *number = params->numbers[i];
        params->values[i] = number;
        params->lengths[i] = 0;
        params->formats[i] = 0;
        switch (v[i].type) {
        case STORE_NULL:
            params->values[i] = NULL;
            break;
        case STORE_I64:
            snprintf(number, sizeof params->numbers[i], "%lld", (long long)v[i].i64);
            break;
        case STORE_F64:
            snprintf(number, sizeof params->numbers[i], "%.17g", v[i].f64);
            break;
        case STORE_TEXT:
        case STORE_BLOB:
            params->values[i] = v[i].str.n ? v[i].str.p : "";
            params->lengths[i] = (int)v[i].str.n; /* libpq refuses more than 1 GB, and so do we */
            params->formats[i] = 1;
            break;
        }
    }
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static Str read_bytes(Ctx *c, const char *p, size_t n)
{
    if (n < 2 || p[0] != '\\' || p[1] != 'x')
        return (Str){arena_dup(c->arena, p, n), n};
    size_t bytes = (n - 2) / 2;
    char *to = arena_alloc(c->arena, bytes ? bytes : 1);
    for (size_t i = 0; i < bytes; i++)
        to[i] = (char)(hex_digit(p[2 + 2 * i]) << 4 | hex_digit(p[3 + 2 * i]));
    return (Str){to, bytes};
}

static int64_t read_i64(const PGresult *r, int row, int col)
{
    const char *p = PQgetvalue(r, row, col);
    if (PQftype(r, col) == TYPE_BOOL)
        return *p == 't';
    char *end;
    long long value = strtoll(p, &end, 10);
    if (*end == '\0')
        return value;
    double real = strtod(p, &end); /* avg, division: cut towards zero, as SQLite does */
    return real >= -9.2e18 && real <= 9.2e18 ? (int64_t)real : value;
}

static void read_row(Ctx *c, const PGresult *r, int row, const StoreMap *map, void *to)
{
    for (size_t i = 0; i < map->n; i++) {
        int col = (int)i;
        if (PQgetisnull(r, row, col))
            continue; /* the row is zeroed */
        char *at = (char *)to + map->fields[i].offset;
        switch (map->fields[i].as) {
        case STORE_AS_I64:
            *(int64_t *)(void *)at = read_i64(r, row, col);
            break;
        case STORE_AS_INT:
            *(int *)(void *)at = (int)read_i64(r, row, col);
            break;
        case STORE_AS_BOOL:
            *(bool *)(void *)at = read_i64(r, row, col) != 0;
            break;
        case STORE_AS_F64:
            *(double *)(void *)at = strtod(PQgetvalue(r, row, col), NULL);
            break;
        case STORE_AS_STR: {
            const char *p = PQgetvalue(r, row, col);
            size_t n = (size_t)PQgetlength(r, row, col);
            *(Str *)(void *)at = PQftype(r, col) == TYPE_BYTEA
                                     ? read_bytes(c, p, n)
                                     : (Str){arena_dup(c->arena, p, n), n};
            break;
        }
        }
    }
}

bool pg_take_row(Ctx *c, const PGresult *r, int row, StoreRows *rows)
{
    if (!rows->map) {
        if (PQnfields(r) > 0 && !PQgetisnull(r, row, 0) && !rows->has_number) {
            rows->number = read_i64(r, row, 0);
            rows->has_number = true;
        }
        return false;
    }
    if (arena_full(c->arena))
        return false;
    void *to = store_rows_next(c, rows);
    if (!to)
        return false;
    read_row(c, r, row, rows->map, to);
    return rows->n < rows->max || !rows->fixed;
}
