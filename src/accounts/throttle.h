/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ACCOUNTS_THROTTLE_H
#define ACCOUNTS_THROTTLE_H
/*
 * throttle: failed proofs make the next try wait, longer each time, never for ever.
 *   name and address together  5 free, then 5 s doubling to 15 minutes
 *   name alone                30 free, then 5 s doubling to 5 minutes: many addresses, one name
 *   address alone             30 free, then 5 s doubling to 15 minutes: one address, many names
 * An hour without a failure forgets. Where somebody has logged in within 90 days, the count
 * of the name alone does not hold them up, so a stranger elsewhere cannot keep them out. IPv6
 * addresses count by their /64. Only hashes are stored.
 */
#include "base/ctx.h"

/* who: "u<id>" of a known person, else "n" and the name as typed (lower case). 0: may try.
 * Read-only. */
Err accounts_throttle_wait(Ctx *c, Str who, int64_t *ret_wait_ms) WARN_UNUSED;
Err accounts_throttle_fail(Ctx *c, Str who, int64_t *ret_wait_ms)
    WARN_UNUSED; /* counts one more; the wait it brings */
Err accounts_throttle_pass(Ctx *c, Str who) WARN_UNUSED;
Err accounts_throttle_sweep(Ctx *c) WARN_UNUSED;
#endif
