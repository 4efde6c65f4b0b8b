/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_FOLLOWERS_H
#define SERVICE_FOLLOWERS_H
/* followers: what happens a moment after a commit, out of the event log: the search index, later
 * webhooks. Started last, by service_start. */
#include "service/service.h"

Err service_followers_start(Service *s, ErrSlot *e) WARN_UNUSED;
#endif
