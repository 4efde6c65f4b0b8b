/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_STORE_MIGRATE_H
#define STORE_STORE_MIGRATE_H
/* Numbered, forward-only schema changes, embedded at build time from
 * src/store/migrations/NNNN_area_what.sql. */
#include "store/store.h"

typedef struct {
    int number;           /* 0 ends the list */
    const char *name;     /* "0001_store" */
    const char *checksum; /* of the executed text on both engines */
    const char *sqlite;
    const char *pg;
} StoreMigration;

extern const StoreMigration STORE_ALL_MIGRATIONS[]; /* generated, by number */
#endif
