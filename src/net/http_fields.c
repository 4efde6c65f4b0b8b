/* SPDX-License-Identifier: Apache-2.0 */
/* Looking up a field or a cookie of a request. */
#include "net/net.h"

#include <string.h>

Str net_header(const NetRequest *r, const char *lower_name)
{
    size_t n = strlen(lower_name);
    for (size_t i = 0; i < r->headers_n; i++)
        if (r->headers[i].name.n == n && memcmp(r->headers[i].name.p, lower_name, n) == 0)
            return r->headers[i].value;
    return STR_NONE;
}

Str net_cookie(const NetRequest *r, const char *name)
{
    Str want = str_of(name);
    for (size_t i = 0; i < r->headers_n; i++) {
        if (!str_eq(r->headers[i].name, STR("cookie")))
            continue;
        for (Str rest = r->headers[i].value; rest.p;) {
            Str value = str_trim(str_cut(&rest, ';'));
            Str key = str_cut(&value, '=');
            if (str_eq(key, want) && value.p)
                return value;
        }
    }
    return STR_NONE;
}
