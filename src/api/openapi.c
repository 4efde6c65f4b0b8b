/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/openapi.json: the route table and the shapes of schemas.json as OpenAPI 3.1. */
#include "api/internal.h"

#include <string.h>

/* What tools/embed.py makes of schemas.json at build time: one file. */
typedef struct {
    const char *name;
    const char *bytes;
    size_t n;
} EmbedFile;
extern const EmbedFile SCHEMAS_FILES[];

/* ---- one route ---- */
static void name_and_schema(JsonW *w, Str name, const char *in, bool required, const char *schema)
{
    jw_obj(w);
    jw_kstr(w, "name", name);
    jw_kstr(w, "in", str_of(in));
    jw_kbool(w, "required", required);
    jw_kraw(w, "schema", str_of(schema));
    jw_obj_end(w);
}

static void parameters(JsonW *w, const ApiRoute *r)
{
    Str path = str_of(r->path), query = str_of(r->query);
    jw_key(w, "parameters");
    jw_arr(w);
    if (str_find(path, STR("{id}")) >= 0)
        name_and_schema(w, STR("id"), "path", true,
                        "{\"type\":\"string\",\"pattern\":\"^[0-9]+$\"}");
    if (str_find(path, STR("{seq}")) >= 0)
        name_and_schema(w, STR("seq"), "path", true, "{\"type\":\"integer\",\"minimum\":1}");
    if (str_find(path, STR("{key}")) >= 0)
        name_and_schema(w, STR("key"), "path", true, "{\"type\":\"string\"}");
    while (query.n)
        name_and_schema(w, str_cut(&query, ' '), "query", false, "{\"type\":\"string\"}");
    jw_arr_end(w);
}

static void reference(JsonW *w, const char *name)
{
    char ref[128] = "#/components/schemas/";
    size_t n = strlen(name);
    jw_obj(w);
    if (n < sizeof ref - sizeof "#/components/schemas/") {
        memcpy(ref + sizeof "#/components/schemas/" - 1, name, n + 1);
        jw_kstr(w, "$ref", str_of(ref));
    }
    jw_obj_end(w);
}

/* "content": {MEDIA: {"schema": …}} */
static void content(JsonW *w, const char *shape)
{
    static const struct {
        const char *word, *media;
    } media[] = {{"html", "text/html"},
                 {"text", "text/plain"},
                 {"json", "application/json"},
                 {"file", "application/octet-stream"}};
    jw_key(w, "content");
    jw_obj(w);
    for (size_t i = 0; i < sizeof media / sizeof *media; i++)
        if (strcmp(shape, media[i].word) == 0) {
            jw_kraw(w, media[i].media, STR("{}"));
            jw_obj_end(w);
            return;
        }
    jw_key(w, "application/json");
    jw_obj(w);
    jw_key(w, "schema");
    reference(w, shape);
    jw_obj_end(w);
    jw_obj_end(w);
}

static void answers(JsonW *w, const ApiRoute *r)
{
    jw_key(w, "responses");
    jw_obj(w);
    jw_key(w, "2XX");
    jw_obj(w);
    jw_kstr(w, "description", STR("done"));
    if (r->gives)
        content(w, r->gives);
    jw_obj_end(w);
    jw_key(w, "default");
    jw_obj(w);
    jw_kstr(w, "description", STR("refused: docs/errors.md lists the codes"));
    content(w, "Error");
    jw_obj_end(w);
    jw_obj_end(w);
}

static void request(JsonW *w, const ApiRoute *r)
{
    if (!r->takes && !r->raw_body)
        return;
    jw_key(w, "requestBody");
    jw_obj(w);
    content(w, r->raw_body ? "file" : r->takes);
    jw_ki64(w, "x-max-bytes", r->body_bytes);
    jw_obj_end(w);
}

static const char *security(ApiAccess access)
{
    if (access == API_ANYONE)
        return "[]";
    return access == API_VISITOR ? "[{\"visitor\":[]}]" : "[{\"session\":[]},{\"apiKey\":[]}]";
}

