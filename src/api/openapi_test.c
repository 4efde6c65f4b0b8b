/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the API is whole: what the route table names is there, and nothing is there
 * that nobody names. */
#include "api/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct {
    Arena *arena;
    const Json *doc, *schemas;
} Doc;

static int setup(void **state)
{
    Arena *a = arena_create(64 << 20);
    Doc *d = ARENA_NEW(a, Doc);
    Buf b;
    ErrSlot e = {0};
    buf_init(&b, a, 4 << 20);
    openapi_write(&b);
    assert_false(b.over);
    d->arena = a;
    if (json_parse(a, &e, buf_str(&b), &d->doc))
        fail_msg("%s", e.text);
    d->schemas = json_get(json_get(d->doc, "components"), "schemas");
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    arena_destroy(((Doc *)*state)->arena);
    return 0;
}

static bool is_shape(const Doc *d, const char *name)
{
    return json_get(d->schemas, name) != NULL;
}

static bool is_word(const char *s)
{
    return strcmp(s, "html") == 0 || strcmp(s, "text") == 0 || strcmp(s, "json") == 0 ||
           strcmp(s, "file") == 0;
}

static void each_route_says_what_it_takes_and_gives(void **state)
{
    const Doc *d = *state;
    size_t n, routes = 0;
    const ApiRoutes *const *tables = router_tables(&n);
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < tables[t]->n; i++, routes++) {
            const ApiRoute *r = &tables[t]->rows[i];
            const char *name = r->path;
            if (!r->summary || !r->summary[0])
                fail_msg("%s %s has no summary", route_method(r->method), name);
            if (!r->gives || (!is_word(r->gives) && !is_shape(d, r->gives)))
                fail_msg("%s %s gives %s", route_method(r->method), name,
                         r->gives ? r->gives : "nothing that is named");
            if (r->takes && !is_shape(d, r->takes))
                fail_msg("%s %s takes %s", route_method(r->method), name, r->takes);
            if (r->body_bytes && !r->raw_body && !r->takes)
                fail_msg("%s %s takes a body without a name", route_method(r->method), name);
            if (!r->body_bytes && r->takes)
                fail_msg("%s %s takes no body", route_method(r->method), name);
            const char *id = strstr(name, "{id}");
            if (id && strstr(id + 1, "{id}"))
                fail_msg("%s has two parts of one name", name);
        }
    assert_true(routes > 70);
}

static void each_route_is_described_once(void **state)
{
    const Doc *d = *state;
    const Json *paths = json_get(d->doc, "paths");
    size_t n, routes = 0, described = 0;
    const ApiRoutes *const *tables = router_tables(&n);
    for (size_t t = 0; t < n; t++)
        routes += tables[t]->n;
    for (const Json *p = json_first(paths); p; p = json_next(p)) {
        described += json_count(p);
        for (const Json *q = json_next(p); q; q = json_next(q))
            assert_false(str_eq(json_key(p), json_key(q)));
    }
    assert_int_equal(described, routes);
    assert_non_null(json_get(json_get(paths, "/api/openapi.json"), "get"));
}

/* Every "$ref" leads somewhere; the names that are led to are marked. */
static void follow(const Doc *d, const Json *v, bool *used)
{
    for (const Json *x = json_first(v); x; x = json_next(x)) {
        Str ref = json_str(x, "$ref");
        if (ref.n) {
            assert_true(str_starts(ref, STR("#/components/schemas/")));
            const char *name = str_c(d->arena, str_sub(ref, 21, ref.n));
            if (!is_shape(d, name))
                fail_msg("%s leads nowhere", name);
            size_t i = 0;
            for (const Json *s = json_first(d->schemas); s; s = json_next(s), i++)
                if (str_is(json_key(s), name))
                    used[i] = true;
        }
        follow(d, x, used);
    }
}

static void no_shape_is_missing_or_unused(void **state)
{
    const Doc *d = *state;
    bool used[512] = {false};
    assert_true(json_count(d->schemas) < 512);
    follow(d, d->doc, used);
    size_t i = 0;
    for (const Json *s = json_first(d->schemas); s; s = json_next(s), i++)
        if (!used[i])
            fail_msg("nobody names the shape %.*s", STR_ARG(json_key(s)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_route_says_what_it_takes_and_gives, setup, teardown),
        cmocka_unit_test_setup_teardown(each_route_is_described_once, setup, teardown),
        cmocka_unit_test_setup_teardown(no_shape_is_missing_or_unused, setup, teardown),
    };
    return cmocka_run_group_tests_name("api/openapi", tests, NULL, NULL);
}
