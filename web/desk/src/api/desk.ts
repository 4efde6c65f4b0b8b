// SPDX-License-Identifier: Apache-2.0
// Typed calls of the workbench, one per route of docs/protocol.md §5.
import { call, get, patch, post } from './http';
import type {
    AgentState,
    Customer,
    FileRef,
    GuardHit,
    HistoryItem,
    Id,
    Me,
    Message,
    Page,
    Row,
    RowPage,
    Script,
    SearchHit,
    SlaRound,
    Suggestion,
    User,
    View,
} from './types';

const conv = (id: Id, rest = '') => `/api/conversations/${encodeURIComponent(id)}${rest}`;
const cust = (id: Id, rest = '') => `/api/customers/${encodeURIComponent(id)}${rest}`;
type RowAnswer = { conversation: Row };

export const setupState = () => get<{ needed: boolean; demo: boolean }>('/api/setup');
export const setup = (body: {
    owner: { email: string; name: string; password: string };
    shop: { name: string; timezone: string };
    channel: { name: string; site: string };
}) => post<{ channel: { id: Id; key: string }; snippet: string; csrf: string }>('/api/setup', body);
export const login = (user: string, password: string, code?: string) =>
    post<{ user: User; csrf: string }>(
        '/api/login',
        { user, password, ...(code ? { code } : {}) },
        { quiet401: true },
    );
export const logout = () => post('/api/logout');
export const logoutEverywhere = () => post('/api/logout-everywhere');
export const me = () => get<Me>('/api/me', undefined, { quiet401: true });
export const acceptInvitation = (token: string, name: string, password: string) =>
    post('/api/invitations/accept', { token, name, password }, { quiet401: true });
export const resetPassword = (token: string, password: string) =>
    post('/api/password-reset', { token, password }, { quiet401: true });

export const conversations = (view: View, q: { q?: string; tag?: string; cursor?: string } = {}) =>
    get<RowPage>('/api/conversations', { view, limit: 50, ...q });
export const conversation = (id: Id) =>
    get<{ conversation: Row; customer: Customer; history: HistoryItem[] }>(conv(id));
export const messages = (id: Id, q: { before?: number; after?: number; limit?: number }) =>
    get<Page<Message>>(conv(id, '/messages'), { limit: 60, ...q });
export const take = (id: Id) => post<RowAnswer>(conv(id, '/take'));
export const takeover = (id: Id) => post<RowAnswer>(conv(id, '/takeover'));
export const transfer = (id: Id, to: Id | null, note: string, skill?: string) =>
    post<RowAnswer>(conv(id, '/transfer'), { to, note, ...(skill ? { skill } : {}) });
export const close = (id: Id, reason: string, note: string) =>
    post<RowAnswer>(conv(id, '/close'), { reason, ...(note ? { note } : {}) });
export const reopen = (id: Id) => post<RowAnswer>(conv(id, '/reopen'));
export const snooze = (id: Id, until: number) => post<RowAnswer>(conv(id, '/snooze'), { until });
export const tags = (id: Id, add: string[], remove: string[]) =>
    post<RowAnswer>(conv(id, '/tags'), { add, remove });
export const stage = (id: Id, value: string) =>
    post<RowAnswer>(conv(id, '/stage'), { stage: value });
export const slaRounds = (id: Id) => get<{ rounds: SlaRound[] }>(conv(id, '/sla'));

export const suggestions = (id: Id) =>
    get<Page<Suggestion>>('/api/suggestions', { conversation: id });
export const guardCheck = (conversation: Id, text: string, signal?: AbortSignal) =>
    post<{ hits: GuardHit[] }>('/api/guard/check', { conversation, text }, { signal });
export const scripts = (q = '', signal?: AbortSignal) =>
    get<Page<Script>>('/api/scripts', { q }, { signal });
export const agents = () => get<{ items: AgentState[] }>('/api/agents');

export const patchCustomer = (id: Id, body: { name?: string; note?: string; vip?: string }) =>
    patch<unknown>(cust(id), body);
export const block = (id: Id, reason: string) => post(cust(id, '/block'), { reason });
export const unblock = (id: Id) => post(cust(id, '/unblock'), { reason: '' });

export const search = (q: string, cursor?: string, signal?: AbortSignal) =>
    get<Page<SearchHit> & { watermark?: number }>(
        '/api/search',
        { q, kind: 'messages', limit: 20, cursor },
        { signal },
    );
export const upload = (file: File) =>
    call<{ file: FileRef }>('POST', '/api/uploads', undefined, {
        timeoutMs: 120_000,
        raw: {
            body: file,
            headers: {
                'Content-Type': file.type || 'application/octet-stream',
                'X-File-Name': encodeURIComponent(file.name),
            },
        },
    });
