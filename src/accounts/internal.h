/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_INTERNAL_H
#define ACCOUNTS_INTERNAL_H
/* Shared inside the room only. */
#include "accounts/accounts.h"
#include "accounts/apikey.h"
#include "accounts/audit.h"
#include "accounts/link.h"
#include "accounts/login.h"
#include "accounts/password.h"
#include "accounts/seal.h"
#include "accounts/session.h"
#include "accounts/setting.h"
#include "accounts/shop.h"
#include "accounts/throttle.h"
#include "accounts/totp.h"
#include "accounts/user.h"
#include "base/assert.h"
#include "store/store.h"

#include <pthread.h>

enum {
    ACCOUNTS_KEY_BYTES = 32,
    ACCOUNTS_GATE_WAITING = 8,
    ACCOUNTS_PASSES = 2,
    ACCOUNTS_MEMORY_BYTES = 19 * 1024 * 1024
};
extern const char ACCOUNTS_NOBODY[]; /* the hash that stands in where there is none */

struct Accounts {
    unsigned char key[ACCOUNTS_KEY_BYTES];
    pthread_mutex_t lock; /* gate_free, gate_waiting; a leaf */
    pthread_cond_t freed;
    int gate_free, gate_waiting;
};

#define DAY_MS INT64_C(86400000)

static inline int64_t shop_of(const Ctx *c)
{
    return c->actor.shop_id;
}
Err accounts_need_role(Ctx *c, Role role) WARN_UNUSED; /* DENIED role.denied */
Err accounts_session_sweep(Ctx *c) WARN_UNUSED;
/* Text of min..max code points without control characters; field errors request.field_length,
 * request.field_value. */
Err accounts_check_text(Ctx *c, const char *field, Str s, size_t min, size_t max) WARN_UNUSED;
/* A JSON object for audit details: texts are escaped. Pairs "key", Str, ended by NULL. */
Str accounts_detail(Ctx *c, ...);

/* What is checked of a person before it is written. login and email: lower case, empty when there
 * is none. */
typedef struct {
    Str login, email, name, nickname, number;
    Str *skills; /* replaced by its compact form */
    int64_t capacity, max_channels;
} AccountsUserFields;
Err accounts_user_check(Ctx *c, const AccountsUserFields *f) WARN_UNUSED;
/* c->actor becomes this person in the shop that c->actor names. */
void accounts_act_as(Ctx *c, const AccountsUser *u);
#endif
