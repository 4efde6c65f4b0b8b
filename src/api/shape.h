/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_SHAPE_H
#define API_SHAPE_H
/* shape: the JSON of docs/protocol.md section 2, written the same for HTTP replies and frames. Each
 * writes one value (an object) at the writer's place. */
#include "base/json.h"
#include "service/service.h"

typedef enum { SHAPE_VISITOR, SHAPE_STAFF, SHAPE_SUPERVISOR } ShapeFor;

/* False, and nothing written: this viewer does not see the message (notes, inner system lines). */
bool shape_message(JsonW *w, const DeskMessage *m, ShapeFor who);
bool shape_message_seen(const DeskMessage *m, ShapeFor who);
void shape_row(JsonW *w, const DeskConversation *v);
void shape_last(JsonW *w, const DeskConversation *v); /* head of the last message, or null */
/* The "sla" member's value: object or null. */
void shape_sla(JsonW *w, const DeskConversation *v);
void shape_agent_members(JsonW *w, const DeskAgent *a); /* id … capacity, without the braces */
void shape_customer(JsonW *w, const DeskCustomer *cu, bool see_contact);
void shape_suggestions(JsonW *w, const AssistSuggestion *items, size_t n); /* an array */
void shape_hits(JsonW *w, const AssistGuardHit *hits, size_t n);           /* an array */
void shape_promises(JsonW *w, const ServicePromise *list, size_t n);       /* an array */
void shape_channel(JsonW *w, const DeskChannel *ch, Str base_url, bool see_secret);
void shape_channel_face(JsonW *w, const DeskChannel *ch); /* key … privacy_text: members only */
/* The value of a member of an object that we wrote ourselves, as JSON text: borrowed, STR_NONE when
 * absent. Reads without a tree, for rows that carry JSON. */
Str shape_member(Str json, const char *key);
#endif
