/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DESK_INTERNAL_H
#define DESK_INTERNAL_H
/* Shared inside the room only. */
#include "desk/desk.h"
#include "store/store.h"

#define TIMER_SLA    "desk.sla"    /* subject = conversation, data = phase */
#define TIMER_SNOOZE "desk.snooze" /* subject = conversation */
#define TIMER_GONE   "desk.gone"   /* subject = agent */
#define TIMER_AWAY   "desk.away"   /* subject = agent */

enum { AGENT_GRACE_MS = 60000, AGENT_AWAY_MS = 600000 };

static inline int64_t desk_shop(const Ctx *c)
{
    return c->actor.shop_id;
}
static inline bool desk_closed(const DeskConversation *v)
{
    return str_is(v->status, "closed");
}
/* Nothing that lists are ordered or chosen by differs, and neither is closed: save_head is enough.
 */
bool desk_conversation_in_place(const DeskConversation *a, const DeskConversation *b);
/* Writes back what a message changes in a conversation that stays in place. */
Err desk_conversation_save_head(Ctx *c, DeskConversation *v) WARN_UNUSED;
/* Before a conversation changes hands (to_user 0: to the queue; gone: its agent has left): the
 * running round notes what part of the wait was the queue's and what happened on the way. */
Err desk_clock_handed(Ctx *c, DeskConversation *conv, int64_t to_user, bool gone) WARN_UNUSED;
/* Merging: of two running clocks the older one goes on, in `into`. */
Err desk_clock_adopt(Ctx *c, const DeskRules *r, DeskConversation *from,
                     DeskConversation *into) WARN_UNUSED;
Err desk_event(Ctx *c, const char *kind, int64_t conversation_id, int64_t subject_id,
               int64_t seq) WARN_UNUSED;
#endif
