/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_MANIFEST_H
#define APP_CLI_MANIFEST_H
/* manifest.json of a backup: what it is of, what is in it, and a check sum of each file. It is
 * written last: a folder without it is no backup. */
#include "app/cli_tree.h"

enum { MANIFEST_FORMAT = 1 };
#define MANIFEST_NAME "manifest.json"

typedef struct {
    int64_t conversations, messages, customers, people, files, events, shops;
} CliCounts;

typedef struct {
    Str version; /* of the program */
    int64_t made_at, schema;
    bool pg;
    bool counts_exact; /* false: taken just before the copy, which may have a little more */
    CliCounts counts;
    CliFiles files;
} Manifest;

Err manifest_write(Arena *a, ErrSlot *e, const char *folder, const Manifest *m) WARN_UNUSED;
/* Reads and judges it: paths stay inside the folder, the format is known. Codes: backup.none,
 * backup.manifest. */
Err manifest_read(Arena *a, ErrSlot *e, const char *folder, Manifest *ret) WARN_UNUSED;
#endif
