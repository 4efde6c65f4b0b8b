// SPDX-License-Identifier: Apache-2.0
// Typed calls around what people say a message means (改判); apart, so that the first bundle is without them.
import { call, del, get } from './http';
import type { CorrectionPage, Id, Labels, Message } from './types';

const label = (id: Id, seq: number) =>
    `/api/conversations/${encodeURIComponent(id)}/messages/${seq}/label`;

export const correct = (m: Message, body: Labels & { note?: string }) =>
    call<{ message: Message }>('PUT', label(m.conversation, m.seq), body);
export const undo = (m: Message) => del<{ message: Message }>(label(m.conversation, m.seq));
export const corrections = (since: number, cursor?: string) =>
    get<CorrectionPage>('/api/corrections', { since, cursor });
/** A file for the trainer; the browser fetches it by itself. */
export const exportUrl = (since: number) => `/api/corrections/export?since=${since}`;
