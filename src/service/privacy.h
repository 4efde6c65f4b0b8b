/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_PRIVACY_H
#define SERVICE_PRIVACY_H
/*
 * privacy: erasing what is known of one customer, and what is older than the shop wants to keep.
 * Both end in one function that erases one conversation; what else keeps words of a conversation
 * adds itself there (search follows the event conversation.erased.1).
 *
 * Bytes of a file go before its row, and a conversation is marked only when all of it is gone: what
 * a crash or a full disk cuts off is done by asking again. SQLite writes zeros over what is removed
 * (secure_delete); earlier pages stay in the write-ahead log until its next turn. PostgreSQL leaves
 * old rows to its vacuum. Backups are not touched.
 */
#include "service/service.h"

typedef struct {
    int64_t conversations, messages, files; /* erased this time */
} ServiceErased;

/* Worker, no transaction, slow: ends what is open, then erases conversations and files in bounded
 * steps; c->actor is an owner. NOT_FOUND customer.unknown; CONFLICT customer.merged (ask for the
 * record that lives on); STORAGE file.not_removed. */
Err service_erase_prepare(Service *s, Ctx *c, const char *data_dir, int64_t customer_id,
                          ServiceErased *ret) WARN_UNUSED;
/* The record itself, audited. CONFLICT customer.writes_now: they wrote in between; ask again. */
Err service_erase(Ctx *c, int64_t customer_id, const ServiceErased *done) WARN_UNUSED;

/* How long things are kept: the versioned setting "retention". 0 days: for ever. */
enum { SERVICE_RETENTION_DAYS_MAX = 3650 };
typedef struct {
    int64_t messages_days, files_days, audit_days, version;
} ServiceRetention;
Err service_retention(Ctx *c, ServiceRetention *ret) WARN_UNUSED;
/* As accounts_setting_put; r->version comes back. */
Err service_retention_put(Ctx *c, ServiceRetention *r, int64_t expected) WARN_UNUSED;

/* In no transaction, once an hour: one bounded batch for each shop. *ret_more: call again soon. */
Err service_retention_sweep(Service *s, Ctx *c, const char *data_dir, ServiceErased *ret,
                            bool *ret_more) WARN_UNUSED;
#endif
