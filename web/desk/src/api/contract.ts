// SPDX-License-Identifier: Apache-2.0
// What the server gives (generated.ts) fits what the workbench reads (types.ts): the compiler says no
// when one of them moves away. Nothing of this is in the bundle.
import type * as server from './generated';
import type * as desk from './types';

type Fits<Given extends Read, Read> = [Given, Read];

export type Contract = [
    Fits<server.Message, desk.Message>,
    Fits<server.Conversation, desk.Row>,
    Fits<server.Conversations, desk.RowPage>,
    Fits<server.Corrections, desk.CorrectionPage>,
    Fits<server.Customer, desk.Customer>,
    Fits<server.ConversationFull['history'][number], desk.HistoryItem>,
    Fits<server.GuardHit, desk.GuardHit>,
    Fits<server.GuardRule, Omit<desk.GuardRule, 'words' | 'message'>>,
    Fits<server.GuardEffect, desk.GuardEffect>,
    Fits<server.Suggestion, desk.Suggestion>,
    Fits<server.Agent, desk.AgentState>,
    Fits<server.User, desk.User>,
    Fits<server.Channel, desk.Channel>,
    Fits<server.Hours, desk.Hours>,
    Fits<server.SlaLimits, desk.SlaConfig>,
    Fits<server.ApiKey, desk.ApiKey>,
    Fits<server.Webhook, desk.Webhook>,
    Fits<server.Delivery, desk.Delivery>,
    Fits<server.AuditEntry, desk.AuditEntry>,
    Fits<server.Retention & Record<string, number>, desk.Retention>,
    Fits<server.Overview, desk.Overview>,
    Fits<server.Invitation, desk.Invitation>,
    Fits<server.SlaRounds['rounds'][number], desk.SlaRound>,
    Fits<server.Summary, desk.Summary>,
];
