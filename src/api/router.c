/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

static const ApiRoutes *const TABLES[] = {
    &API_ROUTES_WIDGET,   &API_ROUTES_DESK,    &API_ROUTES_ASSIST, &API_ROUTES_ADMIN,
    &API_ROUTES_ACCOUNTS, &API_ROUTES_SETUP,   &API_ROUTES_FILES,  &API_ROUTES_SEARCH,
    &API_ROUTES_SYSTEM,   &API_ROUTES_PRIVACY, &API_ROUTES_HOOKS,  &API_ROUTES_CORRECTIONS,
    &API_ROUTES_LLM,      &API_ROUTES_OPENAPI,
};

const ApiRoutes *const *router_tables(size_t *ret_n)
{
    *ret_n = sizeof TABLES / sizeof TABLES[0];
    return TABLES;
}

/* A variable part of the pattern takes one part of the path. */
static bool take_part(bool is_id, Str part, ApiMatch *m, size_t *ids)
{
    if (!is_id) {
        m->text_id = part;
        return part.n > 0;
    }
    int64_t id;
    if (*ids >= 2 || !str_i64(part, &id) || id <= 0)
        return false;
    m->id[(*ids)++] = id;
    return true;
}

/* Byte by byte, so that most of the hundred routes are left after "/api/" and one letter. */
static bool path_matches(const char *pattern, Str path, ApiMatch *m)
{
    size_t at = 0, ids = 0;
    for (const char *p = pattern; *p;) {
        if (*p != '{') {
            if (at >= path.n || path.p[at] != *p)
                return false;
            at++;
            p++;
            continue;
        }
        bool is_id = p[1] != 'k'; /* {id} and {seq}, or {key} */
        while (*p++ != '}')
            ;
        size_t from = at;
        while (at < path.n && path.p[at] != '/')
            at++;
        if (!take_part(is_id, str_sub(path, from, at - from), m, &ids))
            return false;
    }
    return at == path.n;
}

bool router_match(NetMethod method, Str path, ApiMatch *ret)
{
    *ret = (ApiMatch){0};
    if (path.n == 0 || path.p[path.n - 1] == '/')
        return false;
    for (size_t t = 0; t < sizeof TABLES / sizeof TABLES[0]; t++)
        for (size_t i = 0; i < TABLES[t]->n; i++) {
            const ApiRoute *r = &TABLES[t]->rows[i];
            ApiMatch m = {.route = r};
            if (!path_matches(r->path, path, &m))
                continue;
            ret->path_known = true;
            if (r->method != method && !(method == NET_HEAD && r->method == NET_GET))
                continue;
            m.path_known = true;
            *ret = m;
            return true;
        }
    return false;
}
