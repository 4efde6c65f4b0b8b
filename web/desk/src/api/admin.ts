// SPDX-License-Identifier: Apache-2.0
// Typed calls of the admin area and of "my account".
import { del, get, patch, post, put } from './http';
import type {
    ApiKey,
    AuditEntry,
    Channel,
    Delivery,
    GuardEffect,
    GuardRule,
    Hours,
    Id,
    Invitation,
    Overview,
    Page,
    Retention,
    Script,
    SlaConfig,
    User,
    UserRole,
    Webhook,
} from './types';

export const users = () => get<Page<User>>('/api/users');
export const patchUser = (id: Id, body: Partial<User>) => patch<unknown>(`/api/users/${id}`, body);
export const resetUser = (id: Id) => post<{ url: string }>(`/api/users/${id}/reset`);
export const resetUserTotp = (id: Id) => post(`/api/users/${id}/totp-reset`);
export const invitations = () => get<Page<Invitation>>('/api/invitations');
export const invite = (body: { email: string; role: UserRole; name: string }) =>
    post<{ url: string; expires_at: number }>('/api/invitations', body);

export const dropInvitation = (id: Id) => del<unknown>(`/api/invitations/${id}`);
export const overview = () => get<Overview>('/api/overview');

export const channels = () => get<Page<Channel>>('/api/channels');
export const addChannel = (body: Partial<Channel>) => post<unknown>('/api/channels', body);
export const patchChannel = (id: Id, body: Partial<Channel>) =>
    patch<unknown>(`/api/channels/${id}`, body);

export const hours = () => get<Hours>('/api/hours');
export const putHours = (body: Hours) => put<Hours>('/api/hours', body);
export const sla = () => get<SlaConfig>('/api/sla');
export const putSla = (body: Partial<SlaConfig>) => put<SlaConfig>('/api/sla', body);
type Rules = Page<GuardRule> & { version?: number };
export const guardRules = () => get<Rules>('/api/guard/rules');
export const putGuardRules = (items: GuardRule[], version?: number) =>
    put<Rules>('/api/guard/rules', { items, ...(version === undefined ? {} : { version }) });

/** Nothing is stored: `items` are rules as they would be. */
export const guardEffect = (
    body: { items?: GuardRule[]; text?: string; scan?: boolean },
    signal?: AbortSignal,
) => post<GuardEffect>('/api/guard/effect', body, { signal });

/** The whole library, page by page. */
export async function allScripts(): Promise<Script[]> {
    const out: Script[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 50; page++) {
        const got = await get<Page<Script>>('/api/scripts', { limit: 200, cursor });
        out.push(...got.items);
        if (!got.next || got.next === '0') break;
        cursor = got.next;
    }
    return out;
}
export const addScript = (body: Partial<Script>) => post<unknown>('/api/scripts', body);
export const patchScript = (id: Id, body: Partial<Script>) =>
    patch<unknown>(`/api/scripts/${id}`, body);
export const dropScript = (id: Id) => del<unknown>(`/api/scripts/${id}`);

export const apiKeys = () => get<Page<ApiKey>>('/api/apikeys');
export const addApiKey = (body: { name: string; scopes: string[] }) =>
    post<{ id: Id; key: string }>('/api/apikeys', body);
export const dropApiKey = (id: Id) => del<unknown>(`/api/apikeys/${id}`);

export const webhooks = () => get<Page<Webhook>>('/api/webhooks');
export const addWebhook = (body: { url: string; events: string[] }) =>
    post<Webhook>('/api/webhooks', body);
export const patchWebhook = (id: Id, body: Partial<Webhook>) =>
    patch<unknown>(`/api/webhooks/${id}`, body);
export const dropWebhook = (id: Id) => del<unknown>(`/api/webhooks/${id}`);
export const deliveries = (id: Id) => get<Page<Delivery>>(`/api/webhooks/${id}/deliveries`);
export const retryDelivery = (id: Id) => post(`/api/deliveries/${id}/retry`);

export const audit = (cursor?: string) => get<Page<AuditEntry>>('/api/audit', { cursor });
export const retention = () => get<Retention>('/api/retention');
export const putRetention = (body: Retention) => put<Retention>('/api/retention', body);

export const patchMe = (body: { name?: string; nickname?: string }) =>
    patch<unknown>('/api/me', body);
export const changePassword = (old: string, next: string) =>
    post('/api/me/password', { old, new: next }, { quiet401: true });
export const totpBegin = () => post<{ secret: string; uri: string }>('/api/me/totp/begin');
export const totpConfirm = (code: string) =>
    post<{ recovery: string[] }>('/api/me/totp/confirm', { code }, { quiet401: true });
export const totpDisable = (password: string) =>
    post('/api/me/totp/disable', { password }, { quiet401: true });
