/* SPDX-License-Identifier: Apache-2.0 */
/* zhixin routes: the route table, for people or as JSON. */
#include "api/server.h"
#include "app/cli.h"

#include <stdio.h>
#include <string.h>

int cli_routes(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    if (argc > 2 || (argc == 2 && !json)) {
        fprintf(stderr, "usage: zhixin routes [--json]\n");
        return CLI_USAGE;
    }
    Buf out;
    buf_init(&out, NULL, 4 << 20);
    api_routes_print(&out, json);
    int code = fwrite(out.p, 1, out.n, stdout) == out.n ? CLI_OK : CLI_FAILED;
    buf_finish(&out);
    return code;
}
