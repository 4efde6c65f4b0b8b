/* SPDX-License-Identifier: Apache-2.0 */
#include "api/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *route_of(NetMethod method, const char *path, ApiMatch *m)
{
    return router_match(method, str_of(path), m) ? m->route->path : NULL;
}

static void ids_are_positive_numbers(void **state)
{
    (void)state;
    ApiMatch m;
    assert_string_equal(route_of(NET_GET, "/api/conversations/42", &m), "/api/conversations/{id}");
    assert_int_equal(m.id[0], 42);
    assert_int_equal(m.id[1], 0);
    assert_non_null(route_of(NET_GET, "/api/conversations/9223372036854775807/messages", &m));
    assert_true(m.id[0] == INT64_MAX);
    static const char *const odd[] = {"0",   "-1",  "+1",  " 1",  "1 ", "1e3",
                                      "0x1", "abc", "1.0", "%31", "１", "9223372036854775808",
                                      "42x"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char path[80];
        snprintf(path, sizeof path, "/api/conversations/%s", odd[i]);
        assert_null(route_of(NET_GET, path, &m));
        assert_false(m.path_known);
    }
}

static void head_is_get_without_a_body(void **state)
{
    (void)state;
    ApiMatch m;
    assert_string_equal(route_of(NET_HEAD, "/api/me", &m), "/api/me");
    assert_int_equal(m.route->method, NET_GET);
    assert_null(route_of(NET_HEAD, "/api/login", &m)); /* only POST */
    assert_true(m.path_known);
}

static void another_method_is_not_another_path(void **state)
{
    (void)state;
    ApiMatch m;
    assert_null(route_of(NET_DELETE, "/api/login", &m));
    assert_true(m.path_known);
    assert_null(m.route);
    assert_null(route_of(NET_OPTIONS, "/api/me", &m));
    assert_true(m.path_known);
    assert_string_equal(route_of(NET_PATCH, "/api/me", &m), "/api/me");
    assert_int_equal(m.route->method, NET_PATCH);
}

static void odd_paths_lead_nowhere(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",          "/",           "api/me",     "/api",        "/api/",     "/api/me/",
        "//api/me",  "/api//me",    "/API/me",    "/api/me/x",   "/api/m",    "/api/mee",
        "/api/./me", "/api/../api", "/api/me%2f", "/api/me;x=1", "/api/%6de", "/metrics/",
    };
    ApiMatch m;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_null(route_of(NET_GET, paths[i], &m));
        assert_false(m.path_known);
    }
    /* a NUL in the path is a character like others */
    assert_false(router_match(NET_GET, (Str){"/api/me\0", 8}, &m));
}

/* Each row is reached by its own pattern, so no row hides behind one before it. */
static void every_row_can_be_reached(void **state)
{
    (void)state;
    size_t tables, rows = 0;
    const ApiRoutes *const *t = router_tables(&tables);
    for (size_t i = 0; i < tables; i++)
        for (size_t k = 0; k < t[i]->n; k++) {
            const ApiRoute *r = &t[i]->rows[k];
            char path[200];
            size_t n = 0;
            for (const char *p = r->path; *p && n < sizeof path - 8; p++) {
                if (strncmp(p, "{id}", 4) == 0) {
                    path[n++] = '7';
                    p += 3;
                } else if (strncmp(p, "{seq}", 5) == 0) {
                    path[n++] = '8';
                    p += 4;
                } else if (strncmp(p, "{key}", 5) == 0) {
                    path[n++] = 'k';
                    p += 4;
                } else
                    path[n++] = *p;
            }
            ApiMatch m;
            if (!router_match(r->method, (Str){path, n}, &m) || m.route != r)
                fail_msg("%s %s is hidden", route_method(r->method), r->path);
            rows++;
        }
    assert_true(rows > 80);
}

/* What changes something is never open to strangers by mistake. */
static void strangers_may_do_little(void **state)
{
    (void)state;
    static const char *const known[] = {
        "/api/widget/session",     "/api/setup",          "/api/login",
        "/api/invitations/accept", "/api/password-reset", "/api/invitations/look",
        "/api/password-reset/look"};
    size_t tables;
    const ApiRoutes *const *t = router_tables(&tables);
    for (size_t i = 0; i < tables; i++)
        for (size_t k = 0; k < t[i]->n; k++) {
            const ApiRoute *r = &t[i]->rows[k];
            if (r->access != API_ANYONE || r->method == NET_GET)
                continue;
            bool fine = r->body_bytes <= 65536;
            bool found = false;
            for (size_t q = 0; q < sizeof known / sizeof *known; q++)
                found |= strcmp(known[q], r->path) == 0;
            if (!fine || !found)
                fail_msg("%s %s is open to anyone", route_method(r->method), r->path);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_positive_numbers),
        cmocka_unit_test(head_is_get_without_a_body),
        cmocka_unit_test(another_method_is_not_another_path),
        cmocka_unit_test(odd_paths_lead_nowhere),
        cmocka_unit_test(every_row_can_be_reached),
        cmocka_unit_test(strangers_may_do_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
