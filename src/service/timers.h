/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_TIMERS_H
#define SERVICE_TIMERS_H
/* The handlers by themselves: arg is a StoreTimerFire. service_start hands them to the store; tests
 * fire them by hand. */
#include "service/service.h"

#define SERVICE_TIMER_UPKEEP "service.upkeep"

Err service_timer_sla(Ctx *c, void *arg) WARN_UNUSED;
Err service_timer_snooze(Ctx *c, void *arg) WARN_UNUSED;
Err service_timer_gone(Ctx *c, void *arg) WARN_UNUSED;
Err service_timer_away(Ctx *c, void *arg) WARN_UNUSED;
Err service_timer_upkeep(Ctx *c, void *arg) WARN_UNUSED;
#endif
