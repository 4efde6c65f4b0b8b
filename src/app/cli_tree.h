/* SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_CLI_TREE_H
#define APP_CLI_TREE_H
/* Folders of files for backup and restore: listing, copying with a check sum, removing. Copies are
 * on the disk when the call returns; only their owner may read them. Links and other things that
 * are neither file nor folder are left out. */
#include "base/err.h"
#include "base/str.h"

enum { CLI_PATH_MAX = 4096 };

typedef struct {
    const char *path; /* relative to the root, arena */
    int64_t bytes;
    Str sha256; /* hex; arena */
} CliFile;

typedef struct {
    CliFile *items; /* arena; by path */
    size_t n, cap;
} CliFiles;

/* Adds the files below root/sub (sub: "" or "uploads") to *files, without reading them. An absent
 * folder gives none. */
Err cli_tree_list(Arena *a, ErrSlot *e, const char *root, const char *sub,
                  CliFiles *files) WARN_UNUSED;
void cli_files_add(Arena *a, CliFiles *files, CliFile file);
/* Copies one file, or only reads it when to is NULL; fills bytes and sha256. owner_of: whose owner
 * the copy gets when we may give it away (root); NULL: ours. NOT_FOUND when it is not there. */
Err cli_file_copy(Arena *a, ErrSlot *e, const char *from, const char *to, const char *owner_of,
                  CliFile *file) WARN_UNUSED;
/* The folders above root/path, with the owner as above. */
Err cli_tree_folders(ErrSlot *e, const char *root, const char *path,
                     const char *owner_of) WARN_UNUSED;
Err cli_tree_sync(ErrSlot *e, const char *folder) WARN_UNUSED; /* its names are on the disk */
Err cli_tree_remove(ErrSlot *e, const char *path) WARN_UNUSED; /* with all below; absent is fine */
Err cli_tree_empty(ErrSlot *e, const char *folder, bool *ret) WARN_UNUSED; /* or absent */
Err cli_path_err(ErrSlot *e, const char *what, const char *path);          /* of errno */
#endif
