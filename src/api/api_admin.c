/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of a shop's settings and of the supervisor's overview. */
#include "api/api_admin.h"
#include "api/help.h"

enum { CHANNEL_BYTES = 32768, HOURS_BYTES = 131072 };

static const ApiRoute ROWS[] = {
    {NET_GET, "/api/channels", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_channels,
     .summary = "Ways in, with the snippet for the shop's pages", .gives = "Channels"},
    {NET_POST, "/api/channels", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, CHANNEL_BYTES,
     .run = api_channel_create, .summary = "A new channel", .takes = "ChannelPut",
     .gives = "ChannelAnswer"},
    {NET_PATCH, "/api/channels/{id}", API_OWNER, SCOPE_ADMIN, API_TX_WRITE, CHANNEL_BYTES,
     .run = api_channel_change, .summary = "Change a channel, its limits, or close it",
     .takes = "ChannelPut", .gives = "ChannelAnswer"},
    {NET_GET, "/api/hours", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_hours,
     .summary = "Working hours, and whether it is open now", .gives = "Hours"},
    {NET_PUT, "/api/hours", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, HOURS_BYTES,
     .prepare = api_hours_put_prepare, .run = api_hours_put, .summary = "Change the working hours",
     .takes = "HoursPut", .gives = "Hours"},
    {NET_GET, "/api/sla", API_AGENT, SCOPE_READ, API_TX_READ, 0, .run = api_sla,
     .summary = "How long customers may wait", .gives = "SlaLimits"},
    {NET_PUT, "/api/sla", API_SUPERVISOR, SCOPE_ADMIN, API_TX_WRITE, API_SMALL,
     .prepare = api_sla_put_prepare, .run = api_sla_put, .summary = "Change these limits",
     .takes = "SlaLimitsPut", .gives = "SlaLimits"},
    {NET_GET, "/api/overview", API_SUPERVISOR, SCOPE_READ, API_TX_READ, 0, .run = api_overview,
     .summary = "The desk at a glance", .gives = "Overview", .query = "since"},
};
const ApiRoutes API_ROUTES_ADMIN = {ROWS, sizeof ROWS / sizeof ROWS[0]};
