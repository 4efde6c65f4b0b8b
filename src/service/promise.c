/* SPDX-License-Identifier: Apache-2.0 */
/* What a staff member's text promises, with the instants it means for this shop. */
#include "service/internal.h"

enum { WEEK_MS = 7 * 86400000, ROWS = 12 };

static int32_t offset_s(const void *zone, int64_t utc_s)
{
    return tz_offset(zone, utc_s);
}

static int64_t next_open(const void *hours, int64_t at_ms)
{
    return hours_next_open(hours, at_ms);
}

static int64_t add(const void *hours, int64_t start_ms, int64_t work_ms)
{
    return hours_add(hours, start_ms, work_ms);
}

static int64_t between(const void *hours, int64_t from_ms, int64_t to_ms)
{
    return hours_between(hours, from_ms, to_ms);
}

NluNow service_promise_now(const ServiceShop *shop, int64_t now_ms)
{
    const ServiceSnapshot *snap = (const ServiceSnapshot *)shop;
    const Hours *h = shop->rules.hours;
    NluNow now = {.now_ms = now_ms, .offset_s = offset_s, .zone = &snap->tz};
    if (hours_between(h, now_ms, now_ms + WEEK_MS) == WEEK_MS) /* never closed: no closing time */
        return now;
    now.next_open = next_open;
    now.add = add;
    now.between = between;
    now.hours = h;
    return now;
}

size_t service_promises(const Service *s, Ctx *c, const ServiceShop *shop, const NluTurn *before,
                        size_t n, Str text, ServicePromise ret[NLU_PROMISE_MAX])
{
    NluPromise found[NLU_PROMISE_MAX];
    NluNow now = service_promise_now(shop, c->now_ms);
    size_t found_n = nlu_promises(s->grammar, c->arena, before, n, text, found, NLU_PROMISE_MAX);
    for (size_t i = 0; i < found_n; i++) {
        ret[i] = (ServicePromise){.said = found[i], .at = {.to_ms = NLU_TIME_NEVER}};
        if (found[i].timed)
            ret[i].known = nlu_time_resolve(s->grammar, &found[i].time, &now, &ret[i].at);
    }
    return found_n;
}

/* Something said, by whom it may be. */
static bool is_turn(const DeskMessage *m)
{
    return !m->recalled_at && str_is(m->kind, "text") && !str_is(m->role, "system");
}

Err service_promise_asked(Ctx *c, int64_t conversation_id, NluTurn ret[NLU_PROMISE_CONTEXT],
                          size_t *ret_n)
{
    DeskConversation conv;
    DeskMessage *rows;
    size_t rows_n, n = 0;
    *ret_n = 0;
    Err err = desk_conversation_get(c, conversation_id, &conv);
    if (!err)
        err = desk_message_list(c, conversation_id, 0, conv.last_seq + 1, ROWS, &rows, &rows_n);
    if (err)
        return err;
    for (size_t i = rows_n; i > 0 && n < NLU_PROMISE_CONTEXT; i--) {
        const DeskMessage *m = &rows[i - 1];
        if (!is_turn(m))
            continue;
        if (!str_is(m->role, "customer"))
            break;
        ret[n++] = (NluTurn){NLU_CUSTOMER, m->body};
    }
    for (size_t i = 0; i < n / 2; i++) {
        NluTurn turn = ret[i];
        ret[i] = ret[n - 1 - i];
        ret[n - 1 - i] = turn;
    }
    *ret_n = n;
    return ERR_OK;
}
