/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_SCRIPT_H
#define DESK_SCRIPT_H
/*
 * script: a shop's own reply templates. A row takes the place of the built-in script with the same
 * id; a row that is not active takes it away. `body` is the JSON of one script as in
 * content/scripts; whoever writes it has checked it (assist_script_check).
 */
#include "desk/desk.h"

enum { DESK_SCRIPTS_MAX = 5000 };

typedef struct {
    Str id;
    int64_t version;
    Str body;
    bool active;
} DeskScript;
Err desk_script_list(Ctx *c, DeskScript **ret, size_t *ret_n) WARN_UNUSED; /* hidden ones too */
Err desk_script_get(Ctx *c, Str id, DeskScript *ret, bool *ret_found) WARN_UNUSED;
Err desk_script_version(Ctx *c, int64_t *ret) WARN_UNUSED; /* of all rows together; 0: no rows */
/* Stores s as it is. expected: the row's version that was edited, 0 when there was no row.
 * CONFLICT script.changed; LIMIT script.too_many. */
Err desk_script_put(Ctx *c, const DeskScript *s, int64_t expected) WARN_UNUSED;
#endif
