/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_PRIVACY_H
#define DESK_PRIVACY_H
/*
 * privacy: the rows behind the export and the erasure of what is known of a customer. It removes
 * words, names, addresses and files; it keeps ids, times, kinds, numbers and codes, so that counts
 * stay true. Which steps follow each other, and the bytes on disk, are service/privacy.h.
 */
#include "desk/desk.h"
#include "desk/file.h"

enum { DESK_ERASE_MESSAGES = 500, DESK_ERASE_RECORDS = 1000 };

typedef struct {
    int64_t id;
    bool closed;
} DeskLeft;
/* Conversations of a customer that are not erased yet. */
Err desk_privacy_left(Ctx *c, int64_t customer_id, int64_t limit, DeskLeft **ret,
                      size_t *ret_n) WARN_UNUSED;
/* Ended before a time, of the whole shop. */
Err desk_privacy_due(Ctx *c, int64_t before_ms, int64_t limit, int64_t **ret_ids,
                     size_t *ret_n) WARN_UNUSED;
/* The files that the next messages after `after` name (at most DESK_ERASE_MESSAGES messages).
 * *ret_last: the last seq looked at; `after` when there was none. */
Err desk_privacy_named_files(Ctx *c, int64_t conversation_id, int64_t after, int64_t *ret_last,
                             int64_t **ret_ids, size_t *ret_n) WARN_UNUSED;
/* Messages after `after` up to `last` lose their words, and what people said they mean. */
Err desk_privacy_blank_messages(Ctx *c, int64_t conversation_id, int64_t after, int64_t last,
                                int64_t *ret_n) WARN_UNUSED;
/* The row itself, when its messages are done: event conversation.erased.1, by which other tables
 * (search) let go of it. *ret_done false: the conversation goes on. */
Err desk_privacy_blank_conversation(Ctx *c, int64_t conversation_id, bool *ret_done) WARN_UNUSED;
/* The customer and all records merged into them, themselves first; at most DESK_ERASE_RECORDS. */
Err desk_privacy_records(Ctx *c, int64_t customer_id, int64_t **ret_ids, size_t *ret_n) WARN_UNUSED;
/* One record and its identities. */
Err desk_privacy_blank_customer(Ctx *c, int64_t customer_id) WARN_UNUSED;

Err desk_privacy_files(Ctx *c, int64_t customer_id, int64_t after_id, int64_t limit, DeskFile **ret,
                       size_t *ret_n) WARN_UNUSED;
Err desk_privacy_old_files(Ctx *c, int64_t before_ms, int64_t limit, int64_t **ret_ids,
                           size_t *ret_n) WARN_UNUSED;
Err desk_privacy_drop_file(Ctx *c, int64_t file_id, bool *ret_dropped) WARN_UNUSED;

/* ---- for the export ---- */
typedef struct {
    int64_t channel_id;
    Str value;
    int64_t created_at;
} DeskIdentity;
Err desk_privacy_identities(Ctx *c, int64_t customer_id, DeskIdentity **ret,
                            size_t *ret_n) WARN_UNUSED;
Err desk_privacy_conversations(Ctx *c, int64_t customer_id, int64_t after_id, int64_t limit,
                               int64_t **ret_ids, size_t *ret_n) WARN_UNUSED;
Err desk_privacy_rating_tags(Ctx *c, int64_t conversation_id, Str *ret_json) WARN_UNUSED;
#endif
