/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_DESK_H
#define API_API_DESK_H
/* Handlers behind API_ROUTES_DESK (api_desk.c); each file is one noun. */
#include "api/api.h"

/* api_conversation.c */
Err api_conversations(ApiCall *call);
Err api_conversation(ApiCall *call);
Err api_conversation_sla(ApiCall *call);
Err api_conversation_summary(ApiCall *call);
/* api_conversation_act.c */
Err api_take(ApiCall *call);
Err api_takeover(ApiCall *call);
Err api_transfer(ApiCall *call);
Err api_close(ApiCall *call);
Err api_reopen(ApiCall *call);
Err api_snooze(ApiCall *call);
Err api_tags(ApiCall *call);
Err api_stage(ApiCall *call);
Err api_conversation_merge(ApiCall *call);
/* api_message.c */
Err api_messages(ApiCall *call);
Err api_message_post_prepare(ApiCall *call);
Err api_message_post(ApiCall *call);
/* api_customer.c */
Err api_customer(ApiCall *call);
Err api_customer_change(ApiCall *call);
Err api_customer_block(ApiCall *call);
Err api_customer_unblock(ApiCall *call);
Err api_customer_merge(ApiCall *call);
/* api_agent.c */
Err api_agents(ApiCall *call);
Err api_my_status(ApiCall *call);
#endif
