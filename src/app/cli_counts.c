/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli_counts.h"

#include "sql/doctor.h"

static Err count(Ctx *c, void *arg)
{
    CliCounts *k = arg;
    const struct {
        const StoreSql *sql;
        int64_t *ret;
    } wanted[] = {
        {&DOCTOR_CONVERSATIONS, &k->conversations},
        {&DOCTOR_MESSAGES, &k->messages},
        {&DOCTOR_CUSTOMERS, &k->customers},
        {&DOCTOR_PEOPLE, &k->people},
        {&DOCTOR_FILES, &k->files},
        {&DOCTOR_EVENTS, &k->events},
        {&DOCTOR_SHOPS, &k->shops},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        Err err = store_i64(c, wanted[i].sql, NO_BINDS, 0, wanted[i].ret);
        if (err)
            return err;
    }
    return ERR_OK;
}

Err cli_counts(CliStore *s, CliCounts *ret, ErrSlot *e)
{
    return cli_store_read(s, count, ret, e);
}
