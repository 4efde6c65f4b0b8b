// SPDX-License-Identifier: Apache-2.0
/** Events a webhook can ask for; `*` is all of them, later ones too. */
export const WEBHOOK_EVENTS = [
    'conversation.created',
    'conversation.assigned',
    'conversation.closed',
    'conversation.rated',
    'message.created',
    'sla.late',
] as const;
