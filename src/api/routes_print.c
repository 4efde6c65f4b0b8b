/* SPDX-License-Identifier: Apache-2.0 */
/* The route table as text: for people, for programs, as OpenAPI. One source for all three. */
#include "api/internal.h"

const char *route_method(NetMethod m)
{
    switch (m) {
    case NET_GET:
        return "GET";
    case NET_HEAD:
        return "HEAD";
    case NET_POST:
        return "POST";
    case NET_PUT:
        return "PUT";
    case NET_PATCH:
        return "PATCH";
    case NET_DELETE:
        return "DELETE";
    case NET_OPTIONS:
        break;
    }
    return "OPTIONS";
}

const char *route_access(ApiAccess a)
{
    switch (a) {
    case API_ANYONE:
        return "anyone";
    case API_VISITOR:
        return "visitor";
    case API_STAFF:
        return "staff";
    case API_AGENT:
        return "agent";
    case API_SUPERVISOR:
        return "supervisor";
    case API_OWNER:
        break;
    }
    return "owner";
}

static void print_json(JsonW *w, const ApiRoute *r)
{
    jw_obj(w);
    jw_kstr(w, "method", str_of(route_method(r->method)));
    jw_kstr(w, "path", str_of(r->path));
    jw_kstr(w, "access", str_of(route_access(r->access)));
    jw_kstr(w, "summary", str_of(r->summary));
    if (r->takes)
        jw_kstr(w, "takes", str_of(r->takes));
    if (r->gives)
        jw_kstr(w, "gives", str_of(r->gives));
    if (r->query)
        jw_kstr(w, "query", str_of(r->query));
    if (r->raw_body)
        jw_kbool(w, "raw_body", true);
    jw_ki64(w, "body_bytes", r->body_bytes);
    jw_obj_end(w);
}

void api_routes_print(Buf *out, bool json)
{
    JsonW w;
    size_t n;
    const ApiRoutes *const *tables = router_tables(&n);
    jw_init(&w, out);
    if (json) {
        jw_obj(&w);
        jw_key(&w, "items");
        jw_arr(&w);
    }
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < tables[t]->n; i++) {
            const ApiRoute *r = &tables[t]->rows[i];
            if (json)
                print_json(&w, r);
            else
                buf_fmt(out, "%-7s %-44s %-10s %s\n", route_method(r->method), r->path,
                        route_access(r->access), r->summary ? r->summary : "");
        }
    if (json) {
        jw_arr_end(&w);
        jw_obj_end(&w);
        buf_lit(out, "\n");
    }
}
