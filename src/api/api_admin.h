/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_API_ADMIN_H
#define API_API_ADMIN_H
/* Handlers behind API_ROUTES_ADMIN (api_admin.c). */
#include "api/api.h"

/* api_channel.c */
Err api_channels(ApiCall *call);
Err api_channel_create(ApiCall *call);
Err api_channel_change(ApiCall *call);
/* api_hours.c */
Err api_hours(ApiCall *call);
Err api_hours_put_prepare(ApiCall *call);
Err api_hours_put(ApiCall *call);
/* api_sla.c */
Err api_sla(ApiCall *call);
Err api_sla_put_prepare(ApiCall *call);
Err api_sla_put(ApiCall *call);
/* api_overview.c */
Err api_overview(ApiCall *call);
#endif
