/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_store.h"

#include "app/cli.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum {
    NODE = 1022, /* its ids, should it ever make one, never meet a server's */
    ARENA_BYTES = 256 << 20
};

Err cli_store_open(CliStore *s, const char *data, const char *database, ErrSlot *e)
{
    *s = (CliStore){.log = {.level = LOG_ERROR}};
    StoreConfig config = {.data_dir = data,
                          .database_url = database,
                          .pg_connections = 1,
                          .node = NODE,
                          .read_only = true,
                          .log = &s->log};
    Err err = store_open(&config, e, &s->store);
    if (err)
        return err;
    s->arena = arena_create(ARENA_BYTES);
    return ERR_OK;
}

void cli_store_close(CliStore *s)
{
    store_close(s->store);
    arena_destroy(s->arena);
    s->store = NULL;
    s->arena = NULL;
}

Err cli_store_read(CliStore *s, StoreRun run, void *arg, ErrSlot *e)
{
    Ctx c;
    ctx_init(&c, s->arena, store_ids(s->store), clock_wall_ms());
    c.actor = (Actor){.role = ROLE_SYSTEM, .name = STR("command line"), .address = STR("")};
    Err err = store_read(s->store, &c, run, arg);
    if (err)
        *e = c.err;
    return err;
}

int cli_refused(const char *command, const ErrSlot *e)
{
    fprintf(stderr, "zhixin %s: %s (%s)\n", command, e->text, e->code ? e->code : "internal");
    return CLI_FAILED;
}

/* ---- moments ---- */
static bool digits(const char **at, int n, int64_t *ret)
{
    int64_t v = 0;
    for (int i = 0; i < n; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        v = v * 10 + (**at - '0');
    }
    *ret = v;
    return true;
}

static bool mark(const char **at, char c)
{
    return **at == c ? (*at)++, true : false;
}

/* Days since 1970-01-01 of the Gregorian calendar (years begin in March here, so that the leap day
 * comes last). */
static int64_t days_of(int64_t y, int64_t m, int64_t d)
{
    y -= m <= 2;
    int64_t era = y / 400, year = y % 400, day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

bool cli_moment(const char *text, int64_t *ret_ms)
{
    if (!strchr(text, '-'))
        return str_i64(str_of(text), ret_ms) && *ret_ms >= 0;
    static const int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *at = text;
    int64_t y, m, d, h = 0, min = 0, s = 0, ms = 0;
    if (!digits(&at, 4, &y) || !mark(&at, '-') || !digits(&at, 2, &m) || !mark(&at, '-') ||
        !digits(&at, 2, &d) || y < 1970 || m < 1 || m > 12 || d < 1 || d > month_days[m - 1])
        return false;
    bool leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    if (m == 2 && d == 29 && !leap)
        return false;
    if (*at) {
        if (!mark(&at, 'T') || !digits(&at, 2, &h) || !mark(&at, ':') || !digits(&at, 2, &min) ||
            !mark(&at, ':') || !digits(&at, 2, &s) || h > 23 || min > 59 || s > 59)
            return false;
        if (mark(&at, '.') && !digits(&at, 3, &ms))
            return false;
        mark(&at, 'Z');
    }
    *ret_ms = (((days_of(y, m, d) * 24 + h) * 60 + min) * 60 + s) * 1000 + ms;
    return *at == '\0';
}