static void tag(JsonW *w, Str path)
{
    Str first = str_cut(&path, '/'); /* before the leading one: empty */
    first = str_cut(&path, '/');
    if (str_is(first, "api"))
        first = str_cut(&path, '/');
    jw_key(w, "tags");
    jw_arr(w);
    jw_str(w, first);
    jw_arr_end(w);
}

static void operation(JsonW *w, const ApiRoute *r)
{
    static const char *const keys[] = {"get", "head", "post", "put", "patch", "delete"};
    static const NetMethod methods[] = {NET_GET, NET_HEAD,  NET_POST,
                                        NET_PUT, NET_PATCH, NET_DELETE};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (methods[i] == r->method)
            jw_key(w, keys[i]);
    jw_obj(w);
    jw_kstr(w, "summary", str_of(r->summary));
    tag(w, str_of(r->path));
    jw_kstr(w, "x-access", str_of(route_access(r->access)));
    jw_kraw(w, "security", str_of(security(r->access)));
    parameters(w, r);
    request(w, r);
    answers(w, r);
    jw_obj_end(w);
}

/* ---- the whole ---- */
static const ApiRoute *route_at(size_t i)
{
    size_t n;
    const ApiRoutes *const *tables = router_tables(&n);
    for (size_t t = 0; t < n; t++) {
        if (i < tables[t]->n)
            return &tables[t]->rows[i];
        i -= tables[t]->n;
    }
    return NULL;
}

static bool seen_before(size_t i, const char *path)
{
    for (size_t k = 0; k < i; k++)
        if (strcmp(route_at(k)->path, path) == 0)
            return true;
    return false;
}

static void paths(JsonW *w)
{
    const ApiRoute *r, *other;
    jw_key(w, "paths");
    jw_obj(w);
    for (size_t i = 0; (r = route_at(i)) != NULL; i++) {
        if (seen_before(i, r->path))
            continue;
        jw_key(w, r->path);
        jw_obj(w);
        for (size_t k = i; (other = route_at(k)) != NULL; k++)
            if (strcmp(other->path, r->path) == 0)
                operation(w, other);
        jw_obj_end(w);
    }
    jw_obj_end(w);
}

void openapi_write(Buf *out)
{
    JsonW w;
    jw_init(&w, out);
    jw_obj(&w);
    jw_kstr(&w, "openapi", STR("3.1.0"));
    jw_kraw(&w, "info",
            STR("{\"title\":\"Zhixin\",\"version\":\"1\",\"license\":{\"name\":\"Apache-2.0\","
                "\"identifier\":\"Apache-2.0\"},\"description\":\"Ids are decimal texts, times "
                "milliseconds since 1970 UTC. The sockets are described in "
                "docs/protocol.md.\"}"));
    jw_kraw(&w, "servers", STR("[{\"url\":\"/\"}]"));
    paths(&w);
    jw_key(&w, "components");
    jw_obj(&w);
    jw_kraw(&w, "securitySchemes",
            STR("{\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"zx_session\","
                "\"description\":\"What changes something also sends X-CSRF-Token\"},"
                "\"apiKey\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"zxk_…\"},"
                "\"visitor\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"the "
                "visitor's token\"}}"));
    jw_kraw(&w, "schemas", (Str){SCHEMAS_FILES[0].bytes, SCHEMAS_FILES[0].n});
    jw_obj_end(&w);
    jw_obj_end(&w);
}

static Err openapi(ApiCall *call)
{
    openapi_write(&call->out);
    return ERR_OK;
}

static const ApiRoute ROWS[] = {
    {NET_GET, "/api/openapi.json", API_ANYONE, 0, API_TX_NONE, .run = openapi,
     .summary = "This description", .gives = "json"},
};
const ApiRoutes API_ROUTES_OPENAPI = {ROWS, sizeof ROWS / sizeof ROWS[0]};
