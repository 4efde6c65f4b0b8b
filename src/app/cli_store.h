/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_STORE_H
#define APP_CLI_STORE_H
/* What the commands that look into a database share: opening it beside a running server, and saying
 * what went wrong. */
#include "base/err.h"
#include "store/store.h"

typedef struct {
    Log log;
    Arena *arena; /* of the whole command */
    Store *store;
} CliStore;

/* Opens for reading only; on an error nothing is left open. Close with cli_store_close. */
Err cli_store_open(CliStore *s, const char *data, const char *database, ErrSlot *e) WARN_UNUSED;
void cli_store_close(CliStore *s);
/* One read transaction. An error is in *e. */
Err cli_store_read(CliStore *s, StoreRun run, void *arg, ErrSlot *e) WARN_UNUSED;
/* Says the error on stderr; gives CLI_FAILED. */
int cli_refused(const char *command, const ErrSlot *e);
/* A moment: milliseconds since 1970 UTC, 2026-11-24, or 2026-11-24T09:41:07[.123][Z] (UTC). */
bool cli_moment(const char *text, int64_t *ret_ms);
#endif
