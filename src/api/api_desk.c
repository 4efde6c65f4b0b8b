/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of the workbench: conversations, messages, customers, presence. */
#include "api/api_desk.h"
#include "api/help.h"

enum { MESSAGE_BYTES = 65536 };

#define ID "/api/conversations/{id}"
static const ApiRoute ROWS[] = {
    {NET_GET, "/api/conversations", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_conversations,
     .summary = "Conversations of one view, with the numbers of all views"},
    {NET_GET, ID, API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_conversation,
     .summary = "One conversation, its customer, and their earlier ones"},
    {NET_GET, ID "/messages", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_messages,
     .summary = "Messages, oldest first; the newest ones unless before or after is given"},
    {NET_POST, ID "/messages", API_AGENT, SCOPE_CHAT, API_TX_WRITE, MESSAGE_BYTES,
     .prepare = api_message_post_prepare, .run = api_message_post, .summary = "Send a message"},
    {NET_GET, ID "/sla", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_conversation_sla,
     .summary = "Each wait of the customer and why a late one counts"},
    {NET_POST, ID "/take", API_AGENT, SCOPE_CHAT, API_TX_WRITE, API_SMALL, .run = api_take,
     .summary = "Take a waiting conversation"},
    {NET_POST, ID "/takeover", API_SUPERVISOR, SCOPE_CHAT, API_TX_WRITE, API_SMALL,
     .run = api_takeover, .summary = "Take a conversation from an agent"},
    {NET_POST, ID "/transfer", API_AGENT, SCOPE_CHAT, API_TX_WRITE, 2 * API_SMALL,
     .run = api_transfer, .summary = "Hand over to an agent, or back to the queue"},
    {NET_POST, ID "/close", API_AGENT, SCOPE_CHAT, API_TX_WRITE, 4 * API_SMALL, .run = api_close,
     .summary = "End a conversation"},
    {NET_POST, ID "/reopen", API_AGENT, SCOPE_CHAT, API_TX_WRITE, API_SMALL, .run = api_reopen,
     .summary = "Go on with an ended conversation"},
    {NET_POST, ID "/snooze", API_AGENT, SCOPE_CHAT, API_TX_WRITE, API_SMALL, .run = api_snooze,
     .summary = "Put aside until a time or the customer's next word"},
    {NET_POST, ID "/tags", API_AGENT, SCOPE_CHAT, API_TX_WRITE, 2 * API_SMALL, .run = api_tags,
     .summary = "Add and remove tags"},
    {NET_POST, ID "/stage", API_AGENT, SCOPE_CHAT, API_TX_WRITE, API_SMALL, .run = api_stage,
     .summary = "Say at which stage of a purchase the customer is"},
    {NET_POST, ID "/merge", API_SUPERVISOR, SCOPE_CHAT, API_TX_WRITE, API_SMALL,
     .run = api_conversation_merge, .summary = "Move all messages into another conversation"},

    {NET_GET, "/api/customers/{id}", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_customer,
     .summary = "One customer and their conversations"},
    {NET_PATCH, "/api/customers/{id}", API_AGENT, SCOPE_CHAT, API_TX_WRITE, 8 * API_SMALL,
     .run = api_customer_change, .summary = "Change name, note and VIP level"},
    {NET_POST, "/api/customers/{id}/block", API_AGENT, SCOPE_CHAT, API_TX_WRITE, API_SMALL,
     .run = api_customer_block, .summary = "Take no more messages from a customer"},
    {NET_POST, "/api/customers/{id}/unblock", API_AGENT, SCOPE_CHAT, API_TX_WRITE, API_SMALL,
     .run = api_customer_unblock, .summary = "Take messages again"},
    {NET_POST, "/api/customers/{id}/merge", API_SUPERVISOR, SCOPE_CHAT, API_TX_WRITE, API_SMALL,
     .run = api_customer_merge, .summary = "Two records are one person"},

    {NET_GET, "/api/agents", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_agents,
     .summary = "Who is at the desk, and how busy"},
    {NET_POST, "/api/me/status", API_AGENT, SCOPE_CHAT, API_TX_WRITE, API_SMALL,
     .run = api_my_status, .summary = "Go online, on a break, offline"},
};
const ApiRoutes API_ROUTES_DESK = {ROWS, sizeof ROWS / sizeof ROWS[0]};
