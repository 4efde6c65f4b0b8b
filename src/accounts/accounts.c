/* SPDX-License-Identifier: Apache-2.0 */
/* What is opened once: the sealing key and the gate before argon2. */
#include "accounts/internal.h"

#include "base/file.h"
#include "base/rng.h"

#include <liboath/oath.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Err load_key(const char *data_dir, ErrSlot *e, unsigned char key[ACCOUNTS_KEY_BYTES])
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/secret.key", data_dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_INVALID, "accounts.key", "the data folder's name is too long");
    if (!file_exists(path)) {
        rng_bytes(key, ACCOUNTS_KEY_BYTES);
        return file_write(e, path, (Str){(const char *)key, ACCOUNTS_KEY_BYTES}, 0600);
    }
    Arena *a = arena_create(4096);
    Str bytes;
    Err err = file_read(a, e, path, 1024, &bytes);
    if (!err && bytes.n != ACCOUNTS_KEY_BYTES)
        err = err_set(e, ERR_STORAGE, "accounts.key",
                      "secret.key has %zu bytes instead of %d: put back the right one", bytes.n,
                      ACCOUNTS_KEY_BYTES);
    if (!err) {
        memcpy(key, bytes.p, ACCOUNTS_KEY_BYTES);
        sodium_memzero((void *)(uintptr_t)bytes.p, bytes.n);
    }
    arena_destroy(a);
    return err;
}

Err accounts_open(const char *data_dir, ErrSlot *e, Accounts **ret)
{
    if (sodium_init() < 0 || oath_init() != OATH_OK)
        return err_set(e, ERR_INTERNAL, "accounts.crypto", "libsodium or liboath does not start");
    Accounts *a = calloc(1, sizeof *a);
    ASSERT(a);
    Err err = load_key(data_dir, e, a->key);
    if (err) {
        free(a);
        return err;
    }
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    a->gate_free = cpus > 3 ? (int)(cpus / 2) : 1;
    ASSERT(pthread_mutex_init(&a->lock, NULL) == 0 && pthread_cond_init(&a->freed, NULL) == 0);
    *ret = a;
    return ERR_OK;
}

void accounts_close(Accounts *a)
{
    if (!a)
        return;
    sodium_memzero(a->key, sizeof a->key);
    pthread_cond_destroy(&a->freed);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

const char *accounts_role_name(Role r)
{
    switch (r) {
    case ROLE_OWNER:
        return "owner";
    case ROLE_SUPERVISOR:
        return "supervisor";
    case ROLE_AGENT:
        return "agent";
    case ROLE_TRAINER:
        return "trainer";
    case ROLE_NONE:
    case ROLE_VISITOR:
    case ROLE_SYSTEM:
        break;
    }
    return "";
}

bool accounts_role_parse(Str s, Role *ret)
{
    static const Role ROLES[] = {ROLE_OWNER, ROLE_SUPERVISOR, ROLE_AGENT, ROLE_TRAINER};
    for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++) {
        if (str_is(s, accounts_role_name(ROLES[i]))) {
            *ret = ROLES[i];
            return true;
        }
    }
    return false;
}

Err accounts_need_role(Ctx *c, Role role)
{
    if (c->actor.role >= role)
        return ERR_OK;
    return ctx_err(c, ERR_DENIED, "role.denied", "needs the role %s", accounts_role_name(role));
}

Err accounts_sweep(Ctx *c)
{
    Err err = accounts_session_sweep(c);
    if (!err)
        err = accounts_throttle_sweep(c);
    return err ? err : accounts_link_sweep(c);
}
