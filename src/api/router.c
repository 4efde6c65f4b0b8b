/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

static const ApiRoutes *const TABLES[] = {
    &API_ROUTES_WIDGET,   &API_ROUTES_DESK,    &API_ROUTES_ASSIST, &API_ROUTES_ADMIN,
    &API_ROUTES_ACCOUNTS, &API_ROUTES_SETUP,   &API_ROUTES_FILES,  &API_ROUTES_SEARCH,
    &API_ROUTES_SYSTEM,   &API_ROUTES_PRIVACY, &API_ROUTES_HOOKS,  &API_ROUTES_OPENAPI,
};

const ApiRoutes *const *router_tables(size_t *ret_n)
{
    *ret_n = sizeof TABLES / sizeof TABLES[0];
    return TABLES;
}

/* One part of the pattern against one part of the path. */
static bool part_matches(Str pattern, Str part, ApiMatch *m, size_t *ids)
{
    if (str_is(pattern, "{id}")) {
        int64_t id;
        if (*ids >= 2 || !str_i64(part, &id) || id <= 0)
            return false;
        m->id[(*ids)++] = id;
        return true;
    }
    if (str_is(pattern, "{key}")) {
        m->text_id = part;
        return part.n > 0;
    }
    return str_eq(pattern, part);
}

static bool path_matches(const char *pattern, Str path, ApiMatch *m)
{
    Str want = str_of(pattern), have = path;
    size_t ids = 0;
    while (want.n && have.n) {
        Str a = str_cut(&want, '/'), b = str_cut(&have, '/');
        if (!part_matches(a, b, m, &ids))
            return false;
    }
    return !want.n && !have.n;
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
