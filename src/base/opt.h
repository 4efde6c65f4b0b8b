/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OPT_H
#define BASE_OPT_H
/* Options as a table: one row gives the flag, the environment variable (ZHIXIN_LISTEN for
 * --listen), the help line and the check. Order: default < environment < flag. */
#include "base/err.h"
#include "base/str.h"

typedef enum { OPT_TEXT, OPT_INT, OPT_FLAG } OptKind;

typedef struct {
    const char *name; /* "listen" */
    OptKind kind;
    const char *arg;  /* "ADDR:PORT" in the help */
    const char *dflt; /* NULL: none */
    int64_t min, max; /* OPT_INT */
    const char *help;
    size_t offset; /* of a const char * / int64_t / bool in the target struct */
} OptRow;

/* Fills *target; the rest (operands) is returned in ret_rest (arena). Codes: usage.option,
 * usage.value. */
Err opt_parse(Arena *a, ErrSlot *e, const OptRow *rows, size_t n, int argc, char **argv,
              void *target, char ***ret_rest, int *ret_rest_n) WARN_UNUSED;
void opt_help(const OptRow *rows, size_t n); /* to stderr */
#endif
