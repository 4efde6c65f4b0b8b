/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_SEND_H
#define API_SEND_H
/* send: reads one message as a `send` frame or POST …/messages says it. What a message may be is
 * judged by service; here is only what the JSON may be. */
#include "base/json.h"
#include "service/service.h"

/* Fills what was asked of *ret (its texts borrowed from j). Field errors request.field_…; a card's
 * links must be http or https. */
Err api_read_send(Ctx *c, const Json *j, ServiceSend *ret) WARN_UNUSED;
#endif
